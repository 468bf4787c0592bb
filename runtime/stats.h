/* stats.h - what a run counted, for DFL_STATS=1. Each worker counts in its own copy with plain
 * arithmetic; the copies are added up when all threads have stopped. */
#ifndef STATS_H
#define STATS_H

#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

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
    STAT(peak_fibers, "peak fibers")                                                               \
    STAT(kept, "checkpoints written")                                                              \
    STAT(found, "checkpoints taken")

/* Further rows of a run on several nodes. */
#define NODE_STATS                                                                                 \
    STAT(shipped, "tasks lent to others")                                                          \
    STAT(came_back, "results of these")                                                            \
    STAT(away, "of these, left where made")                                                        \
    STAT(unfetched, "of these, never fetched")                                                     \
    STAT(fetched, "large bytes fetched")                                                           \
    STAT(store_peak, "peak bytes in the store")                                                    \
    STAT(replayed, "run again after a death")                                                      \
    STAT(refused, "could not travel back")                                                         \
    STAT(received, "tasks run for others")                                                         \
    STAT(given, "futures lent to others")                                                          \
    STAT(leases, "leases")                                                                         \
    STAT(rows, "rows sent")                                                                        \
    STAT(packets, "packets sent")                                                                  \
    STAT(bytes, "bytes sent")                                                                      \
    STAT(resent, "packets sent again")

struct stats {
#define STAT(name, text) uint64_t name;
    STATS
    NODE_STATS
#undef STAT
};

void stats_add(struct stats *sum, const struct stats *);
/* `nodes` 0: a run of one process. Else a column for each, of which `columns` has the counts, and
 * one for their sum; the head has no other counts than those of its worker. */
void stats_print(FILE *, const struct stats *columns, uint32_t nodes, double seconds,
                 uint32_t workers, uint32_t elided);

/* As the counts travel to the head. */
void stats_write(struct buffer *, const struct stats *);
/* Adds them to *sum. False: these are none. */
bool stats_read(struct bytes, struct stats *sum);

#endif
