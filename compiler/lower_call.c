/* lower_call.c - calls: which instance is meant, and what is handed to it.
 *
 * A parameter of function type vanishes: the instance is made for the function passed. A lambda's
 * captured locals come as leading parameters instead, and are handed on wherever it is:
 *   captured by the callee itself, if it is a lambda; by each function passed; then the values. */
#include "attr.h"
#include "digest.h"
#include "extern.h"
#include "lower_core.h"

#include <assert.h>
#include <string.h>

static struct types call_generics(struct frame *f, struct types open)
{
    struct types t = {arena_array(f->lower->arena, const struct type *, open.count + 1),
                      open.count};
    for (uint32_t i = 0; i < open.count; i++)
        t.at[i] = lower_type(f, open.at[i]);
    return t;
}

/* ---- functions as values --------------------------------------------------------------------- */

static bool same_types(struct types a, struct types b)
{
    if (a.count != b.count)
        return false;
    for (uint32_t i = 0; i < a.count; i++)
        if (a.at[i] != b.at[i])
            return false;
    return true;
}

static struct callable *callable_of(struct lower *l, struct symbol *func, struct types generics,
                                    struct instance *outer)
{
    struct callable *first = name_map_get(&l->callables, (const char *)func);
    for (struct callable *c = first; c; c = c->next)
        if (c->outer == outer && same_types(c->generics, generics))
            return c;
    struct callable *c = arena_new(l->arena, struct callable);
    *c = (struct callable){.func = func, .generics = generics, .outer = outer, .next = first};
    name_map_set(l->arena, &l->callables, (const char *)func, c);
    return c;
}

struct callable *call_bound(struct instance *inst, const struct symbol *parameter)
{
    while (inst->symbol != parameter->owner)
        inst = inst->outer;
    return inst->callables[parameter->index];
}

struct captured {
    const struct type **at;
    uint32_t count, room;
};

static void add_captured(struct lower *l, const struct callable *c, struct captured *types)
{
    const struct func *func = c->func->func;
    for (uint32_t i = 0; i < func->captures.count; i++) {
        const struct symbol *s = func->captures.at[i];
        if (local_is_function(s))
            add_captured(l, call_bound(c->outer, s), types);
        else
            vec_push(l->arena, types, type_subst(l->types, s->type, c->outer->generics));
    }
}

