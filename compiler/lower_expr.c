/* lower_expr.c - expressions, a function a kind of node; lower_expr() at the end picks by kind. */
#include "lower_core.h"

#include "grid.h"

#include <assert.h>
#include <string.h>

static bool is_float(const struct type *t)
{
    return t->kind == TYPE_float || t->kind == TYPE_f32;
}

/* ---- literals -------------------------------------------------------------------------------- */

static struct ir_value *number(struct frame *f, struct node *n, bool negative)
{
    const struct type *t = lower_type(f, n->type);
    if (is_float(t)) {
        double x = n->kind == NODE_int ? (double)n->int_.value : n->float_.value;
        struct ir_value *v = emit0(f, IR_const_float, t, n->span);
        v->imm.f = negative ? -x : x;
        return v;
    }
    uint64_t i = n->int_.value;
    return emit_int(f, t, (int64_t)(negative ? -i : i), n->span);
}

static struct ir_value *text(struct frame *f, enum type_kind kind, const char *bytes, uint32_t len,
                             struct span span)
{
    struct ir_value *v = emit0(f, IR_const_str, lower_simple(f, kind), span);
    v->imm.text.bytes = bytes;
    v->imm.text.len = len;
    return v;
}

/* ---- text with holes ------------------------------------------------------------------------- */

static void part_append(struct frame *f, struct ir_part *part, const struct node *str)
{
    char *joined = arena_alloc(f->lower->arena, part->len + str->str_.len + 1, 1);
    memcpy(joined, part->text, part->len);
    memcpy(joined + part->len, str->str_.bytes, str->str_.len);
    part->text = joined;
    part->len += str->str_.len;
}

static struct val lower_interp(struct frame *f, struct node *n)
{
    const struct nodes *parts = &n->interp_.parts;
    struct ir_part *at = arena_array(f->lower->arena, struct ir_part, parts->count + 1);
    struct operands ops = {0};
    at[0].text = "";
    for (uint32_t i = 0; i < parts->count; i++) {
        struct node *part = parts->at[i];
        if (part->kind == NODE_str) {
            part_append(f, &at[ops.count], part);
            continue;
        }
        operand_add(f, &ops, lower_expr(f, part->hole_.value), parts->at + i + 1,
                    parts->count - i - 1, part->span);
        at[ops.count - 1].spec = part->hole_.format;
        at[ops.count].text = "";
    }
    struct ir_value *v =
        emit(f, IR_format, lower_simple(f, TYPE_str), n->span, operand_values(f, &ops), ops.count);
    v->imm.parts.at = at;
    operand_release(f, &ops, n->span);
    return val_owned(v);
}

/* ---- names and parts of values --------------------------------------------------------------- */

static struct val lower_symbol(struct frame *f, struct node *n, struct symbol *s)
{
    if (s->kind == SYM_LOCAL)
        return local_read(f, s, n->span);
    if (s->kind == SYM_VARIANT) {
        struct ir_value *v = emit0(f, IR_variant, s->type, n->span);
        v->imm.index = s->index;
        return val_owned(v);
    }
    assert(s->kind == SYM_CONST);
    return lower_expr(f, s->node->let_.value);
}

/* The result of an operation on operands, the first of which lends it; ends them. */
static struct val part_of(struct frame *f, struct operands *ops, struct ir_value *lent,
                          struct span span)
{
    struct val whole = ops->at[0].val;
    struct val part = val_lent(lent, whole.root);
    if (whole.owned)
        part = val_owned(lower_copy(f, lent, span));
    operand_release(f, ops, span);
    return part;
}

static struct val lower_field(struct frame *f, struct node *n, struct node *object, uint32_t index)
{
    struct operands ops = {0};
    operand_add(f, &ops, lower_expr(f, object), NULL, 0, n->span);
    struct ir_value *whole = ops.at[0].val.v;
    struct ir_value *v = emit1(f, IR_get, whole->type->args.at[index], n->span, whole);
    v->imm.index = index;
    return part_of(f, &ops, v, n->span);
}

