/* names.c - from files to declared names: reads modules with their imports, declares what they
 * hold, and resolves types as written. Read from the end: names_load() reads a module, and
 * module_load() is the order of the steps for each. */
#include "names.h"

#include "broken.h"
#include "endless.h"
#include "parse.h"
#include "suggest.h"

#include <assert.h>
#include <dirent.h>
#include <string.h>
#include <unistd.h>

/* An import that is being followed. */
struct step {
    struct module *module;
    struct span import; /* where it imports the next one */
};

struct loader {
    struct program *program;
    const char *folder;         /* of the root file, with its slash, or "" */
    VEC(struct module *) known; /* all, also those still being loaded */
    VEC(struct step) path;      /* from the root to the module being loaded */
};

/* Modules whose functions every module may call as methods. */
static const char *const prelude_modules[] = {"prelude", "text", "array", "map", "rounds"};
enum {
    PRELUDE_MODULES = sizeof prelude_modules / sizeof *prelude_modules,
    PRELUDE_NAMED = PRELUDE_MODULES - 1, /* `rounds` is the compiler's */
    PARAMS_MOST = 255,
    GENERICS_MOST = 32,
};

static const char *name_of(struct program *p, const char *text)
{
    return intern(p->names, text, strlen(text));
}

/* ---- words in the source ----------------------------------------------------------------- */

