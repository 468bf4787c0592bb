/* stats.c - adding up, sending and printing the counters of stats.h. */
#include "stats.h"

void stats_add(struct stats *sum, const struct stats *part)
{
#define STAT(name, text) sum->name += part->name;
    STATS
    NODE_STATS
#undef STAT
}

void stats_write(struct buffer *b, const struct stats *s)
{
#define STAT(name, text) buffer_u64(b, s->name);
    STATS
    NODE_STATS
#undef STAT
}

bool stats_read(struct bytes bytes, struct stats *sum)
{
    struct reader r = reader_of(bytes);
#define STAT(name, text) sum->name += reader_u64(&r);
    STATS
    NODE_STATS
#undef STAT
    return !r.failed && reader_left(&r) == 0;
}

static void text_of(FILE *out, const char *text)
{
    fprintf(out, "  %-24s", text);
}

/* A row of the table: the counts of each node at `offset` bytes into its struct, and their sum. */
static void row(FILE *out, const char *text, const struct stats *columns, uint32_t count,
                size_t offset)
{
    uint64_t sum = 0;
    text_of(out, text);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t n = *(const uint64_t *)((const char *)&columns[i] + offset);
        sum += n;
        fprintf(out, " %12llu", (unsigned long long)n);
    }
    if (count > 1)
        fprintf(out, " %12llu", (unsigned long long)sum);
    fprintf(out, "\n");
}

static double share(uint64_t rows, uint64_t packets)
{
    return packets ? (double)rows / (double)packets : 0;
}

/* The size of batches: rows in a packet. */
static void batches(FILE *out, const struct stats *columns, uint32_t count)
{
    uint64_t rows = 0, packets = 0;
    text_of(out, "rows a packet");
    for (uint32_t i = 0; i < count; i++) {
        fprintf(out, " %12.1f", share(columns[i].rows, columns[i].packets));
        rows += columns[i].rows;
        packets += columns[i].packets;
    }
    fprintf(out, " %12.1f\n", share(rows, packets));
}

static void heading(FILE *out, uint32_t nodes)
{
    char text[32];
    text_of(out, "");
    for (uint32_t i = 1; i <= nodes; i++) {
        snprintf(text, sizeof text, "node %u", i);
        fprintf(out, " %12s", text);
    }
    fprintf(out, " %12s\n", "all");
}

void stats_print(FILE *out, const struct stats *columns, uint32_t nodes, double seconds,
                 uint32_t workers, uint32_t elided)
{
    uint32_t count = nodes ? nodes : 1;
    text_of(out, "wall time");
    fprintf(out, " %12.6f s\n", seconds);
    text_of(out, nodes ? "workers of a node" : "workers");
    fprintf(out, " %12u\n", workers);
    text_of(out, "spawn sites elided");
    fprintf(out, " %12u\n", elided);
    if (nodes)
        heading(out, nodes);
#define STAT(name, text) row(out, text, columns, count, offsetof(struct stats, name));
    STATS
    if (nodes) {
        NODE_STATS
        batches(out, columns, count);
    }
#undef STAT
}
