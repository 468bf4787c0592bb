/* loan.c - values in the store: naming them, keeping them, viewing them. */
#include "loan.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "heap.h"
#include "list.h"
#include "value.h"

enum {
    SWEEP_NS = 5000000,  /* between looks for blobs that nobody needs */
    FULL_NS = 500000000, /* the store is full: not asked again before */
    FIRST_NS = 20000000, /* an extent before any is needed, but not for the shortest programs */
    NAMES_MOST = 1 << 16,
};

/* In the number of a message's blobs: the last of them is what follows their names. */
#define BODY (UINT32_C(1) << 31)

/* What keeps the bytes of a blob: the block that they belong to, and a copy of them in the store if
 * they were not there. */
struct kept {
    struct dfl_block *block; /* NULL: they are only in the store */
    const void *at;
    uint64_t len;
    void *place; /* NULL: the bytes are in the store as they are */
    struct kept *next;
};

struct held {
    struct held *next;
    uint32_t from;
    size_t len;
    uint8_t row[];
};

/* What threads leave for the role. */
struct ended {
    struct ended *next;
    struct object_id id;
};

struct spare {
    struct spare *next;
    struct store_extent extent;
};

static struct {
    bool on;
    struct worker_tables *tables;
    void (*poke)(void);
    struct store_memory memory;
    struct heap heap;

    /* the role's holder */
    struct kept *kept;
    struct blob_name *out, *in; /* of the message that is written, that is read */
    uint32_t out_count, out_room, in_count, in_room;
    bool out_body, in_body; /* the last of them is what the message holds */
    struct buffer message;
    struct held *held, *delivered; /* delivered ones live until the next step */
    int64_t sweep_at, ask_at;
    bool asked;

    /* any thread */
    pthread_mutex_t lock;
    uint64_t wanted; /* bytes that the heap had no place for */
    struct ended *ended;
    struct spare *spare;
} loan = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *alloc(size_t bytes)
{
    void *p = malloc(bytes);
    if (!p)
        block_exhausted(bytes);
    return p;
}

/* ---- the heap ---- */

static bool more(void *user, uint64_t bytes, struct store_extent *out)
{
    (void)user;
    (void)out;
    pthread_mutex_lock(&loan.lock);
    if (bytes > loan.wanted)
        loan.wanted = bytes;
    pthread_mutex_unlock(&loan.lock);
    loan.poke();
    return false;
}

static void less(void *user, struct store_extent extent)
{
    struct spare *s = alloc(sizeof *s);
    (void)user;
    s->extent = extent;
    pthread_mutex_lock(&loan.lock);
    s->next = loan.spare;
    loan.spare = s;
    pthread_mutex_unlock(&loan.lock);
    loan.poke();
}

static const struct heap_source source = {NULL, more, less};

static void *large_alloc(uint64_t bytes)
{
    return heap_alloc(&loan.heap, bytes);
}

static void large_free(void *at)
{
    heap_free(&loan.heap, at);
}

static bool large_grow(void *at, uint64_t bytes)
{
    return heap_grow(&loan.heap, at, bytes);
}

static uint64_t large_room(void *at)
{
    return heap_room(&loan.heap, at);
}

const char *loan_open(const struct process_part *part, struct worker_tables *tables,
                      void (*poke)(void))
{
    static struct block_large large = {
        .alloc = large_alloc, .free = large_free, .grow = large_grow, .room = large_room};
    if (part->store < 0)
        return NULL;
    struct dfl_error *e = store_memory_attach(&loan.memory, part->store);
    if (e) {
        dfl_error_release(e);
        return "cannot map the memory of its node";
    }
    loan.on = true;
    loan.tables = tables;
    loan.poke = poke;
    loan.wanted = STORE_EXTENT;
    loan.ask_at = clock_now() + FIRST_NS;
    heap_open(&loan.heap, &loan.memory, &source);
    large.base = (uintptr_t)loan.memory.base;
    large.size = loan.memory.size;
    block_set_large(&large);
    return NULL;
}

