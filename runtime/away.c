/* away.c - results that are with those who made them. Read away.h and owner.h first. */
#include "away.h"

#include <stdlib.h>
#include <string.h>

#include "await.h"
#include "block.h"
#include "list.h"
#include "place.h"
#include "promise.h"
#include "worker.h"

enum {
    WAIT_NS = 2000000, /* what waits for a result waits so long for its holder to have room, */
    NS_A_BYTE = 1,     /* and as long as it would take to move; then as long for anyone */
    LOOK_NS = 1000000, /* between looks */
    TAKE_MOST = 1024,  /* tasks that wait for a result, looked at in one go */
};

struct away {
    struct away *next;
    struct dfl_task *task; /* NULL: it is done here, but its loans cannot end yet */
    uint32_t holder;
    int64_t since;
    uint64_t bytes;
    bool wanted;            /* here: it is being fetched */
    bool hangs;             /* a task that waits for it was not lent */
    bool cut;               /* more wait for it than were looked at */
    uintptr_t seen;         /* its first waiter when it was last looked at */
    struct dfl_task **lent; /* tasks that read its bytes, wherever */
    uint32_t lent_count, lent_room;
    uint32_t readers; /* names of its future whose holders read them */
    size_t len;
    uint8_t row[];
};

/* A task waits for a result. */
struct pair {
    struct dfl_task *task;
    struct away *on;
};

static struct {
    struct worker_tables *tables;
    const struct away_ops *ops;
    struct away *list;
    uint64_t bytes;       /* of all in the list */
    struct away **taken;  /* into the message that is written */
    struct pair *waiting; /* in a look at all */
    uint32_t taken_count, taken_room, waiting_count, waiting_room;
} away;

static struct msg_task_result message_of(struct bytes row)
{
    struct msg m;
    bool sound = wire_read(row, &m) && m.kind == MSG_task_result;
    return sound ? m.task_result : (struct msg_task_result){0};
}

static struct msg_task_result message(const struct away *a)
{
    return message_of((struct bytes){a->row, a->len});
}

/* ---- coming ---- */

/* Waits for the value here. Others that were named its future are told where it is. */
static bool wants(uintptr_t waiter)
{
    const struct task_wait *wait = (const void *)(waiter & ~(uintptr_t)TASK_TAG);
    uintptr_t tag = waiter & TASK_TAG;
    return tag == TASK_FAN || (tag == TASK_REMOTE && !((const struct told *)wait->who)->is_given);
}

static bool note_wanted(void *user, uintptr_t waiter)
{
    *(bool *)user = wants(waiter);
    return !*(bool *)user;
}

/* Else it has a place of a group that others wait for; or what it did may be lost with it. */
static bool may_stay(const struct dfl_task *task)
{
    const struct dfl_fn *fn = task_fn(task);
    return !fn->policy || !(fn->policy->group || fn->flags & DFL_FN_IO);
}

bool away_stays(uint32_t from, struct bytes row, int64_t now)
{
    struct msg_task_result m = message_of(row);
    struct dfl_task *task = m.result.len ? owner_awaits(&away.tables->owner, from, &m) : NULL;
    bool plain = task && may_stay(task);
    uint64_t bytes = plain ? loan_bytes(from, m.result) : 0;
    bool wanted = false;
    if (bytes < AWAY_BYTES || bytes > AWAY_MOST - away.bytes ||
        members_is_out(&away.tables->members, from))
        return false;
    task_each_waiter(task, note_wanted, &wanted);
    if (wanted)
        return false;
    struct away *a = malloc(sizeof *a + row.len);
    if (!a)
        block_exhausted(sizeof *a + row.len);
    *a = (struct away){.next = away.list,
                       .task = task,
                       .holder = from,
                       .since = now,
                       .bytes = bytes,
                       .hangs = true,
                       .len = row.len};
    memcpy(a->row, row.at, row.len);
    away.list = a;
    away.bytes += bytes;
    worker_tables_stays(away.tables, from, &m, now);
    task_set_maker(task, id_node(from));
    __atomic_store_n(&task->outcome, TASK_AWAY, __ATOMIC_SEQ_CST);
    return true;
}

