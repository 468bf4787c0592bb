/* codegen_unit.c - what units and the tables of the program know of each other. In a program of one
 * unit all is in one module and nothing needs a name. Else names say what is meant without regard
 * to what else there is:
 *
 *   dfl:NAME          a function that other units call
 *   dfl:type:KEY      a descriptor
 *   dfl:run:UNIT:N    what the unit's row N runs
 *   dfl:row:UNIT:N    that row
 *   dfl:number:UNIT:N its number, which nobody knows before all units are
 */
#include "codegen_core.h"

bool cg_whole(const struct cg *cg)
{
    return cg->units->whole;
}

const char *cg_path(const struct cg *cg)
{
    return cg->mine && !cg_whole(cg) ? cg->mine->path : cg->module->name;
}

/* Of the executable, and not seen outside. */
static void hide(LLVMValueRef global)
{
    LLVMSetLinkage(global, LLVMExternalLinkage);
    LLVMSetVisibility(global, LLVMHiddenVisibility);
}

LLVMValueRef cg_shared(struct cg *cg, const char *kind, const char *name, LLVMTypeRef type)
{
    if (!cg_whole(cg))
        kind = arena_format(&cg->arena, "dfl:%s:%s", kind, name);
    LLVMValueRef global = LLVMAddGlobal(cg->llvm, type, kind);
    LLVMSetGlobalConstant(global, true);
    if (cg_whole(cg))
        LLVMSetLinkage(global, LLVMPrivateLinkage);
    else
        hide(global);
    return global;
}

/* ---- functions ------------------------------------------------------------------------------ */

static bool is_owner(const struct cg *cg, const struct ir_func *f)
{
    return f->owner != IR_NO_OWNER && &cg->units->all.at[f->owner] == cg->mine;
}

static void declare(struct cg *cg, const struct ir_func *f, struct cg_func *code)
{
    bool member = cg->members[f->index], named = !member || (f->exported && is_owner(cg, f));
    const char *name =
        arena_format(&cg->arena, "dfl%c%s", named ? ':' : '.', named ? f->name : f->label);
    code->callee.type = cg_func_type(cg, f);
    code->callee.fn = LLVMAddFunction(cg->llvm, name, code->callee.type);
    if (named)
        hide(code->callee.fn);
    else
        LLVMSetLinkage(code->callee.fn, LLVMInternalLinkage);
    if (member)
        cg_with_body(cg, code->callee.fn);
    else
        cg_no_unwind(cg, code->callee.fn);
    cg_attribute(cg, code->callee.fn, 1, "nonnull");
    cg_place_attributes(cg, f, code->callee.fn);
    if (f->apart && member)
        cg_attribute(cg, code->callee.fn, LLVMAttributeFunctionIndex, "noinline");
}

struct cg_func *cg_code(struct cg *cg, const struct ir_func *f)
{
    struct cg_func **code = &cg->codes[f->index];
    if (!*code) {
        *code = arena_new(&cg->arena, struct cg_func);
        declare(cg, f, *code);
    }
    return *code;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static const char *row_name(struct cg *cg, const struct unit *unit, uint32_t row)
{
    return arena_format(&cg->arena, "%s:%u", unit->name, row);
}

LLVMValueRef cg_row_number(struct cg *cg, uint32_t row)
{
    if (cg_whole(cg))
        return cg_int(cg, row);
    const char *name = row_name(cg, cg->mine, row);
    const char *full = arena_format(&cg->arena, "dfl:number:%s", name);
    LLVMValueRef global = LLVMGetNamedGlobal(cg->llvm, full);
    return cg_load(cg, cg->i64, global ? global : cg_shared(cg, "number", name, cg->i64));
}

LLVMValueRef cg_row_at(struct cg *cg, uint32_t row)
{
    if (cg_whole(cg))
        return cg_at(cg, cg->rows_global, (int64_t)(row * sizeof(struct dfl_fn)));
    const char *name = row_name(cg, cg->mine, row);
    const char *full = arena_format(&cg->arena, "dfl:row:%s", name);
    LLVMValueRef global = LLVMGetNamedGlobal(cg->llvm, full);
    return global ? global : cg_shared(cg, "row", name, cg->i8);
}

LLVMValueRef cg_row_run(struct cg *cg, const struct unit *unit, uint32_t row)
{
    LLVMTypeRef params[] = {cg->ptr, cg->ptr};
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(cg->context), params, 2, false);
    const char *name = arena_format(&cg->arena, "dfl:run:%s", row_name(cg, unit, row));
    LLVMValueRef fn = LLVMAddFunction(cg->llvm, name, type);
    if (cg_whole(cg))
        LLVMSetLinkage(fn, LLVMInternalLinkage);
    else
        hide(fn);
    return fn;
}

/* ---- tables --------------------------------------------------------------------------------- */

static LLVMTypeRef row_type(struct cg *cg)
{
    LLVMTypeRef site = cg_struct(cg, (LLVMTypeRef[]){cg->ptr, cg->ptr, cg->i32, cg->i32}, 4);
    LLVMTypeRef parts[] = {cg->ptr, cg->ptr, site, cg->ptr, cg->ptr, cg->i64, cg->ptr};
    return cg_struct(cg, parts, 7);
}

/* Spawns of the compiler's own, for loops, are not told of. */
static LLVMValueRef spawn_site(struct cg *cg, const struct unit_row *row)
{
    LLVMValueRef site = cg_site_value(cg, row->func, row->span);
    LLVMValueRef none = LLVMConstInt(cg->i32, 0, false);
    if (!row->func->symbol || !names_is_rounds(row->func->symbol))
        return site;
    return cg_const(
        cg, (LLVMValueRef[]){LLVMGetOperand(site, 0), LLVMGetOperand(site, 1), none, none}, 4);
}

