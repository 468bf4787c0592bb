/* names_declare.c - what a module declares: its names first, then what they mean, which may be each
 * other. */
#include "names_core.h"

#include "endless.h"

#include <string.h>

enum { PARAMS_MOST = 255, GENERICS_MOST = 32 };

/* ---- declaring ------------------------------------------------------------------------------ */

static struct symbol *symbol_new(struct program *p, struct module *m, enum symbol_kind kind,
                                 const char *name, struct span span, struct node *node)
{
    struct symbol *symbol = arena_new(p->arena, struct symbol);
    *symbol = (struct symbol){.kind = kind, .name = name, .span = span, .node = node, .module = m};
    symbol->type = p->types.simple[TYPE_bad];
    return symbol;
}

/* Where the module got the name: of an imported one, the import. */
static struct span place_in(const struct module *m, const char *name, const struct symbol *symbol)
{
    const struct nodes *items = &m->tree->module_.items;
    for (uint32_t i = 0; symbol->module != m && i < items->count; i++) {
        const struct node *item = items->at[i];
        for (uint32_t j = 0; item->kind == NODE_import && j < item->import_.names.count; j++) {
            const struct node *one = item->import_.names.at[j];
            if (one->kind == NODE_name && one->name_.name == name)
                return one->span;
        }
    }
    return symbol->span;
}

/* Enters a symbol into its module's scope; the second of one name is reported and left out: false.
 */
static bool scope_add(struct program *p, struct module *m, const char *name, struct span span,
                      struct symbol *symbol)
{
    struct symbol *first = name_map_get(&m->scope, name);
    if (first) {
        struct diag *d = diag_error(p->diags, DIAG_duplicate, span, "`%s` is declared twice", name);
        diag_note(p->diags, d, place_in(m, name, first), "first here");
        return false;
    }
    name_map_set(p->arena, &m->scope, name, symbol);
    return true;
}

static struct func *func_new(struct program *p, struct symbol *symbol, uint32_t flags)
{
    struct func *func = arena_new(p->arena, struct func);
    func->symbol = symbol;
    func->flags = flags;
    func->result = p->types.simple[TYPE_unit];
    symbol->func = func;
    vec_push(p->arena, &symbol->module->funcs, symbol);
    return func;
}

static void declare_func(struct program *p, struct module *m, struct node *node)
{
    const char *name = node->func_.name;
    struct symbol *symbol = symbol_new(p, m, SYM_FUNC, name, node->func_.name_at, node);
    symbol->is_pub = node->func_.flags & FUNC_PUB;
    node->func_.symbol = symbol;
    func_new(p, symbol, node->func_.flags);
    scope_add(p, m, name, symbol->span, symbol);
}

static void declare_test(struct program *p, struct module *m, struct node *node)
{
    struct symbol *symbol = symbol_new(p, m, SYM_FUNC, node->test_.name, node->test_.name_at, node);
    node->test_.symbol = symbol;
    func_new(p, symbol, FUNC_TASK | FUNC_IO)->result =
        type_result(&p->types, p->types.simple[TYPE_unit]);
}

static void declare_record(struct program *p, struct module *m, struct node *node)
{
    const char *name = node->record_.name;
    struct symbol *symbol = symbol_new(p, m, SYM_RECORD, name, node->record_.name_at, node);
    symbol->is_pub = node->record_.is_pub;
    symbol->type = type_make(&p->types, TYPE_record, NULL, 0, 0, NULL, symbol);
    node->record_.symbol = symbol;
    scope_add(p, m, name, symbol->span, symbol);
}

static void declare_enum(struct program *p, struct module *m, struct node *node)
{
    const char *name = node->enum_.name;
    struct symbol *symbol = symbol_new(p, m, SYM_ENUM, name, node->enum_.name_at, node);
    symbol->is_pub = node->enum_.is_pub;
    symbol->type = type_make(&p->types, TYPE_enum, NULL, 0, 0, NULL, symbol);
    node->enum_.symbol = symbol;
    bool is_new = scope_add(p, m, name, symbol->span, symbol);
    for (uint32_t i = 0; i < node->enum_.variants.count; i++) {
        struct node *variant = node->enum_.variants.at[i];
        if (variant->kind != NODE_variant)
            continue;
        const char *its = variant->variant_.name;
        struct symbol *each =
            symbol_new(p, m, SYM_VARIANT, its, names_word(variant->span, its), variant);
        each->index = i;
        each->owner = symbol;
        each->type = symbol->type;
        each->is_pub = symbol->is_pub;
        variant->variant_.symbol = each;
        if (is_new)
            scope_add(p, m, its, each->span, each);
    }
}

