/* codegen_call.c - calls: of the runtime by the rows of abi.def, of C functions of the standard
 * library, and of functions of DIR. */
#include "codegen_core.h"
#include "extern.h"

/* ---- declarations --------------------------------------------------------------------------- */

void cg_attribute(struct cg *cg, LLVMValueRef fn, unsigned at, const char *name)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    assert(kind);
    LLVMAddAttributeAtIndex(fn, at, LLVMCreateEnumAttribute(cg->context, kind, 0));
}

void cg_no_unwind(struct cg *cg, LLVMValueRef fn)
{
    cg_attribute(cg, fn, LLVMAttributeFunctionIndex, "nounwind");
}

/* A large frame touches each of its pages, so that it cannot step over the guard of a small stack.
 */
void cg_with_body(struct cg *cg, LLVMValueRef fn)
{
    cg_no_unwind(cg, fn);
    LLVMAddTargetDependentFunctionAttr(fn, "probe-stack", "inline-asm");
}

void cg_internal(struct cg *cg, LLVMValueRef fn)
{
    LLVMSetLinkage(fn, LLVMInternalLinkage);
    cg_with_body(cg, fn);
}

static const char *const abi_rets[ABI_COUNT] = {
#define ABI(ret, name, args) #ret,
#include "abi.def"
#undef ABI
};

static const char *const abi_names[ABI_COUNT] = {
#define ABI(ret, name, args) #name,
#include "abi.def"
#undef ABI
};

static const char *const abi_args[ABI_COUNT] = {
#define ABI(ret, name, args) #args,
#include "abi.def"
#undef ABI
};

static bool starts(const char *text, uint32_t len, const char *word)
{
    return len >= strlen(word) && !strncmp(text, word, strlen(word));
}

/* A type as abi.def spells it, perhaps with a name behind. */
static LLVMTypeRef spelt_type(struct cg *cg, const char *text, uint32_t len)
{
    if (memchr(text, '*', len) || memchr(text, '(', len))
        return cg->ptr;
    if (starts(text, len, "int64_t") || starts(text, len, "uint64_t"))
        return cg->i64;
    if (starts(text, len, "int32_t") || starts(text, len, "uint32_t"))
        return cg->i32;
    if (starts(text, len, "double"))
        return cg->f64;
    if (starts(text, len, "bool"))
        return cg->i1;
    assert(starts(text, len, "void"));
    return LLVMVoidTypeInContext(cg->context);
}

/* "(A a, void (*f)(B, C), D)": commas of the outermost parentheses part the parameters. */
static LLVMTypeRef spelt_function(struct cg *cg, const char *ret, const char *args)
{
    LLVMTypeRef params[16];
    uint32_t count = 0, depth = 0;
    const char *start = args + 1;
    for (const char *p = args; *p; p++) {
        depth += *p == '(';
        if ((*p == ',' && depth == 1) || (*p == ')' && depth == 1)) {
            while (*start == ' ')
                start++;
            assert(count < 16);
            params[count++] = spelt_type(cg, start, p - start);
            start = p + 1;
        }
        depth -= *p == ')';
    }
    return LLVMFunctionType(spelt_type(cg, ret, strlen(ret)), params, count, false);
}

static struct cg_callee abi(struct cg *cg, enum cg_abi row)
{
    struct cg_callee *c = &cg->abi[row];
    if (c->fn)
        return *c;
    c->type = spelt_function(cg, abi_rets[row], abi_args[row]);
    c->fn = LLVMAddFunction(cg->llvm, abi_names[row], c->type);
    cg_no_unwind(cg, c->fn);
    if (LLVMGetReturnType(c->type) == cg->i1)
        cg_attribute(cg, c->fn, LLVMAttributeReturnIndex, "zeroext");
    if (!strncmp(abi_names[row], "dfl_fail_", 9))
        cg_attribute(cg, c->fn, LLVMAttributeFunctionIndex, "cold");
    return *c;
}

LLVMValueRef cg_call(struct cg *cg, struct cg_callee callee, LLVMValueRef *args, uint32_t count)
{
    return LLVMBuildCall2(cg->at, callee.type, callee.fn, args, count, "");
}

LLVMValueRef cg_call_abi(struct cg *cg, enum cg_abi row, LLVMValueRef *args, uint32_t count)
{
    struct cg_callee callee = abi(cg, row);
    assert(LLVMCountParams(callee.fn) == count);
    return cg_call(cg, callee, args, count);
}

LLVMValueRef cg_intrinsic(struct cg *cg, const char *name, LLVMTypeRef type, LLVMValueRef *args,
                          uint32_t count)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    assert(id);
    struct cg_callee callee;
    callee.fn = LLVMGetIntrinsicDeclaration(cg->llvm, id, &type, type ? 1 : 0);
    callee.type = LLVMIntrinsicGetType(cg->context, id, &type, type ? 1 : 0);
    return cg_call(cg, callee, args, count);
}

