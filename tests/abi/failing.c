/* failing.c - failures and errs on their way through awaits and edges; wide arguments and results;
 * an io task nobody awaits. Argument 1: main fails itself, 2: main gives an err. */
#include "emit.h"

enum { FN_MAIN, FN_FAIL, FN_ON, FN_AFTER, FN_WIDE, FN_DETACHED, FN_SMALL };

static void run_fail(struct dfl_fiber *f, struct dfl_task *t)
{
    (void)f;
    emit_give(t, 0, dfl_fail_divide(&(struct dfl_site)SITE("fail", 11)));
}

/* Awaits `depth` levels of itself around a failure. */
static void run_on(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t depth = (int64_t)t->args[0], value = 0;
    uint32_t fn = depth == 0 ? FN_FAIL : FN_ON;
    struct dfl_error *e = emit_await(f, emit_spawn_int(f, fn, depth - 1), &value);
    emit_give(t, value, e);
}

static void run_after(struct dfl_fiber *f, struct dfl_task *t)
{
    (void)f;
    int64_t value = 0;
    struct dfl_error *e = dfl_task_take((struct dfl_task *)(uintptr_t)t->args[0], &value);
    emit_give(t, value, e);
}

/* Gives its two strings the other way round; both arguments and result are boxed. */
static void run_wide(struct dfl_fiber *f, struct dfl_task *t)
{
    (void)f;
    struct dfl_block *block = (struct dfl_block *)(uintptr_t)t->args[0];
    struct dfl_view *in = (struct dfl_view *)(block + 1), out[2] = {in[1], in[0]};
    dfl_copy(&emit_wide, out);
    dfl_task_give(t, out, NULL);
}

static void run_small(struct dfl_fiber *f, struct dfl_task *t)
{
    (void)f;
    struct {
        struct dfl_error *err;
        int64_t value;
    } result = {NULL, (int64_t)t->args[0]};
    if (result.value < 0)
        result.err = error_new(DFL_FAIL_fail, "negative: %lld", (long long)result.value);
    dfl_task_give(t, &result, NULL);
}

static bool fails_with_chain(struct dfl_error *e, int64_t links)
{
    bool right = e && e->kind == DFL_FAIL_divide && e->chain.len == links;
    if (e)
        dfl_error_release(e);
    return right;
}

static bool test_chain(struct dfl_fiber *f)
{
    int64_t value = 0;
    bool right = fails_with_chain(emit_await(f, emit_spawn_int(f, FN_ON, 3), &value), 5);
    right &= fails_with_chain(emit_await(f, emit_spawn_int(f, FN_ON, 200), &value), 64);
    struct dfl_task *input = emit_spawn_int(f, FN_FAIL, 0), *t = emit_new(f, FN_AFTER);
    t->args[0] = (uintptr_t)input;
    dfl_spawn_after(f, t, &input, 1);
    return right & fails_with_chain(emit_await(f, t, &value), 2);
}

static bool is_text(const struct dfl_view *text, const char *is)
{
    return text->len == (int64_t)strlen(is) && memcmp(text->ptr, is, strlen(is)) == 0;
}

static bool test_wide(struct dfl_fiber *f)
{
    struct dfl_view in[2] = {value_text("one", 3), value_text("two", 3)}, out[2];
    dfl_share(&emit_wide, in);
    struct dfl_block *block = dfl_block_new(&emit_wide, sizeof in);
    memcpy(block + 1, in, sizeof in);
    block->size = sizeof in;
    struct dfl_task *t = emit_new(f, FN_WIDE);
    t->args[0] = (uintptr_t)block;
    emit_push(f, t);
    dfl_await(f, t);
    if (dfl_task_take(t, out))
        return false;
    dfl_task_release(f, t);
    bool right = is_text(&out[0], "two") && is_text(&out[1], "one");
    dfl_drop(&emit_wide, out);
    return right;
}

static bool test_small(struct dfl_fiber *f)
{
    struct {
        struct dfl_error *err;
        int64_t value;
    } good, bad;
    struct dfl_task *a = emit_spawn_int(f, FN_SMALL, 5), *b = emit_spawn_int(f, FN_SMALL, -5);
    dfl_await(f, b);
    dfl_await(f, a);
    if (dfl_task_take(a, &good) || dfl_task_take(b, &bad))
        return false;
    dfl_task_release(f, a);
    dfl_task_release(f, b);
    bool right =
        !good.err && good.value == 5 && bad.err && is_text(&bad.err->message, "negative: -5");
    dfl_error_release(bad.err);
    return right;
}

static void run_main(struct dfl_fiber *f, struct dfl_task *t)
{
    int64_t mode = emit_main_arg(t, 0, 0), value = 0;
    struct dfl_task *detached = emit_new(f, FN_DETACHED);
    dfl_spawn(f, detached);
    dfl_task_release(f, detached);
    bool right = test_chain(f) && test_wide(f) && test_small(f);
    emit_give(t, !right, NULL);
    if (mode == 1) {
        emit_give(t, 0, emit_await(f, emit_spawn_int(f, FN_ON, 1), &value));
    } else if (mode == 2) {
        t->outcome = DFL_ERR;
        t->result = (uintptr_t)error_new(DFL_FAIL_fail, "no such luck");
    }
}

static const struct dfl_fn fns[] = {
    FN(run_main, "main", 1, &emit_args_main, &emit_result, DFL_FN_IO),
    FN(run_fail, "fail", 2, &emit_args_int, &value_int, 0),
    FN(run_on, "on", 3, &emit_args_int, &value_int, 0),
    FN(run_after, "after", 4, &emit_args_future, &value_int, 0),
    FN(run_wide, "wide", 5, &emit_wide, &emit_wide, 0),
    FN(run_fail, "detached", 6, &emit_args_none, &value_int, DFL_FN_IO),
    FN(run_small, "small", 7, &emit_args_int, &emit_result, 0),
};

PROGRAM(fns)
