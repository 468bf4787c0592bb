/* check_call.c - calls, spawns and awaits: which function is called, and what it gives. */
#include "check_args.h"
#include "suggest.h"

#include <string.h>

/* ---- the call -------------------------------------------------------------------------------- */

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

/* Whether a type argument does not meet what is known to be asked of it: check.c will report. */
static bool lacks_need(struct check *c, const struct call *call)
{
    for (uint32_t g = 0; g < call->bindings.count; g++)
        for (int n = 0; call->bindings.at[g] && n < NEEDS; n++)
            if (call->target->func->needs[n] >> g & 1 &&
                !need_met(c, call->bindings.at[g], (enum need)n))
                return true;
    return false;
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
    if (call->target->func && call->target->func->lacks_result)
        return simple(c, TYPE_bad);
    if (!call->bad && !(call->type->result->open && lacks_need(c, call)))
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
    args_place(c, &call, &given);
    if (call.bad) { /* which of them is which is not known */
        for (uint32_t i = 0; i < given.count; i++)
            if (given.at[i]->kind != NODE_named_arg && !given.at[i]->type)
                check_quietly(c, &given.at[i]);
        return simple(c, TYPE_bad);
    }
    args_check(c, &call);
    if (edges)
        *edges = call.edges;
    if (call.lacks_spawn) /* its value or a future of it is meant */
        return simple(c, TYPE_bad);
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
    struct symbol *local = value->kind == NODE_name ? scope_find(c, value->name_.name) : NULL;
    struct diag *d =
        diag_error(c->diags, DIAG_not_future, value->span,
                   "this is `%s`, not a future: there is nothing to await", value->type->text);
    if (value->kind == NODE_comp && value->comp_.value->kind == NODE_call)
        diag_hint(c->diags, d, "direct calls run at once; `[spawn f(x) for …]` gives futures");
    else if (value->kind == NODE_call)
        diag_hint(c->diags, d, "a direct call runs at once; `spawn f(…)` gives a future");
    else
        diag_hint(c->diags, d, "leave `await` out; futures come from `spawn`");
    if (local && local->kind == SYM_LOCAL) /* it is taken for a future elsewhere, too */
        local->type = simple(c, TYPE_bad);
    return simple(c, TYPE_bad);
}

const struct type *check_await(struct check *c, struct node *node)
{
    const struct type *t = check_expr(c, &node->await_.value, NULL);
    const struct type *value = is_bad(t) ? t : awaited_type(c, t);
    if (!value) /* where nothing is to be awaited, whether it may be is no second mistake */
        return report_not_future(c, node);
    if (c->function)
        vec_push(c->arena, &c->function->func->calls, ((struct call_site){NULL, node, false}));
    if (is_bad(t))
        return t;
    if (!node->await_.is_try || value->kind == TYPE_result)
        return value;
    return type_result(c->types, value);
}
