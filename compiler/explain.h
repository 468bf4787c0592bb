/* explain.h - `dfl explain`: the pages of the codes of messages. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "cli.h"

/* Prints the page of the code that the operand names, or the list of all without one. The exit
 * status; what is wrong is said. */
int explain(const struct cli *);

#endif
