/* parse_error.c - what is said of a token that has no place, and how much is passed over after it.
 * Read parse_unexpected at the end; above it are the mistakes that the text around gives away
 * better than the token: an open bracket, hole or string further up. */
#include "habit.h"
#include "parse_state.h"
#include "parser.h"

#include <string.h>

static const char *token_text(struct parse *p, const struct token *token, const char *found)
{
    uint32_t len = token->span.end - token->span.start;
    if (token->kind == NL)
        return "the end of the line";
    if (token->kind == 0)
        return "the end of the file";
    if (len > 40)
        return found;
    return arena_format(p->arena, "`%.*s`", (int)len, p->lexer.source->text + token->span.start);
}

/* Joins "a", "b" and "c" as a, b or c. */
static const char *join_words(struct parse *p, const char *const words[], int count)
{
    const char *text = words[0];
    for (int i = 1; i < count; i++)
        text = arena_format(p->arena, i + 1 < count ? "%s, %s" : "%s or %s", text, words[i]);
    return text;
}

static bool has_word(const char *const words[], int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(words[i], word))
            return true;
    return false;
}

/* A token's name as it is shown: signs in the same quotes as words. */
static const char *word_text(struct parse *p, const char *name)
{
    return name[0] == '\'' ? arena_format(p->arena, "`%c`", name[1]) : name;
}

/* All that reduces: the operators that the grammar takes, and functions. */
static const char *reducers_text(struct parse *p, const char *const expected[], int count)
{
    const char *text = "`min`, `max`";
    for (int i = count; i--;)
        if (strcmp(expected[i], "a name"))
            text = arena_format(p->arena, "%s, %s", word_text(p, expected[i]), text);
    return arena_format(p->arena, "%s or a function", text);
}

/* What would have fitted, in a few words: the many ways to begin an expression or to go on after
 * one are one word, or none. */
static const char *expected_text(struct parse *p, const char *const expected[], int count)
{
    enum { SHOWN = 5 };
    static const char *const closers[] = {"')'", "']'",  "'}'", "','",  "a new line", "`=>`",
                                          "'{'", "`->`", "':'", "`in`", "'='"};
    const char *shown[SHOWN];
    int shown_count = 0, before = p->lexer.last[1].kind;
    if (before == REDUCE || before == SCAN)
        return reducers_text(p, expected, count);
    if (has_word(expected, count, "FLOAT") && has_word(expected, count, "`await`"))
        return "an expression";
    if (has_word(expected, count, "`record`"))
        return "a declaration";
    if (has_word(expected, count, "FLOAT"))
        return "a pattern";
    if (has_word(expected, count, "`future`"))
        return "a type";
    bool is_operand_end = has_word(expected, count, "'('") && count > 1;
    if (!is_operand_end && has_word(expected, count, "STR_TAIL"))
        return "`}`";
    for (int i = 0; i < count && shown_count < SHOWN; i++)
        if (strcmp(expected[i], "a record") &&
            (!is_operand_end || has_word(closers, sizeof closers / sizeof *closers, expected[i])))
            shown[shown_count++] = word_text(p, expected[i]);
    return shown_count ? join_words(p, shown, shown_count) : "an operator";
}

/* A string right behind an operand in a hole: it was to be the rest of the string around, and the
 * hole is open. */
static bool report_open_hole(struct parse *p, const struct token *token)
{
    const struct lexer *lexer = &p->lexer;
    uint32_t depth = lexer->brackets.count - (token->kind == STR_HEAD);
    bool is_text = token->kind == STR || token->kind == STR_HEAD;
    if (token->kind == '{')
        depth =
            depth && lexer->brackets.at[depth - 1].span.start == token->span.start ? depth - 1 : 0;
    if ((!is_text && token->kind != '{') || !depth || lexer->brackets.at[depth - 1].opener != '"' ||
        !balance_ends_operand(lexer->last[1].kind) ||
        lexer_hole_ends(lexer, lexer->brackets.at[depth - 1].span.end))
        return false;
    balance_report_hole(&p->lexer, lexer->brackets.at[depth - 1].span);
    return true;
}

/* `{}` in a string. */
static bool report_empty_hole(struct parse *p, const struct token *token)
{
    const struct token *before = &p->lexer.last[1];
    if ((token->kind != STR_MID && token->kind != STR_TAIL) ||
        (before->kind != STR_HEAD && before->kind != STR_MID))
        return false;
    struct span braces = {token->span.source, before->span.end - 1, token->span.start + 1};
    diag_error(p->diags, DIAG_syntax, braces,
               "a value is missing here, as in `{x}`; a brace that is text is written `\\{`");
    return true;
}

