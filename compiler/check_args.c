/* check_args.c - which argument for which parameter, and what the type variables stand for; read it
 * from the bottom.
 *
 * Arguments are not checked from left to right but in the order in which types become known: plain
 * ones first, then numbers as written, then open values (`[]`, `none`), functions last. */
#include "check_args.h"

#include <string.h>

enum phase { PLAIN, LITERAL, OPEN, FUNCTION, PHASES };

/* ---- type variables -------------------------------------------------------------------------- */

bool match_type(const struct type *pattern, const struct type *actual, struct types *bindings)
{
    if (!pattern->open || !bindings->count || is_bad(actual))
        return converts(actual, pattern);
    if (pattern->kind == TYPE_var && pattern->symbol->index < bindings->count) {
        const struct type **slot = &bindings->at[pattern->symbol->index];
        if (!*slot)
            *slot = actual;
        return converts(actual, *slot);
    }
    if (pattern->kind != actual->kind || pattern->args.count != actual->args.count)
        return false;
    for (uint32_t i = 0; i < pattern->args.count; i++)
        if (!match_type(pattern->args.at[i], actual->args.at[i], bindings))
            return false;
    return !pattern->result || match_type(pattern->result, actual->result, bindings);
}

bool has_unbound(const struct type *pattern, const struct types *bindings)
{
    if (!pattern->open)
        return false;
    if (pattern->kind == TYPE_var)
        return pattern->symbol->index < bindings->count && !bindings->at[pattern->symbol->index];
    for (uint32_t i = 0; i < pattern->args.count; i++)
        if (has_unbound(pattern->args.at[i], bindings))
            return true;
    return pattern->result && has_unbound(pattern->result, bindings);
}

static void bind_by_result(struct call *call)
{
    const struct type *result = call->type->result, *want = call->want;
    if (!want || !has_unbound(result, &call->bindings))
        return;
    for (; want;
         want = want->kind == TYPE_option || want->kind == TYPE_result ? want->args.at[0] : NULL) {
        const struct type *tried[32];
        struct types copy = {tried, call->bindings.count};
        memcpy(tried, call->bindings.at, copy.count * sizeof *tried);
        if (match_type(result, want, &copy)) {
            memcpy(call->bindings.at, tried, copy.count * sizeof *tried);
            return;
        }
    }
}

/* ---- which argument for which parameter ------------------------------------------------------ */

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

static void report_arity(struct check *c, struct call *call, struct span span, uint32_t found)
{
    uint32_t want = call->type->args.count;
    struct diag *d =
        diag_error(c->diags, DIAG_arguments, span, "`%s` takes %u argument%s, found %u",
                   call->target->name, want, plural(want), found);
    note_declared(c, d, call->target);
    if (!strcmp(call->target->name, "print") && call->target->module->is_std)
        diag_hint(c->diags, d, "several values stand in one text: `print(\"{x} {y}\")`");
    call->bad = true;
}

static void report_behind_named(struct check *c, struct call *call, struct span span)
{
    struct diag *d = diag_error(c->diags, DIAG_arguments, span,
                                "this argument follows one with a name, so it needs a name too");
    note_declared(c, d, call->target);
    call->bad = true;
}

static int param_named(const struct call *call, const char *name)
{
    for (uint32_t i = 0; call->params && i < call->params->count; i++)
        if (call->params->at[i]->param_.name == name)
            return (int)i;
    return -1;
}

static void place_named(struct check *c, struct call *call, struct node *arg)
{
    const char *name = arg->named_arg_.name;
    int at = param_named(call, name);
    if (at >= 0 && !call->args[at]) {
        call->args[at] = arg->named_arg_.value;
        call->order[call->given++] = (uint32_t)at;
        return;
    }
    struct diag *d;
    if (at >= 0) {
        d = diag_error(c->diags, DIAG_arguments, arg->span, "`%s` is given twice", name);
    } else {
        d = diag_error(c->diags, DIAG_arguments, arg->span, "`%s` has no parameter `%s`",
                       call->target->name, name);
        struct nearest nearest = {0};
        for (uint32_t i = 0; call->params && i < call->params->count; i++)
            nearest_offer(&nearest, name, call->params->at[i]->param_.name);
        diag_meant(c->diags, d, names_word(arg->span, name), nearest.best);
        note_declared(c, d, call->target);
    }
    check_quietly(c, &arg->named_arg_.value);
    call->bad = true;
}

