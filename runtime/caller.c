/* caller.c - connections that were accepted, from which packets are read. Until its hello is found
 * good a caller has a place for one hello, and there are few of them. */
#include "transport_core.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"

/* Two full packets, so that one read often brings several. */
enum { READ_ROOM = 2 * (FRAME_HEADER + CHANNEL_HEADER + CHANNEL_BATCH) };

/* Packets that fit in that after one that did not, before its buffer is given back: fresh memory is
 * dear, and long packets seldom come alone. */
enum { SHORT_BEFORE_SHRINK = 256 };

struct caller {
    struct caller *next, **at; /* in the transport's list; its lock */
    uint32_t proc;             /* 0: a stranger; written under the transport's lock */
    struct transport *transport;
    nng_aio *read;

    pthread_mutex_t lock; /* nothing is read once it is refused */
    nng_stream *stream;
    _Atomic bool refused;

    /* Its callback's alone. */
    uint8_t first[FIRST_FRAME];
    uint8_t *buffer; /* `first`, then one of its own */
    size_t room, have;
    uint32_t short_packets; /* in a row */
};

/* ---- the list; the transport's lock is held ---- */

static bool is_stranger(const struct caller *c)
{
    return c->proc == 0 && !c->refused;
}

static struct caller *oldest_stranger(struct transport *t)
{
    struct caller *oldest = NULL;
    for (struct caller *c = t->callers; c; c = c->next)
        if (is_stranger(c))
            oldest = c;
    return oldest;
}

/* Its callback finds it so, and ends. */
static void refuse(struct transport *t, struct caller *c)
{
    t->strangers -= is_stranger(c);
    pthread_mutex_lock(&c->lock);
    c->refused = true;
    nng.stream_close(c->stream);
    pthread_mutex_unlock(&c->lock);
}

void caller_close(struct transport *t, uint32_t proc)
{
    for (struct caller *c = t->callers; c; c = c->next)
        if (!c->refused && (proc == 0 || c->proc == proc))
            refuse(t, c);
}

static void link_caller(struct transport *t, struct caller *c)
{
    c->at = &t->callers;
    c->next = t->callers;
    if (c->next)
        c->next->at = &c->next;
    t->callers = c;
}

static void unlink_caller(struct caller *c)
{
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
}

/* ---- hello ---- */

/* Whether a refusal is to be reported: not if it only repeats the last, and not without end. */
static bool is_news(struct transport *t, const char *why)
{
    if (!*why || t->refusals == TRANSPORT_REFUSALS || strcmp(t->last_refusal, why) == 0)
        return false;
    t->refusals++;
    strcpy(t->last_refusal, why);
    return true;
}

/* False: it is refused, and `why` says so if that is news. */
static bool check(struct caller *c, const void *data, size_t len, char why[HELLO_WHY])
{
    struct transport *t = c->transport;
    uint32_t proc = 0;
    *why = '\0';
    bool good = hello_check(&t->own, data, len, &proc, why);
    pthread_mutex_lock(&t->lock);
    good = good && !c->refused && !peer_is_closed(t, proc);
    if (good) {
        t->strangers--;
        c->proc = proc;
    } else if (!is_news(t, why)) {
        *why = '\0';
    }
    pthread_mutex_unlock(&t->lock);
    return good;
}

static uint8_t *new_buffer(size_t room)
{
    uint8_t *buffer = malloc(room);
    if (!buffer)
        block_exhausted(room);
    block_advise(buffer, room);
    return buffer;
}

static bool admit(struct caller *c, const void *data, size_t len)
{
    struct transport *t = c->transport;
    char why[HELLO_WHY];
    bool good = check(c, data, len, why);
    if (*why)
        t->config.on_refused(t->config.user, why);
    if (good) {
        c->buffer = new_buffer(READ_ROOM);
        c->room = READ_ROOM;
        c->have = 0;
    }
    return good;
}

/* ---- reading ---- */

static size_t frame_len(const uint8_t *at)
{
    uint32_t len;
    memcpy(&len, at, sizeof len);
    return le32toh(len);
}

