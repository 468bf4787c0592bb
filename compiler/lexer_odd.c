/* lexer_odd.c - signs, numbers and comments that are none in dfl: what each is answered, and the
 * token that it stands for. */
#include "lexer_core.h"

#include "parser.h"

#include <string.h>

enum { ODD_MAX = 100 }; /* names and signs that are told once; further ones each time */

void odd_habit(struct lexer *lexer, const char *text)
{
    struct span span = lexer_span(lexer, lexer->start, lexer->offset);
    if (lexer_text(lexer)[0] == '#')
        span.end = span.start + 1;
    struct diag *d = diag_error(lexer->diags, DIAG_foreign, span, "%s", text);
    const char *instead = lexer_text(lexer)[0] == '#'   ? "//"
                          : lexer_text(lexer)[0] == ';' ? ""
                                                        : NULL;
    if (instead)
        diag_fix(lexer->diags, d, span, "%s", instead);
}

void odd_return(struct lexer *lexer)
{
    if (lexer->said_return)
        return;
    lexer->said_return = true;
    struct diag *d =
        diag_error(lexer->diags, DIAG_character, lexer_span(lexer, lexer->start, lexer->offset),
                   "a carriage return alone ends no line");
    diag_hint(lexer->diags, d, "save the file with line feeds as line ends, LF or CR LF");
}

void odd_block_comment(struct lexer *lexer)
{
    bool has_end = strstr(lexer->source->text + lexer->offset, "*/");
    diag_error(lexer->diags, has_end ? DIAG_foreign : DIAG_open_string,
               lexer_span(lexer, lexer->start, lexer->offset), "%s",
               has_end ? "there is no `/* */`: start each line of a comment with `//`"
                       : "this is never closed; a comment starts with `//` on each line");
}

bool odd_semicolon(struct lexer *lexer)
{
    uint32_t depth = lexer->brackets.count;
    bool is_in_parens = depth && lexer->brackets.at[depth - 1].is_for;
    bool is_in_head =
        lexer->is_skipping && (lexer->head == FOR || lexer->head == IF || lexer->head == WHILE);
    if (is_in_head)
        return false;
    if (depth && lexer->brackets.at[depth - 1].opener == '[' && !lexer->is_skipping) {
        odd_habit(lexer,
                  "an array's type has no length: write `[int]`; `fill(x, n)` makes one of n");
        lexer->cut.is_told = true; /* it parts what a comma would */
        return true;
    }
    if (!lexer->said_semicolon && !is_in_parens && !lexer->is_skipping) {
        odd_habit(lexer, "`;` has no use: a newline ends a statement, so remove it");
        lexer->said_semicolon = true;
    }
    return true;
}

