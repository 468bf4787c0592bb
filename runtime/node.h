/* node.h - the process of a node: parent of its worker, and on the first node the head of the run.
 *
 * owns:    the node's tables, the pids of its children.
 * touches: its children, by signals and by waiting for them; others by rows alone.
 * costs:   a thread that sleeps in poll(), one that sleeps in comms_loop(), and nng's. */
#ifndef NODE_H
#define NODE_H

#include "dfl.h"
#include "process.h"
#include "settings.h"

/* Starts all nodes and the root's worker, and runs as the head until the root has ended. Gives the
 * exit status of the run; a root that a signal ended ends this process the same way. */
int node_run_head(struct run *, const struct dfl_program *, char **argv, const struct settings *);
/* Runs as the node that `part` names. The status of its worker. */
int node_run(const struct process_part *, const struct dfl_program *, char **argv,
             const struct settings *);

#endif
