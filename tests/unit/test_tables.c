/* test_tables.c - the tables of workers and nodes, row by row: what each does, what it refuses, and
 * that nothing a row says breaks them. Whole worlds are tests/sim's. */
#include "worker_rows.h"

#include "any_row.h"

#define MS INT64_C(1000000)

static struct node_tables node;

static const struct bytes url = {(const uint8_t *)"abstract://x", 12};

/* ---- a worker, 2.1 ---- */

static void open_worker(void)
{
    worker_tables_open(&worker, WORKER2, 2);
    worker_tables_join(&worker, url, url, url, 2, &out);
    actions_clear(&out);
}

static void close_worker(void)
{
    worker_tables_close(&worker);
    actions_free(&out);
    buffer_free(&row);
}

/* The only action. */
static const struct action *one_action(enum act_kind kind)
{
    ck_assert_uint_eq(out.count, 1);
    ck_assert_int_eq(out.list[0].kind, kind);
    return &out.list[0];
}

/* A lease of 1.1's on 3.1, as the worker got it by asking. */
static struct lease *lease_on_3(void)
{
    actions_clear(&out);
    leases_ask(&worker.leases, 0, &out);
    uint32_t request = sent(0, NODE2, MSG_lease_request).lease_request.request;
    ROW(lease_reject, request, NODE3);
    ck_assert(to_worker(NODE2));
    ck_assert(sent(0, NODE3, MSG_lease_request).lease_request.redirected);
    ROW(lease_grant, request, 7, WORKER3, 1);
    ck_assert(to_worker(NODE3));
    ck_assert_uint_eq(out.count, 0);
    return leases_best(&worker.leases);
}

static int record; /* what the tables are given for one */

static struct msg lend(uint16_t attempt)
{
    actions_clear(&out);
    worker_tables_lend(&worker, leases_best(&worker.leases), &record, 5, attempt,
                       (struct bytes){(const uint8_t *)"args", 4}, &out);
    return sent(0, WORKER3, MSG_task_push);
}