/* ---- functions of DIR ----------------------------------------------------------------------- */

LLVMTypeRef cg_result_type(struct cg *cg, const struct ir_func *f)
{
    LLVMTypeRef value = cg_type(cg, f->result);
    return f->nofail ? value : cg_struct(cg, (LLVMTypeRef[]){value, cg->ptr}, 2);
}

/* Nobody else reaches what a `var` parameter leads to while the function runs. */
void cg_place_attributes(struct cg *cg, const struct ir_func *f, LLVMValueRef fn)
{
    unsigned kind = LLVMGetEnumAttributeKindForName("dereferenceable", strlen("dereferenceable"));
    for (uint32_t i = 0; i < f->params.count; i++) {
        uint64_t size = cg_layout(cg, f->params.at[i]->type)->size;
        if (!f->params.at[i]->place || !size)
            continue;
        cg_attribute(cg, fn, i + 2, "noalias");
        LLVMAddAttributeAtIndex(fn, i + 2, LLVMCreateEnumAttribute(cg->context, kind, size));
    }
}

LLVMTypeRef cg_func_type(struct cg *cg, const struct ir_func *f)
{
    LLVMTypeRef *params = arena_array(&cg->arena, LLVMTypeRef, f->params.count + 1);
    params[0] = cg->ptr;
    for (uint32_t i = 0; i < f->params.count; i++)
        params[i + 1] = f->params.at[i]->place ? cg->ptr : cg_type(cg, f->params.at[i]->type);
    return LLVMFunctionType(cg_result_type(cg, f), params, f->params.count + 1, false);
}

LLVMValueRef cg_call_func(struct cg *cg, const struct ir_func *f, LLVMValueRef *args,
                          LLVMValueRef *failure)
{
    const struct cg_func *code = cg_code(cg, f);
    uint32_t count = f->params.count;
    LLVMValueRef *all = arena_array(&cg->arena, LLVMValueRef, count + 1);
    all[0] = cg->fiber;
    for (uint32_t i = 0; i < count; i++)
        all[i + 1] = args[i];
    LLVMValueRef r = cg_call(cg, code->callee, all, count + 1);
    if (cg->rare) {
        unsigned kind = LLVMGetEnumAttributeKindForName("noinline", strlen("noinline"));
        LLVMAttributeRef apart = LLVMCreateEnumAttribute(cg->context, kind, 0);
        LLVMAddCallSiteAttribute(r, LLVMAttributeFunctionIndex, apart);
    }
    *failure = f->nofail ? NULL : cg_get(cg, r, 1);
    return f->nofail ? r : cg_get(cg, r, 0);
}

static bool is_std(const struct ir_func *f)
{
    return f->symbol && f->symbol->module && f->symbol->module->is_std;
}

/* True if failures may leave the function without a place. */
static bool leaves_place(const struct ir_func *f)
{
    return ir_checks_stack(f) || f->flags & FUNC_EXTERN || is_std(f);
}

LLVMValueRef cg_placed(struct cg *cg, const struct ir_func *f, LLVMValueRef error,
                       LLVMValueRef site)
{
    if (!leaves_place(f) || LLVMIsNull(site))
        return error;
    return CG_ABI(cg, dfl_error_at, error, site);
}

/* A T! with an error that has a place. */
static LLVMValueRef place_result(struct cg *cg, LLVMValueRef value, LLVMValueRef site)
{
    LLVMValueRef error = cg_get(cg, value, 0);
    LLVMBasicBlockRef from = LLVMGetInsertBlock(cg->at);
    LLVMBasicBlockRef next = cg_cold(cg, cg_is_there(cg, error));
    LLVMValueRef placed = CG_ABI(cg, dfl_error_at, error, site);
    LLVMBasicBlockRef cold = LLVMGetInsertBlock(cg->at);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
    LLVMValueRef phi = LLVMBuildPhi(cg->at, cg->ptr, "");
    LLVMAddIncoming(phi, (LLVMValueRef[]){error, placed}, (LLVMBasicBlockRef[]){from, cold}, 2);
    return cg_put(cg, value, phi, 0);
}

LLVMValueRef cg_placed_result(struct cg *cg, const struct ir_func *f, LLVMValueRef value,
                              LLVMValueRef site)
{
    if (!is_std(f) || f->result->kind != TYPE_result || LLVMIsNull(site))
        return value;
    return place_result(cg, value, site);
}

void cg_do_call(struct cg *cg, const struct ir_value *x)
{
    const struct ir_func *f = x->imm.call.func;
    LLVMValueRef *args = arena_array(&cg->arena, LLVMValueRef, x->arg_count + 1), failure;
    for (uint32_t i = 0; i < x->arg_count; i++)
        args[i] = cg_arg(cg, x, i);
    LLVMValueRef value = cg_call_func(cg, f, args, &failure);
    if (failure && x->fail && leaves_place(f)) {
        LLVMBasicBlockRef next = cg_cold(cg, cg_is_there(cg, failure));
        cg_fail(cg, x, cg_placed(cg, f, failure, cg_site(cg, x)), next);
    } else if (failure) {
        cg_fail_if(cg, x, failure);
    }
    cg_set(cg, x, cg_placed_result(cg, f, value, cg_site(cg, x)));
}

