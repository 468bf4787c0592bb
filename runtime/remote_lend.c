/* remote_lend.c - own tasks that others run. When no thread here is idle, the role takes pending
 * ones from the deques, oldest first, as a thief does, and lends them to workers on which it has a
 * lease. A record stays as it was, with its arguments, until its result is here; so a worker that
 * dies takes nothing along. Read remote_core.h first. */
#include "remote_core.h"

#include <stdlib.h>

#include "await.h"
#include "block.h"
#include "cancel.h"
#include "clock.h"
#include "error.h"
#include "limit.h"
#include "loan.h"
#include "promise.h"
#include "worker.h"

enum {
    STAY_NS = 1000000,           /* what was taken cannot travel: no further look before */
    FORCE_NS = 1000000,          /* between publications by force */
    CANCEL_NS = 1000000,         /* between looks for lent tasks that are to end */
    CANCEL_AGAIN_NS = 100000000, /* ... and until who runs one is told again */
    RERUN_NS = 1000000000, /* from the loss of an io task to its next run: longer than a keeper
                              takes */
};

/* An own io task that was lost, and waits to run again. */
struct resting {
    struct resting *next;
    struct dfl_task *task;
    int64_t due;
};

static struct {
    int64_t look_after, force_after;
    struct resting *resting, **resting_end;
    _Atomic bool ends; /* lent tasks may have to end; any thread */
    int64_t cancel_after, cancel_again;
} lent = {.resting_end = &lent.resting};

void remote_cancel(void)
{
    if (!atomic_exchange(&lent.ends, true))
        comms_poke(remote.comms);
}

static bool is_to_end(void *record)
{
    struct dfl_task *task = record;
    return cancel_is_marked(task) || task_is_forgotten(task);
}

/* Returns when to look again. */
int64_t lend_cancel(int64_t now, struct actions *out)
{
    bool again = now >= lent.cancel_again;
    if (again || (now >= lent.cancel_after && atomic_load(&lent.ends))) {
        atomic_store(&lent.ends, false);
        worker_tables_cancel(&remote.tables, is_to_end, again, out);
        lent.cancel_after = now + CANCEL_NS;
    }
    if (again)
        lent.cancel_again = now + CANCEL_AGAIN_NS;
    return atomic_load(&lent.ends)    ? lent.cancel_after
           : remote.tables.owner.live ? lent.cancel_again
                                      : INT64_MAX;
}

/* It is nobody's: it runs as soon as its inputs are here, which they were not if it was lent with
 * the name of a result that is away. */
static void give(struct dfl_task *task)
{
    if (await_unclaim(task))
        worker_give(&task, 1);
}

/* Who cancels it, or lets go of it, sees that it is lent, or was seen to have done so. */
static void mark_lent(struct dfl_task *task)
{
    __atomic_store_n(&task->outcome, TASK_LENT, __ATOMIC_SEQ_CST);
    if (is_to_end(task))
        remote_cancel();
}

static void mark_back(struct dfl_task *task)
{
    task_set_maker(task, 0);
    __atomic_store_n(&task->outcome, 0, __ATOMIC_RELAXED);
}

static void stay(struct dfl_task *task)
{
    __atomic_fetch_or(&task->flags, TASK_STAY, __ATOMIC_RELAXED);
    give(task);
}

/* Its result is in the record. */
static void complete(struct dfl_task *task)
{
    const struct dfl_fn *fn = task_fn(task);
    if (fn->policy)
        limit_leave(NULL, task);
    await_settle(&remote.pool, task);
    if (fn->flags & DFL_FN_IO)
        worker_io_end();
    worker_lent(-1);
}

static void fail(struct dfl_task *task, struct dfl_error *e)
{
    dfl_task_give(task, NULL, dfl_error_at(e, &task_fn(task)->site));
    task_share_result(task);
    complete(task);
}

/* An io task that is not to begin twice may have begun. */
static bool is_spent(const struct dfl_task *task)
{
    return task_fn(task)->flags & DFL_FN_ONCE;
}

static void fail_spent(struct dfl_task *task, const char *why)
{
    fail(task, error_new(DFL_FAIL_lost,
                         "the result of %s is lost: %s; it may have run, so it is not run again "
                         "unless it is `@idempotent`",
                         task_fn(task)->name, why));
}

void lend_keep(struct dfl_task *task)
{
    bool may_go_again = away_lost(task);
    away_over(task);
    away_back(task);
    mark_back(task);
    if (is_spent(task)) {
        fail_spent(task, "it could not travel from the process that ran the task");
        return;
    }
    if (may_go_again)
        give(task);
    else
        stay(task);
    worker_lent(-1);
}

