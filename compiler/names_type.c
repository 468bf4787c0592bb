/* names_type.c - types as written, resolved. */
#include "names_core.h"

#include "suggest.h"

#include <string.h>

struct type_scope {
    struct program *program;
    struct module *module;
    const struct symbol *function;
    bool parameter; /* a function type may stand here */
};

static const struct type *resolve(struct type_scope, struct node *);

static const struct type *bad_type(struct type_scope s)
{
    return s.program->types.simple[TYPE_bad];
}

static const struct symbol *find_generic(const struct symbol *function, const char *name)
{
    if (!function || !function->node || function->node->kind != NODE_func)
        return NULL;
    const struct nodes *generics = &function->node->func_.generics;
    for (uint32_t i = 0; i < generics->count; i++)
        if (generics->at[i]->kind == NODE_name && generics->at[i]->name_.name == name)
            return generics->at[i]->name_.symbol;
    return NULL;
}

static enum type_kind find_simple(const char *name)
{
    static const struct {
        const char *name;
        enum type_kind kind;
    } rows[] = {
        {"bool", TYPE_bool}, {"int", TYPE_int}, {"float", TYPE_float}, {"duration", TYPE_duration},
        {"i8", TYPE_i8},     {"i16", TYPE_i16}, {"i32", TYPE_i32},     {"i64", TYPE_i64},
        {"u8", TYPE_u8},     {"u16", TYPE_u16}, {"u32", TYPE_u32},     {"u64", TYPE_u64},
        {"f32", TYPE_f32},   {"str", TYPE_str}, {"bytes", TYPE_bytes}, {"error", TYPE_error},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].name, name))
            return rows[i].kind;
    return TYPE_bad;
}

static void offer_types(struct type_scope s, struct nearest *nearest, const char *name)
{
    static const char *const simple[] = {"bool",  "int",   "float",   "str",
                                         "bytes", "error", "duration"};
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        nearest_offer(nearest, name, simple[i]);
    for (uint32_t i = 0; i < s.module->scope.room && !diag_is_full(s.program->diags); i++) {
        struct symbol *symbol = s.module->scope.slots[i].value;
        if (symbol && (symbol->kind == SYM_RECORD || symbol->kind == SYM_ENUM))
            nearest_offer(nearest, name, symbol->name);
    }
}

/* An unknown type is told once: one declaration is missing. */
static bool is_told(struct type_scope s, const char *name)
{
    for (uint32_t i = 0; i < s.module->unknown_types.count; i++)
        if (s.module->unknown_types.at[i] == name)
            return true;
    if (!diag_is_full(s.program->diags))
        vec_push(s.program->arena, &s.module->unknown_types, name);
    return false;
}

static const struct type *unknown_type(struct type_scope s, struct node *node)
{
    const char *name = node->type_name_.name, *native = suggest_type(name);
    if ((!native && names_is_lost(s.module, name)) || is_told(s, name))
        return bad_type(s);
    struct diag *d =
        diag_error(s.program->diags, DIAG_unknown_type, node->span, "no type `%s`", name);
    struct nearest nearest = {0};
    offer_types(s, &nearest, name);
    if (native)
        diag_hint(s.program->diags, d, "%s", native);
    else if (!name[1] && s.function && !nearest.best)
        diag_hint(s.program->diags, d, "a type parameter is declared behind the name: `%s<%s>(…)`",
                  s.function->name, name);
    else
        diag_meant(s.program->diags, d, names_word(node->span, name), nearest.best);
    return bad_type(s);
}

static const struct symbol *find_type_symbol(struct type_scope s, struct node *node)
{
    const char *module = node->type_name_.module, *name = node->type_name_.name;
    if (!module)
        return names_find(s.program, s.module, name);
    struct symbol *owner = names_find(s.program, s.module, module);
    bool is_lost = owner ? owner->kind == SYM_LOST : names_is_lost(s.module, module);
    if (is_lost)
        return NULL;
    if (!owner || owner->kind != SYM_MODULE) {
        diag_error(s.program->diags, DIAG_unknown_module, node->span,
                   "no module `%s` is imported here", module);
        return NULL;
    }
    owner->used = true;
    return names_member(s.program, s.module, owner->module, name, node->span);
}

static const struct type *resolve_name(struct type_scope s, struct node *node)
{
    const char *name = node->type_name_.name;
    if (!node->type_name_.module) {
        const struct symbol *generic = find_generic(s.function, name);
        if (generic)
            return generic->type;
        enum type_kind kind = find_simple(name);
        if (kind != TYPE_bad)
            return s.program->types.simple[kind];
    }
    const struct symbol *symbol = find_type_symbol(s, node);
    if (symbol && (symbol->kind == SYM_RECORD || symbol->kind == SYM_ENUM)) {
        ((struct symbol *)symbol)->used = true;
        return symbol->type;
    }
    if (symbol && symbol->kind == SYM_LOST)
        return bad_type(s);
    if (symbol) {
        struct diag *d =
            diag_error(s.program->diags, DIAG_wrong_kind, node->span, "`%s` is not a type", name);
        diag_note(s.program->diags, d, symbol->span, "it is declared here");
        return bad_type(s);
    }
    return node->type_name_.module ? bad_type(s) : unknown_type(s, node);
}

