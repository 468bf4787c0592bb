/* timer.c - timers in a heap, and the thread that looks after them. Read timer.h first. */
#include "timer.h"

#include <pthread.h>
#include <stdlib.h>

#include "cancel.h"
#include "clock.h"
#include "list.h"
#include "park.h"
#include "worker.h"

enum {
    GRACE_NS = 1000000, /* how late workers may be before the thread takes over */
};

/* A binary heap, earliest first. */
static struct {
    pthread_mutex_t lock;
    struct timer **heap;
    size_t count, room;
    uint64_t order;
    _Atomic int64_t next; /* due time of heap[0] */

    pthread_cond_t change;
    pthread_t thread;
    bool has_thread, ending;
    int64_t looks; /* when the thread looks next */
} timers = {.lock = PTHREAD_MUTEX_INITIALIZER, .next = INT64_MAX};

/* ---- the heap: lock held ---- */

static bool is_before(const struct timer *a, const struct timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put(struct timer *timer, size_t at)
{
    timers.heap[at] = timer;
    timer->place = at + 1;
}

/* A place for the timer at or above `at`, which is free. */
static void sift_up(struct timer *timer, size_t at)
{
    for (; at > 0 && is_before(timer, timers.heap[(at - 1) / 2]); at = (at - 1) / 2)
        put(timers.heap[(at - 1) / 2], at);
    put(timer, at);
}

static void sift_down(struct timer *timer, size_t at)
{
    size_t child;
    while ((child = 2 * at + 1) < timers.count) {
        if (child + 1 < timers.count && is_before(timers.heap[child + 1], timers.heap[child]))
            child++;
        if (!is_before(timers.heap[child], timer))
            break;
        put(timers.heap[child], at);
        at = child;
    }
    put(timer, at);
}

static void update_next(void)
{
    atomic_store(&timers.next, timers.count ? timers.heap[0]->due : INT64_MAX);
}

static void add(struct timer *timer)
{
    list_grow(timers.heap, timers.count, timers.room);
    timer->order = timers.order++;
    sift_up(timer, timers.count++);
    update_next();
}

static void take_out(struct timer *timer)
{
    size_t at = timer->place - 1;
    struct timer *last = timers.heap[--timers.count];
    timer->place = 0;
    if (last != timer) {
        bool up = at > 0 && is_before(last, timers.heap[(at - 1) / 2]);
        if (up)
            sift_up(last, at);
        else
            sift_down(last, at);
    }
    update_next();
}

/* ---- firing ---- */

/* Fires the first timer if it is due. All is done before the lock is given back, so that none fires
 * once it was dropped, and fibers go on in the order of their times; but who runs a task that is
 * late is looked for afterwards. */
static bool fire_first(int64_t now)
{
    struct dfl_task *late = NULL;
    pthread_mutex_lock(&timers.lock);
    bool is_due = timers.count > 0 && timers.heap[0]->due <= now;
    if (is_due) {
        struct timer *timer = timers.heap[0];
        take_out(timer);
        late = timer->task;
        if (late)
            cancel_mark_late(late);
        else if (park_end(timer->fiber, timer->ticket))
            worker_ready(timer->fiber);
    }
    pthread_mutex_unlock(&timers.lock);
    if (late)
        cancel_tell(late);
    return is_due;
}

int64_t timer_next(void)
{
    return atomic_load(&timers.next);
}

void timer_fire(void)
{
    if (timer_next() == INT64_MAX)
        return;
    int64_t now = clock_now();
    while (timer_next() <= now && fire_first(now))
        ;
}

int64_t timer_after(int64_t ns)
{
    return clock_later(clock_now(), ns);
}

/* ---- the thread ---- */

/* Lock held. Returns at `time`, or sooner. */
static void wait_until(int64_t time)
{
    timers.looks = time;
    if (time == INT64_MAX) {
        pthread_cond_wait(&timers.change, &timers.lock);
        return;
    }
    struct timespec at = {time / 1000000000, time % 1000000000};
    pthread_cond_timedwait(&timers.change, &timers.lock, &at);
}

/* Where workers do not come by in time, tasks that run are asked to make room. */
static void *thread_main(void *arg)
{
    pthread_mutex_lock(&timers.lock);
    while (!timers.ending) {
        int64_t due = timer_next(), late = due < INT64_MAX - GRACE_NS ? due + GRACE_NS : INT64_MAX;
        if (clock_now() < late) {
            wait_until(late);
            continue;
        }
        timers.looks = INT64_MIN;
        pthread_mutex_unlock(&timers.lock);
        timer_fire();
        worker_ask_all();
        pthread_mutex_lock(&timers.lock);
    }
    pthread_mutex_unlock(&timers.lock);
    task_pool_fini(task_pool_here());
    return arg;
}

/* Lock held. Without the thread, timers are late where tasks run long. */
static void start_thread(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&timers.change, &attributes);
    pthread_condattr_destroy(&attributes);
    timers.looks = INT64_MIN;
    timers.has_thread = pthread_create(&timers.thread, NULL, thread_main, NULL) == 0;
}

/* A worker that sleeps longer than the new first timer must look again. */
void timer_set(struct timer *timer)
{
    pthread_mutex_lock(&timers.lock);
    bool first = timer->due < timer_next();
    add(timer);
    if (!timers.has_thread)
        start_thread();
    else if (first && timer->due < INT64_MAX - GRACE_NS && timer->due + GRACE_NS < timers.looks)
        pthread_cond_signal(&timers.change);
    pthread_mutex_unlock(&timers.lock);
    if (first)
        worker_wake();
}

void timer_drop(struct timer *timer)
{
    pthread_mutex_lock(&timers.lock);
    if (timer->place)
        take_out(timer);
    pthread_mutex_unlock(&timers.lock);
}

void timer_fini(void)
{
    pthread_mutex_lock(&timers.lock);
    timers.ending = true;
    if (timers.has_thread)
        pthread_cond_signal(&timers.change);
    pthread_mutex_unlock(&timers.lock);
    if (timers.has_thread)
        pthread_join(timers.thread, NULL);
    timers.has_thread = timers.ending = false;
    free(timers.heap);
    timers.heap = NULL;
    timers.count = timers.room = 0;
    update_next();
}
