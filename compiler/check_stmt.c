/* check_stmt.c - blocks and statements, jumps, and module-level constants. */
#include "checking.h"

#include <string.h>

/* ---- statements ------------------------------------------------------------------------------ */

static bool holds_future(const struct type *t)
{
    if (t->kind == TYPE_future)
        return true;
    bool inside = t->kind == TYPE_array || t->kind == TYPE_tuple || t->kind == TYPE_option;
    for (uint32_t i = 0; inside && i < t->args.count; i++)
        if (holds_future(t->args.at[i]))
            return true;
    return false;
}

/* Calls and what branches may have effects; an expression of these kinds has none of its own. */
static bool does_nothing(enum node_kind kind)
{
    switch (kind) {
    case NODE_int:
    case NODE_float:
    case NODE_bool:
    case NODE_str:
    case NODE_interp:
    case NODE_name:
    case NODE_dot:
    case NODE_tuple_dot:
    case NODE_index:
    case NODE_unary:
    case NODE_binary:
    case NODE_cast:
    case NODE_is:
    case NODE_array:
    case NODE_map:
    case NODE_tuple:
    case NODE_record_lit:
        return true;
    default:
        return false;
    }
}

static const char *drop_hint(const struct node *node)
{
    if (node->kind != NODE_spawn)
        return "`await` it, or give it a name";
    if (node->spawn_.call->call_.target->func->flags & FUNC_IO)
        return "`await spawn f(…)` waits for it, `detach spawn f(…)` lets it run on";
    return "`await spawn f(…)` waits; a pure task whose result nobody wants need not run";
}

/* Of the standard library, without io and `var` parameters: all that it does is what it gives. */
static bool only_gives(const struct node *node)
{
    const struct symbol *target = node->kind == NODE_call ? node->call_.target : NULL;
    if (!target || target->kind != SYM_FUNC || !target->module->is_std ||
        target->func->flags & (FUNC_IO | FUNC_TASK) || !strcmp(target->name, "trace"))
        return false;
    const struct nodes *params = &target->node->func_.params;
    for (uint32_t i = 0; i < params->count; i++)
        if (params->at[i]->param_.is_var)
            return false;
    return true;
}

/* The value of a statement is dropped; not every value may be. */
static void check_dropped(struct check *c, const struct node *node)
{
    const struct type *t = node->type;
    if (holds_future(t)) {
        struct diag *d = diag_error(c->diags, DIAG_future_dropped, node->span,
                                    "this `%s` is never used", t->text);
        diag_hint(c->diags, d, "%s", drop_hint(node));
    } else if (t->kind == TYPE_result) {
        struct diag *d = diag_warning(c->diags, DIAG_unused_value, node->span,
                                      "the error that this may give is not looked at");
        diag_hint(c->diags, d, "`?` hands it up; `let _ = …` says that it does not matter");
    } else if (t->kind != TYPE_unit && !is_bad(t) && only_gives(node)) {
        struct diag *d = diag_warning(c->diags, DIAG_unused_value, node->span,
                                      "what `%s` gives is not used, and it does nothing else",
                                      node->call_.target->name);
        const struct node *first = node->call_.args.count ? node->call_.args.at[0] : NULL;
        if (first && first->kind == NODE_name && first->type == t)
            diag_hint(c->diags, d, "it changes no variable: `%s = %s.%s(…)` does",
                      first->name_.name, first->name_.name, node->call_.target->name);
    } else if (does_nothing(node->kind) && t->kind != TYPE_unit && !is_bad(t)) {
        struct diag *d =
            diag_warning(c->diags, DIAG_unused_value, node->span, "this value is not used");
        if (node->kind == NODE_binary && node->binary_.op == OP_eq)
            diag_hint(c->diags, d, "`==` compares; `=` assigns");
    }
}

static const struct type *let_value(struct check *c, struct node *node)
{
    struct node *annotation = node->let_.annotation;
    if (!annotation)
        return check_expr(c, &node->let_.value, NULL);
    const struct type *t = names_type(c->program, c->module, c->function, annotation);
    check_want(c, &node->let_.value, t, (struct why){0});
    return t;
}

