/* comms.h - the one role of a process that talks to others: packets in, rows to the tables, what
 * the tables want to the world. Whoever holds the role touches the tables, one at a time: the
 * thread in comms_loop(), or a thread of the transport that finds the role free, which saves waking
 * the other. So tables are plain sequential code.
 *
 * owns:    the channels and connections to all peers, the tables' list of actions.
 * touches: tables and world through struct comms_ops alone.
 * costs:   a lock without contention and a few hundred nanoseconds a packet, shared by its rows. */
#ifndef COMMS_H
#define COMMS_H

#include "actions.h"
#include "run.h"

struct comms;

/* All are called by the holder of the role. */
struct comms_ops {
    /* A thread has taken the role; is about to give it back. */
    void (*enter)(void *user);
    void (*leave)(void *user);
    /* A row of `from`. False: no row of ours; the peer is cut off. */
    bool (*on_row)(void *user, uint32_t from, struct bytes row, int64_t now, struct actions *);
    /* Performs an action other than SEND, PEER and CUT; may append further ones. */
    void (*act)(void *user, const struct action *, struct actions *);
    /* After packets, after comms_poke(), and when due. Returns when it is due again at the latest,
     * INT64_MAX: no need. */
    int64_t (*step)(void *user, int64_t now, struct actions *);
};

/* Listens as `self`. NULL, or why not. `program`: a hash that peers must share. */
const char *comms_open(const struct run *, uint32_t self, uint64_t program,
                       const struct comms_ops *, void *user, struct comms **out);
/* Where this process listens; lent until it is closed. */
struct bytes comms_url(const struct comms *);
/* There is something for step() to do: wakes the thread in comms_loop(). Any thread. */
void comms_poke(struct comms *);
/* Takes the role again and again until comms_stop(). */
void comms_loop(struct comms *);
/* What comes from now on is dropped: nobody takes the role for it. Any thread but its holder. */
void comms_stop(struct comms *);
/* Runs `fn` with the role held, then performs what it wants. Any thread but the role's holder. */
void comms_call(struct comms *, void (*fn)(void *user, struct actions *));
/* Waits a moment for what was sent to `peer` to arrive. Not by the role's holder. */
void comms_flush(struct comms *, uint32_t peer);
void comms_close(struct comms *);

/* What was sent so far, to all peers. By the role's holder. */
struct comms_counts {
    uint64_t rows, packets, bytes, resent;
};
struct comms_counts comms_counts(const struct comms *);

#endif