static struct ir_value *extent(struct frame *f, struct ir_value *grid, uint32_t axis,
                               struct span span)
{
    struct ir_value *v = emit1(f, IR_extent, lower_simple(f, TYPE_int), span, grid);
    v->imm.index = axis;
    return v;
}

static struct ir_value *grid_property(struct frame *f, struct ir_value *grid, enum builtin builtin,
                                      struct span span)
{
    struct ir_value *lengths[DFL_RANK_MAX];
    if (builtin != BUILTIN_shape)
        return extent(f, grid, builtin == BUILTIN_cols, span);
    const struct type *types[DFL_RANK_MAX];
    uint32_t rank = grid->type->rank;
    for (uint32_t i = 0; i < rank; i++) {
        lengths[i] = extent(f, grid, i, span);
        types[i] = lengths[i]->type;
    }
    const struct type *t = type_make(f->lower->types, TYPE_tuple, types, rank, 0, NULL, NULL);
    return emit(f, IR_make, t, span, lengths, rank);
}

static struct ir_value *property(struct frame *f, struct ir_value *object, enum builtin builtin,
                                 const struct type *t, struct span span)
{
    if (object->type->kind == TYPE_grid)
        return grid_property(f, object, builtin, span);
    enum ir_op op = builtin == BUILTIN_len    ? IR_len
                    : builtin == BUILTIN_done ? IR_is_done
                                              : IR_error_get;
    struct ir_value *v = emit1(f, op, t, span, object);
    if (op == IR_error_get)
        v->imm.builtin = builtin;
    return v;
}

struct val lower_property(struct frame *f, struct node *n, struct node *object,
                          enum builtin builtin)
{
    struct operands ops = {0};
    operand_add(f, &ops, lower_expr(f, object), NULL, 0, n->span);
    struct ir_value *v = property(f, ops.at[0].val.v, builtin, lower_type(f, n->type), n->span);
    operand_release(f, &ops, n->span);
    return val_owned(v);
}

static struct val lower_dot(struct frame *f, struct node *n)
{
    if (n->dot_.symbol)
        return lower_symbol(f, n, n->dot_.symbol);
    if (n->dot_.builtin)
        return lower_property(f, n, n->dot_.object, n->dot_.builtin);
    return lower_field(f, n, n->dot_.object, n->dot_.index);
}

struct ir_value *lower_elem(struct frame *f, const struct type *array, struct ir_value *object,
                            struct ir_value *index, bool unchecked, struct span span)
{
    bool bytes = array->kind == TYPE_bytes;
    struct ir_block *fail = unchecked ? NULL : cleanup_fail(f);
    struct ir_value *v = emit2(f, IR_elem, bytes ? lower_simple(f, TYPE_u8) : array->args.at[0],
                               span, object, index);
    v->fail = fail;
    v->nofail = unchecked;
    if (bytes) {
        v = emit1(f, IR_cast, lower_simple(f, TYPE_int), span, v);
        v->nofail = true;
    }
    return v;
}

static struct ir_value *to_int(struct frame *f, struct ir_value *v, struct span span)
{
    if (v->type->kind == TYPE_int)
        return v;
    bool fits = v->type->kind != TYPE_u64;
    struct ir_block *fail = fits ? NULL : cleanup_fail(f);
    v = emit1(f, IR_cast, lower_simple(f, TYPE_int), span, v);
    v->nofail = fits;
    v->fail = fail;
    return v;
}

static struct val lower_element(struct frame *f, struct node *n)
{
    struct node *index = n->index_.indices.at[0];
    struct operands ops = {0};
    operand_add(f, &ops, lower_expr(f, n->index_.object), &index, 1, n->span);
    operand_add(f, &ops, lower_expr(f, index), NULL, 0, n->span);
    struct ir_value *object = ops.at[0].val.v, *at = ops.at[1].val.v, *v;
    if (object->type->kind == TYPE_map) {
        struct ir_block *fail = cleanup_fail(f);
        v = emit2(f, IR_find, object->type->args.at[1], n->span, object, at);
        v->fail = fail;
    } else {
        v = lower_elem(f, object->type, object, to_int(f, at, n->span), false, n->span);
    }
    return part_of(f, &ops, v, n->span);
}

