/* units.h - the program in units, which are compiled by themselves: all cores have work, and what
 * did not change need not be compiled again. A unit is the functions of one file, or of a part of
 * a long one. An instance of something generic belongs to no unit: each that uses it has a copy,
 * as it may have of what is small. So the code of a unit follows from its own functions and those
 * copies, and no change elsewhere alters it.
 *
 * Units name to each other only functions, and to the tables of the program only types and rows:
 * none of these names depends on what else is in the program. */
#ifndef UNITS_H
#define UNITS_H

#include "ir.h"
#include "layout.h"

/* A row of dfl_program.fns: a spawn, or main. */
struct unit_row {
    struct ir_func *func;
    uint64_t edges;
    struct span span;
    const struct type *args;         /* a tuple */
    const struct dfl_policy *policy; /* or NULL */
    bool is_main;
};

struct unit {
    const char *name;            /* "main", "shapes.2": part of names that others see */
    const char *path;            /* of its file */
    uint32_t size;               /* about how much there is to do */
    VEC(struct ir_func *) funcs; /* its own, then copies, which nobody else sees */
    VEC(struct unit_row) rows;   /* spawns in the order of funcs, blocks and instructions; main */
    uint32_t first_row;          /* of the program's */
};

struct units {
    VEC(struct unit) all;
    uint32_t row_count;        /* of all */
    const struct type *status; /* what the row of main gives: int! */
    bool whole;                /* there is one, and the tables are put into it */
};

/* Parts the program; `whole`: in one unit. `level`: 0 or 2. Sets owner, exported and bound of
 * functions, and lays out all types that are mentioned, so that nothing of the module changes
 * later. In the module's arena. */
void units_make(struct units *, struct ir_module *, struct layouts *, int level, bool whole);

#endif
