/* lower.c - from the checked tree to DIR: one function for each choice of type arguments and of
 * functions passed down that is reachable from main. lower_program() starts with main and empties a
 * work list that calls fill; lower_function() is the life of one. */
#include "ir_order.h"
#include "lower_core.h"

#include <assert.h>
#include <string.h>

enum {
    INSTANCES_MOST = 10000, /* of one function */
    TYPE_MOST = 500,        /* parts of a type argument */
};

/* ---- names ----------------------------------------------------------------------------------- */

static const char *append(struct lower *l, const char *text, const char *more, const char *last)
{
    return arena_format(l->arena, "%s%s%s", text, more, last);
}

static const char *base_name(struct lower *l, const struct symbol *s, const struct instance *outer)
{
    if (outer)
        return append(l, outer->ir->name, ".", "lambda");
    const char *name = s->node->kind == NODE_test ? s->node->test_.name : s->name;
    if (s->module == l->program->root)
        return name;
    return arena_format(l->arena, "%s.%s", s->module->name, name);
}

/* sort_by<int; by_name> */
static const char *instance_name(struct lower *l, const struct instance *inst)
{
    const char *name = base_name(l, inst->symbol, inst->outer), *separator = "<";
    for (uint32_t i = 0; !inst->outer && i < inst->generics.count; i++, separator = ", ")
        name = append(l, name, separator, inst->generics.at[i]->text);
    for (uint32_t i = 0; i < inst->symbol->func->param_count; i++) {
        const struct callable *c = inst->callables[i];
        if (!c)
            continue;
        name = append(l, name, *separator == '<' ? "<" : "; ", c->outer ? "lambda" : c->func->name);
        separator = "; ";
    }
    return *separator == '<' ? name : append(l, name, ">", "");
}

/* Takes a name that is free; what the map has for it is the number of the last one made of it. */
static const char *take_name(struct lower *l, const char *key)
{
    uint32_t *last = arena_new(l->arena, uint32_t);
    *last = 1;
    name_map_set(l->arena, &l->names, key, last);
    return key;
}

static const char *unique_name(struct lower *l, const char *name)
{
    const char *key = intern(l->program->names, name, strlen(name));
    uint32_t *last = name_map_get(&l->names, key);
    while (last && name_map_get(&l->names, key)) {
        const char *next = arena_format(l->arena, "%s.%u", name, ++*last);
        key = intern(l->program->names, next, strlen(next));
    }
    return take_name(l, key);
}

/* ---- instances ------------------------------------------------------------------------------- */

static bool is_same(const struct instance *a, const struct instance *b)
{
    if (a->outer != b->outer || a->generics.count != b->generics.count)
        return false;
    for (uint32_t i = 0; i < a->generics.count; i++)
        if (a->generics.at[i] != b->generics.at[i])
            return false;
    for (uint32_t i = 0; i < a->symbol->func->param_count; i++)
        if (a->callables[i] != b->callables[i])
            return false;
    return true;
}

static void add_captured(struct lower *l, struct instance *inst, const struct callable *c)
{
    struct types types = call_captured(l, c);
    for (uint32_t i = 0; i < types.count; i++)
        ir_func_param(l->module, inst->ir, types.at[i], NULL, false);
}

/* What lower_call.c hands over, in the same order. */
static void add_params(struct lower *l, struct instance *inst)
{
    const struct func *func = inst->symbol->func;
    if (inst->outer)
        add_captured(l, inst,
                     &(struct callable){
                         .func = inst->symbol, .generics = inst->generics, .outer = inst->outer});
    for (uint32_t i = 0; i < func->param_count; i++)
        if (inst->callables[i])
            add_captured(l, inst, inst->callables[i]);
    for (uint32_t i = 0; i < func->param_count; i++) {
        const struct symbol *s = func->locals.at[i];
        if (!inst->callables[i])
            ir_func_param(l->module, inst->ir, type_subst(l->types, s->type, inst->generics),
                          s->name, s->is_var);
    }
}

static bool is_instance(const struct instance *inst)
{
    bool gets_functions = false;
    for (uint32_t i = 0; i < inst->symbol->func->param_count; i++)
        gets_functions |= inst->callables[i] != NULL;
    return inst->outer || inst->generics.count || gets_functions;
}

