/* habit_core.h - the place where the parser stopped, for habit.c (words) and habit_form.c (forms).
 */
#ifndef HABIT_CORE_H
#define HABIT_CORE_H

#include "habit.h"
#include "parser.h"

struct stop {
    const struct lexer *lexer;
    const struct token *unexpected;
    int kind, before, second_before; /* of the unexpected token and the two before it */
    int first, head;                 /* of the statement: its first token, its last keyword */
    char bracket;                    /* that it stands in, 0 for none; 'f': of `for (` */
    const char *const *expected;
    int count;
};

/* What is known of a habit: the sentence, what it is about, and what to write in its place if that
 * is all. text NULL: no habit. */
struct habit {
    const char *text;
    struct span span; /* source NULL: the unexpected token */
    const char *instead;
};

/* Whether a token of that name would have fitted. */
bool stop_fits(const struct stop *, const char *token_name);
bool stop_wants_expression(const struct stop *);
/* An expression could have ended here. */
bool stop_ends_expression(const struct stop *);
/* Among the declarations of a module, or in the head of one. */
bool stop_is_item(const struct stop *);
bool stop_is_signature(const struct stop *);
bool stop_starts_operand(int kind);
bool stop_starts_declaration(int kind);
/* The text of a token is this word. */
bool token_is_word(const struct token *, const char *word);

/* What the tokens around the place give away. */
struct habit habit_form(const struct stop *);

#endif
