/* habit.c - what people who know another language write, and how dfl says it: habit.def has the
 * words; the forms that no single word gives away are told here by the tokens around the place
 * where the parser stopped. Read habit_report last. */
#include "habit.h"

#include "parser.h"

#include <string.h>

/* The place where the parser stopped. */
struct stop {
    const struct lexer *lexer;
    int kind, before, second_before; /* of the unexpected token and the two before it */
    int first, head;                 /* of the statement: its first token, its last keyword */
    char bracket;                    /* that it stands in, 0 for none */
    const char *const *expected;
    int count;
};

static bool fits(const struct stop *stop, const char *token_name)
{
    for (int i = 0; i < stop->count; i++)
        if (!strcmp(stop->expected[i], token_name))
            return true;
    return false;
}

static bool wants_expression(const struct stop *stop)
{
    return fits(stop, "FLOAT") && fits(stop, "`await`");
}

static bool ends_expression(const struct stop *stop)
{
    return fits(stop, "`==`") || fits(stop, "`&&`") || fits(stop, "`||`");
}

static bool starts_operand(int kind)
{
    return kind == ID || kind == TYPE_ID || kind == RECORD_ID || kind == INT || kind == FLOAT ||
           kind == DURATION || kind == STR || kind == STR_HEAD || kind == BYTES || kind == TRUE ||
           kind == FALSE || kind == '(' || kind == '[';
}

static bool is_compare(int kind)
{
    return kind == EQ || kind == NE || kind == '<' || kind == '>' || kind == LE || kind == GE ||
           kind == IS;
}

static bool starts_declaration(int kind)
{
    return kind == FN || kind == TASK || kind == IO || kind == RECORD || kind == ENUM ||
           kind == IMPORT || kind == EXTERN || kind == PUB || kind == TEST;
}

/* -- forms, by where the parser stood -- */

static const char *in_head(const struct stop *stop)
{
    if (stop->bracket == 'f')
        return "a loop runs over values: write `for i in 0..n { ... }` or `for x in xs { ... }`";
    if (stop->kind == '=' && (stop->head == IF || stop->head == WHILE) && ends_expression(stop))
        return "`=` assigns, and only as a statement: write `==` to compare";
    if (stop->head == FOR && fits(stop, "`in`") && !fits(stop, "','"))
        return "a loop is written `for x in xs { ... }` or `for i in 0..n { ... }`";
    if (stop->before == ELSE && fits(stop, "'{'") && stop->count == 2)
        return "the branches of an `if` stand in braces: write `else { ... }`";
    bool is_head = stop->head == IF || stop->head == WHILE || stop->head == FOR;
    if (is_head && fits(stop, "'{'") &&
        (starts_operand(stop->kind) || stop->kind == ':' || stop->kind == RETURN ||
         stop->kind == NL))
        return "braces are missing: a block `{ ... }` follows here";
    return NULL;
}

static const char *in_signature(const struct stop *stop)
{
    if (fits(stop, "`->`") && stop->kind == FAT)
        return "a function's body stands in braces: write `-> type { ... }`";
    if (fits(stop, "`->`") && (stop->kind == ':' || stop->kind == ID || stop->kind == TYPE_ID ||
                               stop->kind == RECORD_ID || stop->kind == '['))
        return "the result's type follows an arrow: write `-> type`";
    if (stop->count == 1 && fits(stop, "':'") && stop->before == ID)
        return "a colon and a type follow the name: write `name: type`";
    if ((stop->first == LET || stop->first == VAR) && fits(stop, "':'") && fits(stop, "'='") &&
        starts_operand(stop->kind))
        return "a type follows a colon: write `let name: type = ...`";
    if (stop->kind == ARROW && fits(stop, "`=>`"))
        return "an arm is written `pattern => value`";
    if (stop->before == '[' && stop->kind == ']' && fits(stop, "`future`"))
        return "an array's type has its element's type in it: write `[int]`";
    if (stop->kind == '<' && fits(stop, "'!'") && fits(stop, "'?'"))
        return "types take no `<...>`: an array is `[T]`, a map `map[K, V]`";
    return NULL;
}

