/* codegen_debug.c - DWARF: files, functions, types, variables, and the place of every instruction.
 * Types show the layout of dfl.h under the names of the language. */
#include "codegen_core.h"

#include <stdlib.h>

enum { /* DWARF's encodings of basic types */
       ENCODING_BOOL = 2,
       ENCODING_FLOAT = 4,
       ENCODING_SIGNED = 5,
       ENCODING_UNSIGNED = 7,
       TAG_STRUCT = 0x13,
       DWARF_VERSION = 5,
       OP_DEREF = 6,
};

static LLVMMetadataRef file_of(struct cg *cg, const char *path)
{
    for (uint32_t i = 0; i < cg->debug_files.count; i++)
        if (!strcmp(cg->debug_files.at[i].path, path))
            return cg->debug_files.at[i].file;
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_copy(&cg->arena, path, slash - path) : ".";
    const char *name = slash ? slash + 1 : path;
    char *whole = realpath(folder, NULL);
    const char *from = whole ? whole : folder;
    struct cg_file file = {
        path, LLVMDIBuilderCreateFile(cg->debug, name, strlen(name), from, strlen(from))};
    free(whole);
    vec_push(&cg->arena, &cg->debug_files, file);
    return file.file;
}

static LLVMMetadataRef file_at(struct cg *cg, struct span span)
{
    return file_of(cg, span.source ? span.source->path : cg_path(cg));
}

static uint32_t line_at(struct span span)
{
    return span.source ? source_position(span.source, span.start).line : 0;
}

static void add_flag(struct cg *cg, const char *name, uint32_t n)
{
    LLVMMetadataRef value = LLVMValueAsMetadata(LLVMConstInt(cg->i32, n, false));
    LLVMAddModuleFlag(cg->llvm, LLVMModuleFlagBehaviorWarning, name, strlen(name), value);
}

void cg_debug_begin(struct cg *cg)
{
    static const char producer[] = "dfl";
    cg->debug = LLVMCreateDIBuilder(cg->llvm);
    LLVMMetadataRef file = file_of(cg, cg_path(cg));
    LLVMDIBuilderCreateCompileUnit(cg->debug, LLVMDWARFSourceLanguageC11, file, producer,
                                   sizeof producer - 1, cg->options->level > 0, "", 0, 0, "", 0,
                                   LLVMDWARFEmissionFull, 0, false, false, "", 0, "", 0);
    add_flag(cg, "Debug Info Version", LLVMDebugMetadataVersion());
    add_flag(cg, "Dwarf Version", DWARF_VERSION);
}

void cg_debug_end(struct cg *cg)
{
    LLVMDIBuilderFinalize(cg->debug);
}

enum {                         /* values of a function at -O2 */
       DEBUG_VARS_MOST = 250,  /* whose changing variables are told */
       DEBUG_LETS_MOST = 2500, /* whose others are told */
};

/* ---- types ---------------------------------------------------------------------------------- */

static LLVMMetadataRef type_of(struct cg *, const struct dfl_type *);

static LLVMMetadataRef basic(struct cg *cg, const char *name, uint64_t bytes, unsigned encoding)
{
    return LLVMDIBuilderCreateBasicType(cg->debug, name, strlen(name), bytes * 8, encoding,
                                        LLVMDIFlagZero);
}

static LLVMMetadataRef pointer(struct cg *cg, LLVMMetadataRef to, const char *name)
{
    return LLVMDIBuilderCreatePointerType(cg->debug, to, 64, 64, 0, name, strlen(name));
}

static LLVMMetadataRef member(struct cg *cg, const char *name, LLVMMetadataRef type, uint64_t bytes,
                              uint64_t offset)
{
    LLVMMetadataRef file = file_of(cg, cg_path(cg));
    return LLVMDIBuilderCreateMemberType(cg->debug, file, name, strlen(name), file, 0, bytes * 8, 0,
                                         offset * 8, LLVMDIFlagZero, type);
}

