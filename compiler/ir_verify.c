/* ir_verify.c - is a module well formed? Read ir_verify last. First the shape of each function
 * (blocks, ends, fail blocks), then every operand (defined before its use on every path), then the
 * types that each operation asks for. All faults of a function are told, each with its place. */
#include "ir_order.h"

#include "grid.h"

#include <stdarg.h>

struct verifier {
    struct arena arena;
    const struct ir_module *module;
    const struct ir_func *func;
    const struct ir_value *value;
    struct ir_order order;
    uint32_t *place; /* by value id: place in its block's body; parameters 0 */
    FILE *out;
    uint32_t faults;
};

static void fault(struct verifier *v, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct verifier *v, const char *format, ...)
{
    va_list list;
    v->faults++;
    fprintf(v->out, "@%s", v->func->name);
    if (v->value && v->value->block)
        fprintf(v->out, " ^%u", v->value->block->id);
    if (v->value)
        fprintf(v->out, " %%%u %s", v->value->id, ir_op_name(v->value->op));
    fputs(": ", v->out);
    va_start(list, format);
    vfprintf(v->out, format, list);
    va_end(list);
    fputc('\n', v->out);
}

/* ---- types ---------------------------------------------------------------------------------- */

static const struct type *arg_type(const struct verifier *v, uint32_t i)
{
    return v->value->args[i]->type;
}

static bool is_kind(const struct verifier *v, uint32_t i, enum type_kind kind)
{
    return arg_type(v, i)->kind == kind && !v->value->args[i]->place;
}

static void need(struct verifier *v, bool holds, const char *what)
{
    if (!holds)
        fault(v, "%s", what);
}

static bool same_args(const struct verifier *v)
{
    const struct ir_value *x = v->value;
    for (uint32_t i = 1; i < x->arg_count; i++)
        if (x->args[i]->type != x->args[0]->type)
            return false;
    return true;
}

static bool is_seq(enum type_kind kind)
{
    return kind == TYPE_str || kind == TYPE_bytes || kind == TYPE_array;
}

static const struct type *elem_type(const struct verifier *v, const struct type *t)
{
    return t->kind == TYPE_array ? t->args.at[0] : v->module->types->simple[TYPE_u8];
}

static bool is_product(const struct type *t)
{
    return t->kind == TYPE_tuple || t->kind == TYPE_record;
}

/* The operand is a future, or its value where the parameter asks for it. */
static bool edge_fits(const struct type *param, const struct type *arg)
{
    if (arg->kind == TYPE_future)
        return arg->args.at[0] == param;
    return arg->kind == TYPE_array && param->kind == TYPE_array &&
           arg->args.at[0]->kind == TYPE_future && arg->args.at[0]->args.at[0] == param->args.at[0];
}

static void check_call(struct verifier *v)
{
    const struct ir_value *x = v->value;
    const struct ir_func *f = x->imm.call.func;
    if (x->arg_count != f->params.count) {
        fault(v, "%u arguments for %u parameters", x->arg_count, f->params.count);
        return;
    }
    for (uint32_t i = 0; i < x->arg_count; i++) {
        const struct ir_value *param = f->params.at[i], *arg = x->args[i];
        bool edge = x->op == IR_spawn && i < 64 && x->imm.call.edges >> i & 1;
        bool fits = edge ? edge_fits(param->type, arg->type) : param->type == arg->type;
        if (!fits || param->place != arg->place)
            fault(v, "argument %u is %s%s, the parameter %s%s", i, arg->place ? "&" : "",
                  arg->type->text, param->place ? "&" : "", param->type->text);
    }
    if (x->op == IR_call)
        need(v, x->type == f->result, "the type is not the function's result");
    else
        need(v, x->type->kind == TYPE_future && x->type->args.at[0] == f->result,
             "the type is not a future of the function's result");
    for (uint32_t i = 0; x->op == IR_spawn && i < f->params.count; i++)
        need(v, !f->params.at[i]->place, "a spawned function has a var parameter");
}

static void check_make(struct verifier *v)
{
    const struct ir_value *x = v->value;
    need(v, is_product(x->type) && x->type->args.count == x->arg_count,
         "not a tuple or record of that many fields");
    for (uint32_t i = 0; i < x->arg_count && i < x->type->args.count; i++)
        need(v, arg_type(v, i) == x->type->args.at[i], "a field of another type");
}

