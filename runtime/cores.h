/* cores.h - the processor cores that this process may use. */
#ifndef CORES_H
#define CORES_H

#include <stdint.h>

/* How many, at least 1. */
uint32_t cores_count(void);
/* The core that runs the calling thread, -1 if that cannot be known. */
int cores_here(void);
/* Moves the calling thread to the `steps`-th core, going round, behind `origin` among those that
 * the process may use. From then on the system does with it as it likes. Without effect if there is
 * no other core, or the system does not allow it. */
void cores_move(int origin, uint32_t steps);

#endif
