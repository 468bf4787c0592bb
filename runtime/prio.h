/* prio.h - records that go before others, or after them (@prio). Workers look here on their way to
 * work, not within the fast path of spawn and await. Any thread. */
#ifndef PRIO_H
#define PRIO_H

#include "task.h"

/* Keeps a record that is ready to run, if its row has a priority; else false. One that has a place
 * (limit.h) is not kept below others: they would wait for the place, and maybe someone for it. */
bool prio_put(struct dfl_task *);
/* The next above all others, or below them; NULL: there is none. Cheap then. */
struct dfl_task *prio_take(bool above);
/* The same among those that can travel. */
struct dfl_task *prio_take_to_lend(bool above);
bool prio_any(void);
/* A task is waited for: if it is below others it is so no longer, and the caller's. */
bool prio_raise(struct dfl_task *);

#endif