/* A struct dfl_policy. */
static LLVMValueRef policy_of(struct cg *cg, const struct unit_row *row)
{
    if (!row->policy)
        return LLVMConstNull(cg->ptr);
    LLVMValueRef parts[] = {
#define POLICY(name) cg_int(cg, row->policy->name),
#include "policy.def"
#undef POLICY
        row->policy->on ? cg_name(cg, row->policy->on) : LLVMConstNull(cg->ptr),
        cg_int(cg, (int64_t)row->edges),
    };
    return cg_constant(cg, "policy", cg_const(cg, parts, sizeof parts / sizeof *parts));
}

/* Where it may run: io that may not be done again goes elsewhere only if it says where to. */
static uint64_t place_flags(const struct unit_row *row)
{
    const struct ir_func *f = row->func;
    const struct dfl_policy *p = row->policy;
    bool placed = p && (p->on || p->near);
    bool repeatable = !(f->flags & FUNC_IO) || (p && (p->retries || p->idempotent));
    if (f->bound || (!placed && !repeatable))
        return 0;
    return (placed ? DFL_FN_PLACED : DFL_FN_ROAMS) | (repeatable ? 0 : DFL_FN_ONCE);
}

static LLVMValueRef row_value(struct cg *cg, const struct unit_row *row, LLVMValueRef run)
{
    const struct ir_func *f = row->func;
    uint64_t flags = (f->flags & FUNC_IO ? DFL_FN_IO : 0) | place_flags(row);
    const struct type *result = row->is_main ? cg->units->status : f->result;
    return cg_const(cg,
                    (LLVMValueRef[]){run, cg_name(cg, cg_func_name(f)), spawn_site(cg, row),
                                     cg_descriptor(cg, row->args), cg_descriptor(cg, result),
                                     cg_int(cg, (int64_t)flags), policy_of(cg, row)},
                    7);
}

static LLVMValueRef rows_table(struct cg *cg, uint32_t *main_row)
{
    LLVMValueRef *rows = arena_array(&cg->arena, LLVMValueRef, cg->units->row_count + 1);
    for (uint32_t i = 0; i < cg->units->all.count; i++) {
        const struct unit *u = &cg->units->all.at[i];
        for (uint32_t k = 0; k < u->rows.count; k++) {
            LLVMValueRef run = cg_whole(cg) ? cg->runs[k] : cg_row_run(cg, u, k);
            rows[u->first_row + k] = row_value(cg, &u->rows.at[k], run);
            if (u->rows.at[k].is_main)
                *main_row = u->first_row + k;
        }
    }
    return cg_table(cg, "fns", row_type(cg), rows, cg->units->row_count);
}

/* What the units call the rows, and their numbers. */
static void name_rows(struct cg *cg, LLVMValueRef rows)
{
    for (uint32_t i = 0; i < cg->units->all.count; i++) {
        const struct unit *u = &cg->units->all.at[i];
        for (uint32_t k = 0; k < u->rows.count; k++) {
            const char *name = row_name(cg, u, k);
            int64_t number = u->first_row + k;
            LLVMValueRef at = cg_at(cg, rows, number * (int64_t)sizeof(struct dfl_fn));
            hide(LLVMAddAlias2(cg->llvm, cg->i8, 0, at,
                               arena_format(&cg->arena, "dfl:row:%s", name)));
            LLVMSetInitializer(cg_shared(cg, "number", name, cg->i64), cg_int(cg, number));
        }
    }
}

static LLVMValueRef program(struct cg *cg)
{
    uint32_t main_row = 0;
    LLVMValueRef rows = rows_table(cg, &main_row);
    if (cg_whole(cg)) {
        LLVMReplaceAllUsesWith(cg->rows_global, rows);
        LLVMDeleteGlobal(cg->rows_global);
    } else {
        name_rows(cg, rows);
    }
    LLVMValueRef parts[] = {
        cg_name(cg, cg->module->name),      cg_types_table(cg),
        cg_int(cg, cg->layouts->all.count), rows,
        cg_int(cg, cg->units->row_count),   LLVMConstInt(cg->i32, main_row, false),
        LLVMConstInt(cg->i32, 0, false),
    };
    LLVMValueRef made = cg_constant(cg, "dfl_program", cg_const(cg, parts, 7));
    LLVMSetLinkage(made, LLVMExternalLinkage);
    LLVMSetUnnamedAddress(made, LLVMNoUnnamedAddr);
    return made;
}

void cg_tables(struct cg *cg)
{
    LLVMTypeRef params[] = {cg->i32, cg->ptr};
    LLVMTypeRef type = LLVMFunctionType(cg->i32, params, 2, false);
    LLVMValueRef fn = LLVMAddFunction(cg->llvm, "main", type);
    LLVMTypeRef callee_params[] = {cg->ptr, cg->i32, cg->ptr};
    struct cg_callee callee = {NULL, LLVMFunctionType(cg->i32, callee_params, 3, false)};
    callee.fn = LLVMAddFunction(cg->llvm, "dfl_main", callee.type);
    LLVMPositionBuilderAtEnd(cg->at, LLVMAppendBasicBlockInContext(cg->context, fn, ""));
    LLVMSetCurrentDebugLocation2(cg->at, NULL);
    LLVMValueRef args[] = {program(cg), LLVMGetParam(fn, 0), LLVMGetParam(fn, 1)};
    LLVMBuildRet(cg->at, cg_call(cg, callee, args, 3));
}
