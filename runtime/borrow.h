/* borrow.h - futures that are not done and that other processes wait for: which of ours they were
 * named, and which of theirs are here. Pure: no I/O, no memory but the tables' own.
 *
 * The arguments of a task that travels may hold futures that are not done. Their names stand at the
 * front of the message, and whoever sends it is the *provider* of each to the receiver, whether the
 * task behind it is its own or it waits for a provider itself. So a future that is handed on and on
 * is known along the way it took, each process counts only what it has named, and no count can be
 * under way to someone who does not know of it. A provider that dies takes along the tasks that it
 * named futures to: nobody waits for those any more.
 *
 * The provider sends the result once to each that was named the future; that ends the rows on both
 * sides, since from then on the future travels as its value. Channels are in order, so no name of
 * it can come later. Who has no use for a future before it is done says how many names it has had;
 * names that are still under way keep the provider's row. */
#ifndef BORROW_H
#define BORROW_H

#include "actions.h"

/* What a message says of a future. */
struct future_name {
    struct object_id id; /* its owner is the provider */
    uint32_t fn;         /* the program's row, for the type */
};

enum { FUTURE_NAME = 16 }; /* bytes of one in a message */
void future_name_write(struct buffer *, const struct future_name *);
struct future_name future_name_read(struct reader *);

/* Slots of rows by a number that several may share. */
struct borrow_index {
    uint32_t *heads, *chain; /* slot + 1 */
    uint64_t *keys;
    uint32_t room, slots;
};

/* ---- ours, or such that we provide ---- */

struct holder {
    uint32_t proc;
    uint64_t names; /* that it has had or that are under way */
};

struct give {
    struct future_name name;
    const void *record; /* NULL: a free row */
    void *handle;       /* what keeps it pending and tells when it is done */
    struct holder *holders;
    uint32_t count, room;
    bool away;     /* all have been told where it is: those that have not read it are left */
    uint32_t next; /* in the free list: slot + 1 */
};

struct gives {
    uint32_t self;
    struct give *list;
    uint32_t count, room, free, live;
    struct borrow_index index;
};

/* The row of a record that is not done, NULL if it was not named since it was last told where it
 * is. Valid until the next call. */
const struct give *gives_find(const struct gives *, const void *record);
/* Names it; the handle is the caller's again with UNGIVE, or after gives_done(). */
const struct give *gives_add(struct gives *, const void *record, uint32_t fn, void *handle);
/* A message to `proc` names it. */
void gives_lend(struct gives *, struct object_id, uint32_t proc);
/* The message that was to name it does not go: UNGIVE if no other did. */
void gives_unsent(struct gives *, struct object_id, struct actions *);
/* NULL: there is no such row any more. */
const struct give *gives_get(const struct gives *, struct object_id);
/* It is done: all holders are told, in `value` as encode_result() writes it, empty if that cannot
 * travel. */
void gives_done(struct gives *, struct object_id, struct bytes value, struct actions *);
/* It is done, and lies with who made it: all holders are told where, by the answer of that one. The
 * row stays until all have read it; UNGIVE ends it. */
void gives_away(struct gives *, struct object_id, struct bytes value, struct actions *);
void gives_on_read(struct gives *, uint32_t from, const struct msg_future_read *, struct actions *);
void gives_on_end(struct gives *, uint32_t from, const struct msg_borrow_end *, struct actions *);
void gives_on_death(struct gives *, uint32_t dead, struct actions *);
/* Nobody is told any more. */
void gives_end(struct gives *, struct actions *);
void gives_free(struct gives *);

/* ---- of others ---- */

struct take {
    struct future_name name;
    void *handle;    /* the proxy: a record that nobody runs, completed by SETTLE */
    bool used;       /* false: a free row */
    bool done, lost; /* no result is awaited any more; it has none */
    uint64_t names;  /* that have come */
    uint32_t unread; /* of these, in messages that are not decoded yet */
    uint32_t next;   /* in the free list: slot + 1 */
};

struct takes {
    struct take *list;
    uint32_t count, room, free, live;
    struct borrow_index index;
};

/* A message has come that names it. A handle that is NULL is for the caller to set. Valid until the
 * next call. */
struct take *takes_name(struct takes *, const struct future_name *);
struct take *takes_find(const struct takes *, struct object_id);
/* That message has been decoded, or never will be. */
void takes_read(struct takes *, struct object_id, struct actions *);
void takes_on_result(struct takes *, uint32_t from, const struct msg_future_result *,
                     struct actions *);
/* What came cannot be read here: messages that name it and are still to be read find no value. */
void takes_lost(struct takes *, struct object_id);
void takes_on_away(struct takes *, uint32_t from, const struct msg_future_away *, struct actions *);
void takes_on_death(struct takes *, uint32_t dead, struct actions *);
/* Ends those that are not done and of which `is_unused` says that only the table holds them. */
void takes_sweep(struct takes *, bool (*is_unused)(void *handle), struct actions *);
/* No result will come any more: all that waits goes on. */
void takes_lose(struct takes *, struct actions *);
/* Gives all handles back. */
void takes_end(struct takes *, struct actions *);
void takes_free(struct takes *);

#endif
