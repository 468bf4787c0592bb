/* node_tables.c - what a node does about each row; what the head decides. */
#include "tables.h"

#include <stdio.h>
#include <string.h>

void node_tables_open(struct node_tables *t, uint32_t self, int64_t detect_ns, int64_t now)
{
    *t = (struct node_tables){
        .self = self, .detect_ns = detect_ns, .beat_at = now, .ticked_at = now};
    t->grants.node = self;
}

static bool is_head(const struct node_tables *t)
{
    return t->self == ID_HEAD;
}

/* ---- who is in ---- */

/* A process of another machine, or the own worker, may be talked to from now on. */
static bool meet(struct node_tables *t, const struct msg_join *m, int64_t now, struct actions *out)
{
    if (m->proc == t->self || !members_join(&t->members, m->proc, m->slots, m->url))
        return false;
    members_find(&t->members, m->proc)->heard = now;
    struct action *act = act_add(out, ACT_PEER);
    act->proc = m->proc;
    act->bytes = m->url;
    return true;
}

static void tell_of(const struct member *who, uint32_t to, struct actions *out)
{
    struct bytes url = {(const uint8_t *)who->url, strlen(who->url)};
    act_send_join(out, to, &(struct msg_join){who->proc, who->slots, url});
}

/* Head: everyone hears of the newcomer, and the newcomer of everyone. */
static void admit(struct node_tables *t, const struct msg_join *m, int64_t now, struct actions *out)
{
    if (!meet(t, m, now, out))
        return;
    if (t->finishing && id_is_node(m->proc)) /* the run was shorter than its start */
        act_send_finish(out, m->proc, &(struct msg_finish){0});
    for (uint32_t i = 0; i < t->members.count; i++) {
        const struct member *other = &t->members.list[i];
        if (other->out || other->proc == m->proc)
            continue;
        act_send_join(out, other->proc, m);
        tell_of(other, m->proc, out);
    }
}

static bool on_join(struct node_tables *t, uint32_t from, const struct msg_join *m, int64_t now,
                    struct actions *out)
{
    if (id_node(m->proc) != id_node(from) && from != ID_HEAD)
        return false;
    bool own = from == m->proc && id_node(from) == id_node(t->self) && !id_is_node(from);
    if (own)
        grants_worker(&t->grants, m->proc, m->slots);
    if (is_head(t)) {
        admit(t, m, now, out);
        return true;
    }
    meet(t, m, now, out);
    if (own)
        act_send_join(out, ID_HEAD, m);
    return true;
}

void node_tables_join(struct node_tables *t, struct bytes url, struct bytes head, int64_t now,
                      struct actions *out)
{
    if (is_head(t))
        return;
    meet(t, &(struct msg_join){ID_HEAD, 0, head}, now, out);
    act_send_join(out, ID_HEAD, &(struct msg_join){t->self, 0, url});
}

/* ---- who is out ---- */

static bool forget(struct node_tables *t, uint32_t dead, struct actions *out)
{
    if (!members_out(&t->members, dead))
        return false;
    grants_on_death(&t->grants, dead);
    pulls_on_death(&t->pulls, dead, out);
    act_add(out, ACT_CUT)->proc = dead;
    return true;
}

/* Head: it is out, a node with all its workers. */
static void declare_dead(struct node_tables *t, uint32_t dead, struct bytes why,
                         struct actions *out)
{
    if (!forget(t, dead, out))
        return;
    for (uint32_t i = 0; i < t->members.count; i++)
        if (!t->members.list[i].out)
            act_send_death(out, t->members.list[i].proc, &(struct msg_death){dead, why});
    if (id_is_node(dead))
        act_add(out, ACT_KILL)->proc = dead;
    struct action *died = act_add(out, ACT_DIED);
    died->proc = dead;
    died->bytes = why;
}

