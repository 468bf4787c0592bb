/* channel.c - numbered packets, one acknowledgement for all up to a number, and after a time
 * without one everything unacknowledged anew. A packet is little-endian:
 *
 *     u64 number, from 1; 0 in an acknowledgement that goes alone and has no rows
 *     u64 number of the newest packet that arrived with all before it
 *     rows, each: u32 length, bytes
 *
 * Rows are written into the packet that will carry them, which is kept until it is acknowledged. */
#include "channel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "block.h"

#define MS INT64_C(1000000)

/* Bounds of the time after which a packet is sent again; the first, when nothing was measured. A
 * trip takes microseconds, but a process on a busy machine may not run for ten milliseconds. */
#define TIMEOUT_LEAST (20 * MS)
#define TIMEOUT_MOST  (500 * MS)
#define TIMEOUT_FIRST (100 * MS)
/* Added for each byte under way, which at a slow link of 100 MB a second takes as long. */
#define NS_PER_BYTE 10
/* How long an acknowledgement waits for rows to travel with. Well below TIMEOUT_LEAST. */
#define ACK_DELAY (1 * MS)

struct channel_segment {
    struct channel_segment *next;
    uint64_t number; /* 0: never sent, rows may be added */
    int64_t sent_at;
    bool again; /* sent more than once: says nothing about round trips */
    uint32_t rows;
    size_t len, room; /* of data */
    uint8_t data[];
};

enum { SEGMENT_ROOM = CHANNEL_HEADER + CHANNEL_BATCH };

/* ---- segments ---- */

static struct channel_segment *segment_new(struct channel *c, size_t room)
{
    struct channel_segment *s = c->spare;
    if (s && room <= SEGMENT_ROOM) {
        c->spare = s->next;
        c->spares--;
    } else {
        if (room < SEGMENT_ROOM)
            room = SEGMENT_ROOM;
        s = malloc(sizeof *s + room);
        if (!s)
            block_exhausted(sizeof *s + room);
        block_advise(s, sizeof *s + room);
        s->room = room;
    }
    s->next = NULL;
    s->number = 0;
    s->again = false;
    s->rows = 0;
    s->len = CHANNEL_HEADER;
    return s;
}

static void segment_free(struct channel *c, struct channel_segment *s)
{
    if (s->room != SEGMENT_ROOM || c->spares > c->window) {
        free(s);
        return;
    }
    s->next = c->spare;
    c->spare = s;
    c->spares++;
}

static void free_list(struct channel_segment *s)
{
    while (s) {
        struct channel_segment *next = s->next;
        free(s);
        s = next;
    }
}

void channel_init(struct channel *c, uint32_t window, size_t backlog_most)
{
    assert(window >= 1 && window <= CHANNEL_WINDOW_MOST);
    *c = (struct channel){
        .window = window,
        .backlog_most = backlog_most,
        .resend_at = CHANNEL_NEVER,
        .ack_at = CHANNEL_NEVER,
        .timeout = TIMEOUT_FIRST,
    };
}

void channel_fini(struct channel *c)
{
    free_list(c->first);
    free_list(c->fresh);
    free_list(c->spare);
    *c = (struct channel){0};
}

/* ---- adding rows ---- */

static bool has_room(const struct channel_segment *s, size_t most)
{
    size_t end = s->len + CHANNEL_ROW_HEADER + most;
    return s->number == 0 && s->rows < CHANNEL_BATCH_ROWS && end <= s->room &&
           (end <= SEGMENT_ROOM || s->rows == 0);
}

void *channel_begin(struct channel *c, size_t most)
{
    assert(most <= CHANNEL_ROW_MOST);
    if (c->backlog + CHANNEL_ROW_HEADER + most > c->backlog_most)
        return NULL;
    if (c->fresh) { /* a row that was begun and given up */
        segment_free(c, c->fresh);
        c->fresh = NULL;
    }
    struct channel_segment *s = c->last;
    if (!s || !has_room(s, most))
        s = c->fresh = segment_new(c, CHANNEL_HEADER + CHANNEL_ROW_HEADER + most);
    return s->data + s->len + CHANNEL_ROW_HEADER;
}

