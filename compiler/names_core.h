/* names_core.h - what the files that read and declare modules share. */
#ifndef NAMES_CORE_H
#define NAMES_CORE_H

#include "names.h"

/* -- names_find.c -- */
/* Modules whose functions every module may call as methods, and last the compiler's own. */
enum { NAMES_PRELUDE = 7 };
extern const char *const names_prelude[NAMES_PRELUDE];

const char *names_intern(struct program *, const char *text);
/* A symbol that stands for the module; in no scope yet. */
struct symbol *names_module_symbol(struct program *, struct module *);

/* -- names_type.c -- */
/* Like names_type(), for a parameter of the function: it may be a function type. */
const struct type *names_param_type(struct program *, const struct symbol *function, struct node *);

/* -- names_declare.c -- */
/* The last part of an import's path: `geo` of `shapes.geo`. */
const char *names_last(struct program *, const char *path);
/* Enters what an item declares into the module's scope; imports have been read. Reports. */
void names_declare(struct program *, struct module *, struct node *item);
/* Once all is declared: fields, variants and signatures. Reports. */
void names_sign(struct program *, struct module *, struct node *item);

#endif
