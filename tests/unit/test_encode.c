/* test_encode.c - values to bytes and back. */
#include "encode_types.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>

#include "array.h"
#include "error.h"
#include "grid.h"
#include "map.h"

/* ---- each kind ---- */

START_TEST(numbers_and_tuples_are_their_bytes)
{
    open_types();
    int64_t pair[] = {-2, 3};
    struct encoder e = encoded(&rows[T_PAIR], pair);
    ck_assert_uint_eq(e.len, sizeof pair);
    ck_assert_mem_eq(e.bytes, pair, sizeof pair);
    encoder_fini(&e);
    there_and_back(&rows[T_PAIR], pair);
    there_and_back(&rows[T_NONE], pair);
    expect_nothing_left();
}
END_TEST

START_TEST(gaps_are_not_written_and_read_as_zero)
{
    open_types();
    uint8_t value[16];
    uint64_t got[2];
    memset(value, 0xaa, sizeof value);
    value[0] = 1;
    memset(value + 8, 0, 8);
    struct encoder e = encoded(&rows[T_GAP], value);
    ck_assert_uint_eq(e.len, 9);
    memset(got, 0xaa, sizeof got);
    struct decoder d = decoder_of(e.bytes, e.len);
    ck_assert(decode_value(&d, &rows[T_GAP], got));
    ck_assert_uint_eq(got[0], 1);
    encoder_fini(&e);
    decoder_fini(&d);
    expect_nothing_left();
}
END_TEST

START_TEST(only_the_part_that_is_seen_travels)
{
    open_types();
    struct dfl_view whole = runner_owned("a long text of which little is seen");
    struct dfl_view part = value_part(&whole, 2, 4);
    struct encoder e = encoded(&rows[T_STR], &part);
    ck_assert_uint_eq(e.len, 5);
    encoder_fini(&e);
    there_and_back(&rows[T_STR], &part);
    there_and_back(&rows[T_STR], &whole);
    struct dfl_view empty = runner_str("");
    there_and_back(&rows[T_STR], &empty);
    expect_nothing_left();
}
END_TEST

static struct dfl_view ints(int64_t n)
{
    struct dfl_view view;
    dfl_array_new(&rows[T_INT], &view, n);
    for (int64_t i = 0; i < n; i++)
        dfl_array_push(&rows[T_INT], &view, &i);
    return view;
}

START_TEST(arrays_of_every_length_come_back)
{
    open_types();
    for (int64_t n = 0; n < 300; n += n < 5 ? 1 : 73) {
        struct dfl_view some = ints(n), texts, text;
        there_and_back(&rows[T_INTS], &some);
        dfl_array_new(&rows[T_STR], &texts, n);
        for (int64_t i = 0; i < n; i++) {
            text = runner_owned(i % 3 ? "text" : "");
            dfl_array_push(&rows[T_STR], &texts, &text);
        }
        there_and_back(&rows[T_STRS], &texts);
    }
    struct dfl_view units = {NULL, value_nothing, 1000};
    there_and_back(&rows[T_UNITS], &units);
    expect_nothing_left();
}
END_TEST

struct grid {
    struct dfl_block *block;
    void *ptr;
    int64_t dims[4];
};

START_TEST(a_part_of_a_grid_comes_back_dense)
{
    open_types();
    struct grid whole = {.dims = {3, 4}}, got;
    ck_assert_ptr_null(grid_new(&rows[T_GRID], (struct dfl_grid *)&whole));
    for (int64_t i = 0; i < 12; i++)
        ((int64_t *)whole.ptr)[i] = i;
    struct grid part = {whole.block, (int64_t *)whole.ptr + 5, {3, 2, 1, 4}}; /* turned over */
    dfl_copy(&rows[T_GRID], &part);
    struct encoder e = encoded(&rows[T_GRID], &part);
    ck_assert_uint_eq(e.len, 3 + 6 * 8);
    struct decoder d = decoder_of(e.bytes, e.len);
    ck_assert(decode_value(&d, &rows[T_GRID], &got));
    int64_t strides[] = {3, 2, 2, 1}, numbers[] = {5, 9, 6, 10, 7, 11};
    ck_assert_mem_eq(got.dims, strides, sizeof strides);
    ck_assert_mem_eq(got.ptr, numbers, sizeof numbers);
    dfl_drop(&rows[T_GRID], &got);
    encoder_fini(&e);
    decoder_fini(&d);
    there_and_back(&rows[T_GRID], &part);
    there_and_back(&rows[T_GRID], &whole);
    struct grid none = {.dims = {0, 7}};
    ck_assert_ptr_null(grid_new(&rows[T_GRID], (struct dfl_grid *)&none));
    there_and_back(&rows[T_GRID], &none);
    expect_nothing_left();
}
END_TEST

