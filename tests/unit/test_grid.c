/* test_grid.c - arrays of rank 2 and 3: parts are views, and only a sole holder writes in place. */
#include "runner.h"

#include "compare.h"
#include "error.h"
#include "format.h"
#include "grid.h"

enum { ROW_0 = GRID_AT | GRID_ALL << 2, COLUMN_0 = GRID_ALL | GRID_AT << 2 };
enum { INNER = GRID_RANGE | GRID_RANGE << 2 };

static const struct dfl_type matrix = {.kind = DFL_GRID,
                                       .refs = 1,
                                       .align = 8,
                                       .rank = 2,
                                       .size = sizeof(struct dfl_grid) + 32,
                                       .elem = &value_int};
static const struct dfl_type array = {
    .kind = DFL_ARRAY, .refs = 1, .align = 8, .size = sizeof(struct dfl_view), .elem = &value_int};

/* A grid with room for what it needs. */
union held {
    struct dfl_grid m;
    int64_t words[2 + 2 * DFL_RANK_MAX];
};

/* Numbers from 0 on. */
static void make(union held *h, int64_t rows, int64_t cols)
{
    h->m.dims[0] = rows;
    h->m.dims[1] = cols;
    ck_assert_ptr_null(grid_new(&matrix, &h->m));
    for (int64_t i = 0; i < rows * cols; i++)
        ((int64_t *)h->m.ptr)[i] = i;
}

static void ends(union held *h)
{
    dfl_drop(&matrix, &h->m);
}

static void says(const struct dfl_type *type, const void *value, const char *wanted)
{
    struct buffer b = {0};
    format_value(&b, type, value, false);
    ck_assert_int_eq(b.len, (int64_t)strlen(wanted));
    ck_assert_mem_eq(buffer_text(&b), wanted, (size_t)b.len);
    buffer_discard(&b);
}

static void turn(const union held *from, union held *to)
{
    *to = *from;
    dfl_copy(&matrix, &to->m);
    for (int i = 0; i < 2; i++) {
        to->m.dims[i] = from->m.dims[1 - i];
        to->m.dims[2 + i] = from->m.dims[3 - i];
    }
}

START_TEST(a_part_is_a_view_of_the_block)
{
    union held h, part;
    make(&h, 3, 4);
    ck_assert_ptr_null(dfl_grid_part(&matrix, &h.m, INNER, (int64_t[]){1, 3, 1, 3}, &part.m, NULL));
    ck_assert_ptr_eq(part.m.block, h.m.block);
    ck_assert(!grid_is_dense(&matrix, &part.m));
    says(&matrix, &part.m, "[[5, 6], [9, 10]]");
    ends(&part);
    ends(&h);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_row_is_a_view_and_a_column_a_copy)
{
    union held h;
    struct dfl_view line;
    make(&h, 2, 3);
    ck_assert_ptr_null(dfl_grid_part(&matrix, &h.m, ROW_0, (int64_t[]){1}, &line, NULL));
    ck_assert_ptr_eq(line.block, h.m.block);
    says(&array, &line, "[3, 4, 5]");
    dfl_drop(&array, &line);
    ck_assert_ptr_null(dfl_grid_part(&matrix, &h.m, COLUMN_0, (int64_t[]){1}, &line, NULL));
    ck_assert_ptr_ne(line.block, h.m.block);
    says(&array, &line, "[1, 4]");
    dfl_drop(&array, &line);
    ck_assert_ptr_null(
        dfl_grid_part(&matrix, &h.m, ROW_0 | GRID_COPY, (int64_t[]){0}, &line, NULL));
    ck_assert_ptr_ne(line.block, h.m.block);
    dfl_drop(&array, &line);
    ends(&h);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(what_others_hold_is_copied_before_it_changes)
{
    union held h, other;
    make(&h, 2, 2);
    other = h;
    dfl_copy(&matrix, &h.m);
    dfl_grid_own(&matrix, &h.m);
    *(int64_t *)h.m.ptr = 9;
    says(&matrix, &h.m, "[[9, 1], [2, 3]]");
    says(&matrix, &other.m, "[[0, 1], [2, 3]]");
    void *before = h.m.ptr;
    dfl_grid_own(&matrix, &h.m);
    ck_assert_ptr_eq(h.m.ptr, before);
    ends(&h);
    ends(&other);
}
END_TEST

START_TEST(a_view_that_is_alone_becomes_dense)
{
    union held h, turned;
    make(&h, 2, 3);
    turn(&h, &turned);
    ends(&h);
    dfl_grid_own(&matrix, &turned.m);
    ck_assert(grid_is_dense(&matrix, &turned.m));
    says(&matrix, &turned.m, "[[0, 3], [1, 4], [2, 5]]");
    ends(&turned);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_part_is_put_where_it_fits)
{
    union held h, small;
    make(&h, 3, 3);
    make(&small, 2, 1);
    ck_assert_ptr_null(dfl_grid_put(&matrix, &h.m, INNER, (int64_t[]){0, 2, 2, 3}, &small.m, NULL));
    says(&matrix, &h.m, "[[0, 1, 0], [3, 4, 1], [6, 7, 8]]");
    struct dfl_error *e =
        dfl_grid_put(&matrix, &h.m, INNER, (int64_t[]){0, 3, 2, 3}, &small.m, NULL);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(e->kind, DFL_FAIL_bounds);
    dfl_error_release(e);
    ends(&h);
    ends(&small);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(views_equal_what_holds_the_same)
{
    union held h, turned, back, dense;
    make(&h, 3, 2);
    turn(&h, &turned);
    turn(&turned, &back);
    dense = turned;
    dfl_copy(&matrix, &dense.m);
    dfl_grid_own(&matrix, &dense.m);
    ck_assert(dfl_equal(&matrix, &h.m, &back.m));
    ck_assert(!dfl_equal(&matrix, &h.m, &turned.m));
    ck_assert(dfl_equal(&matrix, &dense.m, &turned.m));
    ck_assert_uint_eq(dfl_hash(&matrix, &dense.m), dfl_hash(&matrix, &turned.m));
    ck_assert_int_eq(dfl_compare(&matrix, &dense.m, &turned.m), 0);
    ck_assert_int_gt(dfl_compare(&matrix, &h.m, &turned.m), 0);
    union held *all[] = {&h, &turned, &back, &dense};
    for (int i = 0; i < 4; i++)
        ends(all[i]);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(nothing_is_a_shape_too)
{
    union held h, turned;
    make(&h, 2, 0);
    ck_assert_ptr_null(h.m.block);
    turn(&h, &turned);
    says(&matrix, &h.m, "[[], []]");
    says(&matrix, &turned.m, "[]");
    ck_assert(!dfl_equal(&matrix, &h.m, &turned.m));
    dfl_grid_own(&matrix, &h.m);
    ck_assert(grid_is_dense(&matrix, &turned.m));
    ends(&h);
    ends(&turned);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_part_is_a_view_of_the_block,
        a_row_is_a_view_and_a_column_a_copy,
        what_others_hold_is_copied_before_it_changes,
        a_view_that_is_alone_becomes_dense,
        a_part_is_put_where_it_fits,
        views_equal_what_holds_the_same,
        nothing_is_a_shape_too,
        NULL,
    };
    return runner_run("grid", tests);
}
