/* check_record.c - record literals and updates; variants as values. */
#include "checking.h"

static int field_index(const struct nodes *fields, const char *name)
{
    for (uint32_t i = 0; i < fields->count; i++)
        if (fields->at[i]->kind == NODE_field && fields->at[i]->field_.name == name)
            return (int)i;
    return -1;
}

static void report_field(struct check *c, struct node *init, struct symbol *record)
{
    const struct nodes *fields = &record->node->record_.fields;
    const char *name = init->field_init_.name;
    struct diag *d = diag_error(c->diags, DIAG_record_fields, names_word(init->span, name),
                                "the record `%s` has no field `%s`", record->name, name);
    struct nearest nearest = {0};
    for (uint32_t i = 0; i < fields->count; i++)
        if (fields->at[i]->kind == NODE_field)
            nearest_offer(&nearest, name, fields->at[i]->field_.name);
    diag_meant(c->diags, d, names_word(init->span, name), nearest.best);
    diag_note(c->diags, d, record->span, "`%s` is declared here", record->name);
}

/* One that is given twice often stands for one that is not given. */
static void report_twice(struct check *c, const struct nodes *inits, struct node *init,
                         const struct nodes *fields)
{
    struct diag *d = diag_error(c->diags, DIAG_record_fields, init->span,
                                "the field `%s` is given twice", init->field_init_.name);
    const char *missing = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < fields->count; i++) {
        bool is_given = fields->at[i]->kind != NODE_field;
        for (uint32_t j = 0; !is_given && j < inits->count; j++)
            is_given = inits->at[j]->kind == NODE_field_init &&
                       inits->at[j]->field_init_.name == fields->at[i]->field_.name;
        if (!is_given && !count++)
            missing = fields->at[i]->field_.name;
    }
    if (count == 1)
        diag_hint(c->diags, d, "the field that is not given is `%s`", missing);
}

/* Checks the values given and marks their fields in `given`; false if one was reported. `is_whole`:
 * all fields have to be given. */
static bool check_fields(struct check *c, struct nodes *inits, const struct type *t, bool *given,
                         bool is_whole)
{
    struct symbol *record = (struct symbol *)t->symbol;
    const struct nodes *fields = &record->node->record_.fields;
    bool good = true;
    for (uint32_t i = 0; i < inits->count; i++) {
        struct node *init = inits->at[i];
        if (init->kind != NODE_field_init)
            continue;
        int index = field_index(fields, init->field_init_.name);
        if (index < 0 || given[index]) {
            if (index < 0)
                report_field(c, init, record);
            else
                report_twice(c, inits, init, is_whole ? fields : &(struct nodes){0});
            check_quietly(c, &init->field_init_.value);
            good = false;
            continue;
        }
        given[index] = true;
        init->field_init_.index = (uint32_t)index;
        struct why why = {fields->at[index]->span,
                          arena_format(c->arena, "the field `%s` is `%s`", init->field_init_.name,
                                       t->args.at[index]->text),
                          false};
        init->type = check_want(c, &init->field_init_.value, t->args.at[index], why);
    }
    return good;
}

static void report_missing(struct check *c, struct node *node, struct symbol *record,
                           const bool *given)
{
    const struct nodes *fields = &record->node->record_.fields;
    const char *missing = "";
    uint32_t count = 0;
    for (uint32_t i = 0; i < fields->count; i++)
        if (!given[i] && fields->at[i]->kind == NODE_field)
            missing = arena_format(c->arena, "%s%s`%s`", missing, count++ ? ", " : "",
                                   fields->at[i]->field_.name);
    if (!count)
        return;
    struct span head = names_word(node->span, record->name);
    struct diag *d =
        diag_error(c->diags, DIAG_record_fields, head, "the record `%s` is missing its field%s %s",
                   record->name, count == 1 ? "" : "s", missing);
    diag_note(c->diags, d, record->span, "`%s` is declared here", record->name);
    if (count < fields->count)
        diag_hint(c->diags, d, "`{ ..other, field: value }` takes the rest from another `%s`",
                  record->name);
}

static struct symbol *find_record(struct check *c, struct node *node)
{
    struct node *name = ast_new(c->arena, NODE_type_name, node->span);
    name->type_name_.module = node->record_lit_.module;
    name->type_name_.name = node->record_lit_.name;
    name->span = names_word(node->span, node->record_lit_.name);
    const struct type *t = names_type(c->program, c->module, NULL, name);
    if (t->kind == TYPE_record)
        return (struct symbol *)t->symbol;
    if (!is_bad(t))
        diag_error(c->diags, DIAG_wrong_kind, name->span, "`%s` is not a record", t->text);
    return NULL;
}

static const struct type *quiet_fields(struct check *c, struct nodes *inits)
{
    for (uint32_t i = 0; i < inits->count; i++)
        if (inits->at[i]->kind == NODE_field_init)
            check_quietly(c, &inits->at[i]->field_init_.value);
    return simple(c, TYPE_bad);
}

const struct type *check_record_lit(struct check *c, struct node *node)
{
    struct nodes *inits = &node->record_lit_.fields;
    struct symbol *record = find_record(c, node);
    if (!record)
        return quiet_fields(c, inits);
    bool *given = arena_array(c->arena, bool, record->type->args.count + 1);
    if (check_fields(c, inits, record->type, given, true))
        report_missing(c, node, record, given);
    return record->type;
}

const struct type *check_update(struct check *c, struct node *node, const struct type *want)
{
    struct nodes *inits = &node->update_.fields;
    const struct type *t = check_expr(c, &node->update_.base, strip(want));
    if (is_bad(t))
        return quiet_fields(c, inits);
    if (t->kind != TYPE_record) {
        if (!report_wrapped(c, node->update_.base))
            diag_error(c->diags, DIAG_record_fields, node->update_.base->span,
                       "`..` takes a record, not `%s`", t->text);
        return quiet_fields(c, inits);
    }
    const struct type *record = strip(want);
    if (record && record->kind == TYPE_record && record != t) {
        convert(c, &node->update_.base, record, (struct why){0});
        return quiet_fields(c, inits);
    }
    bool *given = arena_array(c->arena, bool, t->args.count + 1);
    check_fields(c, inits, t, given, false);
    return t;
}

const struct type *check_variant(struct check *c, struct node *node, const struct symbol *variant)
{
    const struct type *t = variant->type;
    if (t->kind != TYPE_fn)
        return t;
    struct diag *d =
        diag_error(c->diags, DIAG_arguments, node->span, "`%s` holds %u value%s: `%s(…)`",
                   variant->name, t->args.count, t->args.count == 1 ? "" : "s", variant->name);
    note_declared(c, d, variant);
    return simple(c, TYPE_bad);
}