START_TEST(a_result_is_taken_once_and_from_whom_it_is_awaited)
{
    static const struct bytes six = {(const uint8_t *)"6", 1};
    open_worker();
    ck_assert_ptr_nonnull(lease_on_3());
    struct msg_task_push p = lend(0).task_push;
    ck_assert_uint_eq(p.fn, 5);
    struct {
        uint32_t from, slot, generation;
        uint16_t attempt;
    } wrong[] = {{ID_ROOT, p.slot, p.generation, 0},
                 {WORKER3, p.slot + 1, p.generation, 0},
                 {WORKER3, p.slot, p.generation + 1, 0},
                 {WORKER3, p.slot, p.generation, 1},
                 {WORKER3, UINT32_MAX, p.generation, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ROW(task_result, wrong[i].slot, wrong[i].generation, wrong[i].attempt, 9, six);
        ck_assert(to_worker(wrong[i].from));
        ck_assert_uint_eq(out.count, 0);
    }
    ROW(task_result, p.slot, p.generation, 0, 9, six);
    ck_assert(to_worker(WORKER3));
    ck_assert_ptr_eq(one_action(ACT_FINISH)->handle, &record);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    ck_assert_uint_eq(worker.owner.live, 0);
    close_worker();
}
END_TEST

START_TEST(what_cannot_travel_comes_back)
{
    open_worker();
    lease_on_3();
    struct msg_task_push p = lend(0).task_push;
    ROW(task_refuse, p.slot, p.generation, 0);
    ck_assert(to_worker(ID_ROOT));
    ck_assert_uint_eq(out.count, 0);
    ck_assert(to_worker(WORKER3));
    ck_assert_ptr_eq(one_action(ACT_KEEP)->handle, &record);
    ck_assert_uint_eq(worker.owner.live, 0);
    close_worker();
}
END_TEST

START_TEST(what_is_lent_at_the_end_goes_back)
{
    open_worker();
    lease_on_3();
    struct msg_task_push p = lend(0).task_push;
    actions_clear(&out);
    owner_end(&worker.owner, &out);
    ck_assert_ptr_eq(one_action(ACT_ABANDON)->handle, &record);
    ck_assert_uint_eq(worker.owner.live, 0);
    actions_clear(&out);
    ROW(task_result, p.slot, p.generation, 0, 9, (struct bytes){(const uint8_t *)"6", 1});
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    close_worker();
}
END_TEST

/* A worker that runs row 4 of worker 3; its slot. */
static uint32_t open_with_task(void)
{
    open_worker();
    ROW(task_push, 4, 1, 0, 5, url);
    ck_assert(to_worker(WORKER3));
    uint32_t slot = one_action(ACT_START)->slot;
    worker_tables_started(&worker, slot, &record);
    return slot;
}

static void die(uint32_t proc)
{
    ROW(death, proc, url);
    ck_assert(to_worker(ID_HEAD));
}

START_TEST(what_the_dead_had_runs_again_and_not_without_end)
{
    open_worker();
    for (uint16_t attempt = 0; attempt < OWNER_ATTEMPTS; attempt++) {
        /* another worker of node 3 each time */
        uint32_t who = NODE3 | (attempt + 1u);
        struct lease lease = {.worker = who, .slots = 1};
        actions_clear(&out);
        worker_tables_lend(&worker, &lease, &record, 5, attempt, url, &out);
        die(who);
        bool last = attempt + 1 == OWNER_ATTEMPTS;
        ck_assert_int_eq(out.list[0].kind, last ? ACT_LOSE : ACT_REQUEUE);
        ck_assert_ptr_eq(out.list[0].handle, &record);
        die(who);
        ck_assert_uint_eq(out.count, 0);
    }
    ck_assert_uint_eq(worker.owner.live, 0);
    close_worker();
}
END_TEST

static bool nothing_is_awaited(struct object_id id)
{
    (void)id;
    return false;
}

static const struct bytes result = {(const uint8_t *)"large", 5};

static struct msg_task_result stay(const struct msg_task_push *p, uint16_t attempt)
{
    struct msg_task_result m = {p->slot, p->generation, attempt, 9, result};
    ck_assert_ptr_eq(owner_awaits(&worker.owner, WORKER3, &m), &record);
    ck_assert_ptr_null(owner_awaits(&worker.owner, ID_ROOT, &m));
    worker_tables_stays(&worker, WORKER3, &m, 0);
    ck_assert(owner_is_away(&worker.owner, p->slot));
    ck_assert_ptr_null(owner_awaits(&worker.owner, WORKER3, &m));
    return m;
}

START_TEST(a_result_that_stays_away_is_taken_later_or_dropped)
{
    open_worker();
    lease_on_3();
    struct msg_task_push p = lend(0).task_push;
    stay(&p, 0);
    ck_assert_uint_eq(leases_best(&worker.leases)->in_flight, 0);
    ROW(task_result, p.slot, p.generation, 1, 9, result);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    ROW(task_result, p.slot, p.generation, 0, 9, result);
    ck_assert(to_worker(WORKER3));
    ck_assert_ptr_eq(one_action(ACT_FINISH)->handle, &record);
    ck_assert_uint_eq(worker.counts.came_back, 1);
    ck_assert_uint_eq(worker.owner.live, 0);

    p = lend(0).task_push;
    struct msg_task_result m = stay(&p, 0);
    worker_tables_drop(&worker, WORKER3, &m);
    ck_assert_uint_eq(worker.owner.live, 0);
    ROW(task_result, p.slot, p.generation, 0, 9, result);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    ck_assert_uint_eq(worker.counts.away, 2);
    ck_assert_uint_eq(worker.counts.unfetched, 1);

    p = lend(0).task_push;
    m = stay(&p, 0);
    actions_clear(&out);
    worker_tables_leave(&worker, WORKER3, &m, &out);
    ck_assert_ptr_eq(one_action(ACT_KEEP)->handle, &record);
    ck_assert_uint_eq(worker.owner.live, 0);
    close_worker();
}
END_TEST

START_TEST(a_result_that_is_lost_with_its_holder_is_made_again)
{
    open_worker();
    for (uint16_t attempt = 0; attempt < OWNER_ATTEMPTS; attempt++) {
        uint32_t who = NODE3 | (attempt + 1u);
        struct lease lease = {.worker = who, .slots = 1};
        actions_clear(&out);
        worker_tables_lend(&worker, &lease, &record, 5, attempt, url, &out);
        struct msg_task_push p = sent(0, who, MSG_task_push).task_push;
        struct msg_task_result m = {p.slot, p.generation, attempt, 9, result};
        worker_tables_stays(&worker, who, &m, 0);
        die(who);
        bool last = attempt + 1 == OWNER_ATTEMPTS;
        ck_assert_int_eq(out.list[0].kind, last ? ACT_LOSE : ACT_REQUEUE);
        ck_assert_ptr_eq(out.list[0].handle, &record);
        ck_assert(!owner_is_away(&worker.owner, p.slot));
    }
    ck_assert_uint_eq(worker.owner.live, 0);
    close_worker();
}
END_TEST

START_TEST(a_copy_that_a_third_process_named_ends_with_its_last_view)
{
    struct copies *c = &worker.copies;
    struct blob_name name = {{WORKER3, 1, 1}, 0, 100};
    open_worker();
    actions_clear(&out);
    copies_want(c, &name, false, &out);
    copies_on_here(c, &(struct msg_object_here){name.id, 0});
    copy_view(copies_find(c, name.id));
    actions_clear(&out);
    copies_sweep(c, nothing_is_awaited, &out);
    ck_assert_uint_eq(out.count, 0);
    copies_unview(c, name.id, &out);
    sent(0, NODE2, MSG_object_drop);
    ck_assert_ptr_null(copies_find(c, name.id));

    actions_clear(&out);
    copies_want(c, &name, false, &out); /* nothing is ever made of it */
    copies_sweep(c, nothing_is_awaited, &out);
    ck_assert_ptr_nonnull(copies_find(c, name.id));
    copies_on_here(c, &(struct msg_object_here){name.id, 0});
    copies_sweep(c, nothing_is_awaited, &out);
    ck_assert_ptr_null(copies_find(c, name.id));

    copies_want(c, &name, false, &out);
    copies_want(c, &name, true, &out); /* its owner names it too, and will tell */
    copies_on_here(c, &(struct msg_object_here){name.id, 0});
    copies_sweep(c, nothing_is_awaited, &out);
    ck_assert_ptr_nonnull(copies_find(c, name.id));
    close_worker();
}
END_TEST

START_TEST(the_dead_are_not_heard_and_their_tasks_not_answered)
{
    uint32_t slot = open_with_task();
    die(NODE3); /* its worker with it */
    ck_assert_int_eq(out.list[0].kind, ACT_DROP);
    ck_assert_ptr_eq(out.list[0].handle, &record);
    ROW(task_push, 5, 1, 0, 5, url);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    worker_tables_done(&worker, slot, 1, url, &out);
    ck_assert_uint_eq(out.count, 0);
    ROW(join, WORKER3, 1, url);
    ck_assert(to_worker(ID_HEAD));
    ck_assert_uint_eq(out.count, 0);
    ck_assert_uint_eq(worker.exec.live, 0);
    close_worker();
}
END_TEST

START_TEST(a_task_that_is_cancelled_ends_early_and_is_answered)
{
    uint32_t slot = open_with_task();
    ROW(task_cancel, 4, 2, 0);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    ROW(task_cancel, 4, 1, 0);
    ck_assert(to_worker(ID_ROOT));
    ck_assert_uint_eq(out.count, 0);
    ck_assert(to_worker(WORKER3));
    ck_assert_ptr_eq(one_action(ACT_CANCEL)->handle, &record);
    ck_assert(to_worker(WORKER3));
    ck_assert_ptr_eq(one_action(ACT_CANCEL)->handle, &record);
    actions_clear(&out);
    worker_tables_done(&worker, slot, 1, url, &out);
    sent(0, WORKER3, MSG_task_result);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    close_worker();
}
END_TEST

static bool ends;

static bool is_to_end(void *given)
{
    ck_assert_ptr_eq(given, &record);
    return ends;
}

static void cancel(bool again)
{
    actions_clear(&out);
    worker_tables_cancel(&worker, is_to_end, again, &out);
}

START_TEST(who_runs_a_task_hears_that_it_is_to_end_until_it_answers)
{
    open_worker();
    lease_on_3();
    struct msg_task_push p = lend(0).task_push;
    ends = false;
    cancel(true);
    ck_assert_uint_eq(out.count, 0);
    ends = true;
    for (int i = 0; i < 2; i++) {
        cancel(i > 0);
        struct msg_task_cancel m = sent(0, WORKER3, MSG_task_cancel).task_cancel;
        ck_assert(m.slot == p.slot && m.generation == p.generation && m.attempt == p.attempt);
        cancel(false);
        ck_assert_uint_eq(out.count, 0);
    }
    ROW(task_result, p.slot, p.generation, 0, 9, url);
    ck_assert(to_worker(WORKER3));
    one_action(ACT_FINISH);
    cancel(true);
    ck_assert_uint_eq(out.count, 0);
    lend(1);
    cancel(false);
    sent(0, WORKER3, MSG_task_cancel);
    close_worker();
}
END_TEST

START_TEST(what_tasks_print_goes_to_the_root_alone)
{
    open_worker();
    ROW(output, url);
    ck_assert(!to_worker(WORKER3));
    ROW(printed, 12);
    ck_assert(!to_worker(WORKER3));
    ck_assert(to_worker(ID_ROOT));
    ck_assert_uint_eq(one_action(ACT_WRITTEN)->len, 12);
    close_worker();
    worker_tables_open(&worker, ID_ROOT, 2);
    ROW(output, url);
    ck_assert(!to_worker(NODE3));
    ck_assert(to_worker(WORKER3));
    const struct action *a = one_action(ACT_PRINT);
    ck_assert_uint_eq(a->proc, WORKER3);
    ck_assert_mem_eq(a->bytes.at, url.at, url.len);
    close_worker();
}
END_TEST

START_TEST(its_own_death_makes_a_worker_leave)
{
    open_worker();
    die(WORKER2);
    one_action(ACT_LEAVE);
    die(NODE2);
    one_action(ACT_LEAVE);
    ROW(finish, 0);
    ck_assert(!to_worker(NODE3));
    ck_assert(to_worker(NODE2));
    one_action(ACT_LEAVE);
    close_worker();
}
END_TEST

/* ---- leases ---- */

START_TEST(a_lease_is_as_wide_as_its_tasks_are_short)
{
    open_worker();
    struct lease *lease = lease_on_3();
    ck_assert_uint_eq(lease_room(lease), LEASE_IN_FLIGHT_FIRST);
    for (int i = 0; i < LEASE_IN_FLIGHT_FIRST; i++)
        lease_sent(lease);
    ck_assert_uint_eq(lease_room(lease), 0);
    ck_assert_ptr_null(leases_best(&worker.leases));
    for (int i = 0; i < LEASE_IN_FLIGHT_FIRST; i++)
        leases_returned(&worker.leases, WORKER3, 1000, 0);
    ck_assert_uint_eq(lease_room(lease), LEASE_WINDOW_NS / 1000);
    lease->mean_ns = 1000 * MS;
    ck_assert_uint_eq(lease_room(lease), LEASE_IN_FLIGHT_LEAST);
    lease->mean_ns = 1;
    ck_assert_uint_eq(lease_room(lease), LEASE_IN_FLIGHT_MOST);
    close_worker();
}
END_TEST

START_TEST(an_idle_lease_is_given_back)
{
    open_worker();
    lease_on_3();
    actions_clear(&out);
    int64_t due = worker_tables_on_tick(&worker, 0, &out);
    ck_assert_int_eq(due, LEASE_KEEP_NS);
    ck_assert_uint_eq(out.count, 0);
    worker_tables_on_tick(&worker, due, &out);
    ck_assert_uint_eq(sent(0, NODE3, MSG_lease_return).lease_return.lease, 7);
    ck_assert_ptr_null(leases_best(&worker.leases));
    close_worker();
}
END_TEST

START_TEST(what_is_for_one_worker_goes_there_without_being_granted)
{
    open_worker();
    struct lease *granted = lease_on_3();
    struct lease *placed = leases_open(&worker.placed, WORKER3, 2, 0);
    ck_assert_ptr_eq(leases_open(&worker.placed, WORKER3, 2, 0), placed);
    uint32_t room = lease_room(placed);
    ck_assert_uint_eq(room, 2 * LEASE_IN_FLIGHT_FIRST);
    placed->in_flight = room;
    ck_assert(lease_admits(placed, 0)); /* what is there may wait for it */
    ck_assert(!lease_admits(placed, LEASE_PRESS_NS - 1));
    ck_assert(lease_admits(placed, LEASE_PRESS_NS));
    placed->in_flight = 0;
    lend(0);
    actions_clear(&out);
    worker_tables_lend(&worker, placed, &record, 5, 0, (struct bytes){0}, &out);
    struct msg_task_push push = sent(0, WORKER3, MSG_task_push).task_push;
    ck_assert(granted->in_flight == 1 && placed->in_flight == 1);
    ck_assert(owner_is_placed(&worker.owner, push.slot));
    actions_clear(&out);
    struct msg_task_result m = {push.slot, push.generation, 0, 1000, {0}};
    act_send_task_result(&out, 0, &m);
    struct actions rows = out;
    out = (struct actions){0};
    worker_tables_on_row(&worker, WORKER3, act_row(&rows, rows.list), 0, &out);
    ck_assert(granted->in_flight == 1 && placed->in_flight == 0);
    actions_free(&rows);
    actions_clear(&out);
    worker_tables_on_tick(&worker, LEASE_KEEP_NS, &out);
    ck_assert_uint_eq(out.count, 0); /* nobody to give it back to */
    ck_assert_uint_eq(placed->worker, 0);
    leases_open(&worker.placed, WORKER3, 2, 0);
    die(WORKER3);
    ck_assert_uint_eq(placed->worker, 0);
    close_worker();
}
END_TEST

START_TEST(who_is_rejected_asks_again_later_and_later)
{
    int64_t now = 0, before = 0;
    open_worker();
    for (int i = 0; i < 10; i++) {
        ck_assert(leases_may_ask(&worker.leases, now));
        actions_clear(&out);
        leases_ask(&worker.leases, now, &out);
        leases_ask(&worker.leases, now, &out); /* one at a time */
        ck_assert_uint_eq(out.count, 1);
        struct msg_lease_reject m = {worker.leases.request, 0};
        leases_on_reject(&worker.leases, NODE2, &m, now, &out);
        ck_assert(!leases_may_ask(&worker.leases, now));
        int64_t pause = worker.leases.ask_after - now;
        ck_assert_int_ge(pause, before);
        ck_assert_int_le(pause, (int64_t)LEASE_RETRY_NS * LEASE_RETRY_MOST);
        before = pause;
        now += pause;
    }
    close_worker();
}
END_TEST

START_TEST(a_lease_on_the_dead_goes_back)
{
    open_worker();
    actions_clear(&out);
    leases_ask(&worker.leases, 0, &out);
    uint32_t request = worker.leases.request;
    die(WORKER3);
    ROW(lease_grant, request, 7, WORKER3, 1);
    ck_assert(to_worker(NODE2));
    ck_assert_uint_eq(sent(0, NODE2, MSG_lease_return).lease_return.lease, 7);
    ck_assert_ptr_null(leases_best(&worker.leases));
    ROW(lease_grant, request, 8, ID_ROOT, 1); /* nobody asked for a second */
    ck_assert(to_worker(NODE2));
    ck_assert_uint_eq(sent(0, NODE2, MSG_lease_return).lease_return.lease, 8);
    close_worker();
}
END_TEST

/* ---- nodes ---- */

static void open_node(uint32_t self)
{
    node_tables_open(&node, self, 500 * MS, 0);
    node_tables_join(&node, url, url, 0, &out);
    actions_clear(&out);
}

static void close_node(void)
{
    node_tables_close(&node);
    actions_free(&out);
    buffer_free(&row);
}

static bool to_node(uint32_t from, int64_t now)
{
    actions_clear(&out);
    return node_tables_on_row(&node, from, buffer_bytes(&row), now, &out);
}

static uint32_t count(enum act_kind kind, uint32_t proc)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < out.count; i++)
        n += out.list[i].kind == kind && out.list[i].proc == proc;
    return n;
}

