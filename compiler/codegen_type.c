/* codegen_type.c - types and constants: the LLVM type of each layout, and the descriptors of dfl.h.
 */
#include "codegen_core.h"

const struct dfl_type *cg_layout(struct cg *cg, const struct type *t)
{
    const struct dfl_type *d = t->layout; /* made by units_make() */
    assert(d && d == cg->layouts->all.at[d->id]);
    return d;
}

bool cg_has_refs(struct cg *cg, const struct type *t)
{
    return cg_layout(cg, t)->refs;
}

bool cg_is_plain(struct cg *cg, const struct type *t)
{
    const struct dfl_type *d = cg_layout(cg, t);
    if (d->kind == DFL_RESULT)
        d = d->elem;
    return !d->refs && d->size <= sizeof((struct dfl_task *)NULL)->result;
}

LLVMTypeRef cg_struct(struct cg *cg, LLVMTypeRef *parts, uint32_t count)
{
    return LLVMStructTypeInContext(cg->context, parts, count, false);
}

static LLVMTypeRef fields_type(struct cg *cg, const struct dfl_type *d)
{
    LLVMTypeRef *parts = arena_array(&cg->arena, LLVMTypeRef, d->field_count + 1);
    for (uint64_t i = 0; i < d->field_count; i++)
        parts[i] = cg_layout_type(cg, d->fields[i].type);
    return cg_struct(cg, parts, d->field_count);
}

/* Block, pointer, lengths and strides: all fields of the one struct. */
static LLVMTypeRef grid_type(struct cg *cg, const struct dfl_type *d)
{
    LLVMTypeRef parts[2 + 2 * DFL_RANK_MAX] = {cg->ptr, cg->ptr};
    for (uint32_t i = 0; i < 2u * d->rank; i++)
        parts[2 + i] = cg->i64;
    return cg_struct(cg, parts, 2 + 2 * d->rank);
}

static LLVMTypeRef make_type(struct cg *cg, const struct dfl_type *d)
{
    switch ((enum dfl_kind)d->kind) {
    case DFL_UNIT:
        return cg->unit;
    case DFL_BOOL:
    case DFL_I8:
    case DFL_U8:
        return cg->i8;
    case DFL_I16:
    case DFL_U16:
        return cg->i16;
    case DFL_I32:
    case DFL_U32:
        return cg->i32;
    case DFL_INT:
    case DFL_DURATION:
    case DFL_I64:
    case DFL_U64:
        return cg->i64;
    case DFL_FLOAT:
        return cg->f64;
    case DFL_F32:
        return cg->f32;
    case DFL_STR:
    case DFL_BYTES:
    case DFL_ARRAY:
        return cg->view;
    case DFL_GRID:
        return grid_type(cg, d);
    case DFL_MAP:
    case DFL_FUTURE:
    case DFL_ERROR:
        return cg->ptr;
    case DFL_OPTION:
        return cg_struct(cg, (LLVMTypeRef[]){cg->i8, cg_layout_type(cg, d->elem)}, 2);
    case DFL_RESULT:
        return cg_struct(cg, (LLVMTypeRef[]){cg->ptr, cg_layout_type(cg, d->elem)}, 2);
    case DFL_TUPLE:
    case DFL_RECORD:
        return fields_type(cg, d);
    case DFL_ENUM:
        return d->field_count ? fields_type(cg, d)
                              : cg_struct(cg, (LLVMTypeRef[]){cg->i32, cg->ptr}, 2);
    }
    assert(!"a type with a layout");
    return NULL;
}

LLVMTypeRef cg_layout_type(struct cg *cg, const struct dfl_type *d)
{
    while (cg->types.count <= d->id)
        vec_push(&cg->arena, &cg->types, NULL);
    if (!cg->types.at[d->id]) {
        LLVMTypeRef type = make_type(cg, d);
        assert(LLVMABISizeOfType(cg->data, type) == d->size);
        cg->types.at[d->id] = type;
    }
    return cg->types.at[d->id];
}

LLVMTypeRef cg_type(struct cg *cg, const struct type *t)
{
    return cg_layout_type(cg, cg_layout(cg, t));
}

/* ---- constants ------------------------------------------------------------------------------ */

LLVMValueRef cg_int(struct cg *cg, int64_t n)
{
    return LLVMConstInt(cg->i64, (uint64_t)n, true);
}

LLVMValueRef cg_constant(struct cg *cg, const char *name, LLVMValueRef initial)
{
    LLVMValueRef global = LLVMAddGlobal(cg->llvm, LLVMTypeOf(initial), name);
    LLVMSetInitializer(global, initial);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(global, true);
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr);
    return global;
}

LLVMValueRef cg_text(struct cg *cg, const char *bytes, uint32_t len)
{
    return cg_constant(cg, "text", LLVMConstStringInContext(cg->context, bytes, len, false));
}

LLVMValueRef cg_name(struct cg *cg, const char *s)
{
    if (!s)
        return LLVMConstNull(cg->ptr);
    LLVMValueRef text = name_map_get(&cg->strings, s);
    if (!text) {
        text = cg_text(cg, s, strlen(s));
        name_map_set(&cg->arena, &cg->strings, s, text);
    }
    return text;
}

static LLVMValueRef small(LLVMTypeRef type, uint64_t n)
{
    return LLVMConstInt(type, n, false);
}

