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
/* Ends the arguments of a record that has run, within await_complete(). */
void await_drop_args(struct dfl_fiber *self, struct dfl_task *);
/* A record whose result, in shared counts, came from elsewhere is done: the same, on any thread. */
void await_settle(struct task_pool *, struct dfl_task *);
/* A record that is not run ends; records that wait for it alone are pushed. `self` may be NULL. */
void await_abandon(struct dfl_fiber *self, struct task_pool *, struct dfl_task *);
/* Completes a record that is not to run, and that the caller has taken, with that failure, which it
 * takes. */
struct dfl_fiber *await_fail(struct dfl_fiber *self, struct dfl_task *, struct dfl_error *);
/* Completes a record that was cancelled before it ran, and that the caller has taken. */
struct dfl_fiber *await_skip(struct dfl_fiber *self, struct dfl_task *);
/* The same, readying all waiters. */
void await_skip_here(struct dfl_fiber *self, struct dfl_task *);
/* A record that waits for inputs does so no longer: true, and the caller makes it ready. Any
 * thread. */
bool await_claim(struct dfl_task *);
/* A record that may have been claimed, and was not run, waits again for what is not done of its
 * inputs: false. True: it waits for nothing, and the caller makes it ready. */
bool await_unclaim(struct dfl_task *);
/* Takes a record that may run on this stack, if it is the newest of the own deque. */
bool await_take_back(struct dfl_fiber *self, struct dfl_task *);

/* Parks until all of these are done; they are held meanwhile. NULL, or the failure with which the
 * task that waits is to end. May move `self` to another worker. */
struct dfl_error *await_each(struct dfl_fiber *self, struct dfl_task *const *, int64_t count);
/* The same until `need` of them are done, or it is `due` by clock_now(); INT64_MAX: never. */
struct dfl_error *await_some(struct dfl_fiber *self, struct dfl_task *const *, int64_t count,
                             int64_t need, int64_t due);

#endif
