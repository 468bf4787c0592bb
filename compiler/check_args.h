/* check_args.h - the arguments of a call. */
#ifndef CHECK_ARGS_H
#define CHECK_ARGS_H

#include "checking.h"

/* A call being checked. */
struct call {
    struct node *node;          /* NODE_call */
    struct symbol *target;      /* function, function-typed parameter or variant */
    const struct type *type;    /* its TYPE_fn */
    const struct nodes *params; /* param nodes, of a function; else NULL */
    struct node **args;         /* by parameter; NULL: not given */
    uint32_t *order;            /* the parameters of those that are given, as they are written */
    uint32_t given;             /* how many these are */
    struct types bindings;      /* of the target's type variables */
    const struct type *want;
    bool spawned;
    uint64_t edges;
    const struct type *spread; /* of elements that were given where an array is wanted: one
                                  mistake, however many of them follow */
    bool bad;
    bool lacks_spawn; /* a future was given for a value: one mistake, of all arguments */
};

/* Finds the parameter of each argument that is given, and adds what is given by default. Reports.
 */
void args_place(struct check *, struct call *, const struct nodes *given);
/* Checks the arguments, which binds the type variables of the target. Reports. */
void args_check(struct check *, struct call *);

#endif
