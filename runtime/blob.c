/* blob.c - a worker's blobs: what it lends, and copies of what it was lent. */
#include "blob.h"

#include <assert.h>
#include <stdlib.h>

#include "list.h"

void blob_write(struct buffer *b, const struct blob_name *n)
{
    object_write(b, n->id);
    buffer_u64(b, n->offset);
    buffer_u64(b, n->len);
}

struct blob_name blob_read(struct reader *r)
{
    struct blob_name n;
    n.id = object_read(r);
    n.offset = reader_u64(r);
    n.len = reader_u64(r);
    return n;
}

/* ---- ours ---- */

const struct blob *blobs_find(const struct blobs *b, const void *handle, uint64_t len,
                              uint64_t offset)
{
    for (uint32_t i = 0; i < b->count; i++) {
        const struct blob *blob = &b->list[i];
        if (blob->handle == handle && blob->name.len == len && blob->name.offset == offset)
            return blob;
    }
    return NULL;
}

static uint32_t open_slot(struct blobs *b)
{
    b->live++;
    if (b->free) {
        uint32_t slot = b->free - 1;
        b->free = b->list[slot].next;
        return slot;
    }
    list_grow(b->list, b->count, b->room);
    b->list[b->count] = (struct blob){0};
    return b->count++;
}

const struct blob *blobs_add(struct blobs *b, void *handle, uint64_t offset, uint64_t len)
{
    uint32_t slot = open_slot(b);
    struct blob *blob = &b->list[slot];
    blob->generation++;
    blob->handle = handle;
    blob->name = (struct blob_name){{b->self, slot, blob->generation}, offset, len};
    blob->loan_count = 0;
    return blob;
}

static struct blob *known(struct blobs *b, struct object_id id)
{
    struct blob *blob = id.owner == b->self && id.slot < b->count ? &b->list[id.slot] : NULL;
    return blob && blob->handle && blob->generation == id.generation ? blob : NULL;
}

const struct blob *blobs_get(const struct blobs *b, struct object_id id)
{
    return known((struct blobs *)b, id);
}

static struct loan *loan_of(struct blob *blob, uint32_t proc)
{
    for (uint32_t i = 0; i < blob->loan_count; i++)
        if (blob->loans[i].proc == proc)
            return &blob->loans[i];
    return NULL;
}

void blobs_lend(struct blobs *b, struct object_id id, uint32_t proc)
{
    struct blob *blob = known(b, id);
    assert(blob);
    struct loan *loan = loan_of(blob, proc);
    if (!loan) {
        list_grow(blob->loans, blob->loan_count, blob->loan_room);
        loan = &blob->loans[blob->loan_count++];
        *loan = (struct loan){proc, 0};
    }
    loan->count++;
}

void blobs_on_done(struct blobs *b, uint32_t from, const struct msg_object_done *m)
{
    struct blob *blob = known(b, m->id);
    struct loan *loan = blob ? loan_of(blob, from) : NULL;
    if (loan && loan->count)
        loan->count--;
}

void blobs_on_death(struct blobs *b, uint32_t dead)
{
    for (uint32_t i = 0; i < b->count; i++) {
        struct blob *blob = &b->list[i];
        for (uint32_t k = 0; blob->handle && k < blob->loan_count;)
            if (id_ends_with(blob->loans[k].proc, dead))
                blob->loans[k] = blob->loans[--blob->loan_count];
            else
                k++;
    }
}

static bool is_lent(const struct blob *blob)
{
    for (uint32_t i = 0; i < blob->loan_count; i++)
        if (blob->loans[i].count)
            return true;
    return false;
}

static void end(struct blobs *b, struct blob *blob, struct actions *out)
{
    for (uint32_t i = 0; i < blob->loan_count; i++)
        act_send_object_free(out, blob->loans[i].proc, &(struct msg_object_free){blob->name.id});
    act_add(out, ACT_DISPOSE)->handle = blob->handle;
    blob->handle = NULL;
    blob->next = b->free;
    b->free = blob->name.id.slot + 1;
    b->live--;
}

