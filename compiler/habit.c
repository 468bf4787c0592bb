/* habit.c - what people who know another language write, and how dfl says it: habit.def has the
 * words, habit_form.c the forms that no single word gives away. Read habit_report last. */
#include "habit_core.h"

#include <string.h>

/* -- the place -- */

bool stop_fits(const struct stop *stop, const char *token_name)
{
    for (int i = 0; i < stop->count; i++)
        if (!strcmp(stop->expected[i], token_name))
            return true;
    return false;
}

bool stop_wants_expression(const struct stop *stop)
{
    return stop_fits(stop, "FLOAT") && stop_fits(stop, "`await`");
}

bool stop_ends_expression(const struct stop *stop)
{
    return stop_fits(stop, "`==`") || stop_fits(stop, "`&&`") || stop_fits(stop, "`||`");
}

bool stop_is_item(const struct stop *stop)
{
    return stop_fits(stop, "`record`");
}

bool stop_is_signature(const struct stop *stop)
{
    return stop->first == FN || stop->first == TASK || stop->first == IO || stop->first == PUB ||
           stop->first == EXTERN;
}

bool stop_starts_operand(int kind)
{
    return kind == ID || kind == TYPE_ID || kind == RECORD_ID || kind == INT || kind == FLOAT ||
           kind == DURATION || kind == STR || kind == STR_HEAD || kind == BYTES || kind == TRUE ||
           kind == FALSE || kind == '(' || kind == '[';
}

bool stop_starts_declaration(int kind)
{
    return kind == FN || kind == TASK || kind == IO || kind == RECORD || kind == ENUM ||
           kind == IMPORT || kind == EXTERN || kind == PUB || kind == TEST;
}

static bool is_text(struct span span, const char *word)
{
    uint32_t len = span.end - span.start;
    return strlen(word) == len && !memcmp(span.source->text + span.start, word, len);
}

bool token_is_word(const struct token *token, const char *word)
{
    return is_text(token->span, word);
}

/* -- words -- */

enum row_kind { ROW_HERE, ROW_LEAD, ROW_CALL };

static const struct row {
    enum row_kind kind;
    bool is_item; /* starts a declaration */
    const char *word, *text, *instead;
} rows[] = {
#define HERE(word, text)          {ROW_HERE, false, word, text, NULL},
#define SWAP(word, instead, text) {ROW_HERE, false, word, text, instead},
#define LEAD(word, text)          {ROW_LEAD, false, word, text, NULL},
#define ITEM(word, text)          {ROW_LEAD, true, word, text, NULL},
#define CALL(word, text)          {ROW_CALL, false, word, text, NULL},
#include "habit.def"
#undef HERE
#undef SWAP
#undef LEAD
#undef ITEM
#undef CALL
};

bool habit_is_item(const struct token *token)
{
    struct span span = token->span;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].is_item && is_text(span, rows[i].word))
            return true;
    return false;
}

static struct habit find_row(struct span span, enum row_kind kind)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == kind && is_text(span, rows[i].word))
            return (struct habit){rows[i].text, span, rows[i].instead};
    return (struct habit){0};
}

/* Whether the text is what follows a name where one is declared: `= : , ) ( | < in`. */
static bool follows_name(const char *behind)
{
    behind += strspn(behind, " \t");
    return strchr("=:,)(|<}\n", *behind) || !strncmp(behind, "in ", 3);
}

static const char *text_behind(const struct stop *stop)
{
    const char *at = stop->lexer->source->text + stop->unexpected->span.end;
    return at + strspn(at, " \t");
}

/* A keyword where only a name of one's own can stand. */
static bool is_keyword_for_name(const struct stop *stop)
{
    const char *text = stop->lexer->source->text;
    const char *behind = text + stop->unexpected->span.end;
    char first = text[stop->unexpected->span.start];
    bool is_keyword = first >= 'a' && first <= 'z' && stop->kind != ID && stop->kind != INT &&
                      stop->kind != BYTES && stop->kind != FOREIGN;
    return is_keyword && stop_fits(stop, "a name") && !stop_wants_expression(stop) &&
           follows_name(behind) && (stop->bracket != 'f' || *behind == ',' || *behind == ')') &&
           stop->before != SPAWN &&
           (!stop_starts_declaration(stop->kind) ||
            (!stop->unexpected->is_first && !stop_starts_declaration(stop->before)));
}

