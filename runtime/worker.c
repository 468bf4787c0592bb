/* worker.c - the loop that workers run, stealing, sleeping, and the end of a run. Read worker.h
 * first; loop() near the end is where all of this comes together.
 *
 * Why no wake-up is lost. A push is a plain store and cannot look for sleepers. So a worker that
 * goes to sleep first counts itself as a sleeper, then lowers every other deque's `lim`, passes a
 * heavy fence, and looks at everything once more. A push before the fence is seen by that look; a
 * push after it meets the lowered `lim` and takes the slow path, which wakes a sleeper. Whoever is
 * woken and finds work wakes the next. A slow tick covers kernels without the heavy fence. */
#include "worker.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "await.h"
#include "barrier.h"
#include "block.h"
#include "cancel.h"
#include "clock.h"
#include "cores.h"
#include "error.h"
#include "futex.h"
#include "limit.h"
#include "prio.h"
#include "remote.h"
#include "stream.h"
#include "timer.h"
#include "trace.h"

enum {
    SPINS = 128,        /* turns without work before a worker sleeps */
    FORCE_EVERY = 64,   /* ... and before it publishes others' tasks by force */
    STEAL_MOST = 64,    /* tasks taken at once */
    TIMER_TURNS = 64,   /* turns of a busy worker between looks at the clock */
    TICK_NS = 10000000, /* first sleep; doubled up to 64 times that */
    LATE_NS = 50000000, /* how long the end of a run waits for tasks that nobody needs */
};

/* Pending records on their way to whoever comes first. */
struct batch {
    struct batch *next;
    int64_t count;
    struct dfl_task *tasks[];
};

static struct {
    struct dfl_worker *workers;
    uint32_t count;
    bool can_force, drain;
    _Atomic uint32_t sleepers;
    _Atomic uint32_t wakes;   /* sleepers wait for it to change */
    _Atomic int64_t io_left;  /* io tasks that exist, the root included */
    _Atomic bool stopping;    /* workers leave their loops */
    _Atomic uint32_t stopped; /* workers that have left */
    _Atomic bool ended_late;

    pthread_mutex_t lock; /* of the two lists */
    struct dfl_fiber *ready, **ready_end;
    struct batch *inbox;    /* pending records from outside, or that no deque had room for */
    _Atomic int64_t listed; /* length of both */

    void (*on_change)(void); /* nodes: there may be work to give away, or threads without any */
} team = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- waking ---- */

void worker_wake(void)
{
    if (atomic_load(&team.sleepers) == 0)
        return;
    atomic_fetch_add(&team.wakes, 1);
    futex_wake(&team.wakes, 1);
}

static void wake_everyone(void)
{
    atomic_fetch_add(&team.wakes, 1);
    futex_wake(&team.wakes, INT_MAX);
}

void worker_ready(struct dfl_fiber *fiber)
{
    fiber->next = NULL;
    pthread_mutex_lock(&team.lock);
    *team.ready_end = fiber;
    team.ready_end = &fiber->next;
    atomic_fetch_add(&team.listed, 1);
    pthread_mutex_unlock(&team.lock);
    worker_wake();
}

static struct dfl_fiber *take_ready(void)
{
    pthread_mutex_lock(&team.lock);
    struct dfl_fiber *fiber = team.ready;
    if (fiber) {
        team.ready = fiber->next;
        if (!team.ready)
            team.ready_end = &team.ready;
        atomic_fetch_sub(&team.listed, 1);
    }
    pthread_mutex_unlock(&team.lock);
    return fiber;
}

void worker_give(struct dfl_task *const *tasks, int64_t count)
{
    struct batch *batch = malloc(sizeof *batch + (size_t)count * sizeof *batch->tasks);
    if (!batch)
        block_exhausted((size_t)count * sizeof *batch->tasks);
    batch->count = count;
    memcpy(batch->tasks, tasks, (size_t)count * sizeof *batch->tasks);
    pthread_mutex_lock(&team.lock);
    batch->next = team.inbox;
    team.inbox = batch;
    atomic_fetch_add(&team.listed, 1);
    pthread_mutex_unlock(&team.lock);
    worker_wake();
}

