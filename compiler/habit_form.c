/* habit_form.c - forms of other languages that no single word gives away, told by the tokens around
 * the place where the parser stopped. A function for each kind of place; habit_form() at the end
 * has their order. */
#include "habit_core.h"
#include "suggest.h"

#include <string.h>

#define LOOPS "write `for i in 0..n { ... }` or `for x in xs { ... }`"

static bool is_compare(int kind)
{
    return kind == EQ || kind == NE || kind == '<' || kind == '>' || kind == LE || kind == GE ||
           kind == IS;
}

static bool is_text(int kind)
{
    return kind == STR || kind == STR_HEAD;
}

static bool wants_pattern(const struct stop *stop)
{
    return stop_fits(stop, "FLOAT") && !stop_fits(stop, "`await`");
}

static bool wants_type(const struct stop *stop)
{
    return stop_fits(stop, "`future`");
}

/* A type has ended; more of it, or something else, may follow. */
static bool ends_type(const struct stop *stop)
{
    return stop_fits(stop, "'!'") && stop_fits(stop, "'?'") && !stop_fits(stop, "`==`");
}

static bool expects_only(const struct stop *stop, const char *token_name)
{
    return stop->count == 1 && stop_fits(stop, token_name);
}

/* The last character before the offset that is no blank. */
static char char_before(const struct stop *stop, uint32_t offset)
{
    const char *text = stop->lexer->source->text;
    while (offset && (text[offset - 1] == ' ' || text[offset - 1] == '\t'))
        offset--;
    return offset ? text[offset - 1] : '\n';
}

static char char_behind(const struct stop *stop)
{
    return stop->lexer->source->text[stop->unexpected->span.end];
}

/* -- loops, conditions, blocks -- */

static const char *in_loop_head(const struct stop *stop)
{
    if (stop->head != FOR)
        return NULL;
    if (wants_pattern(stop) && stop->kind == '{')
        return "a loop without an end is `while true { ... }`";
    if (!stop_fits(stop, "`in`") || stop_fits(stop, "','"))
        return NULL;
    if (stop->kind == ',')
        return "the parts of a pair stand in parentheses: write `for (k, v) in m { ... }`; of an "
               "array it is `for i in 0..xs.len { ... }`";
    bool is_arrow = stop->kind == '<' && char_behind(stop) == '-';
    return is_compare(stop->kind) && !is_arrow ? "a loop with a condition is `while c { ... }`"
                                               : "a loop is written `for x in xs { ... }` or "
                                                 "`for i in 0..n { ... }`";
}

static const char *in_head(const struct stop *stop)
{
    bool is_head =
        stop->head == IF || stop->head == WHILE || stop->head == FOR || stop->head == MATCH;
    if (stop->kind == '=' && (stop->head == IF || stop->head == WHILE) &&
        stop_ends_expression(stop))
        return "`=` assigns, and only as a statement: write `==` to compare";
    if (stop->kind == LET && (stop->before == IF || stop->before == WHILE))
        return stop->before == IF ? "there is no `if let`: write `if e is some(x) { ... }`"
                                  : "there is no `while let`: write `while e is some(x) { ... }`";
    if (stop->kind == ',' && stop->head == IF && stop->bracket != '(' && stop->bracket != '[' &&
        stop_fits(stop, "'{'"))
        return "a condition is one value: write `let v = m.get(k)`, then `if v is some(x) { ... }`";
    if (stop->before == ELSE && stop->kind != IF &&
        (stop->kind == ':' || (stop_fits(stop, "'{'") && stop->count == 2)))
        return "the branches of an `if` stand in braces: write `else { ... }`";
    if (stop->head == FOR && stop->kind == ELSE && stop_fits(stop, "'{'"))
        return "in a range this stands in parentheses: `0..(n else 1)`";
    if (is_head && stop_fits(stop, "'{'") &&
        (stop_starts_operand(stop->kind) || stop->kind == ':' || stop->kind == RETURN ||
         stop->kind == NL))
        return "braces are missing: a block `{ ... }` follows here";
    return NULL;
}

/* -- declarations -- */

/* `(p P) area()`: a name follows the parentheses. */
static bool is_receiver(const struct stop *stop)
{
    const char *at = stop->lexer->source->text + stop->unexpected->span.end;
    at += strcspn(at, "()\n");
    return stop->kind == '(' && *at == ')' && at[1] == ' ' && at[2] && strchr(NAME_CHARS, at[2]);
}

