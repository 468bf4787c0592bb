/* gather.c - the values of an array of futures.
 *
 * One walk from the last future to the first, which is the order in which the own deque gives their
 * records back: each one that is still private runs on the spot and gives its value at once. What
 * others have taken is waited for together, and the walk goes on.
 *
 * An array that is given away and that nobody else sees is used up on the way: a record is free as
 * soon as its value was taken, and one that runs on the spot is never completed, since nobody could
 * look. If values are as wide as futures they replace them in the same block. */
#include <assert.h>

#include "array.h"
#include "await.h"
#include "block.h"
#include "cancel.h"
#include "error.h"
#include "value.h"
#include "worker.h"

struct gather {
    struct dfl_fiber *self;
    const struct dfl_type *elem;
    struct dfl_task *const *tasks;
    struct dfl_view *out;
    bool sole;                 /* the array of futures is used up */
    struct dfl_error *failure; /* of the lowest index so far */
    int64_t kept;              /* with a failure: values before this one are not kept */
};

static void settle(struct gather *g, int64_t i, struct dfl_error *failure)
{
    if (failure) {
        if (g->failure)
            dfl_error_release(g->failure);
        else
            g->kept = i + 1;
        g->failure = failure;
    } else if (g->failure) {
        dfl_drop(g->elem, array_at(g->elem, g->out, i));
    }
}

static bool is_last(const struct dfl_task *task, int32_t refs)
{
    return atomic_load_explicit(&task->refs, memory_order_acquire) == refs;
}

static void take(struct gather *g, int64_t i, struct dfl_task *task)
{
    void *place = array_at(g->elem, g->out, i);
    struct task_pool *pool = &g->self->worker->pool;
    struct dfl_error *failure;
    if (g->sole && is_last(task, 1)) {
        failure = task_take_last(pool, task, place);
    } else {
        failure = dfl_task_take(task, place);
        if (g->sole)
            task_release(pool, task);
    }
    settle(g, i, failure);
}

/* Runs and takes a record that is the newest of the own deque. With two references, the array's and
 * its execution's, nobody else can know of it. */
static bool take_newest(struct gather *g, int64_t i, struct dfl_task *task)
{
    if (!await_take_back(g->self, task))
        return false;
    if (cancel_is_marked(task)) {
        await_skip_here(g->self, task);
        take(g, i, task);
        return true;
    }
    await_run_body(g->self, task);
    if (g->sole && is_last(task, 2) && !(task_fn(task)->flags & DFL_FN_IO)) {
        assert(atomic_load_explicit(&task->state, memory_order_relaxed) == 0);
        await_drop_args(g->self, task);
        void *place = array_at(g->elem, g->out, i);
        settle(g, i, task_take_last(&g->self->worker->pool, task, place));
    } else {
        await_complete(g->self, task);
        take(g, i, task);
    }
    return true;
}

/* The task that waits is to end: futures below `left` were not looked at. */
static void leave(struct gather *g, int64_t left, struct dfl_error *failure)
{
    if (!g->failure)
        g->kept = left;
    else
        dfl_error_release(g->failure);
    g->failure = failure;
    for (int64_t i = 0; g->sole && i < left; i++)
        task_release(&g->self->worker->pool, g->tasks[i]);
}

static void walk(struct gather *g, int64_t count)
{
    for (int64_t i = count - 1; i >= 0; i--) {
        struct dfl_task *task = g->tasks[i];
        if (!task_is_done(task)) {
            if (take_newest(g, i, task))
                continue;
            struct dfl_error *failure = await_each(g->self, g->tasks, i + 1);
            if (failure) {
                leave(g, i + 1, failure);
                return;
            }
        }
        take(g, i, task);
    }
}

/* What was taken before the failure goes, and so does the place for the rest. */
static struct dfl_error *give_up(struct gather *g)
{
    for (int64_t i = g->kept; g->elem->refs && i < g->out->len; i++)
        dfl_drop(g->elem, array_at(g->elem, g->out, i));
    dfl_block_release(g->out->block);
    return g->failure;
}

/* All of its block, and nobody else has it. */
static bool is_sole(const struct dfl_view *array)
{
    struct dfl_block *block = array->block;
    return block && array->ptr == block_data(block) &&
           block->size == (uint64_t)array->len * sizeof(struct dfl_task *) &&
           count_unique(&block->count);
}

struct dfl_error *dfl_await_all(struct dfl_fiber *self, const struct dfl_view *futures,
                                const struct dfl_type *elem, struct dfl_view *out, int32_t owned)
{
    struct dfl_view from = *futures;
    struct gather g = {.self = self, .elem = elem, .tasks = from.ptr, .out = out};
    g.sole = owned && is_sole(&from);
    bool in_place = g.sole && elem->size == sizeof(struct dfl_task *);
    if (in_place)
        *out = from;
    else
        dfl_array_new(elem, out, from.len);
    out->len = from.len;
    walk(&g, from.len);
    if (g.sole)
        from.block->size = 0;
    if (owned && !in_place)
        dfl_block_release(from.block);
    if (g.failure)
        return give_up(&g);
    if (out->block) {
        out->block->size = (uint64_t)out->len * elem->size;
        out->block->type = elem->id;
    }
    return NULL;
}
