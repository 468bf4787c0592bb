/* ir_loops.c - natural loops: an edge back to a block that dominates its origin, with all blocks
 * that lead to it. Read ir_loops_make first. */
#include "ir_loops.h"

#include <stdlib.h>

/* ---- blocks --------------------------------------------------------------------------------- */

struct preds {
    VEC(struct ir_block *) list;
};

struct finder {
    struct ir_loops *l;
    struct ir_block *from;
    struct preds *preds; /* by id of the block */
    uint32_t *seen;      /* by id: the last loop, counted from 1, that it was put into */
};

static void note_edge(void *context, struct ir_block *to)
{
    struct finder *f = context;
    struct preds *p = &f->preds[to->id];
    if (!p->list.count || p->list.at[p->list.count - 1] != f->from)
        vec_push(f->l->arena, &p->list, f->from);
}

static bool goes_back(const struct ir_loops *l, const struct ir_block *from,
                      const struct ir_block *to)
{
    return ir_dominates(&l->order, l->order.index[to->id], l->order.index[from->id]);
}

static void add_block(const struct finder *f, struct ir_loop *loop, struct ir_block *b)
{
    uint32_t number = f->l->all.count + 1;
    if (f->seen[b->id] == number)
        return;
    f->seen[b->id] = number;
    vec_push(f->l->arena, &loop->blocks, b);
}

/* The blocks of a loop: all that leads back to the head. */
static void fill(const struct finder *f, struct ir_loop *loop)
{
    add_block(f, loop, loop->head);
    for (uint32_t i = 0; i < f->preds[loop->head->id].list.count; i++) {
        struct ir_block *from = f->preds[loop->head->id].list.at[i];
        if (goes_back(f->l, from, loop->head))
            add_block(f, loop, from);
    }
    for (uint32_t i = 1; i < loop->blocks.count; i++) {
        const struct preds *p = &f->preds[loop->blocks.at[i]->id];
        for (uint32_t j = 0; j < p->list.count; j++)
            add_block(f, loop, p->list.at[j]);
    }
}

static const struct ir_value *end_of(const struct ir_block *b)
{
    return b->body.at[b->body.count - 1];
}

/* Sets `before` and `last` where there is one of them. */
static void find_ends(const struct finder *f, struct ir_loop *loop)
{
    const struct preds *p = &f->preds[loop->head->id];
    uint32_t entries = 0, backs = 0;
    for (uint32_t i = 0; i < p->list.count; i++) {
        bool back = goes_back(f->l, p->list.at[i], loop->head);
        *(back ? &backs : &entries) += 1;
        *(back ? &loop->last : &loop->before) = p->list.at[i];
    }
    if (backs != 1)
        loop->last = NULL;
    if (entries != 1 || end_of(loop->before)->op != IR_br)
        loop->before = NULL;
}

static void find_loop(const struct finder *f, struct ir_block *head)
{
    const struct preds *p = &f->preds[head->id];
    bool back = false;
    for (uint32_t i = 0; i < p->list.count; i++)
        back = back || goes_back(f->l, p->list.at[i], head);
    if (!back)
        return;
    struct ir_loop *loop = arena_new(f->l->arena, struct ir_loop);
    loop->head = head;
    loop->innermost = true;
    fill(f, loop);
    find_ends(f, loop);
    vec_push(f->l->arena, &f->l->all, loop);
}

static int by_size(const void *a, const void *b)
{
    const struct ir_loop *const *x = a, *const *y = b;
    if ((*x)->blocks.count != (*y)->blocks.count)
        return (*x)->blocks.count < (*y)->blocks.count ? -1 : 1;
    return (*x)->head->id < (*y)->head->id ? -1 : 1;
}

/* Loops of one function lie within each other or apart. */
static void nest(struct ir_loops *l, struct ir_loop *loop)
{
    for (uint32_t i = 0; i < loop->blocks.count; i++) {
        struct ir_loop **of = &l->of[loop->blocks.at[i]->id];
        struct ir_loop *inner = *of;
        if (!inner) {
            *of = loop;
            continue;
        }
        while (inner->outer)
            inner = inner->outer;
        if (inner == loop)
            continue;
        inner->outer = loop;
        loop->innermost = false;
    }
}

