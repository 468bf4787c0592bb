/* promise.c - named records and proxies. Read promise.h and borrow.h first. */
#include "promise.h"

#include <stdlib.h>

#include "await.h"
#include "away.h"
#include "block.h"
#include "clock.h"
#include "error.h"
#include "list.h"
#include "loan.h"
#include "remote.h"
#include "value.h"
#include "worker.h"

enum {
    SWEEP_NS = 5000000, /* between looks for proxies that nobody needs */
    NAMES_MOST = 1 << 16,
    PROXY_REFS = 2, /* the table's, and the one that ends when it is done */
};

/* How a future that is not done here stands in arguments: with what was answered elsewhere, and the
 * row that gave it; or by its number among the names. */
enum { RELAYED, NAMED };

/* What keeps a record that others wait for. */
struct given {
    struct told told;
    struct dfl_task *task; /* NULL: nobody waits for it any more, or all know where it is */
    struct away *away;     /* where that is, as long as some may read it */
    bool back;             /* the waiter has come back */
    struct object_id id;
    int64_t
        give_up; /* it is done, and waits for what its result holds until then; 0: it does not */
    struct given *next, **link;
};

/* The names of a message. */
struct names {
    struct future_name *list;
    uint32_t count, room;
};

static struct {
    struct worker_tables *tables;
    struct task_pool *pool;
    bool (*is_pure)(uint32_t fn);
    struct given *given; /* all that are in lists of waiters, or on their way back */
    struct names out, in;
    struct buffer front;
    uint32_t waiting;         /* of `given`: with results that cannot go yet */
    struct dfl_task *pending; /* found in a result */
    struct encode_hooks args_hooks, result_hooks;
    int64_t sweep_at;
} promise;

static void add_name(struct names *n, struct future_name name)
{
    list_grow(n->list, n->count, n->room);
    n->list[n->count++] = name;
}

/* ---- ours ---- */

static struct given *given_new(struct dfl_task *task)
{
    struct given *g = aligned_alloc(_Alignof(struct given), sizeof *g);
    if (!g)
        block_exhausted(sizeof *g);
    *g = (struct given){.told = {.is_given = true}, .task = task, .next = promise.given};
    g->told.wait.who = &g->told;
    g->link = &promise.given;
    if (g->next)
        g->next->link = &g->next;
    promise.given = g;
    dfl_task_retain(task);
    return g;
}

static void given_free(struct given *g)
{
    promise.waiting -= g->give_up != 0;
    *g->link = g->next;
    if (g->next)
        g->next->link = g->link;
    free(g);
}

/* One that is done by now is as good: its result follows the name. */
static bool tell_later(struct dfl_task *task, struct told *told)
{
    return task_add_waiter(task, (uintptr_t)&told->wait | TASK_REMOTE, &told->wait.next);
}

static const struct give *name_record(struct dfl_task *task)
{
    struct given *g = given_new(task);
    const struct give *give = gives_add(&promise.tables->gives, task, task->fn, g);
    g->id = give->name.id;
    if (!tell_later(task, &g->told))
        remote_end(&g->told.wait);
    return give;
}

/* Those of io tasks stay: whether their failures are looked at must be known where they run. */
static bool name_pending(void *user, struct dfl_task *task, struct encoder *e)
{
    (void)user;
    if (task_fn(task)->flags & DFL_FN_IO || promise.out.count == NAMES_MOST)
        return false;
    if (away_is(task))
        return encode_number(e, RELAYED) && encode_number(e, task->fn) && away_relay(e, task);
    const struct give *give = gives_find(&promise.tables->gives, task);
    if (!give)
        give = name_record(task);
    add_name(&promise.out, give->name);
    return encode_number(e, NAMED + promise.out.count - 1);
}

static bool note_pending(void *user, struct dfl_task *task, struct encoder *e)
{
    (void)user;
    (void)e;
    promise.pending = task_fn(task)->flags & DFL_FN_IO ? NULL : task;
    return false;
}

void promise_begin(struct encoder *e)
{
    e->hooks = &promise.args_hooks;
    promise.out.count = 0;
}

bool promise_named(void)
{
    return promise.out.count > 0;
}

struct bytes promise_front(void)
{
    buffer_clear(&promise.front);
    buffer_u32(&promise.front, promise.out.count);
    for (uint32_t i = 0; i < promise.out.count; i++)
        future_name_write(&promise.front, &promise.out.list[i]);
    return buffer_bytes(&promise.front);
}

void promise_send(uint32_t proc)
{
    for (uint32_t i = 0; i < promise.out.count; i++)
        gives_lend(&promise.tables->gives, promise.out.list[i].id, proc);
    promise.tables->counts.given += promise.out.count;
}

