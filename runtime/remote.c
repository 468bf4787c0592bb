/* remote.c - between records and rows. Read remote.h and tables.h first.
 *
 * Out: when no thread here is idle, the role takes pending tasks from the deques, oldest first, as
 * a thief does, and lends them to workers on which it has a lease. A record stays as it was, with
 * its arguments, until its result is here; so a worker that dies takes nothing along.
 * In: each foreign task becomes a record like any other, with a waiter that tells the role. */
#include "remote.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "await.h"
#include "away.h"
#include "block.h"
#include "cancel.h"
#include "channel.h"
#include "clock.h"
#include "comms.h"
#include "encode.h"
#include "error.h"
#include "limit.h"
#include "loan.h"
#include "print.h"
#include "prio.h"
#include "promise.h"
#include "tables.h"
#include "worker.h"

enum {
    TAKE_MOST = 256,    /* tasks taken from the deques at once */
    LOOK_NS = 1000000,  /* between looks at deques that no push tells of ... */
    REST_NS = 20000000, /* ... and when they are empty */
    STAY_NS = 1000000,  /* what was taken cannot travel: no further look before */
    VALUE_MOST =
        CHANNEL_ROW_MOST - 64,   /* bytes of arguments or a result; with more, a task stays */
    FORCE_NS = 1000000,          /* between publications by force */
    CANCEL_NS = 1000000,         /* between looks for lent tasks that are to end */
    CANCEL_AGAIN_NS = 100000000, /* ... and until who runs one is told again */
    RERUN_NS = 1000000000, /* from the loss of an io task to its next run: longer than a keeper
                              takes */
};

/* What is kept of a foreign task; its record's `rare`, and the waiter in its list. */
struct side {
    struct told told;
    struct dfl_task *task; /* NULL: it is over, and only its waiter has not come back */
    uint32_t slot;         /* in the table of executions */
    uint16_t attempt;
    bool unwanted; /* role: its owner is gone or needs it no more */
    int64_t began, ended;
    int64_t give_up;           /* its answer waits for a future, until then; 0: it does not */
    struct side *next, **link; /* of those */
};

/* An own io task that was lost, and waits to run again. */
struct resting {
    struct resting *next;
    struct dfl_task *task;
    int64_t due;
};

static struct {
    struct comms *comms;
    struct worker_tables tables;
    const struct run *run;
    const struct dfl_program *program;
    struct task_pool pool; /* of whoever holds the role */
    struct encoder encoder;
    pthread_t thread;
    uint32_t threads;
    int64_t look_after, force_after, opened;
    const struct chaos_kill *worker_kill, *node_kill; /* NULL: not to be killed */
    _Atomic uint64_t begun;                           /* foreign tasks */
    uint64_t dropped;     /* own ones that were lent, or were to be, and that nobody needed */
    bool leaving;         /* the run is over */
    bool quiet;           /* the workers are gone */
    struct side *waiting; /* whose answers wait for futures */
    struct dfl_task *started[TAKE_MOST]; /* foreign records not yet given to the workers */
    int64_t started_count;
    _Atomic(struct told *) done; /* records that were waited for */
    struct resting *resting, **resting_end;
    _Atomic bool ends; /* lent tasks may have to end */
    int64_t cancel_after, cancel_again;
} remote = {.resting_end = &remote.resting};

/* ---- faults that the user asked for ---- */

static void die_if_due(const struct chaos_kill *kill_of, pid_t victim, int64_t now)
{
    if (!kill_of)
        return;
    uint64_t reached = kill_of->moment == CHAOS_MOMENT_tasks
                           ? atomic_load(&remote.begun) + worker_spawned()
                           : (uint64_t)(now - remote.opened) / 1000000;
    if (reached >= kill_of->count)
        kill(victim, SIGKILL);
}

/* A node is the parent of its worker, which ends with it. */
static void check_chaos(int64_t now)
{
    die_if_due(remote.worker_kill, getpid(), now);
    die_if_due(remote.node_kill, getppid(), now);
}