/* The segment that channel_begin made becomes the newest. */
static void enqueue_fresh(struct channel *c)
{
    struct channel_segment *s = c->fresh;
    c->fresh = NULL;
    if (c->last)
        c->last->next = s;
    else
        c->first = s;
    c->last = s;
    if (!c->next)
        c->next = s;
}

void channel_end(struct channel *c, size_t len)
{
    if (c->fresh)
        enqueue_fresh(c);
    struct channel_segment *s = c->last;
    assert(s && has_room(s, len));
    bytes_put_u32(s->data + s->len, (uint32_t)len);
    s->len += CHANNEL_ROW_HEADER + len;
    s->rows++;
    c->backlog += CHANNEL_ROW_HEADER + len;
    c->stats.rows++;
}

bool channel_append(struct channel *c, const void *row, size_t len)
{
    void *place = channel_begin(c, len);
    if (!place)
        return false;
    if (len)
        memcpy(place, row, len);
    channel_end(c, len);
    return true;
}

size_t channel_backlog(const struct channel *c)
{
    return c->backlog;
}

bool channel_idle(const struct channel *c)
{
    return !c->first && c->owed == 0;
}

/* ---- sending ---- */

static bool can_send(const struct channel *c)
{
    return c->next && c->sent - c->acked < c->window;
}

/* Nothing was heard for too long: all that is unacknowledged is to be sent again. */
static void start_again(struct channel *c)
{
    c->timeout = c->timeout * 2 < TIMEOUT_MOST ? c->timeout * 2 : TIMEOUT_MOST;
    c->next = c->first;
    c->sent = c->acked;
    c->resend_at = CHANNEL_NEVER;
}

/* Every packet carries the acknowledgement of what came. */
static void put_header(struct channel *c, uint8_t *at, uint64_t number)
{
    bytes_put_u64(at, number);
    bytes_put_u64(at + 8, c->received);
    c->owed = 0;
    c->ack_at = CHANNEL_NEVER;
}

static void send_next(struct channel *c, int64_t now, struct channel_packet *out)
{
    struct channel_segment *s = c->next;
    if (s->number == 0) {
        s->number = ++c->numbered;
        c->stats.packets++;
    } else {
        s->again = true;
        c->stats.resent++;
    }
    put_header(c, s->data, s->number);
    s->sent_at = now;
    c->next = s->next;
    c->sent = s->number;
    if (c->resend_at == CHANNEL_NEVER)
        c->resend_at = now + c->timeout;
    c->resend_at += (int64_t)s->len * NS_PER_BYTE;
    *out = (struct channel_packet){s->data, s->len};
}

static void send_ack(struct channel *c, struct channel_packet *out)
{
    put_header(c, c->ack, 0);
    c->stats.acks++;
    *out = (struct channel_packet){c->ack, sizeof c->ack};
}

bool channel_next(struct channel *c, int64_t now, struct channel_packet *out)
{
    if (now >= c->resend_at)
        start_again(c);
    if (can_send(c))
        send_next(c, now, out);
    else if (now >= c->ack_at)
        send_ack(c, out);
    else
        return false;
    c->stats.bytes += out->len;
    return true;
}

int64_t channel_due(const struct channel *c)
{
    if (can_send(c))
        return 0;
    return c->resend_at < c->ack_at ? c->resend_at : c->ack_at;
}

/* ---- receiving ---- */

/* Smoothed as TCP does (RFC 6298). */
static void measure(struct channel *c, int64_t trip)
{
    if (c->trip == 0) {
        c->trip = trip;
        c->trip_spread = trip / 2;
    } else {
        int64_t off = trip > c->trip ? trip - c->trip : c->trip - trip;
        c->trip_spread += (off - c->trip_spread) / 4;
        c->trip += (trip - c->trip) / 8;
    }
    int64_t timeout = c->trip + 4 * c->trip_spread;
    c->timeout = timeout < TIMEOUT_LEAST  ? TIMEOUT_LEAST
                 : timeout > TIMEOUT_MOST ? TIMEOUT_MOST
                                          : timeout;
}

