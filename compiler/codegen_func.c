/* codegen_func.c - functions: blocks, parameters as phis, and the small steps that all operations
 * are built of. Read cg_func last; do_value() is the table of what is translated where. */
#include "codegen_core.h"

/* ---- small steps ---------------------------------------------------------------------------- */

LLVMValueRef cg_value(struct cg *cg, const struct ir_value *v)
{
    assert(cg->values[v->id]);
    return cg->values[v->id];
}

LLVMValueRef cg_arg(struct cg *cg, const struct ir_value *x, uint32_t i)
{
    return cg_value(cg, x->args[i]);
}

void cg_set(struct cg *cg, const struct ir_value *x, LLVMValueRef value)
{
    assert(!cg->values[x->id]);
    cg->values[x->id] = value;
}

LLVMBasicBlockRef cg_block(struct cg *cg, const char *name)
{
    return LLVMAppendBasicBlockInContext(cg->context, cg->fn, name);
}

void cg_go_on(struct cg *cg, LLVMBasicBlockRef block)
{
    LLVMPositionBuilderAtEnd(cg->at, block);
}

static void branch_rare(struct cg *cg, LLVMValueRef rare, LLVMBasicBlockRef to,
                        LLVMBasicBlockRef next)
{
    LLVMValueRef branch = LLVMBuildCondBr(cg->at, rare, to, next);
    LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(cg->context, "prof", 4), cg->cold);
}

LLVMBasicBlockRef cg_cold(struct cg *cg, LLVMValueRef rare)
{
    LLVMBasicBlockRef cold = cg_block(cg, "cold"), next = cg_block(cg, "on");
    branch_rare(cg, rare, cold, next);
    cg_go_on(cg, cold);
    return next;
}

static void add_incoming(struct cg *cg, const struct ir_block *to, uint32_t i, LLVMValueRef value)
{
    LLVMBasicBlockRef from = LLVMGetInsertBlock(cg->at);
    LLVMAddIncoming(cg_value(cg, to->params.at[i]), &value, &from, 1);
}

/* A landing holds an instruction, of no bytes, so that it is not taken for empty and removed. */
static void make_landing(struct cg *cg, struct cg_landing *l, const struct ir_block *fail)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->at);
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(cg->context), NULL, 0, false);
    LLVMValueRef nothing =
        LLVMGetInlineAsm(type, "", 0, "", 0, true, false, LLVMInlineAsmDialectATT, false);
    l->block = cg_block(cg, "landing");
    cg_go_on(cg, l->block);
    l->phi = LLVMBuildPhi(cg->at, cg->ptr, "");
    cg_call(cg, (struct cg_callee){nothing, type}, NULL, 0);
    add_incoming(cg, fail, 0, l->phi);
    LLVMBuildBr(cg->at, cg->blocks[fail->id]);
    cg_go_on(cg, here);
}

enum { LANDING_WAYS = 50 };

/* Where to go with an error. The optimiser takes time with the square of the ways to one block, and
 * in a long function many things fail: so each block has some, and there are more of them. */
static LLVMBasicBlockRef land(struct cg *cg, const struct ir_block *fail, LLVMValueRef error)
{
    struct cg_landing *l = &cg->landings[fail->id];
    uint32_t number = l->count++;
    if (number < LANDING_WAYS) {
        add_incoming(cg, fail, 0, error);
        return cg->blocks[fail->id];
    }
    if (number % LANDING_WAYS == 0)
        make_landing(cg, l, fail);
    LLVMBasicBlockRef from = LLVMGetInsertBlock(cg->at);
    LLVMAddIncoming(l->phi, &error, &from, 1);
    return l->block;
}

void cg_fail(struct cg *cg, const struct ir_value *x, LLVMValueRef error, LLVMBasicBlockRef next)
{
    LLVMBuildBr(cg->at, land(cg, x->fail, error));
    cg_go_on(cg, next);
}

void cg_fail_if(struct cg *cg, const struct ir_value *x, LLVMValueRef error)
{
    if (!x->fail)
        return;
    LLVMBasicBlockRef next = cg_block(cg, "on"), fail = land(cg, x->fail, error);
    branch_rare(cg, cg_is_there(cg, error), fail, next);
    cg_go_on(cg, next);
}