static struct val lower_slice(struct frame *f, struct node *n)
{
    struct node *range = n->index_.indices.at[0];
    struct node *lo = range->range_.lo, *hi = range->range_.hi;
    const struct type *t = lower_simple(f, TYPE_int);
    struct operands ops = {0};
    operand_add(f, &ops, lower_expr(f, n->index_.object), (struct node *[]){lo, hi}, 2, n->span);
    struct ir_value *args[3] = {ops.at[0].val.v};
    args[1] = lo ? to_int(f, lower_expr(f, lo).v, n->span) : emit_int(f, t, 0, n->span);
    args[2] = hi ? to_int(f, lower_expr(f, hi).v, n->span) : emit1(f, IR_len, t, n->span, args[0]);
    struct ir_block *fail = cleanup_fail(f);
    struct ir_value *v = emit(f, IR_slice, args[0]->type, n->span, args, 3);
    v->fail = fail;
    operand_release(f, &ops, n->span);
    return val_owned(v);
}

/* Values of what one axis is indexed with. Bounds that are not written are those of the axis. */
static void lower_axis(struct frame *f, struct node *index, struct ir_value *grid, uint32_t axis,
                       struct operands *ops)
{
    const struct type *t = lower_simple(f, TYPE_int);
    struct span span = index->span;
    if (index->kind != NODE_range) {
        operand_add(f, ops, val_owned(to_int(f, lower_expr(f, index).v, span)), NULL, 0, span);
        return;
    }
    struct node *lo = index->range_.lo, *hi = index->range_.hi;
    if (!lo && !hi)
        return;
    struct ir_value *from = lo ? to_int(f, lower_expr(f, lo).v, span) : emit_int(f, t, 0, span);
    struct ir_value *to = hi ? to_int(f, lower_expr(f, hi).v, span) : extent(f, grid, axis, span);
    operand_add(f, ops, val_owned(from), NULL, 0, span);
    operand_add(f, ops, val_owned(to), NULL, 0, span);
}

/* A variable of this function that may change while something out of it is held. */
static bool is_changing(struct frame *f, const struct symbol *root)
{
    return root && local_binding(f, root)->kind == BIND_PLACE;
}

/* m[i, j] or a part: m[i, ..]. */
static struct val lower_grid_index(struct frame *f, struct node *n)
{
    struct nodes *indices = &n->index_.indices;
    struct operands ops = {0};
    uint32_t form = ast_index_form(n);
    operand_add(f, &ops, lower_expr(f, n->index_.object), indices->at, indices->count, n->span);
    struct ir_value *grid = ops.at[0].val.v;
    for (uint32_t i = 0; i < indices->count; i++)
        lower_axis(f, indices->at[i], grid, i, &ops);
    struct ir_value **values = operand_values(f, &ops);
    struct ir_block *fail = cleanup_fail(f);
    struct ir_value *v =
        emit(f, form ? IR_part : IR_elem, lower_type(f, n->type), n->span, values, ops.count);
    v->fail = fail;
    if (!form)
        return part_of(f, &ops, v, n->span);
    bool copy = v->type->kind == TYPE_array && is_changing(f, ops.at[0].val.root);
    v->imm.form = form | (copy ? GRID_COPY : 0);
    operand_release(f, &ops, n->span);
    return val_owned(v);
}

static struct val lower_index(struct frame *f, struct node *n)
{
    if (lower_type(f, n->index_.object->type)->kind == TYPE_grid)
        return lower_grid_index(f, n);
    return n->index_.indices.at[0]->kind == NODE_range ? lower_slice(f, n) : lower_element(f, n);
}

/* ---- operators ------------------------------------------------------------------------------- */

static const enum ir_op op_rows[] = {
    [OP_add] = IR_add, [OP_sub] = IR_sub, [OP_mul] = IR_mul, [OP_div] = IR_div, [OP_rem] = IR_rem,
    [OP_and] = IR_and, [OP_or] = IR_or,   [OP_xor] = IR_xor, [OP_shl] = IR_shl, [OP_shr] = IR_shr,
    [OP_eq] = IR_eq,   [OP_ne] = IR_ne,   [OP_lt] = IR_lt,   [OP_le] = IR_le,   [OP_gt] = IR_gt,
    [OP_ge] = IR_ge,   [OP_neg] = IR_neg, [OP_not] = IR_not, [OP_inv] = IR_inv,
};

