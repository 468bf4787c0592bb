/* place.h - tasks that are for certain nodes: those with a label (@on), the one where an argument
 * is (@near).
 *
 * A worker that takes such a record from a deque asks whether it is for here. If not it is *kept*
 * in a line until the role lends it there: without being granted threads, since nobody else may
 * have it, but no more of them at once than a lease would allow. Any process can tell who has which
 * label; only the role knows who is alive.
 *
 * @near: a future is where its task ran, whether its value has come from there or not, an array of
 * futures where most of them are; anything else is here. If that node is gone it says nothing. @on
 * says nothing in a run without labels.
 *
 * owns:    the lines.
 * touches: the worker's tables, as the role; records that it keeps.
 * costs:   nothing to tasks without these attributes. */
#ifndef PLACE_H
#define PLACE_H

#include "fiber.h"
#include "labels.h"
#include "lease.h"
#include "task.h"

struct worker_tables;

/* What remote_lend.c does about a record that was kept. */
struct place_ops {
    /* It goes with the lease, or is given back to the workers. False: later. */
    bool (*lend)(struct lease *, struct dfl_task *, struct actions *);
    /* It is given back to the workers. */
    void (*give)(struct dfl_task *);
    /* It fails; takes the error. */
    void (*fail)(struct dfl_task *, struct dfl_error *);
    /* Nobody needs it. */
    void (*drop)(struct dfl_task *);
};

/* Before any record exists; the labels must outlive all of them. */
void place_init(const struct labels *);
/* What is still kept is abandoned. */
void place_fini(struct dfl_fiber *self, struct task_pool *);
/* This process is one of several. `poke` is called on any thread when place_step() has something to
 * do. */
void place_open(struct worker_tables *, const struct place_ops *, uint32_t nodes,
                void (*poke)(void));

/* True: a record with a policy, taken from a deque, may run here, or is cancelled. False: it is
 * kept; or there is no place for it, and *nowhere tells why. */
bool place_enter(struct dfl_task *, struct dfl_error **nowhere);
/* A record that is kept is the caller's again; false: it is not kept. */
bool place_withdraw(struct dfl_task *);

/* ---- the role ---- */

/* Lends what is kept, as far as there is room. `leaving`: the run is over. Returns when to call
 * again. */
int64_t place_step(int64_t now, bool leaving, struct actions *);
/* Whether a record may be lent to a worker that has nothing to do, like one without attributes. */
bool place_fits(const struct dfl_task *, uint32_t worker);
/* Whether it may be lent before its inputs are here. */
bool place_may_wait(const struct dfl_task *);
/* Where such a record goes. */
enum place_where {
    PLACE_HERE,    /* or wherever */
    PLACE_THERE,   /* with the lease */
    PLACE_FULL,    /* there is no room now */
    PLACE_NOWHERE, /* all are gone */
};
enum place_where place_find(const struct dfl_task *, int64_t now, struct lease **out);

#endif