static LLVMMetadataRef structure(struct cg *cg, const struct dfl_type *d, LLVMMetadataRef *members,
                                 uint32_t count)
{
    LLVMMetadataRef file = file_of(cg, cg_path(cg));
    return LLVMDIBuilderCreateStructType(cg->debug, file, d->name, strlen(d->name), file, 0,
                                         d->size * 8, d->align * 8, LLVMDIFlagZero, NULL, members,
                                         count, 0, NULL, "", 0);
}

static LLVMMetadataRef view_type(struct cg *cg, const struct dfl_type *d)
{
    LLVMMetadataRef elem = d->elem ? type_of(cg, d->elem) : basic(cg, "char", 1, 6);
    LLVMMetadataRef members[] = {
        member(cg, "ptr", pointer(cg, elem, ""), 8, offsetof(struct dfl_view, ptr)),
        member(cg, "len", basic(cg, "int", 8, ENCODING_SIGNED), 8, offsetof(struct dfl_view, len)),
    };
    return structure(cg, d, members, 2);
}

/* A length and a stride for each axis. */
static LLVMMetadataRef grid_type(struct cg *cg, const struct dfl_type *d)
{
    LLVMMetadataRef members[1 + 2 * DFL_RANK_MAX], number = basic(cg, "int", 8, ENCODING_SIGNED);
    uint64_t at = offsetof(struct dfl_grid, dims);
    members[0] =
        member(cg, "ptr", pointer(cg, type_of(cg, d->elem), ""), 8, offsetof(struct dfl_grid, ptr));
    for (uint32_t i = 0; i < 2u * d->rank; i++) {
        const char *what = i < d->rank ? "len" : "stride";
        const char *name = arena_format(&cg->arena, "%s_%u", what, i % d->rank);
        members[1 + i] = member(cg, name, number, 8, at + 8 * i);
    }
    return structure(cg, d, members, 1 + 2 * d->rank);
}

static LLVMMetadataRef fields_type(struct cg *cg, const struct dfl_type *d)
{
    LLVMMetadataRef *members = arena_array(&cg->arena, LLVMMetadataRef, d->field_count + 1);
    for (uint64_t i = 0; i < d->field_count; i++) {
        const struct dfl_field *field = &d->fields[i];
        const char *name = field->name ? field->name : arena_format(&cg->arena, "_%u", (unsigned)i);
        members[i] = member(cg, name, type_of(cg, field->type), field->type->size, field->offset);
    }
    return structure(cg, d, members, d->field_count);
}

static LLVMMetadataRef wrapped_type(struct cg *cg, const struct dfl_type *d)
{
    bool option = d->kind == DFL_OPTION;
    LLVMMetadataRef flag =
        option ? basic(cg, "bool", 1, ENCODING_BOOL) : pointer(cg, NULL, "error");
    LLVMMetadataRef members[] = {
        member(cg, option ? "some" : "err", flag, option ? 1 : 8, 0),
        member(cg, "value", type_of(cg, d->elem), d->elem->size, layout_payload(d)),
    };
    return structure(cg, d, members, 2);
}

/* The tag, and what variants hold in place. */
static LLVMMetadataRef enum_type(struct cg *cg, const struct dfl_type *d)
{
    LLVMMetadataRef *members = arena_array(&cg->arena, LLVMMetadataRef, d->field_count + 1);
    members[0] = member(cg, "tag", basic(cg, "u32", 4, ENCODING_UNSIGNED), 4, 0);
    for (uint64_t i = 1; i < d->field_count; i++)
        members[i] =
            member(cg, arena_format(&cg->arena, "_%u", (unsigned)i - 1),
                   type_of(cg, d->fields[i].type), d->fields[i].type->size, d->fields[i].offset);
    return structure(cg, d, members, d->field_count ? d->field_count : 1);
}

