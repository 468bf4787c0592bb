/* check_dot.c - names after a dot: a field or property, else a function that takes the value first:
 * of the module of its type, of the current module, imported, of the prelude's modules. */
#include "checking.h"
#include "suggest.h"

#include <string.h>

struct span dot_span(const struct node *dot)
{
    struct span span = dot->span;
    uint32_t len = (uint32_t)strlen(dot->dot_.name);
    if (span.source && span.end - span.start > len)
        span.start = span.end - len;
    return span;
}

struct module *dot_module(struct check *c, const struct node *dot)
{
    struct node *object = dot->dot_.object;
    if (object->kind != NODE_name)
        return NULL;
    struct symbol *symbol = scope_find(c, object->name_.name);
    if (!symbol || symbol->kind != SYM_MODULE)
        return NULL;
    symbol->used = true;
    object->name_.symbol = symbol;
    object->type = simple(c, TYPE_bad);
    return symbol->module;
}

/* ---- methods --------------------------------------------------------------------------------- */

static const char *std_module(const struct type *t)
{
    switch (t->kind) {
    case TYPE_str:
    case TYPE_bytes:
        return "text";
    case TYPE_array:
    case TYPE_grid:
        return "array";
    case TYPE_map:
        return "map";
    case TYPE_duration:
        return "time";
    default:
        return type_is_number(t) ? "math" : NULL;
    }
}

/* Can `function` take a `t` as its first argument? */
static bool takes(struct check *c, const struct symbol *function, const struct type *t)
{
    if (!function || function->kind != SYM_FUNC || !function->type->args.count)
        return false;
    uint32_t count = function->func->generic_count;
    const struct type **at = arena_array(c->arena, const struct type *, count + 1);
    struct types bindings = {at, count};
    return match_type(function->type->args.at[0], t, &bindings);
}

static struct symbol *in_std(struct check *c, const char *module, const char *name)
{
    struct symbol *symbol = names_std(c->program, module, name);
    bool visible =
        symbol && symbol->kind == SYM_FUNC && (symbol->is_pub || symbol->module == c->module);
    return visible ? symbol : NULL;
}

static struct symbol *in_type_module(struct check *c, const struct type *t, const char *name)
{
    const char *std = std_module(t);
    if (std)
        return in_std(c, std, name);
    if (t->kind != TYPE_record && t->kind != TYPE_enum)
        return NULL;
    struct module *m = t->symbol->module;
    struct symbol *symbol = name_map_get(&m->scope, name);
    bool visible = symbol && symbol->kind == SYM_FUNC && symbol->module == m &&
                   (symbol->is_pub || m == c->module);
    return visible ? symbol : NULL;
}

/* Whether the library's module of the type, if it has one, can be named here. Others come last, so
 * that no function of the program is hidden by what it has not imported. */
static bool is_at_hand(struct check *c, const struct type *t)
{
    const char *std = std_module(t);
    const char *name = std ? intern(c->program->names, std, strlen(std)) : NULL;
    const struct symbol *symbol = name ? names_find(c->program, c->module, name) : NULL;
    return !std || (symbol && symbol->kind == SYM_MODULE && symbol->module->is_std);
}

static struct symbol *look_up(struct check *c, const struct type *t, const char *name)
{
    bool is_first = is_at_hand(c, t);
    struct symbol *symbol = is_first ? in_type_module(c, t, name) : NULL;
    if (symbol)
        return symbol;
    symbol = names_find(c->program, c->module, name);
    if (takes(c, symbol, t))
        return symbol;
    static const char *const prelude[] = {"text", "array", "map"};
    for (int i = 0; i < 3; i++) {
        struct symbol *std = in_std(c, prelude[i], name);
        if (takes(c, std, t))
            return std;
    }
    struct symbol *last = is_first ? NULL : in_type_module(c, t, name);
    if (last)
        return last;
    return symbol && symbol->kind == SYM_FUNC ? symbol : NULL;
}

