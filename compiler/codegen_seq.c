/* codegen_seq.c - strings, arrays and maps, and the places of the frame and inside them. */
#include "codegen_core.h"

enum { VIEW_BLOCK, VIEW_PTR, VIEW_LEN }; /* fields of struct dfl_view */

const struct type *cg_elem(struct cg *cg, const struct type *t)
{
    return t->args.count ? t->args.at[0] : cg->module->types->simple[TYPE_u8];
}

static uint64_t elem_size(struct cg *cg, const struct type *t)
{
    return cg_layout(cg, cg_elem(cg, t))->size;
}

/* ---- bounds --------------------------------------------------------------------------------- */

static void check_index(struct cg *cg, const struct ir_value *x, LLVMValueRef index,
                        LLVMValueRef len)
{
    if (!x->fail)
        return;
    LLVMBasicBlockRef next = cg_cold(cg, cg_compare(cg, LLVMIntUGE, index, len));
    cg_fail(cg, x, CG_ABI(cg, dfl_fail_bounds, cg_site(cg, x), index, len), next);
}

/* 0 <= lo <= hi <= len */
static void check_range(struct cg *cg, const struct ir_value *x, LLVMValueRef lo, LLVMValueRef hi,
                        LLVMValueRef len)
{
    if (!x->fail)
        return;
    LLVMValueRef turned = cg_compare(cg, LLVMIntUGT, lo, hi);
    LLVMValueRef outside = cg_compare(cg, LLVMIntUGT, hi, len);
    LLVMBasicBlockRef next = cg_cold(cg, LLVMBuildOr(cg->at, turned, outside, ""));
    cg_fail(cg, x, CG_ABI(cg, dfl_fail_slice, cg_site(cg, x), lo, hi, len), next);
}

/* ---- places of arrays ----------------------------------------------------------------------- */

static LLVMValueRef field_of(struct cg *cg, LLVMValueRef view_at, uint32_t field)
{
    return cg_load(cg, field == VIEW_LEN ? cg->i64 : cg->ptr, cg_at(cg, view_at, field * 8));
}

/* Makes the array at the place the only holder of a block that it covers whole; what is so already
 * is seen without a call. The runtime gets a copy of the view, not the place: a variable whose
 * address nobody has stays in registers. */
