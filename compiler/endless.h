/* endless.h - records whose values would have no end, or be too large. */
#ifndef ENDLESS_H
#define ENDLESS_H

#include "names.h"

enum { ENDLESS_CELLS = 4096 /* parts of a value that are not behind an array, map or future */ };

/* Reports the records among the items, whose fields are resolved, that hold themselves in place or
 * have too many parts in place, so that no later stage has to look. */
void endless_check(struct program *, const struct nodes *items);

#endif