struct types call_captured(struct lower *l, const struct callable *c)
{
    struct captured types = {0};
    add_captured(l, c, &types);
    return (struct types){types.at, types.count};
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* What an argument became. Numbers are places among the operands. */
struct given {
    struct path path;        /* node NULL: not a place */
    uint32_t lead, lead_end; /* what a function passed has captured */
    uint32_t value;
    bool is_value;
};

/* A call while its arguments are evaluated, in the order in which they are written. */
struct pending {
    struct frame *frame;
    struct node *node;
    struct node **later; /* arguments not yet evaluated, then the call if it changes places */
    uint32_t later_count;
    bool moved;              /* arguments are to be owned */
    struct callable **bound; /* by parameter */
    struct operands lead, values;
    uint32_t own_lead;   /* what the callee has captured */
    struct given *given; /* by parameter */
    uint32_t param_count;
};

static void add_value(struct pending *p, struct operands *to, struct val val, struct span span)
{
    if (p->moved)
        val = val_owned(val_own(p->frame, val, span));
    operand_add(p->frame, to, val, p->later, p->later_count, span);
}

/* Hands on what a function has captured. */
static void add_captures(struct pending *p, const struct binding *b, struct span span)
{
    struct types types = call_captured(p->frame->lower, b->callable);
    for (uint32_t i = 0; i < types.count; i++)
        add_value(p, &p->lead, val_lent(b->values[i], NULL), span);
}

/* Instances that differ only in the functions passed to them have the same lambdas, as long as
 * these do not call what was passed: those of the first of them. */
static struct instance *first_like(struct instance *inst)
{
    struct instance *first = inst;
    for (struct instance *at = inst; at; at = at->next)
        if (same_types(at->generics, inst->generics))
            first = at;
    return first;
}

static struct callable *pass_lambda(struct pending *p, struct node *n)
{
    struct frame *f = p->frame;
    struct symbol *lambda = n->lambda_.symbol;
    bool takes_along = false;
    for (uint32_t i = 0; i < lambda->func->captures.count; i++) {
        struct symbol *s = lambda->func->captures.at[i];
        if (local_is_function(s))
            add_captures(p, local_binding(f, s), n->span);
        else
            add_value(p, &p->lead, local_read(f, s, n->span), n->span);
        takes_along = takes_along || local_is_function(s);
    }
    struct instance *outer = takes_along ? f->instance : first_like(f->instance);
    return callable_of(f->lower, lambda, f->instance->generics, outer);
}

static struct callable *pass_function(struct pending *p, struct node *n)
{
    if (n->kind == NODE_lambda)
        return pass_lambda(p, n);
    struct symbol *s = n->kind == NODE_dot ? n->dot_.symbol : n->name_.symbol;
    if (s->kind == SYM_LOCAL) {
        struct binding *b = local_binding(p->frame, s);
        add_captures(p, b, n->span);
        return b->callable;
    }
    assert(s->kind == SYM_FUNC && !s->func->generic_count);
    return callable_of(p->frame->lower, s, (struct types){0}, NULL);
}

/* What a variable of `io` code names stays its own until its block is left, if a future is in it:
 * else the end of the task that is spawned would be that of a task which has a name here. */
static bool is_kept(const struct frame *f, const struct node *arg)
{
    return arg->kind == NODE_name && f->instance->symbol->func->flags & FUNC_IO &&
           type_may_hold_future(f->lower->arena, lower_type(f, arg->type));
}

static void evaluate(struct pending *p, const struct func *callee, uint32_t i, struct node *arg)
{
    struct frame *f = p->frame;
    const struct symbol *parameter = callee->locals.at[i];
    struct given *given = &p->given[i];
    given->lead = given->lead_end = p->lead.count;
    if (local_is_function(parameter)) {
        p->bound[i] = pass_function(p, arg);
        given->lead_end = p->lead.count;
        return;
    }
    given->is_value = true;
    given->value = p->values.count;
    if (parameter->is_var) {
        place_indices(f, &given->path, arg, p->later, p->later_count);
        operand_add(f, &p->values, (struct val){0}, NULL, 0, arg->span);
    } else if (p->moved && is_kept(f, arg)) {
        add_value(p, &p->values, lower_expr(f, arg), arg->span);
    } else if (p->moved) {
        operand_add_owned(f, &p->values, arg);
    } else {
        operand_add(f, &p->values, lower_expr(f, arg), p->later, p->later_count, arg->span);
    }
}

static bool has_places(const struct func *callee)
{
    for (uint32_t i = 0; i < callee->param_count; i++)
        if (callee->locals.at[i]->is_var)
            return true;
    return false;
}

static void evaluate_all(struct pending *p, const struct func *callee)
{
    const struct nodes *args = &p->node->call_.args;
    struct node **later = arena_array(p->frame->lower->arena, struct node *, args->count + 1);
    for (uint32_t i = 0; i < args->count; i++)
        later[i] = args->at[ast_call_order(p->node, i)];
    later[args->count] = p->node;
    uint32_t all = args->count + (has_places(callee) ? 1 : 0);
    for (uint32_t i = 0; i < args->count; i++) {
        p->later = later + i + 1;
        p->later_count = all - i - 1;
        evaluate(p, callee, ast_call_order(p->node, i), later[i]);
    }
}

/* Where the places are, once nothing is left to evaluate. */
static void find_places(struct pending *p)
{
    for (uint32_t i = 0; i < p->node->call_.args.count; i++) {
        struct given *given = &p->given[ast_call_order(p->node, i)];
        if (given->path.node)
            p->values.at[given->value].val.v = place_walk(p->frame, &given->path);
    }
}

/* Newest first; the values were lent. */
static void release(struct pending *p)
{
    struct span span = p->node->span;
    operand_release(p->frame, &p->values, span);
    operand_release(p->frame, &p->lead, span);
    for (uint32_t i = p->node->call_.args.count; i-- > 0;) {
        struct path *path = &p->given[ast_call_order(p->node, i)].path;
        if (path->node)
            operand_release(p->frame, &path->keys, span);
    }
}

static void pending_init(struct pending *p, struct frame *f, struct node *n,
                         const struct func *callee, bool moved)
{
    uint32_t count = callee->param_count + 1;
    *p =
        (struct pending){.frame = f, .node = n, .moved = moved, .param_count = callee->param_count};
    p->bound = arena_array(f->lower->arena, struct callable *, count);
    p->given = arena_array(f->lower->arena, struct given, count);
}

/* ---- the call -------------------------------------------------------------------------------- */

const char *call_extern_symbol(struct lower *l, const struct symbol *s)
{
    if (strcmp(s->node->func_.header, "dfl"))
        return extern_symbol(l->arena, s);
    return arena_format(l->arena, "dfl_std_%s_%s", s->module->name, s->name);
}

static bool is_extern(const struct symbol *s)
{
    return s->node->kind == NODE_func && s->func->flags & FUNC_EXTERN;
}

/* array.push has an instruction of its own. */
static bool is_push(const struct symbol *s)
{
    return is_extern(s) && s->module->is_std && !strcmp(s->module->name, "array") &&
           !strcmp(s->name, "push");
}

static struct val emit_call(struct pending *p, const struct callable *callee,
                            struct ir_value **args, uint32_t count)
{
    struct frame *f = p->frame;
    struct span span = p->node->span;
    struct ir_block *fail = cleanup_fail(f);
    const struct type *t = type_subst(f->lower->types, callee->func->func->result,
                                      callee->outer ? callee->outer->generics : callee->generics);
    struct ir_value *v;
    if (is_extern(callee->func)) {
        v = emit(f, IR_extern, t, span, args, count);
        v->imm.ext.symbol = call_extern_symbol(f->lower, callee->func);
        v->imm.ext.types = callee->generics;
    } else {
        struct instance *inst =
            lower_instance(f->lower, callee->func, callee->generics, callee->outer, p->bound, span);
        v = emit(f, IR_call, t, span, args, count);
        v->imm.call.func = inst->ir;
    }
    v->fail = fail;
    return val_owned(v);
}

static struct callable *resolve(struct frame *f, struct node *n)
{
    struct symbol *target = n->call_.target;
    if (target->kind == SYM_LOCAL)
        return local_binding(f, target)->callable;
    assert(target->kind == SYM_FUNC);
    return callable_of(f->lower, target, call_generics(f, n->call_.generics), NULL);
}

/* What was captured, then the values, each by parameter. */
static struct ir_value **all_values(struct pending *p, uint32_t *count)
{
    uint32_t n = 0;
    struct ir_value **all =
        arena_array(p->frame->lower->arena, struct ir_value *, p->lead.count + p->values.count + 1);
    for (; n < p->own_lead; n++)
        all[n] = p->lead.at[n].val.v;
    for (uint32_t i = 0; i < p->param_count; i++)
        for (uint32_t k = p->given[i].lead; k < p->given[i].lead_end; k++)
            all[n++] = p->lead.at[k].val.v;
    for (uint32_t i = 0; i < p->param_count; i++)
        if (p->given[i].is_value)
            all[n++] = p->values.at[p->given[i].value].val.v;
    *count = n;
    return all;
}

static void begin(struct pending *p, struct frame *f, struct node *n, const struct callable *callee,
                  bool moved)
{
    pending_init(p, f, n, callee->func->func, moved);
    if (n->call_.target->kind == SYM_LOCAL)
        add_captures(p, local_binding(f, n->call_.target), n->span);
    p->own_lead = p->lead.count;
    evaluate_all(p, callee->func->func);
}

static struct val lower_push(struct frame *f, struct node *n)
{
    struct node *array = n->call_.args.at[0], *value = n->call_.args.at[1];
    struct path path;
    struct operands ops = {0};
    bool value_first = ast_call_order(n, 0) == 1;
    if (value_first)
        operand_add_owned(f, &ops, value);
    place_indices(f, &path, array, &n, 1);
    if (!value_first)
        operand_add_owned(f, &ops, value);
    struct ir_value *place = place_walk(f, &path), *v = ops.at[0].val.v;
    operand_moved(f, &ops);
    emit2(f, IR_push, NULL, n->span, place, v);
    operand_release(f, &path.keys, n->span);
    return val_owned(emit_unit(f, n->span));
}

static struct val lower_variant(struct frame *f, struct node *n)
{
    const struct nodes *args = &n->call_.args;
    struct operands ops = {0};
    for (uint32_t i = 0; i < args->count; i++)
        operand_add_owned(f, &ops, args->at[i]);
    struct ir_value **values = operand_values(f, &ops);
    operand_moved(f, &ops);
    struct ir_value *v = emit(f, IR_variant, n->type, n->span, values, args->count);
    v->imm.index = n->call_.target->index;
    return val_owned(v);
}

/* ---- operations of the compiler -------------------------------------------------------------- */

static struct val lower_err(struct frame *f, struct node *n)
{
    const struct type *t = lower_type(f, n->type);
    struct node *arg = n->call_.args.at[0];
    struct ir_value *error;
    if (lower_type(f, arg->type)->kind == TYPE_error) {
        error = lower_owned(f, arg);
    } else {
        struct operands ops = {0};
        operand_add(f, &ops, lower_expr(f, arg), NULL, 0, n->span);
        error = emit1(f, IR_failure, lower_simple(f, TYPE_error), n->span, ops.at[0].val.v);
        operand_release(f, &ops, n->span);
    }
    return val_owned(emit1(f, IR_err, t, n->span, error));
}

static struct val lower_builtin(struct frame *f, struct node *n)
{
    const struct type *t = lower_type(f, n->type);
    struct node *arg = n->call_.args.count ? n->call_.args.at[0] : NULL;
    switch (n->call_.builtin) {
    case BUILTIN_some:
        return val_owned(emit1(f, IR_some, t, n->span, lower_owned(f, arg)));
    case BUILTIN_ok:
        return val_owned(emit1(f, IR_ok, t, n->span, lower_owned(f, arg)));
    case BUILTIN_none:
        return val_owned(emit0(f, IR_const_none, t, n->span));
    case BUILTIN_err:
        return lower_err(f, n);
    default:
        return lower_property(f, n, arg, n->call_.builtin);
    }
}

struct val lower_call(struct frame *f, struct node *n)
{
    if (n->call_.builtin)
        return lower_builtin(f, n);
    if (n->call_.target->kind == SYM_VARIANT)
        return lower_variant(f, n);
    if (n->call_.target->kind == SYM_FUNC && is_push(n->call_.target))
        return lower_push(f, n);
    struct pending p;
    const struct callable *callee = resolve(f, n);
    begin(&p, f, n, callee, false);
    find_places(&p);
    uint32_t count;
    struct ir_value **args = all_values(&p, &count);
    struct val v = emit_call(&p, callee, args, count);
    release(&p);
    return v;
}

/* ---- spawn ----------------------------------------------------------------------------------- */

/* `by_argument`: bit i for argument i; functions passed are no arguments of the instance. */
static uint64_t edges_of(const struct pending *p, uint64_t by_argument)
{
    uint64_t edges = 0;
    uint32_t at = p->lead.count;
    for (uint32_t i = 0; i < p->param_count; i++) {
        if (p->given[i].is_value && by_argument >> i & 1)
            edges |= 1ull << at;
        at += p->given[i].is_value;
    }
    return edges;
}

static uint64_t digest_types(struct lower *l, uint64_t digest, struct types types)
{
    for (uint32_t i = 0; i < types.count; i++)
        digest = digest_type(l->program, digest, types.at[i]);
    return digest;
}

/* A function that is passed, with those that it has captured. */
static uint64_t digest_callable(struct lower *l, uint64_t digest, const struct callable *c)
{
    digest = digest_mix(digest, digest_symbol(l->program, c->func));
    digest = digest_types(l, digest, c->generics);
    for (uint32_t i = 0; i < c->func->func->captures.count; i++) {
        const struct symbol *s = c->func->func->captures.at[i];
        if (local_is_function(s))
            digest = digest_callable(l, digest, call_bound(c->outer, s));
    }
    return digest;
}

/* As code_of() in interp_checkpoint.c. */
static int64_t code_of(const struct pending *p, const struct callable *callee)
{
    struct lower *l = p->frame->lower;
    uint64_t digest = digest_callable(l, 1, callee);
    for (uint32_t i = 0; i < p->param_count; i++)
        if (p->bound[i])
            digest = digest_callable(l, digest, p->bound[i]);
    return (int64_t)(digest >> 1 | 1);
}

/* It names an argument too. */
static const struct dfl_policy *policy_of(const struct pending *p, const struct node *spawn,
                                          const struct callable *callee)
{
    struct dfl_policy *policy = policy_of_spawn(p->frame->lower->arena, spawn);
    if (!policy)
        return NULL;
    if (policy->checkpoint)
        policy->checkpoint = code_of(p, callee);
    int64_t at = p->lead.count, near = 0;
    for (uint32_t i = 0; i < p->param_count; i++) {
        at += p->given[i].is_value;
        if (p->given[i].is_value && i + 1 == policy->near)
            near = at;
    }
    policy->near = near;
    return policy;
}

struct val lower_spawn(struct frame *f, struct node *n)
{
    struct node *call = n->spawn_.call;
    struct pending p;
    const struct callable *callee = resolve(f, call);
    begin(&p, f, call, callee, true);
    uint32_t count;
    struct ir_value **args = all_values(&p, &count);
    uint64_t edges = edges_of(&p, n->spawn_.edges);
    const struct dfl_policy *policy = policy_of(&p, n, callee);
    operand_moved(f, &p.values);
    operand_moved(f, &p.lead);
    struct instance *inst =
        lower_instance(f->lower, callee->func, callee->generics, callee->outer, p.bound, n->span);
    struct ir_value *v = emit(f, IR_spawn, lower_type(f, n->type), n->span, args, count);
    v->imm.call.func = lower_spawned(f->lower, inst);
    v->imm.call.edges = edges;
    v->imm.call.policy = policy;
    return val_owned(v);
}
