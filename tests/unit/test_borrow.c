/* test_borrow.c - futures that were named: the two tables alone, and what a worker does about their
 * rows. Whole worlds are tests/sim's. */
#include "worker_rows.h"

static int record[4], proxy[4]; /* what the tables are given for such */

static const struct bytes value = {(const uint8_t *)"value", 5};

static void open_worker(void)
{
    worker_tables_open(&worker, WORKER2, 2);
}

static void close_worker(void)
{
    ck_assert_uint_eq(worker.gives.live, 0);
    ck_assert_uint_eq(worker.takes.live, 0);
    worker_tables_close(&worker);
    actions_free(&out);
    buffer_free(&row);
}

static void die(uint32_t proc)
{
    ROW(death, proc, value);
    ck_assert(to_worker(ID_HEAD));
}

static const struct action *acted(uint32_t i, enum act_kind kind, const void *handle)
{
    ck_assert_uint_lt(i, out.count);
    ck_assert_int_eq(out.list[i].kind, kind);
    ck_assert_ptr_eq(out.list[i].handle, handle);
    return &out.list[i];
}

/* ---- ours ---- */

/* A message to `proc` names a record of ours. */
static struct object_id give(int i, uint32_t proc)
{
    const struct give *g = gives_find(&worker.gives, &record[i]);
    if (!g)
        g = gives_add(&worker.gives, &record[i], 7, &record[i]);
    struct object_id id = g->name.id;
    gives_lend(&worker.gives, id, proc);
    actions_clear(&out);
    return id;
}

static void finish(struct object_id id)
{
    actions_clear(&out);
    gives_done(&worker.gives, id, value, &out);
}

START_TEST(each_holder_hears_of_the_end_once)
{
    open_worker();
    struct object_id id = give(0, ID_ROOT);
    give(0, WORKER3);
    ck_assert_uint_eq(give(0, ID_ROOT).slot, id.slot);
    ck_assert_uint_eq(worker.gives.live, 1);
    finish(id);
    ck_assert_uint_eq(out.count, 2);
    ck_assert_uint_eq(sent(0, ID_ROOT, MSG_future_result).future_result.value.len, value.len);
    ck_assert(object_same(sent(1, WORKER3, MSG_future_result).future_result.id, id));
    ck_assert_ptr_null(gives_find(&worker.gives, &record[0]));
    ROW(borrow_end, id, 2); /* crossed the result */
    ck_assert(to_worker(ID_ROOT));
    ck_assert_uint_eq(out.count, 0);
    close_worker();
}
END_TEST

START_TEST(who_is_told_where_it_is_says_when_it_has_read_it)
{
    open_worker();
    struct object_id id = give(0, ID_ROOT);
    give(0, WORKER3);
    give(0, WORKER3);
    gives_away(&worker.gives, id, value, &out);
    ck_assert_uint_eq(out.count, 2);
    ck_assert_uint_eq(sent(0, ID_ROOT, MSG_future_away).future_away.value.len, value.len);
    ck_assert(object_same(sent(1, WORKER3, MSG_future_away).future_away.id, id));
    ck_assert_ptr_null(gives_find(&worker.gives, &record[0])); /* the next name is another */
    struct object_id again = give(0, WORKER3);
    ck_assert_uint_ne(again.slot, id.slot);
    ROW(borrow_end, id, 2); /* crossed it */
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    ROW(future_read, again);
    ck_assert(to_worker(WORKER3)); /* which was not told yet */
    ck_assert_uint_eq(out.count, 0);
    ROW(future_read, id);
    ck_assert(to_worker(ID_ROOT));
    ck_assert(to_worker(ID_ROOT));
    ck_assert_uint_eq(out.count, 0);
    ck_assert(to_worker(WORKER3));
    acted(0, ACT_UNGIVE, &record[0]);
    finish(again);
    close_worker();
}
END_TEST

START_TEST(the_dead_read_nothing)
{
    open_worker();
    struct object_id id = give(0, ID_ROOT);
    give(0, WORKER3);
    gives_away(&worker.gives, id, value, &out);
    ROW(future_read, id);
    ck_assert(to_worker(ID_ROOT));
    die(NODE3);
    ck_assert_ptr_null(gives_get(&worker.gives, id));
    close_worker();
}
END_TEST

