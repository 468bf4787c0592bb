/* lower_choice.c - conditions, patterns, and the expressions that choose by them.
 *
 * A condition is emitted as a path: lower_branch() goes on where it holds, with what `is` has bound
 * alive on the cleanup stack, and every way out drops that first. Patterns bind names to parts of a
 * lent value, so binding costs nothing. */
#include "lower_core.h"

#include <assert.h>

/* ---- paths that meet ------------------------------------------------------------------------- */

static bool has_value(const struct type *t)
{
    return t->kind != TYPE_unit && t->kind != TYPE_never;
}

struct merge merge_new(struct frame *f, const struct type *t)
{
    struct merge m = {.block = emit_block(f)};
    if (has_value(t)) {
        m.type = t;
        ir_block_param(f->lower->module, m.block, t);
    }
    return m;
}

void merge_give(struct frame *f, struct merge *m, struct ir_value *v, struct span span)
{
    emit_br(f, m->block, &v, m->type ? 1 : 0, span);
}

struct val merge_done(struct frame *f, struct merge *m, struct span span)
{
    emit_start(f, m->block);
    return val_owned(m->type ? m->block->params.at[0] : emit_unit(f, span));
}

void merge_branch(struct frame *f, struct merge *m, struct node *value, uint32_t mark)
{
    struct ir_value *v = NULL;
    if (m->type)
        v = lower_owned(f, value);
    else
        val_discard(f, lower_expr(f, value), value->span);
    cleanup_pop(f, mark, value->span);
    merge_give(f, m, v, value->span);
}

/* ---- patterns -------------------------------------------------------------------------------- */

static struct ir_value *test(struct frame *f, enum ir_op op, struct ir_value *v, struct span span)
{
    return emit1(f, op, lower_simple(f, TYPE_bool), span, v);
}

/* Where to go if a test fails; what is above `mark` is dropped on the way. `to` NULL: none can. */
struct miss {
    struct ir_block *to;
    uint32_t mark;
};

static void match(struct frame *, struct node *pattern, struct ir_value *, struct miss);

/* Goes on if `cond` is `want`. */
static void need(struct frame *f, struct ir_value *cond, bool want, struct miss miss,
                 struct span span)
{
    struct ir_block *yes = emit_block(f), *no = cleanup_exit(f, miss.mark, miss.to, span);
    emit_br_if(f, cond, want ? yes : no, want ? no : yes, span);
    emit_start(f, yes);
}

static void pattern_literal(struct frame *f, struct node *p, struct ir_value *v, struct miss miss)
{
    if (!miss.to)
        return;
    if (v->type->kind == TYPE_bool && p->pat_lit_.value->kind == NODE_bool) {
        need(f, v, p->pat_lit_.value->bool_.value, miss, p->span);
        return;
    }
    struct ir_value *literal = lower_expr(f, p->pat_lit_.value).v;
    need(f, emit2(f, IR_eq, lower_simple(f, TYPE_bool), p->span, v, literal), true, miss, p->span);
}

static void pattern_tuple(struct frame *f, struct node *p, struct ir_value *v, struct miss miss)
{
    const struct nodes *elems = &p->pat_tuple_.elems;
    for (uint32_t i = 0; i < elems->count; i++) {
        if (elems->at[i]->kind == NODE_pat_wild)
            continue;
        struct ir_value *part = emit1(f, IR_get, v->type->args.at[i], p->span, v);
        part->imm.index = i;
        match(f, elems->at[i], part, miss);
    }
}

static void pattern_variant(struct frame *f, struct node *p, struct ir_value *v, struct miss miss)
{
    const struct nodes *args = &p->pat_ctor_.args;
    uint32_t index = p->pat_ctor_.symbol->index, first = type_variant(v->type, index).first;
    if (miss.to && type_variant_count(v->type) > 1) {
        struct ir_value *is = test(f, IR_is_variant, v, p->span);
        is->imm.index = index;
        need(f, is, true, miss, p->span);
    }
    for (uint32_t i = 0; i < args->count; i++) {
        if (args->at[i]->kind == NODE_pat_wild)
            continue;
        struct ir_value *part = emit1(f, IR_payload, v->type->args.at[first + i], p->span, v);
        part->imm.index = first + i;
        match(f, args->at[i], part, miss);
    }
}

