/* interp_core.h - what the files of the interpreter share: its state, frames, and how a value
 * moves.
 *
 * Evaluation is eval(frame, node, out): on FLOW_ON an owned value of the node's type was written to
 * `out`, which was uninitialised memory before; on anything else nothing was written that anyone
 * must drop. Zeroed memory is a value that needs no drop, of any type.
 *
 * Values that C locals cannot hold live on the value stack, a bump allocator beside the C stack:
 * whoever takes from it resets it to where it was. */
#ifndef INTERP_CORE_H
#define INTERP_CORE_H

#include "checkpoint.h"
#include "interp.h"
#include "layout.h"

#include <string.h>

struct coro;
struct cell;
struct job;
struct stack;

/* How an evaluation ended. */
enum flow {
    FLOW_ON,       /* with a value */
    FLOW_FAIL,     /* the task fails with interp.failure */
    FLOW_RETURN,   /* the function's result is at frame.result */
    FLOW_BREAK,    /* out of the nearest loop */
    FLOW_CONTINUE, /* to its next round */
};

struct interp {
    struct program *program;
    struct layouts layouts;
    struct arena arena;        /* as long as the run */
    struct name_map constants; /* symbol -> struct constant */
    VEC(struct constant *) constant_list;
    struct instance **instances; /* hash table of `instance_room` */
    uint32_t instance_count, instance_room;

    struct dfl_error *failure; /* owned; valid while FLOW_FAIL travels */
    char *top, *top_end;       /* of the value stack of the running coroutine */
    char *stack_end;           /* the C stack must not come nearer to this */
    uint32_t fn_depth;         /* activations of plain functions on it */

    struct coro *running;
    struct job *job; /* the innermost that it runs; NULL: main, or a test */
    int64_t since;   /* real time at which it went on */
    uint32_t polls;
    struct coro *ready, **ready_last; /* in the order they became ready */
    VEC(struct coro *) sleeping;      /* a heap */
    uint64_t sleeps;
    struct stack *idle;       /* for the next coroutine */
    bool started;             /* there was a coroutine before */
    bool has_priorities;      /* of coroutines */
    VEC(struct gate *) gates; /* by group */
    int64_t now;              /* nanoseconds of virtual time */
    int64_t cells;            /* futures alive */
    int64_t unsettled;        /* of them, those that are not done */
    struct name_map futures;  /* type -> whether it may hold one */
    bool keeps;               /* results of @checkpoint tasks */
    uint64_t known_types;     /* that values can be written of */
    struct stack *host;       /* of the scheduling loop */
};

/* Where a local lives in its frame. */
struct slot {
    uint32_t offset;
    bool by_place;               /* a `var` parameter: the slot holds the address of the caller's */
    const struct dfl_type *type; /* NULL: a struct closure, or nothing (of type never) */
};

/* A function for one choice of its type parameters. */
struct instance {
    struct symbol *symbol;
    struct func *func;
    struct types generics;
    struct instance *outer; /* of a lambda: the function around it */
    struct slot *slots;     /* by index of the local */
    uint32_t size;          /* bytes of locals */
    struct slot *captures;  /* of a lambda: by place in func->captures */
    uint32_t capture_size;
    const struct dfl_type *result;
    const struct dfl_type **parameters; /* descriptors of the generics, for C functions */
    void *shim;                         /* the C function of an extern of the library */
    const struct dfl_c_fn *c_fn;        /* of one that the program declares */
    bool wrap, io, counts_depth;
    struct name_map layouts; /* open type -> descriptor */
};

/* A function as a value: of parameters with function type, and what a call resolves to. */
struct closure {
    struct instance *instance;
    char *captures; /* lent; of a lambda */
};

struct frame {
    struct interp *in;
    struct instance *instance;
    char *locals;
    char *captures;
    void *result; /* where `return` puts its value */
};

/* -- interp_expr.c -- */
enum flow eval(struct frame *, struct node *, void *out);
/* What a name stands for: a local, constant or variant. */
enum flow eval_symbol(struct frame *, struct symbol *, void *out);
/* A call node of an operation of builtin.def. */
enum flow eval_builtin(struct frame *, struct node *, void *out);
/* Ends the values of module-level constants. */
void constants_drop(struct interp *);

