/* check_grid.c - functions of arrays of any rank. The standard library declares them for ranks 1
 * and 2; a call with more lengths, or of an array of another rank, becomes one of a C function
 * there, which gets the types at hand. An array as written where a `[T, n]` is wanted is stacked
 * from its rows. */
#include "checking.h"
#include "dfl.h"

#include <string.h>

/* A call on its way. */
struct ranks {
    struct check *c;
    struct node *node;
    struct symbol *target; /* as declared */
    struct nodes given;    /* the receiver first */
    bool bad;
};

static bool is_array(const struct type *t)
{
    return t->kind == TYPE_array || t->kind == TYPE_grid;
}

/* ---- making the call ------------------------------------------------------------------------ */

/* The call becomes one of a function of the library that nobody else can name. */
static const struct type *become(struct check *c, struct node *call, const char *module,
                                 const char *function, const struct type *const *generics,
                                 uint32_t generic_count, struct node *const *args, uint32_t count,
                                 const struct type *result)
{
    const char *name = intern(c->program->names, function, strlen(function));
    struct symbol *target = names_std(c->program, module, name);
    call->call_.target = target;
    call->call_.generics.at = arena_array(c->arena, const struct type *, generic_count);
    call->call_.generics.count = generic_count;
    memcpy(call->call_.generics.at, generics, generic_count * sizeof *generics);
    call->call_.args = (struct nodes){0};
    for (uint32_t i = 0; i < count; i++)
        vec_push(c->arena, &call->call_.args, args[i]);
    if (c->function)
        vec_push(c->arena, &c->function->func->calls, ((struct call_site){target, call, false}));
    return result;
}

/* Arguments from `first` on are lengths: one int, or a tuple. */
static struct node *lengths(struct ranks *r, uint32_t first)
{
    struct check *c = r->c;
    const struct type *types[DFL_RANK_MAX];
    uint32_t count = r->given.count - first;
    if (count > DFL_RANK_MAX) {
        diag_error(c->diags, DIAG_arguments, r->given.at[first + DFL_RANK_MAX]->span,
                   "an array has %d axes at most", DFL_RANK_MAX);
        r->bad = true;
        return NULL;
    }
    struct node *tuple = node_around(c, NODE_tuple, r->node, NULL);
    for (uint32_t i = 0; i < count; i++) {
        struct node **length = &r->given.at[first + i];
        types[i] = simple(c, TYPE_int);
        r->bad = is_bad(check_want(c, length, types[i], (struct why){0})) || r->bad;
        vec_push(c->arena, &tuple->tuple_.elems, *length);
    }
    if (count == 1)
        return r->given.at[first];
    tuple->type = type_make(c->types, TYPE_tuple, types, count, 0, NULL, NULL);
    return tuple;
}

/* ---- each function -------------------------------------------------------------------------- */

/* fill(x, n, m) */
static const struct type *check_fill(struct ranks *r, const struct type *want)
{
    struct check *c = r->c;
    const struct type *hint = want && want->kind == TYPE_grid ? want->args.at[0] : NULL;
    if (!r->given.at[0]->type)
        check_expr(c, &r->given.at[0], hint);
    const struct type *elem = r->given.at[0]->type;
    struct node *lens = lengths(r, 1);
    if (r->bad || is_bad(elem))
        return simple(c, TYPE_bad);
    if (hint == elem) /* where that is written, it is told if it cannot be */
        need_mark(elem, NEED_FLAT);
    else if (!need(c, elem, NEED_FLAT, r->given.at[0]->span))
        return simple(c, TYPE_bad);
    const struct type *grid = type_grid(c->types, elem, r->given.count - 1);
    const struct type *generics[] = {elem, lens->type, grid};
    struct node *args[] = {r->given.at[0], lens};
    return become(c, r->node, "prelude", "filled", generics, 3, args, 2, grid);
}

/* zeros(n, m) */
static const struct type *check_zeros(struct ranks *r, const struct type *want)
{
    struct node *zero = node_around(r->c, NODE_float, r->node, simple(r->c, TYPE_float));
    struct nodes lens = r->given;
    (void)want;
    r->given = (struct nodes){0};
    vec_push(r->c->arena, &r->given, zero);
    for (uint32_t i = 0; i < lens.count; i++)
        vec_push(r->c->arena, &r->given, lens.at[i]);
    return check_fill(r, NULL);
}

/* xs.reshape(n, m), m.reshape(n) */
static const struct type *check_reshape(struct ranks *r, const struct type *want)
{
    struct check *c = r->c;
    (void)want;
    const struct type *from = r->given.at[0]->type;
    struct node *lens = lengths(r, 1);
    if (r->bad || !need(c, from->args.at[0], NEED_FLAT, r->given.at[0]->span))
        return simple(c, TYPE_bad);
    const struct type *to = type_grid(c->types, from->args.at[0], r->given.count - 1);
    const struct type *generics[] = {from, lens->type, to};
    struct node *args[] = {r->given.at[0], lens};
    return become(c, r->node, "prelude", "shaped", generics, 3, args, 2, to);
}

