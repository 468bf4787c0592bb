/* ir_order.c - depth first search without recursion, then dominators by Cooper, Harvey and
 * Kennedy's method: intersect the dominators of all predecessors until nothing changes. Both take
 * little more time for a block in a long function than for one in a short one. */
#include "ir_order.h"

#include <assert.h>

void ir_edges(const struct ir_block *b, ir_edge_fn *edge, void *context)
{
    for (uint32_t i = 0; i < b->body.count; i++) {
        const struct ir_value *v = b->body.at[i];
        if (v->fail)
            edge(context, v->fail);
        for (int t = 0; t < 2; t++)
            if (v->targets[t])
                edge(context, v->targets[t]);
    }
}

struct blocks {
    struct ir_block **at;
    uint32_t count, room;
};

struct search {
    struct arena *arena;
    struct blocks stack, order; /* order: post-order */
    uint8_t *state;             /* by id: 0 new, 1 seen, 2 left */
};

static void search_edge(void *context, struct ir_block *to)
{
    struct search *s = context;
    if (!s->state[to->id])
        vec_push(s->arena, &s->stack, to);
}

static void search(struct search *s, struct ir_block *entry)
{
    vec_push(s->arena, &s->stack, entry);
    while (s->stack.count) {
        struct ir_block *b = s->stack.at[s->stack.count - 1];
        if (s->state[b->id] == 0) {
            s->state[b->id] = 1;
            ir_edges(b, search_edge, s);
            continue;
        }
        s->stack.count--;
        if (s->state[b->id] == 1)
            vec_push(s->arena, &s->order, b);
        s->state[b->id] = 2;
    }
}

/* Dominators as a tree: each block has a jump far up, so that two blocks find where their ways meet
 * in steps that grow with the logarithm of the depth. A failure has a block for all that may fail
 * with the same values alive, so meetings are many and far. */
struct tree {
    struct ir_order *order;
    uint32_t *depth, *jump; /* by index; of blocks that were passed */
    uint32_t from;
    bool changed, stands; /* in this sweep; no block that was passed gets another dominator */
};

static void enter_tree(struct tree *t, uint32_t at)
{
    uint32_t up = t->order->dominator[at], far = t->jump[up];
    if (at == 0)
        return;
    t->depth[at] = t->depth[up] + 1;
    bool even = t->depth[up] - t->depth[far] == t->depth[far] - t->depth[t->jump[far]];
    t->jump[at] = even ? t->jump[far] : up;
}

static uint32_t climb(const struct tree *t, uint32_t at, uint32_t depth)
{
    while (t->depth[at] > depth)
        at = t->depth[t->jump[at]] >= depth ? t->jump[at] : t->order->dominator[at];
    return at;
}

static uint32_t meet_in_tree(const struct tree *t, uint32_t a, uint32_t b)
{
    a = climb(t, a, t->depth[b]);
    b = climb(t, b, t->depth[a]);
    while (a != b) {
        bool apart = t->jump[a] != t->jump[b];
        a = apart ? t->jump[a] : t->order->dominator[a];
        b = apart ? t->jump[b] : t->order->dominator[b];
    }
    return a;
}

/* By the order alone, step by step: right for a tree that changes too. */
static uint32_t meet(const uint32_t *dominator, uint32_t a, uint32_t b)
{
    while (a != b) {
        while (a > b)
            a = dominator[a];
        while (b > a)
            b = dominator[b];
    }
    return a;
}

static void join_edge(void *context, struct ir_block *to)
{
    struct tree *t = context;
    uint32_t *d = t->order->dominator, at = t->order->index[to->id], met = t->from;
    if (at == 0)
        return;
    if (d[at] != UINT32_MAX)
        met = t->stands ? meet_in_tree(t, d[at], t->from) : meet(d, d[at], t->from);
    t->changed |= met != d[at];
    d[at] = met;
}

/* True if something changed. */
static bool sweep(struct tree *t)
{
    t->changed = false;
    for (t->from = 0; t->from < t->order->blocks.count; t->from++) {
        enter_tree(t, t->from);
        ir_edges(t->order->blocks.at[t->from], join_edge, t);
    }
    return t->changed;
}

/* Where each loop has one entry, the first sweep says all: what it passed does not change. */
static void find_dominators(struct ir_order *o, struct arena *arena)
{
    uint32_t count = o->blocks.count;
    struct tree t = {.order = o, .stands = true};
    o->dominator = arena_array(arena, uint32_t, count + 1);
    t.depth = arena_array(arena, uint32_t, count + 1);
    t.jump = arena_array(arena, uint32_t, count + 1);
    for (uint32_t i = 1; i < count; i++)
        o->dominator[i] = UINT32_MAX;
    sweep(&t);
    t.stands = !sweep(&t);
    while (!t.stands && sweep(&t))
        continue;
}

/* A block, and behind it all that it dominates: numbers in a row. */
static void number_tree(struct ir_order *o, struct arena *arena)
{
    uint32_t count = o->blocks.count;
    o->number = arena_array(arena, uint32_t, count + 1);
    o->below = arena_array(arena, uint32_t, count + 1);
    uint32_t *next = arena_array(arena, uint32_t, count + 1);
    for (uint32_t i = count; i-- > 1;)
        o->below[o->dominator[i]] += o->below[i] + 1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *of = &next[o->dominator[i]];
        o->number[i] = i ? *of : 0;
        *of += i ? o->below[i] + 1 : 0;
        next[i] = o->number[i] + 1;
    }
}

void ir_order_make(struct ir_order *o, struct arena *arena, const struct ir_func *f)
{
    *o = (struct ir_order){0};
    for (uint32_t i = 0; i < f->blocks.count; i++)
        if (f->blocks.at[i]->id >= o->id_count)
            o->id_count = f->blocks.at[i]->id + 1;
    o->index = arena_array(arena, uint32_t, o->id_count + 1);
    memset(o->index, 0xff, sizeof(uint32_t) * o->id_count);
    struct search s = {.arena = arena, .state = arena_array(arena, uint8_t, o->id_count + 1)};
    if (f->blocks.count)
        search(&s, f->blocks.at[0]);
    for (uint32_t i = s.order.count; i--;) {
        o->index[s.order.at[i]->id] = o->blocks.count;
        vec_push(arena, &o->blocks, s.order.at[i]);
    }
    find_dominators(o, arena);
    number_tree(o, arena);
}

bool ir_dominates(const struct ir_order *o, uint32_t above, uint32_t below)
{
    return o->number[below] - o->number[above] <= o->below[above];
}
