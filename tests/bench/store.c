/* store.c - what the store of a node costs: `store memcpy|put|get BYTES TIMES`. Prints a sum of
 * bytes, to be compared, and the seconds that all took.
 *
 *   memcpy   copies a value to memory that was written before
 *   put      makes a place in the store for it and copies it there; then lets go of it
 *   get      makes a view of it that a program may hold, by another map of the memory; reads both
 *            ends; lets go */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "heap.h"
#include "value.h"

static struct store_memory memory, seen;
static struct store *table;
static struct heap heap;
static char *source, *target;
static char *kept; /* what `get` sees */
static size_t bytes;

static const uint32_t owner = 1 << 16 | 1;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool more(void *user, uint64_t wanted, struct store_extent *out)
{
    (void)user;
    return store_grant(table, owner, wanted, out);
}

static void less(void *user, struct store_extent e)
{
    (void)user;
    if (!store_take_back(table, owner, e.offset))
        abort();
}

static void end(uint64_t token)
{
    (void)token;
}

static uint64_t ends_of(const char *at)
{
    return (uint64_t)(unsigned char)at[0] + (unsigned char)at[bytes - 1];
}

static void *put_value(void)
{
    char *at = heap_alloc(&heap, bytes);
    if (!at)
        abort();
    memcpy(at, source, bytes);
    return at;
}

static uint64_t do_memcpy(void)
{
    memcpy(target, source, bytes);
    return ends_of(target);
}

static uint64_t do_put(void)
{
    char *at = put_value();
    uint64_t sum = ends_of(at);
    heap_free(&heap, at);
    return sum;
}

static uint64_t do_get(void)
{
    char *at = seen.base + heap_offset(&heap, kept);
    struct dfl_view view = value_lent(at, (int64_t)bytes, end, 1);
    uint64_t sum = ends_of(view.ptr);
    dfl_drop(&value_bytes, &view);
    return sum;
}

static void open_all(void)
{
    static const struct heap_source from = {NULL, more, less};
    if (store_memory_open(&memory, 4 * bytes + (64 << 20)) ||
        store_memory_attach(&seen, dup(memory.fd)))
        abort();
    table = store_open(memory.size);
    heap_open(&heap, &memory, &from);
    source = malloc(bytes);
    target = malloc(bytes);
    if (!source || !target)
        abort();
    for (size_t i = 0; i < bytes; i++)
        source[i] = (char)(i * 7 + 1);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    bytes = strtoull(argv[2], NULL, 10);
    long times = strtol(argv[3], NULL, 10);
    open_all();
    uint64_t (*step)(void) = strcmp(argv[1], "put") == 0   ? do_put
                             : strcmp(argv[1], "get") == 0 ? do_get
                                                           : do_memcpy;
    kept = step == do_get ? put_value() : NULL;
    uint64_t sum = 0;
    for (int warm = 0; warm < 2; warm++)
        step();
    double start = seconds();
    for (long i = 0; i < times; i++)
        sum += step();
    double took = seconds() - start;
    if (kept)
        heap_free(&heap, kept);
    printf("%llu %.9f\n", (unsigned long long)sum, took);
    return 0;
}
