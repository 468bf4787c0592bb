/* test_value.c - blocks, counts, and values of any depth. */
#include "runner.h"

#include <math.h>
#include <pthread.h>

#include "array.h"
#include "compare.h"
#include "error.h"

static int32_t count_of(const struct dfl_view *v)
{
    return atomic_load(&v->block->count);
}

/* [["a0", "a1"], ["b0", ...]] with `n` rows of two. */
static const struct dfl_type strss = {.kind = DFL_ARRAY,
                                      .refs = 1,
                                      .align = 8,
                                      .id = 0,
                                      .size = sizeof(struct dfl_view),
                                      .name = "[[str]]",
                                      .elem = &value_strs};

static struct dfl_view nested(int n)
{
    struct dfl_view rows, row, text;
    dfl_array_new(&value_strs, &rows, 0);
    for (int i = 0; i < n; i++) {
        dfl_array_new(&value_str, &row, 0);
        text = runner_owned("first");
        dfl_array_push(&value_str, &row, &text);
        text = runner_owned("second");
        dfl_array_push(&value_str, &row, &text);
        dfl_array_push(&value_strs, &rows, &row);
    }
    return rows;
}

START_TEST(the_last_release_frees_and_no_earlier_one)
{
    struct dfl_view s = runner_owned("text");
    ck_assert_int_eq(dfl_block_live(), 1);
    dfl_copy(&value_str, &s);
    dfl_drop(&value_str, &s);
    ck_assert_int_eq(dfl_block_live(), 1);
    dfl_drop(&value_str, &s);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(sharing_turns_every_count_below_and_stops_at_what_is_shared)
{
    struct dfl_view rows = nested(3);
    struct dfl_view *first = array_at(&value_strs, &rows, 0);
    dfl_copy(&value_strs, first);
    struct dfl_view held = *first;
    dfl_share(&strss, &rows);
    ck_assert_int_eq(count_of(&rows), -1);
    ck_assert_int_eq(count_of(&held), -2);
    ck_assert_int_eq(count_of(array_at(&value_str, &held, 1)), -1);
    dfl_share(&strss, &rows);
    ck_assert_int_eq(count_of(&held), -2);
    dfl_drop(&value_strs, &held);
    dfl_drop(&strss, &rows);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_shared_value_with_one_holder_becomes_private_when_it_is_changed)
{
    struct dfl_view rows = nested(1);
    dfl_share(&strss, &rows);
    struct dfl_block *before = rows.block;
    dfl_array_own(&value_strs, &rows);
    ck_assert_ptr_eq(rows.block, before);
    ck_assert_int_eq(count_of(&rows), 1);
    dfl_drop(&strss, &rows);
}
END_TEST

static void *retain_and_release(void *arg)
{
    for (int i = 0; i < 100000; i++) {
        dfl_copy(&value_str, arg);
        dfl_drop(&value_str, arg);
    }
    return NULL;
}

START_TEST(shared_counts_survive_threads)
{
    struct dfl_view s = runner_owned("shared");
    pthread_t threads[3];
    dfl_share(&value_str, &s);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, retain_and_release, &s);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(count_of(&s), -1);
    dfl_drop(&value_str, &s);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_million_causes_end_without_recursion)
{
    struct dfl_error *e = error_new(DFL_FAIL_fail, "first");
    for (int i = 0; i < 1000000; i++) {
        struct dfl_error *next = error_new(DFL_FAIL_fail, "later");
        next->cause = e;
        e = next;
    }
    dfl_share(&value_error, &e);
    dfl_error_release(e);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_block_knows_what_it_holds)
{
    struct dfl_view rows = nested(1000);
    dfl_block_release(rows.block);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(order_of_floats_is_total)
{
    double in_order[] = {-INFINITY, -1.5, -0.0, 0.0, 5e-324, 2, INFINITY, NAN};
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++)
            ck_assert_int_eq(dfl_compare(&value_float, &in_order[i], &in_order[j]),
                             (i > j) - (i < j));
    double zero = 0, minus = -0.0, nan = NAN;
    ck_assert(dfl_equal(&value_float, &zero, &minus));
    ck_assert(!dfl_equal(&value_float, &nan, &nan));
    ck_assert_uint_eq(dfl_hash(&value_float, &zero), dfl_hash(&value_float, &minus));
}
END_TEST

