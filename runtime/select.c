/* select.c - waiting for some of several tasks. Read select.h first. */
#include "select.h"

#include "await.h"
#include "clock.h"
#include "timer.h"

/* `due`: INT64_MAX: never. */
static struct dfl_error *wait_until(struct dfl_fiber *self, struct dfl_task *const *tasks,
                                    int64_t count, int64_t need, int64_t due)
{
    int64_t done = 0;
    for (int64_t i = 0; i < count && done < need; i++)
        done += task_is_done(tasks[i]);
    if (done >= need || (due != INT64_MAX && clock_now() >= due))
        return NULL;
    return await_some(self, tasks, count, need, due);
}

struct dfl_error *dfl_wait(struct dfl_fiber *self, struct dfl_task *const *tasks, int64_t count,
                           int64_t need, int64_t ns)
{
    int64_t due = ns == SELECT_FOREVER ? INT64_MAX : ns <= 0 ? 0 : timer_after(ns);
    return wait_until(self, tasks, count, need < count ? need : count, due);
}

struct dfl_error *dfl_select(struct dfl_fiber *self, struct dfl_task *const *tasks, int64_t count,
                             int64_t ns, int64_t at, int64_t *arm)
{
    int64_t due = at < 0 ? INT64_MAX : ns <= 0 ? 0 : timer_after(ns);
    for (;;) {
        bool over = at >= 0 && clock_now() >= due;
        for (int64_t i = 0; i < count; i++) {
            if (i == at && over)
                break;
            if (task_is_done(tasks[i])) {
                *arm = i + (at >= 0 && i >= at);
                return NULL;
            }
        }
        if (over) {
            *arm = at;
            return NULL;
        }
        struct dfl_error *failure = wait_until(self, tasks, count, 1, due);
        if (failure)
            return failure;
    }
}
