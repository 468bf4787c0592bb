/* lexer_string.c - strings: their pieces between holes, and what is said of those that nothing
 * ends, whose holes nothing ends, or that hold braces which are no holes. */
#include "lexer_core.h"

#include "parser.h"

#include <string.h>

struct token_text string_text(struct lexer *lexer, const char *text, size_t len)
{
    return (struct token_text){arena_copy(lexer->arena, text, len), (uint32_t)len};
}

void string_add(struct lexer *lexer, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        vec_push(lexer->arena, &lexer->piece, text[i]);
}

void string_open(struct lexer *lexer, bool is_triple)
{
    struct open_string string = {.quote = lexer_span(lexer, lexer->start, lexer->offset),
                                 .is_triple = is_triple};
    if (is_triple)
        string.quote.end = string.quote.start + 3;
    vec_push(lexer->arena, &lexer->strings, string);
    lexer->piece.count = 0;
    lexer->piece_start = lexer->start;
    lexer->is_bytes = false;
}

/* Behind the quote at `at`, or the one that a backslash stands before; NULL if there is none. */
static const char *behind_quote(const char *at, bool *is_plain)
{
    *is_plain = *at == '"';
    if (*at == '\\' && at[1] == '"')
        return at + 2;
    return *at == '"' || *at == '\'' ? at + 1 : NULL;
}

/* Whether a brace of a string opens an object of JSON: a key in quotes and a colon follow, and what
 * is behind them can be no format of a hole. */
static bool opens_object(const char *at)
{
    bool is_plain;
    at = behind_quote(at + strspn(at, " \t\r\n"), &is_plain);
    if (!at)
        return false;
    at += strcspn(at, "\"'\\{}\n");
    const char *colon = behind_quote(at, &is_plain);
    if (!colon || colon[strspn(colon, " \t")] != ':')
        return false;
    const char *format = colon + strspn(colon, " \t") + 1;
    size_t len = strcspn(format, "}\"\n");
    bool has_align = len > 1 && strchr("<>^", format[1]);
    return !is_plain || format[len] != '}' || (format[0] == ' ' && !has_align);
}

/* The offset behind the brace that closes the one before `at`; the end of the string if none does.
 */
static uint32_t object_end(const struct lexer *lexer, uint32_t at)
{
    const char *text = lexer->source->text;
    bool is_triple = lexer->strings.at[lexer->strings.count - 1].is_triple;
    for (int depth = 1; depth && text[at]; at++) {
        if (is_triple ? !strncmp(text + at, "\"\"\"", 3) : text[at] == '\n')
            break;
        depth += (text[at] == '{') - (text[at] == '}');
    }
    return at;
}

bool string_is_json(struct lexer *lexer)
{
    if (lexer->start < lexer->json_to)
        return true;
    if (!opens_object(lexer_rest(lexer)))
        return false;
    struct span brace = lexer_span(lexer, lexer->start, lexer->offset);
    struct diag *d = diag_error(lexer->diags, DIAG_foreign, brace,
                                "a `{` in a string begins a value, and this is to be text");
    bool is_triple = lexer->strings.at[lexer->strings.count - 1].is_triple;
    diag_hint(lexer->diags, d, "%s",
              is_triple
                  ? "a brace itself is written `\\{`"
                  : "a brace itself is written `\\{`, a quote `\\\"` or in a string of \"\"\"");
    lexer->json_to = object_end(lexer, lexer->offset);
    return true;
}

bool string_is_in_hole(const struct lexer *lexer)
{
    uint32_t depth = lexer->strings.count;
    return depth && !lexer->strings.at[depth - 1].is_triple;
}

int string_forgotten(struct lexer *lexer)
{
    uint32_t hole = lexer->brackets.count;
    while (lexer->brackets.at[--hole].opener != '"')
        ;
    balance_report_hole(lexer, lexer->brackets.at[hole].span);
    lexer->cut.is_told = true;
    lexer->piece.count = 0;
    lexer->piece_start = lexer->start;
    return string_piece(lexer, true);
}

/* The last quote of the token's line, if the quotes there do not pair: then it is them that is
 * wrong, and what stands between them is not what it was to be. source NULL: they pair. */
static struct span odd_quote(const struct source *source, uint32_t at)
{
    const char *text = source->text, *triple;
    uint32_t count = 0, last = 0;
    while (at && text[at - 1] != '\n')
        at--;
    triple = strstr(text + at, "\"\"\"");
    if (triple && triple < text + at + strcspn(text + at, "\n"))
        return (struct span){0};
    for (; text[at] && text[at] != '\n'; at++) {
        if (text[at] == '\\' && text[at + 1] && text[at + 1] != '\n') {
            at++;
        } else if (text[at] == '"') {
            count++;
            last = at;
        } else if (text[at] == '/' && text[at + 1] == '/' && count % 2 == 0) {
            break;
        }
    }
    return count % 2 ? (struct span){source, last, last + 1} : (struct span){0};
}

