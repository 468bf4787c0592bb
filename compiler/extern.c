/* extern.c - from what a program declares of C to functions that it can call: what is declared is
 * collected, the C compiler is asked, its answers are compared, and the shim is made. Read from the
 * bottom, or extern_check() first. */
#include "cache.h"
#include "extern_core.h"
#include "home.h"
#include "temp.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- names ---------------------------------------------------------------------------------- */

static const char symbol_start[] = "dfl_c_";

const char *extern_symbol(struct arena *arena, const struct symbol *s)
{
    return arena_format(arena, "%s%u_%s", symbol_start, s->func->c_index, s->name);
}

bool extern_is_symbol(const char *name)
{
    return !strncmp(name, symbol_start, strlen(symbol_start));
}

/* ---- what is declared ----------------------------------------------------------------------- */

static struct diags *diags_of(const struct externs *x)
{
    return x->program->diags;
}

/* A header, library or name that could not stand in a C file or command. */
static bool check_word(struct externs *x, const char *word, struct span span, const char *what,
                       const char *odd)
{
    if (!word || (*word && !strpbrk(word, odd)))
        return true;
    diag_error(diags_of(x), DIAG_bad_extern, span, "`%s` cannot be the name of a C %s", word, what);
    return false;
}

/* `link "fast.c"`: a file in the program's folder, not a library by name. */
static bool is_file(const char *link)
{
    const char *dot = strrchr(link, '.');
    return dot && (!strcmp(dot, ".c") || !strcmp(dot, ".o") || !strcmp(dot, ".a"));
}

static const char *file_path(struct externs *x, const char *link)
{
    return arena_format(x->arena, "%s%s", link[0] == '/' ? "" : x->folder, link);
}

/* The library of a function, if no function before it has the same; else NULL. */
static const char *own_link(const struct externs *x, uint32_t i)
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
    if (check_word(x, link, node->func_.link_at, "library", " \"\\\n") && link && is_file(link) &&
        access(file_path(x, link), R_OK) != 0)
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

static struct c_header *header_of(struct externs *x, const char *name, struct span span)
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
    header_of(x, node->func_.header, node->func_.header_at);
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
    header_of(x, node->record_.header, node->record_.header_at);
    vec_push(x->arena, &x->records, r);
}

/* False if functions cannot be asked about, since records that they may use are wrong. */
static bool collect(struct externs *x)
{
    uint32_t errors = diags_of(x)->errors;
    for (uint32_t i = 0; i < x->program->c_records.count; i++)
        add_record(x, x->program->c_records.at[i]);
    bool good = diags_of(x)->errors == errors;
    for (uint32_t i = 0; i < x->program->c_funcs.count; i++)
        add_func(x, x->program->c_funcs.at[i]);
    return good;
}

/* ---- answers -------------------------------------------------------------------------------- */

static const struct question *answer(const struct externs *x, uint32_t number)
{
    return &x->questions.at[number];
}

/* Tells what keeps a header from being read. False if it is there, with mistakes. */
static bool judge_header(struct externs *x, struct c_header *h)
{
    if (answer(x, h->ask)->error) {
        struct diag *d =
            diag_error(diags_of(x), DIAG_no_header, h->span, "no C header `%s`", h->name);
        diag_hint(
            diags_of(x), d, "%s",
            strchr(h->name, '.')
                ? "it is looked for in the program's folder, then where the C compiler looks; "
                  "is its package installed?"
                : "an `extern` names the header: `extern \"stdio.h\" fn …`");
    } else if (h->trouble) {
        struct diag *d = diag_error(diags_of(x), DIAG_no_header, h->span,
                                    "the C compiler cannot read `%s`", h->name);
        diag_note(diags_of(x), d, (struct span){0}, "%s", h->trouble);
        return false;
    }
    return true;
}

static void note_declared(struct externs *x, struct diag *d, const struct c_func *f)
{
    const struct c_signature *s = &f->signature;
    const char *text = "";
    for (uint32_t i = 0; i < s->params.count; i++)
        text = arena_format(x->arena, "%s%s%s", text, i ? ", " : "", s->params.at[i].text);
    if (s->is_open)
        text = arena_format(x->arena, "%s, ...", text);
    diag_note(diags_of(x), d, (struct span){0}, "`%s` declares `%s %s(%s)`", f->node->func_.header,
              s->result.text, f->name,
              s->params.count ? text
              : s->is_untold  ? ""
                              : "void");
}