LLVMValueRef cg_alloca(struct cg *cg, LLVMTypeRef type)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->at);
    LLVMMetadataRef place = LLVMGetCurrentDebugLocation2(cg->at);
    LLVMValueRef end = LLVMGetBasicBlockTerminator(cg->entry);
    if (end)
        LLVMPositionBuilderBefore(cg->at, end);
    else
        cg_go_on(cg, cg->entry);
    LLVMValueRef made = LLVMBuildAlloca(cg->at, type, "");
    cg_go_on(cg, here);
    LLVMSetCurrentDebugLocation2(cg->at, place);
    return made;
}

LLVMValueRef cg_room(struct cg *cg, LLVMTypeRef type)
{
    for (uint32_t i = 0; i < cg->spills.count; i++) {
        struct cg_spill *spill = &cg->spills.at[i];
        if (!spill->used && spill->type == type) {
            spill->used = true;
            return spill->at;
        }
    }
    struct cg_spill made = {type, cg_alloca(cg, type), true};
    vec_push(&cg->arena, &cg->spills, made);
    return made.at;
}

LLVMValueRef cg_spill(struct cg *cg, LLVMValueRef value)
{
    LLVMValueRef at = cg_room(cg, LLVMTypeOf(value));
    cg_store(cg, value, at);
    return at;
}

LLVMValueRef cg_load(struct cg *cg, LLVMTypeRef type, LLVMValueRef at)
{
    return type == cg->unit ? LLVMConstNull(type) : LLVMBuildLoad2(cg->at, type, at, "");
}

LLVMValueRef cg_store(struct cg *cg, LLVMValueRef value, LLVMValueRef at)
{
    return LLVMTypeOf(value) != cg->unit ? LLVMBuildStore(cg->at, value, at) : NULL;
}

LLVMValueRef cg_tell_element(struct cg *cg, LLVMValueRef access)
{
    if (access && LLVMIsAInstruction(access))
        LLVMSetMetadata(access, cg->among, cg->elements);
    return access;
}

LLVMValueRef cg_tell(struct cg *cg, LLVMValueRef access, const struct ir_value *place)
{
    while (place->op == IR_place_field)
        place = place->args[0];
    if (place->op == IR_place_elem)
        return cg_tell_element(cg, access);
    if (place->op == IR_slot && access && LLVMIsAInstruction(access))
        LLVMSetMetadata(access, cg->apart, cg->elements);
    return access;
}

LLVMValueRef cg_at(struct cg *cg, LLVMValueRef base, int64_t bytes)
{
    LLVMValueRef offset = cg_int(cg, bytes);
    return bytes ? LLVMBuildInBoundsGEP2(cg->at, cg->i8, base, &offset, 1, "") : base;
}

LLVMValueRef cg_index(struct cg *cg, LLVMTypeRef elem, LLVMValueRef base, LLVMValueRef index)
{
    return LLVMBuildInBoundsGEP2(cg->at, elem, base, &index, 1, "");
}

LLVMValueRef cg_get(struct cg *cg, LLVMValueRef aggregate, uint32_t field)
{
    return LLVMBuildExtractValue(cg->at, aggregate, field, "");
}

LLVMValueRef cg_put(struct cg *cg, LLVMValueRef aggregate, LLVMValueRef value, uint32_t field)
{
    return LLVMBuildInsertValue(cg->at, aggregate, value, field, "");
}

LLVMValueRef cg_bool(struct cg *cg, LLVMValueRef i1)
{
    return LLVMBuildZExt(cg->at, i1, cg->i8, "");
}

LLVMValueRef cg_truth(struct cg *cg, LLVMValueRef b)
{
    if (LLVMIsAZExtInst(b) && LLVMTypeOf(LLVMGetOperand(b, 0)) == cg->i1)
        return LLVMGetOperand(b, 0);
    return LLVMBuildTrunc(cg->at, b, cg->i1, "");
}

LLVMValueRef cg_is_null(struct cg *cg, LLVMValueRef pointer)
{
    return LLVMBuildIsNull(cg->at, pointer, "");
}

LLVMValueRef cg_is_there(struct cg *cg, LLVMValueRef pointer)
{
    return LLVMBuildIsNotNull(cg->at, pointer, "");
}

bool cg_never(LLVMValueRef i1)
{
    return LLVMIsAConstantInt(i1) && !LLVMConstIntGetZExtValue(i1);
}