static struct instance *instance_add(struct lower *l, const struct instance *key)
{
    const struct func *func = key->symbol->func;
    struct instance *inst = arena_new(l->arena, struct instance);
    *inst = *key;
    inst->next = name_map_get(&l->instances, (const char *)key->symbol);
    const char *label = instance_name(l, inst);
    inst->ir = ir_func_new(l->module, unique_name(l, label),
                           type_subst(l->types, func->result, key->generics));
    inst->ir->label = label;
    inst->ir->instance = is_instance(inst);
    inst->ir->symbol = key->symbol;
    inst->ir->span = key->symbol->span;
    inst->ir->flags = func->flags;
    inst->ir->fastmath = func->fastmath;
    add_params(l, inst);
    name_map_set(l->arena, &l->instances, (const char *)key->symbol, inst);
    vec_push(l->arena, &l->work, inst);
    return inst;
}

/* There are too many instances of a function; the first of them stands for the rest. */
static struct instance *report_many(struct lower *l, const struct instance *key, struct span span)
{
    const struct symbol *s = key->symbol;
    if (!l->failed) {
        struct diag *d =
            diag_error(l->program->diags, DIAG_endless_instances, span,
                       "this call asks for too many or too large versions of `%s`", s->name);
        diag_note(l->program->diags, d, s->span, "`%s` is declared here", s->name);
        diag_hint(l->program->diags, d,
                  "there is one for each choice of types and of functions passed, %d at most, for "
                  "types of %d parts at most",
                  INSTANCES_MOST, TYPE_MOST);
    }
    l->failed = true;
    struct instance *first = name_map_get(&l->instances, (const char *)s);
    return first ? first : instance_add(l, key);
}

static bool is_too_much(const struct instance *key, uint32_t count)
{
    for (uint32_t i = 0; i < key->generics.count; i++)
        if (key->generics.at[i]->parts > TYPE_MOST)
            return true;
    return count >= INSTANCES_MOST;
}

struct instance *lower_instance(struct lower *l, struct symbol *s, struct types generics,
                                struct instance *outer, struct callable **callables,
                                struct span span)
{
    struct instance key = {
        .symbol = s, .generics = generics, .outer = outer, .callables = callables};
    uint32_t count = 0;
    if (!callables)
        key.callables = arena_array(l->arena, struct callable *, s->func->param_count + 1);
    for (struct instance *at = name_map_get(&l->instances, (const char *)s); at; at = at->next) {
        if (is_same(at, &key))
            return at;
        count++;
    }
    return is_too_much(&key, count) ? report_many(l, &key, span) : instance_add(l, &key);
}

/* ---- one function ---------------------------------------------------------------------------- */

static void frame_init(struct frame *f, struct lower *l, struct instance *inst)
{
    const struct func *func = inst->symbol->func;
    *f = (struct frame){.lower = l, .instance = inst, .ir = inst->ir, .wrap = func->wrap};
    f->locals = arena_array(l->arena, struct binding, func->locals.count + 1);
    f->captured = arena_array(l->arena, struct binding, func->captures.count + 1);
    emit_start(f, emit_block(f));
}

/* Takes the parameters that hold what a function has captured. */
static void bind_callable(struct frame *f, struct binding *b, struct callable *c, uint32_t *next)
{
    struct types types = call_captured(f->lower, c);
    b->kind = BIND_CALLABLE;
    b->callable = c;
    b->values = f->ir->params.at + *next;
    *next += types.count;
}

static void bind_captures(struct frame *f, uint32_t *next)
{
    const struct func *func = f->instance->symbol->func;
    for (uint32_t i = 0; i < func->captures.count; i++) {
        const struct symbol *s = func->captures.at[i];
        if (local_is_function(s)) {
            bind_callable(f, &f->captured[i], call_bound(f->instance->outer, s), next);
            continue;
        }
        struct ir_value *param = f->ir->params.at[(*next)++];
        f->captured[i] = (struct binding){.kind = BIND_VALUE, .value = param, .entry = NO_ENTRY};
        emit_debug(f, param, s->name, s->span);
    }
}

static void bind_params(struct frame *f)
{
    const struct func *func = f->instance->symbol->func;
    uint32_t next = 0;
    bind_captures(f, &next);
    for (uint32_t i = 0; i < func->param_count; i++)
        if (f->instance->callables[i])
            bind_callable(f, &f->locals[i], f->instance->callables[i], &next);
    for (uint32_t i = 0; i < func->param_count; i++)
        if (!f->instance->callables[i])
            local_bind_lent(f, func->locals.at[i], f->ir->params.at[next++],
                            func->locals.at[i]->span);
}