/* "`uLong` (`unsigned long`)" */
static const char *tell_type(struct externs *x, const struct c_type *t)
{
    const char *spelled = t->base == C_OTHER ? t->plain : c_type_spell(x->arena, t);
    struct c_type again = c_type_read(x->arena, t->text, t->text);
    bool is_plain = t->base >= C_ENUM || (again.base == t->base && again.base != C_OTHER);
    if (is_plain || !strcmp(spelled, t->text))
        return arena_format(x->arena, "`%s`", t->text);
    return arena_format(x->arena, "`%s` (`%s`)", t->text, spelled);
}

/* What stands for a dfl type in C. */
static const char *tell_given(struct externs *x, const struct type *t, bool is_var)
{
    struct c_type c = c_given_type(x, t->kind == TYPE_option ? t->args.at[0] : t, is_var);
    return c_type_spell(x->arena, &c);
}

static void refuse_open(struct externs *x, struct diag *d)
{
    diag_hint(
        diags_of(x), d,
        "no type of dfl is like it: declare a C function of your own that takes numbers, text "
        "or records, and calls this one");
}

static void judge_param(struct externs *x, struct c_func *f, uint32_t i)
{
    const struct symbol *p = f->symbol->func->locals.at[i];
    const struct c_type *t = &f->signature.params.at[i];
    bool is_var;
    f->how[i] = c_fits_param(x, p->type, p->is_var, t);
    if (f->how[i])
        return;
    struct diag *d = diag_error(diags_of(x), DIAG_extern_type, p->node->span,
                                "`%s` takes %s in C, where `%s%s: %s` is `%s`", f->name,
                                tell_type(x, t), p->is_var ? "var " : "", p->name, p->type->text,
                                tell_given(x, p->type, p->is_var));
    note_declared(x, d, f);
    const char *better = c_suggest_param(x, t, &is_var);
    if (c_fits_param(x, p->type, !p->is_var, t)) {
        is_var = !p->is_var;
        better = p->type->text;
    }
    if (better)
        diag_hint(diags_of(x), d, "write `%s%s: %s`", is_var ? "var " : "", p->name, better);
    else
        refuse_open(x, d);
}

static void judge_result(struct externs *x, struct c_func *f)
{
    uint32_t count = f->symbol->func->param_count;
    const struct node *written = f->node->func_.result;
    f->how[count] = c_fits_result(x, f->symbol->func->result, &f->result);
    if (f->how[count])
        return;
    const struct type *result = f->symbol->func->result;
    struct diag *d =
        diag_error(diags_of(x), DIAG_extern_type, written ? written->span : f->symbol->span,
                   "`%s` gives %s in C, where `%s` is `%s`", f->name, tell_type(x, &f->result),
                   result->text, tell_given(x, result, false));
    if (f->form == FORM_FUNCTION)
        note_declared(x, d, f);
    const char *better = c_suggest_result(x, &f->result);
    if (better && f->result.base == C_VOID)
        diag_hint(diags_of(x), d, "leave `-> %s` out", result->text);
    else if (better)
        diag_hint(diags_of(x), d, "write `-> %s`", better);
    else
        refuse_open(x, d);
}

/* "fn crc32(start: u64, data: bytes, len: u32) -> u64", as far as dfl has types for it. */
static const char *tell_wanted(struct externs *x, const struct c_func *f)
{
    const struct c_signature *s = &f->signature;
    const struct func *func = f->symbol->func;
    const char *text = "", *result = c_suggest_result(x, &s->result);
    for (uint32_t i = 0; i < s->params.count; i++) {
        bool is_var;
        const char *type = c_suggest_param(x, &s->params.at[i], &is_var);
        if (!type)
            return NULL;
        const char *name =
            i < func->param_count ? func->locals.at[i]->name : arena_format(x->arena, "a%u", i + 1);
        text = arena_format(x->arena, "%s%s%s%s: %s", text, i ? ", " : "", is_var ? "var " : "",
                            name, type);
    }
    if (!result)
        return NULL;
    bool is_void = s->result.base == C_VOID;
    return arena_format(x->arena, "fn %s(%s)%s%s", f->symbol->name, text, is_void ? "" : " -> ",
                        is_void ? "" : result);
}

