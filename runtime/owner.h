/* owner.h - the tasks of this process that other workers run: who has which, under which attempt.
 * Pure: no I/O, no clock. A row exists from the moment its record is lent until its result is here
 * or the record is back in the hands of the own workers. */
#ifndef OWNER_H
#define OWNER_H

#include "actions.h"

enum row_state {
#define STATE(name, moves) ROW_##name,
#include "task.def"
#undef STATE
};

/* How often a task may be lost with its worker before it fails instead of running again. */
enum { OWNER_ATTEMPTS = 4 };

struct row {
    enum row_state state;
    uint32_t generation;
    uint16_t attempt;
    uint32_t worker; /* LEASED, AWAY: who has it */
    bool told;       /* that it is to end */
    bool placed;     /* lent without a lease that was granted */
    void *record;
    uint32_t next; /* in the free list: slot + 1 */
};

struct owner {
    struct row *rows;
    uint32_t count, room, free; /* free: slot + 1 of the first, 0: none */
    uint32_t live;
};

/* The worker has the record now; sends it. `attempt` counts from 0. `placed`: it is for there. */
void owner_lend(struct owner *, uint32_t worker, bool placed, void *record, uint32_t fn,
                uint16_t attempt, struct bytes args, struct actions *);
bool owner_is_placed(const struct owner *, uint32_t slot);
/* An answer. True: it was awaited from `from`, and is on its way to the record. False: of an
 * earlier attempt or of nobody, and dropped. */
bool owner_on_result(struct owner *, uint32_t from, const struct msg_task_result *,
                     struct actions *);
/* The record whose answer this is and that is LEASED, NULL if there is none. */
void *owner_awaits(struct owner *, uint32_t from, const struct msg_task_result *);
/* That answer stays with who made it: the row is AWAY until the same message comes to
 * owner_on_result(), or one of the next three ends it. */
void owner_stays(struct owner *, uint32_t from, const struct msg_task_result *);
bool owner_is_away(const struct owner *, uint32_t slot);
/* Nobody needs an answer that is AWAY. */
void owner_drop(struct owner *, uint32_t from, const struct msg_task_result *);
/* One that has to run here. True if it was awaited from `from`. */
bool owner_on_refuse(struct owner *, uint32_t from, const struct msg_task_refuse *,
                     struct actions *);
/* Tells those who run a record that is to end, as ends() says; `again`: also those who were told
 * before, since a row may have met a task that was not there yet. */
void owner_cancel(struct owner *, bool (*ends)(void *record), bool again, struct actions *);
/* A worker, or a node with its workers, is no more: what it had runs again, or fails if that was
 * its last attempt. Returns how many rows it had. */
uint32_t owner_on_death(struct owner *, uint32_t dead, struct actions *);
/* Nobody awaits anything any more: all records go back, with ABANDON. */
void owner_end(struct owner *, struct actions *);
void owner_free(struct owner *);

#endif
