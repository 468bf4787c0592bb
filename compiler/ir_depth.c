/* ir_depth.c - how much stack calls may take. Functions that may recurse check the stack, and so
 * must those below which too much is stacked up without a check: long ones, and long chains of
 * calls. What a frame takes is known to LLVM alone, so that this is a guess that is high. */
#include "ir.h"

#include <stdlib.h>

enum {
    DEPTH_UNCHECKED = 8 << 10, /* bytes: part of FIBER_HEADROOM in the runtime's fiber.c */
    DEPTH_CHECKING = 256,      /* of what a function that checks takes before it does */
    DEPTH_FRAME = 64,          /* of a frame in which nothing is held */
    DEPTH_NESTED = 4,          /* types within each other that are looked into */
};

/* About what a value takes, in bytes. */
static uint32_t size_of(const struct type *t, int nested)
{
    uint32_t sum = 0;
    switch (t->kind) {
    case TYPE_str:
    case TYPE_bytes:
    case TYPE_array:
        return 24;
    case TYPE_grid:
        return 16 + 16 * t->rank;
    case TYPE_tuple:
    case TYPE_record:
    case TYPE_option:
    case TYPE_result:
        for (uint32_t i = 0; i < t->args.count && nested < DEPTH_NESTED; i++)
            sum += size_of(t->args.at[i], nested + 1);
        return 8 + sum;
    case TYPE_enum:
        return 64; /* or it is in a block */
    default:
        return 8;
    }
}

/* Without optimisation each value has a place of its own, and some have several. */
static uint32_t frame_of(const struct ir_func *f, int level)
{
    uint64_t sum = DEPTH_FRAME;
    for (uint32_t i = 0; i < f->blocks.count; i++)
        for (uint32_t j = 0; j < f->blocks.at[i]->body.count; j++) {
            const struct ir_value *x = f->blocks.at[i]->body.at[j];
            if (x->type && x->op != IR_const_int)
                sum += level ? size_of(x->type, 0) : 32 + 2 * size_of(x->type, 0);
        }
    return sum < UINT32_MAX / 4 ? (uint32_t)sum : UINT32_MAX / 4;
}

/* The most that a call from the function takes; `taken` is by index. */
static uint32_t below(const struct ir_func *f, const uint32_t *taken)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < f->blocks.count; i++)
        for (uint32_t j = 0; j < f->blocks.at[i]->body.count; j++) {
            const struct ir_value *x = f->blocks.at[i]->body.at[j];
            bool calls = x->op == IR_call || x->op == IR_spawn;
            if (calls && taken[x->imm.call.func->index] > most)
                most = taken[x->imm.call.func->index];
        }
    return most;
}

static void find_depth(struct ir_func *f, uint32_t *taken, int level)
{
    uint32_t sum = frame_of(f, level) + below(f, taken);
    f->deep = sum > DEPTH_UNCHECKED && !f->nofail;
    f->stack = sum > DEPTH_UNCHECKED ? sum - DEPTH_UNCHECKED : 0;
    taken[f->index] = ir_checks_stack(f) ? DEPTH_CHECKING : sum;
}

static int by_group(const void *a, const void *b)
{
    const struct ir_func *x = *(struct ir_func *const *)a, *y = *(struct ir_func *const *)b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void ir_depths(struct ir_module *m, int level)
{
    struct arena arena = {0};
    uint32_t count = m->funcs.count;
    uint32_t *taken = arena_array(&arena, uint32_t, count + 1);
    struct ir_func **order = arena_array(&arena, struct ir_func *, count + 1);
    ir_groups(m);
    for (uint32_t i = 0; i < count; i++) {
        order[i] = m->funcs.at[i];
        taken[i] = DEPTH_CHECKING; /* of those in its own group, which check */
    }
    qsort(order, count, sizeof *order, by_group);
    for (uint32_t i = 0; i < count; i++)
        find_depth(order[i], taken, level);
    arena_free(&arena);
}