static bool judge_count(struct externs *x, struct c_func *f)
{
    uint32_t given = f->symbol->func->param_count, wanted = f->signature.params.count;
    if (given == wanted)
        return true;
    struct diag *d;
    if (f->signature.is_untold) {
        d = diag_error(diags_of(x), DIAG_extern_type, f->symbol->span,
                       "the header does not tell what `%s` takes", f->name);
        note_declared(x, d, f);
        return false;
    }
    d = diag_error(diags_of(x), DIAG_extern_type, f->symbol->span,
                   "`%s` takes %u argument%s in C, and %u %s declared", f->name, wanted,
                   wanted == 1 ? "" : "s", given, given == 1 ? "is" : "are");
    note_declared(x, d, f);
    const char *text = tell_wanted(x, f);
    if (f->signature.is_open && given > wanted)
        diag_hint(diags_of(x), d,
                  "what comes behind them may be of any type; it cannot be given from dfl");
    else if (text)
        diag_hint(diags_of(x), d, "write `%s`", text);
    return false;
}

static void judge_function(struct externs *x, struct c_func *f)
{
    f->form = FORM_FUNCTION;
    f->result = f->signature.result;
    if (!judge_count(x, f))
        return;
    for (uint32_t i = 0; i < f->symbol->func->param_count; i++)
        judge_param(x, f, i);
    judge_result(x, f);
}

/* A macro or another value: what it gives is known, what it takes is for the C compiler to say. */
static void judge_expression(struct externs *x, struct c_func *f, enum c_form form,
                             const struct question *q)
{
    f->form = form;
    f->result = c_type_read(x->arena, q->type, q->plain);
    f->result.stars -= 2; /* of the question */
    f->result.text = c_type_spell(x->arena, &f->result);
    for (uint32_t i = 0; i < f->symbol->func->param_count; i++) {
        const struct symbol *p = f->symbol->func->locals.at[i];
        bool is_many = p->type->kind == TYPE_bytes || p->type->kind == TYPE_array ||
                       p->type->kind == TYPE_grid;
        f->how[i] = p->type->kind == TYPE_str ? 's' : is_many ? 'e' : 'v';
        if (p->is_var)
            f->how[i] = is_many ? 'c' : 'p';
    }
    judge_result(x, f);
}

static void report_unknown(struct externs *x, const struct c_func *f, const struct question *q)
{
    struct diag *d = diag_error(diags_of(x), DIAG_not_in_header, f->symbol->span,
                                "`%s` declares no `%s`", f->node->func_.header, f->name);
    if (q->near)
        diag_hint(diags_of(x), d, "did you mean `%s`?", q->near);
}

static void judge_func(struct externs *x, struct c_func *f)
{
    const struct question *q = answer(x, f->ask_function), *macro = answer(x, f->ask_macro),
                          *value = answer(x, f->ask_value);
    f->how = arena_array(x->arena, char, f->symbol->func->param_count + 2);
    if (q->type && !q->near && c_signature_read(x->arena, q->type, q->plain, &f->signature)) {
        judge_function(x, f);
    } else if (macro->type) {
        judge_expression(x, f, FORM_MACRO, macro);
    } else if (value->type) {
        judge_expression(x, f, FORM_VALUE, value);
    } else if (macro->error) {
        struct diag *d = diag_error(diags_of(x), DIAG_extern_type, f->symbol->span,
                                    "the macro `%s` does not work with these arguments", f->name);
        diag_note(diags_of(x), d, (struct span){0}, "the C compiler says: %s", macro->error);
    } else if (q->type && !q->near) {
        diag_error(diags_of(x), DIAG_not_in_header, f->symbol->span, "`%s` is no function in `%s`",
                   f->name, f->node->func_.header);
    } else {
        report_unknown(x, f, q);
    }
}