START_TEST(a_map_keeps_its_order)
{
    open_types();
    struct dfl_map *map = NULL;
    int32_t fresh;
    for (int i = 0; i < 100; i++) {
        char text[16];
        snprintf(text, sizeof text, "key %d", i * 37 % 101);
        struct dfl_view key = runner_owned(text);
        *(struct dfl_view *)dfl_map_slot(&rows[T_MAP], &map, &key, &fresh) = ints(i % 4);
        if (i % 5 == 0)
            map_remove(&rows[T_MAP], &map, &key, NULL);
        dfl_drop(&rows[T_STR], &key);
    }
    struct encoder e = encoded(&rows[T_MAP], &map);
    struct decoder d = decoder_of(e.bytes, e.len);
    struct dfl_map *got;
    ck_assert(decode_value(&d, &rows[T_MAP], &got));
    int64_t a = 0, b = 0;
    for (; (a = dfl_map_next(&map, a)) >= 0; a++, b++) {
        b = dfl_map_next(&got, b);
        ck_assert(dfl_equal(&rows[T_STR], dfl_map_key(&rows[T_MAP], &map, a),
                            dfl_map_key(&rows[T_MAP], &got, b)));
    }
    struct dfl_view key = runner_str("one more"); /* it is a map like any other */
    *(struct dfl_view *)dfl_map_slot(&rows[T_MAP], &got, &key, &fresh) = ints(1);
    ck_assert(fresh && dfl_map_len(&got) == dfl_map_len(&map) + 1);
    encoder_fini(&e);
    decoder_fini(&d);
    dfl_drop(&rows[T_MAP], &got);
    there_and_back(&rows[T_MAP], &map);
    expect_nothing_left();
}
END_TEST

START_TEST(enums_options_and_results_come_back)
{
    open_types();
    struct {
        uint32_t tag;
        int64_t number;
        struct dfl_view text;
    } dot = {0, 0, {0}}, ball = {1, 5, {0}}, text = {2, 7, runner_owned("seven")};
    there_and_back(&rows[T_SHAPE], &dot);
    there_and_back(&rows[T_SHAPE], &ball);
    there_and_back(&rows[T_SHAPE], &text);
    struct {
        uint8_t some;
        int64_t value;
    } some = {1, -1}, none = {0, -1};
    there_and_back(&rows[T_OPTION], &some);
    there_and_back(&rows[T_OPTION], &none);
    struct {
        struct dfl_error *err;
        struct dfl_view value;
    } ok = {NULL, runner_owned("fine")}, err = {error_new(DFL_FAIL_key, "no"), {0}};
    there_and_back(&rows[T_WHOLE], &ok);
    there_and_back(&rows[T_WHOLE], &err);
    expect_nothing_left();
}
END_TEST