static const struct type *check_flat(struct ranks *r, const struct type *want)
{
    (void)want;
    const struct type *from = r->given.at[0]->type;
    const struct type *generics[] = {from, type_array(r->c->types, from->args.at[0])};
    return become(r->c, r->node, "array", "flattened", generics, 2, r->given.at, 1, generics[1]);
}

static const struct type *check_transpose(struct ranks *r, const struct type *want)
{
    (void)want;
    const struct type *t = r->given.at[0]->type;
    return become(r->c, r->node, "array", "transposed", &t, 1, r->given.at, 1, t);
}

/* rows.stack() */
static const struct type *stack(struct check *c, struct node *call, struct node *parts)
{
    const struct type *t = parts->type, *part = t->args.at[0];
    if (part->kind == TYPE_grid && part->rank == DFL_RANK_MAX) {
        diag_error(c->diags, DIAG_bad_type, call->span, "an array has %d axes at most",
                   DFL_RANK_MAX);
        return simple(c, TYPE_bad);
    }
    uint32_t rank = part->kind == TYPE_grid ? part->rank : 1;
    const struct type *generics[] = {t, type_grid(c->types, part->args.at[0], rank + 1)};
    return become(c, call, "array", "stacked", generics, 2, &parts, 1, generics[1]);
}

static const struct type *check_stack(struct ranks *r, const struct type *want)
{
    (void)want;
    return stack(r->c, r->node, r->given.at[0]);
}

/* ---- which calls ---------------------------------------------------------------------------- */

/* Whether the declaration in the library does not say it. The first argument was checked. */
static bool more_lengths(const struct ranks *r, uint32_t declared)
{
    return r->given.count > declared;
}

static bool of_lengths(const struct ranks *r)
{
    return more_lengths(r, 1);
}

static bool of_value_and_lengths(const struct ranks *r)
{
    return more_lengths(r, 2);
}

/* Declared from rank 1 to rank 2. */
static bool of_other_shape(const struct ranks *r)
{
    return is_array(r->given.at[0]->type) && r->given.count > 1 &&
           (r->given.at[0]->type->kind == TYPE_grid || r->given.count != 3);
}

static bool of_other_rank(const struct ranks *r)
{
    const struct type *t = r->given.at[0]->type;
    return r->given.count == 1 && t->kind == TYPE_grid && t->rank > 2;
}

static bool of_grids(const struct ranks *r)
{
    const struct type *t = r->given.at[0]->type;
    return r->given.count == 1 && t->kind == TYPE_array && t->args.at[0]->kind == TYPE_grid;
}

static const struct row {
    const char *module, *name;
    bool by_type; /* the first argument's says which */
    bool (*other)(const struct ranks *);
    const struct type *(*check)(struct ranks *, const struct type *want);
} rows[] = {
    {"prelude", "zeros", false, of_lengths, check_zeros},
    {"prelude", "fill", false, of_value_and_lengths, check_fill},
    {"prelude", "reshape", true, of_other_shape, check_reshape},
    {"array", "flat", true, of_other_rank, check_flat},
    {"array", "transpose", true, of_other_rank, check_transpose},
    {"array", "stack", true, of_grids, check_stack},
};

static const struct row *row_of(const struct symbol *target)
{
    if (target->kind != SYM_FUNC || !target->module->is_std)
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(rows[i].module, target->module->name) && !strcmp(rows[i].name, target->name))
            return &rows[i];
    return NULL;
}

bool takes_ranks(const struct symbol *target)
{
    const struct row *row = row_of(target);
    return row && row->by_type;
}

const struct type *check_ranks(struct check *c, struct node *node, struct symbol *target,
                               struct node *receiver, const struct type *want)
{
    const struct row *row = row_of(target);
    struct ranks r = {.c = c, .node = node, .target = target};
    if (!row)
        return NULL;
    if (receiver)
        vec_push(c->arena, &r.given, receiver);
    for (uint32_t i = 0; i < node->call_.args.count; i++) {
        if (node->call_.args.at[i]->kind == NODE_named_arg)
            return NULL;
        vec_push(c->arena, &r.given, node->call_.args.at[i]);
    }
    if (!r.given.count)
        return NULL;
    if (row->by_type && !receiver) {
        if (is_bad(check_expr(c, &r.given.at[0], NULL)))
            return NULL;
        node->call_.args.at[0] = r.given.at[0];
    }
    if (!row->other(&r))
        return NULL;
    target->used = true;
    if (receiver)
        node->call_.callee->dot_.object = NULL;
    return row->check(&r, want);
}

/* ---- steps ---------------------------------------------------------------------------------- */

bool index_has_step(const struct node *index)
{
    for (uint32_t i = 0; i < index->index_.indices.count; i++) {
        const struct node *at = index->index_.indices.at[i];
        if (at->kind == NODE_range && at->range_.step)
            return true;
    }
    return false;
}

