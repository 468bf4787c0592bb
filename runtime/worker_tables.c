/* worker_tables.c - what a worker does about each row. */
#include "tables.h"

static uint32_t own_node(const struct worker_tables *t)
{
    return id_proc(id_node(t->self), 0);
}

void worker_tables_open(struct worker_tables *t, uint32_t self, uint32_t threads)
{
    *t = (struct worker_tables){.self = self, .idle_told = threads};
    t->leases.node = own_node(t);
    t->blobs.self = self;
    t->copies.node = own_node(t);
    t->gives.self = self;
}

static void meet(struct worker_tables *t, uint32_t proc, uint32_t slots, struct bytes url,
                 struct actions *out)
{
    if (proc == t->self || !members_join(&t->members, proc, slots, url))
        return;
    struct action *act = act_add(out, ACT_PEER);
    act->proc = proc;
    act->bytes = url;
}

void worker_tables_join(struct worker_tables *t, struct bytes url, struct bytes node,
                        struct bytes head, uint32_t threads, struct actions *out)
{
    meet(t, own_node(t), 0, node, out);
    meet(t, ID_HEAD, 0, head, out);
    act_send_join(out, own_node(t), &(struct msg_join){t->self, threads, url});
}

/* ---- who is in ---- */

static bool on_join(struct worker_tables *t, const struct msg_join *m, struct actions *out)
{
    meet(t, m->proc, m->slots, m->url, out);
    return true;
}

static bool on_death(struct worker_tables *t, const struct msg_death *m, struct actions *out)
{
    if (m->proc == t->self || m->proc == own_node(t)) {
        act_add(out, ACT_LEAVE)->bytes = m->why;
        return true;
    }
    if (!members_out(&t->members, m->proc))
        return true;
    t->counts.replayed += owner_on_death(&t->owner, m->proc, out);
    exec_on_death(&t->exec, m->proc, out);
    leases_on_death(&t->leases, m->proc);
    leases_on_death(&t->placed, m->proc);
    blobs_on_death(&t->blobs, m->proc);
    copies_on_death(&t->copies, m->proc, out);
    gives_on_death(&t->gives, m->proc, out);
    takes_on_death(&t->takes, m->proc, out);
    act_add(out, ACT_HELD);
    act_add(out, ACT_CUT)->proc = m->proc;
    return true;
}

/* ---- tasks ---- */

/* Those that a task in the slot was lent with. */
static struct leases *leases_of(struct worker_tables *t, uint32_t slot)
{
    return owner_is_placed(&t->owner, slot) ? &t->placed : &t->leases;
}

static bool on_result(struct worker_tables *t, uint32_t from, const struct msg_task_result *m,
                      int64_t now, struct actions *out)
{
    bool was_away = owner_is_away(&t->owner, m->slot);
    struct leases *leases = leases_of(t, m->slot);
    if (!owner_on_result(&t->owner, from, m, out))
        return true;
    t->counts.came_back++;
    if (!was_away)
        leases_returned(leases, from, m->run_ns, now);
    return true;
}

void worker_tables_stays(struct worker_tables *t, uint32_t from, const struct msg_task_result *m,
                         int64_t now)
{
    t->counts.away++;
    owner_stays(&t->owner, from, m);
    leases_returned(leases_of(t, m->slot), from, m->run_ns, now);
}

void worker_tables_drop(struct worker_tables *t, uint32_t from, const struct msg_task_result *m)
{
    t->counts.came_back++;
    t->counts.unfetched++;
    owner_drop(&t->owner, from, m);
}

void worker_tables_leave(struct worker_tables *t, uint32_t from, const struct msg_task_result *m,
                         struct actions *out)
{
    owner_on_refuse(&t->owner, from, &(struct msg_task_refuse){m->slot, m->generation, m->attempt},
                    out);
}

static bool on_refuse(struct worker_tables *t, uint32_t from, const struct msg_task_refuse *m,
                      int64_t now, struct actions *out)
{
    struct leases *leases = leases_of(t, m->slot);
    if (!owner_on_refuse(&t->owner, from, m, out))
        return true;
    t->counts.refused++;
    leases_returned(leases, from, 0, now);
    return true;
}

static bool on_push(struct worker_tables *t, uint32_t from, const struct msg_task_push *m,
                    struct actions *out)
{
    t->counts.received++;
    exec_on_push(&t->exec, from, m, out);
    return true;
}

static bool on_blob(struct worker_tables *t, uint32_t from, const struct msg *m,
                    struct actions *out)
{
    if (m->kind == MSG_object_done)
        blobs_on_done(&t->blobs, from, &m->object_done);
    else
        copies_on_free(&t->copies, from, &m->object_free, out);
    return true;
}

static bool on_future(struct worker_tables *t, uint32_t from, const struct msg *m,
                      struct actions *out)
{
    if (m->kind == MSG_future_result)
        takes_on_result(&t->takes, from, &m->future_result, out);
    else if (m->kind == MSG_future_away)
        takes_on_away(&t->takes, from, &m->future_away, out);
    else if (m->kind == MSG_future_read)
        gives_on_read(&t->gives, from, &m->future_read, out);
    else
        gives_on_end(&t->gives, from, &m->borrow_end, out);
    return true;
}

static bool on_output(uint32_t from, const struct msg_output *m, struct actions *out)
{
    struct action *act = act_add(out, ACT_PRINT);
    act->proc = from;
    act->bytes = m->lines;
    return true;
}

static bool on_printed(const struct msg_printed *m, struct actions *out)
{
    act_add(out, ACT_WRITTEN)->len = m->bytes;
    return true;
}