static void report_expected(struct parse *p, const struct token *token,
                            const char *const expected[], int count, const char *found)
{
    int before = p->lexer.last[1].kind;
    struct diag *d = diag_error(p->diags, DIAG_syntax, token->span, "expected %s, found %s",
                                expected_text(p, expected, count), token_text(p, token, found));
    if (before == REDUCE || before == SCAN)
        diag_hint(p->diags, d,
                  "what is combined must give the same however it is grouped: add up "
                  "what is to be subtracted");
}

/* An operator, `=` or comma at the end of a line, and what stands on the next one is no expression:
 * the mistake is at the end of the line. */
static bool report_line_end(struct parse *p, const struct token *token,
                            const char *const expected[], int count)
{
    const struct token *before = &p->lexer.last[1];
    bool is_operator =
        before->kind == OP_SET || before->kind == FAT ||
        (before->kind > 0 && before->kind < 256 && strchr("=+-*/%&|^<>", before->kind)) ||
        before->kind == EQ || before->kind == NE || before->kind == LE || before->kind == GE ||
        before->kind == ANDAND || before->kind == OROR;
    if (token->is_first && before->kind == '.') {
        diag_error(p->diags, DIAG_syntax, before->span,
                   p->lexer.last[2].kind == INT ? "a digit stands on both sides of the point: `3.0`"
                                                : "a name is missing behind this");
        return true;
    }
    if (!token->is_first || !is_operator || !has_word(expected, count, "FLOAT") ||
        !has_word(expected, count, "`await`"))
        return false;
    diag_error(p->diags, DIAG_syntax, before->span, "an expression is missing behind this");
    return true;
}

/* The first thing in brackets does not fit, so what closes them is not told, too. */
static void excuse_bracket(struct parse *p, const struct token *token)
{
    struct lexer *lexer = &p->lexer;
    uint32_t at = lexer->brackets.count;
    if (at && lexer->brackets.at[at - 1].span.start == token->span.start)
        at--;
    if (at && lexer->brackets.at[at - 1].span.end == lexer->last[1].span.end)
        lexer->brackets.at[at - 1].is_excused = true;
}

/* A bracket is unexpected, or was expected: then further ones are likely to be wrong, too. */
static bool is_about_brackets(const struct token *token, const char *const expected[], int count)
{
    bool is_bracket = token->kind > 0 && token->kind < 256 && strchr("()[]{}", token->kind);
    return is_bracket || has_word(expected, count, "'{'");
}

/* Whether what stands in a bracket is indented more than its line. */
static bool is_body_indented(const struct lexer *lexer, const struct bracket *open)
{
    const char *text = lexer->source->text, *at = text + open->span.end;
    at += strspn(at, " \t\r\n");
    const char *line = at;
    while (line > text && line[-1] != '\n')
        line--;
    return (uint32_t)(at - line) > open->indent;
}

/* A line that is not indented more than that of an open bracket: its end is missing. */
static bool report_open_above(struct parse *p, const struct token *token,
                              const char *const expected[], int count)
{
    struct lexer *lexer = &p->lexer;
    uint32_t depth = lexer->brackets.count;
    if (depth && lexer->brackets.at[depth - 1].span.start == token->span.start)
        depth--;
    struct bracket *open = depth ? &lexer->brackets.at[depth - 1] : NULL;
    if (!open || (open->opener != '(' && open->opener != '[') || !token->is_first ||
        !has_word(expected, count, "','") || lexer->indent > open->indent ||
        !is_body_indented(lexer, open) || open->is_excused)
        return false;
    struct diag *d =
        diag_error(p->diags, DIAG_open_bracket, open->span, "`%c` is never closed", open->opener);
    diag_note(p->diags, d, token->span, "the next line starts here");
    lexer->has_trouble = true;
    return true;
}

