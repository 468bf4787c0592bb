/* checkpoint_task.h - records of @checkpoint tasks, and what is kept of them (checkpoint.h). */
#ifndef CHECKPOINT_TASK_H
#define CHECKPOINT_TASK_H

#include "checkpoint.h"
#include "fiber.h"

/* One run of a record, on the stack of who runs it. */
struct checkpoint {
    struct checkpoint_key key;
    int64_t began;
    bool has_key;
};

/* Whether any row of a program has results that are kept. */
bool checkpoint_is_used(const struct dfl_program *);

/* Before a record runs, whose row has a checkpoint: waits for the futures in its arguments. True:
 * an earlier run has kept its result, which it has now. May move `self` to another worker, as does
 * the next. */
bool checkpoint_take(struct dfl_fiber *self, struct dfl_task *, struct checkpoint *);
/* After it has run: keeps the result if it is a value. */
void checkpoint_give(struct dfl_fiber *self, struct dfl_task *, const struct checkpoint *);

#endif
