/* interp_number.c - operators. Integers below 64 bits are computed in 64 bits and checked against
 * the type of the result; u64, f32 and float compute in their own type. */
#include "arith.h"
#include "interp_core.h"

#include "value.h"

#include <assert.h>
#include <math.h>

/* ---- reading and writing numbers ---- */

bool number_is_float(const struct dfl_type *t)
{
    return t->kind == DFL_FLOAT || t->kind == DFL_F32;
}

int64_t number_int(const struct dfl_type *t, const void *v)
{
    switch (t->kind) {
    case DFL_BOOL:
    case DFL_U8:
        return *(const uint8_t *)v;
    case DFL_I8:
        return *(const int8_t *)v;
    case DFL_I16:
        return *(const int16_t *)v;
    case DFL_U16:
        return *(const uint16_t *)v;
    case DFL_I32:
        return *(const int32_t *)v;
    case DFL_U32:
        return *(const uint32_t *)v;
    default:
        assert(t->size == 8);
        return *(const int64_t *)v;
    }
}

void number_put_int(const struct dfl_type *t, void *out, int64_t n)
{
    memcpy(out, &n, t->size); /* little-endian: the low bytes come first */
}

static double number_float(const struct dfl_type *t, const void *v)
{
    if (t->kind == DFL_FLOAT)
        return *(const double *)v;
    if (t->kind == DFL_F32)
        return *(const float *)v;
    if (t->kind == DFL_U64)
        return (double)*(const uint64_t *)v;
    return (double)number_int(t, v);
}

static void put_float(const struct dfl_type *t, void *out, double x)
{
    if (t->kind == DFL_F32)
        *(float *)out = (float)x;
    else
        *(double *)out = x;
}

static bool is_unsigned(const struct dfl_type *t)
{
    return t->kind >= DFL_U8 && t->kind <= DFL_U64;
}

static bool is_integer(const struct dfl_type *t)
{
    return t->kind == DFL_INT || t->kind == DFL_DURATION ||
           (t->kind >= DFL_I8 && t->kind <= DFL_U64);
}

static bool is_scalar(const struct dfl_type *t)
{
    return is_integer(t) || number_is_float(t) || t->kind == DFL_BOOL;
}

/* True if a 64-bit signed number is a value of type `t`. */
static bool fits(const struct dfl_type *t, int64_t n)
{
    if (t->size == 8)
        return t->kind != DFL_U64 || n >= 0;
    int64_t bits = (int64_t)t->size * 8;
    if (is_unsigned(t))
        return n >= 0 && n < (int64_t)1 << bits;
    return n >= -((int64_t)1 << (bits - 1)) && n < (int64_t)1 << (bits - 1);
}

/* ---- arithmetic ---- */

/* Sums, products and quotients of two floats are the same whether they are rounded to float at once
 * or computed in double first, so one function serves f32 too. */
static enum flow floats(enum op op, const struct dfl_type *left, const void *a,
                        const struct dfl_type *right, const void *b, void *out)
{
    double r = arith_float(op, number_float(left, a), number_float(right, b));
    put_float(left, out, r);
    return FLOW_ON;
}

static enum flow shift(struct frame *f, struct node *n, enum op op, const struct dfl_type *t,
                       const void *value, int64_t count, void *out)
{
    if (count < 0 || count >= (int64_t)t->size * 8) {
        struct dfl_site site = frame_site(f, n);
        return frame_fail(f, dfl_fail_shift(&site, count));
    }
    number_put_int(t, out, arith_shift(op, t->kind != DFL_U64, number_int(t, value), count));
    return FLOW_ON;
}

static enum flow integers(struct frame *f, struct node *n, enum op op, const struct dfl_type *left,
                          const void *a, const struct dfl_type *right, const void *b, void *out)
{
    const struct dfl_type *t = left;
    int64_t x = number_int(left, a), y = number_int(right, b), r;
    if (op == OP_shl || op == OP_shr)
        return shift(f, n, op, left, a, y, out);
    if ((op == OP_div || op == OP_rem) && y == 0) {
        struct dfl_site site = frame_site(f, n);
        return frame_fail(f, dfl_fail_divide(&site));
    }
    bool fine = t->kind == DFL_U64 ? arith_unsigned(op, (uint64_t)x, (uint64_t)y, (uint64_t *)&r)
                                   : arith_signed(op, x, y, &r) && fits(t, r);
    if (!fine && !f->instance->wrap) {
        struct dfl_site site = frame_site(f, n);
        return frame_fail(f, dfl_fail_overflow_of(&site, op_text(op), (int32_t)left->kind, x,
                                                  (int32_t)right->kind, y));
    }
    number_put_int(t, out, r);
    return FLOW_ON;
}

