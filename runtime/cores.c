/* cores.c - counting and changing cores.
 *
 * Linux may start a thread on the core of the thread that makes it, and takes 4 to 20 ms to move
 * one of the two (seen with perf sched on two idle cores): as long as a short program runs. So a
 * new thread moves by itself, once. */
#include "cores.h"

#include <sched.h>
#include <stddef.h>

uint32_t cores_count(void)
{
    cpu_set_t *set = NULL;
    int cores = 0;
    for (int most = 1024; most <= 1 << 20 && cores == 0; most *= 4) {
        size_t bytes = CPU_ALLOC_SIZE(most);
        set = CPU_ALLOC(most);
        if (set && sched_getaffinity(0, bytes, set) == 0)
            cores = CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
    }
    return cores < 1 ? 1 : (uint32_t)cores;
}

int cores_here(void)
{
    return sched_getcpu();
}

/* The member of the set that is `steps` members behind `core`, going round. */
static int member_behind(const cpu_set_t *set, int core, uint32_t steps)
{
    for (steps %= (uint32_t)CPU_COUNT(set); steps > 0; steps--)
        do
            core = (core + 1) % CPU_SETSIZE;
        while (!CPU_ISSET(core, set));
    return core;
}

void cores_move(int origin, uint32_t steps)
{
    cpu_set_t allowed, one;
    if (origin < 0 || origin >= CPU_SETSIZE ||
        sched_getaffinity(0, sizeof allowed, &allowed) != 0 || !CPU_ISSET(origin, &allowed))
        return;
    CPU_ZERO(&one);
    CPU_SET(member_behind(&allowed, origin, steps), &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0)
        sched_setaffinity(0, sizeof allowed, &allowed);
}
