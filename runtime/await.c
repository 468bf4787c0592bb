/* await.c - waiting for tasks, and what happens when they are done. The lists of waiters are
 * described in task.h.
 *
 * Nothing here recurses along the graph: a record that becomes ready is pushed, never run, by the
 * one that made it so. */
#include "await.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>

#include "block.h"
#include "cancel.h"
#include "clock.h"
#include "error.h"
#include "limit.h"
#include "park.h"
#include "policy.h"
#include "prio.h"
#include "purity.h"
#include "remote.h"
#include "rerun.h"
#include "timer.h"
#include "trace.h"
#include "worker.h"

/* ---- waking ---- */

/* `by` tasks tell that they are done. The fan lives on the fiber's stack and may be gone then.
 * Returns the fiber if the caller is to make it go on. */
static struct dfl_fiber *fan_count_down(struct task_fan *fan, int64_t by)
{
    struct dfl_fiber *fiber = fan->fiber;
    uint64_t ticket = fan->ticket;
    bool some = fan->some;
    int64_t need = some ? atomic_fetch_sub_explicit(&fan->need, by, memory_order_acq_rel) : 0;
    bool enough = need > 0 && need <= by;
    bool last = atomic_fetch_sub_explicit(&fan->left, by, memory_order_acq_rel) == by;
    return (some ? enough : last) && park_end(fiber, ticket) ? fiber : NULL;
}

static void count_down_inputs(struct dfl_fiber *self, struct dfl_task *task, int32_t by)
{
    int32_t left = atomic_fetch_sub_explicit(&task->deps, by, memory_order_acq_rel) - by;
    if (left != 0 && left != TASK_CLAIMED)
        return;
    if (task->flags & TASK_AFTER)
        free(task->rare);
    task->rare = NULL;
    if (left != 0)
        task_release(task_pool_here(), task);
    else if (self)
        worker_push(self, task);
    else
        worker_give(&task, 1);
}

bool await_claim(struct dfl_task *task)
{
    int32_t deps = atomic_load(&task->deps);
    while (deps > 0 && deps < TASK_CLAIMED)
        if (atomic_compare_exchange_weak(&task->deps, &deps, deps + TASK_CLAIMED)) {
            dfl_task_retain(task);
            return true;
        }
    return false;
}

