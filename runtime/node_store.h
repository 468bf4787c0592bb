/* node_store.h - the memory of a node, as the node's process uses it: grants extents to the worker,
 * fetches what the worker wants from other nodes, and reads to them what its worker lends.
 *
 * owns:    the memory, the table of its extents, the heap of copies.
 * touches: nothing else. By the holder of the role alone, but for the descriptor.
 * costs:   memory as it is used; a copy of each byte that crosses. */
#ifndef NODE_STORE_H
#define NODE_STORE_H

#include "tables.h"

/* Makes memory of so many bytes; 0: none, and the calls below do nothing. NULL, or why not. */
const char *node_store_open(uint32_t self, uint64_t bytes);
/* For the worker to inherit; -1: none. */
int node_store_fd(void);
/* True if that was an action about the store, and is performed. */
bool node_store_act(struct node_tables *, const struct action *, struct actions *);
/* The worker's process has ended: what it had is free. */
void node_store_worker_died(uint32_t worker);
void node_store_close(void);

#endif
