/* check_attr.c - attributes: where they may stand, what they take; the rows are in attr.def. */
#include "attr.h"
#include "checking.h"
#include "labels.h"
#include "suggest.h"

#include <string.h>

enum place { FN = 1, TASK = 2, IO = 4, SPAWN = 8, LOOP = 16, SPAWN_IO = 32 };
enum form { NONE, NAMES, RETRIES, DURATION, COUNT, LABEL, PLACE, VALUE, NEEDS_ };

static const struct attr_row {
    const char *name;
    int places;
    enum form form;
    int64_t least, most;
} rows[] = {
#define ATTR(name, places, form, least, most) {#name, places, form, least, most},
#include "attr.def"
#undef ATTR
};
enum { ROWS = sizeof rows / sizeof *rows };

static const struct attr_row *find_row(const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

/* Where attributes on this stand, as bits of a row's places. */
static int place_of(const struct node *on)
{
    if (on->kind == NODE_spawn)
        return SPAWN | SPAWN_IO;
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
    const char *foreign = suggest_attr(attr->attr_.name);
    if (foreign)
        diag_hint(c->diags, d, "%s", foreign);
    if (foreign || !nearest.best)
        return;
    diag_hint(c->diags, d, "did you mean `@%s`?", nearest.best);
    diag_fix(c->diags, d, names_word(attr->span, attr->attr_.name), "%s", nearest.best);
}

static void misplaced_attr(struct check *c, struct node *attr, const struct attr_row *row)
{
    static const struct {
        int place;
        const char *name;
    } places[] = {{FN, "an `fn`"},
                  {TASK, "a `task`"},
                  {IO, "an `io task`"},
                  {SPAWN | SPAWN_IO, "a `spawn`"},
                  {LOOP, "a `par for`"}};
    const char *text = "";
    for (int i = 0; i < 5; i++)
        if (row->places & places[i].place)
            text = arena_format(c->arena, "%s%s%s", text, *text ? ", " : "", places[i].name);
    diag_error(c->diags, DIAG_attr_place, attr->span, "`@%s` does not belong here: it is for %s",
               row->name, text);
}

/* ---- arguments ------------------------------------------------------------------------------ */

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

/* What a constant of int or duration is; false: it cannot be told without running the program. */
static bool fold(const struct node *n, int64_t *out)
{
    int64_t inner;
    switch (n->kind) {
    case NODE_int:
        *out = (int64_t)n->int_.value;
        return n->int_.value <= INT64_MAX;
    case NODE_duration:
        *out = n->duration_.ns;
        return true;
    case NODE_unary:
        *out = 0;
        return n->unary_.op == OP_neg && fold(n->unary_.value, &inner) &&
               !__builtin_sub_overflow(0, inner, out);
    case NODE_name:
        return n->name_.symbol && n->name_.symbol->kind == SYM_CONST &&
               fold(n->name_.symbol->node->let_.value, out);
    default:
        return false;
    }
}

static void wrong_constant(struct check *c, struct node *attr, const struct node *value,
                           enum type_kind kind, int64_t least, int64_t most)
{
    const char *name = attr->attr_.name;
    if (kind == TYPE_duration)
        diag_error(c->diags, DIAG_attr_args, value->span, "`@%s` takes a duration %s", name,
                   least > 0 ? "above 0" : "of 0 or more");
    else if (most >= INT32_MAX)
        diag_error(c->diags, DIAG_attr_args, value->span, "`@%s` takes a number from %lld on", name,
                   (long long)least);
    else
        diag_error(c->diags, DIAG_attr_args, value->span, "`@%s` takes a number from %lld to %lld",
                   name, (long long)least, (long long)most);
}

static void wrong_type(struct check *c, struct node *attr, const struct node *value,
                       enum type_kind kind)
{
    struct diag *d = diag_error(c->diags, DIAG_attr_args, value->span,
                                "`@%s` takes %s here, not `%s`", attr->attr_.name,
                                kind == TYPE_int ? "an `int`" : "a `duration`", value->type->text);
    if (kind == TYPE_duration && value->type->kind == TYPE_int)
        diag_hint(c->diags, d, "a duration has a unit: `5s`, `100ms`");
}

static void wrong_time(struct check *c, struct node *attr, const struct node *value)
{
    struct diag *d =
        diag_error(c->diags, DIAG_attr_args, value->span,
                   "what `@%s` takes must be known when the program is compiled", attr->attr_.name);
    diag_hint(c->diags, d, "write it out, or name a constant: a `let` of the module");
}

/* An argument of the kind, within bounds. */
static void check_constant(struct check *c, struct node *attr, struct node **value,
                           enum type_kind kind, int64_t least, int64_t most, int64_t *out)
{
    const struct type *t = check_expr(c, value, simple(c, kind));
    if (is_bad(t))
        return;
    if (t->kind != kind)
        wrong_type(c, attr, *value, kind);
    else if (!fold(*value, out))
        wrong_time(c, attr, *value);
    else if (*out < least || *out > most)
        wrong_constant(c, attr, *value, kind, least, most);
}

/* The argument behind the first, which must have this name if it has one. */
static struct node **named(struct check *c, struct node *attr, const char *name)
{
    struct node *arg = attr->attr_.args.at[1];
    if (arg->kind != NODE_named_arg)
        return &attr->attr_.args.at[1];
    if (strcmp(arg->named_arg_.name, name)) {
        struct diag *d = diag_error(c->diags, DIAG_attr_args, arg->span, "`@%s` takes no `%s`",
                                    attr->attr_.name, arg->named_arg_.name);
        diag_hint(c->diags, d, "it is `@%s(…, %s: …)`", attr->attr_.name, name);
    }
    return &arg->named_arg_.value;
}

static void check_retries(struct check *c, struct node *attr, const struct attr_row *row)
{
    struct nodes *args = &attr->attr_.args;
    struct attr_value *v = attr->attr_.value;
    if (args->count < 1 || args->count > 2 || args->at[0]->kind == NODE_named_arg) {
        wrong_args(c, attr, "takes a count first, then perhaps `backoff: …`");
        return;
    }
    check_constant(c, attr, &args->at[0], TYPE_int, row->least, row->most, &v->first);
    if (args->count == 2)
        check_constant(c, attr, named(c, attr, "backoff"), TYPE_duration, 0, INT64_MAX, &v->second);
}

/* The one argument; NULL: reported. */
static struct node **single(struct check *c, struct node *attr, const char *what)
{
    struct nodes *args = &attr->attr_.args;
    if (args->count == 1 && args->at[0]->kind != NODE_named_arg)
        return &args->at[0];
    wrong_args(c, attr, arena_format(c->arena, "takes one %s", what));
    return NULL;
}

static void check_single(struct check *c, struct node *attr, const struct attr_row *row)
{
    bool time = row->form == DURATION;
    struct node **value = single(c, attr, time ? "duration, such as `5s`" : "number");
    if (value)
        check_constant(c, attr, value, time ? TYPE_duration : TYPE_int, row->least, row->most,
                       &attr->attr_.value->first);
}

static void check_label(struct check *c, struct node *attr)
{
    struct node **value = single(c, attr, "text, such as `\"gpu\"`");
    if (!value || is_bad(check_expr(c, value, simple(c, TYPE_str))))
        return;
    if ((*value)->kind == NODE_str && labels_is_name((*value)->str_.bytes, (*value)->str_.len))
        attr->attr_.value->text =
            arena_format(c->arena, "%.*s", (int)(*value)->str_.len, (*value)->str_.bytes);
    else if ((*value)->kind == NODE_str)
        diag_error(c->diags, DIAG_attr_args, (*value)->span,
                   "`@%s` takes a label: letters, digits, `_`, `-` and `.`, at most %d",
                   attr->attr_.name, LABEL_MOST);
    else
        diag_error(c->diags, DIAG_attr_args, (*value)->span, "`@%s` takes a text as written",
                   attr->attr_.name);
}

static void wrong_place(struct check *c, struct node *attr, const char *task, bool declared)
{
    struct diag *d =
        diag_error(c->diags, DIAG_attr_args, attr->attr_.args.at[0]->span, "`@%s` names %s of `%s`",
                   attr->attr_.name, declared ? "a parameter" : "an argument", task);
    if (!declared)
        diag_hint(c->diags, d, "the task is to run where that argument is");
}

/* At a declaration: a parameter. What a spawn has is known with its call. */
static void check_place(struct check *c, struct node *attr, const struct node *on)
{
    struct node **value = single(c, attr, "argument of the task");
    if (!value || on->kind != NODE_func)
        return;
    for (uint32_t i = 0; i < on->func_.params.count; i++)
        if ((*value)->kind == NODE_name && on->func_.params.at[i]->kind == NODE_param &&
            on->func_.params.at[i]->param_.name == (*value)->name_.name)
            attr->attr_.value->first = i + 1;
    (*value)->type = simple(c, TYPE_bad);
    if (!attr->attr_.value->first)
        wrong_place(c, attr, on->func_.name, true);
}

static void find_place(struct check *c, struct node *attr, const struct node *call)
{
    struct node **value = &attr->attr_.args.at[0];
    const struct nodes *args = &call->call_.args;
    if (attr->attr_.args.count != 1 || is_bad(check_expr(c, value, NULL)))
        return;
    for (uint32_t i = 0; (*value)->kind == NODE_name && i < args->count; i++)
        if (args->at[i]->kind == NODE_name && args->at[i]->name_.symbol == (*value)->name_.symbol)
            attr->attr_.value->first = i + 1;
    if (!attr->attr_.value->first)
        wrong_place(c, attr, call->call_.target->name, false);
}

static void check_value(struct check *c, struct node *attr)
{
    struct nodes *args = &attr->attr_.args;
    if (args->count != 1)
        wrong_args(c, attr, "takes one value");
    for (uint32_t i = 0; i < args->count; i++) {
        bool named = args->at[i]->kind == NODE_named_arg;
        args->at[i]->type =
            check_expr(c, named ? &args->at[i]->named_arg_.value : &args->at[i], NULL);
    }
}

/* Nobody looks at the nodes of arguments later, but each has a type. */
static void type_args(struct check *c, struct node *attr)
{
    for (uint32_t i = 0; i < attr->attr_.args.count; i++) {
        struct node **arg = &attr->attr_.args.at[i];
        if ((*arg)->kind == NODE_named_arg && !(*arg)->named_arg_.value->type)
            check_quietly(c, &(*arg)->named_arg_.value);
        else if ((*arg)->kind != NODE_named_arg && !(*arg)->type)
            check_quietly(c, arg);
        if (!(*arg)->type)
            (*arg)->type = simple(c, TYPE_bad);
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
    case RETRIES:
        check_retries(c, attr, row);
        break;
    case DURATION:
    case COUNT:
        check_single(c, attr, row);
        break;
    case LABEL:
        check_label(c, attr);
        break;
    case PLACE:
        check_place(c, attr, on);
        break;
    case VALUE:
        check_value(c, attr);
        break;
    }
    if (row->form == RETRIES || row->form == DURATION || row->form == COUNT || row->form == LABEL)
        type_args(c, attr);
}

static void note_flags(struct check *c, const struct node *attr, struct node *on)
{
    c->program->ends_tasks |= !strcmp(attr->attr_.name, "timeout");
    if (on->kind != NODE_func)
        return;
    struct func *func = on->func_.symbol->func;
    func->wrap = func->wrap || !strcmp(attr->attr_.name, "wrap");
    func->fastmath = func->fastmath || !strcmp(attr->attr_.name, "fastmath");
    func->keeps = func->keeps || !strcmp(attr->attr_.name, "checkpoint");
}

static bool stands_before(const struct nodes *attrs, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (attrs->at[j]->kind == NODE_attr && attrs->at[j]->attr_.name == attrs->at[i]->attr_.name)
            return strcmp(attrs->at[i]->attr_.name, "no") &&
                   strcmp(attrs->at[i]->attr_.name, "must") &&
                   strcmp(attrs->at[i]->attr_.name, "needs");
    return false;
}

static void wrong_spawn(struct check *c, const struct node *attr, const struct symbol *target)
{
    struct diag *d =
        diag_error(c->diags, DIAG_attr_place, attr->span,
                   "`@%s` does not belong here: `%s` is not `io`", attr->attr_.name, target->name);
    diag_hint(c->diags, d, "pure code does the same each time that it is run");
}

void check_spawn_attrs(struct check *c, struct node *spawn)
{
    const struct symbol *target = spawn->spawn_.call->call_.target;
    for (uint32_t i = 0; i < spawn->spawn_.attrs.count; i++) {
        struct node *attr = spawn->spawn_.attrs.at[i];
        const struct attr_row *row = attr->kind == NODE_attr ? find_row(attr->attr_.name) : NULL;
        if (row && row->places & SPAWN_IO && !(target->func->flags & FUNC_IO))
            wrong_spawn(c, attr, target);
        else if (row && row->form == PLACE)
            find_place(c, attr, spawn->spawn_.call);
    }
}

/* Whether it says how a task is run that is spawned. */
static bool is_of_spawns(const struct attr_row *row)
{
    return !(row->places & (FN | LOOP));
}

static bool is_main(const struct check *c, const struct node *on)
{
    return on->kind == NODE_func && on->func_.symbol == c->program->main;
}

void check_attrs(struct check *c, const struct nodes *attrs, struct node *on)
{
    for (uint32_t i = 0; i < attrs->count; i++) {
        struct node *attr = attrs->at[i];
        if (attr->kind != NODE_attr)
            continue;
        const struct attr_row *row = find_row(attr->attr_.name);
        if (stands_before(attrs, i))
            diag_error(c->diags, DIAG_attr_place, attr->span, "`@%s` stands here twice",
                       attr->attr_.name);
        if (!row) {
            unknown_attr(c, attr);
        } else if (!(row->places & place_of(on))) {
            misplaced_attr(c, attr, row);
        } else if (is_of_spawns(row) && is_main(c, on)) {
            diag_error(c->diags, DIAG_attr_place, attr->span,
                       "`@%s` does not belong here: nobody spawns `main`", row->name);
        } else {
            attr->attr_.value = arena_new(c->arena, struct attr_value);
            attr->attr_.value->number = ++c->attrs;
            check_args(c, attr, row, on);
            note_flags(c, attr, on);
        }
    }
}
