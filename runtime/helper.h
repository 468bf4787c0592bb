/* helper.h - waiting for the world without holding up a worker: a bounded pool of threads for calls
 * that block, and timers. */
#ifndef HELPER_H
#define HELPER_H

#include <stdint.h>

#include "dfl.h"

/* Calls fn(arg) on a helper thread while the fiber is parked; returns when it is done, perhaps on
 * another worker. Calls it directly where nothing can park (no worker, or on the large stack).
 * errno is not carried over: fn leaves what is wanted in *arg. */
void dfl_blocking(struct dfl_fiber *, void (*fn)(void *), void *arg);
/* worker_park() and worker_ready() for what does not know of workers. False: nothing can park here,
 * and arm was not called. */
bool helper_park(struct dfl_fiber *, bool (*arm)(struct dfl_fiber *, void *), void *arg);
void helper_ready(struct dfl_fiber *);
/* Parks the fiber for `ns` nanoseconds; sleeps where nothing can park. */
void dfl_sleep(struct dfl_fiber *, int64_t ns);

/* Workers: when the next timer is due by clock_now(), INT64_MAX if there is none. */
int64_t helper_next_timer(void);
/* Readies all fibers whose time has come. Cheap if there are none. */
void helper_fire_timers(void);
/* Ends the threads; none is in a call. */
void helper_fini(void);

#endif
