/* helper.c - helper threads and timers. Read helper.h first. */
#include "helper.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "block.h"
#include "clock.h"
#include "fiber.h"
#include "futex.h"
#include "worker.h"

enum { HELPERS_MOST = 64 };

/* ---- calls that block ---- */

/* Lives on the stack of the fiber that waits for it. */
struct job {
    void (*fn)(void *);
    void *arg;
    struct dfl_fiber *fiber;
    struct job *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct job *first, **end;
    pthread_t threads[HELPERS_MOST];
    uint32_t count, idle, queued;
    bool ending;
} pool = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .work = PTHREAD_COND_INITIALIZER,
    .end = &pool.first,
};

/* Lock held. NULL: the threads end. */
static struct job *wait_for_job(void)
{
    pool.idle++;
    while (!pool.first && !pool.ending)
        pthread_cond_wait(&pool.work, &pool.lock);
    pool.idle--;
    struct job *job = pool.first;
    if (job) {
        pool.first = job->next;
        if (!pool.first)
            pool.end = &pool.first;
        pool.queued--;
    }
    return job;
}

static void *helper_main(void *arg)
{
    struct job *job;
    pthread_mutex_lock(&pool.lock);
    while ((job = wait_for_job())) {
        pthread_mutex_unlock(&pool.lock);
        struct dfl_fiber *fiber = job->fiber;
        job->fn(job->arg);
        worker_ready(fiber); /* the job is gone now */
        pthread_mutex_lock(&pool.lock);
    }
    pthread_mutex_unlock(&pool.lock);
    task_pool_fini(task_pool_here());
    fiber_thread_fini();
    return arg;
}

/* Lock held. Without a single thread there is nobody to wait for. */
static void add_helper(void)
{
    if (pthread_create(&pool.threads[pool.count], NULL, helper_main, NULL) == 0) {
        pool.count++;
    } else if (pool.count == 0) {
        fprintf(stderr, "error: cannot start a thread for a call that blocks\n");
        exit(1);
    }
}

static bool submit(struct dfl_fiber *self, void *arg)
{
    struct job *job = arg;
    job->fiber = self;
    job->next = NULL;
    pthread_mutex_lock(&pool.lock);
    *pool.end = job;
    pool.end = &job->next;
    if (++pool.queued > pool.idle && pool.count < HELPERS_MOST)
        add_helper();
    pthread_cond_signal(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    return true;
}

static bool can_park(const struct dfl_fiber *self)
{
    return self && self->worker && !self->on_large;
}

void dfl_blocking(struct dfl_fiber *self, void (*fn)(void *), void *arg)
{
    if (!can_park(self)) {
        fn(arg);
        return;
    }
    struct job job = {.fn = fn, .arg = arg};
    worker_park(self, submit, &job);
}

bool helper_park(struct dfl_fiber *self, bool (*arm)(struct dfl_fiber *, void *), void *arg)
{
    if (!can_park(self))
        return false;
    worker_park(self, arm, arg);
    return true;
}

void helper_ready(struct dfl_fiber *fiber)
{
    worker_ready(fiber);
}

/* ---- timers ---- */

struct timer {
    int64_t due;
    uint64_t order; /* equal times fire in the order in which they were set */
    struct dfl_fiber *fiber;
};

/* A binary heap, earliest first. */
static struct {
    pthread_mutex_t lock;
    struct timer *heap;
    size_t count, room;
    uint64_t order;
    _Atomic int64_t next; /* due time of heap[0] */
} timers = {.lock = PTHREAD_MUTEX_INITIALIZER, .next = INT64_MAX};

static bool is_before(const struct timer *a, const struct timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void update_next(void)
{
    atomic_store(&timers.next, timers.count ? timers.heap[0].due : INT64_MAX);
}

/* Lock held. */
static void heap_add(struct timer timer)
{
    if (timers.count == timers.room) {
        timers.room = timers.room ? 2 * timers.room : 64;
        timers.heap = realloc(timers.heap, timers.room * sizeof *timers.heap);
        if (!timers.heap)
            block_exhausted(timers.room * sizeof *timers.heap);
    }
    size_t at = timers.count++;
    for (; at > 0 && is_before(&timer, &timers.heap[(at - 1) / 2]); at = (at - 1) / 2)
        timers.heap[at] = timers.heap[(at - 1) / 2];
    timers.heap[at] = timer;
}

/* Lock held; there is one. */
static struct timer heap_take(void)
{
    struct timer first = timers.heap[0], last = timers.heap[--timers.count];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < timers.count) {
        if (child + 1 < timers.count && is_before(&timers.heap[child + 1], &timers.heap[child]))
            child++;
        if (!is_before(&timers.heap[child], &last))
            break;
        timers.heap[at] = timers.heap[child];
        at = child;
    }
    timers.heap[at] = last;
    return first;
}

int64_t helper_next_timer(void)
{
    return atomic_load(&timers.next);
}

/* A worker that sleeps longer than the new first timer must look again. */
static bool set_timer(struct dfl_fiber *self, void *arg)
{
    int64_t due = *(int64_t *)arg;
    pthread_mutex_lock(&timers.lock);
    bool first = due < timers.next;
    heap_add((struct timer){due, timers.order++, self});
    update_next();
    pthread_mutex_unlock(&timers.lock);
    if (first)
        worker_wake();
    return true;
}

static struct dfl_fiber *take_due(int64_t now)
{
    pthread_mutex_lock(&timers.lock);
    struct dfl_fiber *fiber = NULL;
    if (timers.count > 0 && timers.heap[0].due <= now)
        fiber = heap_take().fiber;
    update_next();
    pthread_mutex_unlock(&timers.lock);
    return fiber;
}

void helper_fire_timers(void)
{
    if (helper_next_timer() == INT64_MAX)
        return;
    int64_t now = clock_now();
    struct dfl_fiber *fiber;
    while (helper_next_timer() <= now && (fiber = take_due(now)))
        worker_ready(fiber);
}

static void sleep_thread(int64_t ns)
{
    struct timespec left = {ns / 1000000000, ns % 1000000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

void dfl_sleep(struct dfl_fiber *self, int64_t ns)
{
    if (ns <= 0)
        return;
    if (!can_park(self)) {
        sleep_thread(ns);
        return;
    }
    int64_t now = clock_now();
    int64_t due = ns > INT64_MAX - 1 - now ? INT64_MAX - 1 : now + ns;
    worker_park(self, set_timer, &due);
}

/* ---- the end ---- */

void helper_fini(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.ending = true;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    for (uint32_t i = 0; i < pool.count; i++)
        pthread_join(pool.threads[i], NULL);
    pool.count = 0;
    pool.ending = false;
    free(timers.heap);
    timers.heap = NULL;
    timers.count = timers.room = 0;
    update_next();
}
