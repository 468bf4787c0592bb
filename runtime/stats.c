/* stats.c - adding up and printing the counters of stats.h. */
#include "stats.h"

void stats_add(struct stats *sum, const struct stats *part)
{
#define STAT(name, text) sum->name += part->name;
    STATS
#undef STAT
}

static void row(FILE *out, const char *text, uint64_t value)
{
    fprintf(out, "  %-24s %12llu\n", text, (unsigned long long)value);
}

void stats_print(FILE *out, const struct stats *s, double seconds, uint32_t workers,
                 uint32_t elided)
{
    fprintf(out, "  %-24s %12.6f s\n", "wall time", seconds);
    row(out, "workers", workers);
    row(out, "spawn sites elided", elided);
#define STAT(name, text) row(out, text, s->name);
    STATS
#undef STAT
}