static void declare_const(struct program *p, struct module *m, struct node *node)
{
    struct node *pattern = node->let_.pattern;
    if (node->let_.is_var)
        diag_error(p->diags, DIAG_not_constant, node->span,
                   "a module holds constants only: `let`, not `var`");
    if (pattern->kind != NODE_pat_name)
        return; /* the parser has told */
    const char *name = pattern->pat_name_.name;
    struct symbol *symbol = symbol_new(p, m, SYM_CONST, name, pattern->span, node);
    symbol->type = NULL; /* known when check.c first needs it */
    symbol->is_pub = node->let_.is_pub;
    pattern->pat_name_.symbol = symbol;
    scope_add(p, m, name, symbol->span, symbol);
}

const char *names_last(struct program *p, const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? names_intern(p, dot + 1) : path;
}

/* A name that an import should have given: what is done with it is no second mistake. */
static void declare_lost(struct program *p, struct module *m, const char *name, struct node *node)
{
    if (!name_map_get(&m->scope, name))
        name_map_set(p->arena, &m->scope, name, symbol_new(p, m, SYM_LOST, name, node->span, node));
}

static void import_one(struct program *p, struct module *m, struct module *target,
                       struct node *node)
{
    const char *name = node->name_.name;
    struct symbol *symbol = target ? names_member(p, m, target, name, node->span) : NULL;
    if (!symbol) {
        declare_lost(p, m, name, node);
        return;
    }
    node->name_.symbol = symbol;
    scope_add(p, m, name, node->span, symbol);
}

static void declare_import(struct program *p, struct module *m, struct node *node)
{
    struct module *target = node->import_.target;
    for (uint32_t i = 0; i < node->import_.names.count; i++)
        if (node->import_.names.at[i]->kind == NODE_name)
            import_one(p, m, target, node->import_.names.at[i]);
    if (node->import_.names.count)
        return;
    if (!target) {
        declare_lost(p, m, names_last(p, node->import_.path), node);
        return;
    }
    struct symbol *symbol = names_module_symbol(p, target);
    symbol->node = node;
    symbol->span = node->import_.name_at;
    scope_add(p, m, target->name, symbol->span, symbol);
}

void names_declare(struct program *p, struct module *m, struct node *node)
{
    switch (node->kind) {
    case NODE_import:
        declare_import(p, m, node);
        break;
    case NODE_func:
        declare_func(p, m, node);
        break;
    case NODE_test:
        declare_test(p, m, node);
        break;
    case NODE_record:
        declare_record(p, m, node);
        break;
    case NODE_enum:
        declare_enum(p, m, node);
        break;
    case NODE_let:
        declare_const(p, m, node);
        break;
    default:
        break; /* a syntax error */
    }
}

/* ---- signatures and fields ------------------------------------------------------------------ */

static void sign_generics(struct program *p, struct symbol *function, const struct nodes *generics)
{
    for (uint32_t i = 0; i < generics->count; i++) {
        struct node *node = generics->at[i];
        if (node->kind != NODE_name)
            continue;
        const char *name = node->name_.name;
        for (uint32_t j = 0; j < i && i < GENERICS_MOST; j++)
            if (generics->at[j]->kind == NODE_name && generics->at[j]->name_.name == name)
                diag_error(p->diags, DIAG_duplicate, node->span,
                           "the type parameter `%s` is declared twice", name);
        struct symbol *var = symbol_new(p, function->module, SYM_TYPE_VAR, name, node->span, node);
        var->owner = function;
        var->index = i;
        var->type = type_make(&p->types, TYPE_var, NULL, 0, 0, NULL, var);
        node->name_.symbol = var;
    }
    function->func->is_broken = function->func->is_broken || generics->count > GENERICS_MOST;
    if (generics->count > GENERICS_MOST)
        diag_error(p->diags, DIAG_bad_type, generics->at[GENERICS_MOST]->span,
                   "a function has %d type parameters at most", GENERICS_MOST);
    function->func->generic_count = generics->count;
}

static const struct type *sign_param(struct program *p, struct symbol *function, struct node *param)
{
    const char *name = param->param_.name;
    struct func *func = function->func;
    for (uint32_t i = 0; i < func->locals.count; i++)
        if (func->locals.at[i]->name == name && strcmp(name, "_"))
            diag_error(p->diags, DIAG_duplicate, param->span,
                       "the parameter `%s` is declared twice", name);
    struct symbol *symbol =
        symbol_new(p, function->module, SYM_LOCAL, name, names_word(param->span, name), param);
    if (param->param_.annotation)
        symbol->type = names_param_type(p, function, param->param_.annotation);
    else
        diag_error(p->diags, DIAG_cannot_infer, param->span,
                   "the parameter `%s` needs a type: `%s: int`", name, name);
    symbol->owner = function;
    symbol->index = func->locals.count;
    symbol->is_param = true;
    symbol->is_var = param->param_.is_var;
    param->param_.symbol = symbol;
    param->type = symbol->type;
    vec_push(p->arena, &func->locals, symbol);
    func->param_count++;
    return symbol->type;
}

