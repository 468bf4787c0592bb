/* waiting.c - fibers that wait for the world: calls that block, timers, thousands of them at once,
 * and pure work going on meanwhile. Argument: tasks. */
#include <errno.h>
#include <time.h>

#include "emit.h"

enum { FN_MAIN, FN_SLEEP, FN_BLOCK, FN_LATE };

/* Compilers keep errno's address across calls, also across one that changes threads. */
static __attribute__((noinline)) int current_errno(void)
{
    __asm__ volatile("" ::: "memory");
    return errno;
}

static void run_sleep(struct dfl_fiber *f, struct dfl_task *t)
{
    errno = (int)t->args[0];
    dfl_sleep(f, 20000000 + (int64_t)t->args[0] % 1000);
    emit_give(t, current_errno() == (int)t->args[0], NULL);
}

struct block {
    struct helper_job job;
    int64_t count;
};

static void block(struct helper_job *job)
{
    nanosleep(&(struct timespec){0, 5000000}, NULL);
    ((struct block *)job)->count++;
}

static void end_block(struct helper_job *job)
{
    free(job);
}

static void run_block(struct dfl_fiber *f, struct dfl_task *t)
{
    struct block *b = malloc(sizeof *b);
    *b = (struct block){.job = {.fn = block, .end = end_block}};
    dfl_blocking(f, &b->job);
    dfl_blocking(f, &b->job);
    emit_give(t, b->count == 2, NULL);
    free(b);
}

/* Still asleep when main is done: the program must wait for it. */
static void run_late(struct dfl_fiber *f, struct dfl_task *t)
{
    dfl_sleep(f, 50000000);
    printf("late\n");
    emit_give(t, 1, NULL);
}

static int64_t run_many(struct dfl_fiber *f, uint32_t fn, int64_t n)
{
    struct dfl_task **tasks = malloc((size_t)n * sizeof *tasks);
    for (int64_t i = 0; i < n; i++) {
        tasks[i] = emit_new(f, fn);
        tasks[i]->args[0] = (uint64_t)i;
        dfl_spawn(f, tasks[i]);
    }
    struct dfl_view view = {NULL, tasks, n}, values;
    int64_t sum = 0;
    if (dfl_await_all(f, &view, &value_int, &values, false))
        return -1;
    for (int64_t i = 0; i < n; i++) {
        sum += ((int64_t *)values.ptr)[i];
        dfl_task_release(f, tasks[i]);
    }
    dfl_block_release(values.block);
    free(tasks);
    return sum;
}

static void run_main(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t n = emit_main_arg(t, 0, 1000);
    struct dfl_task *late = emit_new(f, FN_LATE);
    dfl_spawn(f, late);
    dfl_task_release(f, late);
    int64_t start = clock_now();
    bool right = run_many(f, FN_SLEEP, n) == n;
    printf("sleep: %lld ms\n", (long long)(clock_now() - start) / 1000000);
    start = clock_now();
    right &= run_many(f, FN_BLOCK, 100) == 100;
    printf("block: %lld ms\n", (long long)(clock_now() - start) / 1000000);
    emit_give(t, !right, NULL);
}

static const struct dfl_fn fns[] = {
    FN(run_main, "main", 1, &emit_args_main, &emit_result, DFL_FN_IO),
    FN(run_sleep, "sleep", 2, &emit_args_int, &value_int, DFL_FN_IO),
    FN(run_block, "block", 3, &emit_args_int, &value_int, DFL_FN_IO),
    FN(run_late, "late", 4, &emit_args_none, &value_int, DFL_FN_IO),
};

PROGRAM(fns)