static void drop_first(struct channel *c)
{
    struct channel_segment *s = c->first;
    if (c->next == s)
        c->next = s->next;
    if (c->last == s)
        c->last = NULL;
    c->first = s->next;
    c->backlog -= s->len - CHANNEL_HEADER;
    segment_free(c, s);
}

/* When to send again what is under way, of which nothing was heard since `now`. */
static int64_t give_up_at(const struct channel *c, int64_t now)
{
    int64_t at = now + c->timeout;
    for (const struct channel_segment *s = c->first; s != c->next; s = s->next)
        at += (int64_t)s->len * NS_PER_BYTE;
    return at;
}

static void on_ack(struct channel *c, int64_t now, uint64_t number)
{
    if (number <= c->acked)
        return;
    while (c->first && c->first->number != 0 && c->first->number <= number) {
        if (c->first->number == number && !c->first->again)
            measure(c, now - c->first->sent_at);
        drop_first(c);
    }
    c->acked = number;
    if (c->sent < number)
        c->sent = number;
    c->resend_at = c->sent > c->acked ? give_up_at(c, now) : CHANNEL_NEVER;
}

/* Whether data[0..len) is rows as a sender makes them: within the limits, and nothing behind. */
static bool rows_are_whole(const uint8_t *data, size_t len)
{
    size_t at = 0, rows = 0;
    for (; at < len; rows++) {
        if (len - at < CHANNEL_ROW_HEADER)
            return false;
        size_t row = bytes_get_u32(data + at);
        at += CHANNEL_ROW_HEADER;
        if (row > CHANNEL_ROW_MOST || row > len - at)
            return false;
        at += row;
    }
    return rows >= 1 && rows <= CHANNEL_BATCH_ROWS && (rows == 1 || len <= CHANNEL_BATCH);
}

static bool is_packet(const struct channel *c, const uint8_t *data, size_t len)
{
    if (len < CHANNEL_HEADER)
        return false;
    uint64_t number = bytes_get_u64(data), ack = bytes_get_u64(data + 8);
    if (ack > c->numbered)
        return false;
    if (number == 0)
        return len == CHANNEL_HEADER;
    if (number > c->received && number - c->received > CHANNEL_WINDOW_MOST)
        return false;
    return rows_are_whole(data + CHANNEL_HEADER, len - CHANNEL_HEADER);
}

/* At once when the peer may have stopped sending for want of it, else a little later. */
static void owe_ack(struct channel *c, int64_t now)
{
    c->owed++;
    int64_t at = c->owed >= c->window ? now : now + ACK_DELAY;
    if (at < c->ack_at)
        c->ack_at = at;
}

static bool deliver_rows(struct channel *c, const uint8_t *data, size_t len,
                         channel_deliver *deliver, void *user)
{
    for (size_t at = 0; at < len;) {
        size_t row = bytes_get_u32(data + at);
        at += CHANNEL_ROW_HEADER;
        c->stats.got_rows++;
        if (!deliver(user, data + at, row))
            return false;
        at += row;
    }
    return true;
}

bool channel_on_packet(struct channel *c, int64_t now, const void *data, size_t len,
                       channel_deliver *deliver, void *user)
{
    if (!is_packet(c, data, len))
        return false;
    c->stats.got_packets++;
    c->stats.got_bytes += len;
    const uint8_t *bytes = data;
    uint64_t number = bytes_get_u64(bytes);
    on_ack(c, now, bytes_get_u64(bytes + 8));
    if (number == 0)
        return true;
    if (number <= c->received) { /* our acknowledgement was lost, or is late */
        c->stats.duplicates++;
        c->owed++;
        c->ack_at = now;
        return true;
    }
    if (number > c->received + 1) {
        c->stats.gaps++;
        return true;
    }
    c->received = number;
    owe_ack(c, now);
    return deliver_rows(c, bytes + CHANNEL_HEADER, len - CHANNEL_HEADER, deliver, user);
}
