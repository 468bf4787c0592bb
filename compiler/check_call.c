/* check_call.c - calls and spawns: which function, which argument for which parameter, what the
 * type variables stand for. check_arguments() is the order of it; await is here too.
 *
 * Arguments are not checked from left to right but in the order in which types become known: plain
 * ones first, then numbers as written, then open values (`[]`, `none`), functions last. */
#include "checking.h"
#include "suggest.h"

#include <string.h>

/* A call being checked. */
struct call {
    struct node *node;          /* NODE_call */
    struct symbol *target;      /* function, function-typed parameter or variant */
    const struct type *type;    /* its TYPE_fn */
    const struct nodes *params; /* param nodes, of a function; else NULL */
    struct node **args;         /* by parameter; NULL: not given */
    uint32_t *order;            /* the parameters of those that are given, as they are written */
    uint32_t given;             /* how many these are */
    struct types bindings;      /* of the target's type variables */
    const struct type *want;
    bool spawned;
    uint64_t edges;
    const struct type *spread; /* of elements that were given where an array is wanted: one
                                  mistake, however many of them follow */
    bool bad;
};

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

static void place_arguments(struct check *c, struct call *call, const struct nodes *given)
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
    return (struct why){param->span,
                        arena_format(c->arena, "`%s` takes `%s: %s`", call->target->name,
                                     param->param_.name, call->type->args.at[i]->text),
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
        diag_error(c->diags, DIAG_bad_spawn, arg->span,
                   "a spawned call cannot change a variable of its caller");
        call->bad = true;
        return;
    }
    const struct type *param = type_subst(c->types, call->type->args.at[i], call->bindings);
    if (!is_bad(arg->type) && arg->type != param) {
        struct diag *d = diag_error(c->diags, DIAG_var_argument, arg->span,
                                    "a `var` parameter of type `%s` cannot change `%s`",
                                    param->text, arg->type->text);
        note_param(c, d, call, i);
        return;
    }
    struct symbol *root = place_root(c, arg);
    call->bad = call->bad || (!root && !is_bad(arg->type));
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
    if (!match_type(pattern, value, &call->bindings) ||
        type_subst(c->types, pattern, call->bindings) != value)
        return false;
    call->edges |= 1ull << (i & 63);
    return true;
}

static void report_future_argument(struct check *c, struct call *call, uint32_t i,
                                   const struct type *param)
{
    struct node *arg = call->args[i];
    struct diag *d =
        diag_error(c->diags, DIAG_future_argument, arg->span, "`%s` expects `%s`, found `%s`",
                   call->target->name, param->text, arg->type->text);
    note_param(c, d, call, i);
    diag_hint(c->diags, d,
              "`await` it here, or `spawn %s(…)`: a spawned call takes the future for its value",
              call->target->name);
    arg->type = simple(c, TYPE_bad);
}

