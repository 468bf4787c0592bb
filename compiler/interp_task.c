/* interp_task.c - spawn and await. A pure spawn is evaluated on the spot, and its future is
 * settled: it holds a value, or a failure that comes to light where it is awaited. An io task, and
 * what waits for one as an input, becomes a coroutine.
 *
 * The value library retains and releases futures through the calls of dfl.h for tasks, which the
 * scheduler implements for compiled programs. Here they are this file's: a future is a `cell`. */
#include "interp_core.h"

#include "block.h"
#include "error.h"
#include "helper.h"
#include "stream.h"
#include "value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct cell {
    struct dfl_task task; /* its state and refs are used */
    struct interp *in;
    const struct dfl_type *type; /* of the value */
    struct dfl_error *failure;   /* NULL: a value, once it is settled */
    const char *name;            /* of the function */
    struct dfl_site site;        /* of the spawn */
    struct coro *waiters;
    struct job *job; /* while it has not started */
    struct cell *next_unseen;
    bool io, seen;
    _Alignas(16) char value[];
};

/* A call that runs later: what was spawned, with its arguments. Its memory is one allocation. */
struct job {
    struct coro *coro;
    struct cell *cell;
    struct closure callee;
    struct instance *spawner;
    struct node *node;
    struct edge *edges;
    char *locals;
};

/* ---- cells ---- */

static struct cell *cell_of(const struct dfl_task *task)
{
    return (struct cell *)task;
}

static struct cell *cell_new(struct frame *f, struct node *n, struct instance *callee,
                             const struct dfl_type *type)
{
    struct cell *c = calloc(1, sizeof *c + type->size);
    if (!c)
        block_exhausted(sizeof *c + type->size);
    c->in = f->in;
    c->type = type;
    c->name = callee->symbol->name;
    c->site = frame_site(f, n);
    if (names_is_rounds(callee->symbol))
        c->site.line = 0;
    c->io = callee->func->flags & FUNC_IO;
    atomic_init(&c->task.refs, 1);
    f->in->cells++;
    return c;
}

void dfl_task_retain(struct dfl_task *task)
{
    atomic_fetch_add_explicit(&task->refs, 1, memory_order_relaxed);
}

uint64_t task_let_go(struct dfl_task **tasks, uint64_t count)
{
    uint64_t left = 0;
    for (uint64_t i = 0; i < count; i++)
        if (tasks[i] && atomic_fetch_sub_explicit(&tasks[i]->refs, 1, memory_order_relaxed) == 1)
            tasks[left++] = tasks[i];
    return left;
}

void task_end(struct dfl_task *task)
{
    struct cell *c = cell_of(task);
    assert(task_settled(task));
    c->in->cells--;
    if (c->failure)
        dfl_error_release(c->failure);
    else
        drop(c->type, c->value);
    free(c);
}

void dfl_task_release(struct dfl_fiber *fiber, struct dfl_task *task)
{
    (void)fiber;
    if (task_let_go(&task, 1))
        task_end(task);
}

bool task_settled(const struct dfl_task *task)
{
    return atomic_load_explicit(&task->state, memory_order_relaxed);
}

/* Adds where the task was spawned to an owned failure, in the words of dfl_error_link(). */
static struct dfl_error *link_error(const struct cell *c, struct dfl_error *e)
{
    char link[256];
    if (c->site.line == 0)
        return e;
    snprintf(link, sizeof link, "%s, spawned at %s:%u", c->name, c->site.file, c->site.line);
    return error_link(e, link);
}

/* ---- waiting ---- */

static void job_run(struct interp *, void *job);

static void wait_for(struct interp *in, struct cell *c)
{
    while (!task_settled(&c->task)) {
        if (c->job && coro_claim(in, c->job->coro)) {
            job_run(in, c->job);
            continue;
        }
        *coro_link(in->running) = c->waiters;
        c->waiters = in->running;
        coro_park(in);
    }
}

