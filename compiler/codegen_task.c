/* codegen_task.c - spawn and await, with their fast paths inline as offsets.def tells: a record is
 * popped from the pool, filled and pushed on the own deque; a future that its function alone holds
 * is taken back at the await if nobody stole it, and its target is called like any function. */
#include "codegen_core.h"

enum { POINTER = 8, INLINE_ARGS = 24 };

static LLVMValueRef worker(struct cg *cg)
{
    return cg_load(cg, cg->ptr, cg_at(cg, cg->fiber, OFFSET_FIBER_WORKER));
}

/* Loads and stores of what other threads look at too. */
static LLVMValueRef load_shared(struct cg *cg, LLVMValueRef at)
{
    LLVMValueRef load = cg_load(cg, cg->ptr, at);
    LLVMSetOrdering(load, LLVMAtomicOrderingMonotonic);
    LLVMSetAlignment(load, POINTER);
    return load;
}

static void store_shared(struct cg *cg, LLVMValueRef value, LLVMValueRef at,
                         LLVMAtomicOrdering ordering)
{
    LLVMValueRef store = LLVMBuildStore(cg->at, value, at);
    LLVMSetOrdering(store, ordering);
    LLVMSetAlignment(store, POINTER);
}

static bool is_io(const struct ir_func *f)
{
    return f->flags & FUNC_IO;
}

/* ---- spawn ---------------------------------------------------------------------------------- */

/* The newest free record of the worker, or one from the runtime. */
static LLVMValueRef pop_record(struct cg *cg, LLVMValueRef w)
{
    LLVMValueRef pool = cg_at(cg, w, OFFSET_WORKER_POOL);
    LLVMValueRef top = cg_load(cg, cg->ptr, pool);
    LLVMBasicBlockRef fast = cg_cold(cg, cg_is_null(cg, top)), next = cg_block(cg, "record");
    LLVMBasicBlockRef slow = LLVMGetInsertBlock(cg->at);
    LLVMValueRef made = CG_ABI(cg, dfl_task_new, cg->fiber);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, fast);
    cg_store(cg, cg_load(cg, cg->ptr, cg_at(cg, top, OFFSET_TASK_RARE)), pool);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
    LLVMValueRef phi = LLVMBuildPhi(cg->at, cg->ptr, "record");
    LLVMAddIncoming(phi, (LLVMValueRef[]){made, top}, (LLVMBasicBlockRef[]){slow, fast}, 2);
    return phi;
}

/* Where the arguments of a record of this row are: in it, or in a block of its own. */
static LLVMValueRef args_place(struct cg *cg, LLVMValueRef task, const struct type *tuple)
{
    const struct dfl_type *d = cg_layout(cg, tuple);
    LLVMValueRef inside = cg_at(cg, task, OFFSET_TASK_ARGS);
    if (d->size <= INLINE_ARGS)
        return inside;
    LLVMValueRef size = cg_int(cg, (int64_t)d->size);
    LLVMValueRef block = CG_ABI(cg, dfl_block_new, cg_descriptor(cg, tuple), size);
    cg_store(cg, size, cg_at(cg, block, offsetof(struct dfl_block, size)));
    cg_store(cg, block, inside);
    return cg_at(cg, block, sizeof(struct dfl_block));
}

static void fill(struct cg *cg, const struct ir_value *x, LLVMValueRef task, uint32_t row)
{
    const struct type *tuple = cg->mine->rows.at[row].args;
    const struct dfl_type *d = cg_layout(cg, tuple);
    cg_store(cg, cg_int(cg, 0), cg_at(cg, task, OFFSET_TASK_STATE));
    cg_store(cg, cg_row_number(cg, row), cg_at(cg, task, OFFSET_TASK_FN));
    cg_store(cg, cg_int(cg, 2), cg_at(cg, task, OFFSET_TASK_REFS));
    LLVMValueRef at = args_place(cg, task, tuple);
    for (uint32_t i = 0; i < x->arg_count; i++)
        cg_store(cg, cg_arg(cg, x, i), cg_at(cg, at, (int64_t)d->fields[i].offset));
    if (d->refs)
        CG_ABI(cg, dfl_share, cg_descriptor(cg, tuple), at);
}

/* The thread sanitizer sees neither what generated code stores nor the kernel's barriers: built for
 * it, programs leave both halves of the fast path to the runtime, which then has real fences. */
#ifdef DFL_FENCED
static const bool is_inlined = false;
#else
static const bool is_inlined = true;
#endif