/* |(a, b), c|: a parameter may be a pattern that always matches. */
static void bind_patterns(struct frame *f)
{
    const struct symbol *s = f->instance->symbol;
    if (s->node->kind != NODE_lambda)
        return;
    for (uint32_t i = 0; i < s->node->lambda_.params.count; i++) {
        struct node *param = s->node->lambda_.params.at[i];
        if (param->kind == NODE_param)
            continue;
        lower_pattern(f, param, f->locals[i].value, NULL, 0);
    }
}

static struct node *body_of(const struct symbol *s)
{
    switch (s->node->kind) {
    case NODE_func:
        return s->node->func_.body;
    case NODE_test:
        return s->node->test_.body;
    default:
        assert(s->node->kind == NODE_lambda);
        return s->node->lambda_.body;
    }
}

static void lower_body(struct frame *f, struct node *body)
{
    struct ir_value *v = NULL;
    local_count_uses(f, body);
    if (lower_type(f, body->type) == f->ir->result)
        v = lower_owned(f, body);
    else
        val_discard(f, lower_expr(f, body), body->span);
    if (lower_type(f, body->type)->kind == TYPE_never) {
        emit0(f, IR_unreachable, NULL, body->span);
        return;
    }
    if (!v)
        v = lower_unit_result(f, body->span);
    cleanup_pop(f, 0, body->span);
    emit1(f, IR_ret, NULL, body->span, v);
}

/* A C function that is spawned or passed down. */
static void lower_extern(struct frame *f)
{
    struct span span = f->ir->span;
    struct ir_block *fail = cleanup_fail(f);
    struct ir_value *v =
        emit(f, IR_extern, f->ir->result, span, f->ir->params.at, f->ir->params.count);
    v->imm.ext.symbol = call_extern_symbol(f->lower, f->instance->symbol);
    v->imm.ext.types = f->instance->generics;
    v->fail = fail;
    emit1(f, IR_ret, NULL, span, v);
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Marks blocks that only drop and raise; each leads to blocks behind it. */
static bool *find_cold(struct lower *l, const struct ir_order *order)
{
    bool *cold = arena_array(l->arena, bool, order->blocks.count + 1);
    for (uint32_t i = order->blocks.count; i-- > 0;) {
        const struct ir_block *b = order->blocks.at[i];
        const struct ir_value *end = b->body.at[b->body.count - 1];
        if (b->params.count == 1 && b->params.at[0]->type->kind == TYPE_error)
            cold[i] = end->op == IR_raise ||
                      (end->op == IR_br && cold[order->index[end->targets[0]->id]]);
    }
    return cold;
}

/* Keeps the blocks that are reached, each behind those that dominate it, cold ones last. */
static void order_blocks(struct lower *l, struct ir_func *f)
{
    struct ir_order order;
    ir_order_make(&order, l->arena, f);
    bool *is_cold = find_cold(l, &order);
    f->blocks.count = 0;
    for (int cold = 0; cold < 2; cold++)
        for (uint32_t i = 0; i < order.blocks.count; i++)
            if (is_cold[i] == cold)
                vec_push(l->arena, &f->blocks, order.blocks.at[i]);
    for (uint32_t i = 0; i < f->blocks.count; i++)
        f->blocks.at[i]->id = i;
}

/* Numbers values in the order in which they stand. */
static void number_values(struct ir_func *f)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < f->params.count; i++)
        f->params.at[i]->id = next++;
    for (uint32_t i = 0; i < f->blocks.count; i++) {
        struct ir_block *b = f->blocks.at[i];
        for (uint32_t j = 0; j < b->params.count; j++)
            b->params.at[j]->id = next++;
        for (uint32_t j = 0; j < b->body.count; j++)
            b->body.at[j]->id = next++;
    }
    f->value_count = next;
}

static void lower_function(struct lower *l, struct instance *inst)
{
    struct frame f;
    frame_init(&f, l, inst);
    if (inst->ir->flags & FUNC_EXTERN) {
        lower_extern(&f);
    } else {
        bind_params(&f);
        bind_patterns(&f);
        lower_body(&f, body_of(inst->symbol));
    }
    order_blocks(l, inst->ir);
    number_values(inst->ir);
}

/* ---- main ------------------------------------------------------------------------------------ */