/* What was not given: the default, or a message. */
static void place_missing(struct check *c, struct call *call, uint32_t given)
{
    const char *missing = NULL;
    for (uint32_t i = 0; i < call->type->args.count; i++) {
        if (call->args[i])
            continue;
        struct node *param = call->params ? call->params->at[i] : NULL;
        if (param && param->param_.initial) {
            call->args[i] = param->param_.initial;
            call->order[call->given++] = i;
        } else if (!missing) {
            missing = param ? param->param_.name : "";
        }
    }
    if (!missing || call->bad)
        return;
    struct span span = call->node->span;
    if (call->node->call_.callee->kind == NODE_dot)
        span.start = call->node->call_.callee->span.end - (uint32_t)strlen(call->target->name);
    uint32_t want = call->type->args.count;
    struct diag *d =
        *missing ? diag_error(c->diags, DIAG_arguments, span, "`%s` lacks its argument `%s`",
                              call->target->name, missing)
                 : diag_error(c->diags, DIAG_arguments, span, "`%s` takes %u argument%s, found %u",
                              call->target->name, want, plural(want), given);
    note_declared(c, d, call->target);
    call->bad = true;
}

void args_place(struct check *c, struct call *call, const struct nodes *given)
{
    uint32_t count = call->type->args.count, at = 0;
    call->args = arena_array(c->arena, struct node *, count + 1);
    call->order = arena_array(c->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < given->count; i++) {
        struct node *arg = given->at[i];
        if (arg->kind == NODE_named_arg) {
            place_named(c, call, arg);
        } else if (at < count && !call->args[at]) {
            call->order[call->given++] = at;
            call->args[at++] = arg;
        } else {
            bool is_behind = at < count && given->count <= count;
            if (!call->bad && is_behind)
                report_behind_named(c, call, arg->span);
            else if (!call->bad)
                report_arity(c, call, arg->span, given->count);
            if (!arg->type)
                check_quietly(c, &given->at[i]);
        }
    }
    place_missing(c, call, given->count);
}

/* ---- one argument ---------------------------------------------------------------------------- */

static struct why why_param(struct check *c, const struct call *call, uint32_t i)
{
    if (call->target->kind == SYM_VARIANT)
        return (struct why){call->target->span,
                            arena_format(c->arena, "part %u of `%s` is `%s`", i + 1,
                                         call->target->name, call->type->args.at[i]->text),
                            false};
    if (!call->params)
        return (struct why){
            call->target->span,
            arena_format(c->arena, "`%s` is `%s`", call->target->name, call->type->text), false};
    struct node *param = call->params->at[i];
    if (call->target->module->is_std)
        return (struct why){0};
    const struct type *pattern = call->type->args.at[i];
    const char *here = "";
    if (pattern->open && !has_unbound(pattern, &call->bindings))
        here = arena_format(c->arena, ", here `%s`",
                            type_subst(c->types, pattern, call->bindings)->text);
    return (struct why){param->span,
                        arena_format(c->arena, "`%s` takes `%s: %s`%s", call->target->name,
                                     param->param_.name, pattern->text, here),
                        false};
}

static void note_param(struct check *c, struct diag *d, const struct call *call, uint32_t i)
{
    struct why why = why_param(c, call, i);
    if (why.span.source)
        diag_note(c->diags, d, why.span, "%s", why.text);
    else
        note_declared(c, d, call->target);
}

static bool is_var_param(const struct call *call, uint32_t i)
{
    return call->params && call->params->at[i]->param_.is_var;
}

static void check_var_arg(struct check *c, struct call *call, uint32_t i)
{
    struct node *arg = call->args[i];
    if (call->spawned) {
        struct diag *d = diag_error(c->diags, DIAG_bad_spawn, arg->span,
                                    "a spawned call cannot change a variable of its caller");
        diag_hint(c->diags, d, "let `%s` take and return the value: `x = await spawn %s(x)`",
                  call->target->name, call->target->name);
        call->bad = true;
        return;
    }
    const struct type *param = type_subst(c->types, call->type->args.at[i], call->bindings);
    if (!is_bad(arg->type) && !is_bad(param) && arg->type != param) {
        struct diag *d = diag_error(c->diags, DIAG_var_argument, arg->span,
                                    "a `var` parameter of type `%s` cannot change `%s`",
                                    param->text, arg->type->text);
        note_param(c, d, call, i);
        return;
    }
    struct symbol *root = place_root(c, arg);
    call->bad = call->bad || (!root && !is_bad(arg->type));
}

/* The type of a parameter for an argument that tells the variables in it, alone or in a T? or T!.
 */
static const struct type *bound_param(struct check *c, struct call *call,
                                      const struct type *pattern, const struct type *have)
{
    for (const struct type *p = pattern; has_unbound(p, &call->bindings); p = p->args.at[0])
        if (match_type(p, have, &call->bindings) ||
            (p->kind != TYPE_option && p->kind != TYPE_result))
            break;
    return type_subst(c->types, pattern, call->bindings);
}

