/* checkpoint_task.c - read checkpoint_task.h first.
 *
 * What is hashed and kept has no rows of the program and no records in it, so that other builds of
 * the program, and the interpreter (interp_checkpoint.c), read and write the same: of a future
 * there is its value. A result is written without its `!`, since only values are kept. */
#include "checkpoint_task.h"

#include <stdlib.h>

#include "await.h"
#include "block.h"
#include "clock.h"
#include "encode_core.h"
#include "error.h"
#include "select.h"
#include "task.h"
#include "value.h"

/* A future in a result may be one that nobody ever waits for, or that ends only when who gets the
 * result does something. So it is waited for as long as the task ran, and no less than this. */
enum { PATIENCE = 200000000 };

bool checkpoint_is_used(const struct dfl_program *program)
{
    for (uint64_t i = 0; i < program->fn_count; i++)
        if (program->fns[i].policy && program->fns[i].policy->checkpoint)
            return true;
    return false;
}

/* ---- writing ---- */

struct writing {
    struct dfl_fiber *self;
    int64_t patience; /* for each future; SELECT_FOREVER */
};

/* The value of a record that has run. Like all parts, it is put off where it lies deep. */
static bool put_value(struct encoder *e, struct dfl_task *task)
{
    const struct dfl_type *type = task_fn(task)->result, *held = task_held_type(task_fn(task));
    if (held == type)
        return encode_part(e, type, task_held(task));
    uint8_t is_err = task->outcome == DFL_ERR;
    if (!encode_u8(e, is_err))
        return false;
    return is_err ? encode_failure(e, task_error(task)) : encode_part(e, held, task_held(task));
}

static bool put_settled(void *user, const struct dfl_type *type, struct dfl_task *task,
                        struct encoder *e)
{
    const struct writing *w = user;
    (void)type;
    if (!task_is_done(task)) {
        struct dfl_error *ends = dfl_wait(w->self, &task, 1, 1, w->patience);
        if (ends)
            dfl_error_release(ends); /* the task meets it again */
    }
    if (!task_is_done(task) || task->outcome == DFL_FAILURE)
        return encode_fail(e, ENCODE_pending);
    return put_value(e, task);
}

/* An argument at a time, as the interpreter has them. */
static bool put_args(struct encoder *e, const struct dfl_task *task)
{
    const struct dfl_type *args = task_fn(task)->args;
    const char *at = task_args(task);
    for (uint64_t i = 0; i < args->field_count; i++)
        if (!encode_value(e, args->fields[i].type, at + args->fields[i].offset))
            return false;
    return true;
}

/* The T of a T!, or the whole. */
static const struct dfl_type *kept_type(const struct dfl_fn *fn)
{
    return fn->result->kind == DFL_RESULT ? fn->result->elem : fn->result;
}

static const void *kept_value(const struct dfl_task *task)
{
    const struct dfl_type *held = task_held_type(task_fn(task));
    const char *value = task_held(task);
    return held->kind == DFL_RESULT ? value + value_inner(held) : value;
}

/* ---- reading ---- */

static char *room_for(const struct dfl_type *type)
{
    char *room = calloc(1, type->size + 1);
    if (!room)
        block_exhausted(type->size);
    return room;
}

/* Some row that gives what the future holds: there is one, or no such value was made. */
static struct dfl_task *record_of(struct decoder *d, const struct dfl_type *future)
{
    uint64_t row = 0;
    while (task_row(row) && task_row(row)->result->id != future->elem->id)
        row++;
    return decode_record(d, future, row);
}

static bool get_settled(void *user, const struct dfl_type *future, struct decoder *d,
                        struct dfl_task **out)
{
    (void)user;
    *out = record_of(d, future);
    return *out && decode_settled(d, *out);
}

static bool get_result(struct dfl_task *task, const struct checkpoint_value *from,
                       enum encode_error *why)
{
    const struct dfl_type *type = task_fn(task)->result, *kept = kept_type(task_fn(task));
    const struct decode_hooks hooks = {.settled = get_settled};
    struct decoder d = {.at = from->bytes,
                        .end = from->bytes + from->len,
                        .pool = task_pool_here(),
                        .hooks = &hooks};
    char *value = room_for(type);
    char *at = kept == type ? value : value + value_inner(type);
    bool good = decode_value(&d, kept, at) && decode_end(&d);
    if (good)
        dfl_task_give(task, value, NULL);
    else
        dfl_drop(type, value);
    *why = d.error;
    decoder_fini(&d);
    free(value);
    return good;
}

/* ---- a run ---- */

static bool find_key(struct dfl_fiber *self, struct dfl_task *task, struct checkpoint_key *key)
{
    struct writing w = {self, SELECT_FOREVER};
    const struct encode_hooks hooks = {.user = &w, .settled = put_settled};
    const struct dfl_fn *fn = task_fn(task);
    struct encoder e = {.hooks = &hooks, .limit = SIZE_MAX};
    bool good = put_args(&e, task);
    if (good)
        *key =
            checkpoint_key((uint64_t)fn->policy->checkpoint, kept_type(fn)->name, e.bytes, e.len);
    encoder_fini(&e);
    return good;
}

bool checkpoint_take(struct dfl_fiber *self, struct dfl_task *task, struct checkpoint *c)
{
    struct checkpoint_value value;
    enum encode_error why;
    c->has_key = find_key(self, task, &c->key);
    c->began = clock_now();
    if (!c->has_key || !checkpoint_resumes() || !checkpoint_find(self, &c->key, &value))
        return false;
    bool good = get_result(task, &value, &why);
    if (!good)
        checkpoint_refuse(&c->key, encode_error_text(why));
    free(value.bytes);
    return good;
}

void checkpoint_give(struct dfl_fiber *self, struct dfl_task *task, const struct checkpoint *c)
{
    if (!c->has_key || task_is_wrong(task))
        return;
    int64_t ran = clock_now() - c->began;
    struct writing w = {self, ran > PATIENCE ? ran : PATIENCE};
    const struct encode_hooks hooks = {.user = &w, .settled = put_settled};
    struct encoder e = {.hooks = &hooks, .limit = SIZE_MAX};
    if (encode_value(&e, kept_type(task_fn(task)), kept_value(task)))
        checkpoint_keep(self, &c->key, e.bytes, e.len);
    encoder_fini(&e);
}
