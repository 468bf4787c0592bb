/* extern.h - C functions and structs that a program declares: `extern "zlib.h" link "z" fn
 * crc32(…)`.
 *
 * The C compiler that links anyway is asked what the headers declare, so that what the program says
 * of them holds. The functions are then called through a C file made for the program, the shim: it
 * includes the headers and holds a `struct dfl_c_fn` (dfl.h) for each function. Compiled code and
 * the interpreter use the same one. */
#ifndef EXTERN_H
#define EXTERN_H

#include "names.h"

struct externs;

/* Compares what is declared with the headers; reports. False: nothing can be asked, which is said.
 * The program was checked without errors. Nothing to do where nothing is declared. */
bool extern_check(struct program *);
/* Name of the function's struct dfl_c_fn in the shim; its symbol is not of the standard library. */
const char *extern_symbol(struct arena *, const struct symbol *);
/* True for such a name. */
bool extern_is_symbol(const char *);

/* Words for the linker of a program that was compiled: the shim, made now, and its libraries, to a
 * NULL. NULL: that failed, and is reported. Ended by extern_close(). */
const char *const *extern_link_words(struct program *);
/* Tells of libraries and functions that the linker did not find. False: it complains of something
 * else. */
bool extern_report_link(struct program *, const char *said);
/* Files that the shim was made of, but for dfl's own, and headers that would have been taken
 * instead: both to a NULL. */
struct extern_inputs {
    const char *const *files, *const *absent;
};
struct extern_inputs extern_inputs(const struct program *);
/* Paths of the headers and C files that the program names, some of which may not be there, to a
 * NULL. */
const char *const *extern_named(const struct program *);
/* Makes the functions callable in this process; reports what keeps it from that. */
bool extern_load(struct program *);
/* Of a loaded one. */
const struct dfl_c_fn *extern_find(const struct program *, const struct symbol *);
/* Removes what was made. */
void extern_close(struct program *);

#endif
