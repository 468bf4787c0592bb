/* store.h - the memory that the processes of a node share, and who has which part of it.
 *
 * The memory is a memfd: the node makes it, its workers inherit the descriptor, and all map it. It
 * holds values and nothing that says where they are, so a process that dies at any point leaves
 * nothing broken behind. Its pages are never given back to the system: fresh ones cost far more
 * than a copy.
 *
 * Who has what is told by a table in the node's own memory. It grants *extents*, of which heap.h
 * makes what values need: whole units, one after the other. The table does no I/O and belongs to
 * one thread at a time. */
#ifndef STORE_H
#define STORE_H

#include "base/checked.h"
#include "dfl.h"
#include "id.h"

enum {
    STORE_UNIT = 2 << 20,    /* a huge page, where the system has them */
    STORE_EXTENT = 16 << 20, /* what is granted when nothing larger is needed */
};

/* ---- the memory ----------------------------------------------------------------------------- */

struct store_memory {
    int fd; /* -1: none. Closed in programs that are started, unless posix_spawn's file actions say
               dup2(fd, fd) */
    char *base;
    uint64_t size;
};

/* Makes memory of `capacity` bytes, rounded up to units; pages come with their first use. NULL, or
 * the owned failure that says why not. */
CHECKED struct dfl_error *store_memory_open(struct store_memory *, uint64_t capacity);
/* Maps memory that another process made; `fd` is taken over. */
CHECKED struct dfl_error *store_memory_attach(struct store_memory *, int fd);
void store_memory_close(struct store_memory *);

/* Makes sure that the pages of a part can be touched: false if the system has none left, where a
 * touch would end the process. */
CHECKED bool store_memory_back(const struct store_memory *, uint64_t offset, uint64_t bytes);

/* ---- the table ------------------------------------------------------------------------------ */

struct store_extent {
    uint64_t offset, bytes; /* both whole units */
};

struct store;

/* For a memory of `size` bytes. Never NULL. */
struct store *store_open(uint64_t size);
void store_close(struct store *); /* NULL is allowed */

/* Grants a process at least `bytes` in one piece; as much as STORE_EXTENT if there is room. False:
 * the store is full. */
CHECKED bool store_grant(struct store *, uint32_t owner, uint64_t bytes, struct store_extent *out);
/* An extent comes back. False, and nothing changes, if the process has none there. */
CHECKED bool store_take_back(struct store *, uint32_t owner, uint64_t offset);
/* A process is gone, and with it all of its extents. */
void store_owner_died(struct store *, uint32_t owner);

struct store_usage {
    uint64_t size, granted, peak; /* bytes */
    uint64_t extents;
};

struct store_usage store_usage(const struct store *);

#endif
