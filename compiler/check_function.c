/* check_function.c - functions as arguments: lambdas, named functions, parameters handed on. */
#include "checking.h"

static void fail_argument(struct check *c, struct node *node)
{
    node->type = simple(c, TYPE_bad);
}

/* The parameter types of a pattern as far as they are known; NULL (reported) if one is not. */
static const struct type **known_params(struct check *c, struct node *node,
                                        const struct type *pattern, const struct types *bindings)
{
    uint32_t count = pattern->args.count;
    const struct type **types = arena_array(c->arena, const struct type *, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        types[i] = type_subst(c->types, pattern->args.at[i], *bindings);
        if (!has_unbound(pattern->args.at[i], bindings))
            continue;
        diag_error(c->diags, DIAG_cannot_infer, node->span,
                   "what this function takes cannot be told from here");
        fail_argument(c, node);
        return NULL;
    }
    return types;
}

/* ---- lambdas -------------------------------------------------------------------------------- */

static struct symbol *lambda_symbol(struct check *c, struct node *node)
{
    struct symbol *symbol = arena_new(c->arena, struct symbol);
    struct func *func = arena_new(c->arena, struct func);
    *symbol = (struct symbol){
        .kind = SYM_FUNC,
        .name = "the lambda",
        .span = node->span,
        .node = node,
        .module = c->module,
        .owner = c->function,
        .func = func,
        .used = true,
    };
    func->symbol = symbol;
    func->parent = c->function;
    const struct func *around = c->function ? c->function->func : NULL; /* NULL: of a constant */
    func->wrap = around && around->wrap;
    func->fastmath = around && around->fastmath;
    if (node->lambda_.is_round) {
        symbol->name = "the loop's body";
        func->flags = around->flags & FUNC_TASK;
    }
    node->lambda_.symbol = symbol;
    vec_push(c->arena, &c->module->funcs, symbol);
    return symbol;
}

static void annotate_param(struct check *c, struct node *param, const struct type **type)
{
    if (!param->param_.annotation)
        return;
    const struct type *written = param->param_.annotation->type;
    if (!written) /* else a call took it to tell a type variable */
        written = names_type(c->program, c->module, c->function, param->param_.annotation);
    if (!is_bad(written) && written != *type)
        diag_error(c->diags, DIAG_mismatch, param->param_.annotation->span,
                   "the parameter is `%s` here", (*type)->text);
}

/* Parameters take the first places among the locals; names inside a pattern come after them. */
static void bind_params(struct check *c, struct node *node, const struct type **types)
{
    struct nodes *params = &node->lambda_.params;
    struct func *func = c->function->func;
    for (uint32_t i = 0; i < params->count; i++) {
        struct node *param = params->at[i];
        bool named = param->kind == NODE_param;
        if (named)
            annotate_param(c, param, &types[i]);
        struct symbol *symbol =
            scope_bind(c, named ? param->param_.name : "_", param->span, types[i], false, param);
        symbol->is_param = true;
        if (named)
            param->param_.symbol = symbol;
        param->type = types[i];
    }
    func->param_count = params->count;
    for (uint32_t i = 0; i < params->count; i++)
        if (params->at[i]->kind != NODE_param)
            check_pattern(c, params->at[i], types[i], false);
}

/* A body that may leave the function around gives a T! or T? itself, for the loop to hand on. */
static const struct type *round_body(struct check *c, struct node *node)
{
    struct func *func = c->function->func;
    struct node **body = &node->lambda_.body;
    func->handed = rounds_handed(func, *body);
    const struct type *t = check_expr(c, body, NULL), *handed = func->handed;
    func->handed = NULL;
    if (node->lambda_.is_wide)
        t = widen(c, body);
    if (t->kind == TYPE_never)
        t = simple(c, TYPE_unit);
    if (!handed || is_bad(t))
        return func->result = t;
    if (t->kind == handed->kind) {
        struct diag *d = diag_error(c->diags, DIAG_mismatch, (*body)->span,
                                    "the body gives `%s` and may leave with `?` as well", t->text);
        diag_hint(c->diags, d, "hand this up too, with a `?` behind it, or match it");
        return func->result = simple(c, TYPE_bad);
    }
    func->result = type_make(c->types, handed->kind, &t, 1, 0, NULL, NULL);
    convert(c, body, func->result, (struct why){0});
    return func->result;
}