START_TEST(everyone_hears_of_everyone)
{
    open_node(ID_HEAD);
    ROW(join, NODE2, 0, url);
    ck_assert(to_node(NODE2, 0));
    ck_assert_uint_eq(count(ACT_PEER, NODE2), 1);
    ROW(join, NODE3, 0, url);
    ck_assert(to_node(NODE3, 0));
    ck_assert_uint_eq(count(ACT_SEND, NODE2), 1);
    ck_assert_uint_eq(count(ACT_SEND, NODE3), 1);
    ck_assert(to_node(NODE3, 0)); /* no news */
    ck_assert_uint_eq(out.count, 0);
    ROW(join, WORKER3, 1, url); /* by its node */
    ck_assert(to_node(NODE3, 0));
    ck_assert_uint_eq(count(ACT_PEER, WORKER3), 1);
    ROW(join, NODE3 | 2, 1, url); /* by another's node */
    ck_assert(!to_node(NODE2, 0));
    close_node();
}
END_TEST

START_TEST(the_head_declares_a_silent_node_dead_once)
{
    open_node(ID_HEAD);
    ROW(join, NODE2, 0, url);
    to_node(NODE2, 0);
    ROW(join, NODE3, 0, url);
    to_node(NODE3, 0);
    int64_t now = 0;
    for (; now < 1000 * MS; now += 100 * MS) {
        node_tables_heard(&node, NODE2, now);
        actions_clear(&out);
        node_tables_on_tick(&node, now, &out);
        ck_assert_uint_eq(count(ACT_KILL, NODE2), 0);
        ck_assert_uint_eq(count(ACT_KILL, NODE3), now == 600 * MS);
        ck_assert_uint_eq(count(ACT_CUT, NODE3), now == 600 * MS);
    }
    ROW(heartbeat, 0); /* it comes back */
    ck_assert(to_node(NODE3, now));
    ck_assert_uint_eq(out.count, 0);
    ROW(join, NODE3, 0, url);
    ck_assert(to_node(NODE3, now));
    ck_assert_uint_eq(out.count, 0);
    close_node();
}
END_TEST