bool ir_loop_has(const struct ir_loops *l, const struct ir_loop *loop, const struct ir_block *b)
{
    const struct ir_loop *at = b && b->id < l->order.id_count ? l->of[b->id] : NULL;
    while (at && at != loop)
        at = at->outer;
    return at != NULL;
}

bool ir_loop_always(const struct ir_loops *l, const struct ir_loop *loop, const struct ir_block *b)
{
    return loop->last &&
           ir_dominates(&l->order, l->order.index[b->id], l->order.index[loop->last->id]);
}

/* ---- users ---------------------------------------------------------------------------------- */

static void note_user(struct ir_loops *l, const struct ir_value *of, struct ir_value *user)
{
    vec_push(l->arena, &l->users[of->id].list, user);
}

static void find_users(struct ir_loops *l)
{
    l->users = arena_array(l->arena, struct ir_users, l->func->value_count + 1);
    for (uint32_t i = 0; i < l->order.blocks.count; i++) {
        const struct ir_block *b = l->order.blocks.at[i];
        for (uint32_t j = 0; j < b->body.count; j++) {
            struct ir_value *x = b->body.at[j];
            for (uint32_t k = 0; k < x->arg_count; k++)
                note_user(l, x->args[k], x);
            for (int t = 0; t < 2; t++)
                for (uint32_t k = 0; k < x->target_counts[t]; k++)
                    note_user(l, x->target_args[t][k], x);
        }
    }
}

void ir_loops_make(struct ir_loops *l, struct arena *arena, struct ir_module *m, struct ir_func *f)
{
    *l = (struct ir_loops){.arena = arena, .module = m, .func = f};
    ir_order_make(&l->order, arena, f);
    l->of = arena_array(arena, struct ir_loop *, l->order.id_count + 1);
    struct finder finder = {.l = l};
    finder.preds = arena_array(arena, struct preds, l->order.id_count + 1);
    finder.seen = arena_array(arena, uint32_t, l->order.id_count + 1);
    for (uint32_t i = 0; i < l->order.blocks.count; i++) {
        finder.from = l->order.blocks.at[i];
        ir_edges(finder.from, note_edge, &finder);
    }
    for (uint32_t i = 0; i < l->order.blocks.count; i++)
        find_loop(&finder, l->order.blocks.at[i]);
    if (!l->all.count)
        return;
    qsort(l->all.at, l->all.count, sizeof *l->all.at, by_size);
    for (uint32_t i = 0; i < l->all.count; i++)
        nest(l, l->all.at[i]);
    find_users(l);
}

/* ---- places --------------------------------------------------------------------------------- */

/* True if what the value holds is only looked at. */
static bool only_read(const struct ir_loops *l, const struct ir_value *v)
{
    const struct ir_users *u = &l->users[v->id];
    for (uint32_t i = 0; i < u->list.count; i++) {
        const struct ir_value *x = u->list.at[i];
        switch (x->op) {
        case IR_get:
            if (!only_read(l, x))
                return false;
            break;
        case IR_elem:
        case IR_extent:
        case IR_stride:
        case IR_len:
        case IR_debug:
            break;
        default:
            if (x->op < IR_eq || x->op > IR_ge)
                return false;
        }
    }
    return true;
}

bool ir_find_way(const struct ir_value *place, struct ir_way *w)
{
    *w = (struct ir_way){0};
    for (; place->op == IR_place_field; place = place->args[0]) {
        if (w->count == sizeof w->fields / sizeof w->fields[0])
            return false;
        w->fields[w->count++] = place->imm.index;
    }
    w->root = place;
    return place->op == IR_slot || (place->op == IR_param && !place->block);
}

/* Whether all that the loop does with `place`, which lies `left` fields above the end of the way,
 * leaves what is at the end as it is. */