/* Behind the newest record of the own deque, unless the limit says otherwise. */
static void push_record(struct cg *cg, LLVMValueRef w, LLVMValueRef task)
{
    if (!is_inlined) {
        CG_ABI(cg, dfl_spawn, cg->fiber, task);
        return;
    }
    LLVMValueRef bot_at = cg_at(cg, w, OFFSET_WORKER_BOT);
    LLVMValueRef bot = load_shared(cg, bot_at);
    LLVMValueRef lim = load_shared(cg, cg_at(cg, w, OFFSET_WORKER_LIM));
    LLVMBasicBlockRef fast = cg_cold(cg, cg_compare(cg, LLVMIntUGE, bot, lim));
    LLVMBasicBlockRef next = cg_block(cg, "spawned");
    CG_ABI(cg, dfl_spawn, cg->fiber, task);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, fast);
    store_shared(cg, task, bot, LLVMAtomicOrderingMonotonic);
    store_shared(cg, cg_at(cg, bot, POINTER), bot_at, LLVMAtomicOrderingRelease);
    LLVMValueRef count_at = cg_at(cg, w, OFFSET_WORKER_SPAWNED);
    LLVMValueRef count = cg_load(cg, cg->i64, count_at);
    cg_store(cg, LLVMBuildAdd(cg->at, count, cg_int(cg, 1), ""), count_at);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

static bool is_edge(const struct ir_value *x, uint32_t i)
{
    return i < 64 && x->imm.call.edges >> i & 1;
}

static bool is_single(const struct ir_value *x, uint32_t i)
{
    return x->args[i]->type->kind == TYPE_future;
}

/* The futures that a record waits for are all single: their number is known. */
static void after_singles(struct cg *cg, const struct ir_value *x, LLVMValueRef task)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < x->arg_count; i++)
        count += is_edge(x, i);
    LLVMTypeRef type = LLVMArrayType2(cg->ptr, count);
    LLVMValueRef list = cg_room(cg, type);
    uint32_t at = 0;
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (is_edge(x, i))
            cg_store(cg, cg_arg(cg, x, i), cg_at(cg, list, POINTER * (int64_t)at++));
    CG_ABI(cg, dfl_spawn_after, cg->fiber, task, list, cg_int(cg, count));
}

/* Adds the futures of argument `i` to the list; gives how many there are then. */
static LLVMValueRef add_futures(struct cg *cg, const struct ir_value *x, uint32_t i,
                                LLVMValueRef list, LLVMValueRef count)
{
    LLVMValueRef to = cg_index(cg, cg->ptr, list, count), arg = cg_arg(cg, x, i);
    if (is_single(x, i)) {
        cg_store(cg, arg, to);
        return LLVMBuildAdd(cg->at, count, cg_int(cg, 1), "");
    }
    LLVMValueRef len = cg_get(cg, arg, 2);
    LLVMBuildMemCpy(cg->at, to, POINTER, cg_get(cg, arg, 1), POINTER,
                    LLVMBuildMul(cg->at, len, cg_int(cg, POINTER), ""));
    return LLVMBuildAdd(cg->at, count, len, "");
}

/* Some are arrays: the list is gathered in a block for the time of the call. */
static void after_arrays(struct cg *cg, const struct ir_value *x, LLVMValueRef task)
{
    LLVMValueRef total = cg_int(cg, 0), count = cg_int(cg, 0);
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (is_edge(x, i))
            total =
                LLVMBuildAdd(cg->at, total,
                             is_single(x, i) ? cg_int(cg, 1) : cg_get(cg, cg_arg(cg, x, i), 2), "");
    const struct type *bytes = cg->module->types->simple[TYPE_u8];
    LLVMValueRef block = CG_ABI(cg, dfl_block_new, cg_descriptor(cg, bytes),
                                LLVMBuildMul(cg->at, total, cg_int(cg, POINTER), ""));
    LLVMValueRef list = cg_at(cg, block, sizeof(struct dfl_block));
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (is_edge(x, i))
            count = add_futures(cg, x, i, list, count);
    CG_ABI(cg, dfl_spawn_after, cg->fiber, task, list, count);
    CG_ABI(cg, dfl_block_release, block);
}

static void spawn_after(struct cg *cg, const struct ir_value *x, LLVMValueRef task)
{
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (is_edge(x, i) && !is_single(x, i)) {
            after_arrays(cg, x, task);
            return;
        }
    after_singles(cg, x, task);
}

