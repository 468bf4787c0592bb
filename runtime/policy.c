/* policy.c - the runs of a record, one after the other. The arguments stay the record's, so that
 * each run finds them as the first did. */
#include "policy.h"

#include "cancel.h"
#include "checkpoint_task.h"
#include "helper.h"
#include "limit.h"
#include "timer.h"

/* One run; a timer makes it late. */
static void run_once(struct dfl_fiber *self, struct dfl_task *task)
{
    const struct dfl_fn *fn = task_fn(task);
    struct timer timer = {.task = task};
    if (fn->policy->timeout == 0) {
        fn->run(self, task);
        return;
    }
    timer.due = timer_after(fn->policy->timeout);
    timer_set(&timer);
    fn->run(self, task);
    timer_drop(&timer);
}

static bool is_failed(const struct dfl_type *type, struct dfl_task *const *input)
{
    if (type->kind == DFL_FUTURE)
        return (*input)->outcome == DFL_FAILURE;
    const struct dfl_view *inputs = (const void *)input;
    for (int64_t i = 0; i < inputs->len; i++)
        if (((struct dfl_task *const *)inputs->ptr)[i]->outcome == DFL_FAILURE)
            return true;
    return false;
}

/* Then the record has failed without running, and would again. */
static bool has_failed_input(struct dfl_task *task)
{
    const struct dfl_fn *fn = task_fn(task);
    const char *args = task_args(task);
    for (uint64_t i = 0, edges = fn->policy->edges; edges; i++, edges >>= 1)
        if (edges & 1 && is_failed(fn->args->fields[i].type,
                                   (struct dfl_task *const *)(args + fn->args->fields[i].offset)))
            return true;
    return false;
}

static int64_t pause_after(const struct dfl_policy *policy, int64_t runs)
{
    int64_t pause = policy->backoff;
    for (int64_t i = 1; i < runs && pause < INT64_MAX / 2; i++)
        pause *= 2;
    return pause;
}

/* Waits a while, and drops the outcome of the run before. */
static bool may_run_again(struct dfl_fiber *self, struct dfl_task *task, int64_t runs)
{
    const struct dfl_policy *policy = task_fn(task)->policy;
    if (!task_is_wrong(task) || runs > policy->retries || cancel_is_marked(task) ||
        has_failed_input(task))
        return false;
    cancel_unmark_late(task);
    uint8_t lent = limit_lend(self);
    struct dfl_error *failure = dfl_sleep(self, pause_after(policy, runs));
    if (!failure)
        limit_return(self, lent);
    task_drop_result(task);
    if (failure)
        dfl_task_give(task, NULL, dfl_error_at(failure, &task_fn(task)->site));
    return !failure;
}

static void run_all(struct dfl_fiber *self, struct dfl_task *task)
{
    int64_t runs = 0;
    do
        run_once(self, task);
    while (may_run_again(self, task, ++runs));
}

static void run_kept(struct dfl_fiber *self, struct dfl_task *task)
{
    struct checkpoint c;
    if (checkpoint_take(self, task, &c))
        return;
    run_all(self, task);
    checkpoint_give(self, task, &c);
}

void policy_run(struct dfl_fiber *self, struct dfl_task *task)
{
    if (task_fn(task)->policy->checkpoint)
        run_kept(self, task);
    else
        run_all(self, task);
    limit_leave(self, task);
}