void lend_finish(const struct action *act, struct actions *out)
{
    struct dfl_task *task = act->handle;
    struct decoder d = remote_result_decoder(act->bytes);
    bool read = decode_result(&d, task) && decode_end(&d);
    decoder_fini(&d);
    if (away_over(task))
        loan_done(act->proc, out);
    else
        loan_put_off();
    if (!read) {
        lend_keep(task);
        return;
    }
    away_back(task);
    task_set_maker(task, id_node(act->proc));
    complete(task);
}

/* The future behind a proxy is done, or there is nobody who could say so. */
void lend_settle(const struct action *act, struct actions *out)
{
    if (act->bytes.len == 0) {
        promise_settle(act, NULL, out);
        return;
    }
    struct decoder d = remote_result_decoder(act->bytes);
    if (act->handle)
        task_set_maker(act->handle, id_node(act->proc));
    promise_settle(act, &d, out);
    decoder_fini(&d);
    loan_done(act->proc, out);
    if (act->slot)
        act_send_future_read(out, act->proc, &(struct msg_future_read){act->id});
}

static void go_on(struct dfl_task *task)
{
    give(task);
    worker_lent(-1);
}

/* An io task waits, so that it does not meet programs that the lost run has started: the keeper of
 * that process (keeper.h) ends them. */
static void rest(struct dfl_task *task)
{
    struct resting *r = malloc(sizeof *r);
    if (!r)
        block_exhausted(sizeof *r);
    *r = (struct resting){.task = task, .due = clock_now() + RERUN_NS};
    *lent.resting_end = r;
    lent.resting_end = &r->next;
}

/* Returns when the next may go on. */
int64_t lend_end_rests(int64_t now)
{
    struct resting *r;
    while ((r = lent.resting) && r->due <= now) {
        lent.resting = r->next;
        if (!r->next)
            lent.resting_end = &lent.resting;
        away_back(r->task); /* what it waits for was not looked at meanwhile */
        go_on(r->task);
        free(r);
    }
    return r ? r->due : INT64_MAX;
}

void lend_requeue(struct dfl_task *task)
{
    __atomic_store_n(&task->attempt, (uint16_t)(task->attempt + 1), __ATOMIC_RELAXED);
    away_over(task);
    away_back(task);
    mark_back(task);
    if (is_spent(task))
        fail_spent(task, "the process that ran it died");
    else if (task_fn(task)->flags & DFL_FN_IO)
        rest(task);
    else
        go_on(task);
}

void lend_lose(struct dfl_task *task)
{
    away_over(task);
    away_back(task);
    fail(task,
         error_new(DFL_FAIL_lost, "%s was lost %d times, each time with the worker that ran it",
                   task_fn(task)->name, OWNER_ATTEMPTS));
}

/* Whoever keeps a place here for it must not be what it waits for. */
static bool is_stuck(const struct dfl_task *task)
{
    return task_is_marked(task, TASK_IN_GROUP) && promise_named();
}

enum fate {
    FATE_SENT,
    FATE_STAYS, /* it cannot travel */
    FATE_STUCK, /* not before what it was given is done */
};

/* What becomes of a record that may go there. */
static enum fate send_to(struct lease *lease, struct dfl_task *task, struct actions *out)
{
    struct encoder *e = &remote.encoder;
    e->len = 0;
    loan_begin();
    away_begin();
    promise_begin(e);
    bool written = encode_args(e, task);
    struct bytes front = promise_front();
    enum fate fate = !written || e->len + loan_front() + front.len > VALUE_MOST ? FATE_STAYS
                     : is_stuck(task)                                           ? FATE_STUCK
                                                                                : FATE_SENT;
    if (fate != FATE_SENT) {
        promise_unsent(out);
        return fate;
    }
    loan_send(lease->worker);
    promise_send(lease->worker);
    away_send(task);
    worker_lent(1);
    mark_lent(task);
    worker_tables_lend(&remote.tables, lease, task, task->fn, task_losses(task),
                       loan_message(front, e), out);
    return FATE_SENT;
}

/* True: it is on its way. False: it stays here. */
static bool lend(struct lease *lease, struct dfl_task *task, struct actions *out)
{
    return send_to(lease, task, out) == FATE_SENT;
}