static void report_unclosed(struct lexer *lexer, struct span quote, bool is_triple)
{
    if (quote.start >= lexer->broken.start && quote.start < lexer->broken.end)
        return; /* of the line it is told already */
    struct diag *d =
        diag_error(lexer->diags, DIAG_open_string, quote, "the string is never closed");
    diag_hint(lexer->diags, d,
              is_triple ? "end it with \"\"\""
                        : "end it with \" on its line; text of several lines stands in "
                          "\"\"\"...\"\"\"");
    uint32_t start = quote.start, end = quote.end;
    const char *text = lexer->source->text;
    while (start && text[start - 1] != '\n')
        start--;
    end += (uint32_t)strcspn(text + end, "\n");
    lexer->broken = lexer_span(lexer, start, end);
    balance_excuse_line(lexer);
}

bool lexer_report_odd_quote(struct lexer *lexer, uint32_t at)
{
    struct span quote = odd_quote(lexer->source, at);
    if (quote.source)
        report_unclosed(lexer, quote, false);
    return quote.source;
}

size_t string_unclosed_len(const char *text)
{
    enum { DEPTH = 64 };
    size_t outer = 0; /* the end of the last bracket that is no end of an outer one */
    char open[DEPTH];
    int depth = 0;
    size_t len = strcspn(text, "\r\n");
    for (size_t i = 0; i < len; i++) {
        const char *closer = memchr(")]}", text[i], 3);
        if (closer && (!depth || open[depth - 1] != *closer))
            continue;
        depth -= closer != NULL;
        if (text[i] && strchr("([{", text[i]) && depth < DEPTH)
            open[depth++] = text[i] == '(' ? ')' : text[i] == '[' ? ']' : '}';
        if (closer)
            outer = i + 1;
    }
    while (len > outer && len > 1 && strchr(" \t)]},;{", text[len - 1]))
        len--;
    return len;
}

enum { TOO_DEEP = -1 }; /* instead of lines: holes in holes were not followed to their end */

/* Behind the string that starts there, behind its quote, or NULL if it is not whole. Counts the
 * lines that end in its holes. */
static const char *behind_string(const char *at, int *lines, int depth);

/* Behind bytes, which have no holes, from behind their quote on. */
static const char *behind_bytes(const char *at)
{
    while (*at && *at != '\n' && *at != '"')
        at += *at == '\\' && at[1] && at[1] != '\n' ? 2 : 1;
    return *at == '"' ? at + 1 : NULL;
}

/* `open`: brackets of the hole that are open there. */
static const char *behind_hole(const char *at, int open, int *lines, int depth)
{
    enum { LINES_MOST = 50, DEPTH_MOST = 20 };
    while (*at && *lines < LINES_MOST && depth < DEPTH_MOST) {
        char c = *at++;
        *lines += c == '\n';
        open += c == '(' || c == '[' || c == '{';
        if (c == '}' && !open)
            return at;
        open -= c == ')' || c == ']' || c == '}';
        if (c == ':' && !open)
            at += strcspn(at, "}\"\r\n");
        if (c == 'b' && *at == '"' && !strchr(NAME_CHARS, at[-2]))
            at = behind_bytes(at + 1);
        else if (c == '"')
            at = behind_string(at, lines, depth + 1);
        if (open < 0 || !at)
            return NULL;
        if (c == '/' && *at == '/')
            at += strcspn(at, "\n");
    }
    *lines = depth < DEPTH_MOST ? *lines : TOO_DEEP;
    return NULL;
}

static const char *behind_string(const char *at, int *lines, int depth)
{
    while (*at && *at != '\n') {
        char c = *at++;
        if (c == '"')
            return at;
        if (c == '\\' && *at && *at != '\n')
            at++;
        else if (c == '{' && !(at = behind_hole(at, 0, lines, depth)))
            return NULL;
    }
    return NULL;
}

bool string_goes_on(struct lexer *lexer)
{
    int lines = 0;
    const char *text = lexer_text(lexer), *end = behind_string(text + 1, &lines, 0);
    if (!end || !lines)
        return false;
    struct span span = lexer_span(lexer, lexer->start, lexer->start + 1);
    span.end += (uint32_t)strcspn(text + 1, "\r\n");
    struct diag *d = diag_error(lexer->diags, DIAG_open_hole, span,
                                "a hole of this string goes on on the next line");
    diag_hint(lexer->diags, d, "give its value a name first, or write the text in \"\"\"...\"\"\"");
    lexer->cut.value.text = string_text(lexer, "", 0);
    lexer->skip_to = lexer->start + (uint32_t)(end - text);
    return true;
}

