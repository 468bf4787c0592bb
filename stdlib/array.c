/* array.c - C half of the module array: what needs the layout of elements. */
#include <stdlib.h>
#include <string.h>

#include "std.h"

STD(array, push, const struct dfl_type *A, void *out, void *array, const void *x)
{
    (void)out;
    struct dfl_view *xs = array;
    if (A->size == 0) {
        xs->len++;
        return NULL;
    }
    dfl_copy(A, x);
    dfl_array_push(A, xs, (void *)x);
    return NULL;
}

STD(array, pop, const struct dfl_type *A, void *out, void *array)
{
    struct dfl_view *xs = array;
    uint8_t *some = out;
    *some = xs->len > 0;
    if (*some)
        array_pop(A, xs, (char *)out + (A->align > 1 ? A->align : 1));
    return NULL;
}

STD(array, bytes, void *out, const void *array)
{
    const struct dfl_view *xs = array;
    *(struct dfl_view *)out = value_part(xs, 0, xs->len);
    return NULL;
}

/* ---- order ---- */

struct sorting {
    const struct dfl_type *type;
    size_t size;
};

static void insertion_sort(const struct sorting *s, char *at, int64_t n, char *spare)
{
    for (int64_t i = 1; i < n; i++) {
        int64_t to = i;
        while (to > 0 && dfl_compare(s->type, at + (to - 1) * (int64_t)s->size,
                                     at + i * (int64_t)s->size) > 0)
            to--;
        if (to == i)
            continue;
        memcpy(spare, at + i * (int64_t)s->size, s->size);
        memmove(at + (to + 1) * (int64_t)s->size, at + to * (int64_t)s->size,
                (size_t)(i - to) * s->size);
        memcpy(at + to * (int64_t)s->size, spare, s->size);
    }
}

/* Merges the halves of `at`, the left one moved to `spare`; equal elements keep their order. */
static void merge(const struct sorting *s, char *at, int64_t half, int64_t n, char *spare)
{
    char *left = spare, *left_end = spare + half * (int64_t)s->size;
    char *right = at + half * (int64_t)s->size, *right_end = at + n * (int64_t)s->size;
    memcpy(spare, at, (size_t)half * s->size);
    while (left < left_end) {
        bool from_right = right < right_end && dfl_compare(s->type, left, right) > 0;
        char **from = from_right ? &right : &left;
        memcpy(at, *from, s->size);
        *from += s->size;
        at += s->size;
    }
}

static void merge_sort(const struct sorting *s, char *at, int64_t n, char *spare)
{
    if (n <= 12) {
        insertion_sort(s, at, n, spare);
        return;
    }
    int64_t half = n / 2;
    char *middle = at + half * (int64_t)s->size;
    merge_sort(s, at, half, spare);
    merge_sort(s, middle, n - half, spare);
    if (dfl_compare(s->type, middle - s->size, middle) > 0)
        merge(s, at, half, n, spare);
}

static int int_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void sort_in_place(const struct dfl_type *type, struct dfl_view *xs)
{
    struct sorting s = {type, type->size};
    size_t bytes = ((size_t)xs->len / 2 + 1) * s.size;
    if (type->kind == DFL_INT) { /* equal integers cannot be told apart */
        qsort(xs->ptr, (size_t)xs->len, 8, int_order);
        return;
    }
    char *spare = malloc(bytes);
    if (!spare)
        block_exhausted(bytes);
    merge_sort(&s, xs->ptr, xs->len, spare);
    free(spare);
}

STD(array, sort, const struct dfl_type *A, void *out, const void *array)
{
    const struct dfl_view *xs = array;
    array_copy(A, out, xs->ptr, xs->len);
    if (xs->len > 1 && A->size > 0)
        sort_in_place(A, out);
    return NULL;
}

/* ---- rearranging ---- */

STD(array, reverse, const struct dfl_type *A, void *out, const void *array)
{
    const struct dfl_view *xs = array;
    struct dfl_view *to = out;
    array_copy(A, to, xs->ptr, xs->len);
    if (A->size > 0)
        for (int64_t i = 0; i < xs->len; i++)
            memcpy(array_at(A, to, i), array_at(A, xs, xs->len - 1 - i), A->size);
    return NULL;
}

/* ---- arithmetic ---- */

/* Of ints or durations. */
static struct dfl_error *sum_ints(const struct dfl_type *A, void *out, const struct dfl_view *xs)
{
    const int64_t *at = xs->ptr;
    int64_t sum = 0;
    for (int64_t i = 0; i < xs->len; i++) {
        int64_t before = sum;
        if (__builtin_add_overflow(sum, at[i], &sum))
            return dfl_fail_overflow_of(NULL, "+", (int32_t)A->kind, before, (int32_t)A->kind,
                                        at[i]);
    }
    *(int64_t *)out = sum;
    return NULL;
}

/* Of small integers, to one of the type `out_type`, which each sum on the way fits. */
static struct dfl_error *sum_small(const struct dfl_type *A, const struct dfl_type *out_type,
                                   void *out, const struct dfl_view *xs)
{
    int64_t sum = 0;
    std_write_int(out_type, out, sum);
    for (int64_t i = 0; i < xs->len; i++) {
        int64_t before = sum, x = std_read_int(A, array_at(A, xs, i));
        if (__builtin_add_overflow(sum, x, &sum) || !std_write_int(out_type, out, sum))
            return dfl_fail_overflow(NULL, "+", before, x);
    }
    return NULL;
}

static struct dfl_error *sum_u64(uint64_t *out, const struct dfl_view *xs)
{
    const uint64_t *at = xs->ptr;
    *out = 0;
    for (int64_t i = 0; i < xs->len; i++) {
        uint64_t before = *out;
        if (__builtin_add_overflow(before, at[i], out))
            return dfl_fail_overflow_of(NULL, "+", DFL_U64, (int64_t)before, DFL_U64,
                                        (int64_t)at[i]);
    }
    return NULL;
}

static struct dfl_error *sum_floats(double *out, const struct dfl_view *xs)
{
    *out = 0;
    for (int64_t i = 0; i < xs->len; i++)
        *out += ((const double *)xs->ptr)[i];
    return NULL;
}

static struct dfl_error *sum_f32(float *out, const struct dfl_view *xs)
{
    *out = 0;
    for (int64_t i = 0; i < xs->len; i++)
        *out += ((const float *)xs->ptr)[i];
    return NULL;
}

/* A left fold, in the order of the array and the type of its elements. */
STD(array, sum, const struct dfl_type *A, void *out, const void *array)
{
    switch (A->kind) {
    case DFL_INT:
    case DFL_I64:
    case DFL_DURATION:
        return sum_ints(A, out, array);
    case DFL_U64:
        return sum_u64(out, array);
    case DFL_FLOAT:
        return sum_floats(out, array);
    case DFL_F32:
        return sum_f32(out, array);
    default:
        return sum_small(A, A, out, array);
    }
}

STD(array, wide_sum, const struct dfl_type *A, void *out, const void *array)
{
    return sum_small(A, &value_int, out, array);
}

/* ---- text ---- */

STD(array, join, void *out, const void *parts, const void *separator)
{
    const struct dfl_view *list = parts, *by = separator;
    struct buffer b = {0};
    for (int64_t i = 0; i < list->len; i++) {
        const struct dfl_view *s = array_at(&value_str, list, i);
        if (i > 0)
            buffer_put(&b, by->ptr, by->len);
        buffer_put(&b, s->ptr, s->len);
    }
    dfl_buffer_end(&b, out);
    return NULL;
}
