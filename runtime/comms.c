/* comms.c - the role, its inbox, and the peers. Read comms.h first; run_role() is where it all
 * comes together. */
#include "comms.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "channel.h"
#include "clock.h"
#include "futex.h"
#include "list.h"
#include "transport.h"

enum {
    BACKLOG_MOST = 1 << 30, /* bytes that may wait for a peer */
    FLUSH_NS = 200000000,
};

struct peer {
    uint32_t proc;
    bool connected, cut;
    struct channel channel;
};

/* A packet that came while the role was taken, or that chaos holds back. */
struct parcel {
    struct parcel *next;
    uint32_t peer;
    int64_t at; /* held back until then */
    size_t len;
    uint8_t data[];
};

struct comms {
    const struct comms_ops *ops;
    void *user;
    struct transport *transport;
    char url[128];

    /* any thread */
    _Atomic(struct parcel *) inbox;
    _Atomic bool poked, stopping;
    _Atomic uint32_t wakes;
    _Atomic int64_t sleeps_until; /* of the thread in comms_loop(); 0: it is awake */
    pthread_mutex_t role;

    /* the role's holder */
    struct peer **peers;
    uint32_t count, room;
    struct actions actions;
    int64_t now;
    int64_t due;
    const struct chaos *chaos;
    uint64_t dice;
    struct parcel *held; /* by chaos, in order of time */
    uint32_t row_from;   /* who sent the rows that are being delivered; 0: none are */
};

/* ---- waking ---- */

static void wake(struct comms *c)
{
    atomic_fetch_add(&c->wakes, 1);
    if (atomic_load(&c->sleeps_until))
        futex_wake(&c->wakes, 1);
}

void comms_poke(struct comms *c)
{
    if (!atomic_exchange(&c->poked, true))
        wake(c);
}

/* ---- peers ---- */

static struct peer *peer_of(struct comms *c, uint32_t proc)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (c->peers[i]->proc == proc)
            return c->peers[i];
    list_grow(c->peers, c->count, c->room);
    struct peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        block_exhausted(sizeof *peer);
    peer->proc = proc;
    channel_init(&peer->channel, CHANNEL_WINDOW, BACKLOG_MOST);
    c->peers[c->count++] = peer;
    return peer;
}

static void connect_peer(struct comms *c, uint32_t proc, struct bytes url)
{
    struct peer *peer = peer_of(c, proc);
    char text[sizeof c->url];
    if (peer->connected || peer->cut || url.len >= sizeof text)
        return;
    memcpy(text, url.at, url.len);
    text[url.len] = '\0';
    char why[TRANSPORT_WHY];
    peer->connected = transport_peer_open(c->transport, proc, text, why);
    if (!peer->connected)
        fprintf(stderr, "error: cannot reach a process of this run: %s\n", why);
}

static void cut(struct comms *c, struct peer *peer)
{
    if (peer->cut)
        return;
    peer->cut = true;
    if (peer->proc != c->row_from) /* else its channel is in use: take_packet() ends it */
        channel_fini(&peer->channel);
    if (peer->connected)
        transport_peer_close(c->transport, peer->proc);
}

static void cut_dead(struct comms *c, uint32_t dead)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (id_ends_with(c->peers[i]->proc, dead))
            cut(c, c->peers[i]);
}

/* ---- out ---- */

static struct parcel *parcel_new(uint32_t peer, const void *data, size_t len)
{
    struct parcel *p = malloc(sizeof *p + len);
    if (!p)
        block_exhausted(sizeof *p + len);
    p->peer = peer;
    p->len = len;
    memcpy(p->data, data, len);
    return p;
}

static void hold_back(struct comms *c, uint32_t proc, const struct channel_packet *packet,
                      int64_t ns)
{
    struct parcel *p = parcel_new(proc, packet->data, packet->len), **at = &c->held;
    p->at = c->now + ns;
    while (*at && (*at)->at <= p->at)
        at = &(*at)->next;
    p->next = *at;
    *at = p;
}

static void send_held(struct comms *c)
{
    while (c->held && c->held->at <= c->now) {
        struct parcel *p = c->held;
        c->held = p->next;
        if (!peer_of(c, p->peer)->cut)
            transport_send(c->transport, p->peer, p->data, p->len);
        free(p);
    }
}

/* A packet on its way, as chaos would have it. What the transport does not take is as good as lost:
 * the channel sends it again. */
