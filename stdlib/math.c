/* math.c - C half of the module math: libm, by the names it has there. */
#include <math.h>

#include "std.h"

STD(math, abs, const struct dfl_type *A, void *out, const void *x)
{
    if (A->kind == DFL_FLOAT) {
        *(double *)out = fabs(*(const double *)x);
        return NULL;
    }
    if (A->kind != DFL_INT)
        return error_new(DFL_FAIL_fail, "cannot take the absolute value of %s", A->name);
    int64_t n = *(const int64_t *)x;
    if (n == INT64_MIN)
        return dfl_fail_overflow(NULL, "-", 0, n);
    *(int64_t *)out = n < 0 ? -n : n;
    return NULL;
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
