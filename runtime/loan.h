/* loan.h - large values of a worker that others read, and theirs that it reads: between values and
 * the tables of blob.h.
 *
 * owns:    the worker's heap in the store of its node, what keeps lent blocks, rows that wait.
 * touches: the worker's tables; blocks, by block_set_large() and by counts.
 * costs:   without a store nothing; a large value that is lent costs no copy here if it was made
 *          in the store, and one to each node that reads it. */
#ifndef LOAN_H
#define LOAN_H

#include "encode.h"
#include "process.h"
#include "tables.h"

/* Bytes of an encoded result that lie in the store too. */
enum { LOAN_BODY = 1 << 20 };

/* Begins to make large blocks in the store, if there is one. `poke` is called on any thread when
 * loan_step() has something to do. NULL, or why not. Before worker_run(). */
const char *loan_open(const struct process_part *, struct worker_tables *, void (*poke)(void));
/* Ends all loans; perform what it wants, then close. No worker runs any more. */
void loan_end(struct actions *);
void loan_close(void);
/* The most bytes that values of this process had in the store at once. */
uint64_t loan_peak(void);

/* ---- out: by the role's holder ---- */

/* For the encoder of what is sent. */
extern const struct encode_hooks loan_encode_hooks;
/* Forgets the blobs that were named so far: a new message begins. */
void loan_begin(void);
/* Bytes that the names so far take in the message. */
size_t loan_front(void);
/* A message without a front: what was encoded becomes its last blob, if it is LOAN_BODY or more and
 * there is place in the store. */
void loan_put_body(struct encoder *);
/* The message: the names of its blobs, `front`, then what was encoded. Lent until the next call. */
struct bytes loan_message(struct bytes front, const struct encoder *);
/* Encodes another's message as a part of this one, whose blobs it takes along. Who made them keeps
 * them as long as its loans do not end. */
CHECKED bool loan_relay(struct encoder *, struct bytes message);
/* It goes to `proc`. */
void loan_send(uint32_t proc);

/* ---- in ---- */

/* Bytes of the blobs of `from` that its message names. */
uint64_t loan_bytes(uint32_t from, struct bytes message);
/* True: the row names blobs that are not here yet. It is kept, and comes again to `deliver` when
 * they are, or cannot be had. Asks for them. */
bool loan_hold(uint32_t from, struct bytes row, struct actions *);
/* Rows whose blobs are here, or lost, go on. */
void loan_release(void (*deliver)(uint32_t from, struct bytes row, struct actions *),
                  struct actions *);
/* Takes the names off the front of a message; its values are decoded with these hooks. */
extern const struct decode_hooks loan_decode_hooks;
struct bytes loan_open_message(struct bytes);
/* What loan_relay() wrote: what that message holds, and hooks to decode it with, valid as long as
 * the part is. */
struct loan_part {
    struct bytes bytes;
    struct decode_hooks hooks;
    uint64_t first; /* of its blobs in those of the whole */
};
CHECKED bool loan_open_part(struct decoder *, struct loan_part *);
/* It has been decoded, or never will be: the loans end. */
void loan_done(uint32_t from, struct actions *);
/* It has been decoded; its loans end later, when it is opened again. */
void loan_put_off(void);

/* ---- the rest ---- */

/* After the actions of a turn: what was asked for, dropped and is not needed any more. */
void loan_step(int64_t now, struct actions *);
/* DISPOSE and EXTENT. */
void loan_act(const struct action *, struct actions *);

#endif
