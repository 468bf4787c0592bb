/* check_op.c - numbers as written, operators and `as`. */
#include "checking.h"

#include <string.h>

/* ---- literals ------------------------------------------------------------------------------ */

/* Largest magnitude of an integer type's positive and negative values. */
static uint64_t int_max(enum type_kind kind)
{
    switch (kind) {
    case TYPE_i8:
        return INT8_MAX;
    case TYPE_i16:
        return INT16_MAX;
    case TYPE_i32:
        return INT32_MAX;
    case TYPE_u8:
        return UINT8_MAX;
    case TYPE_u16:
        return UINT16_MAX;
    case TYPE_u32:
        return UINT32_MAX;
    case TYPE_u64:
        return UINT64_MAX;
    default:
        return INT64_MAX;
    }
}

static bool is_unsigned(enum type_kind kind)
{
    return kind == TYPE_u8 || kind == TYPE_u16 || kind == TYPE_u32 || kind == TYPE_u64;
}

/* `minus`: the negation around it, or NULL. */
static const struct type *check_int(struct check *c, struct node *node, const struct type *want,
                                    const struct node *minus)
{
    const struct type *t = strip(want);
    if (!t || !type_is_int(t))
        t = simple(c, TYPE_int);
    uint64_t limit = int_max(t->kind);
    if (minus)
        limit = is_unsigned(t->kind) ? 0 : limit + 1;
    if (node->int_.value <= limit)
        return t;
    struct diag *d = diag_error(c->diags, DIAG_literal_range, (minus ? minus : node)->span,
                                "%s%llu does not fit into `%s`", minus ? "-" : "",
                                (unsigned long long)node->int_.value, t->text);
    if (t->kind == TYPE_int && !minus)
        diag_hint(c->diags, d, "a `u64` holds up to 18446744073709551615: `let x: u64 = …`");
    else
        diag_hint(c->diags, d, "`%s` holds %s%llu to %llu", t->text,
                  is_unsigned(t->kind) ? "" : "-",
                  is_unsigned(t->kind) ? 0 : (unsigned long long)int_max(t->kind) + 1,
                  (unsigned long long)int_max(t->kind));
    return simple(c, TYPE_bad);
}

const struct type *check_number(struct check *c, struct node *node, const struct type *want,
                                const struct node *minus)
{
    const struct type *t;
    if (node->kind == NODE_int) {
        t = check_int(c, node, want, minus);
    } else {
        t = strip(want);
        t = t && t->kind == TYPE_f32 ? t : simple(c, TYPE_float);
    }
    return node->type = t;
}

/* ---- operators ------------------------------------------------------------------------------- */

bool is_compare(enum op op)
{
    return op >= OP_eq && op <= OP_ge;
}

static bool is_bitwise(enum op op)
{
    return op == OP_and || op == OP_or || op == OP_xor || op == OP_shl || op == OP_shr;
}

/* Does `op` join two values of this one type? */
static bool applies(enum op op, const struct type *t)
{
    if (is_compare(op))
        return true;
    if (t->kind == TYPE_var)
        return op == OP_add || op == OP_sub || op == OP_mul || op == OP_div;
    if (is_bitwise(op) || op == OP_rem)
        return type_is_int(t);
    if (type_is_number(t))
        return true;
    if (op == OP_add)
        return t->kind == TYPE_str || t->kind == TYPE_bytes || t->kind == TYPE_array ||
               t->kind == TYPE_duration;
    return op == OP_sub && t->kind == TYPE_duration;
}

/* duration * int, int * duration, duration / int */
static bool scales(enum op op, const struct type *l, const struct type *r)
{
    bool lower = l->kind == TYPE_duration && r->kind == TYPE_int;
    if (op == OP_mul)
        return lower || (l->kind == TYPE_int && r->kind == TYPE_duration);
    return op == OP_div && lower;
}

