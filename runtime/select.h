/* select.h - waiting for some of several tasks, for so long at most. */
#ifndef SELECT_H
#define SELECT_H

#include "dfl.h"

enum { SELECT_FOREVER = -1 };

/* Returns once `need` of the tasks are done, which are held meanwhile, or `ns` nanoseconds are
 * over. NULL, or the failure with which the task that waits is to end. Runs none of them in place;
 * may move the fiber to another worker. */
struct dfl_error *dfl_wait(struct dfl_fiber *, struct dfl_task *const *, int64_t count,
                           int64_t need, int64_t ns);

#endif
