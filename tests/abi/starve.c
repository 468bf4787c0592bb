/* starve.c - 64 tasks of 5 ms queued behind a leaf of 100 ms that never comes back to its queue
 * meanwhile: others must get at the tasks all the same. Argument: the most milliseconds it may take
 * (0: any). */
#include "emit.h"

enum { FN_MAIN, FN_LEAF, TASKS = 64 };

static void spin(int64_t ns)
{
    for (int64_t end = clock_now() + ns; clock_now() < end;)
        __builtin_ia32_pause();
}

static void run_leaf(struct dfl_fiber *f, struct dfl_task *t)
{
    (void)f;
    spin((int64_t)t->args[0]);
    emit_give(t, 1, NULL);
}

static void run_main(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t most = emit_main_arg(t, 0, 0), sum = 0;
    int64_t start = clock_now();
    struct dfl_task *tasks[TASKS];
    for (int i = 0; i < TASKS; i++)
        tasks[i] = emit_spawn_int(f, FN_LEAF, 5000000);
    spin(100000000);
    for (int i = TASKS - 1; i >= 0; i--) {
        int64_t value = 0;
        emit_await(f, tasks[i], &value);
        sum += value;
    }
    int64_t spent = (clock_now() - start) / 1000000;
    printf("starve: %lld ms\n", (long long)spent);
    emit_give(t, sum != TASKS || (most > 0 && spent > most), NULL);
}

static const struct dfl_fn fns[] = {
    FN(run_main, "main", 1, &emit_args_main, &emit_result, DFL_FN_IO),
    FN(run_leaf, "leaf", 2, &emit_args_int, &value_int, 0),
};

PROGRAM(fns)
