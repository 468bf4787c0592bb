/* clock.h - time that never runs backwards, in nanoseconds from an arbitrary start. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

int64_t clock_now(void);

#endif
