/* ir_groups.c - which functions reach each other: the strongly connected parts of the call graph,
 * by Tarjan's method with a stack of its own. */
#include "ir.h"

struct node_of_graph {
    struct ir_func *func;
    uint32_t number, low; /* order of the visit, from 1; least number reached */
    uint32_t at;          /* next callee to look at */
    bool open;            /* on the stack of those without a group */
    VEC(uint32_t) callees;
};

struct grouping {
    struct arena arena;
    struct node_of_graph *nodes;
    uint32_t count, next, group;
    VEC(uint32_t) open, path;
    struct name_map index; /* place of a function plus 1, by its address */
};

static uint32_t index_of(const struct grouping *g, const struct ir_func *f)
{
    return (uint32_t)(uintptr_t)name_map_get(&g->index, (const char *)f) - 1;
}

static void find_callees(struct grouping *g, struct node_of_graph *n)
{
    for (uint32_t b = 0; b < n->func->blocks.count; b++) {
        const struct ir_block *block = n->func->blocks.at[b];
        for (uint32_t i = 0; i < block->body.count; i++) {
            const struct ir_value *x = block->body.at[i];
            if (x->op == IR_call || x->op == IR_spawn)
                vec_push(&g->arena, &n->callees, index_of(g, x->imm.call.func));
        }
    }
}

static void enter(struct grouping *g, uint32_t i)
{
    g->nodes[i].number = g->nodes[i].low = ++g->next;
    g->nodes[i].open = true;
    vec_push(&g->arena, &g->open, i);
    vec_push(&g->arena, &g->path, i);
}

static bool calls_itself(const struct node_of_graph *n, uint32_t self)
{
    for (uint32_t i = 0; i < n->callees.count; i++)
        if (n->callees.at[i] == self)
            return true;
    return false;
}

/* All that was opened since `root` is one group. */
static void close_group(struct grouping *g, uint32_t root)
{
    bool alone = g->open.at[g->open.count - 1] == root;
    bool recursive = !alone || calls_itself(&g->nodes[root], root);
    uint32_t i;
    g->group++;
    do {
        i = g->open.at[--g->open.count];
        g->nodes[i].open = false;
        g->nodes[i].func->group = g->group;
        g->nodes[i].func->recursive = recursive;
    } while (i != root);
}

static void lower_to(struct node_of_graph *n, uint32_t number)
{
    if (number < n->low)
        n->low = number;
}

static void step(struct grouping *g)
{
    uint32_t i = g->path.at[g->path.count - 1];
    struct node_of_graph *n = &g->nodes[i];
    if (n->at < n->callees.count) {
        uint32_t to = n->callees.at[n->at++];
        if (!g->nodes[to].number)
            enter(g, to);
        else if (g->nodes[to].open)
            lower_to(n, g->nodes[to].number);
        return;
    }
    g->path.count--;
    if (g->path.count)
        lower_to(&g->nodes[g->path.at[g->path.count - 1]], n->low);
    if (n->low == n->number)
        close_group(g, i);
}

void ir_groups(struct ir_module *m)
{
    struct grouping g = {.count = m->funcs.count};
    g.nodes = arena_array(&g.arena, struct node_of_graph, g.count + 1);
    for (uint32_t i = 0; i < g.count; i++) {
        g.nodes[i].func = m->funcs.at[i];
        name_map_set(&g.arena, &g.index, (const char *)m->funcs.at[i], (void *)(uintptr_t)(i + 1));
    }
    for (uint32_t i = 0; i < g.count; i++)
        find_callees(&g, &g.nodes[i]);
    for (uint32_t i = 0; i < g.count; i++) {
        if (!g.nodes[i].number)
            enter(&g, i);
        while (g.path.count)
            step(&g);
    }
    arena_free(&g.arena);
}