/* ---- what workers call ---- */

void remote_begin(struct dfl_task *task)
{
    atomic_fetch_add(&remote.begun, 1);
    if (remote.worker_kill || remote.node_kill)
        check_chaos(clock_now());
    ((struct side *)task->rare)->began = clock_now();
}

void remote_end(struct task_wait *wait)
{
    struct told *told = wait->who;
    struct side *side = told->is_given ? NULL : (struct side *)told;
    if (side && !side->ended)
        side->ended = clock_now();
    told->next = atomic_load_explicit(&remote.done, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&remote.done, &told->next, told,
                                                  memory_order_release, memory_order_relaxed))
        ;
    comms_poke(remote.comms);
}

void remote_want(void)
{
    comms_poke(remote.comms);
}

void remote_cancel(void)
{
    if (!atomic_exchange(&remote.ends, true))
        comms_poke(remote.comms);
}

static void tell_change(void)
{
    comms_poke(remote.comms);
}

/* ---- foreign tasks ---- */

static void give_started(void)
{
    if (remote.started_count)
        worker_give(remote.started, remote.started_count);
    remote.started_count = 0;
}

static uint32_t run_ns(const struct side *side)
{
    int64_t ns = side->began ? side->ended - side->began : 0;
    return ns < 0 ? 0 : ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

/* False: its result holds a future that is not done, so the answer comes later. */
static bool answer(struct side *side, struct actions *out)
{
    uint32_t slot = side->slot;
    struct encoder *e = &remote.encoder;
    enum promise_state state = promise_encode(e, side->task, &side->told);
    if (state == PROMISE_WRITTEN) {
        loan_send(worker_tables_owner(&remote.tables, slot));
        worker_tables_done(&remote.tables, slot, run_ns(side), loan_message((struct bytes){0}, e),
                           out);
    } else if (state == PROMISE_NEVER) {
        worker_tables_refuse(&remote.tables, slot, out);
    }
    return state != PROMISE_WAITS;
}

static struct decoder decoder_of(struct bytes b, const struct decode_hooks *hooks)
{
    return (struct decoder){.at = b.at,
                            .end = b.len ? b.at + b.len : b.at,
                            .shared = true,
                            .pool = &remote.pool,
                            .hooks = hooks};
}

static struct decoder decoder_of_result(struct bytes message)
{
    return decoder_of(loan_open_message(message), &loan_decode_hooks);
}

/* False: it has none that make sense, or needs what cannot be had. */
static bool read_args(struct bytes message, struct dfl_task *task)
{
    struct decode_hooks hooks = loan_decode_hooks;
    hooks.future = promise_proxy;
    struct decoder d = decoder_of(promise_open_message(loan_open_message(message)), &hooks);
    bool read = decode_args(&d, task);
    decoder_fini(&d);
    return read;
}

static bool is_pure(uint32_t fn)
{
    return fn < remote.program->fn_count && !(remote.program->fns[fn].flags & DFL_FN_IO);
}

static bool can_run(uint32_t fn)
{
    return fn < remote.program->fn_count && remote.program->fns[fn].flags & DFL_FN_ROAMS;
}

/* One of low priority came because there is nothing else to run here. */
static void give_later(struct dfl_task *task)
{
    const struct dfl_policy *policy = task_fn(task)->policy;
    if (policy && policy->prio > 0 && prio_put(task)) {
        worker_wake();
        return;
    }
    if (remote.started_count == TAKE_MOST)
        give_started();
    remote.started[remote.started_count++] = task;
}

static void start(const struct action *act, struct actions *out)
{
    struct dfl_task *task = task_new(&remote.pool);
    task->fn = act->fn;
    bool read = can_run(act->fn) && read_args(act->bytes, task);
    loan_done(worker_tables_owner(&remote.tables, act->slot), out);
    promise_read(out);
    if (!read) {
        worker_tables_refuse(&remote.tables, act->slot, out);
        dfl_task_recycle(NULL, task);
        return;
    }
    struct side *side = block_alloc(sizeof *side);
    *side = (struct side){.task = task,
                          .slot = act->slot,
                          .attempt = worker_tables_attempt(&remote.tables, act->slot)};
    side->told.wait.who = &side->told;
    task->flags |= TASK_FOREIGN | TASK_TAKEN;
    task->rare = side;
    worker_tables_started(&remote.tables, act->slot, side);
    task_add_waiter(task, (uintptr_t)&side->told.wait | TASK_REMOTE, &side->told.wait.next);
    give_later(task);
}

uint16_t remote_attempt(const struct dfl_task *task)
{
    return ((const struct side *)task->rare)->attempt;
}

/* From now on it is in the list of what its result holds. */
static void wait_on(struct side *side)
{
    if (side->give_up)
        return;
    side->give_up = clock_now() + PROMISE_NS + run_ns(side);
    side->next = remote.waiting;
    side->link = &remote.waiting;
    if (side->next)
        side->next->link = &side->next;
    remote.waiting = side;
}

static void free_side(struct side *side)
{
    if (side->task)
        task_release(&remote.pool, side->task);
    if (side->give_up) {
        *side->link = side->next;
        if (side->next)
            side->next->link = side->link;
    }
    block_free(side);
}

/* What its result holds may never be done: its owner makes one of its own. */
static void give_up(struct side *side, struct actions *out)
{
    struct dfl_task *task = side->task;
    if (side->unwanted)
        worker_tables_forget(&remote.tables, side->slot);
    else
        worker_tables_refuse(&remote.tables, side->slot, out);
    side->task = NULL; /* the rest is freed when its waiter comes back */
    task_release(&remote.pool, task);
}

static void check_waiting(int64_t now, struct actions *out)
{
    for (struct side *side = remote.waiting; side; side = side->next)
        if (side->task && (side->unwanted || now >= side->give_up))
            give_up(side, out);
}

static void end_early(const struct side *side)
{
    dfl_cancel(NULL, &side->task, 1);
}

static struct told *reversed(struct told *list)
{
    struct told *out = NULL;
    while (list) {
        struct told *next = list->next;
        list->next = out;
        out = list;
        list = next;
    }
    return out;
}

static void end_one(struct side *side, struct actions *out)
{
    if (!side->task) {
        ;
    } else if (side->unwanted || !task_is_done(side->task)) {
        worker_tables_forget(&remote.tables, side->slot);
    } else if (!answer(side, out)) {
        wait_on(side);
        return;
    }
    free_side(side);
}

static void end_done(struct actions *out)
{
    struct told *told = reversed(atomic_exchange(&remote.done, NULL));
    print_send(out); /* what these have printed goes before their results */
    while (told) {
        struct told *next = told->next;
        if (told->is_given)
            promise_given(&remote.encoder, told, out);
        else
            end_one((struct side *)told, out);
        told = next;
    }
}

/* ---- own tasks that others run ---- */

static bool is_to_end(void *record)
{
    struct dfl_task *task = record;
    return cancel_is_marked(task) || task_is_forgotten(task);
}

/* Returns when to look again. */
static int64_t cancel_lent(int64_t now, struct actions *out)
{
    bool again = now >= remote.cancel_again;
    if (again || (now >= remote.cancel_after && atomic_load(&remote.ends))) {
        atomic_store(&remote.ends, false);
        worker_tables_cancel(&remote.tables, is_to_end, again, out);
        remote.cancel_after = now + CANCEL_NS;
    }
    if (again)
        remote.cancel_again = now + CANCEL_AGAIN_NS;
    return atomic_load(&remote.ends)  ? remote.cancel_after
           : remote.tables.owner.live ? remote.cancel_again
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
    __atomic_store_n(&task->outcome, 0, __ATOMIC_RELAXED);
}

static void stay(struct dfl_task *task)
{
    __atomic_fetch_or(&task->flags, TASK_STAY, __ATOMIC_RELAXED);
    give(task);
}

static void keep(struct dfl_task *task)
{
    bool may_go_again = away_lost(task);
    away_over(task);
    away_back(task);
    mark_back(task);
    if (may_go_again)
        give(task);
    else
        stay(task);
    worker_lent(-1);
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

static void finish(const struct action *act, struct actions *out)
{
    struct dfl_task *task = act->handle;
    struct decoder d = decoder_of_result(act->bytes);
    bool read = decode_result(&d, task) && decode_end(&d);
    decoder_fini(&d);
    if (away_over(task))
        loan_done(act->proc, out);
    else
        loan_put_off();
    if (!read) {
        keep(task);
        return;
    }
    away_back(task);
    complete(task);
}

/* The future behind a proxy is done, or there is nobody who could say so. */
static void settle(const struct action *act, struct actions *out)
{
    if (act->bytes.len == 0) {
        promise_settle(act, NULL, out);
        return;
    }
    struct decoder d = decoder_of_result(act->bytes);
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
    *remote.resting_end = r;
    remote.resting_end = &r->next;
}

/* Returns when the next may go on. */
static int64_t end_rests(int64_t now)
{
    struct resting *r;
    while ((r = remote.resting) && r->due <= now) {
        remote.resting = r->next;
        if (!r->next)
            remote.resting_end = &remote.resting;
        go_on(r->task);
        free(r);
    }
    return r ? r->due : INT64_MAX;
}

static void requeue(struct dfl_task *task)
{
    task->attempt++;
    away_over(task);
    away_back(task);
    mark_back(task);
    if (task_fn(task)->flags & DFL_FN_IO)
        rest(task);
    else
        go_on(task);
}

static void lose(struct dfl_task *task)
{
    away_over(task);
    away_back(task);
    dfl_task_give(task, NULL,
                  error_new(DFL_FAIL_lost,
                            "%s was lost %d times, each time with the worker that ran it",
                            task_fn(task)->name, OWNER_ATTEMPTS));
    task_share_result(task);
    complete(task);
}

/* Whoever keeps a place here for it must not be what it waits for. */
static bool is_stuck(const struct dfl_task *task)
{
    return task_is_marked(task, TASK_IN_GROUP) && promise_named();
}

/* True: it is on its way. False: it stays here. */
static bool lend(struct lease *lease, struct dfl_task *task, struct actions *out)
{
    if (!task_can_travel(task))
        return false;
    struct encoder *e = &remote.encoder;
    e->len = 0;
    loan_begin();
    away_begin();
    promise_begin(e);
    bool written = encode_args(e, task);
    struct bytes front = promise_front();
    if (!written || is_stuck(task) || e->len + loan_front() + front.len > VALUE_MOST) {
        promise_unsent(out);
        return false;
    }
    loan_send(lease->worker);
    promise_send(lease->worker);
    away_send(task);
    worker_lent(1);
    mark_lent(task);
    worker_tables_lend(&remote.tables, lease, task, task->fn, task->attempt, loan_message(front, e),
                       out);
    return true;
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

static const struct away_ops away_ops = {lend, stay, end_unneeded, skip_unneeded};

static void drop(struct dfl_task *task)
{
    if (task_fn(task)->policy)
        limit_leave(NULL, task);
    await_abandon(NULL, &remote.pool, task);
    remote.dropped++;
}

/* False: it has no place yet, and is not ours any more. */
static bool has_place(struct dfl_task *task)
{
    return !task_fn(task)->policy || !task_can_travel(task) || limit_send(task);
}

/* Lends what can travel; gives back what cannot. Returns how many went. */
static int64_t lend_all(struct lease *lease, struct dfl_task **tasks, int64_t count,
                        struct actions *out)
{
    int64_t stay = 0, gone = 0;
    for (int64_t i = 0; i < count; i++) {
        if (task_is_forgotten(tasks[i]))
            drop(tasks[i]);
        else if (!has_place(tasks[i]))
            continue;
        else if (lend(lease, tasks[i], out))
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
    if (now < remote.force_after)
        return false;
    remote.force_after = now + FORCE_NS;
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
            remote.look_after = now + STAY_NS;
            return true;
        }
    }
    return false;
}

/* Takes tasks that no thread here would run soon, as far as there is someone to lend them to. */
static void share_work(int64_t now, struct actions *out)
{
    if (now < remote.look_after)
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

/* ---- the role ---- */

static bool on_row(void *user, uint32_t from, struct bytes row, int64_t now, struct actions *out)
{
    (void)user;
    if (remote.quiet)
        return true;
    promise_arrive(from, row);
    if (away_stays(from, row, now) || loan_hold(from, row, out))
        return true;
    return worker_tables_on_row(&remote.tables, from, row, now, out);
}

/* A row whose blobs have come. */
static void deliver(uint32_t from, struct bytes row, struct actions *out)
{
    worker_tables_on_row(&remote.tables, from, row, clock_now(), out);
}

static void act(void *user, const struct action *a, struct actions *out)
{
    (void)user;
    switch (a->kind) {
    case ACT_START:
        start(a, out);
        break;
    case ACT_DROP:
        ((struct side *)a->handle)->unwanted = true;
        end_early(a->handle);
        break;
    case ACT_CANCEL:
        end_early(a->handle);
        break;
    case ACT_FINISH:
        finish(a, out);
        break;
    case ACT_REQUEUE:
        requeue(a->handle);
        break;
    case ACT_KEEP:
        keep(a->handle);
        break;
    case ACT_LOSE:
        lose(a->handle);
        break;
    case ACT_ABANDON:
        await_abandon(NULL, &remote.pool, a->handle);
        break;
    case ACT_SETTLE:
        settle(a, out);
        break;
    case ACT_UNTAKE:
    case ACT_UNGIVE:
        promise_act(a);
        break;
    case ACT_PRINT:
        print_add(a->proc, a->bytes, tell_change);
        break;
    case ACT_WRITTEN:
        print_written(a->len);
        break;
    case ACT_DISPOSE:
    case ACT_EXTENT:
        loan_act(a, out);
        break;
    case ACT_HELD:
        loan_release(deliver, out);
        break;
    case ACT_LEAVE:
        if (!remote.leaving)
            worker_io_end();
        remote.leaving = true;
        break;
    default:
        assert(!"an action of workers");
    }
}

static void enter(void *user)
{
    (void)user;
    task_pool_enter(&remote.pool);
}

static void leave(void *user)
{
    (void)user;
    task_pool_enter(NULL);
}

static int64_t step(void *user, int64_t now, struct actions *out)
{
    (void)user;
    if (remote.quiet)
        return INT64_MAX;
    give_started();
    loan_step(now, out);
    check_chaos(now);
    end_done(out);
    check_waiting(now, out);
    print_step(out);
    promise_step(now, remote.leaving, out);
    int64_t away = away_step(now, remote.leaving, out);
    int64_t rest = end_rests(now), cancel = cancel_lent(now, out);
    if (!remote.leaving)
        share_work(now, out);
    worker_tables_idle(&remote.tables, worker_idle(), out);
    int64_t due = worker_tables_on_tick(&remote.tables, now, out);
    int64_t look = now + (worker_busy() ? LOOK_NS : REST_NS);
    look = away < look ? away : look;
    look = rest < look ? rest : look;
    look = cancel < look ? cancel : look;
    return due < look ? due : look;
}

static void *thread_main(void *arg)
{
    comms_loop(remote.comms);
    return arg;
}

static void join(void *user, struct actions *out)
{
    (void)user;
    const struct run *run = remote.run;
    struct bytes node = {(const uint8_t *)run->node_url, strlen(run->node_url)};
    struct bytes head = {(const uint8_t *)run->head_url, strlen(run->head_url)};
    worker_tables_join(&remote.tables, comms_url(remote.comms), node, head, remote.threads, out);
}

const char *remote_open(const struct process_part *part, const struct dfl_program *program,
                        uint32_t threads)
{
    const struct run *run = &part->run;
    uint32_t self = part->self;
    static const struct comms_ops ops = {enter, leave, on_row, act, step};
    remote.run = run;
    remote.program = program;
    remote.opened = clock_now();
    remote.worker_kill = chaos_kill_of(&run->chaos, self);
    remote.node_kill = chaos_kill_of(&run->chaos, id_proc(id_node(self), 0));
    remote.threads = threads;
    encode_init(program);
    remote.encoder.limit = VALUE_MOST;
    worker_tables_open(&remote.tables, self, threads);
    promise_open(&remote.tables, &remote.pool, is_pure);
    away_open(&remote.tables, &away_ops);
    const char *why =
        comms_open(run, self, encode_program_hash(program), &ops, NULL, &remote.comms);
    if (!why)
        why = loan_open(part, &remote.tables, tell_change);
    if (why)
        return why;
    comms_call(remote.comms, join);
    if (pthread_create(&remote.thread, NULL, thread_main, NULL) != 0)
        return "cannot start a thread";
    worker_on_change(tell_change);
    if (self != ID_ROOT)
        print_open(tell_change);
    return NULL;
}

static void be_quiet(void *user, struct actions *out)
{
    (void)user;
    give_started(); /* worker_close() ends them with the others that are pending */
    end_done(out);
    promise_quiet(out);
    remote.dropped += remote.tables.owner.live;
    owner_end(&remote.tables.owner, out);
    remote.quiet = true;
}

void remote_quiet(void)
{
    comms_call(remote.comms, be_quiet);
}

static const struct stats *own_stats;

/* What this worker counted, and what its tables and channels did. It took all that its loops did
 * not run for run in place; but what is lent, come back or not, is not. */
static void report(void *user, struct actions *out)
{
    const struct tables_counts *t = &remote.tables.counts;
    struct comms_counts c = comms_counts(remote.comms);
    struct stats all = *own_stats;
    struct buffer bytes = {0};
    (void)user;
    all.shipped = t->shipped;
    all.came_back = t->came_back;
    all.away = t->away;
    all.unfetched = t->unfetched;
    all.fetched = remote.tables.copies.fetched;
    all.store_peak = loan_peak();
    all.replayed = t->replayed;
    all.refused = t->refused;
    all.received = t->received;
    all.given = t->given;
    all.leases = t->leases;
    all.skipped += remote.dropped;
    all.in_place -= t->came_back + remote.dropped;
    all.rows = c.rows;
    all.packets = c.packets;
    all.bytes = c.bytes;
    all.resent = c.resent;
    stats_write(&bytes, &all);
    act_send_report(out, id_proc(id_node(remote.tables.self), 0),
                    &(struct msg_report){buffer_bytes(&bytes)});
    buffer_free(&bytes);
}

/* Foreign tasks that are over, run or not, and whose owners will not hear of it any more. */
static void drop_done(void)
{
    for (struct told *told = atomic_exchange(&remote.done, NULL), *next; told; told = next) {
        next = told->next;
        if (told->is_given)
            continue; /* promise_close() frees it */
        free_side((struct side *)told);
    }
    while (remote.waiting)
        free_side(remote.waiting);
}

static void end_loans(void *user, struct actions *out)
{
    (void)user;
    loan_end(out);
}

void remote_close(const struct stats *stats)
{
    own_stats = stats;
    print_close();
    comms_call(remote.comms, end_loans);
    if (stats) {
        comms_call(remote.comms, report);
        comms_flush(remote.comms, id_proc(id_node(remote.tables.self), 0));
    }
    comms_stop(remote.comms);
    pthread_join(remote.thread, NULL);
    comms_close(remote.comms);
    drop_done();
    promise_close();
    away_close();
    loan_close();
    worker_tables_close(&remote.tables);
    task_pool_fini(&remote.pool);
    encoder_fini(&remote.encoder);
    encode_fini();
}