static const char *in_declaration(const struct stop *stop)
{
    if (stop->before == EXTERN)
        return "an `extern` names its header: write `extern \"math.h\" fn ...`";
    if (stop->first == EXTERN && stop->before == STR && stop->kind == '{')
        return "each function of C has an `extern \"header.h\" fn ...` of its own";
    if (stop->first == EXTERN && stop->kind == '{')
        return "a function of C has its body in C: its declaration ends here";
    if (stop->first == IMPORT && stop->kind == STR)
        return "a module is named without quotes: write `import name`";
    if (stop->first == IMPORT && stop->kind == FROM)
        return "the module comes first: write `import module.{name}`";
    if (stop->first == IMPORT && stop->kind == AS)
        return "a module keeps its name: there is no `import ... as`";
    if (stop->first == IMPORT && stop->kind == ',' && !stop->bracket)
        return "each module has an `import` line of its own";
    if (stop->before == RECORD_ID && stop->kind == '{')
        return "a variant's values stand in parentheses: write `Name(int, str)`";
    if (fits(stop, "`record`") && stop->kind == VAR)
        return "at module level nothing changes: write `let`, a compile-time constant";
    if (fits(stop, "`record`") && stop->kind != '}' && stop->kind != LET)
        return "statements stand in functions; a program starts in "
               "`io task main(args: [str]) -> int! { ... }`";
    if (starts_declaration(stop->kind) && (stop->before == NL || stop->before == '{'))
        return "declarations stand at module level, outside every block";
    if (stop->kind == FN && wants_expression(stop))
        return "there is no `fn` without a name: a lambda is `|x| x + 1`";
    return NULL;
}

static const char *in_return(const struct stop *stop)
{
    if (stop->kind == ',' && stop->head == RETURN && stop->bracket != '(' && stop->bracket != '[')
        return "a function returns one value: write the tuple `return (a, b)`";
    return NULL;
}

static const char *in_future(const struct stop *stop)
{
    if (stop->before == TRY && stop->kind == '{')
        return "there are no exceptions: match a `T!`, or take `try await f` apart with `match`";
    if (stop->before == TRY)
        return "`try` stands before `await` only: `x?` hands an error up";
    if (stop->before == SPAWN)
        return "`spawn` takes a call by name: write `spawn f(x)`";
    if (stop->before == '?' && (stop->kind == '.' || stop->kind == '[' || stop->kind == '('))
        return "what is awaited goes on in parentheses: write `(await f)?.g`";
    return NULL;
}

static const char *behind_operand(const struct stop *stop)
{
    if (!ends_expression(stop))
        return NULL;
    if (stop->before == '?' && stop->second_before == '?' && starts_operand(stop->kind))
        return "there is no `?"
               "?`: write `x else y`";
    if (stop->before == '?' && starts_operand(stop->kind))
        return "there is no `? :`: write `if c { a } else { b }`";
    if (stop->kind == ':' && stop->before == ID && stop->first == ID)
        return "a name is declared with `let` or `var`: write `let x: int = ...`";
    if (is_compare(stop->kind) && fits(stop, "`&&`") && !fits(stop, "`==`"))
        return "comparisons do not chain: write `a < b && b < c`";
    if (starts_operand(stop->kind) && fits(stop, "','") && stop->bracket != '{')
        return "a comma is missing before this";
    if (stop->kind == '!')
        return "`!` stands before a bool or behind a type: hand an error up with `?`";
    if (stop->kind == IF)
        return "there is no `a if c else b`: write `if c { a } else { b }`";
    if (stop->kind == IN)
        return "`in` belongs to `for`: write `xs.contains(x)` or `m.has(k)`";
    if (stop->kind == DOTDOT)
        return "a range stands in `for`, in a comprehension or in `[ ]` only";
    if (stop->kind == ':' && stop->bracket == '[' && stop->second_before == '[')
        return "a part is written `xs[lo..hi]`";
    if (stop->kind == STEP && stop->bracket == '[')
        return "a slice has no step: write `[xs[i] for i in lo..hi step n]`";
    if (stop->kind == FAT)
        return "a lambda is written `|x| x + 1`";
    if (stop->before == TYPE_ID && stop->kind == '{')
        return "a record is written `Name { field: value }`";
    return NULL;
}

static const char *in_expression(const struct stop *stop)
{
    bool is_set = stop->kind == '=' || stop->kind == OP_SET;
    if (is_set && stop->bracket == '(')
        return "an argument is named with a colon: write `f(name: value)`; "
               "an assignment is a statement";
    if (is_set && stop->first != LET && stop->first != VAR && ends_expression(stop))
        return "an assignment is a statement: write it in braces, `{ x = 1 }`";
    if (stop->kind == ':' && stop->bracket == '[' && wants_expression(stop))
        return "all of an axis is `..`: write `m[.., j]`, and a part `xs[lo..hi]`";
    if (stop->kind == '&' && wants_expression(stop))
        return "there are no references: every value is passed as it is";
    if (stop->kind == '*' && wants_expression(stop))
        return "there are no pointers: every value is passed as it is";
    if ((stop->kind == LET || stop->kind == VAR) && wants_expression(stop))
        return "a declaration is a statement: write it in braces, or on a line before";
    return NULL;
}

