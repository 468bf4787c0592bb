/* arith.h - what operators give of numbers, for whoever computes them while compiling: the
 * interpreter and the check of constants. Pure. */
#ifndef ARITH_H
#define ARITH_H

#include "ast.h"

/* `+ - * / % & | ^` of 64 bits; `b` is not 0 where it divides. False on overflow: *r is then the
 * wrapped result. */
bool arith_signed(enum op, int64_t a, int64_t b, int64_t *r);
bool arith_unsigned(enum op, uint64_t a, uint64_t b, uint64_t *r);
/* By `count` bits, from 0 to 63. */
int64_t arith_shift(enum op, bool is_signed, int64_t a, int64_t count);
/* `+ - * / %` */
double arith_float(enum op, double a, double b);

/* What a comparison tells of values whose order is below, at or above 0. */
bool arith_by_order(enum op, int order);
bool arith_compare_ints(enum op, bool is_signed, int64_t a, int64_t b);
/* A nan equals nothing and has no order. */
bool arith_compare_floats(enum op, double a, double b);

#endif