void cg_do_spawn(struct cg *cg, const struct ir_value *x)
{
    struct ir_func *f = x->imm.call.func;
    bool slow = is_io(f) || x->imm.call.policy, plain = !slow && !x->imm.call.edges;
    LLVMValueRef w = plain ? worker(cg) : NULL;
    LLVMValueRef task = plain ? pop_record(cg, w) : CG_ABI(cg, dfl_task_new, cg->fiber);
    fill(cg, x, task, cg->spawn_rows[x->id]);
    if (x->imm.call.edges)
        spawn_after(cg, x, task);
    else if (slow)
        CG_ABI(cg, dfl_spawn, cg->fiber, task);
    else
        push_record(cg, w, task);
    cg_set(cg, x, task);
}

/* ---- await ---------------------------------------------------------------------------------- */

/* The values of an array of futures, likewise. */
static LLVMValueRef await_array(struct cg *cg, const struct ir_value *x, LLVMValueRef *error)
{
    const struct type *future = x->args[0]->type->args.at[0];
    LLVMValueRef out = cg_room(cg, cg->view), futures = cg_spill(cg, cg_arg(cg, x, 0));
    LLVMValueRef elem = cg_descriptor(cg, future->args.at[0]);
    LLVMValueRef owned = LLVMConstInt(cg->i32, x->imm.last, false);
    *error = CG_ABI(cg, dfl_await_all, cg->fiber, futures, elem, out, owned);
    return out;
}

/* Fails if the task that waits, or polls, is to end. */
static void end_if(struct cg *cg, const struct ir_value *x, LLVMValueRef error,
                   LLVMValueRef release)
{
    LLVMBasicBlockRef next = cg_cold(cg, cg_is_there(cg, error));
    if (release)
        CG_ABI(cg, dfl_task_release, cg->fiber, release);
    cg_fail(cg, x, CG_ABI(cg, dfl_error_at, error, cg_site(cg, x)), next);
}

void cg_do_poll(struct cg *cg, const struct ir_value *x)
{
    if (x->nofail)
        return;
    LLVMValueRef look = cg_load(cg, cg->i32, cg_at(cg, cg->fiber, OFFSET_FIBER_LOOK));
    LLVMSetOrdering(look, LLVMAtomicOrderingMonotonic);
    LLVMSetAlignment(look, sizeof(uint32_t));
    LLVMValueRef none = LLVMConstInt(cg->i32, 0, false);
    LLVMBasicBlockRef fast = cg_cold(cg, cg_compare(cg, LLVMIntNE, look, none));
    LLVMBasicBlockRef next = cg_block(cg, "polled");
    end_if(cg, x, CG_ABI(cg, dfl_poll, cg->fiber, cg_site(cg, x)), NULL);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, fast);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

/* The value of a task, waited for the slow way; *error is its failure. */
static LLVMValueRef await_slow(struct cg *cg, const struct ir_value *x, LLVMValueRef *error)
{
    if (x->args[0]->type->kind == TYPE_array)
        return await_array(cg, x, error);
    LLVMTypeRef type = cg_type(cg, x->args[0]->type->args.at[0]);
    LLVMValueRef task = cg_arg(cg, x, 0), out = cg_room(cg, type);
    end_if(cg, x, CG_ABI(cg, dfl_await, cg->fiber, task), x->imm.last ? task : NULL);
    *error = CG_ABI(cg, dfl_task_take, task, out);
    if (x->imm.last)
        CG_ABI(cg, dfl_task_release, cg->fiber, task);
    return out;
}

/* The spawn whose record this await may take back, or NULL: nobody else has the future, so that the
 * record is free as soon as it is taken. */
static const struct ir_value *own_spawn(struct cg *cg, const struct ir_value *x)
{
    const struct ir_value *s = x->args[0];
    bool mine = s->op == IR_spawn && x->imm.last && cg->uses[s->id] == 1;
    if (!mine || s->imm.call.edges || s->imm.call.policy || is_io(s->imm.call.func) ||
        cg->options->records)
        return NULL;
    return s;
}

