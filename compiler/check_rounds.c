/* check_rounds.c - `par for`, and `for` with `reduce` or `scan`: what they stand for, in terms of
 * stdlib/rounds.dfl. Read check_par_for last.
 *
 *   par for x in xs reduce + { e }
 *   -> { let xs$ = xs; rounds.one(rounds.reduced(xs$.len, |i$| { let x = xs$[i$]; e }, |a, b| a +
 * b), 0) }
 *
 * The body becomes a lambda that may do what the function around may, apart from io. What is looped
 * over is checked first and put into locals with names that no program can write; then the call is
 * made like the parser would make it, and checked. */
#include "checking.h"

#include <string.h>

/* A loop on its way. */
struct rounds {
    struct check *c;
    struct node *node; /* the par_for */
    struct span span;
    struct node *block;       /* what it becomes */
    struct symbol *over, *lo; /* the array; or the first number of a range */
    struct node *count;
    bool tasks; /* in a task: rounds may run elsewhere */
    const struct type *handed;
};

/* ---- making nodes --------------------------------------------------------------------------- */

static const char *word(struct rounds *r, const char *text)
{
    return intern(r->c->program->names, text, strlen(text));
}

static struct node *make(struct rounds *r, enum node_kind kind)
{
    return ast_new(r->c->arena, kind, r->span);
}

static struct node *make_name(struct rounds *r, const char *name)
{
    struct node *n = make(r, NODE_name);
    n->name_.name = word(r, name);
    return n;
}

static struct node *make_int(struct rounds *r, uint64_t value)
{
    struct node *n = make(r, NODE_int);
    n->int_.value = value;
    return n;
}

static struct node *make_binary(struct rounds *r, enum op op, struct node *a, struct node *b)
{
    struct node *n = make(r, NODE_binary);
    n->binary_.op = op;
    n->binary_.left = a;
    n->binary_.right = b;
    return n;
}

static struct node *make_call(struct rounds *r, struct node *callee, struct node *const *args,
                              uint32_t count)
{
    struct node *n = make(r, NODE_call);
    n->call_.callee = callee;
    for (uint32_t i = 0; i < count; i++)
        vec_push(r->c->arena, &n->call_.args, args[i]);
    return n;
}

/* A call of a function of rounds.dfl. */
static struct node *call_rounds(struct rounds *r, const char *function, struct node *const *args,
                                uint32_t count)
{
    struct node *callee = make_name(r, function);
    callee->name_.symbol = names_std(r->c->program, "rounds", word(r, function));
    return make_call(r, callee, args, count);
}

static struct node *make_lambda(struct rounds *r, const char *const *params, uint32_t count,
                                struct node *body)
{
    struct node *n = make(r, NODE_lambda);
    for (uint32_t i = 0; i < count; i++) {
        struct node *param = make(r, NODE_param);
        param->param_.name = word(r, params[i]);
        vec_push(r->c->arena, &n->lambda_.params, param);
    }
    n->lambda_.body = body;
    return n;
}

/* A let whose value was checked; gives its local. */
static struct symbol *keep(struct rounds *r, const char *name, struct node *value)
{
    struct check *c = r->c;
    struct node *let = make(r, NODE_let), *pattern = make(r, NODE_pat_name);
    pattern->pat_name_.name = word(r, name);
    pattern->type = value->type;
    struct symbol *s = scope_bind(c, pattern->pat_name_.name, r->span, value->type, false, pattern);
    s->used = true;
    pattern->pat_name_.symbol = s;
    let->let_.pattern = pattern;
    let->let_.value = value;
    let->type = simple(c, TYPE_unit);
    vec_push(c->arena, &r->block->block_.stmts, let);
    return s;
}

/* ---- what is looped over -------------------------------------------------------------------- */

/* [x for x in iter], where iter was checked and gives items of the type. */
static struct node *collected(struct rounds *r, struct node *iter, const struct type *item)
{
    struct check *c = r->c;
    struct node *comp = make(r, NODE_comp), *pattern = make(r, NODE_pat_name);
    struct node *value = make_name(r, "each$");
    uint32_t mark = scope_open(c);
    struct symbol *s = scope_bind(c, value->name_.name, r->span, item, false, pattern);
    scope_close(c, mark);
    s->used = true;
    pattern->pat_name_.name = value->name_.name;
    pattern->pat_name_.symbol = value->name_.symbol = s;
    pattern->type = value->type = item;
    comp->comp_ = (__typeof__(comp->comp_)){.value = value, .pattern = pattern, .iter = iter};
    comp->type = type_array(c->types, item);
    return comp;
}

