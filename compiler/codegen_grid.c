/* codegen_grid.c - arrays of rank 2 and more: the struct dfl_grid of dfl.h, all of its fields in
 * one LLVM struct. What is at a place is dense once it is owned, so there the strides follow from
 * the lengths and the last one is known to be 1. */
#include "codegen_core.h"

#include "grid.h"

enum { GRID_BLOCK, GRID_PTR, GRID_DIMS }; /* fields */

static const struct type *grid_of(const struct ir_value *x)
{
    return x->args[0]->type;
}

static LLVMValueRef length(struct cg *cg, LLVMValueRef grid, uint32_t axis)
{
    return cg_get(cg, grid, GRID_DIMS + axis);
}

static LLVMValueRef stride(struct cg *cg, const struct type *t, LLVMValueRef grid, uint32_t axis)
{
    return cg_get(cg, grid, GRID_DIMS + t->rank + axis);
}

static LLVMValueRef plus(struct cg *cg, LLVMValueRef a, LLVMValueRef b)
{
    return a ? LLVMBuildNSWAdd(cg->at, a, b, "") : b;
}

/* ---- bounds --------------------------------------------------------------------------------- */

static void check_index(struct cg *cg, const struct ir_value *x, uint32_t axis, LLVMValueRef index,
                        LLVMValueRef len)
{
    if (!x->fail)
        return;
    LLVMBasicBlockRef next = cg_cold(cg, cg_compare(cg, LLVMIntUGE, index, len));
    LLVMValueRef error = CG_ABI(cg, dfl_fail_axis, cg_site(cg, x), cg_int(cg, axis), index, len);
    cg_fail(cg, x, error, next);
}

static void check_range(struct cg *cg, const struct ir_value *x, uint32_t axis, LLVMValueRef lo,
                        LLVMValueRef hi, LLVMValueRef len)
{
    if (!x->fail)
        return;
    LLVMValueRef turned = cg_compare(cg, LLVMIntUGT, lo, hi);
    LLVMValueRef outside = cg_compare(cg, LLVMIntUGT, hi, len);
    LLVMBasicBlockRef next = cg_cold(cg, LLVMBuildOr(cg->at, turned, outside, ""));
    LLVMValueRef error = CG_ABI(cg, dfl_fail_part, cg_site(cg, x), cg_int(cg, axis), lo, hi, len);
    cg_fail(cg, x, error, next);
}

/* ---- elements ------------------------------------------------------------------------------- */

/* Strides of a dense grid. */
static void dense_steps(struct cg *cg, const struct type *t, LLVMValueRef grid, LLVMValueRef *steps)
{
    LLVMValueRef step = cg_int(cg, 1);
    for (uint32_t i = t->rank; i-- > 0;) {
        steps[i] = step;
        if (i > 0)
            step = LLVMBuildNSWMul(cg->at, step, length(cg, grid, i), "");
    }
}

static void do_elem(struct cg *cg, const struct ir_value *x)
{
    const struct type *t = grid_of(x);
    LLVMValueRef grid = cg_arg(cg, x, 0), offset = NULL, steps[DFL_RANK_MAX];
    LLVMTypeRef type = cg_type(cg, x->type);
    for (uint32_t i = 0; i < t->rank; i++)
        check_index(cg, x, i, cg_arg(cg, x, 1 + i), length(cg, grid, i));
    if (x->imm.steps == IR_STEPS_DENSE)
        dense_steps(cg, t, grid, steps);
    for (uint32_t i = 0; i < t->rank && x->imm.steps != IR_STEPS_DENSE; i++)
        steps[i] = stride(cg, t, grid, i);
    if (x->imm.steps == IR_STEPS_UNIT)
        steps[t->rank - 1] = cg_int(cg, 1);
    for (uint32_t i = 0; i < t->rank; i++)
        offset = plus(cg, offset, LLVMBuildNSWMul(cg->at, cg_arg(cg, x, 1 + i), steps[i], ""));
    LLVMValueRef at = cg_index(cg, type, cg_get(cg, grid, GRID_PTR), offset);
    cg_set(cg, x, cg_tell_element(cg, cg_load(cg, type, at)));
}

/* ---- places --------------------------------------------------------------------------------- */