/* -- interp_part.c -- */
enum flow eval_dot(struct frame *, struct node *, void *out);
enum flow eval_index(struct frame *, struct node *, void *out);
/* What a dot before an operation of builtin.def gives of a lent object; `n` has the result's type.
 */
void part_property(struct frame *, struct node *n, enum builtin which, const struct dfl_type *,
                   const void *object, void *out);

/* -- interp_flow.c -- */
/* eval() where a value of another type than `want`, which is unit then, is not wanted. */
enum flow eval_as(struct frame *, struct node *, const struct type *want, void *out);
enum flow eval_let(struct frame *, struct node *, void *out);
enum flow eval_block(struct frame *, struct node *, void *out);
enum flow eval_if(struct frame *, struct node *, void *out);
enum flow eval_match(struct frame *, struct node *, void *out);
enum flow eval_return(struct frame *, struct node *, void *out);
enum flow eval_break(struct frame *, struct node *, void *out);
enum flow eval_continue(struct frame *, struct node *, void *out);

/* -- interp_expect.c -- */
enum flow eval_expect(struct frame *, struct node *, void *out);

/* -- interp_frame.c -- */
/* The instance of a function, test or lambda; generics are concrete. `outer`: of a lambda. */
struct instance *instance_of(struct interp *, struct symbol *, struct types generics,
                             struct instance *outer);
const struct dfl_type *frame_open_layout(struct instance *, struct interp *, const struct type *);
/* `t` with the frame's type arguments put in. */
const struct type *frame_concrete(struct frame *, const struct type *t);
/* Address of a local's value (through the caller's place if it is a `var` parameter), and its slot.
 */
void *frame_local(struct frame *, const struct symbol *, const struct slot **);
void frame_drop_locals(struct frame *);
/* None in the standard library: what fails there gets the place of the call that leads there. */
struct dfl_site frame_site(const struct frame *, const struct node *);
struct dfl_site frame_spawn_site(const struct frame *, const struct node *);
/* FLOW_FAIL with this error, owned. */
enum flow frame_fail(struct frame *, struct dfl_error *);

/* The descriptor of a node's type. */
static inline const struct dfl_type *type_of(struct frame *f, const struct type *t)
{
    return t->layout ? t->layout : frame_open_layout(f->instance, f->in, t);
}

/* Ends the process: a value is larger than what calls leave free of the value stack. */
_Noreturn void frame_exhausted(uint64_t size);

/* Memory on the value stack for `size` bytes, aligned to 16. */
static inline void *temp(struct interp *in, uint64_t size)
{
    char *at = in->top;
    in->top += (size + 15) & ~(uint64_t)15;
    if (in->top > in->top_end)
        frame_exhausted(size);
    return at;
}

/* A value without size may have no place. */
static inline void move(const struct dfl_type *t, void *to, const void *from)
{
    if (t->size)
        memcpy(to, from, t->size);
}

/* One more owner of *from, at `to`. */
static inline void copy(const struct dfl_type *t, void *to, const void *from)
{
    memcpy(to, from, t->size);
    if (t->refs)
        dfl_copy(t, to);
}

static inline void drop(const struct dfl_type *t, void *value)
{
    if (t->refs)
        dfl_drop(t, value);
}

/* Replaces the value at `place` by *value, which is moved. */
void replace(const struct dfl_type *t, void *place, void *value);

static inline void *payload(const struct dfl_type *option_or_result, const void *value)
{
    return (char *)value + layout_payload(option_or_result);
}

/* True if a T? or T! holds a T. */
static inline bool holds_value(const struct dfl_type *t, const void *value)
{
    return t->kind == DFL_OPTION ? *(const uint8_t *)value : !*(struct dfl_error *const *)value;
}

/* -- interp_number.c -- */
bool number_is_float(const struct dfl_type *);
int64_t number_int(const struct dfl_type *, const void *); /* of any integer, bool, duration */
void number_put_int(const struct dfl_type *, void *out, int64_t);
enum flow number_negate(struct frame *, struct node *, const struct dfl_type *, const void *value,
                        void *out);
enum flow number_cast(struct frame *, struct node *, const struct dfl_type *from, const void *value,
                      void *out);
