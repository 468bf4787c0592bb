/* lease.c - leases that a worker holds. grant.c has the node's side. */
#include "lease.h"

#include <stdlib.h>

#include "list.h"

/* ---- asking ---- */

static void send_request(struct leases *l, uint32_t to, bool redirected, struct actions *out)
{
    l->asked = to;
    act_send_lease_request(out, to, &(struct msg_lease_request){l->request, redirected});
}

bool leases_may_ask(const struct leases *l, int64_t now)
{
    return !l->asked && now >= l->ask_after;
}

void leases_ask(struct leases *l, int64_t now, struct actions *out)
{
    if (!leases_may_ask(l, now))
        return;
    l->request++;
    send_request(l, l->node, false, out);
}

static struct lease *entry_for(struct leases *l, uint32_t worker)
{
    struct lease *unused = NULL;
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->list[i].worker == worker)
            return &l->list[i];
        if (!l->list[i].worker)
            unused = &l->list[i];
    }
    if (unused)
        return unused;
    list_grow(l->list, l->count, l->room);
    l->list[l->count] = (struct lease){0};
    return &l->list[l->count++];
}

void leases_on_grant(struct leases *l, uint32_t from, const struct msg_lease_grant *m, int64_t now,
                     struct actions *out)
{
    bool awaited = from == l->asked && m->request == l->request && m->slots > 0 && m->worker;
    struct lease *lease = awaited ? entry_for(l, m->worker) : NULL;
    if (lease && lease->worker) /* one lease a worker: the older one serves */
        awaited = false;
    if (!awaited) {
        act_send_lease_return(out, from, &(struct msg_lease_return){m->lease});
    } else {
        *lease = (struct lease){
            .worker = m->worker, .id = m->lease, .slots = m->slots, .idle_since = now};
    }
    if (from == l->asked && m->request == l->request) {
        l->asked = 0;
        l->rejections = 0;
        l->ask_after = now;
    }
}

void leases_on_reject(struct leases *l, uint32_t from, const struct msg_lease_reject *m,
                      int64_t now, struct actions *out)
{
    if (from != l->asked || m->request != l->request)
        return;
    if (m->ask && from == l->node && m->ask != l->node) {
        send_request(l, m->ask, true, out);
        return;
    }
    l->asked = 0;
    uint32_t times = UINT32_C(1) << (l->rejections < 5 ? l->rejections : 5);
    l->rejections++;
    l->ask_after =
        now + (int64_t)LEASE_RETRY_NS * (times < LEASE_RETRY_MOST ? times : LEASE_RETRY_MOST);
}

void leases_on_death(struct leases *l, uint32_t dead)
{
    if (l->asked == dead)
        l->asked = 0;
    for (uint32_t i = 0; i < l->count; i++)
        if (id_ends_with(l->list[i].worker, dead))
            l->list[i] = (struct lease){0};
}

/* ---- using ---- */

/* As many as keep its slots busy for LEASE_WINDOW_NS, within bounds. */
uint32_t lease_room(const struct lease *l)
{
    uint64_t each = LEASE_IN_FLIGHT_FIRST;
    if (l->mean_ns) {
        each = LEASE_WINDOW_NS / l->mean_ns;
        each = each < LEASE_IN_FLIGHT_LEAST  ? LEASE_IN_FLIGHT_LEAST
               : each > LEASE_IN_FLIGHT_MOST ? LEASE_IN_FLIGHT_MOST
                                             : each;
    }
    uint64_t most = each * l->slots;
    return l->worker && most > l->in_flight ? (uint32_t)(most - l->in_flight) : 0;
}

struct lease *leases_best(struct leases *l)
{
    struct lease *best = NULL;
    uint32_t most = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        uint32_t room = lease_room(&l->list[i]);
        if (room > most) {
            most = room;
            best = &l->list[i];
        }
    }
    return best;
}

struct lease *leases_on(struct leases *l, uint32_t worker)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->list[i].worker == worker && lease_room(&l->list[i]))
            return &l->list[i];
    return NULL;
}

struct lease *leases_open(struct leases *l, uint32_t worker, uint32_t slots, int64_t now)
{
    struct lease *lease = entry_for(l, worker);
    if (!lease->worker)
        *lease =
            (struct lease){.worker = worker, .slots = slots, .idle_since = now, .press_at = now};
    return lease;
}

bool lease_admits(struct lease *l, int64_t now)
{
    if (lease_room(l))
        return true;
    if (now < l->press_at)
        return false;
    l->press_at = now + LEASE_PRESS_NS;
    return true;
}

void lease_sent(struct lease *l)
{
    l->in_flight++;
}

void leases_returned(struct leases *l, uint32_t worker, uint32_t run_ns, int64_t now)
{
    for (uint32_t i = 0; i < l->count; i++) {
        struct lease *lease = &l->list[i];
        if (lease->worker != worker || lease->in_flight == 0)
            continue;
        if (run_ns)
            lease->mean_ns = lease->mean_ns ? (7 * lease->mean_ns + run_ns) / 8 : run_ns;
        if (--lease->in_flight == 0)
            lease->idle_since = now;
    }
}

int64_t leases_on_tick(struct leases *l, int64_t now, struct actions *out)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < l->count; i++) {
        struct lease *lease = &l->list[i];
        if (!lease->worker || lease->in_flight)
            continue;
        int64_t due = lease->idle_since + LEASE_KEEP_NS;
        if (due <= now) {
            if (lease->id)
                act_send_lease_return(out, id_proc(id_node(lease->worker), 0),
                                      &(struct msg_lease_return){lease->id});
            *lease = (struct lease){0};
        } else if (due < next) {
            next = due;
        }
    }
    return next;
}

void leases_free(struct leases *l)
{
    free(l->list);
    *l = (struct leases){0};
}
