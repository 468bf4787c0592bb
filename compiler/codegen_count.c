/* codegen_count.c - copying and dropping values held in registers: part by part, with the counts of
 * private blocks touched inline. Maps and what is too deep go through the runtime. */
#include "codegen_core.h"

/* ---- one block ------------------------------------------------------------------------------ */

/* void name(block): nothing for NULL; a private count that is over `floor` is stepped in place; the
 * runtime does the rest. */
static struct cg_callee make_helper(struct cg *cg, const char *name, int floor, int by,
                                    enum cg_abi rest)
{
    struct cg_callee c;
    c.type = LLVMFunctionType(LLVMVoidTypeInContext(cg->context), &cg->ptr, 1, false);
    c.fn = LLVMAddFunction(cg->llvm, name, c.type);
    cg_internal(cg, c.fn);
    cg->fn = c.fn;
    LLVMBasicBlockRef entry = cg_block(cg, "entry"), look = cg_block(cg, "look");
    LLVMBasicBlockRef fast = cg_block(cg, "fast"), slow = cg_block(cg, "slow");
    LLVMBasicBlockRef done = cg_block(cg, "done");
    LLVMValueRef block = LLVMGetParam(c.fn, 0);
    cg_go_on(cg, entry);
    LLVMBuildCondBr(cg->at, cg_is_null(cg, block), done, look);
    cg_go_on(cg, look);
    LLVMValueRef count = cg_load(cg, cg->i32, block);
    LLVMSetOrdering(count, LLVMAtomicOrderingMonotonic);
    LLVMSetAlignment(count, 4);
    LLVMValueRef is_private =
        cg_compare(cg, LLVMIntSGT, count, LLVMConstInt(cg->i32, (uint64_t)floor, true));
    LLVMBuildCondBr(cg->at, is_private, fast, slow);
    cg_go_on(cg, fast);
    LLVMValueRef step = LLVMConstInt(cg->i32, (uint64_t)(int64_t)by, true);
    LLVMValueRef store = LLVMBuildStore(cg->at, LLVMBuildAdd(cg->at, count, step, ""), block);
    LLVMSetOrdering(store, LLVMAtomicOrderingMonotonic);
    LLVMSetAlignment(store, 4);
    LLVMBuildBr(cg->at, done);
    cg_go_on(cg, slow);
    cg_call_abi(cg, rest, &block, 1);
    LLVMBuildBr(cg->at, done);
    cg_go_on(cg, done);
    LLVMBuildRetVoid(cg->at);
    return c;
}

void cg_count_helpers(struct cg *cg)
{
    LLVMSetCurrentDebugLocation2(cg->at, NULL);
    cg->retain = make_helper(cg, "dfl.retain", 0, 1, ABI_dfl_block_retain);
    cg->release = make_helper(cg, "dfl.release", 1, -1, ABI_dfl_block_release);
}

/* ---- values --------------------------------------------------------------------------------- */

/* Calls `act` on the value inside if `there` holds. */
static void when(struct cg *cg, LLVMValueRef there, const struct type *t, LLVMValueRef value,
                 void (*act)(struct cg *, const struct type *, LLVMValueRef))
{
    LLVMBasicBlockRef yes = cg_block(cg, "there"), next = cg_block(cg, "on");
    LLVMBuildCondBr(cg->at, there, yes, next);
    cg_go_on(cg, yes);
    act(cg, t, value);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

/* A T! is its error or its value. */
static void each_way(struct cg *cg, const struct type *t, LLVMValueRef value,
                     void (*act)(struct cg *, const struct type *, LLVMValueRef))
{
    const struct type *error = cg->module->types->simple[TYPE_error];
    LLVMBasicBlockRef good = cg_block(cg, "ok"), bad = cg_block(cg, "err");
    LLVMBasicBlockRef next = cg_block(cg, "on");
    LLVMValueRef err = cg_get(cg, value, 0);
    LLVMBuildCondBr(cg->at, cg_is_null(cg, err), good, bad);
    cg_go_on(cg, bad);
    act(cg, error, err);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, good);
    if (cg_has_refs(cg, t->args.at[0]))
        act(cg, t->args.at[0], cg_get(cg, value, 1));
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

/* The parts of a value that has some; true if that was all there is to do. */
static bool in_parts(struct cg *cg, const struct type *t, LLVMValueRef value,
                     void (*act)(struct cg *, const struct type *, LLVMValueRef))
{
    switch (t->kind) {
    case TYPE_tuple:
    case TYPE_record:
        for (uint32_t i = 0; i < t->args.count; i++)
            act(cg, t->args.at[i], cg_get(cg, value, i));
        return true;
    case TYPE_option:
        when(cg, cg_truth(cg, cg_get(cg, value, 0)), t->args.at[0], cg_get(cg, value, 1), act);
        return true;
    case TYPE_result:
        each_way(cg, t, value, act);
        return true;
    default:
        return false;
    }
}

void cg_copy(struct cg *cg, const struct type *t, LLVMValueRef value)
{
    if (!cg_has_refs(cg, t) || in_parts(cg, t, value, cg_copy))
        return;
    if (t->kind == TYPE_error)
        CG_ABI(cg, dfl_error_retain, value);
    else if (t->kind == TYPE_future)
        CG_ABI(cg, dfl_task_retain, value);
    else if (t->kind == TYPE_enum && cg_layout(cg, t)->field_count == 0)
        cg_call(cg, cg->retain, (LLVMValueRef[]){cg_get(cg, value, 1)}, 1);
    else if (t->kind == TYPE_map || t->kind == TYPE_enum)
        CG_ABI(cg, dfl_copy, cg_descriptor(cg, t), cg_spill(cg, value));
    else
        cg_call(cg, cg->retain, (LLVMValueRef[]){cg_get(cg, value, 0)}, 1);
}

static void release(struct cg *cg, LLVMValueRef block)
{
    if (cg->rare)
        CG_ABI(cg, dfl_block_release, block);
    else
        cg_call(cg, cg->release, &block, 1);
}

void cg_drop(struct cg *cg, const struct type *t, LLVMValueRef value)
{
    if (!cg_has_refs(cg, t) || in_parts(cg, t, value, cg_drop))
        return;
    if (t->kind == TYPE_error)
        CG_ABI(cg, dfl_error_release, value);
    else if (t->kind == TYPE_future)
        CG_ABI(cg, dfl_task_release, cg->fiber, value);
    else if (t->kind == TYPE_enum && cg_layout(cg, t)->field_count == 0)
        release(cg, cg_get(cg, value, 1));
    else if (t->kind == TYPE_map || t->kind == TYPE_enum)
        CG_ABI(cg, dfl_drop, cg_descriptor(cg, t), cg_spill(cg, value));
    else
        release(cg, cg_get(cg, value, 0));
}
