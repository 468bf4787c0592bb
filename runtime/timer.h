/* timer.h - what happens at a time. Workers look at the timers between tasks; a thread of its own,
 * started with the first timer, looks after them while all workers are busy. */
#ifndef TIMER_H
#define TIMER_H

#include "fiber.h"
#include "task.h"

/* Lives where its owner likes, until it was dropped. */
struct timer {
    int64_t due;    /* by clock_now() */
    uint64_t order; /* equal times fire in the order in which they were set */
    size_t place;   /* in the heap, from 1; 0: it has fired */
    /* Ends this wait: */
    struct dfl_fiber *fiber;
    uint64_t ticket;
    /* or, if not NULL, makes this task, which runs, time out: */
    struct dfl_task *task;
};

/* Sets a timer whose `due`, and fiber and ticket or task, are filled in. Any thread. */
void timer_set(struct timer *);
/* Takes it out if it has not fired; nobody looks at it any more. */
void timer_drop(struct timer *);
/* `ns` from now, INT64_MAX - 1 at most. */
int64_t timer_after(int64_t ns);

/* Workers: when the next timer is due by clock_now(), INT64_MAX if there is none. */
int64_t timer_next(void);
/* Fires all that are due. Cheap if there are none. */
void timer_fire(void);
/* Ends the thread; no timer is set. */
void timer_fini(void);

#endif