static void offer_methods(struct check *c, struct nearest *nearest, const struct type *t,
                          const char *name)
{
    const char *std = std_module(t);
    const struct name_map *scopes[2] = {&c->module->scope, NULL};
    for (uint32_t i = 0; std && i < c->program->modules.count; i++)
        if (c->program->modules.at[i]->is_std && !strcmp(c->program->modules.at[i]->name, std))
            scopes[1] = &c->program->modules.at[i]->scope;
    for (int i = 0; i < 2; i++)
        for (uint32_t j = 0; scopes[i] && j < scopes[i]->room; j++) {
            struct symbol *symbol = scopes[i]->slots[j].value;
            if (takes(c, symbol, t) && (symbol->is_pub || i == 0))
                nearest_offer(nearest, name, symbol->name);
        }
    static const char *const properties[] = {"len", "rows", "cols", "shape"};
    for (int i = 0; i < 4; i++)
        if (find_property(t, properties[i]) != BUILTIN_NONE)
            nearest_offer(nearest, name, properties[i]);
    if (t->kind == TYPE_record)
        for (uint32_t i = 0; i < t->symbol->node->record_.fields.count; i++)
            if (t->symbol->node->record_.fields.at[i]->kind == NODE_field)
                nearest_offer(nearest, name, t->symbol->node->record_.fields.at[i]->field_.name);
}

/* "`x`, `y`", or the first of many. */
static const char *field_names(struct check *c, const struct symbol *record)
{
    enum { SHOWN = 8 };
    const struct nodes *fields = &record->node->record_.fields;
    const char *text = "";
    for (uint32_t i = 0; i < fields->count && i < SHOWN; i++)
        text = arena_format(c->arena, "%s%s`%s`", text, i ? ", " : "", fields->at[i]->field_.name);
    return fields->count > SHOWN ? arena_format(c->arena, "%s and others", text) : text;
}

static void suggest(struct check *c, struct diag *d, const struct type *t, const struct node *dot)
{
    const char *name = dot->dot_.name;
    struct nearest nearest = {0};
    const char *foreign = suggest_method(name), *std = std_module(t);
    if (!diag_is_full(c->diags))
        offer_methods(c, &nearest, t, name);
    if (foreign)
        diag_hint(c->diags, d, "%s", foreign);
    else if (nearest.best)
        diag_meant(c->diags, d, dot_span(dot), nearest.best);
    else if (std && !strcmp(std, "math") && suggest_value(name))
        diag_hint(c->diags, d, "%s", suggest_value(name));
    else if (t->kind == TYPE_record)
        diag_hint(c->diags, d, "it has %s", field_names(c, t->symbol));
}

/* A T? or T! (or a future) whose T has the name, is opened first. */
static bool report_inner(struct check *c, struct node *dot, const struct type *t)
{
    if (t->kind != TYPE_option && t->kind != TYPE_result && t->kind != TYPE_future)
        return false;
    if (t->kind == TYPE_future && suggest_method(dot->dot_.name)) {
        struct diag *d = diag_error(c->diags, DIAG_no_method, dot_span(dot), "`%s` has no `.%s`",
                                    t->text, dot->dot_.name);
        diag_hint(c->diags, d, "`await` waits for a future and gives its value");
        return true;
    }
    const struct type *inner = strip(t->args.at[0]);
    bool field = false;
    if (inner->kind == TYPE_record)
        for (uint32_t i = 0; i < inner->symbol->node->record_.fields.count; i++)
            field =
                field || inner->symbol->node->record_.fields.at[i]->field_.name == dot->dot_.name;
    if (!field && !in_type_module(c, inner, dot->dot_.name) &&
        find_property(inner, dot->dot_.name) == BUILTIN_NONE)
        return false;
    return report_wrapped(c, dot->dot_.object);
}

struct symbol *find_method(struct check *c, struct node *dot)
{
    const struct type *t = dot->dot_.object->type;
    const char *name = dot->dot_.name;
    struct symbol *symbol = look_up(c, t, name);
    if (symbol && takes(c, symbol, t))
        return symbol;
    if (report_inner(c, dot, t))
        return NULL;
    bool of_rank_1 = t->kind == TYPE_grid && symbol && symbol->module->is_std;
    if (symbol && (!of_rank_1 || takes_ranks(symbol)))
        return symbol; /* its first argument will be told to be wrong */
    if (find_property(t, name) != BUILTIN_NONE) {
        struct diag *d = diag_error(c->diags, DIAG_not_callable, dot_span(dot),
                                    "`.%s` is a property, not a function", name);
        diag_hint(c->diags, d, "leave the parentheses out: `.%s`", name);
        return NULL;
    }
    if (names_is_lost(c->module, name))
        return NULL;
    struct diag *d = diag_error(c->diags, DIAG_no_method, dot_span(dot),
                                "no function `%s` takes `%s` first", name, t->text);
    if (of_rank_1)
        diag_hint(c->diags, d, "it takes all elements, `m.flat()`, or a row, `m[i, ..]`");
    else
        suggest(c, d, t, dot);
    return NULL;
}

