/* codegen_value.c - constants, tuples, records, options, results, enums, errors and formatted text.
 */
#include "codegen_core.h"

/* ---- constants ------------------------------------------------------------------------------ */

static LLVMValueRef static_view(struct cg *cg, const char *bytes, uint32_t len)
{
    LLVMValueRef parts[] = {LLVMConstNull(cg->ptr), cg_text(cg, bytes, len), cg_int(cg, len)};
    return LLVMConstStructInContext(cg->context, parts, 3, false);
}

void cg_do_constant(struct cg *cg, const struct ir_value *x)
{
    LLVMTypeRef type = cg_type(cg, x->type);
    if (x->op == IR_const_int)
        cg_set(cg, x, LLVMConstInt(type, (uint64_t)x->imm.i, true));
    else if (x->op == IR_const_float)
        cg_set(cg, x, LLVMConstReal(type, x->imm.f));
    else if (x->op == IR_const_str)
        cg_set(cg, x, static_view(cg, x->imm.text.bytes, x->imm.text.len));
    else
        cg_set(cg, x, LLVMConstNull(type));
}

/* ---- parts ---------------------------------------------------------------------------------- */

void cg_do_make(struct cg *cg, const struct ir_value *x)
{
    if (x->op == IR_get) {
        cg_set(cg, x, cg_get(cg, cg_arg(cg, x, 0), x->imm.index));
        return;
    }
    LLVMValueRef whole = LLVMGetPoison(cg_type(cg, x->type));
    for (uint32_t i = 0; i < x->arg_count; i++)
        whole = cg_put(cg, whole, cg_arg(cg, x, i), i);
    cg_set(cg, x, whole);
}

/* The value of an option or result that holds one. */
static LLVMValueRef wrap(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef whole = LLVMConstNull(cg_type(cg, x->type));
    if (x->op == IR_some)
        whole = cg_put(cg, whole, LLVMConstInt(cg->i8, 1, false), 0);
    return cg_put(cg, whole, cg_arg(cg, x, 0), x->op == IR_err ? 0 : 1);
}

void cg_do_wrapper(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef a = cg_arg(cg, x, 0);
    if (x->op == IR_some || x->op == IR_ok || x->op == IR_err)
        cg_set(cg, x, wrap(cg, x));
    else if (x->op == IR_unwrap)
        cg_set(cg, x, cg_get(cg, a, 1));
    else if (x->op == IR_is_ok)
        cg_set(cg, x, cg_bool(cg, cg_is_null(cg, cg_get(cg, a, 0))));
    else
        cg_set(cg, x, cg_get(cg, a, 0)); /* is_some, get_err */
}

/* ---- enums ---------------------------------------------------------------------------------- */

enum { BLOCK_SIZE_AT = offsetof(struct dfl_block, size), BLOCK_DATA = sizeof(struct dfl_block) };

/* Which field of the enum in place a variant's part is. */
static uint32_t field_of(const struct dfl_type *d, const struct dfl_field *part)
{
    uint32_t i = 1;
    while (d->fields[i].offset != part->offset || d->fields[i].type != part->type)
        i++;
    return i;
}

static LLVMValueRef make_box(struct cg *cg, const struct ir_value *x, const struct dfl_variant *v)
{
    LLVMValueRef size = cg_int(cg, (int64_t)v->box->size);
    LLVMValueRef block = CG_ABI(cg, dfl_block_new, cg_layout_descriptor(cg, v->box), size);
    cg_store(cg, size, cg_at(cg, block, BLOCK_SIZE_AT));
    for (uint32_t i = 0; i < x->arg_count; i++)
        cg_store(cg, cg_arg(cg, x, i), cg_at(cg, block, BLOCK_DATA + (int64_t)v->fields[i].offset));
    return block;
}

static LLVMValueRef make_variant(struct cg *cg, const struct ir_value *x)
{
    const struct dfl_type *d = cg_layout(cg, x->type);
    const struct dfl_variant *v = &d->variants[x->imm.index];
    LLVMValueRef whole = LLVMConstNull(cg_type(cg, x->type));
    whole = cg_put(cg, whole, LLVMConstInt(cg->i32, x->imm.index, false), 0);
    if (v->box)
        return cg_put(cg, whole, make_box(cg, x, v), 1);
    for (uint32_t i = 0; i < x->arg_count; i++)
        whole = cg_put(cg, whole, cg_arg(cg, x, i), field_of(d, &v->fields[i]));
    return whole;
}