static void fit_argument(struct check *c, struct call *call, uint32_t i)
{
    const struct type *pattern = call->type->args.at[i], *have = call->args[i]->type;
    if (is_bad(have)) {
        call->bad = true;
        return;
    }
    if (make_edge(c, call, i))
        return;
    for (const struct type *p = pattern; has_unbound(p, &call->bindings); p = p->args.at[0])
        if (match_type(p, have, &call->bindings) ||
            (p->kind != TYPE_option && p->kind != TYPE_result))
            break;
    const struct type *param = type_subst(c->types, pattern, call->bindings);
    bool future = have->kind == TYPE_future && converts(have->args.at[0], param);
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

static bool is_number(const struct node *node)
{
    return expr_is_literal(node) || node->kind == NODE_float;
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

/* ---- the call -------------------------------------------------------------------------------- */

static void check_arguments(struct check *c, struct call *call)
{
    uint32_t count = call->type->args.count;
    uint8_t *phases = arena_array(c->arena, uint8_t, count + 1);
    for (uint32_t i = 0; i < count; i++)
        phases[i] = call->args[i] ? (uint8_t)phase_of(call, i) : PHASES;
    for (int phase = PLAIN; phase < PHASES; phase++) {
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

static void report_unbound(struct check *c, struct call *call)
{
    for (uint32_t i = 0; !call->bad && i < call->bindings.count; i++) {
        if (call->bindings.at[i])
            continue;
        const char *name = call->target->node->func_.generics.at[i]->name_.name;
        struct diag *d =
            diag_error(c->diags, DIAG_cannot_infer, call->node->span,
                       "what `%s` of `%s` is cannot be told from here", name, call->target->name);
        note_declared(c, d, call->target);
        diag_hint(c->diags, d, "write the type of the result: `let x: … = …`");
        call->bad = true;
    }
}

static void record_call(struct check *c, struct call *call)
{
    struct symbol *target = call->target;
    if (target->kind != SYM_FUNC)
        return;
    if (call->bindings.count)
        vec_push(c->arena, &c->demands,
                 ((struct demand){c->function, target, call->bindings, call->node->span}));
    if (c->function && !call->spawned)
        vec_push(c->arena, &c->function->func->calls,
                 ((struct call_site){target, call->node, false}));
}

/* Functions of the library that compute with small integers give an int, as operators do: another
 * function there, `wide_` before its name, is called then. */
static void widen_call(struct check *c, struct call *call)
{
    struct symbol *target = call->target;
    bool computes =
        target->kind == SYM_FUNC && target->module->is_std && target->func->needs[NEED_NUMBER] & 1;
    if (!computes || call->bad || !type_is_small(call->bindings.at[0]))
        return;
    const char *name = arena_format(c->arena, "wide_%s", target->name);
    struct symbol *wide = names_std(c->program, target->module->name, name);
    if (!wide)
        return;
    wide->used = true;
    call->target = wide;
    call->type = wide->type;
}

/* NULL: the parameters' order. */
static const uint32_t *order_of(const struct call *call)
{
    for (uint32_t i = 0; i < call->given; i++)
        if (call->order[i] != i)
            return call->order;
    return NULL;
}

static const struct type *finish_call(struct check *c, struct call *call)
{
    struct node *node = call->node;
    report_unbound(c, call);
    widen_call(c, call);
    record_call(c, call);
    node->call_.target = call->target;
    node->call_.generics = call->bindings;
    node->call_.args = (struct nodes){call->args, call->type->args.count, 0};
    node->call_.order = order_of(call);
    const struct type *result = type_subst(c->types, call->type->result, call->bindings);
    if (!call->bad)
        return result;
    /* the result is known all the same unless a wrong argument decides it */
    return call->bindings.count && call->type->result->open ? simple(c, TYPE_bad) : result;
}

/* What only functions have: parameters with names, and type arguments. */
static void open_function(struct check *c, struct call *call)
{
    uint32_t count = call->target->func->generic_count;
    call->params = &call->target->node->func_.params;
    call->bindings.at = arena_array(c->arena, const struct type *, count + 1);
    call->bindings.count = count < 32 ? count : 32;
}

/* The receiver, if there is one, and the arguments. */
static struct nodes all_given(struct check *c, struct node *node, struct node *receiver)
{
    struct nodes given = {0};
    if (receiver) { /* it has one place in the tree: among the arguments */
        vec_push(c->arena, &given, receiver);
        node->call_.callee->dot_.object = NULL;
    }
    for (uint32_t i = 0; i < node->call_.args.count; i++)
        vec_push(c->arena, &given, node->call_.args.at[i]);
    return given;
}

/* Calls a function; `receiver` is the first argument of x.f(y), else NULL. */
static const struct type *call_function(struct check *c, struct node *node, struct symbol *target,
                                        struct node *receiver, const struct type *want,
                                        uint64_t *edges)
{
    const struct type *of_ranks = check_ranks(c, node, target, receiver, want);
    if (of_ranks)
        return of_ranks;
    struct call call = {
        .node = node,
        .target = target,
        .type = target->type,
        .want = want,
        .spawned = edges != NULL,
    };
    if (target->kind == SYM_FUNC)
        open_function(c, &call);
    struct nodes given = all_given(c, node, receiver);
    target->used = true;
    if (target->func && target->func->is_lost) {
        for (uint32_t i = 0; i < given.count; i++)
            given.at[i]->type = simple(c, TYPE_bad);
        return simple(c, TYPE_bad);
    }
    if (target->func && target->module != c->module)
        target->func->is_met = true;
    place_arguments(c, &call, &given);
    if (call.bad) { /* which of them is which is not known */
        for (uint32_t i = 0; i < given.count; i++)
            if (given.at[i]->kind != NODE_named_arg && !given.at[i]->type)
                check_quietly(c, &given.at[i]);
        return simple(c, TYPE_bad);
    }
    check_arguments(c, &call);
    if (edges)
        *edges = call.edges;
    return finish_call(c, &call);
}

static const struct type *skip_args(struct check *c, struct node *node)
{
    for (uint32_t i = 0; i < node->call_.args.count; i++) {
        struct node **arg = &node->call_.args.at[i];
        if ((*arg)->kind == NODE_named_arg)
            arg = &(*arg)->named_arg_.value;
        if (!(*arg)->type)
            check_quietly(c, arg);
        node->call_.args.at[i]->type = simple(c, TYPE_bad);
    }
    return simple(c, TYPE_bad);
}

/* Of a function of another language, as `isinstance(x, int)`: types among its arguments are no
 * further mistake. */
static const struct type *skip_type_args(struct check *c, struct node *node)
{
    for (uint32_t i = 0; i < node->call_.args.count; i++) {
        struct node *arg = node->call_.args.at[i];
        const char *name = arg->kind == NODE_name ? arg->name_.name : "";
        if (!strcmp(name, "int") || !strcmp(name, "float") || !strcmp(name, "str") ||
            !strcmp(name, "bool") || suggest_type(name))
            arg->type = simple(c, TYPE_bad);
    }
    return skip_args(c, node);
}

static const struct type *report_not_function(struct check *c, struct node *node,
                                              struct symbol *symbol)
{
    struct node *callee = node->call_.callee;
    const char *foreign = symbol->kind == SYM_LOCAL ? NULL : suggest_value(symbol->name);
    if (symbol->type && is_bad(symbol->type) &&
        (symbol->kind == SYM_LOCAL || symbol->kind == SYM_LOST || symbol->kind == SYM_VARIANT))
        return skip_args(c, node);
    if (symbol->kind != SYM_LOCAL && scope_is_told(c, symbol->name, '('))
        return skip_args(c, node);
    struct diag *d = diag_error(c->diags, DIAG_not_callable, callee->span, "`%s` is not a function",
                                symbol->name);
    if (symbol->span.source)
        diag_note(c->diags, d, symbol->span, "it is declared here");
    if (symbol->kind == SYM_RECORD)
        diag_hint(c->diags, d, "make one with `%s { field: value }`", symbol->name);
    else if (symbol->kind == SYM_VARIANT)
        diag_hint(c->diags, d, "it holds nothing: `%s` is the value", symbol->name);
    else if (foreign)
        diag_hint(c->diags, d, "%s", foreign);
    return skip_args(c, node);
}

static const struct type *call_symbol(struct check *c, struct node *node, struct symbol *symbol,
                                      const struct type *want, uint64_t *edges)
{
    symbol->used = true;
    bool function = symbol->kind == SYM_FUNC && symbol->node->kind == NODE_func;
    bool parameter = symbol->kind == SYM_LOCAL && symbol->type->kind == TYPE_fn;
    if (parameter && edges) {
        diag_error(c->diags, DIAG_bad_spawn, node->call_.callee->span,
                   "only named functions can be spawned; `%s` is a parameter", symbol->name);
        return skip_args(c, node);
    }
    bool variant = symbol->kind == SYM_VARIANT && symbol->type->kind == TYPE_fn;
    if (variant && edges) {
        diag_error(c->diags, DIAG_bad_spawn, node->call_.callee->span,
                   "`%s` is a value, not a task", symbol->name);
        return skip_args(c, node);
    }
    if (function || parameter || variant)
        return call_function(c, node, symbol, NULL, want, edges);
    return report_not_function(c, node, symbol);
}

static const struct type *call_name(struct check *c, struct node *node, const struct type *want,
                                    uint64_t *edges)
{
    struct node *callee = node->call_.callee;
    const char *name = callee->name_.name;
    struct symbol *symbol = callee->name_.symbol; /* check_rounds.c knows it */
    if (!symbol)
        symbol = scope_find(c, name);
    callee->type = simple(c, TYPE_bad);
    callee->name_.symbol = symbol;
    if (symbol)
        return call_symbol(c, node, symbol, want, edges);
    enum builtin builtin = find_constructor(name);
    if (builtin == BUILTIN_NONE) {
        scope_unknown(c, name, callee->span);
        return suggest_value(name) ? skip_type_args(c, node) : skip_args(c, node);
    }
    if (edges) {
        diag_error(c->diags, DIAG_bad_spawn, callee->span, "`%s` is a value, not a task", name);
        return skip_args(c, node);
    }
    return check_constructor(c, node, builtin, want);
}

/* f.done() of a future: only io code may look at what depends on time. */
static const struct type *call_done(struct check *c, struct node *node)
{
    struct node *receiver = node->call_.callee->dot_.object;
    if (node->call_.args.count)
        diag_error(c->diags, DIAG_arguments, node->call_.args.at[0]->span,
                   "`done` takes no argument");
    struct nodes args = {0};
    vec_push(c->arena, &args, receiver);
    node->call_.callee->dot_.object = NULL;
    node->call_.args = args;
    node->call_.builtin = BUILTIN_done;
    if (c->function)
        vec_push(c->arena, &c->function->func->calls, ((struct call_site){NULL, node, false}));
    return simple(c, TYPE_bool);
}

static const struct type *call_method(struct check *c, struct node *node, const struct type *want,
                                      uint64_t *edges)
{
    struct node *dot = node->call_.callee;
    const struct type *t = check_expr(c, &dot->dot_.object, NULL);
    dot->type = simple(c, TYPE_bad);
    if (is_bad(t))
        return skip_args(c, node);
    if (t->kind == TYPE_future && !strcmp(dot->dot_.name, "done"))
        return call_done(c, node);
    struct symbol *target = find_method(c, dot);
    if (!target)
        return skip_args(c, node);
    return call_function(c, node, target, dot->dot_.object, want, edges);
}

/* f.remote(x): the object is a function. */
static bool report_function_dot(struct check *c, struct node *dot)
{
    struct node *object = dot->dot_.object;
    if (object->kind != NODE_name)
        return false;
    struct symbol *symbol = scope_find(c, object->name_.name);
    if (!symbol || symbol->kind != SYM_FUNC)
        return false;
    symbol->used = true;
    object->type = simple(c, TYPE_bad);
    struct diag *d = diag_error(c->diags, DIAG_no_method, dot_span(dot),
                                "the function `%s` has no `.%s`", symbol->name, dot->dot_.name);
    diag_hint(c->diags, d, "to run it as a task write `spawn %s(…)`", symbol->name);
    return true;
}

static const struct type *call_dot(struct check *c, struct node *node, const struct type *want,
                                   uint64_t *edges)
{
    struct node *dot = node->call_.callee;
    dot->type = simple(c, TYPE_bad);
    struct module *module = dot_module(c, dot);
    if (module) {
        struct symbol *symbol =
            names_member(c->program, c->module, module, dot->dot_.name, dot_span(dot));
        dot->dot_.symbol = symbol;
        return symbol ? call_symbol(c, node, symbol, want, edges) : skip_args(c, node);
    }
    if (report_function_dot(c, dot))
        return skip_args(c, node);
    return call_method(c, node, want, edges);
}

static const struct type *call_any(struct check *c, struct node *node, const struct type *want,
                                   uint64_t *edges)
{
    struct node *callee = node->call_.callee;
    if (callee->kind == NODE_name)
        return call_name(c, node, want, edges);
    if (callee->kind == NODE_dot)
        return call_dot(c, node, want, edges);
    const struct type *t = check_expr(c, &node->call_.callee, NULL);
    if (!is_bad(t))
        diag_error(c->diags, DIAG_not_callable, callee->span, "`%s` is not a function", t->text);
    return skip_args(c, node);
}

const struct type *check_call(struct check *c, struct node *node, const struct type *want)
{
    return call_any(c, node, want, NULL);
}

/* ---- spawn and await ------------------------------------------------------------------------- */

const struct type *check_spawn(struct check *c, struct node *node, const struct type *want)
{
    struct node *call = node->spawn_.call;
    check_attrs(c, &node->spawn_.attrs, node);
    if (call->kind != NODE_call) {
        if (call->kind != NODE_bad) {
            struct diag *d = diag_error(c->diags, DIAG_bad_spawn, call->span,
                                        "`spawn` takes a call: `spawn f(x)`");
            diag_hint(c->diags, d, "put the code into a `task` and spawn that");
        }
        return simple(c, TYPE_bad);
    }
    const struct type *inner = want && want->kind == TYPE_future ? want->args.at[0] : NULL;
    const struct type *t = call_any(c, call, inner, &node->spawn_.edges);
    call->type = t;
    if (c->function)
        vec_push(c->arena, &c->function->func->calls,
                 ((struct call_site){call->call_.target, node, true}));
    if (is_bad(t))
        return t;
    check_spawn_attrs(c, node);
    if (call->call_.args.count > 64)
        diag_error(c->diags, DIAG_bad_spawn, node->span, "a spawned call has 64 arguments at most");
    return type_future(c->types, t);
}

static const struct type *await_tuple(struct check *c, const struct type *t)
{
    const struct type **types = arena_array(c->arena, const struct type *, t->args.count);
    for (uint32_t i = 0; i < t->args.count; i++) {
        if (t->args.at[i]->kind != TYPE_future)
            return NULL;
        types[i] = t->args.at[i]->args.at[0];
    }
    return type_make(c->types, TYPE_tuple, types, t->args.count, 0, NULL, NULL);
}

const struct type *awaited_type(struct check *c, const struct type *t)
{
    if (t->kind == TYPE_future)
        return t->args.at[0];
    if (t->kind == TYPE_array && t->args.at[0]->kind == TYPE_future)
        return type_array(c->types, t->args.at[0]->args.at[0]);
    return t->kind == TYPE_tuple ? await_tuple(c, t) : NULL;
}

static const struct type *report_not_future(struct check *c, struct node *node)
{
    struct node *value = node->await_.value;
    struct diag *d =
        diag_error(c->diags, DIAG_not_future, value->span,
                   "this is `%s`, not a future: there is nothing to await", value->type->text);
    if (value->kind == NODE_call)
        diag_hint(c->diags, d, "a direct call runs at once; `spawn f(…)` gives a future");
    else
        diag_hint(c->diags, d, "leave `await` out; futures come from `spawn`");
    return simple(c, TYPE_bad);
}

const struct type *check_await(struct check *c, struct node *node)
{
    const struct type *t = check_expr(c, &node->await_.value, NULL);
    if (c->function)
        vec_push(c->arena, &c->function->func->calls, ((struct call_site){NULL, node, false}));
    if (is_bad(t))
        return t;
    const struct type *value = awaited_type(c, t);
    if (!value)
        return report_not_future(c, node);
    if (!node->await_.is_try || value->kind == TYPE_result)
        return value;
    return type_result(c->types, value);
}