static bool word_char(unsigned char c)
{
    return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static uint32_t skip_quiet(const char *text, uint32_t at, uint32_t end)
{
    if (text[at] == '"') {
        for (at++; at < end && text[at] != '"'; at++)
            at += text[at] == '\\';
        return at + 1;
    }
    while (at < end && text[at] != '\n')
        at++;
    return at;
}

struct span names_word(struct span within, const char *word)
{
    if (!within.source)
        return within;
    const char *text = within.source->text;
    uint32_t len = (uint32_t)strlen(word), at = within.start;
    while (at + len <= within.end) {
        if (text[at] == '"' || (text[at] == '/' && text[at + 1] == '/')) {
            at = skip_quiet(text, at, within.end);
        } else if (!word_char((unsigned char)text[at])) {
            at++;
        } else {
            uint32_t start = at;
            while (at < within.end && word_char((unsigned char)text[at]))
                at++;
            if (at - start == len && !memcmp(text + start, word, len))
                return (struct span){within.source, start, at};
        }
    }
    return within;
}

/* ---- finding names ------------------------------------------------------------------------- */

static struct module *module_named(struct program *p, const char *name)
{
    for (uint32_t i = 0; i < p->modules.count; i++)
        if (p->modules.at[i]->is_std && !strcmp(p->modules.at[i]->name, name))
            return p->modules.at[i];
    return NULL;
}

struct symbol *names_std(struct program *p, const char *module, const char *name)
{
    struct module *m = module_named(p, module);
    return m ? name_map_get(&m->scope, name_of(p, name)) : NULL;
}

static struct symbol *module_symbol(struct program *p, struct module *m)
{
    struct symbol *symbol = arena_new(p->arena, struct symbol);
    *symbol = (struct symbol){.kind = SYM_MODULE, .name = m->name, .module = m};
    symbol->type = p->types.simple[TYPE_bad];
    return symbol;
}

bool names_is_lost(const struct module *m, const char *name)
{
    for (uint32_t i = 0; i < m->lost.count; i++) {
        struct span word = names_word(m->lost.at[i], name);
        if (word.end - word.start == strlen(name) && word.end > word.start)
            return true;
    }
    return false;
}

bool names_has_word(struct span within, const char *word)
{
    const char *text = within.source->text, *at = text + within.start;
    size_t len = strlen(word);
    while ((at = strstr(at, word)) && at + len <= text + within.end) {
        if ((at == text || !word_char((unsigned char)at[-1])) && !word_char((unsigned char)at[len]))
            return true;
        at += len;
    }
    return false;
}

bool names_is_lost_in(const struct func *func, const char *name, struct span use)
{
    for (; func; func = func->parent ? func->parent->func : NULL)
        for (uint32_t i = 0; i < func->lost.count; i++)
            if (func->lost.at[i].start < use.start && names_has_word(func->lost.at[i], name))
                return true;
    return false;
}

bool names_is_rounds(const struct symbol *symbol)
{
    const struct module *m = symbol->module;
    return m && m->is_std && !strcmp(m->name, prelude_modules[PRELUDE_NAMED]);
}

struct symbol *names_find(struct program *p, struct module *m, const char *name)
{
    struct symbol *symbol = name_map_get(&m->scope, name);
    if (symbol)
        return symbol;
    struct module *prelude = module_named(p, "prelude");
    symbol = prelude ? name_map_get(&prelude->scope, name) : NULL;
    if (symbol && symbol->is_pub)
        return symbol;
    for (int i = 1; i < PRELUDE_NAMED; i++) {
        struct module *std = module_named(p, prelude_modules[i]);
        if (std && std->name == name)
            return module_symbol(p, std);
    }
    return NULL;
}

static void hint_member(struct program *p, struct diag *d, struct module *m, const char *name,
                        struct span span)
{
    struct nearest nearest = {0};
    const char *foreign = m->is_std ? suggest_member(name) : NULL;
    if (foreign) {
        diag_hint(p->diags, d, "%s", foreign);
        return;
    }
    for (uint32_t i = 0; i < m->scope.room && !diag_is_full(p->diags); i++) {
        struct symbol *symbol = m->scope.slots[i].value;
        if (symbol && symbol->is_pub && symbol->module == m)
            nearest_offer(&nearest, name, symbol->name);
    }
    diag_meant(p->diags, d, span, nearest.best);
}

struct symbol *names_member(struct program *p, struct module *from, struct module *m,
                            const char *name, struct span span)
{
    struct symbol *symbol = name_map_get(&m->scope, name);
    if (symbol && (symbol->kind == SYM_MODULE || symbol->module != m))
        symbol = NULL; /* what it imports is not its own */
    if (!symbol && names_is_lost(m, name))
        return NULL;
    if (!symbol || (m->is_std && !symbol->is_pub && m != from)) {
        struct diag *d = diag_error(p->diags, DIAG_not_in_module, span, "module `%s` has no `%s`",
                                    m->name, name);
        hint_member(p, d, m, name, span);
        return NULL;
    }
    if (!symbol->is_pub && m != from) {
        struct diag *d = diag_error(p->diags, DIAG_not_pub, span,
                                    "`%s` of module `%s` is not public", name, m->name);
        diag_note(p->diags, d, symbol->span, "declared here without `pub`");
        diag_hint(p->diags, d, "write `pub` before its declaration");
        return NULL;
    }
    return symbol;
}

/* ---- types as written ------------------------------------------------------------------------ */

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

/* ---- declaring ------------------------------------------------------------------------------ */

static struct symbol *symbol_new(struct program *p, struct module *m, enum symbol_kind kind,
                                 const char *name, struct span span, struct node *node)
{
    struct symbol *symbol = arena_new(p->arena, struct symbol);
    *symbol = (struct symbol){.kind = kind, .name = name, .span = span, .node = node, .module = m};
    symbol->type = p->types.simple[TYPE_bad];
    return symbol;
}

/* Enters a symbol into its module's scope; the second of one name is reported and left out: false.
 */
static bool scope_add(struct program *p, struct module *m, const char *name, struct span span,
                      struct symbol *symbol)
{
    struct symbol *first = name_map_get(&m->scope, name);
    if (first) {
        struct diag *d = diag_error(p->diags, DIAG_duplicate, span, "`%s` is declared twice", name);
        diag_note(p->diags, d, first->span, "first here");
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
    if (pattern->kind != NODE_pat_name) {
        if (pattern->kind != NODE_bad)
            diag_error(p->diags, DIAG_not_constant, pattern->span,
                       "a constant needs one name: `let name = value`");
        return;
    }
    const char *name = pattern->pat_name_.name;
    struct symbol *symbol = symbol_new(p, m, SYM_CONST, name, pattern->span, node);
    symbol->type = NULL; /* known when check.c first needs it */
    symbol->is_pub = node->let_.is_pub;
    pattern->pat_name_.symbol = symbol;
    scope_add(p, m, name, symbol->span, symbol);
}

/* `geo` of `import shapes.geo`. */
static const char *last_name(struct program *p, const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? name_of(p, dot + 1) : path;
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
        declare_lost(p, m, last_name(p, node->import_.path), node);
        return;
    }
    struct symbol *symbol = module_symbol(p, target);
    symbol->node = node;
    symbol->span = node->import_.name_at;
    scope_add(p, m, target->name, symbol->span, symbol);
}

static void declare_item(struct program *p, struct module *m, struct node *node)
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
    struct type_scope scope = {p, function->module, function, true};
    if (param->param_.annotation)
        symbol->type = resolve(scope, param->param_.annotation);
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

static void sign_item(struct program *p, struct module *m, struct node *node)
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

/* ---- files ---------------------------------------------------------------------------------- */

static void offer_folder(struct program *p, struct nearest *nearest, const char *folder,
                         const char *name)
{
    DIR *dir = opendir(*folder ? folder : ".");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && !strcmp(entry->d_name + len - 4, ".dfl"))
            nearest_offer(nearest, name, intern(p->names, entry->d_name, len - 4));
    }
    if (dir)
        closedir(dir);
}

