/* parse.c - the nodes that the grammar does not make alone, what is said about unexpected tokens,
 * and parse_module at the end. */
#include "parse.h"

#include "habit.h"
#include "suggest.h"
#include "parse_state.h"
#include "parser.h"

#include <assert.h>
#include <string.h>

struct node *parse_node(struct parse *p, const struct node *made)
{
    struct node *node = arena_new(p->arena, struct node);
    *node = *made;
    return node;
}

struct nodes parse_list(struct parse *p, struct nodes list, struct node *node)
{
    vec_push(p->arena, &list, node);
    return list;
}

static struct node *bad(struct parse *p, struct span span)
{
    return AST(p, bad, span, 0);
}

/* -- items -- */

const char *parse_text(struct parse *p, struct span span, struct token_text text)
{
    if (memchr(text.bytes, 0, text.len))
        diag_error(p->diags, DIAG_character, span, "a name cannot hold a NUL byte");
    return intern(p->lexer.names, text.bytes, strlen(text.bytes));
}

const char *parse_path(struct parse *p, const char *folder, const char *name)
{
    enum { LONGEST = 1000 };
    if (strlen(folder) > LONGEST)
        return folder; /* and that was said */
    const char *path = arena_format(p->arena, "%s.%s", folder, name);
    if (strlen(path) > LONGEST)
        diag_error(p->diags, DIAG_depth, p->now.span, "the path is longer than %d bytes", LONGEST);
    return intern(p->lexer.names, path, strlen(path));
}

static void item_set_attrs(struct parse *p, struct nodes attrs, struct node *item)
{
    if (item->kind == NODE_func) {
        item->func_.attrs = attrs;
    } else if (attrs.count) {
        struct diag *d = diag_error(p->diags, DIAG_item_place, attrs.at[0]->span,
                                    "an attribute belongs to a function");
        diag_hint(p->diags, d, "attributes stand before `fn`, `task`, `spawn` calls and `par for`");
    }
}

static void item_set_pub(struct parse *p, bool is_pub, struct node *item)
{
    if (item->kind == NODE_func)
        item->func_.flags |= is_pub ? FUNC_PUB : 0;
    else if (item->kind == NODE_record)
        item->record_.is_pub = is_pub;
    else if (item->kind == NODE_enum)
        item->enum_.is_pub = is_pub;
    else if (item->kind == NODE_let)
        item->let_.is_pub = is_pub;
    else if (is_pub)
        diag_error(p->diags, DIAG_item_place, item->span, "`pub` does not belong here");
}

static void item_set_doc(struct node *item, const char *doc)
{
    if (item->kind == NODE_func)
        item->func_.doc = doc;
    else if (item->kind == NODE_record)
        item->record_.doc = doc;
    else if (item->kind == NODE_enum)
        item->enum_.doc = doc;
}

struct node *parse_item(struct parse *p, struct span span, struct nodes attrs, bool is_pub,
                        struct node *item)
{
    item->span = span;
    item_set_attrs(p, attrs, item);
    item_set_pub(p, is_pub, item);
    item_set_doc(item, balance_doc(&p->lexer, span.start));
    return item;
}

/* -- types -- */

struct node *parse_generic_type(struct parse *p, struct span span, const char *name,
                                struct nodes args)
{
    if (!strcmp(name, "map") && args.count == 2)
        return AST(p, type_map, span, .key = args.at[0], .value = args.at[1]);
    const char *known = suggest_type(name);
    if (!strcmp(name, "map"))
        diag_error(p->diags, DIAG_type_form, span, "a map type is `map[K, V]`");
    else if (known)
        diag_error(p->diags, DIAG_type_form, span, "there is no `%s`: %s", name, known);
    else
        diag_error(p->diags, DIAG_type_form, span,
                   "`%s` takes no types in `[ ]`; an array of it is `[%s]`", name, name);
    return bad(p, span);
}

struct node *parse_type_parens(struct parse *p, struct span span, struct nodes elems)
{
    return elems.count == 1 ? elems.at[0] : AST(p, type_tuple, span, .elems = elems);
}

struct node *parse_rank(struct parse *p, struct span span, struct node *array, uint64_t rank)
{
    if (rank < 1 || rank > 8)
        diag_error(p->diags, DIAG_type_form, span, "the rank of an array is 1 to 8");
    array->type_array_.rank = (uint32_t)rank;
    return array;
}

/* -- statements and expressions -- */

static bool is_place(const struct node *node)
{
    return node->kind == NODE_name || node->kind == NODE_dot || node->kind == NODE_tuple_dot ||
           node->kind == NODE_index || node->kind == NODE_bad;
}

struct node *parse_assign(struct parse *p, struct span span, enum op op, struct node *target,
                          struct node *value)
{
    if (!is_place(target)) {
        struct diag *d = diag_error(p->diags, DIAG_target, target->span,
                                    "this cannot be assigned: it is no place");
        if (target->kind == NODE_tuple)
            diag_hint(p->diags, d, "`let (a, b) = ...` makes new names; assign them one by one");
        else
            diag_hint(p->diags, d,
                      "a place is a `var`, a field or an element; to compare, use `==`");
    }
    if (!is_place(target))
        return bad(p, span);
    return AST(p, assign, span, .op = op, .target = target, .value = value);
}