static void emit(struct comms *c, struct peer *peer, const struct channel_packet *packet)
{
    struct chaos_fate fate = chaos_fate(c->chaos, &c->dice);
    for (uint32_t i = 0; i < fate.copies; i++) {
        if (fate.delay_ns[i])
            hold_back(c, peer->proc, packet, fate.delay_ns[i]);
        else
            transport_send(c->transport, peer->proc, packet->data, packet->len);
    }
}

static void pump(struct comms *c)
{
    send_held(c);
    if (c->held && c->held->at < c->due)
        c->due = c->held->at;
    for (uint32_t i = 0; i < c->count; i++) {
        struct peer *peer = c->peers[i];
        struct channel_packet packet;
        if (!peer->connected || peer->cut)
            continue;
        while (transport_writable(c->transport, peer->proc) &&
               channel_next(&peer->channel, c->now, &packet))
            emit(c, peer, &packet);
        int64_t due = channel_due(&peer->channel);
        if (due < c->due && transport_writable(c->transport, peer->proc))
            c->due = due; /* else on_writable tells */
    }
}

/* ---- in ---- */

static void perform(struct comms *c)
{
    for (uint32_t i = 0; i < c->actions.count; i++) {
        struct action a = c->actions.list[i];
        switch (a.kind) {
        case ACT_SEND: {
            struct peer *peer = peer_of(c, a.proc);
            struct bytes row = act_row(&c->actions, &a);
            if (!peer->cut && !channel_append(&peer->channel, row.at, row.len))
                cut(c, peer);
            break;
        }
        case ACT_PEER:
            connect_peer(c, a.proc, a.bytes);
            break;
        case ACT_CUT:
            cut_dead(c, a.proc);
            break;
        default:
            c->ops->act(c->user, &a, &c->actions);
        }
    }
    actions_clear(&c->actions);
}

/* What a row leads to is done before the next row is looked at, which may rely on it; and the row's
 * bytes are lent to its actions. */
static bool on_row(void *user, const uint8_t *row, size_t len)
{
    struct comms *c = user;
    bool sound =
        c->ops->on_row(c->user, c->row_from, (struct bytes){row, len}, c->now, &c->actions);
    perform(c);
    return sound;
}

static void take_packet(struct comms *c, uint32_t from, const void *data, size_t len)
{
    struct peer *peer = peer_of(c, from);
    if (peer->cut)
        return;
    c->row_from = from;
    bool sound = channel_on_packet(&peer->channel, c->now, data, len, on_row, c);
    c->row_from = 0;
    if (peer->cut)
        channel_fini(&peer->channel);
    else if (!sound)
        cut(c, peer);
}

static void take_inbox(struct comms *c)
{
    struct parcel *p = atomic_exchange(&c->inbox, NULL), *list = NULL;
    while (p) { /* newest first: turn it round */
        struct parcel *next = p->next;
        p->next = list;
        list = p;
        p = next;
    }
    while (list) {
        struct parcel *next = list->next;
        take_packet(c, list->peer, list->data, list->len);
        free(list);
        list = next;
    }
}

/* ---- the role ---- */

/* One turn of what there is to do. A packet in hand comes after those that waited. */
static void run_role(struct comms *c, uint32_t from, const void *data, size_t len)
{
    c->ops->enter(c->user);
    atomic_store(&c->poked, false);
    c->now = clock_now();
    take_inbox(c);
    if (data)
        take_packet(c, from, data, len);
    c->due = c->ops->step(c->user, c->now, &c->actions);
    perform(c);
    pump(c);
    c->ops->leave(c->user);
}

static bool anything_waits(struct comms *c)
{
    return atomic_load(&c->poked) || atomic_load(&c->inbox);
}

/* Gives the role back. The thread must not sleep beyond what is due now, nor may anything wait that
 * came while the role was held. */
static void release_role(struct comms *c)
{
    int64_t due = c->due;
    pthread_mutex_unlock(&c->role);
    if (due < atomic_load(&c->sleeps_until) || anything_waits(c))
        wake(c);
}

void comms_call(struct comms *c, void (*fn)(void *user, struct actions *))
{
    pthread_mutex_lock(&c->role);
    c->ops->enter(c->user);
    c->now = clock_now();
    fn(c->user, &c->actions);
    perform(c);
    c->due = INT64_MAX;
    pump(c);
    c->ops->leave(c->user);
    release_role(c);
}

void comms_loop(struct comms *c)
{
    for (;;) {
        uint32_t wakes = atomic_load(&c->wakes);
        pthread_mutex_lock(&c->role);
        if (atomic_load(&c->stopping)) {
            pthread_mutex_unlock(&c->role);
            return;
        }
        run_role(c, 0, NULL, 0);
        int64_t due = c->due, now = c->now;
        atomic_store(&c->sleeps_until, due);
        pthread_mutex_unlock(&c->role);
        if (!anything_waits(c) && due > now)
            futex_wait(&c->wakes, wakes, due == INT64_MAX ? 1000000000 : due - now);
        atomic_store(&c->sleeps_until, 0);
    }
}

