/* remote_core.h - what the files behind remote.h share: the tables and the role's tools; what each
 * does for the role. All of it is the role's but for what says otherwise. */
#ifndef REMOTE_CORE_H
#define REMOTE_CORE_H

#include "actions.h"
#include "away.h"
#include "channel.h"
#include "comms.h"
#include "encode.h"
#include "place.h"
#include "remote.h"
#include "tables.h"

struct remote {
    struct comms *comms;
    struct worker_tables tables;
    const struct dfl_program *program;
    struct task_pool pool; /* of whoever holds the role */
    struct encoder encoder;
    uint64_t dropped; /* own tasks that were lent, or were to be, and that nobody needed */
};
extern struct remote remote;

enum {
    TAKE_MOST = 256, /* tasks taken from the deques, or given to workers, at once */
    VALUE_MOST =
        CHANNEL_ROW_MOST - 64, /* bytes of arguments or a result; with more, a task stays */
};

/* Lent are the bytes, for as long as the decoder is used. */
struct decoder remote_decoder(struct bytes, const struct decode_hooks *);
struct decoder remote_result_decoder(struct bytes message);

/* ---- remote_guest.c: tasks of others that run here ---- */

/* A worker begins to run one; any thread. */
void guest_begin(struct dfl_task *);
/* START, DROP and CANCEL; the handle is what worker_tables_started() was given. */
void guest_start(const struct action *, struct actions *);
void guest_drop(void *handle);
void guest_cancel(void *handle);
/* Gives what was started to the workers. */
void guests_give(void);
/* Answers for those that are done. */
void guests_answer(struct actions *);
/* Refuses those whose answer has waited for long. */
void guests_wait(int64_t now, struct actions *);
/* Those that are over, run or not, and whose owners will not hear of it any more. */
void guests_free(void);

/* ---- remote_lend.c: own tasks that others run ---- */

extern const struct away_ops lend_away_ops;
extern const struct place_ops lend_place_ops;

/* Takes tasks that no thread here would run soon, as far as there is someone to lend them to. */
void lend_share(int64_t now, struct actions *);
/* FINISH, SETTLE, REQUEUE, KEEP and LOSE; the latter of a record. */
void lend_finish(const struct action *, struct actions *);
void lend_settle(const struct action *, struct actions *);
void lend_requeue(struct dfl_task *);
void lend_keep(struct dfl_task *);
void lend_lose(struct dfl_task *);
/* Who runs what is to end is told. Returns when to look again. */
int64_t lend_cancel(int64_t now, struct actions *);
/* Lost io tasks run again. Returns when the next may. */
int64_t lend_end_rests(int64_t now);

#endif
