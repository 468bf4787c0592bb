/* balance.c - between the scanner and the parser: which newlines end a statement, and brackets that
 * always balance. A bracket left open or closed wrongly is reported here, once, and mended with
 * virtual tokens, so that the grammar never meets it. Read balance_next last. */
#include "habit.h"
#include "lexer_core.h"
#include "parser.h"

#include <string.h>

enum { SEARCH_MAX = 1000 /* how far out a closing bracket looks for its opener */ };

/* -- newlines -- */

bool balance_ends_operand(int kind)
{
    switch (kind) {
    case ID:
    case TYPE_ID:
    case INT:
    case FLOAT:
    case DURATION:
    case STR:
    case STR_TAIL:
    case BYTES:
    case TRUE:
    case FALSE:
    case ')':
    case ']':
    case '}':
    case '?':
        return true;
    default:
        return false;
    }
}

bool balance_newlines_count(const struct lexer *lexer)
{
    uint32_t depth = lexer->brackets.count;
    return !depth || lexer->brackets.at[depth - 1].opener == '{';
}

/* Whether a line that ends with this token goes on in the next one. */
static bool continues_after(int kind)
{
    switch (kind) {
    case OP_SET:
    case FAT:
    case ARROW:
    case DOTDOT:
    case ELSE:
    case AS:
    case IS:
    case EQ:
    case NE:
    case LE:
    case GE:
    case SHL:
    case SHR:
    case ANDAND:
    case OROR:
    case NL:
        return true;
    default:
        return kind < 256 && (kind == 0 || strchr("{,=+-*/%&|^<>:", kind));
    }
}

static bool newline_counts(const struct lexer *lexer)
{
    int next = lexer->held.kind;
    if (next == ELSE && lexer->is_if_broken && lexer->held.is_first)
        return balance_newlines_count(lexer);
    if (next == 0 || next == '}' || next == '.' || next == ELSE)
        return false;
    return balance_newlines_count(lexer) && !lexer->is_attr_end &&
           !continues_after(lexer->last[0].kind);
}

/* -- brackets -- */

static struct bracket *top(const struct lexer *lexer)
{
    return lexer->brackets.count ? &lexer->brackets.at[lexer->brackets.count - 1] : NULL;
}

/* What the closing token closes, 0 if it is none. */
static char opener_of(int kind)
{
    switch (kind) {
    case ')':
        return '(';
    case ']':
        return '[';
    case '}':
        return '{';
    case STR_MID:
    case STR_TAIL:
        return '"';
    default:
        return 0;
    }
}

/* What the token opens, 0 if it opens nothing. */
static char opens(int kind)
{
    if (kind == '(' || kind == '[' || kind == '{')
        return (char)kind;
    return kind == STR_HEAD || kind == STR_MID ? '"' : 0;
}

static int closer_of(char opener)
{
    return opener == '(' ? ')' : opener == '[' ? ']' : opener == '{' ? '}' : STR_TAIL;
}

static void bracket_push(struct lexer *lexer, const struct token *token, char opener)
{
    struct bracket bracket = {.opener = opener, .span = token->span, .indent = lexer->indent};
    if (opener == '"')
        bracket.span.start = token->span.end - 1;
    bracket.is_attr = lexer->is_attr_end && opener == '(';
    bracket.is_for = lexer->last[0].kind == FOR;
    vec_push(lexer->arena, &lexer->brackets, bracket);
}

static void bracket_pop(struct lexer *lexer, const struct token *token)
{
    struct bracket bracket = lexer->brackets.at[--lexer->brackets.count];
    lexer->is_attr_end = bracket.is_attr;
    if (token->is_first && !token->is_virtual && bracket.indent != lexer->indent &&
        bracket.span.end == bracket.span.start + 1 && !lexer->suspect_opener.source) {
        lexer->suspect_opener = bracket.span;
        lexer->suspect_closer = token->span;
    }
}

void balance_report_hole(struct lexer *lexer, struct span hole)
{
    if (lexer_report_odd_quote(lexer, hole.start))
        return;
    const char *text = lexer->source->text;
    lexer->broken =
        lexer_span(lexer, hole.start, hole.end + (uint32_t)strcspn(text + hole.end, "\n"));
    struct diag *d = diag_error(lexer->diags, DIAG_open_hole, hole,
                                "the interpolation `{` is not closed with `}` on its line");
    diag_hint(lexer->diags, d, "end it with `}`; a brace that is text is written `\\{`");
}