/* Says how an arithmetic instruction fails: floats never do, nor what @wrap lets wrap. */
static void set_fail(const struct frame *f, struct ir_value *v, struct ir_block *fail)
{
    bool wraps = (v->op >= IR_add && v->op <= IR_rem) || v->op == IR_neg;
    v->imm.wrap = f->wrap && wraps && !is_float(v->type);
    v->nofail = is_float(v->type) || (v->imm.wrap && v->op != IR_div && v->op != IR_rem);
    v->fail = v->nofail ? NULL : fail;
}

static struct ir_value *arithmetic(struct frame *f, enum ir_op op, const struct type *t,
                                   struct ir_value *const *args, uint32_t count, struct span span)
{
    struct ir_block *fail = ir_op_fails(op) && !is_float(t) ? cleanup_fail(f) : NULL;
    struct ir_value *v = emit(f, op, t, span, args, count);
    if (ir_op_fails(op))
        set_fail(f, v, fail);
    return v;
}

struct val lower_operate(struct frame *f, enum op op, const struct type *t, struct ir_value *left,
                         struct ir_value *right, struct span span)
{
    enum ir_op row = op_rows[op];
    if (op >= OP_eq && op <= OP_ge)
        return val_owned(emit2(f, row, lower_simple(f, TYPE_bool), span, left, right));
    if (op == OP_add && lower_has_refs(left->type))
        return val_owned(emit2(f, IR_concat, left->type, span, left, right));
    return val_owned(arithmetic(f, row, t, (struct ir_value *[]){left, right}, 2, span));
}

static struct val lower_binary(struct frame *f, struct node *n)
{
    struct operands ops = {0};
    struct node *right = n->binary_.right;
    operand_add(f, &ops, lower_expr(f, n->binary_.left), &right, 1, n->span);
    operand_add(f, &ops, lower_expr(f, right), NULL, 0, n->span);
    struct val v = lower_operate(f, n->binary_.op, lower_type(f, n->type), ops.at[0].val.v,
                                 ops.at[1].val.v, n->span);
    operand_release(f, &ops, n->span);
    return v;
}

static struct val lower_unary(struct frame *f, struct node *n)
{
    struct node *value = n->unary_.value;
    if (n->unary_.op == OP_neg && (value->kind == NODE_int || value->kind == NODE_float))
        return val_owned(number(f, value, true));
    struct ir_value *v = lower_expr(f, value).v;
    return val_owned(arithmetic(f, op_rows[n->unary_.op], v->type, &v, 1, n->span));
}

/* Bits of an integer's magnitude: every value of a type with fewer fits one with more. */
static uint32_t magnitude_bits(const struct type *t)
{
    static const uint32_t bits[] = {
        [TYPE_int] = 63, [TYPE_duration] = 63, [TYPE_i8] = 7,   [TYPE_i16] = 15, [TYPE_i32] = 31,
        [TYPE_i64] = 63, [TYPE_u8] = 8,        [TYPE_u16] = 16, [TYPE_u32] = 32, [TYPE_u64] = 64,
    };
    return bits[t->kind];
}

static bool is_unsigned(const struct type *t)
{
    return t->kind >= TYPE_u8 && t->kind <= TYPE_u64;
}

static bool always_fits(const struct type *from, const struct type *to)
{
    if (is_float(to))
        return true;
    return !is_float(from) && magnitude_bits(from) <= magnitude_bits(to) &&
           (is_unsigned(from) || !is_unsigned(to));
}

static struct val lower_cast(struct frame *f, struct node *n)
{
    const struct type *to = lower_type(f, n->type);
    struct ir_value *v = lower_expr(f, n->cast_.value).v;
    if (v->type == to)
        return val_owned(v);
    bool fits = always_fits(v->type, to);
    struct ir_block *fail = fits ? NULL : cleanup_fail(f);
    v = emit1(f, IR_cast, to, n->span, v);
    v->nofail = fits;
    v->fail = fail;
    return val_owned(v);
}

