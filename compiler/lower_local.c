/* lower_local.c - variables: what they stand for, where their last use is, and how values get in
 * and out of them.
 *
 * Lowering meets the occurrences of a variable in the order in which they run, except around loops
 * and branches. So the last one of them moves an owned value out if it stands at the depth of the
 * declaration, no lambda has captured it and nothing lent by it is still needed. */
#include "lower_core.h"

#include <assert.h>

bool local_is_function(const struct symbol *s)
{
    return s->kind == SYM_LOCAL && s->type && s->type->kind == TYPE_fn;
}

struct binding *local_binding(struct frame *f, const struct symbol *s)
{
    const struct symbol *func = f->instance->symbol;
    if (s->owner == func)
        return &f->locals[s->index];
    for (uint32_t i = 0; i < func->func->captures.count; i++)
        if (func->func->captures.at[i] == s)
            return &f->captured[i];
    assert(!"a local of another function that is not captured");
    return NULL;
}

/* ---- counting -------------------------------------------------------------------------------- */

/* The callee of a call is not evaluated: a receiver is among the arguments. */
static void visit_evaluated(struct node *n, void (*visit)(void *, struct node *), void *context)
{
    if (n->kind != NODE_call) {
        ast_children(n, visit, context);
        return;
    }
    for (uint32_t i = 0; i < n->call_.args.count; i++)
        visit(context, n->call_.args.at[i]);
}

static void count_node(void *frame, struct node *n)
{
    struct frame *f = frame;
    if (n->kind == NODE_name && n->name_.symbol && n->name_.symbol->kind == SYM_LOCAL &&
        n->name_.symbol->owner == f->instance->symbol)
        local_binding(f, n->name_.symbol)->uses_left++;
    if (n->kind == NODE_lambda) {
        const struct func *lambda = n->lambda_.symbol->func;
        for (uint32_t i = 0; i < lambda->captures.count; i++)
            if (lambda->captures.at[i]->owner == f->instance->symbol)
                local_binding(f, lambda->captures.at[i])->captured = true;
        return;
    }
    visit_evaluated(n, count_node, f);
}

void local_count_uses(struct frame *f, struct node *body)
{
    count_node(f, body);
}

/* ---- what may change a variable -------------------------------------------------------------- */

/* The variable at the root of a place, or NULL. */
static const struct symbol *root_of(const struct node *place)
{
    for (;;) {
        switch (place->kind) {
        case NODE_name:
            return place->name_.symbol;
        case NODE_dot:
            place = place->dot_.object;
            break;
        case NODE_tuple_dot:
            place = place->tuple_dot_.object;
            break;
        case NODE_index:
            place = place->index_.object;
            break;
        default:
            return NULL;
        }
    }
}

static bool passes_place(const struct node *call, const struct symbol *s)
{
    const struct symbol *target = call->call_.target;
    if (!target || target->kind != SYM_FUNC || !target->func)
        return false;
    for (uint32_t i = 0; i < call->call_.args.count && i < target->func->param_count; i++)
        if (target->func->locals.at[i]->is_var && root_of(call->call_.args.at[i]) == s)
            return true;
    return false;
}

struct search {
    const struct symbol *symbol;
    bool found;
};

static void search_write(void *context, struct node *n)
{
    struct search *search = context;
    if (search->found)
        return;
    if (n->kind == NODE_assign && root_of(n->assign_.target) == search->symbol)
        search->found = true;
    else if (n->kind == NODE_call && passes_place(n, search->symbol))
        search->found = true;
    else
        visit_evaluated(n, search_write, search);
}

