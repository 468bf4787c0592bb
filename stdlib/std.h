/* std.h - how C functions of the standard library are called.
 *
 * `extern "dfl" fn name<A>(x: X, var y: Y) -> R` of module m is the C function
 *
 *     struct dfl_error *dfl_std_m_name(struct dfl_fiber *, const struct dfl_type *A,
 *                                      void *out, const void *x, void *y);
 *
 * Arguments are lent and passed by pointer; `out` is memory for an R that the function fills with
 * an owned value. It returns NULL, or an owned failure without a place: that is the call in the
 * program that leads here, for the error in a T! too. A result T! is written to `out`; only what
 * should fail the task is returned. Unused parts of a parameter list stay unnamed casts to void. */
#ifndef STD_H
#define STD_H

#include "array.h"
#include "error.h"
#include "format.h"
#include "text.h"
#include "value.h"

#define STD(module, name, ...)                                                                     \
    struct dfl_error *dfl_std_##module##_##name(struct dfl_fiber *fiber, __VA_ARGS__);             \
    struct dfl_error *dfl_std_##module##_##name(__attribute__((unused)) struct dfl_fiber *fiber,   \
                                                __VA_ARGS__)

/* Layouts of results. */
struct std_unit_result {
    struct dfl_error *err;
};
struct std_view_result {
    struct dfl_error *err;
    struct dfl_view value;
};
struct std_int_result {
    struct dfl_error *err;
    int64_t value;
};
struct std_float_result {
    struct dfl_error *err;
    double value;
};
struct std_int_option {
    uint8_t some;
    int64_t value;
};
struct std_view_option {
    uint8_t some;
    struct dfl_view value;
};

/* An integer of any type but u64, or the nanoseconds of a duration. */
static inline int64_t std_read_int(const struct dfl_type *t, const void *value)
{
    switch (t->kind) {
    case DFL_I8:
        return *(const int8_t *)value;
    case DFL_I16:
        return *(const int16_t *)value;
    case DFL_I32:
        return *(const int32_t *)value;
    case DFL_U8:
        return *(const uint8_t *)value;
    case DFL_U16:
        return *(const uint16_t *)value;
    case DFL_U32:
        return *(const uint32_t *)value;
    default:
        return *(const int64_t *)value;
    }
}

/* Writes one; false if its type does not hold it. */
static inline bool std_write_int(const struct dfl_type *t, void *out, int64_t n)
{
    memcpy(out, &n, t->size); /* little-endian: the low bytes come first */
    return std_read_int(t, out) == n;
}

/* Moves a str to the end of a [str] under construction. */
static inline void std_add(struct dfl_view *strs, struct dfl_view s)
{
    dfl_array_push(&value_str, strs, &s);
}

#endif
