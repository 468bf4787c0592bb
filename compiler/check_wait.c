/* check_wait.c - select, which waits for the first of several futures; cancel and detach. */
#include "checking.h"

/* What an arm waits for; gives the type of its name. */
static const struct type *check_awaited(struct check *c, struct node *arm)
{
    struct node **future = &arm->select_arm_.future;
    const struct type *t = check_expr(c, future, NULL);
    if (is_bad(t))
        return t;
    if (t->kind != TYPE_future) {
        struct diag *d =
            diag_error(c->diags, DIAG_not_future, (*future)->span,
                       "this is `%s`: an arm of `select` waits for one future", t->text);
        if (t->kind == TYPE_array && t->args.at[0]->kind == TYPE_future)
            diag_hint(c->diags, d, "`io.wait(fs, 1)` waits for the first of an array");
        else if ((*future)->kind == NODE_call)
            diag_hint(c->diags, d, "a direct call runs at once; `spawn f(…)` gives a future");
        return simple(c, TYPE_bad);
    }
    const struct type *value = t->args.at[0];
    if (!arm->select_arm_.is_try || value->kind == TYPE_result)
        return value;
    return type_result(c->types, value);
}

/* The futures and the duration, all known before anything is waited for. Their types go to the
 * patterns' places in `values`. */
static void check_heads(struct check *c, struct node *node, const struct type **values)
{
    const struct nodes *arms = &node->select_.arms;
    const struct node *after = NULL;
    for (uint32_t i = 0; i < arms->count; i++) {
        struct node *arm = arms->at[i];
        if (arm->kind != NODE_select_arm)
            continue;
        if (arm->select_arm_.pattern) {
            values[i] = check_awaited(c, arm);
            continue;
        }
        struct why why = {.span = arm->span, .text = "`after` takes a time"};
        check_want(c, &arm->select_arm_.future, simple(c, TYPE_duration), why);
        if (after) {
            struct diag *d = diag_error(c->diags, DIAG_bad_select, arm->span,
                                        "a `select` has one `after`: the shorter one always wins");
            diag_note(c->diags, d, after->span, "the first one is here");
        }
        after = arm;
    }
    if (after && arms->count == 1) {
        struct diag *d =
            diag_error(c->diags, DIAG_bad_select, node->span, "this `select` waits for no future");
        diag_hint(c->diags, d, "to let time pass, `io.sleep(d)`");
    }
}

struct arms {
    const struct type *want; /* or NULL until an arm tells */
    struct why why;
    bool ends, bad;
};

static void check_body(struct check *c, struct node *arm, const struct type *value, struct arms *a)
{
    uint32_t mark = scope_open(c);
    struct node **body = &arm->select_arm_.body;
    if (arm->select_arm_.pattern)
        check_pattern(c, arm->select_arm_.pattern, value, false);
    const struct type *t =
        a->want ? check_want(c, body, a->want, a->why) : check_expr(c, body, NULL);
    if (!a->want && !is_bad(t) && t->kind != TYPE_never) {
        a->want = t;
        a->why.span = (*body)->span;
        a->why.text = arena_format(c->arena, "the first arm is `%s`", t->text);
    }
    a->ends = a->ends && t->kind == TYPE_never;
    a->bad = a->bad || is_bad(t);
    arm->type = t;
    scope_close(c, mark);
}

const struct type *check_select(struct check *c, struct node *node, const struct type *want,
                                struct why why)
{
    const struct nodes *arms = &node->select_.arms;
    const struct type **values = arena_array(c->arena, const struct type *, arms->count + 1);
    struct arms a = {.want = want, .why = why, .ends = true};
    if (c->function)
        vec_push(c->arena, &c->function->func->calls, ((struct call_site){NULL, node, false}));
    check_heads(c, node, values);
    for (int open = 0; open < 2; open++)
        for (uint32_t i = 0; i < arms->count; i++)
            if (arms->at[i]->kind == NODE_select_arm &&
                expr_is_open(arms->at[i]->select_arm_.body) == open)
                check_body(c, arms->at[i], values[i], &a);
    if (a.ends)
        return simple(c, TYPE_never);
    if (a.want && a.want->kind == TYPE_unit)
        return a.want;
    return a.bad || !a.want ? simple(c, TYPE_bad) : a.want;
}

void check_ending(struct check *c, struct node *node)
{
    bool cancels = node->kind == NODE_cancel;
    struct node **value = cancels ? &node->cancel_.value : &node->detach_.value;
    const struct type *t = check_expr(c, value, NULL);
    c->program->ends_tasks |= cancels;
    if (c->function)
        vec_push(c->arena, &c->function->func->calls, ((struct call_site){NULL, node, false}));
    if (is_bad(t) || awaited_type(c, t))
        return;
    struct diag *d = diag_error(c->diags, DIAG_not_future, (*value)->span,
                                "this is `%s`, not a future: there is nothing to %s", t->text,
                                cancels ? "cancel" : "detach");
    if ((*value)->kind == NODE_call)
        diag_hint(c->diags, d, "a direct call is over by now; `spawn f(…)` gives a future");
}
