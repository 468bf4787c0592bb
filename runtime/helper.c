/* helper.c - helper threads. Read helper.h first.
 *
 * A job that its task no longer waits for is *left*: whoever comes last, the thread that has made
 * the call or the fiber that leaves, ends it. A thread in such a call gets a signal, which does
 * nothing but interrupt what the thread waits for; one may come between two waits, so more follow
 * while other calls come in. */
#include "helper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cancel.h"
#include "clock.h"
#include "fiber.h"
#include "park.h"
#include "timer.h"
#include "worker.h"

enum {
    HELPERS_MOST = 64,
    INTERRUPT = SIGURG, /* nothing happens where it meets no wait */
    LATE_NS = 50000000, /* how long the end waits for calls that were left */
    AGAIN_NS = 1000000, /* ... interrupting them so often */
};

struct helper {
    pthread_t thread;
    struct helper_job *job; /* that it runs, or NULL */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct helper_job *first, **end;
    struct helper helpers[HELPERS_MOST];
    uint32_t count, idle, queued, left;
    bool ending;
} pool = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .work = PTHREAD_COND_INITIALIZER,
    .end = &pool.first,
};

/* ---- threads ---- */

/* Lock held. */
static void take_first(struct helper *h)
{
    h->job = pool.first;
    pool.first = h->job->next;
    if (!pool.first)
        pool.end = &pool.first;
    pool.queued--;
    atomic_store(&h->job->state, HELPER_RUNS);
}

/* Lock held. False: the threads end. */
static bool wait_for_job(struct helper *h)
{
    pool.idle++;
    while (!pool.first && !pool.ending)
        pthread_cond_wait(&pool.work, &pool.lock);
    pool.idle--;
    if (pool.first)
        take_first(h);
    return h->job != NULL;
}

static void *helper_main(void *arg)
{
    struct helper *h = arg;
    pthread_mutex_lock(&pool.lock);
    while (wait_for_job(h)) {
        struct helper_job *job = h->job;
        struct dfl_fiber *fiber = job->fiber;
        uint64_t ticket = job->ticket;
        pthread_mutex_unlock(&pool.lock);
        job->fn(job);
        pthread_mutex_lock(&pool.lock);
        h->job = NULL;
        bool is_left = atomic_exchange(&job->state, HELPER_DONE) == HELPER_LEFT;
        pool.left -= is_left;
        pthread_mutex_unlock(&pool.lock);
        if (is_left)
            job->end(job);
        else if (park_end(fiber, ticket))
            worker_ready(fiber);
        pthread_mutex_lock(&pool.lock);
    }
    pthread_mutex_unlock(&pool.lock);
    task_pool_fini(task_pool_here());
    fiber_thread_fini();
    return arg;
}

/* ---- interrupting ---- */

static void on_interrupt(int number)
{
    (void)number;
}

/* Lock held. */
static void interrupt_left(void)
{
    for (uint32_t i = 0; pool.left > 0 && i < pool.count; i++)
        if (pool.helpers[i].job && helper_is_left(pool.helpers[i].job))
            pthread_kill(pool.helpers[i].thread, INTERRUPT);
}

/* ---- handing over ---- */

/* Lock held. Without a single thread there is nobody to wait for. */
static void add_helper(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    struct helper *h = &pool.helpers[pool.count];
    if (pool.count == 0)
        sigaction(INTERRUPT, &action, NULL);
    if (pthread_create(&h->thread, NULL, helper_main, h) == 0) {
        pool.count++;
    } else if (pool.count == 0) {
        fprintf(stderr, "error: cannot start a thread for a call that blocks\n");
        exit(1);
    }
}

