/* worker.c - how tasks get to workers and what these do with them; read worker.h first. loop() near
 * the end is where all of this comes together, with what is in worker_core.h's other files. */
#include "worker_core.h"

#include <assert.h>

#include "await.h"
#include "cancel.h"
#include "limit.h"
#include "place.h"
#include "prio.h"
#include "remote.h"
#include "timer.h"

enum { TIMER_TURNS = 64 }; /* turns of a busy worker between looks at the clock */

/* ---- pushing ---- */

bool team_push(struct dfl_worker *w, struct dfl_task *task)
{
    if (deque_push(&w->deque, task))
        return true;
    bool has_room;
    do
        has_room = deque_relieve(&w->deque);
    while (has_room && !deque_push(&w->deque, task));
    deque_publish(&w->deque);
    if (atomic_load(&team.sleepers) > 0)
        worker_wake();
    else
        team_tell_change();
    return has_room;
}

/* Where a record with a priority belongs, or on the deque; false: that is full. */
static bool place(struct dfl_worker *w, struct dfl_task *task)
{
    if (!task_fn(task)->policy || !prio_put(task))
        return team_push(w, task);
    worker_wake();
    return true;
}

void worker_push(struct dfl_fiber *self, struct dfl_task *task)
{
    if (!place(self->worker, task))
        worker_give(&task, 1);
}

void dfl_spawn(struct dfl_fiber *self, struct dfl_task *task)
{
    bool io = task_fn(task)->flags & DFL_FN_IO;
    if (io)
        worker_io_begin();
    task_count_spawned(&self->worker->pool);
    if (place(self->worker, task))
        return;
    if (io || task_fn(task)->policy)
        worker_give(&task, 1);
    else
        await_run_here(self, task);
}

/* ---- the loop ---- */

/* It will not run; it may have got a place for that already. */
static void pass_over(struct dfl_fiber *self, struct dfl_task *task)
{
    team_count_skipped(self->worker, task);
    if (task_fn(task)->policy)
        limit_leave(self, task);
}

static struct dfl_fiber *fail(struct dfl_fiber *self, struct dfl_task *task, struct dfl_error *e)
{
    pass_over(self, task);
    return await_fail(self, task, e);
}

static struct dfl_fiber *run(struct dfl_fiber *self, struct dfl_task *task)
{
    struct dfl_worker *w = self->worker;
    w->misses = w->naps = 0;
    if (task_is_forgotten(task)) {
        pass_over(self, task);
        await_abandon(self, &w->pool, task);
        return NULL;
    }
    struct dfl_error *nowhere = NULL;
    if (task_fn(task)->policy && (!place_enter(task, &nowhere) || !limit_enter(task)))
        return nowhere ? fail(self, task, nowhere) : NULL;
    if (cancel_is_marked(task)) {
        pass_over(self, task);
        return await_skip(self, task);
    }
    if (task_is_marked(task, TASK_FOREIGN))
        remote_begin(task);
    else
        w->stats.scheduled++;
    return await_run(self, task);
}

/* Does one thing. Returns a fiber to go on with instead of this one, or NULL. */
static struct dfl_fiber *turn(struct dfl_fiber *self)
{
    struct dfl_worker *w = self->worker;
    if (atomic_load_explicit(&team.stopping, memory_order_relaxed))
        return &w->native;
    if (++w->turns % TIMER_TURNS == 0)
        timer_fire();
    struct dfl_fiber *ready = team_listed() ? team_take_ready() : NULL;
    if (ready)
        return ready;
    struct dfl_task *task = prio_take(true);
    if (!task)
        task = deque_pop(&w->deque);
    struct batch *batch = !task && team_listed() ? team_take_batch() : NULL;
    if (batch)
        task = team_open_batch(w, batch);
    if (!task)
        task = team_steal(w);
    if (!task && (team.count == 1 || team_steals_by_force(w)))
        task = prio_take(false);
    if (task)
        return run(self, task);
    team_idle(w);
    return NULL;
}

static void pool_retired(struct dfl_worker *w)
{
    if (w->retired)
        fiber_put(w->retired);
    w->retired = NULL;
}

/* What had to wait until the stack that was left is not in use any more. Returns a fiber that
 * need not wait after all. */
static struct dfl_fiber *settle(struct dfl_worker *w)
{
    pool_retired(w);
    struct dfl_fiber *parking = w->parking;
    w->parking = NULL;
    return parking && !w->arm(parking, w->arm_arg) ? parking : NULL;
}

static void switch_to(struct dfl_fiber *self, struct dfl_fiber *next)
{
    next->worker = self->worker;
    atomic_store(&self->worker->running, next); /* before it looks at marks of its task */
    fiber_switch(self, next);
}

static void loop(struct dfl_fiber *self)
{
    for (;;) {
        struct dfl_fiber *next = settle(self->worker);
        while (!next)
            next = turn(self);
        self->worker->retired = self;
        self->worker->naps = self->worker->misses = 0;
        switch_to(self, next);
    }
}

void team_work(struct dfl_worker *w)
{
    struct dfl_fiber *first = fiber_get(loop);
    switch_to(&w->native, first);
    pool_retired(w);
}

void worker_park(struct dfl_fiber *self, bool (*arm)(struct dfl_fiber *, void *), void *arg)
{
    assert(!self->on_large);
    struct dfl_worker *w = self->worker;
    w->stats.parked++;
    w->parking = self;
    w->arm = arm;
    w->arm_arg = arg;
    switch_to(self, fiber_get(loop));
    pool_retired(self->worker);
}

/* ---- asking ---- */

void worker_ask_all(void)
{
    for (uint32_t i = 0; i < team.count; i++) {
        struct dfl_fiber *fiber = atomic_load(&team.workers[i].running);
        if (fiber)
            fiber_ask(fiber);
    }
}

static bool ready_again(struct dfl_fiber *self, void *arg)
{
    (void)arg;
    worker_ready(self);
    return true;
}

void worker_make_room(struct dfl_fiber *self)
{
    if (self->worker && !self->on_large && team_listed())
        worker_park(self, ready_again, NULL);
}
