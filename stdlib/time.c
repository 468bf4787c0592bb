/* time.c - C half of the module time. */
#include "clock.h"
#include "std.h"

STD(time, clock, void *out)
{
    *(int64_t *)out = clock_now();
    return NULL;
}

STD(time, nanoseconds, void *out, const void *n)
{
    *(int64_t *)out = *(const int64_t *)n;
    return NULL;
}

STD(time, seconds, void *out, const void *duration)
{
    *(double *)out = (double)*(const int64_t *)duration / 1e9;
    return NULL;
}

/* Keeps the processor busy. Its only effect is the time it takes, so it counts as pure. */
STD(time, spin, void *out, const void *duration)
{
    (void)out;
    int64_t end = clock_now() + *(const int64_t *)duration;
    while (clock_now() < end)
        ;
    return NULL;
}
