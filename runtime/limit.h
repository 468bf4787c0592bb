/* limit.h - how many tasks run at once: of a group (@limit), and by the cores and the memory of the
 * process that they use (@cpus, @mem), which a task gets both or neither of.
 *
 * A task has its place from when it begins until it has ended, but not while it waits for other
 * tasks: so what it waits for can have the place, and no program gets stuck.
 *
 * With nodes: all tasks with a limit are spawned by one process (ir_roam.c of the compiler), which
 * keeps the place of one that it lends. That one waits for nothing here (remote.c). Cores and
 * memory are those of the process that runs the task. */
#ifndef LIMIT_H
#define LIMIT_H

#include "fiber.h"
#include "settings.h"
#include "task.h"

/* Before any record exists. */
void limit_init(const struct dfl_program *, const struct settings *);
/* What still waits for a place is abandoned. */
void limit_fini(struct dfl_fiber *self, struct task_pool *);

/* True: a record with a policy, taken from a deque, may run, or is cancelled. False: it is kept,
 * and pushed when it has a place. */
bool limit_enter(struct dfl_task *);
/* It has run, or never will. `self` may be NULL. */
void limit_leave(struct dfl_fiber *self, struct dfl_task *);
/* A record that is kept is the caller's again; false: it is not kept. */
bool limit_withdraw(struct dfl_task *);

/* True: a record with a policy that the caller has may go to another process: it keeps its place of
 * a group until limit_leave(), and needs no room here. False: it is kept, as above. Any
 * thread. */
bool limit_send(struct dfl_task *);
/* Whether records wait for cores or memory; takes up to `most` of those that can travel, which are
 * the caller's then. Any thread. */
bool limit_any(void);
int64_t limit_take(struct dfl_task **out, int64_t most);

/* Gives up the places of the innermost task, which is about to wait; tells which it had. */
uint8_t limit_lend(struct dfl_fiber *self);
/* Waits until it has them again; less if the task is to end. */
void limit_return(struct dfl_fiber *self, uint8_t places);

#endif