/* The part by its place among those of all variants. */
static LLVMValueRef read_payload(struct cg *cg, const struct ir_value *x)
{
    const struct dfl_type *d = cg_layout(cg, x->args[0]->type);
    const struct dfl_variant *v = d->variants;
    uint64_t part = x->imm.index;
    for (; part >= v->field_count; v++)
        part -= v->field_count;
    LLVMValueRef whole = cg_arg(cg, x, 0);
    if (!v->box)
        return cg_get(cg, whole, field_of(d, &v->fields[part]));
    LLVMValueRef at = cg_at(cg, cg_get(cg, whole, 1), BLOCK_DATA + (int64_t)v->fields[part].offset);
    return cg_load(cg, cg_type(cg, x->type), at);
}

void cg_do_variant(struct cg *cg, const struct ir_value *x)
{
    if (x->op == IR_variant) {
        cg_set(cg, x, make_variant(cg, x));
    } else if (x->op == IR_payload) {
        cg_set(cg, x, read_payload(cg, x));
    } else {
        LLVMValueRef tag = cg_get(cg, cg_arg(cg, x, 0), 0);
        LLVMValueRef wanted = LLVMConstInt(cg->i32, x->imm.index, false);
        cg_set(cg, x, cg_bool(cg, cg_compare(cg, LLVMIntEQ, tag, wanted)));
    }
}

/* ---- errors --------------------------------------------------------------------------------- */

static const char *error_reader(enum builtin builtin)
{
    switch (builtin) {
    case BUILTIN_kind:
        return "dfl_std_error_kind";
    case BUILTIN_file:
        return "dfl_std_error_file";
    case BUILTIN_line:
        return "dfl_std_error_line";
    case BUILTIN_cause:
        return "dfl_std_error_cause";
    case BUILTIN_chain:
        return "dfl_std_error_chain";
    default:
        assert(builtin == BUILTIN_message);
        return "dfl_std_error_message";
    }
}

static void read_error(struct cg *cg, const struct ir_value *x)
{
    const char *name = error_reader(x->imm.builtin);
    LLVMTypeRef params[] = {cg->ptr, cg->ptr, cg->ptr};
    struct cg_callee callee = {NULL, LLVMFunctionType(cg->ptr, params, 3, false)};
    callee.fn = LLVMGetNamedFunction(cg->llvm, name);
    if (!callee.fn)
        callee.fn = LLVMAddFunction(cg->llvm, name, callee.type);
    LLVMTypeRef type = cg_type(cg, x->type);
    LLVMValueRef out = cg_room(cg, type);
    cg_call(cg, callee, (LLVMValueRef[]){cg->fiber, out, cg_spill(cg, cg_arg(cg, x, 0))}, 3);
    cg_set(cg, x, cg_load(cg, type, out));
}

void cg_do_error(struct cg *cg, const struct ir_value *x)
{
    if (x->op == IR_error_get) {
        read_error(cg, x);
        return;
    }
    LLVMValueRef message = cg_spill(cg, cg_arg(cg, x, 0));
    if (x->op == IR_failure)
        cg_set(cg, x, CG_ABI(cg, dfl_fail_message, cg_site(cg, x), message));
    else
        cg_set(cg, x, CG_ABI(cg, dfl_fail_from, cg_site(cg, x), message, cg_arg(cg, x, 1)));
}

/* ---- formatted text ------------------------------------------------------------------------- */

enum { BUFFER_BYTES = 32 };

/* struct dfl_spec */
static LLVMValueRef spec_value(struct cg *cg, const struct dfl_spec *s)
{
    if (!s)
        return LLVMConstNull(cg->ptr);
    LLVMValueRef bytes = LLVMConstStringInContext(cg->context, (const char *)s, sizeof *s, true);
    LLVMValueRef global = cg_constant(cg, "spec", bytes);
    LLVMSetAlignment(global, _Alignof(struct dfl_spec));
    return global;
}

static void add_text(struct cg *cg, LLVMValueRef buffer, const struct ir_part *part)
{
    if (part->len)
        CG_ABI(cg, dfl_buffer_text, buffer, cg_text(cg, part->text, part->len),
               cg_int(cg, part->len));
}

void cg_do_format(struct cg *cg, const struct ir_value *x)
{
    const struct ir_part *parts = x->imm.parts.at;
    LLVMTypeRef words = LLVMArrayType2(cg->i64, BUFFER_BYTES / 8);
    LLVMValueRef buffer = cg_room(cg, words), out = cg_room(cg, cg->view);
    CG_ABI(cg, dfl_buffer_begin, buffer);
    for (uint32_t i = 0; i < x->arg_count; i++) {
        add_text(cg, buffer, &parts[i]);
        CG_ABI(cg, dfl_buffer_value, buffer, cg_descriptor(cg, x->args[i]->type),
               cg_spill(cg, cg_arg(cg, x, i)), spec_value(cg, parts[i].spec));
    }
    add_text(cg, buffer, &parts[x->arg_count]);
    CG_ABI(cg, dfl_buffer_end, buffer, out);
    cg_set(cg, x, cg_load(cg, cg->view, out));
}
