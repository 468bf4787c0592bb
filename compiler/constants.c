/* constants.c - values of the module that cannot be computed: an overflow, a division by zero, a
 * shift or an `as` that does not fit. needs: types. gives: nothing; reports only.
 *
 * fold() computes numbers and `bool` as the program would, as far as they are reached: what an `if`
 * leaves out is not looked at. A constant is computed once, before the first that names it. */
#include "arith.h"
#include "check.h"
#include "format.h"

#include <math.h>

/* What a value is; of integers and durations the 64 bits, of `bool` 0 or 1. */
struct folded {
    bool known;
    int64_t bits;
    double number; /* of float and f32 */
};

static struct folded fold(struct program *, struct node *);

static const struct folded unknown;

static struct folded of_bits(int64_t bits)
{
    return (struct folded){.known = true, .bits = bits};
}

static struct folded of_float(const struct type *t, double x)
{
    return (struct folded){.known = true, .number = t->kind == TYPE_f32 ? (float)x : x};
}

static bool is_float(const struct type *t)
{
    return t->kind == TYPE_float || t->kind == TYPE_f32;
}

/* Integers, durations and `bool`: what is held in `bits`. */
static bool is_bits(const struct type *t)
{
    return type_is_int(t) || t->kind == TYPE_duration || t->kind == TYPE_bool;
}

/* ---- messages -------------------------------------------------------------------------------- */

static struct folded report(struct program *p, const struct node *at, const char *text)
{
    diag_error(p->diags, DIAG_constant_fails, at->span, "this constant fails: %s", text);
    return unknown;
}

static const char *text_of(struct program *p, const struct type *t, struct folded v)
{
    char text[NUMBER_TEXT];
    if (is_float(t)) {
        number_float(text, v.number);
        return arena_format(p->arena, "%s", text);
    }
    if (t->kind == TYPE_u64)
        return arena_format(p->arena, "%llu", (unsigned long long)v.bits);
    return arena_format(p->arena, "%lld", (long long)v.bits);
}

/* In the words of a run. The error is ended. */
static struct folded report_error(struct program *p, const struct node *at, struct dfl_error *e)
{
    const char *text =
        arena_format(p->arena, "%.*s", (int)e->message.len, (const char *)e->message.ptr);
    dfl_error_release(e);
    return report(p, at, text);
}