/* True if brackets were said to be wrong before in this declaration: what is said of further ones
 * would mostly follow from that. Else it will be from now on. */
static bool is_told(struct lexer *lexer, struct span bracket)
{
    bool was_told = lexer->has_trouble || lexer->is_skipping;
    lexer->has_trouble = true;
    if (was_told)
        diag_mended(lexer->diags, bracket);
    return was_told;
}

void balance_excuse_line(struct lexer *lexer)
{
    for (uint32_t i = lexer->brackets.count; i--;) {
        if (lexer->brackets.at[i].span.start < lexer->line_start)
            break;
        lexer->brackets.at[i].is_excused = true;
    }
}

static void report_open(struct lexer *lexer, struct span noticed, const char *what)
{
    struct bracket *open = top(lexer);
    if (open->opener == '"') {
        balance_report_hole(lexer, open->span);
        return;
    }
    if (open->is_excused || is_told(lexer, open->span))
        return;
    struct diag *d = diag_error(lexer->diags, DIAG_open_bracket, open->span, "`%c` is never closed",
                                open->opener);
    if (lexer->suspect_opener.source) {
        uint32_t line = source_position(lexer->source, lexer->suspect_opener.start).line;
        diag_note(lexer->diags, d, lexer->suspect_closer,
                  "this one closes the `%c` of line %u, which is indented differently",
                  lexer->source->text[lexer->suspect_opener.start], line);
    }
    diag_note(lexer->diags, d, noticed, "%s", what);
}

static void close_down_to(struct lexer *lexer, uint32_t depth)
{
    lexer->is_closing = lexer->brackets.count > depth;
    lexer->close_to = depth;
}

void balance_abandon_string(struct lexer *lexer)
{
    const struct bracket *brackets = lexer->brackets.at;
    uint32_t depth = lexer->brackets.count, holes = 0;
    for (uint32_t i = lexer->strings.count; i && !lexer->strings.at[i - 1].is_triple; i--)
        holes++;
    bool is_reported = lexer->is_broken;
    while (holes) {
        if (brackets[--depth].opener != '"')
            continue;
        if (!is_reported)
            balance_report_hole(lexer, brackets[depth].span);
        is_reported = true;
        holes--;
    }
    while (depth && (brackets[depth - 1].opener == '(' || brackets[depth - 1].opener == '[') &&
           brackets[depth - 1].span.start >= lexer->line_start)
        depth--;
    lexer->is_broken = false;
    close_down_to(lexer, depth);
}

/* The depth at which the opener stands, or UINT32_MAX. A round or square bracket is not looked for
 * outside the block that it stands in, except for one that began on the same line. The hole of a
 * string that ends is there, however far. */
static uint32_t find_opener(const struct lexer *lexer, char opener)
{
    uint32_t least = lexer->brackets.count > SEARCH_MAX ? lexer->brackets.count - SEARCH_MAX : 0;
    bool is_string = opener == '"';
    for (uint32_t i = lexer->brackets.count; i-- > (is_string ? 0 : least);) {
        const struct bracket *b = &lexer->brackets.at[i];
        if (b->opener == opener)
            return i;
        if (is_string)
            continue;
        if (b->opener == '"' || (b->opener == '{' && b->span.start < lexer->line_start))
            break;
    }
    return UINT32_MAX;
}

/* Whether a `}` that would end a declaration stands where none is written: deeper than the line
 * of its `{`, or behind something else on a line further down. */
static bool is_odd_end(const struct lexer *lexer, const struct token *token)
{
    const struct bracket *open = &lexer->brackets.at[0];
    return token->is_first ? lexer->indent > open->indent : open->span.start < lexer->line_start;
}

/* Whether the next thing in the text is indented and begins no declaration, so that it can only
 * belong to the one before. */
