/* cancel.h - ending tasks early. Nothing is torn down from outside: a task that is to end has a bit
 * in its record, looks at it where it waits, recurses or loops, and returns with a failure.
 *
 * A task is to end if it was cancelled, if it is late, or if it is pure and nobody holds its
 * future. Only the innermost task of a fiber ends, since those around it cannot go before. What a
 * task that ends lets go of, and nobody else holds, is cancelled too. */
#ifndef CANCEL_H
#define CANCEL_H

#include "fiber.h"
#include "task.h"

/* A record being run; on the stack of the fiber, within await.c. */
struct cancel_scope {
    struct dfl_task *task;
    struct cancel_scope *outer; /* that waits for this one on the same stack */
    bool guarded;
};

/* The record of main, whose future nobody has. */
extern const struct dfl_task *cancel_never;

static inline void cancel_enter(struct dfl_fiber *self, struct cancel_scope *scope,
                                struct dfl_task *task)
{
    scope->task = task;
    scope->outer = self->scope;
    scope->guarded = task_fn(task)->flags & DFL_FN_IO && task != cancel_never;
    self->scope = scope;
}

/* Asks the fiber to look if its innermost task is to end. */
void cancel_look(struct dfl_fiber *self);

/* The task has nothing left to drop. The one around may have been marked meanwhile. */
static inline void cancel_leave(struct dfl_fiber *self, struct cancel_scope *scope)
{
    struct cancel_scope *outer = self->scope = scope->outer;
    if (outer && (__atomic_load_n(&outer->task->flags, __ATOMIC_SEQ_CST) & TASK_MARKS ||
                  atomic_load(&outer->task->refs) == 1))
        cancel_look(self);
}

/* Why the innermost task of the fiber is to end, as an owned failure. */
struct dfl_error *cancel_failure(const struct dfl_fiber *self);
/* True if the innermost task may be cancelled by others than those who wait for it, and must be
 * able to end at once: nothing else may run on its stack while it waits. */
static inline bool cancel_is_guarded(const struct dfl_fiber *self)
{
    return self->scope && self->scope->guarded;
}

/* Waits (park.h) until the wait with this ticket, just begun, is over: true; or the task is to end:
 * false. Then the caller takes back what arm() has handed out, if it was called at all. */
bool cancel_wait(struct dfl_fiber *self, uint64_t ticket, bool (*arm)(struct dfl_fiber *, void *),
                 void *arg);

/* True for a record that is not to run, or not again. */
static inline bool cancel_is_marked(const struct dfl_task *task)
{
    return __atomic_load_n(&task->flags, __ATOMIC_SEQ_CST) & TASK_CANCELLED;
}

/* Marks a task that runs as late. A reference is kept until cancel_tell(). Any thread. */
void cancel_mark_late(struct dfl_task *);
void cancel_tell(struct dfl_task *);
/* It may run again. */
void cancel_unmark_late(struct dfl_task *);
bool cancel_is_late(const struct dfl_task *);

/* Before the last future of a pending record goes: if who held it is ending itself, an io task is
 * cancelled, and what waits for one. */
void cancel_before_release(struct dfl_task *);
/* After it: a pure task that runs and that nobody holds any more is to look. */
void cancel_after_release(const struct dfl_task *);

#endif
