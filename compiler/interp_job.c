/* interp_job.c - tasks that run later, each on a coroutine of its own or, where nothing can tell
 * the difference, on that of the first who waits for it. Here are the runs of one after the other
 * that
 * @retry asks for, and how a job ends early: it is told where it parks, or computes long.
 *
 * Time is virtual, but for a job with a time limit: what it computes takes as long as it does. */
#include "interp_core.h"

#include "attr.h"
#include "block.h"
#include "clock.h"
#include "error.h"
#include "helper.h"

#include <stdlib.h>

enum { POLL_EVERY = 256 }; /* calls and rounds between looks at the clock */

/* Its memory is one allocation. */
struct job {
    struct coro *coro; /* that will run it, or runs it */
    struct cell *cell;
    struct closure callee;
    struct instance *spawner;
    struct node *node;
    struct edge *edges;
    char *locals;
    const struct dfl_policy *policy; /* or NULL */
    struct job *outer;               /* on the same coroutine */
    int64_t deadline;                /* of this run; INT64_MAX: none */
    struct gate *gate;               /* of its @limit, or NULL */
    bool started, cancelled, ending;
    bool placed; /* it has a place of the gate */
};

/* ---- ending early ---- */

void job_cancel(struct job *job)
{
    job->cancelled = true;
    task_see(job->cell);
    if (job->started)
        coro_wake(job->coro);
    else if (job->gate && !job->placed && gate_withdraw(job->gate, job))
        coro_ready(job->coro);
}

void job_raise(struct job *job)
{
    coro_raise(job->coro);
}

void job_admit(struct job *job)
{
    job->placed = job->gate != NULL;
    coro_ready(job->coro);
}

static void leave_gate(struct job *job)
{
    if (job->placed)
        gate_leave(job->gate);
    job->placed = false;
}

void job_lend(struct interp *in)
{
    if (in->job)
        leave_gate(in->job);
}

void job_return(struct interp *in)
{
    if (in->job && in->job->gate && !in->job->placed)
        in->job->placed = gate_return(in, in->job->gate);
}

bool job_is_ending(const struct interp *in)
{
    return in->job && in->job->ending;
}

struct dfl_error *job_interrupt(struct interp *in)
{
    struct job *job = in->job;
    if (!job || (!job->cancelled && in->now < job->deadline))
        return NULL;
    job->ending = true;
    if (job->cancelled)
        return error_new(DFL_FAIL_cancelled, "%s", dfl_fail_text(DFL_FAIL_cancelled));
    return error_late(job->policy->timeout);
}

void job_park(struct interp *in, int64_t wake)
{
    coro_park(in, in->job && in->job->deadline < wake ? in->job->deadline : wake);
}

enum flow job_poll(struct frame *f, struct node *at)
{
    struct interp *in = f->in;
    if (!in->job || in->job->deadline == INT64_MAX)
        return FLOW_ON;
    if (!in->job->ending) { /* else its failure may have been put into a future */
        if (++in->polls % POLL_EVERY || clock_now() - in->since < in->job->deadline - in->now)
            return FLOW_ON;
        in->now = in->job->deadline;
    }
    struct dfl_site site = frame_site(f, at);
    return frame_fail(f, dfl_error_at(job_interrupt(in), &site));
}

/* ---- runs ---- */

static struct dfl_error *call(struct interp *in, struct job *job, char *locals)
{
    struct frame f = {.in = in, .instance = job->spawner};
    const struct dfl_type *type;
    void *place = task_place(job->cell, &type);
    return task_run(&f, job->node, &job->callee, locals, type, place);
}

/* Other locals with the same arguments, on the value stack. */
static char *copy_arguments(struct interp *in, const struct job *job)
{
    const struct instance *inst = job->callee.instance;
    char *locals = call_locals(in, inst);
    for (uint32_t i = 0; i < inst->func->param_count; i++) {
        const struct slot *slot = &inst->slots[i];
        if (slot->type)
            copy(slot->type, locals + slot->offset, job->locals + slot->offset);
        else
            memcpy(locals + slot->offset, job->locals + slot->offset, sizeof(struct closure));
    }
    return locals;
}

static void drop_arguments(struct interp *in, struct job *job)
{
    struct frame unused = {.in = in, .instance = job->callee.instance, .locals = job->locals};
    frame_drop_locals(&unused);
}

/* Waits before another run; *e, or the value, is the outcome of the one before. */
static bool may_run_again(struct interp *in, struct job *job, int64_t attempt, struct dfl_error **e)
{
    const struct dfl_type *type;
    void *value = task_place(job->cell, &type);
    bool wrong = *e || (type->kind == DFL_RESULT && !holds_value(type, value));
    if (!wrong || attempt > job->policy->retries || job->cancelled)
        return false;
    job->ending = false;
    job->deadline = INT64_MAX;
    int64_t pause = job->policy->backoff;
    for (int64_t i = 1; i < attempt && pause < INT64_MAX / 2; i++)
        pause *= 2;
    leave_gate(job);
    struct dfl_error *cancelled = dfl_sleep(NULL, pause);
    if (!cancelled)
        job_return(in);
    if (*e)
        dfl_error_release(*e);
    else
        drop(type, value);
    *e = cancelled;
    return !cancelled;
}