/* What stands behind `#`, at most to the end of the line. */
static const char *hash_text(const char *word)
{
    static const struct {
        const char *word, *text;
    } rows[] = {
        {"include", "there is no `#include`: write `import name`"},
        {"define", "there are no macros: a constant is `let n = 3`, others are functions"},
        {"if", "there is no preprocessor"},
        {"pragma", "there is no preprocessor"},
        {"undef", "there is no preprocessor"},
        {"[", "an attribute is written `@name`; values print and compare by themselves"},
        {"!", "a comment starts with `//`, not with `#`"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strncmp(word, rows[i].word, strlen(rows[i].word)))
            return rows[i].text;
    return "a comment starts with `//`, not with `#`";
}

bool odd_is_array(const struct lexer *lexer)
{
    int last = lexer->last[0].kind;
    return lexer_text(lexer)[1] == '[' && !lexer->has_newline && !lexer->is_skipping &&
           (last == '=' || last == '(' || last == ',' || last == RETURN || last == IN);
}

void odd_elif(struct lexer *lexer)
{
    int len = (int)(lexer->offset - lexer->start);
    struct span span = lexer_span(lexer, lexer->start, lexer->offset);
    if (lexer->is_skipping || lexer->said_elif)
        return;
    lexer->said_elif = true;
    struct diag *d = diag_error(lexer->diags, DIAG_foreign, span,
                                "there is no `%.*s`: write `else if`", len, lexer_text(lexer));
    diag_fix(lexer->diags, d, span, "else if");
}

bool odd_hash(struct lexer *lexer)
{
    const char *word = lexer_text(lexer) + 1, *text = hash_text(word + strspn(word, " \t"));
    bool is_comment = strstr(text, "comment") != NULL;
    if (lexer->is_skipping || (is_comment && lexer->said_hash))
        return false;
    odd_habit(lexer, text);
    lexer->said_hash |= is_comment;
    lexer->cut.is_told = strstr(text, "constant") && !lexer->brackets.count;
    lexer->cut.value.name = intern(lexer->names, "#", 1);
    return lexer->cut.is_told;
}

const char *odd_dots(const struct lexer *lexer)
{
    int last = lexer->last[0].kind, first = lexer->line_first.kind;
    bool is_range = lexer->source->text[lexer->start + 2] == '=';
    if (first == FN || first == TASK || first == IO || first == PUB)
        return "a function takes a fixed number of arguments: many are one array, `xs: [int]`";
    if (!is_range && (last == '[' || last == '(' || last == ','))
        return "there is no `...`: `xs + ys` joins arrays";
    if ((last == INT || last == STR) && lexer->last[0].span.start == lexer->line_first.span.start)
        return "a pattern has no ranges: write `n if n >= 1 && n < 5 => ...`";
    return "a range is `lo..hi`, without `hi`: write `lo..hi + 1` to include it";
}

bool odd_is_lifetime(const struct lexer *lexer)
{
    const char *text = lexer_text(lexer);
    size_t len = strspn(text + 1, NAME_CHARS);
    int last = lexer->last[0].kind;
    return text[0] == '\'' && len && text[1 + len] != '\'' &&
           (last == '&' || last == '<' || last == ':' || text[1 + len] == '>');
}

void odd_stray(struct lexer *lexer)
{
    lexer->broken =
        lexer_span(lexer, lexer->start, lexer->offset + (uint32_t)strcspn(lexer_rest(lexer), "\n"));
    if (lexer->is_skipping)
        return;
    unsigned char byte = (unsigned char)lexer_text(lexer)[0];
    struct span span = lexer_span(lexer, lexer->start, lexer->offset);
    if (byte == '\\')
        diag_error(lexer->diags, DIAG_foreign, span,
                   "a lambda is written `|x| x + 1`; a line goes on after an operator");
    else if (byte > ' ' && byte < 0x7f)
        diag_error(lexer->diags, DIAG_character, span, "`%c` has no place here", byte);
    else
        diag_error(lexer->diags, DIAG_character, span, "the byte 0x%02x has no place here", byte);
}

/* Whether this is the first time; each odd name and sign is told once, as it is one habit. */
static bool is_new(struct lexer *lexer, const char *name)
{
    for (uint32_t i = 0; i < lexer->odd.count; i++)
        if (lexer->odd.at[i] == name)
            return false;
    if (lexer->odd.count < ODD_MAX)
        vec_push(lexer->arena, &lexer->odd, name);
    return true;
}

void odd_number(struct lexer *lexer)
{
    if (lexer_report_odd_quote(lexer, lexer->start))
        return;
    const char *text = lexer_text(lexer), *unit = text + strspn(text, "0123456789_.");
    uint32_t len = lexer->offset - lexer->start;
    struct diag *d =
        diag_error(lexer->diags, DIAG_number, lexer_span(lexer, lexer->start, lexer->offset),
                   "`%.*s` is not a number", len < 60 ? (int)len : 60, text);
    if (unit > text && strchr("uUiIlLfFdDn", *unit))
        diag_hint(lexer->diags, d,
                  "a number takes its type from its place: `let x: u8 = 3`, `3 as u8`; a fraction "
                  "has a point");
}

bool odd_is_point(const struct lexer *lexer)
{
    char next = *lexer_rest(lexer);
    return lexer->last[0].kind != '.' && next != '.' && !(next && strchr(NAME_CHARS, next));
}

void odd_point(struct lexer *lexer)
{
    enum { LONGEST = 60 };
    struct span span = lexer_span(lexer, lexer->start, lexer->offset);
    const char *text = lexer_text(lexer);
    int whole = (int)strcspn(text, ".") + 1, len = (int)(span.end - span.start);
    if (lexer->is_skipping)
        return;
    struct diag *d = diag_error(lexer->diags, DIAG_number, span,
                                "a digit is missing behind the point of this number");
    if (len <= LONGEST)
        diag_hint(lexer->diags, d, "write `%.*s0%.*s`", whole, text, len - whole, text + whole);
    diag_fix(lexer->diags, d, span, "%.*s0%.*s", whole, text, len - whole, text + whole);
}

int odd_name(struct lexer *lexer)
{
    struct span span = lexer_span(lexer, lexer->start, lexer->offset);
    char first = lexer_text(lexer)[0];
    if (first >= '0' && first <= '9') {
        odd_number(lexer);
        return INT;
    }
    lexer_word(lexer, ID);
    if (is_new(lexer, lexer->cut.value.name))
        diag_error(lexer->diags, DIAG_character, span,
                   "names are made of ASCII letters, digits and `_`");
    return first >= 'A' && first <= 'Z' ? lexer_opens_record(lexer) ? RECORD_ID : TYPE_ID : ID;
}

int odd_sign(struct lexer *lexer)
{
    static const struct {
        const char *bytes, *instead, *text;
        int token;
    } rows[] = {
#define SIGN(bytes, token, instead, text) {bytes, instead, text, token},
#include "sign.def"
#undef SIGN
    };
    struct span span = lexer_span(lexer, lexer->start, lexer->offset);
    const char *text = "names are made of ASCII letters, digits and `_`", *instead = NULL;
    int token = NL;
    lexer->cut.is_told = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].bytes) == span.end - span.start &&
            !memcmp(rows[i].bytes, lexer_text(lexer), span.end - span.start)) {
            token = rows[i].token;
            text = rows[i].text;
            instead = rows[i].instead;
            lexer->cut.is_told = false;
        }
    if (is_new(lexer, intern(lexer->names, lexer_text(lexer), span.end - span.start))) {
        struct diag *d = diag_error(lexer->diags, DIAG_character, span, "%s", text);
        if (instead)
            diag_fix(lexer->diags, d, span, "%s", instead);
    }
    return token;
}

