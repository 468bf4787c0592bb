/* graph_core.h - the task graph between its parts: graph.c finds nodes and sites, graph_flow.c
 * which task made the future that an expression may hold, graph_print.c writes it down. All is in
 * the arena of the program, in source order. */
#ifndef GRAPH_CORE_H
#define GRAPH_CORE_H

#include "names.h"

/* Which functions: bit i is graph.funcs[i]. */
struct graph_set {
    uint64_t *words;
};

struct graph_node {
    const struct symbol *symbol;
    bool shown;  /* a task, or an fn that is spawned, and reached */
    uint32_t id; /* among the shown ones */
};

/* A place where one function starts another. */
struct graph_site {
    uint32_t from, to; /* indices of funcs */
    bool spawned;      /* else a direct call of a task */
    bool conditional;
    bool back;               /* closes a cycle: recursion */
    VEC(const char *) loops; /* heads of the loops around it, outermost first */
    const struct node *call;
};

/* A future of `from` that is an argument of `to`. */
struct graph_flow {
    uint32_t from, to;
    const char *type;  /* of what flows */
    const char *param; /* that takes it */
    struct span span;
};

struct graph {
    struct program *program;
    struct arena *arena;
    VEC(struct graph_node) funcs; /* of all modules but the library's */
    struct name_map index;        /* symbol to its place in funcs, plus one */
    struct name_map sets;         /* symbol, or func for its result, to its struct graph_set */
    VEC(struct graph_site) sites;
    VEC(struct graph_flow) flows;
};

/* -- graph_flow.c -- */
/* Follows futures through names, arguments and results until nothing changes. */
void graph_follow(struct graph *);
/* Functions whose futures (or which themselves, as arguments) `value` may hold. */
struct graph_set graph_makers(struct graph *, const struct node *value);
/* Functions that a call may reach: its target, or what is passed for a function parameter. */
struct graph_set graph_targets(struct graph *, const struct node *call);
bool graph_has(const struct graph *, struct graph_set, uint32_t func);
/* A spawn of the compiler's own, between a future of a T and the place of a T? or T!. */
bool graph_is_wrap(const struct node *spawn);
/* True if values of the type hold futures or are functions. */
bool graph_carries(const struct type *);

/* -- graph_print.c -- */
void graph_print_dot(const struct graph *, FILE *);
void graph_print_json(const struct graph *, FILE *);

#endif