static void open_range(struct rounds *r, struct node *range)
{
    r->lo = keep(r, "lo$", range->range_.lo);
    keep(r, "hi$", range->range_.hi);
    struct node *ends[] = {make_name(r, "lo$"), make_name(r, "hi$")};
    r->count = call_rounds(r, "count", ends, 2);
}

static void open_array(struct rounds *r, struct node *array)
{
    r->over = keep(r, "over$", array);
    r->count = make(r, NODE_dot);
    r->count->dot_.object = make_name(r, "over$");
    r->count->dot_.name = word(r, "len");
}

/* False: reported. */
static bool open_iter(struct rounds *r)
{
    struct node *node = r->node, *iter;
    const struct type *item = check_iter(r->c, &node->par_for_.iter);
    iter = node->par_for_.iter;
    if (is_bad(item) || is_bad(iter->type))
        return false;
    if (iter->kind == NODE_range && !iter->range_.step)
        open_range(r, iter);
    else if (iter->kind == NODE_range || iter->type->kind == TYPE_map ||
             iter->type->kind == TYPE_bytes)
        open_array(r, collected(r, iter, item));
    else
        open_array(r, iter);
    return true;
}

/* ---- the body ------------------------------------------------------------------------------- */

struct search {
    bool question, fail;
};

static void search_leave(void *context, struct node *n)
{
    struct search *s = context;
    s->question = s->question || n->kind == NODE_question;
    s->fail = s->fail || n->kind == NODE_fail;
    if (n->kind != NODE_lambda)
        ast_children(n, search_leave, s);
}

static const struct type *handed_by(const struct func *around, struct node *body)
{
    struct search s = {0};
    const struct type *result = around->handed ? around->handed : around->result;
    if (!result || (result->kind != TYPE_option && result->kind != TYPE_result))
        return NULL;
    search_leave(&s, body);
    return s.question || (s.fail && result->kind == TYPE_result) ? result : NULL;
}

const struct type *rounds_handed(const struct func *body, const struct node *node)
{
    return body->parent ? handed_by(body->parent->func, (struct node *)node) : NULL;
}

/* Whether two small integers are joined to an int: by `+` or a function that gives one. */
static bool joins_wide(struct rounds *r)
{
    struct node *with = r->node->par_for_.with;
    enum op op = r->node->par_for_.op;
    if (r->node->par_for_.reduce == REDUCE_NONE)
        return false;
    const struct symbol *function = with ? named_function(r->c, with) : NULL;
    if (with)
        return function && function->type->kind == TYPE_fn &&
               function->type->result->kind == TYPE_int;
    return op != OP_min && op != OP_max;
}

/* |i$| { let pattern = item; body } */
static struct node *body_lambda(struct rounds *r)
{
    static const char *const params[] = {"i$"};
    struct node *block = make(r, NODE_block), *item, *pattern = r->node->par_for_.pattern;
    if (r->over) {
        item = make(r, NODE_index);
        item->index_.object = make_name(r, "over$");
        vec_push(r->c->arena, &item->index_.indices, make_name(r, "i$"));
        for (uint32_t axis = 1; axis < r->over->type->rank; axis++)
            vec_push(r->c->arena, &item->index_.indices, make(r, NODE_range));
    } else {
        item = make_binary(r, OP_add, make_name(r, "lo$"), make_name(r, "i$"));
    }
    if (pattern->kind != NODE_pat_wild) {
        struct node *let = make(r, NODE_let);
        let->let_.pattern = pattern;
        let->let_.value = item;
        vec_push(r->c->arena, &block->block_.stmts, let);
    }
    block->span = r->node->par_for_.body->span;
    vec_push(r->c->arena, &block->block_.stmts, r->node->par_for_.body);
    struct node *lambda = make_lambda(r, params, 1, block);
    lambda->lambda_.is_round = true;
    lambda->lambda_.is_wide = joins_wide(r);
    return lambda;
}

/* ---- joining -------------------------------------------------------------------------------- */

/* if b < a { b } else { a }, or the other way around */
static struct node *pick(struct rounds *r, enum op op)
{
    struct node *n = make(r, NODE_if), *then = make(r, NODE_block), *otherwise;
    n->if_.cond =
        make_binary(r, op == OP_min ? OP_lt : OP_gt, make_name(r, "b$"), make_name(r, "a$"));
    vec_push(r->c->arena, &then->block_.stmts, make_name(r, "b$"));
    otherwise = make(r, NODE_block);
    vec_push(r->c->arena, &otherwise->block_.stmts, make_name(r, "a$"));
    n->if_.then = then;
    n->if_.otherwise = otherwise;
    return n;
}

