/* check_attr.c - attributes: where they may stand, what they take; the rows are in attr.def. */
#include "checking.h"

#include <string.h>

enum place { FN = 1, TASK = 2, IO = 4, SPAWN = 8, LOOP = 16 };
enum form { NONE, NAMES, TIMES, VALUE, NEEDS_ };

static const struct attr_row {
    const char *name;
    int places;
    enum form form;
    bool runs; /* in this version */
} rows[] = {
#define ATTR(name, places, form, runs) {#name, places, form, runs},
#include "attr.def"
#undef ATTR
};
enum { ROWS = sizeof rows / sizeof *rows };

const struct type *not_available(struct check *c, struct span span, const char *what)
{
    diag_error(c->diags, DIAG_not_available, span, "`%s` is not available in this version of dfl",
               what);
    return simple(c, TYPE_bad);
}

static const struct attr_row *find_row(const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

static enum place place_of(const struct node *on)
{
    if (on->kind == NODE_spawn)
        return SPAWN;
    if (on->kind == NODE_par_for)
        return LOOP;
    uint32_t flags = on->func_.flags;
    if (!(flags & FUNC_TASK))
        return FN;
    return flags & FUNC_IO ? IO : TASK;
}

static void unknown_attr(struct check *c, struct node *attr)
{
    struct nearest nearest = {0};
    for (size_t i = 0; i < ROWS; i++)
        nearest_offer(&nearest, attr->attr_.name, rows[i].name);
    struct diag *d = diag_error(c->diags, DIAG_unknown_attr, attr->span,
                                "there is no attribute `@%s`", attr->attr_.name);
    if (!nearest.best)
        return;
    diag_hint(c->diags, d, "did you mean `@%s`?", nearest.best);
    diag_fix(c->diags, d, names_word(attr->span, attr->attr_.name), "%s", nearest.best);
}

static void misplaced_attr(struct check *c, struct node *attr, const struct attr_row *row)
{
    static const struct {
        enum place place;
        const char *name;
    } places[] = {{FN, "an `fn`"},
                  {TASK, "a `task`"},
                  {IO, "an `io task`"},
                  {SPAWN, "a `spawn`"},
                  {LOOP, "a `par for`"}};
    const char *text = "";
    for (int i = 0; i < 5; i++)
        if (row->places & places[i].place)
            text = arena_format(c->arena, "%s%s%s", text, *text ? ", " : "", places[i].name);
    diag_error(c->diags, DIAG_attr_place, attr->span, "`@%s` does not belong here: it is for %s",
               row->name, text);
}

/* ---- arguments --------------------------------------------------------------------------------
 */

static void wrong_args(struct check *c, struct node *attr, const char *text)
{
    diag_error(c->diags, DIAG_attr_args, attr->span, "`@%s` %s", attr->attr_.name, text);
}

static void check_names(struct check *c, struct node *attr)
{
    static const char *const names[] = {"inline", "elide", "grain", "batch",
                                        "fuse",   "leaf",  "vector"};
    if (!attr->attr_.args.count)
        wrong_args(c, attr, "names an optimisation, such as `inline`");
    for (uint32_t i = 0; i < attr->attr_.args.count; i++) {
        struct node *arg = attr->attr_.args.at[i];
        bool known = false;
        struct nearest nearest = {0};
        const char *name = arg->kind == NODE_name ? arg->name_.name : "";
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            known = known || !strcmp(names[j], name);
            nearest_offer(&nearest, name, names[j]);
        }
        arg->type = simple(c, TYPE_bad);
        if (known)
            continue;
        struct diag *d = diag_error(c->diags, DIAG_attr_args, arg->span,
                                    "`@%s` names an optimisation", attr->attr_.name);
        if (*name)
            diag_meant(c->diags, d, arg->span, nearest.best);
        else
            diag_hint(c->diags, d, "they are inline elide grain batch fuse leaf vector");
    }
}

/* @needs(A, data): what a function in C asks of its type parameter. */
static void check_needs(struct check *c, struct node *attr, struct node *on)
{
    static const char *const names[] = {
        [NEED_DATA] = "data", [NEED_KEY] = "key", [NEED_NUMBER] = "number", [NEED_FLAT] = "flat"};
    struct nodes *args = &attr->attr_.args;
    struct symbol *function = on->func_.symbol;
    bool names_only =
        args->count == 2 && args->at[0]->kind == NODE_name && args->at[1]->kind == NODE_name;
    for (uint32_t i = 0; names_only && i < on->func_.generics.count; i++)
        for (int n = 0; n < NEEDS; n++)
            if (on->func_.generics.at[i]->name_.name == args->at[0]->name_.name &&
                !strcmp(names[n], args->at[1]->name_.name)) {
                function->func->needs[n] |= 1u << i;
                return;
            }
    wrong_args(c, attr, "takes a type parameter and `data`, `key`, `number` or `flat`");
}

static void check_values(struct check *c, struct node *attr, enum form form)
{
    struct nodes *args = &attr->attr_.args;
    if (!args->count || (form == VALUE && args->count > 1)) {
        wrong_args(c, attr, form == VALUE ? "takes one value" : "takes a count first");
        return;
    }
    for (uint32_t i = 0; i < args->count; i++) {
        bool named = args->at[i]->kind == NODE_named_arg;
        struct node **value = named ? &args->at[i]->named_arg_.value : &args->at[i];
        const struct type *t = check_expr(c, value, NULL);
        args->at[i]->type = t;
        bool count = form == TIMES && i == 0;
        if (count && !is_bad(t) && (named || t->kind != TYPE_int))
            wrong_args(c, attr, "takes a count first");
    }
}

static void check_args(struct check *c, struct node *attr, const struct attr_row *row,
                       struct node *on)
{
    switch (row->form) {
    case NONE:
        if (attr->attr_.args.count)
            wrong_args(c, attr, "takes no arguments");
        break;
    case NAMES:
        check_names(c, attr);
        break;
    case NEEDS_:
        check_needs(c, attr, on);
        break;
    default:
        check_values(c, attr, row->form);
    }
}

static void note_flags(const struct node *attr, struct node *on)
{
    if (on->kind != NODE_func)
        return;
    struct func *func = on->func_.symbol->func;
    func->wrap = func->wrap || !strcmp(attr->attr_.name, "wrap");
    func->fastmath = func->fastmath || !strcmp(attr->attr_.name, "fastmath");
}

void check_attrs(struct check *c, const struct nodes *attrs, struct node *on)
{
    for (uint32_t i = 0; i < attrs->count; i++) {
        struct node *attr = attrs->at[i];
        if (attr->kind != NODE_attr)
            continue;
        const struct attr_row *row = find_row(attr->attr_.name);
        if (!row) {
            unknown_attr(c, attr);
        } else if (!(row->places & place_of(on))) {
            misplaced_attr(c, attr, row);
        } else {
            check_args(c, attr, row, on);
            note_flags(attr, on);
            if (!row->runs)
                not_available(c, attr->span, arena_format(c->arena, "@%s", row->name));
        }
    }
}