/* Bytes of a curly quote at the start of the text, if it is one. */
static size_t curly_at(const char *text)
{
    if (!strncmp(text, "\xe2\x80", 2) && (unsigned char)text[2] >= 0x98 &&
        (unsigned char)text[2] <= 0x9f)
        return 3;
    return !strncmp(text, "\xc2\xab", 2) || !strncmp(text, "\xc2\xbb", 2) ? 2 : 0;
}

size_t odd_curly_len(const char *text)
{
    size_t at = curly_at(text);
    while (text[at] && text[at] != '"' && !curly_at(text + at))
        at++;
    return !text[at] ? string_unclosed_len(text) : at + (text[at] == '"' ? 1 : curly_at(text + at));
}

void odd_quoted(struct lexer *lexer, const char *text)
{
    uint32_t len = lexer->offset - lexer->start;
    if (!lexer->is_skipping)
        odd_habit(lexer, text);
    lexer->cut.is_told = lexer->last[0].kind == ID && lexer->last[0].span.end == lexer->start;
    lexer->cut.value.text = string_text(lexer, lexer_text(lexer) + 1, len > 1 ? len - 2 : 0);
}

/* `n // 2`: a blank, a number and no more, as the formatter never leaves a comment. If brackets
 * that close something are in it, the rest of the line is lost, which makes it an error. */
void odd_division(struct lexer *lexer, const char *text, uint32_t len)
{
    const struct token *last = &lexer->last[0];
    uint32_t blanks = lexer->start - last->span.end, at = 2 + (len > 2 && text[2] == ' ');
    uint32_t digits = (uint32_t)strspn(text + at, "0123456789");
    uint32_t rest = (uint32_t)strspn(text + at + digits, " )]}");
    if (!last->span.source || blanks > 1 || !digits || at + digits + rest < len ||
        !balance_ends_operand(last->kind) || lexer->is_skipping)
        return;
    struct span span = lexer_span(lexer, lexer->start, lexer->start + 2);
    const char *what = "`//` starts a comment: what follows is not computed";
    bool is_lost = strcspn(text + at + digits, ")]}\n") < rest;
    struct diag *d = is_lost ? diag_error(lexer->diags, DIAG_comment_division, span, "%s", what)
                             : diag_warning(lexer->diags, DIAG_comment_division, span, "%s", what);
    if (is_lost)
        balance_excuse_line(lexer);
    diag_hint(lexer->diags, d,
              "`/` of ints drops the fraction; a comment stands behind two blanks");
    diag_fix(lexer->diags, d, lexer_span(lexer, lexer->start, lexer->start + 2), "/");
}