static struct dfl_error *run_with_policy(struct interp *in, struct job *job)
{
    struct dfl_error *e = NULL;
    int64_t attempt = 0;
    do {
        char *mark = in->top, *locals = copy_arguments(in, job);
        if (job->policy->timeout)
            job->deadline = clock_later(in->now, job->policy->timeout);
        in->since = clock_now();
        e = call(in, job, locals);
        in->top = mark;
    } while (may_run_again(in, job, ++attempt, &e));
    return e;
}

static struct dfl_error *run_kept(struct interp *in, struct job *job)
{
    struct kept_call call = {.spawn = job->node, .callee = &job->callee, .locals = job->locals};
    call.value = task_place(job->cell, &call.type);
    if (kept_take(in, &call))
        return NULL;
    struct dfl_error *e = run_with_policy(in, job);
    if (!e)
        kept_give(in, &call);
    return e;
}

static struct dfl_error *run(struct interp *in, struct job *job)
{
    struct dfl_error *e = task_settle_edges(in, job->callee.instance, job->locals, job->edges);
    if (!e && !job->policy)
        return call(in, job, job->locals);
    if (!e)
        e = in->keeps && job->policy->checkpoint ? run_kept(in, job) : run_with_policy(in, job);
    drop_arguments(in, job);
    return e;
}

/* It was cancelled before it ran. */
static void skip(struct interp *in, struct job *job)
{
    for (struct edge *edge = job->edges; edge; edge = edge->next)
        drop(edge->type, edge->value);
    drop_arguments(in, job);
}

/* What ended it where it was not at work, before a run or between two, is told of its spawn. */
static struct dfl_error *place(struct interp *in, const struct job *job, struct dfl_error *e)
{
    struct frame f = {.in = in, .instance = job->spawner};
    struct dfl_site site = frame_spawn_site(&f, job->node);
    return dfl_error_at(e, &site);
}

static void job_run(struct interp *in, void *argument)
{
    struct job *job = argument;
    job->outer = in->job;
    job->coro = in->running;
    job->started = true;
    in->job = job;
    struct dfl_error *e = job_interrupt(in);
    if (e)
        skip(in, job);
    else
        e = run(in, job);
    leave_gate(job);
    in->job = job->outer;
    task_finish(job->cell, e ? place(in, job, e) : NULL);
    free(job);
}

/* ---- jobs ---- */

static size_t round_up(size_t bytes)
{
    return (bytes + 15) & ~(size_t)15;
}

static size_t edges_size(const struct edge *edge)
{
    size_t bytes = 0;
    for (; edge; edge = edge->next)
        bytes += round_up(sizeof *edge + edge->type->size);
    return bytes;
}

/* Moves the arguments from the value stack to the job. */
struct job *job_new(struct frame *spawner, struct node *spawn, struct cell *cell,
                    const struct closure *callee, char *locals, struct edge *edges)
{
    struct interp *in = spawner->in;
    size_t head = round_up(sizeof(struct job)), size = round_up(callee->instance->size);
    char *memory = malloc(head + size + edges_size(edges));
    if (!memory)
        block_exhausted(head + size);
    struct job *job = (struct job *)memory;
    *job = (struct job){.cell = cell,
                        .callee = *callee,
                        .spawner = spawner->instance,
                        .node = spawn,
                        .locals = memory + head,
                        .policy = policy_of_spawn(&in->arena, spawn),
                        .deadline = INT64_MAX};
    memcpy(job->locals, locals, callee->instance->size);
    memory += head + size;
    struct edge **last = &job->edges;
    for (; edges; edges = edges->next) {
        *last = memcpy(memory, edges, sizeof *edges + edges->type->size);
        memory += round_up(sizeof *edges + edges->type->size);
        (*last)->next = NULL;
        last = &(*last)->next;
    }
    job->coro = coro_new(in, job_run, job);
    if (job->policy)
        coro_set_priority(job->coro, job->policy->prio);
    if (job->policy && job->policy->group)
        job->gate = gate_get(in, job->policy->group, job->policy->limit);
    if (!job->gate || gate_enter(job->gate, job))
        job_admit(job);
    return job;
}

/* Where tasks may end early each has a coroutine, so that none holds up another. */
bool job_claim(struct interp *in, struct job *job)
{
    if (in->program->ends_tasks || job->started || job->policy || !coro_claim(in, job->coro))
        return false;
    job_run(in, job);
    return true;
}