static bool on_death(struct node_tables *t, uint32_t from, const struct msg_death *m,
                     struct actions *out)
{
    if (is_head(t)) {
        if (id_node(m->proc) != id_node(from))
            return false;
        declare_dead(t, m->proc, m->why, out);
        return true;
    }
    if (from != ID_HEAD)
        return false;
    if (m->proc == t->self)
        act_add(out, ACT_LEAVE)->bytes = m->why;
    else
        forget(t, m->proc, out);
    return true;
}

void node_tables_on_exit(struct node_tables *t, uint32_t proc, struct bytes why,
                         struct actions *out)
{
    if (is_head(t)) {
        declare_dead(t, proc, why, out);
        return;
    }
    forget(t, proc, out);
    act_send_death(out, ID_HEAD, &(struct msg_death){proc, why});
}

void node_tables_heard(struct node_tables *t, uint32_t from, int64_t now)
{
    struct member *who = members_find(&t->members, from);
    if (who)
        who->heard = now;
}

/* ---- what is free ---- */

static void tell_nodes(struct node_tables *t, struct actions *out)
{
    uint32_t slots = grants_free_slots(&t->grants);
    if (slots == t->slots_told)
        return;
    t->slots_told = slots;
    for (uint32_t i = 0; i < t->members.count; i++) {
        const struct member *m = &t->members.list[i];
        if (!m->out && id_is_node(m->proc))
            act_send_idle(out, m->proc, &(struct msg_idle){t->grants.worker, slots});
    }
}

/* ---- all of them ---- */

static bool on_finish(struct node_tables *t, uint32_t from, struct actions *out)
{
    if (from != ID_HEAD)
        return false;
    t->finishing = true;
    act_add(out, ACT_LEAVE);
    return true;
}

/* The own worker's goes on to the head; there it is added up. */
static bool on_report(struct node_tables *t, uint32_t from, const struct msg_report *m,
                      struct actions *out)
{
    if (!is_head(t)) {
        act_send_report(out, ID_HEAD, m);
        return from == t->grants.worker;
    }
    struct action *act = act_add(out, ACT_REPORT);
    act->proc = id_proc(id_node(from), 0);
    act->bytes = m->stats;
    return true;
}

/* The own worker's wishes about the store. */
static bool on_store(struct node_tables *t, uint32_t from, const struct msg *m, struct actions *out)
{
    if (from != t->grants.worker)
        return false;
    if (m->kind == MSG_object_drop) {
        pulls_on_drop(&t->pulls, from, &m->object_drop, out);
        return true;
    }
    struct action *act;
    if (m->kind == MSG_store_more) {
        act = act_add(out, ACT_MORE);
        act->len = m->store_more.bytes;
    } else if (m->kind == MSG_store_less) {
        act = act_add(out, ACT_LESS);
        act->offset = m->store_less.offset;
    } else {
        act = act_add(out, ACT_PULL);
        act->id = m->object_pull.id;
        act->offset = m->object_pull.offset;
        act->len = m->object_pull.len;
    }
    act->proc = from;
    return true;
}

static bool on_read(uint32_t from, const struct msg_object_read *m, struct actions *out)
{
    struct action *act = act_add(out, ACT_READ);
    act->proc = from;
    act->id = m->id;
    act->offset = m->offset;
    act->len = m->len;
    act->at = m->at;
    return m->len <= PULL_CHUNK;
}

static bool on_chunk(struct node_tables *t, uint32_t from, const struct msg_object_chunk *m,
                     struct actions *out)
{
    uint64_t to;
    if (pulls_on_chunk(&t->pulls, from, m, &to, out)) {
        struct action *act = act_add(out, ACT_STORE);
        act->offset = to;
        act->bytes = m->bytes;
    }
    return true; /* of a pull that was given up */
}