/* `char *s = x`: the statement begins with the name of a type elsewhere. */
static struct habit type_in_front(const struct stop *stop)
{
    const struct token *first = &stop->lexer->line_first;
    struct habit habit = {0};
    if (stop->kind == '=' && first->kind == ID)
        habit = find_row(first->span, ROW_LEAD);
    return habit.text && !strncmp(habit.text, "the type follows", 16) ? habit : (struct habit){0};
}

static bool is_statement_start(int before)
{
    return before == NL || before == '{' || before == 0 || before == PUB;
}

/* `f"text"`: the word belongs to the string. */
static bool is_prefix(const struct stop *stop)
{
    const struct token *before = &stop->lexer->last[1];
    return (stop->kind == STR || stop->kind == STR_HEAD) &&
           before->span.end == stop->unexpected->span.start;
}

/* Of a word that is the name of a type elsewhere, by what is declared with it. */
static const char *type_first(const struct stop *stop, const struct token *word)
{
    const char *behind = stop->lexer->source->text + stop->unexpected->span.end;
    if (stop_is_item(stop) && word == stop->unexpected)
        behind += strspn(behind, " \t*"), behind += strcspn(behind, " \t\n(=;[,");
    behind += strspn(behind, " \t");
    if (stop_fits(stop, "`record`") && *behind == '(')
        return "a function is written `fn f(x: int) -> int { ... }`";
    return stop->count == 1 && stop_fits(stop, "':'")
               ? "the type follows the name: write `name: type`"
               : NULL;
}

/* `from math import sqrt, pi`, written as dfl has it. */
static const char *import_meant(const struct stop *stop, const struct token *word)
{
    const char *at = word->span.source->text + word->span.end;
    at += strspn(at, " ");
    int module = (int)strspn(at, NAME_CHARS);
    const char *names = at + module + strspn(at + module, " ");
    if (!module || strncmp(names, "import ", 7))
        return NULL;
    names += 7;
    int len = (int)strspn(names, NAME_CHARS ", ");
    while (len && names[len - 1] == ' ')
        len--;
    return !len || !strchr("\r\n", names[len])
               ? NULL
               : arena_format(stop->lexer->arena,
                              "there is no `from ... import`: write `import %.*s.{%.*s}`", module,
                              at, len, names);
}

/* The word that stands first, one that the parser stopped at, or one right before that. */
static struct habit word_habit(const struct stop *stop)
{
    const struct token *before = &stop->lexer->last[1];
    char behind = stop->lexer->source->text[stop->unexpected->span.end];
    bool is_used = behind == '(' || behind == '.' || behind == '[';
    bool is_word_behind = stop_starts_operand(stop->kind) || stop->kind > 256;
    const struct token *word = NULL;
    struct habit habit = {0};
    if (stop->second_before == IS && token_is_word(before, "not"))
        return (struct habit){"there is no `is not`: write `!(x is none)`", before->span, NULL};
    if (is_statement_start(stop->before) && !is_used && (stop->kind == ID || stop->kind == FROM))
        habit = find_row((word = stop->unexpected)->span, ROW_LEAD);
    if (!habit.text && stop->before == ID && is_statement_start(stop->second_before) &&
        stop->kind == ID)
        habit = find_row((word = before)->span, ROW_LEAD); /* `goto end` */
    if (!habit.text && (stop->kind == ID || stop->kind == FOREIGN)) {
        habit = find_row(stop->unexpected->span, ROW_HERE);
        if (habit.text)
            return habit;
    }
    if (!habit.text && stop->before == ID && stop->kind != NL &&
        (is_word_behind || stop->kind == '{' || (stop->kind == ':' && stop->bracket != '[')))
        habit = find_row((word = before)->span, ROW_LEAD);
    if (!habit.text)
        return habit;
    uint32_t len = habit.span.end - habit.span.start;
    if (len == 1 && !is_prefix(stop))
        return (struct habit){0};
    const char *text = strncmp(habit.text, "the type follows", 16) ? NULL : type_first(stop, word);
    if (token_is_word(word, "from"))
        text = import_meant(stop, word);
    habit.text = text ? text : habit.text;
    return habit;
}