static void operator_hint(struct check *c, struct diag *d, enum op op, const struct type *t)
{
    if (op == OP_rem && type_is_number(t))
        diag_hint(c->diags, d, "for floats there is `math.fmod(x, y)`");
    else if (t->kind == TYPE_float || t->kind == TYPE_f32)
        diag_hint(c->diags, d, "whole numbers have bits: convert with `x as int`");
    else if ((op == OP_and || op == OP_or) && t->kind == TYPE_bool)
        diag_hint(c->diags, d, "of two bools write `%s`", op == OP_and ? "&&" : "||");
    else if (t->kind == TYPE_str && op == OP_mul)
        diag_hint(c->diags, d, "write `s.repeat(n)`");
    else if (t->kind == TYPE_map && op == OP_add)
        diag_hint(c->diags, d, "loop over one and assign to the other: `m[k] = v`");
    else if (t->kind == TYPE_tuple || t->kind == TYPE_record)
        diag_hint(c->diags, d, "say what that means for each part");
    else if (t->kind == TYPE_grid)
        diag_hint(c->diags, d, "loop over the elements: `r[i, j] = a[i, j] %s b[i, j]`",
                  op_text(op));
}

static const struct type *report_operator(struct check *c, struct span span, enum op op,
                                          const struct type *t)
{
    struct diag *d = diag_error(c->diags, DIAG_bad_operand, span, "`%s` has no meaning for `%s`",
                                op_text(op), t->text);
    operator_hint(c, d, op, t);
    return simple(c, TYPE_bad);
}

static bool is_text(const struct type *t)
{
    return t->kind == TYPE_str;
}

static bool is_fraction(const struct type *t)
{
    return t->kind == TYPE_float || t->kind == TYPE_f32;
}

/* Of whole numbers only. */
static bool is_of_bits(enum op op)
{
    return op == OP_rem || op == OP_and || op == OP_or || op == OP_xor || op == OP_shl ||
           op == OP_shr;
}

static const struct type *report_mixed(struct check *c, struct span span, enum op op,
                                       struct node *left, struct node *right)
{
    const struct type *l = left->type, *r = right->type;
    if (report_wrapped(c, l->kind == TYPE_array ? right : left) || report_wrapped(c, right))
        return simple(c, TYPE_bad);
    const struct type *fraction = is_fraction(l) ? l : r;
    if (is_of_bits(op) && type_is_number(l) && type_is_number(r) && is_fraction(fraction))
        return report_operator(c, span, op, fraction);
    struct diag *d = diag_error(c->diags, DIAG_mixed_types, span,
                                "`%s` and `%s` do not mix in `%s`", l->text, r->text, op_text(op));
    const struct node *whole = type_is_int(l) ? left : right;
    const struct type *other = whole == left ? r : l;
    if (type_is_int(whole->type) && (other->kind == TYPE_float || other->kind == TYPE_f32)) {
        if (whole->kind == NODE_int)
            diag_hint(c->diags, d, "write the number with a point: `%llu.0`",
                      (unsigned long long)whole->int_.value);
        else
            diag_hint(c->diags, d, "convert the whole number: `%.*s as %s`",
                      (int)(whole->span.end - whole->span.start),
                      whole->span.source->text + whole->span.start, other->text);
    } else if (type_is_number(l) && type_is_number(r)) {
        diag_hint(c->diags, d, "convert one of them with `as`");
    } else if (is_text(l) && op == OP_rem) {
        diag_hint(c->diags, d, "a value stands in the text itself: `\"{x}\"`, `\"{x:8.2f}\"`");
    } else if ((is_text(l) || is_text(r)) && op == OP_add) {
        diag_hint(c->diags, d, "put values into text with braces: `\"{x} and {y}\"`");
    } else if (is_text(l) && op == OP_mul) {
        diag_hint(c->diags, d, "write `s.repeat(n)`");
    } else if (is_compare(op) &&
               ((is_text(l) && type_is_number(r)) || (is_text(r) && type_is_number(l)))) {
        diag_hint(c->diags, d,
                  "text becomes a number with `s.parse_int()?`, a number text with `\"{x}\"`");
    } else if (l->kind == TYPE_array && r->kind != TYPE_array && op == OP_add) {
        diag_hint(c->diags, d, "an element is added with `xs + [x]` or `xs.push(x)`");
    }
    return simple(c, TYPE_bad);
}

