/* lower.h - from the checked tree to DIR. */
#ifndef LOWER_H
#define LOWER_H

#include "ir.h"

/* DIR of main and of all it reaches, generics and functions passed down specialised away. Needs a
 * program with main and without errors. NULL: a function has no end of versions, which is reported.
 */
struct ir_module *lower_program(struct program *);

#endif