/* -- words -- */

static bool is_text(const struct lexer *lexer, const struct token *token, const char *word)
{
    uint32_t len = token->span.end - token->span.start;
    return strlen(word) == len && !memcmp(lexer->source->text + token->span.start, word, len);
}

/* What is known of a word: the sentence, and what to write in its place if that is all. */
struct habit {
    const char *text, *instead;
};

static struct habit word_here(const struct lexer *lexer, const struct token *token)
{
#define HERE(word, text) SWAP(word, NULL, text)
#define SWAP(word, instead, text)                                                                  \
    if (is_text(lexer, token, word))                                                               \
        return (struct habit){text, instead};
#define LEAD(word, text)
#include "habit.def"
#undef HERE
#undef SWAP
#undef LEAD
    return (struct habit){0};
}

static const char *word_lead(const struct lexer *lexer, const struct token *token)
{
#define HERE(word, text)
#define SWAP(word, instead, text)
#define LEAD(word, text)                                                                           \
    if (is_text(lexer, token, word))                                                               \
        return text;
#include "habit.def"
#undef HERE
#undef SWAP
#undef LEAD
    return NULL;
}

/* A keyword where only a name of one's own can stand. */
static bool is_keyword_for_name(const struct stop *stop, const struct token *token)
{
    char first = stop->lexer->source->text[token->span.start];
    bool is_keyword = first >= 'a' && first <= 'z' && stop->kind != ID && stop->kind != INT &&
                      stop->kind != BYTES && stop->kind != FOREIGN;
    return is_keyword && fits(stop, "a name") && !wants_expression(stop) &&
           !starts_declaration(stop->kind);
}

/* The sentence, and which token it is about. */
static struct habit word_habit(const struct stop *stop, const struct token *unexpected,
                               struct span *span)
{
    const struct token *before = &stop->lexer->last[1];
    struct habit habit = {0};
    bool is_start =
        stop->before == NL || stop->before == '{' || stop->before == 0 || stop->before == PUB;
    bool is_word_behind = starts_operand(stop->kind) || unexpected->kind > 256;
    if (stop->first == EXTERN && stop->kind == '{')
        return habit; /* in_declaration() has the word */
    if (stop->kind == ID || stop->kind == FOREIGN)
        habit = word_here(stop->lexer, unexpected);
    char behind = stop->lexer->source->text[unexpected->span.end];
    bool is_used = behind == '(' || behind == '.' || behind == '[';
    if (!habit.text && is_start && !is_used && (stop->kind == ID || stop->kind == FROM))
        habit.text = word_lead(stop->lexer, unexpected);
    if (!habit.text && stop->before == ID && stop->kind != NL &&
        (is_word_behind || stop->kind == '{' || stop->kind == ':')) {
        habit.text = word_lead(stop->lexer, before);
        *span = habit.text ? before->span : *span;
    }
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

bool habit_report(struct diags *diags, const struct lexer *lexer, const struct token *unexpected,
                  const char *const expected[], int count)
{
    typedef const char *form(const struct stop *);
    static form *const forms[] = {in_head,        in_signature,   in_return,    in_future,
                                  in_declaration, behind_operand, in_expression};
    struct stop stop = {.lexer = lexer,
                        .kind = unexpected->kind,
                        .before = lexer->last[1].kind,
                        .second_before = lexer->last[2].kind,
                        .first = lexer->line_first.kind,
                        .head = lexer->head,
                        .bracket = bracket_around(lexer, unexpected),
                        .expected = expected,
                        .count = count};
    struct span span = unexpected->span;
    if (unexpected->kind == RESERVED) {
        diag_error(diags, DIAG_reserved, span, "`%s` is a word kept for later: choose another name",
                   unexpected->value.name);
        return true;
    }
    if (is_keyword_for_name(&stop, unexpected)) {
        diag_error(diags, DIAG_foreign, span, "`%.*s` is a keyword: choose another name",
                   (int)(span.end - span.start), lexer->source->text + span.start);
        return true;
    }
    struct habit habit = word_habit(&stop, unexpected, &span);
    for (size_t i = 0; !habit.text && i < sizeof forms / sizeof *forms; i++)
        habit.text = forms[i](&stop);
    if (!habit.text)
        return false;
    struct diag *d = diag_error(diags, DIAG_foreign, span, "%s", habit.text);
    if (habit.instead)
        diag_fix(diags, d, span, "%s", habit.instead);
    return true;
}
