/* interp.h - runs a checked program directly over its tree. This is the oracle: every value has the
 * layout that native code gives it and lives in the same library, but pure spawns are evaluated on
 * the spot, and io tasks are coroutines over a clock of their own. One program at a time. */
#ifndef INTERP_H
#define INTERP_H

#include "names.h"

struct interp_options {
    const char *filter; /* tests whose name contains it; NULL: all */
    bool name_files;    /* tell the file of each test */
    bool json;          /* words on standard error, which are no results, are for machines */
    bool check_pure;    /* call pure C functions twice, part of the time */
    bool keeps;         /* results of @checkpoint tasks are kept, and taken, by checkpoint.h */
    bool check_leaks;   /* at the end, tell of values that are still alive and return 70 */
};

/* Runs main with args argv[0..argc) and gives the exit status of the program: n of ok(n), 1 after
 * err or a failure, which is reported on standard error. Needs program->main and no errors. */
int interp_run(struct program *, int argc, char **argv, const struct interp_options *);
/* Runs the tests of the root module in source order, a line on standard output for each: `ok NAME`
 * or `FAIL NAME: REASON`, NAME being `FILE: NAME` if the options say so. 1 if any failed, else 0.
 */
int interp_test(struct program *, const struct interp_options *);

#endif
