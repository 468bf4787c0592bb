/* syntax.h - source text in, tree and messages out, as text: for the tests of the front end. */
#ifndef SYNTAX_H
#define SYNTAX_H

#include "parse.h"

struct syntax {
    struct arena arena;
    struct diags diags;
    struct intern names;
    struct node *module;
    char *messages; /* as diag_print gives them */
    uint32_t errors;
};

/* Parses `len` bytes as the file "t.dfl". End it with syntax_close. */
static inline struct syntax *syntax_open(const char *text, size_t len)
{
    struct syntax *s = calloc(1, sizeof *s);
    s->diags.arena = s->names.arena = &s->arena;
    struct source *source = source_make(&s->arena, "t.dfl", text, (uint32_t)len);
    s->module = parse_module(&s->arena, &s->names, source, &s->diags);
    s->errors = s->diags.errors;
    size_t out_len;
    FILE *out = open_memstream(&s->messages, &out_len);
    diag_print(&s->diags, out);
    fclose(out);
    return s;
}

static inline void syntax_close(struct syntax *s)
{
    free(s->messages);
    arena_free(&s->arena);
    free(s);
}

/* The text parses without a message; its tree as text, to be freed. */
static inline char *syntax_tree(const char *text)
{
    struct syntax *s = syntax_open(text, strlen(text));
    ck_assert_msg(!s->errors, "%s\n%s", text, s->messages);
    char *tree;
    size_t len;
    FILE *out = open_memstream(&tree, &len);
    ast_print(s->module, out);
    fclose(out);
    syntax_close(s);
    return tree;
}

/* The tree of the text has this line somewhere, but for its indentation. */
static inline void syntax_has(const char *text, const char *line)
{
    char *tree = syntax_tree(text);
    ck_assert_msg(strstr(tree, line) != NULL, "'%s' is not in the tree of\n%s\n%s", line, text,
                  tree);
    free(tree);
}

/* The text gives just this many errors, and their messages contain `wanted`, for instance
 * "t.dfl:1:4: error[E0010]". */
static inline void syntax_fails(const char *text, uint32_t errors, const char *wanted)
{
    struct syntax *s = syntax_open(text, strlen(text));
    ck_assert_msg(s->errors == errors && strstr(s->messages, wanted),
                  "%s\nwanted %u errors and '%s', got %u:\n%s", text, errors, wanted, s->errors,
                  s->messages);
    syntax_close(s);
}

#endif
