/* ast.h - the tree of a module: kinds and fields come from ast.def, a row each. Nodes live in the
 * arena of the compilation and are changed only by the stage that owns them: the parser builds,
 * names.c and check.c fill in NOTE fields, `type`, and put implicit conversions in. */
#ifndef AST_H
#define AST_H

#include "base/arena.h"
#include "base/vec.h"
#include "source.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct module;
struct symbol;
struct type;
struct dfl_spec;
struct attr_value;

struct types {
    const struct type **at;
    uint32_t count;
};

/* Every comment of a source, in order. */
struct comments {
    struct span *at;
    uint32_t count;
};

struct nodes {
    struct node **at;
    uint32_t count, room; /* vec_push works on it */
};

enum func_flags { FUNC_TASK = 1, FUNC_IO = 2, FUNC_PUB = 4, FUNC_EXTERN = 8 };

enum reduce { REDUCE_NONE, REDUCE_OP, REDUCE_WITH, REDUCE_SCAN }; /* REDUCE_NONE: a map */

/* Operators, with how they are written and how they bind (for printing): op.def */
enum op {
    OP_NONE,
#define OP(name, text) OP_##name,
#include "op.def"
#undef OP
};

/* Operations that the compiler knows by type: builtin.def */
enum builtin {
    BUILTIN_NONE,
#define BUILTIN(name, text) BUILTIN_##name,
#include "builtin.def"
#undef BUILTIN
};

enum ctor { CTOR_NONE_, CTOR_SOME, CTOR_NONE, CTOR_OK, CTOR_ERR, CTOR_VARIANT };

enum node_kind {
#define NODE(kind, fields) NODE_##kind,
#include "ast.def"
#undef NODE
    NODE_KINDS
};

struct node {
    enum node_kind kind;
    struct span span;
    const struct type *type; /* of expressions and patterns, after check; never NULL then */
    union {
#define CHILD(x)       struct node *x;
#define LIST(x)        struct nodes x;
#define NAME(x)        const char *x;
#define DATA(ctype, x) ctype x;
#define NOTE(ctype, x) ctype x;
#define NODE(kind, fields)                                                                         \
    struct {                                                                                       \
        fields                                                                                     \
    } kind##_;
#include "ast.def"
#undef NODE
#undef CHILD
#undef LIST
#undef NAME
#undef DATA
#undef NOTE
    };
};

/* A zeroed node. */
struct node *ast_new(struct arena *, enum node_kind, struct span);
const char *op_text(enum op);
/* How each axis of an index node is given, two bits an axis as dfl_grid_part() wants it: 0 if none
 * has a range, so that an element is meant. */
uint32_t ast_index_form(const struct node *);

/* Which argument of a checked call is evaluated when `done` others are: those that are written in
 * the order of the text, then defaults. */
uint32_t ast_call_order(const struct node *call, uint32_t done);

/* Calls visit(context, child) for each child that is there, in the order of ast.def. */
void ast_children(struct node *, void (*visit)(void *context, struct node *child), void *context);
/* Indented text, one node a line with spans; types too once they are known. For --emit ast. */
void ast_print(const struct node *, FILE *);
/* The same without spans: equal for programs that differ in white space and comments only. */
void ast_print_shape(const struct node *, FILE *);

#endif