static void own(struct cg *cg, const struct type *t, LLVMValueRef place)
{
    LLVMBasicBlockRef look = cg_block(cg, "look"), slow = cg_block(cg, "own");
    LLVMBasicBlockRef next = cg_block(cg, "on");
    LLVMValueRef view = cg_load(cg, cg->view, place), block = cg_get(cg, view, VIEW_BLOCK);
    LLVMBuildCondBr(cg->at, cg_is_null(cg, block), slow, look);
    cg_go_on(cg, look);
    LLVMValueRef count = cg_load(cg, cg->i32, block);
    LLVMSetOrdering(count, LLVMAtomicOrderingMonotonic);
    LLVMSetAlignment(count, 4);
    LLVMValueRef size = cg_load(cg, cg->i64, cg_at(cg, block, offsetof(struct dfl_block, size)));
    LLVMValueRef len = cg_get(cg, view, VIEW_LEN);
    LLVMValueRef bytes = LLVMBuildMul(cg->at, len, cg_int(cg, elem_size(cg, t)), "");
    LLVMValueRef single = cg_compare(cg, LLVMIntEQ, count, LLVMConstInt(cg->i32, 1, false));
    LLVMValueRef whole = cg_compare(cg, LLVMIntEQ, size, bytes);
    LLVMBuildCondBr(cg->at, LLVMBuildAnd(cg->at, single, whole, ""), next, slow);
    cg_go_on(cg, slow);
    LLVMValueRef spilt = cg_spill(cg, view);
    CG_ABI(cg, dfl_array_own, cg_descriptor(cg, cg_elem(cg, t)), spilt);
    cg_store(cg, cg_load(cg, cg->view, spilt), place);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

void cg_own_if(struct cg *cg, const struct ir_value *x,
               void (*own)(struct cg *, const struct type *, LLVMValueRef))
{
    LLVMBasicBlockRef yes = cg_block(cg, "written"), next = cg_block(cg, "on");
    LLVMBuildCondBr(cg->at, cg_truth(cg, cg_arg(cg, x, 1)), yes, next);
    cg_go_on(cg, yes);
    own(cg, x->args[0]->type, cg_arg(cg, x, 0));
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

static void do_place_elem(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef place = cg_arg(cg, x, 0), index = cg_arg(cg, x, 1);
    check_index(cg, x, index, cg_tell(cg, field_of(cg, place, VIEW_LEN), x->args[0]));
    if (!x->imm.owned)
        own(cg, x->args[0]->type, place);
    LLVMValueRef ptr = cg_tell(cg, field_of(cg, place, VIEW_PTR), x->args[0]);
    cg_set(cg, x, cg_index(cg, cg_type(cg, x->type), ptr, index));
}

/* There is room: the value goes behind the last one. */
static void do_append(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef place = cg_arg(cg, x, 0), value = cg_arg(cg, x, 1);
    LLVMValueRef len = field_of(cg, place, VIEW_LEN), ptr = field_of(cg, place, VIEW_PTR);
    uint64_t bytes = elem_size(cg, x->args[0]->type);
    cg_store(cg, value, cg_index(cg, LLVMTypeOf(value), ptr, len));
    LLVMValueRef more = LLVMBuildNSWAdd(cg->at, len, cg_int(cg, 1), "");
    cg_store(cg, more, cg_at(cg, place, VIEW_LEN * 8));
    if (!bytes)
        return;
    LLVMValueRef size_at =
        cg_at(cg, field_of(cg, place, VIEW_BLOCK), offsetof(struct dfl_block, size));
    cg_store(cg, LLVMBuildMul(cg->at, more, cg_int(cg, bytes), ""), size_at);
}

/* One step of a copy: the element at `to` ends, that at `from` has one more owner. */
static void replace_elem(struct cg *cg, const struct type *elem, LLVMValueRef to, LLVMValueRef from)
{
    LLVMTypeRef type = cg_type(cg, elem);
    LLVMValueRef old = cg_load(cg, type, to), new = cg_load(cg, type, from);
    cg_copy(cg, elem, new);
    cg_store(cg, new, to);
    cg_drop(cg, elem, old);
}

static void replace_elems(struct cg *cg, const struct type *elem, LLVMValueRef to,
                          LLVMValueRef from, LLVMValueRef count)
{
    LLVMTypeRef type = cg_type(cg, elem);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(cg->at);
    LLVMBasicBlockRef head = cg_block(cg, "head"), body = cg_block(cg, "body");
    LLVMBasicBlockRef next = cg_block(cg, "on");
    LLVMBuildBr(cg->at, head);
    cg_go_on(cg, head);
    LLVMValueRef i = LLVMBuildPhi(cg->at, cg->i64, ""), zero = cg_int(cg, 0);
    LLVMAddIncoming(i, &zero, &before, 1);
    LLVMBuildCondBr(cg->at, cg_compare(cg, LLVMIntSLT, i, count), body, next);
    cg_go_on(cg, body);
    replace_elem(cg, elem, cg_index(cg, type, to, i), cg_index(cg, type, from, i));
    LLVMValueRef more = LLVMBuildNSWAdd(cg->at, i, cg_int(cg, 1), "");
    LLVMBasicBlockRef last = LLVMGetInsertBlock(cg->at);
    LLVMAddIncoming(i, &more, &last, 1);
    LLVMBuildBr(cg->at, head);
    cg_go_on(cg, next);
}

static void do_store_slice(struct cg *cg, const struct ir_value *x)
{
    const struct type *t = x->args[0]->type, *elem = cg_elem(cg, t);
    LLVMValueRef place = cg_arg(cg, x, 0), lo = cg_arg(cg, x, 1), hi = cg_arg(cg, x, 2);
    LLVMValueRef from = cg_arg(cg, x, 3), count = LLVMBuildSub(cg->at, hi, lo, "");
    check_range(cg, x, lo, hi, field_of(cg, place, VIEW_LEN));
    if (x->fail) { /* as many as there is room for */
        LLVMValueRef len = cg_get(cg, from, VIEW_LEN);
        LLVMBasicBlockRef next = cg_cold(cg, cg_compare(cg, LLVMIntNE, len, count));
        cg_fail(cg, x, CG_ABI(cg, dfl_fail_count, cg_site(cg, x), len, count), next);
    }
    own(cg, t, place);
    LLVMValueRef to = cg_index(cg, cg_type(cg, elem), field_of(cg, place, VIEW_PTR), lo);
    LLVMValueRef ptr = cg_get(cg, from, VIEW_PTR);
    uint32_t align = cg_layout(cg, elem)->align;
    LLVMValueRef bytes = LLVMBuildMul(cg->at, count, cg_int(cg, elem_size(cg, t)), "");
    if (cg_has_refs(cg, elem))
        replace_elems(cg, elem, to, ptr, count);
    else
        LLVMBuildMemMove(cg->at, to, align, ptr, align, bytes);
}

/* ---- whole sequences ------------------------------------------------------------------------ */

static void do_len(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef a = cg_arg(cg, x, 0);
    if (x->args[0]->type->kind == TYPE_map)
        cg_set(cg, x, CG_ABI(cg, dfl_map_len, cg_spill(cg, a)));
    else
        cg_set(cg, x, cg_get(cg, a, VIEW_LEN));
}

static void do_elem(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef view = cg_arg(cg, x, 0), index = cg_arg(cg, x, 1);
    LLVMTypeRef type = cg_type(cg, x->type);
    check_index(cg, x, index, cg_get(cg, view, VIEW_LEN));
    LLVMValueRef at = cg_index(cg, type, cg_get(cg, view, VIEW_PTR), index);
    cg_set(cg, x, cg_tell_element(cg, cg_load(cg, type, at)));
}

static void slice_str(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef out = cg_room(cg, cg->view), s = cg_spill(cg, cg_arg(cg, x, 0));
    LLVMValueRef error =
        CG_ABI(cg, dfl_str_slice, s, cg_arg(cg, x, 1), cg_arg(cg, x, 2), out, cg_site(cg, x));
    cg_fail_if(cg, x, error);
    cg_set(cg, x, cg_load(cg, cg->view, out));
}

static void do_slice(struct cg *cg, const struct ir_value *x)
{
    if (x->type->kind == TYPE_str) {
        slice_str(cg, x);
        return;
    }
    LLVMValueRef view = cg_arg(cg, x, 0), lo = cg_arg(cg, x, 1), hi = cg_arg(cg, x, 2);
    LLVMTypeRef elem = cg_type(cg, cg_elem(cg, x->type));
    check_range(cg, x, lo, hi, cg_get(cg, view, VIEW_LEN));
    LLVMValueRef ptr = cg_index(cg, elem, cg_get(cg, view, VIEW_PTR), lo);
    cg_copy(cg, x->type, view);
    LLVMValueRef part = cg_put(cg, view, ptr, VIEW_PTR);
    cg_set(cg, x, cg_put(cg, part, LLVMBuildSub(cg->at, hi, lo, ""), VIEW_LEN));
}

static void do_new(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef elem = cg_descriptor(cg, cg_elem(cg, x->type));
    LLVMValueRef out = cg_room(cg, cg->view), a = cg_arg(cg, x, 0);
    if (x->op == IR_concat)
        CG_ABI(cg, dfl_array_concat, elem, out, cg_spill(cg, a), cg_spill(cg, cg_arg(cg, x, 1)));
    else
        CG_ABI(cg, dfl_array_new, elem, out, a);
    cg_set(cg, x, cg_load(cg, cg->view, out));
}

void cg_do_seq(struct cg *cg, const struct ir_value *x)
{
    if (x->arg_count && x->args[0]->type->kind == TYPE_grid) {
        cg_do_grid(cg, x);
        return;
    }
    switch (x->op) {
    case IR_len:
        do_len(cg, x);
        break;
    case IR_elem:
        do_elem(cg, x);
        break;
    case IR_slice:
        do_slice(cg, x);
        break;
    case IR_append:
        do_append(cg, x);
        break;
    case IR_push:
        CG_ABI(cg, dfl_array_push, cg_descriptor(cg, cg_elem(cg, x->args[0]->type)),
               cg_arg(cg, x, 0), cg_spill(cg, cg_arg(cg, x, 1)));
        break;
    case IR_own:
        cg_own_if(cg, x, own);
        break;
    case IR_place_elem:
        do_place_elem(cg, x);
        break;
    case IR_store_slice:
        do_store_slice(cg, x);
        break;
    default:
        do_new(cg, x);
        break;
    }
}

/* ---- maps ----------------------------------------------------------------------------------- */

/* The address of the value for the key in the map at `map`; absent: the failure key. */
static LLVMValueRef find(struct cg *cg, const struct ir_value *x, LLVMValueRef map,
                         LLVMValueRef key)
{
    const struct type *t = x->args[0]->type;
    LLVMValueRef at = CG_ABI(cg, dfl_map_find, cg_descriptor(cg, t), map, key);
    if (x->fail) {
        LLVMBasicBlockRef next = cg_cold(cg, cg_is_null(cg, at));
        LLVMValueRef error =
            CG_ABI(cg, dfl_fail_key, cg_site(cg, x), cg_descriptor(cg, t->args.at[0]), key);
        cg_fail(cg, x, error, next);
    }
    return at;
}

static LLVMValueRef slot(struct cg *cg, const struct ir_value *x, LLVMValueRef key,
                         LLVMValueRef fresh)
{
    return CG_ABI(cg, dfl_map_slot, cg_descriptor(cg, x->args[0]->type), cg_arg(cg, x, 0), key,
                  fresh);
}

static void do_place_entry(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef key = cg_spill(cg, cg_arg(cg, x, 1));
    find(cg, x, cg_arg(cg, x, 0), key);
    cg_set(cg, x, slot(cg, x, key, cg_room(cg, cg->i32)));
}

static void do_store_entry(struct cg *cg, const struct ir_value *x)
{
    const struct type *type = x->args[0]->type->args.at[1];
    LLVMValueRef value = cg_arg(cg, x, 2), fresh = cg_room(cg, cg->i32);
    LLVMValueRef at = slot(cg, x, cg_spill(cg, cg_arg(cg, x, 1)), fresh);
    if (!cg_has_refs(cg, type)) {
        cg_store(cg, value, at);
        return;
    }
    LLVMValueRef old = cg_load(cg, LLVMTypeOf(value), at);
    cg_store(cg, value, at);
    LLVMBasicBlockRef drop = cg_block(cg, "old"), next = cg_block(cg, "on");
    LLVMBuildCondBr(cg->at, cg_is_null(cg, cg_load(cg, cg->i32, fresh)), drop, next);
    cg_go_on(cg, drop);
    cg_drop(cg, type, old);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

static void do_entry(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef map = cg_spill(cg, cg_arg(cg, x, 0)), at = cg_arg(cg, x, 1), place;
    if (x->op == IR_entry_next) {
        cg_set(cg, x, CG_ABI(cg, dfl_map_next, map, at));
        return;
    }
    LLVMValueRef type = cg_descriptor(cg, x->args[0]->type);
    if (x->op == IR_entry_key)
        place = CG_ABI(cg, dfl_map_key, type, map, at);
    else
        place = CG_ABI(cg, dfl_map_value, type, map, at);
    cg_set(cg, x, cg_load(cg, cg_type(cg, x->type), place));
}

static void do_find(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef map = cg_spill(cg, cg_arg(cg, x, 0)), key = cg_spill(cg, cg_arg(cg, x, 1));
    LLVMValueRef at = find(cg, x, map, key);
    cg_set(cg, x, cg_load(cg, cg_type(cg, x->type), at));
}

void cg_do_map(struct cg *cg, const struct ir_value *x)
{
    if (x->op == IR_find)
        do_find(cg, x);
    else if (x->op == IR_place_entry)
        do_place_entry(cg, x);
    else if (x->op == IR_store_entry)
        do_store_entry(cg, x);
    else
        do_entry(cg, x);
}

/* ---- places --------------------------------------------------------------------------------- */

void cg_do_memory(struct cg *cg, const struct ir_value *x)
{
    if (x->op == IR_slot) {
        cg_set(cg, x, cg_alloca(cg, cg_type(cg, x->type)));
        return;
    }
    LLVMValueRef place = cg_arg(cg, x, 0);
    const struct type *t = x->args[0]->type;
    if (x->op == IR_load || x->op == IR_take)
        cg_set(cg, x, cg_tell(cg, cg_load(cg, cg_type(cg, t), place), x->args[0]));
    else if (x->op == IR_store)
        cg_tell(cg, cg_store(cg, cg_arg(cg, x, 1), place), x->args[0]);
    else if (x->op == IR_drop_at)
        cg_drop(cg, t, cg_load(cg, cg_type(cg, t), place));
    else
        cg_set(cg, x, LLVMBuildStructGEP2(cg->at, cg_type(cg, t), place, x->imm.index, ""));
}
