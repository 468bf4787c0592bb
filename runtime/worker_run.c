/* worker_run.c - a run from its first worker to its last: threads, the count of io tasks that must
 * be done before it ends, and what is left then. */
#include "worker_core.h"

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
#include "place.h"
#include "prio.h"
#include "stream.h"

enum { LATE_NS = 50000000 }; /* how long the end of a run waits for tasks that nobody needs */

struct team team = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- io tasks ---- */

void worker_io_begin(void)
{
    atomic_fetch_add(&team.io_left, 1);
}

void worker_lent(int64_t change)
{
    if (team.drain && atomic_fetch_add(&team.io_left, change) + change == 0)
        team_wake_all();
}

void worker_io_end(void)
{
    if (atomic_fetch_sub(&team.io_left, 1) != 1)
        return;
    if (team.drain)
        team_wake_all();
    else
        team_stop();
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

/* ---- the threads ---- */

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

static void work(struct dfl_worker *w)
{
    task_pool_enter(&w->pool);
    worker_enter(w);
    team_work(w);
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

static void (*on_over)(void), (*on_late)(void);

static void *thread_main(void *arg)
{
    struct dfl_worker *w = arg;
    fiber_open_native(&w->native);
    w->native.worker = w;
    work(w);
    wait_for_others(on_late);
    return NULL;
}

/* ---- the run ---- */

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

void worker_root_over(void)
{
    on_over();
}

void worker_run(struct dfl_task *root, void (*over)(void), void (*late)(void))
{
    on_over = over;
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
            team_count_skipped(w, task);
            await_abandon(&w->native, &w->pool, task);
        }
        batch = team_take_batch();
        if (batch)
            team_push(w, team_open_batch(w, batch));
    } while (batch);
}

void worker_close(struct stats *sum)
{
    limit_fini(&team.workers[0].native, &team.workers[0].pool);
    place_fini(&team.workers[0].native, &team.workers[0].pool);
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