/* ---- out ---- */

static struct kept *find_kept(const struct dfl_view *view, uint64_t len)
{
    for (struct kept *k = loan.kept; k; k = k->next)
        if (k->block == view->block && k->at == view->ptr && k->len == len)
            return k;
    return NULL;
}

static struct kept *new_kept(struct dfl_block *block, const void *at, uint64_t len, void *place)
{
    struct kept *k = alloc(sizeof *k);
    *k = (struct kept){block, at, len, place, loan.kept};
    loan.kept = k;
    return k;
}

/* The bytes of a view, in the store, and what keeps them there. NULL: there is no place. */
static struct kept *keep(const struct dfl_view *view, uint64_t len)
{
    struct kept *k = find_kept(view, len);
    if (k)
        return k;
    void *place = NULL;
    if (!heap_contains(&loan.heap, view->ptr)) {
        place = heap_alloc(&loan.heap, len);
        if (!place)
            return NULL;
        memcpy(place, view->ptr, len);
    }
    dfl_block_retain(view->block);
    return new_kept(view->block, view->ptr, len, place);
}

static void add_name(const struct blob_name *name)
{
    list_grow(loan.out, loan.out_count, loan.out_room);
    loan.out[loan.out_count++] = *name;
}

static bool name_large(void *user, const struct dfl_type *elem, const struct dfl_view *view,
                       struct encoder *e)
{
    uint64_t len = (uint64_t)view->len * elem->size;
    (void)user;
    if (!loan.on || !view->block || loan.out_count == NAMES_MOST)
        return false;
    struct kept *k = keep(view, len);
    if (!k)
        return false;
    uint64_t offset = heap_offset(&loan.heap, k->place ? k->place : k->at);
    const struct blob *blob = blobs_find(&loan.tables->blobs, k, len, offset);
    if (!blob)
        blob = blobs_add(&loan.tables->blobs, k, offset, len);
    add_name(&blob->name);
    return encode_number(e, loan.out_count - 1);
}

const struct encode_hooks loan_encode_hooks = {.large = name_large, .large_bytes = BLOCK_LARGE};

void loan_begin(void)
{
    loan.out_count = 0;
    loan.out_body = false;
}

void loan_put_body(struct encoder *e)
{
    bool fits = loan.on && e->len >= LOAN_BODY && loan.out_count < NAMES_MOST;
    void *place = fits ? heap_alloc(&loan.heap, e->len) : NULL;
    if (!place)
        return;
    memcpy(place, e->bytes, e->len);
    add_name(&blobs_add(&loan.tables->blobs, new_kept(NULL, place, e->len, place),
                        heap_offset(&loan.heap, place), e->len)
                  ->name);
    loan.out_body = true;
    e->len = 0;
}

size_t loan_front(void)
{
    return sizeof(uint32_t) + (size_t)loan.out_count * BLOB_NAME;
}

struct bytes loan_message(struct bytes front, const struct encoder *e)
{
    buffer_clear(&loan.message);
    buffer_u32(&loan.message, loan.out_count | (loan.out_body ? BODY : 0));
    for (uint32_t i = 0; i < loan.out_count; i++)
        blob_write(&loan.message, &loan.out[i]);
    buffer_append(&loan.message, front.at, front.len);
    buffer_append(&loan.message, e->bytes, e->len);
    return buffer_bytes(&loan.message);
}

void loan_send(uint32_t proc)
{
    for (uint32_t i = 0; i < loan.out_count; i++)
        if (loan.out[i].id.owner == loan.tables->self)
            blobs_lend(&loan.tables->blobs, loan.out[i].id, proc);
}

/* ---- in ---- */