/* The exit status as an int!, from what main gives; the error of a ()! is passed on. */
static struct ir_value *status_of(struct frame *f, struct ir_value *v, struct span span)
{
    const struct type *t = f->ir->result;
    if (v->type == t)
        return v;
    if (v->type->kind == TYPE_int)
        return emit1(f, IR_ok, t, span, v);
    struct ir_value *zero = emit_int(f, lower_simple(f, TYPE_int), 0, span);
    if (v->type->kind == TYPE_unit)
        return emit1(f, IR_ok, t, span, zero);
    struct merge m = merge_new(f, t);
    struct ir_block *yes = emit_block(f), *no = emit_block(f);
    struct ir_value *fine = emit1(f, IR_is_ok, lower_simple(f, TYPE_bool), span, v);
    emit_br_if(f, fine, yes, no, span);
    emit_start(f, yes);
    lower_drop(f, v, span);
    merge_give(f, &m, emit1(f, IR_ok, t, span, zero), span);
    emit_start(f, no);
    struct ir_value *error = emit1(f, IR_get_err, lower_simple(f, TYPE_error), span, v);
    error = lower_copy(f, error, span);
    lower_drop(f, v, span);
    merge_give(f, &m, emit1(f, IR_err, t, span, error), span);
    return merge_done(f, &m, span).v;
}

/* A function around another, which gives something else: `name` is that of the other and more. */
static struct frame around(struct lower *l, struct instance *inst, const char *name,
                           const struct type *result)
{
    struct frame f = {.lower = l, .instance = inst};
    f.ir = ir_func_new(l->module, unique_name(l, name), result);
    f.ir->symbol = inst->symbol;
    f.ir->span = inst->ir->span;
    return f;
}

static struct ir_value *call_inner(struct frame *f)
{
    struct ir_func *inner = f->instance->ir;
    emit_start(f, emit_block(f));
    struct ir_block *fail = cleanup_fail(f);
    struct ir_value *v =
        emit(f, IR_call, inner->result, f->ir->span, f->ir->params.at, inner->params.count);
    v->imm.call.func = inner;
    v->fail = fail;
    return v;
}

static struct ir_func *around_done(struct frame *f, struct ir_value *v)
{
    emit1(f, IR_ret, NULL, f->ir->span, v);
    order_blocks(f->lower, f->ir);
    number_values(f->ir);
    return f->ir;
}

struct ir_func *lower_spawned(struct lower *l, struct instance *inst)
{
    const struct ir_func *inner = inst->ir;
    if (inner->result->kind != TYPE_future)
        return inst->ir;
    if (inst->settled)
        return inst->settled;
    struct frame f =
        around(l, inst, append(l, inner->name, ".", "settled"), inner->result->args.at[0]);
    f.ir->label = inner->label;
    f.ir->instance = inner->instance;
    f.ir->flags = inner->flags | FUNC_TASK;
    for (uint32_t i = 0; i < inner->params.count; i++)
        ir_func_param(l->module, f.ir, inner->params.at[i]->type, NULL, false);
    struct ir_value *future = call_inner(&f);
    return inst->settled = around_done(&f, lower_settle(&f, future, f.ir->span));
}

/* What the runtime starts takes [str] and gives int!, whatever main takes and gives. */
static struct ir_func *start_function(struct lower *l, struct instance *main)
{
    const struct type *args = type_array(l->types, l->types->simple[TYPE_str]);
    const struct type *result = type_result(l->types, l->types->simple[TYPE_int]);
    if (main->ir->result == result && main->ir->params.count == 1)
        return main->ir;
    struct frame f = around(l, main, "main.start", result);
    f.ir->flags = FUNC_TASK | FUNC_IO;
    ir_func_param(l->module, f.ir, args, "args", false);
    struct ir_value *v = call_inner(&f);
    return around_done(&f, status_of(&f, v, f.ir->span));
}

struct ir_module *lower_program(struct program *p)
{
    assert(p->main && !p->diags->errors);
    struct lower l = {.program = p, .types = &p->types, .arena = p->arena};
    l.module = arena_new(p->arena, struct ir_module);
    l.module->arena = p->arena;
    l.module->types = &p->types;
    l.module->name = p->root->source->path;
    struct instance *main =
        lower_instance(&l, p->main, (struct types){0}, NULL, NULL, p->main->span);
    for (uint32_t i = 0; i < l.work.count && !l.failed; i++)
        lower_function(&l, l.work.at[i]);
    if (l.failed)
        return NULL;
    l.module->main = start_function(&l, main);
    return l.module;
}
