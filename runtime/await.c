/* await.c - waiting for tasks, and what happens when they are done. The lists of waiters are
 * described in task.h.
 *
 * Nothing here recurses along the graph: a record that becomes ready is pushed, never run, by the
 * one that made it so. */
#include "await.h"

#include <assert.h>
#include <stdlib.h>

#include "block.h"
#include "error.h"
#include "purity.h"
#include "remote.h"
#include "rerun.h"
#include "worker.h"

/* ---- waking ---- */

/* The fan lives on the fiber's stack and may be gone once it is counted down. */
static struct dfl_fiber *fan_count_down(struct task_fan *fan, int64_t by)
{
    struct dfl_fiber *fiber = fan->fiber;
    return atomic_fetch_sub_explicit(&fan->left, by, memory_order_acq_rel) == by ? fiber : NULL;
}

static void count_down_inputs(struct dfl_fiber *self, struct dfl_task *task, int32_t by)
{
    if (atomic_fetch_sub_explicit(&task->deps, by, memory_order_acq_rel) != by)
        return;
    if (task->flags & TASK_AFTER)
        free(task->rare);
    task->rare = NULL;
    if (self)
        worker_push(self, task);
    else
        worker_give(&task, 1);
}

/* `self` NULL: the caller is no worker. Wakes one waiter; returns a fiber if that is what became
 * ready. */
static struct dfl_fiber *wake_one(struct dfl_fiber *self, uintptr_t waiter, uintptr_t *next)
{
    void *node = (void *)(waiter & ~(uintptr_t)TASK_TAG);
    struct task_wait *wait = node;
    struct dfl_task *task = node;
    switch (waiter & TASK_TAG) {
    case TASK_FAN:
        *next = (uintptr_t)wait->next;
        return fan_count_down(wait->who, 1);
    case TASK_REMOTE:
        *next = (uintptr_t)wait->next;
        remote_end(wait);
        return NULL;
    case TASK_ONE:
        *next = (uintptr_t)task->rare;
        count_down_inputs(self, task, 1);
        return NULL;
    case TASK_MANY:
        *next = (uintptr_t)wait->next;
        count_down_inputs(self, wait->who, 1);
        return NULL;
    }
    assert(!"a tagged waiter");
    return NULL;
}

/* Wakes a detached list. All fibers but one, which is returned, go to the ready list. */
static struct dfl_fiber *wake_all(struct dfl_fiber *self, uintptr_t list)
{
    struct dfl_fiber *first = NULL;
    while (list) {
        struct dfl_fiber *fiber = wake_one(self, list, &list);
        if (fiber && first)
            worker_ready(fiber);
        else if (fiber)
            first = fiber;
    }
    return first;
}

/* ---- running ---- */

/* The arguments go first: what a task was lent is unique again when its result is seen. */
static struct dfl_fiber *settle(struct dfl_fiber *self, struct task_pool *pool,
                                struct dfl_task *task)
{
    task_drop_args(task);
    uintptr_t list = atomic_exchange_explicit(&task->state, TASK_DONE, memory_order_acq_rel);
    struct dfl_fiber *next = list ? wake_all(self, list) : NULL;
    task_release(pool, task);
    return next;
}

static struct dfl_fiber *complete(struct dfl_fiber *self, struct dfl_task *task)
{
    bool io = task_fn(task)->flags & DFL_FN_IO;
    if (purity_on)
        rerun_check(self, task);
    if (task->outcome != DFL_PLAIN)
        task_share_result(task);
    struct dfl_fiber *next = settle(self, &self->worker->pool, task);
    if (io)
        worker_io_end();
    return next;
}

void await_settle(struct task_pool *pool, struct dfl_task *task)
{
    struct dfl_fiber *next = settle(NULL, pool, task);
    if (next)
        worker_ready(next);
}

struct dfl_fiber *await_run(struct dfl_fiber *self, struct dfl_task *task)
{
    task_fn(task)->run(self, task);
    return complete(self, task);
}

static void run_body(struct dfl_fiber *self, void *task)
{
    task_fn(task)->run(self, task);
}

void await_run_body(struct dfl_fiber *self, struct dfl_task *task)
{
    if (fiber_is_low(self)) {
        struct dfl_error *failure =
            dfl_stack_call(self, run_body, task, true, &task_fn(task)->site);
        if (failure)
            dfl_task_give(task, NULL, failure);
    } else {
        run_body(self, task);
    }
}

void await_complete(struct dfl_fiber *self, struct dfl_task *task)
{
    struct dfl_fiber *next = complete(self, task);
    if (next)
        worker_ready(next);
}