/* a op b, for any type of data. */
bool number_compare(enum op, const struct dfl_type *left, const void *a,
                    const struct dfl_type *right, const void *b);
/* The operator of `node` (binary or assign) on two values of any type that has it; both lent. */
enum flow number_operate(struct frame *, struct node *, enum op, const struct dfl_type *left,
                         const void *a, const struct dfl_type *right, const void *b, void *out);

/* -- interp_pattern.c -- */
/* Matches a lent value; binds copies. A pattern that does not match may have bound some. */
bool pattern_match(struct frame *, struct node *pattern, const void *value);
/* Ends the values that a pattern has bound; harmless if it has not. */
void pattern_unbind(struct frame *, struct node *pattern);

/* -- interp_loop.c -- */
enum flow eval_for(struct frame *, struct node *, void *out);
enum flow eval_while(struct frame *, struct node *, void *out);
enum flow eval_comp(struct frame *, struct node *, void *out);

/* -- interp_place.c -- */
enum flow eval_assign(struct frame *, struct node *, void *out);
/* The operands of a place, evaluated, in the order in which place_find needs them. */
struct key {
    struct key *next;
    const struct dfl_type *type;
    char value[];
};
/* Evaluates the indices within a place; the keys are on the value stack. */
enum flow place_keys(struct frame *, struct node *, struct key ***last);
void place_drop_keys(struct key *);
/* Address of the place, made unique all the way, or NULL and interp.failure is set. */
void *place_find(struct frame *, struct node *, struct key **keys);

/* -- interp_call.c -- */
enum flow eval_call(struct frame *, struct node *, void *out);
/* An argument of a spawned call that is a future, or holds some, where the parameter is not. */
struct edge {
    struct edge *next;
    const struct dfl_type *type;
    uint32_t parameter;
    _Alignas(16) char value[];
};
/* Zeroed memory for a callee's locals. */
char *call_locals(struct interp *, const struct instance *);
struct closure call_target(struct frame *, struct node *call);
/* Evaluates the arguments of a call into the callee's locals, or bit i of `edges` set, to a list at
 * *waits on the value stack. Unless all goes on, the locals are dropped; what is listed is not. */
enum flow call_arguments(struct frame *, struct node *call, struct instance *, char *locals,
                         uint64_t edges, struct edge **waits);
/* Runs a function whose locals hold its arguments, and drops them. `from`, `at`: the call. */
enum flow call_run(struct frame *from, struct node *at, const struct closure *, char *locals,
                   void *out);
void *shim_find(const char *symbol); /* generated table: shims.def */

/* -- interp_task.c -- */
enum flow eval_spawn(struct frame *, struct node *, void *out);
enum flow eval_await(struct frame *, struct node *, void *out);
enum flow eval_delegate(struct frame *, struct node *, void *out);
/* The value of a settled future, as `await` or `try await` gives it. */
enum flow task_value(struct frame *, struct node *, struct dfl_task *, bool is_try,
                     const struct dfl_type *, void *out);
enum flow eval_cancel(struct frame *, struct node *, void *out);
enum flow eval_detach(struct frame *, struct node *, void *out);
bool task_settled(const struct dfl_task *);
/* Puts the values of inputs into the callee's locals, and drops the inputs; or gives the failure of
 * the first that failed. */
struct dfl_error *task_settle_edges(struct interp *, const struct instance *, char *locals,
                                    struct edge *);
/* Runs the function, and settles a future that it gives for a value of `type`. */
struct dfl_error *task_run(struct frame *, struct node *call, const struct closure *, char *locals,
                           const struct dfl_type *, void *out);
/* Where a cell's value goes, its type; settles it. */
void *task_place(struct cell *, const struct dfl_type **);
/* Its failure is not reported. */
void task_see(struct cell *);
void task_finish(struct cell *, struct dfl_error *failure);
/* The value of a settled future, lent; NULL: it has failed. */
const void *task_look(const struct dfl_task *);
/* A future that is settled with the value, zero so far, at *value. */
struct dfl_task *task_made(struct interp *, const struct dfl_type *, void **value);

