/* actions.h - what the tables want done. A table gets a row, an event or a tick, changes itself and
 * appends here; whoever called it then performs the list, in order. So tables do no I/O, and a
 * simulated world performs the same lists. */
#ifndef ACTIONS_H
#define ACTIONS_H

#include "id.h"
#include "wire.h"

enum act_kind {
#define ACT(name) ACT_##name,
#include "actions.def"
#undef ACT
};

struct action {
    enum act_kind kind;
    uint32_t proc;     /* SEND PEER CUT KILL FINISH SETTLE MORE LESS PULL READ PRINT */
    uint32_t slot, fn; /* START: of the table of executions; the program's row. `slot` of SETTLE:
                          not 0: `proc` is to be told when it has been read */
    void *handle; /* FINISH REQUEUE LOSE ABANDON: the owner's record; DROP CANCEL: what started()
                     was given; SETTLE UNTAKE UNGIVE: what the tables of borrow.h were given */
    size_t from;  /* SEND: where its row begins in `rows` */
    uint64_t offset, len, at; /* of the store, or of a blob in it; READ: where in the blob */
    struct object_id id;      /* PULL READ SETTLE */
    struct bytes bytes; /* PEER START FINISH SETTLE LEAVE STORE PULL READ PRINT; lent like the row
                           that led to it */
};

struct actions {
    struct action *list;
    uint32_t count, room;
    struct buffer rows; /* what is to be sent, one row after the other */
};

/* A new action at the end, zeroed but for its kind. */
struct action *act_add(struct actions *, enum act_kind);

/* act_send_<row>(actions, to, &row): sends a row of wire.def to a process. */
#define MSG(name, number, fields)                                                                  \
    void act_send_##name(struct actions *, uint32_t to, const struct msg_##name *);
#include "wire.def"
#undef MSG

/* The row that a SEND is about. */
struct bytes act_row(const struct actions *, const struct action *);
/* All has been performed: empty again, keeping its memory. */
void actions_clear(struct actions *);
void actions_free(struct actions *);

#endif
