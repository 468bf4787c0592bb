/* barrier.h - a pair of fences of unequal weight. What one thread does around barrier_light() and
 * another around barrier_heavy() is ordered as if both were full fences, yet the light one costs no
 * instruction: the heavy one makes the kernel run a barrier on every thread of the process.
 * With DFL_FENCED both are plain fences, for tools that do not see the kernel's. */
#ifndef BARRIER_H
#define BARRIER_H

#include <stdatomic.h>
#include <stdbool.h>

/* Once, before a second thread exists. False: the kernel cannot, and nothing may rely on the pair.
 */
bool barrier_init(void);
/* 10 to 20 microseconds, some of it on the other running threads. */
void barrier_heavy(void);

static inline void barrier_light(void)
{
#ifdef DFL_FENCED
    atomic_thread_fence(memory_order_seq_cst);
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

#endif