void promise_unsent(struct actions *out)
{
    for (uint32_t i = 0; i < promise.out.count; i++)
        gives_unsent(&promise.tables->gives, promise.out.list[i].id, out);
    promise.out.count = 0;
}

enum promise_state promise_encode(struct encoder *e, struct dfl_task *task, struct told *told)
{
    e->hooks = &promise.result_hooks;
    do {
        e->len = 0;
        promise.pending = NULL;
        loan_begin();
        if (encode_result(e, task)) {
            loan_put_body(e);
            return e->len + loan_front() <= e->limit ? PROMISE_WRITTEN : PROMISE_NEVER;
        }
        if (!promise.pending)
            return PROMISE_NEVER;
    } while (!tell_later(promise.pending, told));
    return PROMISE_WAITS;
}

/* Each holder is lent the blobs that the result names. */
static struct bytes result_for_all(const struct encoder *e, const struct give *give)
{
    for (uint32_t i = 0; i < give->count; i++)
        loan_send(give->holders[i].proc);
    return loan_message((struct bytes){0}, e);
}

/* All who wait for it hear of it; its record is not needed for that any more. */
static void tell_all(struct given *g, struct bytes value, struct actions *out)
{
    struct dfl_task *task = g->task;
    gives_done(&promise.tables->gives, g->id, value, out);
    g->task = NULL;
    task_release(promise.pool, task);
}

void promise_given(struct encoder *e, struct told *told, struct actions *out)
{
    struct given *g = (struct given *)told;
    const struct give *give = g->task ? gives_get(&promise.tables->gives, g->id) : NULL;
    if (give && task_is_done(g->task)) {
        enum promise_state state = promise_encode(e, g->task, told);
        if (state == PROMISE_WAITS) {
            promise.waiting += g->give_up == 0;
            g->give_up = g->give_up ? g->give_up : clock_now() + PROMISE_NS;
            return;
        }
        tell_all(g, state == PROMISE_WRITTEN ? result_for_all(e, give) : (struct bytes){0}, out);
    }
    g->back = true;
    if (!g->away)
        given_free(g);
}

void promise_away(struct dfl_task *task, struct away *away, struct bytes answer,
                  struct actions *out)
{
    const struct give *give = gives_find(&promise.tables->gives, task);
    if (!give)
        return;
    struct given *g = give->handle;
    g->away = away;
    g->task = NULL;
    away_read_by(away, 1);
    gives_away(&promise.tables->gives, give->name.id, answer, out);
    task_release(promise.pool, task);
}

static void check_waiting(int64_t now, struct actions *out)
{
    if (promise.waiting == 0)
        return;
    for (struct given *g = promise.given; g; g = g->next)
        if (g->give_up && g->task && now >= g->give_up)
            tell_all(g, (struct bytes){0}, out); /* it is freed when its waiter comes back */
}

/* It is freed when its waiter has come back too. */
static void ungive(struct given *g)
{
    struct dfl_task *task = g->task;
    if (g->away)
        away_read_by(g->away, -1);
    g->away = NULL;
    g->task = NULL;
    if (task)
        task_release(promise.pool, task);
    if (g->back)
        given_free(g);
}

/* ---- of others ---- */

static struct dfl_task *proxy_new(uint32_t fn)
{
    struct dfl_task *task = task_new(promise.pool);
    _Static_assert(PROXY_REFS == 2, "what task_new() gives");
    task->fn = fn;
    task->flags = TASK_TAKEN;
    task->outcome = DFL_VALUE;
    memset(task->args, 0, sizeof task->args); /* it has none: a value of any type, to drop */
    worker_lent(1);
    return task;
}

static bool is_unused(void *handle)
{
    const struct dfl_task *proxy = handle;
    return atomic_load_explicit(&proxy->refs, memory_order_acquire) == PROXY_REFS;
}

/* Reads the names at the front of arguments to `promise.in`; without sense there are none. */
static void read_names(struct reader *r)
{
    uint32_t count = reader_u32(r);
    promise.in.count = 0;
    if (r->failed || count > reader_left(r) / FUTURE_NAME)
        return;
    for (uint32_t i = 0; i < count; i++)
        add_name(&promise.in, future_name_read(r));
}

/* Names of others than the sender would be none that it provides. */
static bool is_sound(uint32_t from, const struct future_name *name)
{
    return name->id.owner == from && promise.is_pure(name->fn);
}