static struct batch *take_inbox(void)
{
    pthread_mutex_lock(&team.lock);
    struct batch *batch = team.inbox;
    if (batch) {
        team.inbox = batch->next;
        atomic_fetch_sub(&team.listed, 1);
    }
    pthread_mutex_unlock(&team.lock);
    return batch;
}

static bool anything_listed(void)
{
    return atomic_load(&team.listed) > 0; /* after counting oneself as a sleeper, in doze() */
}

static void tell_change(void)
{
    if (team.on_change)
        team.on_change();
}

/* ---- pushing ---- */

/* False: the deque is as full as it may become. */
static bool push(struct dfl_worker *w, struct dfl_task *task)
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
        tell_change();
    return has_room;
}

/* Where a record with a priority belongs, or on the deque; false: that is full. */
static bool place(struct dfl_worker *w, struct dfl_task *task)
{
    if (!task_fn(task)->policy || !prio_put(task))
        return push(w, task);
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

/* ---- stealing ---- */

static uint64_t next_random(struct dfl_worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

/* Keeps all but the newest of what was stolen on the own deque. */
static struct dfl_task *keep(struct dfl_worker *w, struct dfl_task **tasks, int64_t count)
{
    w->stats.steals++;
    w->stats.stolen += (uint64_t)count;
    for (int64_t i = 0; i < count - 1; i++)
        if (!push(w, tasks[i]))
            worker_give(&tasks[i], 1);
    worker_wake();
    return tasks[count - 1];
}

/* Takes public tasks of `victim`; failing that makes it publish some, if need be by force. */
static struct dfl_task *steal_from(struct dfl_worker *w, struct dfl_worker *victim, bool force)
{
    struct dfl_task *tasks[STEAL_MOST];
    int64_t count = deque_steal(&victim->deque, tasks, STEAL_MOST);
    if (count == 0 && deque_is_busy(&victim->deque)) {
        if (!force)
            deque_ask(&victim->deque);
        else if (deque_force(&victim->deque) > 0) {
            w->stats.forced++;
            count = deque_steal(&victim->deque, tasks, STEAL_MOST);
        }
    }
    return count > 0 ? keep(w, tasks, count) : NULL;
}

/* The first of a batch; the others wait on the own deque, in their order. */
static struct dfl_task *open_batch(struct dfl_worker *w, struct batch *batch)
{
    struct dfl_task *first = batch->tasks[0];
    for (int64_t i = batch->count - 1; i > 0; i--)
        if (!push(w, batch->tasks[i]))
            worker_give(&batch->tasks[i], 1);
    free(batch);
    return first;
}

/* Now and then, of those who have found nothing for long. */
static bool steals_by_force(const struct dfl_worker *w)
{
    return w->misses % FORCE_EVERY == FORCE_EVERY - 1;
}

static struct dfl_task *steal(struct dfl_worker *w)
{
    if (team.count == 1)
        return NULL;
    bool force = team.can_force && steals_by_force(w);
    uint32_t at = (uint32_t)(next_random(w) % team.count);
    for (uint32_t i = 0; i < team.count; i++, at = at + 1 < team.count ? at + 1 : 0) {
        struct dfl_task *task = at == w->index ? NULL : steal_from(w, &team.workers[at], force);
        if (task)
            return task;
    }
    return NULL;
}

/* ---- for those that are no workers ---- */

/* Listed records that can travel, of one batch. */
static int64_t take_listed(struct dfl_task **out, int64_t most)
{
    pthread_mutex_lock(&team.lock);
    struct batch **at = &team.inbox, *batch;
    while ((batch = *at) && !task_can_travel(batch->tasks[0]))
        at = &batch->next;
    int64_t left = batch && batch->count > most ? batch->count - most : 0;
    int64_t taken = batch ? batch->count - left : 0;
    if (batch) {
        memcpy(out, batch->tasks + left, (size_t)taken * sizeof *out);
        batch->count = left;
    }
    if (batch && left == 0) {
        *at = batch->next;
        atomic_fetch_sub(&team.listed, 1);
        free(batch);
    }
    pthread_mutex_unlock(&team.lock);
    return taken;
}

static int64_t take_by_priority(struct dfl_task **out, int64_t most, bool above)
{
    int64_t taken = 0;
    while (taken < most && (out[taken] = prio_take_to_lend(above)))
        taken++;
    return taken;
}

int64_t worker_take(struct dfl_task **out, int64_t most, bool force)
{
    int64_t taken = take_by_priority(out, most, true);
    if (atomic_load(&team.listed))
        taken += take_listed(out + taken, most - taken);
    for (uint32_t i = 0; i < team.count && taken < most; i++) {
        struct deque *deque = &team.workers[i].deque;
        int64_t count = deque_steal(deque, out + taken, most - taken);
        if (count == 0 && deque_is_busy(deque)) {
            if (!force || !team.can_force)
                deque_ask(deque);
            else if (deque_force(deque) > 0)
                count = deque_steal(deque, out + taken, most - taken);
        }
        taken += count;
    }
    return taken + take_by_priority(out + taken, most - taken, false);
}

void worker_ask(void)
{
    for (uint32_t i = 0; i < team.count; i++)
        deque_ask(&team.workers[i].deque);
}

bool worker_busy(void)
{
    for (uint32_t i = 0; i < team.count; i++)
        if (deque_is_busy(&team.workers[i].deque))
            return true;
    return anything_listed() || prio_any() || limit_any();
}

uint64_t worker_spawned(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < team.count; i++)
        sum += __atomic_load_n(&team.workers[i].pool.spawned, __ATOMIC_RELAXED);
    return sum;
}

uint32_t worker_idle(void)
{
    return atomic_load(&team.sleepers);
}

void worker_on_change(void (*tell)(void))
{
    team.on_change = tell;
}

/* ---- sleeping ---- */

static void stop(void)
{
    atomic_store(&team.stopping, true);
    wake_everyone();
}

static bool ask_everyone(struct dfl_worker *w)
{
    bool busy = false;
    for (uint32_t i = 0; i < team.count; i++)
        if (i != w->index)
            deque_ask(&team.workers[i].deque);
    if (team.can_force && team.count > 1)
        barrier_heavy();
    for (uint32_t i = 0; i < team.count; i++)
        busy |= i != w->index && deque_is_busy(&team.workers[i].deque);
    return busy;
}

static int64_t nap_ns(struct dfl_worker *w)
{
    int64_t nap = (int64_t)TICK_NS << w->naps;
    if (w->naps < 6 && team.can_force)
        w->naps++;
    int64_t timer = timer_next();
    if (timer == INT64_MAX)
        return nap;
    int64_t left = timer - clock_now();
    return left < 0 ? 0 : left < nap ? left : nap;
}

/* Counted as a sleeper: looks once more, then waits. True: there is something to do at once. */
static bool doze(struct dfl_worker *w, uint32_t wakes, uint32_t sleepers)
{
    if (ask_everyone(w))
        return true;
    if (anything_listed() || prio_any() || atomic_load(&team.stopping))
        return true;
    if (atomic_load(&team.io_left) == 0 && sleepers == team.count &&
        atomic_load(&team.sleepers) == team.count) {
        stop(); /* draining is over: nobody runs, nothing is left */
        return true;
    }
    int64_t ns = nap_ns(w);
    if (ns > 0) {
        w->stats.slept++;
        futex_wait(&team.wakes, wakes, ns);
    }
    return atomic_load(&team.wakes) != wakes;
}

static void idle(struct dfl_worker *w)
{
    if (++w->misses < SPINS && team.count > 1) {
        for (int i = 0; i < 32; i++)
            __builtin_ia32_pause();
        return;
    }
    if (trace_on)
        trace_rest(w->index);
    uint32_t wakes = atomic_load(&team.wakes);
    uint32_t sleepers = atomic_fetch_add(&team.sleepers, 1) + 1;
    tell_change();
    bool more = doze(w, wakes, sleepers);
    atomic_fetch_sub(&team.sleepers, 1);
    timer_fire();
    w->misses = more ? FORCE_EVERY - 1 : SPINS - 1;
}

/* ---- the loop ---- */

/* What is foreign is counted by its owner. */
static void count_skipped(struct dfl_worker *w, const struct dfl_task *task)
{
    w->stats.skipped += !(task->flags & TASK_FOREIGN);
}

/* It will not run; it may have got a place for that already. */
static void pass_over(struct dfl_fiber *self, struct dfl_task *task)
{
    count_skipped(self->worker, task);
    if (task_fn(task)->policy)
        limit_leave(self, task);
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
    if (task_fn(task)->policy && !limit_enter(task))
        return NULL;
    if (cancel_is_marked(task)) {
        pass_over(self, task);
        return await_skip(self, task);
    }
    if (task->flags & TASK_FOREIGN)
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
    struct dfl_fiber *ready = anything_listed() ? take_ready() : NULL;
    if (ready)
        return ready;
    struct dfl_task *task = prio_take(true);
    if (!task)
        task = deque_pop(&w->deque);
    struct batch *batch = !task && anything_listed() ? take_inbox() : NULL;
    if (batch)
        task = open_batch(w, batch);
    if (!task)
        task = steal(w);
    if (!task && (team.count == 1 || steals_by_force(w)))
        task = prio_take(false);
    if (task)
        return run(self, task);
    idle(w);
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
    if (self->worker && !self->on_large && anything_listed())
        worker_park(self, ready_again, NULL);
}

static _Thread_local struct dfl_worker *own_worker;

/* Not inlined, and opaque: a thread-local address must not survive a fiber's move. */
static __attribute__((noinline)) struct dfl_worker *worker_here(void)
{
    __asm__ volatile("" ::: "memory");
    return own_worker;
}

static __attribute__((noinline)) void worker_enter(struct dfl_worker *w)
{
    __asm__ volatile("" ::: "memory");
    own_worker = w;
}

struct dfl_fiber *worker_fiber_here(void)
{
    struct dfl_worker *w = worker_here();
    return w ? atomic_load_explicit(&w->running, memory_order_relaxed) : NULL;
}

/* ---- a run ---- */

void worker_io_begin(void)
{
    atomic_fetch_add(&team.io_left, 1);
}

void worker_lent(int64_t change)
{
    if (team.drain && atomic_fetch_add(&team.io_left, change) + change == 0)
        wake_everyone();
}

void worker_io_end(void)
{
    if (atomic_fetch_sub(&team.io_left, 1) != 1)
        return;
    if (team.drain)
        wake_everyone();
    else
        stop();
}

void worker_report_detached(const struct dfl_fn *fn, const struct dfl_error *failure)
{
    struct dfl_error *e = (struct dfl_error *)failure;
    dfl_error_retain(e);
    e = dfl_error_link(e, fn);
    dfl_output_flush();
    dfl_error_report(stderr, e);
    dfl_error_release(e);
}

/* Runs the loop on the calling thread until the end of the run. */
static void work(struct dfl_worker *w)
{
    task_pool_enter(&w->pool);
    worker_enter(w);
    struct dfl_fiber *first = fiber_get(loop);
    switch_to(&w->native, first);
    pool_retired(w);
    task_pool_enter(NULL);
    worker_enter(NULL);
    atomic_fetch_add(&team.stopped, 1);
    futex_wake(&team.stopped, INT_MAX);
    fiber_thread_fini();
}

/* Threads that other workers' tasks hold up. */
static void wait_for_others(void (*late)(void))
{
    int64_t deadline = clock_now() + LATE_NS, left = LATE_NS;
    for (;;) {
        uint32_t stopped = atomic_load(&team.stopped);
        if (stopped == team.count)
            return;
        if (left > 0)
            futex_wait(&team.stopped, stopped, left);
        else if (!team.drain && !atomic_exchange(&team.ended_late, true))
            late();
        else
            futex_wait(&team.stopped, stopped, LATE_NS);
        left = deadline - clock_now();
    }
}

static void (*on_late)(void);

static void *thread_main(void *arg)
{
    struct dfl_worker *w = arg;
    fiber_open_native(&w->native);
    w->native.worker = w;
    work(w);
    wait_for_others(on_late);
    return NULL;
}

static void open_worker(struct dfl_worker *w, uint32_t index)
{
    size_t bytes = sizeof(struct deque_slot) * DEQUE_HARD;
    void *slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (slots == MAP_FAILED)
        block_exhausted(bytes);
    block_advise((struct deque_slot *)slots + DEQUE_SOFT,
                 bytes - DEQUE_SOFT * sizeof(struct deque_slot));
    memset(w, 0, sizeof *w);
    deque_init(&w->deque, slots);
    w->index = index;
    w->random = 0x9e3779b97f4a7c15u * (index + 1);
}

struct dfl_fiber *worker_open(uint32_t count, bool drain)
{
    assert(count >= 1 && count <= WORKERS_MOST);
    team.workers = aligned_alloc(64, count * sizeof *team.workers);
    if (!team.workers)
        block_exhausted(count * sizeof *team.workers);
    team.count = count;
    team.drain = drain;
    team.can_force = barrier_init();
    team.ready_end = &team.ready;
    for (uint32_t i = 0; i < count; i++)
        open_worker(&team.workers[i], i);
    struct dfl_worker *first = &team.workers[0];
    fiber_open_native(&first->native);
    first->native.worker = first;
    return &first->native;
}

/* `core`: where the first worker is. */
static void start_thread(struct dfl_worker *w, int core)
{
    if (cores_thread(&w->thread, core, w->index, thread_main, w) != 0) {
        fprintf(stderr, "error: cannot start a thread; DFL_THREADS sets how many are used\n");
        exit(2);
    }
}

void worker_run(struct dfl_task *root, void (*late)(void))
{
    on_late = late;
    cancel_never = root;
    worker_io_begin();
    if (root) {
        task_count_spawned(&team.workers[0].pool);
        worker_push(&team.workers[0].native, root);
    }
    int core = cores_here();
    for (uint32_t i = 1; i < team.count; i++)
        start_thread(&team.workers[i], core);
    work(&team.workers[0]);
    wait_for_others(late);
    for (uint32_t i = 1; i < team.count; i++)
        pthread_join(team.workers[i].thread, NULL);
}

static void drop_pending(struct dfl_worker *w)
{
    struct dfl_task *task;
    struct batch *batch;
    do {
        while ((task = deque_pop(&w->deque)) || (task = prio_take(true)) ||
               (task = prio_take(false))) {
            count_skipped(w, task);
            await_abandon(&w->native, &w->pool, task);
        }
        batch = take_inbox();
        if (batch)
            push(w, open_batch(w, batch));
    } while (batch);
}

void worker_close(struct stats *sum)
{
    limit_fini(&team.workers[0].native, &team.workers[0].pool);
    for (uint32_t i = 0; i < team.count; i++) {
        struct dfl_worker *w = &team.workers[i];
        drop_pending(w);
        w->stats.spawned = w->pool.spawned;
        stats_add(sum, &w->stats);
        task_pool_fini(&w->pool);
        munmap(w->deque.slots, sizeof(struct deque_slot) * DEQUE_HARD);
    }
    task_pool_fini(task_pool_here());
    sum->in_place = sum->spawned - sum->scheduled - sum->skipped;
    sum->peak_records = task_peak();
    sum->peak_fibers = fiber_peak();
    free(team.workers);
    team.workers = NULL;
}
