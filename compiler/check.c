/* check.c - the order of type checking: constants and signatures of all modules, then bodies, then
 * what generic functions ask of their callers. check_types() at the end shows it. */
#include "checking.h"

/* ---- signatures ----------------------------------------------------------------------------- */

static bool are_defaults(const struct nodes *);

/* Whether it is written out: its value is seen where it stands. */
static bool is_default(const struct node *node)
{
    switch (node->kind) {
    case NODE_int:
    case NODE_float:
    case NODE_bool:
    case NODE_str:
    case NODE_bytes:
    case NODE_duration:
        return true;
    case NODE_unary:
        return is_default(node->unary_.value);
    case NODE_array:
        return are_defaults(&node->array_.elems);
    case NODE_tuple:
        return are_defaults(&node->tuple_.elems);
    case NODE_map:
        return are_defaults(&node->map_.entries);
    case NODE_entry:
        return is_default(node->entry_.key) && is_default(node->entry_.value);
    case NODE_name:
        return find_constructor(node->name_.name) == BUILTIN_none;
    default:
        return false;
    }
}

static bool are_defaults(const struct nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->count; i++)
        if (!is_default(nodes->at[i]))
            return false;
    return true;
}

static void check_default(struct check *c, struct node *param)
{
    struct node **value = &param->param_.initial;
    struct diag *d;
    if (!is_default(*value)) {
        if ((*value)->kind != NODE_bad) {
            d = diag_error(c->diags, DIAG_bad_default, (*value)->span,
                           "a default value is written out: a number, text, `true`, `none`, or an "
                           "array, map or tuple of such");
            const struct type *t = param->param_.symbol->type;
            t = t->kind == TYPE_option ? t : type_option(c->types, t);
            diag_hint(c->diags, d,
                      "compute others in the function: `%s: %s = none`, and `let %s = %s else …` "
                      "in the body",
                      param->param_.name, t->text, param->param_.name, param->param_.name);
        }
        (*value)->type = simple(c, TYPE_bad);
    } else if (param->param_.symbol->type->open) {
        d = diag_error(c->diags, DIAG_bad_default, (*value)->span,
                       "a parameter of type `%s` has no default: what it stands for is only known "
                       "in a call",
                       param->param_.symbol->type->text);
        diag_hint(c->diags, d, "write another function that gives it");
        (*value)->type = simple(c, TYPE_bad);
    } else if (param->param_.is_var) {
        diag_error(c->diags, DIAG_bad_default, (*value)->span,
                   "a `var` parameter changes a variable of the caller: it has no default");
        (*value)->type = simple(c, TYPE_bad);
    } else {
        struct why why = {param->span, "of this parameter", false};
        check_want(c, value, param->param_.symbol->type, why);
    }
}

/* A map[K, V] in a signature asks of K to be a key. */
static void mark_keys(const struct type *t)
{
    if (t->kind == TYPE_map)
        need_mark(t->args.at[0], NEED_KEY);
    for (uint32_t i = 0; t->open && i < t->args.count; i++)
        mark_keys(t->args.at[i]);
    if (t->open && t->result)
        mark_keys(t->result);
}

static void check_signature(struct check *c, struct symbol *function)
{
    struct node *node = function->node;
    if (node->kind != NODE_func)
        return;
    c->function = NULL;
    check_attrs(c, &node->func_.attrs, node);
    mark_keys(function->type);
    bool defaults = false;
    for (uint32_t i = 0; i < node->func_.params.count; i++) {
        struct node *param = node->func_.params.at[i];
        if (param->kind != NODE_param || !param->param_.symbol)
            continue;
        if (param->param_.initial) {
            check_default(c, param);
            defaults = true;
        } else if (defaults) {
            diag_error(c->diags, DIAG_bad_default, param->span,
                       "`%s` stands behind a parameter with a default, so it needs one too",
                       param->param_.name);
            defaults = false;
        }
    }
}

static bool main_result(const struct check *c, const struct type *t)
{
    const struct type *inner = t->kind == TYPE_result ? t->args.at[0] : t;
    (void)c;
    return is_bad(t) || inner->kind == TYPE_int || inner->kind == TYPE_unit;
}

static void check_main(struct check *c, struct symbol *main)
{
    const struct func *func = main->func;
    const struct type *first = func->param_count ? func->locals.at[0]->type : NULL;
    const struct nodes *params = &main->node->func_.params;
    struct span span = main->span;
    const char *wrong = NULL;
    if (!(func->flags & FUNC_TASK))
        wrong = "`main` is a task";
    else if (func->generic_count)
        wrong = "`main` has no type parameters";
    else if (func->param_count > 1)
        span = params->at[1]->span,
        wrong = "`main` takes the arguments of the program and nothing else";
    else if (first && !is_bad(first) && first != type_array(c->types, simple(c, TYPE_str)))
        span = params->at[0]->span, wrong = "`main` takes the arguments of the program as `[str]`";
    else if (!main_result(c, func->result))
        wrong = "`main` gives `int!`, `int`, `()!` or nothing";
    if (!wrong || func->is_lost)
        return;
    struct diag *d = diag_error(c->diags, DIAG_bad_main, span, "%s", wrong);
    diag_hint(c->diags, d, "write `io task main(args: [str]) -> int!`");
    main->func->flags |= FUNC_TASK | FUNC_IO; /* so that what it does is no second mistake */
    if (first)
        func->locals.at[0]->type = simple(c, TYPE_bad);
}

/* ---- bodies -------------------------------------------------------------------------------- */

