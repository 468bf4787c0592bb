/* heap.h - places for large values in the extents that a process was granted of the store.
 *
 * What is where is told by the process's own memory alone. Extents are asked for when no place is
 * left, and given back when much of what the process has is empty; in between their pages stay
 * warm. Every call is safe on any thread. */
#ifndef HEAP_H
#define HEAP_H

#include <pthread.h>

#include "store.h"

/* Where extents come from. Called without a lock, perhaps by several threads at once. */
struct heap_source {
    void *user;
    /* One of at least `bytes`. False: none, or not yet: then heap_add() may bring it. */
    bool (*more)(void *user, uint64_t bytes, struct store_extent *out);
    /* The heap is done with it. */
    void (*less)(void *user, struct store_extent);
};

struct heap {
    const struct store_memory *memory;
    const struct heap_source *source;
    pthread_mutex_t lock;
    struct heap_part **parts; /* the extents; in no order */
    struct heap_part **by_unit;
    uint64_t count, room;
    uint64_t used, peak; /* bytes of what is allocated, and the most so far */
    uint64_t empty;      /* bytes of the extents in which nothing is */
    uint8_t *backed;     /* a bit a unit: its pages are there */
};

/* Memory and source are lent until heap_close(). */
void heap_open(struct heap *, const struct store_memory *, const struct heap_source *);
/* Forgets the extents without giving them back: for the end of the process's part in the store. */
void heap_close(struct heap *);

/* An extent that was granted meanwhile. False, and it is to be given back: the system has no memory
 * for it. */
CHECKED bool heap_add(struct heap *, struct store_extent);

/* At least `bytes`, aligned to a page; not zero. NULL: there is no place. */
void *heap_alloc(struct heap *, uint64_t bytes);
void heap_free(struct heap *, void *);
/* Makes what was allocated longer where it is. False: there is no room behind it. */
CHECKED bool heap_grow(struct heap *, void *, uint64_t bytes);
/* Bytes that fit there. */
uint64_t heap_room(struct heap *, void *);
/* Gives all empty extents back: others need room. */
void heap_trim(struct heap *);
/* Bytes of all that is allocated, and the most that they have been. */
uint64_t heap_used(struct heap *);
uint64_t heap_peak(struct heap *);

/* True if it points into the store, whoever has that part. */
static inline bool heap_contains(const struct heap *heap, const void *at)
{
    return (uintptr_t)at - (uintptr_t)heap->memory->base < heap->memory->size;
}

static inline uint64_t heap_offset(const struct heap *heap, const void *at)
{
    return (uint64_t)((const char *)at - heap->memory->base);
}

static inline void *heap_at(const struct heap *heap, uint64_t offset)
{
    return heap->memory->base + offset;
}

#endif