static const char *in_signature(const struct stop *stop)
{
    bool ends_head = stop_fits(stop, "`->`") || (ends_type(stop) && stop_fits(stop, "'{'"));
    if (ends_head && (stop->kind == FAT || stop->kind == '='))
        return "a function's body stands in braces: write `-> type { ... }`";
    if (stop_fits(stop, "`->`") &&
        (stop->kind == ':' || stop->kind == ID || stop->kind == TYPE_ID ||
         stop->kind == RECORD_ID || stop->kind == '[' || stop->kind == '('))
        return "the result's type follows an arrow: write `-> type`";
    bool is_name = stop_fits(stop, "'('") && stop_fits(stop, "'<'") && stop->before == ID &&
                   stop_is_signature(stop);
    if (is_name && stop->kind == '[')
        return "type parameters stand in angle brackets: write `fn f<T>(x: T) { ... }`";
    if (expects_only(stop, "a type name") && stop->kind == ID && stop_is_signature(stop))
        return "the name of a type parameter begins with a capital letter: `fn f<T>`";
    if (is_name)
        return token_is_word(&stop->lexer->last[1], "io")
                   ? "`io` stands first: write `io fn` or `io task`"
                   : "parameters stand in parentheses: write `fn f(x: int) { ... }`";
    if (stop->before == FN && (stop->kind == TASK || stop->kind == IO))
        return stop->kind == TASK ? "a task is declared with `task` alone: write `task f() { ... }`"
                                  : "`io` stands first: write `io fn f() { ... }`";
    bool is_function = stop->before == FN || stop->before == TASK;
    if (stop->kind == TYPE_ID && (is_function || (stop->before == '(' && stop_is_signature(stop) &&
                                                  stop_fits(stop, "`var`"))))
        return is_function ? "the name of a function begins with a small letter"
                           : "the name of a parameter begins with a small letter, its type "
                             "follows: write `x: int`";
    if ((stop->before == FN || stop->before == TASK) && is_receiver(stop))
        return "a function belongs to no type: write `fn f(x: T)`, which is called `x.f()`";
    if (stop->kind == '*' && stop_fits(stop, "`var`"))
        return "a function takes a fixed number of arguments: many are one array, `xs: [int]`";
    if (expects_only(stop, "':'") && stop->before == ID && stop->kind == '-')
        return "a name has no `-`: write `my_name`";
    if (expects_only(stop, "':'") && token_is_word(&stop->lexer->last[1], "void"))
        return "a function without parameters is written `fn f() { ... }`";
    if (expects_only(stop, "':'") && stop->before == ID)
        return "a colon and a type follow the name: write `name: type`";
    if (stop->kind == ':' && stop->before == TYPE_ID && stop_fits(stop, "'>'"))
        return "what a type parameter must do is found from the body: write `<T>`";
    if (token_is_word(&stop->lexer->last[1], "pub") && stop->kind == '(')
        return "`pub` takes nothing: what is `pub` can be imported";
    return NULL;
}

static const char *in_members(const struct stop *stop)
{
    bool is_type_name = expects_only(stop, "'{'") &&
                        (stop->before == TYPE_ID || stop->before == RECORD_ID) &&
                        (stop->first == RECORD || stop->first == ENUM || stop->first == PUB);
    if (is_type_name && stop->kind == '<')
        return "records and enums have no type parameters";
    if (is_type_name && stop->kind == '(')
        return "fields stand in braces: write `record Name { field: type }`";
    if (is_type_name && stop->kind == '=')
        return stop->first == RECORD ? "fields stand in braces: write `record Name { field: type }`"
                                     : "variants stand in braces: write `enum Name { A, B }`";
    if ((stop->before == RECORD || stop->before == ENUM) && stop->kind == ID)
        return "the name of a type begins with a capital letter";
    if (stop->before == RECORD_ID && stop->kind == '{' && stop_fits(stop, "`=>`"))
        return "a record is taken apart by its fields: write `r if r.x == 1 => ...`";
    if (stop->before == RECORD_ID && stop->kind == '{')
        return "a variant's values stand in parentheses: write `Name(int, str)`";
    if (stop->before != TYPE_ID || !stop_fits(stop, "'('") || stop_fits(stop, "`==`"))
        return NULL;
    if (stop->kind == '|' && stop->bracket == '{')
        return "variants are parted by commas or line ends";
    if (stop->kind == ':')
        return "a variant's values stand in parentheses: write `Name(int, str)`";
    return stop->kind == '=' ? "a variant is no number: a `match` says what it stands for" : NULL;
}

static const char *in_field(const struct stop *stop)
{
    if (stop->kind == PUB && stop->bracket == '{' && stop_fits(stop, "a name") &&
        !stop_wants_expression(stop))
        return "fields have no `pub`: all those of a `pub` record can be used";
    if ((stop->kind == LET || stop->kind == VAR) && stop->bracket == '{' &&
        stop_fits(stop, "a name") && !stop_wants_expression(stop) && !wants_pattern(stop))
        return "a field is written `name: type`; it can change where its record is a `var`";
    if (stop->kind == '=' && ends_type(stop) && stop->bracket == '{')
        return "fields have no default: a function can make the record";
    if (stop->kind == ID && ends_type(stop) && stop->bracket == '{')
        return "a comma or a line end stands between fields";
    if (stop->kind == ID && stop->bracket == '{' && stop_fits(stop, "a type name") &&
        !stop_fits(stop, "`await`") && !wants_type(stop) && !wants_pattern(stop))
        return "the name of a variant begins with a capital letter";
    return NULL;
}