static void check_let(struct check *c, struct node *node)
{
    const struct type *t = let_value(c, node);
    struct node *pattern = node->let_.pattern;
    if (t->kind == TYPE_never)
        t = simple(c, TYPE_bad);
    if (t->kind == TYPE_unit && pattern->kind == NODE_pat_name && gives_nothing(node->let_.value)) {
        struct diag *d = diag_error(c->diags, DIAG_missing_value, node->let_.value->span,
                                    "this gives no value for `%s`", pattern->pat_name_.name);
        if (node->let_.value->kind == NODE_if && !node->let_.value->if_.otherwise)
            diag_hint(c->diags, d, "an `if` without `else` gives no value");
        t = simple(c, TYPE_bad);
    }
    check_pattern(c, pattern, t, node->let_.is_var);
}

static void check_expect(struct check *c, struct node *node)
{
    if (!c->function || c->function->node->kind != NODE_test) {
        struct diag *d =
            diag_error(c->diags, DIAG_wrong_kind, node->span, "`expect` stands in tests only");
        diag_hint(c->diags, d, "elsewhere: `if !ok { fail \"…\" }`");
    }
    check_want(c, &node->expect_.cond, simple(c, TYPE_bool), (struct why){0});
}

static void check_expr_stmt(struct check *c, struct node **slot)
{
    struct node *node = *slot;
    bool branches = node->kind == NODE_if || node->kind == NODE_match || node->kind == NODE_block;
    if (expr_is_open(node)) {
        check_quietly(c, slot);
        diag_error(c->diags, DIAG_cannot_infer, node->span,
                   "this value is not used, so its type cannot be told");
        return;
    }
    check_expr(c, slot, branches ? simple(c, TYPE_unit) : NULL);
    check_dropped(c, *slot);
}

static void check_stmt(struct check *c, struct node **slot)
{
    struct node *node = *slot;
    switch (node->kind) {
    case NODE_let:
        check_let(c, node);
        break;
    case NODE_assign:
        check_assign(c, node);
        break;
    case NODE_while:
        check_while(c, node);
        break;
    case NODE_for:
        check_for(c, node);
        break;
    case NODE_expect:
        check_expect(c, node);
        break;
    case NODE_cancel:
    case NODE_detach:
        check_ending(c, node);
        break;
    case NODE_bad:
        node->type = simple(c, TYPE_bad);
        break;
    default:
        check_expr_stmt(c, slot);
    }
}

/* ---- blocks ---------------------------------------------------------------------------------- */

bool is_statement(enum node_kind kind)
{
    return kind == NODE_let || kind == NODE_assign || kind == NODE_while || kind == NODE_for ||
           kind == NODE_expect || kind == NODE_cancel || kind == NODE_detach || kind == NODE_bad;
}

/* The block's end is reached without the value that it promises. */
static const struct type *missing_value(struct check *c, struct node *node, const struct type *want,
                                        struct why why)
{
    struct span brace = node->span;
    if (brace.end > brace.start)
        brace.start = brace.end - 1;
    struct diag *d = diag_error(c->diags, DIAG_missing_value, brace,
                                "a value of type `%s` is missing here", want->text);
    if (why.span.source)
        diag_note(c->diags, d, why.span, "%s", why.text);
    diag_hint(c->diags, d, "the last expression of a block is its value");
    return simple(c, TYPE_bad);
}

/* `-> ()!` needs no value: reaching the end is ok(()). */
static const struct type *unit_value(struct check *c, struct node *node, const struct type *want)
{
    struct node *unit = node_around(c, NODE_tuple, node, simple(c, TYPE_unit));
    unit->span.start = unit->span.end;
    vec_push(c->arena, &node->block_.stmts, unit);
    convert(c, &node->block_.stmts.at[node->block_.stmts.count - 1], want, (struct why){0});
    return want;
}

static bool stmt_ends(const struct node *node)
{
    return node->type && node->type->kind == TYPE_never;
}

/* The type of a block whose last statement gives no value. */
static const struct type *end_type(struct check *c, struct node *node, const struct type *want,
                                   struct why why)
{
    const struct nodes *stmts = &node->block_.stmts;
    for (uint32_t i = 0; i < stmts->count; i++) {
        if (stmt_ends(stmts->at[i]))
            return simple(c, TYPE_never);
        if (stmts->at[i]->kind == NODE_bad)
            return simple(c, TYPE_bad);
    }
    if (!want || want->kind == TYPE_unit || is_bad(want))
        return simple(c, TYPE_unit);
    if (strip(want)->kind == TYPE_unit)
        return unit_value(c, node, want);
    return missing_value(c, node, want, why);
}

