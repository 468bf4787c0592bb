/* promise.h - futures of this worker that others wait for, and theirs that are waited for here:
 * between records and the tables of borrow.h.
 *
 * A future of another process is a *proxy* here: a record that is in no deque and that nobody runs,
 * completed when its provider sends the result. Whatever waits for a record waits for it alike, and
 * it may be named to others itself.
 *
 * owns:    the proxies, and what keeps records that were named.
 * touches: the worker's tables; records by references and waiters.
 * costs:   nothing to records that are not named. All calls are by the role's holder. */
#ifndef PROMISE_H
#define PROMISE_H

#include "away.h"
#include "encode.h"
#include "tables.h"
#include "task.h"

/* A waiter of the role in a record's list; comes back by remote_end(). */
struct told {
    struct task_wait wait; /* `who` is this */
    struct told *next;
    bool is_given; /* a named future; else an execution (remote.c) */
};

/* `pool`: of the role's holder. `is_pure`: whether a row of the program is one of a pure task. */
void promise_open(struct worker_tables *, struct task_pool *pool, bool (*is_pure)(uint32_t fn));
/* Nothing is named or waited for any more; before the workers are closed. */
void promise_quiet(struct actions *);
/* After all waiters have come back or never will. */
void promise_close(void);

/* ---- out ---- */

/* Encoding of arguments: futures that are not done are named. Forgets the names so far. */
void promise_begin(struct encoder *);
/* Whether there are any. */
bool promise_named(void);
/* The names, for the front of the message. Lent until the next call. */
struct bytes promise_front(void);
/* The message goes to `proc`; or it does not go. */
void promise_send(uint32_t proc);
void promise_unsent(struct actions *);

/* A result whose futures are not done waits for them so long, an answer as long as its task ran
 * besides; from then on it is one that cannot travel, and whoever waits for it makes it himself.
 * They may never be done, and nobody may ask for them. */
enum { PROMISE_NS = 200000000 };

enum promise_state { PROMISE_WRITTEN, PROMISE_WAITS, PROMISE_NEVER };
/* Encodes the outcome of a record that is done. WAITS: it holds a future that is not; `told` comes
 * back when it is worth another try. NEVER: it is too large. */
enum promise_state promise_encode(struct encoder *, struct dfl_task *, struct told *);
/* A named future is done. */
void promise_given(struct encoder *, struct told *, struct actions *);
/* If the future of a record is named: it is `away`, with who gave this answer. Whoever has the name
 * is told so, and away_read_by() hears how long it is read. */
void promise_away(struct dfl_task *, struct away *, struct bytes answer, struct actions *);

/* ---- in ---- */

/* A row has come, which may be decoded later only: what it names is known from now on. */
void promise_arrive(uint32_t from, struct bytes row);
/* Takes the names off the front of arguments, which are decoded with this hook. */
struct bytes promise_open_message(struct bytes args);
bool promise_proxy(void *user, const struct dfl_type *future, struct decoder *,
                   struct dfl_task **out);
/* They have been decoded, or never will be. */
void promise_read(struct actions *);
/* SETTLE: the result, of which `d` is a decoder, or NULL if there is none. */
void promise_settle(const struct action *, struct decoder *, struct actions *);
/* UNTAKE and UNGIVE. */
void promise_act(const struct action *);

/* After the actions of a turn: ends what is not needed. `leaving`: the run is over. */
void promise_step(int64_t now, bool leaving, struct actions *);

#endif
