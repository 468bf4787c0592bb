/* blob.h - large runs of bytes that other processes read: which of ours they need, and which of
 * theirs are here. Pure: no I/O, no memory but the tables' own.
 *
 * A blob is a run in the store of its owner's node that a task's arguments or result refer to. Each
 * message that names it is a loan to the receiver, which has its node fetch the bytes into its own
 * store, once, and then ends the loan. The owner keeps the bytes while there are loans; the copy
 * stays for the next message that names the blob, until the owner lets everyone know that nobody
 * can name it again. So a value that a thousand tasks read crosses once to each node.
 *
 * Whoever was lent a blob may name it to a third process, and keeps its loan as long as that one
 * may fetch. The owner knows nothing of such a copy, so it ends with the last value in it. */
#ifndef BLOB_H
#define BLOB_H

#include "actions.h"

/* What a message says of a blob. */
struct blob_name {
    struct object_id id;
    uint64_t offset, len; /* in the store of the owner's node */
};

enum { BLOB_NAME = 28 }; /* bytes of one in a message */
void blob_write(struct buffer *, const struct blob_name *);
struct blob_name blob_read(struct reader *);

/* ---- ours ---- */

struct loan {
    uint32_t proc;
    uint32_t count; /* 0: it has a copy, and is to be told of the end */
};

struct blob {
    uint32_t generation;
    struct blob_name name;
    void *handle; /* what keeps the bytes; NULL: a free row */
    struct loan *loans;
    uint32_t loan_count, loan_room;
    uint32_t next; /* in the free list: slot + 1 */
};

struct blobs {
    uint32_t self;
    struct blob *list;
    uint32_t count, room, free, live;
};

/* The blob of `handle` that is these bytes, NULL if there is none. */
const struct blob *blobs_find(const struct blobs *, const void *handle, uint64_t len,
                              uint64_t offset);
/* Names these bytes; `handle` keeps them until DISPOSE gives it back. */
const struct blob *blobs_add(struct blobs *, void *handle, uint64_t offset, uint64_t len);
/* NULL: it is not ours, or was ended. */
const struct blob *blobs_get(const struct blobs *, struct object_id);
/* A message to `proc` names it. */
void blobs_lend(struct blobs *, struct object_id, uint32_t proc);
void blobs_on_done(struct blobs *, uint32_t from, const struct msg_object_done *);
void blobs_on_death(struct blobs *, uint32_t dead);
/* Ends those without loans of which `is_ours` says that nobody else holds their handle. */
void blobs_sweep(struct blobs *, bool (*is_ours)(void *handle), struct actions *);
/* Gives all handles back, whoever still needs them. */
void blobs_end(struct blobs *, struct actions *);
void blobs_free(struct blobs *);

/* ---- theirs ---- */

enum copy_state { COPY_NONE, COPY_COMING, COPY_HERE, COPY_LOST };

struct copy {
    enum copy_state state; /* NONE: a free entry */
    struct blob_name name;
    uint64_t offset; /* HERE: in our node's store */
    uint32_t views;  /* values that lie in it */
    bool over;       /* its owner will not tell that it ends: it does so with the last view */
};

struct copies {
    uint32_t node;    /* our own */
    uint64_t fetched; /* bytes that it was asked for */
    struct copy *list;
    uint32_t count, room;
};

/* What is known of a blob that a message names; asks the node for it if that is nothing. `lent`:
 * the message is its owner's. Valid until the next call. */
struct copy *copies_want(struct copies *, const struct blob_name *, bool lent, struct actions *);
struct copy *copies_find(struct copies *, struct object_id);
/* From our node. */
void copies_on_here(struct copies *, const struct msg_object_here *);
void copies_on_lost(struct copies *, const struct msg_object_lost *);
/* From its owner. */
void copies_on_free(struct copies *, uint32_t from, const struct msg_object_free *,
                    struct actions *);
/* A value lies in it; no longer. */
void copy_view(struct copy *);
void copies_unview(struct copies *, struct object_id, struct actions *);
void copies_on_death(struct copies *, uint32_t dead, struct actions *);
/* Ends those that are over and not viewed, and of which `is_awaited` says that no message that is
 * still to be read names them. */
void copies_sweep(struct copies *, bool (*is_awaited)(struct object_id), struct actions *);
void copies_free(struct copies *);

/* ---- a node's: fetching for its worker ---- */

enum {
    PULL_CHUNK = 1 << 20, /* bytes of a row */
    PULL_AHEAD = 4,       /* rows asked for and not here */
};

struct pull {
    struct object_id id; /* owner 0: a free entry */
    uint32_t worker;
    uint64_t from, to, len; /* offsets there and here */
    uint64_t asked, got;
    bool here;
};

struct pulls {
    uint32_t chunk; /* bytes of a row; 0: PULL_CHUNK */
    struct pull *list;
    uint32_t count, room;
};

/* The worker wants a blob, and `to` is where its bytes are to lie. */
void pulls_begin(struct pulls *, uint32_t worker, const struct msg_object_pull *, uint64_t to,
                 struct actions *);
/* Bytes have come: gives where they belong. False: nobody asked for them. */
bool pulls_on_chunk(struct pulls *, uint32_t from, const struct msg_object_chunk *, uint64_t *to,
                    struct actions *);
/* The worker needs its copy no more: DISPOSE gives the place back. */
void pulls_on_drop(struct pulls *, uint32_t worker, const struct msg_object_drop *,
                   struct actions *);
void pulls_on_death(struct pulls *, uint32_t dead, struct actions *);
void pulls_free(struct pulls *);

#endif