static bool on_row(struct node_tables *t, uint32_t from, const struct msg *m, int64_t now,
                   struct actions *out)
{
    switch (m->kind) {
    case MSG_join:
        return on_join(t, from, &m->join, now, out);
    case MSG_death:
        return on_death(t, from, &m->death, out);
    case MSG_heartbeat:
        return id_is_node(from);
    case MSG_finish:
        return on_finish(t, from, out);
    case MSG_store_more:
    case MSG_store_less:
    case MSG_object_pull:
    case MSG_object_drop:
        return on_store(t, from, m, out);
    case MSG_object_read:
        return id_is_node(from) && on_read(from, &m->object_read, out);
    case MSG_object_chunk:
        return id_is_node(from) && on_chunk(t, from, &m->object_chunk, out);
    case MSG_report:
        return on_report(t, from, &m->report, out);
    case MSG_idle:
        grants_on_idle(&t->grants, from, &m->idle);
        return true;
    case MSG_lease_request:
        grants_on_request(&t->grants, from, &m->lease_request, out);
        return !id_is_node(from);
    case MSG_lease_return:
        grants_on_return(&t->grants, from, &m->lease_return);
        return !id_is_node(from);
    default:
        return false;
    }
}

bool node_tables_on_row(struct node_tables *t, uint32_t from, struct bytes row, int64_t now,
                        struct actions *out)
{
    struct msg m;
    if (!wire_read(row, &m))
        return false;
    if (members_is_out(&t->members, from))
        return true;
    bool sound = on_row(t, from, &m, now, out);
    tell_nodes(t, out);
    return sound;
}

void node_tables_finish(struct node_tables *t, struct actions *out)
{
    t->finishing = true;
    for (uint32_t i = 0; i < t->members.count; i++)
        if (!t->members.list[i].out && id_is_node(t->members.list[i].proc))
            act_send_finish(out, t->members.list[i].proc, &(struct msg_finish){0});
}

/* ---- time ---- */

/* We were not run for a while, or stopped: that silence was ours. */
static void forgive_own_delay(struct node_tables *t, int64_t now)
{
    int64_t late = now - t->ticked_at - 2 * TABLES_BEAT_NS;
    t->ticked_at = now;
    for (uint32_t i = 0; late > 0 && i < t->members.count; i++)
        t->members.list[i].heard += late;
}

static void check_silence(struct node_tables *t, int64_t now, struct actions *out)
{
    for (uint32_t i = 0; i < t->members.count; i++) {
        const struct member *m = &t->members.list[i];
        if (m->out || !id_is_node(m->proc) || now - m->heard <= t->detect_ns)
            continue;
        if (is_head(t))
            declare_dead(t, m->proc, (struct bytes){(const uint8_t *)"silent", 6}, out);
        else if (m->proc == ID_HEAD)
            act_add(out, ACT_LEAVE)->bytes =
                (struct bytes){(const uint8_t *)"no word of the head", 19};
    }
}

static void beat(struct node_tables *t, struct actions *out)
{
    for (uint32_t i = 0; i < t->members.count; i++) {
        const struct member *m = &t->members.list[i];
        if (!m->out && id_is_node(m->proc) && (is_head(t) || m->proc == ID_HEAD))
            act_send_heartbeat(out, m->proc, &(struct msg_heartbeat){0});
    }
}

int64_t node_tables_on_tick(struct node_tables *t, int64_t now, struct actions *out)
{
    forgive_own_delay(t, now);
    if (now >= t->beat_at) {
        beat(t, out);
        t->beat_at = now + TABLES_BEAT_NS;
    }
    if (!t->finishing)
        check_silence(t, now, out);
    return t->beat_at;
}

void node_tables_pull(struct node_tables *t, const struct action *a, uint64_t to,
                      struct actions *out)
{
    pulls_begin(&t->pulls, a->proc, &(struct msg_object_pull){a->id, a->offset, a->len}, to, out);
}

void node_tables_close(struct node_tables *t)
{
    members_free(&t->members);
    grants_free(&t->grants);
    pulls_free(&t->pulls);
}
