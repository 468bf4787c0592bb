/* held.h - what programs of benchmarks need of C: the time, and a thread that is kept. dfl takes
 * both for pure functions, so they may be called in tasks that travel. */
#include <stdint.h>
#include <time.h>

/* Nanoseconds of the clock that all processes share. `i` keeps calls apart. */
static inline int64_t stamp(int64_t i)
{
    struct timespec now;
    (void)i;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Sleeps, and lets the worker whose thread this is do nothing else. Gives `ms`. */
static inline int64_t hold(int64_t ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0)
        ;
    return ms;
}