/* The type of a block by its last expression. */
static const struct type *value_type(struct check *c, struct node *node, struct node **last,
                                     const struct type *want, struct why why)
{
    bool unit = want && want->kind == TYPE_unit;
    if (unit)
        check_expr_stmt(c, last);
    else if (want)
        check_want(c, last, want, why);
    else
        check_expr(c, last, NULL);
    const struct type *t = (*last)->type;
    const struct nodes *stmts = &node->block_.stmts;
    for (uint32_t i = 0; i < stmts->count; i++)
        if (stmt_ends(stmts->at[i]))
            return simple(c, TYPE_never);
    return unit && !is_bad(t) ? simple(c, TYPE_unit) : t;
}

/* What a `return` in the body of a lambda told of its result; else NULL. */
static const struct type *returned_type(const struct check *c, const struct node *block)
{
    const struct node *lambda = c->function ? c->function->node : NULL;
    bool is_body = lambda && lambda->kind == NODE_lambda && lambda->lambda_.body == block;
    return is_body && !lambda->lambda_.is_round ? c->function->func->result : NULL;
}

const struct type *check_block(struct check *c, struct node *node, const struct type *want,
                               struct why why)
{
    struct nodes *stmts = &node->block_.stmts;
    uint32_t mark = scope_open(c);
    uint32_t count = stmts->count;
    bool value = count && !is_statement(stmts->at[count - 1]->kind);
    for (uint32_t i = 0; i + value < count; i++)
        check_stmt(c, &stmts->at[i]);
    want = want ? want : returned_type(c, node);
    node->type = value ? value_type(c, node, &stmts->at[count - 1], want, why)
                       : end_type(c, node, want, why);
    scope_close(c, mark);
    return node->type;
}

/* ---- jumps ----------------------------------------------------------------------------------- */

static void no_result(struct check *c, struct node *value)
{
    c->function->func->lacks_result = true;
    struct diag *d = diag_error(
        c->diags, DIAG_mismatch, value->span, "%s declares no result, so it returns no value",
        c->function->node->kind == NODE_func ? arena_format(c->arena, "`%s`", c->function->name)
                                             : "this");
    if (c->function->node->kind == NODE_func)
        diag_hint(c->diags, d, "declare it: `%s(…) -> %s`", c->function->name, value->type->text);
}

static void check_return(struct check *c, struct node *node)
{
    struct func *func = c->function ? c->function->func : NULL;
    bool is_told = !func || func->result || c->function->node->kind != NODE_lambda ||
                   c->function->node->lambda_.is_round;
    if (!is_told) { /* the first `return` of a lambda says what it gives */
        func->result =
            node->return_.value ? check_expr(c, &node->return_.value, NULL) : simple(c, TYPE_unit);
        return;
    }
    if (!func || !func->result) {
        diag_error(c->diags, DIAG_loop_control, node->span, "`return` cannot leave %s from here",
                   !func                                    ? "a constant"
                   : c->function->node->kind != NODE_lambda ? "this function"
                                                            : "a loop that gives values");
        return;
    }
    const struct type *result = func->result;
    struct why why = why_result(c, c->function);
    if (node->return_.value && result->kind == TYPE_unit) {
        check_expr(c, &node->return_.value, NULL);
        const struct type *t = node->return_.value->type;
        if (!is_bad(t) && t->kind != TYPE_unit && t->kind != TYPE_never)
            no_result(c, node->return_.value);
    } else if (node->return_.value) {
        check_want(c, &node->return_.value, result, why);
    } else if (strip(result)->kind == TYPE_unit && result->kind != TYPE_unit) {
        node->return_.value = node_around(c, NODE_tuple, node, simple(c, TYPE_unit));
        convert(c, &node->return_.value, result, (struct why){0});
    } else if (result->kind != TYPE_unit && !is_bad(result)) {
        struct diag *d = diag_error(c->diags, DIAG_missing_value, node->span,
                                    "`return` needs a value of type `%s`", result->text);
        if (why.span.source)
            diag_note(c->diags, d, why.span, "%s", why.text);
    }
}

static void check_cause(struct check *c, struct node **cause)
{
    const struct type *t = check_expr(c, cause, simple(c, TYPE_error));
    if (is_bad(t) || t->kind == TYPE_error)
        return;
    struct diag *d = diag_error(c->diags, DIAG_mismatch, (*cause)->span,
                                "`from` takes an `error`, not `%s`", t->text);
    if (t->kind == TYPE_result)
        diag_hint(c->diags, d, "`if x is err(e) { fail \"…\" from e }` takes the error out of it");
    else if (t->kind == TYPE_option && t->args.at[0]->kind == TYPE_error)
        diag_hint(c->diags, d, "`if x is some(e) { fail \"…\" from e }` takes the error out of it");
}

