/* codegen_stack.c - functions that may recurse check the stack, and those that have much below them
 * (ir_depth.c); others never do. A group is a set of functions that reach each other by calls and
 * spawns (an await may run its task in place). One check a run of a function is enough: where the
 * stack is low the function starts anew, with its arguments, on a further segment. So the check
 * stands before anything has happened, but behind the branch that leads to the cases that do not
 * recurse. */
#include "codegen_core.h"

/* ---- where to check ------------------------------------------------------------------------- */

/* Nothing that a second start would do twice. */
static bool is_harmless(const struct ir_value *x)
{
    switch (x->op) {
    case IR_const_int:
    case IR_const_float:
    case IR_const_str:
    case IR_const_unit:
    case IR_const_none:
    case IR_const_empty:
    case IR_add:
    case IR_sub:
    case IR_mul:
    case IR_and:
    case IR_or:
    case IR_xor:
    case IR_inv:
    case IR_not:
    case IR_eq:
    case IR_ne:
    case IR_lt:
    case IR_le:
    case IR_gt:
    case IR_ge:
    case IR_get:
    case IR_is_some:
    case IR_unwrap:
    case IR_is_ok:
    case IR_get_err:
    case IR_is_variant:
    case IR_payload:
    case IR_len:
    case IR_elem:
    case IR_debug:
    case IR_br:
    case IR_br_if:
        return true;
    default:
        return false;
    }
}

static bool calls_group(const struct ir_value *x, uint32_t group)
{
    if (x->op == IR_await || x->op == IR_try_await)
        return true; /* whatever runs in place may be of the group */
    return x->op == IR_call && x->imm.call.func->group == group;
}

/* The block in which all calls into the group have their nearest common dominator; the entry if
 * there are none. */
static uint32_t common_dominator(const struct ir_order *o, uint32_t group)
{
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < o->blocks.count; i++) {
        const struct ir_block *b = o->blocks.at[i];
        for (uint32_t j = 0; j < b->body.count; j++) {
            if (!calls_group(b->body.at[j], group))
                continue;
            uint32_t at = i;
            while (found != UINT32_MAX && at != found)
                *(at > found ? &at : &found) = o->dominator[at > found ? at : found];
            found = at;
        }
    }
    return found == UINT32_MAX ? 0 : found;
}

/* The only way to a block: one predecessor, all of it harmless, up to the entry. */
static bool only_harmless_above(const struct ir_order *o, const uint32_t *predecessors, uint32_t at)
{
    while (at) {
        const struct ir_block *below = o->blocks.at[at];
        if (predecessors[at] != 1)
            return false;
        at = o->dominator[at];
        const struct ir_block *b = o->blocks.at[at];
        const struct ir_value *end = b->body.at[b->body.count - 1];
        if (end->targets[0] != below && end->targets[1] != below)
            return false;
        for (uint32_t j = 0; j < b->body.count; j++)
            if (!is_harmless(b->body.at[j]))
                return false;
    }
    return predecessors[0] == 0;
}

struct counting {
    const struct ir_order *order;
    uint32_t *counts;
};

static void count_edge(void *context, struct ir_block *to)
{
    struct counting *c = context;
    c->counts[c->order->index[to->id]]++;
}

static const struct ir_block *find_check(struct cg *cg, const struct ir_func *f)
{
    struct ir_order o;
    ir_order_make(&o, &cg->arena, f);
    struct counting c = {&o, arena_array(&cg->arena, uint32_t, o.blocks.count + 1)};
    for (uint32_t i = 0; i < o.blocks.count; i++)
        ir_edges(o.blocks.at[i], count_edge, &c);
    uint32_t at = common_dominator(&o, f->group);
    while (at && !only_harmless_above(&o, c.counts, at))
        at = o.dominator[at];
    return o.blocks.at[at];
}

void cg_groups(struct cg *cg)
{
    for (uint32_t i = 0; i < cg->mine->funcs.count; i++) {
        const struct ir_func *f = cg->mine->funcs.at[i];
        if (ir_checks_stack(f))
            cg_code(cg, f)->check_at = find_check(cg, f);
    }
}

/* ---- the check ------------------------------------------------------------------------------ */

static LLVMValueRef stack_pointer(struct cg *cg)
{
    LLVMMetadataRef name = LLVMMDStringInContext2(cg->context, "rsp", 3);
    LLVMMetadataRef node = LLVMMDNodeInContext2(cg->context, &name, 1);
    LLVMValueRef arg = LLVMMetadataAsValue(cg->context, node);
    return cg_intrinsic(cg, "llvm.read_register", cg->i64, &arg, 1);
}

/* A twin of the function that runs it on a further segment; its body is made at the end. */
static struct cg_callee grow_of(struct cg *cg, struct cg_func *code, const struct ir_func *f)
{
    if (code->grow.fn)
        return code->grow;
    const char *name = arena_format(&cg->arena, "dfl.%s$grow", f->label);
    code->grow.type = code->callee.type;
    code->grow.fn = LLVMAddFunction(cg->llvm, name, code->grow.type);
    cg_internal(cg, code->grow.fn);
    cg_attribute(cg, code->grow.fn, LLVMAttributeFunctionIndex, "cold");
    cg_attribute(cg, code->grow.fn, LLVMAttributeFunctionIndex, "noinline");
    return code->grow;
}

