/* transport_core.h - what the files of the transport share.
 *
 * nng's protocols (PUSH, PULL and the like) are not used: in 1.5.2, which Debian has, to close one
 * of their connections while a message is half read or half written can block nng's cleaning thread
 * for ever, and with it every later close. Its streams do not have that; what they lack, where
 * packets end and when to dial again, is here.
 *
 * Peers, callers and the listener live until nng has called back for all that they asked of it;
 * each is counted in `living`, and transport_close() waits until none is. While one closes nothing
 * new is asked for, which its lock sees to: an operation on a stream that was closed before would
 * never end.
 *
 * Order of locks: that of the transport, then that of a peer or caller. Callbacks of the user are
 * called with neither. */
#ifndef TRANSPORT_CORE_H
#define TRANSPORT_CORE_H

#include "transport.h"

#include <pthread.h>
#include <stdatomic.h>

#include "nnglib.h"

enum {
    BUCKETS = 64,
    FRAME_HEADER = 4, /* before each packet: its length, little-endian */
    FIRST_FRAME = FRAME_HEADER + HELLO_BYTES,
};

struct caller; /* caller.c */
struct peer;   /* peer.c */

struct transport {
    struct transport_config config;
    struct hello own;
    char url[256];
    _Atomic uint32_t living;

    nng_stream_listener *listener;
    nng_aio *accept;

    pthread_mutex_t lock; /* for what follows */
    bool closing;
    bool pausing; /* `accept` waits before it accepts again */
    struct peer *peers[BUCKETS];
    struct caller *callers; /* newest first */
    uint32_t strangers;
    uint32_t refusals;
    char last_refusal[HELLO_WHY];
};

static inline void transport_retain(struct transport *t)
{
    atomic_fetch_add(&t->living, 1);
}

/* The transport may be gone afterwards. */
void transport_release(struct transport *);

/* Zeroed; memory that runs out ends the process. */
void *transport_alloc(size_t bytes);
/* A new operation of nng's. */
nng_aio *transport_aio(void (*done)(void *), void *arg);
/* Begins to read or write what `iov` says. */
void transport_start(void (*operation)(nng_stream *, nng_aio *), nng_stream *, nng_aio *,
                     unsigned parts, const nng_iov *iov);
/* Whether another user's process is at the other end, which on one host the system knows. It is
 * none of ours, and might have taken the address of one that is dead, to be told the secret. */
bool transport_is_foreign(nng_stream *);

/* ---- peer.c: connections that were dialled. The transport's lock is held. ---- */

/* NULL: it was opened or closed before, or `why` says what is wrong with the address. */
bool peer_open(struct transport *, uint32_t proc, const char *url, char why[TRANSPORT_WHY]);
void peer_close(struct transport *, uint32_t proc);
bool peer_is_closed(struct transport *, uint32_t proc);
void peer_close_all(struct transport *);
/* Once nothing lives. */
void peer_free_all(struct transport *);

/* ---- caller.c: connections that were accepted. The transport's lock is held. ---- */

void caller_add(struct transport *, nng_stream *);
/* Ends those of a process; of all: 0. */
void caller_close(struct transport *, uint32_t proc);

#endif
