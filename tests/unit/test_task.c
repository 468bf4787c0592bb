/* test_task.c - records without a scheduler: what they hold, who holds them, who waits. */
#include "runner.h"

#include <pthread.h>

#include "error.h"
#include "task.h"
#include "value.h"

static const struct dfl_type split = {.kind = DFL_RESULT,
                                      .refs = 1,
                                      .align = 8,
                                      .id = 0,
                                      .size = 16,
                                      .name = "int!",
                                      .elem = &value_int};
static const struct dfl_type whole = {.kind = DFL_RESULT,
                                      .refs = 1,
                                      .align = 8,
                                      .id = 1,
                                      .size = 32,
                                      .name = "str!",
                                      .elem = &value_str};
static const struct dfl_type none = {.kind = DFL_TUPLE, .align = 1, .id = 2, .name = "()"};
static const struct dfl_type *const types[] = {&split, &whole, &none};

enum { FN_INT, FN_STR, FN_BOOL, FN_SPLIT, FN_WHOLE };

#define FN(name_, result_)                                                                         \
    {.name = name_, .site = {.file = "prog.dfl", .line = 3}, .args = &none, .result = result_}

static const struct dfl_fn fns[] = {
    FN("int", &value_int), FN("str", &value_str), FN("bool", &value_bool),
    FN("split", &split),   FN("whole", &whole),
};

static const struct dfl_program program = {
    .types = types, .type_count = 3, .fns = fns, .fn_count = 5};

static void open_records(void)
{
    value_set_types(types, 3);
    task_init(&program);
}

static void expect_nothing_left(void)
{
    task_pool_fini(task_pool_here());
    ck_assert_uint_eq(task_live(), 0);
    ck_assert_int_eq(dfl_block_live(), 0);
    task_fini();
}

/* A record that has run and is held by one future. */
static struct dfl_task *done(uint32_t fn, void *value, struct dfl_error *failure)
{
    struct dfl_task *task = dfl_task_new(NULL);
    task->fn = fn;
    dfl_task_give(task, value, failure);
    task_share_result(task);
    atomic_store(&task->state, TASK_DONE);
    dfl_task_release(NULL, task);
    return task;
}

START_TEST(a_result_is_taken_as_it_was_given)
{
    open_records();
    int64_t n = -5, m = 0;
    uint8_t yes = 1, b = 0;
    struct dfl_view s = runner_owned("text"), got;
    struct dfl_task *a = done(FN_INT, &n, NULL), *t = done(FN_STR, &s, NULL);
    struct dfl_task *c = done(FN_BOOL, &yes, NULL);
    ck_assert_ptr_null(dfl_task_take(a, &m));
    ck_assert_int_eq(m, -5);
    ck_assert_ptr_null(dfl_task_take(c, &b));
    ck_assert_int_eq(b, 1);
    for (int i = 0; i < 2; i++) {
        ck_assert_ptr_null(dfl_task_take(t, &got));
        runner_expect(got, "text");
    }
    dfl_task_release(NULL, a);
    dfl_task_release(NULL, t);
    dfl_task_release(NULL, c);
    expect_nothing_left();
}
END_TEST

START_TEST(a_sole_holder_takes_the_value_for_good)
{
    open_records();
    int64_t n = -5, m = 0;
    uint8_t yes = 1, b = 0;
    struct dfl_view s = runner_owned("text"), got;
    struct task_pool *pool = task_pool_here();
    struct {
        struct dfl_error *err;
        int64_t value;
    } narrow = {error_new(DFL_FAIL_fail, "no"), 0}, taken = {NULL, 1};
    ck_assert_ptr_null(task_take_last(pool, done(FN_INT, &n, NULL), &m));
    ck_assert_int_eq(m, -5);
    ck_assert_ptr_null(task_take_last(pool, done(FN_BOOL, &yes, NULL), &b));
    ck_assert_int_eq(b, 1);
    ck_assert_ptr_null(task_take_last(pool, done(FN_STR, &s, NULL), &got));
    runner_expect(got, "text"); /* and releases it: nothing else is left of it */
    ck_assert_ptr_null(task_take_last(pool, done(FN_SPLIT, &narrow, NULL), &taken));
    ck_assert_ptr_eq(taken.err, narrow.err);
    dfl_error_release(taken.err);
    struct dfl_error *e =
        task_take_last(pool, done(FN_INT, NULL, error_new(DFL_FAIL_fail, "no")), &m);
    ck_assert_int_eq(e->chain.len, 1);
    dfl_error_release(e);
    expect_nothing_left();
}
END_TEST