static void judge_field(struct externs *x, struct c_record *r, uint32_t i, const struct question *q)
{
    const struct node *node = r->node->record_.fields.at[i];
    const struct type *t = r->symbol->type->args.at[i];
    const char *name = node->field_.name;
    if (t->kind == TYPE_bad)
        return;
    if (!q->type || q->near) {
        bool has_bits = q->error && strstr(q->error, "bit-field");
        struct diag *d =
            diag_error(diags_of(x), has_bits ? DIAG_extern_type : DIAG_not_in_header, node->span,
                       has_bits ? "`%s` of `%s` is a bit-field, which dfl has not"
                                : "no field `%s` in `%s` of C",
                       name, r->name);
        if (q->near)
            diag_hint(diags_of(x), d, "did you mean `%s`?", q->near);
        return;
    }
    struct c_type *c = &r->fields[i];
    *c = c_pointee_read(x->arena, q->type, q->plain);
    if (c_fits_field(x, t, c))
        return;
    struct diag *d = diag_error(diags_of(x), DIAG_extern_type, node->span,
                                "`%s` of `%s` is %s in C, where `%s` is `%s`", name, r->name,
                                tell_type(x, c), t->text, tell_given(x, t, false));
    const char *better = c->stars ? NULL : c_suggest_result(x, c);
    if (better && c->base != C_VOID)
        diag_hint(diags_of(x), d, "write `%s: %s`", name, better);
    else
        diag_hint(diags_of(x), d, "no type of dfl is like it, so this struct must stay in C");
}

static bool has_field(const struct c_record *r, const char *name)
{
    const struct nodes *fields = &r->node->record_.fields;
    for (uint32_t i = 0; i < fields->count; i++)
        if (!strcmp(fields->at[i]->field_.name, name))
            return true;
    return false;
}

static void judge_whole(struct externs *x, const struct c_record *r, const struct question *q)
{
    struct span span = r->node->record_.name_at;
    struct diag *d = NULL;
    if (q->missing && has_field(r, q->missing))
        d = diag_error(diags_of(x), DIAG_extern_type, span, "`%s` of C has more fields", r->name);
    else if (q->missing)
        d = diag_error(diags_of(x), DIAG_extern_type, span, "`%s` of C has a field `%s` too",
                       r->name, q->missing);
    else if (q->error)
        d = diag_error(diags_of(x), DIAG_extern_type, span,
                       "`%s` of C has its fields in another order, or at places of its own",
                       r->name);
    if (q->missing)
        diag_hint(diags_of(x), d, "a record has all fields of its struct, in their order");
}

/* `is_struct`: the header has one of that tag. */
static void report_no_record(struct externs *x, struct c_record *r, bool is_struct)
{
    const char *header = r->node->record_.header;
    struct diag *d = diag_error(diags_of(x), DIAG_not_in_header, r->node->record_.name_at,
                                is_struct ? "`%s` declares no type `%s`, only a struct"
                                          : "`%s` declares no struct `%s`",
                                header, r->names[0]);
    if (is_struct)
        diag_hint(diags_of(x), d, "write `as \"%s\"`", r->names[1]);
    else
        diag_hint(
            diags_of(x), d,
            "its name in C stands behind `as`: `extern \"%s\" as \"struct name\" record %s { … }`",
            header, r->symbol->name);
}

static void judge_record(struct externs *x, struct c_record *r)
{
    uint32_t count = r->node->record_.fields.count, which = 0;
    const struct question *q = answer(x, r->ask_size[0]);
    if (!q->type && r->names[1])
        q = answer(x, r->ask_size[which = 1]);
    r->is_unknown = !q->type;
    if (r->is_unknown || (which && r->node->record_.c_name))
        report_no_record(x, r, !r->is_unknown);
    if (r->is_unknown)
        return;
    uint32_t errors = diags_of(x)->errors;
    r->name = r->names[which];
    r->fields = arena_array(x->arena, struct c_type, count + 1);
    for (uint32_t i = 0; i < count; i++)
        judge_field(x, r, i, answer(x, r->ask_fields[which][i]));
    if (diags_of(x)->errors == errors)
        judge_whole(x, r, answer(x, r->ask_whole[which]));
}

