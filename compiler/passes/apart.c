/* needs: nothing. gives: functions that are to stay functions are marked apart. breaks: nothing.
 *
 * The optimiser takes a function with one caller into it, whatever its size, and so a whole program
 * may end up in main; it also takes more than twice the time for a function of twice the size. So
 * callers take in such functions up to a size, counted from the innermost outwards, and what is
 * beyond stays apart. A call of that many operations costs nothing that could be seen. */
#include "ir.h"

#include <stdlib.h>

enum {
    APART_SMALL = 40,   /* of a function that may go anywhere */
    APART_VALUES = 400, /* of a function with all that it takes in */
};

struct taking {
    uint32_t *calls; /* of each function, by index */
    uint32_t *sizes; /* with what it takes in */
};

static uint32_t count_function(const struct ir_func *f, uint32_t *calls)
{
    uint32_t size = 0;
    for (uint32_t i = 0; i < f->blocks.count; i++) {
        const struct ir_block *b = f->blocks.at[i];
        size += b->body.count;
        for (uint32_t j = 0; j < b->body.count; j++) {
            const struct ir_value *x = b->body.at[j];
            if (x->op == IR_call)
                calls[x->imm.call.func->index]++;
            else if (x->op == IR_spawn) /* the task's, and the one of an await in place */
                calls[x->imm.call.func->index] += 2;
        }
    }
    return size;
}

/* One call of the function: the callee has its full size already. */
static void take_in(struct taking *t, const struct ir_func *f, struct ir_func *callee)
{
    if (t->calls[callee->index] != 1 || callee->group == f->group)
        return;
    uint32_t size = t->sizes[callee->index], together = t->sizes[f->index] + size;
    callee->apart = size > APART_SMALL && together > APART_VALUES;
    if (!callee->apart)
        t->sizes[f->index] = together;
}

static void take_all_in(struct taking *t, const struct ir_func *f)
{
    for (uint32_t i = 0; i < f->blocks.count; i++) {
        const struct ir_block *b = f->blocks.at[i];
        for (uint32_t j = 0; j < b->body.count; j++)
            if (b->body.at[j]->op == IR_call)
                take_in(t, f, b->body.at[j]->imm.call.func);
    }
}

static int by_group(const void *a, const void *b)
{
    const struct ir_func *const *x = a, *const *y = b;
    if ((*x)->group != (*y)->group)
        return (*x)->group < (*y)->group ? -1 : 1;
    return (*x)->index<(*y)->index ? -1 : (*x)->index>(*y)->index;
}

void pass_apart(struct ir_module *m)
{
    struct arena arena = {0};
    uint32_t count = m->funcs.count;
    struct taking t = {arena_array(&arena, uint32_t, count + 1),
                       arena_array(&arena, uint32_t, count + 1)};
    struct ir_func **order = arena_array(&arena, struct ir_func *, count + 1);
    ir_groups(m);
    for (uint32_t i = 0; i < count; i++) {
        order[i] = m->funcs.at[i];
        t.sizes[i] = count_function(order[i], t.calls);
    }
    qsort(order, count, sizeof *order, by_group);
    for (uint32_t i = 0; i < count; i++)
        take_all_in(&t, order[i]);
    arena_free(&arena);
}
