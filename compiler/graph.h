/* graph.h - the task graph of a checked program, known before anything runs: which task spawns or
 * calls which, how often, and what flows between them. */
#ifndef GRAPH_H
#define GRAPH_H

#include "names.h"

/* Writes the graph as "dot", "json" or "svg". The order is that of the source, so the same program
 * gives the same bytes. False after saying why on standard error: only for svg, whose module may be
 * missing. */
bool graph_write(struct program *, const char *form, FILE *out);

#endif
