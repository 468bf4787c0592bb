/* math.c - C half of the module math: libm, by the names it has there. */
#include <math.h>

#include "std.h"

static struct dfl_error *abs_int(const struct dfl_type *A, const struct dfl_type *out_type,
                                 void *out, const void *x)
{
    int64_t n = std_read_int(A, x);
    if (n == INT64_MIN || !std_write_int(out_type, out, n < 0 ? -n : n))
        return dfl_fail_negate(NULL, DFL_INT, n);
    return NULL;
}

STD(math, abs, const struct dfl_type *A, void *out, const void *x)
{
    switch (A->kind) {
    case DFL_FLOAT:
        *(double *)out = fabs(*(const double *)x);
        return NULL;
    case DFL_F32:
        *(float *)out = fabsf(*(const float *)x);
        return NULL;
    case DFL_U64:
        *(uint64_t *)out = *(const uint64_t *)x;
        return NULL;
    default:
        return abs_int(A, A, out, x);
    }
}

STD(math, wide_abs, const struct dfl_type *A, void *out, const void *x)
{
    return abs_int(A, &value_int, out, x);
}

#define MATH1(name)                                                                                \
    STD(math, name, void *out, const void *x)                                                      \
    {                                                                                              \
        *(double *)out = name(*(const double *)x);                                                 \
        return NULL;                                                                               \
    }

#define MATH2(name)                                                                                \
    STD(math, name, void *out, const void *x, const void *y)                                       \
    {                                                                                              \
        *(double *)out = name(*(const double *)x, *(const double *)y);                             \
        return NULL;                                                                               \
    }

MATH1(sqrt)
MATH1(cbrt)
MATH1(exp)
MATH1(log)
MATH1(log2)
MATH1(log10)
MATH1(sin)
MATH1(cos)
MATH1(tan)
MATH1(asin)
MATH1(acos)
MATH1(atan)
MATH1(tanh)
MATH1(floor)
MATH1(ceil)
MATH1(round)
MATH1(trunc)
MATH2(atan2)
MATH2(pow)
MATH2(hypot)
MATH2(fmod)