static const char *in_import(const struct stop *stop)
{
    if (stop->first != IMPORT)
        return NULL;
    if (stop->kind == STR)
        return "a module is named without quotes: write `import name`";
    if (stop->kind == FROM || (stop->before == IMPORT && stop->kind == '{'))
        return "the module comes first: write `import module.{name}`";
    if (stop->kind == AS)
        return "a module keeps its name: there is no `import ... as`";
    if ((stop->kind == ',' && !stop->bracket) || (stop->before == IMPORT && stop->kind == '('))
        return "each module has an `import` line of its own";
    if (stop->before == IMPORT && (stop->kind == TYPE_ID || stop->kind == RECORD_ID))
        return "the name of a module begins with a small letter, like that of its file";
    if (stop->kind == '*')
        return "names are imported one by one: write `import module.{name}`";
    return NULL;
}

static const char *in_item(const struct stop *stop)
{
    const struct token *now = stop->unexpected;
    if (stop->before == EXTERN)
        return "an `extern` names its header: write `extern \"math.h\" fn ...`";
    if (stop->first == EXTERN && stop->before == STR && stop->kind == '{')
        return "each function of C has an `extern \"header.h\" fn ...` of its own";
    if (stop->first == EXTERN && stop->kind == '{')
        return "a function of C has its body in C: its declaration ends here";
    if (!stop_is_item(stop))
        return NULL;
    if (stop->kind == VAR)
        return "at module level nothing changes: write `let`, a compile-time constant";
    if (token_is_word(now, "io"))
        return "`io` stands before `fn` or `task`: write `io fn f() { ... }`";
    if (token_is_word(now, "test"))
        return "a test is named by a text: write `test \"name\" { ... }`";
    if (stop->before == '@')
        return "an attribute is one name: there is no `@a.b`; a task is declared with `task` and "
               "started with `spawn f(x)`";
    if (stop->kind == STR)
        return "what is told about a file stands behind `//!`, about a function behind `///`";
    if (stop->kind != '}' && stop->kind != LET)
        return "statements stand in functions; a program starts in "
               "`io task main(args: [str]) -> int! { ... }`";
    return NULL;
}

static const char *in_declaration(const struct stop *stop)
{
    if (stop_starts_declaration(stop->kind) && (stop->before == NL || stop->before == '{'))
        return "declarations stand at module level, outside every block";
    if (stop->kind == FN && stop_wants_expression(stop))
        return "there is no `fn` without a name: a lambda is `|x| x + 1`";
    return NULL;
}

/* -- types -- */

static const char *in_type(const struct stop *stop)
{
    if (wants_type(stop) && stop->kind == '&')
        return "there are no references: write the type alone";
    if (ends_type(stop) && stop->kind == '|')
        return "there are no unions of types: write an `enum` with a variant for each";
    if (ends_type(stop) && stop->bracket == '[' && stop->kind == ':')
        return "the type of a map is `map[str, int]`";
    if (ends_type(stop) && stop->bracket == '(' && (stop->kind == ARROW || stop->kind == FAT))
        return "the type of a function has `fn` before it: write `fn(int) -> int`";
    if (wants_type(stop) && stop->kind == '{')
        return stop->before == ARROW ? "a type follows `->`; a function without a result has none"
                                     : "the type of a map is `map[str, int]`, of a tuple "
                                       "`(int, str)`; a record is declared by itself";
    if (wants_type(stop) && (stop->kind == '?' || stop->kind == '!'))
        return "`?` and `!` stand behind the type: write `int?`";
    if (wants_type(stop) && stop->kind == '*')
        return "there are no pointers: write the type alone";
    if (stop->before == '[' && stop->kind == ']' && wants_type(stop))
        return "an array's type has its element's type in it: write `[int]`";
    return NULL;
}

static const char *in_let(const struct stop *stop)
{
    bool is_let = stop->first == LET || stop->first == VAR;
    if (!is_let)
        return NULL;
    if (stop_fits(stop, "':'") && stop_fits(stop, "'='") && stop_starts_operand(stop->kind))
        return "a type follows a colon: write `let name: type = ...`";
    if (stop->kind == '{' && stop_fits(stop, "'='") && stop->before == TYPE_ID)
        return "a record is taken apart by its fields: write `let a = r.a`";
    if (stop->kind == '-' && stop_fits(stop, "'='") && stop->before == ID)
        return "a name has no `-`: write `my_name`";
    if (stop->kind == ',' && stop_fits(stop, "'='"))
        return "a tuple is taken apart in parentheses: write `let (a, b) = ...`";
    if (stop->kind == ',' && stop_ends_expression(stop) && stop->bracket != '(' &&
        stop->bracket != '[')
        return "one name is declared at a time: write a line for each";
    if (wants_pattern(stop) && stop->kind == '{')
        return "a record is taken apart by its fields: write `let a = r.a`";
    if (wants_pattern(stop) && stop->kind == '[')
        return "an array is taken apart by its indices: write `let a = xs[0]`";
    return NULL;
}