/* Branches to `taken` if the record is the newest of the own deque and still private. */
static void try_take(struct cg *cg, LLVMValueRef task, LLVMValueRef w, LLVMBasicBlockRef taken,
                     LLVMBasicBlockRef stolen)
{
    LLVMBasicBlockRef back = cg_block(cg, "back");
    if (!is_inlined) {
        LLVMValueRef mine = CG_ABI(cg, dfl_take_back_slow, cg->fiber, task);
        LLVMBuildCondBr(cg->at, cg_is_null(cg, mine), stolen, back);
        cg_go_on(cg, back);
        return;
    }
    LLVMBasicBlockRef look = cg_block(cg, "look"), public = cg_block(cg, "public");
    LLVMValueRef bot_at = cg_at(cg, w, OFFSET_WORKER_BOT);
    LLVMValueRef bot = load_shared(cg, bot_at), last = cg_at(cg, bot, -POINTER);
    store_shared(cg, last, bot_at, LLVMAtomicOrderingRelease);
    LLVMBuildFence(cg->at, LLVMAtomicOrderingSequentiallyConsistent, true, "");
    LLVMValueRef split = load_shared(cg, cg_at(cg, w, OFFSET_WORKER_SPLIT));
    LLVMValueRef branch =
        LLVMBuildCondBr(cg->at, cg_compare(cg, LLVMIntULT, last, split), public, look);
    LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(cg->context, "prof", 4), cg->cold);
    cg_go_on(cg, look);
    LLVMValueRef other = cg_compare(cg, LLVMIntNE, load_shared(cg, last), task);
    branch = LLVMBuildCondBr(cg->at, other, public, taken);
    LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(cg->context, "prof", 4), cg->cold);
    cg_go_on(cg, public);
    store_shared(cg, bot, bot_at, LLVMAtomicOrderingRelease);
    LLVMValueRef mine = CG_ABI(cg, dfl_take_back_slow, cg->fiber, task);
    LLVMBuildCondBr(cg->at, cg_is_null(cg, mine), stolen, back);
    cg_go_on(cg, back);
}

/* The record is free again; what its arguments refer to is this function's. */
static void recycle(struct cg *cg, LLVMValueRef task, LLVMValueRef w)
{
    LLVMValueRef pool = cg_at(cg, w, OFFSET_WORKER_POOL);
    cg_store(cg, cg_load(cg, cg->ptr, pool), cg_at(cg, task, OFFSET_TASK_RARE));
    cg_store(cg, task, pool);
}

/* Arguments that were too large for the record: their block goes, what they refer to stays. */
static void free_args(struct cg *cg, const struct ir_value *spawn, LLVMValueRef task)
{
    const struct type *tuple = cg->mine->rows.at[cg->spawn_rows[spawn->id]].args;
    if (cg_layout(cg, tuple)->size <= INLINE_ARGS)
        return;
    LLVMValueRef block = cg_load(cg, cg->ptr, cg_at(cg, task, OFFSET_TASK_ARGS));
    cg_store(cg, cg_int(cg, 0), cg_at(cg, block, offsetof(struct dfl_block, size)));
    CG_ABI(cg, dfl_block_release, block);
}

/* Calls the target of a record that was taken back, as its task would; fails like it. */
static LLVMValueRef run_here(struct cg *cg, const struct ir_value *x, const struct ir_value *spawn)
{
    LLVMValueRef *args = arena_array(&cg->arena, LLVMValueRef, spawn->arg_count + 1), failure;
    for (uint32_t i = 0; i < spawn->arg_count; i++)
        args[i] = cg_arg(cg, spawn, i);
    const struct ir_func *target = spawn->imm.call.func;
    LLVMValueRef value = cg_call_func(cg, target, args, &failure);
    for (uint32_t i = 0; i < spawn->arg_count; i++)
        cg_drop(cg, spawn->args[i]->type, args[i]);
    if (failure && x->fail) {
        LLVMBasicBlockRef next = cg_cold(cg, cg_is_there(cg, failure));
        LLVMValueRef row = cg_row_at(cg, cg->spawn_rows[spawn->id]);
        failure = cg_placed(cg, target, failure, cg_site(cg, spawn));
        cg_fail(cg, x, CG_ABI(cg, dfl_error_link, failure, row), next);
    }
    return cg_placed_result(cg, target, value, cg_site(cg, spawn));
}

