/* grant.c - leases that a node grants on its worker. lease.h declares this. */
#include <stdlib.h>

#include "lease.h"
#include "list.h"

void grants_worker(struct grants *g, uint32_t worker, uint32_t slots)
{
    g->worker = worker;
    g->idle = slots;
}

uint32_t grants_free_slots(const struct grants *g)
{
    uint32_t granted = 0;
    for (uint32_t i = 0; i < g->count; i++)
        granted += g->list[i].id ? g->list[i].slots : 0;
    return g->worker && g->idle > granted ? g->idle - granted : 0;
}

static struct grant *new_grant(struct grants *g)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (!g->list[i].id)
            return &g->list[i];
    list_grow(g->list, g->count, g->room);
    return &g->list[g->count++];
}

/* The node that has most idle threads by what was heard, other than the one that asks. */
static struct rumour *best_rumour(struct grants *g, uint32_t asker)
{
    struct rumour *best = NULL;
    for (uint32_t i = 0; i < g->rumour_count; i++) {
        struct rumour *r = &g->rumours[i];
        if (r->idle > 0 && id_node(r->node) != id_node(asker) && (!best || r->idle > best->idle))
            best = r;
    }
    return best;
}

static void reject(uint32_t to, uint32_t request, uint32_t ask, struct actions *out)
{
    act_send_lease_reject(out, to, &(struct msg_lease_reject){request, ask});
}

void grants_on_request(struct grants *g, uint32_t from, const struct msg_lease_request *m,
                       struct actions *out)
{
    uint32_t slots = from == g->worker ? 0 : grants_free_slots(g);
    if (slots > 0) {
        struct grant *grant = new_grant(g);
        *grant = (struct grant){.id = ++g->last_id, .owner = from, .slots = slots};
        act_send_lease_grant(out, from,
                             &(struct msg_lease_grant){m->request, grant->id, g->worker, slots});
        return;
    }
    struct rumour *better = m->redirected ? NULL : best_rumour(g, from);
    if (better)
        better->idle = 0; /* taken, until it is heard of again */
    reject(from, m->request, better ? better->node : 0, out);
}

void grants_on_return(struct grants *g, uint32_t from, const struct msg_lease_return *m)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (g->list[i].id == m->lease && g->list[i].owner == from)
            g->list[i] = (struct grant){0};
}

static struct rumour *rumour_of(struct grants *g, uint32_t node)
{
    for (uint32_t i = 0; i < g->rumour_count; i++)
        if (g->rumours[i].node == node)
            return &g->rumours[i];
    list_grow(g->rumours, g->rumour_count, g->rumour_room);
    struct rumour *r = &g->rumours[g->rumour_count++];
    *r = (struct rumour){.node = node};
    return r;
}

bool grants_on_idle(struct grants *g, uint32_t from, const struct msg_idle *m)
{
    if (from == g->worker) {
        g->idle = m->threads;
        return true;
    }
    if (id_is_node(from) && from != g->node)
        rumour_of(g, from)->idle = m->threads > INT32_MAX ? INT32_MAX : (int32_t)m->threads;
    return false;
}

void grants_on_death(struct grants *g, uint32_t dead)
{
    if (dead == g->worker)
        grants_worker(g, 0, 0);
    for (uint32_t i = 0; i < g->count; i++)
        if (id_ends_with(g->list[i].owner, dead) || !g->worker)
            g->list[i] = (struct grant){0};
    for (uint32_t i = 0; i < g->rumour_count; i++)
        if (g->rumours[i].node == dead)
            g->rumours[i].idle = 0;
}

void grants_free(struct grants *g)
{
    free(g->list);
    free(g->rumours);
    *g = (struct grants){0};
}
