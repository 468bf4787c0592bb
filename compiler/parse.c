/* parse.c - the nodes that the grammar does not make alone, and parse_module at the end. */
#include "parse.h"

#include "parse_state.h"
#include "parser.h"
#include "suggest.h"

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
    if (item->kind == NODE_bad)
        return item;
    item_set_attrs(p, attrs, item);
    item_set_pub(p, is_pub, item);
    item_set_doc(item, balance_doc(&p->lexer, span.start));
    return item;
}

struct node *parse_constant(struct parse *p, struct node *let)
{
    const struct node *pattern = let->let_.pattern;
    if (pattern->kind == NODE_pat_name)
        return let;
    if (pattern->kind != NODE_bad) {
        struct diag *d = diag_error(p->diags, DIAG_not_constant, pattern->span,
                                    "a `let` at module level gives one constant its name");
        diag_hint(p->diags, d, "write a line for each: `let name = value`");
    }
    return bad(p, let->span);
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
    if (rank < 2 || rank > 8) {
        struct diag *d = diag_error(p->diags, DIAG_type_form, span,
                                    "an array of several axes has 2 to 8 of them");
        const struct span elem = array->type_array_.elem->span;
        if (rank < 2)
            diag_hint(
                p->diags, d,
                "an array with one axis is `[%.*s]`; a type has no length: `fill(x, n)` makes "
                "an array of n",
                (int)(elem.end - elem.start), elem.source->text + elem.start);
        return bad(p, array->span);
    }
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
    if (!has_comma)
        return elems.at[0];
    struct diag *d = diag_error(p->diags, DIAG_syntax, span, "a tuple has two parts or more");
    diag_hint(p->diags, d, "one value stands alone, without the comma");
    return bad(p, span);
}

/* `f.await`, which is none of dfl: what follows from it is not told. */
static struct node *await_behind(struct parse *p, struct span span, struct node *object,
                                 struct span name_at)
{
    enum { LONGEST = 40 };
    const char *text = p->lexer.source->text + object->span.start;
    int len = (int)(object->span.end - object->span.start);
    bool is_call = object->kind == NODE_call;
    bool is_short = len <= LONGEST && !memchr(text, '\n', (size_t)len);
    struct diag *d =
        diag_error(p->diags, DIAG_foreign, name_at, "`await` stands before its future");
    const char *what = arena_format(p->arena, "await %s%.*s", is_call ? "spawn " : "",
                                    is_short ? len : 1, is_short ? text : "f");
    char behind = p->lexer.source->text[name_at.end];
    diag_hint(p->diags, d, behind == '.' || behind == '[' ? "write `(%s)`%s" : "write `%s`%s", what,
              is_call ? "; a call without `spawn` gives its value at once" : "");
    return bad(p, span);
}

struct node *parse_dot(struct parse *p, struct span span, struct node *object, const char *name,
                       struct span name_at)
{
    if (!strcmp(name, "await"))
        return await_behind(p, span, object, name_at);
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
        diag_hint(p->diags, d,
                  "write `%s %s from zero`; without `from` it is one of `+ * & | ^ && || min max`",
                  is_scan ? "scan" : "reduce", *name ? name : "f");
        reduction.from = bad(p, span);
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

/* MaxLen or MAX_LEN as the name of a value: maxLen, max_len. */
static const char *small_name(struct parse *p, const char *name)
{
    size_t len = strlen(name), capitals = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    char *small = arena_copy(p->arena, name, len);
    for (size_t i = 0; i < (capitals == len ? len : 1); i++)
        if (small[i] >= 'A' && small[i] <= 'Z')
            small[i] += 'a' - 'A';
    return intern(p->lexer.names, small, len);
}

struct node *parse_bound(struct parse *p, struct node *pattern)
{
    if (pattern->kind == NODE_pat_tuple)
        for (uint32_t i = 0; i < pattern->pat_tuple_.elems.count; i++)
            pattern->pat_tuple_.elems.at[i] = parse_bound(p, pattern->pat_tuple_.elems.at[i]);
    const char *name = pattern->kind == NODE_pat_ctor ? pattern->pat_ctor_.name : "none";
    if (!strcmp(name, "none") || pattern->pat_ctor_.has_args || pattern->pat_ctor_.module)
        return pattern;
    struct diag *d = diag_error(p->diags, DIAG_foreign, pattern->span,
                                "the name of a value begins with a small letter");
    diag_meant(p->diags, d, pattern->span, small_name(p, name));
    return AST(p, pat_name, pattern->span, .name = name);
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

/* -- the depth of the tree -- */

void parse_too_deep(struct parse *p, struct span span)
{
    if (!p->is_given_up)
        diag_error(p->diags, DIAG_depth, span, "nested too deeply");
    p->is_given_up = true;
}

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