/* The value of a settled cell, or its failure. */
static struct dfl_error *take(struct cell *c, void *out)
{
    c->seen = true;
    if (!c->failure) {
        copy(c->type, out, c->value);
        return NULL;
    }
    dfl_error_retain(c->failure);
    return link_error(c, c->failure);
}

static struct dfl_error *settle(struct interp *, const struct dfl_type *from, const void *value,
                                const struct dfl_type *to, void *out);

static struct dfl_error *settle_future(struct interp *in, const struct dfl_type *from,
                                       struct dfl_task *task, const struct dfl_type *to, void *out)
{
    struct cell *c = cell_of(task);
    wait_for(in, c);
    if (from->elem == to)
        return take(c, out);
    char *mark = in->top, *value = temp(in, from->elem->size); /* futures in a future's value */
    struct dfl_error *e = take(c, value);
    if (!e) {
        e = settle(in, from->elem, value, to, out);
        drop(from->elem, value);
    }
    in->top = mark;
    return e;
}

static struct dfl_error *settle_array(struct interp *in, const struct dfl_type *from,
                                      const struct dfl_view *array, const struct dfl_type *to,
                                      struct dfl_view *out)
{
    struct dfl_view made;
    struct dfl_error *e = NULL;
    char *mark = in->top, *value = temp(in, to->elem->size);
    dfl_array_new(to->elem, &made, array->len);
    for (int64_t i = 0; i < array->len && !e; i++) {
        char *at = (char *)array->ptr + (uint64_t)i * from->elem->size;
        e = settle(in, from->elem, at, to->elem, value);
        if (!e)
            dfl_array_push(to->elem, &made, value);
    }
    in->top = mark;
    if (e)
        drop(to, &made);
    else
        *out = made;
    return e;
}

static struct dfl_error *settle_tuple(struct interp *in, const struct dfl_type *from,
                                      const char *value, const struct dfl_type *to, char *out)
{
    memset(out, 0, to->size);
    for (uint64_t i = 0; i < from->field_count; i++) {
        struct dfl_error *e = settle(in, from->fields[i].type, value + from->fields[i].offset,
                                     to->fields[i].type, out + to->fields[i].offset);
        if (!e)
            continue;
        while (i-- > 0)
            drop(to->fields[i].type, out + to->fields[i].offset);
        return e;
    }
    return NULL;
}

/* Waits for the futures in a lent value and gives it without them, or the first failure in order.
 */
static struct dfl_error *settle(struct interp *in, const struct dfl_type *from, const void *value,
                                const struct dfl_type *to, void *out)
{
    if (from == to) {
        copy(to, out, value);
        return NULL;
    }
    switch (from->kind) {
    case DFL_FUTURE:
        return settle_future(in, from, *(struct dfl_task *const *)value, to, out);
    case DFL_ARRAY:
        return settle_array(in, from, value, to, out);
    default:
        assert(from->kind == DFL_TUPLE);
        return settle_tuple(in, from, value, to, out);
    }
}

/* True if nothing in a value needs to be waited for. */
static bool is_settled(const struct dfl_type *from, const void *value)
{
    if (from->kind == DFL_FUTURE)
        return task_settled(*(struct dfl_task *const *)value);
    if (from->kind == DFL_ARRAY && from->elem->refs) {
        const struct dfl_view *array = value;
        for (int64_t i = 0; i < array->len; i++)
            if (!is_settled(from->elem, (char *)array->ptr + (uint64_t)i * from->elem->size))
                return false;
    }
    for (uint64_t i = 0; i < from->field_count; i++)
        if (!is_settled(from->fields[i].type, (const char *)value + from->fields[i].offset))
            return false;
    return true;
}

/* ---- running what was spawned ---- */

/* Puts the values of inputs into the callee's locals, in the order of its parameters; a failed one
 * is the failure of the task, which does not run. */
static struct dfl_error *settle_edges(struct interp *in, const struct instance *inst, char *locals,
                                      const struct edge *edge)
{
    struct dfl_error *e = NULL;
    for (; edge && !e; edge = edge->next) {
        const struct slot *slot = &inst->slots[edge->parameter];
        char *place = locals + slot->offset;
        e = settle(in, edge->type, edge->value, slot->type, place);
        if (e)
            memset(place, 0, slot->type->size);
    }
    return e;
}

