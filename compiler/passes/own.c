/* needs: nothing. gives: arrays that a loop writes elements of are made unique before it, once.
 * breaks: nothing.
 *
 * An array stays unique while only its elements are read and written, so one look before the loop
 * does for all its rounds, and for the loops around it as far as that holds. A loop that has no
 * round must not cause a copy: so the look is for the case that every loop on the way down to the
 * writing has one, and only writing that every round does is looked at. */
#include "ir_loops.h"

/* An array that is made unique before a loop. */
struct made {
    const struct ir_value *place;
    const struct ir_loop *before;
};

struct owning {
    struct ir_loops loops;
    VEC(struct made) made;
};

static struct ir_loop *loop_of(const struct owning *o, const struct ir_value *x)
{
    return x->block->id < o->loops.order.id_count ? o->loops.of[x->block->id] : NULL;
}

/* True if it can be told before `target` whether the loop within it has a round. */
static bool tells_round(const struct ir_loops *l, const struct ir_loop *loop,
                        const struct ir_loop *target)
{
    struct ir_count c;
    return ir_loop_counts(l, loop, &c) && ir_hoists(l, target, c.from) &&
           ir_hoists(l, target, c.hi);
}

/* Whether all loops from the one around `x` up to `target` tell. */
static bool tells(const struct owning *o, const struct ir_value *x, const struct ir_loop *target)
{
    for (const struct ir_loop *loop = loop_of(o, x);; loop = loop->outer) {
        if (!tells_round(&o->loops, loop, target))
            return false;
        if (loop == target)
            return true;
    }
}

/* The outermost loop before which the array that `x` writes to can be made unique, or NULL. */
static const struct ir_loop *find_target(const struct owning *o, const struct ir_value *x)
{
    const struct ir_loops *l = &o->loops;
    const struct ir_loop *target = NULL;
    const struct ir_block *inside = x->block;
    for (const struct ir_loop *loop = loop_of(o, x); loop; loop = loop->outer) {
        if (!loop->before || !ir_loop_always(l, loop, inside) ||
            !ir_place_quiet(l, loop, x->args[0]) || !ir_hoists(l, loop, x->args[0]) ||
            !tells(o, x, loop))
            break;
        target = loop;
        inside = loop->head;
    }
    return target;
}

/* Whether all loops down to `x` have a round, told before `target`. */
static struct ir_value *make_guard(const struct owning *o, const struct ir_value *x,
                                   const struct ir_loop *target)
{
    const struct ir_loops *l = &o->loops;
    const struct type *t = l->module->types->simple[TYPE_bool];
    struct ir_value *guard = NULL;
    for (const struct ir_loop *loop = loop_of(o, x);; loop = loop->outer) {
        struct ir_count c;
        ir_loop_counts(l, loop, &c);
        struct ir_value *ends[] = {ir_hoist(l, target, c.from), ir_hoist(l, target, c.hi)};
        struct ir_value *round = ir_add_before(l, target, IR_lt, t, ends, 2, x->span);
        struct ir_value *both[] = {guard, round};
        guard = guard ? ir_add_before(l, target, IR_and, t, both, 2, x->span) : round;
        if (loop == target)
            return guard;
    }
}

static bool is_made(const struct owning *o, const struct ir_value *place,
                    const struct ir_loop *before)
{
    for (uint32_t i = 0; i < o->made.count; i++)
        if (o->made.at[i].place == place && o->made.at[i].before == before)
            return true;
    return false;
}

/* Elements that the loop reads of the grid at the end of a way. `v` has been read from `left`
 * fields above the end. */
static void mark_dense(struct owning *o, const struct ir_loop *loop, const struct ir_value *v,
                       const struct ir_way *w, uint32_t left)
{
    const struct ir_users *u = &o->loops.users[v->id];
    for (uint32_t i = 0; i < u->list.count; i++) {
        struct ir_value *x = u->list.at[i];
        if (loop_of(o, x) != loop)
            continue;
        if (left && (x->op == IR_get || x->op == IR_place_field) &&
            x->imm.index == w->fields[left - 1])
            mark_dense(o, loop, x, w, left - 1);
        else if (x->op == IR_load)
            mark_dense(o, loop, x, w, left);
        else if (!left && x->op == IR_elem && x->args[0] == v)
            x->imm.steps = IR_STEPS_DENSE;
    }
}

/* What the round reads of the same grid is dense as what it writes. */
static void mark_reads(struct owning *o, const struct ir_value *x)
{
    struct ir_way w;
    if (x->args[0]->type->kind == TYPE_grid && ir_find_way(x->args[0], &w))
        mark_dense(o, loop_of(o, x), w.root, &w, w.count);
}

static void look_at(struct owning *o, struct ir_value *x)
{
    const struct ir_loop *target = x->op == IR_place_elem ? find_target(o, x) : NULL;
    if (!target)
        return;
    x->imm.owned = true;
    mark_reads(o, x);
    if (is_made(o, x->args[0], target))
        return;
    vec_push(o->loops.arena, &o->made, ((struct made){x->args[0], target}));
    struct ir_value *operands[] = {ir_hoist(&o->loops, target, x->args[0]),
                                   make_guard(o, x, target)};
    ir_add_before(&o->loops, target, IR_own, NULL, operands, 2, x->span);
}

static void own_func(struct ir_module *m, struct ir_func *f)
{
    struct arena arena = {0};
    struct owning o = {0};
    ir_loops_make(&o.loops, &arena, m, f);
    for (uint32_t i = 0; o.loops.all.count && i < o.loops.order.blocks.count; i++) {
        const struct ir_block *b = o.loops.order.blocks.at[i];
        for (uint32_t j = 0; o.loops.of[b->id] && j < b->body.count; j++)
            look_at(&o, b->body.at[j]);
    }
    arena_free(&arena);
}

void pass_own(struct ir_module *m)
{
    for (uint32_t i = 0; i < m->funcs.count; i++)
        own_func(m, m->funcs.at[i]);
}
