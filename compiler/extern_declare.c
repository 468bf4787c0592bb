/* extern_declare.c - what a program declares of C, collected and held against what can be said
 * without the C compiler. */
#include "extern_core.h"

#include <string.h>
#include <unistd.h>

static bool check_word(struct externs *x, const char *word, struct span span, const char *what,
                       const char *odd)
{
    if (!word || (*word && !strpbrk(word, odd)))
        return true;
    diag_error(diags_of(x), DIAG_bad_extern, span, "`%s` cannot be the name of a C %s", word, what);
    return false;
}

/* `link "fast.c"`: a file in the program's folder, not a library by name. */
bool extern_is_file(const char *link)
{
    const char *dot = strrchr(link, '.');
    return dot && (!strcmp(dot, ".c") || !strcmp(dot, ".o") || !strcmp(dot, ".a"));
}

const char *extern_file_path(struct externs *x, const char *link)
{
    return arena_format(x->arena, "%s%s", link[0] == '/' ? "" : x->folder, link);
}

/* The library of a function, if no function before it has the same; else NULL. */
const char *extern_own_link(const struct externs *x, uint32_t i)
{
    const char *name = x->funcs.at[i].node->func_.link;
    for (uint32_t j = 0; j < i && name; j++)
        if (x->funcs.at[j].node->func_.link == name)
            name = NULL;
    return name;
}

static void check_link(struct externs *x, const struct node *node)
{
    const char *link = node->func_.link;
    if (check_word(x, link, node->func_.link_at, "library", " \"\\\n") && link &&
        extern_is_file(link) && access(extern_file_path(x, link), R_OK) != 0)
        diag_error(diags_of(x), DIAG_no_library, node->func_.link_at,
                   "no file `%s` in the program's folder", link);
}

static void check_header(struct externs *x, const char *name, struct span span)
{
    size_t len = strlen(name);
    if (len < 2 || name[0] != '<' || name[len - 1] != '>') {
        check_word(x, name, span, "header", "\"\\\n<>");
        return;
    }
    struct diag *d = diag_error(diags_of(x), DIAG_bad_extern, span,
                                "a header is named without the signs around it");
    diag_hint(diags_of(x), d, "write `\"%.*s\"`", (int)len - 2, name + 1);
}

struct c_header *extern_header(struct externs *x, const char *name, struct span span)
{
    for (uint32_t i = 0; i < x->headers.count; i++)
        if (x->headers.at[i].name == name)
            return &x->headers.at[i];
    vec_push(x->arena, &x->headers, ((struct c_header){.name = name, .span = span}));
    return &x->headers.at[x->headers.count - 1];
}

static void check_form(struct externs *x, const struct type *t, struct span span,
                       enum c_place place)
{
    static const char *const texts[][2] = {
        [PLACE_PARAM] =
            {"no C function can take `%s`",
             "what C can take: numbers, `bool`, `str`, `bytes`, arrays of numbers, records of C"},
        [PLACE_RESULT] =
            {"no C function can give `%s`",
             "what C can give: numbers, `bool`, `str`, `bytes`, `str?`, `bytes?`, records of C"},
        [PLACE_FIELD] = {"no struct of C can hold `%s`",
                         "what a record of C can hold: numbers, `bool`, records of C"},
    };
    if (t->kind == TYPE_bad || c_has_form(t, place))
        return;
    struct diag *d = diag_error(diags_of(x), DIAG_bad_extern, span, texts[place][0], t->text);
    if (t->kind == TYPE_record)
        diag_hint(diags_of(x), d, "a struct of C is declared `extern \"header.h\" record %s { … }`",
                  t->symbol->name);
    else
        diag_hint(diags_of(x), d, "%s", texts[place][1]);
}

static void check_kind(struct externs *x, const struct symbol *s)
{
    struct node *node = s->node;
    if (s->func->flags & FUNC_TASK) {
        struct diag *d = diag_error(diags_of(x), DIAG_bad_extern, s->span,
                                    "a C function is an `fn` or an `io fn`, not a task");
        diag_hint(diags_of(x), d, "it can be spawned as it is: `spawn %s(…)`", s->name);
    }
    if (node->func_.generics.count)
        diag_error(diags_of(x), DIAG_bad_extern, node->func_.generics.at[0]->span,
                   "a C function has no type parameters");
    if (s->func->param_count > DFL_C_PARAMS_MOST)
        diag_error(diags_of(x), DIAG_bad_extern, s->span, "a C function takes %d arguments at most",
                   DFL_C_PARAMS_MOST);
}

/* The declaration was not read whole: what C says of it means little. */
static bool has_bad_type(const struct symbol *s)
{
    bool is_bad = s->func->is_lost || s->func->result->kind == TYPE_bad;
    for (uint32_t i = 0; i < s->func->param_count; i++)
        is_bad |= s->func->locals.at[i]->type->kind == TYPE_bad;
    return is_bad;
}

/* What is wrong by itself is told here, and asked no further. */
static void add_func(struct externs *x, struct symbol *s)
{
    struct node *node = s->node;
    struct c_func f = {.symbol = s, .node = node, .name = s->name};
    uint32_t errors = diags_of(x)->errors;
    if (node->func_.c_name)
        f.name = node->func_.c_name;
    check_header(x, node->func_.header, node->func_.header_at);
    check_link(x, node);
    check_word(x, node->func_.c_name, s->span, "function", " \"\\\n();*#");
    check_kind(x, s);
    for (uint32_t i = 0; i < s->func->param_count; i++)
        check_form(x, s->func->locals.at[i]->type, s->func->locals.at[i]->node->span, PLACE_PARAM);
    check_form(x, s->func->result, node->func_.result ? node->func_.result->span : s->span,
               PLACE_RESULT);
    if (diags_of(x)->errors != errors || has_bad_type(s))
        return;
    extern_header(x, node->func_.header, node->func_.header_at);
    vec_push(x->arena, &x->funcs, f);
}

/* A record is named in C as here, as a type or a struct, if it does not say otherwise. What it says
 * may lack its `struct`, which is told. */
static void add_record(struct externs *x, struct symbol *s)
{
    struct node *node = s->node;
    const struct nodes *fields = &node->record_.fields;
    struct c_record r = {.symbol = s, .node = node, .names = {node->record_.c_name}};
    if (!node->record_.c_name)
        r.names[0] = s->name;
    if (!strchr(r.names[0], ' '))
        r.names[1] = arena_format(x->arena, "struct %s", r.names[0]);
    check_header(x, node->record_.header, node->record_.header_at);
    check_word(x, node->record_.c_name, s->span, "struct", "\"\\\n();*#");
    if (s->type->kind == TYPE_bad)
        return;
    for (uint32_t i = 0; i < fields->count; i++)
        check_form(x, s->type->args.at[i], fields->at[i]->span, PLACE_FIELD);
    extern_header(x, node->record_.header, node->record_.header_at);
    vec_push(x->arena, &x->records, r);
}

bool extern_collect(struct externs *x)
{
    uint32_t errors = diags_of(x)->errors;
    for (uint32_t i = 0; i < x->program->c_records.count; i++)
        add_record(x, x->program->c_records.at[i]);
    bool good = diags_of(x)->errors == errors;
    for (uint32_t i = 0; i < x->program->c_funcs.count; i++)
        add_func(x, x->program->c_funcs.at[i]);
    return good;
}