static bool submit(struct dfl_fiber *self, void *arg)
{
    struct helper_job *job = arg;
    (void)self;
    pthread_mutex_lock(&pool.lock);
    interrupt_left();
    atomic_store(&job->state, HELPER_QUEUED);
    *pool.end = job;
    pool.end = &job->next;
    if (++pool.queued > pool.idle && pool.count < HELPERS_MOST)
        add_helper();
    pthread_cond_signal(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    return true;
}

/* Lock held. */
static void take_from_queue(struct helper_job *job)
{
    struct helper_job **link = &pool.first;
    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    if (!*link)
        pool.end = link;
    pool.queued--;
}

/* The call may be over by now, or not have begun. */
static void leave(struct helper_job *job)
{
    pthread_mutex_lock(&pool.lock);
    int state = atomic_load(&job->state);
    if (state == HELPER_QUEUED)
        take_from_queue(job);
    if (state == HELPER_RUNS) {
        atomic_store(&job->state, HELPER_LEFT);
        pool.left++;
        interrupt_left();
    }
    pthread_mutex_unlock(&pool.lock);
    if (state != HELPER_RUNS)
        job->end(job);
}

bool helper_can_park(const struct dfl_fiber *self)
{
    return self && self->worker && !self->on_large;
}

static void prepare(struct dfl_fiber *self, struct helper_job *job)
{
    job->next = NULL;
    job->fiber = self;
    job->ticket = park_begin(self);
    atomic_init(&job->state, HELPER_NEW);
}

struct dfl_error *dfl_blocking(struct dfl_fiber *self, struct helper_job *job)
{
    if (!helper_can_park(self)) {
        job->fn(job);
        return NULL;
    }
    prepare(self, job);
    if (cancel_wait(self, job->ticket, submit, job))
        return NULL;
    leave(job);
    return cancel_failure(self);
}

struct plain_job {
    struct helper_job job;
    void (*fn)(void *);
    void *arg;
};

static void run_plain(struct helper_job *job)
{
    struct plain_job *p = (struct plain_job *)job;
    p->fn(p->arg);
}

void helper_call(struct dfl_fiber *self, void (*fn)(void *), void *arg)
{
    struct plain_job p = {.job = {.fn = run_plain}, .fn = fn, .arg = arg};
    if (!helper_can_park(self)) {
        fn(arg);
        return;
    }
    prepare(self, &p.job);
    park_wait(self, submit, &p.job); /* nobody nudges: it is in no list of those who may be */
}

bool helper_park(struct dfl_fiber *self, bool (*arm)(struct dfl_fiber *, void *), void *arg)
{
    if (!helper_can_park(self))
        return false;
    worker_park(self, arm, arg);
    return true;
}

void helper_ready(struct dfl_fiber *fiber)
{
    worker_ready(fiber);
}

/* ---- sleeping ---- */

static void sleep_thread(int64_t ns)
{
    struct timespec left = {ns / 1000000000, ns % 1000000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static bool set_timer(struct dfl_fiber *self, void *timer)
{
    (void)self;
    timer_set(timer);
    return true;
}

struct dfl_error *dfl_sleep(struct dfl_fiber *self, int64_t ns)
{
    if (ns <= 0)
        return NULL;
    if (!helper_can_park(self)) {
        sleep_thread(ns);
        return NULL;
    }
    struct timer timer = {.due = timer_after(ns), .fiber = self, .ticket = park_begin(self)};
    if (cancel_wait(self, timer.ticket, set_timer, &timer))
        return NULL;
    timer_drop(&timer);
    return cancel_failure(self);
}

/* ---- the end ---- */

static bool wait_for_left(void)
{
    int64_t deadline = clock_now() + LATE_NS;
    uint32_t left;
    for (;;) {
        pthread_mutex_lock(&pool.lock);
        interrupt_left();
        left = pool.left;
        pthread_mutex_unlock(&pool.lock);
        if (left == 0 || clock_now() > deadline)
            return left == 0;
        sleep_thread(AGAIN_NS);
    }
}

bool helper_fini(void)
{
    if (!wait_for_left())
        return false;
    pthread_mutex_lock(&pool.lock);
    pool.ending = true;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    for (uint32_t i = 0; i < pool.count; i++)
        pthread_join(pool.helpers[i].thread, NULL);
    pool.count = 0;
    pool.ending = false;
    return true;
}
