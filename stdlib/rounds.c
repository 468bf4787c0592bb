/* rounds.c - C half of the module rounds. */
#include "std.h"

#include <string.h>

/* The arrays one behind the other. */
STD(rounds, gather, const struct dfl_type *A, void *out, const void *arrays)
{
    const struct dfl_view *parts = arrays;
    struct dfl_view *whole = out;
    int64_t len = 0;
    for (int64_t i = 0; i < parts->len; i++)
        len += ((const struct dfl_view *)parts->ptr)[i].len;
    dfl_array_new(A, whole, len);
    char *at = whole->ptr;
    for (int64_t i = 0; i < parts->len; i++) {
        const struct dfl_view *part = &((const struct dfl_view *)parts->ptr)[i];
        uint64_t bytes = (uint64_t)part->len * A->size;
        memcpy(at, part->ptr, bytes);
        at += bytes;
    }
    whole->len = len;
    if (whole->block)
        whole->block->size = (uint64_t)len * A->size;
    for (int64_t i = 0; A->refs && i < len; i++)
        dfl_copy(A, (char *)whole->ptr + (uint64_t)i * A->size);
    return NULL;
}

/* The one element; in C, so that the failure is told of at the loop. */
STD(rounds, extreme, const struct dfl_type *B, void *out, const void *found)
{
    const struct dfl_view *one = found;
    if (one->len == 0)
        return error_new(DFL_FAIL_fail, "nothing to take `min` or `max` of");
    memcpy(out, one->ptr, B->size);
    dfl_copy(B, out);
    return NULL;
}