/* Reads the names at the front of a message to `loan.in`. False: it has no such front. */
static bool read_names(struct reader *r)
{
    uint32_t count = reader_u32(r);
    loan.in_count = 0;
    loan.in_body = count & BODY;
    count &= ~BODY;
    if (r->failed || count > reader_left(r) / BLOB_NAME || (loan.in_body && count == 0))
        return false;
    if (count > loan.in_room) {
        loan.in_room = count;
        loan.in = list_resize(loan.in, count, sizeof *loan.in);
    }
    for (; loan.in_count < count; loan.in_count++)
        loan.in[loan.in_count] = blob_read(r);
    return !r->failed;
}

static struct bytes message_of(struct bytes row)
{
    struct msg m;
    if (!wire_read(row, &m))
        return (struct bytes){0};
    return m.kind == MSG_task_push       ? m.task_push.args
           : m.kind == MSG_task_result   ? m.task_result.result
           : m.kind == MSG_future_result ? m.future_result.value
           : m.kind == MSG_future_away   ? m.future_away.value
                                         : (struct bytes){0};
}

/* What is ours need not come. Nothing comes from a third process that has died or that we have not
 * heard of, and of whose death we might not hear. */
static bool is_coming(uint32_t from, const struct blob_name *name, struct actions *out)
{
    uint32_t owner = name->id.owner;
    const struct member *member = members_find(&loan.tables->members, owner);
    if (owner == loan.tables->self || (owner != from && (!member || member->out)))
        return false;
    return copies_want(&loan.tables->copies, name, owner == from, out)->state == COPY_COMING;
}

static bool are_coming(uint32_t from, struct actions *out)
{
    bool coming = false;
    for (uint32_t i = 0; i < loan.in_count; i++)
        coming |= is_coming(from, &loan.in[i], out);
    return coming;
}

bool loan_relay(struct encoder *e, struct bytes message)
{
    struct reader r = reader_of(message);
    uint32_t first = loan.out_count;
    if (!read_names(&r) || loan.in_count > NAMES_MOST - first)
        return false;
    for (uint32_t i = 0; i < loan.in_count; i++)
        add_name(&loan.in[i]);
    uint64_t len = loan.in_body ? 0 : reader_left(&r);
    return encode_number(e, first) && encode_number(e, loan.in_body ? loan.in_count : 0) &&
           encode_number(e, len) && encode_bytes(e, r.at, len);
}

uint64_t loan_bytes(uint32_t from, struct bytes message)
{
    struct reader r = reader_of(message);
    uint64_t bytes = 0;
    if (!loan.on || !read_names(&r))
        return 0;
    for (uint32_t i = 0; i < loan.in_count; i++)
        if (loan.in[i].id.owner == from)
            bytes += loan.in[i].len;
    return bytes;
}

bool loan_hold(uint32_t from, struct bytes row, struct actions *out)
{
    struct reader r = reader_of(message_of(row));
    if (!loan.on || !read_names(&r) || loan.in_count == 0 || !are_coming(from, out))
        return false;
    struct held *h = alloc(sizeof *h + row.len), **end = &loan.held;
    h->next = NULL;
    h->from = from;
    h->len = row.len;
    memcpy(h->row, row.at, row.len);
    while (*end)
        end = &(*end)->next;
    *end = h;
    return true;
}

static bool still_waits(const struct held *h)
{
    struct reader r = reader_of(message_of((struct bytes){h->row, h->len}));
    if (!read_names(&r))
        return false;
    for (uint32_t i = 0; i < loan.in_count; i++) {
        const struct copy *copy = copies_find(&loan.tables->copies, loan.in[i].id);
        if (copy && copy->state == COPY_COMING)
            return true;
    }
    return false;
}

void loan_release(void (*deliver)(uint32_t from, struct bytes row, struct actions *),
                  struct actions *out)
{
    for (struct held **at = &loan.held; *at;) {
        struct held *h = *at;
        if (still_waits(h)) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        h->next = loan.delivered; /* what the row leads to is lent its bytes */
        loan.delivered = h;
        deliver(h->from, (struct bytes){h->row, h->len}, out);
    }
}