static LLVMMetadataRef make_type(struct cg *cg, const struct dfl_type *d)
{
    switch ((enum dfl_kind)d->kind) {
    case DFL_BOOL:
        return basic(cg, d->name, d->size, ENCODING_BOOL);
    case DFL_INT:
    case DFL_DURATION:
    case DFL_I8:
    case DFL_I16:
    case DFL_I32:
    case DFL_I64:
        return basic(cg, d->name, d->size, ENCODING_SIGNED);
    case DFL_U8:
    case DFL_U16:
    case DFL_U32:
    case DFL_U64:
        return basic(cg, d->name, d->size, ENCODING_UNSIGNED);
    case DFL_FLOAT:
    case DFL_F32:
        return basic(cg, d->name, d->size, ENCODING_FLOAT);
    case DFL_STR:
    case DFL_BYTES:
    case DFL_ARRAY:
        return view_type(cg, d);
    case DFL_GRID:
        return grid_type(cg, d);
    case DFL_TUPLE:
    case DFL_RECORD:
        return fields_type(cg, d);
    case DFL_OPTION:
    case DFL_RESULT:
        return wrapped_type(cg, d);
    case DFL_ENUM:
        return enum_type(cg, d);
    case DFL_UNIT:
        return structure(cg, d, NULL, 0);
    default:
        return pointer(cg, NULL, d->name);
    }
}

/* A type that contains itself behind an array is shown without its elements in there. */
static LLVMMetadataRef type_of(struct cg *cg, const struct dfl_type *d)
{
    while (cg->debug_types.count <= d->id)
        vec_push(&cg->arena, &cg->debug_types, NULL);
    if (!cg->debug_types.at[d->id]) {
        cg->debug_types.at[d->id] = structure(cg, d, NULL, 0);
        LLVMMetadataRef made = make_type(cg, d);
        cg->debug_types.at[d->id] = made;
    }
    return cg->debug_types.at[d->id];
}

/* ---- functions and places ------------------------------------------------------------------- */

static LLVMMetadataRef subprogram(struct cg *cg, LLVMValueRef fn, const char *name,
                                  struct span span, LLVMMetadataRef type)
{
    LLVMMetadataRef file = file_at(cg, span);
    uint32_t line = line_at(span);
    LLVMMetadataRef made =
        LLVMDIBuilderCreateFunction(cg->debug, file, name, strlen(name), "", 0, file, line, type,
                                    true, true, line, LLVMDIFlagPrototyped, cg->options->level > 0);
    LLVMSetSubprogram(fn, made);
    return made;
}

static LLVMMetadataRef function(struct cg *cg, const struct ir_func *f, LLVMValueRef fn)
{
    LLVMMetadataRef *types = arena_array(&cg->arena, LLVMMetadataRef, f->params.count + 1);
    types[0] = type_of(cg, cg_layout(cg, f->result));
    for (uint32_t i = 0; i < f->params.count; i++)
        types[i + 1] = type_of(cg, cg_layout(cg, f->params.at[i]->type));
    LLVMMetadataRef type = LLVMDIBuilderCreateSubroutineType(cg->debug, file_at(cg, f->span), types,
                                                             f->params.count + 1, LLVMDIFlagZero);
    return subprogram(cg, fn, cg_func_name(f), f->span, type);
}

void cg_debug_func(struct cg *cg, const struct ir_func *f)
{
    struct cg_func *code = cg_code(cg, f);
    code->subprogram = function(cg, f, code->callee.fn);
}

void cg_debug_rest(struct cg *cg, const struct ir_func *f)
{
    struct cg_func *code = cg_code(cg, f);
    code->subprogram = function(cg, f, code->rest.fn);
}

void cg_debug_at(struct cg *cg, struct span span)
{
    if (!span.source) {
        cg_debug_reset(cg);
        return;
    }
    struct position at = source_position(span.source, span.start);
    LLVMSetCurrentDebugLocation2(cg->at,
                                 LLVMDIBuilderCreateDebugLocation(cg->context, at.line, at.column,
                                                                  cg->code->subprogram, NULL));
}

void cg_debug_reset(struct cg *cg)
{
    LLVMSetCurrentDebugLocation2(
        cg->at, LLVMDIBuilderCreateDebugLocation(cg->context, line_at(cg->func->span), 0,
                                                 cg->code->subprogram, NULL));
}

