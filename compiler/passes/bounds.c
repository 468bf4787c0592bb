/* needs: own. gives: innermost loops that nothing but an index out of bounds would leave early are
 * there twice, once without checks. breaks: nothing.
 *
 * Before such a loop it is told whether all indices of all rounds will be inside: then the copy
 * without checks runs, which the optimiser can turn into vectors; else the loop as it was. An index
 * is the number of the round plus what is the same in all rounds, or only the latter. */
#include "ir_loops.h"

enum {
    VALUES_MOST = 200, /* of a loop that is worth it */
    CHECKS_MOST = 24,
    ROUNDS_FEW = 8,
    FIXED_MOST = 1 << 30, /* a number written in an index */
};

/* The guard holds what is added up in it to this, so that no sum overflows. */
static const int64_t ends_most = INT64_C(1) << 60;

/* The number of the round, if it counts, plus base, if there is one, plus fixed. */
struct index {
    bool counts;
    struct ir_value *base;
    int64_t fixed;
};

/* An index that must be below the length of an array's axis. */
struct check {
    struct ir_value *array; /* a value; or a place that holds the array */
    uint32_t axis;
    struct index index;
};

/* The loop at work. */
struct bounds {
    struct ir_loops loops;
    const struct ir_loop *loop;
    struct ir_count count;
    VEC(struct check) checks;
    VEC(struct ir_value *) lines;      /* elements of grids read along the last axis */
    VEC(const struct ir_value *) sums; /* additions within indices: they cannot overflow then */
    struct ir_value *guard;
    struct ir_value **copies; /* by id of the value */
    struct ir_block **blocks; /* by id of the block */
};

/* ---- what is checked ------------------------------------------------------------------------ */

static bool read_index(struct bounds *b, struct ir_value *v, struct index *to, int depth);

/* x + y, or x minus what is written as a number. */
static bool read_sum(struct bounds *b, const struct ir_value *v, struct index *to, int depth)
{
    struct index x = {0}, y = {0};
    if (!read_index(b, v->args[0], &x, depth + 1) || !read_index(b, v->args[1], &y, depth + 1))
        return false;
    if ((x.counts && y.counts) || (x.base && y.base) || (v->op == IR_sub && (y.counts || y.base)))
        return false;
    *to = (struct index){x.counts || y.counts, x.base ? x.base : y.base,
                         v->op == IR_sub ? x.fixed - y.fixed : x.fixed + y.fixed};
    vec_push(b->loops.arena, &b->sums, v);
    return true;
}

static bool read_index(struct bounds *b, struct ir_value *v, struct index *to, int depth)
{
    *to = (struct index){0};
    if (v == b->count.index) {
        to->counts = true;
        return true;
    }
    if (v->op == IR_const_int) {
        to->fixed = v->imm.i;
        return to->fixed <= FIXED_MOST && to->fixed >= -FIXED_MOST;
    }
    if (ir_hoists(&b->loops, b->loop, v)) {
        to->base = v;
        return true;
    }
    bool sum = v->op == IR_add || v->op == IR_sub;
    return sum && depth < 4 && !v->imm.wrap && read_sum(b, v, to, depth);
}

static void add_check(struct bounds *b, struct check c)
{
    for (uint32_t i = 0; i < b->checks.count; i++) {
        const struct check *old = &b->checks.at[i];
        if (old->array == c.array && old->axis == c.axis && old->index.counts == c.index.counts &&
            old->index.base == c.index.base && old->index.fixed == c.index.fixed)
            return;
    }
    vec_push(b->loops.arena, &b->checks, c);
}

/* The array of an element; the place of one that a variable holds. NULL: its lengths may change. */
static struct ir_value *array_of(const struct bounds *b, const struct ir_value *x)
{
    struct ir_value *array = x->args[0];
    if (!ir_hoists(&b->loops, b->loop, array))
        return NULL;
    if (x->op == IR_place_elem)
        return x->imm.owned && ir_place_quiet(&b->loops, b->loop, array) ? array : NULL;
    return array->op == IR_load ? array->args[0] : array;
}