static const struct type *lambda_body(struct check *c, struct node *node, const struct type *result)
{
    struct func *func = c->function->func;
    struct why why = {.text = "", .result = true};
    func->result = result;
    if (result) {
        check_want(c, &node->lambda_.body, result, why);
        return result;
    }
    if (node->lambda_.is_round)
        return round_body(c, node);
    const struct type *t = check_expr(c, &node->lambda_.body, NULL);
    if (func->result) { /* by a `return` */
        convert(c, &node->lambda_.body, func->result, why);
        return func->result;
    }
    if (t->kind == TYPE_never)
        t = simple(c, TYPE_unit);
    return func->result = t;
}

static void check_lambda(struct check *c, struct node *node, const struct type *pattern,
                         struct types *bindings)
{
    struct nodes *params = &node->lambda_.params;
    if (params->count != pattern->args.count) {
        struct diag *d =
            diag_error(c->diags, DIAG_bad_lambda, node->span,
                       "a function of %u argument%s is wanted; this lambda takes %u",
                       pattern->args.count, pattern->args.count == 1 ? "" : "s", params->count);
        if (pattern->args.count == 1 && params->count == 2)
            diag_hint(c->diags, d, "%s",
                      type_subst(c->types, pattern->args.at[0], *bindings)->kind == TYPE_tuple
                          ? "the parts of one tuple are `|(a, b)| …`"
                          : "elements with their index are `xs.enumerate()`, for `|(i, x)| …`");
        fail_argument(c, node);
        return;
    }
    const struct type **types = known_params(c, node, pattern, bindings);
    if (!types)
        return;
    const struct type *result = type_subst(c->types, pattern->result, *bindings);
    bool known = !has_unbound(pattern->result, bindings);
    struct symbol *outer = c->function;
    struct loop *loop = c->loop;
    uint32_t mark = scope_open(c);
    c->function = lambda_symbol(c, node);
    c->loop = NULL;
    bind_params(c, node, types);
    result = lambda_body(c, node, known ? result : NULL);
    struct symbol *lambda = c->function;
    c->function = outer;
    c->loop = loop;
    scope_close(c, mark);
    lambda->type = type_make(c->types, TYPE_fn, types, params->count, 0, result, NULL);
    node->type = is_bad(result) ? result : lambda->type;
    if (!is_bad(result) && !match_type(pattern->result, result, bindings)) {
        diag_error(c->diags, DIAG_mismatch, node->lambda_.body->span,
                   "the lambda gives `%s`, wanted is `%s`", result->text,
                   type_subst(c->types, pattern->result, *bindings)->text);
        fail_argument(c, node);
    }
}

bool symbol_is_function(const struct symbol *symbol)
{
    return symbol->kind == SYM_FUNC || (symbol->kind == SYM_LOCAL && symbol->type->kind == TYPE_fn);
}

/* ---- named functions ------------------------------------------------------------------------ */

struct symbol *named_function(struct check *c, struct node *node)
{
    if (node->kind == NODE_name) {
        struct symbol *symbol = scope_find(c, node->name_.name);
        return symbol && symbol_is_function(symbol) ? symbol : NULL;
    }
    struct module *module = node->kind == NODE_dot ? dot_module(c, node) : NULL;
    if (!module)
        return NULL;
    struct symbol *symbol =
        names_member(c->program, c->module, module, node->dot_.name, dot_span(node));
    return symbol && symbol->kind == SYM_FUNC ? symbol : NULL;
}

static bool passable(struct check *c, struct node *node, struct symbol *symbol)
{
    if (symbol->kind == SYM_LOCAL)
        return true;
    struct func *func = symbol->func;
    const char *why = NULL;
    if (func->flags & FUNC_IO)
        why = "it does input or output, and functions passed down are pure";
    else if (func->flags & FUNC_TASK)
        why = "it is a task, and functions passed down are `fn`";
    else if (func->generic_count)
        why = "it is generic";
    for (uint32_t i = 0; !why && i < func->param_count; i++)
        if (func->locals.at[i]->is_var)
            why = "it has a `var` parameter";
    if (!why)
        return true;
    struct diag *d = diag_error(c->diags, DIAG_bad_lambda, node->span, "`%s` cannot be passed: %s",
                                symbol->name, why);
    note_declared(c, d, symbol);
    if (func->generic_count && !(func->flags & (FUNC_IO | FUNC_TASK)))
        diag_hint(c->diags, d, "call it in a lambda: `|x| %s(x)`", symbol->name);
    else if (func->flags & (FUNC_IO | FUNC_TASK))
        diag_hint(c->diags, d, "call it in a loop or comprehension instead");
    return false;
}

