/* block.h - counted memory: counts first, then allocation, then blocks.
 *
 * A count is positive while all holders are on one thread (plain arithmetic) and negative once they
 * may be on several (atomic arithmetic); dfl.h says who makes it so. Blocks, maps and errors share
 * these counts and this allocator, so that one tally says whether anything is still alive. */
#ifndef BLOCK_H
#define BLOCK_H

#include <limits.h>

#include "dfl.h"

/* The type of a block that keeps alive what lies elsewhere, and is not to be changed: value_lent().
 */
enum { BLOCK_LENDER = 1u << 30 | DFL_RECORD };

static inline void count_retain(_Atomic int32_t *count)
{
    int32_t n = atomic_load_explicit(count, memory_order_relaxed);
    if (n > 0)
        atomic_store_explicit(count, n + 1, memory_order_relaxed);
    else
        atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
}

/* True if that was the last holder: the caller frees what was counted. */
static inline bool count_release(_Atomic int32_t *count)
{
    int32_t n = atomic_load_explicit(count, memory_order_relaxed);
    if (n > 0) {
        atomic_store_explicit(count, n - 1, memory_order_relaxed);
        return n == 1;
    }
    if (atomic_fetch_add_explicit(count, 1, memory_order_acq_rel) != -1)
        return false;
    return true;
}

/* True if the caller is the only holder; the count is private then, whatever it was. */
static inline bool count_unique(_Atomic int32_t *count)
{
    int32_t n = atomic_load_explicit(count, memory_order_acquire);
    if (n == -1)
        atomic_store_explicit(count, 1, memory_order_relaxed);
    return n == 1 || n == -1;
}

/* Makes a count shared. False if it was so before: what it counts has been visited already. */
static inline bool count_share(_Atomic int32_t *count)
{
    int32_t n = atomic_load_explicit(count, memory_order_relaxed);
    if (n < 0)
        return false;
    atomic_store_explicit(count, -n, memory_order_relaxed);
    return true;
}

/* True for the only holder of what may be changed in place: see count_unique(). */
static inline bool block_unique(struct dfl_block *block)
{
    return block->type != BLOCK_LENDER && count_unique(&block->count);
}

/* Wishes for pages of 2 MiB under a large run of fresh memory: the first touch of each page costs
 * microseconds on a virtual machine, more than what is then done with it. */
void block_advise(void *at, size_t bytes);
/* Allocates, counted in the tally; never NULL, aligned to 16. */
void *block_alloc(size_t bytes);
void block_free(void *);
/* Ends the process with "out of memory"; `bytes` is what was asked for. */
_Noreturn void block_exhausted(uint64_t bytes);
/* Blocks, maps and errors alive. Right only while all other threads are quiet. */
int64_t dfl_block_live(void);

static inline char *block_data(struct dfl_block *block)
{
    return (char *)(block + 1);
}

/* Blocks come in sizes that are multiples of an eighth to a quarter of themselves. So a block that
 * holds `size` bytes has room for at least block_sure_room(size), which needs no look at the
 * allocator's books. */
static inline uint64_t block_step(uint64_t total)
{
    return total < 128 ? 16 : UINT64_C(1) << (61 - __builtin_clzll(total));
}

static inline uint64_t block_sure_room(uint64_t size)
{
    uint64_t total = size + sizeof(struct dfl_block), step = block_step(total);
    return ((total + step - 1) & -step) - sizeof(struct dfl_block);
}

/* Bytes that fit behind the header without moving: a size of the above kind. */
int64_t block_room(const struct dfl_block *);
/* The same block, perhaps moved with the bytes that its size tells, with room for `bytes`, which
 * are not fewer; the caller is its only holder. */
struct dfl_block *block_grow(struct dfl_block *, int64_t bytes);

/* Where else large blocks of elements without references may lie. If that is memory shared with
 * other processes, their headers still mean something to this one only. */
struct block_large {
    uintptr_t base; /* of all places that come from there */
    uint64_t size;
    void *(*alloc)(uint64_t bytes); /* NULL: no room; the block comes from malloc then */
    void (*free)(void *);
    bool (*grow)(void *, uint64_t bytes); /* where it is */
    uint64_t (*room)(void *);             /* bytes that fit in it */
};

enum { BLOCK_LARGE = 64 << 10 }; /* bytes from which on a block is large */

/* Lets large blocks come from there too, from now on; before there are several threads. NULL: they
 * all come from malloc again, and none from there is left. */
void block_set_large(const struct block_large *);

static inline void block_retain(struct dfl_block *block)
{
    if (block)
        count_retain(&block->count);
}

#endif