START_TEST(silence_while_the_head_did_not_run_is_forgiven)
{
    open_node(ID_HEAD);
    ROW(join, NODE2, 0, url);
    to_node(NODE2, 0);
    node_tables_on_tick(&node, 100 * MS, &out);
    actions_clear(&out);
    node_tables_on_tick(&node, 5000 * MS, &out);
    ck_assert_uint_eq(count(ACT_KILL, NODE2), 0);
    for (int64_t now = 5100 * MS; now <= 6000 * MS; now += 100 * MS)
        node_tables_on_tick(&node, now, &out);
    ck_assert_uint_eq(count(ACT_KILL, NODE2), 1);
    close_node();
}
END_TEST

START_TEST(a_node_cut_off_from_the_head_leaves)
{
    open_node(NODE2);
    for (int64_t now = 0; now <= 600 * MS; now += 100 * MS) {
        actions_clear(&out);
        node_tables_on_tick(&node, now, &out);
        ck_assert_uint_eq(count(ACT_LEAVE, 0), now > 500 * MS);
    }
    close_node();
}
END_TEST

START_TEST(only_the_head_says_who_is_dead)
{
    open_node(NODE2);
    ROW(death, NODE3, url);
    ck_assert(!to_node(NODE3, 0));
    ck_assert(to_node(ID_HEAD, 0));
    ck_assert_uint_eq(count(ACT_CUT, NODE3), 1);
    ROW(finish, 0);
    ck_assert(!to_node(WORKER2, 0));
    ck_assert(to_node(ID_HEAD, 0));
    ck_assert_uint_eq(count(ACT_LEAVE, 0), 1);
    close_node();
}
END_TEST