/* In a spawned call a future stands for its value: the edge of the graph. */
static bool make_edge(struct check *c, struct call *call, uint32_t i)
{
    const struct type *have = call->args[i]->type, *pattern = call->type->args.at[i];
    bool many = have->kind == TYPE_array && have->args.at[0]->kind == TYPE_future &&
                pattern->kind == TYPE_array && pattern->args.at[0]->kind != TYPE_future;
    bool one = have->kind == TYPE_future && pattern->kind != TYPE_future;
    if (!call->spawned || (!one && !many))
        return false;
    const struct type *value = have->args.at[0];
    if (many)
        value = type_array(c->types, have->args.at[0]->args.at[0]);
    const struct type *param = bound_param(c, call, pattern, value);
    if (param != value && (many || !convert_future(c, &call->args[i], param)))
        return false;
    call->edges |= 1ull << (i & 63);
    return true;
}

static void report_future_argument(struct check *c, struct call *call, uint32_t i,
                                   const struct type *param)
{
    struct node *arg = call->args[i];
    const struct type *found = arg->type;
    arg->type = simple(c, TYPE_bad);
    if (call->lacks_spawn)
        return;
    call->lacks_spawn = true;
    struct diag *d =
        diag_error(c->diags, DIAG_future_argument, arg->span, "`%s` expects `%s`, found `%s`",
                   call->target->name, param->text, found->text);
    note_param(c, d, call, i);
    diag_hint(c->diags, d,
              "`await` it here, or `spawn %s(…)`: a spawned call takes the future for its value",
              call->target->name);
}

static bool is_number(const struct node *node)
{
    return expr_is_literal(node) || node->kind == NODE_float;
}

/* A number as written stands for the variable of the parameter, and one further right, whose type
 * was known earlier, has bound it to what is no number: that one is told, as people read. */
static bool report_later(struct check *c, struct call *call, uint32_t i)
{
    const struct type *pattern = call->type->args.at[i], *have = call->args[i]->type;
    if (pattern->kind != TYPE_var || !is_number(call->args[i]))
        return false;
    const struct type **slot = &call->bindings.at[pattern->symbol->index];
    if (!*slot || is_bad(*slot) || type_is_number(*slot) || (*slot)->kind == TYPE_var ||
        converts(have, *slot))
        return false;
    for (uint32_t j = i + 1; j < call->type->args.count; j++)
        if (call->type->args.at[j] == pattern && call->args[j]->type == *slot) {
            *slot = have;
            convert(c, &call->args[j], have, why_param(c, call, j));
            call->bad = true;
            return true;
        }
    return false;
}

static void fit_argument(struct check *c, struct call *call, uint32_t i)
{
    const struct type *pattern = call->type->args.at[i], *have = call->args[i]->type;
    if (is_bad(have)) {
        call->bad = true;
        return;
    }
    if (report_later(c, call, i))
        return;
    if (make_edge(c, call, i))
        return;
    const struct type *param = bound_param(c, call, pattern, have);
    bool future = have->kind == TYPE_future && !is_bad(param) && converts(have->args.at[0], param);
    if (future && !call->spawned && have != param)
        report_future_argument(c, call, i, param);
    else if (have != call->spread || converts(have, param))
        convert(c, &call->args[i], param, why_param(c, call, i));
    else
        call->args[i]->type = simple(c, TYPE_bad);
    bool bad = is_bad(call->args[i]->type);
    if (bad && param->kind == TYPE_array && param->args.at[0] == have)
        call->spread = have;
    call->bad = call->bad || bad;
}

/* An array as written whose elements are numbers, or such arrays. */
static bool is_of_numbers(const struct node *node)
{
    while (node->kind == NODE_array && node->array_.elems.count)
        node = node->array_.elems.at[0];
    return is_number(node);
}

/* The type that an argument is checked for; NULL where a spawned call may take futures for it. */
static const struct type *argument_hint(struct check *c, struct call *call, uint32_t i)
{
    const struct type *pattern = call->type->args.at[i];
    const struct node *arg = call->args[i];
    if (has_unbound(pattern, &call->bindings))
        return NULL;
    if (call->spawned && !expr_is_open(arg) && !is_number(arg)) {
        bool is_written = arg->kind == NODE_array;
        if (!is_written || (pattern->kind != TYPE_grid && !is_of_numbers(arg)))
            return NULL;
    }
    return type_subst(c->types, pattern, call->bindings);
}

