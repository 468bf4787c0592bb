/* cores.h - the processor cores that this process may use. */
#ifndef CORES_H
#define CORES_H

#include <pthread.h>
#include <stdint.h>

/* How many, at least 1. */
uint32_t cores_count(void);
/* The core that runs the calling thread, -1 if that cannot be known. */
int cores_here(void);
/* pthread_create() of a thread that begins on the `steps`-th core, going round, behind `origin`
 * among those that the process may use; from then on the system does with it as it likes. It begins
 * anywhere if that core cannot be had. 0, or an errno. */
int cores_thread(pthread_t *, int origin, uint32_t steps, void *(*start)(void *), void *arg);

#endif
