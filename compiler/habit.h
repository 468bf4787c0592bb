/* habit.h - messages for forms of other languages. */
#ifndef HABIT_H
#define HABIT_H

#include "lexer.h"

/* Whether the unexpected token is the sign of a known habit; then it was reported. `expected`:
 * names of the tokens that would have fitted. */
bool habit_report(struct diags *, struct lexer *, const struct token *unexpected,
                  const char *const expected[], int count);
/* Whether the word starts a declaration in another language. */
bool habit_is_item(const struct token *);

#endif
