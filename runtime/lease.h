/* lease.h - the right to send tasks to a worker. Pure: no I/O, no clock of its own.
 *
 * Two tables. `struct leases` is of a worker that has more tasks than threads: what it holds, whom
 * it has asked, how many tasks may be under way on each. `struct grants` is of a node: what its own
 * worker has free, whom it granted it to, and what it has heard of other nodes.
 *
 * A worker asks its node. The node knows by what other nodes tell whose threads are idle and sends
 * the asker there; there it is granted or rejected, never sent on. A lease serves as long as there
 * is work and is given back when it was idle for LEASE_KEEP_NS. */
#ifndef LEASE_H
#define LEASE_H

#include "actions.h"

enum {
    LEASE_KEEP_NS = 20000000,    /* idle so long: given back */
    LEASE_RETRY_NS = 1000000,    /* nobody had room: asked again after this, doubled ... */
    LEASE_RETRY_MOST = 32,       /* ... up to so many times it */
    LEASE_WINDOW_NS = 2000000,   /* work under way for each slot, when tasks are small */
    LEASE_IN_FLIGHT_LEAST = 2,   /* tasks a slot: one that runs, one that follows */
    LEASE_IN_FLIGHT_FIRST = 4,   /* before anything is known of their time */
    LEASE_IN_FLIGHT_MOST = 4096, /* tasks a slot */
    LEASE_PRESS_NS = 1000000     /* between tasks to one that is full, and that nobody granted */
};

struct lease {
    uint32_t worker; /* 0: free entry */
    uint32_t id;     /* the granting node's; 0: nobody granted it */
    uint32_t slots;
    uint32_t in_flight;
    uint64_t mean_ns; /* run time of a task, lately; 0: not known */
    int64_t idle_since;
    int64_t press_at; /* nobody granted it, and it is full: one more may go then */
};

struct leases {
    struct lease *list;
    uint32_t count, room;
    uint32_t node;     /* the own one */
    uint32_t asked;    /* whom the pending request went to; 0: none pending */
    uint32_t request;  /* number of the last request */
    int64_t ask_after; /* not before */
    uint32_t rejections;
};

/* There is work that nobody here takes: asks, unless a request is pending or it is too early. */
void leases_ask(struct leases *, int64_t now, struct actions *);
bool leases_may_ask(const struct leases *, int64_t now);
void leases_on_grant(struct leases *, uint32_t from, const struct msg_lease_grant *, int64_t now,
                     struct actions *);
void leases_on_reject(struct leases *, uint32_t from, const struct msg_lease_reject *, int64_t now,
                      struct actions *);
/* Whoever has died holds no lease and answers no request. */
void leases_on_death(struct leases *, uint32_t dead);
/* How many more tasks may go to this worker now. */
uint32_t lease_room(const struct lease *);
/* The lease with most room, NULL if there is none with any. Valid until the table changes. */
struct lease *leases_best(struct leases *);
/* The lease on this worker, NULL if there is none with room. Valid until the table changes. */
struct lease *leases_on(struct leases *, uint32_t worker);
/* The lease on this worker, which nobody needs to grant: what goes there can go nowhere else. In a
 * table of such alone. Valid until the table changes. */
struct lease *leases_open(struct leases *, uint32_t worker, uint32_t slots, int64_t now);
/* Whether a task may go with such a lease now; the caller sends one then. When it is full there is
 * still one now and then: what is under way may wait for what is held back here. */
bool lease_admits(struct lease *, int64_t now);
/* A task went to it; one came back from it, after running for so long (0: not known). */
void lease_sent(struct lease *);
void leases_returned(struct leases *, uint32_t worker, uint32_t run_ns, int64_t now);
/* Gives back what was idle for long. When to call again, INT64_MAX if there is no need. */
int64_t leases_on_tick(struct leases *, int64_t now, struct actions *);
void leases_free(struct leases *);

struct grant {
    uint32_t id; /* 0: free entry */
    uint32_t owner;
    uint32_t slots;
};

/* What a node has heard of the threads of another. */
struct rumour {
    uint32_t node;
    int32_t idle;
};

struct grants {
    uint32_t node;
    uint32_t worker; /* the own one; 0: none at the moment */
    uint32_t idle;   /* threads of it with nothing to do, as it last said */
    uint32_t last_id;
    struct grant *list;
    uint32_t count, room;
    struct rumour *rumours;
    uint32_t rumour_count, rumour_room;
};

/* The worker started. */
void grants_worker(struct grants *, uint32_t worker, uint32_t slots);
void grants_on_request(struct grants *, uint32_t from, const struct msg_lease_request *,
                       struct actions *);
void grants_on_return(struct grants *, uint32_t from, const struct msg_lease_return *);
/* From the own worker, or from another node about its own. True: it was the own worker's, so other
 * nodes should hear. */
bool grants_on_idle(struct grants *, uint32_t from, const struct msg_idle *);
void grants_on_death(struct grants *, uint32_t dead);
/* Threads that could be granted now. */
uint32_t grants_free_slots(const struct grants *);
void grants_free(struct grants *);

#endif