START_TEST(what_refers_to_nothing_is_marked_as_plain)
{
    open_records();
    int64_t n = 1;
    struct dfl_view s = runner_owned("text");
    struct {
        struct dfl_error *err;
        int64_t value;
    } good = {NULL, 7}, bad = {error_new(DFL_FAIL_fail, "no"), 0};
    struct dfl_task *tasks[] = {done(FN_INT, &n, NULL), done(FN_SPLIT, &good, NULL),
                                done(FN_SPLIT, &bad, NULL), done(FN_STR, &s, NULL)};
    static const enum dfl_outcome outcomes[] = {DFL_PLAIN, DFL_PLAIN, DFL_ERR, DFL_VALUE};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(tasks[i]->outcome, outcomes[i]);
    struct dfl_task *err = tasks[2], *text = tasks[3];
    ck_assert_uint_eq(task_let_go(tasks, 4), 2);
    ck_assert(tasks[0] == err && tasks[1] == text);
    task_end(err);
    task_end(text);
    expect_nothing_left();
}
END_TEST

START_TEST(a_result_that_is_an_err_is_a_value)
{
    open_records();
    struct {
        struct dfl_error *err;
        int64_t value;
    } narrow = {error_new(DFL_FAIL_fail, "no"), 0}, got = {NULL, 1};
    struct {
        struct dfl_error *err;
        struct dfl_view value;
    } wide = {error_new(DFL_FAIL_fail, "no"), {0}}, taken;
    struct dfl_task *a = done(FN_SPLIT, &narrow, NULL), *b = done(FN_WHOLE, &wide, NULL);
    ck_assert_ptr_null(dfl_task_take(a, &got));
    ck_assert_ptr_null(dfl_task_take(b, &taken));
    ck_assert_ptr_eq(got.err, narrow.err);
    ck_assert_ptr_eq(taken.err, wide.err);
    dfl_error_release(got.err);
    dfl_error_release(taken.err);
    dfl_task_release(NULL, a);
    dfl_task_release(NULL, b);
    expect_nothing_left();
}
END_TEST

START_TEST(each_taker_of_a_failure_adds_its_own_link)
{
    open_records();
    struct dfl_task *t = done(FN_INT, NULL, error_new(DFL_FAIL_fail, "no"));
    for (int i = 0; i < 2; i++) {
        int64_t value;
        struct dfl_error *e = dfl_task_take(t, &value);
        ck_assert_int_eq(e->chain.len, 1);
        struct dfl_view link = value_part(e->chain.ptr, 0, ((struct dfl_view *)e->chain.ptr)->len);
        runner_expect(link, "int, spawned at prog.dfl:3");
        dfl_error_release(e);
    }
    dfl_task_release(NULL, t);
    expect_nothing_left();
}
END_TEST

START_TEST(a_record_lives_as_long_as_its_last_future)
{
    open_records();
    struct dfl_view s = runner_owned("text");
    struct dfl_task *t = done(FN_STR, &s, NULL);
    dfl_task_retain(t);
    dfl_task_release(NULL, t);
    ck_assert_int_eq(dfl_block_live(), 2); /* a str is wider than the slot: the box and the text */
    dfl_task_release(NULL, t);
    ck_assert_int_eq(dfl_block_live(), 0);
    expect_nothing_left();
}
END_TEST

START_TEST(a_done_record_takes_no_waiters)
{
    open_records();
    int64_t n = 1;
    struct dfl_task *pending = dfl_task_new(NULL), *finished = done(FN_INT, &n, NULL);
    struct task_wait wait = {0};
    uintptr_t tagged = (uintptr_t)&wait | TASK_FAN;
    pending->fn = FN_INT;
    ck_assert(task_add_waiter(pending, tagged, &wait.next));
    ck_assert_ptr_null(wait.next);
    ck_assert_uint_eq(pending->state, tagged);
    ck_assert(!task_add_waiter(finished, tagged, &wait.next));
    dfl_task_release(NULL, finished);
    dfl_task_recycle(NULL, pending);
    expect_nothing_left();
}
END_TEST

enum { MOVED = 100000 };

static struct dfl_task *moved[MOVED];

static void *release_all(void *unused)
{
    for (int i = 0; i < MOVED; i++)
        dfl_task_release(NULL, moved[i]);
    task_pool_fini(task_pool_here());
    return unused;
}

START_TEST(records_released_on_another_thread_come_back)
{
    open_records();
    for (int round = 0; round < 3; round++) {
        int64_t n = round;
        for (int i = 0; i < MOVED; i++)
            moved[i] = done(FN_INT, &n, NULL);
        pthread_t thread;
        pthread_create(&thread, NULL, release_all, NULL);
        pthread_join(thread, NULL);
    }
    ck_assert_uint_lt(task_peak(), MOVED + 1000);
    expect_nothing_left();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_result_is_taken_as_it_was_given,
        a_sole_holder_takes_the_value_for_good,
        what_refers_to_nothing_is_marked_as_plain,
        a_result_that_is_an_err_is_a_value,
        each_taker_of_a_failure_adds_its_own_link,
        a_record_lives_as_long_as_its_last_future,
        a_done_record_takes_no_waiters,
        records_released_on_another_thread_come_back,
        NULL,
    };
    return runner_run("task", tests);
}
