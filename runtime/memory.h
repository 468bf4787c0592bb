/* memory.h - the memory that the processes of a run on this machine may use. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdint.h>

/* Bytes, of all of them together: those of the machine, or what the control groups that this
 * process is in leave of them. At least 1. */
int64_t memory_here(void);

#endif