/* -- interp_checkpoint.c -- */
/* A spawned call whose result is kept. */
struct kept_call {
    struct node *spawn;
    const struct closure *callee;
    const char *locals; /* with its arguments */
    const struct dfl_type *type;
    char *value; /* the place of its result */
    struct checkpoint_key key;
    bool has_key;
};
/* Before it runs: waits for the futures in its arguments. True: an earlier run has kept the result,
 * which is in its place. */
bool kept_take(struct interp *, struct kept_call *);
/* After it has run, with a value in its place: keeps that, unless it is an err. */
void kept_give(struct interp *, const struct kept_call *);

/* -- interp_settled.c -- */
/* True if nothing in a value needs to be waited for; false too if that is not easily seen. */
bool value_is_settled(struct interp *, const struct dfl_type *, const void *value);

/* -- interp_gate.c -- */
struct gate;
/* How many of a group run at once; `most` is the same at each call. */
struct gate *gate_get(struct interp *, int64_t group, int64_t most);
/* True: there is a place. False: job_admit() is called when there is one. */
bool gate_enter(struct gate *, struct job *);
void gate_leave(struct gate *);
/* Waits for a place, before those that have not begun. False: the job at work is to end. */
bool gate_return(struct interp *, struct gate *);
/* Takes a job out of the line; false: it is not there. */
bool gate_withdraw(struct gate *, struct job *);

/* -- interp_select.c -- */
enum flow eval_select(struct frame *, struct node *, void *out);

/* -- interp_job.c -- */
/* A call that runs later: what was spawned, with its arguments. */
struct job *job_new(struct frame *spawner, struct node *spawn, struct cell *,
                    const struct closure *, char *locals, struct edge *);
/* Does the work of a job that has not started here and now. False: it must wait for its turn. */
bool job_claim(struct interp *, struct job *);
void job_cancel(struct job *);
/* Someone waits for it, or it has stood in line for a place: it goes behind others no longer. */
void job_raise(struct job *);
/* It has its place and may begin. */
void job_admit(struct job *);
/* The job at work is about to wait for others, and does so no longer: it has no place meanwhile. */
void job_lend(struct interp *);
void job_return(struct interp *);
/* The failure with which the job at work is to end, owned; NULL: it goes on. */
struct dfl_error *job_interrupt(struct interp *);
/* True once it was told to. */
bool job_is_ending(const struct interp *);
/* Parks until someone wakes the coroutine, or until a time; in any case when the job is to end. */
void job_park(struct interp *, int64_t wake);
/* Where tasks loop and functions are called: fails if the job at work has computed too long. */
enum flow job_poll(struct frame *, struct node *);

/* -- interp_coro.c -- */
struct coro *coro_new(struct interp *, void (*body)(struct interp *, void *), void *argument);
/* Puts a coroutine at the end of those that are ready. */
void coro_ready(struct coro *);
/* Before it is ready for the first time: it goes before those with less. */
void coro_set_priority(struct coro *, int64_t priority);
/* If it goes behind others, it does so no longer. */
void coro_raise(struct coro *);
/* Takes a coroutine that has not started, and is first in line, away: the caller does its work. */
bool coro_claim(struct interp *, struct coro *);
/* Lets others run until coro_wake() is called for this one, or until a time; INT64_MAX: none. */
void coro_park(struct interp *, int64_t wake);
/* Makes it go on if it is parked. */
void coro_wake(struct coro *);
/* Runs until nothing is ready and nobody sleeps; then ends all stacks. */
void coro_loop(struct interp *);
/* The program that runs; NULL: none. For calls from C that carry no context. */
struct interp *coro_interp(void);

/* -- interp_command.c -- */
/* Waits for something to happen to a program of others, or for so many nanoseconds (negative:
 * without end). Gives the time that has passed. */
int64_t command_wait(int64_t ns);

/* -- interp.c -- */
/* What the first coroutine is to do, and how it ended. */
struct run {
    const struct interp_options *options;
    int argc;
    char **argv;
    int status;
};
/* Runs body(in, run) as the first coroutine, and all that it leads to; gives run->status. */
int interp_go(struct program *, void (*body)(struct interp *, void *), struct run *);
/* Calls a function or test from no place in the program. */
enum flow interp_call(struct interp *, struct symbol *, char *locals, void *out);
/* The failure that FLOW_FAIL brought, owned. */
struct dfl_error *interp_take_failure(struct interp *);

#endif