/* The reducer is written once and called in several places. */
static struct node *copy_name(struct rounds *r, const struct node *with)
{
    struct node *n = ast_new(r->c->arena, with->kind, with->span);
    if (with->kind == NODE_name) {
        n->name_.name = with->name_.name;
    } else {
        n->dot_.name = with->dot_.name;
        n->dot_.object = copy_name(r, with->dot_.object);
    }
    return n;
}

/* |a$, b$| a$ op b$, or with(a$, b$) */
static struct node *join_lambda(struct rounds *r)
{
    static const char *const params[] = {"a$", "b$"};
    const struct node *node = r->node;
    enum op op = node->par_for_.op;
    if (node->par_for_.with)
        r->span = node->par_for_.with->span;
    struct node *args[] = {make_name(r, "a$"), make_name(r, "b$")}, *body;
    if (node->par_for_.with) {
        body = make_call(r, copy_name(r, node->par_for_.with), args, 2);
    } else if (op == OP_min || op == OP_max) {
        body = pick(r, op);
    } else {
        body = make_binary(r, op, args[0], args[1]);
    }
    struct node *lambda = make_lambda(r, params, 2, body);
    r->span = node->span;
    return lambda;
}

/* What an operator gives for no rounds, as written; NULL: there is no such value. */
static struct node *nothing_of(struct rounds *r, const struct type *t)
{
    enum op op = r->node->par_for_.op;
    struct node *n;
    if (op == OP_land || op == OP_lor) {
        n = make(r, NODE_bool);
        n->bool_.value = op == OP_land;
        return n;
    }
    if (t->kind == TYPE_float || t->kind == TYPE_f32) {
        n = make(r, NODE_float);
        n->float_.value = op == OP_mul;
        return n;
    }
    if (t->kind == TYPE_str || t->kind == TYPE_bytes) {
        n = make(r, t->kind == TYPE_str ? NODE_str : NODE_bytes);
        if (t->kind == TYPE_str)
            n->str_.bytes = "";
        else
            n->bytes_.bytes = "";
        return n;
    }
    if (t->kind == TYPE_array)
        return make(r, NODE_array);
    if (t->kind == TYPE_duration)
        return make(r, NODE_duration);
    if (op != OP_and)
        return make_int(r, op == OP_mul);
    n = make(r, NODE_unary); /* all bits */
    n->unary_.op = t->kind == TYPE_u64 ? OP_inv : OP_neg;
    n->unary_.value = make_int(r, t->kind == TYPE_u64 ? 0 : 1);
    return n;
}

/* ---- the calls ------------------------------------------------------------------------------ */

static const struct type *check_made(struct rounds *r, struct node **slot)
{
    return check_expr(r->c, slot, NULL);
}

/* [U] of what the rounds give; errors and none are handed on. */
static struct node *map_call(struct rounds *r)
{
    const char *name = "map";
    if (r->handed && r->handed->kind == TYPE_result)
        name = r->tasks ? "map_ok" : "map_ok_here";
    else if (r->handed)
        name = r->tasks ? "map_some" : "map_some_here";
    struct node *args[] = {r->count, body_lambda(r)};
    struct node *call = call_rounds(r, name, args, 2);
    if (!r->handed)
        return call;
    struct node *question = make(r, NODE_question);
    question->question_.value = call;
    return question;
}

/* Where rounds may leave, they are all done before anything is joined. */
static bool map_first(struct rounds *r)
{
    struct node *all = map_call(r);
    if (is_bad(check_made(r, &all)))
        return false;
    keep(r, "all$", all);
    r->count = make(r, NODE_dot);
    r->count->dot_.object = make_name(r, "all$");
    r->count->dot_.name = word(r, "len");
    return true;
}

/* |i$| all$[i$] */
static struct node *again_lambda(struct rounds *r)
{
    static const char *const params[] = {"i$"};
    struct node *item = make(r, NODE_index);
    item->index_.object = make_name(r, "all$");
    vec_push(r->c->arena, &item->index_.indices, make_name(r, "i$"));
    return make_lambda(r, params, 1, item);
}

