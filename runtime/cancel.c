/* cancel.c - marks of records, and how who runs them hears of one. Read cancel.h first.
 *
 * A fiber that waits is found by the task it runs: entries on the fibers' stacks, in lists by the
 * task's address. A fiber that runs is not looked for; all that run are asked to look. No mark is
 * missed: the mark is set before the lists are searched, and a fiber that is about to wait looks at
 * the mark after it has entered itself. */
#include "cancel.h"

#include <pthread.h>

#include "await.h"
#include "error.h"
#include "limit.h"
#include "place.h"
#include "park.h"
#include "remote.h"
#include "worker.h"

/* ---- the innermost task ---- */

const struct dfl_task *cancel_never;

static uint8_t marks(const struct dfl_task *task)
{
    return __atomic_load_n(&task->flags, __ATOMIC_SEQ_CST) & TASK_MARKS;
}

static bool is_wanted(const struct dfl_task *task)
{
    return marks(task) || task_is_forgotten(task);
}

/* Whether the innermost task of the fiber is to end. */
static bool has_to_end(const struct dfl_fiber *self)
{
    return self->scope && is_wanted(self->scope->task);
}

void cancel_look(struct dfl_fiber *self)
{
    if (has_to_end(self))
        fiber_ask(self);
}

struct dfl_error *cancel_failure(const struct dfl_fiber *self)
{
    const struct dfl_task *task = self->scope->task;
    if (marks(task) == TASK_LATE)
        return error_late(task_fn(task)->policy->timeout);
    return error_new(DFL_FAIL_cancelled, "%s", dfl_fail_text(DFL_FAIL_cancelled));
}

struct dfl_error *dfl_poll(struct dfl_fiber *self, const struct dfl_site *site)
{
    fiber_answer(self);
    if (has_to_end(self))
        return dfl_error_at(cancel_failure(self), site);
    worker_make_room(self);
    return has_to_end(self) ? dfl_error_at(cancel_failure(self), site) : NULL;
}

struct dfl_error *dfl_stack_call(struct dfl_fiber *self, void (*body)(struct dfl_fiber *, void *),
                                 void *frame, int32_t bytes, const struct dfl_site *site)
{
    if (atomic_load(&self->stack_limit) != self->own_limit) {
        struct dfl_error *failure = dfl_poll(self, site);
        if (failure)
            return failure;
        if (!fiber_is_low(self, bytes)) {
            body(self, frame);
            return NULL;
        }
    }
    return fiber_call(self, body, frame, bytes) ? NULL : fiber_no_stack(site);
}

/* ---- fibers that wait ---- */

struct waiting {
    const struct dfl_task *task;
    struct dfl_fiber *fiber;
    uint64_t ticket;
    struct waiting *next, **link;
};

enum { STRIPES = 256 };

static struct stripe {
    _Alignas(64) pthread_mutex_t lock;
    struct waiting *first;
} stripes[STRIPES] = {[0 ... STRIPES - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static struct stripe *stripe_of(const struct dfl_task *task)
{
    return &stripes[(uintptr_t)task / sizeof *task % STRIPES];
}

static void enlist(struct waiting *w)
{
    struct stripe *s = stripe_of(w->task);
    pthread_mutex_lock(&s->lock);
    w->next = s->first;
    w->link = &s->first;
    if (w->next)
        w->next->link = &w->next;
    s->first = w;
    pthread_mutex_unlock(&s->lock);
}

static void delist(struct waiting *w)
{
    struct stripe *s = stripe_of(w->task);
    pthread_mutex_lock(&s->lock);
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    pthread_mutex_unlock(&s->lock);
}

/* Makes the fiber that waits in `task` go on; false: there is none. */
static bool nudge(const struct dfl_task *task)
{
    struct stripe *s = stripe_of(task);
    struct dfl_fiber *fiber = NULL;
    pthread_mutex_lock(&s->lock);
    struct waiting *w = s->first;
    while (w && w->task != task)
        w = w->next;
    if (w && park_nudge(w->fiber, w->ticket))
        fiber = w->fiber;
    pthread_mutex_unlock(&s->lock);
    if (fiber)
        worker_ready(fiber);
    return w != NULL;
}

bool cancel_wait(struct dfl_fiber *self, uint64_t ticket, bool (*arm)(struct dfl_fiber *, void *),
                 void *arg)
{
    bool over = false;
    if (!self->scope || self->scope->task == cancel_never) {
        while (!over) {
            over = park_wait(self, arm, arg);
            arm = NULL;
        }
        return true;
    }
    struct waiting w = {.task = self->scope->task, .fiber = self, .ticket = ticket};
    enlist(&w);
    while (!over && !has_to_end(self)) {
        over = park_wait(self, arm, arg);
        arm = NULL;
    }
    delist(&w);
    return over;
}

/* ---- marking ---- */

static void tell(const struct dfl_task *task)
{
    if (!nudge(task))
        worker_ask_all();
}

void cancel_mark_late(struct dfl_task *task)
{
    dfl_task_retain(task);
    __atomic_fetch_or(&task->flags, TASK_LATE, __ATOMIC_SEQ_CST);
}

void cancel_tell(struct dfl_task *task)
{
    tell(task);
    task_release(task_pool_here(), task);
}

void cancel_unmark_late(struct dfl_task *task)
{
    __atomic_fetch_and(&task->flags, (uint8_t)~TASK_LATE, __ATOMIC_SEQ_CST);
}

bool cancel_is_late(const struct dfl_task *task)
{
    return marks(task) & TASK_LATE;
}

/* The caller holds a reference. What waits for inputs need not, and becomes ready. */
static void cancel(struct dfl_task *task)
{
    uint8_t mark = TASK_CANCELLED | TASK_TAKEN;
    if (__atomic_fetch_or(&task->flags, mark, __ATOMIC_SEQ_CST) & TASK_CANCELLED)
        return;
    if (await_claim(task) ||
        (task_fn(task)->policy && (limit_withdraw(task) || place_withdraw(task))))
        worker_give(&task, 1);
    else if (__atomic_load_n(&task->outcome, __ATOMIC_SEQ_CST) == TASK_LENT)
        remote_cancel();
    else
        tell(task);
}

void dfl_cancel(struct dfl_fiber *self, struct dfl_task *const *tasks, int64_t count)
{
    (void)self;
    for (int64_t i = 0; i < count; i++)
        if (!task_is_done(tasks[i]))
            cancel(tasks[i]);
}

/* ---- letting go ---- */

void cancel_before_release(struct dfl_task *task)
{
    const struct dfl_fiber *self = worker_fiber_here();
    bool ends = self && self->scope && marks(self->scope->task);
    if (ends && (task_fn(task)->flags & DFL_FN_IO || atomic_load(&task->deps) > 0))
        cancel(task);
}

void cancel_after_release(const struct dfl_task *task)
{
    tell(task);
}
