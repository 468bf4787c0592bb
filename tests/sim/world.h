/* world.h - a run of many nodes in one process: the tables of runtime/ as they are, and around them
 * a clock, a network, machines and a program, all from one seed. The same seed gives the same
 * world, step by step. */
#ifndef WORLD_H
#define WORLD_H

#include "channel.h"
#include "tables.h"

enum {
    NODES_MOST = 10,
    WORKERS_MOST_EACH = 8, /* one after the other */
    PROCS_MOST = NODES_MOST * (WORKERS_MOST_EACH + 1),
};

/* ---- random.c ---- */

struct random {
    uint64_t state;
};
uint64_t random_next(struct random *);
/* lo <= n <= hi */
int64_t random_between(struct random *, int64_t lo, int64_t hi);
bool random_percent(struct random *, int percent);
uint64_t mix(uint64_t a, uint64_t b);

/* ---- program.c: a tree of pure tasks, known from its root's key ----
 * A task may be given futures: of tasks that were spawned before it, or such that its parent was
 * given. It awaits some of them, with its children, and lets go of the others when it begins. Some
 * of its children it cancels instead, after a while; nobody else is given these. */

enum { CHILDREN_MOST = 4, INPUTS_MOST = 3 };

struct shape {
    uint32_t children;
    int64_t before_ns, after_ns; /* run time until it awaits its children, and from then on */
};
struct shape program_shape(uint64_t key, uint32_t depth);
/* Its result cannot travel. */
bool program_stays(uint64_t key);
/* The node that the task is for; 0: any. */
uint32_t program_node(uint64_t key, uint32_t nodes);
uint64_t program_child(uint64_t key, uint32_t index);
/* The futures that child `index` of a task with `given` of its own is given: numbers below `index`
 * are siblings, from there on the task's own. Returns how many. */
uint32_t program_inputs(uint64_t key, uint32_t index, uint32_t given, uint32_t out[INPUTS_MOST]);
/* Whether a task cancels child `index`. */
bool program_cancels(uint64_t key, uint32_t index);
/* Whether a task awaits one of its futures. */
bool program_reads(uint64_t key, uint32_t input);
uint64_t program_combine(uint64_t key, const uint64_t *values, uint32_t count);
/* What the task gives when its futures have these values, by evaluating it in order; adds the tasks
 * of its tree to *count. */
uint64_t program_value(uint64_t key, uint32_t depth, const uint64_t *inputs, uint32_t input_count,
                       uint32_t *count);

/* It prints a line, its key, before it is done elsewhere. */
static inline bool program_prints(uint64_t key)
{
    return key % 8 == 5;
}

/* The value travels in a store. */
bool program_is_large(uint64_t key);

/* ---- depot.c: stores ---- */

struct region {
    struct region *next;
    uint32_t node, worker; /* worker 0: a copy that the node made */
    uint64_t offset, len, filled, tag;
};

struct held_row {
    struct held_row *next;
    uint32_t from;
    size_t len;
    uint8_t row[];
};

/* ---- machine.c: processes ---- */

enum record_state { PENDING, RUNNING, WAITING, LENT, AWAY, DONE };

/* A row of what is given, for the table. */
struct given {
    struct record *record;
    bool away; /* its holders know where the value is */
};

/* The contents of the blobs that a message names. */
struct contents {
    uint64_t tags[INPUTS_MOST + 1];
    uint32_t count;
};

/* A task as its worker has it, or a proxy. */
struct record {
    enum record_state state;
    uint64_t key, value;
    uint32_t depth;
    uint16_t attempt;
    struct record *parent;
    struct record *children[CHILDREN_MOST];
    struct record *inputs[INPUTS_MOST];
    uint32_t child_count, input_count;
    uint32_t uses;       /* records that hold it as an input, and whether it is named */
    uint32_t waits_left; /* WAITING: of how many others */
    struct record **waiters;
    uint32_t waiter_count, waiter_room;
    bool proxy, over;  /* over: the table does not need the proxy any more */
    bool named, begun; /* in the table of what is given; a stretch of it has run */
    bool failed;       /* it had no value for something it needed */
    bool foreign, unwanted, stays;
    bool cancelled, printed; /* printed: the root has the line */
    uint32_t slot;           /* foreign: of the table of executions */
    struct held_row *stash;  /* the answer, if it stayed with its maker */
    bool fetched;            /* that has been asked for */
    uint32_t looks;          /* how often it was looked at, and wanted here */
    uint32_t readers;        /* tasks that were lent with the names in it */
    uint32_t told;           /* rows of holders that were told where it is and have not read it */
    struct record *reads[INPUTS_MOST]; /* LENT: whose names it was lent with */
    uint32_t read_count;
    int64_t began;
    struct record *next; /* all of its worker */
};