/* Slots of the grant, or 0 if it was a rejection. */
static uint32_t ask(uint32_t from, uint32_t request, bool redirected, uint32_t *better)
{
    ROW(lease_request, request, redirected);
    ck_assert(to_node(from, 0));
    for (uint32_t i = 0; i < out.count; i++) {
        struct msg m;
        ck_assert(wire_read(act_row(&out, &out.list[i]), &m));
        if (m.kind == MSG_lease_grant) {
            ck_assert_uint_eq(out.list[i].proc, from);
            return m.lease_grant.slots;
        }
        if (m.kind == MSG_lease_reject)
            *better = m.lease_reject.ask;
    }
    return 0;
}

START_TEST(a_node_grants_what_is_idle_and_no_more)
{
    uint32_t better = 0;
    open_node(NODE2);
    ROW(join, WORKER2, 2, url);
    ck_assert(to_node(WORKER2, 0));
    ck_assert_uint_eq(ask(ID_ROOT, 1, true, &better), 2);
    ck_assert_uint_eq(ask(WORKER3, 1, true, &better), 0);
    ck_assert_uint_eq(better, 0);
    ROW(lease_return, 1);
    ck_assert(to_node(WORKER3, 0)); /* another's */
    ck_assert_uint_eq(ask(WORKER3, 2, true, &better), 0);
    ROW(lease_return, 1);
    ck_assert(to_node(ID_ROOT, 0));
    ck_assert_uint_eq(ask(WORKER3, 3, true, &better), 2);
    ROW(death, NODE3, url); /* with who holds the lease */
    ck_assert(to_node(ID_HEAD, 0));
    ck_assert_uint_eq(ask(ID_ROOT, 2, true, &better), 2);
    close_node();
}
END_TEST

