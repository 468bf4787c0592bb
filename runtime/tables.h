/* tables.h - all that a process knows of the others, and what it does about what they say. Pure: a
 * row, an event or a tick goes in, actions come out; no I/O, no clock, no thread. Whoever holds the
 * comms role calls these; tests/sim calls them with a network of its own.
 *
 * A worker owns what its tasks spawn and runs what others push to it. A node stands for its
 * machine: it grants its worker's threads and sees its worker's end. The head is the first node: it
 * alone says who is in and who is out. */
#ifndef TABLES_H
#define TABLES_H

#include "blob.h"
#include "borrow.h"
#include "exec.h"
#include "lease.h"
#include "members.h"
#include "owner.h"

enum {
    TABLES_BEAT_NS = 100000000 /* a node and the head tell each other so often that they live */
};

struct tables_counts {
    uint64_t shipped, came_back, refused, received, given, replayed, leases, away, unfetched;
};

struct worker_tables {
    uint32_t self;
    struct members members;
    struct owner owner;
    struct exec exec;
    struct leases leases;
    struct leases placed; /* on workers that run what is for them alone, granted by nobody */
    struct blobs blobs;
    struct copies copies;
    struct gives gives;
    struct takes takes;
    uint32_t idle_told; /* threads without work, as the node was last told */
    struct tables_counts counts;
};

void worker_tables_open(struct worker_tables *, uint32_t self, uint32_t threads);
/* The first thing it does: its node is told that it is here, at `url`. Where its node and the head
 * are it knows from its start. */
void worker_tables_join(struct worker_tables *, struct bytes url, struct bytes node,
                        struct bytes head, uint32_t threads, struct actions *);
/* A row that `from` sent. False: it makes no sense, so the peer is not one of ours. */
bool worker_tables_on_row(struct worker_tables *, uint32_t from, struct bytes row, int64_t now,
                          struct actions *);
/* When to call again, INT64_MAX: no need. */
int64_t worker_tables_on_tick(struct worker_tables *, int64_t now, struct actions *);
/* Lends a record to the holder of `lease`, one of `leases` or `placed`, which has room. */
void worker_tables_lend(struct worker_tables *, struct lease *, void *record, uint32_t fn,
                        uint16_t attempt, struct bytes args, struct actions *);
/* The answer of a task that is awaited stays with `from`, who made it. The same message, given to
 * worker_tables_on_row() later, finishes the task. */
void worker_tables_stays(struct worker_tables *, uint32_t from, const struct msg_task_result *,
                         int64_t now);
/* Nobody needs that answer. */
void worker_tables_drop(struct worker_tables *, uint32_t from, const struct msg_task_result *);
/* It is not fetched: its task is KEEP. */
void worker_tables_leave(struct worker_tables *, uint32_t from, const struct msg_task_result *,
                         struct actions *);
/* Those who run records of ours that are to end are told (owner_cancel()). */
void worker_tables_cancel(struct worker_tables *, bool (*ends)(void *record), bool again,
                          struct actions *);
/* Whose task START is about, and how often it was lost before. */
uint32_t worker_tables_owner(const struct worker_tables *, uint32_t slot);
uint16_t worker_tables_attempt(const struct worker_tables *, uint32_t slot);
/* The answer to START: what DROP is to name. */
void worker_tables_started(struct worker_tables *, uint32_t slot, void *handle);
/* START asked for what cannot be, or nobody needs it any more: nobody is told. */
void worker_tables_forget(struct worker_tables *, uint32_t slot);
/* What START began is done, but its result cannot travel: its owner has to run it. */
void worker_tables_refuse(struct worker_tables *, uint32_t slot, struct actions *);
/* What START began is done. */
void worker_tables_done(struct worker_tables *, uint32_t slot, uint32_t run_ns, struct bytes result,
                        struct actions *);
/* A future that `owner` named has no result here: all that runs for it, and so may have waited for
 * that, or comes later and would, is left to it. */
void worker_tables_return(struct worker_tables *, uint32_t owner, struct object_id,
                          struct actions *);
/* So many threads have nothing to do; the node hears of it if that is news. */
void worker_tables_idle(struct worker_tables *, uint32_t threads, struct actions *);
void worker_tables_close(struct worker_tables *);

struct node_tables {
    uint32_t self;
    struct members members;
    struct grants grants;
    struct pulls pulls;
    uint32_t slots_told; /* free ones, as other nodes were last told */
    int64_t beat_at;     /* when to send the next heartbeat */
    int64_t detect_ns;   /* silence that counts as death */
    int64_t ticked_at;   /* own last tick: a late one is no fault of others */
    bool finishing;      /* deaths are expected */
};

void node_tables_open(struct node_tables *, uint32_t self, int64_t detect_ns, int64_t now);
/* What a node does first: the head hears that it is here, at `url`. `head`: where the head is,
 * which every node is told when it is started. */
void node_tables_join(struct node_tables *, struct bytes url, struct bytes head, int64_t now,
                      struct actions *);
bool node_tables_on_row(struct node_tables *, uint32_t from, struct bytes row, int64_t now,
                        struct actions *);
/* A packet of `from` came, whatever is in it: it lives. */
void node_tables_heard(struct node_tables *, uint32_t from, int64_t now);
/* The own worker's process, or (at the head) a node's, has ended. */
void node_tables_on_exit(struct node_tables *, uint32_t proc, struct bytes why, struct actions *);
/* The answer to PULL: where the blob is to lie. */
void node_tables_pull(struct node_tables *, const struct action *, uint64_t to, struct actions *);
/* Head: the run is over, everyone is told. */
void node_tables_finish(struct node_tables *, struct actions *);
int64_t node_tables_on_tick(struct node_tables *, int64_t now, struct actions *);
void node_tables_close(struct node_tables *);

#endif