/* Where the rounds go along the last axis, its elements shall be side by side. */
static void plan_line(struct bounds *b, struct ir_value *x)
{
    struct index last;
    if (x->op == IR_elem && x->args[0]->type->kind == TYPE_grid && x->imm.steps == IR_STEPS_ANY &&
        read_index(b, x->args[x->arg_count - 1], &last, 0) && last.counts)
        vec_push(b->loops.arena, &b->lines, x);
}

/* False: it stays as it is. */
static bool plan_element(struct bounds *b, struct ir_value *x)
{
    struct check c = {.array = array_of(b, x)};
    bool always = ir_loop_always(&b->loops, b->loop, x->block);
    if (!c.array)
        return false;
    for (c.axis = 0; x->fail && c.axis + 1 < x->arg_count; c.axis++) {
        if (!read_index(b, x->args[1 + c.axis], &c.index, 0))
            return false;
        if (!always && c.index.fixed) /* what is around it keeps it inside */
            return false;
        add_check(b, c);
    }
    plan_line(b, x);
    return true;
}

/* Instructions that neither leave the loop nor touch anything but numbers in memory. */
static bool is_plain(const struct ir_value *x)
{
    switch (x->op) {
    case IR_make:
    case IR_get:
    case IR_some:
    case IR_is_some:
    case IR_unwrap:
    case IR_extent:
    case IR_len:
    case IR_load:
    case IR_store:
    case IR_place_field:
    case IR_br:
    case IR_br_if:
    case IR_poll:
    case IR_debug:
        return true;
    case IR_extern:
        return ir_intrinsic(x);
    default:
        return x->op <= IR_ge;
    }
}

static bool leaves(const struct bounds *b, const struct ir_value *x)
{
    for (int t = 0; t < 2; t++)
        if (x->targets[t] && x->block != b->loop->head &&
            !ir_loop_has(&b->loops, b->loop, x->targets[t]))
            return true;
    return false;
}

static bool used_outside(const struct bounds *b, const struct ir_value *x)
{
    const struct ir_users *u = &b->loops.users[x->id];
    for (uint32_t i = 0; i < u->list.count; i++)
        if (!ir_loop_has(&b->loops, b->loop, u->list.at[i]->block))
            return true;
    return false;
}

static bool plan_value(struct bounds *b, struct ir_value *x)
{
    if (leaves(b, x) || (x->type && used_outside(b, x)))
        return false;
    if (x->op == IR_elem || x->op == IR_place_elem)
        return plan_element(b, x);
    return is_plain(x);
}

/* The length of an array bounds the rounds: the task need not look in between. */
static bool is_bounded(const struct bounds *b)
{
    for (uint32_t i = 0; i < b->checks.count; i++)
        if (b->checks.at[i].index.counts)
            return true;
    return false;
}

/* What may still fail is a sum within an index. */
static bool is_safe(struct bounds *b, struct ir_value *x)
{
    if (!x->fail || x->op == IR_elem || x->op == IR_place_elem)
        return true;
    if (x->op == IR_poll)
        return is_bounded(b);
    for (uint32_t i = 0; i < b->sums.count; i++)
        if (b->sums.at[i] == x)
            return true;
    return false;
}

static bool each_value(struct bounds *b, bool (*holds)(struct bounds *, struct ir_value *))
{
    for (uint32_t i = 0; i < b->loop->blocks.count; i++) {
        const struct ir_block *block = b->loop->blocks.at[i];
        for (uint32_t j = 0; j < block->body.count; j++)
            if (!holds(b, block->body.at[j]))
                return false;
    }
    return true;
}

static bool params_stay(const struct bounds *b)
{
    for (uint32_t i = 0; i < b->loop->blocks.count; i++)
        for (uint32_t j = 0; j < b->loop->blocks.at[i]->params.count; j++)
            if (used_outside(b, b->loop->blocks.at[i]->params.at[j]))
                return false;
    return true;
}

static uint32_t size_of(const struct ir_loop *loop)
{
    uint32_t size = 0;
    for (uint32_t i = 0; i < loop->blocks.count; i++)
        size += loop->blocks.at[i]->body.count;
    return size;
}

