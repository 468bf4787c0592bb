/* deep.c - recursion a million tasks deep through awaits in place, by the inlined path and by the
 * general one; deep plain recursion on the thread's large stack; and recursion without end, which
 * is the failure `stack`. Argument: depth. */
#include "emit.h"
#include "sanitize.h"

enum { FN_MAIN, FN_DOWN, FN_DOWN_SHARED, FN_FOREVER };

/* Sanitizers make frames many times larger, and are no test of how much fits. */
#if defined(SANITIZE_ADDRESS) || defined(SANITIZE_THREAD)
enum { DEPTH = 10000, ENDLESS = 0 };
#else
enum { DEPTH = 1000000, ENDLESS = 1 };
#endif

static const struct dfl_site site = {.file = "test.dfl", .function = "down", .line = 7};

struct frame {
    int64_t n, result;
    struct dfl_error *error;
};

static struct dfl_error *down(struct dfl_fiber *f, int64_t n, int64_t *out);

static void down_body(struct dfl_fiber *f, void *arg)
{
    struct frame *frame = arg;
    frame->error = down(f, frame->n, &frame->result);
}

/* A call that may recurse, as offsets.def has it. */
static struct dfl_error *call_down(struct dfl_fiber *f, int64_t n, int64_t *out)
{
    if (__builtin_expect((char *)__builtin_frame_address(0) >= f->stack_limit, 1))
        return down(f, n, out);
    struct frame frame = {.n = n};
    struct dfl_error *e = dfl_stack_call(f, down_body, &frame, 1, &site);
    *out = frame.result;
    return e ? e : frame.error;
}

static struct dfl_error *down(struct dfl_fiber *f, int64_t n, int64_t *out)
{
    if (n == 0) {
        *out = 0;
        return NULL;
    }
    struct dfl_task *t = emit_spawn_int(f, FN_DOWN, n - 1);
    int64_t value = 0;
    struct dfl_error *e;
    if (emit_take_back(f, t)) {
        int64_t m = (int64_t)t->args[0];
        emit_recycle(f, t);
        e = call_down(f, m, &value);
    } else {
        e = emit_await(f, t, &value);
    }
    *out = value + 1;
    return e;
}

static void run_down(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t value = 0;
    struct dfl_error *e = down(f, (int64_t)t->args[0], &value);
    emit_give(t, value, e);
}

static void run_down_shared(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t n = (int64_t)t->args[0], value = -1;
    struct dfl_error *e = NULL;
    if (n > 0)
        e = emit_await(f, emit_spawn_int(f, FN_DOWN_SHARED, n - 1), &value);
    emit_give(t, value + 1, e);
}

static void run_forever(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t value = 0;
    struct dfl_error *e = emit_await(f, emit_spawn_int(f, FN_FOREVER, 0), &value);
    emit_give(t, value, e);
}

/* An fn: recursion on the large stack, without tasks. */
static void plain_body(struct dfl_fiber *f, void *arg)
{
    struct frame *frame = arg;
    if (frame->n == 0)
        return;
    struct frame next = {.n = frame->n - 1};
    __asm__ volatile("" ::"r"(&next) : "memory"); /* a real frame, whatever the compiler sees */
    struct dfl_error *e = NULL;
    if ((char *)__builtin_frame_address(0) >= f->stack_limit)
        plain_body(f, &next);
    else
        e = dfl_stack_call(f, plain_body, &next, 0, &site);
    frame->result = next.result + 1;
    frame->error = e ? e : next.error;
}

static bool is_right(struct dfl_error *e, int64_t value, int64_t n)
{
    if (e) {
        dfl_error_report(stdout, e);
        dfl_error_release(e);
    }
    return !e && value == n;
}

static bool is_stack_failure(struct dfl_error *e)
{
    bool right = e && e->kind == DFL_FAIL_stack && e->chain.len <= 64;
    if (e)
        dfl_error_release(e);
    return right;
}

static bool test_endless(struct dfl_fiber *f)
{
    struct frame frame = {.n = 100000000};
    int64_t value;
    plain_body(f, &frame);
    bool plain = is_stack_failure(frame.error);
    return is_stack_failure(emit_await(f, emit_spawn_int(f, FN_FOREVER, 0), &value)) && plain;
}

static void run_main(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t n = emit_main_arg(t, 0, DEPTH), value = 0;
    bool right = true;
    for (int i = 0; i < 2; i++) {
        int64_t start = clock_now();
        struct dfl_error *e = down(f, n, &value);
        right &= is_right(e, value, n);
        printf("deep: %.1f ns a level\n", (double)(clock_now() - start) / (double)n);
        e = emit_await(f, emit_spawn_int(f, FN_DOWN_SHARED, n), &value);
        right &= is_right(e, value, n);
    }
    struct frame frame = {.n = n};
    plain_body(f, &frame);
    right &= is_right(frame.error, frame.result, n);
    emit_give(t, !(right && (!ENDLESS || test_endless(f))), NULL);
}

static const struct dfl_fn fns[] = {
    FN(run_main, "main", 1, &emit_args_main, &emit_result, DFL_FN_IO),
    FN(run_down, "down", 2, &emit_args_int, &value_int, 0),
    FN(run_down_shared, "down_shared", 3, &emit_args_int, &value_int, 0),
    FN(run_forever, "forever", 4, &emit_args_int, &value_int, 0),
};

PROGRAM(fns)