bool string_runs_on(struct lexer *lexer)
{
    enum { LINES_MOST = 50 };
    const char *text = lexer_text(lexer), *end = text + 1 + strcspn(text + 1, "\"\n");
    int lines = 0;
    for (; *end == '\n' && lines < LINES_MOST; lines++)
        end += 1 + strcspn(end + 1, "\"\n");
    if (!lines || *end != '"' || !strchr(")]},. \r\n", end[1]) ||
        !odd_quote(lexer->source, (uint32_t)(end - lexer->source->text)).source)
        return false;
    struct diag *d = diag_error(lexer->diags, DIAG_open_string,
                                lexer_span(lexer, lexer->start, lexer->start + 1),
                                "the string goes on on the next line");
    diag_hint(
        lexer->diags, d,
        "text of several lines stands in \"\"\"...\"\"\"; in \"...\" a new line is written `\\n`");
    lexer->cut.value.text = string_text(lexer, "", 0);
    lexer->skip_to = lexer->start + (uint32_t)(end + 1 - text);
    return true;
}

bool lexer_hole_ends(const struct lexer *lexer, uint32_t at)
{
    int lines = 0;
    return behind_hole(lexer->source->text + at, 0, &lines, 0) && !lines;
}

/* Whether the hole that begins behind the brace in hand ends on its line, and then its string, the
 * hole around that, and so on. */
static bool strings_end(const struct lexer *lexer)
{
    const char *at = lexer_rest(lexer);
    uint32_t depth = lexer->brackets.count, strings = lexer->strings.count;
    int lines = 0, open = 0;
    depth -= lexer->strings.at[strings - 1].has_hole; /* which the piece in hand closes */
    while (strings-- && !lexer->strings.at[strings].is_triple) {
        at = behind_hole(at, open, &lines, 0);
        at = at && !lines ? behind_string(at, &lines, 0) : at;
        if (!at || lines)
            return lines == TOO_DEEP;
        for (open = 0; depth && lexer->brackets.at[depth - 1].opener != '"'; depth--)
            open++;
        depth -= depth > 0;
    }
    return true;
}

bool string_is_loose(struct lexer *lexer)
{
    enum { LONGEST = 2000 }; /* what follows on a longer line is not looked at */
    if (lexer->strings.count < 2 || lexer->start < lexer->loose_to)
        return lexer->strings.count >= 2;
    const char *text = lexer_rest(lexer);
    if (strcspn(text, "\n") > LONGEST || strings_end(lexer))
        return false;
    balance_report_hole(lexer, lexer_span(lexer, lexer->start, lexer->offset));
    lexer->loose_to = lexer->broken.end;
    return true;
}

void string_unclosed(struct lexer *lexer)
{
    struct span quote = lexer_span(lexer, lexer->start, lexer->start + 1);
    quote.end += lexer_text(lexer)[0] == 'b';
    report_unclosed(lexer, quote, false);
    lexer->cut.value.text = string_text(lexer, "", 0);
    char last = *lexer_rest(lexer);
    lexer->is_broken = last == '\0' || last == '\n' || last == '\r';
}

int string_piece(struct lexer *lexer, bool is_end)
{
    struct open_string *string = &lexer->strings.at[lexer->strings.count - 1];
    bool is_first = !string->has_hole;
    string->has_hole = true;
    lexer->cut.value.text = string_text(lexer, lexer->piece.at, lexer->piece.count);
    lexer->start = lexer->piece_start;
    if (is_end)
        lexer_leave_string(lexer);
    if (is_end && is_first)
        return lexer->is_bytes ? BYTES : STR;
    return is_end ? STR_TAIL : is_first ? STR_HEAD : STR_MID;
}

/* The line, or the text, ends within a string. If that string began in a hole, it is the hole that
 * was meant to end: its string would have gone on, so no token is made of it, and 0 returned. */
int string_broken(struct lexer *lexer)
{
    uint32_t depth = lexer->strings.count - 1;
    struct open_string string = lexer->strings.at[depth];
    bool is_in_hole = depth && !string.is_triple && !lexer->strings.at[depth - 1].is_triple;
    if (is_in_hole) {
        uint32_t hole = lexer->brackets.count, own = string.has_hole;
        while (lexer->brackets.at[--hole].opener != '"' || own--)
            ;
        balance_report_hole(lexer, lexer->brackets.at[hole].span);
    } else {
        report_unclosed(lexer, string.quote, string.is_triple);
    }
    lexer->is_broken = true;
    if (is_in_hole && !string.has_hole) {
        lexer_leave_string(lexer);
        return 0;
    }
    return string_piece(lexer, true);
}

void lexer_leave_string(struct lexer *lexer)
{
    lexer->strings.count--;
}