/* Fields may be of records that stand further down, so names come first. */
static void name_records(struct externs *x)
{
    for (uint32_t i = 0; i < x->records.count; i++) {
        struct c_record *r = &x->records.at[i];
        r->name = r->names[answer(x, r->ask_size[0])->type || !r->names[1] ? 0 : 1];
    }
}

/* Whether values of the type hold a record of which C has no struct. */
static bool is_unknown(struct externs *x, const struct type *t)
{
    for (uint32_t i = 0; t->kind == TYPE_record && i < x->records.count; i++)
        if (x->records.at[i].symbol == t->symbol && x->records.at[i].is_unknown)
            return true;
    for (uint32_t i = 0; i < t->args.count; i++)
        if (is_unknown(x, t->args.at[i]))
            return true;
    return false;
}

static bool has_unknown(struct externs *x, const struct c_func *f)
{
    const struct func *func = f->symbol->func;
    bool found = is_unknown(x, func->result);
    for (uint32_t i = 0; i < func->param_count; i++)
        found = found || is_unknown(x, func->locals.at[i]->type);
    return found;
}

static bool is_read(struct externs *x, const char *header)
{
    return !answer(x, header_of(x, header, (struct span){0})->ask)->error;
}

/* A header with mistakes may spoil all that is asked; one that is not there spoils what is its own.
 */
static void judge(struct externs *x)
{
    for (uint32_t i = 0; i < x->headers.count; i++)
        if (!judge_header(x, &x->headers.at[i]))
            return;
    name_records(x);
    for (uint32_t i = 0; i < x->records.count; i++)
        if (is_read(x, x->records.at[i].node->record_.header))
            judge_record(x, &x->records.at[i]);
    for (uint32_t i = 0; i < x->funcs.count; i++)
        if (is_read(x, x->funcs.at[i].node->func_.header) && !has_unknown(x, &x->funcs.at[i]))
            judge_func(x, &x->funcs.at[i]);
}

static const char *folder_of(struct externs *x)
{
    const char *path = x->program->root->source->path, *slash = strrchr(path, '/');
    return slash ? arena_copy(x->arena, path, (size_t)(slash - path) + 1) : "./";
}

/* False: nothing can be asked, which was said. */
static bool ask_all(struct externs *x)
{
    if (x->is_asked)
        return true;
    if (!extern_probe(x))
        return false;
    judge(x);
    return x->is_asked = true;
}

/* All declarations as they are written. */
static const char *declarations(const struct externs *x)
{
    const char *text = "";
    for (uint32_t i = 0; i < x->records.count + x->funcs.count; i++) {
        struct span span = i < x->records.count ? x->records.at[i].node->span
                                                : x->funcs.at[i - x->records.count].node->span;
        text = arena_format(x->arena, "%s%.*s\n", text, (int)(span.end - span.start),
                            span.source->text + span.start);
    }
    return text;
}

static bool cache_of(struct externs *x, struct cache *cache)
{
    struct cc c;
    cc_begin(&c, x->arena);
    const char *words = "";
    for (uint32_t i = 0; i < c.words.count; i++)
        words = arena_format(x->arena, "%s %s", words, c.words.at[i]);
    char *folder = realpath(x->folder, NULL);
    const char *what =
        arena_format(x->arena, "%s\n%s\n%s", words, folder ? folder : "", declarations(x));
    free(folder);
    return cache_open_part(cache, x->arena, "shim", what);
}

/* A library made of the same declarations and headers: nothing is to be asked then. */
static bool find_kept(struct externs *x)
{
    struct cache cache;
    const char *warnings;
    if (cache_of(x, &cache))
        x->kept = cache_find(&cache, &warnings);
    return x->kept != NULL;
}

bool extern_check(struct program *p)
{
    if (!p->c_funcs.count && !p->c_records.count)
        return true;
    struct externs *x = arena_new(p->arena, struct externs);
    *x = (struct externs){.program = p, .arena = p->arena};
    x->folder = folder_of(x);
    p->externs = x;
    uint32_t errors = p->diags->errors;
    if (!collect(x))
        return true;
    return (p->diags->errors == errors && find_kept(x)) || ask_all(x);
}

