/* fmt_core.h - what the files of the formatter share. It works on tokens, not on the tree: a token
 * carries the bracket it belongs to, the comments around it, and whether a space stands before it.
 *
 *   entry    what a separator or a counting newline ends: statements, arms, arguments, elements
 *   forced   a group whose entries stand on lines of their own, by the choice of the author
 *            (a newline behind `{`), or since a comment stands directly in it */
#ifndef FMT_CORE_H
#define FMT_CORE_H

#include "fmt.h"
#include "lexer.h"

enum fmt_role { ROLE_NONE, ROLE_PREFIX, ROLE_POSTFIX, ROLE_ANGLE, ROLE_BAR, ROLE_BAR_END };

struct fmt_token {
    int kind; /* a string with holes is one STR */
    enum fmt_role role;
    uint32_t start, end;
    uint32_t match;              /* of a bracket: its partner; else itself */
    uint32_t comment, comments;  /* on lines of their own before it: first and how many */
    uint32_t trailing;           /* behind it on its line: index + 1, or 0 */
    bool has_newline, has_blank; /* in the source before it; blank: between it and its comments */
    bool is_entry, is_separator, is_forced, has_space;
};

struct fmt_tokens {
    const char *text;
    struct fmt_token *at; /* the last one, of kind 0, is the end of the file */
    uint32_t count;
    struct span *comments;
};

/* -- fmt_token.c -- */
struct fmt_tokens fmt_read(struct arena *, struct intern *, const struct source *, struct diags *);
bool fmt_has_blank(const char *text, uint32_t start, uint32_t end);
/* A `,` that a newline can stand for. */
bool fmt_is_needless(const struct fmt_tokens *, uint32_t separator);
/* Forces the blocks that an `else` ties to the one that opens at `open`, and that one. */
void fmt_force(struct fmt_tokens *, uint32_t open);

/* -- fmt_layout.c -- */
struct token_text fmt_layout(struct arena *, struct fmt_tokens *);

#endif
