/* policy.h - running a record as its attributes say: again, and for so long. */
#ifndef POLICY_H
#define POLICY_H

#include "fiber.h"
#include "task.h"

/* Runs a record whose row has a policy, until its outcome is final. May move `self` to another
 * worker. */
void policy_run(struct dfl_fiber *self, struct dfl_task *);

#endif