START_TEST(a_worker_is_sent_where_threads_are_idle_and_never_twice)
{
    uint32_t better = 0;
    open_node(NODE2);
    ROW(join, WORKER2, 2, url);
    to_node(WORKER2, 0);
    ROW(idle, WORKER3, 4);
    ck_assert(to_node(NODE3, 0));
    ck_assert_uint_eq(ask(WORKER2, 1, false, &better), 0);
    ck_assert_uint_eq(better, NODE3);
    better = 1;
    ck_assert_uint_eq(ask(WORKER2, 2, false, &better), 0); /* taken, until it is heard of again */
    ck_assert_uint_eq(better, 0);
    ROW(idle, WORKER3, 4);
    to_node(NODE3, 0);
    ROW(idle, WORKER2, 0);
    to_node(WORKER2, 0);
    ck_assert_uint_eq(ask(ID_ROOT, 3, true, &better), 0);
    ck_assert_uint_eq(better, 0);
    close_node();
}
END_TEST

/* ---- rows that no sound process sends ---- */

static const uint32_t senders[] = {ID_HEAD, ID_ROOT, NODE2, WORKER2, NODE3, WORKER3, 9 << 16, 0};

/* Neither is changed by what is no row. */
static void refuse(const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
        actions_clear(&out);
        struct bytes b = {at, len};
        ck_assert(!worker_tables_on_row(&worker, senders[i], b, 0, &out));
        ck_assert(!node_tables_on_row(&node, senders[i], b, 0, &out));
        ck_assert_uint_eq(out.count, 0);
    }
}