/* ---- making values --------------------------------------------------------------------------- */

static struct val lower_tuple(struct frame *f, struct node *n)
{
    struct operands ops = {0};
    if (!n->tuple_.elems.count)
        return val_owned(emit_unit(f, n->span));
    for (uint32_t i = 0; i < n->tuple_.elems.count; i++)
        operand_add_owned(f, &ops, n->tuple_.elems.at[i]);
    struct ir_value **values = operand_values(f, &ops);
    uint32_t count = ops.count;
    operand_moved(f, &ops);
    return val_owned(emit(f, IR_make, lower_type(f, n->type), n->span, values, count));
}

/* The fields written, in order; values[i] is field i, NULL where none is written. */
static struct ir_value **lower_fields(struct frame *f, const struct type *t,
                                      const struct nodes *fields, struct operands *ops)
{
    struct ir_value **values = arena_array(f->lower->arena, struct ir_value *, t->args.count + 1);
    for (uint32_t i = 0; i < fields->count; i++) {
        struct node *field = fields->at[i];
        operand_add_owned(f, ops, field->field_init_.value);
        values[field->field_init_.index] = ops->at[ops->count - 1].val.v;
    }
    return values;
}

static struct val lower_record(struct frame *f, struct node *n)
{
    const struct type *t = lower_type(f, n->type);
    struct operands ops = {0};
    struct ir_value **values = lower_fields(f, t, &n->record_lit_.fields, &ops);
    operand_moved(f, &ops);
    return val_owned(emit(f, IR_make, t, n->span, values, t->args.count));
}

static struct val lower_update(struct frame *f, struct node *n)
{
    const struct type *t = lower_type(f, n->type);
    const struct nodes *fields = &n->update_.fields;
    struct operands base = {0}, ops = {0};
    operand_add(f, &base, lower_expr(f, n->update_.base), fields->at, fields->count, n->span);
    struct ir_value *whole = base.at[0].val.v, **values = lower_fields(f, t, fields, &ops);
    for (uint32_t i = 0; i < t->args.count; i++) {
        if (values[i])
            continue;
        values[i] = emit1(f, IR_get, t->args.at[i], n->span, whole);
        values[i]->imm.index = i;
        values[i] = lower_copy(f, values[i], n->span);
    }
    operand_moved(f, &ops);
    operand_release(f, &base, n->span);
    return val_owned(emit(f, IR_make, t, n->span, values, t->args.count));
}

static struct val lower_array(struct frame *f, struct node *n)
{
    const struct type *t = lower_type(f, n->type);
    uint32_t count = n->array_.elems.count;
    if (!count)
        return val_owned(emit0(f, IR_const_empty, t, n->span));
    int32_t entry;
    struct ir_value *room = emit_int(f, lower_simple(f, TYPE_int), count, n->span);
    struct ir_value *place =
        loop_builder(f, emit1(f, IR_array_new, t, n->span, room), &entry, n->span);
    for (uint32_t i = 0; i < count; i++) {
        struct ir_value *v = lower_owned(f, n->array_.elems.at[i]);
        emit2(f, IR_append, NULL, n->span, place, v);
    }
    return loop_built(f, place, entry, n->span);
}

static struct val lower_map(struct frame *f, struct node *n)
{
    struct ir_value *empty = emit0(f, IR_const_empty, lower_type(f, n->type), n->span);
    int32_t map;
    if (!n->map_.entries.count)
        return val_owned(empty);
    struct ir_value *place = loop_builder(f, empty, &map, n->span);
    for (uint32_t i = 0; i < n->map_.entries.count; i++) {
        struct node *entry = n->map_.entries.at[i];
        struct operands key = {0}, value = {0};
        operand_add(f, &key, lower_expr(f, entry->entry_.key), &entry->entry_.value, 1,
                    entry->span);
        operand_add_owned(f, &value, entry->entry_.value);
        struct ir_value *args[] = {place, key.at[0].val.v, value.at[0].val.v};
        operand_moved(f, &value);
        emit(f, IR_store_entry, NULL, entry->span, args, 3);
        operand_release(f, &key, entry->span);
    }
    return loop_built(f, place, map, n->span);
}

