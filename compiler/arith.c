/* arith.c - read arith.h first. */
#include "arith.h"

#include <assert.h>
#include <math.h>

bool arith_signed(enum op op, int64_t a, int64_t b, int64_t *r)
{
    switch (op) {
    case OP_add:
        return !__builtin_add_overflow(a, b, r);
    case OP_sub:
        return !__builtin_sub_overflow(a, b, r);
    case OP_mul:
        return !__builtin_mul_overflow(a, b, r);
    case OP_div:
        *r = b == -1 ? (int64_t)-(uint64_t)a : a / b;
        return !(a == INT64_MIN && b == -1);
    case OP_rem:
        *r = b == -1 ? 0 : a % b;
        return true;
    case OP_and:
        *r = a & b;
        return true;
    case OP_or:
        *r = a | b;
        return true;
    case OP_xor:
        *r = a ^ b;
        return true;
    default:
        assert(!"an operator on integers");
        return true;
    }
}

bool arith_unsigned(enum op op, uint64_t a, uint64_t b, uint64_t *r)
{
    switch (op) {
    case OP_add:
        return !__builtin_add_overflow(a, b, r);
    case OP_sub:
        return !__builtin_sub_overflow(a, b, r);
    case OP_mul:
        return !__builtin_mul_overflow(a, b, r);
    case OP_div:
        *r = a / b;
        return true;
    case OP_rem:
        *r = a % b;
        return true;
    default:
        return arith_signed(op, (int64_t)a, (int64_t)b, (int64_t *)r);
    }
}

int64_t arith_shift(enum op op, bool is_signed, int64_t a, int64_t count)
{
    if (op == OP_shl)
        return (int64_t)((uint64_t)a << count);
    return is_signed ? a >> count : (int64_t)((uint64_t)a >> count);
}

double arith_float(enum op op, double a, double b)
{
    switch (op) {
    case OP_add:
        return a + b;
    case OP_sub:
        return a - b;
    case OP_mul:
        return a * b;
    case OP_div:
        return a / b;
    case OP_rem:
        return fmod(a, b);
    default:
        assert(!"an operator on floats");
        return 0;
    }
}

bool arith_by_order(enum op op, int order)
{
    switch (op) {
    case OP_eq:
        return order == 0;
    case OP_ne:
        return order != 0;
    case OP_lt:
        return order < 0;
    case OP_le:
        return order <= 0;
    case OP_gt:
        return order > 0;
    default:
        assert(op == OP_ge);
        return order >= 0;
    }
}

bool arith_compare_ints(enum op op, bool is_signed, int64_t a, int64_t b)
{
    if (is_signed)
        return arith_by_order(op, (a > b) - (a < b));
    return arith_by_order(op, ((uint64_t)a > (uint64_t)b) - ((uint64_t)a < (uint64_t)b));
}

bool arith_compare_floats(enum op op, double a, double b)
{
    if (isnan(a) || isnan(b))
        return op == OP_ne;
    return arith_by_order(op, (a > b) - (a < b));
}
