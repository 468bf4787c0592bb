/* codegen_run.c - what a record runs: `void run(fiber, task)` takes the arguments out of the
 * record, calls the function and stores the outcome. The arguments stay the record's. An argument
 * that is an edge holds a future, or an array of them, whose values the function gets; they are
 * done already. The first one that failed, in order of arguments, makes this task fail instead. */
#include "codegen_core.h"

enum { INLINE_ARGS = 24, INLINE_RESULT = 8 };

struct run {
    const struct unit_row *row;
    LLVMValueRef task;
    LLVMValueRef *args; /* values for the call */
    uint32_t taken;     /* arguments before this one are there */
};

static bool is_edge(const struct run *r, uint32_t i)
{
    return i < 64 && r->row->edges >> i & 1;
}

/* ---- the outcome ---------------------------------------------------------------------------- */

static void set_outcome(struct cg *cg, struct run *r, LLVMValueRef result, LLVMValueRef outcome)
{
    cg_store(cg, result, cg_at(cg, r->task, OFFSET_TASK_RESULT));
    cg_store(cg, outcome, cg_at(cg, r->task, OFFSET_TASK_OUTCOME));
}

static LLVMValueRef outcome(struct cg *cg, enum dfl_outcome o)
{
    return LLVMConstInt(cg->i8, o, false);
}

/* Of a value in the record. */
static LLVMValueRef good_outcome(struct cg *cg, const struct type *t)
{
    return outcome(cg, cg_is_plain(cg, t) ? DFL_PLAIN : DFL_VALUE);
}

/* A T! with a small T: either half fits in the record. */
static void give_result(struct cg *cg, struct run *r, const struct type *t, LLVMValueRef value)
{
    LLVMBasicBlockRef good = cg_block(cg, "ok"), bad = cg_block(cg, "err");
    LLVMValueRef err = cg_get(cg, value, 0);
    LLVMBuildCondBr(cg->at, cg_is_null(cg, err), good, bad);
    cg_go_on(cg, bad);
    set_outcome(cg, r, err, outcome(cg, DFL_ERR));
    LLVMBuildRetVoid(cg->at);
    cg_go_on(cg, good);
    set_outcome(cg, r, cg_get(cg, value, 1), good_outcome(cg, t));
}

