/* ownership.h - runs a function of DIR in the abstract: along every path each owned value must be
 * moved or dropped exactly once, nothing lent may be used after what lends it has ended or changed,
 * and nothing may be left at the end. Read ownership_check last.
 *
 * The state at a point says of each value whether it is there: an owned one until it is moved, a
 * lent one until its root ends or changes, a slot while it holds a value. Where paths meet they
 * must agree, except on lent values, which are then gone. */
#ifndef OWNERSHIP_H
#define OWNERSHIP_H

#include "ir_order.h"

#include <stdlib.h>
#include <string.h>

enum presence { GONE, THERE, UNCOUNTED }; /* UNCOUNTED: of a slot that holds a constant */

struct ownership {
    const struct ir_func *func;
    struct ir_value **values; /* by id */
    struct ir_value **roots;  /* of lent values */
    uint8_t **at;             /* by block id: state at its start; NULL: not reached yet */
    uint8_t *now;
    const struct ir_value *step;
    FILE *out;
    uint32_t faults;
};

static bool has_references(const struct type *t)
{
    bool parts = t->kind == TYPE_option || t->kind == TYPE_tuple || t->kind == TYPE_record;
    for (uint32_t i = 0; parts && i < t->args.count; i++)
        if (has_references(t->args.at[i]))
            return true;
    return !parts && t->kind >= TYPE_str && (t->kind != TYPE_enum || t->args.count);
}

static bool is_lent(enum ir_op op)
{
    return op == IR_get || op == IR_unwrap || op == IR_payload || op == IR_get_err ||
           op == IR_elem || op == IR_find || op == IR_entry_key || op == IR_entry_value ||
           op == IR_load;
}

static bool is_constant(enum ir_op op)
{
    return op == IR_const_none || op == IR_const_empty || op == IR_const_str;
}

static bool is_argument(const struct ir_value *v)
{
    return v->op == IR_param && !v->block;
}

/* Of no interest: without references, a constant, or the caller's. */
static bool is_free(const struct ir_value *v)
{
    return !v->type || !has_references(v->type) || is_constant(v->op) || is_argument(v);
}

static struct ir_value *root_of(struct ir_value *v)
{
    while (is_lent(v->op) || v->op == IR_place_field || v->op == IR_place_elem ||
           v->op == IR_place_entry)
        v = v->args[0];
    return v;
}

static void own_fault(struct ownership *o, const char *what, const struct ir_value *v)
{
    o->faults++;
    fprintf(o->out, "@%s ^%u %s: %%%u %s\n", o->func->name, o->step->block->id,
            ir_op_name(o->step->op), v->id, what);
}

static void end_lent(struct ownership *o, const struct ir_value *root)
{
    for (uint32_t i = 0; i < o->func->value_count; i++)
        if (o->roots[i] == root)
            o->now[i] = GONE;
}

static void own_use(struct ownership *o, struct ir_value *v)
{
    if (v->place)
        v = root_of(v);
    if (!is_free(v) && o->now[v->id] == GONE)
        own_fault(o, "is used when it is gone", v);
}

static void own_move(struct ownership *o, struct ir_value *v)
{
    if (!v->type || !has_references(v->type) || is_constant(v->op))
        return;
    own_use(o, v);
    if (is_lent(v->op) || is_argument(v))
        own_fault(o, "is moved but lent", v);
    o->now[v->id] = GONE;
    end_lent(o, v);
}

static bool is_moved(const struct ir_value *x, uint32_t arg)
{
    switch (x->op) {
    case IR_make:
    case IR_some:
    case IR_ok:
    case IR_err:
    case IR_variant:
    case IR_drop:
    case IR_spawn:
    case IR_raise:
    case IR_ret:
        return true;
    case IR_append:
    case IR_push:
    case IR_store:
        return arg == 1;
    case IR_store_entry:
        return arg == 2;
    case IR_await:
    case IR_try_await:
        return x->imm.last;
    default:
        return false;
    }
}

static void move_operands(struct ownership *o, const struct ir_value *x)
{
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (is_moved(x, i))
            own_move(o, x->args[i]);
}

/* Two ways into one block. */
static void own_meet(struct ownership *o, uint8_t *known, const uint8_t *now)
{
    for (uint32_t i = 0; i < o->func->value_count; i++) {
        const struct ir_value *v = o->values[i];
        if (known[i] == now[i])
            continue;
        if (is_lent(v->op))
            known[i] = GONE;
        else if (known[i] && now[i])
            known[i] = THERE;
        else if (known[i] != UNCOUNTED && now[i] != UNCOUNTED)
            own_fault(o, "is there on one of two ways that meet", v);
    }
}

static void own_go(struct ownership *o, const struct ir_block *to, struct ir_value *const *args,
                   uint32_t count)
{
    uint32_t size = o->func->value_count + 1;
    uint8_t *here = o->now;
    o->now = memcpy(malloc(size), here, size);
    for (uint32_t i = 0; i < count; i++)
        own_move(o, args[i]);
    for (uint32_t i = 0; i < to->params.count; i++)
        o->now[to->params.at[i]->id] = !is_free(to->params.at[i]);
    if (o->at[to->id])
        own_meet(o, o->at[to->id], o->now);
    else
        o->at[to->id] = memcpy(malloc(size), o->now, size);
    free(o->now);
    o->now = here;
}

