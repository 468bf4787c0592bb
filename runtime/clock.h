/* clock.h - time that never runs backwards, in nanoseconds from an arbitrary start. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

int64_t clock_now(void);
/* `ns` behind `now`, which is 0 or more. INT64_MAX - 1 at most: INT64_MAX is never. */
static inline int64_t clock_later(int64_t now, int64_t ns)
{
    return ns > INT64_MAX - 1 - now ? INT64_MAX - 1 : now + ns;
}

#endif