/* -- statements and futures -- */

static const char *in_statement(const struct stop *stop)
{
    if (stop->kind == ',' && stop->head == RETURN && stop->bracket != '(' && stop->bracket != '[')
        return "a function returns one value: write the tuple `return (a, b)`";
    if (stop->kind == ',' && stop->before == ID && stop->first == ID &&
        (stop->second_before == NL || stop->second_before == '{'))
        return "one place is assigned at a time: write `let (a, b) = ...`, or a line for each";
    return NULL;
}

static const char *in_future(const struct stop *stop)
{
    bool is_call_missing = stop->count == 2 && stop_fits(stop, "'('") && stop_fits(stop, "'.'");
    if (stop->before == SPAWN || (stop->before == ID && is_call_missing))
        return "`spawn` takes a call by name: write `spawn f(x)`";
    if (stop->before == '?' && (stop->kind == '.' || stop->kind == '[' || stop->kind == '('))
        return "what is awaited goes on in parentheses: write `(await f)?.g`";
    return NULL;
}

/* -- behind an operand -- */

/* The braces around stand where a value is wanted, and not a block. */
static bool is_in_value_braces(const struct stop *stop)
{
    uint32_t depth = stop->lexer->brackets.count;
    if (stop->bracket != '{' || !depth)
        return false;
    char before = char_before(stop, stop->lexer->brackets.at[depth - 1].span.start);
    return strchr("=([,:", before) != NULL;
}

static const char *at_colon(const struct stop *stop)
{
    if (stop->bracket == '[')
        return "a part is written `xs[lo..hi]`";
    if (stop->bracket == '(' && stop->before == ID && stop_fits(stop, "','"))
        return "a lambda is written `|x: int| x + 1`";
    if (stop->before == ID && stop->first == ID)
        return "a name is declared with `let` or `var`: write `let x: int = ...`";
    return NULL;
}

/* `(int) x` */
static struct habit cast(const struct stop *stop)
{
    const struct lexer *lexer = stop->lexer;
    const char *text = lexer->source->text;
    uint32_t end = lexer->last[1].span.start, start = end;
    if (stop->before != ')' || !stop_starts_operand(stop->kind) || !stop_ends_expression(stop))
        return (struct habit){0};
    while (start && strchr(NAME_CHARS, text[start - 1]))
        start--;
    const char *name = intern(lexer->names, text + start, end - start);
    static const char *const types[] = {"int", "float", "bool", "str", "u8", "u64", "i64", "f32"};
    bool is_type = end > start && suggest_type(name);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        is_type = is_type || !strcmp(types[i], name);
    if (!is_type || !start || text[start - 1] != '(')
        return (struct habit){0};
    return (struct habit){"a value is converted with `as`: write `x as int`",
                          {lexer->source, start - 1, end + 1},
                          NULL};
}

/* The `?` of `c ? a : b` where the parser stopped at `a` or at the colon: it stands by itself, as
 * one that hands an error up never does. */
static struct span question_of(const struct stop *stop)
{
    const struct lexer *lexer = stop->lexer;
    const char *text = lexer->source->text;
    uint32_t at = stop->unexpected->span.start;
    if (stop->before == '?' && stop_starts_operand(stop->kind) && stop->second_before != '?')
        return lexer->last[1].span;
    if (stop->kind != ':' && !(stop->before == '?' && stop->kind == '('))
        return (struct span){0};
    for (; at > 1 && text[at] != '\n'; at--)
        if (text[at] == ' ' && text[at - 1] == '?' && text[at - 2] == ' ')
            return (struct span){lexer->source, at - 1, at};
    return (struct span){0};
}

/* The bracket that the parser stopped in. */
static struct span bracket_span(const struct stop *stop)
{
    const struct lexer *lexer = stop->lexer;
    uint32_t depth = lexer->brackets.count;
    bool is_own =
        depth > 1 && lexer->brackets.at[depth - 1].span.start == stop->unexpected->span.start;
    return lexer->brackets.at[depth - 1 - is_own].span;
}

/* `x ?? y` */
static struct habit double_question(const struct stop *stop)
{
    const struct token *last = stop->lexer->last;
    if (stop->before != '?' || stop->second_before != '?' || !stop_starts_operand(stop->kind) ||
        !stop_ends_expression(stop))
        return (struct habit){0};
    struct span span = {stop->lexer->source, last[2].span.start, last[1].span.end};
    return (struct habit){"there is no `?"
                          "?`: write `x else y`",
                          span, "else"};
}