START_TEST(an_error_comes_back_whole)
{
    open_types();
    static const struct dfl_site site = {"lib/x.dfl", "f", 3, 9};
    struct dfl_error *e = error_new(DFL_FAIL_bounds, "index 3"), *got;
    e->cause = error_new(DFL_FAIL_io, "no such file");
    e = error_link(dfl_error_at(e, &site), "g, spawned at x.dfl:1");
    e = error_link(e, "h, spawned at x.dfl:2");
    struct encoder bytes = {0};
    ck_assert(encode_value(&bytes, &value_error, &e));
    struct decoder d = decoder_of(bytes.bytes, bytes.len);
    ck_assert(decode_value(&d, &value_error, &got));
    ck_assert_uint_eq(got->kind, DFL_FAIL_bounds);
    ck_assert_str_eq(got->site.file, "lib/x.dfl");
    ck_assert_str_eq(got->site.function, "f");
    ck_assert_uint_eq(got->site.line, 3);
    ck_assert_uint_eq(got->site.column, 9);
    ck_assert(dfl_equal(&value_strs, &got->chain, &e->chain));
    ck_assert(dfl_equal(&value_error, &got, &e));
    ck_assert_ptr_null(got->cause->site.file);
    const char *file = got->site.file;
    dfl_error_release(got);
    d = decoder_of(bytes.bytes, bytes.len);
    ck_assert(decode_value(&d, &value_error, &got));
    ck_assert_ptr_eq(got->site.file, file); /* one copy for the life of the process */
    dfl_error_release(got);
    dfl_error_release(e);
    encoder_fini(&bytes);
    decoder_fini(&d);
    expect_nothing_left();
}
END_TEST

