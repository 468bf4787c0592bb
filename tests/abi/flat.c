/* flat.c - a million pending futures, awaited last to first, first to last, and by one await of the
 * array. Arguments: count, rounds. */
#include "emit.h"

enum { FN_MAIN, FN_NEXT };

static void run_next(struct dfl_fiber *f, struct dfl_task *t)
{
    (void)f;
    emit_give(t, (int64_t)t->args[0] + 1, NULL);
}

static int64_t await_one(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t value = 0;
    if (emit_take_back(f, t)) {
        value = (int64_t)t->args[0] + 1;
        emit_recycle(f, t);
    } else {
        emit_await(f, t, &value);
    }
    return value;
}

/* Through the table and the general await, as for futures that others may hold. */
static int64_t await_shared(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t value = 0;
    emit_await(f, t, &value);
    return value;
}

static int64_t await_array(struct dfl_fiber *f, struct dfl_task **tasks, int64_t n)
{
    struct dfl_view view = {NULL, tasks, n}, values;
    if (dfl_await_all(f, &view, &value_int, &values, false))
        return -1;
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += ((int64_t *)values.ptr)[i];
        dfl_task_release(f, tasks[i]);
    }
    dfl_block_release(values.block);
    return sum;
}

/* The array is a block of its own, and is given away. */
static int64_t await_own_array(struct dfl_fiber *f, struct dfl_task **tasks, int64_t n)
{
    struct dfl_view view, values;
    dfl_array_new(&emit_future, &view, n);
    memcpy(view.ptr, tasks, (size_t)n * sizeof *tasks);
    view.block->size = (uint64_t)n * sizeof *tasks;
    view.len = n;
    if (dfl_await_all(f, &view, &value_int, &values, true))
        return -1;
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += ((int64_t *)values.ptr)[i];
    dfl_block_release(values.block);
    return sum;
}

enum order { LAST_FIRST, FIRST_FIRST, SHARED_LAST_FIRST, ARRAY, OWN_ARRAY, ORDERS };

static const char *const names[] = {"last first", "first first", "last first, shared", "array",
                                    "array given away"};

static int64_t once(struct dfl_fiber *f, struct dfl_task **tasks, int64_t n, enum order order)
{
    for (int64_t i = 0; i < n; i++)
        tasks[i] = emit_spawn_int(f, FN_NEXT, i);
    int64_t sum = 0;
    if (order == LAST_FIRST)
        for (int64_t i = n - 1; i >= 0; i--)
            sum += await_one(f, tasks[i]);
    else if (order == FIRST_FIRST)
        for (int64_t i = 0; i < n; i++)
            sum += await_one(f, tasks[i]);
    else if (order == SHARED_LAST_FIRST)
        for (int64_t i = n - 1; i >= 0; i--)
            sum += await_shared(f, tasks[i]);
    else if (order == ARRAY)
        sum = await_array(f, tasks, n);
    else
        sum = await_own_array(f, tasks, n);
    return sum;
}

static void run_main(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t n = emit_main_arg(t, 0, 100000), rounds = emit_main_arg(t, 1, 1);
    struct dfl_task **tasks = malloc((size_t)n * sizeof *tasks);
    bool right = true;
    for (int order = 0; order < ORDERS; order++) {
        int64_t best = INT64_MAX;
        for (int64_t i = 0; i < rounds; i++) {
            int64_t start = clock_now();
            right &= once(f, tasks, n, (enum order)order) == n * (n + 1) / 2;
            int64_t spent = clock_now() - start;
            best = spent < best ? spent : best;
        }
        if (rounds > 1)
            printf("%lld pending, %s: %.1f ns each\n", (long long)n, names[order],
                   (double)best / (double)n);
    }
    free(tasks);
    emit_give(t, !right, NULL);
}

static const struct dfl_fn fns[] = {
    FN(run_main, "main", 1, &emit_args_main, &emit_result, DFL_FN_IO),
    FN(run_next, "next", 2, &emit_args_int, &value_int, 0),
};

PROGRAM(fns)
