/* check_flow.c - what runs or not, once or often: if, match, is, loops, comprehensions. */
#include "checking.h"

/* ---- conditions ----------------------------------------------------------------------------- */

/* A condition; names that it binds stay in scope until the caller closes it. */
static void check_cond(struct check *c, struct node **slot)
{
    bool binds = c->binds;
    c->binds = true;
    check_want(c, slot, simple(c, TYPE_bool), (struct why){0});
    c->binds = binds;
}

/* The first name that a pattern binds, or NULL. */
static const struct node *first_binding(const struct node *pattern)
{
    const struct nodes *list = NULL;
    if (pattern->kind == NODE_pat_name)
        return find_constructor(pattern->pat_name_.name) == BUILTIN_NONE ? pattern : NULL;
    if (pattern->kind == NODE_pat_tuple)
        list = &pattern->pat_tuple_.elems;
    if (pattern->kind == NODE_pat_ctor)
        list = &pattern->pat_ctor_.args;
    if (pattern->kind == NODE_pat_or)
        list = &pattern->pat_or_.alts;
    for (uint32_t i = 0; list && i < list->count; i++) {
        const struct node *found = first_binding(list->at[i]);
        if (found)
            return found;
    }
    return NULL;
}

const struct type *check_is(struct check *c, struct node *node)
{
    bool binds = c->binds;
    c->binds = false;
    const struct type *t = check_expr(c, &node->is_.value, NULL);
    c->binds = binds;
    if (t->kind == TYPE_future && report_wrapped(c, node->is_.value))
        t = simple(c, TYPE_bad);
    const struct node *name = first_binding(node->is_.pattern);
    if (name && !binds) {
        struct diag *d = diag_error(c->diags, DIAG_bad_pattern, name->span,
                                    "`%s` would have no value where the pattern does not match",
                                    name->pat_name_.name);
        diag_hint(c->diags, d, "write `_` here; names are bound by `if x is some(y) { … }`");
        t = simple(c, TYPE_bad);
    }
    uint32_t mark = scope_open(c);
    check_pattern(c, node->is_.pattern, t, false);
    if (!binds && !name) /* what was told is taken to have a value to the right of it, too */
        scope_close(c, mark);
    return simple(c, TYPE_bool);
}

/* ---- if ------------------------------------------------------------------------------------ */

const struct type *check_if(struct check *c, struct node *node, const struct type *want,
                            struct why why)
{
    uint32_t mark = scope_open(c);
    check_cond(c, &node->if_.cond);
    if (!node->if_.otherwise) {
        /* where a value is wanted, its lack is told, not that the branch drops one */
        bool dropped = want && want->kind == TYPE_unit;
        const struct type *unit = simple(c, TYPE_unit);
        check_block(c, node->if_.then, dropped ? unit : NULL, (struct why){0});
        if (node->if_.then->type->kind != TYPE_never)
            node->if_.then->type = unit;
        scope_close(c, mark);
        return simple(c, TYPE_unit);
    }
    struct node **branches[] = {&node->if_.then, &node->if_.otherwise};
    bool later = !want && expr_is_open(node->if_.then) && !expr_is_open(node->if_.otherwise);
    if (!later) {
        const struct type *t = check_join(c, branches, 1, want, why, "branch");
        scope_close(c, mark);
        if (!want && is_bad(t)) {
            want = t;
        } else if (!want && t->kind != TYPE_never) {
            want = t;
            why = (struct why){node->if_.then->span,
                               arena_format(c->arena, "the first branch is `%s`", t->text), false};
        }
        const struct type *other = check_join(c, branches + 1, 1, want, why, "");
        return want && t->kind == TYPE_never && other->kind == TYPE_never ? other
               : is_bad(t)                                                ? t
                                                                          : other;
    }
    want = check_join(c, branches + 1, 1, NULL, why, "");
    if (!is_bad(want))
        check_want(c, &node->if_.then, want, why);
    scope_close(c, mark);
    return want;
}

/* ---- match --------------------------------------------------------------------------------- */

struct match {
    const struct type *subject;
    const struct type *want; /* or NULL until an arm tells */
    struct why why;
    bool ends; /* every arm so far does not end */
    bool bad;
};

static void check_arm(struct check *c, struct node *arm, struct match *m)
{
    uint32_t mark = scope_open(c);
    check_pattern(c, arm->arm_.pattern, m->subject, false);
    if (arm->arm_.guard)
        check_cond(c, &arm->arm_.guard);
    struct node **body = &arm->arm_.body;
    const struct type *t;
    if (m->want) {
        t = check_want(c, body, m->want, m->why);
    } else {
        t = check_expr(c, body, NULL);
        if (!is_bad(t) && t->kind != TYPE_never) {
            m->want = t;
            m->why.span = (*body)->span;
            m->why.text = arena_format(c->arena, "the first arm is `%s`", t->text);
        }
    }
    m->ends = m->ends && t->kind == TYPE_never;
    m->bad = m->bad || is_bad(t);
    arm->type = t;
    scope_close(c, mark);
}