static void drop_edges(struct edge *edge)
{
    for (; edge; edge = edge->next)
        drop(edge->type, edge->value);
}

/* Settles the inputs, runs the function, settles a future that it gives for the cell's type. */
static struct dfl_error *run(struct frame *f, struct node *n, const struct closure *callee,
                             char *locals, struct edge *edges, const struct dfl_type *type,
                             void *out)
{
    struct interp *in = f->in;
    struct instance *inst = callee->instance;
    struct dfl_error *e = settle_edges(in, inst, locals, edges);
    drop_edges(edges);
    if (e) {
        struct frame unused = {.in = in, .instance = inst, .locals = locals};
        frame_drop_locals(&unused);
        return e;
    }
    char *mark = in->top, *value = temp(in, inst->result->size);
    if (call_run(f, n, callee, locals, value) != FLOW_ON) {
        e = in->failure;
        in->failure = NULL;
    } else if (inst->result == type) {
        move(type, out, value);
    } else {
        e = settle(in, inst->result, value, type, out);
        drop(inst->result, value);
    }
    in->top = mark;
    return e;
}

/* ---- later ---- */

static void finish(struct interp *in, struct cell *c, struct dfl_error *failure)
{
    c->failure = failure;
    atomic_store_explicit(&c->task.state, 1, memory_order_relaxed);
    while (c->waiters) {
        struct coro *waiter = c->waiters;
        c->waiters = *coro_link(waiter);
        coro_ready(waiter);
    }
    if (failure && c->io) {
        dfl_task_retain(&c->task);
        c->next_unseen = in->unseen;
        in->unseen = c;
    }
    dfl_task_release(NULL, &c->task);
}

static void job_run(struct interp *in, void *argument)
{
    struct job *job = argument;
    struct frame f = {.in = in, .instance = job->spawner};
    job->cell->job = NULL;
    struct dfl_error *e = run(&f, job->node->spawn_.call, &job->callee, job->locals, job->edges,
                              job->cell->type, job->cell->value);
    finish(in, job->cell, e);
    free(job);
}

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

/* Moves the arguments from the value stack to a job of their own. */
static struct job *job_new(const struct closure *callee, const char *locals, struct edge *edges)
{
    size_t head = round_up(sizeof(struct job)), size = round_up(callee->instance->size);
    char *memory = malloc(head + size + edges_size(edges));
    if (!memory)
        block_exhausted(head + size);
    struct job *job = (struct job *)memory;
    *job = (struct job){.callee = *callee, .locals = memory + head};
    memcpy(job->locals, locals, callee->instance->size);
    memory += head + size;
    struct edge **last = &job->edges;
    for (; edges; edges = edges->next) {
        *last = memcpy(memory, edges, sizeof *edges + edges->type->size);
        memory += round_up(sizeof *edges + edges->type->size);
        (*last)->next = NULL;
        last = &(*last)->next;
    }
    return job;
}

static void spawn_later(struct frame *f, struct node *n, struct cell *c,
                        const struct closure *callee, char *locals, struct edge *edges)
{
    struct job *job = job_new(callee, locals, edges);
    job->cell = c;
    job->spawner = f->instance;
    job->node = n;
    dfl_task_retain(&c->task);
    c->job = job;
    job->coro = coro_new(f->in, job_run, job);
    coro_ready(job->coro);
}

/* ---- entries ---- */

static bool must_wait(const struct instance *callee, const struct edge *edge)
{
    uint32_t io_task = FUNC_IO | FUNC_TASK;
    if ((callee->func->flags & io_task) == io_task)
        return true;
    for (; edge; edge = edge->next)
        if (!is_settled(edge->type, edge->value))
            return true;
    return false;
}

