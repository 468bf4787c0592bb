/* command_thread.c - the thread that looks after programs of others: it starts them, reads what
 * they write and sees them end, however busy the workers are. */
#include "command_thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cancel.h"
#include "command.h"
#include "commands.h"
#include "helper.h"
#include "keeper.h"
#include "park.h"

static struct {
    pthread_mutex_t lock; /* holds `waiter`, `ticket`, `handed_out` and `is_over` of each too */
    pthread_cond_t over;  /* for threads that cannot park */
    struct command *first, **end; /* handed out, in order */
    pthread_t thread;
    bool has_thread, ending;
    int wake;
} crew = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .over = PTHREAD_COND_INITIALIZER,
    .end = &crew.first,
    .wake = -1,
};

/* ---- the thread ---- */

static void on_over(struct command *c)
{
    pthread_mutex_lock(&crew.lock);
    struct dfl_fiber *fiber = c->waiter;
    uint64_t ticket = c->ticket;
    c->is_over = true; /* it may be gone as soon as the lock is */
    if (!fiber)
        pthread_cond_broadcast(&crew.over);
    else if (park_end(fiber, ticket))
        helper_ready(fiber);
    pthread_mutex_unlock(&crew.lock);
}

/* Lock held before and after. */
static void take_new(void)
{
    struct command *c = crew.first;
    crew.first = NULL;
    crew.end = &crew.first;
    pthread_mutex_unlock(&crew.lock);
    while (c) {
        struct command *next = c->next;
        commands_add(c);
        c = next;
    }
    pthread_mutex_lock(&crew.lock);
}

static void *thread_main(void *arg)
{
    uint64_t count;
    pthread_mutex_lock(&crew.lock);
    while (!crew.ending) {
        take_new();
        pthread_mutex_unlock(&crew.lock);
        commands_wait(crew.wake, -1, on_over);
        while (read(crew.wake, &count, sizeof count) > 0)
            ;
        pthread_mutex_lock(&crew.lock);
    }
    pthread_mutex_unlock(&crew.lock);
    task_pool_fini(task_pool_here());
    return arg;
}

static void wake_thread(void)
{
    uint64_t one = 1;
    ssize_t written = write(crew.wake, &one, sizeof one);
    (void)written; /* full means that it is awake */
}

/* Lock held. */
static void start_thread(void)
{
    if (crew.has_thread)
        return;
    crew.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    crew.has_thread = crew.wake >= 0 && pthread_create(&crew.thread, NULL, thread_main, NULL) == 0;
    if (!crew.has_thread) {
        fprintf(stderr, "error: cannot start a thread for programs that run\n");
        exit(1);
    }
}

/* ---- those who wait ---- */

static bool hand_out(struct dfl_fiber *self, void *arg)
{
    struct command *c = arg;
    (void)self;
    pthread_mutex_lock(&crew.lock);
    start_thread();
    c->handed_out = true;
    c->next = NULL;
    *crew.end = c;
    crew.end = &c->next;
    pthread_mutex_unlock(&crew.lock);
    wake_thread();
    return true;
}

static void wait_on_the_spot(struct command *c)
{
    hand_out(NULL, c);
    pthread_mutex_lock(&crew.lock);
    while (!c->is_over)
        pthread_cond_wait(&crew.over, &crew.lock);
    pthread_mutex_unlock(&crew.lock);
}

/* Nobody nudges: it is in no list of those who may be. */
static void see_to_the_end(struct dfl_fiber *self, struct command *c)
{
    pthread_mutex_lock(&crew.lock);
    bool goes_on = c->handed_out && !c->is_over;
    if (goes_on) {
        c->ticket = park_begin(self);
        atomic_store(&c->unwanted, true);
    }
    pthread_mutex_unlock(&crew.lock);
    if (!goes_on)
        return;
    wake_thread();
    park_wait(self, NULL, NULL);
}

struct dfl_error *dfl_command(struct dfl_fiber *self, struct command *c)
{
    if (!helper_can_park(self)) {
        wait_on_the_spot(c);
        return NULL;
    }
    c->waiter = self;
    c->ticket = park_begin(self);
    if (cancel_wait(self, c->ticket, hand_out, c))
        return NULL;
    see_to_the_end(self, c);
    return cancel_failure(self);
}

void commands_fini(void)
{
    if (crew.has_thread) {
        pthread_mutex_lock(&crew.lock);
        crew.ending = true;
        pthread_mutex_unlock(&crew.lock);
        wake_thread();
        pthread_join(crew.thread, NULL);
        close(crew.wake);
    }
    crew.has_thread = crew.ending = false;
    keeper_close();
}