/* So few rounds that the optimiser writes them out. */
static bool is_short(const struct ir_count *c)
{
    return c->from->op == IR_const_int && c->hi->op == IR_const_int &&
           c->hi->imm.i - c->from->imm.i <= ROUNDS_FEW;
}

static bool plan(struct bounds *b)
{
    return b->loop->innermost && size_of(b->loop) <= VALUES_MOST &&
           ir_loop_counts(&b->loops, b->loop, &b->count) && !is_short(&b->count) &&
           params_stay(b) && each_value(b, plan_value) && each_value(b, is_safe) &&
           b->checks.count && b->checks.count <= CHECKS_MOST;
}

/* ---- the guard ------------------------------------------------------------------------------ */

static struct span place_of(const struct bounds *b)
{
    return b->loop->head->body.at[0]->span;
}

static struct ir_value *number(struct bounds *b, int64_t n)
{
    const struct type *t = b->count.index->type;
    struct ir_value *v = ir_add_before(&b->loops, b->loop, IR_const_int, t, NULL, 0, place_of(b));
    v->imm.i = n;
    return v;
}

/* x + y; either may be NULL. */
static struct ir_value *plus(struct bounds *b, struct ir_value *x, struct ir_value *y)
{
    if (!x || !y)
        return x ? x : y;
    struct ir_value *v = ir_add_before(&b->loops, b->loop, IR_add, x->type,
                                       (struct ir_value *[]){x, y}, 2, place_of(b));
    v->nofail = v->imm.wrap = true;
    return v;
}

static void demand(struct bounds *b, struct ir_value *x, enum ir_op op, struct ir_value *y)
{
    const struct type *t = b->loops.module->types->simple[TYPE_bool];
    struct ir_value *holds =
        ir_add_before(&b->loops, b->loop, op, t, (struct ir_value *[]){x, y}, 2, place_of(b));
    struct ir_value *both[] = {b->guard, holds};
    b->guard =
        b->guard ? ir_add_before(&b->loops, b->loop, IR_and, t, both, 2, place_of(b)) : holds;
}

/* extent, stride or len of an array that is the same in all rounds. */
static struct ir_value *measure(struct bounds *b, enum ir_op op, struct ir_value *array,
                                uint32_t axis)
{
    const struct type *t = b->count.index->type;
    array = ir_hoist(&b->loops, b->loop, array);
    if (array->place)
        array = ir_add_before(&b->loops, b->loop, IR_load, array->type, &array, 1, place_of(b));
    struct ir_value *v = ir_add_before(&b->loops, b->loop, op, t, &array, 1, place_of(b));
    if (op != IR_len)
        v->imm.index = axis;
    return v;
}

static struct ir_value *length(struct bounds *b, const struct check *c)
{
    return measure(b, c->array->type->kind == TYPE_grid ? IR_extent : IR_len, c->array, c->axis);
}

static void demand_check(struct bounds *b, const struct check *c)
{
    const struct index *i = &c->index;
    struct ir_value *base = i->base ? ir_hoist(&b->loops, b->loop, i->base) : NULL;
    struct ir_value *rest = i->fixed || (!base && !i->counts) ? number(b, i->fixed) : NULL;
    if (base && (rest || i->counts)) {
        demand(b, base, IR_ge, number(b, -FIXED_MOST));
        demand(b, base, IR_le, number(b, ends_most));
    }
    rest = plus(b, base, rest);
    struct ir_value *least = i->counts ? plus(b, b->count.from, rest) : rest;
    demand(b, least, IR_ge, number(b, 0));
    struct ir_value *len = length(b, c); /* made before what it is compared with */
    if (i->counts)
        demand(b, plus(b, b->count.hi, rest), IR_le, len);
    else
        demand(b, rest, IR_lt, len);
}

static void make_guard(struct bounds *b)
{
    b->guard = NULL;
    demand(b, b->count.from, IR_ge, number(b, -ends_most));
    demand(b, b->count.hi, IR_le, number(b, ends_most));
    for (uint32_t i = 0; i < b->checks.count; i++)
        demand_check(b, &b->checks.at[i]);
    for (uint32_t i = 0; i < b->lines.count; i++) {
        struct ir_value *grid = b->lines.at[i]->args[0], *one = number(b, 1);
        demand(b, measure(b, IR_stride, grid, grid->type->rank - 1), IR_eq, one);
    }
}