/* `for (int i = 0; …`, `for (;;) {` */
static struct habit c_loop(const struct stop *stop)
{
    const struct token *last = stop->lexer->last;
    if (stop->bracket == 'f')
        return (struct habit){"a loop runs over values: " LOOPS, bracket_span(stop), NULL};
    bool is_endless = stop->head == FOR && stop->kind == '{' && stop->before == ')' &&
                      stop->second_before == '(' && stop_fits(stop, "`in`");
    struct span parens = {stop->lexer->source, last[2].span.start, last[1].span.end};
    return is_endless
               ? (struct habit){"a loop without an end is `while true { ... }`", parens, NULL}
               : (struct habit){0};
}

/* `println!("…")` */
static struct habit macro_call(const struct stop *stop)
{
    const struct token *name = &stop->lexer->last[1];
    char behind = char_behind(stop);
    if (stop->kind != '!' || stop->before != ID || !behind || !strchr("([{", behind) ||
        !stop_ends_expression(stop))
        return (struct habit){0};
    const char *known = suggest_value(name->value.name);
    struct span span = {name->span.source, name->span.start, stop->unexpected->span.end};
    return (struct habit){known ? arena_format(stop->lexer->arena, "there are no macros: %s", known)
                                : "there are no macros: call a function, `f(x)`",
                          span, NULL};
}

/* `1 =>` and the next arm; `else => x` */
static struct habit arm_part(const struct stop *stop)
{
    const struct token *last = stop->lexer->last;
    if (stop->kind != FAT || stop->bracket != '{')
        return (struct habit){0};
    if (stop->before == ELSE)
        return (struct habit){"the last arm is `_ => value`", last[1].span, NULL};
    return stop->second_before == FAT && last[1].is_first
               ? (struct habit){"the value of this arm is missing", last[2].span, NULL}
               : (struct habit){0};
}

/* `id<int>(1)` */
static struct habit call_with_types(const struct stop *stop)
{
    const struct token *last = stop->lexer->last;
    struct span angles = last[2].span;
    angles.end = stop->unexpected->span.end;
    bool is_name = stop->before == ID || stop->before == TYPE_ID;
    return stop->kind == '>' && is_name && stop->second_before == '<' && char_behind(stop) == '('
               ? (struct habit){"a call names no types: they are found from its arguments", angles,
                                ""}
               : (struct habit){0};
}

/* `@ray.remote` */
static struct habit dotted_attribute(const struct stop *stop)
{
    if (!stop_is_item(stop) || stop->before != ID || stop->second_before != '@' ||
        stop->kind != '.')
        return (struct habit){0};
    struct span span = stop->unexpected->span;
    span.end += (uint32_t)strspn(span.source->text + span.end, NAME_CHARS);
    span.start = stop->lexer->last[2].span.start;
    return (struct habit){"an attribute is one name: there is no `@a.b`; a task is declared with "
                          "`task` and started with `spawn f(x)`",
                          span, NULL};
}

/* What the `{` that the parser stopped behind should have had before it: `while { }`. */
static const char *missing_in_head(const struct stop *stop)
{
    if (!expects_only(stop, "`..`") || stop->before != '{')
        return NULL;
    switch (stop->second_before) {
    case IF:
        return "the condition is missing: write `if c { ... }`";
    case WHILE:
        return "the condition is missing: write `while c { ... }`, or `while true { ... }`";
    case MATCH:
        return "the value to match is missing: write `match x { ... }`";
    case IN:
        return "the value to loop over is missing: write `for x in xs { ... }`";
    default:
        return NULL;
    }
}

/* `[]int{1, 2}`, where an empty array was read, and `map[string]int{}`, where an index was. */
static struct habit typed_array(const struct stop *stop)
{
    const struct token *last = stop->lexer->last;
    const char *text = stop->lexer->source->text;
    uint32_t at = last[2].span.start, end = stop->unexpected->span.end;
    if (stop->before != ']' || !stop_ends_expression(stop) ||
        (stop->kind != ID && stop->kind != TYPE_ID && stop->kind != RECORD_ID))
        return (struct habit){0};
    if (stop->second_before == '[')
        return (struct habit){"an array is written `[1, 2]`, an empty one `let xs: [int] = []`",
                              {stop->lexer->source, at, end},
                              NULL};
    if (at < 4 || strncmp(text + at - 4, "map[", 4))
        return (struct habit){0};
    return (struct habit){
        "a map is written `[\"a\": 1]`, an empty one `let m: map[str, int] = [:]`",
        {stop->lexer->source, at - 4, end},
        NULL};
}

/* `Vec<int>` */
static struct habit type_with_types(const struct stop *stop)
{
    bool is_open = stop->kind == '<' || (stop->kind == '[' && stop->before == TYPE_ID);
    if (!is_open || !ends_type(stop) || (stop->before != ID && stop->before != TYPE_ID))
        return (struct habit){0};
    struct span name = stop->lexer->last[1].span;
    const char *known = suggest_type(
        intern(stop->lexer->names, stop->lexer->source->text + name.start, name.end - name.start));
    return (struct habit){
        known ? known : "types take no `<...>`: an array is `[T]`, a map `map[K, V]`", name, NULL};
}