/* What all rounds give, joined: an array. NULL: reported. */
static struct node *joined_call(struct rounds *r)
{
    bool scan = r->node->par_for_.reduce == REDUCE_SCAN;
    const char *name =
        scan ? (r->tasks ? "scanned" : "scanned_here") : (r->tasks ? "reduced" : "reduced_here");
    if (r->handed && !map_first(r))
        return NULL;
    struct node *body = r->handed ? again_lambda(r) : body_lambda(r);
    struct node *args[] = {r->count, body, join_lambda(r)};
    struct node *call = call_rounds(r, name, args, 3);
    uint32_t errors = r->c->diags->errors;
    const struct type *t = check_made(r, &call);
    return is_bad(t) || r->c->diags->errors != errors ? NULL : call;
}

/* The whole, around the array of what was joined, which has been checked. */
static struct node *finish_call(struct rounds *r, struct node *joined)
{
    struct node *from = r->node->par_for_.from;
    const struct type *t = joined->type->args.at[0];
    bool scan = r->node->par_for_.reduce == REDUCE_SCAN;
    if (from) {
        struct node *args[] = {joined, from, join_lambda(r)};
        return call_rounds(r, scan ? "all_from" : "one_from", args, 3);
    }
    if (scan)
        return joined;
    enum op op = r->node->par_for_.op;
    if (op == OP_min || op == OP_max)
        return call_rounds(r, "extreme", &joined, 1);
    struct node *args[] = {joined, nothing_of(r, t)};
    return call_rounds(r, "one", args, 2);
}

static const struct type *report_no_value(struct rounds *r)
{
    struct check *c = r->c;
    struct diag *d = diag_error(c->diags, DIAG_missing_value, r->node->par_for_.body->span,
                                "this gives no value to collect");
    diag_hint(c->diags, d, "a loop that does things is a plain `for`");
    return simple(c, TYPE_bad);
}

static const struct type *check_value(struct rounds *r)
{
    struct node *value;
    uint32_t errors = r->c->diags->errors;
    if (r->node->par_for_.reduce == REDUCE_NONE) {
        value = map_call(r);
    } else {
        value = joined_call(r);
        if (!value)
            return simple(r->c, TYPE_bad);
        value = finish_call(r, value);
    }
    const struct type *t = value->type ? value->type : check_made(r, &value);
    vec_push(r->c->arena, &r->block->block_.stmts, value);
    if (t->kind == TYPE_array && t->args.at[0]->kind == TYPE_unit &&
        gives_nothing(r->node->par_for_.body))
        return r->c->diags->errors == errors ? report_no_value(r) : simple(r->c, TYPE_bad);
    return t;
}

/* ---- entry ---------------------------------------------------------------------------------- */

/* False: reported. */
static bool is_allowed(struct check *c, struct node *node)
{
    const struct symbol *f = c->function;
    if (!f) {
        diag_error(c->diags, DIAG_not_constant, node->span,
                   "a module-level value is a constant: this has to run");
        return false;
    }
    if (node->par_for_.is_serial || f->func->flags & FUNC_TASK)
        return true;
    struct diag *d =
        diag_error(c->diags, DIAG_task_only, node->span,
                   f->node->kind == NODE_lambda ? "a lambda is `fn` code: only a task has `par for`"
                                                : "the fn `%s` has a `par for`: only a task can",
                   f->name);
    if (node->par_for_.reduce != REDUCE_NONE)
        diag_hint(c->diags, d, "leave out `par`: the result is the same");
    else
        diag_hint(c->diags, d, "a comprehension gives the same: `[… for x in xs]`");
    return false;
}

const struct type *check_par_for(struct check *c, struct node **slot)
{
    struct node *node = *slot;
    bool is_told = node->par_for_.from && node->par_for_.from->kind == NODE_bad;
    if (is_told) { /* how the rounds are joined is not known: their body is checked all the same */
        node->par_for_.reduce = REDUCE_NONE;
        node->par_for_.with = node->par_for_.from = NULL;
    }
    struct rounds r = {.c = c, .node = node, .span = node->span};
    check_attrs(c, &node->par_for_.attrs, node);
    if (!is_allowed(c, node) || node->par_for_.body->kind == NODE_bad)
        return simple(c, TYPE_bad);
    r.tasks = c->function->func->flags & FUNC_TASK;
    r.handed = handed_by(c->function->func, node->par_for_.body);
    r.block = make(&r, NODE_block);
    uint32_t mark = scope_open(c);
    const struct type *t = open_iter(&r) ? check_value(&r) : simple(c, TYPE_bad);
    scope_close(c, mark);
    *slot = r.block;
    return is_told ? simple(c, TYPE_bad) : t;
}