static void check_field(struct verifier *v)
{
    const struct ir_value *x = v->value;
    const struct type *t = arg_type(v, 0);
    if (!is_product(t) || x->imm.index >= t->args.count)
        fault(v, "no field %u in %s", x->imm.index, t->text);
    else
        need(v, x->type == t->args.at[x->imm.index], "the type is not the field's");
    need(v, x->place == (x->op == IR_place_field), "a place is mixed up with a value");
}

static void check_wrapper(struct verifier *v)
{
    const struct ir_value *x = v->value;
    bool making = x->op == IR_some || x->op == IR_ok || x->op == IR_err;
    const struct type *whole = making ? x->type : arg_type(v, 0);
    bool option = x->op == IR_some || x->op == IR_is_some;
    enum type_kind kind = option ? TYPE_option : TYPE_result;
    if (x->op == IR_unwrap && whole->kind == TYPE_option)
        kind = TYPE_option;
    if (whole->kind != kind) {
        fault(v, "%s is not %s", whole->text, kind == TYPE_option ? "an option" : "a result");
        return;
    }
    if (x->op == IR_some || x->op == IR_ok)
        need(v, arg_type(v, 0) == whole->args.at[0], "the operand is not what the type wraps");
    if (x->op == IR_unwrap)
        need(v, x->type == whole->args.at[0], "the type is not what the operand wraps");
    if (x->op == IR_err)
        need(v, is_kind(v, 0, TYPE_error), "the operand is no error");
    if (x->op == IR_get_err)
        need(v, x->type->kind == TYPE_error, "the type is not error");
    if (x->op == IR_is_some || x->op == IR_is_ok)
        need(v, x->type->kind == TYPE_bool, "the type is not bool");
}

static void check_variant(struct verifier *v)
{
    const struct ir_value *x = v->value;
    const struct type *t = x->op == IR_variant ? x->type : arg_type(v, 0);
    if (t->kind != TYPE_enum) {
        fault(v, "%s is no enum", t->text);
        return;
    }
    if (x->op == IR_payload) {
        need(v, x->imm.index < t->args.count && x->type == t->args.at[x->imm.index],
             "the type is not the part's");
        return;
    }
    if (x->imm.index >= type_variant_count(t)) {
        fault(v, "no variant %u in %s", x->imm.index, t->text);
        return;
    }
    struct variant its = type_variant(t, x->imm.index);
    if (x->op == IR_is_variant)
        need(v, x->type->kind == TYPE_bool, "the type is not bool");
    else if (x->arg_count != its.count)
        fault(v, "%u parts for %s of %u", x->arg_count, its.name, its.count);
    for (uint32_t i = 0; x->op == IR_variant && i < x->arg_count && i < its.count; i++)
        need(v, arg_type(v, i) == t->args.at[its.first + i], "a part of another type");
}

/* Operands that `form` asks for from the second on; `left` axes are left. */
static uint32_t form_operands(const struct verifier *v, uint32_t *left)
{
    const struct ir_value *x = v->value;
    uint32_t count = 0;
    *left = 0;
    for (uint32_t i = 0; i < arg_type(v, 0)->rank; i++) {
        int form = grid_form(x->imm.form, i);
        count += form == GRID_AT ? 1 : form == GRID_RANGE ? 2 : 0;
        *left += form != GRID_AT;
    }
    return count;
}

static void check_part(struct verifier *v)
{
    const struct ir_value *x = v->value;
    uint32_t left, count = form_operands(v, &left);
    const struct type *elem = arg_type(v, 0)->args.at[0];
    if (x->arg_count != 1 + count + (x->op == IR_store_part) || !left) {
        fault(v, "operands do not fit the form");
        return;
    }
    for (uint32_t i = 1; i <= count; i++)
        need(v, is_kind(v, i, TYPE_int), "an index is no int");
    const struct type *part = x->op == IR_part ? x->type : arg_type(v, count + 1);
    bool fits =
        left == 1 ? part->kind == TYPE_array : part->kind == TYPE_grid && part->rank == left;
    need(v, fits && part->args.at[0] == elem, "the part is of another type");
}

static void check_grid(struct verifier *v)
{
    const struct ir_value *x = v->value;
    const struct type *t = arg_type(v, 0);
    if (t->kind != TYPE_grid) {
        fault(v, "%s is no array of rank 2 or more", t->text);
        return;
    }
    if (x->op == IR_extent || x->op == IR_stride) {
        need(v, x->type->kind == TYPE_int && x->imm.index < t->rank, "type or axis is wrong");
        return;
    }
    if (x->op == IR_part || x->op == IR_store_part) {
        check_part(v);
        return;
    }
    need(v, x->arg_count == t->rank + 1 && x->type == t->args.at[0], "indices or type are wrong");
    for (uint32_t i = 1; i < x->arg_count; i++)
        need(v, is_kind(v, i, TYPE_int), "an index is no int");
}

