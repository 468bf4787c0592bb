/* await.h - running a record to its end, and waking what waits for it. */
#ifndef AWAIT_H
#define AWAIT_H

#include "fiber.h"
#include "task.h"

/* Runs a record that the caller has taken from a deque, and completes it: drops its arguments,
 * wakes its waiters, ends the execution's reference. Returns a fiber that became ready for the
 * caller to switch to, or NULL. May move `self` to another worker. */
struct dfl_fiber *await_run(struct dfl_fiber *self, struct dfl_task *);
/* The same on a stack that may be nearly used up; readies all waiters. */
void await_run_here(struct dfl_fiber *self, struct dfl_task *);
/* Runs the function of a record alone, on such a stack. */
void await_run_body(struct dfl_fiber *self, struct dfl_task *);
/* What is left to do after await_run_body(). */
void await_complete(struct dfl_fiber *self, struct dfl_task *);
/* A record whose result, in shared counts, came from elsewhere is done: the same, on any thread. */
void await_settle(struct task_pool *, struct dfl_task *);
/* A record that will never run ends; records that wait for it alone are pushed. */
void await_abandon(struct dfl_fiber *self, struct dfl_task *);
/* Parks until all of these are done. May move `self` to another worker. */
void await_each(struct dfl_fiber *self, struct dfl_task *const *, int64_t count);

#endif
