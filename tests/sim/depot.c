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

/* `lent`: what it reads of others' answers is named first, a blob each; NULL: nothing. */
struct bytes depot_wrap(struct world *w, struct process *p, uint32_t to, uint64_t tag,
                        const struct record *lent, const void *data, size_t len)
{
    static struct buffer message;
    uint32_t relayed = lent ? lent->read_count : 0;
    buffer_clear(&message);
    buffer_u32(&message, program_is_large(tag) + relayed);
    for (uint32_t i = 0; i < relayed; i++) {
        const struct held_row *stash = lent->reads[i]->stash;
        struct reader r = reader_of(depot_message((struct bytes){stash->row, stash->len}));
        if (reader_u32(&r) != 1)
            abort();
        struct blob_name name = blob_read(&r);
        blob_write(&message, &name);
    }
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

/* ---- in ---- */

struct bytes depot_message(struct bytes row)
{
    struct msg m;
    if (!wire_read(row, &m))
        abort();
    return m.kind == MSG_task_push       ? m.task_push.args
           : m.kind == MSG_task_result   ? m.task_result.result
           : m.kind == MSG_future_result ? m.future_result.value
           : m.kind == MSG_future_away   ? m.future_away.value
                                         : (struct bytes){0};
}

/* What a message holds behind the names of its blobs. */
struct bytes depot_data(struct bytes message)
{
    struct reader r = reader_of(message);
    for (uint32_t n = reader_u32(&r); n; n--)
        blob_read(&r);
    return (struct bytes){r.at, reader_left(&r)};
}

struct held_row *depot_row(uint32_t from, struct bytes row)
{
    struct held_row *h = malloc(sizeof *h + row.len);
    if (!h)
        abort();
    *h = (struct held_row){NULL, from, row.len};
    memcpy(h->row, row.at, row.len);
    return h;
}

static bool is_coming(struct process *p, uint32_t from, const struct blob_name *name)
{
    uint32_t owner = name->id.owner;
    const struct member *member = members_find(&p->worker.members, owner);
    if (owner == p->proc || (owner != from && (!member || member->out)))
        return false;
    return copies_want(&p->worker.copies, name, owner == from, &p->actions)->state == COPY_COMING;
}

bool depot_hold(struct process *p, uint32_t from, struct bytes row)
{
    struct reader r = reader_of(depot_message(row));
    bool coming = false;
    if (reader_left(&r) == 0)
        return false;
    for (uint32_t n = reader_u32(&r); n; n--) {
        struct blob_name name = blob_read(&r);
        coming |= is_coming(p, from, &name);
    }
    if (!coming)
        return false;
    struct held_row *h = depot_row(from, row);
    h->next = p->held;
    p->held = h;
    return true;
}

/* A row that is held names it; with a NULL id: any that is still on its way. */
static bool names(struct process *p, const struct held_row *h, const struct object_id *id)
{
    struct reader r = reader_of(depot_message((struct bytes){h->row, h->len}));
    for (uint32_t n = reader_u32(&r); n; n--) {
        struct blob_name name = blob_read(&r);
        const struct copy *copy = copies_find(&p->worker.copies, name.id);
        if (id ? object_same(name.id, *id) : copy && copy->state == COPY_COMING)
            return true;
    }
    return false;
}

/* Rows that do not wait any more, as a list. */
struct held_row *depot_take(struct process *p)
{
    struct held_row *ready = NULL;
    for (struct held_row **at = &p->held; *at;) {
        struct held_row *h = *at;
        if (names(p, h, NULL)) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        h->next = ready;
        ready = h;
    }
    return ready;
}

/* The content of a blob, viewed for a moment. False: it cannot be had. */
static bool look(struct world *w, struct process *p, const struct blob_name *name,
                 uint64_t *content)
{
    if (name->id.owner == p->proc) {
        const struct blob *blob = blobs_get(&p->worker.blobs, name->id);
        if (!blob) /* whoever sent it keeps a loan */
            abort();
        *content = ((struct region *)blob->handle)->tag;
        return true;
    }
    struct copy *copy = copies_find(&p->worker.copies, name->id);
    if (!copy || copy->state != COPY_HERE)
        return false;
    struct region *region = region_at(w, id_node(p->proc), copy->offset);
    if (!region || region->filled != name->len)
        abort();
    *content = region->tag;
    copy_view(copy);
    copies_unview(&p->worker.copies, name->id, &p->actions);
    return true;
}

/* What a message holds behind its names, and the contents of its blobs, the last of which is its
 * sender's if that lent one. False: they cannot be had. */
bool depot_unwrap(struct world *w, struct process *p, struct bytes message, struct bytes *data,
                  struct contents *contents)
{
    struct reader r = reader_of(message);
    bool here = true;
    *contents = (struct contents){.count = reader_u32(&r)};
    if (contents->count > INPUTS_MOST + 1)
        abort();
    for (uint32_t i = 0; i < contents->count; i++) {
        struct blob_name name = blob_read(&r);
        here &= look(w, p, &name, &contents->tags[i]);
    }
    *data = (struct bytes){r.at, reader_left(&r)};
    return here;
}

void depot_end_loans(struct process *p, uint32_t from, struct bytes message)
{
    struct reader r = reader_of(message);
    for (uint32_t n = reader_u32(&r); n; n--) {
        struct blob_name name = blob_read(&r);
        if (name.id.owner == from)
            act_send_object_done(&p->actions, from, &(struct msg_object_done){name.id});
    }
}

static struct process *swept;

static bool is_awaited(struct object_id id)
{
    for (const struct held_row *h = swept->held; h; h = h->next)
        if (names(swept, h, &id))
            return true;
    return false;
}

void depot_sweep(struct process *p)
{
    blobs_sweep(&p->worker.blobs, is_ours, &p->actions);
    swept = p;
    copies_sweep(&p->worker.copies, is_awaited, &p->actions);
}

/* ---- a node ---- */

static void read_out(struct world *w, struct process *p, const struct action *a)
{
    static const uint8_t nothing[1024];
    if (a->id.owner != p->node.grants.worker)
        return;
    /* It may be asked for a worker that died meanwhile, with whose loan the blob ended: what lies
     * there now, another blob or nothing, is sent all the same. */
    struct region *r = region_at(w, id_node(p->proc), a->offset);
    if (a->len > sizeof nothing)
        abort();
    uint8_t bytes[sizeof nothing];
    memcpy(bytes, nothing, sizeof bytes);
    if (r && a->offset + a->len <= r->offset + r->len)
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
            r->tag = 0; /* the blob ended meanwhile: no value is to be read from this */
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