LLVMValueRef cg_const(struct cg *cg, LLVMValueRef *parts, uint32_t count)
{
    return LLVMConstStructInContext(cg->context, parts, count, false);
}

LLVMValueRef cg_site_value(struct cg *cg, const struct ir_func *f, struct span span)
{
    if (!span.source)
        span = f->span;
    struct position at = {0};
    if (span.source)
        at = source_position(span.source, span.start);
    const char *path = span.source ? span.source->path : cg->module->name;
    return cg_const(cg,
                    (LLVMValueRef[]){cg_name(cg, path), cg_name(cg, cg_func_name(f)),
                                     small(cg->i32, at.line), small(cg->i32, at.column)},
                    4);
}

LLVMValueRef cg_site_of(struct cg *cg, const struct ir_func *f, struct span span)
{
    if (span.source && span.source->is_std)
        return LLVMConstNull(cg->ptr);
    return cg_constant(cg, "site", cg_site_value(cg, f, span));
}

LLVMValueRef cg_site(struct cg *cg, const struct ir_value *x)
{
    if (cg->func->flags & FUNC_EXTERN) /* around a C function that is spawned or passed on */
        return LLVMConstNull(cg->ptr);
    return cg_site_of(cg, cg->func, x->span);
}

/* ---- descriptors ---------------------------------------------------------------------------- */

/* struct dfl_type */
static LLVMTypeRef descriptor_type(struct cg *cg)
{
    return cg_struct(cg,
                     (LLVMTypeRef[]){cg->i8, cg->i8, cg->i8, cg->i8, cg->i32, cg->i64, cg->ptr,
                                     cg->ptr, cg->ptr, cg->ptr, cg->i64, cg->ptr, cg->i64},
                     13);
}

LLVMValueRef cg_layout_descriptor(struct cg *cg, const struct dfl_type *d)
{
    if (!d)
        return LLVMConstNull(cg->ptr);
    while (cg->descriptors.count <= d->id)
        vec_push(&cg->arena, &cg->descriptors, NULL);
    if (!cg->descriptors.at[d->id]) {
        cg->descriptors.at[d->id] =
            cg_shared(cg, "type", cg->layouts->keys.at[d->id], descriptor_type(cg));
    }
    return cg->descriptors.at[d->id];
}

LLVMValueRef cg_descriptor(struct cg *cg, const struct type *t)
{
    return cg_layout_descriptor(cg, cg_layout(cg, t));
}

LLVMValueRef cg_table(struct cg *cg, const char *name, LLVMTypeRef row, LLVMValueRef *rows,
                      uint32_t count)
{
    if (!count)
        return LLVMConstNull(cg->ptr);
    return cg_constant(cg, name, LLVMConstArray2(row, rows, count));
}

static LLVMValueRef fields_of(struct cg *cg, const struct dfl_field *fields, uint64_t count)
{
    LLVMValueRef *rows = arena_array(&cg->arena, LLVMValueRef, count + 1);
    for (uint64_t i = 0; i < count; i++)
        rows[i] = cg_const(cg,
                           (LLVMValueRef[]){cg_name(cg, fields[i].name),
                                            cg_layout_descriptor(cg, fields[i].type),
                                            small(cg->i64, fields[i].offset)},
                           3);
    LLVMTypeRef row = cg_struct(cg, (LLVMTypeRef[]){cg->ptr, cg->ptr, cg->i64}, 3);
    return cg_table(cg, "fields", row, rows, count);
}

static LLVMValueRef variants_of(struct cg *cg, const struct dfl_type *d)
{
    LLVMValueRef *rows = arena_array(&cg->arena, LLVMValueRef, d->variant_count + 1);
    for (uint64_t i = 0; i < d->variant_count; i++) {
        const struct dfl_variant *v = &d->variants[i];
        rows[i] = cg_const(
            cg,
            (LLVMValueRef[]){cg_name(cg, v->name), fields_of(cg, v->fields, v->field_count),
                             small(cg->i64, v->field_count), cg_layout_descriptor(cg, v->box)},
            4);
    }
    LLVMTypeRef row = cg_struct(cg, (LLVMTypeRef[]){cg->ptr, cg->ptr, cg->i64, cg->ptr}, 4);
    return cg_table(cg, "variants", row, rows, d->variant_count);
}

static void define_descriptor(struct cg *cg, const struct dfl_type *d)
{
    LLVMValueRef parts[] = {
        small(cg->i8, d->kind),
        small(cg->i8, d->refs),
        small(cg->i8, d->align),
        small(cg->i8, d->rank),
        small(cg->i32, d->id),
        small(cg->i64, d->size),
        cg_name(cg, d->name),
        cg_layout_descriptor(cg, d->elem),
        cg_layout_descriptor(cg, d->key),
        fields_of(cg, d->fields, d->field_count),
        small(cg->i64, d->field_count),
        variants_of(cg, d),
        small(cg->i64, d->variant_count),
    };
    LLVMSetInitializer(cg_layout_descriptor(cg, d), cg_const(cg, parts, 13));
}

LLVMValueRef cg_types_table(struct cg *cg)
{
    uint32_t count = cg->layouts->all.count;
    LLVMValueRef *rows = arena_array(&cg->arena, LLVMValueRef, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = cg_layout_descriptor(cg, cg->layouts->all.at[i]);
        define_descriptor(cg, cg->layouts->all.at[i]);
    }
    return cg_table(cg, "types", cg->ptr, rows, count);
}
