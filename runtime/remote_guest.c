/* remote_guest.c - each task of others becomes a record like any other, with a waiter that tells
 * the role when it is done. Read remote_core.h first. */
#include "remote_core.h"

#include <stdlib.h>

#include "await.h"
#include "block.h"
#include "cancel.h"
#include "clock.h"
#include "loan.h"
#include "print.h"
#include "prio.h"
#include "promise.h"
#include "worker.h"

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

static struct {
    struct side *waiting;                /* whose answers wait for futures */
    struct dfl_task *started[TAKE_MOST]; /* records not yet given to the workers */
    int64_t started_count;
    _Atomic(struct told *) done; /* records that were waited for; any thread */
} guests;

/* ---- what workers call ---- */

void guest_begin(struct dfl_task *task)
{
    ((struct side *)task->rare)->began = clock_now();
}

void remote_end(struct task_wait *wait)
{
    struct told *told = wait->who;
    struct side *side = told->is_given ? NULL : (struct side *)told;
    if (side && !side->ended)
        side->ended = clock_now();
    told->next = atomic_load_explicit(&guests.done, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&guests.done, &told->next, told,
                                                  memory_order_release, memory_order_relaxed))
        ;
    comms_poke(remote.comms);
}

/* ---- the role ---- */

void guests_give(void)
{
    if (guests.started_count)
        worker_give(guests.started, guests.started_count);
    guests.started_count = 0;
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

/* False: it has none that make sense, or needs what cannot be had. */
static bool read_args(struct bytes message, struct dfl_task *task)
{
    struct decode_hooks hooks = loan_decode_hooks;
    hooks.future = promise_proxy;
    struct decoder d = remote_decoder(promise_open_message(loan_open_message(message)), &hooks);
    bool read = decode_args(&d, task);
    decoder_fini(&d);
    return read;
}

static bool can_run(uint32_t fn)
{
    return fn < remote.program->fn_count &&
           remote.program->fns[fn].flags & (DFL_FN_ROAMS | DFL_FN_PLACED);
}

/* One of low priority came because there is nothing else to run here. */
static void give_later(struct dfl_task *task)
{
    const struct dfl_policy *policy = task_fn(task)->policy;
    if (policy && policy->prio > 0 && prio_put(task)) {
        worker_wake();
        return;
    }
    if (guests.started_count == TAKE_MOST)
        guests_give();
    guests.started[guests.started_count++] = task;
}

void guest_start(const struct action *act, struct actions *out)
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
    side->next = guests.waiting;
    side->link = &guests.waiting;
    if (side->next)
        side->next->link = &side->next;
    guests.waiting = side;
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

void guests_wait(int64_t now, struct actions *out)
{
    for (struct side *side = guests.waiting; side; side = side->next)
        if (side->task && (side->unwanted || now >= side->give_up))
            give_up(side, out);
}

void guest_cancel(void *handle)
{
    const struct side *side = handle;
    dfl_cancel(NULL, &side->task, 1);
}

void guest_drop(void *handle)
{
    ((struct side *)handle)->unwanted = true;
    guest_cancel(handle);
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

void guests_answer(struct actions *out)
{
    struct told *told = reversed(atomic_exchange(&guests.done, NULL));
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

void guests_free(void)
{
    for (struct told *told = atomic_exchange(&guests.done, NULL), *next; told; told = next) {
        next = told->next;
        if (told->is_given)
            continue; /* promise_close() frees it */
        free_side((struct side *)told);
    }
    while (guests.waiting)
        free_side(guests.waiting);
}