/* The word before the parentheses that the parser stopped in or behind: `switch (x) {`. */
static struct habit word_call(const struct stop *stop)
{
    const struct lexer *lexer = stop->lexer;
    const char *text = lexer->source->text;
    uint32_t at = lexer->last[1].span.start, depth = lexer->brackets.count;
    if (stop->before == ')') {
        for (int open = 1; at && open; at--)
            open += (text[at - 1] == ')') - (text[at - 1] == '(');
    } else if (stop->bracket == '(' && depth) {
        bool is_own = lexer->brackets.at[depth - 1].span.start == stop->unexpected->span.start;
        at = lexer->brackets.at[depth - 1 - (is_own && depth > 1)].span.start;
    } else {
        return (struct habit){0};
    }
    while (at && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    uint32_t end = at;
    while (at && text[at - 1] >= 'a' && text[at - 1] <= 'z')
        at--;
    return find_row((struct span){lexer->source, at, end}, ROW_CALL);
}

static struct habit find_habit(const struct stop *stop)
{
    struct habit habit = {0};
    bool has_c_body = stop->first == EXTERN && stop->kind == '{'; /* a form has the word */
    bool has_form = stop->kind == FOREIGN && stop->head == FOR;
    if (stop->bracket != 'f' && !has_c_body && !has_form)
        habit = word_habit(stop);
    if (!habit.text)
        habit = type_in_front(stop);
    if (!habit.text)
        habit = word_call(stop);
    if (!habit.text)
        habit = habit_form(stop);
    if (!habit.span.source)
        habit.span = stop->unexpected->span;
    return habit;
}

static char bracket_around(const struct lexer *lexer, const struct token *unexpected)
{
    uint32_t depth = lexer->brackets.count;
    char own = unexpected->kind == STR_HEAD ? '"' : (char)unexpected->kind;
    if (depth && unexpected->span.end == lexer->brackets.at[depth - 1].span.end &&
        lexer->brackets.at[depth - 1].opener == own)
        depth--;
    if (!depth)
        return 0;
    const struct bracket *bracket = &lexer->brackets.at[depth - 1];
    return bracket->is_for && unexpected->kind != ',' ? 'f' : bracket->opener;
}

/* Blocks by indentation and exceptions are one habit each, whatever comes of them; true if it was
 * told before. */
static bool is_told(struct lexer *lexer, const struct stop *stop, const struct habit *habit)
{
    bool is_colon = stop->kind == ':' && (strstr(habit->text, "braces") != NULL);
    bool is_elif = lexer->said_colon && strstr(habit->text, "else if");
    bool is_arm = stop->kind != FAT && strstr(habit->text, "an arm is written") != NULL;
    bool is_catch = strstr(habit->text, "no exceptions") != NULL;
    bool was_told = (is_colon && lexer->said_colon) || is_elif || (is_catch && lexer->said_catch) ||
                    (is_arm && lexer->said_arm);
    lexer->said_arm |= is_arm;
    lexer->said_colon |= is_colon;
    lexer->is_if_broken |= stop->kind == NL && stop->head == IF && strstr(habit->text, "braces");
    lexer->said_catch |= is_catch;
    return was_told;
}

bool habit_report(struct diags *diags, struct lexer *lexer, const struct token *unexpected,
                  const char *const expected[], int count)
{
    struct stop stop = {.lexer = lexer,
                        .unexpected = unexpected,
                        .kind = unexpected->kind,
                        .before = lexer->last[1].kind,
                        .second_before = lexer->last[2].kind,
                        .first = lexer->line_first.kind,
                        .head = lexer->head,
                        .bracket = bracket_around(lexer, unexpected),
                        .expected = expected,
                        .count = count};
    if (unexpected->kind == RESERVED || is_keyword_for_name(&stop)) {
        bool is_field =
            stop.bracket == '{' && !stop_fits(&stop, "FLOAT") && *text_behind(&stop) == ':';
        lexer_take_keyword(lexer, unexpected, is_field);
        if (stop_fits(&stop, "FLOAT") && !stop_fits(&stop, "`await`"))
            lexer->names_depth = lexer->brackets.count;
        return true;
    }
    if (stop.before == REDUCE || stop.before == SCAN)
        return false;
    struct habit habit = find_habit(&stop);
    if (!habit.text || is_told(lexer, &stop, &habit))
        return habit.text;
    struct diag *d = diag_error(diags, DIAG_foreign, habit.span, "%s", habit.text);
    if (habit.instead)
        diag_fix(diags, d, habit.span, "%s", habit.instead);
    return true;
}