static void check_sequence(struct verifier *v)
{
    const struct ir_value *x = v->value;
    const struct type *t = arg_type(v, 0);
    if (t->kind == TYPE_grid && (x->op == IR_elem || x->op == IR_place_elem)) {
        check_grid(v);
        return;
    }
    need(v, is_seq(t->kind) || (x->op == IR_len && t->kind == TYPE_map), "no sequence");
    if (!is_seq(t->kind))
        return;
    if (x->op == IR_elem || x->op == IR_place_elem)
        need(v, x->arg_count == 2 && is_kind(v, 1, TYPE_int) && x->type == elem_type(v, t),
             "index or type is wrong");
    if (x->op == IR_slice)
        need(v, is_kind(v, 1, TYPE_int) && is_kind(v, 2, TYPE_int) && x->type == t,
             "bounds or type are wrong");
    if (x->op == IR_concat)
        need(v, same_args(v) && x->type == t, "operands of different types");
    if (x->op == IR_append || x->op == IR_push)
        need(v, arg_type(v, 1) == elem_type(v, t), "the value is of another type");
    if (x->op == IR_store_slice)
        need(v, is_kind(v, 1, TYPE_int) && is_kind(v, 2, TYPE_int) && arg_type(v, 3) == t,
             "bounds or array are wrong");
    if (x->op == IR_len)
        need(v, x->type->kind == TYPE_int, "the type is not int");
}

static void check_map(struct verifier *v)
{
    const struct ir_value *x = v->value;
    const struct type *t = arg_type(v, 0);
    if (t->kind != TYPE_map) {
        fault(v, "%s is no map", t->text);
        return;
    }
    const struct type *key = t->args.at[0], *value = t->args.at[1];
    bool place = x->op == IR_place_entry || x->op == IR_store_entry;
    if (x->op == IR_find || place)
        need(v, arg_type(v, 1) == key, "the key is of another type");
    else
        need(v, is_kind(v, 1, TYPE_int), "the entry is no int");
    if (x->op == IR_store_entry)
        need(v, arg_type(v, 2) == value, "the value is of another type");
    else if (x->op == IR_entry_next)
        need(v, x->type->kind == TYPE_int, "the type is not int");
    else
        need(v, x->type == (x->op == IR_entry_key ? key : value), "the type is not the entry's");
}

static void check_await(struct verifier *v)
{
    const struct ir_value *x = v->value;
    const struct type *t = arg_type(v, 0);
    bool many = t->kind == TYPE_array && t->args.at[0]->kind == TYPE_future && x->op != IR_is_done;
    if (t->kind != TYPE_future && !many) {
        fault(v, "%s is no future", t->text);
        return;
    }
    const struct type *value = t->args.at[0];
    if (many)
        value = type_array(v->module->types, value->args.at[0]);
    if (x->op == IR_await)
        need(v, x->type == value, "the type is not the future's");
    if (x->op == IR_try_await)
        need(v, x->type == value || (x->type->kind == TYPE_result && x->type->args.at[0] == value),
             "the type is not a result of the future's");
}

static void check_select(struct verifier *v)
{
    const struct ir_value *x = v->value;
    uint32_t futures = x->arg_count;
    if (x->imm.index < x->arg_count)
        need(v, is_kind(v, --futures, TYPE_duration), "the last operand is no duration");
    for (uint32_t i = 0; i < futures; i++)
        need(v, is_kind(v, i, TYPE_future), "an operand is no future");
    need(v, futures > 0 && x->type->kind == TYPE_int, "no future, or the type is not int");
}

static void check_memory(struct verifier *v)
{
    const struct ir_value *x = v->value;
    if (x->op == IR_slot) {
        need(v, x->place, "a slot is no place");
        return;
    }
    if (x->op == IR_store)
        need(v, arg_type(v, 1) == arg_type(v, 0) && !x->args[1]->place, "another type is stored");
    if (x->op == IR_load || x->op == IR_take)
        need(v, x->type == arg_type(v, 0) && !x->place, "the type is not the place's");
}