/* ---- going ---- */

static void forget(struct away *a)
{
    struct away **at = &away.list;
    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    away.bytes -= a->bytes;
    free(a->lent);
    free(a);
}

static void end_loans(const struct away *a, struct actions *out)
{
    loan_open_message(message(a).result);
    loan_done(a->holder, out);
}

static struct away *of(const struct dfl_task *task)
{
    struct away *a = away.list;
    while (a && a->task != task)
        a = a->next;
    return a;
}

/* If it is not done, the record is as it was before it was lent. */
static void let_go(struct away *a)
{
    if (a->task->outcome == TASK_AWAY)
        __atomic_store_n(&a->task->outcome, 0, __ATOMIC_RELAXED);
    a->task = NULL;
}

static bool is_read(const struct away *a)
{
    return a->lent_count > 0 || a->readers > 0;
}

bool away_over(struct dfl_task *task)
{
    struct away *a = of(task);
    if (!a)
        return true;
    let_go(a);
    if (is_read(a))
        return false;
    forget(a);
    return true;
}

void away_read_by(struct away *a, int32_t change)
{
    a->readers += (uint32_t)change;
}

static bool is_lent(const struct away *a, const struct dfl_task *task)
{
    for (uint32_t i = 0; i < a->lent_count; i++)
        if (a->lent[i] == task)
            return true;
    return false;
}

bool away_lost(const struct dfl_task *task)
{
    for (const struct away *a = away.list; a; a = a->next)
        if (members_is_out(&away.tables->members, a->holder) && is_lent(a, task))
            return true;
    return false;
}

void away_back(struct dfl_task *task)
{
    for (struct away *a = away.list; a; a = a->next) {
        a->hangs = true;
        for (uint32_t i = 0; i < a->lent_count; i++)
            if (a->lent[i] == task)
                a->lent[i--] = a->lent[--a->lent_count];
    }
}

/* ---- lending what waits for it ---- */

void away_begin(void)
{
    away.taken_count = 0;
}

bool away_is(const struct dfl_task *task)
{
    bool is = __atomic_load_n(&task->outcome, __ATOMIC_RELAXED) == TASK_AWAY;
    const struct away *a = is ? of(task) : NULL;
    return a && !a->wanted;
}

bool away_relay(struct encoder *e, struct dfl_task *task)
{
    struct away *a = of(task);
    list_grow(away.taken, away.taken_count, away.taken_room);
    away.taken[away.taken_count++] = a;
    return loan_relay(e, message(a).result);
}

void away_send(struct dfl_task *task)
{
    for (uint32_t i = 0; i < away.taken_count; i++) {
        struct away *a = away.taken[i];
        list_grow(a->lent, a->lent_count, a->lent_room);
        a->lent[a->lent_count++] = task;
    }
}

/* A task, and all results that it waits for. */
struct group {
    struct dfl_task *task;
    const struct pair *pairs;
    uint32_t count;
    bool placed;     /* it has @on or @near */
    uint32_t holder; /* of the most bytes, ... */
    uint64_t bytes;  /* ... which are so many */
    int64_t since;   /* the last of them came */
};

static uint64_t bytes_with(const struct group *g, uint32_t holder)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < g->count; i++)
        bytes += g->pairs[i].on->holder == holder ? g->pairs[i].on->bytes : 0;
    return bytes;
}

static struct group group_of(const struct pair *pairs, uint32_t count)
{
    struct group g = {.task = pairs->task, .pairs = pairs, .count = count};
    g.placed = place_may_wait(g.task);
    for (uint32_t i = 0; i < count; i++) {
        const struct away *a = pairs[i].on;
        uint64_t bytes = a->holder == g.holder ? g.bytes : bytes_with(&g, a->holder);
        g.since = i == 0 || a->since > g.since ? a->since : g.since;
        if (bytes > g.bytes) {
            g.holder = a->holder;
            g.bytes = bytes;
        }
    }
    return g;
}