/* `P { x = 0 }`, `P { x, y }` */
static struct habit field_set(const struct stop *stop)
{
    const char *text = stop->lexer->source->text, *at = text + stop->unexpected->span.end;
    if (stop->before != TYPE_ID || stop->kind != '{' || !stop_ends_expression(stop))
        return (struct habit){0};
    at += strspn(at, " \t\r\n");
    size_t len = strspn(at, NAME_CHARS);
    at += len;
    at += strspn(at, " \t");
    uint32_t start = (uint32_t)(at - text);
    if (len && (*at == ',' || *at == '}')) {
        struct span name = {stop->lexer->source, 0, 0};
        name.start = stop->unexpected->span.end;
        name.start += (uint32_t)strspn(text + name.start, " \t\r\n");
        name.end = name.start + (uint32_t)len;
        return (struct habit){"a field has its name and its value: write `P { x: x }`", name, NULL};
    }
    if (!len || *at != '=' || at[1] == '=')
        return (struct habit){0};
    return (struct habit){"the value of a field follows a colon: write `x: 0`",
                          {stop->lexer->source, start, start + 1},
                          ":"};
}

/* `xs[::2]`, `String::from("…")` */
static struct habit double_colon(const struct stop *stop)
{
    const struct span name = stop->lexer->last[1].span;
    if (!token_is_word(stop->unexpected, "::"))
        return (struct habit){0};
    struct habit habit = {"there is no `::`: a module's names follow a `.`", stop->unexpected->span,
                          NULL};
    char behind = char_behind(stop);
    if (stop->bracket == '[' &&
        (behind == ' ' || behind == ']' || (behind >= '0' && behind <= '9')))
        habit.text = "a part is written `xs[lo..hi]`; every second element is in "
                     "`[xs[i] for i in 0..xs.len step 2]`";
    if (behind == '<')
        habit.text = "a call names no types: they are found from its arguments";
    if (stop->before != TYPE_ID)
        return habit;
    const char *type =
        intern(stop->lexer->names, name.source->text + name.start, name.end - name.start);
    const char *known = suggest_value(type) ? suggest_value(type) : suggest_type(type);
    if (known)
        habit.text = arena_format(stop->lexer->arena, "there is no `::`: %s", known);
    if (known)
        return habit;
    habit.span.start = name.start;
    bool is_variant = behind >= 'A' && behind <= 'Z';
    habit.instead = is_variant ? "" : NULL;
    habit.text = is_variant
                     ? "a variant is named without its type"
                     : "a type holds no functions: call one of a module, `f(x)`; a record is "
                       "made with `Name { field: value }`";
    return habit;
}

