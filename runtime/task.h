/* task.h - task records: where they come from, who holds them, what waits for them.
 *
 * A record has one reference per future and one for its execution. It is pending, then done for
 * good; `state` says which, and while it is pending it heads a list of waiters:
 *
 *      0             nobody waits
 *      TASK_DONE     done: outcome and result are valid
 *      node | TASK_FAN    struct task_wait of a fan-in: a parked fiber waits for several tasks
 *      task | TASK_ONE    a record whose only unmet input this is; its `rare` is the next link
 *      node | TASK_MANY   struct task_wait of a record with several inputs
 *      node | TASK_REMOTE struct task_wait of remote.c: another process waits for the result
 *
 * Whoever completes a record detaches the list at once and never looks at `state` again. */
#ifndef TASK_H
#define TASK_H

#include "dfl.h"

enum {
    TASK_DONE = DFL_TASK_DONE,
    TASK_FAN = 2,
    TASK_REMOTE = 3,
    TASK_ONE = 4,
    TASK_MANY = 6,
    TASK_TAG = 7,
};

/* Bits of `flags`. */
enum {
    TASK_TAKEN = 1,     /* someone has seen the outcome, or does not want to */
    TASK_AFTER = 2,     /* `rare` is an array of TASK_MANY nodes, freed with the last input's end */
    TASK_CANCELLED = 4, /* it is to end, or not to run */
    TASK_LATE = 8,      /* this run of it is to end */
    TASK_IN_GROUP = 16, /* it has a place of its group, */
    TASK_HAS_ROOM = 32, /* and its cores and memory: limit.h */
    TASK_STAY = 64,     /* its result cannot travel: not to be lent */
    TASK_FOREIGN = 128, /* another process owns it; `rare` is what remote.c keeps of it */
    TASK_MARKS = TASK_CANCELLED | TASK_LATE,
};

/* Parts of `attempt`: how often the record was lost before with who ran it, then the node that ran
 * it, if it was another than this, then: it needs no certain place any more (place.h). */
enum { TASK_LOSSES = 0xf, TASK_MAKER = 0x1ff0, TASK_MAKER_SHIFT = 4, TASK_DECIDED = 0x8000 };

enum {
    TASK_RUNS = 255,        /* `outcome` of a record that has begun, */
    TASK_AWAY = 254,        /* of one whose result is with another process (away.h), */
    TASK_LENT = 253,        /* of one that another process runs */
    TASK_CLAIMED = 1 << 30, /* in `deps`: cancelled while it waited for inputs; the last of them
                               ends a reference instead of making it ready */
};

/* Free records of one thread. Only that thread touches it. */
struct task_pool {
    struct dfl_task *free;     /* generated code pops and pushes here; linked through `rare` */
    uint64_t spawned;          /* generated code counts here what it pushes */
    struct dfl_task *returned; /* released the slow way: surplus goes to other threads in batches */
    uint32_t returned_count;
    struct dfl_task *fresh, *fresh_end; /* never used */
};

/* A fiber that waits for tasks: for all of them, or for some. */
struct task_fan {
    _Atomic int64_t left; /* tasks that have not told: none looks at the fan once it has */
    _Atomic int64_t need; /* of some: how many must still tell */
    bool some;
    struct dfl_fiber *fiber;
    uint64_t ticket; /* of its wait */
};

/* An element of a list of waiters: TASK_FAN or TASK_MANY. */
struct task_wait {
    _Alignas(16) void *next;
    void *who; /* struct task_fan or struct dfl_task */
};

/* One more. Only the pool's thread counts, but others look. */
static inline void task_count_spawned(struct task_pool *pool)
{
    __atomic_store_n(&pool->spawned, pool->spawned + 1, __ATOMIC_RELAXED);
}

/* The rows of the program; before any record exists. They must outlive all records. */
void task_init(const struct dfl_program *);
/* Unmaps all records, wherever they are. */
void task_fini(void);
/* Pools of a thread that ends, for others to use. */
void task_pool_fini(struct task_pool *);
/* Records carved so far, the most that ever were alive at once (in batches of a thread's pool). */
uint64_t task_peak(void);
/* Records not free. All threads must be quiet, their pools ended. */
uint64_t task_live(void);

extern const struct dfl_fn *task_fns; /* of the program */

static inline const struct dfl_fn *task_fn(const struct dfl_task *task)
{
    return &task_fns[task->fn];
}

/* Flags change on other threads, so each look at them is atomic. */
static inline bool task_is_marked(const struct dfl_task *task, uint8_t flags)
{
    return __atomic_load_n(&task->flags, __ATOMIC_RELAXED) & flags;
}
/* A row by its number; NULL: there is none. */
const struct dfl_fn *task_row(uint64_t fn);

