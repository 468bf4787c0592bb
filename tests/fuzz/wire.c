/* wire.c - any rows, from any process, in any order, to the tables of a worker and of a node, with
 * ticks and what the own side does in between. No row may break them; each record that was lent
 * comes back at most once, and only what was begun is dropped; futures are completed once, while
 * they are held; at the end the tables hold what is still lent, begun and named, and nothing else.
 *
 * The bytes are a script: a command, then what it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/any_row.h"
#include "tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { MOST = 64, SELF = 2 << 16 | 1, NODE = 2 << 16 };

static const uint32_t senders[] = {ID_HEAD,     ID_ROOT,     NODE,    SELF, 3 << 16,
                                   3 << 16 | 1, 2 << 16 | 2, 9 << 16, 0};

enum { SENDERS = sizeof senders / sizeof *senders };

/* Something that the tables were given: lent, begun, or kept. */
struct thing {
    bool out, done;
    uint32_t slot;
};

static struct {
    struct worker_tables worker;
    struct node_tables node;
    struct actions out;
    struct reader script;
    int64_t now;
    struct thing lent[MOST], begun[MOST], kept[MOST], given[MOST], proxies[MOST];
    bool places[MOST]; /* of the store, for copies */
} w;

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "wrong: %s\n", what);
    abort();
}

static uint32_t take(uint32_t below)
{
    return reader_u8(&w.script) % below;
}

static int free_thing(const struct thing *things)
{
    for (int i = 0; i < MOST; i++)
        if (!things[i].out)
            return i;
    return -1;
}

static struct thing *thing_of(void *handle, struct thing *things, const char *what)
{
    struct thing *t = handle;
    check(t >= things && t < things + MOST && t->out, what);
    return t;
}

/* ---- what the tables want ---- */

static void start(const struct action *a)
{
    int i = free_thing(w.begun);
    if (i < 0) {
        worker_tables_forget(&w.worker, a->slot);
        return;
    }
    w.begun[i] = (struct thing){.out = true, .slot = a->slot};
    worker_tables_started(&w.worker, a->slot, &w.begun[i]);
}

static void pull(const struct action *a)
{
    struct action copy = *a;
    for (uint32_t i = 0; i < MOST; i++)
        if (!w.places[i]) {
            w.places[i] = true;
            node_tables_pull(&w.node, &copy, i, &w.out);
            return;
        }
}

static void settle(const struct action *a)
{
    if (!a->handle)
        return;
    struct thing *t = thing_of(a->handle, w.proxies, "what is completed is no proxy");
    check(!t->done, "a proxy is completed twice");
    t->done = true;
    if (a->bytes.len == 0)
        worker_tables_return(&w.worker, a->proc, a->id, &w.out);
}

static void perform_one(const struct action *a)
{
    struct msg m;
    switch (a->kind) {
    case ACT_SEND:
        check(wire_read(act_row(&w.out, a), &m), "a row that cannot be read");
        break;
    case ACT_START:
        start(a);
        break;
    case ACT_DROP:
    case ACT_CANCEL:
        thing_of(a->handle, w.begun, "what is dropped was not begun");
        break;
    case ACT_FINISH:
    case ACT_REQUEUE:
    case ACT_KEEP:
    case ACT_LOSE:
    case ACT_ABANDON:
        thing_of(a->handle, w.lent, "what comes back was not lent")->out = false;
        break;
    case ACT_DISPOSE:
        thing_of(a->handle, w.kept, "what is given back was not kept")->out = false;
        break;
    case ACT_SETTLE:
        settle(a);
        break;
    case ACT_UNTAKE:
        thing_of(a->handle, w.proxies, "a proxy that is not held")->out = false;
        break;
    case ACT_UNGIVE:
        thing_of(a->handle, w.given, "what is held no more was not named")->out = false;
        break;
    case ACT_PULL:
        pull(a);
        break;
    case ACT_RECLAIM:
        check(a->offset < MOST && w.places[a->offset], "a place that nobody has");
        w.places[a->offset] = false;
        break;
    default:
        break;
    }
}

static void perform(void)
{
    for (uint32_t i = 0; i < w.out.count; i++) {
        struct action a = w.out.list[i];
        perform_one(&a);
    }
    actions_clear(&w.out);
}

/* ---- commands ---- */

