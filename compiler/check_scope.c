/* check_scope.c - names of locals: what is bound where, and what a lambda captures. */
#include "checking.h"
#include "suggest.h"

enum { UNKNOWN_MAX = 1000 };

#include <string.h>

uint32_t scope_open(struct check *c)
{
    return c->open.count;
}

void scope_close(struct check *c, uint32_t mark)
{
    while (c->open.count > mark) {
        struct binding *last = c->open.at[--c->open.count];
        name_map_set(c->arena, &c->locals, last->name, last->hidden);
    }
}

void scope_enter(struct check *c, const char *name, struct symbol *symbol)
{
    struct binding *binding = arena_new(c->arena, struct binding);
    *binding = (struct binding){symbol, name_map_get(&c->locals, name), name};
    name_map_set(c->arena, &c->locals, name, binding);
    vec_push(c->arena, &c->open, binding);
}

struct symbol *scope_bind(struct check *c, const char *name, struct span span,
                          const struct type *type, bool is_var, struct node *node)
{
    struct symbol *symbol = arena_new(c->arena, struct symbol);
    *symbol = (struct symbol){
        .kind = SYM_LOCAL,
        .name = name,
        .span = span,
        .node = node,
        .module = c->module,
        .type = type,
        .owner = c->function,
        .is_var = is_var,
    };
    if (c->function) {
        struct func *func = c->function->func;
        symbol->index = func->locals.count;
        vec_push(c->arena, &func->locals, symbol);
    }
    if (strcmp(name, "_"))
        scope_enter(c, name, symbol);
    return symbol;
}

/* Every lambda between the use and the owner of a local captures it. */
static void note_capture(struct check *c, struct symbol *local)
{
    struct symbol *at = c->function;
    while (at && at != local->owner) {
        struct func *func = at->func;
        bool known = false;
        for (uint32_t i = 0; i < func->captures.count; i++)
            known = known || func->captures.at[i] == local;
        if (!known)
            vec_push(c->arena, &func->captures, local);
        at = func->parent;
    }
}

struct symbol *scope_find(struct check *c, const char *name)
{
    struct binding *binding = name_map_get(&c->locals, name);
    if (!binding)
        return names_find(c->program, c->module, name);
    if (binding->symbol->owner != c->function)
        note_capture(c, binding->symbol);
    return binding->symbol;
}

static void offer_scope(struct nearest *nearest, const char *name, const struct name_map *scope,
                        bool pub_only)
{
    for (uint32_t i = 0; i < scope->room; i++) {
        const struct symbol *symbol = scope->slots[i].value;
        if (symbol && (symbol->is_pub || !pub_only) && symbol->kind != SYM_RECORD &&
            symbol->kind != SYM_ENUM && symbol->kind != SYM_LOST)
            nearest_offer(nearest, name, scope->slots[i].name);
    }
}

/* The function that a lambda stands in. */
static const struct symbol *outermost(const struct symbol *function)
{
    while (function && function->func->parent)
        function = function->func->parent;
    return function;
}

/* An unknown name is told once a function, and a module once: one declaration is missing. A name
 * that an import nearly gave is no mistake of its own. */
bool scope_is_told(struct check *c, const char *name, char behind)
{
    bool is_module = behind == '.' || behind == '(';
    const struct symbol *function = outermost(c->function);
    for (uint32_t i = 0; i < c->unknown.count; i++)
        if (c->unknown.at[i].name == name && (c->unknown.at[i].where == function ||
                                              (is_module && c->unknown.at[i].where == c->module)))
            return true;
    if (c->unknown.count < UNKNOWN_MAX)
        vec_push(c->arena, &c->unknown, ((struct unknown){name, function}));
    if (c->unknown.count < UNKNOWN_MAX && is_module)
        vec_push(c->arena, &c->unknown, ((struct unknown){name, c->module}));
    const struct name_map *scope = &c->module->scope;
    for (uint32_t i = 0; behind == '.' && i < scope->room; i++) {
        const struct symbol *symbol = scope->slots[i].value;
        struct nearest nearest = {0};
        if (symbol && symbol->kind == SYM_LOST)
            nearest_offer(&nearest, symbol->name, name);
        if (nearest.best)
            return true;
    }
    return false;
}

