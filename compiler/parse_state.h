/* parse_state.h - what the grammar's actions work with: made by parse.c, used by parser.y. */
#ifndef PARSE_STATE_H
#define PARSE_STATE_H

#include "lexer.h"

struct parse {
    struct arena *arena;
    struct diags *diags;
    struct lexer lexer;
    struct node *module;
    struct token now;     /* the token that the grammar looks at */
    struct token stopped; /* the last one that was unexpected */
    struct span unsaid;   /* the first unexpected token that was taken to follow from a mistake that
                             was or will be told; source NULL: none */
    bool is_given_up;     /* and why was said */
};

struct reduction {
    enum reduce kind;
    enum op op;
    struct node *with, *from;
};

/* A node with its fields: AST(p, binary, span, .op = OP_add, .left = a, .right = b). */
#define AST(p, kind_, span_, ...)                                                                  \
    parse_node((p),                                                                                \
               &(struct node){.kind = NODE_##kind_, .span = (span_), .kind_##_ = {__VA_ARGS__}})

struct node *parse_node(struct parse *, const struct node *);
struct nodes parse_list(struct parse *, struct nodes, struct node *);

/* Nodes whose form needs a look at their parts; each reports what does not fit. */
struct node *parse_item(struct parse *, struct span, struct nodes attrs, bool is_pub,
                        struct node *item);
/* A `let` of the module, which names one constant. */
struct node *parse_constant(struct parse *, struct node *let);
const char *parse_text(struct parse *, struct span, struct token_text);
struct node *parse_generic_type(struct parse *, struct span, const char *name, struct nodes args);
struct node *parse_type_parens(struct parse *, struct span, struct nodes elems);
struct node *parse_rank(struct parse *, struct span, struct node *elem, uint64_t rank);
struct node *parse_assign(struct parse *, struct span, enum op, struct node *target,
                          struct node *value);
struct node *parse_parens(struct parse *, struct span, struct nodes elems, bool has_comma);
struct node *parse_dot(struct parse *, struct span, struct node *object, const char *name,
                       struct span name_at);
struct node *parse_record_of(struct parse *, struct span, struct node *module, const char *name,
                             struct nodes fields);
struct node *parse_name_pattern(struct parse *, struct span, const char *name);
struct node *parse_parens_pattern(struct parse *, struct span, struct nodes elems, bool has_comma);
/* A pattern behind `let` or `var`: a name with a capital letter is told and taken as a name. */
struct node *parse_bound(struct parse *, struct node *pattern);
struct node *parse_or_pattern(struct parse *, struct span, struct node *first, struct node *next);
struct reduction parse_reduction(struct parse *, struct span, bool is_scan, struct node *with,
                                 struct node *from);

/* A string's text before a hole or the end; none if it is empty. */
struct nodes parse_piece(struct parse *, struct nodes, struct span, struct token_text);
const char *parse_path(struct parse *, const char *folder, const char *name);

/* Reports that p->now has no place, where tokens of these names would have. False: recovery has
 * come to the end of the file, and the parse ends. */
bool parse_unexpected(struct parse *, const char *const expected[], int count, const char *found);
void parse_too_deep(struct parse *, struct span);

#endif