bool local_may_write(struct node *node, const struct symbol *s)
{
    struct search search = {.symbol = s};
    if (s->is_var)
        search_write(&search, node);
    return search.found;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool can_move(const struct frame *f, const struct binding *b)
{
    return b->uses_left == 1 && b->entry != NO_ENTRY && !b->captured && !b->pins &&
           b->loop_depth == f->loop_depth && b->cond_depth == f->cond_depth;
}

struct val local_read(struct frame *f, const struct symbol *s, struct span span)
{
    struct binding *b = local_binding(f, s);
    if (b->uses_left)
        b->uses_left--;
    if (b->kind == BIND_PLACE)
        return val_lent(emit1(f, IR_load, b->value->type, span, b->value), s);
    assert(b->kind == BIND_VALUE);
    return val_lent(b->value, b->entry == NO_ENTRY ? NULL : s);
}

/* The value itself, out of its slot if it has one. */
static struct ir_value *out_of(struct frame *f, const struct binding *b, struct span span)
{
    if (b->kind == BIND_PLACE)
        return emit1(f, IR_take, b->value->type, span, b->value);
    return b->value;
}

struct ir_value *local_move(struct frame *f, const struct symbol *s, struct span span)
{
    if (s->kind != SYM_LOCAL)
        return NULL;
    struct binding *b = local_binding(f, s);
    if (!can_move(f, b))
        return NULL;
    struct ir_value *v = out_of(f, b, span);
    cleanup_kill(f, b->entry);
    b->kind = BIND_NONE;
    return v;
}

struct ir_value *local_move_out(struct frame *f, const struct symbol *s, int32_t *entry,
                                struct span span)
{
    if (s->kind != SYM_LOCAL || local_is_function(s))
        return NULL;
    struct binding *b = local_binding(f, s);
    if (b->entry == NO_ENTRY || b->kind == BIND_NONE)
        return NULL;
    b->uses_left--;
    *entry = b->entry;
    return out_of(f, b, span);
}

/* ---- binding --------------------------------------------------------------------------------- */

static struct binding *bind(struct frame *f, const struct symbol *s, enum bind_kind kind,
                            struct ir_value *v, int32_t entry)
{
    struct binding *b = local_binding(f, s);
    b->kind = kind;
    b->value = v;
    b->entry = entry;
    b->loop_depth = f->loop_depth;
    b->cond_depth = f->cond_depth;
    return b;
}

void local_bind_lent(struct frame *f, const struct symbol *s, struct ir_value *v, struct span span)
{
    bind(f, s, v->place ? BIND_PLACE : BIND_VALUE, v, NO_ENTRY);
    emit_debug(f, v, s->name, span);
}

/* The value is moved into a let or var. */
static void bind_moved(struct frame *f, const struct symbol *s, struct ir_value *v,
                       struct span span)
{
    if (s->is_var) {
        struct ir_value *slot = emit_place(f, IR_slot, v->type, span, NULL, 0);
        emit2(f, IR_store, NULL, span, slot, v);
        bind(f, s, BIND_PLACE, slot, cleanup_push(f, slot));
        emit_debug(f, slot, s->name, span);
    } else {
        bind(f, s, BIND_VALUE, v, cleanup_push(f, v));
        emit_debug(f, v, s->name, span);
    }
}

/* The parts of a tuple that was made just now: it is not made after all. */
static struct ir_value **unmade(struct frame *f, struct ir_value *v)
{
    uint32_t count = f->block->body.count;
    if (v->op != IR_make || !count || f->block->body.at[count - 1] != v)
        return NULL;
    f->block->body.count--;
    return v->args;
}

static void copy_parts(struct frame *f, const struct nodes *patterns, struct ir_value *tuple)
{
    for (uint32_t i = 0; i < patterns->count; i++) {
        struct node *p = patterns->at[i];
        if (p->kind == NODE_pat_wild)
            continue;
        struct ir_value *part = emit1(f, IR_get, tuple->type->args.at[i], p->span, tuple);
        part->imm.index = i;
        local_destructure(f, p, lower_copy(f, part, p->span));
    }
}

static void destructure_tuple(struct frame *f, struct node *pattern, struct ir_value *tuple)
{
    const struct nodes *patterns = &pattern->pat_tuple_.elems;
    struct ir_value **parts = unmade(f, tuple);
    if (parts) {
        for (uint32_t i = 0; i < patterns->count; i++)
            local_destructure(f, patterns->at[i], parts[i]);
        return;
    }
    int32_t whole = cleanup_push(f, tuple);
    copy_parts(f, patterns, tuple);
    cleanup_drop(f, whole, pattern->span);
}

/* Makes locals of their own of what a pattern has bound to parts. */
static void own_names(void *context, struct node *p)
{
    struct frame *f = context;
    if (p->kind == NODE_pat_name && p->pat_name_.symbol) {
        const struct symbol *s = p->pat_name_.symbol;
        bind_moved(f, s, lower_copy(f, local_binding(f, s)->value, p->span), p->span);
    } else if (p->kind == NODE_pat_or) { /* all bind the same names */
        own_names(f, p->pat_or_.alts.at[0]);
    } else {
        ast_children(p, own_names, f);
    }
}

/* The whole is kept as long as the names. */
static void destructure_choice(struct frame *f, struct node *pattern, struct ir_value *whole)
{
    cleanup_push(f, whole);
    lower_pattern(f, pattern, whole, NULL, 0);
    own_names(f, pattern);
}

void local_destructure(struct frame *f, struct node *pattern, struct ir_value *v)
{
    if (pattern->kind == NODE_pat_ctor || pattern->kind == NODE_pat_or)
        destructure_choice(f, pattern, v);
    else if (pattern->kind == NODE_pat_tuple)
        destructure_tuple(f, pattern, v);
    else if (pattern->kind == NODE_pat_name && pattern->pat_name_.symbol)
        bind_moved(f, pattern->pat_name_.symbol, v, pattern->span);
    else
        lower_drop(f, v, pattern->span);
}