/* The steps of an index, 1 where an axis has a range without one; they are taken out of it. */
static struct nodes take_steps(struct check *c, struct node *index)
{
    struct nodes steps = {0};
    for (uint32_t i = 0; i < index->index_.indices.count; i++) {
        struct node *range = index->index_.indices.at[i], *one;
        if (range->kind != NODE_range)
            continue;
        one = node_around(c, NODE_int, range, simple(c, TYPE_int));
        one->int_.value = 1;
        vec_push(c->arena, &steps, range->range_.step ? range->range_.step : one);
        range->range_.step = NULL;
    }
    return steps;
}

static bool check_step(struct check *c, struct node **step)
{
    if ((*step)->type) /* left out */
        return true;
    bool negative = (*step)->kind == NODE_unary && (*step)->unary_.value->kind == NODE_int;
    if (is_bad(check_want(c, step, simple(c, TYPE_int), (struct why){0})))
        return false;
    if (!negative && ((*step)->kind != NODE_int || (*step)->int_.value > 0))
        return true;
    struct diag *d =
        diag_error(c->diags, DIAG_bad_index, (*step)->span, "the step of a slice is 1 or more");
    if (negative)
        diag_hint(c->diags, d, "backwards it is `xs.reverse()`");
    return false;
}

/* The array or grid `part`, of which every nth element is meant along each axis that is left. */
static const struct type *step_over(struct check *c, struct node *call, struct node *part,
                                    struct nodes steps)
{
    const struct type *t = part->type, *types[DFL_RANK_MAX];
    struct node *args[] = {part, steps.at[0]};
    if (t->kind != TYPE_grid)
        return become(c, call, "array", "stepped", &t, 1, args, 2, t);
    args[1] = node_around(c, NODE_tuple, part, NULL);
    for (uint32_t i = 0; i < steps.count; i++) {
        types[i] = simple(c, TYPE_int);
        vec_push(c->arena, &args[1]->tuple_.elems, steps.at[i]);
    }
    args[1]->type = type_make(c->types, TYPE_tuple, types, steps.count, 0, NULL, NULL);
    const struct type *generics[] = {t, args[1]->type};
    return become(c, call, "array", "spread", generics, 2, args, 2, t);
}

const struct type *check_stepped(struct check *c, struct node **slot)
{
    struct node *part = *slot, *call = node_around(c, NODE_call, part, NULL);
    struct nodes steps = take_steps(c, part);
    bool good = true;
    part->type = check_index(c, part);
    for (uint32_t i = 0; i < steps.count; i++)
        good = check_step(c, &steps.at[i]) && good;
    if (is_bad(part->type) || !good)
        return simple(c, TYPE_bad);
    if (part->type->kind == TYPE_str) {
        struct diag *d =
            diag_error(c->diags, DIAG_bad_index, part->span, "a part of a `str` has no step");
        diag_hint(c->diags, d, "`s.chars()` gives the characters as an array");
        return simple(c, TYPE_bad);
    }
    call->call_.callee = node_around(c, NODE_name, part, simple(c, TYPE_bad));
    call->call_.callee->name_.name = intern(c->program->names, "stepped", strlen("stepped"));
    *slot = call;
    return step_over(c, call, part, steps);
}

/* ---- arrays as written ---------------------------------------------------------------------- */

/* Of arrays as written, `rank` deep; each is regular in itself. */
static bool same_shape(const struct node *a, const struct node *b, uint32_t rank)
{
    if (a->kind != NODE_array || b->kind != NODE_array)
        return true;
    const struct nodes *x = &a->array_.elems, *y = &b->array_.elems;
    return x->count == y->count &&
           (rank == 1 || !x->count || same_shape(x->at[0], y->at[0], rank - 1));
}

static bool is_regular(struct check *c, const struct node *array, uint32_t rank)
{
    const struct nodes *parts = &array->array_.elems;
    for (uint32_t i = 1; i < parts->count; i++) {
        if (same_shape(parts->at[0], parts->at[i], rank - 1))
            continue;
        struct diag *d = diag_error(c->diags, DIAG_bad_index, parts->at[i]->span,
                                    "this part has another shape than the first one");
        diag_note(c->diags, d, parts->at[0]->span, "the first one is here");
        return false;
    }
    return true;
}

bool is_grid_literal(const struct node *call)
{
    const struct symbol *target = call->call_.target;
    return target && target->module->is_std && !strcmp(target->name, "stacked");
}

const struct type *check_grid_literal(struct check *c, struct node **slot, const struct type *want)
{
    struct node *array = *slot, *call = node_around(c, NODE_call, array, NULL);
    const struct type *rows_type =
        type_array(c->types, type_grid(c->types, want->args.at[0], want->rank - 1));
    call->call_.callee = node_around(c, NODE_name, array, simple(c, TYPE_bad));
    call->call_.callee->name_.name = intern(c->program->names, "stack", strlen("stack"));
    bool regular = is_regular(c, array, want->rank);
    if (is_bad(check_want(c, slot, rows_type, c->why)) || !regular)
        return simple(c, TYPE_bad);
    array = *slot;
    *slot = call;
    return stack(c, call, array);
}