static struct val lower_wrap(struct frame *f, struct node *n)
{
    const struct type *t = lower_type(f, n->type);
    struct ir_value *v = lower_owned(f, n->wrap_.value);
    return val_owned(emit1(f, t->kind == TYPE_option ? IR_some : IR_ok, t, n->span, v));
}

/* ---- by kind --------------------------------------------------------------------------------- */

static struct val lower_literal(struct frame *f, struct node *n)
{
    switch (n->kind) {
    case NODE_int:
    case NODE_float:
        return val_owned(number(f, n, false));
    case NODE_bool:
        return val_owned(emit_int(f, lower_simple(f, TYPE_bool), n->bool_.value, n->span));
    case NODE_duration:
        return val_owned(emit_int(f, lower_simple(f, TYPE_duration), n->duration_.ns, n->span));
    case NODE_str:
        return val_lent(text(f, TYPE_str, n->str_.bytes, n->str_.len, n->span), NULL);
    default:
        assert(n->kind == NODE_bytes);
        return val_lent(text(f, TYPE_bytes, n->bytes_.bytes, n->bytes_.len, n->span), NULL);
    }
}

static bool is_condition(const struct node *n)
{
    return n->kind == NODE_is ||
           (n->kind == NODE_binary && (n->binary_.op == OP_land || n->binary_.op == OP_lor));
}

struct val lower_expr(struct frame *f, struct node *n)
{
    if (is_condition(n))
        return lower_condition(f, n);
    switch (n->kind) {
    case NODE_int:
    case NODE_float:
    case NODE_bool:
    case NODE_duration:
    case NODE_str:
    case NODE_bytes:
        return lower_literal(f, n);
    case NODE_interp:
        return lower_interp(f, n);
    case NODE_name:
        return lower_symbol(f, n, n->name_.symbol);
    case NODE_dot:
        return lower_dot(f, n);
    case NODE_tuple_dot:
        return lower_field(f, n, n->tuple_dot_.object, n->tuple_dot_.index);
    case NODE_index:
        return lower_index(f, n);
    case NODE_unary:
        return lower_unary(f, n);
    case NODE_binary:
        return lower_binary(f, n);
    case NODE_cast:
        return lower_cast(f, n);
    case NODE_tuple:
        return lower_tuple(f, n);
    case NODE_record_lit:
        return lower_record(f, n);
    case NODE_update:
        return lower_update(f, n);
    case NODE_array:
        return lower_array(f, n);
    case NODE_map:
        return lower_map(f, n);
    case NODE_comp:
        return lower_comp(f, n);
    case NODE_wrap:
        return lower_wrap(f, n);
    case NODE_block:
        return lower_block(f, n);
    case NODE_if:
        return lower_if(f, n);
    case NODE_match:
        return lower_match(f, n);
    case NODE_else:
        return lower_else(f, n);
    case NODE_question:
        return lower_question(f, n);
    case NODE_call:
        return lower_call(f, n);
    case NODE_select:
        return lower_select(f, n);
    case NODE_spawn:
        return lower_spawn(f, n);
    case NODE_await:
        return lower_await(f, n);
    case NODE_delegate:
        return lower_delegate(f, n);
    case NODE_return:
        return lower_return(f, n);
    case NODE_fail:
        return lower_fail(f, n);
    case NODE_break:
    case NODE_continue:
        return lower_jump(f, n);
    case NODE_let:
    case NODE_assign:
    case NODE_while:
    case NODE_for:
    case NODE_expect:
    case NODE_cancel:
    case NODE_detach:
        lower_stmt(f, n);
        return val_owned(emit_unit(f, n->span));
    default:
        assert(!"an expression");
        return val_owned(emit_unit(f, n->span));
    }
}

struct ir_value *lower_owned(struct frame *f, struct node *n)
{
    if (n->kind == NODE_name) {
        struct ir_value *moved = local_move(f, n->name_.symbol, n->span);
        if (moved)
            return moved;
    }
    return val_own(f, lower_expr(f, n), n->span);
}
