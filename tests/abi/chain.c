/* chain.c - a million tasks, each waiting for the one before by an edge of the graph: completing,
 * dropping and freeing them must not recurse. A tree of tasks with two inputs, then chains dropped
 * before they have run. Argument: length. */
#include "emit.h"

enum { FN_MAIN, FN_FIRST, FN_NEXT, FN_JOIN };

static void run_first(struct dfl_fiber *f, struct dfl_task *t)
{
    (void)f;
    emit_give(t, (int64_t)t->args[0], NULL);
}

static void run_next(struct dfl_fiber *f, struct dfl_task *t)
{
    (void)f;
    int64_t value = 0;
    struct dfl_error *e = dfl_task_take((struct dfl_task *)(uintptr_t)t->args[0], &value);
    emit_give(t, value + 1, e);
}

static void run_join(struct dfl_fiber *f, struct dfl_task *t)
{
    (void)f;
    int64_t a = 0, b = 0;
    struct dfl_view inputs;
    memcpy(&inputs, t->args, sizeof inputs);
    struct dfl_task **of = inputs.ptr;
    struct dfl_error *e = dfl_task_take(of[0], &a);
    if (!e)
        e = dfl_task_take(of[1], &b);
    emit_give(t, a + b, e);
}

/* Takes over the reference to `input`. */
static struct dfl_task *spawn_next(struct dfl_fiber *f, struct dfl_task *input)
{
    struct dfl_task *t = emit_new(f, FN_NEXT);
    t->args[0] = (uintptr_t)input;
    dfl_spawn_after(f, t, &input, 1);
    return t;
}

static struct dfl_task *spawn_chain(struct dfl_fiber *f, int64_t length)
{
    struct dfl_task *t = emit_spawn_int(f, FN_FIRST, 0);
    for (int64_t i = 0; i < length; i++)
        t = spawn_next(f, t);
    return t;
}

static struct dfl_task *spawn_tree(struct dfl_fiber *f, int64_t leaves)
{
    if (leaves == 1)
        return emit_spawn_int(f, FN_FIRST, 1);
    struct dfl_task *inputs[2] = {spawn_tree(f, leaves / 2), spawn_tree(f, leaves - leaves / 2)};
    struct dfl_block *block = dfl_block_new(&emit_future, sizeof inputs);
    memcpy(block + 1, inputs, sizeof inputs);
    block->size = sizeof inputs;
    struct dfl_view view = {block, block + 1, 2};
    dfl_share(&emit_futures, &view);
    struct dfl_task *t = emit_new(f, FN_JOIN);
    memcpy(t->args, &view, sizeof view);
    dfl_spawn_after(f, t, inputs, 2);
    return t;
}

static int64_t value_of(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t value = -1;
    struct dfl_error *e = emit_await(f, t, &value);
    return e ? -1 : value;
}

static void run_main(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t n = emit_main_arg(t, 0, 100000);
    int64_t start = clock_now();
    bool right = value_of(f, spawn_chain(f, n)) == n;
    printf("chain: %.1f ns each\n", (double)(clock_now() - start) / (double)n);
    right &= value_of(f, spawn_tree(f, n)) == n;
    dfl_task_release(f, spawn_chain(f, n));
    dfl_task_release(f, spawn_tree(f, n / 10 + 1));
    emit_give(t, !right, NULL);
}

static const struct dfl_fn fns[] = {
    FN(run_main, "main", 1, &emit_args_main, &emit_result, DFL_FN_IO),
    FN(run_first, "first", 2, &emit_args_int, &value_int, 0),
    FN(run_next, "next", 3, &emit_args_future, &value_int, 0),
    FN(run_join, "join", 4, &emit_args_futures, &value_int, 0),
};

PROGRAM(fns)