void await_run_here(struct dfl_fiber *self, struct dfl_task *task)
{
    await_run_body(self, task);
    await_complete(self, task);
}

void await_abandon(struct dfl_fiber *self, struct dfl_task *task)
{
    for (uintptr_t list = atomic_exchange(&task->state, 0); list;)
        wake_one(self, list, &list); /* a fiber that waits is abandoned too */
    task_release(&self->worker->pool, task);
}

/* ---- awaiting ---- */

/* Tasks that a fiber waits for, with a node for each that was pending when they were counted. */
struct await_set {
    struct task_fan fan;
    struct dfl_task *const *tasks;
    int64_t count;
    struct task_wait *waits;
};

static bool arm_set(struct dfl_fiber *self, void *arg)
{
    struct await_set *set = arg;
    struct task_wait *wait = set->waits;
    int64_t done = 1; /* the one that kept others from waking the fiber meanwhile */
    (void)self;
    for (int64_t i = 0; i < set->count; i++) {
        bool waits = !task_is_done(set->tasks[i]);
        if (waits) {
            wait->who = &set->fan;
            waits = task_add_waiter(set->tasks[i], (uintptr_t)wait | TASK_FAN, &wait->next);
        }
        wait += waits;
        done += !waits;
    }
    return !fan_count_down(&set->fan, done);
}

static void park_on(struct dfl_fiber *self, struct await_set *set)
{
    set->fan.fiber = self;
    atomic_init(&set->fan.left, set->count + 1);
    worker_park(self, arm_set, set);
}

/* True if `task` was the newest of the own deque and has been run. */
static bool run_if_newest(struct dfl_fiber *self, struct dfl_task *task)
{
    if (!deque_take_back(&self->worker->deque, task))
        return false;
    await_run_here(self, task);
    return true;
}

int32_t dfl_take_back_slow(struct dfl_fiber *self, struct dfl_task *task)
{
    return deque_take_back(&self->worker->deque, task);
}

void dfl_await(struct dfl_fiber *self, struct dfl_task *task)
{
    if (task_is_done(task) || run_if_newest(self, task))
        return;
    struct task_wait wait;
    struct await_set set = {.tasks = &task, .count = 1, .waits = &wait};
    park_on(self, &set);
}

static int64_t count_pending(struct dfl_task *const *tasks, int64_t count)
{
    int64_t pending = 0;
    for (int64_t i = 0; i < count; i++)
        pending += !task_is_done(tasks[i]);
    return pending;
}

void await_each(struct dfl_fiber *self, struct dfl_task *const *tasks, int64_t count)
{
    int64_t pending = count_pending(tasks, count);
    if (pending == 0)
        return;
    struct task_wait few[16], *waits = few;
    if (pending > (int64_t)(sizeof few / sizeof *few)) {
        waits = aligned_alloc(16, (size_t)pending * sizeof *waits);
        if (!waits)
            block_exhausted((size_t)pending * sizeof *waits);
    }
    struct await_set set = {.tasks = tasks, .count = count, .waits = waits};
    park_on(self, &set);
    if (waits != few)
        free(waits);
}

/* ---- edges ---- */

static int32_t wait_for_many(struct dfl_task *task, struct dfl_task *const *inputs, int64_t count)
{
    struct task_wait *nodes = aligned_alloc(16, (size_t)count * sizeof *nodes);
    if (!nodes)
        block_exhausted((size_t)count * sizeof *nodes);
    task->flags |= TASK_AFTER;
    task->rare = nodes;
    int32_t done = 0;
    for (int64_t i = 0; i < count; i++) {
        nodes[i].who = task;
        done += !task_add_waiter(inputs[i], (uintptr_t)&nodes[i] | TASK_MANY, &nodes[i].next);
    }
    return done;
}

void dfl_spawn_after(struct dfl_fiber *self, struct dfl_task *task, struct dfl_task *const *inputs,
                     int64_t count)
{
    assert(count < INT32_MAX);
    if (count_pending(inputs, count) == 0) {
        dfl_spawn(self, task);
        return;
    }
    if (task_fn(task)->flags & DFL_FN_IO)
        worker_io_begin();
    task_count_spawned(&self->worker->pool);
    atomic_store_explicit(&task->deps, (int32_t)count + 1, memory_order_relaxed);
    int32_t done;
    if (count == 1)
        done = !task_add_waiter(inputs[0], (uintptr_t)task | TASK_ONE, &task->rare);
    else
        done = wait_for_many(task, inputs, count);
    count_down_inputs(self, task, done + 1);
}