LLVMValueRef cg_compare(struct cg *cg, LLVMIntPredicate how, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildICmp(cg->at, how, a, b, "");
}

/* ---- control -------------------------------------------------------------------------------- */

static void pass_args(struct cg *cg, const struct ir_value *x, int which)
{
    for (uint32_t i = 0; i < x->target_counts[which]; i++)
        add_incoming(cg, x->targets[which], i, cg_value(cg, x->target_args[which][i]));
}

static bool takes_error(const struct ir_block *b)
{
    return b->params.count == 1 && b->params.at[0]->type->kind == TYPE_error;
}

static void do_branch(struct cg *cg, const struct ir_value *x)
{
    if (x->op == IR_br && takes_error(x->targets[0])) {
        LLVMBuildBr(cg->at, land(cg, x->targets[0], cg_value(cg, x->target_args[0][0])));
        return;
    }
    pass_args(cg, x, 0);
    if (x->op == IR_br) {
        LLVMBuildBr(cg->at, cg->blocks[x->targets[0]->id]);
        return;
    }
    pass_args(cg, x, 1);
    LLVMBuildCondBr(cg->at, cg_truth(cg, cg_arg(cg, x, 0)), cg->blocks[x->targets[0]->id],
                    cg->blocks[x->targets[1]->id]);
}

static void do_return(struct cg *cg, LLVMValueRef value, LLVMValueRef error)
{
    if (cg->func->nofail) {
        assert(value);
        LLVMBuildRet(cg->at, value);
        return;
    }
    LLVMValueRef pair = LLVMGetPoison(cg_result_type(cg, cg->func));
    if (value)
        pair = cg_put(cg, pair, value, 0);
    LLVMBuildRet(cg->at, cg_put(cg, pair, error, 1));
}

static void do_control(struct cg *cg, const struct ir_value *x)
{
    if (x->op == IR_ret)
        do_return(cg, cg_arg(cg, x, 0), LLVMConstNull(cg->ptr));
    else if (x->op == IR_raise)
        do_return(cg, NULL, cg_arg(cg, x, 0));
    else if (x->op == IR_unreachable)
        LLVMBuildUnreachable(cg->at);
    else
        do_branch(cg, x);
}

/* ---- operations ----------------------------------------------------------------------------- */

static void do_value(struct cg *cg, const struct ir_value *x)
{
    switch (x->op) {
    case IR_const_int:
    case IR_const_float:
    case IR_const_str:
    case IR_const_unit:
    case IR_const_none:
    case IR_const_empty:
        cg_do_constant(cg, x);
        break;
    case IR_add:
    case IR_sub:
    case IR_mul:
    case IR_div:
    case IR_rem:
    case IR_neg:
        cg_do_arith(cg, x);
        break;
    case IR_shl:
    case IR_shr:
        cg_do_shift(cg, x);
        break;
    case IR_and:
    case IR_or:
    case IR_xor:
    case IR_inv:
    case IR_not:
        cg_do_bits(cg, x);
        break;
    case IR_cast:
        cg_do_cast(cg, x);
        break;
    case IR_eq:
    case IR_ne:
    case IR_lt:
    case IR_le:
    case IR_gt:
    case IR_ge:
        cg_do_compare(cg, x);
        break;
    case IR_make:
    case IR_get:
        cg_do_make(cg, x);
        break;
    case IR_some:
    case IR_is_some:
    case IR_unwrap:
    case IR_ok:
    case IR_err:
    case IR_is_ok:
    case IR_get_err:
        cg_do_wrapper(cg, x);
        break;
    case IR_variant:
    case IR_is_variant:
    case IR_payload:
        cg_do_variant(cg, x);
        break;
    case IR_error_get:
    case IR_failure:
    case IR_failure_from:
        cg_do_error(cg, x);
        break;
    case IR_format:
        cg_do_format(cg, x);
        break;
    case IR_extent:
    case IR_stride:
    case IR_part:
    case IR_store_part:
        cg_do_grid(cg, x);
        break;
    case IR_len:
    case IR_elem:
    case IR_slice:
    case IR_concat:
    case IR_array_new:
    case IR_append:
    case IR_push:
    case IR_place_elem:
    case IR_own:
    case IR_store_slice:
        cg_do_seq(cg, x);
        break;
    case IR_find:
    case IR_entry_next:
    case IR_entry_key:
    case IR_entry_value:
    case IR_place_entry:
    case IR_store_entry:
        cg_do_map(cg, x);
        break;
    case IR_slot:
    case IR_load:
    case IR_take:
    case IR_store:
    case IR_drop_at:
    case IR_place_field:
        cg_do_memory(cg, x);
        break;
    case IR_copy:
        cg_copy(cg, x->type, cg_arg(cg, x, 0));
        cg_set(cg, x, cg_arg(cg, x, 0));
        break;
    case IR_drop:
        cg_drop(cg, x->args[0]->type, cg_arg(cg, x, 0));
        break;
    case IR_call:
        cg_do_call(cg, x);
        break;
    case IR_extern:
        cg_do_extern(cg, x);
        break;
    case IR_spawn:
        cg_do_spawn(cg, x);
        break;
    case IR_await:
    case IR_try_await:
    case IR_is_done:
    case IR_cancel:
        cg_do_await(cg, x);
        break;
    case IR_select:
        cg_do_select(cg, x);
        break;
    case IR_poll:
        cg_do_poll(cg, x);
        break;
    case IR_debug:
        cg_do_debug(cg, x);
        break;
    case IR_raise:
    case IR_br:
    case IR_br_if:
    case IR_ret:
    case IR_unreachable:
        do_control(cg, x);
        break;
    case IR_param:
    case IR_OPS:
        assert(!"an instruction");
    }
}