struct node *parse_parens(struct parse *p, struct span span, struct nodes elems, bool has_comma)
{
    if (elems.count != 1)
        return AST(p, tuple, span, .elems = elems);
    if (has_comma)
        diag_error(p->diags, DIAG_syntax, span, "a tuple has two parts or more");
    return elems.at[0];
}

struct node *parse_dot(struct parse *p, struct span span, struct node *object, const char *name,
                       struct span name_at)
{
    if (!strcmp(name, "await")) {
        struct diag *d =
            diag_error(p->diags, DIAG_foreign, name_at, "`await` stands before its future");
        diag_hint(p->diags, d, "write `await f`, or `(await f).field`");
        return AST(p, await, span, .value = object);
    }
    return AST(p, dot, span, .object = object, .name = name);
}

struct node *parse_record_of(struct parse *p, struct span span, struct node *module,
                             const char *name, struct nodes fields)
{
    if (module->kind == NODE_name)
        return AST(p, record_lit, span, .module = module->name_.name, .name = name,
                   .fields = fields);
    diag_error(p->diags, DIAG_syntax, module->span, "only a module's name stands before a type");
    return bad(p, span);
}

struct nodes parse_piece(struct parse *p, struct nodes parts, struct span span,
                         struct token_text text)
{
    if (!text.len)
        return parts;
    return parse_list(p, parts, AST(p, str, span, .bytes = text.bytes, .len = text.len));
}

struct reduction parse_reduction(struct parse *p, struct span span, bool is_scan, struct node *with,
                                 struct node *from)
{
    struct reduction reduction = {
        .kind = is_scan ? REDUCE_SCAN : REDUCE_WITH, .with = with, .from = from};
    const char *name = with->kind == NODE_name ? with->name_.name : "";
    bool is_min = !strcmp(name, "min"), is_max = !strcmp(name, "max");
    if (!from && (is_min || is_max))
        return (struct reduction){.kind = is_scan ? REDUCE_SCAN : REDUCE_OP,
                                  .op = is_min ? OP_min : OP_max};
    if (!from) {
        struct diag *d = diag_error(p->diags, DIAG_reduction, span,
                                    "a reduction with a function needs a value to start from");
        diag_hint(p->diags, d, "write `%s %s from zero`", is_scan ? "scan" : "reduce",
                  *name ? name : "f");
    }
    return reduction;
}

/* -- patterns -- */

struct node *parse_name_pattern(struct parse *p, struct span span, const char *name)
{
    if (!strcmp(name, "_"))
        return AST(p, pat_wild, span, 0);
    if (!strcmp(name, "none"))
        return AST(p, pat_ctor, span, .name = name);
    return AST(p, pat_name, span, .name = name);
}

struct node *parse_parens_pattern(struct parse *p, struct span span, struct nodes elems,
                                  bool has_comma)
{
    if (elems.count != 1)
        return AST(p, pat_tuple, span, .elems = elems);
    if (!has_comma)
        return elems.at[0];
    diag_error(p->diags, DIAG_pattern, span, "a tuple has two parts or more");
    return bad(p, span);
}

struct node *parse_or_pattern(struct parse *p, struct span span, struct node *first,
                              struct node *next)
{
    if (first->kind != NODE_pat_or)
        first = AST(p, pat_or, span, .alts = parse_list(p, (struct nodes){0}, first));
    first->pat_or_.alts = parse_list(p, first->pat_or_.alts, next);
    first->span = span;
    return first;
}

/* -- unexpected tokens -- */

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

/* What would have fitted, in a few words: the many ways to begin an expression or to go on after
 * one are one word, or none. */
static const char *expected_text(struct parse *p, const char *const expected[], int count)
{
    enum { SHOWN = 5 };
    static const char *const closers[] = {"')'", "']'",  "'}'", "','",  "a new line", "`=>`",
                                          "'{'", "`->`", "':'", "`in`", "'='"};
    const char *shown[SHOWN];
    int shown_count = 0;
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
        if (!is_operand_end || has_word(closers, sizeof closers / sizeof *closers, expected[i]))
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
    if (!is_text || !depth || lexer->brackets.at[depth - 1].opener != '"' ||
        !balance_ends_operand(lexer->last[1].kind))
        return false;
    balance_report_hole(&p->lexer, lexer->brackets.at[depth - 1].span);
    return true;
}

/* The last quote of the token's line, if the quotes there do not pair: then it is them that is
 * wrong, and what stands between them is not what it was to be. source NULL: they pair. */
