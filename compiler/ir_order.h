/* ir_order.h - the blocks of a function in an order where each stands behind those that dominate
 * it, and the dominators themselves. */
#ifndef IR_ORDER_H
#define IR_ORDER_H

#include "ir.h"

struct ir_order {
    VEC(struct ir_block *) blocks; /* reachable ones in reverse post-order; [0] is the entry */
    uint32_t *index;               /* by block id: place in `blocks`, or UINT32_MAX */
    uint32_t *dominator;           /* by index: index of the immediate dominator; 0 of the entry */
    uint32_t *number, *below;      /* by index: it dominates those with the numbers from its own on,
                                      as many as are below it */
    uint32_t id_count;
};

/* Every successor of a block: targets of its end and fail blocks on the way. */
typedef void ir_edge_fn(void *context, struct ir_block *to);
void ir_edges(const struct ir_block *, ir_edge_fn *, void *context);

/* In `arena`. */
void ir_order_make(struct ir_order *, struct arena *, const struct ir_func *);
/* Both by index. A block dominates itself. */
bool ir_dominates(const struct ir_order *, uint32_t above, uint32_t below);

#endif