static inline bool task_is_done(const struct dfl_task *task)
{
    return atomic_load_explicit(&task->state, memory_order_acquire) == TASK_DONE;
}

static inline uint16_t task_losses(const struct dfl_task *task)
{
    return task->attempt & TASK_LOSSES;
}

/* Tasks that are given its future ask for it, on any thread. 0: this node, or it is not known. */
static inline uint32_t task_maker(const struct dfl_task *task)
{
    uint16_t attempt = __atomic_load_n(&task->attempt, __ATOMIC_RELAXED);
    return (uint32_t)(attempt & TASK_MAKER) >> TASK_MAKER_SHIFT;
}

/* By whoever has the record, before it is done. */
static inline void task_set_maker(struct dfl_task *task, uint32_t node)
{
    uint16_t others = task->attempt & (uint16_t)~TASK_MAKER;
    __atomic_store_n(&task->attempt, (uint16_t)(others | node << TASK_MAKER_SHIFT),
                     __ATOMIC_RELAXED);
}

static inline bool task_is_decided(const struct dfl_task *task)
{
    return task->attempt & TASK_DECIDED;
}

static inline void task_decide(struct dfl_task *task)
{
    __atomic_store_n(&task->attempt, task->attempt | TASK_DECIDED, __ATOMIC_RELAXED);
}

/* Whether its arguments may go to another process, to be run there. */
static inline bool task_can_travel(const struct dfl_task *task)
{
    return task_fn(task)->flags & DFL_FN_ROAMS &&
           !(task->flags & (TASK_FOREIGN | TASK_STAY | TASK_CANCELLED));
}

/* Pure and held by its execution alone: nobody can tell whether it runs. */
bool task_is_forgotten(const struct dfl_task *);
/* Adds a waiter (tagged) with its next link at *next. False: the task is done already. */
bool task_add_waiter(struct dfl_task *, uintptr_t waiter, void **next);
/* Takes a TASK_FAN node out again. False: whoever completed the task has it, or had it. *missed:
 * a list that the caller must wake, since the task was done meanwhile; 0 if there is none. */
bool task_remove_waiter(struct dfl_task *, struct task_wait *, uintptr_t *missed);
/* Shows the waiters of a task, the last that came first, until `each` gives false; for the one who
 * alone will complete it. Returns the first. */
uintptr_t task_each_waiter(struct dfl_task *, bool (*each)(void *user, uintptr_t waiter),
                           void *user);
/* The value of a record that has run, for its sole holder, as dfl_task_take() gives it; the record
 * is free afterwards. Its arguments have ended before. */
struct dfl_error *task_take_last(struct task_pool *, struct dfl_task *, void *out);
/* True if `args` of a record with these is a block that holds them. */
static inline bool task_args_boxed(const struct dfl_type *args)
{
    return args->size > sizeof((struct dfl_task *)NULL)->args;
}
/* Where the arguments are, until they end: of the type task_fn(task)->args. */
const void *task_args(const struct dfl_task *);
/* What a row's records hold once it went well: the T of a T! that the outcome tells apart, else the
 * result of the row. It lies in the word `result`, or in a block if it is larger. */
const struct dfl_type *task_held_type(const struct dfl_fn *);
static inline bool task_held_boxed(const struct dfl_type *held)
{
    return held->size > sizeof((struct dfl_task *)NULL)->result;
}
/* That value, of a record whose outcome is DFL_VALUE or DFL_PLAIN; else its error. */
const void *task_held(const struct dfl_task *);
struct dfl_error *task_error(const struct dfl_task *);
/* Makes the counts in the result of a record that has run shared: others will see it. */
void task_share_result(struct dfl_task *);
/* Ends the result of a record that has one. */
void task_drop_result(struct dfl_task *);
/* True if a record that has run failed or gave an err. */
bool task_is_wrong(const struct dfl_task *);
/* Ends the arguments of a record that has run, or never will. */
void task_drop_args(struct dfl_task *);

/* A record by the pool of its thread. */
struct dfl_task *task_new(struct task_pool *);
/* Ends one reference. May run any amount of dropping, but never deeper than a few frames. */
void task_release(struct task_pool *, struct dfl_task *);

/* The pool of a thread that is no worker, and the calling worker's otherwise. The address must not
 * be kept across anything that may park. */
struct task_pool *task_pool_here(void);
/* Names the calling thread's pool; NULL: it is a worker no more. */
void task_pool_enter(struct task_pool *);

#endif