/* The file of `shapes.geo` below a folder that ends with `/` or is empty: shapes/geo.dfl. */
static const char *module_file(struct program *p, const char *folder, const char *name)
{
    char *path = arena_format(p->arena, "%s%s.dfl", folder, name);
    for (char *c = path + strlen(folder); c < path + strlen(path) - strlen(".dfl"); c++)
        if (*c == '.')
            *c = '/';
    return path;
}

static void unknown_module(struct loader *l, const char *name, struct span span)
{
    struct program *p = l->program;
    struct nearest nearest = {0};
    offer_folder(p, &nearest, l->folder, name);
    offer_folder(p, &nearest, p->library, name);
    struct diag *d = diag_error(p->diags, DIAG_unknown_module, span, "no module `%s`", name);
    const char *foreign = suggest_module(name);
    if (foreign)
        diag_hint(p->diags, d, "%s", foreign);
    else if (nearest.best)
        diag_meant(p->diags, d, span, nearest.best);
    else
        diag_hint(p->diags, d, "modules are files: `%s`, or one of the standard library",
                  module_file(p, l->folder, name));
}

/* The file of an imported module: below the folder of the root file, else in the library; NULL if
 * neither. */
static const char *find_file(struct loader *l, const char *name, bool *is_std)
{
    struct program *p = l->program;
    const char *path = module_file(p, l->folder, name);
    *is_std = false;
    if (access(path, R_OK) == 0)
        return path;
    *is_std = true;
    path = arena_format(p->arena, "%s/%s.dfl", p->library, name);
    return access(path, R_OK) == 0 ? path : NULL;
}

/* The import that closes a cycle is told at the first import of the way into it, with the path. */
static void report_cycle(struct loader *l, struct module *again)
{
    struct program *p = l->program;
    const char *path = "";
    for (uint32_t i = 0; i < l->path.count; i++)
        path = arena_format(p->arena, "%s%s -> ", path, l->path.at[i].module->name);
    struct diag *d = diag_error(p->diags, DIAG_import_cycle, l->path.at[0].import,
                                "modules import each other in a cycle: %s%s", path, again->name);
    for (uint32_t i = 1; i < l->path.count; i++)
        diag_note(p->diags, d, l->path.at[i].import, "`%s` imports the next one here",
                  l->path.at[i].module->name);
    diag_hint(p->diags, d, "move what both need into a module of its own");
}