static int64_t patience(const struct group *g)
{
    return WAIT_NS + (int64_t)g->bytes * NS_A_BYTE;
}

/* Where most of the bytes are; after a while here, if someone has nothing to do, else anywhere.
 * NULL: here, or nowhere now. */
static struct lease *lease_for(const struct group *g, int64_t now, bool *here)
{
    struct lease *placed = NULL;
    if (g->placed) {
        enum place_where where = place_find(g->task, now, &placed);
        *here = where == PLACE_HERE || where == PLACE_NOWHERE;
        return where == PLACE_THERE ? placed : NULL;
    }
    struct leases *l = &away.tables->leases;
    struct lease *lease = leases_on(l, g->holder);
    bool hurries = now >= g->since + patience(g);
    *here = !lease && hurries && (worker_idle() > 0 || now >= g->since + 2 * patience(g));
    return lease || !hurries || *here ? lease : leases_best(l);
}

enum fate { FATE_OVER, FATE_HANGS, FATE_WANTED };

/* What becomes of a task that waits for these and perhaps for others. */
static enum fate look_at_one(const struct group *g, int64_t now, bool leaving, struct actions *out)
{
    bool here;
    struct dfl_task *task = g->task;
    int32_t deps = atomic_load(&task->deps);
    if (deps >= TASK_CLAIMED)
        return FATE_OVER;
    if (task_is_forgotten(task)) {
        if (await_claim(task))
            away.ops->skip(task);
        return FATE_OVER;
    }
    if (leaving || !(g->placed || (task_can_travel(task) && !task_fn(task)->policy)))
        return FATE_WANTED;
    if (deps != (int32_t)g->count)
        return FATE_HANGS;
    struct lease *lease = lease_for(g, now, &here);
    if (!lease) {
        if (!g->placed)
            leases_ask(&away.tables->leases, now, out);
        return here ? FATE_WANTED : FATE_HANGS;
    }
    if (!await_claim(task) || away.ops->lend(lease, task, out))
        return FATE_OVER;
    away.ops->hang(task);
    return FATE_WANTED;
}

struct look {
    struct away *on;
    bool wanted, named;
    uint32_t first;
};

/* Claimed ones are over, or lent; what is claimed by a cancel runs without the input. */
static bool note_waiting(void *user, uintptr_t waiter)
{
    struct look *look = user;
    void *node = (void *)(waiter & ~(uintptr_t)TASK_TAG);
    uintptr_t tag = waiter & TASK_TAG;
    look->wanted = wants(waiter);
    look->named |= tag == TASK_REMOTE;
    if (look->wanted || tag == TASK_REMOTE)
        return !look->wanted;
    struct dfl_task *task = tag == TASK_ONE ? node : ((struct task_wait *)node)->who;
    if (atomic_load(&task->deps) >= TASK_CLAIMED)
        return true;
    list_grow(away.waiting, away.waiting_count, away.waiting_room);
    away.waiting[away.waiting_count++] = (struct pair){task, look->on};
    return away.waiting_count - look->first < TAKE_MOST;
}

/* Notes the tasks that wait for it. True: the value is wanted here. */
static bool look_at_waiters(struct away *a, int64_t now, struct actions *out)
{
    struct look look = {.on = a, .first = away.waiting_count};
    if (!a->hangs && atomic_load(&a->task->state) == a->seen) {
        a->since = now; /* what comes to wait from now on has its time */
        return false;
    }
    a->seen = task_each_waiter(a->task, note_waiting, &look);
    if (look.wanted) {
        away.waiting_count = look.first;
        return true;
    }
    a->cut = away.waiting_count - look.first == TAKE_MOST;
    a->hangs = a->cut;
    if (look.named)
        promise_away(a->task, a, message(a).result, out);
    return false;
}

/* ---- looking at all ---- */

/* Nobody needs the result of a record: only its execution holds it, and its place in the list of an
 * input if it was claimed there. That one goes with the input, which its arguments may hold. */