/* Where a failure is cleaned up after; and outside the loops of a function that is so long that
 * what is put inline makes it longer than the optimiser likes. */
static bool is_rare(const struct cg *cg, const struct ir_block *b)
{
    return takes_error(b) || (cg->loops && !cg->loops[b->id]);
}

static void do_block(struct cg *cg, const struct ir_block *b)
{
    cg_go_on(cg, cg->blocks[b->id]);
    cg->rare = is_rare(cg, b);
    if (cg->code->check_at == b) {
        cg_debug_reset(cg);
        cg_check_stack(cg);
    }
    for (uint32_t i = 0; i < b->body.count; i++) {
        cg_debug_at(cg, b->body.at[i]->span);
        for (uint32_t j = 0; j < cg->spills.count; j++)
            cg->spills.at[j].used = false;
        do_value(cg, b->body.at[i]);
    }
}

/* ---- a function ----------------------------------------------------------------------------- */

/* What a drop or debug does says nothing about who may hold a value. */
static void count_uses(struct cg *cg, const struct ir_block *b)
{
    for (uint32_t i = 0; i < b->body.count; i++) {
        const struct ir_value *x = b->body.at[i];
        for (uint32_t j = 0; j < x->arg_count && x->op != IR_drop && x->op != IR_debug; j++)
            cg->uses[x->args[j]->id]++;
        for (int t = 0; t < 2; t++)
            for (uint32_t j = 0; j < x->target_counts[t]; j++)
                cg->uses[x->target_args[t][j]->id]++;
    }
}

static void make_block(struct cg *cg, const struct ir_block *b)
{
    cg->blocks[b->id] = cg_block(cg, "");
    cg_go_on(cg, cg->blocks[b->id]);
    for (uint32_t i = 0; i < b->params.count; i++) {
        const struct ir_value *v = b->params.at[i];
        LLVMTypeRef type = v->place ? cg->ptr : cg_type(cg, v->type);
        cg_set(cg, v, LLVMBuildPhi(cg->at, type, ""));
    }
}

/* A cleanup block that nobody jumps to may have phis without values; LLVM wants it to be gone. */
static void drop_orphans(struct cg *cg)
{
    for (uint32_t i = 1; i < cg->order.blocks.count; i++) {
        LLVMBasicBlockRef b = cg->blocks[cg->order.blocks.at[i]->id];
        LLVMValueRef first = b ? LLVMGetFirstInstruction(b) : NULL;
        while (first && LLVMIsAPHINode(first) && !LLVMCountIncoming(first)) {
            LLVMReplaceAllUsesWith(first, LLVMGetPoison(LLVMTypeOf(first)));
            LLVMInstructionEraseFromParent(first);
            first = LLVMGetFirstInstruction(b);
        }
    }
}

void cg_begin_made(struct cg *cg, LLVMValueRef fn, const char *name, struct span span)
{
    cg_with_body(cg, fn);
    cg->func = NULL;
    cg->fn = fn;
    cg->rare = false;
    cg->fiber = LLVMGetParam(fn, 0);
    cg->spills.count = 0;
    cg->entry = cg_block(cg, "entry");
    cg_go_on(cg, cg->entry);
    cg_debug_made(cg, fn, name, span);
}