static void pattern_ctor(struct frame *f, struct node *p, struct ir_value *v, struct miss miss)
{
    if (p->pat_ctor_.symbol) {
        pattern_variant(f, p, v, miss);
        return;
    }
    enum ctor ctor = p->pat_ctor_.ctor;
    bool option = ctor == CTOR_SOME || ctor == CTOR_NONE;
    assert(option || ctor == CTOR_OK || ctor == CTOR_ERR);
    if (miss.to)
        need(f, test(f, option ? IR_is_some : IR_is_ok, v, p->span),
             ctor == CTOR_SOME || ctor == CTOR_OK, miss, p->span);
    struct node *inner = p->pat_ctor_.args.count ? p->pat_ctor_.args.at[0] : NULL;
    if (!inner || inner->kind == NODE_pat_wild)
        return;
    struct ir_value *part = ctor == CTOR_ERR
                                ? emit1(f, IR_get_err, lower_simple(f, TYPE_error), p->span, v)
                                : emit1(f, IR_unwrap, v->type->args.at[0], p->span, v);
    match(f, inner, part, miss);
}

/* -- alternatives: each binds the same names, which become parameters of the block where they meet.
 * These are copies, since each comes from another part. */

struct names {
    struct frame *frame;
    VEC(struct node *) at;
};

static void collect_names(void *context, struct node *p)
{
    struct names *names = context;
    if (p->kind == NODE_pat_name && p->pat_name_.symbol)
        vec_push(names->frame->lower->arena, &names->at, p);
    ast_children(p, collect_names, names);
}

static struct node *same_name(const struct names *names, const char *name)
{
    for (uint32_t i = 0; i < names->at.count; i++)
        if (names->at.at[i]->pat_name_.name == name)
            return names->at.at[i];
    assert(!"alternatives bind the same names");
    return NULL;
}

/* Goes to `met` with the names of `bound` if the alternative matches. */
static void pattern_alternative(struct frame *f, struct node *alt, const struct names *bound,
                                struct ir_value *v, struct miss miss, struct ir_block *met)
{
    uint32_t mark = f->cleanups.count;
    struct names own = {.frame = f};
    collect_names(&own, alt);
    match(f, alt, v, miss);
    struct ir_value **values = arena_array(f->lower->arena, struct ir_value *, bound->at.count + 1);
    for (uint32_t i = 0; i < bound->at.count; i++) {
        struct node *name = same_name(&own, bound->at.at[i]->pat_name_.name);
        values[i] = lower_copy(f, local_binding(f, name->pat_name_.symbol)->value, alt->span);
    }
    cleanup_pop(f, mark, alt->span);
    emit_br(f, met, values, bound->at.count, alt->span);
}

/* Binds one name of all alternatives. */
static void bind_met(struct frame *f, const struct nodes *alts, const char *name,
                     struct ir_value *v, struct span span)
{
    cleanup_push(f, v);
    for (uint32_t i = 0; i < alts->count; i++) {
        struct names own = {.frame = f};
        collect_names(&own, alts->at[i]);
        local_bind_lent(f, same_name(&own, name)->pat_name_.symbol, v, span);
    }
}

static void pattern_or(struct frame *f, struct node *p, struct ir_value *v, struct miss miss)
{
    const struct nodes *alts = &p->pat_or_.alts;
    struct names bound = {.frame = f};
    struct ir_block *met = emit_block(f);
    collect_names(&bound, alts->at[0]);
    for (uint32_t i = 0; i < bound.at.count; i++)
        ir_block_param(f->lower->module, met, lower_type(f, bound.at.at[i]->type));
    for (uint32_t i = 0; i + 1 < alts->count; i++) {
        struct miss next = {.to = emit_block(f), .mark = f->cleanups.count};
        pattern_alternative(f, alts->at[i], &bound, v, next, met);
        emit_start(f, next.to);
    }
    pattern_alternative(f, alts->at[alts->count - 1], &bound, v, miss, met);
    emit_start(f, met);
    for (uint32_t i = 0; i < bound.at.count; i++)
        bind_met(f, alts, bound.at.at[i]->pat_name_.name, met->params.at[i], p->span);
}