static void await_own(struct cg *cg, const struct ir_value *x, const struct ir_value *spawn)
{
    LLVMBasicBlockRef taken = cg_block(cg, "taken"), stolen = cg_block(cg, "stolen");
    LLVMBasicBlockRef run = cg_block(cg, "run"), next = cg_block(cg, "awaited");
    LLVMValueRef task = cg_arg(cg, x, 0), w = worker(cg), error;
    try_take(cg, task, w, taken, stolen);
    free_args(cg, spawn, task);
    CG_ABI(cg, dfl_task_recycle, cg->fiber, task);
    LLVMBuildBr(cg->at, run);
    cg_go_on(cg, taken);
    free_args(cg, spawn, task);
    recycle(cg, task, w);
    LLVMBuildBr(cg->at, run);
    cg_go_on(cg, run);
    LLVMValueRef value = run_here(cg, x, spawn);
    LLVMBasicBlockRef ran = LLVMGetInsertBlock(cg->at);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, stolen);
    LLVMValueRef out = await_slow(cg, x, &error);
    cg_fail_if(cg, x, error);
    LLVMValueRef waited = cg_load(cg, LLVMTypeOf(value), out);
    LLVMBasicBlockRef from = LLVMGetInsertBlock(cg->at);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
    LLVMValueRef phi = LLVMBuildPhi(cg->at, LLVMTypeOf(value), "");
    LLVMAddIncoming(phi, (LLVMValueRef[]){value, waited}, (LLVMBasicBlockRef[]){ran, from}, 2);
    cg_set(cg, x, phi);
}

static LLVMValueRef await_unseen(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef error, out = await_slow(cg, x, &error);
    cg_fail_if(cg, x, error);
    return cg_load(cg, cg_type(cg, x->type), out);
}

/* Goes to `no` unless the task is done and its result word is the value. */
static void look_if_plain(struct cg *cg, LLVMValueRef task, LLVMBasicBlockRef no)
{
    LLVMBasicBlockRef look = cg_block(cg, "done"), yes = cg_block(cg, "plain");
    LLVMValueRef state = cg_load(cg, cg->i64, cg_at(cg, task, OFFSET_TASK_STATE));
    LLVMSetOrdering(state, LLVMAtomicOrderingAcquire);
    LLVMSetAlignment(state, POINTER);
    LLVMValueRef done = cg_compare(cg, LLVMIntEQ, state, cg_int(cg, DFL_TASK_DONE));
    LLVMBuildCondBr(cg->at, done, look, no);
    cg_go_on(cg, look);
    LLVMValueRef outcome = cg_load(cg, cg->i8, cg_at(cg, task, OFFSET_TASK_OUTCOME));
    LLVMValueRef plain = LLVMConstInt(cg->i8, DFL_PLAIN, false);
    LLVMBuildCondBr(cg->at, cg_compare(cg, LLVMIntEQ, outcome, plain), yes, no);
    cg_go_on(cg, yes);
}

static LLVMValueRef plain_value(struct cg *cg, const struct type *t, LLVMValueRef task)
{
    LLVMValueRef result = cg_at(cg, task, OFFSET_TASK_RESULT);
    if (t->kind != TYPE_result)
        return cg_load(cg, cg_type(cg, t), result);
    LLVMValueRef inner = cg_load(cg, cg_type(cg, t->args.at[0]), result);
    return cg_put(cg, LLVMConstNull(cg_type(cg, t)), inner, 1);
}

static void await_plain(struct cg *cg, const struct ir_value *x)
{
    LLVMBasicBlockRef unseen = cg_block(cg, "unseen"), next = cg_block(cg, "awaited");
    LLVMValueRef task = cg_arg(cg, x, 0);
    look_if_plain(cg, task, unseen);
    LLVMValueRef seen = plain_value(cg, x->type, task);
    if (x->imm.last)
        CG_ABI(cg, dfl_task_release, cg->fiber, task);
    LLVMBasicBlockRef from = LLVMGetInsertBlock(cg->at);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, unseen);
    LLVMValueRef waited = await_unseen(cg, x);
    LLVMBasicBlockRef other = LLVMGetInsertBlock(cg->at);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
    LLVMValueRef phi = LLVMBuildPhi(cg->at, LLVMTypeOf(seen), "");
    LLVMAddIncoming(phi, (LLVMValueRef[]){seen, waited}, (LLVMBasicBlockRef[]){from, other}, 2);
    cg_set(cg, x, phi);
}

static void await_any(struct cg *cg, const struct ir_value *x)
{
    if (is_inlined && cg_is_plain(cg, x->args[0]->type->args.at[0]))
        await_plain(cg, x);
    else
        cg_set(cg, x, await_unseen(cg, x));
}

/* ---- try await ------------------------------------------------------------------------------ */

static const uint64_t repeatable_kinds = 0
#define FAIL(name, text, repeatable) | (uint64_t)(repeatable) << DFL_FAIL_##name
#include "fail.def"
#undef FAIL
    ;