/* A statement where a pattern or a name has to stand: the block around should have ended. */
static bool report_missing_end(struct parse *p, const struct token *token,
                               const char *const expected[], int count)
{
    if (token->kind == '{' && p->lexer.last[1].kind == '{' && has_word(expected, count, "FLOAT") &&
        !has_word(expected, count, "`await`")) {
        diag_error(p->diags, DIAG_stray_bracket, token->span, "this `{` is one too many");
        return true;
    }
    struct lexer *lexer = &p->lexer;
    uint32_t depth = lexer->brackets.count;
    if (depth && lexer->brackets.at[depth - 1].span.start == token->span.start)
        depth--;
    struct bracket *open = depth ? &lexer->brackets.at[depth - 1] : NULL;
    bool is_statement = token->kind == LET || token->kind == VAR || token->kind == WHILE ||
                        token->kind == FOR || token->kind == RETURN || token->kind == EXPECT;
    bool wants_pattern =
        has_word(expected, count, "FLOAT") && !has_word(expected, count, "`await`");
    bool in_arms =
        wants_pattern || has_word(expected, count, "`=>`") ||
        (has_word(expected, count, "a type name") && !has_word(expected, count, "`await`") &&
         !has_word(expected, count, "`future`"));
    if (!open || open->opener != '{' || !in_arms || open->span.start >= lexer->line_start ||
        !((is_statement && token->is_first) ||
          (lexer->indent <= open->indent && is_body_indented(lexer, open))))
        return false;
    struct diag *d =
        diag_error(p->diags, DIAG_open_bracket, open->span, "`%c` is never closed", open->opener);
    diag_note(p->diags, d, token->span, "a statement starts here, and no arm");
    lexer->has_trouble = true;
    return true;
}

/* Within brackets that the grammar leaves as a whole after a mistake: of an update, of types, of a
 * lambda's parameter. */
static bool is_in_closed_form(const struct parse *p, const struct token *token,
                              const char *const expected[], int count)
{
    uint32_t depth = p->lexer.brackets.count;
    if (depth && p->lexer.brackets.at[depth - 1].span.start == token->span.start)
        depth--;
    if (!depth)
        return false;
    const struct bracket *open = &p->lexer.brackets.at[depth - 1];
    if (open->opener == '{')
        return count == 1 && has_word(expected, count, "`..`");
    const char *text = p->lexer.source->text, *at = text + open->span.start;
    while (at > text && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    bool wants_pattern =
        has_word(expected, count, "FLOAT") && !has_word(expected, count, "`await`");
    if (open->opener == '(' && wants_pattern && at > text && at[-1] == '|')
        return true;
    return open->opener == '(' && has_word(expected, count, "`future`") && at > text &&
           strchr(":,([<>-", at[-1]) && !(at[-1] == '>' && (at - 1 == text || at[-2] != '-'));
}

/* Within `[ ]`, of which not more than one mistake is told: what it holds is not known any more. */
static bool is_in_list(const struct parse *p, const struct token *token)
{
    uint32_t depth = p->lexer.brackets.count;
    if (depth && p->lexer.brackets.at[depth - 1].span.start == token->span.start)
        depth--;
    return depth && p->lexer.brackets.at[depth - 1].opener == '[';
}

/* Right behind brackets of which the last part was wrong: they were to be something else. What
 * follows parameters is a mistake of its own. */
static bool is_behind_broken(const struct parse *p)
{
    const struct token *before = &p->lexer.last[1];
    int first = p->lexer.line_first.kind;
    bool is_head = first == FN || first == TASK || first == IO || first == PUB || first == EXTERN;
    return !is_head && (before->kind == ')' || before->kind == ']') &&
           (before->is_sync || before->span.start == p->stopped.span.start);
}

bool parse_unexpected(struct parse *p, const char *const expected[], int count, const char *found)
{
    struct token token = p->now;
    bool is_again = token.span.start == p->stopped.span.start && token.kind == p->stopped.kind;
    struct span broken = p->lexer.broken;
    bool is_broken = token.span.start >= broken.start && token.span.start < broken.end;
    bool is_silent = is_broken || token.is_told || token.is_virtual ||
                     p->lexer.last[1].is_virtual || token.is_sync || is_again ||
                     is_behind_broken(p);
    bool is_whole = false;
    if (is_silent && !p->unsaid.source)
        p->unsaid = token.span;
    if (!is_silent)
        excuse_bracket(p, &token);
    bool is_list = !token.is_sync && !is_again && is_in_list(p, &token);
    if (!is_silent && !report_open_hole(p, &token) && !report_empty_hole(p, &token) &&
        !lexer_report_odd_quote(&p->lexer, token.span.start) &&
        !report_line_end(p, &token, expected, count) &&
        !report_open_above(p, &token, expected, count) &&
        !(is_whole = report_missing_end(p, &token, expected, count)) &&
        !habit_report(p->diags, &p->lexer, &token, expected, count))
        report_expected(p, &token, expected, count, found);
    if (!is_silent && (is_list || is_about_brackets(&token, expected, count)))
        p->lexer.has_trouble = true;
    p->is_given_up = is_again && token.kind == 0;
    p->stopped = token;
    bool is_inner = is_in_closed_form(p, &token, expected, count);
    if (is_list || is_whole)
        balance_skip_whole(&p->lexer, &token);
    else
        balance_skip(&p->lexer, &token, is_inner || token.is_sync || is_again);
    return !p->is_given_up;
}
