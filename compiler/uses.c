/* uses.c - what is written but does nothing: names never used, futures never awaited, code never
 * reached. needs: symbols of the tree with `used` and `written` from check_types(). All of it is
 * warned about in the user's modules only, and when there are no errors; an io future that nobody
 * looks at is an error, and told with the others. */
#include "check.h"

#include <string.h>

static bool is_quiet(const struct symbol *symbol)
{
    return !symbol || symbol->kind != SYM_LOCAL || symbol->used || symbol->is_param ||
           symbol->name[0] == '_' || !symbol->type || symbol->type->kind == TYPE_bad;
}

/* A future, or an array or tuple of nothing else. */
static bool holds_future(const struct type *t)
{
    for (uint32_t i = 0; t->kind == TYPE_tuple && i < t->args.count; i++)
        if (!holds_future(t->args.at[i]))
            return false;
    return t->kind == TYPE_future || t->kind == TYPE_tuple ||
           (t->kind == TYPE_array && holds_future(t->args.at[0]));
}

/* What the spawns are that a value is made of; UNKNOWN: it is made elsewhere. */
enum origin { UNKNOWN, PURE, IO };

static enum origin origin_of(const struct node *value);

static enum origin origin_of_any(const struct nodes *values)
{
    enum origin most = UNKNOWN;
    for (uint32_t i = 0; i < values->count; i++) {
        enum origin origin = origin_of(values->at[i]);
        most = origin > most ? origin : most;
    }
    return most;
}

static enum origin origin_of(const struct node *value)
{
    if (!value)
        return UNKNOWN;
    const struct symbol *target;
    const struct nodes *stmts = &value->block_.stmts;
    enum origin origin;
    switch (value->kind) {
    case NODE_spawn:
        if (value->spawn_.call->kind != NODE_call)
            return UNKNOWN;
        target = value->spawn_.call->call_.target;
        return target && target->func && target->func->flags & FUNC_IO ? IO : PURE;
    case NODE_comp:
        return origin_of(value->comp_.value);
    case NODE_array:
        return origin_of_any(&value->array_.elems);
    case NODE_tuple:
        return origin_of_any(&value->tuple_.elems);
    case NODE_arm:
        return origin_of(value->arm_.body);
    case NODE_match:
        return origin_of_any(&value->match_.arms);
    case NODE_if:
        origin = origin_of(value->if_.otherwise);
        return origin == IO ? IO : origin_of(value->if_.then);
    case NODE_block:
        return stmts->count ? origin_of(stmts->at[stmts->count - 1]) : UNKNOWN;
    default:
        return UNKNOWN;
    }
}

static void report_future(struct program *p, const struct symbol *symbol, enum origin origin)
{
    if (origin == IO) {
        struct diag *d = diag_error(p->diags, DIAG_io_future_unused, symbol->span,
                                    "the io future `%s` is never used", symbol->name);
        diag_hint(p->diags, d,
                  "`await %s` waits for it and tells whether it failed; `cancel %s` ends it, "
                  "`detach %s` lets it run on",
                  symbol->name, symbol->name, symbol->name);
        return;
    }
    struct diag *d =
        diag_warning(p->diags, DIAG_future_unused, symbol->span, "the future `%s` is unused%s",
                     symbol->name, origin == PURE ? ": its task need not run" : "");
    diag_hint(p->diags, d, "`await %s` gives its value", symbol->name);
}

/* A later local of the name that may have been meant to change this one: told about there. */
static bool is_shadowed(const struct symbol *symbol)
{
    const struct func *func = symbol->owner ? symbol->owner->func : NULL;
    for (uint32_t i = symbol->index + 1; func && i < func->locals.count; i++)
        if (func->locals.at[i]->name == symbol->name && !func->locals.at[i]->used)
            return true;
    return false;
}

/* An earlier local of the name; `changes`: one that `let` may have been meant to change. */
static bool shadows(const struct symbol *symbol, bool changes)
{
    const struct func *func = symbol->owner ? symbol->owner->func : NULL;
    for (uint32_t i = 0; func && i < symbol->index; i++)
        if (func->locals.at[i]->name == symbol->name && (func->locals.at[i]->is_var || !changes))
            return true;
    return false;
}

static void report_name(struct program *p, const struct symbol *symbol, bool is_in_arm)
{
    struct diag *d =
        diag_warning(p->diags, DIAG_unused_name, symbol->span, "`%s` is unused", symbol->name);
    const char *variant = match_variant_meant(symbol);
    if (is_in_arm && variant) {
        diag_hint(p->diags, d, "it is a new name and takes every value: did you mean `%s`?",
                  variant);
        diag_fix(p->diags, d, symbol->span, "%s", variant);
        return;
    }
    if (is_in_arm && shadows(symbol, false)) {
        diag_hint(p->diags, d,
                  "it is a new name and takes every value; the outer one is compared with "
                  "`x if x == %s`",
                  symbol->name);
        return;
    }
    if (shadows(symbol, true))
        diag_hint(p->diags, d,
                  "it shadows the outer `%s`; to change that one, assign: `%s = …` without `let`",
                  symbol->name, symbol->name);
    else
        diag_hint(p->diags, d, "if it is not needed, write `_`");
    if (!shadows(symbol, true))
        diag_fix(p->diags, d, symbol->span, "_");
}