/* The first frame, in pieces perhaps. False: it is refused. */
static bool take_hello(struct caller *c)
{
    if (c->have < FRAME_HEADER)
        return true;
    size_t len = frame_len(c->buffer);
    if (len > HELLO_BYTES)
        return admit(c, NULL, 0);
    return c->have < FRAME_HEADER + len || admit(c, c->buffer + FRAME_HEADER, len);
}

/* The room that a buffer should have in which the next frame has to fit. */
static size_t wanted_room(struct caller *c, size_t frame)
{
    if (frame > READ_ROOM)
        c->short_packets = 0;
    if (frame > c->room)
        return frame;
    return c->short_packets < SHORT_BEFORE_SHRINK ? c->room : READ_ROOM;
}

/* Moves an unfinished frame to the front of such a buffer. */
static void make_room(struct caller *c, size_t at, size_t frame)
{
    uint8_t *old = c->buffer;
    size_t room = wanted_room(c, frame);
    c->have -= at;
    if (room != c->room && c->have <= room) {
        c->buffer = new_buffer(room);
        c->room = room;
    }
    if (c->have && old + at != c->buffer)
        memmove(c->buffer, old + at, c->have);
    if (old != c->buffer)
        free(old);
}

/* Hands out what is whole. False: a packet is longer than any may be. */
static bool take_packets(struct caller *c)
{
    struct transport *t = c->transport;
    size_t at = 0, frame = FRAME_HEADER;
    while (c->have - at >= FRAME_HEADER && !c->refused) {
        size_t len = frame_len(c->buffer + at);
        frame = FRAME_HEADER + len;
        if (len > TRANSPORT_PACKET_MOST)
            return false;
        if (c->have - at < frame)
            break;
        t->config.on_packet(t->config.user, c->proc, c->buffer + at + FRAME_HEADER, len);
        at += frame;
        c->short_packets = frame > READ_ROOM ? 0 : c->short_packets + 1;
    }
    make_room(c, at, frame);
    return true;
}

/* False: it was refused meanwhile. */
static bool read_more(struct caller *c)
{
    pthread_mutex_lock(&c->lock);
    bool good = !c->refused;
    if (good) {
        nng_iov iov = {c->buffer + c->have, c->room - c->have};
        transport_start(nng.stream_recv, c->stream, c->read, 1, &iov);
    }
    pthread_mutex_unlock(&c->lock);
    return good;
}

/* In its callback, which is the last. */
static void end(struct caller *c)
{
    struct transport *t = c->transport;
    pthread_mutex_lock(&t->lock);
    t->strangers -= is_stranger(c);
    bool lost = c->proc != 0 && !c->refused;
    unlink_caller(c);
    pthread_mutex_unlock(&t->lock);
    if (lost)
        t->config.on_lost(t->config.user, c->proc);
    pthread_mutex_lock(&c->lock); /* until the read_more() that led here is out */
    pthread_mutex_unlock(&c->lock);
    nng.stream_free(c->stream);
    nng.aio_reap(c->read);
    if (c->buffer != c->first)
        free(c->buffer);
    pthread_mutex_destroy(&c->lock);
    free(c);
    transport_release(t);
}

static void on_read(void *arg)
{
    struct caller *c = arg;
    bool good = nng.aio_result(c->read) == 0;
    if (good) {
        c->have += nng.aio_count(c->read);
        good = c->proc == 0 ? take_hello(c) : take_packets(c);
    }
    if (!good || !read_more(c))
        end(c);
}

void caller_add(struct transport *t, nng_stream *stream)
{
    if (t->closing || transport_is_foreign(stream)) {
        nng.stream_free(stream);
        return;
    }
    if (t->strangers == TRANSPORT_STRANGERS)
        refuse(t, oldest_stranger(t));
    t->strangers++;
    struct caller *c = transport_alloc(sizeof *c);
    c->transport = t;
    c->stream = stream;
    c->buffer = c->first;
    c->room = sizeof c->first;
    c->read = transport_aio(on_read, c);
    pthread_mutex_init(&c->lock, NULL);
    link_caller(t, c);
    transport_retain(t);
    read_more(c);
}
