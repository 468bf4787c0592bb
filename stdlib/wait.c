/* wait.c - io.wait: which of an array's futures are done, once enough are. */
#include "block.h"
#include "select.h"
#include "std.h"

static bool is_done(const struct dfl_task *task)
{
    return atomic_load_explicit(&task->state, memory_order_acquire) == DFL_TASK_DONE;
}

/* Moves a copy of a future to the end of an array with room for it. */
static void add(const struct dfl_type *future, struct dfl_view *to, struct dfl_task *task)
{
    dfl_task_retain(task);
    dfl_array_push(future, to, &task);
}

/* The first `most` that are done go to `ready`, the others to `rest`. */
static void part(const struct dfl_view *fs, int64_t most, struct dfl_view *ready,
                 struct dfl_view *rest)
{
    struct dfl_task *const *tasks = fs->ptr;
    const struct dfl_type *future = value_type(fs->block->type);
    dfl_array_new(future, ready, most);
    dfl_array_new(future, rest, fs->len > most ? fs->len - most : 0);
    for (int64_t i = 0; i < fs->len; i++)
        add(future, ready->len < most && is_done(tasks[i]) ? ready : rest, tasks[i]);
}

/* A time that nobody lives to see is none. */
static const int64_t forever = INT64_C(1000000) * 3600 * 1000000000;

STD(io, wait, const struct dfl_type *type, void *out, const void *futures, const void *k,
    const void *timeout)
{
    const struct dfl_view *fs = futures;
    struct dfl_view *parts = out;
    int64_t need = *(const int64_t *)k, ns = *(const int64_t *)timeout;
    (void)type;
    need = need < 0 ? 0 : need < fs->len ? need : fs->len;
    parts[0] = parts[1] = value_static(value_nothing, 0);
    if (fs->len == 0)
        return NULL;
    struct dfl_error *failure =
        dfl_wait(fiber, fs->ptr, fs->len, need, ns < forever ? (ns < 0 ? 0 : ns) : SELECT_FOREVER);
    if (!failure)
        part(fs, need, &parts[0], &parts[1]);
    return failure;
}