void comms_stop(struct comms *c)
{
    pthread_mutex_lock(&c->role);
    atomic_store(&c->stopping, true);
    pthread_mutex_unlock(&c->role);
    wake(c);
}

/* ---- the transport's threads ---- */

static void on_packet(void *user, uint32_t from, const void *data, size_t len)
{
    struct comms *c = user;
    if (pthread_mutex_trylock(&c->role) == 0) {
        if (!atomic_load(&c->stopping))
            run_role(c, from, data, len);
        release_role(c);
        return;
    }
    struct parcel *p = parcel_new(from, data, len);
    p->next = atomic_load(&c->inbox);
    while (!atomic_compare_exchange_weak(&c->inbox, &p->next, p))
        ;
    comms_poke(c);
}

static void on_writable(void *user, uint32_t proc)
{
    (void)proc;
    comms_poke(user);
}

/* Only a hint: the parent of a process knows when it ends. */
static void on_lost(void *user, uint32_t proc)
{
    (void)user;
    (void)proc;
}

static void on_refused(void *user, const char *text)
{
    (void)user;
    fprintf(stderr, "dfl: %s\n", text);
}

/* ---- the whole ---- */

/* Of TCP the system chooses the port. */
static void choose_url(struct comms *c, const struct run *run, uint32_t self)
{
    if (run->tcp)
        snprintf(c->url, sizeof c->url, "tcp://127.0.0.1:0");
    else
        snprintf(c->url, sizeof c->url, "abstract://dfl-%016" PRIx64 "-%u.%u", run->id,
                 id_node(self), id_start(self));
}

const char *comms_open(const struct run *run, uint32_t self, uint64_t program,
                       const struct comms_ops *ops, void *user, struct comms **out)
{
    struct comms *c = calloc(1, sizeof *c);
    if (!c)
        block_exhausted(sizeof *c);
    c->ops = ops;
    c->user = user;
    c->chaos = &run->chaos;
    c->dice = chaos_dice(c->chaos, self);
    pthread_mutex_init(&c->role, NULL);
    choose_url(c, run, self);
    struct transport_config config = {
        .self = self,
        .url = c->url,
        .program = program,
        .user = c,
        .on_packet = on_packet,
        .on_writable = on_writable,
        .on_lost = on_lost,
        .on_refused = on_refused,
    };
    memcpy(config.secret, run->secret, sizeof config.secret);
    *out = c;
    static char why[TRANSPORT_WHY];
    if (!transport_open(&config, &c->transport, why)) {
        free(c);
        return why;
    }
    snprintf(c->url, sizeof c->url, "%s", transport_url(c->transport));
    return NULL;
}

struct comms_counts comms_counts(const struct comms *c)
{
    struct comms_counts sum = {0};
    for (uint32_t i = 0; i < c->count; i++) {
        const struct channel_stats *s = &c->peers[i]->channel.stats;
        sum.rows += s->rows;
        sum.packets += s->packets;
        sum.bytes += s->bytes;
        sum.resent += s->resent;
    }
    return sum;
}

static bool arrived(struct comms *c, uint32_t proc)
{
    pthread_mutex_lock(&c->role);
    struct peer *peer = peer_of(c, proc);
    bool all = peer->cut || channel_backlog(&peer->channel) == 0;
    pthread_mutex_unlock(&c->role);
    return all;
}

void comms_flush(struct comms *c, uint32_t proc)
{
    int64_t until = clock_now() + FLUSH_NS;
    while (!arrived(c, proc) && clock_now() < until)
        usleep(100);
}

struct bytes comms_url(const struct comms *c)
{
    return (struct bytes){(const uint8_t *)c->url, strlen(c->url)};
}

static void free_parcels(struct parcel *p)
{
    while (p) {
        struct parcel *next = p->next;
        free(p);
        p = next;
    }
}

void comms_close(struct comms *c)
{
    transport_close(c->transport);
    for (uint32_t i = 0; i < c->count; i++) {
        if (!c->peers[i]->cut)
            channel_fini(&c->peers[i]->channel);
        free(c->peers[i]);
    }
    free(c->peers);
    free_parcels(atomic_load(&c->inbox));
    free_parcels(c->held);
    actions_free(&c->actions);
    pthread_mutex_destroy(&c->role);
    free(c);
}