/* Calls visit(program, symbol, origin of its value) for each name of a let that holds futures. */
static void each_future(struct program *p, const struct node *pattern, const struct node *value,
                        void (*visit)(struct program *, const struct symbol *, enum origin))
{
    bool parts = pattern->kind == NODE_pat_tuple;
    const struct nodes *elems = &pattern->pat_tuple_.elems;
    bool parted =
        parts && value && value->kind == NODE_tuple && value->tuple_.elems.count == elems->count;
    for (uint32_t i = 0; parts && i < elems->count; i++)
        each_future(p, elems->at[i], parted ? value->tuple_.elems.at[i] : NULL, visit);
    if (pattern->kind != NODE_pat_name)
        return;
    const struct symbol *symbol = pattern->pat_name_.symbol;
    if (!is_quiet(symbol) && holds_future(symbol->type))
        visit(p, symbol, origin_of(value));
}

static void check_let(struct program *p, const struct node *node)
{
    const struct node *pattern = node->let_.pattern;
    each_future(p, pattern, node->let_.value, report_future);
    if (pattern->kind != NODE_pat_name)
        return;
    const struct symbol *symbol = pattern->pat_name_.symbol;
    if (!is_quiet(symbol) && !holds_future(symbol->type)) {
        report_name(p, symbol, false);
    } else if (symbol && symbol->kind == SYM_LOCAL && symbol->is_var && !symbol->written &&
               symbol->used && symbol->type->kind != TYPE_bad && !is_shadowed(symbol)) {
        struct diag *d = diag_warning(p->diags, DIAG_never_changed, symbol->span,
                                      "the `var` `%s` never changes", symbol->name);
        diag_hint(p->diags, d, "declare it with `let`");
        diag_fix(p->diags, d, names_word(node->span, "var"), "let");
    }
}

static void check_block(struct program *p, const struct node *node)
{
    const struct nodes *stmts = &node->block_.stmts;
    for (uint32_t i = 0; i + 1 < stmts->count; i++) {
        const struct type *t = stmts->at[i]->type;
        if (!t || t->kind != TYPE_never)
            continue;
        if (stmts->at[i + 1]->span.end > stmts->at[i + 1]->span.start)
            diag_warning(p->diags, DIAG_unreachable, stmts->at[i + 1]->span,
                         "this is never reached");
        return;
    }
}

/* A symbol is shared by all modules, so what counts is the text of this one. Variants may be
 * imported as a whole. */
static void check_names(struct program *p, const struct module *m, const struct node *node)
{
    struct span before = m->tree->span, behind = m->tree->span;
    before.start = m->tree->module_.items.at[0]->span.start;
    before.end = node->span.start;
    behind.start = node->span.end;
    behind.end = behind.source->len;
    for (uint32_t i = 0; i < node->import_.names.count; i++) {
        const struct node *one = node->import_.names.at[i];
        const char *name = one->kind == NODE_name ? one->name_.name : NULL;
        const struct symbol *symbol = name ? name_map_get(&m->scope, name) : NULL;
        if (symbol && symbol->kind != SYM_VARIANT && !names_has_word(before, name) &&
            !names_has_word(behind, name))
            diag_warning(p->diags, DIAG_unused_import, one->span, "the import `%s` is unused",
                         name);
    }
}

static void check_import(struct program *p, struct module *m, const struct node *node)
{
    check_names(p, m, node);
    const struct module *target = node->import_.target;
    const struct symbol *symbol = target ? name_map_get(&m->scope, target->name) : NULL;
    if (node->import_.names.count || !symbol || symbol->kind != SYM_MODULE || symbol->used)
        return;
    for (uint32_t i = 0; i < target->funcs.count; i++)
        if (target->funcs.at[i]->func->is_met)
            return; /* as a method */
    diag_warning(p->diags, DIAG_unused_import, symbol->span, "the import `%s` is unused",
                 target->name);
}

/* Beside other errors: a use may stand where nothing was checked, so any mention counts. */
static void report_unmentioned(struct program *p, const struct symbol *symbol, enum origin origin)
{
    if (!symbol->owner || origin != IO)
        return;
    struct span behind = symbol->owner->node->span;
    behind.start = symbol->span.end;
    if (!names_has_word(behind, symbol->name))
        report_future(p, symbol, origin);
}

struct uses {
    struct program *program;
    struct module *module;
    const struct node *pattern; /* of the let around: its futures are told with the let */
    const struct node *arm;     /* the pattern of the arm around */
    bool has_errors;
};

static bool is_within(const struct node *name, const struct node *pattern)
{
    return pattern && name->span.source == pattern->span.source &&
           name->span.start >= pattern->span.start && name->span.end <= pattern->span.end;
}

/* Whether a name was told about with its let. */
static bool is_told(const struct uses *u, const struct node *name)
{
    return name == u->pattern ||
           (is_within(name, u->pattern) && holds_future(name->pat_name_.symbol->type));
}

static void visit(void *context, struct node *node)
{
    struct uses *u = context;
    if (u->has_errors) {
        if (node->kind == NODE_let)
            each_future(u->program, node->let_.pattern, node->let_.value, report_unmentioned);
        ast_children(node, visit, u);
        return;
    }
    if (node->kind == NODE_let) {
        check_let(u->program, node);
        u->pattern = node->let_.pattern;
    }
    if (node->kind == NODE_arm)
        u->arm = node->arm_.pattern;
    if (node->kind == NODE_pat_name && !is_quiet(node->pat_name_.symbol) &&
        node->pat_name_.symbol->node == node && !is_told(u, node))
        report_name(u->program, node->pat_name_.symbol, is_within(node, u->arm));
    if (node->kind == NODE_block)
        check_block(u->program, node);
    if (node->kind == NODE_import)
        check_import(u->program, u->module, node);
    ast_children(node, visit, u);
}

void check_uses(struct program *p)
{
    bool has_errors = p->diags->errors;
    for (uint32_t i = 0; i < p->modules.count; i++) {
        struct uses u = {.program = p, .module = p->modules.at[i], .has_errors = has_errors};
        if (!u.module->is_std)
            visit(&u, u.module->tree);
    }
}