START_TEST(an_error_is_cut_to_64_causes_and_64_kib)
{
    open_types();
    struct dfl_error *e = NULL, *got;
    for (int i = 0; i < 1000; i++) {
        struct dfl_error *outer = error_new(DFL_FAIL_fail, "because of what came before");
        outer->cause = e;
        e = outer;
    }
    char *text = malloc(100001);
    for (int i = 0; i < 100000; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[100000] = 0;
    dfl_drop(&value_str, &e->message);
    e->message = runner_owned(text);
    free(text);
    struct encoder bytes = {0};
    ck_assert(encode_value(&bytes, &value_error, &e));
    struct decoder d = decoder_of(bytes.bytes, bytes.len);
    ck_assert_msg(decode_value(&d, &value_error, &got), "%s", encode_error_text(d.error));
    ck_assert_int_eq(got->message.len, ENCODE_ERROR_TEXT - 1); /* é is two bytes, … three */
    ck_assert_mem_eq((char *)got->message.ptr + got->message.len - 5, "\xc3\xa9\xe2\x80\xa6", 5);
    int causes = 0;
    for (struct dfl_error *c = got; c; c = c->cause)
        causes++;
    ck_assert_int_eq(causes, ENCODE_CAUSES);
    dfl_error_release(got);
    dfl_error_release(e);
    encoder_fini(&bytes);
    decoder_fini(&d);
    expect_nothing_left();
}
END_TEST

/* ---- depth and size ---- */

struct list {
    uint32_t tag;
    struct dfl_block *cons;
};

static struct list cons(int64_t n, struct list rest)
{
    struct dfl_block *box = dfl_block_new(&rows[T_CONS], 24);
    memcpy(block_data(box), &n, 8);
    memcpy(block_data(box) + 8, &rest, 16);
    box->size = 24;
    return (struct list){1, box};
}

START_TEST(a_list_of_a_million_links_needs_no_stack)
{
    open_types();
    struct rlimit small = {256 << 10, RLIM_INFINITY};
    setrlimit(RLIMIT_STACK, &small);
    struct list list = {0, NULL};
    for (int64_t i = 0; i < 1000000; i++)
        list = cons(i, list);
    there_and_back(&rows[T_LIST], &list);
    struct dfl_view deep = {NULL, value_nothing, 0}, outer;
    for (int i = 0; i < 1000000; i++) {
        dfl_array_new(&rows[T_NESTED], &outer, 1);
        dfl_array_push(&rows[T_NESTED], &outer, &deep);
        deep = outer;
    }
    there_and_back(&rows[T_NESTED], &deep);
    expect_nothing_left();
}
END_TEST

START_TEST(what_is_held_twice_is_written_twice_up_to_the_limit)
{
    open_types();
    struct dfl_view dag = {NULL, value_nothing, 0}, outer;
    for (int i = 0; i < 60; i++) {
        dfl_array_new(&rows[T_NESTED], &outer, 2);
        dfl_copy(&rows[T_NESTED], &dag);
        dfl_array_push(&rows[T_NESTED], &outer, &dag);
        dfl_array_push(&rows[T_NESTED], &outer, &dag);
        dag = outer;
    }
    struct encoder e = {.limit = 1 << 20};
    ck_assert(encode_number(&e, 5));
    ck_assert(!encode_value(&e, &rows[T_NESTED], &dag));
    ck_assert_int_eq(e.error, ENCODE_limit);
    ck_assert_uint_eq(e.len, 1); /* as before */
    ck_assert_uint_le(e.room, 1 << 20);
    encoder_fini(&e);
    dfl_drop(&rows[T_NESTED], &dag);
    expect_nothing_left();
}
END_TEST

/* ---- counts, records, hooks ---- */

START_TEST(counts_are_private_or_shared_as_asked)
{
    open_types();
    struct dfl_view texts, text = runner_owned("text");
    dfl_array_new(&rows[T_STR], &texts, 1);
    dfl_array_push(&rows[T_STR], &texts, &text);
    struct encoder e = encoded(&rows[T_STRS], &texts);
    for (int shared = 0; shared < 2; shared++) {
        struct decoder d = decoder_of(e.bytes, e.len);
        struct dfl_view got;
        d.shared = shared;
        ck_assert(decode_value(&d, &rows[T_STRS], &got));
        ck_assert_int_eq(atomic_load(&got.block->count), shared ? -1 : 1);
        text = *(struct dfl_view *)got.ptr;
        ck_assert_int_eq(atomic_load(&text.block->count), shared ? -1 : 1);
        dfl_drop(&rows[T_STRS], &got);
        decoder_fini(&d);
    }
    encoder_fini(&e);
    dfl_drop(&rows[T_STRS], &texts);
    expect_nothing_left();
}
END_TEST

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

START_TEST(futures_that_are_done_come_with_their_value)
{
    open_types();
    int64_t n = 42;
    struct dfl_view futures;
    struct dfl_task *a = done(FN_INT, &n, NULL), *b = done(FN_INT, NULL, error_new(0, "no"));
    dfl_array_new(&rows[T_FUTURE], &futures, 2);
    dfl_array_push(&rows[T_FUTURE], &futures, &a);
    dfl_array_push(&rows[T_FUTURE], &futures, &b);
    struct encoder e = encoded(&rows[T_FUTURES], &futures);
    struct decoder d = decoder_of(e.bytes, e.len);
    struct dfl_view got;
    ck_assert(decode_value(&d, &rows[T_FUTURES], &got));
    struct dfl_task **tasks = got.ptr;
    ck_assert(dfl_task_done(tasks[0]) && dfl_task_done(tasks[1]));
    ck_assert_int_eq(atomic_load(&tasks[0]->refs), 1);
    int64_t value;
    ck_assert_ptr_null(dfl_task_take(tasks[0], &value));
    ck_assert_int_eq(value, 42);
    struct dfl_error *failure = dfl_task_take(tasks[1], &value);
    runner_expect(failure->message, "no");
    failure->message = runner_str("");
    dfl_error_release(failure);
    dfl_drop(&rows[T_FUTURES], &got);
    encoder_fini(&e);
    decoder_fini(&d);
    there_and_back(&rows[T_FUTURES], &futures);
    expect_nothing_left();
}
END_TEST

static void result_there_and_back(uint32_t fn, void *value, struct dfl_error *failure)
{
    struct dfl_task *task = done(fn, value, failure), *copy = dfl_task_new(NULL);
    struct encoder e = {0};
    ck_assert(encode_result(&e, task));
    copy->fn = fn;
    struct decoder d = decoder_of(e.bytes, e.len);
    d.shared = true;
    ck_assert_msg(decode_result(&d, copy) && decode_end(&d), "%s", encode_error_text(d.error));
    ck_assert_int_eq(copy->outcome, task->outcome);
    atomic_store(&copy->state, TASK_DONE);
    dfl_task_release(NULL, copy);
    uint64_t got[8], wanted[8];
    struct dfl_error *fa = dfl_task_take(task, wanted), *fb = dfl_task_take(copy, got);
    ck_assert(!fa == !failure && !fb == !failure);
    const struct dfl_type *type = fns[fn].result;
    if (failure) {
        ck_assert(dfl_equal(&value_error, &fa, &fb));
        dfl_error_release(fa);
        dfl_error_release(fb);
    } else {
        ck_assert(dfl_equal(type, got, wanted));
        dfl_drop(type, got);
        dfl_drop(type, wanted);
    }
    encoder_fini(&e);
    decoder_fini(&d);
    dfl_task_release(NULL, task);
    dfl_task_release(NULL, copy);
}

START_TEST(results_come_back_in_their_place)
{
    open_types();
    int64_t n = 7;
    struct {
        struct dfl_error *err;
        int64_t value;
    } good = {NULL, 3}, bad = {error_new(DFL_FAIL_fail, "bad"), 0};
    struct {
        struct dfl_error *err;
        struct dfl_view value;
    } whole = {NULL, runner_owned("text")}, none = {error_new(DFL_FAIL_fail, "bad"), {0}};
    struct dfl_view text = runner_owned("a text");
    struct list list = cons(1, cons(2, (struct list){0, NULL}));
    result_there_and_back(FN_INT, &n, NULL);
    result_there_and_back(FN_INT, NULL, error_new(DFL_FAIL_divide, "by zero"));
    result_there_and_back(FN_SPLIT, &good, NULL);
    result_there_and_back(FN_SPLIT, &bad, NULL);
    result_there_and_back(FN_WHOLE, &whole, NULL);
    result_there_and_back(FN_WHOLE, &none, NULL);
    result_there_and_back(FN_WIDE, &text, NULL);
    result_there_and_back(FN_LIST, &list, NULL);
    result_there_and_back(FN_LIST, NULL, error_new(DFL_FAIL_stack, "deep"));
    expect_nothing_left();
}
END_TEST

static void args_there_and_back(struct dfl_task *task)
{
    struct dfl_task *copy = dfl_task_new(NULL);
    const struct dfl_type *type = task_fn(task)->args;
    struct encoder e = {0};
    copy->fn = task->fn;
    ck_assert(encode_args(&e, task));
    struct decoder d = decoder_of(e.bytes, e.len);
    ck_assert(decode_args(&d, copy) && decode_end(&d));
    if (!encode_has_future(type))
        ck_assert(dfl_equal(type, task_args(task), task_args(copy)));
    struct encoder again = {0};
    ck_assert(encode_args(&again, copy));
    ck_assert_uint_eq(again.len, e.len);
    ck_assert(e.len == 0 || memcmp(again.bytes, e.bytes, e.len) == 0);
    for (size_t cut = 0; cut < e.len; cut++) { /* and nothing stays behind */
        d = decoder_of(e.bytes, cut);
        struct dfl_task *third = dfl_task_new(NULL);
        third->fn = task->fn;
        ck_assert(!decode_args(&d, third));
        dfl_task_recycle(NULL, third);
        decoder_fini(&d);
    }
    encoder_fini(&e);
    encoder_fini(&again);
    for (int i = 0; i < 2; i++) {
        dfl_task_release(NULL, task);
        dfl_task_release(NULL, copy);
    }
}

START_TEST(arguments_come_back_in_their_place)
{
    open_types();
    struct dfl_task *task = dfl_task_new(NULL);
    task->fn = FN_INT;
    args_there_and_back(task);
    task = dfl_task_new(NULL);
    task->fn = FN_SPLIT;
    task->args[0] = 5;
    task->args[1] = 6;
    args_there_and_back(task);

    int64_t n = 42;
    struct {
        struct dfl_view text;
        struct dfl_task *future;
    } wide = {runner_owned("text"), done(FN_INT, &n, NULL)};
    struct dfl_block *block = dfl_block_new(&rows[T_WIDE], sizeof wide);
    memcpy(block_data(block), &wide, sizeof wide);
    block->size = sizeof wide;
    task = dfl_task_new(NULL);
    task->fn = FN_WHOLE;
    task->args[0] = (uintptr_t)block;
    args_there_and_back(task);
    expect_nothing_left();
}
END_TEST

/* Hooks that pass a pointer, and count. */
struct elsewhere {
    int futures, larges;
};

static bool send_future(void *user, struct dfl_task *task, struct encoder *e)
{
    ((struct elsewhere *)user)->futures++;
    dfl_task_retain(task);
    return encode_number(e, (uintptr_t)task);
}

static bool fetch_future(void *user, const struct dfl_type *type, struct decoder *d,
                         struct dfl_task **out)
{
    uint64_t n;
    (void)user;
    if (type->kind != DFL_FUTURE || !decode_number(d, &n))
        return false;
    *out = (struct dfl_task *)(uintptr_t)n;
    return true;
}

static bool send_large(void *user, const struct dfl_type *elem, const struct dfl_view *view,
                       struct encoder *e)
{
    (void)elem;
    struct elsewhere *w = user;
    if (w->larges++ == 1) /* there is no room the second time */
        return false;
    block_retain(view->block);
    return encode_bytes(e, view, sizeof *view);
}

static bool fetch_large(void *user, const struct dfl_type *elem, int64_t len, struct decoder *d,
                        struct dfl_view *out)
{
    (void)user, (void)elem;
    return decode_bytes(d, out, sizeof *out) && out->len == len;
}

START_TEST(what_is_kept_elsewhere_goes_through_the_hooks)
{
    open_types();
    struct elsewhere where = {0};
    struct encode_hooks hooks = {&where, send_future, send_large, 800, NULL};
    struct decode_hooks back = {&where, fetch_future, fetch_large, NULL};
    struct encoder e = {.hooks = &hooks};
    struct dfl_view small = ints(99), large = ints(100);
    ck_assert(encode_value(&e, &rows[T_INTS], &small));
    ck_assert_int_eq(where.larges, 0);
    for (int i = 0; i < 2; i++) {
        e.len = 0;
        ck_assert(encode_value(&e, &rows[T_INTS], &large));
        ck_assert(i ? e.len > 800 : e.len < 32);
        struct decoder d = decoder_of(e.bytes, e.len);
        struct dfl_view got;
        d.hooks = &back;
        ck_assert(decode_value(&d, &rows[T_INTS], &got) && decode_end(&d));
        ck_assert(dfl_equal(&rows[T_INTS], &large, &got));
        ck_assert((got.block == large.block) == !i);
        dfl_drop(&rows[T_INTS], &got);
        decoder_fini(&d);
    }
    struct dfl_task *pending = dfl_task_new(NULL), *got;
    pending->fn = FN_INT;
    e.len = 0;
    ck_assert(encode_value(&e, &rows[T_FUTURE], &pending));
    struct decoder d = decoder_of(e.bytes, e.len);
    ck_assert(!decode_value(&d, &rows[T_FUTURE], &got)); /* without hooks */
    ck_assert_int_eq(d.error, ENCODE_refused);
    d = decoder_of(e.bytes, e.len);
    d.hooks = &back;
    ck_assert(decode_value(&d, &rows[T_FUTURE], &got) && got == pending);
    e.hooks = NULL;
    ck_assert(!encode_value(&e, &rows[T_FUTURE], &pending));
    ck_assert_int_eq(e.error, ENCODE_pending);
    for (int i = 0; i < 3; i++)
        dfl_task_release(NULL, pending);
    encoder_fini(&e);
    decoder_fini(&d);
    dfl_drop(&rows[T_INTS], &small);
    dfl_drop(&rows[T_INTS], &large);
    expect_nothing_left();
}
END_TEST

START_TEST(what_comes_from_elsewhere_is_looked_at)
{
    open_types();
    struct elsewhere where = {0};
    struct encode_hooks hooks = {&where, send_future, send_large, 8, NULL};
    struct decode_hooks back = {&where, fetch_future, fetch_large, NULL};
    const struct {
        struct dfl_type *type;
        bool is_value;
        uint8_t bytes[16];
    } cases[] = {
        {&rows[T_BOOLS], true, {1, 0, 1}},
        {&rows[T_BOOLS], false, {1, 0, 2}},
        {&rows[T_STR], true, "anna and otto, "},
        {&rows[T_STR], false, {'a', 0xc3, 'b'}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dfl_view text = runner_owned("0123456789abcdef"), view = text, got;
        memcpy((char *)view.ptr, cases[i].bytes, 16);
        struct encoder e = {.hooks = &hooks};
        where.larges = 0;
        ck_assert(encode_value(&e, cases[i].type, &view));
        struct decoder d = decoder_of(e.bytes, e.len);
        d.hooks = &back;
        ck_assert(decode_value(&d, cases[i].type, &got) == cases[i].is_value);
        if (cases[i].is_value)
            dfl_drop(cases[i].type, &got);
        dfl_drop(&rows[T_STR], &text);
        encoder_fini(&e);
        decoder_fini(&d);
    }
    expect_nothing_left();
}
END_TEST

START_TEST(it_is_known_which_types_may_hold_a_future)
{
    open_types();
    ck_assert(encode_has_future(&rows[T_FUTURE]) && encode_has_future(&rows[T_FUTURES]));
    ck_assert(encode_has_future(&rows[T_WIDE]));
    ck_assert(!encode_has_future(&rows[T_LIST]) && !encode_has_future(&rows[T_NESTED]));
    ck_assert(!encode_has_future(&rows[T_MAPS]) && !encode_has_future(&value_strs));
    expect_nothing_left();
}
END_TEST

START_TEST(programs_that_differ_have_different_hashes)
{
    open_types();
    uint64_t whole = encode_program_hash(&program);
    ck_assert_uint_eq(whole, encode_program_hash(&program));
    struct dfl_fn other_fns[5];
    memcpy(other_fns, fns, sizeof fns);
    struct dfl_program other = program;
    other.fns = other_fns;
    ck_assert_uint_eq(whole, encode_program_hash(&other));
    other_fns[4].result = &rows[T_INT];
    ck_assert_uint_ne(whole, encode_program_hash(&other));
    struct dfl_variant renamed[2] = {{"Nothing", NULL, 0, NULL}, list_variants[1]};
    rows[T_LIST].variants = renamed;
    ck_assert_uint_ne(whole, encode_program_hash(&program));
    rows[T_LIST].variants = list_variants;
    rows[T_GAP].size = 24;
    ck_assert_uint_ne(whole, encode_program_hash(&program));
    rows[T_GAP].size = 16;
    ck_assert_uint_eq(whole, encode_program_hash(&program));
    expect_nothing_left();
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        numbers_and_tuples_are_their_bytes,
        gaps_are_not_written_and_read_as_zero,
        only_the_part_that_is_seen_travels,
        arrays_of_every_length_come_back,
        a_part_of_a_grid_comes_back_dense,
        a_map_keeps_its_order,
        enums_options_and_results_come_back,
        an_error_comes_back_whole,
        an_error_is_cut_to_64_causes_and_64_kib,
        a_list_of_a_million_links_needs_no_stack,
        what_is_held_twice_is_written_twice_up_to_the_limit,
        counts_are_private_or_shared_as_asked,
        futures_that_are_done_come_with_their_value,
        results_come_back_in_their_place,
        arguments_come_back_in_their_place,
        what_is_kept_elsewhere_goes_through_the_hooks,
        what_comes_from_elsewhere_is_looked_at,
        it_is_known_which_types_may_hold_a_future,
        programs_that_differ_have_different_hashes,
        NULL,
    };
    return runner_run("encode", tests);
}
