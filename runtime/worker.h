/* worker.h - the threads that run tasks: what they share, and how other modules hand them work.
 *
 * A worker is a deque, a pool of records and a thread. A fiber on it runs worker.c's loop: take a
 * ready fiber, else the newest own task, else a stolen one, else sleep. When the task it runs has
 * to wait, the fiber stays parked inside the task and a fresh fiber goes on with the loop. */
#ifndef WORKER_H
#define WORKER_H

#include <pthread.h>

#include "deque.h"
#include "fiber.h"
#include "stats.h"
#include "task.h"

enum { WORKERS_MOST = 256 };

struct dfl_worker {
    /* Generated code reaches these two by offsets.def. */
    struct deque deque;
    struct task_pool pool;
    /* the worker's thread only */
    struct dfl_fiber native;           /* the stack its thread was born with */
    struct dfl_fiber *_Atomic running; /* others look at it */
    struct dfl_fiber *retired;         /* left for good: to the pool once its stack is not in use */
    struct dfl_fiber *parking;         /* left while waiting: armed once its stack is not in use */
    bool (*arm)(struct dfl_fiber *, void *);
    void *arm_arg;
    uint64_t random;
    uint32_t index, turns, misses, naps;
    struct stats stats;
    pthread_t thread;
};

/* Makes `count` workers, the calling thread being the first; gives a fiber that stands for it while
 * nothing runs yet. `drain`: a run ends only when nothing is left that could run. */
struct dfl_fiber *worker_open(uint32_t count, bool drain);
/* Runs `root` until it and all io tasks are done; returns with all other workers' threads ended.
 * `over` is called once the outcome of the root is there, on the thread that ran it. Without a
 * root: until worker_io_end() is called once more than worker_io_begin(). If some worker is still
 * inside a task that nobody needs a moment after the end, another calls `late`, which ends the
 * process. */
void worker_run(struct dfl_task *root, void (*over)(void), void (*late)(void));
/* Drops what is still pending, adds up what was counted and frees all but the records. */
void worker_close(struct stats *sum);

/* Parks the calling fiber. arm(fiber, arg) runs on another stack once this one is not in use: it
 * leaves the fiber where someone will find it and pass it to worker_ready(), and gives true; or
 * gives false, and the fiber goes on at once. Returns perhaps on another worker. */
void worker_park(struct dfl_fiber *self, bool (*arm)(struct dfl_fiber *, void *), void *arg);
/* A parked fiber may go on: some worker will resume it. Any thread. */
void worker_ready(struct dfl_fiber *);
/* A record whose inputs are done, on the own deque or, if that is full, to whoever comes. */
void worker_push(struct dfl_fiber *self, struct dfl_task *);
/* Records whose inputs are done, from outside: to whoever comes first. Any thread. */
void worker_give(struct dfl_task *const *, int64_t count);
/* A sleeping worker should look at the timers again. Any thread. */
void worker_wake(void);
/* Asks all fibers that run (fiber_ask). Any thread. */
void worker_ask_all(void);
/* Lets a fiber that is ready go before the calling one, where something is waiting to go on. */
void worker_make_room(struct dfl_fiber *self);
/* The fiber that the calling thread runs, or NULL if it is no worker. */
struct dfl_fiber *worker_fiber_here(void);
/* An io task exists; it has run. */
void worker_io_begin(void);
void worker_io_end(void);
/* The outcome of the root is there. */
void worker_root_over(void);

/* So many records more are with other processes: a drained run ends only when they are back. */
void worker_lent(int64_t change);

/* What someone needs who is no worker, but takes tasks as a thief does. Any thread. */
/* Pending tasks, up to `most`: those of high priority and those that became ready outside of the
 * workers, as far as they can travel, then the oldest of the deques, then those of low priority;
 * makes workers publish some if there are none, if need be by force. Returns how many. The
 * execution's reference is the caller's. */
int64_t worker_take(struct dfl_task **out, int64_t most, bool force);
/* Every worker's next push publishes, and tells if nobody here sleeps. */
void worker_ask(void);
/* Whether there seem to be pending tasks. */
bool worker_busy(void);
/* Tasks that were spawned in this process so far, more or less. */
uint64_t worker_spawned(void);
/* Threads without work. */
uint32_t worker_idle(void);
/* `tell` is called when there may be tasks to take, or a thread has none left; on any thread, and
 * must not wait. Before worker_run(). */
void worker_on_change(void (*tell)(void));

/* Tells the user of a failure that no one awaited. Any thread. */
void worker_report_detached(const struct dfl_fn *, const struct dfl_error *);

#endif
