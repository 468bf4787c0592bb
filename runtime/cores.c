/* cores.c - counting cores, and threads that begin on a certain one.
 *
 * Linux may start a thread on the core of the thread that makes it, which does not let it run for 3
 * ms, and then takes 4 to 20 ms to move one of the two (seen with perf sched, the other core being
 * idle): as long as a short program runs. So whoever makes a thread says where it begins. */
#include "cores.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
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

/* The core for a new thread, as a set. False: there is no choice. */
static bool choose(cpu_set_t *allowed, cpu_set_t *one, int origin, uint32_t steps)
{
    if (origin < 0 || origin >= CPU_SETSIZE ||
        sched_getaffinity(0, sizeof *allowed, allowed) != 0 || !CPU_ISSET(origin, allowed) ||
        CPU_COUNT(allowed) == 1)
        return false;
    CPU_ZERO(one);
    CPU_SET(member_behind(allowed, origin, steps), one);
    return true;
}

int cores_thread(pthread_t *thread, int origin, uint32_t steps, void *(*start)(void *), void *arg)
{
    cpu_set_t allowed, one;
    pthread_attr_t attributes;
    int error = EINVAL;
    if (choose(&allowed, &one, origin, steps)) {
        pthread_attr_init(&attributes);
        pthread_attr_setaffinity_np(&attributes, sizeof one, &one);
        error = pthread_create(thread, &attributes, start, arg);
        pthread_attr_destroy(&attributes);
        if (!error)
            pthread_setaffinity_np(*thread, sizeof allowed, &allowed);
    }
    return error == EINVAL ? pthread_create(thread, NULL, start, arg) : error;
}