static void match(struct frame *f, struct node *p, struct ir_value *v, struct miss miss)
{
    switch (p->kind) {
    case NODE_pat_wild:
        break;
    case NODE_pat_name:
        if (p->pat_name_.symbol)
            local_bind_lent(f, p->pat_name_.symbol, v, p->span);
        break;
    case NODE_pat_lit:
        pattern_literal(f, p, v, miss);
        break;
    case NODE_pat_tuple:
        pattern_tuple(f, p, v, miss);
        break;
    case NODE_pat_ctor:
        pattern_ctor(f, p, v, miss);
        break;
    case NODE_pat_or:
        pattern_or(f, p, v, miss);
        break;
    default:
        assert(!"a pattern");
    }
}

void lower_pattern(struct frame *f, struct node *p, struct ir_value *v, struct ir_block *no,
                   uint32_t mark)
{
    match(f, p, v, (struct miss){no, mark});
}

/* ---- conditions ------------------------------------------------------------------------------ */

struct ir_value *lower_subject(struct frame *f, struct node *n, struct node *within)
{
    struct val val = lower_expr(f, n);
    if (!val.owned && val.root && local_may_write(within, val.root))
        val = val_owned(lower_copy(f, val.v, n->span));
    if (val.owned)
        cleanup_push(f, val.v);
    return val.v;
}

void lower_branch(struct frame *f, struct node *cond, struct ir_block *no, uint32_t mark,
                  struct node *within)
{
    if (cond->kind == NODE_binary && cond->binary_.op == OP_land) {
        lower_branch(f, cond->binary_.left, no, mark, within);
        f->cond_depth++;
        lower_branch(f, cond->binary_.right, no, mark, within);
        f->cond_depth--;
    } else if (cond->kind == NODE_is) {
        struct ir_value *v = lower_subject(f, cond->is_.value, within);
        lower_pattern(f, cond->is_.pattern, v, no, mark);
    } else {
        struct ir_value *v = lower_expr(f, cond).v;
        need(f, v, true, (struct miss){no, mark}, cond->span);
    }
}

/* &&, || and `is` as values. */
struct val lower_condition(struct frame *f, struct node *n)
{
    uint32_t mark = f->cleanups.count;
    const struct type *t = lower_simple(f, TYPE_bool);
    struct merge m = merge_new(f, t);
    struct ir_block *no = emit_block(f);
    bool either = n->kind == NODE_binary && n->binary_.op == OP_lor;
    lower_branch(f, either ? n->binary_.left : n, no, mark, n);
    cleanup_pop(f, mark, n->span);
    merge_give(f, &m, emit_int(f, t, 1, n->span), n->span);
    emit_start(f, no);
    f->cond_depth++;
    merge_give(f, &m, either ? lower_expr(f, n->binary_.right).v : emit_int(f, t, 0, n->span),
               n->span);
    f->cond_depth--;
    return merge_done(f, &m, n->span);
}

/* ---- expressions ----------------------------------------------------------------------------- */

struct val lower_if(struct frame *f, struct node *n)
{
    uint32_t mark = f->cleanups.count;
    struct merge m = merge_new(f, lower_type(f, n->type));
    struct ir_block *no = emit_block(f);
    lower_branch(f, n->if_.cond, no, mark, n);
    f->cond_depth++;
    merge_branch(f, &m, n->if_.then, mark);
    emit_start(f, no);
    if (n->if_.otherwise)
        merge_branch(f, &m, n->if_.otherwise, mark);
    else
        merge_give(f, &m, NULL, n->span);
    f->cond_depth--;
    return merge_done(f, &m, n->span);
}