/* Forms whose mark is not where the parser stopped. */
static struct habit marked_form(const struct stop *stop)
{
    static struct habit (*const forms[])(const struct stop *) = {
        c_loop,      double_question, double_colon,     cast,     macro_call,     type_with_types,
        typed_array, field_set,       dotted_attribute, arm_part, call_with_types};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct habit habit = forms[i](stop);
        if (habit.text)
            return habit;
    }
    struct span question = question_of(stop), behind = stop->unexpected->span;
    if (question.source && stop_ends_expression(stop))
        return (struct habit){"there is no `? :`: write `if c { a } else { b }`", question, NULL};
    bool is_map = is_in_value_braces(stop) || (stop->bracket == '{' && is_text(stop->before));
    if (stop->kind == ':' && stop_ends_expression(stop) && is_map)
        return (struct habit){"a map stands in square brackets, `[\"a\": 1]`; a record has a name, "
                              "`Name { a: 1 }`",
                              bracket_span(stop), NULL};
    if (stop->before == TRY && (stop->kind == '{' || stop->kind == ':'))
        return (struct habit){"there are no exceptions: match a `T!`, or take `try await f` apart "
                              "with `match`",
                              stop->lexer->last[1].span, NULL};
    const char *missing = missing_in_head(stop);
    if (missing)
        return (struct habit){missing, stop->lexer->last[1].span, NULL};
    if (stop->before == TRY)
        return (struct habit){"`try` stands before `await` only: `x?` hands an error up",
                              stop->lexer->last[1].span, NULL};
    const char *text = behind.source->text;
    behind.start = behind.end + (uint32_t)strspn(text + behind.end, " \t\n");
    behind.end = behind.start + 2;
    if (stop->before == TYPE_ID && stop->kind == '{' && !strncmp(text + behind.start, "..", 2))
        return (struct habit){"an update has no name before it: write `{ ..r, field: value }`",
                              behind, NULL};
    return (struct habit){0};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *behind_operand(const struct stop *stop)
{
    if (!stop_ends_expression(stop))
        return NULL;
    if (stop->bracket == '[' && (stop->kind == '=' || (stop->kind == FAT && stop->before != ')')))
        return "an entry of a map is written `key: value`";
    if (stop->kind == ',' && stop->before == INT && is_digit(char_behind(stop)))
        return "digits are grouped with `_`: write `1_000`";
    switch (stop->kind) {
    case ':':
        return at_colon(stop);
    case '!':
        return "`!` stands before a bool or behind a type: hand an error up with `?`";
    case IF:
        return "there is no `a if c else b`: write `if c { a } else { b }`";
    case ELSE:
        return stop->bracket == '[' && stop->head == FOR
                   ? "in a range this stands in parentheses: `0..(n else 1)`"
               : stop->bracket == '['
                   ? "the `if` of a comprehension leaves out: for another value write "
                     "`[if c { a } else { b } for x in xs]`"
                   : NULL;
    case FOR:
        return stop->bracket == '('
                   ? "a comprehension stands in square brackets: `[f(x) for x in xs]`"
               : stop->bracket != '[' ? NULL
               : stop_fits(stop, "','")
                   ? "there is no comprehension of a map: fill it in a loop, `m[k] = v`"
                   : "a comprehension has one `for`: put another in it, and `.concat()` behind";
    case IN:
        return "`in` belongs to `for`: write `xs.contains(x)` or `m.has(k)`";
    case DOTDOT:
        return wants_pattern(stop) ? NULL
                                   : "a range stands in `for`, in a comprehension or in `[ ]` only";
    case FAT:
        return "a lambda is written `|x| x + 1`";
    case ARROW:
        return stop->bracket == '(' || stop->before != ID
                   ? "a lambda is written `|x| x + 1`"
                   : "there are no pointers: a field is `r.x`";
    default:
        break;
    }
    if (stop->kind == '>' && stop->first == TYPE_ID)
        return "the type follows the name: write `let xs: [int] = ...`";
    if (is_compare(stop->kind) && stop_fits(stop, "`&&`") && !stop_fits(stop, "`==`"))
        return "comparisons do not chain: write `a < b && b < c`";
    if (stop_starts_operand(stop->kind) && stop_fits(stop, "','") && stop->bracket != '{')
        return "a comma is missing before this";
    if (stop->before == TYPE_ID && stop->kind == '{')
        return "a record is written `Name { field: value }`";
    if (stop->before == TYPE_ID && stop->kind == ID)
        return "the type follows the name: write `let x: int = ...`";
    if (stop->before == ID && stop->kind == '{' && stop->second_before == '.')
        return "arguments stand in parentheses: write `xs.map(|x| x + 1)`";
    if (stop->before == ID && (is_text(stop->kind) || stop->kind == INT) &&
        (stop->second_before == NL || stop->second_before == '{'))
        return "a call needs parentheses: write `f(x)`";
    if (stop_starts_operand(stop->kind) && stop_fits(stop, "a new line") && stop->bracket == '{')
        return "an operator or a line end is missing before this";
    return NULL;
}

static const char *in_select(const struct stop *stop)
{
    bool wants_await = stop->count == 2 && stop_fits(stop, "`await`") && stop_fits(stop, "`try`");
    return wants_await ? "an arm of a `select` waits: write `x = await f => ...`" : NULL;
}

/* -- within an expression -- */

static const char *in_expression(const struct stop *stop)
{
    bool is_set = stop->kind == '=' || stop->kind == OP_SET;
    if (is_set && stop->bracket == '(')
        return "an argument is named with a colon: write `f(name: value)`; "
               "an assignment is a statement";
    if (stop->kind == '=' && stop->first == EXPECT)
        return "`=` assigns: write `==` to compare";
    if (is_set && stop->first != LET && stop->first != VAR && stop_ends_expression(stop))
        return "an assignment is a statement: write it in braces, `{ x = 1 }`";
    if (stop->kind == DOTDOT && expects_only(stop, "a name"))
        return NULL;
    if (stop->kind == DOTDOT && stop_fits(stop, "a name") && stop->bracket == '{')
        return "the record that gives the other fields stands first: `{ ..r, a: 1 }`";
    if (stop->kind == EQ && stop_fits(stop, "'='"))
        return "a name gets its value with `=`; `==` compares";
    if (stop->before == '[' && stop->kind == ']')
        return "an index is missing; the type of an array is `[int]`, and follows the name";
    if (stop->kind == '<' && stop->before == DOTDOT)
        return "a range is `lo..hi`, without `hi`";
    if (stop->kind == '.' && stop_wants_expression(stop))
        return "a digit stands on both sides of the point: write `0.5`";
    if (stop->bracket == '"' && stop_wants_expression(stop) &&
        (stop->kind == STR_MID || stop->kind == STR_TAIL))
        return "a value stands in the braces, `{x}`; a brace itself is written `\\{`";
    if (expects_only(stop, "`..`") && stop->before == '{' && stop->kind != '}' &&
        char_behind(stop) != ':')
        return "a block that is an operand stands in parentheses: `1 + ({ ... })`";
    if (stop->kind == FROM && stop->bracket == '(')
        return "a cause is told behind `fail`: write `fail \"message\" from e`";
    if (!stop_wants_expression(stop))
        return NULL;
    if (stop->kind == IF || stop->kind == MATCH || stop->kind == SELECT || stop->kind == PAR)
        return "as an operand this stands in parentheses: `1 + (if c { a } else { b })`";
    if (stop->kind == ARROW && stop->before == '|')
        return "a lambda has no type for its result: write `|x| x + 1`";
    if (stop->kind == ':' && stop->bracket == '[')
        return "all of an axis is `..`: write `m[.., j]`, and a part `xs[lo..hi]`";
    if (stop->kind == '<' && char_behind(stop) == '-')
        return "there are no channels: `spawn` gives a future, `await` its value";
    bool is_prefix = char_behind(stop) != ' ';
    if (stop->kind == '&' && is_prefix)
        return "there are no references: every value is passed as it is";
    if (stop->kind == '*' && is_prefix)
        return "there are no pointers: every value is passed as it is";
    if (stop->kind == LET || stop->kind == VAR)
        return "a declaration is a statement: write it in braces, or on a line before";
    return NULL;
}

