/* check_builtin.c - operations of the compiler: some none ok err, and properties such as .len. */
#include "checking.h"
#include "dfl.h"

#include <string.h>

enum builtin find_constructor(const char *name)
{
    static const enum builtin constructors[] = {BUILTIN_some, BUILTIN_none, BUILTIN_ok,
                                                BUILTIN_err};
    static const char *const texts[] = {"some", "none", "ok", "err"};
    for (int i = 0; i < 4; i++)
        if (!strcmp(name, texts[i]))
            return constructors[i];
    return BUILTIN_NONE;
}

static const struct type *report_constructor(struct check *c, struct node *call, const char *text)
{
    struct diag *d = diag_error(c->diags, DIAG_arguments, call->span, "%s", text);
    if (call->call_.builtin == BUILTIN_err && call->call_.args.count == 2)
        diag_hint(c->diags, d, "an error with a cause is made by `fail \"…\" from e`");
    else
        diag_hint(c->diags, d, "`some(x)` and `none` make a `T?`; `ok(x)` and `err(\"…\")` a `T!`");
    for (uint32_t i = 0; i < call->call_.args.count; i++)
        check_quietly(c, &call->call_.args.at[i]);
    return simple(c, TYPE_bad);
}

/* `want` without layers of the other kind: the (str?)! of some(x) is the str? in it. */
static const struct type *layer(const struct type *want, enum type_kind kind)
{
    while (want && want->kind != kind)
        want = want->kind == TYPE_option || want->kind == TYPE_result ? want->args.at[0] : NULL;
    return want;
}

static const struct type *untold(struct check *c, struct node *call, const char *name,
                                 const char *type)
{
    if (c->quiet)
        return simple(c, TYPE_bad);
    struct diag *d = diag_error(c->diags, DIAG_cannot_infer, call->span,
                                "the type of `%s` cannot be told from here", name);
    diag_hint(c->diags, d, "write the type: `let x: %s = …`", type);
    return simple(c, TYPE_bad);
}

static const struct type *check_err(struct check *c, struct node *call, const struct type *want)
{
    const struct type *t = check_expr(c, &call->call_.args.at[0], simple(c, TYPE_str));
    if (!is_bad(t) && t->kind != TYPE_str && t->kind != TYPE_error) {
        struct diag *d = diag_error(c->diags, DIAG_mismatch, call->call_.args.at[0]->span,
                                    "`err` takes a message or an error, not `%s`", t->text);
        diag_hint(c->diags, d, "as text it is `\"{…}\"`");
        return simple(c, TYPE_bad);
    }
    if (is_bad(t) || !want)
        return is_bad(t) ? t : untold(c, call, "err(…)", "int!");
    return want;
}

static const struct type *check_some_ok(struct check *c, struct node *call, bool some,
                                        const struct type *want)
{
    struct node **value = &call->call_.args.at[0];
    if (want) {
        struct why none = {0};
        /* ok(()) has nothing to drop */
        if (want->args.at[0]->kind == TYPE_unit)
            check_expr(c, value, NULL), convert(c, value, want->args.at[0], none);
        else
            check_want(c, value, want->args.at[0], none);
        return is_bad((*value)->type) ? (*value)->type : want;
    }
    const struct type *t = check_expr(c, value, NULL);
    if (is_bad(t) || t->kind == TYPE_never)
        return simple(c, TYPE_bad);
    if (t->kind == (some ? TYPE_option : TYPE_result)) {
        diag_error(c->diags, DIAG_bad_type, call->span, "there is no `%s%c`", t->text,
                   some ? '?' : '!');
        return simple(c, TYPE_bad);
    }
    return some ? type_option(c->types, t) : type_result(c->types, t);
}

const struct type *check_constructor(struct check *c, struct node *call, enum builtin builtin,
                                     const struct type *want)
{
    bool option = builtin == BUILTIN_some || builtin == BUILTIN_none;
    uint32_t wanted = builtin == BUILTIN_none ? 0 : 1;
    call->call_.builtin = builtin;
    want = layer(want, option ? TYPE_option : TYPE_result);
    if (call->call_.args.count != wanted)
        return report_constructor(c, call,
                                  wanted ? "this takes one value" : "`none` takes no value");
    if (builtin == BUILTIN_none)
        return want ? want : untold(c, call, "none", "int?");
    if (call->call_.args.at[0]->kind == NODE_named_arg)
        return report_constructor(c, call, "this takes one value without a name");
    if (builtin == BUILTIN_err)
        return check_err(c, call, want);
    return check_some_ok(c, call, builtin == BUILTIN_some, want);
}

enum builtin find_property(const struct type *t, const char *name)
{
    static const struct {
        const char *name;
        enum builtin builtin;
    } of_errors[] = {
        {"message", BUILTIN_message}, {"kind", BUILTIN_kind},   {"file", BUILTIN_file},
        {"line", BUILTIN_line},       {"cause", BUILTIN_cause}, {"chain", BUILTIN_chain},
    };
    bool many = t->kind == TYPE_str || t->kind == TYPE_bytes || t->kind == TYPE_array ||
                t->kind == TYPE_grid || t->kind == TYPE_map;
    if (many && !strcmp(name, "len"))
        return BUILTIN_len;
    if (t->kind == TYPE_grid && !strcmp(name, "shape"))
        return BUILTIN_shape;
    if (t->kind == TYPE_grid && t->rank == 2 && !strcmp(name, "rows"))
        return BUILTIN_rows;
    if (t->kind == TYPE_grid && t->rank == 2 && !strcmp(name, "cols"))
        return BUILTIN_cols;
    for (size_t i = 0; t->kind == TYPE_error && i < sizeof of_errors / sizeof *of_errors; i++)
        if (!strcmp(of_errors[i].name, name))
            return of_errors[i].builtin;
    return BUILTIN_NONE;
}

static const struct type *shape_type(struct check *c, uint32_t rank)
{
    const struct type *lengths[DFL_RANK_MAX];
    for (uint32_t i = 0; i < rank; i++)
        lengths[i] = simple(c, TYPE_int);
    return type_make(c->types, TYPE_tuple, lengths, rank, 0, NULL, NULL);
}

const struct type *property_type(struct check *c, const struct type *t, enum builtin builtin)
{
    switch (builtin) {
    case BUILTIN_shape:
        return shape_type(c, t->rank);
    case BUILTIN_len:
    case BUILTIN_rows:
    case BUILTIN_cols:
    case BUILTIN_line:
        return simple(c, TYPE_int);
    case BUILTIN_cause:
        return type_option(c->types, simple(c, TYPE_error));
    case BUILTIN_chain:
        return type_array(c->types, simple(c, TYPE_str));
    default:
        return simple(c, TYPE_str);
    }
}
