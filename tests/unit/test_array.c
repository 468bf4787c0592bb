/* test_array.c - arrays change in place when nobody can tell, and never otherwise. */
#include "runner.h"

#include "array.h"

static struct dfl_view ints(int64_t n)
{
    struct dfl_view xs;
    dfl_array_new(&value_int, &xs, 0);
    for (int64_t i = 0; i < n; i++)
        dfl_array_push(&value_int, &xs, &i);
    return xs;
}

static const struct dfl_type int_array = {
    .kind = DFL_ARRAY, .refs = 1, .align = 8, .size = sizeof(struct dfl_view), .elem = &value_int};

static int64_t int_at(const struct dfl_view *xs, int64_t i)
{
    return *(int64_t *)array_at(&value_int, xs, i);
}

START_TEST(pushing_keeps_what_was_there)
{
    struct dfl_view xs = ints(100000);
    ck_assert_int_eq(xs.len, 100000);
    for (int64_t i = 0; i < xs.len; i++)
        ck_assert_int_eq(int_at(&xs, i), i);
    dfl_drop(&int_array, &xs);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_push_to_a_held_array_leaves_the_other_holder_alone)
{
    struct dfl_view xs = ints(3), other = xs;
    int64_t x = 9;
    dfl_copy(&int_array, &xs);
    dfl_array_push(&value_int, &xs, &x);
    ck_assert_int_eq(other.len, 3);
    ck_assert_int_eq(xs.len, 4);
    ck_assert_ptr_ne(xs.block, other.block);
    ck_assert_uint_eq(other.block->size, 24);
    dfl_drop(&int_array, &xs);
    dfl_drop(&int_array, &other);
}
END_TEST

START_TEST(a_static_array_is_copied_before_it_changes)
{
    static int64_t numbers[] = {1, 2, 3};
    struct dfl_view xs = {NULL, numbers, 3};
    dfl_array_own(&value_int, &xs);
    ck_assert_ptr_nonnull(xs.block);
    *(int64_t *)array_at(&value_int, &xs, 0) = 7;
    ck_assert_int_eq(numbers[0], 1);
    dfl_drop(&int_array, &xs);
}
END_TEST

START_TEST(owning_a_slice_lets_the_rest_of_the_block_go)
{
    struct dfl_view xs, s;
    dfl_array_new(&value_str, &xs, 0);
    for (int i = 0; i < 10; i++) {
        s = runner_owned("element");
        dfl_array_push(&value_str, &xs, &s);
    }
    xs.ptr = (char *)xs.ptr + 3 * sizeof s;
    xs.len = 2;
    ck_assert_int_eq(dfl_block_live(), 11);
    dfl_array_own(&value_str, &xs);
    ck_assert_int_eq(dfl_block_live(), 3);
    ck_assert_uint_eq(xs.block->size, 2 * sizeof s);
    dfl_drop(&value_strs, &xs);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_queue_that_is_cut_in_front_does_not_grow)
{
    struct dfl_view xs = ints(10);
    for (int64_t i = 10; i < 200000; i++) {
        xs.ptr = (char *)xs.ptr + 8;
        xs.len--;
        dfl_array_push(&value_int, &xs, &i);
    }
    ck_assert_int_eq(xs.len, 10);
    ck_assert_int_eq(int_at(&xs, 0), 199990);
    ck_assert_int_lt(block_room(xs.block), 4096);
    dfl_drop(&int_array, &xs);
}
END_TEST

START_TEST(popping_moves_out_or_copies)
{
    struct dfl_view xs, s = runner_owned("a"), other, out;
    dfl_array_new(&value_str, &xs, 0);
    dfl_array_push(&value_str, &xs, &s);
    s = runner_owned("b");
    dfl_array_push(&value_str, &xs, &s);
    other = xs;
    dfl_copy(&value_strs, &other);
    array_pop(&value_str, &xs, &out);
    runner_expect(out, "b");
    dfl_drop(&value_strs, &other);
    array_pop(&value_str, &xs, &out);
    runner_expect(out, "a");
    ck_assert_int_eq(xs.len, 0);
    dfl_drop(&value_strs, &xs);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(concatenation_keeps_both_sides)
{
    struct dfl_view a, b, both, s = runner_owned("a");
    dfl_array_new(&value_str, &a, 0);
    dfl_array_new(&value_str, &b, 0);
    dfl_array_push(&value_str, &a, &s);
    s = runner_owned("b");
    dfl_array_push(&value_str, &b, &s);
    dfl_array_concat(&value_str, &both, &a, &b);
    ck_assert_int_eq(both.len, 2);
    dfl_drop(&value_strs, &a);
    dfl_drop(&value_strs, &b);
    ck_assert_int_eq(dfl_block_live(), 3);
    dfl_drop(&value_strs, &both);
    struct dfl_view empty = {NULL, value_nothing, 0};
    dfl_array_concat(&value_u8, &both, &empty, &empty);
    ck_assert_int_eq(both.len, 0);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(elements_without_size_are_only_counted)
{
    struct dfl_view xs;
    char unit = 0;
    dfl_array_new(&value_unit, &xs, 5);
    for (int i = 0; i < 5; i++)
        dfl_array_push(&value_unit, &xs, &unit);
    dfl_array_own(&value_unit, &xs);
    ck_assert_int_eq(xs.len, 5);
    array_pop(&value_unit, &xs, &unit);
    ck_assert_int_eq(xs.len, 4);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        pushing_keeps_what_was_there,
        a_push_to_a_held_array_leaves_the_other_holder_alone,
        a_static_array_is_copied_before_it_changes,
        owning_a_slice_lets_the_rest_of_the_block_go,
        a_queue_that_is_cut_in_front_does_not_grow,
        popping_moves_out_or_copies,
        concatenation_keeps_both_sides,
        elements_without_size_are_only_counted,
        NULL,
    };
    return runner_run("array", tests);
}