static const char *in_pattern(const struct stop *stop)
{
    if (stop->kind == DOTDOT && stop_fits(stop, "`=>`"))
        return "a pattern has no ranges: write `n if n >= 1 && n < 5 => ...`";
    if (stop->kind == '[' && wants_pattern(stop))
        return "an array is taken apart by its length and indices: `xs.len`, `xs[0]`";
    if (stop->kind == '.' && stop->before == TYPE_ID && stop_fits(stop, "`=>`"))
        return "a variant is named without its type";
    if (!stop_fits(stop, "`=>`") || stop_ends_expression(stop))
        return NULL;
    if (stop->kind == ARROW || stop->kind == ':' || stop->kind == '=')
        return "an arm is written `pattern => value`";
    if (stop->kind == ',' || stop->kind == OROR)
        return "patterns of one arm are parted by `|`: write `1 | 2 => ...`";
    if (token_is_word(stop->unexpected, "when") || token_is_word(stop->unexpected, "where"))
        return "an arm has its condition behind `if`: write `n if n > 1 => ...`";
    return NULL;
}

/* A word, a string or the name of a type follows, as behind a keyword. */
static bool is_word_behind(const struct stop *stop)
{
    const char *at = stop->lexer->source->text + stop->unexpected->span.end;
    at += strspn(at, " \t");
    return *at == '"' || (*at && strchr(NAME_CHARS, *at));
}

/* The one of the words that `word` nearly is. */
static struct habit near_word(const struct stop *stop, const struct token *word,
                              const char *const words[])
{
    struct nearest nearest = {0};
    for (; *words; words++)
        nearest_offer(&nearest, word->value.name, *words);
    if (!nearest.best || token_is_word(word, nearest.best))
        return (struct habit){0};
    const char *text = arena_format(stop->lexer->arena, "`%s` is no word of dfl: write `%s`",
                                    word->value.name, nearest.best);
    return (struct habit){text, word->span, nearest.best};
}

/* `retrun x`, `await spwan f(x)`, `recrod P { }` */
static struct habit near_keyword(const struct stop *stop)
{
    static const char *const statements[] = {"return", "let",    "var",    "while", "match",
                                             "for",    "fail",   "spawn",  "await", "else",
                                             "break",  "detach", "cancel", NULL};
    static const char *const operands[] = {"spawn", "await", NULL};
    static const char *const items[] = {"task", "record", "enum", "import", "extern", "pub", NULL};
    static const char *const functions[] = {"function", NULL};
    const struct token *now = stop->unexpected, *before = &stop->lexer->last[1];
    bool is_start = stop->second_before == NL || stop->second_before == '{';
    if (stop_is_item(stop) && stop->kind == ID && is_word_behind(stop)) {
        bool is_function = near_word(stop, now, functions).text;
        return is_function ? (struct habit){"a function is declared with `fn`", now->span, "fn"}
                           : near_word(stop, now, items);
    }
    if (stop->before != ID || !stop_starts_operand(stop->kind) || !stop_ends_expression(stop) ||
        stop->kind == '(' || stop->kind == '[')
        return (struct habit){0};
    return near_word(stop, before, is_start ? statements : operands);
}

struct habit habit_form(const struct stop *stop)
{
    typedef const char *form(const struct stop *);
    static form *const forms[] = {in_loop_head,   in_head,      in_type,        in_signature,
                                  in_members,     in_field,     in_import,      in_pattern,
                                  in_let,         in_statement, in_future,      in_item,
                                  in_declaration, in_select,    behind_operand, in_expression};
    struct habit habit = marked_form(stop);
    if (!habit.text)
        habit = near_keyword(stop);
    for (size_t i = 0; i < sizeof forms / sizeof *forms && !habit.text; i++)
        habit.text = forms[i](stop);
    return habit;
}