/* The bytes of a blob, as long as no value in it is needed; none if they are not here. */
static struct bytes body_of(const struct blob_name *name)
{
    const struct blob *blob = blobs_get(&loan.tables->blobs, name->id);
    const struct kept *k = blob ? blob->handle : NULL;
    const struct copy *copy = copies_find(&loan.tables->copies, name->id);
    if (k && k->place && k->len == name->len)
        return (struct bytes){k->place, k->len};
    if (!copy || copy->state != COPY_HERE || copy->name.len != name->len)
        return (struct bytes){0};
    return (struct bytes){heap_at(&loan.heap, copy->offset), name->len};
}

struct bytes loan_open_message(struct bytes message)
{
    struct reader r = reader_of(message);
    if (!read_names(&r))
        loan.in_count = 0;
    else if (loan.in_body)
        return loan.on ? body_of(&loan.in[loan.in_count - 1]) : (struct bytes){0};
    return (struct bytes){r.at, reader_left(&r)};
}

void loan_done(uint32_t from, struct actions *out)
{
    for (uint32_t i = 0; i < loan.in_count; i++)
        if (loan.in[i].id.owner == from)
            act_send_object_done(out, from, &(struct msg_object_done){loan.in[i].id});
    loan.in_count = 0;
}

void loan_put_off(void)
{
    loan.in_count = 0;
}

/* A value that lay in a copy is gone. Any thread, perhaps deep in a drop. */
static void end_view(uint64_t token)
{
    struct ended *e = (struct ended *)(uintptr_t)token;
    pthread_mutex_lock(&loan.lock);
    e->next = loan.ended;
    loan.ended = e;
    pthread_mutex_unlock(&loan.lock);
}

/* A value of ours comes back: it is where it was. */
static bool view_own(const struct blob_name *name, int64_t len, struct dfl_view *out)
{
    const struct blob *blob = blobs_get(&loan.tables->blobs, name->id);
    const struct kept *k = blob ? blob->handle : NULL;
    if (!k || !k->block || k->len != name->len)
        return false;
    dfl_block_retain(k->block);
    *out = (struct dfl_view){k->block, (void *)k->at, len};
    return true;
}

static bool view_large(void *user, const struct dfl_type *elem, int64_t len, struct decoder *d,
                       struct dfl_view *out)
{
    const struct loan_part *part = user; /* NULL: the whole */
    uint64_t index, first = part ? part->first : 0;
    if (!decode_number(d, &index) || index >= loan.in_count - first)
        return false;
    const struct blob_name *name = &loan.in[first + index];
    if ((uint64_t)len * elem->size != name->len)
        return false;
    if (name->id.owner == loan.tables->self)
        return view_own(name, len, out);
    struct copy *copy = copies_find(&loan.tables->copies, name->id);
    if (!copy || copy->state != COPY_HERE || copy->name.len != name->len)
        return false;
    struct ended *e = alloc(sizeof *e);
    e->id = name->id;
    copy_view(copy);
    *out = value_lent(heap_at(&loan.heap, copy->offset), len, end_view, (uintptr_t)e);
    return true;
}

const struct decode_hooks loan_decode_hooks = {.large = view_large};

bool loan_open_part(struct decoder *d, struct loan_part *part)
{
    uint64_t first, body, len;
    if (!decode_number(d, &first) || !decode_number(d, &body) || !decode_number(d, &len))
        return false;
    if (first > loan.in_count || body > loan.in_count - first || len > decode_left(d))
        return decode_fail(d, ENCODE_length);
    part->bytes = (struct bytes){d->at, len};
    d->at += len;
    if (body)
        part->bytes = body_of(&loan.in[first + body - 1]);
    part->first = first;
    part->hooks = loan_decode_hooks;
    part->hooks.user = part;
    return true;
}

