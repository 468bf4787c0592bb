/* borrow.c - rows of futures that were named across processes. */
#include "borrow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

void future_name_write(struct buffer *b, const struct future_name *n)
{
    object_write(b, n->id);
    buffer_u32(b, n->fn);
}

struct future_name future_name_read(struct reader *r)
{
    struct future_name n;
    n.id = object_read(r);
    n.fn = reader_u32(r);
    return n;
}

/* ---- the index ---- */

static uint32_t *head_of(const struct borrow_index *x, uint64_t key)
{
    return &x->heads[(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (x->room - 1)];
}

static void enter(struct borrow_index *x, uint32_t slot)
{
    uint32_t *head = head_of(x, x->keys[slot]);
    x->chain[slot] = *head;
    *head = slot + 1;
}

/* Room for so many slots, a power of two. */
static void index_grow(struct borrow_index *x, uint32_t room)
{
    x->heads = list_resize(x->heads, room, sizeof *x->heads);
    x->chain = list_resize(x->chain, room, sizeof *x->chain);
    x->keys = list_resize(x->keys, room, sizeof *x->keys);
    x->room = room;
    memset(x->heads, 0, room * sizeof *x->heads);
    for (uint32_t slot = 0; slot < x->slots; slot++)
        if (x->chain[slot] != UINT32_MAX)
            enter(x, slot);
}

static void index_put(struct borrow_index *x, uint32_t slot, uint64_t key)
{
    if (slot >= x->room)
        index_grow(x, x->room ? 2 * x->room : 64);
    if (slot >= x->slots)
        x->slots = slot + 1;
    x->keys[slot] = key;
    enter(x, slot);
}

static void index_remove(struct borrow_index *x, uint32_t slot)
{
    uint32_t *at = head_of(x, x->keys[slot]);
    while (*at != slot + 1)
        at = &x->chain[*at - 1];
    *at = x->chain[slot];
    x->chain[slot] = UINT32_MAX; /* a slot that is not in use */
}

/* Slot + 1 of the first with this key, or of the one after `slot`; 0: none. */
static uint32_t index_first(const struct borrow_index *x, uint64_t key)
{
    return x->room ? *head_of(x, key) : 0;
}

static void index_free(struct borrow_index *x)
{
    free(x->heads);
    free(x->chain);
    free(x->keys);
}

/* ---- ours ---- */

static uint64_t record_key(const void *record)
{
    return (uintptr_t)record;
}

const struct give *gives_find(const struct gives *g, const void *record)
{
    for (uint32_t at = index_first(&g->index, record_key(record)); at; at = g->index.chain[at - 1])
        if (g->list[at - 1].record == record)
            return &g->list[at - 1];
    return NULL;
}

static struct give *known(const struct gives *g, struct object_id id)
{
    struct give *give = id.owner == g->self && id.slot < g->count ? &g->list[id.slot] : NULL;
    return give && give->record && give->name.id.generation == id.generation ? give : NULL;
}

const struct give *gives_get(const struct gives *g, struct object_id id)
{
    return known(g, id);
}

const struct give *gives_add(struct gives *g, const void *record, uint32_t fn, void *handle)
{
    uint32_t slot = g->free ? g->free - 1 : g->count;
    list_grow(g->list, slot, g->room);
    struct give *give = &g->list[slot];
    if (g->free)
        g->free = give->next;
    else
        g->list[g->count++] = (struct give){0};
    give->name = (struct future_name){{g->self, slot, give->name.id.generation + 1}, fn};
    give->record = record;
    give->handle = handle;
    give->count = 0;
    give->away = false;
    g->live++;
    index_put(&g->index, slot, record_key(record));
    return give;
}

static void close_give(struct gives *g, struct give *give)
{
    uint32_t slot = give->name.id.slot;
    if (!give->away)
        index_remove(&g->index, slot);
    give->record = NULL;
    give->next = g->free;
    g->free = slot + 1;
    g->live--;
}

static struct holder *holder_of(struct give *give, uint32_t proc)
{
    for (uint32_t i = 0; i < give->count; i++)
        if (give->holders[i].proc == proc)
            return &give->holders[i];
    return NULL;
}

static struct holder *new_holder(struct give *give, uint32_t proc)
{
    list_grow(give->holders, give->count, give->room);
    struct holder *h = &give->holders[give->count++];
    *h = (struct holder){proc, 0};
    return h;
}

void gives_lend(struct gives *g, struct object_id id, uint32_t proc)
{
    struct give *give = known(g, id);
    assert(give);
    struct holder *h = holder_of(give, proc);
    if (!h)
        h = new_holder(give, proc);
    h->names++;
}

static void end_if_unheld(struct gives *g, struct give *give, struct actions *out)
{
    if (give->count > 0)
        return;
    act_add(out, ACT_UNGIVE)->handle = give->handle;
    close_give(g, give);
}

void gives_unsent(struct gives *g, struct object_id id, struct actions *out)
{
    struct give *give = known(g, id);
    if (give)
        end_if_unheld(g, give, out);
}

void gives_done(struct gives *g, struct object_id id, struct bytes value, struct actions *out)
{
    struct give *give = known(g, id);
    assert(give);
    for (uint32_t i = 0; i < give->count; i++)
        act_send_future_result(out, give->holders[i].proc, &(struct msg_future_result){id, value});
    close_give(g, give);
}

void gives_away(struct gives *g, struct object_id id, struct bytes value, struct actions *out)
{
    struct give *give = known(g, id);
    assert(give && !give->away);
    for (uint32_t i = 0; i < give->count; i++)
        act_send_future_away(out, give->holders[i].proc, &(struct msg_future_away){id, value});
    index_remove(&g->index, id.slot);
    give->away = true;
}

void gives_on_read(struct gives *g, uint32_t from, const struct msg_future_read *m,
                   struct actions *out)
{
    struct give *give = known(g, m->id);
    struct holder *h = give && give->away ? holder_of(give, from) : NULL;
    if (!h)
        return;
    *h = give->holders[--give->count];
    end_if_unheld(g, give, out);
}

void gives_on_end(struct gives *g, uint32_t from, const struct msg_borrow_end *m,
                  struct actions *out)
{
    struct give *give = known(g, m->id);
    struct holder *h = give && !give->away ? holder_of(give, from) : NULL;
    if (!h)
        return;
    h->names -= m->names < h->names ? m->names : h->names;
    if (h->names > 0)
        return;
    *h = give->holders[--give->count];
    end_if_unheld(g, give, out);
}

void gives_on_death(struct gives *g, uint32_t dead, struct actions *out)
{
    for (uint32_t slot = 0; slot < g->count; slot++) {
        struct give *give = &g->list[slot];
        uint32_t before = give->count;
        for (uint32_t i = 0; give->record && i < give->count;)
            if (id_ends_with(give->holders[i].proc, dead))
                give->holders[i] = give->holders[--give->count];
            else
                i++;
        if (give->record && give->count < before)
            end_if_unheld(g, give, out);
    }
}

void gives_end(struct gives *g, struct actions *out)
{
    for (uint32_t slot = 0; slot < g->count; slot++) {
        struct give *give = &g->list[slot];
        give->count = 0;
        if (give->record)
            end_if_unheld(g, give, out);
    }
}

void gives_free(struct gives *g)
{
    for (uint32_t slot = 0; slot < g->count; slot++)
        free(g->list[slot].holders);
    free(g->list);
    index_free(&g->index);
    *g = (struct gives){0};
}

/* ---- of others ---- */

static uint64_t id_key(struct object_id id)
{
    return ((uint64_t)id.owner << 32 | id.slot) + ((uint64_t)id.generation << 40);
}

struct take *takes_find(const struct takes *t, struct object_id id)
{
    for (uint32_t at = index_first(&t->index, id_key(id)); at; at = t->index.chain[at - 1])
        if (object_same(t->list[at - 1].name.id, id))
            return &t->list[at - 1];
    return NULL;
}

static struct take *open_take(struct takes *t, const struct future_name *name)
{
    uint32_t slot = t->free ? t->free - 1 : t->count;
    list_grow(t->list, slot, t->room);
    if (t->free)
        t->free = t->list[slot].next;
    else
        t->count++;
    t->list[slot] = (struct take){.name = *name, .used = true};
    t->live++;
    index_put(&t->index, slot, id_key(name->id));
    return &t->list[slot];
}

struct take *takes_name(struct takes *t, const struct future_name *name)
{
    struct take *take = takes_find(t, name->id);
    if (!take)
        take = open_take(t, name);
    take->names++;
    take->unread++;
    return take;
}

static void close_take(struct takes *t, struct take *take, struct actions *out)
{
    uint32_t slot = (uint32_t)(take - t->list);
    act_add(out, ACT_UNTAKE)->handle = take->handle;
    index_remove(&t->index, slot);
    *take = (struct take){.next = t->free};
    t->free = slot + 1;
    t->live--;
}

void takes_read(struct takes *t, struct object_id id, struct actions *out)
{
    struct take *take = takes_find(t, id);
    if (!take || take->unread == 0)
        return;
    if (--take->unread == 0 && take->done)
        close_take(t, take, out);
}

/* The proxy is to be completed. */
static struct action *settle(struct take *take, uint32_t from, struct bytes value,
                             struct actions *out)
{
    struct action *act = act_add(out, ACT_SETTLE);
    act->handle = take ? take->handle : NULL;
    act->proc = from;
    act->bytes = value;
    if (take) {
        take->done = true;
        take->lost = value.len == 0;
    }
    return act;
}

/* `answer`: its provider waits until it has been read. */
static void on_value(struct takes *t, uint32_t from, struct object_id id, struct bytes value,
                     bool answer, struct actions *out)
{
    struct take *take = id.owner == from ? takes_find(t, id) : NULL;
    if (take && take->done)
        take = NULL;
    struct action *act = settle(take, from, value, out);
    act->id = id;
    act->slot = answer;
    if (take && take->unread == 0)
        close_take(t, take, out);
}

void takes_on_result(struct takes *t, uint32_t from, const struct msg_future_result *m,
                     struct actions *out)
{
    on_value(t, from, m->id, m->value, false, out);
}

void takes_lost(struct takes *t, struct object_id id)
{
    struct take *take = takes_find(t, id);
    if (take)
        take->lost = true;
}

void takes_on_away(struct takes *t, uint32_t from, const struct msg_future_away *m,
                   struct actions *out)
{
    on_value(t, from, m->id, m->value, true, out);
}

/* Messages of the dead are not read any more. */
void takes_on_death(struct takes *t, uint32_t dead, struct actions *out)
{
    for (uint32_t slot = 0; slot < t->count; slot++) {
        struct take *take = &t->list[slot];
        if (!take->used || !id_ends_with(take->name.id.owner, dead))
            continue;
        if (!take->done)
            settle(take, take->name.id.owner, (struct bytes){0}, out);
        close_take(t, take, out);
    }
}

void takes_sweep(struct takes *t, bool (*is_unused)(void *handle), struct actions *out)
{
    for (uint32_t slot = 0; slot < t->count; slot++) {
        struct take *take = &t->list[slot];
        if (!take->used || take->done || take->unread || !is_unused(take->handle))
            continue;
        act_send_borrow_end(out, take->name.id.owner,
                            &(struct msg_borrow_end){take->name.id, take->names});
        close_take(t, take, out);
    }
}

void takes_lose(struct takes *t, struct actions *out)
{
    for (uint32_t slot = 0; slot < t->count; slot++) {
        struct take *take = &t->list[slot];
        if (!take->used || take->done)
            continue;
        settle(take, take->name.id.owner, (struct bytes){0}, out);
        if (take->unread == 0)
            close_take(t, take, out);
    }
}

void takes_end(struct takes *t, struct actions *out)
{
    for (uint32_t slot = 0; slot < t->count; slot++)
        if (t->list[slot].used)
            close_take(t, &t->list[slot], out);
}

void takes_free(struct takes *t)
{
    free(t->list);
    index_free(&t->index);
    *t = (struct takes){0};
}