/* ---- fields --------------------------------------------------------------------------------- */

static const struct type *module_member(struct check *c, struct node *node, struct module *m)
{
    struct symbol *symbol = names_member(c->program, c->module, m, node->dot_.name, dot_span(node));
    if (!symbol)
        return simple(c, TYPE_bad);
    symbol->used = true;
    node->dot_.symbol = symbol;
    if (symbol->kind == SYM_CONST)
        return const_type(c, symbol);
    if (symbol->kind == SYM_VARIANT)
        return check_variant(c, node, symbol);
    if (symbol->kind == SYM_FUNC) {
        struct diag *d =
            diag_error(c->diags, DIAG_wrong_kind, node->span,
                       "`%s` is a function: it is called or passed, not kept", symbol->name);
        diag_hint(c->diags, d, "call it: `%s.%s(…)`", m->name, symbol->name);
    } else {
        diag_error(c->diags, DIAG_wrong_kind, node->span, "`%s` is a type, not a value",
                   symbol->name);
    }
    return simple(c, TYPE_bad);
}

static const struct type *find_field(struct node *node, const struct type *t)
{
    const struct nodes *fields = &t->symbol->node->record_.fields;
    for (uint32_t i = 0; i < fields->count; i++) {
        if (fields->at[i]->kind != NODE_field || fields->at[i]->field_.name != node->dot_.name)
            continue;
        node->dot_.index = i;
        return t->args.at[i];
    }
    return NULL;
}

static const struct type *no_field(struct check *c, struct node *node, const struct type *t)
{
    const char *name = node->dot_.name;
    if (report_inner(c, node, t))
        return simple(c, TYPE_bad);
    struct symbol *function = look_up(c, t, name);
    struct diag *d = diag_error(
        c->diags, DIAG_no_field, dot_span(node),
        t->kind == TYPE_record ? "`%s` has no field `%s`" : "`%s` has no `.%s`", t->text, name);
    if (takes(c, function, t))
        diag_hint(c->diags, d, "`%s` is a function: `.%s(…)`", name, name);
    else if (t->kind == TYPE_grid && (!strcmp(name, "rows") || !strcmp(name, "cols")))
        diag_hint(c->diags, d, "these are for rank 2; `.shape` has the length of each axis");
    else if (t->kind == TYPE_tuple)
        diag_hint(c->diags, d, "the parts of a tuple are `.0`, `.1` and so on");
    else if (t->kind == TYPE_var)
        diag_hint(
            c->diags, d,
            "a `%s` may be any type: take a function that gives this of it, `get: fn(%s) -> …`",
            t->text, t->text);
    else if (t->kind == TYPE_map && t->args.at[0]->kind == TYPE_str && !suggest_value(name))
        diag_hint(c->diags, d, "an entry is `m[\"%s\"]`, or `m.get(\"%s\")` if it may be missing",
                  name, name);
    else
        suggest(c, d, t, node);
    return simple(c, TYPE_bad);
}

const struct type *check_dot(struct check *c, struct node *node)
{
    struct module *m = dot_module(c, node);
    if (m)
        return module_member(c, node, m);
    const struct type *t = check_expr(c, &node->dot_.object, NULL);
    if (is_bad(t))
        return t;
    enum builtin builtin = find_property(t, node->dot_.name);
    if (builtin != BUILTIN_NONE) {
        node->dot_.builtin = builtin;
        return property_type(c, t, builtin);
    }
    const struct type *field = t->kind == TYPE_record ? find_field(node, t) : NULL;
    return field ? field : no_field(c, node, t);
}