bool await_unclaim(struct dfl_task *task)
{
    if (atomic_load(&task->deps) < TASK_CLAIMED)
        return true;
    if (atomic_fetch_sub(&task->deps, TASK_CLAIMED) == TASK_CLAIMED)
        return true; /* the last input has ended the claim's reference */
    bool cancelled = __atomic_load_n(&task->flags, __ATOMIC_SEQ_CST) & TASK_CANCELLED;
    bool again = cancelled && await_claim(task);
    task_release(task_pool_here(), task);
    return again;
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

static void ready(struct dfl_fiber *fiber)
{
    if (fiber)
        worker_ready(fiber);
}

/* ---- running ---- */

/* What a task that was to end held is let go of as one that ends does. */
void await_drop_args(struct dfl_fiber *self, struct dfl_task *task)
{
    struct cancel_scope scope;
    bool ended = self && (cancel_is_marked(task) || cancel_is_late(task));
    if (ended)
        cancel_enter(self, &scope, task);
    task_drop_args(task);
    if (ended)
        cancel_leave(self, &scope);
}

/* The arguments go before others see the result: what a task was lent is unique again then. */
static struct dfl_fiber *settle(struct dfl_fiber *self, struct task_pool *pool,
                                struct dfl_task *task)
{
    await_drop_args(self, task);
    uintptr_t list = atomic_exchange_explicit(&task->state, TASK_DONE, memory_order_acq_rel);
    struct dfl_fiber *next = list ? wake_all(self, list) : NULL;
    task_release(pool, task);
    return next;
}

static struct dfl_fiber *complete(struct dfl_fiber *self, struct dfl_task *task)
{
    bool io = task_fn(task)->flags & DFL_FN_IO && !task_is_marked(task, TASK_FOREIGN);
    if (purity_on)
        rerun_check(self, task);
    if (task->outcome != DFL_PLAIN)
        task_share_result(task);
    struct dfl_fiber *next = settle(self, &self->worker->pool, task);
    if (task == cancel_never)
        worker_root_over();
    if (io)
        worker_io_end();
    return next;
}

void await_settle(struct task_pool *pool, struct dfl_task *task)
{
    ready(settle(NULL, pool, task));
}

static void run_body(struct dfl_fiber *self, void *arg)
{
    struct dfl_task *task = arg;
    struct cancel_scope scope;
    cancel_enter(self, &scope, task);
    __atomic_store_n(&task->outcome, TASK_RUNS, __ATOMIC_RELAXED);
    int64_t start = trace_on ? clock_now() : 0;
    if (task_fn(task)->policy)
        policy_run(self, task);
    else
        task_fn(task)->run(self, task);
    if (trace_on)
        trace_task(self, task, start);
    cancel_leave(self, &scope);
}

struct dfl_fiber *await_run(struct dfl_fiber *self, struct dfl_task *task)
{
    run_body(self, task);
    return complete(self, task);
}

struct dfl_fiber *await_fail(struct dfl_fiber *self, struct dfl_task *task, struct dfl_error *e)
{
    dfl_task_give(task, NULL, dfl_error_at(e, &task_fn(task)->site));
    return complete(self, task);
}

struct dfl_fiber *await_skip(struct dfl_fiber *self, struct dfl_task *task)
{
    return await_fail(self, task,
                      error_new(DFL_FAIL_cancelled, "%s", dfl_fail_text(DFL_FAIL_cancelled)));
}

void await_skip_here(struct dfl_fiber *self, struct dfl_task *task)
{
    ready(await_skip(self, task));
}

void await_run_body(struct dfl_fiber *self, struct dfl_task *task)
{
    if (!fiber_is_low(self, 0))
        run_body(self, task);
    else if (!fiber_call(self, run_body, task, 1))
        dfl_task_give(task, NULL, fiber_no_stack(&task_fn(task)->site));
}

void await_complete(struct dfl_fiber *self, struct dfl_task *task)
{
    ready(complete(self, task));
}

void await_run_here(struct dfl_fiber *self, struct dfl_task *task)
{
    await_run_body(self, task);
    await_complete(self, task);
}

void await_abandon(struct dfl_fiber *self, struct task_pool *pool, struct dfl_task *task)
{
    for (uintptr_t list = atomic_exchange(&task->state, 0); list;)
        wake_one(self, list, &list); /* a fiber that waits is abandoned too */
    task_release(pool, task);
}

/* ---- awaiting ---- */

/* Tasks that a fiber waits for, with a node each; `who` of it is set while it is in a list. */
struct set {
    struct task_fan fan;
    struct timer timer; /* of some: when to give up */
    struct dfl_task *const *tasks;
    struct task_wait *waits;
    int64_t count;
    bool armed;
};

static bool arm_set(struct dfl_fiber *self, void *arg)
{
    struct set *set = arg;
    int64_t done = 0;
    (void)self;
    set->armed = true;
    for (int64_t i = 0; i < set->count; i++) {
        struct task_wait *wait = &set->waits[i];
        struct dfl_task *task = set->tasks[i];
        wait->who = &set->fan;
        if (prio_raise(task))
            worker_give(&task, 1);
        if (task_is_done(set->tasks[i]) ||
            !task_add_waiter(set->tasks[i], (uintptr_t)wait | TASK_FAN, &wait->next)) {
            wait->who = NULL;
            done++;
        } else if (__atomic_load_n(&task->outcome, __ATOMIC_SEQ_CST) == TASK_AWAY) {
            remote_want();
        }
    }
    if (done > 0)
        fan_count_down(&set->fan, done);
    if (set->fan.some && set->timer.due != INT64_MAX)
        timer_set(&set->timer);
    return true;
}

/* Takes back what is in lists still. Who completes a task meanwhile tells soon. */
static void disarm_set(struct dfl_fiber *self, struct set *set)
{
    int64_t removed = 0;
    for (int64_t i = 0; i < set->count; i++) {
        uintptr_t missed;
        struct task_wait *wait = &set->waits[i];
        if (!wait->who || task_is_done(set->tasks[i]))
            continue;
        removed += task_remove_waiter(set->tasks[i], wait, &missed);
        ready(wake_all(self, missed));
    }
    atomic_fetch_sub(&set->fan.left, removed);
    while (atomic_load(&set->fan.left) > 0)
        sched_yield();
}

static struct dfl_error *wait_for(struct dfl_fiber *self, struct set *set)
{
    set->fan.fiber = set->timer.fiber = self;
    set->fan.ticket = set->timer.ticket = park_begin(self);
    bool over = cancel_wait(self, set->fan.ticket, arm_set, set);
    if (set->armed && set->fan.some)
        timer_drop(&set->timer);
    if (set->armed && (!over || set->fan.some))
        disarm_set(self, set);
    return over ? NULL : cancel_failure(self);
}

enum { FEW = 16 };

static struct dfl_error *park_on(struct dfl_fiber *self, struct set *set)
{
    struct task_wait few[FEW];
    set->waits = few;
    if (set->count > FEW) {
        set->waits = aligned_alloc(16, (size_t)set->count * sizeof *set->waits);
        if (!set->waits)
            block_exhausted((size_t)set->count * sizeof *set->waits);
    }
    atomic_init(&set->fan.left, set->count);
    uint8_t lent = limit_lend(self);
    struct dfl_error *failure = wait_for(self, set);
    if (lent && !failure)
        limit_return(self, lent);
    if (set->waits != few)
        free(set->waits);
    return failure;
}

static struct dfl_error *park_on_all(struct dfl_fiber *self, struct dfl_task *const *tasks,
                                     int64_t count)
{
    struct set set = {.tasks = tasks, .count = count};
    return park_on(self, &set);
}

struct dfl_error *await_some(struct dfl_fiber *self, struct dfl_task *const *tasks, int64_t count,
                             int64_t need, int64_t due)
{
    struct set set = {.tasks = tasks, .count = count, .timer.due = due};
    set.fan.some = true;
    atomic_init(&set.fan.need, need);
    return park_on(self, &set);
}

bool await_take_back(struct dfl_fiber *self, struct dfl_task *task)
{
    return !task_fn(task)->policy && !cancel_is_guarded(self) &&
           deque_take_back(&self->worker->deque, task);
}

/* True if `task` was the newest of the own deque and has been run. */
static bool run_if_newest(struct dfl_fiber *self, struct dfl_task *task)
{
    if (!await_take_back(self, task))
        return false;
    if (cancel_is_marked(task))
        await_skip_here(self, task);
    else
        await_run_here(self, task);
    return true;
}

int32_t dfl_take_back_slow(struct dfl_fiber *self, struct dfl_task *task)
{
    return deque_take_back(&self->worker->deque, task);
}

struct dfl_error *dfl_await(struct dfl_fiber *self, struct dfl_task *task)
{
    if (task_is_done(task) || run_if_newest(self, task))
        return NULL;
    return park_on_all(self, &task, 1);
}

static int64_t count_pending(struct dfl_task *const *tasks, int64_t count)
{
    int64_t pending = 0;
    for (int64_t i = 0; i < count; i++)
        pending += !task_is_done(tasks[i]);
    return pending;
}

struct dfl_error *await_each(struct dfl_fiber *self, struct dfl_task *const *tasks, int64_t count)
{
    return count_pending(tasks, count) ? park_on_all(self, tasks, count) : NULL;
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