/* One arm; goes on at what comes if it does not match. The last one need not be tested: the arms
 * cover the type. */
static void lower_arm(struct frame *f, struct node *arm, struct ir_value *subject, struct merge *m,
                      bool last)
{
    uint32_t mark = f->cleanups.count;
    struct ir_block *next = last && !arm->arm_.guard ? NULL : emit_block(f);
    f->cond_depth++;
    lower_pattern(f, arm->arm_.pattern, subject, next, mark);
    if (arm->arm_.guard)
        lower_branch(f, arm->arm_.guard, next, mark, arm);
    merge_branch(f, m, arm->arm_.body, mark);
    f->cond_depth--;
    if (next)
        emit_start(f, next);
}

struct val lower_match(struct frame *f, struct node *n)
{
    uint32_t mark = f->cleanups.count, count = n->match_.arms.count;
    struct merge m = merge_new(f, lower_type(f, n->type));
    struct ir_value *subject = lower_subject(f, n->match_.subject, n);
    for (uint32_t i = 0; i < count; i++)
        lower_arm(f, n->match_.arms.at[i], subject, &m, i + 1 == count);
    if (!count || n->match_.arms.at[count - 1]->arm_.guard)
        emit0(f, IR_unreachable, NULL, n->span);
    struct val v = merge_done(f, &m, n->span);
    cleanup_pop(f, mark, n->span);
    return v;
}

static struct ir_value *holds(struct frame *f, struct ir_value *v, struct span span)
{
    return test(f, v->type->kind == TYPE_option ? IR_is_some : IR_is_ok, v, span);
}

/* What a T? or T! holds, owned. */
static struct ir_value *held(struct frame *f, struct ir_value *v, struct span span)
{
    return lower_copy(f, emit1(f, IR_unwrap, v->type->args.at[0], span, v), span);
}

struct val lower_else(struct frame *f, struct node *n)
{
    uint32_t mark = f->cleanups.count;
    const struct type *t = lower_type(f, n->type);
    struct merge m = merge_new(f, t);
    struct ir_value *v = lower_subject(f, n->else_.value, n);
    struct ir_block *yes = emit_block(f), *no = emit_block(f);
    emit_br_if(f, holds(f, v, n->span), yes, no, n->span);
    emit_start(f, yes);
    struct ir_value *value = v->type == t ? lower_copy(f, v, n->span) : held(f, v, n->span);
    cleanup_leave(f, mark, n->span);
    merge_give(f, &m, value, n->span);
    emit_start(f, no);
    cleanup_pop(f, mark, n->span);
    f->cond_depth++;
    merge_branch(f, &m, n->else_.otherwise, mark);
    f->cond_depth--;
    return merge_done(f, &m, n->span);
}

/* The none or err that a function gives for what `?` found. */
static struct ir_value *handed_up(struct frame *f, struct ir_value *v, struct span span)
{
    const struct type *result = f->ir->result;
    if (v->type->kind == TYPE_option)
        return emit0(f, IR_const_none, result, span);
    struct ir_value *error = emit1(f, IR_get_err, lower_simple(f, TYPE_error), span, v);
    return emit1(f, IR_err, result, span, lower_copy(f, error, span));
}

struct val lower_question(struct frame *f, struct node *n)
{
    struct val whole = lower_expr(f, n->question_.value);
    int32_t entry = whole.owned ? cleanup_push(f, whole.v) : NO_ENTRY;
    struct ir_block *yes = emit_block(f), *no = emit_block(f);
    emit_br_if(f, holds(f, whole.v, n->span), yes, no, n->span);
    emit_start(f, no);
    lower_leave(f, handed_up(f, whole.v, n->span), n->span);
    emit_start(f, yes);
    struct ir_value *part = emit1(f, IR_unwrap, whole.v->type->args.at[0], n->span, whole.v);
    return val_part(f, whole, entry, part, n->span);
}
