/* away.c - results that are with those who made them. Read away.h and owner.h first. */
#include "away.h"

#include <stdlib.h>
#include <string.h>

#include "await.h"
#include "block.h"
#include "worker.h"

enum {
    WAIT_NS = 2000000, /* what waits for a result waits so long for its holder to have room, */
    NS_A_BYTE = 1,     /* and as long as it would take to move; then as long for anyone */
    LOOK_NS = 1000000, /* between looks */
    TAKE_MOST = 64,    /* tasks that wait for a result, looked at in one go */
};

struct away {
    struct away *next;
    struct dfl_task *task; /* NULL: it is done here, but its loans cannot end yet */
    uint32_t holder;
    int64_t since;
    uint64_t bytes;
    bool wanted;            /* here: it is being fetched */
    bool hangs;             /* a task that waits for it was not lent */
    uintptr_t seen;         /* its first waiter when it was last looked at */
    struct dfl_task **lent; /* tasks that read its bytes, wherever */
    uint32_t lent_count, lent_room;
    size_t len;
    uint8_t row[];
};

static struct {
    struct worker_tables *tables;
    const struct away_ops *ops;
    struct away *list;
    uint64_t bytes;           /* of all in the list */
    const struct away *input; /* of the task that is being lent */
    struct bytes result;      /* of that, as encode_result() wrote it */
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

static bool stays_whole(const struct dfl_type *);

static bool fields_stay_whole(const struct dfl_type *type)
{
    for (uint64_t i = 0; i < type->field_count; i++)
        if (!stays_whole(type->fields[i].type))
            return false;
    return true;
}

/* What is written in one piece, and whose large parts are values whatever their bytes are: where
 * their owner has died while they were fetched, the task that reads them is nobody's, and runs. */
static bool stays_whole(const struct dfl_type *type)
{
    if (encode_facts(type)->nests)
        return false;
    switch (type->kind) {
    case DFL_BYTES:
        return true;
    case DFL_ARRAY:
    case DFL_GRID:
        return encode_facts(type->elem)->raw;
    case DFL_OPTION:
    case DFL_RESULT:
        return stays_whole(type->elem);
    case DFL_TUPLE:
    case DFL_RECORD:
        return fields_stay_whole(type);
    default:
        return encode_facts(type)->raw || type->kind == DFL_BOOL;
    }
}

/* Waiters other than tasks with this one input want the value here. */
static bool is_wanted(void *user, uintptr_t waiter)
{
    *(bool *)user = (waiter & TASK_TAG) != TASK_ONE;
    return !*(bool *)user;
}

bool away_stays(uint32_t from, struct bytes row, int64_t now)
{
    struct msg_task_result m = message_of(row);
    struct dfl_task *task = m.result.len ? owner_awaits(&away.tables->owner, from, &m) : NULL;
    uint64_t bytes = task ? loan_bytes(from, m.result) : 0;
    bool wanted = false;
    if (bytes < AWAY_BYTES || bytes > AWAY_MOST - away.bytes ||
        members_is_out(&away.tables->members, from) || !stays_whole(task_held_type(task_fn(task))))
        return false;
    task_each_waiter(task, is_wanted, &wanted);
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

bool away_over(struct dfl_task *task)
{
    struct away *a = of(task);
    if (!a)
        return true;
    let_go(a);
    if (a->lent_count)
        return false;
    forget(a);
    return true;
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
    if (away.input)
        away.result = loan_relay(message(away.input).result);
}

struct bytes away_result(void *user, struct dfl_task *task)
{
    (void)user;
    return away.input && away.input->task == task ? away.result : (struct bytes){0};
}

static void note_lent(struct away *a, struct dfl_task *task)
{
    if (a->lent_count == a->lent_room) {
        a->lent_room = a->lent_room ? 2 * a->lent_room : 4;
        a->lent = realloc(a->lent, a->lent_room * sizeof *a->lent);
        if (!a->lent)
            block_exhausted(a->lent_room * sizeof *a->lent);
    }
    a->lent[a->lent_count++] = task;
}

/* False: it stays here. The caller has claimed it. */
static bool lend(struct away *a, struct lease *lease, struct dfl_task *task, struct actions *out)
{
    away.input = a;
    bool lent = away.ops->lend(lease, task, out);
    away.input = NULL;
    if (lent)
        note_lent(a, task);
    return lent;
}

static int64_t patience(const struct away *a)
{
    return WAIT_NS + (int64_t)a->bytes * NS_A_BYTE;
}

/* Where the bytes are; after a while here, if someone has nothing to do, else anywhere. NULL: here,
 * or nowhere now. */
static struct lease *lease_for(const struct away *a, int64_t now, bool *here)
{
    struct leases *l = &away.tables->leases;
    struct lease *lease = leases_on(l, a->holder);
    bool hurries = now >= a->since + patience(a);
    *here = !lease && hurries && (worker_idle() > 0 || now >= a->since + 2 * patience(a));
    return lease || !hurries || *here ? lease : leases_best(l);
}

enum fate { FATE_OVER, FATE_HANGS, FATE_WANTED };

/* What becomes of a task that waits for it. */
static enum fate look_at_one(struct away *a, struct dfl_task *task, int64_t now, bool leaving,
                             struct actions *out)
{
    bool here;
    int32_t deps = atomic_load(&task->deps);
    if (deps != 1) /* it is claimed, or about to be all there */
        return deps >= TASK_CLAIMED ? FATE_OVER : FATE_HANGS;
    if (task_is_forgotten(task)) {
        if (await_claim(task))
            away.ops->skip(task);
        return FATE_OVER;
    }
    if (leaving || !task_can_travel(task))
        return FATE_WANTED;
    struct lease *lease = lease_for(a, now, &here);
    if (!lease) {
        leases_ask(&away.tables->leases, now, out);
        return here ? FATE_WANTED : FATE_HANGS;
    }
    if (!await_claim(task) || lend(a, lease, task, out))
        return FATE_OVER;
    away.ops->hang(task);
    return FATE_WANTED;
}

struct waiting {
    bool wanted;
    uint32_t count;
    struct dfl_task *tasks[TAKE_MOST];
};

/* Claimed ones are over, or lent; what is claimed by a cancel runs without the input. */
static bool note_waiting(void *user, uintptr_t waiter)
{
    struct waiting *w = user;
    if (!is_wanted(&w->wanted, waiter))
        return false;
    struct dfl_task *task = (struct dfl_task *)(waiter & ~(uintptr_t)TASK_TAG);
    if (atomic_load(&task->deps) < TASK_CLAIMED)
        w->tasks[w->count++] = task;
    return w->count < TAKE_MOST;
}

/* True: the value is wanted here. */
static bool look_at_waiters(struct away *a, int64_t now, bool leaving, struct actions *out)
{
    struct waiting w = {0};
    if (!a->hangs && atomic_load(&a->task->state) == a->seen) {
        a->since = now; /* what comes to wait from now on has its time */
        return false;
    }
    a->seen = task_each_waiter(a->task, note_waiting, &w);
    a->hangs = w.count == TAKE_MOST;
    for (uint32_t i = 0; !w.wanted && i < w.count; i++) {
        enum fate fate = look_at_one(a, w.tasks[i], now, leaving, out);
        w.wanted = fate == FATE_WANTED;
        a->hangs |= fate == FATE_HANGS;
    }
    return w.wanted;
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
    end_loans(a, out);
    let_go(a);
    forget(a);
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
        if (a->lent_count == 0) {
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
    } else if (look_at_waiters(a, now, leaving, out)) {
        fetch(a, now, out);
    }
}

int64_t away_step(int64_t now, bool leaving, struct actions *out)
{
    for (struct away *a = away.list, *next; a; a = next) {
        next = a->next;
        look_at(a, now, leaving, out);
    }
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
}