/* In a place of its own, so that what is read beyond it is seen. */
static void deliver(struct bytes row)
{
    uint32_t to = take(2), from = senders[take(SENDERS)];
    uint8_t *copy = malloc(row.len + 1);
    if (!copy)
        abort();
    if (row.len)
        memcpy(copy, row.at, row.len);
    struct bytes b = {copy, row.len};
    if (to == 0) {
        worker_tables_on_row(&w.worker, from, b, w.now, &w.out);
    } else {
        node_tables_heard(&w.node, from, w.now);
        node_tables_on_row(&w.node, from, b, w.now, &w.out);
    }
    perform(); /* the row is lent to the actions */
    free(copy);
}

static void raw_row(void)
{
    size_t len = take(64);
    const uint8_t *at = reader_take(&w.script, len);
    if (at)
        deliver((struct bytes){at, len});
}

static void sound_row(void)
{
    struct any_row any = {.state = reader_u32(&w.script) | 1};
    struct buffer row = {0};
    any_row(&any, any_kinds[take(ANY_KINDS)], &row);
    deliver(buffer_bytes(&row));
    buffer_free(&row);
}

/* The answer that is awaited, or nearly so. */
static void answer(void)
{
    const struct owner *o = &w.worker.owner;
    struct buffer row = {0};
    if (o->count == 0)
        return;
    uint32_t slot = take(o->count);
    const struct row *r = &o->rows[slot];
    struct msg_task_result m = {slot, r->generation, r->attempt, take(256), {0}};
    if (take(4) == 0)
        m.attempt++;
    wire_task_result(&row, &m);
    worker_tables_on_row(&w.worker, take(8) ? r->worker : senders[take(SENDERS)],
                         buffer_bytes(&row), w.now, &w.out);
    perform();
    buffer_free(&row);
}

static void lend(void)
{
    struct lease *lease = leases_best(&w.worker.leases);
    int i = free_thing(w.lent);
    if (i < 0 || !lease)
        return;
    w.lent[i].out = true;
    worker_tables_lend(&w.worker, lease, &w.lent[i], 1, (uint16_t)take(OWNER_ATTEMPTS),
                       (struct bytes){0}, &w.out);
}

/* What was begun has run. */
static void end(void)
{
    struct thing *t = &w.begun[take(MOST)];
    if (!t->out)
        return;
    t->out = false;
    switch (take(3)) {
    case 0:
        worker_tables_forget(&w.worker, t->slot);
        break;
    case 1:
        worker_tables_refuse(&w.worker, t->slot, &w.out);
        break;
    default:
        worker_tables_done(&w.worker, t->slot, 1, (struct bytes){0}, &w.out);
    }
}

static void name_blob(void)
{
    int i = free_thing(w.kept);
    if (i < 0)
        return;
    w.kept[i].out = true;
    struct object_id id = blobs_add(&w.worker.blobs, &w.kept[i], take(256), take(256))->name.id;
    for (uint32_t n = take(3); n; n--)
        blobs_lend(&w.worker.blobs, id, senders[take(SENDERS)]);
}

static bool any_is_ours(void *handle)
{
    (void)handle;
    return take(2);
}

static void want_blob(void)
{
    struct blob_name name = {{senders[1 + take(SENDERS - 1)], take(4), take(4)}, 0, take(200)};
    struct copy *copy = copies_want(&w.worker.copies, &name, take(2), &w.out);
    if (copy->state == COPY_HERE)
        copy_view(copy);
}

static void leave_blob(void)
{
    struct copies *c = &w.worker.copies;
    if (c->count == 0)
        return;
    struct copy *copy = &c->list[take(c->count)];
    if (copy->state == COPY_HERE && copy->views)
        copies_unview(c, copy->name.id, &w.out);
}

/* A message names a future of ours, or fails to. */
static void give_future(void)
{
    struct gives *g = &w.worker.gives;
    int i = free_thing(w.given);
    if (i < 0)
        return;
    w.given[i] = (struct thing){.out = true};
    struct object_id id = gives_add(g, &w.given[i], take(256), &w.given[i])->name.id;
    check(gives_find(g, &w.given[i]) == gives_get(g, id), "a named future is not found");
    for (uint32_t n = take(4); n; n--)
        gives_lend(g, id, senders[take(SENDERS)]);
    gives_unsent(g, id, &w.out);
}

