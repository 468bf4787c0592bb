/* helper.h - waiting for the world without holding up a worker: a bounded pool of threads for calls
 * that block, and sleeping. */
#ifndef HELPER_H
#define HELPER_H

#include <stdint.h>

#include "dfl.h"

enum { HELPER_NEW, HELPER_QUEUED, HELPER_RUNS, HELPER_DONE, HELPER_LEFT };

/* A call that blocks: the head of a struct, from malloc(), that holds all that fn takes and gives.
 * errno is not carried over: fn leaves what is wanted in the struct. */
struct helper_job {
    void (*fn)(struct helper_job *);
    void (*end)(struct helper_job *); /* drops what the struct holds, and frees it */
    /* helper.c's */
    struct helper_job *next;
    struct dfl_fiber *fiber;
    uint64_t ticket;
    _Atomic int state;
};

/* True if nobody waits for the call any more: it returns at the next EINTR. */
static inline bool helper_is_left(const struct helper_job *job)
{
    return atomic_load(&job->state) == HELPER_LEFT;
}

/* Calls job->fn on a helper thread while the fiber is parked, perhaps to go on on another worker;
 * at once where nothing can park (no worker, or on the large stack). NULL: it has returned. Or the
 * failure with which the task is to end: then the job is not the caller's any more, since the call
 * may go on for long. */
struct dfl_error *dfl_blocking(struct dfl_fiber *, struct helper_job *job);
/* The same for fn(arg), which the task sees to the end whatever comes: so it may use the caller's
 * memory. */
void helper_call(struct dfl_fiber *, void (*fn)(void *), void *arg);
/* False: no worker, or on the large stack. */
bool helper_can_park(const struct dfl_fiber *);
/* worker_park() and worker_ready() for what does not know of workers. False: nothing can park here,
 * and arm was not called. */
bool helper_park(struct dfl_fiber *, bool (*arm)(struct dfl_fiber *, void *), void *arg);
void helper_ready(struct dfl_fiber *);
/* Parks the fiber for `ns` nanoseconds; sleeps where nothing can park. NULL, or the failure with
 * which the task is to end. */
struct dfl_error *dfl_sleep(struct dfl_fiber *, int64_t ns);

/* Ends the threads. False: one is in a call that nobody waits for and that does not return. */
bool helper_fini(void);

#endif