/* Its arguments, which may hold the input that holds its place, end now. */
static void skip(struct dfl_task *task)
{
    dfl_task_give(task, NULL,
                  error_new(DFL_FAIL_cancelled, "%s", dfl_fail_text(DFL_FAIL_cancelled)));
    task_share_result(task);
    await_settle(&remote.pool, task);
}

static void end_unneeded(struct dfl_task *task)
{
    skip(task);
    worker_lent(-1);
}

static void skip_unneeded(struct dfl_task *task)
{
    skip(task);
    remote.dropped++;
}

const struct away_ops lend_away_ops = {lend, stay, end_unneeded, skip_unneeded};

static void drop(struct dfl_task *task)
{
    if (task_fn(task)->policy)
        limit_leave(NULL, task);
    await_abandon(NULL, &remote.pool, task);
    remote.dropped++;
}

/* What is placed waits in a line of its own; what has a label goes where others have it too. */
static bool may_go(const struct lease *lease, const struct dfl_task *task)
{
    return task_can_travel(task) || place_fits(task, lease->worker);
}

/* False: it has no place yet, and is not ours any more. */
static bool has_place(struct dfl_task *task)
{
    return !task_fn(task)->policy || limit_send(task);
}

/* What is kept for this worker. What has a place of its group gives it back where it cannot go yet,
 * since what it waits for may need one. */
static bool lend_kept(struct lease *lease, struct dfl_task *task, struct actions *out)
{
    enum fate fate = has_place(task) ? send_to(lease, task, out) : FATE_SENT;
    if (fate == FATE_STUCK) {
        limit_leave(NULL, task);
        return false;
    }
    if (fate == FATE_STAYS)
        stay(task);
    worker_lent(-1);
    return true;
}

static void drop_kept(struct dfl_task *task)
{
    if (task_is_forgotten(task)) {
        drop(task);
        worker_lent(-1);
        return;
    }
    fail(task, error_new(DFL_FAIL_cancelled, "%s", dfl_fail_text(DFL_FAIL_cancelled)));
}

const struct place_ops lend_place_ops = {lend_kept, go_on, fail, drop_kept};

/* Lends what can travel; gives back what cannot. Returns how many went. */
static int64_t lend_all(struct lease *lease, struct dfl_task **tasks, int64_t count,
                        struct actions *out)
{
    int64_t stay = 0, gone = 0;
    for (int64_t i = 0; i < count; i++) {
        if (task_is_forgotten(tasks[i]))
            drop(tasks[i]);
        else if (may_go(lease, tasks[i]) && !has_place(tasks[i]))
            continue;
        else if (may_go(lease, tasks[i]) && lend(lease, tasks[i], out))
            gone++;
        else
            tasks[stay++] = tasks[i];
    }
    if (stay)
        worker_give(tasks, stay);
    return gone;
}

static bool may_force(int64_t now)
{
    if (now < lent.force_after)
        return false;
    lent.force_after = now + FORCE_NS;
    return true;
}

/* Those that wait for cores first. While a thread is idle it can have the others. */
static int64_t take(struct dfl_task **tasks, int64_t most, int64_t now)
{
    int64_t count = limit_take(tasks, most);
    if (count == 0 && worker_idle() == 0)
        count = worker_take(tasks, most, may_force(now));
    return count;
}

/* Lends tasks as long as there are some that can travel, and leases with room for them. False:
 * there is no lease that has. */
static bool lend_some(int64_t now, struct actions *out)
{
    struct lease *lease;
    while ((lease = leases_best(&remote.tables.leases))) {
        struct dfl_task *tasks[TAKE_MOST];
        uint32_t room = lease_room(lease);
        int64_t count = take(tasks, room < TAKE_MOST ? room : TAKE_MOST, now);
        if (count == 0) {
            worker_ask();
            return true;
        }
        if (lend_all(lease, tasks, count, out) == 0) {
            lent.look_after = now + STAY_NS;
            return true;
        }
    }
    return false;
}

/* Takes tasks that no thread here would run soon, as far as there is someone to lend them to. */
void lend_share(int64_t now, struct actions *out)
{
    if (now < lent.look_after)
        return;
    if (worker_idle() > 0 && !limit_any()) { /* once it has work, it tells of what follows */
        worker_ask();
        return;
    }
    worker_lent(1); /* what is in our hands is neither pending nor lent yet */
    bool shared = lend_some(now, out);
    worker_lent(-1);
    if (shared || !leases_may_ask(&remote.tables.leases, now))
        return;
    if (worker_busy())
        leases_ask(&remote.tables.leases, now, out);
    else
        worker_ask();
}