static void sign_func(struct program *p, struct symbol *function, const struct nodes *params,
                      struct node *result)
{
    struct func *func = function->func;
    const struct type **types = arena_array(p->arena, const struct type *, params->count + 1);
    uint32_t count = 0;
    func->is_broken = func->is_broken || params->count > PARAMS_MOST;
    if (params->count > PARAMS_MOST)
        diag_error(p->diags, DIAG_bad_type, params->at[PARAMS_MOST]->span,
                   "a function has %d parameters at most", PARAMS_MOST);
    for (uint32_t i = 0; i < params->count && i < PARAMS_MOST; i++)
        if (params->at[i]->kind == NODE_param)
            types[count++] = sign_param(p, function, params->at[i]);
    if (result)
        func->result = names_type(p, function->module, function, result);
    function->type = type_make(&p->types, TYPE_fn, types, count, 0, func->result, NULL);
}

static void check_extern(struct program *p, struct module *m, struct symbol *symbol)
{
    struct node *node = symbol->node;
    if (!(node->func_.flags & FUNC_EXTERN))
        return;
    if (strcmp(node->func_.header, "dfl")) {
        symbol->func->c_index = p->c_funcs.count;
        vec_push(p->arena, &p->c_funcs, symbol);
    } else if (!m->is_std) {
        diag_error(p->diags, DIAG_bad_extern, symbol->span,
                   "`extern \"dfl\"` is for the standard library only");
    }
}

static void sign_record(struct program *p, struct module *m, struct node *node)
{
    if (node->record_.header)
        vec_push(p->arena, &p->c_records, node->record_.symbol);
    const struct nodes *fields = &node->record_.fields;
    const struct type **types = arena_array(p->arena, const struct type *, fields->count + 1);
    for (uint32_t i = 0; i < fields->count; i++) {
        struct node *field = fields->at[i];
        types[i] = p->types.simple[TYPE_bad];
        if (field->kind != NODE_field)
            continue;
        types[i] = field->type = names_type(p, m, NULL, field->field_.annotation);
        for (uint32_t j = 0; j < i && i < ENDLESS_CELLS; j++)
            if (fields->at[j]->kind == NODE_field &&
                fields->at[j]->field_.name == field->field_.name)
                diag_error(p->diags, DIAG_duplicate, field->span,
                           "the field `%s` is declared twice", field->field_.name);
    }
    if (fields->count == 0)
        diag_error(p->diags, DIAG_bad_type, node->record_.name_at,
                   "the record `%s` has no fields; a value without content is `()`",
                   node->record_.name);
    if (node->record_.symbol->type->kind == TYPE_record)
        type_set_fields((struct type *)node->record_.symbol->type, p->arena, types, fields->count);
}

static void sign_enum(struct program *p, struct module *m, struct node *node)
{
    const struct type *t = node->enum_.symbol->type;
    VEC(const struct type *) all = {0};
    for (uint32_t i = 0; i < node->enum_.variants.count; i++) {
        struct node *variant = node->enum_.variants.at[i];
        if (variant->kind != NODE_variant)
            continue;
        uint32_t first = all.count, count = variant->variant_.types.count;
        for (uint32_t j = 0; j < count; j++)
            vec_push(p->arena, &all, names_type(p, m, NULL, variant->variant_.types.at[j]));
        if (count && t->kind == TYPE_enum)
            variant->variant_.symbol->type =
                type_make(&p->types, TYPE_fn, all.at + first, count, 0, t, NULL);
    }
    if (t->kind == TYPE_enum)
        type_set_fields((struct type *)t, p->arena, all.at, all.count);
    if (!node->enum_.variants.count)
        diag_error(p->diags, DIAG_bad_type, node->enum_.name_at,
                   "the enum `%s` has no variants, so no value can be made", node->enum_.name);
}

void names_sign(struct program *p, struct module *m, struct node *node)
{
    if (node->kind == NODE_record)
        sign_record(p, m, node);
    if (node->kind == NODE_enum)
        sign_enum(p, m, node);
    if (node->kind == NODE_test)
        sign_func(p, node->test_.symbol, &node->test_.params, NULL);
    if (node->kind == NODE_func) {
        struct symbol *symbol = node->func_.symbol;
        sign_generics(p, symbol, &node->func_.generics);
        sign_func(p, symbol, &node->func_.params, node->func_.result);
        check_extern(p, m, symbol);
    }
}
