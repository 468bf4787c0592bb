/* interp_task.c - spawn and await. A pure spawn is evaluated on the spot, and its future is
 * settled: it holds a value, or a failure that comes to light where it is awaited. An io task, and
 * what is given the future of one that is not done, becomes a coroutine.
 *
 * The value library retains and releases futures through the calls of dfl.h for tasks, which the
 * scheduler implements for compiled programs. Here they are this file's: a future is a `cell`. */
#include "interp_core.h"

#include "block.h"
#include "clock.h"
#include "error.h"
#include "helper.h"
#include "select.h"
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
    struct waiter *waiters;
    struct job *job; /* that will settle it; NULL: it is settled */
    bool io, seen;
    _Alignas(16) char value[];
};

/* A coroutine that waits for a cell; on its stack. */
struct waiter {
    struct waiter *next, **link; /* link NULL: in no list */
    struct coro *coro;
};

/* ---- cells ---- */

static struct cell *cell_of(const struct dfl_task *task)
{
    return (struct cell *)task;
}

/* Held once. */
static struct cell *cell_alloc(struct interp *in, const struct dfl_type *type)
{
    struct cell *c = calloc(1, sizeof *c + type->size);
    if (!c)
        block_exhausted(sizeof *c + type->size);
    c->in = in;
    c->type = type;
    atomic_init(&c->task.refs, 1);
    in->cells++;
    return c;
}

static struct cell *cell_new(struct frame *f, struct node *n, struct instance *callee,
                             const struct dfl_type *type)
{
    struct cell *c = cell_alloc(f->in, type);
    c->name = callee->symbol->name;
    c->site = frame_spawn_site(f, n);
    if (names_is_rounds(callee->symbol))
        c->site.line = 0;
    c->io = callee->func->flags & FUNC_IO;
    return c;
}

void dfl_task_retain(struct dfl_task *task)
{
    atomic_fetch_add_explicit(&task->refs, 1, memory_order_relaxed);
}

/* What a job that ends held last is cancelled, if it is io or waits for something. */
static bool let_go(struct dfl_task *task)
{
    struct cell *c = cell_of(task);
    if (c->job && atomic_load_explicit(&task->refs, memory_order_relaxed) == 2 &&
        job_is_ending(c->in))
        job_cancel(c->job);
    return atomic_fetch_sub_explicit(&task->refs, 1, memory_order_relaxed) == 1;
}

