/* peer.c - connections that were dialled, on which packets leave.
 *
 * A packet is written at once as far as the system has room for it, straight from where it lies;
 * the rest is copied and written when there is room again. While there is a rest nothing else is
 * sent, so of each peer at most one packet waits here. */
#include "transport_core.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "clock.h"
#include "id.h"

enum { PAUSE_LEAST_MS = 5, PAUSE_MOST_MS = 200, REST_ROOM = 1 << 20 };

/* A connection that ends sooner was refused, or leads to a process that keeps dying. */
#define BRIEF_NS INT64_C(100000000)

/* A process that is dialled, or that was closed: these are kept, to refuse them. */
struct peer {
    struct peer *next; /* of the bucket */
    struct transport *transport;
    uint32_t proc;

    pthread_mutex_t lock; /* for what follows */
    bool closed;
    bool freed;       /* nothing of nng's is left but the dialer, which does nothing any more */
    uint32_t telling; /* callbacks that are with the user */
    nng_stream_dialer *dialer;
    nng_aio *step; /* dials, or pauses before it dials again */
    bool stepping, dialling;
    int pause_ms;

    nng_stream *stream; /* NULL: not connected */
    bool up;            /* the hello was sent, nothing went wrong */
    bool lost;          /* to be reported */
    int64_t since;
    nng_aio *watch; /* reads what never comes, to see the connection end */
    bool watching;
    uint8_t unexpected;
    nng_aio *at_once; /* has no callback */
    nng_aio *send;    /* writes the rest */
    bool sending;
    uint8_t *rest;
    size_t rest_at, rest_end, rest_room;
};

/* ---- the table; the transport's lock is held ---- */

static struct peer *find(struct transport *t, uint32_t proc)
{
    struct peer *p = t->peers[proc % BUCKETS];
    while (p && p->proc != proc)
        p = p->next;
    return p;
}

static struct peer *add(struct transport *t, uint32_t proc)
{
    struct peer *p = transport_alloc(sizeof *p);
    p->transport = t;
    p->proc = proc;
    pthread_mutex_init(&p->lock, NULL);
    p->next = t->peers[proc % BUCKETS];
    t->peers[proc % BUCKETS] = p;
    return p;
}

bool peer_is_closed(struct transport *t, uint32_t proc)
{
    struct peer *p = find(t, proc);
    if (!p)
        return false;
    pthread_mutex_lock(&p->lock);
    bool closed = p->closed;
    pthread_mutex_unlock(&p->lock);
    return closed;
}

/* ---- a connection; the peer's lock is held from here on where it is not taken ---- */

static void dial(struct peer *p)
{
    p->stepping = p->dialling = true;
    nng.stream_dialer_dial(p->dialer, p->step);
}

static void pause_then_dial(struct peer *p)
{
    p->stepping = true;
    p->dialling = false;
    nng.sleep_aio(p->pause_ms, p->step);
    p->pause_ms = p->pause_ms * 2 < PAUSE_MOST_MS ? p->pause_ms * 2 : PAUSE_MOST_MS;
}

/* All that nng does for the connection ends. */
static void break_up(struct peer *p)
{
    if (!p->stream)
        return;
    p->lost |= p->up && !p->closed;
    p->up = false;
    nng.stream_close(p->stream);
}

/* In a callback of nng's: what waits there for other callbacks, as the end of a dialer does, may
 * wait for ever, so that is left to peer_free_all(). */
static void free_parts(struct peer *p)
{
    nng.aio_reap(p->step);
    nng.aio_reap(p->watch);
    nng.aio_reap(p->at_once);
    nng.aio_reap(p->send);
    free(p->rest);
    p->freed = true;
}

/* What follows once nng has nothing more to say about a connection. True: the peer has ended. */
static bool settle(struct peer *p)
{
    if (p->stream && !p->watching && !p->sending) {
        nng.stream_free(p->stream);
        p->stream = NULL;
        if (clock_now() - p->since >= BRIEF_NS)
            p->pause_ms = PAUSE_LEAST_MS;
        if (!p->closed)
            pause_then_dial(p);
    }
    if (!p->closed || p->freed || p->stream || p->stepping || p->telling)
        return false;
    free_parts(p);
    return true;
}

/* ---- writing ---- */

