/* depot.c - simulated stores, and messages that name blobs in them: what runtime/loan.c and
 * node_store.c do with memory, with a tag in place of the bytes. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* ---- stores: regions of all nodes ---- */

static struct region *region_new(struct world *w, uint32_t node, uint64_t len, uint64_t tag)
{
    struct region *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    *r = (struct region){
        .next = w->regions, .node = node, .offset = w->offsets, .len = len, .tag = tag};
    w->offsets += len;
    w->regions = r;
    return r;
}

static struct region *region_at(struct world *w, uint32_t node, uint64_t offset)
{
    for (struct region *r = w->regions; r; r = r->next)
        if (r->node == node && offset >= r->offset && offset < r->offset + r->len)
            return r;
    return NULL;
}

static void region_free(struct world *w, struct region *gone)
{
    struct region **at = &w->regions;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    free(gone);
}

/* A worker's memory is the node's again; copies in it are freed by what the tables say. */
void depot_forget(struct world *w, uint32_t worker)
{
    for (struct region *r = w->regions, *next; r; r = next) {
        next = r->next;
        if (r->worker == worker)
            region_free(w, r);
    }
}

void depot_close(struct world *w)
{
    while (w->regions)
        region_free(w, w->regions);
}

/* ---- out ---- */

struct bytes depot_wrap(struct world *w, struct process *p, uint32_t to, uint64_t tag,
                        const void *data, size_t len)
{
    static struct buffer message;
    buffer_clear(&message);
    buffer_u32(&message, program_is_large(tag) ? 1 : 0);
    if (program_is_large(tag)) {
        struct region *r = region_new(w, id_node(p->proc), 100 + tag % 5000, tag);
        r->worker = p->proc;
        const struct blob *blob = blobs_add(&p->worker.blobs, r, r->offset, r->len);
        blob_write(&message, &blob->name);
        blobs_lend(&p->worker.blobs, blob->name.id, to);
    }
    buffer_append(&message, data, len);
    return buffer_bytes(&message);
}

/* The same message goes to one more. */
void depot_lend_also(struct process *p, uint32_t to, struct bytes message)
{
    struct reader r = reader_of(message);
    if (reader_u32(&r))
        blobs_lend(&p->worker.blobs, blob_read(&r).id, to);
}

static bool is_ours(void *handle)
{
    (void)handle; /* a new message makes a new blob */
    return true;
}

void depot_sweep(struct process *p)
{
    blobs_sweep(&p->worker.blobs, is_ours, &p->actions);
}

/* ---- in ---- */

static struct bytes message_of(struct bytes row)
{
    struct msg m;
    if (!wire_read(row, &m))
        abort();
    return m.kind == MSG_task_push       ? m.task_push.args
           : m.kind == MSG_task_result   ? m.task_result.result
           : m.kind == MSG_future_result ? m.future_result.value
                                         : (struct bytes){0};
}

/* What a message holds behind the names of its blobs. */
struct bytes depot_data(struct bytes message)
{
    struct reader r = reader_of(message);
    if (reader_u32(&r))
        blob_read(&r);
    return (struct bytes){r.at, reader_left(&r)};
}

bool depot_hold(struct process *p, uint32_t from, struct bytes row)
{
    struct reader r = reader_of(message_of(row));
    if (reader_left(&r) == 0 || reader_u32(&r) == 0)
        return false;
    struct blob_name name = blob_read(&r);
    if (copies_want(&p->worker.copies, &name, name.id.owner == from, &p->actions)->state != COPY_COMING)
        return false;
    struct held_row *h = malloc(sizeof *h + row.len);
    if (!h)
        abort();
    *h = (struct held_row){p->held, from, row.len};
    memcpy(h->row, row.at, row.len);
    p->held = h;
    return true;
}

/* Rows that do not wait any more, as a list. */
struct held_row *depot_take(struct process *p)
{
    struct held_row *ready = NULL;
    for (struct held_row **at = &p->held; *at;) {
        struct held_row *h = *at;
        struct reader r = reader_of(message_of((struct bytes){h->row, h->len}));
        reader_u32(&r);
        struct blob_name name = blob_read(&r);
        const struct copy *copy = copies_find(&p->worker.copies, name.id);
        if (copy && copy->state == COPY_COMING) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        h->next = ready;
        ready = h;
    }
    return ready;
}

/* What a message holds behind its names. The blob's content must be that of `tag`; it is viewed for
 * a moment, and the loan ends. False: it cannot be had. */
bool depot_unwrap(struct world *w, struct process *p, uint32_t from, struct bytes message,
                  struct bytes *data, uint64_t *content)
{
    struct reader r = reader_of(message);
    uint32_t count = reader_u32(&r);
    *content = 0;
    bool here = true;
    if (count) {
        struct blob_name name = blob_read(&r);
        struct copy *copy = copies_find(&p->worker.copies, name.id);
        here = copy && copy->state == COPY_HERE;
        if (here) {
            struct region *region = region_at(w, id_node(p->proc), copy->offset);
            if (!region || region->filled != name.len)
                abort();
            *content = region->tag;
            copy_view(copy);
            copies_unview(&p->worker.copies, name.id, &p->actions);
        }
        act_send_object_done(&p->actions, from, &(struct msg_object_done){name.id});
    }
    *data = (struct bytes){r.at, reader_left(&r)};
    return here;
}

/* ---- a node ---- */

static void read_out(struct world *w, struct process *p, const struct action *a)
{
    static const uint8_t nothing[1024];
    if (a->id.owner != p->node.grants.worker)
        return;
    struct region *r = region_at(w, id_node(p->proc), a->offset);
    if (!r) /* asked for a worker that died meanwhile, with whose loan the blob ended */
        return;
    if (a->offset + a->len > r->offset + r->len || a->len > sizeof nothing)
        abort();
    uint8_t bytes[sizeof nothing];
    memcpy(bytes, nothing, sizeof bytes);
    memcpy(bytes, &r->tag, a->len < sizeof r->tag ? a->len : sizeof r->tag);
    act_send_object_chunk(&p->actions, a->proc,
                          &(struct msg_object_chunk){a->id, a->at, {bytes, a->len}});
}

void depot_act(struct world *w, struct process *p, const struct action *a)
{
    struct region *r;
    if (a->kind == ACT_DISPOSE) {
        region_free(w, a->handle);
    } else if (a->kind == ACT_PULL) {
        r = region_new(w, id_node(p->proc), a->len, 0);
        node_tables_pull(&p->node, a, r->offset, &p->actions);
    } else if (a->kind == ACT_STORE) {
        r = region_at(w, id_node(p->proc), a->offset);
        if (!r || r->offset + r->filled != a->offset)
            abort();
        size_t some = a->bytes.len < sizeof r->tag ? a->bytes.len : sizeof r->tag;
        if (r->filled == 0)
            memcpy(&r->tag, a->bytes.at, some);
        else if (memcmp(&r->tag, a->bytes.at, some) != 0)
            abort();
        r->filled += a->bytes.len;
    } else if (a->kind == ACT_READ) {
        read_out(w, p, a);
    } else if (a->kind == ACT_RECLAIM) {
        r = region_at(w, id_node(p->proc), a->offset);
        if (!r)
            abort();
        region_free(w, r);
    }
}