static bool operand_needs(struct check *c, enum op op, const struct node *node)
{
    if (is_compare(op))
        return need(c, node->type, NEED_DATA, node->span);
    if (node->type->kind == TYPE_var)
        return need(c, node->type, NEED_NUMBER, node->span);
    return true;
}

const struct type *op_result(struct check *c, struct span span, enum op op, struct node *left,
                             struct node *right)
{
    const struct type *l = left->type, *r = right->type;
    if (is_bad(l) || is_bad(r))
        return simple(c, TYPE_bad);
    if (scales(op, l, r))
        return simple(c, TYPE_duration);
    if (r->kind == TYPE_never || gives_nothing(left) || (l == r && gives_nothing(right))) {
        diag_error(c->diags, DIAG_missing_value, gives_nothing(left) ? left->span : right->span,
                   "this gives no value for `%s`", op_text(op));
        return simple(c, TYPE_bad);
    }
    if (l != r)
        return report_mixed(c, span, op, left, right);
    if (l->kind == TYPE_future || !applies(op, l)) {
        if (!report_wrapped(c, left))
            report_operator(c, span, op, l);
        return simple(c, TYPE_bad);
    }
    if (!operand_needs(c, op, left))
        return simple(c, TYPE_bad);
    return is_compare(op) ? simple(c, TYPE_bool) : l;
}

/* The type that the other side of `t` should have; NULL: what it has by itself, as durations are
 * scaled by whole numbers. */
static const struct type *partner_hint(enum op op, const struct type *t, const struct type *hint)
{
    if (is_bad(t) || t->kind == TYPE_never)
        return hint;
    bool scaled = t->kind == TYPE_duration ? op == OP_mul || op == OP_div
                                           : t->kind == TYPE_int && op == OP_mul;
    return scaled ? NULL : t;
}

/* Checks the two sides, the one first that knows its type by itself. */
static void check_sides(struct check *c, struct node *node, const struct type *hint)
{
    struct node **left = &node->binary_.left, **right = &node->binary_.right;
    bool swap = (expr_is_literal(*left) && !expr_is_literal(*right)) ||
                (expr_is_open(*left) && !expr_is_open(*right));
    struct node **first = swap ? right : left, **second = swap ? left : right;
    const struct type *t = check_expr(c, first, hint);
    if (is_bad(t) && (expr_is_open(*second) || expr_is_literal(*second)))
        (*second)->type = t; /* its type would have come from there */
    else
        check_expr(c, second, partner_hint(node->binary_.op, t, hint));
    /* some(1) == x: a literal in a T? is wrapped like its partner */
    if (!is_bad(t) && expr_is_open(*second))
        convert(c, second, t, (struct why){0});
    widen(c, left);
    widen(c, right);
}

static const struct type *check_logic(struct check *c, struct node *node)
{
    bool binds = c->binds && node->binary_.op == OP_land;
    const struct type *truth = simple(c, TYPE_bool);
    const struct why why = {0};
    c->binds = binds;
    c->why = why;
    bool is_other = !is_bad(check_expr(c, &node->binary_.left, truth));
    convert(c, &node->binary_.left, truth, why);
    is_other = is_other && is_bad(node->binary_.left->type);
    c->binds = binds;
    c->why = why;
    check_expr(c, &node->binary_.right, truth);
    if (is_other) /* the same is wrong with both, and was told */
        return simple(c, TYPE_bad);
    convert(c, &node->binary_.right, truth, why);
    return truth;
}

static const struct type *check_shift(struct check *c, struct node *node, const struct type *hint)
{
    check_expr(c, &node->binary_.left, hint);
    const struct type *l = widen(c, &node->binary_.left);
    check_want(c, &node->binary_.right, simple(c, TYPE_int), (struct why){0});
    if (is_bad(l))
        return l;
    if (!type_is_int(l)) {
        if (!report_wrapped(c, node->binary_.left))
            report_operator(c, node->span, node->binary_.op, l);
        return simple(c, TYPE_bad);
    }
    return l;
}