void cg_debug_made(struct cg *cg, LLVMValueRef fn, const char *name, struct span span)
{
    LLVMMetadataRef type =
        LLVMDIBuilderCreateSubroutineType(cg->debug, file_at(cg, span), NULL, 0, LLVMDIFlagZero);
    const char *told = arena_format(&cg->arena, "%s (task)", name);
    LLVMMetadataRef scope = subprogram(cg, fn, told, span, type);
    LLVMSetCurrentDebugLocation2(
        cg->at, LLVMDIBuilderCreateDebugLocation(cg->context, line_at(span), 0, scope, NULL));
}

/* ---- variables ------------------------------------------------------------------------------ */

static LLVMMetadataRef expression(struct cg *cg, bool deref)
{
    uint64_t ops[] = {OP_DEREF};
    return LLVMDIBuilderCreateExpression(cg->debug, ops, deref ? 1 : 0);
}

static LLVMMetadataRef variable(struct cg *cg, const struct ir_value *v, const char *name,
                                uint32_t param, struct span span)
{
    LLVMMetadataRef type = type_of(cg, cg_layout(cg, v->type)), file = file_at(cg, span);
    uint32_t line = line_at(span);
    if (param)
        return LLVMDIBuilderCreateParameterVariable(cg->debug, cg->code->subprogram, name,
                                                    strlen(name), param, file, line, type, true,
                                                    LLVMDIFlagZero);
    return LLVMDIBuilderCreateAutoVariable(cg->debug, cg->code->subprogram, name, strlen(name),
                                           file, line, type, true, LLVMDIFlagZero, 0);
}

/* Without optimisation a variable lives in memory of its own, so that it can be seen everywhere;
 * with it, it is wherever its value is. A place that is a parameter is one step further away. */
static void tell(struct cg *cg, const struct ir_value *v, LLVMMetadataRef info)
{
    LLVMMetadataRef place = LLVMGetCurrentDebugLocation2(cg->at);
    LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->at);
    LLVMValueRef value = cg_value(cg, v);
    bool own_slot = v->op == IR_slot;
    if (cg->options->level > 0 && !v->place) {
        LLVMDIBuilderInsertDbgValueRecordAtEnd(cg->debug, value, info, expression(cg, false), place,
                                               here);
        return;
    }
    LLVMValueRef at = value;
    if (!own_slot) {
        at = cg_alloca(cg, LLVMTypeOf(value));
        LLVMSetCurrentDebugLocation2(cg->at, NULL); /* a breakpoint stands behind it */
        cg_store(cg, value, at);
        LLVMSetCurrentDebugLocation2(cg->at, place);
    }
    LLVMDIBuilderInsertDeclareRecordAtEnd(cg->debug, at, info,
                                          expression(cg, v->place && !own_slot), place, here);
}

void cg_debug_params(struct cg *cg)
{
    for (uint32_t i = 0; i < cg->func->params.count; i++) {
        const struct ir_value *v = cg->func->params.at[i];
        if (v->imm.name)
            tell(cg, v, variable(cg, v, v->imm.name, i + 1, cg->func->span));
    }
}

/* The optimiser takes time with the square of the changes to a variable that it must tell of, and
 * the code generator with that of the variables. */
static bool is_costly(const struct cg *cg, const struct ir_value *v)
{
    uint32_t most = v->op == IR_slot ? DEBUG_VARS_MOST : DEBUG_LETS_MOST;
    return cg->options->level > 0 && cg->func->value_count > most;
}

void cg_do_debug(struct cg *cg, const struct ir_value *x)
{
    const struct ir_value *v = x->args[0];
    bool is_param = v->op == IR_param && !v->block;
    if (is_param && v->imm.name && !strcmp(v->imm.name, x->imm.name))
        return;
    if (!is_costly(cg, v))
        tell(cg, v, variable(cg, v, x->imm.name, 0, x->span));
}