/* What the own node says of the store. */
static bool on_store(struct worker_tables *t, const struct msg *m, struct actions *out)
{
    struct action *act;
    if (m->kind == MSG_store_extent) {
        act = act_add(out, ACT_EXTENT);
        act->offset = m->store_extent.offset;
        act->len = m->store_extent.bytes;
        return true;
    }
    if (m->kind == MSG_object_here)
        copies_on_here(&t->copies, &m->object_here);
    else
        copies_on_lost(&t->copies, &m->object_lost);
    act_add(out, ACT_HELD);
    return true;
}

static bool on_cancel(struct worker_tables *t, uint32_t from, const struct msg_task_cancel *m,
                      struct actions *out)
{
    exec_on_cancel(&t->exec, from, m, out);
    return true;
}

static bool on_grant(struct worker_tables *t, uint32_t from, const struct msg_lease_grant *m,
                     int64_t now, struct actions *out)
{
    struct msg_lease_grant grant = *m;
    if (members_is_out(&t->members, grant.worker))
        grant.slots = 0; /* it died while the grant was under way: of no use */
    t->counts.leases++;
    leases_on_grant(&t->leases, from, &grant, now, out);
    return true;
}

static bool on_reject(struct worker_tables *t, uint32_t from, const struct msg_lease_reject *m,
                      int64_t now, struct actions *out)
{
    leases_on_reject(&t->leases, from, m, now, out);
    return true;
}

void worker_tables_lend(struct worker_tables *t, struct lease *lease, void *record, uint32_t fn,
                        uint16_t attempt, struct bytes args, struct actions *out)
{
    t->counts.shipped++;
    lease_sent(lease);
    owner_lend(&t->owner, lease->worker, lease->id == 0, record, fn, attempt, args, out);
}

void worker_tables_cancel(struct worker_tables *t, bool (*ends)(void *record), bool again,
                          struct actions *out)
{
    owner_cancel(&t->owner, ends, again, out);
}

uint32_t worker_tables_owner(const struct worker_tables *t, uint32_t slot)
{
    return t->exec.list[slot].owner;
}

uint16_t worker_tables_attempt(const struct worker_tables *t, uint32_t slot)
{
    return t->exec.list[slot].attempt;
}

void worker_tables_started(struct worker_tables *t, uint32_t slot, void *handle)
{
    exec_started(&t->exec, slot, handle);
}

void worker_tables_refuse(struct worker_tables *t, uint32_t slot, struct actions *out)
{
    exec_refuse(&t->exec, slot, out);
}

void worker_tables_return(struct worker_tables *t, uint32_t owner, struct object_id id,
                          struct actions *out)
{
    takes_lost(&t->takes, id);
    exec_return(&t->exec, owner, out);
}

void worker_tables_forget(struct worker_tables *t, uint32_t slot)
{
    exec_forget(&t->exec, slot);
}

void worker_tables_done(struct worker_tables *t, uint32_t slot, uint32_t run_ns,
                        struct bytes result, struct actions *out)
{
    exec_done(&t->exec, slot, run_ns, result, out);
}

void worker_tables_idle(struct worker_tables *t, uint32_t threads, struct actions *out)
{
    if (threads == t->idle_told)
        return;
    t->idle_told = threads;
    act_send_idle(out, own_node(t), &(struct msg_idle){t->self, threads});
}

/* ---- all of them ---- */

/* Workers say what they do, nodes what they grant; only the head, through whom all is known, says
 * who is in and who is out. Anything else is no row of a sound peer. */
bool worker_tables_on_row(struct worker_tables *t, uint32_t from, struct bytes row, int64_t now,
                          struct actions *out)
{
    struct msg m;
    if (!wire_read(row, &m))
        return false;
    if (members_is_out(&t->members, from))
        return true;
    bool node = id_is_node(from);
    switch (m.kind) {
    case MSG_join:
        return from == ID_HEAD && on_join(t, &m.join, out);
    case MSG_death:
        return from == ID_HEAD && on_death(t, &m.death, out);
    case MSG_finish:
        return from == own_node(t) && act_add(out, ACT_LEAVE);
    case MSG_lease_grant:
        return node && on_grant(t, from, &m.lease_grant, now, out);
    case MSG_lease_reject:
        return node && on_reject(t, from, &m.lease_reject, now, out);
    case MSG_task_push:
        return !node && on_push(t, from, &m.task_push, out);
    case MSG_task_result:
        return !node && on_result(t, from, &m.task_result, now, out);
    case MSG_task_refuse:
        return !node && on_refuse(t, from, &m.task_refuse, now, out);
    case MSG_object_done:
    case MSG_object_free:
        return !node && on_blob(t, from, &m, out);
    case MSG_future_result:
    case MSG_future_away:
    case MSG_future_read:
    case MSG_borrow_end:
        return !node && on_future(t, from, &m, out);
    case MSG_output:
        return !node && t->self == ID_ROOT && on_output(from, &m.output, out);
    case MSG_printed:
        return from == ID_ROOT && on_printed(&m.printed, out);
    case MSG_store_extent:
    case MSG_object_here:
    case MSG_object_lost:
        return from == own_node(t) && on_store(t, &m, out);
    case MSG_task_cancel:
        return !node && on_cancel(t, from, &m.task_cancel, out);
    default:
        return false;
    }
}

int64_t worker_tables_on_tick(struct worker_tables *t, int64_t now, struct actions *out)
{
    int64_t due = leases_on_tick(&t->leases, now, out);
    int64_t placed = leases_on_tick(&t->placed, now, out);
    return placed < due ? placed : due;
}

void worker_tables_close(struct worker_tables *t)
{
    members_free(&t->members);
    owner_free(&t->owner);
    exec_free(&t->exec);
    leases_free(&t->leases);
    leases_free(&t->placed);
    blobs_free(&t->blobs);
    copies_free(&t->copies);
    gives_free(&t->gives);
    takes_free(&t->takes);
}