static void check_fail(struct check *c, struct node *node)
{
    const struct type *t = check_expr(c, &node->fail_.message, simple(c, TYPE_str));
    bool is_turned = t->kind == TYPE_error && node->fail_.cause;
    if (is_turned)
        check_quietly(c, &node->fail_.cause);
    else if (node->fail_.cause)
        check_cause(c, &node->fail_.cause);
    if (is_bad(t) || t->kind == TYPE_str)
        return;
    struct diag *d = diag_error(c->diags, DIAG_mismatch, node->fail_.message->span,
                                "`fail` takes a `str`, not `%s`", t->text);
    if (is_turned)
        diag_hint(c->diags, d, "the message comes first: `fail \"…\" from e`");
    else if (t->kind == TYPE_error)
        diag_hint(c->diags, d, "`return err(e)` passes an error on");
    else
        diag_hint(c->diags, d, "as text it is `\"{…}\"`");
}

static void check_loop_jump(struct check *c, struct node *node)
{
    const char *word = node->kind == NODE_break ? "break" : "continue";
    if (!c->loop)
        diag_error(c->diags, DIAG_loop_control, node->span, "`%s` stands outside of a loop", word);
    else if (node->kind == NODE_break)
        c->loop->left = true;
}

const struct type *check_jump(struct check *c, struct node *node)
{
    if (node->kind == NODE_return)
        check_return(c, node);
    else if (node->kind == NODE_fail)
        check_fail(c, node);
    else
        check_loop_jump(c, node);
    return simple(c, TYPE_never);
}

/* ---- constants ------------------------------------------------------------------------------- */

/* What can be computed before the program runs. */
static bool is_constant(enum node_kind kind)
{
    switch (kind) {
    case NODE_int:
    case NODE_float:
    case NODE_bool:
    case NODE_str:
    case NODE_bytes:
    case NODE_duration:
    case NODE_interp:
    case NODE_hole:
    case NODE_name:
    case NODE_dot:
    case NODE_tuple_dot:
    case NODE_unary:
    case NODE_binary:
    case NODE_cast:
    case NODE_array:
    case NODE_map:
    case NODE_entry:
    case NODE_tuple:
    case NODE_record_lit:
    case NODE_field_init:
    case NODE_wrap:
    case NODE_if:
    case NODE_block:
    case NODE_type_name:
    case NODE_bad:
        return true;
    default:
        return false;
    }
}

struct constant {
    struct check *check;
    const char *name;
};

static void constant_hint(struct constant *constant, struct diag *d, const struct node *node)
{
    const struct node *call = node->kind == NODE_question ? node->question_.value : node;
    const struct symbol *target = call->kind == NODE_call ? call->call_.target : NULL;
    bool is_io = target && target->kind == SYM_FUNC && target->func->flags & FUNC_IO;
    diag_hint(constant->check->diags, d, "make it a function: `%sfn %s() -> … { … }`",
              is_io ? "io " : "", constant->name);
}

static void check_constant(void *context, struct node *node)
{
    struct constant *constant = context;
    struct check *c = constant->check;
    bool constructor = node->kind == NODE_call &&
                       (node->call_.builtin != BUILTIN_NONE || is_grid_literal(node) ||
                        (node->call_.target && node->call_.target->kind == SYM_VARIANT));
    if (is_constant(node->kind) || constructor) {
        ast_children(node, check_constant, constant);
        return;
    }
    struct diag *d = diag_error(c->diags, DIAG_not_constant, node->span,
                                "a module-level value is a constant: this has to run");
    constant_hint(constant, d, node);
}

const struct type *const_type(struct check *c, struct symbol *symbol)
{
    if (symbol->type)
        return symbol->type;
    struct node *node = symbol->node;
    struct check inner = {
        .program = c->program,
        .arena = c->arena,
        .diags = c->diags,
        .types = c->types,
        .module = symbol->module,
        .depth = c->depth,
    };
    if (symbol->written) { /* its value is being checked further out */
        diag_error(c->diags, DIAG_not_constant, symbol->span, "the constant `%s` needs itself",
                   symbol->name);
        return symbol->type = simple(c, TYPE_bad);
    }
    symbol->written = true;
    const struct type *t = let_value(&inner, node);
    check_constant(&(struct constant){&inner, symbol->name}, node->let_.value);
    symbol->written = false;
    node->let_.pattern->type = t;
    return symbol->type = symbol->type ? symbol->type : t;
}