/* The way of a failure: operands are moved, and there is no result. */
static void own_fail(struct ownership *o, const struct ir_value *x)
{
    uint32_t size = o->func->value_count + 1;
    uint8_t *here = o->now;
    o->now = memcpy(malloc(size), here, size);
    move_operands(o, x);
    own_go(o, x->fail, NULL, 0);
    free(o->now);
    o->now = here;
}

/* What an instruction does to the place it changes. */
static void own_change(struct ownership *o, const struct ir_value *x, struct ir_value *place)
{
    struct ir_value *root = root_of(place);
    end_lent(o, root);
    if (root->op != IR_slot || is_free(root))
        return;
    uint8_t *state = &o->now[root->id];
    if (x->op == IR_store && place == root) {
        if (*state == THERE)
            own_fault(o, "is stored over", root);
        *state = is_constant(x->args[1]->op) ? UNCOUNTED : THERE;
    } else if (place == root && (x->op == IR_drop_at || x->op == IR_take)) {
        *state = GONE;
    } else if (x->op == IR_push || x->op == IR_append || x->op == IR_store_entry) {
        *state = THERE;
    }
}

static bool changes_place(const struct ir_value *x)
{
    return x->op != IR_load && x->op != IR_debug && x->op != IR_place_field && x->op != IR_len;
}

static void own_result(struct ownership *o, const struct ir_value *x)
{
    if (is_free(x) || (x->place && x->op != IR_slot))
        return;
    if (!is_lent(x->op) && o->now[x->id] == THERE)
        own_fault(o, "is made again while it is there", x);
    o->now[x->id] = x->op == IR_slot ? GONE : THERE;
}

static void own_finish(struct ownership *o)
{
    for (uint32_t i = 0; i < o->func->value_count; i++) {
        const struct ir_value *v = o->values[i];
        if (v && o->now[i] == THERE && !is_lent(v->op))
            own_fault(o, "is never ended", v);
    }
}

static void own_step(struct ownership *o, const struct ir_value *x)
{
    o->step = x;
    if (x->fail)
        own_fail(o, x);
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (x->op != IR_debug && !(x->op == IR_store && i == 0))
            own_use(o, x->args[i]);
    move_operands(o, x);
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (x->args[i]->place && changes_place(x))
            own_change(o, x, x->args[i]);
    if (x->op == IR_call || x->op == IR_extern) /* nothing lent to it may be part of a place */
        for (uint32_t i = 0; i < x->arg_count; i++)
            own_use(o, x->args[i]);
    own_result(o, x);
    for (int t = 0; t < 2; t++)
        if (x->targets[t])
            own_go(o, x->targets[t], x->target_args[t], x->target_counts[t]);
    if (x->op == IR_ret || x->op == IR_raise)
        own_finish(o);
}

static void own_know(struct ownership *o, struct ir_value *v)
{
    o->values[v->id] = v;
    if (is_lent(v->op))
        o->roots[v->id] = root_of(v);
}

static void own_func(struct ownership *o, struct arena *arena, const struct ir_func *f)
{
    uint32_t size = f->value_count + 1;
    struct ir_order order;
    ir_order_make(&order, arena, f);
    o->func = f;
    o->values = arena_array(arena, struct ir_value *, size);
    o->roots = arena_array(arena, struct ir_value *, size);
    o->at = arena_array(arena, uint8_t *, order.id_count + 1);
    for (uint32_t i = 0; i < f->params.count; i++)
        own_know(o, f->params.at[i]);
    for (uint32_t i = 0; i < order.blocks.count; i++) {
        const struct ir_block *b = order.blocks.at[i];
        for (uint32_t j = 0; j < b->params.count; j++)
            own_know(o, b->params.at[j]);
        for (uint32_t j = 0; j < b->body.count; j++)
            own_know(o, b->body.at[j]);
    }
    o->at[f->blocks.at[0]->id] = calloc(size, 1);
    for (uint32_t i = 0; i < order.blocks.count; i++) {
        const struct ir_block *b = order.blocks.at[i];
        o->now = memcpy(malloc(size), o->at[b->id], size);
        for (uint32_t j = 0; j < b->body.count; j++)
            own_step(o, b->body.at[j]);
        free(o->now);
    }
    for (uint32_t i = 0; i < order.id_count; i++)
        free(o->at[i]);
}

/* Number of faults, each told on `out`. */
static inline uint32_t ownership_check(const struct ir_module *m, FILE *out)
{
    struct ownership o = {.out = out};
    for (uint32_t i = 0; i < m->funcs.count; i++) {
        struct arena arena = {0};
        own_func(&o, &arena, m->funcs.at[i]);
        arena_free(&arena);
    }
    return o.faults;
}

#endif
