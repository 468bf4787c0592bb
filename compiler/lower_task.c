/* lower_task.c - waiting: await of a future, of an array or a tuple of them, and what a task gives
 * that hands a future on. The future is moved into its await at its last use, which lets the code
 * generator run the task in place and forget it. Failures come to light in order of index. */
#include "lower_core.h"

#include <assert.h>

/* Waiting for one value: try: as a result that holds the failure. */
struct wait {
    bool is_try;
    struct span span;
};

static struct ir_value *wait_for(struct frame *f, const struct wait *w, struct ir_value *future,
                                 const struct type *t, bool last)
{
    struct ir_block *fail = cleanup_fail(f);
    struct ir_value *v = emit1(f, w->is_try ? IR_try_await : IR_await, t, w->span, future);
    v->fail = fail;
    v->imm.last = last;
    return v;
}

struct ir_value *lower_settle(struct frame *f, struct ir_value *future, struct span span)
{
    struct wait w = {.span = span};
    return wait_for(f, &w, future, future->type->args.at[0], true);
}

static struct val wait_future(struct frame *f, const struct wait *w, struct node *value,
                              const struct type *t)
{
    struct ir_value *moved =
        value->kind == NODE_name ? local_move(f, value->name_.symbol, value->span) : NULL;
    struct val future = moved ? val_owned(moved) : lower_expr(f, value);
    return val_owned(wait_for(f, w, future.v, t, future.owned));
}

/* ---- several futures ------------------------------------------------------------------------- */

/* The value of a future, with what a failure does if it is tried: its error goes to `failed` as an
 * err, after what is above `mark` was dropped. */
static struct ir_value *wait_one(struct frame *f, const struct wait *w, struct ir_value *future,
                                 bool last, struct merge *failed, uint32_t mark)
{
    const struct type *t = future->type->args.at[0];
    if (!w->is_try)
        return wait_for(f, w, future, t, last);
    struct ir_value *tried = wait_for(f, w, future, type_result(f->lower->types, t), last);
    struct ir_block *yes = emit_block(f), *no = emit_block(f);
    struct ir_value *fine = emit1(f, IR_is_ok, lower_simple(f, TYPE_bool), w->span, tried);
    emit_br_if(f, fine, yes, no, w->span);
    emit_start(f, no);
    struct ir_value *error = emit1(f, IR_get_err, lower_simple(f, TYPE_error), w->span, tried);
    error = lower_copy(f, error, w->span);
    lower_drop(f, tried, w->span);
    cleanup_leave(f, mark, w->span);
    merge_give(f, failed, emit1(f, IR_err, failed->type, w->span, error), w->span);
    emit_start(f, yes);
    struct ir_value *v = lower_copy(f, emit1(f, IR_unwrap, t, w->span, tried), w->span);
    lower_drop(f, tried, w->span);
    return v;
}

/* All of them succeeded. */
static struct val finish(struct frame *f, const struct wait *w, struct ir_value *all,
                         struct merge *m)
{
    if (!w->is_try)
        return val_owned(all);
    merge_give(f, m, emit1(f, IR_ok, m->type, w->span, all), w->span);
    return merge_done(f, m, w->span);
}

static struct val wait_parts(struct frame *f, const struct wait *w, struct operands *futures,
                             bool last, const struct type *t)
{
    struct operands ops = {0};
    struct merge m = {0};
    uint32_t mark = f->cleanups.count - (last ? futures->count : 0);
    if (w->is_try)
        m = merge_new(f, t);
    for (uint32_t i = 0; i < futures->count; i++) {
        if (last)
            cleanup_kill(f, futures->at[i].entry);
        struct ir_value *v = wait_one(f, w, futures->at[i].val.v, last, &m, mark);
        operand_add(f, &ops, val_owned(v), NULL, 0, w->span);
    }
    struct ir_value **values = operand_values(f, &ops);
    uint32_t count = ops.count;
    operand_moved(f, &ops);
    const struct type *tuple = w->is_try ? t->args.at[0] : t;
    return finish(f, w, emit(f, IR_make, tuple, w->span, values, count), &m);
}

/* (spawn f(), spawn g()): no tuple of futures is made. */
static struct val wait_written(struct frame *f, const struct wait *w, struct node *value,
                               const struct type *t)
{
    struct operands futures = {0};
    uint32_t mark = f->cleanups.count;
    for (uint32_t i = 0; i < value->tuple_.elems.count; i++)
        operand_add_owned(f, &futures, value->tuple_.elems.at[i]);
    struct val v = wait_parts(f, w, &futures, true, t);
    f->cleanups.count = mark;
    return v;
}

static struct val wait_tuple(struct frame *f, const struct wait *w, struct node *value,
                             const struct type *t)
{
    struct operands whole = {0}, futures = {0};
    operand_add(f, &whole, lower_expr(f, value), NULL, 0, w->span);
    struct ir_value *tuple = whole.at[0].val.v;
    for (uint32_t i = 0; i < tuple->type->args.count; i++) {
        struct ir_value *future = emit1(f, IR_get, tuple->type->args.at[i], w->span, tuple);
        future->imm.index = i;
        operand_add(f, &futures, val_lent(future, NULL), NULL, 0, w->span);
    }
    struct val v = wait_parts(f, w, &futures, false, t);
    operand_release(f, &whole, w->span);
    return v;
}

static struct val wait_value(struct frame *f, const struct wait *w, struct node *value,
                             const struct type *t)
{
    switch (lower_type(f, value->type)->kind) {
    case TYPE_future:
    case TYPE_array:
        return wait_future(f, w, value, t);
    default:
        return value->kind == NODE_tuple ? wait_written(f, w, value, t)
                                         : wait_tuple(f, w, value, t);
    }
}

struct val lower_await(struct frame *f, struct node *n)
{
    struct wait w = {.is_try = n->await_.is_try, .span = n->span};
    return wait_value(f, &w, n->await_.value, lower_type(f, n->type));
}

/* ---- ending ---------------------------------------------------------------------------------- */

static void cancel(struct frame *f, struct ir_value *v, struct span span)
{
    if (v->type->kind != TYPE_tuple) {
        emit1(f, IR_cancel, NULL, span, v);
        return;
    }
    for (uint32_t i = 0; i < v->type->args.count; i++) {
        struct ir_value *part = emit1(f, IR_get, v->type->args.at[i], span, v);
        part->imm.index = i;
        cancel(f, part, span);
    }
}

void lower_cancel(struct frame *f, struct node *n)
{
    struct operands ops = {0};
    operand_add(f, &ops, lower_expr(f, n->cancel_.value), NULL, 0, n->span);
    cancel(f, ops.at[0].val.v, n->span);
    operand_release(f, &ops, n->span);
}

struct val lower_delegate(struct frame *f, struct node *n)
{
    struct wait w = {.span = n->span};
    return wait_value(f, &w, n->delegate_.value, lower_type(f, n->type));
}