void cg_check_stack(struct cg *cg)
{
    const struct ir_func *f = cg->func;
    struct cg_callee grow = grow_of(cg, cg->code, f);
    LLVMValueRef limit = cg_load(cg, cg->i64, cg_at(cg, cg->fiber, OFFSET_FIBER_STACK_LIMIT));
    LLVMValueRef at = stack_pointer(cg);
    if (f->stack)
        at = LLVMBuildSub(cg->at, at, cg_int(cg, f->stack), "");
    LLVMValueRef low = cg_compare(cg, LLVMIntULT, at, limit);
    LLVMBasicBlockRef next = cg_cold(cg, low);
    uint32_t count = f->params.count + 1;
    LLVMValueRef *args = arena_array(&cg->arena, LLVMValueRef, count);
    for (uint32_t i = 0; i < count; i++)
        args[i] = LLVMGetParam(cg->fn, i);
    LLVMValueRef call = cg_call(cg, grow, args, count);
    LLVMSetTailCall(call, true);
    LLVMBuildRet(cg->at, call);
    cg_go_on(cg, next);
}

/* The frame that goes to the other segment: the arguments, then what the function gives. */
static LLVMTypeRef frame_type(struct cg *cg, const struct ir_func *f)
{
    const struct cg_func *code = cg_code(cg, f);
    uint32_t count = f->params.count;
    LLVMTypeRef *parts = arena_array(&cg->arena, LLVMTypeRef, count + 2);
    LLVMGetParamTypes(code->callee.type, parts);
    parts[0] = LLVMGetReturnType(code->callee.type);
    return cg_struct(cg, parts, count + 1);
}

/* void (fiber, frame): calls the function and leaves the result in the frame. */
static LLVMValueRef make_body(struct cg *cg, const struct ir_func *f, LLVMTypeRef frame)
{
    const struct cg_func *code = cg_code(cg, f);
    LLVMTypeRef params[] = {cg->ptr, cg->ptr};
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(cg->context), params, 2, false);
    const char *name = arena_format(&cg->arena, "dfl.%s$segment", f->label);
    LLVMValueRef body = LLVMAddFunction(cg->llvm, name, type);
    LLVMSetLinkage(body, LLVMInternalLinkage);
    cg_begin_made(cg, body, f->name, f->span);
    uint32_t count = f->params.count + 1;
    LLVMValueRef *args = arena_array(&cg->arena, LLVMValueRef, count);
    LLVMValueRef at = LLVMGetParam(body, 1);
    args[0] = cg->fiber;
    for (uint32_t i = 1; i < count; i++)
        args[i] = cg_load(cg, LLVMStructGetTypeAtIndex(frame, i),
                          LLVMBuildStructGEP2(cg->at, frame, at, i, ""));
    LLVMValueRef result = cg_call(cg, code->rest.fn ? code->rest : code->callee, args, count);
    cg_store(cg, result, LLVMBuildStructGEP2(cg->at, frame, at, 0, ""));
    LLVMBuildRetVoid(cg->at);
    return body;
}

/* Where there is no stack left the failure gets its place from the caller. */
static void make_grow(struct cg *cg, const struct ir_func *f)
{
    const struct cg_func *code = cg_code(cg, f);
    LLVMTypeRef frame = frame_type(cg, f);
    LLVMValueRef body = make_body(cg, f, frame);
    cg_begin_made(cg, code->grow.fn, f->name, f->span);
    LLVMValueRef at = cg_alloca(cg, frame);
    for (uint32_t i = 1; i <= f->params.count; i++)
        cg_store(cg, LLVMGetParam(cg->fn, i), LLVMBuildStructGEP2(cg->at, frame, at, i, ""));
    bool may_park = f->flags & (FUNC_TASK | FUNC_IO);
    LLVMValueRef bytes = LLVMConstInt(cg->i32, may_park ? f->stack + 1 : 0, false);
    LLVMValueRef error =
        CG_ABI(cg, dfl_stack_call, cg->fiber, body, at, bytes, LLVMConstNull(cg->ptr));
    LLVMTypeRef type = LLVMGetReturnType(code->callee.type);
    LLVMBasicBlockRef next = cg_cold(cg, cg_is_there(cg, error));
    assert(!f->nofail); /* it can fail by being too deep */
    LLVMBuildRet(cg->at, cg_put(cg, LLVMGetPoison(type), error, 1));
    cg_go_on(cg, next);
    LLVMBuildRet(cg->at, cg_load(cg, type, LLVMBuildStructGEP2(cg->at, frame, at, 0, "")));
}

void cg_grows(struct cg *cg)
{
    for (uint32_t i = 0; i < cg->mine->funcs.count; i++)
        if (cg_code(cg, cg->mine->funcs.at[i])->grow.fn)
            make_grow(cg, cg->mine->funcs.at[i]);
}
