/* rerun.h - runs a pure task again, to see whether it gives the same. */
#ifndef RERUN_H
#define RERUN_H

#include "dfl.h"

/* For a record that has just run, before others see its result: if it is pure, part of the sample,
 * and gives something else the second time, it fails instead. May move the fiber to another worker.
 */
void rerun_check(struct dfl_fiber *, struct dfl_task *);

#endif