/* ---- comparison ---- */

bool number_compare(enum op op, const struct dfl_type *left, const void *a,
                    const struct dfl_type *right, const void *b)
{
    if (number_is_float(left))
        return arith_compare_floats(op, number_float(left, a), number_float(right, b));
    if (is_scalar(left))
        return arith_compare_ints(op, left->kind != DFL_U64, number_int(left, a),
                                  number_int(right, b));
    if (op == OP_eq || op == OP_ne)
        return dfl_equal(left, a, b) == (op == OP_eq);
    return arith_by_order(op, dfl_compare(left, a, b));
}

/* ---- entries ---- */

static bool is_comparison(enum op op)
{
    return op >= OP_eq && op <= OP_ge;
}

static enum flow concat(struct frame *f, const struct dfl_type *t, const void *a, const void *b,
                        void *out)
{
    dfl_array_concat(t->kind == DFL_ARRAY ? t->elem : f->in->layouts.all.at[LAYOUT_U8], out, a, b);
    return FLOW_ON;
}

enum flow number_operate(struct frame *f, struct node *n, enum op op, const struct dfl_type *left,
                         const void *a, const struct dfl_type *right, const void *b, void *out)
{
    if (is_comparison(op)) {
        *(uint8_t *)out = number_compare(op, left, a, right, b);
        return FLOW_ON;
    }
    if (number_is_float(left))
        return floats(op, left, a, right, b, out);
    if (is_scalar(left))
        return integers(f, n, op, left, a, right, b, out);
    return concat(f, left, a, b, out);
}

enum flow number_negate(struct frame *f, struct node *n, const struct dfl_type *t,
                        const void *value, void *out)
{
    if (number_is_float(t)) {
        put_float(t, out, -number_float(t, value));
        return FLOW_ON;
    }
    int64_t a = number_int(t, value);
    bool fine = t->kind == DFL_U64 ? a == 0 : a != INT64_MIN && fits(t, -a);
    if (!fine && !f->instance->wrap) {
        struct dfl_site site = frame_site(f, n);
        return frame_fail(f, dfl_fail_negate(&site, (int32_t)t->kind, a));
    }
    number_put_int(t, out, (int64_t)-(uint64_t)a);
    return FLOW_ON;
}

/* Bounds of the doubles whose whole part a type holds: low is exclusive, high too. */
static bool float_fits(const struct dfl_type *t, double x)
{
    int bits = (int)t->size * 8;
    if (is_unsigned(t))
        return x > -1.0 && x < ldexp(1.0, bits);
    if (bits == 64)
        return x >= -ldexp(1.0, 63) && x < ldexp(1.0, 63);
    return x > -ldexp(1.0, bits - 1) - 1.0 && x < ldexp(1.0, bits - 1);
}

static bool cast_to_int(const struct dfl_type *from, const void *value, const struct dfl_type *to,
                        void *out)
{
    int64_t n;
    if (number_is_float(from)) {
        double x = number_float(from, value);
        if (!float_fits(to, x))
            return false;
        n = to->kind == DFL_U64 ? (int64_t)(uint64_t)x : (int64_t)x;
    } else {
        n = number_int(from, value);
        bool huge = from->kind == DFL_U64 && n < 0;
        if (to->kind != DFL_U64 || from->kind != DFL_U64)
            if (huge || !fits(to, n))
                return false;
    }
    number_put_int(to, out, n);
    return true;
}

enum flow number_cast(struct frame *f, struct node *n, const struct dfl_type *from,
                      const void *value, void *out)
{
    const struct dfl_type *to = type_of(f, n->type);
    if (number_is_float(to)) {
        if (from->kind == DFL_U64 && to->kind == DFL_F32)
            *(float *)out = (float)*(const uint64_t *)value;
        else if (is_integer(from) && to->kind == DFL_F32)
            *(float *)out = (float)number_int(from, value); /* one rounding, not two */
        else
            put_float(to, out, number_float(from, value));
        return FLOW_ON;
    }
    if (cast_to_int(from, value, to, out))
        return FLOW_ON;
    struct dfl_site site = frame_site(f, n);
    return frame_fail(f, dfl_fail_narrow(&site, from, value, to));
}