static enum phase phase_of(const struct call *call, uint32_t i)
{
    const struct node *arg = call->args[i];
    if (call->type->args.at[i]->kind == TYPE_fn)
        return FUNCTION;
    if (arg->type)
        return PLAIN; /* a receiver or a default value */
    if (expr_is_open(arg))
        return OPEN;
    return is_number(arg) ? LITERAL : PLAIN;
}

static void check_argument(struct check *c, struct call *call, uint32_t i)
{
    const struct type *pattern = call->type->args.at[i];
    if (pattern->kind == TYPE_fn) {
        if (call->spawned && call->args[i]->kind == NODE_lambda)
            diag_error(c->diags, DIAG_bad_spawn, call->args[i]->span,
                       "a spawned call takes named functions, not lambdas");
        bool untold = false;
        for (uint32_t p = 0; p < pattern->args.count; p++)
            untold = untold || has_unbound(pattern->args.at[p], &call->bindings);
        if (untold && call->bad) /* by an argument that was reported */
            call->args[i]->type = simple(c, TYPE_bad);
        else
            check_function_arg(c, &call->args[i], pattern, &call->bindings);
        call->bad = call->bad || is_bad(call->args[i]->type);
        return;
    }
    if (!call->args[i]->type) {
        c->why = why_param(c, call, i);
        check_expr(c, &call->args[i], argument_hint(c, call, i));
    }
    if (is_var_param(call, i)) {
        match_type(pattern, call->args[i]->type, &call->bindings);
        check_var_arg(c, call, i);
    } else {
        fit_argument(c, call, i);
    }
}

static void bind_bad(struct check *c, const struct type *pattern, struct types *bindings)
{
    if (pattern->kind == TYPE_var && has_unbound(pattern, bindings))
        bindings->at[pattern->symbol->index] = simple(c, TYPE_bad);
    for (uint32_t i = 0; i < pattern->args.count; i++)
        bind_bad(c, pattern->args.at[i], bindings);
}

/* What the parameters of a lambda are written to be says what the variables in their place are. */
static void bind_by_lambda(struct check *c, struct call *call, uint32_t i)
{
    const struct type *pattern = call->type->args.at[i];
    struct node *arg = call->args[i];
    if (pattern->kind != TYPE_fn || !arg || arg->kind != NODE_lambda ||
        arg->lambda_.params.count != pattern->args.count)
        return;
    for (uint32_t p = 0; p < pattern->args.count; p++) {
        struct node *param = arg->lambda_.params.at[p];
        if (param->kind != NODE_param || !param->param_.annotation ||
            !has_unbound(pattern->args.at[p], &call->bindings))
            continue;
        const struct type *written =
            names_type(c->program, c->module, c->function, param->param_.annotation);
        if (is_bad(written)) /* which was told: so nothing else is missing */
            bind_bad(c, pattern->args.at[p], &call->bindings);
        else
            match_type(pattern->args.at[p], written, &call->bindings);
    }
}

static void report_shared(struct check *c, const struct node *arg, const char *shared)
{
    struct diag *d = diag_error(c->diags, DIAG_shared_var, arg->span,
                                "`%s` is lent to two `var` parameters at once", shared);
    const char *text = arg->span.source->text + arg->span.start;
    int len = (int)(arg->span.end - arg->span.start);
    if (memchr(text, '\n', (size_t)len))
        diag_hint(c->diags, d, "lend a copy, and write it back behind the call");
    else
        diag_hint(c->diags, d,
                  "lend a copy, and write it back: `var y = %.*s`, `%.*s = y` behind it", len, text,
                  len, text);
}

/* Two `var` arguments must not share a part of one variable: each is changed by itself. */
static void check_shared(struct check *c, struct call *call)
{
    for (uint32_t i = 0; i < call->type->args.count; i++)
        for (uint32_t j = 0; is_var_param(call, i) && j < i; j++) {
            if (!is_var_param(call, j))
                continue;
            const char *shared = place_shared(call->args[i], call->args[j]);
            if (shared)
                report_shared(c, call->args[i], shared);
        }
}

void args_check(struct check *c, struct call *call)
{
    uint32_t count = call->type->args.count;
    uint8_t *phases = arena_array(c->arena, uint8_t, count + 1);
    for (uint32_t i = 0; i < count; i++)
        phases[i] = call->args[i] ? (uint8_t)phase_of(call, i) : PHASES;
    for (int phase = PLAIN; phase < PHASES; phase++) {
        for (uint32_t i = 0; phase == LITERAL && i < count; i++)
            bind_by_lambda(c, call, i);
        if (phase == OPEN)
            bind_by_result(call);
        for (uint32_t i = 0; i < count; i++)
            if (phases[i] == phase)
                check_argument(c, call, i);
    }
    bind_by_result(call);
    if (!call->bad)
        check_shared(c, call);
}
