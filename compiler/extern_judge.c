/* extern_judge.c - the C compiler's answers held against what is declared, and what is said where
 * they differ. Read from the bottom. */
#include "extern_core.h"

#include <string.h>

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
    return !answer(x, extern_header(x, header, (struct span){0})->ask)->error;
}

void extern_judge(struct externs *x)
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