START_TEST(a_row_that_is_cut_changes_nothing)
{
    struct any_row any = {.state = 5};
    struct buffer whole = {0};
    open_worker();
    open_node(NODE2);
    uint32_t members = worker.members.count + node.members.count;
    for (int i = 0; i < ANY_KINDS; i++) {
        buffer_clear(&whole);
        any_row(&any, any_kinds[i], &whole);
        for (size_t len = 0; len < whole.len; len++)
            refuse(whole.at, len);
        buffer_u8(&whole, 0);
        refuse(whole.at, whole.len);
    }
    ck_assert_uint_eq(worker.members.count + node.members.count, members);
    ck_assert_uint_eq(worker.owner.live + worker.exec.live, 0);
    buffer_free(&whole);
    node_tables_close(&node);
    close_worker();
}
END_TEST

/* ---- what the own side must not do ---- */

START_TEST(a_row_moves_as_task_def_says)
{
    open_worker();
    lease_on_3();
    struct msg_task_push p = lend(0).task_push;
    worker.owner.rows[p.slot].state = ROW_DONE; /* of a row that is still lent */
    die(WORKER3);
}
END_TEST

START_TEST(an_execution_starts_once)
{
    uint32_t slot = open_with_task();
    worker_tables_started(&worker, slot, &record);
}
END_TEST

