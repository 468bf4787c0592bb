/* away.h - results that stay with the process that made them: between records and the rows that are
 * AWAY in the owner's table.
 *
 * A large result that nobody here waits for is not fetched. Its record stays pending here, with its
 * arguments, so that it can run again when the holder dies; what is kept of it is the message, and
 * with that the loan of the bytes. A task that waits for such results alone is lent with the names
 * of their bytes in the place of the inputs, to the holder of the most if it has room: what is
 * there never moves, and the rest goes straight to where it is read. Whoever was named such a
 * future is told where it lies. As soon as someone waits for the value here, the message is handled
 * as if it had just come.
 *
 * owns:    the messages, and with them the holders' loans.
 * touches: the worker's tables; records by waiters and claims.
 * costs:   nothing without large results. All calls are by the role's holder. */
#ifndef AWAY_H
#define AWAY_H

#include "loan.h"
#include "task.h"

enum {
    AWAY_BYTES = 1 << 20, /* the least that stays away ... */
    AWAY_MOST =
        1 << 28, /* ... and the most in sum: it keeps arguments alive, and holders' memory */
};

struct away; /* one of them */

/* What remote.c does about a record. */
struct away_ops {
    /* Lends a record that the caller has claimed. False: it cannot travel. */
    bool (*lend)(struct lease *, struct dfl_task *, struct actions *);
    /* Gives back what was claimed and was not lent. */
    void (*hang)(struct dfl_task *);
    /* A record is never needed: it ends. */
    void (*end)(struct dfl_task *);
    /* A record that waits for inputs and was claimed is never needed: it is done, with a failure.
     */
    void (*skip)(struct dfl_task *);
};

void away_open(struct worker_tables *, const struct away_ops *);
void away_close(void);

/* True: the row is a result that stays where it is for now. */
bool away_stays(uint32_t from, struct bytes row, int64_t now);
/* Looks at all of them: drops, lends what waits, or has it fetched. `leaving`: the run is over.
 * Returns when to call again. */
int64_t away_step(int64_t now, bool leaving, struct actions *);
/* A message begins, after loan_begin(). */
void away_begin(void);
/* The result of a record is away, and a message may take its names along ... */
bool away_is(const struct dfl_task *);
/* ... as a part of it, by loan_relay(). */
CHECKED bool away_relay(struct encoder *, struct dfl_task *);
/* That message goes, to lend this task: who has it reads what was relayed until away_back(). */
void away_send(struct dfl_task *);
/* So many more, or less, read the bytes of a result. */
void away_read_by(struct away *, int32_t change);

/* The result of a record has been read from its message; or its holder has died, or it is to run
 * here. False: tasks that were lent with the names of its bytes may still read them, so its loans
 * must not end yet. */
bool away_over(struct dfl_task *);
/* A record was lent with names of bytes whose holder has died: that may be why it comes back. */
bool away_lost(const struct dfl_task *);
/* A record that was lent is done, or back and about to wait again. */
void away_back(struct dfl_task *);

#endif