static bool quiet_from(const struct ir_loops *l, const struct ir_loop *loop,
                       const struct ir_value *place, const struct ir_way *w, uint32_t left)
{
    const struct ir_users *u = &l->users[place->id];
    for (uint32_t i = 0; i < u->list.count; i++) {
        const struct ir_value *x = u->list.at[i];
        if (!ir_loop_has(l, loop, x->block) || x->op == IR_debug)
            continue;
        bool fine;
        if (x->op == IR_place_field && left)
            fine = x->imm.index != w->fields[left - 1] || quiet_from(l, loop, x, w, left - 1);
        else if (x->op == IR_place_elem || x->op == IR_own)
            fine = !left && x->args[0] == place;
        else
            fine = x->op == IR_load && only_read(l, x);
        if (!fine)
            return false;
    }
    return true;
}

bool ir_place_quiet(const struct ir_loops *l, const struct ir_loop *loop,
                    const struct ir_value *place)
{
    struct ir_way w;
    return ir_find_way(place, &w) && !ir_loop_has(l, loop, w.root->block) &&
           quiet_from(l, loop, w.root, &w, w.count);
}

/* ---- values before the loop ----------------------------------------------------------------- */

struct ir_value *ir_add_before(const struct ir_loops *l, const struct ir_loop *loop, enum ir_op op,
                               const struct type *type, struct ir_value *const *args,
                               uint32_t count, struct span span)
{
    struct ir_block *b = loop->before;
    struct ir_value *end = b->body.at[--b->body.count];
    struct ir_value *v = ir_add(l->module, b, op, type, args, count, span);
    vec_push(l->module->arena, &b->body, end);
    return v;
}

static bool computes(const struct ir_value *v)
{
    switch (v->op) {
    case IR_const_int:
    case IR_const_float:
    case IR_extent:
    case IR_stride:
    case IR_len:
    case IR_get:
    case IR_place_field:
        return true;
    case IR_add:
    case IR_sub:
    case IR_mul:
    case IR_cast:
        return v->nofail;
    default:
        return false;
    }
}

bool ir_hoists(const struct ir_loops *l, const struct ir_loop *loop, const struct ir_value *v)
{
    if (!ir_loop_has(l, loop, v->block))
        return true;
    if (!loop->before ||
        !(computes(v) || (v->op == IR_load && ir_place_quiet(l, loop, v->args[0]))))
        return false;
    for (uint32_t i = 0; i < v->arg_count; i++)
        if (!ir_hoists(l, loop, v->args[i]))
            return false;
    return true;
}

struct ir_value *ir_hoist(const struct ir_loops *l, const struct ir_loop *loop, struct ir_value *v)
{
    if (!ir_loop_has(l, loop, v->block))
        return v;
    struct ir_value *args[2];
    for (uint32_t i = 0; i < v->arg_count; i++)
        args[i] = ir_hoist(l, loop, v->args[i]);
    struct ir_value *made = ir_add_before(l, loop, v->op, v->type, args, v->arg_count, v->span);
    made->imm = v->imm;
    made->place = v->place;
    made->nofail = v->nofail;
    return made;
}

/* ---- counting loops ------------------------------------------------------------------------- */

bool ir_loop_counts(const struct ir_loops *l, const struct ir_loop *loop, struct ir_count *c)
{
    const struct ir_block *head = loop->head;
    if (!loop->before || !loop->last || head->params.count != 1 || head->body.count != 2)
        return false;
    const struct ir_value *test = head->body.at[0], *branch = head->body.at[1];
    const struct ir_value *back = end_of(loop->last), *enter = end_of(loop->before);
    c->index = head->params.at[0];
    if (test->op != IR_lt || branch->op != IR_br_if || branch->args[0] != test ||
        test->args[0] != c->index || c->index->type->kind != TYPE_int ||
        ir_loop_has(l, loop, branch->targets[1]) || back->op != IR_br)
        return false;
    const struct ir_value *next = back->target_args[0][0];
    bool steps = next->op == IR_add && next->args[0] == c->index && next->nofail &&
                 next->args[1]->op == IR_const_int && next->args[1]->imm.i == 1;
    c->from = enter->target_args[0][0];
    c->hi = test->args[1];
    return steps && !ir_loop_has(l, loop, c->hi->block);
}