/* As units_make() made rows of them. */
static void number_spawns(struct cg *cg, const struct ir_func *f)
{
    uint32_t row = cg->next_row;
    for (uint32_t i = 0; i < f->blocks.count; i++)
        for (uint32_t j = 0; j < f->blocks.at[i]->body.count; j++)
            if (f->blocks.at[i]->body.at[j]->op == IR_spawn)
                cg->spawn_rows[f->blocks.at[i]->body.at[j]->id] = row++;
    cg->row_after = row;
}

static void begin(struct cg *cg, struct ir_func *f, LLVMValueRef fn)
{
    cg->func = f;
    cg->code = cg_code(cg, f);
    cg->fn = fn;
    cg->fiber = LLVMGetParam(fn, 0);
    cg->spills.count = 0;
    cg->values = arena_array(&cg->arena, LLVMValueRef, f->value_count + 1);
    cg->uses = arena_array(&cg->arena, uint32_t, f->value_count + 1);
    cg->spawn_rows = arena_array(&cg->arena, uint32_t, f->value_count + 1);
    number_spawns(cg, f);
    cg->blocks = arena_array(&cg->arena, LLVMBasicBlockRef, cg->order.id_count + 1);
    cg->landings = arena_array(&cg->arena, struct cg_landing, cg->order.id_count + 1);
    cg->entry = cg_block(cg, "entry");
    for (uint32_t i = 0; i < f->params.count; i++)
        cg_set(cg, f->params.at[i], LLVMGetParam(fn, i + 1));
}

/* Part of a function, from one block on, not going through another (or NULL). */
struct part {
    struct cg *cg;
    const struct ir_block *from, *stop;
    bool *reached; /* by id */
    VEC(const struct ir_block *) work;
};

static void reach(void *context, struct ir_block *b)
{
    struct part *p = context;
    if (p->reached[b->id] || b == p->stop)
        return;
    p->reached[b->id] = true;
    vec_push(&p->cg->arena, &p->work, b);
}

static void find_part(struct part *p)
{
    p->reached = arena_array(&p->cg->arena, bool, p->cg->order.id_count + 1);
    reach(p, (struct ir_block *)p->from);
    while (p->work.count)
        ir_edges(p->work.at[--p->work.count], reach, p);
}

/* The place among an end's targets. */
static int target_index(const struct ir_value *end, const struct ir_block *to)
{
    assert(end->targets[0] == to || end->targets[1] == to);
    return end->targets[0] != to;
}

/* The branch was taken, to targets[which]. */
static void assume(struct cg *cg, LLVMValueRef condition, int which)
{
    LLVMValueRef holds = which ? LLVMBuildNot(cg->at, condition, "") : condition;
    cg_intrinsic(cg, "llvm.assume", NULL, &holds, 1);
}

/* A block that leads to the part without doing anything: its values once more, unchecked since they
 * were checked before. Then the jump to what follows it, `to`. */
static void repeat_block(struct cg *cg, const struct ir_block *b, const struct ir_block *to,
                         bool last)
{
    for (uint32_t i = 0; i + 1 < b->body.count; i++) {
        struct ir_value once = *b->body.at[i];
        once.fail = NULL;
        cg_debug_at(cg, once.span);
        do_value(cg, &once);
    }
    const struct ir_value *end = b->body.at[b->body.count - 1];
    int which = target_index(end, to);
    if (end->op == IR_br_if)
        assume(cg, cg_truth(cg, cg_arg(cg, end, 0)), which);
    if (last) {
        pass_args(cg, end, which);
        return;
    }
    for (uint32_t i = 0; i < to->params.count; i++)
        cg_set(cg, to->params.at[i], cg_value(cg, end->target_args[which][i]));
}

/* The blocks on the only way from the function's entry to the part. */
static void repeat_way(struct cg *cg, const struct ir_block *from)
{
    VEC(uint32_t) way = {0};
    for (uint32_t at = cg->order.index[from->id]; at; at = cg->order.dominator[at])
        vec_push(&cg->arena, &way, at);
    uint32_t above = 0;
    for (uint32_t i = way.count; i--;) {
        repeat_block(cg, cg->order.blocks.at[above], cg->order.blocks.at[way.at[i]], i == 0);
        above = way.at[i];
    }
}

