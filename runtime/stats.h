/* stats.h - what a run counted, for DFL_STATS=1. Each worker counts in its own copy with plain
 * arithmetic; the copies are added up when all threads have stopped. */
#ifndef STATS_H
#define STATS_H

#include <stdint.h>
#include <stdio.h>

/* STAT(name, text): a row of the table at the end of a run. */
#define STATS                                                                                      \
    STAT(spawned, "tasks spawned")                                                                 \
    STAT(in_place, "run in place")                                                                 \
    STAT(scheduled, "run by a worker's loop")                                                      \
    STAT(skipped, "never needed")                                                                  \
    STAT(stolen, "stolen")                                                                         \
    STAT(steals, "steals")                                                                         \
    STAT(forced, "publications forced")                                                            \
    STAT(parked, "fibers parked")                                                                  \
    STAT(slept, "times asleep")                                                                    \
    STAT(peak_records, "peak records")                                                             \
    STAT(peak_fibers, "peak fibers")

struct stats {
#define STAT(name, text) uint64_t name;
    STATS
#undef STAT
};

void stats_add(struct stats *sum, const struct stats *);
void stats_print(FILE *, const struct stats *, double seconds, uint32_t workers, uint32_t elided);

#endif