static struct span odd_quote(const struct source *source, uint32_t at)
{
    const char *text = source->text;
    uint32_t count = 0, last = 0;
    while (at && text[at - 1] != '\n')
        at--;
    if (strstr(text + at, "\"\"\"") &&
        strstr(text + at, "\"\"\"") < text + at + strcspn(text + at, "\n"))
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

static bool report_odd_quote(struct parse *p, const struct token *token)
{
    struct span quote = odd_quote(p->lexer.source, token->span.start);
    if (!quote.source)
        return false;
    lexer_report_unclosed(&p->lexer, quote);
    return true;
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
        !has_word(expected, count, "','") || lexer->indent > open->indent || open->is_excused)
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
    bool is_statement = token->kind == LET || token->kind == VAR || token->kind == WHILE ||
                        token->kind == FOR || token->kind == RETURN || token->kind == EXPECT;
    bool wants_pattern =
        has_word(expected, count, "FLOAT") && !has_word(expected, count, "`await`");
    struct lexer *lexer = &p->lexer;
    if (!is_statement || !wants_pattern || !token->is_first || !lexer->brackets.count)
        return false;
    struct bracket *open = &lexer->brackets.at[lexer->brackets.count - 1];
    struct diag *d =
        diag_error(p->diags, DIAG_open_bracket, open->span, "`%c` is never closed", open->opener);
    diag_note(p->diags, d, token->span, "a statement starts here, and no arm");
    lexer->has_trouble = true;
    return true;
}

/* Within `[ ]`, of which not more than one mistake is told: what it holds is not known any more. */
static bool is_in_list(const struct parse *p, const struct token *token)
{
    uint32_t depth = p->lexer.brackets.count;
    if (depth && p->lexer.brackets.at[depth - 1].span.start == token->span.start)
        depth--;
    return depth && p->lexer.brackets.at[depth - 1].opener == '[';
}

bool parse_unexpected(struct parse *p, const char *const expected[], int count, const char *found)
{
    struct token token = p->now;
    bool is_again = token.span.start == p->stopped.span.start && token.kind == p->stopped.kind;
    struct span broken = p->lexer.broken;
    bool is_broken = token.span.start >= broken.start && token.span.start < broken.end;
    bool is_silent = is_broken || token.is_told || token.is_virtual ||
                     p->lexer.last[1].is_virtual || token.is_sync || is_again;
    bool is_whole = false;
    if (is_silent && !p->unsaid.source)
        p->unsaid = token.span;
    if (!is_silent)
        excuse_bracket(p, &token);
    bool is_list = !token.is_sync && !is_again && is_in_list(p, &token);
    if (!is_silent && !report_open_hole(p, &token) && !report_odd_quote(p, &token) &&
        !report_line_end(p, &token, expected, count) &&
        !report_open_above(p, &token, expected, count) &&
        !(is_whole = report_missing_end(p, &token, expected, count)) &&
        !habit_report(p->diags, &p->lexer, &token, expected, count))
        diag_error(p->diags, DIAG_syntax, token.span, "expected %s, found %s",
                   expected_text(p, expected, count), token_text(p, &token, found));
    if (!is_silent && is_about_brackets(&token, expected, count))
        p->lexer.has_trouble = true;
    p->is_given_up = is_again && token.kind == 0;
    p->stopped = token;
    if (is_list || is_whole)
        balance_skip_whole(&p->lexer, &token);
    else
        balance_skip(&p->lexer, &token, token.is_sync || is_again);
    return !p->is_given_up;
}

void parse_too_deep(struct parse *p, struct span span)
{
    if (!p->is_given_up)
        diag_error(p->diags, DIAG_depth, span, "nested too deeply");
    p->is_given_up = true;
}

/* -- the depth of the tree -- */

struct depth {
    struct parse *p;
    int left;
};

static void depth_check(void *context, struct node *node)
{
    struct depth *depth = context;
    if (!depth->left) {
        if (node->kind != NODE_bad)
            parse_too_deep(depth->p, node->span);
        struct span span = node->span;
        *node = (struct node){.kind = NODE_bad, .span = span};
        return;
    }
    depth->left--;
    ast_children(node, depth_check, depth);
    depth->left++;
}

struct node *parse_module(struct arena *arena, struct intern *names, const struct source *source,
                          struct diags *diags)
{
    struct parse p = {.arena = arena, .diags = diags, .stopped.kind = -1};
    struct span whole = {source, 0, source->len};
    struct comments *comments = arena_new(arena, struct comments);
    lexer_open(&p.lexer, arena, names, source, diags);
    p.module = ast_new(arena, NODE_module, whole);
    uint32_t before = diags->errors;
    int status = parser_parse(&p);
    if (p.unsaid.source && diags->errors == before)
        diag_error(diags, DIAG_syntax, p.unsaid, "this has no place here");
    if (p.is_given_up)
        p.module->module_.items = parse_list(&p, p.module->module_.items, bad(&p, whole));
    assert(status != 1 || diags->errors);
    *comments = (struct comments){p.lexer.comments.at, p.lexer.comments.count};
    p.module->module_.comments = comments;
    if (p.lexer.module_doc.count)
        p.module->module_.doc = intern(names, p.lexer.module_doc.at, p.lexer.module_doc.count - 1);
    struct depth depth = {&p, PARSE_DEPTH};
    depth_check(&depth, p.module);
    lexer_close(&p.lexer);
    return p.module;
}