static bool statement_follows(const struct lexer *lexer)
{
    static const char *const items[] = {"fn",  "task",   "io",   "record", "enum",
                                        "pub", "import", "test", "extern"};
    const char *text = lexer->source->text, *at = text + lexer->offset;
    for (;;) {
        at += strspn(at, " \t\r\n;");
        if (at[0] != '/' || at[1] != '/')
            break;
        at += strcspn(at, "\n");
    }
    const char *line = at;
    while (line > text && line[-1] != '\n')
        line--;
    bool is_same_line = line <= text + lexer->start;
    if (!*at || *at == '@' || strchr(")]}", *at) || is_same_line || line == at)
        return false;
    size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz");
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        if (strlen(items[i]) == len && !strncmp(at, items[i], len))
            return false;
    return (uint32_t)(at - line) > lexer->item_indent;
}

/* Whether the innermost bracket was opened on this line, is no brace, and what closes it is still
 * to come on the line. */
static bool closes_inside(const struct lexer *lexer)
{
    const struct bracket *open = top(lexer);
    if ((open->opener != '(' && open->opener != '[') || open->span.start < lexer->line_start)
        return false;
    int closer = closer_of(open->opener), depth = 1;
    for (const char *at = lexer->source->text + lexer->offset; *at && *at != '\n' && depth; at++)
        depth += (*at == open->opener) - (*at == closer);
    return depth == 0;
}

/* False: the closing token has nothing to close and is dropped. */
static bool closer_fits(struct lexer *lexer, const struct token *token)
{
    uint32_t depth = find_opener(lexer, opener_of(token->kind));
    if (depth == UINT32_MAX && token->kind == '}' && lexer->excused) {
        lexer->excused--;
        return false;
    }
    if (depth == UINT32_MAX && is_told(lexer, token->span))
        return false;
    if (depth == UINT32_MAX) {
        struct diag *d = diag_error(lexer->diags, DIAG_stray_bracket, token->span,
                                    "`%c` closes nothing", token->kind);
        if (token->kind == '}' && lexer->suspect_closer.source)
            diag_note(lexer->diags, d, lexer->suspect_closer,
                      "this one closes a `{` on a line indented differently");
        return false;
    }
    if (!depth && token->kind == '}' && is_odd_end(lexer, token) && statement_follows(lexer)) {
        if (!is_told(lexer, token->span))
            diag_error(lexer->diags, DIAG_stray_bracket, token->span,
                       "this `}` ends the declaration, and a statement follows");
        return false;
    }
    if (token->kind == '}' && closes_inside(lexer)) {
        if (!is_told(lexer, token->span))
            diag_error(lexer->diags, DIAG_stray_bracket, token->span, "`}` closes nothing");
        return false;
    }
    if (depth + 1 < lexer->brackets.count && !token->is_told)
        report_open(lexer, token->span, "this closes what is outside it");
    close_down_to(lexer, depth + 1);
    return true;
}

/* -- a declaration where a block is still open -- */

static bool starts_item(int kind)
{
    return kind == FN || kind == TASK || kind == IO || kind == RECORD || kind == ENUM ||
           kind == IMPORT || kind == EXTERN || kind == PUB || kind == TEST;
}

/* A function type may start a line within parentheses. */
static bool is_fn_type(const struct lexer *lexer)
{
    const char *behind = lexer->source->text + lexer->held.span.end;
    return lexer->held.kind == FN && behind[strspn(behind, " \t")] == '(';
}

static void item_closes(struct lexer *lexer)
{
    uint32_t depth = lexer->brackets.count;
    if (!starts_item(lexer->held.kind) || !lexer->held.is_first || is_fn_type(lexer))
        return;
    bool is_outer = lexer->indent <= lexer->item_indent;
    while (depth && lexer->brackets.at[depth - 1].indent >= lexer->indent &&
           lexer->brackets.at[depth - 1].opener != '"')
        depth--;
    if (depth != lexer->brackets.count) {
        report_open(lexer, lexer->held.span, "a declaration starts here, outside every block");
        lexer->excused = lexer->brackets.count - depth;
        close_down_to(lexer, depth);
    }
    if (is_outer)
        lexer->has_trouble = false;
}

/* -- a statement where an expression is still open -- */

/* `var x = ...` and not a parameter `var x: T`. */
static bool is_var_statement(const struct lexer *lexer)
{
    const char *at = lexer->source->text + lexer->held.span.end;
    at += strspn(at, " \t");
    at += strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    at += strspn(at, " \t");
    return at[0] == '=' && at[1] != '=';
}