static struct dfl_task *spawn_call(struct frame *f, struct node *n, const struct closure *callee,
                                   char *locals, struct edge *edges)
{
    const struct dfl_type *type = type_of(f, n->type)->elem;
    struct cell *c = cell_new(f, n, callee->instance, type);
    if (must_wait(callee->instance, edges)) {
        spawn_later(f, n, c, callee, locals, edges);
        return &c->task;
    }
    dfl_task_retain(&c->task);
    struct dfl_error *e = run(f, n->spawn_.call, callee, locals, edges, type, c->value);
    finish(f->in, c, e);
    return &c->task;
}

enum flow eval_spawn(struct frame *f, struct node *n, void *out)
{
    struct node *call = n->spawn_.call;
    char *mark = f->in->top;
    struct closure callee = call_target(f, call);
    char *locals = call_locals(f->in, callee.instance);
    struct edge *edges = NULL;
    enum flow flow = call_arguments(f, call, callee.instance, locals, n->spawn_.edges, &edges);
    if (flow == FLOW_ON)
        *(struct dfl_task **)out = spawn_call(f, n, &callee, locals, edges);
    else
        drop_edges(edges);
    f->in->top = mark;
    return flow;
}

/* Evaluates a value with futures in it and gives what `to` is of it. *failure: of a future. */
static enum flow await_value(struct frame *f, struct node *value, const struct dfl_type *to,
                             void *out, struct dfl_error **failure)
{
    const struct dfl_type *from = type_of(f, value->type);
    char *mark = f->in->top, *futures = temp(f->in, from->size);
    enum flow flow = eval(f, value, futures);
    if (flow == FLOW_ON) {
        *failure = settle(f->in, from, futures, to, out);
        drop(from, futures);
    }
    f->in->top = mark;
    return flow;
}

static enum flow eval_try_await(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->type), *from = type_of(f, n->await_.value->type);
    bool same = from->kind == DFL_FUTURE && from->elem == t; /* a future T!: no T!! */
    struct dfl_error *e = NULL;
    memset(out, 0, t->size);
    enum flow flow = same ? await_value(f, n->await_.value, t, out, &e)
                          : await_value(f, n->await_.value, t->elem, payload(t, out), &e);
    if (flow != FLOW_ON)
        return flow;
    if (e && !f->instance->io && !dfl_fail_repeatable(e->kind))
        return frame_fail(f, e);
    if (e)
        memset(out, 0, t->size);
    if (e || !same)
        *(struct dfl_error **)out = e;
    return FLOW_ON;
}

enum flow eval_await(struct frame *f, struct node *n, void *out)
{
    if (n->await_.is_try)
        return eval_try_await(f, n, out);
    struct dfl_error *e = NULL;
    enum flow flow = await_value(f, n->await_.value, type_of(f, n->type), out, &e);
    return e ? frame_fail(f, e) : flow;
}

enum flow eval_delegate(struct frame *f, struct node *n, void *out)
{
    struct dfl_error *e = NULL;
    enum flow flow = await_value(f, n->delegate_.value, type_of(f, n->type), out, &e);
    return e ? frame_fail(f, e) : flow;
}

void task_report_unseen(struct interp *in)
{
    while (in->unseen) {
        struct cell *c = in->unseen;
        in->unseen = c->next_unseen;
        if (!c->seen) {
            struct dfl_error *e = take(c, NULL);
            dfl_output_flush();
            dfl_error_report(stderr, e);
            dfl_error_release(e);
        }
        dfl_task_release(NULL, &c->task);
    }
}

/* ---- what C functions of the standard library ask of a scheduler ---- */

void dfl_blocking(struct dfl_fiber *fiber, void (*fn)(void *), void *arg)
{
    (void)fiber;
    fn(arg);
}

/* There is one thread: it waits for the world on the spot. */
bool helper_park(struct dfl_fiber *fiber, bool (*arm)(struct dfl_fiber *, void *), void *arg)
{
    (void)fiber, (void)arm, (void)arg;
    return false;
}

void helper_ready(struct dfl_fiber *fiber)
{
    (void)fiber;
    assert(!"nothing is parked");
}

void dfl_sleep(struct dfl_fiber *fiber, int64_t ns)
{
    (void)fiber;
    coro_sleep(coro_interp(), ns);
}