/* ---- files ------------------------------------------------------------------------------ */

static void remove_file(const char **path)
{
    if (*path)
        temp_remove(*path);
    *path = NULL;
}

static void remove_files(struct externs *x)
{
    remove_file(&x->library);
    remove_file(&x->needs);
    remove_file(&x->object);
}

/* ---- the shim ------------------------------------------------------------------------------- */

void extern_add_flags(struct externs *x, struct cc *c)
{
    cc_add(c, "-std=gnu17");
    cc_add(c, "-iquote");
    cc_add(c, x->folder);
    cc_add(c, "-idirafter"); /* dfl.h */
    cc_add(c, home_path(x->arena, "include"));
}

/* A conclusion that does not hold after all, by the number of the function. */
static void report_asserts(struct externs *x, const char *said)
{
    bool told = false;
    for (const char *line = said; *line; line += strcspn(line, "\n"), line += *line != 0) {
        uint32_t number = strncmp(line, "dfl:", 4) ? 0 : (uint32_t)strtoul(line + 4, NULL, 10);
        const char *error = strstr(line, "error: ");
        if (!number || number > x->funcs.count + x->records.count || !error ||
            error > line + strcspn(line, "\n"))
            continue;
        bool is_func = number <= x->funcs.count;
        const struct symbol *s = is_func ? x->funcs.at[number - 1].symbol
                                         : x->records.at[number - 1 - x->funcs.count].symbol;
        struct diag *d =
            diag_error(diags_of(x), DIAG_extern_type, s->span, "`%s` is not what `%s` declares",
                       s->name, is_func ? s->node->func_.header : s->node->record_.header);
        diag_note(diags_of(x), d, (struct span){0}, "the C compiler says: %.*s",
                  (int)strcspn(error, "\n"), error);
        told = true;
    }
    if (!told)
        fprintf(stderr, "%sdfl: the C compiler failed\n", said);
}

/* The next name of "shim.o: a.h \ b.h", where blanks of a name have a backslash before. */
static char *next_file(struct arena *arena, const char **at)
{
    VEC(char) name = {0};
    const char *p = *at + strspn(*at, " \\\n");
    for (; *p && *p != ' ' && *p != '\n'; p++) {
        p += *p == '\\' && p[1] == ' ';
        vec_push(arena, &name, *p);
    }
    *at = p;
    vec_push(arena, &name, 0);
    return name.at;
}

/* Adds the names in rules of `make`, but for targets and `own`. */
static void add_files(struct externs *x, const char *rules, const char *own)
{
    while (*rules) {
        const char *name = next_file(x->arena, &rules);
        size_t len = strlen(name);
        if (len && name[len - 1] != ':' && strcmp(name, own))
            vec_push(x->arena, &x->files, name);
    }
}

static void read_needs(struct externs *x, const char *own)
{
    char text[1 << 16];
    FILE *in = fopen(x->needs, "re");
    size_t len = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in)
        fclose(in);
    text[len] = 0;
    add_files(x, text, own);
}

/* What files are made of that are linked too. */
static void ask_linked(struct externs *x)
{
    const char *said = "";
    struct cc c;
    cc_begin(&c, x->arena);
    extern_add_flags(x, &c);
    cc_add_words(&c, "-M -MF /dev/stderr");
    bool any = false;
    for (uint32_t i = 0; i < x->funcs.count; i++) {
        const char *name = own_link(x, i);
        size_t len = name ? strlen(name) : 0;
        if (!name || !is_file(name))
            continue;
        if (name[len - 1] == 'c')
            cc_add(&c, file_path(x, name));
        else
            vec_push(x->arena, &x->files, file_path(x, name));
        any |= name[len - 1] == 'c';
    }
    if (any && cc_run(&c, &said) == 0)
        add_files(x, said, "");
}