void promise_arrive(uint32_t from, struct bytes row)
{
    struct msg m;
    if (!wire_read(row, &m) || m.kind != MSG_task_push || id_is_node(from) ||
        members_is_out(&promise.tables->members, from))
        return;
    struct reader r = reader_of(loan_open_message(m.task_push.args));
    read_names(&r);
    for (uint32_t i = 0; i < promise.in.count; i++) {
        const struct future_name *name = &promise.in.list[i];
        if (!is_sound(from, name))
            continue;
        struct take *take = takes_name(&promise.tables->takes, name);
        if (!take->handle)
            take->handle = proxy_new(name->fn);
    }
}

struct bytes promise_open_message(struct bytes args)
{
    struct reader r = reader_of(args);
    read_names(&r);
    return (struct bytes){r.at, reader_left(&r)};
}

/* What another process answered, who may have died since. */
static bool read_relayed(const struct dfl_type *future, struct decoder *d, struct dfl_task **out)
{
    struct loan_part part;
    uint64_t fn;
    if (!decode_number(d, &fn) || !(*out = decode_record(d, future, fn)) ||
        !loan_open_part(d, &part))
        return false;
    struct decoder inner = {.at = part.bytes.at,
                            .end = part.bytes.len ? part.bytes.at + part.bytes.len : part.bytes.at,
                            .shared = d->shared,
                            .pool = d->pool,
                            .hooks = &part.hooks};
    bool read = decode_result(&inner, *out);
    if (!read) {
        (*out)->outcome = DFL_VALUE; /* of zero: what is to be dropped */
        (*out)->result = 0;
    }
    read = read && decode_end(&inner);
    decoder_fini(&inner);
    return read || decode_fail(d, inner.error);
}

bool promise_proxy(void *user, const struct dfl_type *future, struct decoder *d,
                   struct dfl_task **out)
{
    uint64_t index;
    (void)user;
    if (!decode_number(d, &index))
        return false;
    if (index == RELAYED)
        return read_relayed(future, d, out);
    index -= NAMED;
    if (index >= promise.in.count)
        return false;
    const struct take *take = takes_find(&promise.tables->takes, promise.in.list[index].id);
    if (!take || take->lost)
        return false;
    struct dfl_task *proxy = take->handle;
    if (task_fn(proxy)->result->id != future->elem->id)
        return decode_fail(d, ENCODE_row);
    dfl_task_retain(proxy);
    *out = proxy;
    return true;
}

void promise_read(struct actions *out)
{
    for (uint32_t i = 0; i < promise.in.count; i++)
        takes_read(&promise.tables->takes, promise.in.list[i].id, out);
    promise.in.count = 0;
}

static void settle_lost(struct dfl_task *proxy, uint32_t provider)
{
    char name[ID_NAME];
    dfl_task_give(proxy, NULL,
                  error_new(DFL_FAIL_lost, "the value of %s cannot be had from %s",
                            task_fn(proxy)->name, id_name(provider, name)));
    task_share_result(proxy);
}

void promise_settle(const struct action *a, struct decoder *d, struct actions *out)
{
    struct dfl_task *proxy = a->handle;
    if (!proxy)
        return;
    if (!d || !decode_result(d, proxy) || !decode_end(d)) {
        settle_lost(proxy, a->proc);
        worker_tables_return(promise.tables, a->proc, a->id, out);
    }
    await_settle(promise.pool, proxy);
    worker_lent(-1);
}

static void untake(struct dfl_task *proxy)
{
    if (!task_is_done(proxy)) {
        await_abandon(NULL, promise.pool, proxy);
        worker_lent(-1);
    }
    task_release(promise.pool, proxy);
}

/* ---- the rest ---- */

void promise_act(const struct action *a)
{
    if (a->kind == ACT_UNTAKE)
        untake(a->handle);
    else
        ungive(a->handle);
}

void promise_step(int64_t now, bool leaving, struct actions *out)
{
    if (leaving)
        takes_lose(&promise.tables->takes, out);
    if (now < promise.sweep_at)
        return;
    takes_sweep(&promise.tables->takes, is_unused, out);
    check_waiting(now, out);
    promise.sweep_at = now + SWEEP_NS;
}

void promise_open(struct worker_tables *tables, struct task_pool *pool,
                  bool (*is_pure)(uint32_t fn))
{
    promise.tables = tables;
    promise.pool = pool;
    promise.is_pure = is_pure;
    promise.args_hooks = promise.result_hooks = loan_encode_hooks;
    promise.args_hooks.future = name_pending;
    promise.result_hooks.future = note_pending;
}

void promise_quiet(struct actions *out)
{
    takes_end(&promise.tables->takes, out);
    gives_end(&promise.tables->gives, out);
}

void promise_close(void)
{
    while (promise.given)
        given_free(promise.given);
    free(promise.out.list);
    free(promise.in.list);
    buffer_free(&promise.front);
}