/* Only types that a literal can have pass from the result to the operands. */
static const struct type *operand_hint(enum op op, const struct type *want)
{
    const struct type *t = is_compare(op) ? NULL : strip(want);
    bool useful = t && (type_is_number(t) || t->kind == TYPE_array);
    return useful ? t : NULL;
}

static bool names_function(struct check *c, const struct node *node)
{
    struct symbol *symbol = node->kind == NODE_name ? scope_find(c, node->name_.name) : NULL;
    bool is_function = symbol && (symbol->kind == SYM_FUNC ||
                                  (symbol->kind == SYM_LOCAL && symbol->type->kind == TYPE_fn));
    if (is_function)
        symbol->used = true;
    return is_function;
}

const struct type *check_binary(struct check *c, struct node *node, const struct type *want)
{
    enum op op = node->binary_.op;
    if (op == OP_land || op == OP_lor)
        return check_logic(c, node);
    if (names_function(c, node->binary_.left) && names_function(c, node->binary_.right)) {
        diag_error(c->diags, DIAG_bad_operand, node->span, "`%s` has no meaning for functions",
                   op_text(op));
        return simple(c, TYPE_bad);
    }
    const struct type *hint = operand_hint(op, want);
    if (op == OP_shl || op == OP_shr)
        return check_shift(c, node, hint);
    check_sides(c, node, hint);
    return op_result(c, node->span, op, node->binary_.left, node->binary_.right);
}

static const struct type *check_not(struct check *c, struct node *node)
{
    check_want(c, &node->unary_.value, simple(c, TYPE_bool), (struct why){0});
    return simple(c, TYPE_bool);
}

const struct type *check_unary(struct check *c, struct node *node, const struct type *want)
{
    enum op op = node->unary_.op;
    struct node **value = &node->unary_.value;
    if (op == OP_not)
        return check_not(c, node);
    if (op == OP_neg && ((*value)->kind == NODE_int || (*value)->kind == NODE_float))
        return check_number(c, *value, want, node);
    const struct type *t = check_expr(c, value, operand_hint(op, want));
    t = widen(c, value);
    if (is_bad(t))
        return t;
    bool fits = op == OP_inv ? type_is_int(t)
                             : type_is_number(t) || t->kind == TYPE_duration || t->kind == TYPE_var;
    if (!fits && !report_wrapped(c, *value))
        report_operator(c, node->span, op, t);
    if (t->kind == TYPE_var && fits)
        fits = need(c, t, NEED_NUMBER, (*value)->span);
    return fits ? t : simple(c, TYPE_bad);
}

/* ---- as ------------------------------------------------------------------------------------- */

static void cast_hint(struct check *c, struct diag *d, const struct type *from,
                      const struct type *to)
{
    if (to->kind == TYPE_str)
        diag_hint(c->diags, d, "as text it is `\"{…}\"`");
    else if (from->kind == TYPE_str && type_is_number(to))
        diag_hint(c->diags, d, "text becomes a number with `parse_int()?` or `parse_float()?`");
    else if (from->kind == TYPE_bool && type_is_number(to))
        diag_hint(c->diags, d, "write `if x { 1 } else { 0 }`");
    else if (to->kind == TYPE_bool)
        diag_hint(c->diags, d, "compare: `x != 0`");
    else if (from->kind == TYPE_duration)
        diag_hint(c->diags, d, "as a number it is `d.seconds()`");
    else
        diag_hint(c->diags, d, "`as` converts between numbers");
}

const struct type *check_cast(struct check *c, struct node *node)
{
    const struct type *to = names_type(c->program, c->module, c->function, node->cast_.target);
    bool literal = node->cast_.value->kind == NODE_int && type_is_int(to);
    const struct type *from = check_expr(c, &node->cast_.value, literal ? to : NULL);
    if (is_bad(from) || is_bad(to))
        return to;
    if (from == to || (type_is_number(from) && type_is_number(to)))
        return to;
    if (report_wrapped(c, node->cast_.value))
        return to;
    struct diag *d = diag_error(c->diags, DIAG_bad_cast, node->span, "`%s` cannot become `%s`",
                                from->text, to->text);
    cast_hint(c, d, from, to);
    return simple(c, TYPE_bad);
}