/* ---- the rest ---- */

/* A row that is held names it. */
static bool is_awaited(struct object_id id)
{
    for (const struct held *h = loan.held; h; h = h->next) {
        struct reader r = reader_of(message_of((struct bytes){h->row, h->len}));
        read_names(&r);
        for (uint32_t i = 0; i < loan.in_count; i++)
            if (object_same(loan.in[i].id, id))
                return true;
    }
    return false;
}

static bool is_ours(void *handle)
{
    const struct kept *k = handle;
    int32_t count = k->block ? atomic_load(&k->block->count) : 1;
    return count == 1 || count == -1;
}

static void dispose(struct kept *k)
{
    struct kept **at = &loan.kept;
    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    if (k->place)
        heap_free(&loan.heap, k->place);
    dfl_block_release(k->block);
    free(k);
}

static void add_extent(const struct action *a, struct actions *out)
{
    struct store_extent extent = {a->offset, a->len};
    loan.asked = false;
    if (extent.bytes == 0)
        loan.ask_at += FULL_NS;
    else if (!heap_add(&loan.heap, extent))
        act_send_store_less(out, loan.tables->copies.node, &(struct msg_store_less){extent.offset});
}

void loan_act(const struct action *a, struct actions *out)
{
    if (a->kind == ACT_DISPOSE)
        dispose(a->handle);
    else
        add_extent(a, out);
}

static void free_delivered(void)
{
    while (loan.delivered) {
        struct held *h = loan.delivered;
        loan.delivered = h->next;
        free(h);
    }
}

/* What threads have left since the last time. */
static void settle_left(int64_t now, struct actions *out)
{
    pthread_mutex_lock(&loan.lock);
    struct ended *ended = loan.ended;
    struct spare *spare = loan.spare;
    uint64_t wanted = loan.asked || now < loan.ask_at ? 0 : loan.wanted;
    loan.ended = NULL;
    loan.spare = NULL;
    if (wanted)
        loan.wanted = 0;
    pthread_mutex_unlock(&loan.lock);
    while (ended) {
        struct ended *next = ended->next;
        copies_unview(&loan.tables->copies, ended->id, out);
        free(ended);
        ended = next;
    }
    while (spare) {
        struct spare *next = spare->next;
        act_send_store_less(out, loan.tables->copies.node,
                            &(struct msg_store_less){spare->extent.offset});
        free(spare);
        spare = next;
    }
    if (wanted) {
        loan.asked = true;
        loan.ask_at = now;
        act_send_store_more(out, loan.tables->copies.node, &(struct msg_store_more){wanted});
    }
}

void loan_step(int64_t now, struct actions *out)
{
    if (!loan.on)
        return;
    free_delivered();
    settle_left(now, out);
    if (now >= loan.sweep_at) {
        blobs_sweep(&loan.tables->blobs, is_ours, out);
        copies_sweep(&loan.tables->copies, is_awaited, out);
        loan.sweep_at = now + SWEEP_NS;
    }
}

void loan_end(struct actions *out)
{
    if (loan.on)
        blobs_end(&loan.tables->blobs, out);
}

uint64_t loan_peak(void)
{
    return loan.on ? heap_peak(&loan.heap) : 0;
}

void loan_close(void)
{
    if (!loan.on)
        return;
    free_delivered();
    while (loan.held) {
        struct held *h = loan.held;
        loan.held = h->next;
        free(h);
    }
    while (loan.ended) {
        struct ended *e = loan.ended;
        loan.ended = e->next;
        free(e);
    }
    while (loan.spare) {
        struct spare *s = loan.spare;
        loan.spare = s->next;
        free(s);
    }
    block_set_large(NULL);
    heap_close(&loan.heap);
    free(loan.out);
    free(loan.in);
    buffer_free(&loan.message);
    loan.on = false;
}