/* duration * int, int * duration, duration / int */
static bool is_scaling(struct verifier *v)
{
    const struct ir_value *x = v->value;
    if (x->type->kind != TYPE_duration || (x->op != IR_mul && x->op != IR_div))
        return false;
    int duration = arg_type(v, 0)->kind == TYPE_duration ? 0 : 1;
    return (duration == 0 || x->op == IR_mul) && is_kind(v, duration, TYPE_duration) &&
           is_kind(v, 1 - duration, TYPE_int);
}

static void check_numbers(struct verifier *v)
{
    const struct ir_value *x = v->value;
    const struct type *t = arg_type(v, 0);
    bool boolean = t->kind == TYPE_bool && x->op >= IR_and && x->op <= IR_xor;
    need(v, type_is_number(t) || t->kind == TYPE_duration || boolean, "the operand is no number");
    if (x->op == IR_cast || is_scaling(v))
        return;
    need(v, x->op == IR_shl || x->op == IR_shr || same_args(v), "operands of different types");
    need(v, x->type == t, "the type is not the operands'");
}

static void check_branch(struct verifier *v)
{
    const struct ir_value *x = v->value;
    int count = x->op == IR_br ? 1 : x->op == IR_br_if ? 2 : 0;
    if (x->op == IR_br_if)
        need(v, is_kind(v, 0, TYPE_bool), "the condition is not bool");
    for (int t = 0; t < 2; t++) {
        const struct ir_block *b = x->targets[t];
        if (!b != (t >= count)) {
            fault(v, "wrong number of targets");
            continue;
        }
        if (!b)
            continue;
        if (b->params.count != x->target_counts[t]) {
            fault(v, "%u values for ^%u of %u", x->target_counts[t], b->id, b->params.count);
            continue;
        }
        for (uint32_t i = 0; i < b->params.count; i++)
            need(v,
                 b->params.at[i]->type == x->target_args[t][i]->type &&
                     b->params.at[i]->place == x->target_args[t][i]->place,
                 "a value of another type than the block's parameter");
    }
}

/* Operands by operation; -1 - n: n or more. */
static int arity(enum ir_op op)
{
    switch (op) {
    case IR_const_int:
    case IR_const_float:
    case IR_const_str:
    case IR_const_unit:
    case IR_const_none:
    case IR_const_empty:
    case IR_slot:
    case IR_poll:
    case IR_br:
    case IR_unreachable:
        return 0;
    case IR_neg:
    case IR_inv:
    case IR_not:
    case IR_cast:
    case IR_get:
    case IR_some:
    case IR_is_some:
    case IR_unwrap:
    case IR_ok:
    case IR_err:
    case IR_is_ok:
    case IR_get_err:
    case IR_is_variant:
    case IR_payload:
    case IR_error_get:
    case IR_len:
    case IR_extent:
    case IR_stride:
    case IR_array_new:
    case IR_load:
    case IR_take:
    case IR_drop_at:
    case IR_place_field:
    case IR_copy:
    case IR_drop:
    case IR_await:
    case IR_try_await:
    case IR_is_done:
    case IR_cancel:
    case IR_failure:
    case IR_raise:
    case IR_br_if:
    case IR_ret:
    case IR_debug:
        return 1;
    case IR_slice:
    case IR_store_entry:
        return 3;
    case IR_store_slice:
        return 4;
    case IR_elem:
    case IR_place_elem:
    case IR_store_part:
        return -3;
    case IR_part:
        return -2;
    case IR_make:
    case IR_variant:
    case IR_format:
    case IR_call:
    case IR_extern:
    case IR_spawn:
    case IR_select:
        return -1;
    default:
        return 2;
    }
}

/* Whether operand `i` is a place; of calls the parameters say. */
static bool takes_place(const struct ir_value *x, uint32_t i)
{
    switch (x->op) {
    case IR_append:
    case IR_push:
    case IR_place_elem:
    case IR_store_slice:
    case IR_store_part:
    case IR_own:
    case IR_place_entry:
    case IR_store_entry:
    case IR_load:
    case IR_take:
    case IR_store:
    case IR_drop_at:
    case IR_place_field:
        return i == 0;
    case IR_call:
    case IR_extern:
    case IR_debug:
        return x->args[i]->place;
    default:
        return false;
    }
}

static bool has_result(enum ir_op op)
{
    static const bool none[IR_OPS] = {
        [IR_append] = true,      [IR_push] = true,        [IR_store] = true,
        [IR_drop_at] = true,     [IR_drop] = true,        [IR_store_entry] = true,
        [IR_store_slice] = true, [IR_store_part] = true,  [IR_own] = true,
        [IR_raise] = true,       [IR_br] = true,          [IR_br_if] = true,
        [IR_ret] = true,         [IR_unreachable] = true, [IR_debug] = true,
        [IR_poll] = true,        [IR_cancel] = true,
    };
    return !none[op];
}

