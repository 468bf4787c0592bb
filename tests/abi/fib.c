/* fib.c - spawn fib(n - 1), call fib(n - 2), await. Arguments: n, rounds. Status 0: right. */
#include "emit.h"

enum { FN_MAIN, FN_FIB };

static int64_t fib(struct dfl_fiber *f, int64_t n);

static void run_fib(struct dfl_fiber *f, struct dfl_task *t)
{
    emit_give(t, fib(f, (int64_t)t->args[0]), NULL);
}

static int64_t fib(struct dfl_fiber *f, int64_t n)
{
    if (n < 2)
        return n;
    struct dfl_task *t = emit_spawn_int(f, FN_FIB, n - 1);
    int64_t b = fib(f, n - 2), a = 0;
    if (emit_take_back(f, t)) {
        int64_t m = (int64_t)t->args[0];
        emit_recycle(f, t);
        a = fib(f, m);
    } else {
        emit_await(f, t, &a);
    }
    return a + b;
}

static int64_t plain(int64_t n)
{
    return n < 2 ? n : plain(n - 1) + plain(n - 2);
}

static void run_main(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t n = emit_main_arg(t, 0, 25), rounds = emit_main_arg(t, 1, 1);
    int64_t best = INT64_MAX, result = 0;
    for (int64_t i = 0; i < rounds; i++) {
        int64_t start = clock_now();
        result = fib(f, n);
        int64_t spent = clock_now() - start;
        best = spent < best ? spent : best;
    }
    double spawns = (double)(plain(n + 1) - 1);
    if (rounds > 1)
        printf("fib(%lld): %.2f ns per spawn and await\n", (long long)n, (double)best / spawns);
    emit_give(t, result != plain(n), NULL);
}

static const struct dfl_fn fns[] = {
    FN(run_main, "main", 1, &emit_args_main, &emit_result, DFL_FN_IO),
    FN(run_fib, "fib", 2, &emit_args_int, &value_int, 0),
};

PROGRAM(fns)