static bool starts_statement(const struct lexer *lexer)
{
    int kind = lexer->held.kind;
    return kind == LET || kind == WHILE || kind == EXPECT ||
           (kind == VAR && is_var_statement(lexer));
}

/* No statement starts a line within `(` or `[`: they were to be closed before. */
static void statement_closes(struct lexer *lexer)
{
    uint32_t depth = lexer->brackets.count;
    if (!starts_statement(lexer) || !lexer->held.is_first)
        return;
    while (depth && (lexer->brackets.at[depth - 1].opener == '(' ||
                     lexer->brackets.at[depth - 1].opener == '['))
        depth--;
    if (depth == lexer->brackets.count)
        return;
    report_open(lexer, lexer->held.span, "a statement starts here");
    close_down_to(lexer, depth);
}

/* -- reading ahead by a token -- */

static void attach_doc(struct lexer *lexer)
{
    if (!lexer->doc.count)
        return;
    struct doc doc = {lexer->held.span.start,
                      intern(lexer->names, lexer->doc.at, lexer->doc.count - 1)};
    vec_push(lexer->arena, &lexer->docs, doc);
    lexer->doc.count = 0;
}

const char *balance_doc(const struct lexer *lexer, uint32_t at)
{
    uint32_t low = 0, high = lexer->docs.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lexer->docs.at[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < lexer->docs.count && lexer->docs.at[low].at == at ? lexer->docs.at[low].text
                                                                   : NULL;
}

/* Cuts up to the next token that is no newline. False: a line ended within a string, and the
 * brackets of that string are to be closed first. */
static bool cut_past_newlines(struct lexer *lexer)
{
    for (;;) {
        lexer_cut(lexer);
        if (lexer->cut.kind != NL)
            return true;
        if (!lexer->has_newline)
            lexer->newline = lexer->cut.span;
        lexer->has_newline = true;
        if (lexer->is_closing)
            return false;
    }
}

static void hold(struct lexer *lexer)
{
    do {
        if (!cut_past_newlines(lexer))
            return;
        lexer->held = lexer->cut;
        lexer->held.is_first = lexer->has_newline || !lexer->last[0].span.source;
        if (lexer->held.is_first)
            lexer->indent = lexer->held.span.start - lexer->line_start;
        if (!lexer->last[0].span.source)
            lexer->item_indent = lexer->indent;
    } while ((opener_of(lexer->held.kind) && !closer_fits(lexer, &lexer->held)) ||
             line_has_needless_bar(lexer));
    lexer->is_holding = true;
    attach_doc(lexer);
    if (lexer->held.kind == 0 && lexer->brackets.count) {
        if (!lexer->is_broken)
            report_open(lexer, lexer->held.span, "the file ends here");
        close_down_to(lexer, 0);
    } else {
        item_closes(lexer);
        statement_closes(lexer);
    }
    if (lexer->held.kind == LET && lexer->held.is_first && !lexer->brackets.count &&
        lexer->indent > lexer->item_indent)
        lexer->held.kind = FOREIGN; /* a statement that has lost its function, and no constant */
}

static struct token virtual_closer(struct lexer *lexer)
{
    struct bracket *open = top(lexer);
    uint32_t at = lexer->is_holding ? lexer->held.span.start : lexer->newline.start;
    struct token token = {
        .kind = closer_of(open->opener), .span = {lexer->source, at, at}, .is_virtual = true};
    if (token.kind == STR_TAIL) {
        token.value.text = (struct token_text){"", 0};
        lexer_leave_string(lexer);
    }
    bracket_pop(lexer, &token);
    lexer->is_closing = lexer->brackets.count > lexer->close_to;
    return token;
}

/* The next token, brackets balanced, newlines only where they count. */
static struct token step(struct lexer *lexer)
{
    while (!lexer->is_holding) {
        if (lexer->is_closing)
            return virtual_closer(lexer);
        hold(lexer);
    }
    if (lexer->is_closing)
        return virtual_closer(lexer);
    bool counts = lexer->has_newline && newline_counts(lexer);
    lexer->has_newline = false;
    if (counts && lexer->held.kind == ELSE) {
        lexer->held.is_told = true;
        lexer->is_if_broken = false;
    }
    if (counts && !line_is_late(lexer))
        return (struct token){.kind = NL, .span = lexer->newline};
    lexer->is_holding = false;
    return lexer->held;
}

/* -- what is remembered of tokens handed out -- */

static void track_brackets(struct lexer *lexer, struct token *token)
{
    line_track_block(lexer, token);
    bool was_attr_name = lexer->is_attr_name;
    lexer->is_attr_name = token->kind == '@';
    bool closes = opener_of(token->kind);
    if (closes && !token->is_virtual)
        bracket_pop(lexer, token);
    if (opens(token->kind))
        bracket_push(lexer, token, opens(token->kind));
    if (!closes)
        lexer->is_attr_end = was_attr_name && token->kind == ID;
}

static void remember(struct lexer *lexer, const struct token *token)
{
    int last = lexer->last[0].kind;
    if (last == NL || last == '{' || last == 0) {
        lexer->line_first = *token;
        lexer->head = token->kind;
        lexer->said_operator = false;
    } else if (last == IF || last == WHILE || last == FOR || last == MATCH || last == RETURN ||
               last == FAT) {
        lexer->head = last;
    }
    lexer->last[2] = lexer->last[1];
    lexer->last[1] = lexer->last[0];
    lexer->last[0] = *token;
}

static bool is_keyword(const struct lexer *lexer, const struct token *token)
{
    char first = lexer->source->text[token->span.start];
    bool is_word = first >= 'a' && first <= 'z' && token->span.end > token->span.start;
    return is_word && token->kind != ID && token->kind != FOREIGN && token->kind != TRUE &&
           token->kind != FALSE && token->kind != BYTES;
}

/* Keywords taken for names come in groups, `(task, after)`: each is a mistake of its own, and none
 * makes another. */
static void take_keyword(struct lexer *lexer, struct token *token)
{
    int last = lexer->last[0].kind;
    if (lexer->brackets.count < lexer->names_depth)
        lexer->names_depth = 0;
    if (lexer->names_depth && (last == '(' || last == ',') && is_keyword(lexer, token)) {
        lexer_take_keyword(lexer, token, false);
        token->kind = ID;
    }
}

/* -- recovery -- */

static bool ends_broken_part(const struct lexer *lexer, const struct token *token)
{
    uint32_t depth = lexer->brackets.count;
    if (token->kind == 0 || depth < lexer->skip_depth)
        return true;
    if (depth > lexer->skip_depth || lexer->skips_whole)
        return false;
    if (token->kind == STR_MID || token->kind == SPEC_TEXT)
        return true;
    bool is_outer = lexer->indent <= lexer->item_indent;
    if (token->kind == NL)
        return depth || (is_outer && (starts_item(lexer->held.kind) || lexer->held.kind == '@' ||
                                      lexer->held.kind == LET || habit_is_item(&lexer->held)));
    return token->kind == ',' && depth && top(lexer)->opener != '{' && lexer->skip_angles <= 0;
}

void balance_skip_whole(struct lexer *lexer, const struct token *unexpected)
{
    lexer->skips_whole = true;
    balance_skip(lexer, unexpected, false);
    lexer->skips_whole = lexer->is_skipping;
}

void balance_skip(struct lexer *lexer, const struct token *unexpected, bool is_around)
{
    bool closes = opener_of(unexpected->kind);
    lexer->skip_depth = lexer->brackets.count - (opens(unexpected->kind) ? 1 : 0);
    lexer->skip_angles = unexpected->kind == '<';
    if (is_around && !closes)
        lexer->skip_depth -= lexer->skip_depth > 0;
    else if (!is_around && (closes || ends_broken_part(lexer, unexpected)))
        return;
    lexer->is_skipping = true;
}

struct token balance_next(struct lexer *lexer)
{
    for (;;) {
        struct token token = step(lexer);
        track_brackets(lexer, &token);
        take_keyword(lexer, &token);
        if (lexer->is_skipping && !ends_broken_part(lexer, &token)) {
            bool is_type = lexer->last[0].kind == TYPE_ID && token.kind == '<';
            if (lexer->skip_angles > 0 || is_type)
                lexer->skip_angles += (token.kind == '<') - (token.kind == '>');
            lexer->last[0] = token;
            continue;
        }
        token.is_sync = lexer->is_skipping;
        lexer->is_skipping = lexer->skips_whole = false;
        remember(lexer, &token);
        return token;
    }
}