START_TEST(names_under_way_keep_a_holder)
{
    open_worker();
    struct object_id id = give(0, WORKER3);
    give(0, WORKER3);
    ROW(borrow_end, id, 1); /* of the first; the second is still to come */
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    ck_assert(to_worker(ID_ROOT)); /* who has none */
    ck_assert_uint_eq(out.count, 0);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 1);
    acted(0, ACT_UNGIVE, &record[0]);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    close_worker();
}
END_TEST

START_TEST(a_holder_says_it_had_more_names_than_there_were)
{
    open_worker();
    struct object_id id = give(0, WORKER3);
    ROW(borrow_end, id, UINT64_MAX);
    ck_assert(to_worker(WORKER3));
    acted(0, ACT_UNGIVE, &record[0]);
    close_worker();
}
END_TEST

START_TEST(a_slot_that_is_used_again_has_another_name)
{
    open_worker();
    struct object_id old = give(0, WORKER3);
    finish(old);
    struct object_id id = give(1, WORKER3);
    ck_assert_uint_eq(id.slot, old.slot);
    ck_assert_uint_ne(id.generation, old.generation);
    ck_assert_ptr_null(gives_get(&worker.gives, old));
    ROW(borrow_end, old, 1);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    ROW(borrow_end, {ID_ROOT, id.slot, id.generation}, 1); /* another's */
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 0);
    finish(id);
    close_worker();
}
END_TEST

START_TEST(the_dead_hold_nothing)
{
    open_worker();
    struct object_id both = give(0, WORKER3);
    give(0, ID_ROOT);
    give(1, WORKER3);
    die(NODE3);
    uint32_t ended = 0;
    for (uint32_t i = 0; i < out.count; i++)
        if (out.list[i].kind == ACT_UNGIVE) {
            ck_assert_ptr_eq(out.list[i].handle, &record[1]);
            ended++;
        }
    ck_assert_uint_eq(ended, 1);
    finish(both);
    ck_assert_uint_eq(out.count, 1);
    sent(0, ID_ROOT, MSG_future_result);
    close_worker();
}
END_TEST

START_TEST(what_is_not_sent_after_all_is_not_given)
{
    open_worker();
    struct object_id held = give(0, WORKER3);
    gives_unsent(&worker.gives, held, &out);
    ck_assert_uint_eq(out.count, 0);
    struct object_id id = gives_add(&worker.gives, &record[1], 7, &record[1])->name.id;
    gives_unsent(&worker.gives, id, &out);
    acted(0, ACT_UNGIVE, &record[1]);
    gives_unsent(&worker.gives, id, &out); /* named twice in that message */
    ck_assert_uint_eq(out.count, 1);
    actions_clear(&out);
    gives_end(&worker.gives, &out);
    acted(0, ACT_UNGIVE, &record[0]);
    close_worker();
}
END_TEST

START_TEST(many_are_found_by_their_records)
{
    enum { MANY = 5000 };
    static int many[MANY];
    open_worker();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            struct object_id id = gives_add(&worker.gives, &many[i], 1, &many[i])->name.id;
            gives_lend(&worker.gives, id, WORKER3);
        }
        for (int i = 0; i < MANY; i += 3)
            finish(gives_find(&worker.gives, &many[i])->name.id);
        for (int i = 0; i < MANY; i++) {
            const struct give *g = gives_find(&worker.gives, &many[i]);
            ck_assert(i % 3 == 0 ? !g : g->record == &many[i]);
        }
        gives_end(&worker.gives, &out);
        ck_assert_uint_eq(worker.gives.count, MANY);
        actions_clear(&out);
    }
    close_worker();
}
END_TEST

/* ---- of others ---- */

static const struct future_name theirs = {{WORKER3, 4, 9}, 7};

/* A message of 3.1 that names it arrives. */
static void take(void)
{
    struct take *t = takes_name(&worker.takes, &theirs);
    if (!t->handle)
        t->handle = &proxy[0];
    actions_clear(&out);
}