static bool compile(struct externs *x)
{
    if (!ask_all(x) || diags_of(x)->errors)
        return false;
    const char *path = temp_make(x->arena, ".c"), *said = "";
    FILE *out = path ? fopen(path, "we") : NULL;
    x->object = path ? temp_make(x->arena, ".o") : NULL;
    x->needs = x->object ? temp_make(x->arena, ".d") : NULL;
    if (!out || !x->needs)
        return false;
    extern_write_shim(x, out);
    fclose(out);
    struct cc c;
    cc_begin(&c, x->arena);
    extern_add_flags(x, &c);
    cc_add_words(&c, "-O2 -fPIC -w -c -o");
    cc_add(&c, x->object);
    cc_add_words(&c, "-MD -MF");
    cc_add(&c, x->needs);
    cc_add(&c, path);
    int status = cc_run(&c, &said);
    temp_remove(path);
    read_needs(x, path);
    ask_linked(x);
    vec_push(x->arena, &x->files, NULL);
    if (status > 0)
        report_asserts(x, said);
    return status == 0;
}

static const char *const *link_words(struct externs *x)
{
    VEC(const char *) words = {0};
    vec_push(x->arena, &words, x->object);
    vec_push(x->arena, &words, "-O2"); /* of C files that are linked */
    vec_push(x->arena, &words, "-fPIC");
    vec_push(x->arena, &words, "-idirafter"); /* dfl.h */
    vec_push(x->arena, &words, home_path(x->arena, "include"));
    for (uint32_t i = 0; i < x->funcs.count; i++) {
        const char *name = own_link(x, i);
        if (name)
            vec_push(x->arena, &words,
                     is_file(name) ? file_path(x, name) : arena_format(x->arena, "-l%s", name));
    }
    vec_push(x->arena, &words, NULL);
    return words.at;
}

const char *const *extern_link_words(struct program *p)
{
    static const char *const none[] = {NULL};
    if (!p->externs)
        return none;
    bool made = p->externs->object != NULL || compile(p->externs);
    return made ? link_words(p->externs) : NULL;
}

struct extern_inputs extern_inputs(const struct program *p)
{
    static const char *const none[] = {NULL};
    const struct externs *x = p->externs;
    if (!x || !x->files.count)
        return (struct extern_inputs){none, none};
    VEC(const char *) absent = {0};
    for (uint32_t i = 0; i < x->headers.count; i++) {
        const char *path = arena_format(x->arena, "%s%s", x->folder, x->headers.at[i].name);
        if (access(path, F_OK) != 0)
            vec_push(x->arena, &absent, path);
    }
    vec_push(x->arena, &absent, NULL);
    return (struct extern_inputs){x->files.at, absent.at};
}

const char *const *extern_named(const struct program *p)
{
    VEC(const char *) files = {0};
    struct externs *x = p->externs;
    for (uint32_t i = 0; x && i < x->headers.count; i++)
        vec_push(p->arena, &files,
                 arena_format(p->arena, "%s%s", x->folder, x->headers.at[i].name));
    for (uint32_t i = 0; x && i < x->funcs.count; i++) {
        const char *name = own_link(x, i);
        if (name && is_file(name))
            vec_push(p->arena, &files, file_path(x, name));
    }
    vec_push(p->arena, &files, NULL);
    return files.at;
}

/* ---- what the linker says ------------------------------------------------------------------- */

static bool report_library(struct externs *x, const char *name, size_t len)
{
    for (uint32_t i = 0; i < x->funcs.count; i++) {
        const struct c_func *f = &x->funcs.at[i];
        const char *link = f->node->func_.link;
        if (!link || strlen(link) != len || strncmp(link, name, len))
            continue;
        struct diag *d = diag_error(diags_of(x), DIAG_no_library, f->node->func_.link_at,
                                    "no C library `%s`", link);
        diag_hint(diags_of(x), d,
                  "the linker looks for lib%s.so and lib%s.a; is its package installed?", link,
                  link);
        return true;
    }
    return false;
}

