/* encode_task.c - arguments and results of records, and futures, as bytes and back: read encode.h
 * first. */
#include "encode_core.h"

#include "task.h"
#include "value.h"

/* ---- writing ---- */

static bool put_outcome(struct encoder *e, const struct dfl_type *unused, const void *record)
{
    const struct dfl_task *task = record;
    (void)unused;
    if (!encode_u8(e, task->outcome))
        return false;
    if (task->outcome != DFL_VALUE && task->outcome != DFL_PLAIN)
        return encode_failure(e, task_error(task));
    return encode_part(e, task_held_type(task_fn(task)), task_held(task));
}

/* A failure that is told at the end if nobody looks at it: whether anyone does must be known where
 * the record is. */
static bool is_to_be_looked_at(const struct dfl_task *task)
{
    return task->outcome == DFL_FAILURE && task_fn(task)->flags & DFL_FN_IO &&
           !(__atomic_load_n(&task->flags, __ATOMIC_RELAXED) & TASK_TAKEN);
}

bool encode_future(struct encoder *e, const struct dfl_type *type, struct dfl_task *task)
{
    if (e->hooks && e->hooks->settled)
        return e->hooks->settled(e->hooks->user, type, task, e);
    if (task_is_done(task) && !is_to_be_looked_at(task))
        return encode_u8(e, ENCODE_HERE) && encode_number(e, task->fn) &&
               put_outcome(e, NULL, task);
    if (!e->hooks || !e->hooks->future)
        return encode_fail(e, ENCODE_pending);
    if (!encode_u8(e, ENCODE_ELSEWHERE))
        return false;
    return e->hooks->future(e->hooks->user, task, e) || encode_fail(e, ENCODE_pending);
}

bool encode_args(struct encoder *e, const struct dfl_task *task)
{
    return encode_value(e, task_fn(task)->args, task_args(task));
}

bool encode_result(struct encoder *e, const struct dfl_task *task)
{
    return encode_whole(e, put_outcome, NULL, task);
}

/* ---- reading ---- */

static bool get_held(struct decoder *d, const struct dfl_type *held, struct dfl_task *task)
{
    if (!task_held_boxed(held))
        return decode_part(d, held, &task->result);
    struct dfl_block *block = decode_block(d, held, held->size);
    task->result = (uintptr_t)block;
    return decode_part(d, held, block_data(block));
}

/* Who waits for a record looks at it at any time. */
static void set_outcome(struct dfl_task *task, uint8_t outcome)
{
    __atomic_store_n(&task->outcome, outcome, __ATOMIC_RELAXED);
}

/* The record holds a DFL_VALUE that is zero, and can be dropped. */
static bool get_outcome(struct decoder *d, const struct dfl_type *unused, void *record)
{
    struct dfl_task *task = record;
    const struct dfl_fn *fn = task_fn(task);
    const struct dfl_type *held = task_held_type(fn);
    struct dfl_error *error = NULL;
    uint8_t outcome;
    (void)unused;
    if (!decode_u8(d, &outcome))
        return false;
    if (outcome == DFL_PLAIN && !held->refs && !task_held_boxed(held)) {
        set_outcome(task, DFL_PLAIN);
        return get_held(d, held, task);
    }
    if (outcome == DFL_VALUE)
        return get_held(d, held, task);
    if (outcome != DFL_FAILURE && (outcome != DFL_ERR || held == fn->result))
        return decode_fail(d, ENCODE_tag);
    bool good = decode_failure(d, &error);
    if (error) {
        set_outcome(task, outcome);
        task->result = (uintptr_t)error;
    }
    return good;
}

bool decode_settled(struct decoder *d, struct dfl_task *task)
{
    const struct dfl_type *held = task_held_type(task_fn(task));
    struct dfl_error *error = NULL;
    uint8_t is_err = 0;
    if (held != task_fn(task)->result && (!decode_u8(d, &is_err) || is_err > 1))
        return decode_fail(d, ENCODE_tag);
    if (!is_err) {
        if (!held->refs && !task_held_boxed(held))
            set_outcome(task, DFL_PLAIN);
        return get_held(d, held, task);
    }
    bool good = decode_failure(d, &error);
    if (error) {
        set_outcome(task, DFL_ERR);
        task->result = (uintptr_t)error;
    }
    return good;
}

struct dfl_task *decode_record(struct decoder *d, const struct dfl_type *future, uint64_t row)
{
    const struct dfl_fn *fn = task_row(row);
    if (!fn || fn->result->id != future->elem->id) {
        d->error = ENCODE_row;
        return NULL;
    }
    struct dfl_task *task = task_new(d->pool);
    task->fn = (uint32_t)row;
    task->flags = TASK_TAKEN;
    task->outcome = DFL_VALUE;
    task->result = 0;
    atomic_store_explicit(&task->refs, 1, memory_order_relaxed);
    atomic_store_explicit(&task->state, TASK_DONE, memory_order_relaxed);
    return task;
}

/* A record that is done and looked at. */
static bool get_done(struct decoder *d, const struct dfl_type *type, struct dfl_task **out)
{
    uint64_t row;
    if (!decode_number(d, &row))
        return false;
    *out = decode_record(d, type, row);
    return *out && get_outcome(d, NULL, *out);
}

bool decode_future(struct decoder *d, const struct dfl_type *type, struct dfl_task **out)
{
    uint8_t where;
    if (d->hooks && d->hooks->settled)
        return d->hooks->settled(d->hooks->user, type, d, out);
    if (!decode_u8(d, &where))
        return false;
    if (where == ENCODE_HERE)
        return get_done(d, type, out);
    if (where != ENCODE_ELSEWHERE)
        return decode_fail(d, ENCODE_tag);
    d->error = ENCODE_refused;
    return d->hooks && d->hooks->future && d->hooks->future(d->hooks->user, type, d, out);
}

bool decode_args(struct decoder *d, struct dfl_task *task)
{
    const struct dfl_type *type = task_fn(task)->args;
    if (!task_args_boxed(type))
        return decode_value(d, type, task->args);
    struct dfl_block *block = decode_block(d, type, type->size);
    bool good = decode_whole(d, decode_part, type, block_data(block));
    if (good)
        task->args[0] = (uintptr_t)block;
    else
        dfl_block_release(block);
    return good;
}

bool decode_result(struct decoder *d, struct dfl_task *task)
{
    set_outcome(task, DFL_VALUE);
    task->result = 0;
    bool good = decode_whole(d, get_outcome, NULL, task);
    if (!good)
        task_drop_result(task);
    return good;
}