struct process {
    uint32_t proc;
    bool alive, stalled, leaving;
    struct channel channels[PROCS_MOST];
    bool connected[PROCS_MOST], cut[PROCS_MOST];
    struct actions actions;
    int64_t tick_at; /* when the tables want to be called again */
    int64_t wake_at; /* of the tick that is planned */
    int64_t cancel_again;
    /* of a worker */
    struct worker_tables worker;
    struct record *records;
    struct record **queue; /* pending ones, the oldest first */
    uint32_t queued, queue_room, running;
    struct held_row *spent;
    struct held_row *held; /* rows whose blobs are not here yet */
    /* of a node */
    struct node_tables node;
};

/* ---- the world ---- */

enum event_kind {
    EVENT_PACKET,
    EVENT_TICK,
    EVENT_RUN,
    EVENT_CRASH,
    EVENT_STALL,
    EVENT_WAKE,
    EVENT_EXIT
};

struct event {
    enum event_kind kind;
    int64_t at;
    uint64_t order;
    uint32_t to, from; /* indices of processes */
    struct record *record;
    void *data;
    size_t len;
};

struct faults {
    int drop, duplicate, reorder; /* percent of packets */
    uint32_t crashes, stalls;
};

struct world {
    struct random random;
    struct faults faults;
    uint32_t nodes, threads;
    int64_t now;
    uint64_t orders;
    struct event *events; /* a heap */
    uint32_t event_count, event_room;
    struct process procs[PROCS_MOST];
    uint32_t proc_count;
    uint64_t root_key, expected;
    uint32_t tasks;
    struct record *root;
    struct region *regions;
    uint64_t offsets;
    uint64_t started; /* tasks, replays included */
    uint64_t steps;
    bool trace;
};

/* Counts over all worlds, for the report. */
struct coverage {
    uint64_t actions[64], rows[64], crashes, stalls, packets, dropped;
    uint64_t placed;                   /* tasks that were lent to where they are for */
    uint64_t relayed[INPUTS_MOST + 1]; /* tasks that were lent with so many results of others */
};
extern struct coverage coverage;

void world_open(struct world *, uint64_t seed, bool trace);
/* Runs it to its end. NULL, or what does not hold: text that lasts until the next call. */
const char *world_run(struct world *);
void world_close(struct world *);

/* What machine.c and network.c offer each other. */
void world_event(struct world *, struct event);
uint32_t world_index(const struct world *, uint32_t proc); /* PROCS_MOST: unknown */
void machine_open(struct world *, uint32_t proc);
void machine_step(struct world *, struct process *);
void machine_on_packet(struct world *, struct process *, uint32_t from, const void *, size_t);
void machine_on_run(struct world *, struct process *, struct record *);
void machine_on_exit(struct world *, struct process *, uint32_t dead);
void machine_crash(struct world *, struct process *);
void machine_close(struct process *);
struct bytes depot_wrap(struct world *, struct process *, uint32_t to, uint64_t tag,
                        const struct record *, const void *data, size_t len);
bool depot_unwrap(struct world *, struct process *, struct bytes message, struct bytes *data,
                  struct contents *);
void depot_end_loans(struct process *, uint32_t from, struct bytes message);
struct held_row *depot_row(uint32_t from, struct bytes row);
struct bytes depot_message(struct bytes row);
void depot_lend_also(struct process *, uint32_t to, struct bytes message);
struct bytes depot_data(struct bytes message);
bool depot_hold(struct process *, uint32_t from, struct bytes row);
struct held_row *depot_take(struct process *);
void depot_sweep(struct process *);
void depot_act(struct world *, struct process *, const struct action *);
void depot_forget(struct world *, uint32_t worker);
void depot_close(struct world *);
void network_pump(struct world *, struct process *);

#endif
