/* trace.h - DFL_TRACE=FILE: every task that ran, with its place, time and thread (trace_file.h).
 *
 * owns:    a buffer for each worker, which only its thread touches; the file.
 * touches: nothing else.
 * costs:   a look at `trace_on` for each task that a record was made for; with a trace two looks at
 *          the clock and 24 bytes. */
#ifndef TRACE_H
#define TRACE_H

#include "dfl.h"

extern bool trace_on;

/* Makes the file, or empties it, and writes what its tasks are called. Once in a run, by its first
 * process. False: the user was told why not. */
bool trace_create(const char *path, const struct dfl_program *, int64_t began);
/* Begins to record the tasks of this process, `proc`, with so many workers. `began`: time 0 by
 * clock_now(), the same for all processes. False: the user was told. */
bool trace_open(const char *path, uint32_t proc, uint32_t workers, int64_t began);
/* A record ran from `start` until now, by clock_now(); noted for the worker that it ended on. */
void trace_task(struct dfl_fiber *, struct dfl_task *, int64_t start);
/* A worker is about to sleep: writes what it has, if that is old. */
void trace_rest(uint32_t worker);
/* Writes all that is left; all workers have ended. */
void trace_close(void);

#endif
