/* worker_core.h - what the files of the workers share: the team, and what each of them does for the
 * others. Read worker.h first, then worker.c. */
#ifndef WORKER_CORE_H
#define WORKER_CORE_H

#include <stdatomic.h>

#include "worker.h"

/* Turns without work before a worker publishes others' tasks by force, and again after as many. */
enum { FORCE_EVERY = 64 };

/* Pending records on their way to whoever comes first. */
struct batch {
    struct batch *next;
    int64_t count;
    struct dfl_task *tasks[];
};

struct team {
    struct dfl_worker *workers;
    uint32_t count;
    bool can_force, drain;
    _Atomic uint32_t sleepers;
    _Atomic uint32_t wakes;   /* sleepers wait for it to change */
    _Atomic int64_t io_left;  /* io tasks that exist, the root included */
    _Atomic bool stopping;    /* workers leave their loops */
    _Atomic uint32_t stopped; /* workers that have left */
    _Atomic bool ended_late;

    pthread_mutex_t lock; /* of the two lists */
    struct dfl_fiber *ready, **ready_end;
    struct batch *inbox;    /* pending records from outside, or that no deque had room for */
    _Atomic int64_t listed; /* length of both */

    void (*on_change)(void); /* nodes: there may be work to give away, or threads without any */
};

extern struct team team;

static inline bool team_listed(void)
{
    return atomic_load(&team.listed) > 0; /* after counting oneself as a sleeper, in doze() */
}

static inline void team_tell_change(void)
{
    if (team.on_change)
        team.on_change();
}

/* A record will not run. What is foreign is counted by its owner. */
static inline void team_count_skipped(struct dfl_worker *w, const struct dfl_task *task)
{
    w->stats.skipped += !task_is_marked(task, TASK_FOREIGN);
}

/* -- worker.c -- */
/* Puts a record on the own deque. False: that is as full as it may become. */
bool team_push(struct dfl_worker *, struct dfl_task *);
/* Runs the loop on the calling thread until the team stops. */
void team_work(struct dfl_worker *);

/* -- worker_list.c -- */
/* The first of those that are there, or NULL. */
struct dfl_fiber *team_take_ready(void);
struct batch *team_take_batch(void);
/* The first record of a batch; the others wait on the own deque, in their order. */
struct dfl_task *team_open_batch(struct dfl_worker *, struct batch *);
/* Listed records that can travel, of one batch; how many. */
int64_t team_take_listed(struct dfl_task **out, int64_t most);

/* -- worker_steal.c -- */
/* A task of another worker, or NULL; of several, the others come on the own deque. */
struct dfl_task *team_steal(struct dfl_worker *);
/* Whether it does so by force: now and then, of those who have found nothing for long. */
bool team_steals_by_force(const struct dfl_worker *);

/* -- worker_sleep.c -- */
/* A turn in which there was no work: spins, or sleeps. */
void team_idle(struct dfl_worker *);
void team_wake_all(void);
/* The end of the run: all leave their loops. */
void team_stop(void);

#endif