static bool report_missing(struct externs *x, const char *name, size_t len)
{
    for (uint32_t i = 0; i < x->funcs.count; i++) {
        const struct c_func *f = &x->funcs.at[i];
        const char *link = f->node->func_.link;
        if (strlen(f->name) != len || strncmp(f->name, name, len))
            continue;
        if (link) {
            diag_error(diags_of(x), DIAG_no_library, f->node->func_.link_at,
                       "the C library `%s` has no `%s`", link, f->name);
            return true;
        }
        struct diag *d = diag_error(diags_of(x), DIAG_no_library, f->symbol->span,
                                    "`%s` is declared by `%s`, but it is not in the C library",
                                    f->name, f->node->func_.header);
        diag_hint(diags_of(x), d,
                  "name the library that has it: `extern \"%s\" link \"name\" fn …`",
                  f->node->func_.header);
        return true;
    }
    return false;
}

static bool report_line(struct externs *x, const char *line)
{
    static const struct {
        const char *mark, *end;
        bool (*report)(struct externs *, const char *, size_t);
    } forms[] = {
        {"cannot find -l", ": \n", report_library},
        {"unable to find library -l", " \n", report_library},
        {"library not found: ", " \n", report_library},
        {"undefined reference to `", "'", report_missing},
        {"undefined symbol: ", " \n", report_missing},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *at = strstr(line, forms[i].mark);
        if (!at)
            continue;
        at += strlen(forms[i].mark);
        return forms[i].report(x, at, strcspn(at, forms[i].end));
    }
    return false;
}

bool extern_report_link(struct program *p, const char *said)
{
    bool told = false;
    while (p->externs && *said) {
        size_t len = strcspn(said, "\n");
        told |= report_line(p->externs, arena_copy(p->arena, said, len));
        said += len + (said[len] != 0);
    }
    return told;
}

/* ---- in this process ------------------------------------------------------------------------ */

/* Where it is linked: in the cache, if there is one. */
static const char *library_path(struct externs *x, struct cache *cache)
{
    if (!cache)
        return temp_make(x->arena, ".so");
    const char *path = cache_draft(cache);
    temp_watch(path);
    return path;
}

static bool link_library(struct externs *x, struct cache *cache)
{
    const char *const *words = compile(x) ? link_words(x) : NULL, *said = "";
    x->library = words ? library_path(x, cache) : NULL;
    if (!x->library)
        return false;
    struct cc c;
    cc_begin(&c, x->arena);
    cc_add_words(&c, "-shared -Wl,-z,defs -o");
    cc_add(&c, x->library);
    for (; *words; words++)
        cc_add(&c, *words);
    cc_add(&c, "-lm");
    int status = cc_run(&c, &said);
    if (status > 0 && !extern_report_link(x->program, said))
        fprintf(stderr, "%sdfl: the linker '%s' failed with status %d\n", said, cc_name(&c),
                status);
    return status == 0;
}

static void keep_library(struct externs *x, struct cache *cache)
{
    struct cache_inputs in = {.warnings = ""};
    struct extern_inputs of_c = extern_inputs(x->program);
    for (; *of_c.files; of_c.files++)
        vec_push(x->arena, &in.files, *of_c.files);
    for (; *of_c.absent; of_c.absent++)
        vec_push(x->arena, &in.absent, *of_c.absent);
    x->kept = cache_keep(cache, x->library, &in);
    if (x->kept)
        temp_forget(x->library);
    x->library = x->kept ? NULL : x->library;
}

static bool make_library(struct externs *x)
{
    struct cache cache;
    bool has_cache = cache_of(x, &cache);
    if (!link_library(x, has_cache ? &cache : NULL))
        return false;
    if (has_cache)
        keep_library(x, &cache);
    return true;
}

bool extern_load(struct program *p)
{
    struct externs *x = p->externs;
    if (!x)
        return true;
    if (!x->kept && !make_library(x))
        return false;
    x->loaded = dlopen(x->kept ? x->kept : x->library, RTLD_NOW | RTLD_LOCAL);
    remove_files(x); /* it is mapped now */
    if (!x->loaded)
        fprintf(stderr, "dfl: cannot load the program's C functions: %s\n", dlerror());
    return x->loaded != NULL;
}

const struct dfl_c_fn *extern_find(const struct program *p, const struct symbol *s)
{
    const void *found = dlsym(p->externs->loaded, extern_symbol(p->arena, s));
    assert(found);
    return found;
}

void extern_close(struct program *p)
{
    if (p->externs)
        remove_files(p->externs);
}