void blobs_sweep(struct blobs *b, bool (*is_ours)(void *handle), struct actions *out)
{
    for (uint32_t i = 0; i < b->count; i++) {
        struct blob *blob = &b->list[i];
        if (blob->handle && !is_lent(blob) && is_ours(blob->handle))
            end(b, blob, out);
    }
}

void blobs_end(struct blobs *b, struct actions *out)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (b->list[i].handle)
            end(b, &b->list[i], out);
}

void blobs_free(struct blobs *b)
{
    for (uint32_t i = 0; i < b->count; i++)
        free(b->list[i].loans);
    free(b->list);
    *b = (struct blobs){0};
}

/* ---- theirs ---- */

struct copy *copies_find(struct copies *c, struct object_id id)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (c->list[i].state != COPY_NONE && object_same(c->list[i].name.id, id))
            return &c->list[i];
    return NULL;
}

static struct copy *new_copy(struct copies *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (c->list[i].state == COPY_NONE)
            return &c->list[i];
    list_grow(c->list, c->count, c->room);
    return &c->list[c->count++];
}

struct copy *copies_want(struct copies *c, const struct blob_name *name, bool lent,
                         struct actions *out)
{
    struct copy *copy = copies_find(c, name->id);
    if (copy) {
        copy->over &= !lent;
        return copy;
    }
    copy = new_copy(c);
    *copy = (struct copy){.state = COPY_COMING, .name = *name, .over = !lent};
    c->fetched += name->len;
    act_send_object_pull(out, c->node,
                         &(struct msg_object_pull){name->id, name->offset, name->len});
    return copy;
}

/* Nobody needs the copy: the node has its place back. */
static void let_go(struct copies *c, struct copy *copy, struct actions *out)
{
    if (copy->state == COPY_HERE)
        act_send_object_drop(out, c->node, &(struct msg_object_drop){copy->name.id});
    *copy = (struct copy){0};
}

void copies_on_here(struct copies *c, const struct msg_object_here *m)
{
    struct copy *copy = copies_find(c, m->id);
    if (!copy || copy->state != COPY_COMING)
        return;
    copy->state = COPY_HERE;
    copy->offset = m->offset;
}

void copies_on_lost(struct copies *c, const struct msg_object_lost *m)
{
    struct copy *copy = copies_find(c, m->id);
    if (copy && copy->state == COPY_COMING)
        copy->state = COPY_LOST;
}

void copies_on_free(struct copies *c, uint32_t from, const struct msg_object_free *m,
                    struct actions *out)
{
    struct copy *copy = from == m->id.owner ? copies_find(c, m->id) : NULL;
    if (!copy)
        return;
    copy->over = true;
    if (copy->views == 0 && copy->state != COPY_COMING)
        let_go(c, copy, out);
}

void copy_view(struct copy *copy)
{
    assert(copy->state == COPY_HERE);
    copy->views++;
}

void copies_unview(struct copies *c, struct object_id id, struct actions *out)
{
    struct copy *copy = copies_find(c, id);
    assert(copy && copy->views > 0);
    if (--copy->views == 0 && copy->over)
        let_go(c, copy, out);
}

void copies_on_death(struct copies *c, uint32_t dead, struct actions *out)
{
    for (uint32_t i = 0; i < c->count; i++) {
        struct copy *copy = &c->list[i];
        if (copy->state == COPY_NONE || !id_ends_with(copy->name.id.owner, dead))
            continue;
        copy->over = true;
        if (copy->state == COPY_COMING)
            act_send_object_drop(out, c->node, &(struct msg_object_drop){copy->name.id});
        if (copy->views == 0)
            let_go(c, copy, out);
    }
}

void copies_sweep(struct copies *c, bool (*is_awaited)(struct object_id), struct actions *out)
{
    for (uint32_t i = 0; i < c->count; i++) {
        struct copy *copy = &c->list[i];
        bool ends = copy->over && copy->views == 0 &&
                    (copy->state == COPY_HERE || copy->state == COPY_LOST);
        if (ends && !is_awaited(copy->name.id))
            let_go(c, copy, out);
    }
}

void copies_free(struct copies *c)
{
    free(c->list);
    *c = (struct copies){0};
}
