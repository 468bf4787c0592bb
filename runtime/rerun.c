/* rerun.c - a second record with the same arguments is run beside the first. */
#include "rerun.h"

#include <string.h>

#include "await.h"
#include "block.h"
#include "error.h"
#include "format.h"
#include "purity.h"
#include "task.h"

static bool is_failure(const struct dfl_task *task)
{
    return task->outcome == DFL_ERR || task->outcome == DFL_FAILURE;
}

/* What another run need not repeat says nothing. */
static bool is_repeatable(const struct dfl_task *task)
{
    return task->outcome != DFL_FAILURE || dfl_fail_repeatable(task_error(task)->kind);
}

static struct dfl_view outcome_text(const struct dfl_task *task)
{
    if (!is_failure(task))
        return purity_text(task_held_type(task_fn(task)), task_held(task));
    struct dfl_error *e = task_error(task);
    struct buffer b;
    struct dfl_view text;
    dfl_buffer_begin(&b);
    buffer_string(&b, task->outcome == DFL_ERR ? "err: " : "the failure: ");
    buffer_put(&b, e->message.ptr, e->message.len);
    dfl_buffer_end(&b, &text);
    return text;
}

/* An argument that was a future is shown as its value. */
static void put_arg(struct buffer *b, const struct dfl_type *type, const void *value)
{
    const struct dfl_task *task =
        type->kind == DFL_FUTURE ? *(struct dfl_task *const *)value : NULL;
    if (task && task_is_done(task) && !is_failure(task))
        format_value(b, task_held_type(task_fn(task)), task_held(task), true);
    else
        format_value(b, type, value, true);
}

static struct dfl_view args_text(const struct dfl_task *task)
{
    const struct dfl_type *args = task_fn(task)->args;
    const char *at = task_args(task);
    struct buffer b;
    struct dfl_view text;
    dfl_buffer_begin(&b);
    buffer_char(&b, '(');
    for (uint64_t i = 0; i < args->field_count; i++) {
        if (i)
            buffer_string(&b, ", ");
        put_arg(&b, args->fields[i].type, at + args->fields[i].offset);
    }
    buffer_char(&b, ')');
    dfl_buffer_end(&b, &text);
    return text;
}

static void compare(struct dfl_task *task, struct dfl_task *again)
{
    struct dfl_view first = outcome_text(task), second = outcome_text(again);
    if (!purity_same(&first, &second)) {
        const struct dfl_fn *fn = task_fn(task);
        struct dfl_view args = args_text(task);
        struct dfl_error *e = purity_failure("the task", fn->name, &args, &first, &second);
        dfl_block_release(args.block);
        task_drop_result(task);
        dfl_task_give(task, NULL, dfl_error_at(e, &fn->site));
    }
    dfl_block_release(first.block);
    dfl_block_release(second.block);
}

/* How many tasks run again. What these spawn is no sample: for recursive tasks that would be work
 * without end. */
static _Atomic uint32_t repeating;

void rerun_check(struct dfl_fiber *self, struct dfl_task *task)
{
    const struct dfl_fn *fn = task_fn(task);
    bool told_of = !(fn->flags & DFL_FN_IO) && fn->site.line;
    if (!told_of || atomic_load(&repeating) || !is_repeatable(task) || !purity_sample(fn, 1))
        return;
    struct dfl_task again = {.fn = task->fn, .refs = 2};
    memcpy(again.args, task->args, sizeof again.args);
    atomic_fetch_add(&repeating, 1);
    await_run_body(self, &again);
    atomic_fetch_sub(&repeating, 1);
    if (is_repeatable(&again))
        compare(task, &again);
    task_drop_result(&again);
}