static void read_one(void)
{
    actions_clear(&out);
    takes_read(&worker.takes, theirs.id, &out);
}

static bool yes(void *handle)
{
    ck_assert_ptr_eq(handle, &proxy[0]);
    return true;
}

static bool no(void *handle)
{
    (void)handle;
    return false;
}

START_TEST(a_result_completes_the_proxy)
{
    open_worker();
    take();
    read_one();
    ROW(future_result, theirs.id, value);
    ck_assert(to_worker(ID_ROOT)); /* which does not provide it */
    ck_assert_uint_eq(out.count, 1);
    acted(0, ACT_SETTLE, NULL);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 2);
    ck_assert_uint_eq(acted(0, ACT_SETTLE, &proxy[0])->bytes.len, value.len);
    acted(1, ACT_UNTAKE, &proxy[0]);
    ck_assert(to_worker(WORKER3));
    acted(0, ACT_SETTLE, NULL);
    close_worker();
}
END_TEST

START_TEST(where_a_result_is_completes_the_proxy)
{
    open_worker();
    take();
    read_one();
    ROW(future_away, theirs.id, value);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 2);
    const struct action *a = acted(0, ACT_SETTLE, &proxy[0]);
    ck_assert(object_same(a->id, theirs.id));
    ck_assert(a->slot); /* who sent it is to be told */
    acted(1, ACT_UNTAKE, &proxy[0]);
    ck_assert(to_worker(WORKER3)); /* also of one that nobody needs */
    ck_assert(acted(0, ACT_SETTLE, NULL)->slot);
    close_worker();
}
END_TEST

START_TEST(what_cannot_be_read_is_lost_for_messages_that_wait)
{
    open_worker();
    take();
    ROW(future_away, theirs.id, value);
    ck_assert(to_worker(WORKER3));
    acted(0, ACT_SETTLE, &proxy[0]);
    ck_assert(!takes_find(&worker.takes, theirs.id)->lost);
    worker_tables_return(&worker, WORKER3, theirs.id, &out);
    ck_assert(takes_find(&worker.takes, theirs.id)->lost);
    read_one();
    close_worker();
}
END_TEST

START_TEST(a_message_that_waits_finds_the_proxy_done)
{
    open_worker();
    take();
    take();
    read_one(); /* the other waits for its blobs */
    ROW(future_result, theirs.id, value);
    ck_assert(to_worker(WORKER3));
    ck_assert_uint_eq(out.count, 1);
    acted(0, ACT_SETTLE, &proxy[0]);
    ck_assert_ptr_eq(takes_find(&worker.takes, theirs.id)->handle, &proxy[0]);
    ck_assert(to_worker(WORKER3)); /* no second result */
    acted(0, ACT_SETTLE, NULL);
    read_one();
    acted(0, ACT_UNTAKE, &proxy[0]);
    read_one();
    ck_assert_uint_eq(out.count, 0);
    close_worker();
}
END_TEST

START_TEST(what_nobody_needs_is_given_back_with_its_names)
{
    open_worker();
    take();
    take();
    take();
    read_one();
    read_one();
    actions_clear(&out);
    takes_sweep(&worker.takes, yes, &out); /* a message is not read yet */
    ck_assert_uint_eq(out.count, 0);
    read_one();
    takes_sweep(&worker.takes, no, &out);
    ck_assert_uint_eq(out.count, 0);
    takes_sweep(&worker.takes, yes, &out);
    struct msg_borrow_end m = sent(0, WORKER3, MSG_borrow_end).borrow_end;
    ck_assert(object_same(m.id, theirs.id));
    ck_assert_uint_eq(m.names, 3);
    acted(1, ACT_UNTAKE, &proxy[0]);
    take(); /* one that was under way begins anew */
    ck_assert_uint_eq(takes_find(&worker.takes, theirs.id)->names, 1);
    ROW(future_result, theirs.id, value);
    ck_assert(to_worker(WORKER3));
    acted(0, ACT_SETTLE, &proxy[0]);
    read_one();
    close_worker();
}
END_TEST

