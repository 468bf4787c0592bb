/* needs: nothing. gives: functions that cannot fail are marked nofail, and calls of them and of
 * intrinsics branch nowhere. breaks: nothing.
 *
 * A function fails if a raise can be reached in it. Every function is held to be unfailing until
 * that is seen, and the look is repeated until nothing changes, since calls of failing functions
 * lead to raises too. Only then are calls rewritten. A function that checks the stack fails: it may
 * run out of it. */
#include "ir.h"

struct reach {
    struct arena *arena;
    bool *seen; /* by id of the block */
    VEC(struct ir_block *) work;
};

static void reach_block(struct reach *r, struct ir_block *b)
{
    if (!b || r->seen[b->id])
        return;
    r->seen[b->id] = true;
    vec_push(r->arena, &r->work, b);
}

static bool may_fail(const struct ir_value *x)
{
    return x->fail && !(x->op == IR_call && x->imm.call.func->nofail) && !ir_intrinsic(x);
}

/* True if the block itself raises; else what it leads to is still to be looked at. */
static bool look(struct reach *r, const struct ir_block *b)
{
    for (uint32_t i = 0; i < b->body.count; i++) {
        const struct ir_value *x = b->body.at[i];
        if (x->op == IR_raise)
            return true;
        if (may_fail(x))
            reach_block(r, x->fail);
        reach_block(r, x->targets[0]);
        reach_block(r, x->targets[1]);
    }
    return false;
}

static uint32_t block_ids(const struct ir_func *f)
{
    uint32_t ids = 0;
    for (uint32_t i = 0; i < f->blocks.count; i++)
        if (f->blocks.at[i]->id >= ids)
            ids = f->blocks.at[i]->id + 1;
    return ids;
}

static bool raises(const struct ir_func *f)
{
    struct arena arena = {0};
    struct reach r = {.arena = &arena, .seen = arena_array(&arena, bool, block_ids(f) + 1)};
    bool found = false;
    reach_block(&r, f->blocks.at[0]);
    while (r.work.count && !found)
        found = look(&r, r.work.at[--r.work.count]);
    arena_free(&arena);
    return found;
}

static bool mark(struct ir_module *m)
{
    bool changed = false;
    for (uint32_t i = 0; i < m->funcs.count; i++) {
        struct ir_func *f = m->funcs.at[i];
        if (f->nofail && raises(f)) {
            f->nofail = false;
            changed = true;
        }
    }
    return changed;
}

static void rewrite(struct ir_block *b)
{
    for (uint32_t i = 0; i < b->body.count; i++) {
        struct ir_value *x = b->body.at[i];
        if ((x->op == IR_call && x->imm.call.func->nofail) || ir_intrinsic(x)) {
            x->nofail = true;
            x->fail = NULL;
        }
    }
}

void pass_nofail(struct ir_module *m)
{
    for (uint32_t i = 0; i < m->funcs.count; i++)
        m->funcs.at[i]->nofail = false;
    ir_depths(m, 2);
    for (uint32_t i = 0; i < m->funcs.count; i++)
        m->funcs.at[i]->nofail = !ir_checks_stack(m->funcs.at[i]);
    while (mark(m))
        continue;
    for (uint32_t i = 0; i < m->funcs.count; i++)
        for (uint32_t j = 0; j < m->funcs.at[i]->blocks.count; j++)
            rewrite(m->funcs.at[i]->blocks.at[j]);
}
