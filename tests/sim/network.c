/* network.c - the clock and the network: events in order of time; packets that get lost, doubled
 * and delayed; crashes; and what must hold after each step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

struct coverage coverage;

static char why[512];

/* ---- events: a heap by time, then by order of making ---- */

static bool earlier(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
    struct event t = *a;
    *a = *b;
    *b = t;
}

void world_event(struct world *w, struct event e)
{
    if (w->event_count == w->event_room) {
        w->event_room = w->event_room ? w->event_room * 2 : 1024;
        w->events = realloc(w->events, w->event_room * sizeof *w->events);
        if (!w->events)
            abort();
    }
    e.order = w->orders++;
    uint32_t i = w->event_count++;
    w->events[i] = e;
    for (; i > 0 && earlier(&w->events[i], &w->events[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&w->events[i], &w->events[(i - 1) / 2]);
}

static struct event take_event(struct world *w)
{
    struct event first = w->events[0];
    w->events[0] = w->events[--w->event_count];
    for (uint32_t i = 0, child; (child = 2 * i + 1) < w->event_count; i = child) {
        if (child + 1 < w->event_count && earlier(&w->events[child + 1], &w->events[child]))
            child++;
        if (!earlier(&w->events[child], &w->events[i]))
            break;
        swap(&w->events[child], &w->events[i]);
    }
    return first;
}

/* ---- packets ---- */

static void send_copy(struct world *w, uint32_t from, uint32_t to,
                      const struct channel_packet *packet)
{
    int64_t most = random_percent(&w->random, w->faults.reorder) ? 20000000 : 50000;
    void *data = malloc(packet->len);
    if (!data)
        abort();
    memcpy(data, packet->data, packet->len);
    world_event(w, (struct event){.kind = EVENT_PACKET,
                                  .at = w->now + random_between(&w->random, 5000, most),
                                  .to = to,
                                  .from = from,
                                  .data = data,
                                  .len = packet->len});
}

static void emit(struct world *w, uint32_t from, uint32_t to, const struct channel_packet *packet)
{
    coverage.packets++;
    if (random_percent(&w->random, w->faults.drop)) {
        coverage.dropped++;
        return;
    }
    send_copy(w, from, to, packet);
    if (random_percent(&w->random, w->faults.duplicate))
        send_copy(w, from, to, packet);
}

void network_pump(struct world *w, struct process *p)
{
    uint32_t self = (uint32_t)(p - w->procs);
    int64_t due = p->tick_at;
    for (uint32_t to = 0; to < w->proc_count; to++) {
        struct channel_packet packet;
        if (!p->connected[to] || p->cut[to])
            continue;
        while (channel_next(&p->channels[to], w->now, &packet))
            emit(w, self, to, &packet);
        int64_t next = channel_due(&p->channels[to]);
        if (next < due)
            due = next;
    }
    if (due < w->now + 1000)
        due = w->now + 1000;
    if (due < INT64_MAX && (p->wake_at <= w->now || due < p->wake_at)) {
        p->wake_at = due;
        world_event(w, (struct event){.kind = EVENT_TICK, .at = due, .to = self});
    }
}

uint32_t world_index(const struct world *w, uint32_t proc)
{
    for (uint32_t i = 0; i < w->proc_count; i++)
        if (w->procs[i].proc == proc)
            return i;
    return PROCS_MOST;
}

/* ---- the world ---- */

static void plan_faults(struct world *w)
{
    for (uint32_t i = 0; i < w->faults.crashes + w->faults.stalls; i++)
        world_event(w, (struct event){.kind = i < w->faults.crashes ? EVENT_CRASH : EVENT_STALL,
                                      .at = random_between(&w->random, 100000, 60000000)});
}

void world_open(struct world *w, uint64_t seed, bool trace)
{
    memset(w, 0, sizeof *w);
    w->random.state = seed;
    w->trace = trace;
    w->nodes = (uint32_t)random_between(&w->random, 3, NODES_MOST);
    w->threads = (uint32_t)random_between(&w->random, 1, 4);
    bool noisy = random_percent(&w->random, 50);
    w->faults = (struct faults){
        .drop = noisy ? (int)random_between(&w->random, 0, 10) : 0,
        .duplicate = noisy ? (int)random_between(&w->random, 0, 10) : 0,
        .reorder = noisy ? (int)random_between(&w->random, 0, 10) : 0,
        .crashes = (uint32_t)random_between(&w->random, 1, 4),
        .stalls = (uint32_t)random_between(&w->random, 0, 2),
    };
    if (w->faults.crashes + w->faults.stalls < 2)
        w->faults.crashes = 2;
    for (w->tasks = 0; w->tasks < 200 || w->tasks > 1500;) {
        w->tasks = 0;
        w->root_key = random_next(&w->random);
        w->expected = program_value(w->root_key, 6, NULL, 0, &w->tasks);
    }
    for (uint32_t n = 1; n <= w->nodes; n++) {
        machine_open(w, id_proc(n, 0));
        machine_open(w, id_proc(n, 1));
    }
    plan_faults(w);
}

/* A worker or node that is alive and is neither the head nor the root. */
static struct process *victim(struct world *w)
{
    for (int tries = 0; tries < 50; tries++) {
        struct process *p = &w->procs[random_between(&w->random, 0, w->proc_count - 1)];
        if (p->alive && p->proc != ID_HEAD && p->proc != ID_ROOT)
            return p;
    }
    return NULL;
}

static void on_stall(struct world *w)
{
    struct process *p = victim(w);
    if (!p)
        return;
    coverage.stalls++;
    p->stalled = true;
    world_event(w, (struct event){.kind = EVENT_WAKE,
                                  .at = w->now + random_between(&w->random, 1000000, 900000000),
                                  .to = (uint32_t)(p - w->procs)});
}

static void on_event(struct world *w, struct event *e)
{
    struct process *p = &w->procs[e->to];
    if (e->kind == EVENT_CRASH) {
        p = victim(w);
        if (p)
            machine_crash(w, p);
    } else if (e->kind == EVENT_STALL) {
        on_stall(w);
    } else if (!p->alive) {
        return;
    } else if (p->stalled && e->kind != EVENT_WAKE) {
        if (e->kind != EVENT_TICK) { /* waits in a buffer of the system until it is run again */
            struct event later = *e;
            later.at = w->now + 10000000;
            e->data = NULL;
            world_event(w, later);
        }
    } else if (e->kind == EVENT_WAKE) {
        p->stalled = false;
        machine_step(w, p);
    } else if (e->kind == EVENT_PACKET) {
        machine_on_packet(w, p, e->from, e->data, e->len);
    } else if (e->kind == EVENT_RUN) {
        machine_on_run(w, p, e->record);
    } else if (e->kind == EVENT_EXIT) {
        machine_on_exit(w, p, w->procs[e->from].proc);
    } else {
        machine_step(w, p);
    }
}

/* ---- what must hold ---- */

static const char *broken(struct world *w, const char *what, uint32_t proc)
{
    snprintf(why, sizeof why, "%s (process %u.%u, step %llu, time %.6f s)", what, id_node(proc),
             id_start(proc), (unsigned long long)w->steps, (double)w->now / 1e9);
    return why;
}

/* After every step: what a worker has lent is in its table, and nothing else is. */
static const char *check_step(struct world *w, const struct process *p)
{
    uint32_t lent = 0, foreign = 0, proxies = 0, named = 0;
    if (!p->alive || id_is_node(p->proc))
        return NULL;
    for (const struct record *r = p->records; r; r = r->next) {
        lent += r->state == LENT || r->state == AWAY;
        foreign += r->foreign && r->state != DONE;
        proxies += r->proxy && !r->over;
        named += r->named + r->told;
    }
    if (lent != p->worker.owner.live)
        return broken(w, "lent records and rows of the owner differ", p->proc);
    if (foreign != p->worker.exec.live)
        return broken(w, "foreign records and executions differ", p->proc);
    if (proxies != p->worker.takes.live)
        return broken(w, "proxies and rows of what others give differ", p->proc);
    if (named != p->worker.gives.live)
        return broken(w, "records that were named and rows of them differ", p->proc);
    return NULL;
}

/* Once all is quiet: tables are empty, nobody holds a lease. */
static const char *check_end(struct world *w)
{
    for (uint32_t i = 0; i < w->proc_count; i++) {
        struct process *p = &w->procs[i];
        if (!p->alive || p->stalled)
            continue;
        if (id_is_node(p->proc)) {
            for (uint32_t k = 0; k < p->node.pulls.count; k++)
                if (p->node.pulls.list[k].id.owner)
                    return broken(w, "a copy has a place that nobody needs", p->proc);
            for (uint32_t g = 0; g < p->node.grants.count; g++)
                if (p->node.grants.list[g].id)
                    return broken(w, "a lease was never given back", p->proc);
            continue;
        }
        if (p->worker.owner.live)
            return broken(w, "a row of the owner is left", p->proc);
        if (p->worker.exec.live)
            return broken(w, "an execution is left", p->proc);
        if (p->worker.blobs.live)
            return broken(w, "a blob is left", p->proc);
        if (p->worker.gives.live)
            return broken(w, "a future is provided to nobody", p->proc);
        if (p->worker.takes.live)
            return broken(w, "a future is awaited by nobody", p->proc);
        for (uint32_t c = 0; c < p->worker.copies.count; c++)
            if (p->worker.copies.list[c].state != COPY_NONE)
                return broken(w, "a copy is left", p->proc);
    }
    return NULL;
}

const char *world_run(struct world *w)
{
    enum { STEPS_MOST = 20000000 };
    int64_t quiet_until = INT64_MAX;
    for (; w->event_count && w->now < quiet_until; w->steps++) {
        struct event e = take_event(w);
        w->now = e.at;
        on_event(w, &e);
        free(e.data);
        const char *bad = check_step(w, &w->procs[e.to]);
        if (bad)
            return bad;
        if (w->root->state == DONE && quiet_until == INT64_MAX) {
            if (w->root->failed || w->root->value != w->expected)
                return broken(w, "main has another value than in order", ID_ROOT);
            quiet_until = w->now + INT64_C(8000000000);
        }
        if (w->steps > STEPS_MOST || w->now > INT64_C(100000000000))
            return broken(w, "main has no value in bounded time", ID_ROOT);
    }
    if (w->root->state != DONE)
        return broken(w, "nothing happens any more, and main has no value", ID_ROOT);
    return check_end(w);
}

void world_close(struct world *w)
{
    while (w->event_count)
        free(w->events[--w->event_count].data);
    free(w->events);
    depot_close(w);
    for (uint32_t i = 0; i < w->proc_count; i++)
        machine_close(&w->procs[i]);
}