static bool same_shape(struct check *c, const struct type *pattern, const struct type *have,
                       struct types *bindings)
{
    if (have->kind != TYPE_fn || have->args.count != pattern->args.count ||
        !match_type(pattern, have, bindings))
        return false;
    return type_subst(c->types, pattern, *bindings) == have;
}

static void pass_named(struct check *c, struct node *node, struct symbol *symbol,
                       const struct type *pattern, struct types *bindings)
{
    symbol->used = true;
    if (node->kind == NODE_name)
        node->name_.symbol = symbol;
    else
        node->dot_.symbol = symbol;
    node->type = symbol->type;
    bool is_told = symbol->func && symbol->func->is_lost;
    for (uint32_t i = 0; i < symbol->type->args.count; i++)
        is_told = is_told || is_bad(symbol->type->args.at[i]);
    if (is_told)
        fail_argument(c, node);
    else if (!passable(c, node, symbol)) {
        fail_argument(c, node);
    } else if (!same_shape(c, pattern, symbol->type, bindings)) {
        struct diag *d =
            diag_error(c->diags, DIAG_mismatch, node->span, "expected `%s`, found `%s`",
                       type_subst(c->types, pattern, *bindings)->text, symbol->type->text);
        note_declared(c, d, symbol);
        fail_argument(c, node);
    }
}

/* Whether a branch of an expression is a function: the last of a block counts as its value. */
static bool ends_in_function(struct check *c, struct node *node)
{
    switch (node->kind) {
    case NODE_lambda:
        return true;
    case NODE_block: {
        struct nodes *stmts = &node->block_.stmts;
        return stmts->count && ends_in_function(c, stmts->at[stmts->count - 1]);
    }
    case NODE_if:
        return ends_in_function(c, node->if_.then) ||
               (node->if_.otherwise && ends_in_function(c, node->if_.otherwise));
    case NODE_match:
        for (uint32_t i = 0; i < node->match_.arms.count; i++)
            if (ends_in_function(c, node->match_.arms.at[i]->arm_.body))
                return true;
        return false;
    default:
        return named_function(c, node);
    }
}

/* A function that is chosen when the program runs. */
static void report_chosen(struct check *c, struct node **slot)
{
    struct node *node = *slot;
    struct diag *d = diag_error(c->diags, DIAG_bad_lambda, node->span,
                                "a function is passed by its name or as a lambda, not as the "
                                "result of %s",
                                node->kind == NODE_if      ? "an `if`"
                                : node->kind == NODE_match ? "a `match`"
                                                           : "a block");
    if (node->kind != NODE_block)
        diag_hint(c->diags, d, "choose inside a lambda: `|x| %s`",
                  node->kind == NODE_if ? "if … { f(x) } else { g(x) }" : "match … { … => f(x) }");
    check_expr(c, slot, simple(c, TYPE_bad));
    fail_argument(c, *slot);
}

void check_function_arg(struct check *c, struct node **slot, const struct type *pattern,
                        struct types *bindings)
{
    struct node *node = *slot;
    if (node->kind == NODE_lambda) {
        check_lambda(c, node, pattern, bindings);
        return;
    }
    struct symbol *symbol = named_function(c, node);
    if (symbol) {
        pass_named(c, node, symbol, pattern, bindings);
        return;
    }
    if (ends_in_function(c, node)) {
        report_chosen(c, slot);
        return;
    }
    const struct type *t = check_expr(c, slot, NULL);
    if (!is_bad(t)) {
        struct diag *d =
            diag_error(c->diags, DIAG_mismatch, node->span, "expected a function `%s`, found `%s`",
                       type_subst(c->types, pattern, *bindings)->text, t->text);
        const struct node *callee = node->kind == NODE_call ? node->call_.callee : NULL;
        if (callee && callee->kind == NODE_name)
            diag_hint(c->diags, d,
                      "a function is passed without a call, `%s`, or in a lambda: `|x| %s(…)`",
                      callee->name_.name, callee->name_.name);
        else
            diag_hint(c->diags, d, "a lambda is written `|x| x + 1`");
    }
    fail_argument(c, *slot);
}