static struct module *module_open(struct loader *l, const char *path, const char *name,
                                  bool is_std);

static void load_import(struct loader *l, struct node *node)
{
    struct program *p = l->program;
    struct span span = node->import_.name_at;
    l->path.at[l->path.count - 1].import = span;
    bool is_std;
    const char *path = find_file(l, node->import_.path, &is_std);
    if (!path) {
        unknown_module(l, node->import_.path, span);
        return;
    }
    for (uint32_t i = 0; i < l->known.count; i++) {
        struct module *known = l->known.at[i];
        if (strcmp(known->path, path))
            continue;
        if (known->loaded)
            node->import_.target = known;
        else
            report_cycle(l, known);
        return;
    }
    node->import_.target = module_open(l, path, last_name(p, node->import_.path), is_std);
}

/* Imports first, so that signatures can use their types; then all names; then what they mean. */
static void module_load(struct loader *l, struct module *m)
{
    struct program *p = l->program;
    const struct nodes *items = &m->tree->module_.items;
    vec_push(p->arena, &l->path, ((struct step){m, m->tree->span}));
    for (uint32_t i = 0; i < items->count; i++) {
        struct node *item = items->at[i];
        if (item->kind != NODE_import)
            continue;
        load_import(l, item);
        if (item->import_.target)
            vec_push(p->arena, &m->imports, item->import_.target);
    }
    l->path.count--;
    for (uint32_t i = 0; i < items->count; i++)
        declare_item(p, m, items->at[i]);
    broken_mark(p, m);
    for (uint32_t i = 0; i < items->count; i++)
        sign_item(p, m, items->at[i]);
    endless_check(p, items);
}

/* Reads a module with all it imports; NULL if its file cannot be read (reported). */
static struct module *module_open(struct loader *l, const char *path, const char *name, bool is_std)
{
    struct program *p = l->program;
    struct span import = l->path.count ? l->path.at[l->path.count - 1].import : (struct span){0};
    struct source *source = source_read_for(p->arena, path, import, p->diags);
    if (!source)
        return NULL;
    struct module *m = arena_new(p->arena, struct module);
    m->name = name;
    m->path = path;
    m->source = source;
    m->is_std = source->is_std = is_std;
    vec_push(p->arena, &l->known, m);
    m->tree = parse_module(p->arena, p->names, source, p->diags);
    if (m->tree->kind == NODE_module)
        module_load(l, m);
    m->loaded = true;
    vec_push(p->arena, &p->modules, m);
    return m;
}

static const char *folder_of(struct program *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_copy(p->arena, path, (size_t)(slash + 1 - path)) : "";
}

/* "src/fib.dfl" is module "fib". */
static const char *module_name(struct program *p, const char *path)
{
    if (!strcmp(path, "-"))
        return name_of(p, "main");
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t len = strlen(base);
    if (len > 4 && !strcmp(base + len - 4, ".dfl"))
        len -= 4;
    return intern(p->names, base, len);
}

void names_load(struct program *p, const char *path)
{
    struct loader l = {.program = p, .folder = folder_of(p, path)};
    if (!p->types.arena)
        types_init(&p->types, p->arena);
    for (int i = 0; i < PRELUDE_MODULES; i++) {
        const char *std = arena_format(p->arena, "%s/%s.dfl", p->library, prelude_modules[i]);
        module_open(&l, std, name_of(p, prelude_modules[i]), true);
    }
    p->root = module_open(&l, path, module_name(p, path), false);
    if (p->root)
        p->main = name_map_get(&p->root->scope, name_of(p, "main"));
    if (p->main && p->main->kind != SYM_FUNC)
        p->main = NULL;
}
