/* ir_order.c - depth first search without recursion, then dominators by Cooper, Harvey and
 * Kennedy's method: intersect the dominators of all predecessors until nothing changes. */
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

struct join {
    struct ir_order *order;
    uint32_t from;
    bool changed;
};

static void join_edge(void *context, struct ir_block *to)
{
    struct join *j = context;
    uint32_t *d = j->order->dominator, at = j->order->index[to->id];
    if (at == 0)
        return;
    uint32_t met = d[at] == UINT32_MAX ? j->from : meet(d, d[at], j->from);
    j->changed |= met != d[at];
    d[at] = met;
}

static void find_dominators(struct ir_order *o, struct arena *arena)
{
    o->dominator = arena_array(arena, uint32_t, o->blocks.count + 1);
    for (uint32_t i = 1; i < o->blocks.count; i++)
        o->dominator[i] = UINT32_MAX;
    struct join j = {.order = o, .changed = true};
    while (j.changed) {
        j.changed = false;
        for (j.from = 0; j.from < o->blocks.count; j.from++)
            ir_edges(o->blocks.at[j.from], join_edge, &j);
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
}

bool ir_dominates(const struct ir_order *o, uint32_t above, uint32_t below)
{
    while (below > above)
        below = o->dominator[below];
    return above == below;
}