const struct type *check_match(struct check *c, struct node *node, const struct type *want,
                               struct why why)
{
    struct match m = {.want = want, .why = why, .ends = true};
    m.subject = check_expr(c, &node->match_.subject, NULL);
    if (m.subject->kind == TYPE_future && report_wrapped(c, node->match_.subject))
        m.subject = simple(c, TYPE_bad);
    struct nodes *arms = &node->match_.arms;
    for (int open = 0; open < 2; open++)
        for (uint32_t i = 0; i < arms->count; i++)
            if (arms->at[i]->kind == NODE_arm && expr_is_open(arms->at[i]->arm_.body) == open)
                check_arm(c, arms->at[i], &m);
    if (m.ends)
        return simple(c, arms->count ? TYPE_never : TYPE_bad);
    if (m.want && m.want->kind == TYPE_unit)
        return m.want;
    return m.bad || !m.want ? simple(c, TYPE_bad) : m.want;
}

/* ---- loops --------------------------------------------------------------------------------- */

static void check_range(struct check *c, struct node *range)
{
    struct node **ends[] = {&range->range_.lo, &range->range_.hi, &range->range_.step};
    const struct type *counts = simple(c, TYPE_int), *told = NULL; /* of one end, not counting */
    range->type = counts;
    for (int i = 0; i < 3; i++) {
        if (*ends[i]) {
            const struct type *t = check_expr(c, ends[i], counts);
            bool is_again = t == told && !is_bad(t);
            if (!is_again)
                convert(c, ends[i], counts, (struct why){0});
            if (!is_again && !is_bad(t) && is_bad((*ends[i])->type))
                told = t;
            if (is_again || is_bad((*ends[i])->type))
                range->type = simple(c, TYPE_bad);
        } else if (i < 2) {
            diag_error(c->diags, DIAG_not_iterable, range->span,
                       "the range of a loop needs both ends: `lo..hi`");
        }
    }
}

static void iter_hint(struct check *c, struct diag *d, const struct type *t)
{
    if (t->kind == TYPE_int)
        diag_hint(c->diags, d, "to count, write a range: `for i in 0..n`");
    else if (t->kind == TYPE_str)
        diag_hint(c->diags, d, "`s.chars()` gives the characters, `s.lines()` the lines");
    else if (t->kind == TYPE_tuple)
        diag_hint(c->diags, d, "an array of the parts is written `[a, b]`");
}

const struct type *check_iter(struct check *c, struct node **slot)
{
    if ((*slot)->kind == NODE_range) {
        check_range(c, *slot);
        return (*slot)->type;
    }
    const struct type *t = check_expr(c, slot, NULL);
    if (is_bad(t))
        return t;
    if (t->kind == TYPE_array)
        return t->args.at[0];
    if (t->kind == TYPE_bytes)
        return simple(c, TYPE_u8);
    if (t->kind == TYPE_grid)
        return type_grid(c->types, t->args.at[0], t->rank - 1);
    if (t->kind == TYPE_map)
        return type_make(c->types, TYPE_tuple, t->args.at, 2, 0, NULL, NULL);
    if (!report_wrapped(c, *slot)) {
        struct diag *d = diag_error(c->diags, DIAG_not_iterable, (*slot)->span,
                                    "`%s` cannot be looped over", t->text);
        iter_hint(c, d, t);
    }
    return simple(c, TYPE_bad);
}

static void check_body(struct check *c, struct node *body, struct loop *loop)
{
    loop->outer = c->loop;
    c->loop = loop;
    check_block(c, body, simple(c, TYPE_unit), (struct why){0});
    c->loop = loop->outer;
}

void check_while(struct check *c, struct node *node)
{
    uint32_t mark = scope_open(c);
    struct loop loop = {0};
    check_cond(c, &node->while_.cond);
    check_body(c, node->while_.body, &loop);
    scope_close(c, mark);
    bool forever = node->while_.cond->kind == NODE_bool && node->while_.cond->bool_.value;
    node->type = simple(c, forever && !loop.left ? TYPE_never : TYPE_unit);
}

void check_for(struct check *c, struct node *node)
{
    uint32_t mark = scope_open(c);
    struct loop loop = {0};
    check_pattern(c, node->for_.pattern, check_iter(c, &node->for_.iter), false);
    check_body(c, node->for_.body, &loop);
    scope_close(c, mark);
    node->type = simple(c, TYPE_unit);
}

const struct type *check_comp(struct check *c, struct node *node, const struct type *want)
{
    uint32_t mark = scope_open(c);
    const struct type *t = strip(want), *elem = NULL;
    if (t && t->kind == TYPE_array)
        elem = t->args.at[0];
    check_pattern(c, node->comp_.pattern, check_iter(c, &node->comp_.iter), false);
    if (node->comp_.cond)
        check_cond(c, &node->comp_.cond);
    elem = elem ? check_want(c, &node->comp_.value, elem, (struct why){0})
                : check_expr(c, &node->comp_.value, NULL);
    scope_close(c, mark);
    if (is_bad(elem))
        return elem;
    if (gives_nothing(node->comp_.value)) {
        struct diag *d = diag_error(c->diags, DIAG_missing_value, node->comp_.value->span,
                                    "this gives no value to collect");
        diag_hint(c->diags, d, "a loop does things: `for x in xs { … }`");
        return simple(c, TYPE_bad);
    }
    return type_array(c->types, elem);
}