/* The rest of the function is another one, of the same parameters. */
static void hand_over(struct cg *cg)
{
    cg_debug_reset(cg);
    uint32_t count = cg->func->params.count + 1;
    LLVMValueRef *args = arena_array(&cg->arena, LLVMValueRef, count);
    for (uint32_t i = 0; i < count; i++)
        args[i] = LLVMGetParam(cg->fn, i);
    LLVMValueRef call = cg_call(cg, cg->code->rest, args, count);
    LLVMSetTailCall(call, true);
    LLVMBuildRet(cg->at, call);
}

static void do_part(struct cg *cg, struct ir_func *f, LLVMValueRef fn, const struct ir_block *from,
                    const struct ir_block *stop)
{
    struct part p = {.cg = cg, .from = from, .stop = stop};
    begin(cg, f, fn);
    cg_debug_reset(cg);
    find_part(&p);
    for (uint32_t i = 0; i < cg->order.blocks.count; i++) {
        const struct ir_block *b = cg->order.blocks.at[i];
        if (p.reached[b->id])
            count_uses(cg, b);
        if (p.reached[b->id] || b == stop)
            make_block(cg, b);
    }
    cg_go_on(cg, cg->entry);
    cg_debug_reset(cg);
    cg_debug_params(cg);
    repeat_way(cg, from);
    LLVMBuildBr(cg->at, cg->blocks[from->id]);
    for (uint32_t i = 0; i < cg->order.blocks.count; i++)
        if (p.reached[cg->order.blocks.at[i]->id])
            do_block(cg, cg->order.blocks.at[i]);
    if (stop) {
        cg_go_on(cg, cg->blocks[stop->id]);
        hand_over(cg);
    }
    drop_orphans(cg);
}

static void add_rest(struct cg *cg, const struct ir_func *f, struct cg_func *code)
{
    code->rest.type = code->callee.type;
    code->rest.fn = LLVMAddFunction(cg->llvm, arena_format(&cg->arena, "dfl.%s$rest", f->label),
                                    code->rest.type);
    cg_internal(cg, code->rest.fn);
    cg_attribute(cg, code->rest.fn, LLVMAttributeFunctionIndex, "noinline");
}

/* The check alone; whoever passed it has room for the frame of the rest. */
static void do_check(struct cg *cg, struct ir_func *f, struct cg_func *code)
{
    begin(cg, f, code->callee.fn);
    cg_go_on(cg, cg->entry);
    cg_debug_reset(cg);
    cg_check_stack(cg);
    hand_over(cg);
    code->check_at = NULL;
}

enum {
    LONG_VALUES = 2000, /* of a function that has little inline */
    LARGE_FRAME = 2048, /* bytes */
};

static void find_loops(struct cg *cg, struct ir_func *f)
{
    struct ir_loops loops;
    cg->loops = NULL;
    if (!cg->options->level || f->value_count < LONG_VALUES)
        return;
    ir_loops_make(&loops, &cg->arena, (struct ir_module *)cg->module, f);
    cg->loops = loops.of;
}

/* A function that recurses only behind a branch is two: the cases that do not recurse need no frame
 * and are inlined into callers; the rest checks the stack and does the work. One with a large frame
 * is two as well, since a function has its frame before it can check anything. */
static void make_func(struct cg *cg, struct ir_func *f)
{
    struct cg_func *code = cg_code(cg, f);
    const struct ir_block *entry = f->blocks.at[0], *check = code->check_at;
    ir_order_make(&cg->order, &cg->arena, f);
    find_loops(cg, f);
    if (check && f->stack > LARGE_FRAME) {
        add_rest(cg, f, code);
        do_check(cg, f, code);
        cg_debug_rest(cg, f);
        do_part(cg, f, code->rest.fn, entry, NULL);
    } else if (check && check != entry && cg->options->level) {
        add_rest(cg, f, code);
        do_part(cg, f, code->callee.fn, entry, check);
        cg_debug_rest(cg, f);
        do_part(cg, f, code->rest.fn, check, NULL);
    } else {
        do_part(cg, f, code->callee.fn, entry, NULL);
    }
}

void cg_func(struct cg *cg, struct ir_func *f)
{
    make_func(cg, f);
    cg->next_row = cg->row_after;
}