static void check_compare(struct verifier *v)
{
    need(v, same_args(v), "operands of different types");
    need(v, v->value->type->kind == TYPE_bool, "the type is not bool");
}

static void check_types_of(struct verifier *v)
{
    const struct ir_value *x = v->value;
    switch (x->op) {
    case IR_add:
    case IR_sub:
    case IR_mul:
    case IR_div:
    case IR_rem:
    case IR_neg:
    case IR_shl:
    case IR_shr:
    case IR_and:
    case IR_or:
    case IR_xor:
    case IR_inv:
    case IR_cast:
        check_numbers(v);
        break;
    case IR_not:
        need(v, is_kind(v, 0, TYPE_bool) && x->type->kind == TYPE_bool, "not bool");
        break;
    case IR_eq:
    case IR_ne:
    case IR_lt:
    case IR_le:
    case IR_gt:
    case IR_ge:
        check_compare(v);
        break;
    case IR_make:
        check_make(v);
        break;
    case IR_get:
    case IR_place_field:
        check_field(v);
        break;
    case IR_some:
    case IR_is_some:
    case IR_unwrap:
    case IR_ok:
    case IR_err:
    case IR_is_ok:
    case IR_get_err:
        check_wrapper(v);
        break;
    case IR_variant:
    case IR_is_variant:
    case IR_payload:
        check_variant(v);
        break;
    case IR_len:
    case IR_elem:
    case IR_slice:
    case IR_concat:
    case IR_append:
    case IR_push:
    case IR_place_elem:
    case IR_store_slice:
        check_sequence(v);
        break;
    case IR_extent:
    case IR_stride:
    case IR_part:
    case IR_store_part:
        check_grid(v);
        break;
    case IR_own:
        need(v, x->args[0]->type->kind == TYPE_array || x->args[0]->type->kind == TYPE_grid,
             "no place of an array");
        need(v, is_kind(v, 1, TYPE_bool), "the condition is not bool");
        break;
    case IR_array_new:
        need(v, x->type->kind == TYPE_array && is_kind(v, 0, TYPE_int), "not an array of n");
        break;
    case IR_find:
    case IR_entry_next:
    case IR_entry_key:
    case IR_entry_value:
    case IR_place_entry:
    case IR_store_entry:
        check_map(v);
        break;
    case IR_slot:
    case IR_load:
    case IR_take:
    case IR_store:
    case IR_drop_at:
        check_memory(v);
        break;
    case IR_copy:
        need(v, x->type == arg_type(v, 0), "the type is not the operand's");
        break;
    case IR_call:
    case IR_spawn:
        check_call(v);
        break;
    case IR_await:
    case IR_try_await:
    case IR_is_done:
    case IR_cancel:
        check_await(v);
        break;
    case IR_select:
        check_select(v);
        break;
    case IR_failure_from:
        need(v, is_kind(v, 1, TYPE_error), "the cause is no error");
        break;
    case IR_raise:
        need(v, is_kind(v, 0, TYPE_error), "the operand is no error");
        break;
    case IR_ret:
        need(v, arg_type(v, 0) == v->func->result, "the value is not the function's result");
        break;
    case IR_br:
    case IR_br_if:
        check_branch(v);
        break;
    default:
        break;
    }
}

/* ---- operands and shape --------------------------------------------------------------------- */

static bool is_float(const struct type *t)
{
    return t->kind == TYPE_float || t->kind == TYPE_f32;
}

/* Whether the operation can fail at all with these operands. */
static bool can_fail(const struct ir_value *x)
{
    bool number = x->op >= IR_add && x->op <= IR_shr;
    if (!ir_op_fails(x->op) || x->nofail)
        return false;
    if (number && is_float(x->args[0]->type))
        return false;
    if (number && x->imm.wrap)
        return x->op == IR_div || x->op == IR_rem;
    return true;
}

static void check_fail(struct verifier *v)
{
    const struct ir_value *x = v->value;
    if (!ir_op_fails(x->op)) {
        need(v, !x->fail, "a fail block where nothing fails");
        return;
    }
    if (!x->fail) {
        need(v, !can_fail(x) || x->op == IR_cast, "no fail block");
        return;
    }
    need(v, !x->nofail, "a fail block, but marked nofail");
    need(v, x->fail->params.count == 1 && x->fail->params.at[0]->type->kind == TYPE_error,
         "the fail block does not have one error as its parameter");
    need(v, x->fail->func == v->func, "the fail block is another function's");
}

