/* remote.c - a worker among others: it joins, the role's turn, what each action is for, it leaves.
 * Read remote_core.h first. */
#include "remote_core.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "await.h"
#include "clock.h"
#include "loan.h"
#include "print.h"
#include "promise.h"
#include "worker.h"

enum {
    LOOK_NS = 1000000,  /* between looks at deques that no push tells of ... */
    REST_NS = 20000000, /* ... and when they are empty */
};

struct remote remote;

static struct {
    const struct run *run;
    pthread_t thread;
    uint32_t threads;
    int64_t opened;
    const struct chaos_kill *worker_kill, *node_kill; /* NULL: not to be killed */
    _Atomic uint64_t begun;                           /* foreign tasks */
    bool leaving;                                     /* the run is over */
    bool quiet;                                       /* the workers are gone */
} self;

/* ---- faults that the user asked for ---- */

static void die_if_due(const struct chaos_kill *kill_of, pid_t victim, int64_t now)
{
    if (!kill_of)
        return;
    uint64_t reached = kill_of->moment == CHAOS_MOMENT_tasks
                           ? atomic_load(&self.begun) + worker_spawned()
                           : (uint64_t)(now - self.opened) / 1000000;
    if (reached >= kill_of->count)
        kill(victim, SIGKILL);
}

/* A node is the parent of its worker, which ends with it. */
static void check_chaos(int64_t now)
{
    die_if_due(self.worker_kill, getpid(), now);
    die_if_due(self.node_kill, getppid(), now);
}

/* ---- what workers call ---- */

void remote_begin(struct dfl_task *task)
{
    atomic_fetch_add(&self.begun, 1);
    if (self.worker_kill || self.node_kill)
        check_chaos(clock_now());
    guest_begin(task);
}

void remote_want(void)
{
    comms_poke(remote.comms);
}

static void tell_change(void)
{
    comms_poke(remote.comms);
}

/* ---- what its parts share ---- */

struct decoder remote_decoder(struct bytes b, const struct decode_hooks *hooks)
{
    return (struct decoder){.at = b.at,
                            .end = b.len ? b.at + b.len : b.at,
                            .shared = true,
                            .pool = &remote.pool,
                            .hooks = hooks};
}

struct decoder remote_result_decoder(struct bytes message)
{
    return remote_decoder(loan_open_message(message), &loan_decode_hooks);
}

/* ---- the role ---- */

static bool is_pure(uint32_t fn)
{
    return fn < remote.program->fn_count && !(remote.program->fns[fn].flags & DFL_FN_IO);
}

static bool on_row(void *user, uint32_t from, struct bytes row, int64_t now, struct actions *out)
{
    (void)user;
    if (self.quiet)
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
        guest_start(a, out);
        break;
    case ACT_DROP:
        guest_drop(a->handle);
        break;
    case ACT_CANCEL:
        guest_cancel(a->handle);
        break;
    case ACT_FINISH:
        lend_finish(a, out);
        break;
    case ACT_REQUEUE:
        lend_requeue(a->handle);
        break;
    case ACT_KEEP:
        lend_keep(a->handle);
        break;
    case ACT_LOSE:
        lend_lose(a->handle);
        break;
    case ACT_ABANDON:
        await_abandon(NULL, &remote.pool, a->handle);
        break;
    case ACT_SETTLE:
        lend_settle(a, out);
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
        if (!self.leaving)
            worker_io_end();
        self.leaving = true;
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
    if (self.quiet)
        return INT64_MAX;
    guests_give();
    loan_step(now, out);
    check_chaos(now);
    guests_answer(out);
    guests_wait(now, out);
    print_step(out);
    promise_step(now, self.leaving, out);
    int64_t away = away_step(now, self.leaving, out);
    int64_t rest = lend_end_rests(now), cancel = lend_cancel(now, out);
    int64_t place = place_step(now, self.leaving, out);
    if (!self.leaving)
        lend_share(now, out);
    worker_tables_idle(&remote.tables, worker_idle(), out);
    int64_t due = worker_tables_on_tick(&remote.tables, now, out);
    int64_t look = now + (worker_busy() ? LOOK_NS : REST_NS);
    look = away < look ? away : look;
    look = place < look ? place : look;
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
    const struct run *run = self.run;
    struct bytes node = {(const uint8_t *)run->node_url, strlen(run->node_url)};
    struct bytes head = {(const uint8_t *)run->head_url, strlen(run->head_url)};
    worker_tables_join(&remote.tables, comms_url(remote.comms), node, head, self.threads, out);
}

const char *remote_open(const struct process_part *part, const struct dfl_program *program,
                        uint32_t threads)
{
    const struct run *run = &part->run;
    uint32_t name = part->self;
    static const struct comms_ops ops = {enter, leave, on_row, act, step};
    self.run = run;
    remote.program = program;
    self.opened = clock_now();
    self.worker_kill = chaos_kill_of(&run->chaos, name);
    self.node_kill = chaos_kill_of(&run->chaos, id_proc(id_node(name), 0));
    self.threads = threads;
    encode_init(program);
    remote.encoder.limit = VALUE_MOST;
    worker_tables_open(&remote.tables, name, threads);
    promise_open(&remote.tables, &remote.pool, is_pure);
    away_open(&remote.tables, &lend_away_ops);
    place_open(&remote.tables, &lend_place_ops, run->nodes, tell_change);
    const char *why =
        comms_open(run, name, encode_program_hash(program), &ops, NULL, &remote.comms);
    if (!why)
        why = loan_open(part, &remote.tables, tell_change);
    if (why)
        return why;
    comms_call(remote.comms, join);
    if (pthread_create(&self.thread, NULL, thread_main, NULL) != 0)
        return "cannot start a thread";
    worker_on_change(tell_change);
    if (name != ID_ROOT)
        print_open(tell_change);
    return NULL;
}

static void be_quiet(void *user, struct actions *out)
{
    (void)user;
    guests_give(); /* worker_close() ends them with the others that are pending */
    guests_answer(out);
    promise_quiet(out);
    remote.dropped += remote.tables.owner.live;
    owner_end(&remote.tables.owner, out);
    self.quiet = true;
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
    pthread_join(self.thread, NULL);
    comms_close(remote.comms);
    guests_free();
    promise_close();
    away_close();
    loan_close();
    worker_tables_close(&remote.tables);
    task_pool_fini(&remote.pool);
    encoder_fini(&remote.encoder);
    encode_fini();
}
