/* ir_loops.h - the loops of a function, and what can be told of values and places before one
 * begins. For passes that move checks out of loops. Everything is in an arena of the caller's. */
#ifndef IR_LOOPS_H
#define IR_LOOPS_H

#include "ir_order.h"

struct ir_loop {
    struct ir_loop *outer;
    struct ir_block *head;
    struct ir_block *before; /* the one block that enters it, by a plain br; NULL: it is not so */
    struct ir_block *last;   /* the one block that goes back to the head; NULL: several do */
    bool innermost;
    VEC(struct ir_block *) blocks;
};

struct ir_loops {
    struct arena *arena;
    struct ir_module *module;
    struct ir_func *func;
    struct ir_order order;
    VEC(struct ir_loop *) all; /* inner ones before those around them */
    struct ir_loop **of;       /* the innermost loop of a block, by its id; or NULL */
    struct ir_users {
        VEC(struct ir_value *) list;
    } *users; /* by id of a value: instructions that it is an operand of, or that hand it on */
};

void ir_loops_make(struct ir_loops *, struct arena *, struct ir_module *, struct ir_func *);
bool ir_loop_has(const struct ir_loops *, const struct ir_loop *, const struct ir_block *);
/* True if the block runs in each round. */
bool ir_loop_always(const struct ir_loops *, const struct ir_loop *, const struct ir_block *);
/* The fields that lead from a variable to a place, the last one first. */
struct ir_way {
    const struct ir_value *root; /* a slot, or a `var` parameter */
    uint32_t fields[8], count;
};
/* False: it leads through elements, or is too long. */
bool ir_find_way(const struct ir_value *place, struct ir_way *);
/* True if within the loop only elements of the array or grid at the place are read and written: it
 * stays the same array, and nobody comes to share it. */
bool ir_place_quiet(const struct ir_loops *, const struct ir_loop *, const struct ir_value *place);
/* True if the value is the same in every round and can be told before the loop. Of an array at a
 * quiet place that is so of the lengths, and of nothing else. */
bool ir_hoists(const struct ir_loops *, const struct ir_loop *, const struct ir_value *);
/* That value; instructions for it are put at the end of the block `before`. */
struct ir_value *ir_hoist(const struct ir_loops *, const struct ir_loop *, struct ir_value *);
/* An instruction before the end of the block `before`. */
struct ir_value *ir_add_before(const struct ir_loops *, const struct ir_loop *, enum ir_op,
                               const struct type *, struct ir_value *const *args, uint32_t count,
                               struct span);

/* A loop that counts: head(i): br_if i < hi, body, exit; the next round has i + 1. */
struct ir_count {
    struct ir_value *index, *from, *hi; /* index is the head's parameter */
};
bool ir_loop_counts(const struct ir_loops *, const struct ir_loop *, struct ir_count *);

#endif