/* `at`: the user's place in its block. */
static void check_use(struct verifier *v, const struct ir_value *use, uint32_t at)
{
    if (use->id >= v->func->value_count || !use->type) {
        fault(v, "an operand without value");
        return;
    }
    if (!use->block) { /* a parameter of the function */
        bool own = false;
        for (uint32_t i = 0; i < v->func->params.count; i++)
            own |= v->func->params.at[i] == use;
        need(v, own, "a parameter of another function");
        return;
    }
    if (use->block->func != v->func) {
        fault(v, "%%%u is another function's", use->id);
        return;
    }
    uint32_t from = v->order.index[use->block->id], to = v->order.index[v->value->block->id];
    bool before = from == to ? use->op == IR_param || v->place[use->id] < at
                             : from != UINT32_MAX && ir_dominates(&v->order, from, to);
    if (!before)
        fault(v, "%%%u is not defined on every path to here", use->id);
}

static void check_operands(struct verifier *v, uint32_t at)
{
    const struct ir_value *x = v->value;
    for (uint32_t i = 0; i < x->arg_count; i++)
        check_use(v, x->args[i], at);
    for (int t = 0; t < 2; t++)
        for (uint32_t i = 0; i < x->target_counts[t]; i++)
            check_use(v, x->target_args[t][i], at);
}

static void check_value(struct verifier *v, uint32_t at, bool last)
{
    const struct ir_value *x = v->value;
    uint32_t before = v->faults;
    int want = arity(x->op);
    need(v, want < 0 ? x->arg_count >= (uint32_t)(-1 - want) : (uint32_t)want == x->arg_count,
         "wrong number of operands");
    need(v, has_result(x->op) == !!x->type, "a result where there is none, or the reverse");
    need(v, ir_op_ends(x->op) == last, last ? "the block does not end" : "the block goes on");
    for (uint32_t i = 0; i < x->arg_count; i++) {
        need(v, x->args[i]->type, "an operand without value");
        need(v, x->args[i]->place == takes_place(x, i), "a place is mixed up with a value");
    }
    if (v->faults != before)
        return;
    check_operands(v, at);
    check_types_of(v);
    check_fail(v);
}

static void check_block(struct verifier *v, const struct ir_block *b)
{
    v->value = NULL;
    if (!b->body.count)
        fault(v, "^%u is empty", b->id);
    for (uint32_t i = 0; i < b->body.count; i++) {
        v->value = b->body.at[i];
        check_value(v, i, i + 1 == b->body.count);
    }
}

/* Ids name values and blocks, so each may stand once. */
static bool number(struct verifier *v)
{
    const struct ir_func *f = v->func;
    uint32_t before = v->faults;
    uint8_t *seen = arena_array(&v->arena, uint8_t, f->value_count + 1);
    v->place = arena_array(&v->arena, uint32_t, f->value_count + 1);
    for (uint32_t i = 0; i < f->blocks.count; i++) {
        const struct ir_block *b = f->blocks.at[i];
        if (b->func != f)
            fault(v, "^%u is another function's", b->id);
        for (uint32_t j = 0; j < b->params.count + b->body.count; j++) {
            const struct ir_value *x =
                j < b->params.count ? b->params.at[j] : b->body.at[j - b->params.count];
            if (x->id >= f->value_count || seen[x->id]++)
                fault(v, "the id %u stands twice or is too large", x->id);
            else
                v->place[x->id] = j < b->params.count ? 0 : j - b->params.count;
            if (x->block != b)
                fault(v, "%%%u does not know its block", x->id);
        }
    }
    return v->faults == before;
}

static void check_func(struct verifier *v, const struct ir_func *f)
{
    v->func = f;
    v->value = NULL;
    if (!f->blocks.count || f->blocks.at[0]->params.count) {
        fault(v, "no entry block without parameters");
        return;
    }
    if (!number(v))
        return;
    ir_order_make(&v->order, &v->arena, f);
    for (uint32_t i = 0; i < v->order.blocks.count; i++)
        check_block(v, v->order.blocks.at[i]);
}

bool ir_verify(const struct ir_module *m, FILE *out)
{
    struct verifier v = {.module = m, .out = out};
    for (uint32_t i = 0; i < m->funcs.count; i++)
        check_func(&v, m->funcs.at[i]);
    arena_free(&v.arena);
    return !v.faults;
}