/* In pure code a failure that a replay might not repeat passes on. */
static void pass_on(struct cg *cg, const struct ir_value *x, LLVMValueRef error)
{
    LLVMBasicBlockRef look = cg_cold(cg, cg_is_null(cg, error)), next = cg_block(cg, "held");
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, look);
    LLVMValueRef kind = cg_load(cg, cg->i32, cg_at(cg, error, offsetof(struct dfl_error, kind)));
    LLVMValueRef wide = LLVMBuildZExt(cg->at, kind, cg->i64, "");
    LLVMValueRef bit = LLVMBuildLShr(cg->at, cg_int(cg, (int64_t)repeatable_kinds), wide, "");
    LLVMValueRef held = LLVMBuildTrunc(cg->at, bit, cg->i1, "");
    LLVMBasicBlockRef on = cg_cold(cg, LLVMBuildNot(cg->at, held, ""));
    cg_fail(cg, x, error, on);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

/* The failure of an array of futures may be that of the task that waits for them, which is not to
 * be caught. */
static void end_on(struct cg *cg, const struct ir_value *x, LLVMValueRef error)
{
    LLVMBasicBlockRef fine = cg_cold(cg, cg_is_there(cg, error)), next = cg_block(cg, "own");
    LLVMValueRef own = CG_ABI(cg, dfl_poll, cg->fiber, cg_site(cg, x));
    LLVMBasicBlockRef held = cg_cold(cg, cg_is_there(cg, own));
    CG_ABI(cg, dfl_error_release, error);
    cg_fail(cg, x, own, held);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, fine);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
}

static void try_await(struct cg *cg, const struct ir_value *x)
{
    LLVMTypeRef type = cg_type(cg, x->type);
    LLVMValueRef error, out = await_slow(cg, x, &error);
    if (x->args[0]->type->kind == TYPE_array)
        end_on(cg, x, error);
    if (!is_io(cg->func))
        pass_on(cg, x, error);
    LLVMValueRef failed = cg_put(cg, LLVMConstNull(type), error, 0), value;
    if (x->type == x->args[0]->type->args.at[0]) { /* it was a T! */
        value = cg_load(cg, type, out);
    } else {
        LLVMTypeRef inner = cg_type(cg, x->type->args.at[0]);
        value = cg_put(cg, LLVMConstNull(type), cg_load(cg, inner, out), 1);
    }
    cg_set(cg, x, LLVMBuildSelect(cg->at, cg_is_null(cg, error), value, failed, ""));
}

static void cancel(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef v = cg_arg(cg, x, 0);
    if (is_single(x, 0))
        CG_ABI(cg, dfl_cancel, cg->fiber, cg_spill(cg, v), cg_int(cg, 1));
    else
        CG_ABI(cg, dfl_cancel, cg->fiber, cg_get(cg, v, 1), cg_get(cg, v, 2));
}

void cg_do_await(struct cg *cg, const struct ir_value *x)
{
    if (x->op == IR_cancel)
        cancel(cg, x);
    else if (x->op == IR_is_done)
        cg_set(cg, x, cg_bool(cg, CG_ABI(cg, dfl_task_done, cg_arg(cg, x, 0))));
    else if (x->op == IR_try_await)
        try_await(cg, x);
    else if (own_spawn(cg, x))
        await_own(cg, x, own_spawn(cg, x));
    else
        await_any(cg, x);
}

/* ---- select --------------------------------------------------------------------------------- */

/* The futures stand in a list of the frame for the time of the call. */
void cg_do_select(struct cg *cg, const struct ir_value *x)
{
    bool timed = x->imm.index < x->arg_count;
    uint32_t count = x->arg_count - timed;
    LLVMValueRef list = cg_room(cg, LLVMArrayType2(cg->ptr, count)), which = cg_room(cg, cg->i64);
    for (uint32_t i = 0; i < count; i++)
        cg_store(cg, cg_arg(cg, x, i), cg_at(cg, list, POINTER * (int64_t)i));
    LLVMValueRef time = timed ? cg_arg(cg, x, count) : cg_int(cg, 0);
    LLVMValueRef at = cg_int(cg, timed ? (int64_t)x->imm.index : -1);
    LLVMValueRef error =
        CG_ABI(cg, dfl_select, cg->fiber, list, cg_int(cg, count), time, at, which);
    end_if(cg, x, error, NULL);
    cg_set(cg, x, cg_load(cg, cg->i64, which));
}