static void give(struct cg *cg, struct run *r, const struct type *t, LLVMValueRef value)
{
    const struct dfl_type *d = cg_layout(cg, t);
    if (d->kind == DFL_RESULT && d->elem->size <= INLINE_RESULT)
        give_result(cg, r, t, value);
    else if (d->kind != DFL_RESULT && d->size <= INLINE_RESULT)
        set_outcome(cg, r, value, good_outcome(cg, t));
    else
        CG_ABI(cg, dfl_task_give, r->task, cg_spill(cg, value), LLVMConstNull(cg->ptr));
    LLVMBuildRetVoid(cg->at);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static const struct type *param_type(const struct run *r, uint32_t i)
{
    return r->row->func->params.at[i]->type;
}

/* Values of futures were taken for this call alone. */
static void drop_taken(struct cg *cg, struct run *r, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (is_edge(r, i))
            cg_drop(cg, param_type(r, i), r->args[i]);
}

static void fail(struct cg *cg, struct run *r, LLVMValueRef error, uint32_t taken)
{
    drop_taken(cg, r, taken);
    set_outcome(cg, r, error, outcome(cg, DFL_FAILURE));
    LLVMBuildRetVoid(cg->at);
}

static LLVMValueRef take_single(struct cg *cg, struct run *r, uint32_t i, LLVMValueRef future)
{
    LLVMTypeRef type = cg_type(cg, param_type(r, i));
    LLVMValueRef out = cg_alloca(cg, type);
    LLVMValueRef error = CG_ABI(cg, dfl_task_take, future, out);
    LLVMBasicBlockRef next = cg_cold(cg, cg_is_there(cg, error));
    fail(cg, r, error, i);
    cg_go_on(cg, next);
    return cg_load(cg, type, out);
}

static LLVMValueRef take_array(struct cg *cg, struct run *r, uint32_t i, LLVMValueRef futures)
{
    const struct type *elem = param_type(r, i)->args.at[0];
    LLVMValueRef out = cg_alloca(cg, cg->view), none = LLVMConstInt(cg->i32, 0, false);
    LLVMValueRef error = CG_ABI(cg, dfl_await_all, cg->fiber, cg_spill(cg, futures),
                                cg_descriptor(cg, elem), out, none);
    LLVMBasicBlockRef next = cg_cold(cg, cg_is_there(cg, error));
    fail(cg, r, error, i);
    cg_go_on(cg, next);
    return cg_load(cg, cg->view, out);
}

static LLVMValueRef args_place(struct cg *cg, struct run *r)
{
    LLVMValueRef at = cg_at(cg, r->task, OFFSET_TASK_ARGS);
    if (cg_layout(cg, r->row->args)->size <= INLINE_ARGS)
        return at;
    return cg_at(cg, cg_load(cg, cg->ptr, at), sizeof(struct dfl_block));
}

static void load_args(struct cg *cg, struct run *r)
{
    const struct type *tuple = r->row->args;
    const struct dfl_type *d = cg_layout(cg, tuple);
    LLVMValueRef at = args_place(cg, r);
    r->args = arena_array(&cg->arena, LLVMValueRef, tuple->args.count + 1);
    for (uint32_t i = 0; i < tuple->args.count; i++) {
        const struct type *t = tuple->args.at[i];
        LLVMValueRef value =
            cg_load(cg, cg_type(cg, t), cg_at(cg, at, (int64_t)d->fields[i].offset));
        if (!is_edge(r, i))
            r->args[i] = value;
        else if (t->kind == TYPE_future)
            r->args[i] = take_single(cg, r, i, value);
        else
            r->args[i] = take_array(cg, r, i, value);
    }
}

/* ---- main ----------------------------------------------------------------------------------- */

/* What main gives, as the int! of its row: (), int, ()! and int! are legal. */
static LLVMValueRef as_status(struct cg *cg, const struct type *t, LLVMValueRef value)
{
    LLVMTypeRef type = cg_struct(cg, (LLVMTypeRef[]){cg->ptr, cg->i64}, 2);
    if (t->kind == TYPE_result && t->args.at[0]->kind == TYPE_int)
        return value;
    if (t->kind == TYPE_result)
        return cg_put(cg, LLVMConstNull(type), cg_get(cg, value, 0), 0);
    if (t->kind == TYPE_int)
        return cg_put(cg, LLVMConstNull(type), value, 1);
    cg_drop(cg, t, value);
    return LLVMConstNull(type);
}

/* ---- the function --------------------------------------------------------------------------- */

static void make_run(struct cg *cg, const struct unit_row *row, LLVMValueRef fn)
{
    struct run r = {.row = row};
    LLVMValueRef failure, site = cg_site_of(cg, row->func, row->span);
    cg_begin_made(cg, fn, row->func->name, row->span);
    r.task = LLVMGetParam(fn, 1);
    load_args(cg, &r);
    LLVMValueRef value = cg_call_func(cg, row->func, r.args, &failure);
    drop_taken(cg, &r, row->args->args.count);
    if (failure) {
        LLVMBasicBlockRef next = cg_cold(cg, cg_is_there(cg, failure));
        fail(cg, &r, cg_placed(cg, row->func, failure, site), 0);
        cg_go_on(cg, next);
    }
    value = cg_placed_result(cg, row->func, value, site);
    if (row->is_main)
        give(cg, &r, cg->units->status, as_status(cg, row->func->result, value));
    else
        give(cg, &r, row->func->result, value);
}

void cg_runs(struct cg *cg)
{
    uint32_t count = cg->mine->rows.count;
    cg->runs = arena_array(&cg->arena, LLVMValueRef, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        cg->runs[i] = cg_row_run(cg, cg->mine, i);
        make_run(cg, &cg->mine->rows.at[i], cg->runs[i]);
    }
}
