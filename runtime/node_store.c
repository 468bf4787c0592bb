/* node_store.c - between the actions of a node's tables and its memory. */
#include "node_store.h"

#include <stdio.h>
#include <string.h>

#include "block.h"
#include "error.h"
#include "heap.h"
#include "store.h"

static struct {
    uint32_t self;
    struct store_memory memory;
    struct store *table; /* NULL: no store */
    struct heap heap;    /* of copies */
} ns = {.memory.fd = -1};

/* ---- where the heap's extents come from: the own table ---- */

static bool more(void *user, uint64_t bytes, struct store_extent *out)
{
    (void)user;
    return store_grant(ns.table, ns.self, bytes, out);
}

static void less(void *user, struct store_extent extent)
{
    (void)user;
    bool had = store_take_back(ns.table, ns.self, extent.offset);
    (void)had;
}

static const struct heap_source source = {NULL, more, less};

const char *node_store_open(uint32_t self, uint64_t bytes)
{
    static char why[256];
    if (bytes == 0)
        return NULL;
    struct dfl_error *e = store_memory_open(&ns.memory, bytes);
    if (e) {
        snprintf(why, sizeof why, "%.*s; DFL_STORE=BYTES asks for less, 0 for none",
                 (int)e->message.len, (const char *)e->message.ptr);
        dfl_error_release(e);
        return why;
    }
    ns.self = self;
    ns.table = store_open(ns.memory.size);
    heap_open(&ns.heap, &ns.memory, &source);
    return NULL;
}

int node_store_fd(void)
{
    return ns.memory.fd;
}

/* ---- actions ---- */

static void grant(const struct action *a, struct actions *out)
{
    struct store_extent extent = {0};
    if (!store_grant(ns.table, a->proc, a->len, &extent)) {
        heap_trim(&ns.heap);
        if (!store_grant(ns.table, a->proc, a->len, &extent))
            extent.bytes = 0;
    }
    act_send_store_extent(out, a->proc, &(struct msg_store_extent){extent.offset, extent.bytes});
}

static void pull(struct node_tables *t, const struct action *a, struct actions *out)
{
    void *place = a->len ? heap_alloc(&ns.heap, a->len) : NULL;
    if (place)
        node_tables_pull(t, a, heap_offset(&ns.heap, place), out);
    else
        act_send_object_lost(out, a->proc, &(struct msg_object_lost){a->id});
}

/* Only what the worker lends that runs now: of a dead one the bytes may be another's already. */
static void read_out(const struct node_tables *t, const struct action *a, struct actions *out)
{
    if (a->id.owner != t->grants.worker || a->offset > ns.memory.size ||
        a->len > ns.memory.size - a->offset)
        return;
    struct bytes bytes = {(const uint8_t *)ns.memory.base + a->offset, a->len};
    act_send_object_chunk(out, a->proc, &(struct msg_object_chunk){a->id, a->at, bytes});
}

static void give_back(const struct action *a)
{
    bool had = store_take_back(ns.table, a->proc, a->offset);
    (void)had;
}

bool node_store_act(struct node_tables *t, const struct action *a, struct actions *out)
{
    bool is_ours = a->kind == ACT_MORE || a->kind == ACT_LESS || a->kind == ACT_PULL ||
                   a->kind == ACT_STORE || a->kind == ACT_READ || a->kind == ACT_RECLAIM;
    if (!is_ours || !ns.table)
        return is_ours;
    if (a->kind == ACT_MORE)
        grant(a, out);
    else if (a->kind == ACT_LESS)
        give_back(a);
    else if (a->kind == ACT_PULL)
        pull(t, a, out);
    else if (a->kind == ACT_STORE)
        memcpy(ns.memory.base + a->offset, a->bytes.at, a->bytes.len);
    else if (a->kind == ACT_READ)
        read_out(t, a, out);
    else
        heap_free(&ns.heap, heap_at(&ns.heap, a->offset));
    return true;
}

void node_store_worker_died(uint32_t worker)
{
    if (ns.table)
        store_owner_died(ns.table, worker);
}

void node_store_close(void)
{
    if (!ns.table)
        return;
    heap_close(&ns.heap);
    store_close(ns.table);
    store_memory_close(&ns.memory);
    ns.table = NULL;
}