/* Writes what there is room for, without waiting. The count of bytes, or -1. */
static ssize_t write_at_once(struct peer *p, unsigned parts, const nng_iov *iov)
{
    transport_start(nng.stream_send, p->stream, p->at_once, parts, iov);
    nng.aio_cancel(p->at_once); /* if there was no room at all */
    nng.aio_wait(p->at_once);
    int error = nng.aio_result(p->at_once);
    return error == 0 ? (ssize_t)nng.aio_count(p->at_once) : error == NNG_ECANCELED ? 0 : -1;
}

static void write_rest(struct peer *p)
{
    nng_iov iov = {p->rest + p->rest_at, p->rest_end - p->rest_at};
    p->sending = true;
    transport_start(nng.stream_send, p->stream, p->send, 1, &iov);
}

/* Keeps what is behind the first `done` bytes. */
static void keep_rest(struct peer *p, size_t done, unsigned parts, const nng_iov *iov)
{
    size_t len = 0;
    for (unsigned k = 0; k < parts; k++)
        len += iov[k].iov_len;
    if (len - done > p->rest_room) {
        free(p->rest);
        p->rest_room = len - done;
        p->rest = malloc(p->rest_room);
        if (!p->rest)
            block_exhausted(p->rest_room);
        block_advise(p->rest, p->rest_room);
    }
    p->rest_at = p->rest_end = 0;
    for (unsigned k = 0; k < parts; k++) {
        size_t skip = done < iov[k].iov_len ? done : iov[k].iov_len, left = iov[k].iov_len - skip;
        memcpy(p->rest + p->rest_end, (uint8_t *)iov[k].iov_buf + skip, left);
        p->rest_end += left;
        done -= skip;
    }
}

/* Not kept for ever when it was a long one. */
static void drop_rest(struct peer *p)
{
    if (p->rest_room <= REST_ROOM)
        return;
    free(p->rest);
    p->rest = NULL;
    p->rest_room = 0;
}

/* Writes a packet; there is no rest of another. False: the connection has ended. */
static bool write_packet(struct peer *p, const void *data, size_t len)
{
    uint32_t header = htole32((uint32_t)len);
    nng_iov iov[] = {{&header, FRAME_HEADER}, {(void *)data, len}};
    ssize_t done = write_at_once(p, 2, iov);
    if (done < 0) {
        break_up(p);
        return false;
    }
    if ((size_t)done < FRAME_HEADER + len) {
        keep_rest(p, (size_t)done, 2, iov);
        write_rest(p);
    }
    return true;
}

static bool is_writable(const struct peer *p)
{
    return p->up && !p->sending;
}

/* ---- what nng tells ---- */

/* The end of each callback: tells the user what changed, without the lock, then settles. */
static void tell(struct peer *p, bool writable)
{
    struct transport *t = p->transport;
    bool lost = p->lost;
    p->lost = false;
    p->telling++;
    pthread_mutex_unlock(&p->lock);
    if (lost)
        t->config.on_lost(t->config.user, p->proc);
    if (writable)
        t->config.on_writable(t->config.user, p->proc);
    pthread_mutex_lock(&p->lock);
    p->telling--;
    bool ended = settle(p);
    pthread_mutex_unlock(&p->lock);
    if (ended)
        transport_release(t);
}

static void greet(struct peer *p)
{
    struct hello hello = p->transport->own;
    hello.to = p->proc;
    uint8_t bytes[HELLO_BYTES];
    hello_write(&hello, bytes);
    p->up = write_packet(p, bytes, sizeof bytes);
}

static void on_connected(struct peer *p, nng_stream *stream)
{
    if (p->closed || transport_is_foreign(stream)) {
        nng.stream_free(stream);
        if (!p->closed)
            pause_then_dial(p);
        return;
    }
    p->stream = stream;
    p->since = clock_now();
    nng.stream_set_bool(stream, NNG_OPT_TCP_NODELAY, true); /* where there is such a thing */
    p->watching = true;
    nng_iov iov = {&p->unexpected, 1};
    transport_start(nng.stream_recv, stream, p->watch, 1, &iov);
    greet(p);
}