struct why why_result(struct check *c, struct symbol *function)
{
    struct why why = {.result = true};
    struct node *result = function->node->kind == NODE_func ? function->node->func_.result : NULL;
    if (result) {
        why.span = result->span;
        why.text = arena_format(c->arena, "`%s` is declared `-> %s`", function->name,
                                function->func->result->text);
    }
    return why;
}

/* What a property test asks for has to be made. */
static void check_inputs(struct check *c, const struct func *test)
{
    for (uint32_t i = 0; i < test->param_count; i++) {
        const struct symbol *s = test->locals.at[i];
        if (s->is_var || s->node->param_.initial)
            diag_error(c->diags, DIAG_bad_type, s->node->span,
                       "what a test asks for is written `name: type`");
        else if (!is_bad(s->type) && !need_met(c, s->type, NEED_DATA))
            diag_error(c->diags, DIAG_not_data, s->node->param_.annotation->span,
                       "values of `%s` cannot be made up for a test", s->type->text);
    }
}

/* A test gives (), and may hand up an err. */
static void check_test(struct check *c, struct node **body, struct symbol *test)
{
    check_block(c, *body, simple(c, TYPE_unit), why_result(c, test));
    convert(c, body, test->func->result, why_result(c, test));
}

static void check_body(struct check *c, struct symbol *function)
{
    struct node *node = function->node;
    struct node **body = node->kind == NODE_test ? &node->test_.body : &node->func_.body;
    if (!*body || function->func->is_broken)
        return;
    uint32_t mark = scope_open(c);
    c->function = function;
    c->loop = NULL;
    if (node->kind == NODE_test)
        check_inputs(c, function->func);
    for (uint32_t i = 0; i < function->func->param_count; i++)
        scope_enter(c, function->func->locals.at[i]->name, function->func->locals.at[i]);
    if ((*body)->kind != NODE_block)
        (*body)->type = simple(c, TYPE_bad);
    else if (node->kind == NODE_test)
        check_test(c, body, function);
    else
        check_block(c, *body, function->func->result, why_result(c, function));
    c->function = NULL;
    scope_close(c, mark);
}

/* ---- needs of generic functions ----------------------------------------------------------- */

/* What a function asks of a type argument, the caller asks of the variables in it; until nothing
 * new comes up, since callers are generic functions too. */
static void spread_needs(struct check *c)
{
    for (bool fresh = true; fresh;) {
        fresh = false;
        for (uint32_t i = 0; i < c->demands.count; i++) {
            struct demand *d = &c->demands.at[i];
            for (uint32_t g = 0; g < d->generics.count; g++)
                for (int n = 0; d->generics.at[g] && n < NEEDS; n++)
                    if (d->target->func->needs[n] >> g & 1)
                        fresh = need_mark(d->generics.at[g], (enum need)n) || fresh;
        }
    }
}

/* Keys of maps as written: told there, and not again where such a map is used. */
static void check_keys(struct check *c)
{
    for (uint32_t i = 0; i < c->program->maps.count; i++) {
        const struct node *key = c->program->maps.at[i]->type_map_.key;
        if (!need(c, key->type, NEED_KEY, key->span))
            vec_push(c->arena, &c->wrong_keys, key->type);
    }
}

static bool is_wrong_key(const struct check *c, const struct type *t)
{
    for (uint32_t i = 0; i < c->wrong_keys.count; i++)
        if (c->wrong_keys.at[i] == t)
            return true;
    return false;
}

static void report_needs(struct check *c)
{
    for (uint32_t i = 0; i < c->demands.count; i++) {
        struct demand *d = &c->demands.at[i];
        for (uint32_t g = 0; g < d->generics.count; g++)
            for (int n = 0; d->generics.at[g] && n < NEEDS; n++)
                if (d->target->func->needs[n] >> g & 1 &&
                    !(n == NEED_KEY && is_wrong_key(c, d->generics.at[g])))
                    need_for(c, d->generics.at[g], (enum need)n, d->span, d->target);
    }
}

/* ---- modules ------------------------------------------------------------------------------- */

static void check_items(struct check *c, struct module *m)
{
    const struct nodes *items = &m->tree->module_.items;
    for (uint32_t i = 0; i < items->count; i++) {
        struct node *item = items->at[i];
        if (item->kind == NODE_let && item->let_.pattern->kind == NODE_pat_name &&
            item->let_.pattern->pat_name_.symbol)
            const_type(c, item->let_.pattern->pat_name_.symbol);
    }
    for (uint32_t i = 0; i < m->funcs.count; i++)
        check_signature(c, m->funcs.at[i]);
}

void check_types(struct program *p)
{
    struct check c = {.program = p, .arena = p->arena, .diags = p->diags, .types = &p->types};
    for (uint32_t i = 0; i < p->modules.count; i++) {
        c.module = p->modules.at[i];
        if (c.module->tree->kind == NODE_module)
            check_items(&c, c.module);
    }
    if (p->main)
        check_main(&c, p->main);
    for (uint32_t i = 0; i < p->modules.count; i++) {
        c.module = p->modules.at[i];
        uint32_t written = c.module->funcs.count; /* lambdas join them */
        for (uint32_t j = 0; j < written; j++)
            check_body(&c, c.module->funcs.at[j]);
    }
    for (uint32_t i = 0; i < p->grids.count; i++) {
        const struct node *elem = p->grids.at[i]->type_array_.elem;
        need(&c, elem->type, NEED_FLAT, elem->span);
    }
    check_keys(&c);
    spread_needs(&c);
    report_needs(&c);
}