START_TEST(what_the_dead_provided_is_lost)
{
    open_worker();
    take();
    die(WORKER3);
    const struct action *a = NULL;
    for (uint32_t i = 0; i + 1 < out.count; i++)
        if (out.list[i].kind == ACT_SETTLE)
            a = acted(i + 1, ACT_UNTAKE, &proxy[0]) - 1;
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_eq(a->handle, &proxy[0]);
    ck_assert_uint_eq(a->bytes.len, 0);
    ck_assert_uint_eq(a->proc, WORKER3);
    close_worker();
}
END_TEST

START_TEST(what_cannot_be_had_is_remembered_by_messages_that_wait)
{
    open_worker();
    take();
    ROW(future_result, theirs.id, {0});
    ck_assert(to_worker(WORKER3));
    acted(0, ACT_SETTLE, &proxy[0]);
    ck_assert(takes_find(&worker.takes, theirs.id)->lost);
    read_one();
    acted(0, ACT_UNTAKE, &proxy[0]);
    close_worker();
}
END_TEST

START_TEST(at_the_end_all_goes_on_and_all_comes_back)
{
    open_worker();
    take();
    takes_lose(&worker.takes, &out);
    ck_assert_uint_eq(out.count, 1);
    acted(0, ACT_SETTLE, &proxy[0]);
    takes_lose(&worker.takes, &out);
    ck_assert_uint_eq(out.count, 1);
    takes_end(&worker.takes, &out);
    acted(1, ACT_UNTAKE, &proxy[0]);
    close_worker();
}
END_TEST

START_TEST(what_runs_for_an_owner_is_left_to_it)
{
    open_worker();
    ROW(task_push, 4, 1, 0, 5, value);
    ck_assert(to_worker(WORKER3));
    uint32_t slot = out.list[0].slot;
    worker_tables_started(&worker, slot, &record[0]);
    ck_assert(to_worker(ID_ROOT));
    uint32_t other = out.list[0].slot;
    worker_tables_started(&worker, other, &record[1]);
    actions_clear(&out);
    worker_tables_return(&worker, WORKER3, theirs.id, &out);
    worker_tables_return(&worker, WORKER3, theirs.id, &out); /* once */
    ck_assert_uint_eq(out.count, 2);
    ck_assert_uint_eq(sent(0, WORKER3, MSG_task_refuse).task_refuse.slot, 4);
    acted(1, ACT_DROP, &record[0]);
    actions_clear(&out);
    worker_tables_done(&worker, slot, 1, value, &out);
    ck_assert_uint_eq(out.count, 0);
    worker_tables_done(&worker, other, 1, value, &out);
    sent(0, ID_ROOT, MSG_task_result);
    ck_assert_uint_eq(worker.exec.live, 0);
    close_worker();
}
END_TEST

START_TEST(nodes_say_nothing_of_futures)
{
    open_worker();
    ROW(future_result, theirs.id, value);
    ck_assert(!to_worker(NODE3));
    ROW(borrow_end, theirs.id, 1);
    ck_assert(!to_worker(NODE3));
    close_worker();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_holder_hears_of_the_end_once,
        who_is_told_where_it_is_says_when_it_has_read_it,
        the_dead_read_nothing,
        names_under_way_keep_a_holder,
        a_holder_says_it_had_more_names_than_there_were,
        a_slot_that_is_used_again_has_another_name,
        the_dead_hold_nothing,
        what_is_not_sent_after_all_is_not_given,
        many_are_found_by_their_records,
        a_result_completes_the_proxy,
        where_a_result_is_completes_the_proxy,
        what_cannot_be_read_is_lost_for_messages_that_wait,
        a_message_that_waits_finds_the_proxy_done,
        what_nobody_needs_is_given_back_with_its_names,
        what_the_dead_provided_is_lost,
        what_cannot_be_had_is_remembered_by_messages_that_wait,
        at_the_end_all_goes_on_and_all_comes_back,
        what_runs_for_an_owner_is_left_to_it,
        nodes_say_nothing_of_futures,
        NULL,
    };
    return runner_run("borrow", tests);
}
