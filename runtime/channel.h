/* channel.h - rows of bytes from one process to another, each exactly once and in order, by packets
 * that may be lost, doubled, delayed and reordered on their way. Each of the two processes has one
 * end, and both send. Pure: no clock, no I/O, no threads; times are nanoseconds of any clock
 * that never runs backwards. One caller at a time.
 *
 * A row leaves at once while fewer than `window` packets are unacknowledged; what is added
 * meanwhile leaves together in the next. So a lone row never waits, and packets fill by themselves
 * under load.
 *
 * After rows were added, a packet came, or channel_due() has passed, and whenever the way to
 * the peer has room again:
 *
 *     while (there is room && channel_next(c, now, &packet))
 *         send packet.data[0 .. packet.len);
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CHANNEL_HEADER = 16,        /* number of the packet, number of the newest that arrived */
    CHANNEL_ROW_HEADER = 4,     /* length of the row */
    CHANNEL_BATCH = 1 << 16,    /* rows of a packet, with their headers; a longer row goes alone */
    CHANNEL_BATCH_ROWS = 1024,  /* rows of a packet */
    CHANNEL_ROW_MOST = 1 << 26, /* longest row */
    CHANNEL_WINDOW = 2,         /* good for all links that were measured */
    CHANNEL_WINDOW_MOST = 64,
    CHANNEL_PACKET_MOST = CHANNEL_HEADER + CHANNEL_ROW_HEADER + CHANNEL_ROW_MOST,
};

/* What channel_due() says if nothing is to be done. */
#define CHANNEL_NEVER INT64_MAX

/* STAT(name, text) */
#define CHANNEL_STATS                                                                              \
    STAT(rows, "rows sent")                                                                        \
    STAT(packets, "packets of rows sent")                                                          \
    STAT(bytes, "bytes sent")                                                                      \
    STAT(resent, "packets sent again")                                                             \
    STAT(acks, "acknowledgements sent alone")                                                      \
    STAT(got_rows, "rows received")                                                                \
    STAT(got_packets, "packets received")                                                          \
    STAT(got_bytes, "bytes received")                                                              \
    STAT(duplicates, "packets received again")                                                     \
    STAT(gaps, "packets received too early")

struct channel_stats {
#define STAT(name, text) uint64_t name;
    CHANNEL_STATS
#undef STAT
};

struct channel_segment;

struct channel {
    uint32_t window;
    size_t backlog_most;

    /* Sending. Segments are packets sent and not acknowledged, then packets to be. */
    struct channel_segment *first, *next, *last; /* oldest, first to send, newest */
    struct channel_segment *fresh;               /* between channel_begin and channel_end */
    struct channel_segment *spare;
    uint32_t spares;
    uint64_t numbered, sent, acked; /* packets: numbered, sent since the last time-out, arrived */
    size_t backlog;
    int64_t resend_at;
    int64_t trip, trip_spread, timeout; /* of a packet and its acknowledgement */

    /* Receiving. */
    uint64_t received;
    uint32_t owed; /* packets not acknowledged */
    int64_t ack_at;
    uint8_t ack[CHANNEL_HEADER];

    struct channel_stats stats;
};

struct channel_packet {
    const void *data;
    size_t len;
};

/* `backlog_most`: bytes of rows that may wait, beyond which channel_begin refuses. */
void channel_init(struct channel *, uint32_t window, size_t backlog_most);
void channel_fini(struct channel *);

/* A place for a row of up to `most` bytes, to be written at once and closed with channel_end, which
 * takes its real length; no other call in between. NULL if the backlog is full: the peer is too far
 * behind. Memory that runs out ends the process. */
void *channel_begin(struct channel *, size_t most);
void channel_end(struct channel *, size_t len);
/* The same for a row that exists. False if the backlog is full. */
bool channel_append(struct channel *, const void *row, size_t len);

/* Bytes that are not acknowledged. */
size_t channel_backlog(const struct channel *);
/* Everything has arrived at the other end, and nothing has to be said about what came from there.
 */
bool channel_idle(const struct channel *);

/* The next packet to send now, valid until the next call; it counts as sent. False: there is none.
 */
bool channel_next(struct channel *, int64_t now, struct channel_packet *);
/* When to call channel_next again if nothing else happens: 0 for now, or CHANNEL_NEVER. */
int64_t channel_due(const struct channel *);

/* Takes a packet and calls `deliver` for each row that is new; the row is lent. `deliver` may add
 * rows, and gives false if the row makes no sense, which stops it. False: the peer does not keep
 * to the protocol, and the channel is of no use any more. A packet that is no packet changes
 * nothing. */
typedef bool channel_deliver(void *user, const uint8_t *row, size_t len);
bool channel_on_packet(struct channel *, int64_t now, const void *data, size_t len,
                       channel_deliver *deliver, void *user);

#endif