static void end_future(void)
{
    struct thing *t = &w.given[take(MOST)];
    const struct give *g = gives_find(&w.worker.gives, t);
    check(!g == (!t->out || t->done), "what is named has a row");
    if (!g)
        return;
    if (take(2)) {
        gives_away(&w.worker.gives, g->name.id, (struct bytes){0}, &w.out);
        t->done = true; /* and kept until all holders have read it */
        return;
    }
    gives_done(&w.worker.gives, g->name.id, (struct bytes){0}, &w.out);
    t->out = false;
}

/* Someone who was told where a future of ours is has read it. */
static void read_future(void)
{
    struct gives *g = &w.worker.gives;
    if (g->count == 0)
        return;
    struct msg_future_read m = {g->list[take(g->count)].name.id};
    gives_on_read(g, senders[take(SENDERS)], &m, &w.out);
}

static void take_future(void)
{
    struct future_name name = {{senders[1 + take(SENDERS - 1)], take(4), take(4)}, take(8)};
    int i = free_thing(w.proxies);
    if (i < 0)
        return;
    struct take *t = takes_name(&w.worker.takes, &name);
    if (!t->handle) {
        w.proxies[i] = (struct thing){.out = true};
        t->handle = &w.proxies[i];
    }
}

/* What names a future is read, or its result comes. */
static void use_future(void)
{
    struct takes *t = &w.worker.takes;
    if (t->count == 0)
        return;
    const struct take *one = &t->list[take(t->count)];
    struct msg_future_result m = {one->name.id, {(const uint8_t *)"x", take(2)}};
    if (take(2))
        takes_read(t, m.id, &w.out);
    else
        takes_on_result(t, take(4) ? m.id.owner : senders[take(SENDERS)], &m, &w.out);
}

static void tick(void)
{
    w.now += (int64_t)take(256) * 1000000;
    worker_tables_on_tick(&w.worker, w.now, &w.out);
    node_tables_on_tick(&w.node, w.now, &w.out);
    if (leases_may_ask(&w.worker.leases, w.now))
        leases_ask(&w.worker.leases, w.now, &w.out);
}

static void event(void)
{
    if (take(2))
        node_tables_on_exit(&w.node, senders[take(SENDERS)], (struct bytes){0}, &w.out);
    else
        worker_tables_idle(&w.worker, take(4), &w.out);
}

static void sweep(void)
{
    blobs_sweep(&w.worker.blobs, any_is_ours, &w.out);
    takes_sweep(&w.worker.takes, any_is_ours, &w.out);
}

static void one_command(void)
{
    static void (*const commands[])(void) = {
        raw_row,     sound_row,  sound_row,   answer,      lend,      end,
        name_blob,   want_blob,  leave_blob,  tick,        event,     sweep,
        give_future, end_future, read_future, take_future, use_future};
    commands[take(sizeof commands / sizeof *commands)]();
    perform();
}

static uint32_t count_out(const struct thing *things)
{
    uint32_t n = 0;
    for (int i = 0; i < MOST; i++)
        n += things[i].out;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct bytes url = {(const uint8_t *)"x", 1};
    memset(&w, 0, sizeof w);
    w.script = reader_of((struct bytes){data, len});
    worker_tables_open(&w.worker, SELF, 2);
    worker_tables_join(&w.worker, url, url, url, 2, &w.out);
    node_tables_open(&w.node, take(2) ? ID_HEAD : (uint32_t)NODE, 500000000, 0);
    node_tables_join(&w.node, url, url, 0, &w.out);
    while (!w.script.failed && reader_left(&w.script))
        one_command();
    check(count_out(w.lent) == w.worker.owner.live, "rows of the owner and what is lent");
    check(count_out(w.begun) == w.worker.exec.live, "executions and what was begun");
    check(count_out(w.given) == w.worker.gives.live, "rows of what is given and what was named");
    check(count_out(w.proxies) == w.worker.takes.live, "rows of what others give and proxies");
    takes_lose(&w.worker.takes, &w.out);
    perform();
    owner_end(&w.worker.owner, &w.out);
    blobs_end(&w.worker.blobs, &w.out);
    gives_end(&w.worker.gives, &w.out);
    takes_end(&w.worker.takes, &w.out);
    perform();
    check(count_out(w.given) + count_out(w.proxies) == 0, "a future did not come back");
    check(count_out(w.kept) == 0, "what was kept did not come back");
    check(count_out(w.lent) == 0, "what was lent did not come back");
    worker_tables_close(&w.worker);
    node_tables_close(&w.node);
    actions_free(&w.out);
    return 0;
}
