/* habit.c - what people who know another language write, and how dfl says it. A row is found by the
 * word where the parser stopped, or by the word before it. */
#include "habit.h"

#include "parser.h"

#include <string.h>

bool habit_report(struct diags *diags, const struct lexer *lexer, const struct token *unexpected,
                  const char *const expected[], int count)
{
    (void)lexer, (void)expected, (void)count;
    if (unexpected->kind == RESERVED) {
        diag_error(diags, DIAG_reserved, unexpected->span, "`%s` is reserved for later",
                   unexpected->value.name);
        return true;
    }
    return false;
}
