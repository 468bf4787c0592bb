/* exec.h - the tasks of others that run here, and to whom each result goes. Pure: no I/O. */
#ifndef EXEC_H
#define EXEC_H

#include "actions.h"

struct execution {
    uint32_t owner, slot, generation; /* the row at its owner */
    uint16_t attempt;
    bool used, dropped; /* dropped: nobody waits for it any more */
    void *handle;       /* what exec_started() was given */
    uint32_t next;      /* in the free list: slot + 1 */
};

struct exec {
    struct execution *list;
    uint32_t count, room, free, live;
    uint64_t received;
};

/* A task of `from` came: it is to be started. */
void exec_on_push(struct exec *, uint32_t from, const struct msg_task_push *, struct actions *);
/* The answer to START. */
void exec_started(struct exec *, uint32_t slot, void *handle);
/* It has run: the owner is told, if it still waits. */
void exec_done(struct exec *, uint32_t slot, uint32_t run_ns, struct bytes result,
               struct actions *);
/* It has run, but its result cannot travel. */
void exec_refuse(struct exec *, uint32_t slot, struct actions *);
/* What runs for `owner` is refused, done or not. */
void exec_return(struct exec *, uint32_t owner, struct actions *);
/* Could not be started or will not be run: the slot is free again and nobody is told. */
void exec_forget(struct exec *, uint32_t slot);
/* It is to end early. What is not known here has been answered, or is on its way: no matter. */
void exec_on_cancel(struct exec *, uint32_t from, const struct msg_task_cancel *, struct actions *);
/* Nobody waits for what the dead one had here. */
void exec_on_death(struct exec *, uint32_t dead, struct actions *);
void exec_free(struct exec *);

#endif