START_TEST(an_execution_ends_once)
{
    uint32_t slot = open_with_task();
    worker_tables_done(&worker, slot, 1, url, &out);
    worker_tables_done(&worker, slot, 1, url, &out);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_result_is_taken_once_and_from_whom_it_is_awaited,
        what_cannot_travel_comes_back,
        what_is_lent_at_the_end_goes_back,
        a_result_that_stays_away_is_taken_later_or_dropped,
        a_result_that_is_lost_with_its_holder_is_made_again,
        a_copy_that_a_third_process_named_ends_with_its_last_view,
        what_the_dead_had_runs_again_and_not_without_end,
        the_dead_are_not_heard_and_their_tasks_not_answered,
        a_task_that_is_cancelled_ends_early_and_is_answered,
        who_runs_a_task_hears_that_it_is_to_end_until_it_answers,
        what_tasks_print_goes_to_the_root_alone,
        its_own_death_makes_a_worker_leave,
        a_lease_is_as_wide_as_its_tasks_are_short,
        an_idle_lease_is_given_back,
        what_is_for_one_worker_goes_there_without_being_granted,
        who_is_rejected_asks_again_later_and_later,
        a_lease_on_the_dead_goes_back,
        everyone_hears_of_everyone,
        the_head_declares_a_silent_node_dead_once,
        silence_while_the_head_did_not_run_is_forgiven,
        a_node_cut_off_from_the_head_leaves,
        only_the_head_says_who_is_dead,
        a_node_grants_what_is_idle_and_no_more,
        a_worker_is_sent_where_threads_are_idle_and_never_twice,
        a_row_that_is_cut_changes_nothing,
        NULL,
    };
    const TTest *const deadly[] = {a_row_moves_as_task_def_says, an_execution_starts_once,
                                   an_execution_ends_once, NULL};
    return runner_run_deadly("tables", tests, deadly);
}