/* `x = 1`, and not `x == 1`. */
static bool is_assigned(struct span name)
{
    const char *text = name.source ? name.source->text + name.end : "";
    text += strspn(text, " ");
    return text[0] == '=' && text[1] != '=' && text[1] != '>';
}

/* `ray.get`, where the module of another language stands at the span: what to write for that one
 * member is known. NULL: it is not. */
static const char *foreign_member(struct check *c, struct span module)
{
    const char *text = module.source ? module.source->text : "";
    if (!module.source || text[module.end] != '.')
        return NULL;
    uint32_t end = module.end + 1 + (uint32_t)strspn(text + module.end + 1, NAME_CHARS);
    const char *whole = intern(c->program->names, text + module.start, end - module.start);
    return suggest_value(whole) ? whole : NULL;
}

void scope_unknown(struct check *c, const char *name, struct span span)
{
    const char *member = foreign_member(c, span);
    if (scope_is_told(c, member ? member : name, span.source ? span.source->text[span.end] : 0))
        return;
    const char *foreign = suggest_value(member ? member : name);
    if (!foreign && suggest_type(name))
        foreign = "numbers are converted with `x as int`, `x as float` and so on";
    if (names_is_lost(c->module, name) ||
        (c->function && names_is_lost_in(c->function->func, name, span)))
        return;
    struct nearest nearest = {0};
    bool is_told = !diag_is_full(c->diags);
    for (uint32_t i = 0; i < c->open.count && is_told; i++)
        nearest_offer(&nearest, name, c->open.at[i]->name);
    struct binding *meant = nearest.best ? name_map_get(&c->locals, nearest.best) : NULL;
    if (meant)
        meant->symbol->used = true;
    if (is_told)
        offer_scope(&nearest, name, &c->module->scope, false);
    if (is_told && c->program->modules.count && c->program->modules.at[0]->is_std)
        offer_scope(&nearest, name, &c->program->modules.at[0]->scope, true);
    struct diag *d = diag_error(c->diags, foreign ? DIAG_foreign_name : DIAG_unknown_name, span,
                                "no `%s` is known here", name);
    if (foreign)
        diag_hint(c->diags, d, "%s", foreign);
    else if (nearest.best)
        diag_meant(c->diags, d, span, nearest.best);
    else if (names_std(c->program, name, name) || !strcmp(name, "io") || !strcmp(name, "math") ||
             !strcmp(name, "time") || !strcmp(name, "rand") || !strcmp(name, "json"))
        diag_hint(c->diags, d, "a module must be imported: `import %s`", name);
    else if (is_assigned(span))
        diag_hint(c->diags, d, "a name is declared first: `let %s = …`, or `var` if it changes",
                  name);
}

static const char *signature(struct check *c, const struct symbol *function)
{
    const struct nodes *params = &function->node->func_.params;
    const char *text = arena_format(c->arena, "%s(", function->name);
    for (uint32_t i = 0; i < params->count; i++)
        text = arena_format(c->arena, "%s%s%s%s: %s", text, i ? ", " : "",
                            params->at[i]->param_.is_var ? "var " : "", params->at[i]->param_.name,
                            function->type->args.at[i]->text);
    const struct type *result = function->type->result;
    if (result->kind == TYPE_unit)
        return arena_format(c->arena, "%s)", text);
    return arena_format(c->arena, "%s) -> %s", text, result->text);
}

void note_declared(struct check *c, struct diag *d, const struct symbol *symbol)
{
    bool std = symbol->module && symbol->module->is_std && symbol->kind == SYM_FUNC &&
               symbol->node->kind == NODE_func;
    if (std)
        diag_hint(c->diags, d, "it is `%s`", signature(c, symbol));
    else if (symbol->span.source)
        diag_note(c->diags, d, symbol->span, "`%s` is declared here", symbol->name);
}
