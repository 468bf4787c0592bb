/* sim.c - sim [-v] [SEED [COUNT]]: runs COUNT worlds from SEED on; each from one seed, with two or
 * more crashes or stalls. Prints the first seed whose world does not hold what it must, and what
 * was covered. `sim -v SEED` tells what happens in one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static void report(uint64_t worlds, uint64_t tasks, uint64_t started, uint64_t steps)
{
    static const char *const actions[] = {
#define ACT(name) #name,
#include "actions.def"
#undef ACT
    };
    printf("%llu worlds, %llu tasks (%llu started), %llu steps, %llu crashes, %llu stalls, %llu "
           "packets, %llu lost\n",
           (unsigned long long)worlds, (unsigned long long)tasks, (unsigned long long)started,
           (unsigned long long)steps, (unsigned long long)coverage.crashes,
           (unsigned long long)coverage.stalls, (unsigned long long)coverage.packets,
           (unsigned long long)coverage.dropped);
    printf("actions:");
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        printf(" %s %llu", actions[i], (unsigned long long)coverage.actions[i]);
    printf("\nlent with results of others:");
    for (uint32_t i = 0; i <= INPUTS_MOST; i++)
        printf(" %u of %llu", i, (unsigned long long)coverage.relayed[i]);
    printf(", to where they are for %llu", (unsigned long long)coverage.placed);
    printf("\nrows:");
    for (uint32_t kind = 1; kind < 64; kind++)
        if (strcmp(wire_name(kind), "unknown") != 0)
            printf(" %s %llu", wire_name(kind), (unsigned long long)coverage.rows[kind]);
    printf("\n");
}

int main(int argc, char **argv)
{
    bool trace = argc > 1 && strcmp(argv[1], "-v") == 0;
    uint64_t seed = argc > 1 + trace ? strtoull(argv[1 + trace], NULL, 0) : 1;
    uint64_t count = argc > 2 + trace ? strtoull(argv[2 + trace], NULL, 0) : 1;
    uint64_t tasks = 0, started = 0, steps = 0;
    static struct world world;
    for (uint64_t i = 0; i < count; i++) {
        world_open(&world, seed + i, trace);
        const char *bad = world_run(&world);
        tasks += world.tasks;
        started += world.started;
        steps += world.steps;
        world_close(&world);
        if (bad) {
            printf("seed %llu: %s\n", (unsigned long long)(seed + i), bad);
            return 1;
        }
    }
    report(count, tasks, started, steps);
    return 0;
}
