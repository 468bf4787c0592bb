/* transport.h - packets between the processes of a run, through nng's streams. A process listens at
 * one address and dials one for each peer; what it dialled it only writes, what it accepted it only
 * reads. A connection counts for nothing before the hello of its peer was found good (hello.h).
 * Packets of one sender come in order, but are lost when a connection is: channel.h mends that.
 *
 * Any thread may call; callbacks come from nng's threads, and all calls but transport_close() are
 * allowed in them. A process must not fork once it has called transport_open(); posix_spawn is
 * fine. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "hello.h"

enum {
    TRANSPORT_PACKET_MOST = CHANNEL_PACKET_MOST,
    TRANSPORT_STRANGERS = 16, /* connections without a good hello, at most; the oldest gives way */
    TRANSPORT_REFUSALS = 16,  /* refusals that are reported, at most */
    TRANSPORT_WHY = 256,
};

struct transport_config {
    uint32_t self; /* this process */
    /* Where to listen: abstract://NAME, which leaves nothing behind; ipc:///PATH, in a folder that
     * is closed to others; tcp://127.0.0.1:0, where the system chooses the port. */
    const char *url;
    uint64_t program;
    uint8_t secret[HELLO_SECRET];

    void *user;
    /* A packet, lent; those of one connection one by one. */
    void (*on_packet)(void *user, uint32_t from, const void *data, size_t len);
    /* transport_writable() has become true for this peer, at the latest now. */
    void (*on_writable)(void *user, uint32_t to);
    /* A connection to or from this process is gone: it may have died. Perhaps more than once,
     * perhaps while another one lives. Not for peers that were closed. */
    void (*on_lost)(void *user, uint32_t proc);
    /* A connection was refused; a line for the user. */
    void (*on_refused)(void *user, const char *text);
};

struct transport;

/* Listens. *out is set before the first callback. False: `why` says what is wrong, and nothing is
 * left. */
bool transport_open(const struct transport_config *, struct transport **out,
                    char why[TRANSPORT_WHY]);
/* Ends all connections; packets under way are lost. NULL is allowed. Waits for callbacks that are
 * running, so the caller holds no lock that they wait for; none comes afterwards. */
void transport_close(struct transport *);
/* Where peers reach this process. */
const char *transport_url(const struct transport *);

/* Begins to dial a process, again and again until it is closed. False: `why` says what is wrong
 * with the address, or the peer is known already (a process that was closed is never opened again).
 */
bool transport_peer_open(struct transport *, uint32_t proc, const char *url,
                         char why[TRANSPORT_WHY]);
/* Ends all connections to and from a process and refuses new ones. A packet of it may still be in
 * its callback. */
void transport_peer_close(struct transport *, uint32_t proc);

/* Whether transport_send would take a packet: the peer is connected, and what was sent before has
 * found room in the system's buffers. */
bool transport_writable(struct transport *, uint32_t to);
/* Sends; the data is the caller's again at once. False: not now; on_writable will tell. */
bool transport_send(struct transport *, uint32_t to, const void *data, size_t len);

#endif
