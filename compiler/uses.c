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

static bool holds_future(const struct type *t)
{
    return t->kind == TYPE_future || (t->kind == TYPE_array && holds_future(t->args.at[0]));
}

/* Is the value a spawn, or an array of spawns, of an io task? */
static bool spawns_io(const struct node *value)
{
    if (value->kind == NODE_comp)
        return spawns_io(value->comp_.value);
    if (value->kind != NODE_spawn || value->spawn_.call->kind != NODE_call)
        return false;
    const struct symbol *target = value->spawn_.call->call_.target;
    return target && target->func && target->func->flags & FUNC_IO;
}

static void report_future(struct program *p, const struct symbol *symbol, const struct node *value)
{
    if (spawns_io(value)) {
        struct diag *d = diag_error(p->diags, DIAG_io_future_unused, symbol->span,
                                    "the io future `%s` is never used", symbol->name);
        diag_hint(p->diags, d,
                  "`await %s` waits for it and tells whether it failed; `cancel %s` ends it, "
                  "`detach %s` lets it run on",
                  symbol->name, symbol->name, symbol->name);
        return;
    }
    struct diag *d = diag_warning(p->diags, DIAG_future_unused, symbol->span,
                                  "the future `%s` is unused: its task need not run", symbol->name);
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

/* An earlier local of the name that `let` may have been meant to change. */
static bool shadows_var(const struct symbol *symbol)
{
    const struct func *func = symbol->owner ? symbol->owner->func : NULL;
    for (uint32_t i = 0; func && i < symbol->index; i++)
        if (func->locals.at[i]->name == symbol->name && func->locals.at[i]->is_var)
            return true;
    return false;
}

static void report_name(struct program *p, const struct symbol *symbol)
{
    struct diag *d =
        diag_warning(p->diags, DIAG_unused_name, symbol->span, "`%s` is unused", symbol->name);
    if (shadows_var(symbol))
        diag_hint(p->diags, d,
                  "it shadows the outer `%s`; to change that one, assign: `%s = …` without `let`",
                  symbol->name, symbol->name);
    else
        diag_hint(p->diags, d, "if it is not needed, write `_`");
    if (!shadows_var(symbol))
        diag_fix(p->diags, d, symbol->span, "_");
}

static void check_let(struct program *p, const struct node *node)
{
    const struct node *pattern = node->let_.pattern;
    if (pattern->kind != NODE_pat_name)
        return;
    const struct symbol *symbol = pattern->pat_name_.symbol;
    if (!is_quiet(symbol)) {
        if (holds_future(symbol->type))
            report_future(p, symbol, node->let_.value);
        else
            report_name(p, symbol);
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

static void check_import(struct program *p, struct module *m, const struct node *node)
{
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
static void check_io_let(struct program *p, const struct node *node)
{
    const struct node *pattern = node->let_.pattern;
    const struct symbol *symbol = pattern->kind == NODE_pat_name ? pattern->pat_name_.symbol : NULL;
    if (is_quiet(symbol) || !symbol->owner || !spawns_io(node->let_.value))
        return;
    struct span behind = symbol->owner->node->span;
    behind.start = symbol->span.end;
    if (!names_has_word(behind, symbol->name))
        report_future(p, symbol, node->let_.value);
}

struct uses {
    struct program *program;
    struct module *module;
    const struct node *let_name; /* its pattern is told about by its let */
    bool has_errors;
};

static void visit(void *context, struct node *node)
{
    struct uses *u = context;
    if (u->has_errors) {
        if (node->kind == NODE_let)
            check_io_let(u->program, node);
        ast_children(node, visit, u);
        return;
    }
    if (node->kind == NODE_let) {
        check_let(u->program, node);
        u->let_name = node->let_.pattern;
    }
    if (node->kind == NODE_pat_name && node != u->let_name && !is_quiet(node->pat_name_.symbol) &&
        node->pat_name_.symbol->node == node)
        report_name(u->program, node->pat_name_.symbol);
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
        struct uses u = {p, p->modules.at[i], NULL, has_errors};
        if (!u.module->is_std)
            visit(&u, u.module->tree);
    }
}