static bool is_unneeded(struct dfl_task *task)
{
    bool placed = atomic_load(&task->deps) > TASK_CLAIMED;
    int32_t refs = atomic_load(&task->refs);
    return refs == 1 + placed && placed == (atomic_load(&task->deps) > TASK_CLAIMED);
}

static void drop(struct away *a, struct actions *out)
{
    struct dfl_task *task = a->task;
    struct msg_task_result m = message(a);
    worker_tables_drop(away.tables, a->holder, &m);
    let_go(a);
    if (!is_read(a)) {
        end_loans(a, out);
        forget(a);
    }
    away.ops->end(task);
}

/* As if the message came now. */
static void fetch(struct away *a, int64_t now, struct actions *out)
{
    struct bytes row = {a->row, a->len};
    a->wanted = true;
    if (!loan_hold(a->holder, row, out))
        worker_tables_on_row(away.tables, a->holder, row, now, out);
}

static void look_at(struct away *a, int64_t now, bool leaving, struct actions *out)
{
    struct msg_task_result m = message(a);
    if (!a->task) {
        if (!is_read(a)) {
            end_loans(a, out);
            forget(a);
        }
    } else if (a->wanted) {
        return;
    } else if (is_unneeded(a->task)) {
        drop(a, out);
    } else if (leaving) { /* its holder leaves too */
        a->wanted = true;
        worker_tables_leave(away.tables, a->holder, &m, out);
    } else if (look_at_waiters(a, now, out)) {
        fetch(a, now, out);
    }
}

static int by_task(const void *x, const void *y)
{
    uintptr_t a = (uintptr_t)((const struct pair *)x)->task;
    uintptr_t b = (uintptr_t)((const struct pair *)y)->task;
    return (a > b) - (a < b);
}

/* Some of what a task waits for may be among those that were not looked at: it is not to hang for
 * ever. */
static bool is_cut(const struct group *g)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (g->pairs[i].on->cut)
            return true;
    return false;
}

static void look_at_group(const struct group *g, int64_t now, bool leaving, struct actions *out)
{
    enum fate fate = look_at_one(g, now, leaving, out);
    if (fate == FATE_HANGS && g->count < (uint32_t)atomic_load(&g->task->deps) && is_cut(g))
        fate = FATE_WANTED;
    for (uint32_t i = 0; i < g->count; i++) {
        struct away *a = g->pairs[i].on;
        a->hangs |= fate == FATE_HANGS;
        if (fate == FATE_WANTED && !a->wanted)
            fetch(a, now, out);
    }
}

/* Those that wait for something that is fetched from now on hang; they are looked at again. */
static void look_at_tasks(int64_t now, bool leaving, struct actions *out)
{
    const struct pair *pairs = away.waiting;
    if (away.waiting_count)
        qsort(away.waiting, away.waiting_count, sizeof *away.waiting, by_task);
    for (uint32_t i = 0, n; i < away.waiting_count; i += n) {
        bool wanted = false;
        for (n = 0; i + n < away.waiting_count && pairs[i + n].task == pairs[i].task; n++)
            wanted |= pairs[i + n].on->wanted;
        struct group g = group_of(pairs + i, n);
        if (!wanted)
            look_at_group(&g, now, leaving, out);
        for (uint32_t k = 0; wanted && k < n; k++)
            g.pairs[k].on->hangs = true;
    }
}

int64_t away_step(int64_t now, bool leaving, struct actions *out)
{
    away.waiting_count = 0;
    for (struct away *a = away.list, *next; a; a = next) {
        next = a->next;
        look_at(a, now, leaving, out);
    }
    look_at_tasks(now, leaving, out);
    return away.list ? now + LOOK_NS : INT64_MAX;
}

void away_open(struct worker_tables *tables, const struct away_ops *ops)
{
    away.tables = tables;
    away.ops = ops;
}

void away_close(void)
{
    while (away.list)
        forget(away.list);
    free(away.taken);
    free(away.waiting);
    away.taken = NULL;
    away.waiting = NULL;
    away.taken_room = away.waiting_room = 0;
}
