/* code.h - from DIR to objects, or to what `--emit` prints: parts the program, loads the code
 * generator and lets it work on all cores. */
#ifndef CODE_H
#define CODE_H

#include "cli.h"
#include "objects.h"

#include <stdio.h>

/* Makes the objects of a program; objects_close() ends them. `folder`: of the cache, or NULL.
 * False after what was said. */
bool code_objects(const struct cli *, struct ir_module *, const char *folder, struct objects *);
/* Writes the whole program to `out`, as one module: "llvm", "asm" or "obj". */
bool code_print(const struct cli *, struct ir_module *, const char *what, FILE *out);

#endif
