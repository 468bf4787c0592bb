/* prelude.c - C half of the names that need no import. */
#include <unistd.h>

#include "stream.h"
#include "std.h"

STD(prelude, print, void *out, const void *line)
{
    (void)out;
    static const struct dfl_view name = {NULL, "standard output", 15};
    int code = stream_line(fiber, line);
    return code ? error_from_errno(code, "cannot write", &name) : NULL;
}

STD(prelude, trace, const struct dfl_type *A, void *out, const void *x)
{
    struct buffer b = {0};
    format_value(&b, A, x, false);
    buffer_char(&b, '\n');
    stream_write(STDERR_FILENO, buffer_text(&b), b.len);
    buffer_discard(&b);
    memcpy(out, x, A->size);
    dfl_copy(A, x);
    return NULL;
}

static struct dfl_error *length_check(const char *what, int64_t n)
{
    if (n >= 0)
        return NULL;
    return error_new(DFL_FAIL_bounds, "%s: length %lld is negative", what, (long long)n);
}

STD(prelude, zeros, void *out, const void *n)
{
    int64_t len = *(const int64_t *)n;
    struct dfl_error *e = length_check("zeros", len);
    struct dfl_view *array = out;
    if (e)
        return e;
    dfl_array_new(&value_float, array, len);
    if (len > 0) {
        memset(array->ptr, 0, (size_t)len * 8);
        array->block->size = (uint64_t)len * 8;
        array->len = len;
    }
    return NULL;
}

STD(prelude, fill, const struct dfl_type *A, void *out, const void *value, const void *n)
{
    int64_t len = *(const int64_t *)n;
    struct dfl_error *e = length_check("fill", len);
    struct dfl_view *array = out;
    if (e)
        return e;
    dfl_array_new(A, array, len);
    array->len = len;
    if (!array->block)
        return NULL;
    array->block->size = (uint64_t)len * A->size;
    if (A->size == 1) {
        memset(array->ptr, *(const unsigned char *)value, (size_t)len);
        return NULL;
    }
    for (int64_t i = 0; i < len; i++) {
        memcpy(array_at(A, array, i), value, A->size);
        if (A->refs)
            dfl_copy(A, value);
    }
    return NULL;
}