START_TEST(every_nan_is_one)
{
    double nans[] = {NAN, copysign(NAN, -1), nan("7")};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(dfl_compare(&value_float, &nans[0], &nans[i]), 0);
        ck_assert_uint_eq(dfl_hash(&value_float, &nans[0]), dfl_hash(&value_float, &nans[i]));
    }
}
END_TEST

START_TEST(text_compares_by_bytes)
{
    struct dfl_view a = runner_str("abc"), b = runner_str("abd"), c = runner_str("ab"),
                    z = runner_str("z"), e = runner_str("\xc3\xab");
    ck_assert_int_lt(dfl_compare(&value_str, &a, &b), 0);
    ck_assert_int_gt(dfl_compare(&value_str, &a, &c), 0);
    ck_assert_int_lt(dfl_compare(&value_str, &z, &e), 0);
    ck_assert_int_eq(dfl_compare(&value_str, &a, &a), 0);
}
END_TEST

START_TEST(equal_arrays_have_one_hash_and_no_order)
{
    struct dfl_view a = nested(4), b = nested(4), c = nested(5);
    ck_assert(dfl_equal(&strss, &a, &b));
    ck_assert(!dfl_equal(&strss, &a, &c));
    ck_assert_int_eq(dfl_compare(&strss, &a, &b), 0);
    ck_assert_int_lt(dfl_compare(&strss, &a, &c), 0);
    ck_assert_uint_eq(dfl_hash(&strss, &a), dfl_hash(&strss, &b));
    dfl_drop(&strss, &a);
    dfl_drop(&strss, &b);
    dfl_drop(&strss, &c);
}
END_TEST

START_TEST(the_hash_of_text_never_changes)
{
    struct dfl_view a = runner_str(""), b = runner_str("word"),
                    c = runner_str("a longer text, of 33 bytes in all");
    ck_assert_uint_eq(dfl_hash(&value_str, &a), UINT64_C(0x8dd9092e2a448508));
    ck_assert_uint_eq(dfl_hash(&value_str, &b), UINT64_C(0xf4f173d3265212a3));
    ck_assert_uint_eq(dfl_hash(&value_str, &c), UINT64_C(0x234b907238b4aecc));
}
END_TEST

START_TEST(an_empty_option_is_less_than_any_value)
{
    static const struct dfl_type option = {
        .kind = DFL_OPTION, .refs = 1, .align = 8, .size = 32, .elem = &value_str};
    struct {
        uint8_t some;
        struct dfl_view value;
    } none = {0, {0}}, some = {1, runner_owned("")};
    ck_assert_int_lt(dfl_compare(&option, &none, &some), 0);
    ck_assert(!dfl_equal(&option, &none, &some));
    ck_assert(dfl_equal(&option, &none, &none));
    dfl_copy(&option, &some);
    dfl_drop(&option, &some);
    dfl_drop(&option, &some);
    dfl_drop(&option, &none);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

int main(void)
{
    static const struct dfl_type *rows[] = {&strss};
    value_set_types(rows, 1);
    const TTest *tests[] = {
        the_last_release_frees_and_no_earlier_one,
        sharing_turns_every_count_below_and_stops_at_what_is_shared,
        a_shared_value_with_one_holder_becomes_private_when_it_is_changed,
        shared_counts_survive_threads,
        a_million_causes_end_without_recursion,
        a_block_knows_what_it_holds,
        order_of_floats_is_total,
        every_nan_is_one,
        text_compares_by_bytes,
        equal_arrays_have_one_hash_and_no_order,
        the_hash_of_text_never_changes,
        an_empty_option_is_less_than_any_value,
        NULL,
    };
    return runner_run("value", tests);
}