static void on_step(void *arg)
{
    struct peer *p = arg;
    int error = nng.aio_result(p->step);
    pthread_mutex_lock(&p->lock);
    p->stepping = false;
    if (p->dialling && error == 0)
        on_connected(p, nng.aio_get_output(p->step, 0));
    else if (!p->closed && p->dialling)
        pause_then_dial(p);
    else if (!p->closed)
        dial(p);
    tell(p, is_writable(p));
}

/* The connection has ended, or is misused. */
static void on_watched(void *arg)
{
    struct peer *p = arg;
    pthread_mutex_lock(&p->lock);
    p->watching = false;
    break_up(p);
    tell(p, false);
}

static void on_sent(void *arg)
{
    struct peer *p = arg;
    pthread_mutex_lock(&p->lock);
    p->sending = false;
    p->rest_at += nng.aio_count(p->send);
    if (nng.aio_result(p->send) != 0)
        break_up(p);
    else if (p->up && p->rest_at < p->rest_end)
        write_rest(p);
    else
        drop_rest(p);
    tell(p, is_writable(p));
}

/* ---- what the transport asks for ---- */

bool peer_open(struct transport *t, uint32_t proc, const char *url, char why[TRANSPORT_WHY])
{
    char name[ID_NAME];
    if (t->closing || find(t, proc)) {
        snprintf(why, TRANSPORT_WHY, "%s was opened before", id_name(proc, name));
        return false;
    }
    nng_stream_dialer *dialer;
    int error = nng.stream_dialer_alloc(&dialer, url);
    if (error != 0) {
        snprintf(why, TRANSPORT_WHY, "cannot connect to %.160s: %s", url, nng.strerror(error));
        return false;
    }
    struct peer *p = add(t, proc);
    p->dialer = dialer;
    p->pause_ms = PAUSE_LEAST_MS;
    p->step = transport_aio(on_step, p);
    p->watch = transport_aio(on_watched, p);
    p->at_once = transport_aio(NULL, NULL);
    p->send = transport_aio(on_sent, p);
    transport_retain(t);
    pthread_mutex_lock(&p->lock);
    dial(p);
    pthread_mutex_unlock(&p->lock);
    return true;
}

static void close_one(struct peer *p)
{
    pthread_mutex_lock(&p->lock);
    if (!p->closed) {
        p->closed = true;
        nng.stream_dialer_close(p->dialer);
        break_up(p);
        if (p->stepping && !p->dialling)
            nng.aio_cancel(p->step);
    }
    pthread_mutex_unlock(&p->lock);
}

void peer_close(struct transport *t, uint32_t proc)
{
    struct peer *p = find(t, proc);
    if (p)
        close_one(p);
    else if ((p = add(t, proc)))
        p->closed = p->freed = true;
}

void peer_close_all(struct transport *t)
{
    for (int i = 0; i < BUCKETS; i++)
        for (struct peer *p = t->peers[i]; p; p = p->next)
            close_one(p);
}

void peer_free_all(struct transport *t)
{
    for (int i = 0; i < BUCKETS; i++)
        for (struct peer *p = t->peers[i], *next; p; p = next) {
            next = p->next;
            if (p->dialer)
                nng.stream_dialer_free(p->dialer);
            pthread_mutex_destroy(&p->lock);
            free(p);
        }
}

/* The peer, locked; NULL if it is not there or closed. */
static struct peer *lock_peer(struct transport *t, uint32_t proc)
{
    pthread_mutex_lock(&t->lock);
    struct peer *p = find(t, proc);
    if (p)
        pthread_mutex_lock(&p->lock);
    pthread_mutex_unlock(&t->lock);
    if (p && p->closed) {
        pthread_mutex_unlock(&p->lock);
        return NULL;
    }
    return p;
}

bool transport_writable(struct transport *t, uint32_t to)
{
    struct peer *p = lock_peer(t, to);
    bool writable = p && is_writable(p);
    if (p)
        pthread_mutex_unlock(&p->lock);
    return writable;
}

bool transport_send(struct transport *t, uint32_t to, const void *data, size_t len)
{
    assert(len <= TRANSPORT_PACKET_MOST);
    struct peer *p = lock_peer(t, to);
    bool sent = p && is_writable(p) && write_packet(p, data, len);
    if (p)
        pthread_mutex_unlock(&p->lock);
    return sent;
}