static int32_t kind_of(const struct type *t)
{
    return t->kind == TYPE_u64 ? DFL_U64 : t->kind == TYPE_duration ? DFL_DURATION : DFL_INT;
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

static struct folded shift(struct program *p, const struct node *n, enum op op, bool is_signed,
                           int64_t a, int64_t count)
{
    if (count < 0 || count > 63)
        return report(p, n,
                      arena_format(p->arena, "shift count out of range: %lld", (long long)count));
    return of_bits(arith_shift(op, is_signed, a, count));
}

static struct folded integers(struct program *p, const struct node *n, struct folded a,
                              struct folded b)
{
    enum op op = n->binary_.op;
    const struct type *t = n->binary_.left->type;
    bool is_signed = t->kind != TYPE_u64;
    if (op == OP_shl || op == OP_shr)
        return shift(p, n, op, is_signed, a.bits, b.bits);
    if ((op == OP_div || op == OP_rem) && b.bits == 0)
        return report(p, n, "division by zero");
    int64_t r;
    bool fits = is_signed ? arith_signed(op, a.bits, b.bits, &r)
                          : arith_unsigned(op, (uint64_t)a.bits, (uint64_t)b.bits, (uint64_t *)&r);
    if (fits)
        return of_bits(r);
    return report_error(p, n,
                        dfl_fail_overflow_of(NULL, op_text(op), kind_of(t), a.bits,
                                             kind_of(n->binary_.right->type), b.bits));
}

static struct folded compare(enum op op, const struct type *t, struct folded a, struct folded b)
{
    if (is_float(t))
        return of_bits(arith_compare_floats(op, a.number, b.number));
    return of_bits(arith_compare_ints(op, t->kind != TYPE_u64, a.bits, b.bits));
}

/* ---- expressions ----------------------------------------------------------------------------- */

static struct folded fold_logic(struct program *p, struct node *n)
{
    bool decides = n->binary_.op == OP_lor; /* the left side that leaves the right out */
    struct folded left = fold(p, n->binary_.left);
    if (!left.known || left.bits == decides)
        return left;
    return fold(p, n->binary_.right);
}

static struct folded fold_binary(struct program *p, struct node *n)
{
    enum op op = n->binary_.op;
    if (op == OP_land || op == OP_lor)
        return fold_logic(p, n);
    struct folded a = fold(p, n->binary_.left), b = fold(p, n->binary_.right);
    if (!a.known || !b.known)
        return unknown;
    const struct type *left = n->binary_.left->type, *right = n->binary_.right->type;
    if (op >= OP_eq && op <= OP_ge)
        return compare(op, left, a, b);
    if (is_float(left) && is_float(right))
        return of_float(n->type, arith_float(op, a.number, b.number));
    return is_bits(left) && is_bits(right) ? integers(p, n, a, b) : unknown;
}

static struct folded fold_unary(struct program *p, struct node *n)
{
    const struct node *operand = n->unary_.value;
    if (n->unary_.op == OP_neg && operand->kind == NODE_int)
        return of_bits((int64_t)-operand->int_.value); /* also the least number */
    struct folded v = fold(p, n->unary_.value);
    if (!v.known)
        return unknown;
    if (n->unary_.op == OP_not)
        return of_bits(!v.bits);
    if (n->unary_.op == OP_inv)
        return of_bits(~v.bits);
    if (is_float(operand->type))
        return of_float(operand->type, -v.number);
    bool fits = operand->type->kind == TYPE_u64 ? v.bits == 0 : v.bits != INT64_MIN;
    if (fits)
        return of_bits(-v.bits);
    return report_error(p, n, dfl_fail_negate(NULL, kind_of(operand->type), v.bits));
}

/* How many bits the values of an integer type have. */
static int bits_of(const struct type *t)
{
    switch (t->kind) {
    case TYPE_i8:
    case TYPE_u8:
        return 8;
    case TYPE_i16:
    case TYPE_u16:
        return 16;
    case TYPE_i32:
    case TYPE_u32:
        return 32;
    default:
        return 64;
    }
}

/* The whole part of a number as 64 bits with a sign, or without one for a u64; false: it does not
 * fit `to`. */
static bool narrow(const struct type *from, struct folded v, const struct type *to, int64_t *out)
{
    bool is_unsigned = to->kind >= TYPE_u8 && to->kind <= TYPE_u64;
    int bits = bits_of(to);
    double low = is_unsigned ? 0 : -ldexp(1.0, bits - 1);
    double end = ldexp(1.0, is_unsigned ? bits : bits - 1);
    if (is_float(from)) {
        double x = trunc(v.number);
        if (!(x >= low && x < end))
            return false;
        *out = to->kind == TYPE_u64 ? (int64_t)(uint64_t)x : (int64_t)x;
        return true;
    }
    *out = v.bits;
    if (from->kind == TYPE_u64 && v.bits < 0)
        return to->kind == TYPE_u64;
    if (bits == 64)
        return !is_unsigned || v.bits >= 0;
    return v.bits >= (int64_t)low && v.bits < (int64_t)end;
}

static struct folded fold_cast(struct program *p, struct node *n)
{
    struct folded v = fold(p, n->cast_.value), whole = {.known = true};
    const struct type *from = n->cast_.value->type, *to = n->type;
    if (!v.known || from == to)
        return v;
    if (is_float(to) && is_float(from))
        return of_float(to, v.number);
    if (is_float(to) && to->kind == TYPE_f32) /* one rounding, not two */
        return of_float(to, from->kind == TYPE_u64 ? (float)(uint64_t)v.bits : (float)v.bits);
    if (is_float(to))
        return of_float(to, from->kind == TYPE_u64 ? (double)(uint64_t)v.bits : (double)v.bits);
    if (!type_is_int(to))
        return unknown;
    if (narrow(from, v, to, &whole.bits))
        return whole;
    return report(p, n,
                  arena_format(p->arena, "%s does not fit %s", text_of(p, from, v), to->text));
}

static struct folded fold_if(struct program *p, struct node *n)
{
    struct folded cond = fold(p, n->if_.cond);
    if (cond.known && cond.bits)
        return fold(p, n->if_.then);
    return cond.known && n->if_.otherwise ? fold(p, n->if_.otherwise) : unknown;
}

static struct folded fold_constant(struct program *p, struct symbol *symbol)
{
    if (!symbol || symbol->kind != SYM_CONST || !symbol->node)
        return unknown;
    if (!symbol->folded) {
        struct folded *found = arena_new(p->arena, struct folded);
        symbol->folded = found; /* before what is in it: one may name itself, which was told */
        *found = fold(p, symbol->node->let_.value);
    }
    return *symbol->folded;
}

static void fold_part(void *context, struct node *n)
{
    fold(context, n);
}

static struct folded fold_parts(struct program *p, struct node *n)
{
    ast_children(n, fold_part, p);
    return unknown;
}

static struct folded fold_block(struct program *p, struct node *n)
{
    struct folded last = unknown;
    for (uint32_t i = 0; i < n->block_.stmts.count; i++)
        last = fold(p, n->block_.stmts.at[i]);
    return last;
}

/* What it is, if it is a number or `bool` and known. Reports what fails. */
static struct folded fold_known(struct program *p, struct node *n)
{
    switch (n->kind) {
    case NODE_int:
        return is_float(n->type) ? unknown : of_bits((int64_t)n->int_.value);
    case NODE_float:
        return of_float(n->type, n->float_.value);
    case NODE_bool:
        return of_bits(n->bool_.value);
    case NODE_duration:
        return of_bits(n->duration_.ns);
    case NODE_unary:
        return fold_unary(p, n);
    case NODE_binary:
        return fold_binary(p, n);
    case NODE_cast:
        return fold_cast(p, n);
    case NODE_if:
        return fold_if(p, n);
    case NODE_block:
        return fold_block(p, n);
    case NODE_name:
        return fold_constant(p, n->name_.symbol);
    case NODE_dot:
        if (n->dot_.symbol)
            return fold_constant(p, n->dot_.symbol);
        return fold_parts(p, n);
    case NODE_array:
    case NODE_map:
    case NODE_entry:
    case NODE_tuple:
    case NODE_tuple_dot:
    case NODE_record_lit:
    case NODE_field_init:
    case NODE_wrap:
    case NODE_interp:
    case NODE_hole:
    case NODE_call:
        return fold_parts(p, n);
    default: /* no constant, which was told */
        return unknown;
    }
}

static struct folded fold(struct program *p, struct node *n)
{
    bool is_part = n->kind == NODE_entry || n->kind == NODE_field_init || n->kind == NODE_hole;
    struct folded v = n->type || is_part ? fold_known(p, n) : unknown;
    return n->type && (is_bits(n->type) || is_float(n->type)) ? v : unknown;
}

void check_constants(struct program *p)
{
    for (uint32_t i = 0; i < p->modules.count; i++) {
        const struct node *tree = p->modules.at[i]->tree;
        for (uint32_t j = 0; tree->kind == NODE_module && j < tree->module_.items.count; j++) {
            const struct node *item = tree->module_.items.at[j];
            if (item->kind == NODE_let && item->let_.pattern->kind == NODE_pat_name)
                fold_constant(p, item->let_.pattern->pat_name_.symbol);
        }
    }
}
