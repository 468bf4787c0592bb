/* remote.h - a worker process among others: its tasks that others run, and others' that it runs.
 *
 * owns:    the worker's tables (tables.h), what it keeps of each foreign task, the role that talks.
 * touches: records that it took from deques as any thief does, or made for others; workers only by
 *          worker.h and await.h.
 * costs:   nothing without nodes; with them, a look at two counters on the slow paths of workers.
 */
#ifndef REMOTE_H
#define REMOTE_H

#include "process.h"
#include "stats.h"
#include "task.h"

/* Takes part in a run, as `part` says, which stays the caller's until remote_close(). NULL, or why
 * not. Before worker_run(). */
const char *remote_open(const struct process_part *, const struct dfl_program *, uint32_t threads);
/* After worker_run(): what comes in is not heeded any more, so that workers can be closed. */
void remote_quiet(void);
/* Tells the head what was counted, if not NULL, and stops talking. */
void remote_close(const struct stats *);

/* Someone waits here for a record that was TASK_AWAY a moment ago. Called by workers. */
void remote_want(void);
/* A record that is TASK_LENT may have to end. Called on any thread. */
void remote_cancel(void);
/* A worker begins to run a foreign task; it is done. Called by workers. */
void remote_begin(struct dfl_task *);
void remote_end(struct task_wait *);
/* How often the foreign task was lost before. While it runs. */
uint16_t remote_attempt(const struct dfl_task *);

#endif