/* ---- the copy ------------------------------------------------------------------------------- */

static struct ir_value *copied(const struct bounds *b, struct ir_value *v)
{
    return ir_loop_has(&b->loops, b->loop, v->block) ? b->copies[v->id] : v;
}

static struct ir_value **copied_list(const struct bounds *b, struct ir_value *const *from,
                                     uint32_t count)
{
    struct ir_value **to = arena_array(b->loops.module->arena, struct ir_value *, count + 1);
    for (uint32_t i = 0; i < count; i++)
        to[i] = copied(b, from[i]);
    return to;
}

static void copy_block(struct bounds *b, const struct ir_block *from)
{
    struct ir_module *m = b->loops.module;
    struct ir_block *to = ir_block_new(m, b->loops.func);
    b->blocks[from->id] = to;
    for (uint32_t i = 0; i < from->params.count; i++)
        b->copies[from->params.at[i]->id] = ir_block_param(m, to, from->params.at[i]->type);
    for (uint32_t i = 0; i < from->body.count; i++) {
        const struct ir_value *x = from->body.at[i];
        b->copies[x->id] = ir_add(m, to, x->op, x->type, NULL, 0, x->span);
    }
}

static void fill_copy(const struct bounds *b, const struct ir_value *x)
{
    struct ir_value *copy = b->copies[x->id];
    copy->args = copied_list(b, x->args, x->arg_count);
    copy->arg_count = x->arg_count;
    copy->imm = x->imm;
    copy->place = x->place;
    copy->nofail = x->nofail || x->fail;
    for (int t = 0; t < 2; t++) {
        struct ir_block *to = x->targets[t];
        copy->targets[t] = to && ir_loop_has(&b->loops, b->loop, to) ? b->blocks[to->id] : to;
        copy->target_args[t] = copied_list(b, x->target_args[t], x->target_counts[t]);
        copy->target_counts[t] = x->target_counts[t];
    }
}

static void copy_loop(struct bounds *b)
{
    const struct ir_loop *loop = b->loop;
    b->copies = arena_array(b->loops.arena, struct ir_value *, b->loops.func->value_count + 1);
    b->blocks = arena_array(b->loops.arena, struct ir_block *, b->loops.order.id_count + 1);
    for (uint32_t i = 0; i < loop->blocks.count; i++)
        copy_block(b, loop->blocks.at[i]);
    for (uint32_t i = 0; i < loop->blocks.count; i++)
        for (uint32_t j = 0; j < loop->blocks.at[i]->body.count; j++)
            fill_copy(b, loop->blocks.at[i]->body.at[j]);
    for (uint32_t i = 0; i < b->lines.count; i++)
        b->copies[b->lines.at[i]->id]->imm.steps = IR_STEPS_UNIT;
}

/* The entry goes to the copy if the guard holds. */
static void enter(struct bounds *b)
{
    struct ir_block *before = b->loop->before;
    struct ir_value *old = before->body.at[--before->body.count];
    struct ir_module *m = b->loops.module;
    struct ir_value *end = ir_add(m, before, IR_br_if, NULL, &b->guard, 1, old->span);
    ir_target(m, end, 0, b->blocks[b->loop->head->id], old->target_args[0], old->target_counts[0]);
    ir_target(m, end, 1, b->loop->head, old->target_args[0], old->target_counts[0]);
}

static void bounds_func(struct ir_module *m, struct ir_func *f)
{
    struct arena arena = {0};
    struct bounds b = {0};
    ir_loops_make(&b.loops, &arena, m, f);
    for (uint32_t i = 0; i < b.loops.all.count; i++) {
        b.loop = b.loops.all.at[i];
        b.checks.count = b.sums.count = b.lines.count = 0;
        if (!plan(&b))
            continue;
        make_guard(&b);
        copy_loop(&b);
        enter(&b);
    }
    arena_free(&arena);
}

void pass_bounds(struct ir_module *m)
{
    for (uint32_t i = 0; i < m->funcs.count; i++)
        bounds_func(m, m->funcs.at[i]);
}