/* Whether it is the only holder of its block, and dense. */
static LLVMValueRef is_own(struct cg *cg, const struct type *t, LLVMValueRef grid)
{
    LLVMValueRef steps[DFL_RANK_MAX];
    LLVMValueRef count = cg_load(cg, cg->i32, cg_get(cg, grid, GRID_BLOCK));
    LLVMSetOrdering(count, LLVMAtomicOrderingMonotonic);
    LLVMSetAlignment(count, 4);
    LLVMValueRef own = cg_compare(cg, LLVMIntEQ, count, LLVMConstInt(cg->i32, 1, false));
    dense_steps(cg, t, grid, steps);
    for (uint32_t i = 0; i < t->rank; i++) {
        LLVMValueRef same = cg_compare(cg, LLVMIntEQ, stride(cg, t, grid, i), steps[i]);
        own = LLVMBuildAnd(cg->at, own, same, "");
    }
    return own;
}

/* Makes the grid at a place the only holder of its block, and dense, unless it is empty. The
 * runtime gets a copy, as for an array. */
static void own(struct cg *cg, const struct type *t, LLVMValueRef place)
{
    LLVMTypeRef type = cg_type(cg, t);
    LLVMValueRef grid = cg_load(cg, type, place);
    LLVMBasicBlockRef look = cg_block(cg, "look"), slow = cg_block(cg, "own");
    LLVMBasicBlockRef next = cg_block(cg, "on");
    LLVMBuildCondBr(cg->at, cg_is_null(cg, cg_get(cg, grid, GRID_BLOCK)), next, look);
    cg_go_on(cg, look);
    LLVMBuildCondBr(cg->at, is_own(cg, t, grid), next, slow);
    cg_go_on(cg, slow);
    LLVMValueRef spilt = cg_spill(cg, grid);
    CG_ABI(cg, dfl_grid_own, cg_descriptor(cg, t), spilt);
    cg_store(cg, cg_load(cg, type, spilt), place);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

static void do_place_elem(struct cg *cg, const struct ir_value *x)
{
    const struct type *t = grid_of(x);
    LLVMValueRef place = cg_arg(cg, x, 0), steps[DFL_RANK_MAX], offset = NULL;
    LLVMValueRef grid = cg_tell(cg, cg_load(cg, cg_type(cg, t), place), x->args[0]);
    for (uint32_t i = 0; i < t->rank; i++)
        check_index(cg, x, i, cg_arg(cg, x, 1 + i), length(cg, grid, i));
    if (!x->imm.owned) {
        own(cg, t, place);
        grid = cg_tell(cg, cg_load(cg, cg_type(cg, t), place), x->args[0]);
    }
    dense_steps(cg, t, grid, steps);
    for (uint32_t i = 0; i < t->rank; i++)
        offset = plus(cg, offset, LLVMBuildNSWMul(cg->at, cg_arg(cg, x, 1 + i), steps[i], ""));
    cg_set(cg, x, cg_index(cg, cg_type(cg, x->type), cg_get(cg, grid, GRID_PTR), offset));
}

/* ---- parts ---------------------------------------------------------------------------------- */

/* The axes that ranges leave. */
struct part {
    LLVMValueRef offset; /* NULL: none */
    LLVMValueRef lens[DFL_RANK_MAX], steps[DFL_RANK_MAX];
    uint32_t axes;
};

static void cut_axis(struct cg *cg, const struct ir_value *x, LLVMValueRef grid, uint32_t axis,
                     uint32_t *operand, struct part *p)
{
    const struct type *t = grid_of(x);
    int form = grid_form(x->imm.form, axis);
    LLVMValueRef len = length(cg, grid, axis), step = stride(cg, t, grid, axis), lo = NULL;
    if (form != GRID_ALL)
        lo = cg_arg(cg, x, (*operand)++);
    if (form == GRID_AT)
        check_index(cg, x, axis, lo, len);
    if (form == GRID_RANGE) {
        LLVMValueRef hi = cg_arg(cg, x, (*operand)++);
        check_range(cg, x, axis, lo, hi, len);
        len = LLVMBuildNSWSub(cg->at, hi, lo, "");
    }
    if (lo)
        p->offset = plus(cg, p->offset, LLVMBuildNSWMul(cg->at, lo, step, ""));
    if (form == GRID_AT)
        return;
    p->lens[p->axes] = len;
    p->steps[p->axes++] = step;
}

/* An array: a view of the block if it is contiguous and need not be copied; else gathered. */
static LLVMValueRef line(struct cg *cg, const struct ir_value *x, LLVMValueRef block,
                         LLVMValueRef ptr, const struct part *p)
{
    LLVMValueRef out = cg_room(cg, cg->view);
    LLVMBasicBlockRef near = cg_block(cg, "near"), far = cg_block(cg, "far");
    LLVMBasicBlockRef next = cg_block(cg, "on");
    LLVMValueRef lent = cg_compare(cg, LLVMIntEQ, p->steps[0], cg_int(cg, 1));
    if (x->imm.form & GRID_COPY)
        lent = LLVMConstInt(cg->i1, 0, false);
    LLVMBuildCondBr(cg->at, lent, near, far);
    cg_go_on(cg, far);
    CG_ABI(cg, dfl_grid_line, cg_descriptor(cg, cg_elem(cg, x->type)), out, ptr, p->steps[0],
           p->lens[0]);
    LLVMValueRef gathered = cg_load(cg, cg->view, out);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, near);
    LLVMValueRef view = LLVMGetPoison(cg->view);
    view = cg_put(cg, view, block, 0);
    view = cg_put(cg, view, ptr, 1);
    view = cg_put(cg, view, p->lens[0], 2);
    cg_copy(cg, x->type, view);
    LLVMBasicBlockRef end = LLVMGetInsertBlock(cg->at);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
    LLVMValueRef result = LLVMBuildPhi(cg->at, cg->view, "");
    LLVMAddIncoming(result, &gathered, &far, 1);
    LLVMAddIncoming(result, &view, &end, 1);
    return result;
}