/* T?? and T!! say nothing that T? and T! do not. */
static const struct type *resolve_wrapped(struct type_scope s, struct node *node,
                                          enum type_kind kind, struct node *inner)
{
    const struct type *elem = resolve(s, inner);
    if (elem->kind == kind) {
        diag_error(s.program->diags, DIAG_bad_type, node->span, "there is no `%s%c`", elem->text,
                   kind == TYPE_option ? '?' : '!');
        return bad_type(s);
    }
    if (elem->kind == TYPE_bad)
        return elem;
    return type_make(&s.program->types, kind, &elem, 1, 0, NULL, NULL);
}

static const struct type *resolve_map(struct type_scope s, struct node *node)
{
    const struct type *parts[] = {resolve(s, node->type_map_.key),
                                  resolve(s, node->type_map_.value)};
    enum type_kind key = parts[0]->kind;
    if (key == TYPE_float || key == TYPE_f32 || key == TYPE_future) {
        struct diag *d = diag_error(s.program->diags, DIAG_not_data, node->type_map_.key->span,
                                    "a map cannot have keys of type `%s`", parts[0]->text);
        if (key != TYPE_future)
            diag_hint(s.program->diags, d,
                      "floats that look alike may differ: use a rounded `int` or a `str`");
        return bad_type(s);
    }
    if (key == TYPE_bad || parts[1]->kind == TYPE_bad)
        return bad_type(s);
    vec_push(s.program->arena, &s.program->maps, node);
    return type_make(&s.program->types, TYPE_map, parts, 2, 0, NULL, NULL);
}

/* Resolves a list; true if all are good. */
static bool resolve_list(struct type_scope s, const struct nodes *nodes, const struct type **out)
{
    bool good = true;
    for (uint32_t i = 0; i < nodes->count; i++) {
        out[i] = resolve(s, nodes->at[i]);
        good = good && out[i]->kind != TYPE_bad;
    }
    return good;
}

static const struct type *resolve_tuple(struct type_scope s, struct node *node)
{
    const struct nodes *elems = &node->type_tuple_.elems;
    if (elems->count == 0)
        return s.program->types.simple[TYPE_unit];
    const struct type **types = arena_array(s.program->arena, const struct type *, elems->count);
    if (!resolve_list(s, elems, types))
        return bad_type(s);
    if (elems->count == 1)
        return types[0];
    return type_make(&s.program->types, TYPE_tuple, types, elems->count, 0, NULL, NULL);
}

static const struct type *resolve_fn(struct type_scope s, struct node *node)
{
    if (!s.parameter) {
        struct diag *d = diag_error(s.program->diags, DIAG_fn_type_place, node->span,
                                    "a function cannot be stored in a value or returned");
        diag_hint(s.program->diags, d,
                  "function types stand at parameters only: functions are passed down, never kept");
        return bad_type(s);
    }
    s.parameter = false;
    const struct nodes *params = &node->type_fn_.params;
    const struct type **types =
        arena_array(s.program->arena, const struct type *, params->count + 1);
    bool good = resolve_list(s, params, types);
    const struct type *result = node->type_fn_.result ? resolve(s, node->type_fn_.result)
                                                      : s.program->types.simple[TYPE_unit];
    if (!good || result->kind == TYPE_bad)
        return bad_type(s);
    return type_make(&s.program->types, TYPE_fn, types, params->count, 0, result, NULL);
}

static const struct type *resolve_array(struct type_scope s, struct node *node)
{
    const struct type *elem = resolve(s, node->type_array_.elem);
    if (elem->kind == TYPE_bad)
        return elem;
    if (node->type_array_.rank > 1)
        vec_push(s.program->arena, &s.program->grids, node);
    return type_grid(&s.program->types, elem, node->type_array_.rank);
}

static const struct type *resolve_parts(struct type_scope s, struct node *node)
{
    struct type_scope inner = s;
    inner.parameter = false;
    switch (node->kind) {
    case NODE_type_name:
        return resolve_name(s, node);
    case NODE_type_array:
        return resolve_array(inner, node);
    case NODE_type_map:
        return resolve_map(inner, node);
    case NODE_type_tuple:
        return resolve_tuple(inner, node);
    case NODE_type_option:
        return resolve_wrapped(inner, node, TYPE_option, node->type_option_.elem);
    case NODE_type_result:
        return resolve_wrapped(inner, node, TYPE_result, node->type_result_.elem);
    case NODE_type_future: {
        const struct type *elem = resolve(inner, node->type_future_.elem);
        return elem->kind == TYPE_bad ? elem : type_future(&s.program->types, elem);
    }
    case NODE_type_fn:
        return resolve_fn(s, node);
    default:
        return bad_type(s);
    }
}

static const struct type *resolve(struct type_scope s, struct node *node)
{
    const struct type *t = resolve_parts(s, node);
    if (t->parts > TYPE_PARTS) {
        diag_error(s.program->diags, DIAG_bad_type, node->span, "the type has more than %d parts",
                   TYPE_PARTS);
        t = bad_type(s);
    }
    return node->type = t;
}

const struct type *names_type(struct program *p, struct module *m, const struct symbol *function,
                              struct node *node)
{
    return resolve((struct type_scope){p, m, function, false}, node);
}

const struct type *names_param_type(struct program *p, const struct symbol *function,
                                    struct node *node)
{
    return resolve((struct type_scope){p, function->module, function, true}, node);
}