uint64_t task_let_go(struct dfl_task **tasks, uint64_t count)
{
    uint64_t left = 0;
    for (uint64_t i = 0; i < count; i++)
        if (tasks[i] && let_go(tasks[i]))
            tasks[left++] = tasks[i];
    return left;
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

/* Tells of a failure that nobody can look at any more; releases it. */
static void report_detached(const struct cell *c)
{
    struct dfl_error *e = link_error(c, c->failure);
    dfl_output_flush();
    dfl_error_report(stderr, e);
    dfl_error_release(e);
}

void task_end(struct dfl_task *task)
{
    struct cell *c = cell_of(task);
    assert(task_settled(task));
    c->in->cells--;
    if (c->failure && c->io && !c->seen)
        report_detached(c);
    else if (c->failure)
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

/* ---- waiting ---- */

static void enlist(struct waiter *w, struct cell *c, struct coro *coro)
{
    *w = (struct waiter){.next = c->waiters, .link = &c->waiters, .coro = coro};
    if (w->next)
        w->next->link = &w->next;
    c->waiters = w;
    job_raise(c->job);
}

static void delist(struct waiter *w)
{
    if (!w->link)
        return;
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    w->link = NULL;
}

/* NULL, or the failure with which the job that waits is to end. */
static struct dfl_error *wait_for(struct interp *in, struct cell *c)
{
    struct dfl_error *e = NULL;
    while (!task_settled(&c->task) && !(e = job_interrupt(in))) {
        if (job_claim(in, c->job))
            continue;
        struct waiter w;
        enlist(&w, c, in->running);
        job_lend(in);
        job_park(in, INT64_MAX);
        delist(&w);
    }
    job_return(in);
    return e;
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
    struct dfl_error *e = wait_for(in, c);
    if (e || from->elem == to)
        return e ? e : take(c, out);
    char *mark = in->top, *value = temp(in, from->elem->size); /* futures in a future's value */
    e = take(c, value);
    if (!e) {
        e = settle(in, from->elem, value, to, out);
        drop(from->elem, value);
    }
    in->top = mark;
    return e;
}

/* Waits for the futures in a value, but not for those in their values. With `see` their failures
 * are not told any more. */
static struct dfl_error *wait_for_all(struct interp *in, const struct dfl_type *from,
                                      const void *value, bool see)
{
    struct dfl_error *e = NULL;
    if (from->kind == DFL_FUTURE) {
        struct cell *c = cell_of(*(struct dfl_task *const *)value);
        e = wait_for(in, c);
        c->seen |= see && !e;
    } else if (from->kind == DFL_ARRAY && from->elem->refs) {
        const struct dfl_view *array = value;
        for (int64_t i = 0; i < array->len && !e; i++)
            e = wait_for_all(in, from->elem, (char *)array->ptr + (uint64_t)i * from->elem->size,
                             see);
    }
    return e;
}

static struct dfl_error *settle_array(struct interp *in, const struct dfl_type *from,
                                      const struct dfl_view *array, const struct dfl_type *to,
                                      struct dfl_view *out)
{
    struct dfl_view made;
    struct dfl_error *e = wait_for_all(in, from, array, true);
    if (e)
        return e;
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

/* ---- running what was spawned ---- */

static void drop_edges(struct edge *edge)
{
    for (; edge; edge = edge->next)
        drop(edge->type, edge->value);
}

/* Once all are there, in the order of the parameters. */
struct dfl_error *task_settle_edges(struct interp *in, const struct instance *inst, char *locals,
                                    struct edge *edges)
{
    struct dfl_error *e = NULL;
    for (struct edge *edge = edges; edge && !e; edge = edge->next)
        e = wait_for_all(in, edge->type, edge->value, false);
    for (struct edge *edge = edges; edge && !e; edge = edge->next) {
        const struct slot *slot = &inst->slots[edge->parameter];
        char *place = locals + slot->offset;
        e = settle(in, edge->type, edge->value, slot->type, place);
        if (e)
            memset(place, 0, slot->type->size);
    }
    drop_edges(edges);
    return e;
}

struct dfl_error *task_run(struct frame *f, struct node *n, const struct closure *callee,
                           char *locals, const struct dfl_type *type, void *out)
{
    struct interp *in = f->in;
    struct instance *inst = callee->instance;
    struct dfl_error *e = NULL;
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

/* ---- the end of a task ---- */

void *task_place(struct cell *c, const struct dfl_type **type)
{
    *type = c->type;
    return c->value;
}

void task_see(struct cell *c)
{
    c->seen = true;
}

void task_finish(struct cell *c, struct dfl_error *failure)
{
    if (c->job)
        c->in->unsettled--;
    c->job = NULL;
    c->failure = failure;
    atomic_store_explicit(&c->task.state, 1, memory_order_relaxed);
    while (c->waiters) {
        struct waiter *w = c->waiters;
        delist(w);
        coro_wake(w->coro);
    }
    dfl_task_release(NULL, &c->task);
}

const void *task_look(const struct dfl_task *task)
{
    const struct cell *c = cell_of(task);
    return c->failure ? NULL : c->value;
}

struct dfl_task *task_made(struct interp *in, const struct dfl_type *type, void **value)
{
    struct cell *c = cell_alloc(in, type);
    c->seen = true;
    c->name = "";
    *value = c->value;
    atomic_store_explicit(&c->task.state, 1, memory_order_relaxed);
    return &c->task;
}

/* ---- entries ---- */

/* What is kept waits for the futures in its arguments. */
static bool must_wait(struct interp *in, const struct instance *callee, const char *locals,
                      const struct edge *edge)
{
    if (callee->func->flags & FUNC_IO || (callee->func->keeps && in->keeps))
        return true;
    if (!in->unsettled)
        return false;
    for (; edge; edge = edge->next)
        if (!value_is_settled(in, edge->type, edge->value))
            return true;
    for (uint32_t i = 0; i < callee->func->param_count; i++) {
        const struct slot *slot = &callee->slots[i];
        if (slot->type && !value_is_settled(in, slot->type, locals + slot->offset))
            return true;
    }
    return false;
}

static struct dfl_task *spawn_call(struct frame *f, struct node *n, const struct closure *callee,
                                   char *locals, struct edge *edges)
{
    struct interp *in = f->in;
    const struct dfl_type *type = type_of(f, n->type)->elem;
    struct cell *c = cell_new(f, n, callee->instance, type);
    dfl_task_retain(&c->task);
    if (must_wait(in, callee->instance, locals, edges)) {
        in->unsettled++;
        c->job = job_new(f, n, c, callee, locals, edges);
        return &c->task;
    }
    struct dfl_error *e = task_settle_edges(in, callee->instance, locals, edges);
    if (e) {
        struct frame unused = {.in = in, .instance = callee->instance, .locals = locals};
        frame_drop_locals(&unused);
    } else {
        e = task_run(f, n, callee, locals, type, c->value);
    }
    task_finish(c, e);
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

/* An error that has a place keeps it. */
static enum flow fail_at(struct frame *f, struct node *n, struct dfl_error *e)
{
    struct dfl_site site = frame_site(f, n);
    return frame_fail(f, dfl_error_at(e, &site));
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
    if (e && (job_is_ending(f->in) || (!f->instance->io && !dfl_fail_repeatable(e->kind))))
        return fail_at(f, n, e);
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
    return e ? fail_at(f, n, e) : flow;
}

enum flow eval_delegate(struct frame *f, struct node *n, void *out)
{
    struct dfl_error *e = NULL;
    enum flow flow = await_value(f, n->delegate_.value, type_of(f, n->type), out, &e);
    return e ? fail_at(f, n, e) : flow;
}

enum flow task_value(struct frame *f, struct node *n, struct dfl_task *task, bool is_try,
                     const struct dfl_type *type, void *out)
{
    struct cell *c = cell_of(task);
    bool same = type == c->type;
    memset(out, 0, type->size);
    struct dfl_error *e = take(c, same ? out : payload(type, out));
    if (e && !is_try)
        return fail_at(f, n, e);
    if (e)
        *(struct dfl_error **)out = e;
    return FLOW_ON;
}

static void cancel(const struct dfl_type *type, const void *value)
{
    if (type->kind == DFL_FUTURE) {
        struct cell *c = cell_of(*(struct dfl_task *const *)value);
        if (c->job)
            job_cancel(c->job);
    } else if (type->kind == DFL_ARRAY) {
        const struct dfl_view *array = value;
        for (int64_t i = 0; i < array->len; i++)
            cancel(type->elem, (char *)array->ptr + (uint64_t)i * type->elem->size);
    } else {
        for (uint64_t i = 0; i < type->field_count; i++)
            cancel(type->fields[i].type, (const char *)value + type->fields[i].offset);
    }
}

/* Evaluates a value with futures in it, and lets go of it. */
static enum flow end_value(struct frame *f, struct node *value, bool cancels)
{
    const struct dfl_type *type = type_of(f, value->type);
    char *mark = f->in->top, *futures = temp(f->in, type->size);
    enum flow flow = eval(f, value, futures);
    if (flow == FLOW_ON && cancels)
        cancel(type, futures);
    if (flow == FLOW_ON)
        drop(type, futures);
    f->in->top = mark;
    return flow;
}

enum flow eval_cancel(struct frame *f, struct node *n, void *out)
{
    (void)out;
    return end_value(f, n->cancel_.value, true);
}

enum flow eval_detach(struct frame *f, struct node *n, void *out)
{
    (void)out;
    return end_value(f, n->detach_.value, false);
}

/* ---- what C functions of the standard library ask of a scheduler ---- */

struct dfl_error *dfl_blocking(struct dfl_fiber *fiber, struct helper_job *job)
{
    (void)fiber;
    job->fn(job);
    return NULL;
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

void helper_call(struct dfl_fiber *fiber, void (*fn)(void *), void *arg)
{
    (void)fiber;
    fn(arg);
}

struct dfl_error *dfl_sleep(struct dfl_fiber *fiber, int64_t ns)
{
    struct interp *in = coro_interp();
    struct dfl_error *e = NULL;
    (void)fiber;
    if (ns <= 0)
        return NULL;
    int64_t wake = clock_later(in->now, ns);
    while (in->now < wake && !(e = job_interrupt(in)))
        job_park(in, wake);
    return e;
}

/* ---- waiting for some ---- */

static int64_t count_settled(struct dfl_task *const *tasks, int64_t count)
{
    int64_t settled = 0;
    for (int64_t i = 0; i < count; i++)
        settled += task_settled(tasks[i]);
    return settled;
}

struct dfl_error *dfl_wait(struct dfl_fiber *fiber, struct dfl_task *const *tasks, int64_t count,
                           int64_t need, int64_t ns)
{
    struct interp *in = coro_interp();
    int64_t due = INT64_MAX;
    struct waiter *waiters = calloc((size_t)count + 1, sizeof *waiters);
    struct dfl_error *e = NULL;
    (void)fiber;
    if (!waiters)
        block_exhausted((uint64_t)count * sizeof *waiters);
    if (ns != SELECT_FOREVER && __builtin_add_overflow(in->now, ns < 0 ? 0 : ns, &due))
        due = INT64_MAX;
    while (in->now < due && count_settled(tasks, count) < (need < count ? need : count) &&
           !(e = job_interrupt(in))) {
        for (int64_t i = 0; i < count; i++)
            if (!task_settled(tasks[i]))
                enlist(&waiters[i], cell_of(tasks[i]), in->running);
        job_lend(in);
        job_park(in, due);
        for (int64_t i = 0; i < count; i++)
            delist(&waiters[i]);
    }
    job_return(in);
    free(waiters);
    return e;
}
