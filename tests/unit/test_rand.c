/* test_rand.c - the numbers of rand, which are part of the language, and those of math and time. */
#include "runner.h"

#include <math.h>

#include "../../stdlib/std.h"

#define CALL(name, ...) struct dfl_error *dfl_std_##name(struct dfl_fiber *, __VA_ARGS__);
CALL(rand_seed, void *out, const void *n)
CALL(rand_derive, void *out, const void *key, const void *i)
CALL(rand_unit, void *out, const void *key, const void *i)
CALL(rand_within, void *out, const void *key, const void *i, const void *lo, const void *hi)
CALL(math_abs, const struct dfl_type *, void *out, const void *x)
CALL(math_round, void *out, const void *x)
CALL(time_clock, void *out)
CALL(time_spin, void *out, const void *duration)
CALL(time_seconds, void *out, const void *duration)
CALL(prelude_fill, const struct dfl_type *, void *out, const void *x, const void *n)
CALL(prelude_zeros, void *out, const void *n)

static double unit(int64_t key, int64_t i)
{
    double x;
    ck_assert_ptr_null(dfl_std_rand_unit(NULL, &x, &key, &i));
    return x;
}

/* SplitMix64 from state 1234567 begins with 6457827717110365317, 3203168211198807973. */
START_TEST(draws_are_the_outputs_of_splitmix64)
{
    ck_assert_double_eq(unit(1234567, 0), (double)(UINT64_C(6457827717110365317) >> 11) * 0x1p-53);
    ck_assert_double_eq(unit(1234567, 1), (double)(UINT64_C(3203168211198807973) >> 11) * 0x1p-53);
}
END_TEST

START_TEST(draws_are_even_and_keys_independent)
{
    int64_t seed = 1, key, below, zero = 0;
    double sum = 0, product = 0;
    dfl_std_rand_seed(NULL, &key, &seed);
    dfl_std_rand_derive(NULL, &below, &key, &zero);
    for (int64_t i = 0; i < 100000; i++) {
        double x = unit(key, i), y = unit(below, i);
        ck_assert(x >= 0 && x < 1);
        sum += x;
        product += (x - 0.5) * (y - 0.5);
    }
    ck_assert_double_eq_tol(sum / 100000, 0.5, 0.005);
    ck_assert_double_eq_tol(product / 100000, 0, 0.002);
}
END_TEST

START_TEST(integers_stay_in_their_range)
{
    int64_t key = 42, n, least = INT64_MIN, most = INT64_MAX, lo = -3, hi = 4;
    int seen[7] = {0};
    for (int64_t i = 0; i < 1000; i++) {
        ck_assert_ptr_null(dfl_std_rand_within(NULL, &n, &key, &i, &lo, &hi));
        ck_assert(n >= lo && n < hi);
        seen[n - lo]++;
        ck_assert_ptr_null(dfl_std_rand_within(NULL, &n, &key, &i, &least, &most));
    }
    for (int i = 0; i < 7; i++)
        ck_assert_int_gt(seen[i], 100);
    struct dfl_error *e = dfl_std_rand_within(NULL, &n, &key, &key, &hi, &hi);
    ck_assert_ptr_nonnull(e);
    dfl_error_release(e);
}
END_TEST

START_TEST(absolute_values_keep_their_type_and_fail_at_the_edge)
{
    int64_t n = -5, least = INT64_MIN, out;
    double x = -0.0, y;
    ck_assert_ptr_null(dfl_std_math_abs(NULL, &value_int, &out, &n));
    ck_assert_int_eq(out, 5);
    ck_assert_ptr_null(dfl_std_math_abs(NULL, &value_float, &y, &x));
    ck_assert(y == 0 && !signbit(y));
    struct dfl_error *e = dfl_std_math_abs(NULL, &value_int, &out, &least);
    ck_assert_uint_eq(e->kind, DFL_FAIL_overflow);
    dfl_error_release(e);
    x = -2.5;
    dfl_std_math_round(NULL, &y, &x);
    ck_assert_double_eq(y, -3);
}
END_TEST

START_TEST(the_clock_goes_forward)
{
    int64_t before, after, wait = 2000000;
    double seconds;
    dfl_std_time_clock(NULL, &before);
    dfl_std_time_spin(NULL, &seconds, &wait);
    dfl_std_time_clock(NULL, &after);
    ck_assert_int_ge(after - before, wait);
    dfl_std_time_seconds(NULL, &seconds, &wait);
    ck_assert_double_eq(seconds, 0.002);
}
END_TEST

START_TEST(filled_arrays_hold_their_value_often)
{
    struct dfl_view s = runner_owned("x"), xs;
    int64_t three = 3, minus = -1;
    ck_assert_ptr_null(dfl_std_prelude_fill(NULL, &value_str, &xs, &s, &three));
    ck_assert_int_eq(atomic_load(&s.block->count), 4);
    dfl_drop(&value_strs, &xs);
    dfl_drop(&value_str, &s);
    ck_assert_ptr_null(dfl_std_prelude_zeros(NULL, &xs, &three));
    ck_assert_double_eq(((double *)xs.ptr)[2], 0);
    dfl_block_release(xs.block);
    struct dfl_error *e = dfl_std_prelude_zeros(NULL, &xs, &minus);
    ck_assert_uint_eq(e->kind, DFL_FAIL_bounds);
    dfl_error_release(e);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        draws_are_the_outputs_of_splitmix64,
        draws_are_even_and_keys_independent,
        integers_stay_in_their_range,
        absolute_values_keep_their_type_and_fail_at_the_edge,
        the_clock_goes_forward,
        filled_arrays_hold_their_value_often,
        NULL,
    };
    return runner_run("rand", tests);
}