/* ---- C functions ---------------------------------------------------- */

/* What LLVM knows better than by a call. */
static bool do_intrinsic(struct cg *cg, const struct ir_value *x)
{
    const char *name = ir_intrinsic(x);
    if (!name)
        return false;
    LLVMValueRef a = cg_arg(cg, x, 0);
    cg_set(cg, x, cg_intrinsic(cg, name, cg->f64, &a, 1));
    return true;
}

static struct cg_callee extern_callee(struct cg *cg, const char *symbol, uint32_t count)
{
    LLVMTypeRef *params = arena_array(&cg->arena, LLVMTypeRef, count + 1);
    for (uint32_t i = 0; i < count; i++)
        params[i] = cg->ptr;
    struct cg_callee callee = {LLVMGetNamedFunction(cg->llvm, symbol),
                               LLVMFunctionType(cg->ptr, params, count, false)};
    if (!callee.fn) {
        callee.fn = LLVMAddFunction(cg->llvm, symbol, callee.type);
        cg_no_unwind(cg, callee.fn);
    }
    return callee;
}

static LLVMValueRef arg_pointer(struct cg *cg, const struct ir_value *x, uint32_t i)
{
    return x->args[i]->place ? cg_arg(cg, x, i) : cg_spill(cg, cg_arg(cg, x, i));
}

static void take_outcome(struct cg *cg, const struct ir_value *x, LLVMValueRef error,
                         LLVMValueRef out)
{
    if (x->fail) {
        LLVMBasicBlockRef next = cg_cold(cg, cg_is_there(cg, error));
        cg_fail(cg, x, CG_ABI(cg, dfl_error_at, error, cg_site(cg, x)), next);
    }
    LLVMValueRef value = cg_load(cg, cg_type(cg, x->type), out), site = cg_site(cg, x);
    if (x->type->kind == TYPE_result && !LLVMIsNull(site))
        value = place_result(cg, value, site);
    cg_set(cg, x, value);
}

/* struct dfl_c_use */
static LLVMValueRef use_of(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef fn = LLVMGetNamedGlobal(cg->llvm, x->imm.ext.symbol);
    if (!fn)
        fn = LLVMAddGlobal(cg->llvm, cg->i8, x->imm.ext.symbol); /* of the program's shim */
    LLVMValueRef *types = arena_array(&cg->arena, LLVMValueRef, x->arg_count + 1);
    for (uint32_t i = 0; i < x->arg_count; i++)
        types[i] = cg_descriptor(cg, x->args[i]->type);
    LLVMValueRef params = LLVMConstArray2(cg->ptr, types, x->arg_count);
    LLVMValueRef parts[] = {fn, cg_constant(cg, "params", params), cg_descriptor(cg, x->type),
                            cg_site(cg, x)};
    return cg_constant(cg, "use", LLVMConstStructInContext(cg->context, parts, 4, false));
}

/* A C function that the program declares. */
static void do_c_call(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef out = cg_room(cg, cg_type(cg, x->type));
    LLVMValueRef args = cg_alloca(cg, LLVMArrayType2(cg->ptr, x->arg_count));
    for (uint32_t i = 0; i < x->arg_count; i++)
        cg_store(cg, arg_pointer(cg, x, i), cg_at(cg, args, i * (int64_t)sizeof(void *)));
    take_outcome(cg, x, CG_ABI(cg, dfl_c_call, cg->fiber, use_of(cg, x), out, args), out);
}

/* (fiber, type descriptors..., out, arguments by pointer...) */
void cg_do_extern(struct cg *cg, const struct ir_value *x)
{
    if (do_intrinsic(cg, x))
        return;
    if (extern_is_symbol(x->imm.ext.symbol)) {
        do_c_call(cg, x);
        return;
    }
    const struct types *types = &x->imm.ext.types;
    uint32_t count = 0;
    LLVMValueRef *args = arena_array(&cg->arena, LLVMValueRef, types->count + x->arg_count + 2);
    LLVMValueRef out = cg_room(cg, cg_type(cg, x->type));
    args[count++] = cg->fiber;
    for (uint32_t i = 0; i < types->count; i++)
        args[count++] = cg_descriptor(cg, types->at[i]);
    args[count++] = out;
    for (uint32_t i = 0; i < x->arg_count; i++)
        args[count++] = arg_pointer(cg, x, i);
    take_outcome(cg, x, cg_call(cg, extern_callee(cg, x->imm.ext.symbol, count), args, count), out);
}
