/* digest.h - a number for what code does: of a function and all that it reaches (functions,
 * constants, types, functions of C with their headers and C files), as far as it can change a
 * result. White space, comments, names of locals and files, and places do not count, nor do
 * attributes of how a task is run. It is the same in every run of the compiler and at every level,
 * so what is kept under it outlives both. */
#ifndef DIGEST_H
#define DIGEST_H

#include "names.h"

/* Of a function, lambda, record, enum or constant of a program that was checked; never 0. */
uint64_t digest_symbol(struct program *, struct symbol *);
/* A digest that goes on with another one, or with a concrete type and what that is declared as.
 * Never 0. */
uint64_t digest_mix(uint64_t digest, uint64_t with);
uint64_t digest_type(struct program *, uint64_t digest, const struct type *);

#endif