static LLVMValueRef subgrid(struct cg *cg, const struct ir_value *x, LLVMValueRef block,
                            LLVMValueRef ptr, const struct part *p)
{
    LLVMValueRef grid = LLVMGetPoison(cg_type(cg, x->type));
    grid = cg_put(cg, grid, block, GRID_BLOCK);
    grid = cg_put(cg, grid, ptr, GRID_PTR);
    for (uint32_t i = 0; i < p->axes; i++) {
        grid = cg_put(cg, grid, p->lens[i], GRID_DIMS + i);
        grid = cg_put(cg, grid, p->steps[i], GRID_DIMS + p->axes + i);
    }
    cg_copy(cg, x->type, grid);
    return grid;
}

static void do_part(struct cg *cg, const struct ir_value *x)
{
    struct part p = {0};
    LLVMValueRef grid = cg_arg(cg, x, 0);
    uint32_t operand = 1;
    for (uint32_t i = 0; i < grid_of(x)->rank; i++)
        cut_axis(cg, x, grid, i, &operand, &p);
    LLVMTypeRef elem = cg_type(cg, cg_elem(cg, x->type));
    LLVMValueRef block = cg_get(cg, grid, GRID_BLOCK), ptr = cg_get(cg, grid, GRID_PTR);
    if (p.offset)
        ptr = cg_index(cg, elem, ptr, p.offset);
    cg_set(cg, x, (p.axes == 1 ? line : subgrid)(cg, x, block, ptr, &p));
}

static void do_store_part(struct cg *cg, const struct ir_value *x)
{
    uint32_t count = x->arg_count - 2;
    LLVMValueRef at = cg_room(cg, LLVMArrayType2(cg->i64, count + 1));
    for (uint32_t i = 0; i < count; i++)
        cg_store(cg, cg_arg(cg, x, 1 + i), cg_at(cg, at, 8 * i));
    LLVMValueRef error = CG_ABI(cg, dfl_grid_put, cg_descriptor(cg, grid_of(x)), cg_arg(cg, x, 0),
                                LLVMConstInt(cg->i32, x->imm.form, false), at,
                                cg_spill(cg, cg_arg(cg, x, x->arg_count - 1)), cg_site(cg, x));
    cg_fail_if(cg, x, error);
}

void cg_do_grid(struct cg *cg, const struct ir_value *x)
{
    switch (x->op) {
    case IR_elem:
        do_elem(cg, x);
        break;
    case IR_place_elem:
        do_place_elem(cg, x);
        break;
    case IR_own:
        cg_own_if(cg, x, own);
        break;
    case IR_part:
        do_part(cg, x);
        break;
    case IR_store_part:
        do_store_part(cg, x);
        break;
    case IR_stride:
        cg_set(cg, x, stride(cg, grid_of(x), cg_arg(cg, x, 0), x->imm.index));
        break;
    default:
        assert(x->op == IR_extent);
        cg_set(cg, x, length(cg, cg_arg(cg, x, 0), x->imm.index));
        break;
    }
}
