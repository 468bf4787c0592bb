/* check_place.c - places that change: what may be assigned, and `x op= y`. */
#include "checking.h"

#include <string.h>

/* Declared by `let` alone, and so by `var` if it were meant to change; not bound by a pattern. */
static bool is_let(const struct symbol *symbol)
{
    uint32_t at = symbol->span.start;
    const char *text = symbol->span.source->text;
    while (at && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at >= 3 && !memcmp(text + at - 3, "let", 3);
}

static struct symbol *report_fixed(struct check *c, struct node *node, struct symbol *symbol)
{
    const char *name = symbol->name;
    struct diag *d;
    if (symbol->kind == SYM_CONST) {
        d = diag_error(c->diags, DIAG_not_assignable, node->span,
                       "`%s` is a constant of the module", name);
        diag_note(c->diags, d, symbol->span, "declared here");
    } else if (symbol->is_param) {
        d = diag_error(c->diags, DIAG_not_assignable, node->span,
                       "the parameter `%s` cannot change", name);
        diag_note(c->diags, d, symbol->span, "declared here");
        diag_hint(c->diags, d,
                  "copy it: `var y = %s`; a `var` parameter would change the caller's variable",
                  name);
    } else if (symbol->kind == SYM_LOCAL) {
        d = diag_error(c->diags, DIAG_not_assignable, node->span,
                       "`%s` is not a `var`: it cannot change", name);
        diag_note(c->diags, d, symbol->span, "declared here");
        diag_hint(c->diags, d,
                  is_let(symbol) ? "what changes is declared so: `var %s = …`"
                                 : "copy it: `var y = %s`",
                  name);
    } else if (symbol->kind != SYM_LOST) {
        diag_error(c->diags, DIAG_not_assignable, node->span, "`%s` is not a variable", name);
    }
    return NULL;
}

static struct symbol *root_name(struct check *c, struct node *node)
{
    struct symbol *symbol = node->name_.symbol;
    if (!symbol)
        return NULL;
    if (symbol->kind != SYM_LOCAL || !symbol->is_var)
        return report_fixed(c, node, symbol);
    if (symbol->owner != c->function) {
        struct diag *d = diag_error(c->diags, DIAG_captured, node->span,
                                    c->function->node->lambda_.is_round
                                        ? "rounds of this loop cannot change `%s`"
                                        : "a lambda cannot change the captured `%s`",
                                    symbol->name);
        diag_note(c->diags, d, symbol->span, "`%s` belongs to the function around", symbol->name);
        diag_hint(c->diags, d,
                  c->function->node->lambda_.is_round
                      ? "use a plain `for` loop, or give a value for each round and `reduce`"
                      : "use a `for` loop, or give the new value as the lambda's result");
        return NULL;
    }
    symbol->written = true;
    return symbol;
}

/* A part is assigned as a whole, and not lent. */
static struct symbol *report_part(struct check *c, struct node *node)
{
    struct diag *d =
        diag_error(c->diags, DIAG_not_assignable, node->span, "a slice cannot be assigned");
    if (node->index_.object->type->kind == TYPE_grid)
        diag_hint(c->diags, d, "`m[i, ..] = xs` replaces a part; else loop over its elements");
    return NULL;
}

static struct symbol *not_a_place(struct check *c, struct node *node)
{
    struct diag *d = diag_error(c->diags, DIAG_not_assignable, node->span,
                                "this is a value, not a place that can change");
    diag_hint(c->diags, d, "give it a name first: `var x = …`");
    return NULL;
}

struct symbol *place_root(struct check *c, struct node *node)
{
    if (is_bad(node->type))
        return NULL;
    switch (node->kind) {
    case NODE_name:
        return root_name(c, node);
    case NODE_dot:
        if (node->dot_.builtin != BUILTIN_NONE || node->dot_.symbol)
            return not_a_place(c, node);
        return place_root(c, node->dot_.object);
    case NODE_tuple_dot:
        return place_root(c, node->tuple_dot_.object);
    case NODE_index: {
        enum type_kind kind = node->index_.object->type->kind;
        bool array = kind == TYPE_array || kind == TYPE_grid;
        if ((array && !ast_index_form(node)) || kind == TYPE_map)
            return place_root(c, node->index_.object);
        if (array)
            return report_part(c, node);
        diag_error(c->diags, DIAG_not_assignable, node->span, "the parts of `%s` cannot change",
                   node->index_.object->type->text);
        return NULL;
    }
    default:
        return not_a_place(c, node);
    }
}

/* A variable that is only assigned has not been used by that. */
static const struct type *check_target(struct check *c, struct node *node)
{
    struct node **target = &node->assign_.target;
    if ((*target)->kind != NODE_name)
        return check_expr(c, target, NULL);
    struct symbol *symbol = scope_find(c, (*target)->name_.name);
    bool used = symbol && symbol->used;
    const struct type *t = check_expr(c, target, NULL);
    if (symbol)
        symbol->used = used;
    return t;
}

/* x op= y keeps the type of x, so arithmetic that widens needs the long form. */
static void check_update_op(struct check *c, struct node *node, const struct type *t)
{
    struct node *target = node->assign_.target;
    check_expr(c, &node->assign_.value, t);
    const struct type *value = node->assign_.value->type;
    if (t->kind == TYPE_int)
        value = widen(c, &node->assign_.value);
    if (t->kind != TYPE_int && type_is_int(t) && t->kind != TYPE_u64 && type_is_int(value)) {
        struct diag *d =
            diag_error(c->diags, DIAG_mixed_types, node->span,
                       "`%s` computes as `int`, which may not fit into `%s`", t->text, t->text);
        diag_hint(c->diags, d, "say that it does: `x = (x %s …) as %s`", op_text(node->assign_.op),
                  t->text);
        return;
    }
    enum op op = node->assign_.op;
    const struct type *result =
        op == OP_shl || op == OP_shr ? (type_is_int(t) && type_is_int(value) ? t : NULL) : NULL;
    if (!result)
        result = op_result(c, node->span, op, target, node->assign_.value);
    if (!is_bad(result) && result != t)
        diag_error(c->diags, DIAG_mismatch, node->span, "`%s=` gives `%s`, not `%s`", op_text(op),
                   result->text, t->text);
}

static const struct node *place_object(const struct node *place)
{
    switch (place->kind) {
    case NODE_dot:
        return place->dot_.object;
    case NODE_tuple_dot:
        return place->tuple_dot_.object;
    case NODE_index:
        return place->index_.object;
    default:
        return NULL;
    }
}

static uint32_t place_depth(const struct node *place)
{
    uint32_t depth = 0;
    while ((place = place_object(place)))
        depth++;
    return depth;
}

static bool different_fields(const struct node *a, const struct node *b)
{
    if (a->kind == NODE_dot && b->kind == NODE_dot)
        return a->dot_.index != b->dot_.index;
    return a->kind == NODE_tuple_dot && b->kind == NODE_tuple_dot &&
           a->tuple_dot_.index != b->tuple_dot_.index;
}

const char *place_shared(const struct node *a, const struct node *b)
{
    uint32_t deep = place_depth(a), shallow = place_depth(b);
    for (; deep > shallow; deep--)
        a = place_object(a);
    for (; shallow > deep; shallow--)
        b = place_object(b);
    for (; place_object(a); a = place_object(a), b = place_object(b))
        if (different_fields(a, b))
            return NULL;
    bool same = a->kind == NODE_name && b->kind == NODE_name && a->name_.symbol == b->name_.symbol;
    return same ? a->name_.name : NULL;
}

/* xs[lo..hi] or m[i, ..], which may be assigned as a whole: its elements are replaced. */
static bool is_array_part(const struct node *n)
{
    if (n->kind != NODE_index || !ast_index_form(n))
        return false;
    enum type_kind kind = n->index_.object->type->kind;
    return kind == TYPE_array || kind == TYPE_grid;
}

static void report_stepped(struct check *c, struct node *target)
{
    struct diag *d = diag_error(c->diags, DIAG_not_assignable, target->span,
                                "a slice with a step cannot be assigned");
    diag_hint(c->diags, d, "loop over its elements: `for i in lo..hi step n { xs[i] = … }`");
    target->type = simple(c, TYPE_bad);
}

void check_assign(struct check *c, struct node *node)
{
    if (node->assign_.target->kind == NODE_index && index_has_step(node->assign_.target)) {
        report_stepped(c, node->assign_.target);
        node->type = simple(c, TYPE_unit);
        check_quietly(c, &node->assign_.value);
        return;
    }
    const struct type *t = check_target(c, node);
    node->type = simple(c, TYPE_unit);
    if (is_bad(t)) {
        check_quietly(c, &node->assign_.value);
        return;
    }
    bool whole = node->assign_.op == OP_NONE && is_array_part(node->assign_.target);
    struct symbol *root =
        place_root(c, whole ? node->assign_.target->index_.object : node->assign_.target);
    if (node->assign_.op != OP_NONE) {
        check_update_op(c, node, t);
        return;
    }
    struct why why = {0};
    if (root)
        why = (struct why){root->span, arena_format(c->arena, "`%s` is declared here", root->name),
                           false};
    check_want(c, &node->assign_.value, t, why);
}
