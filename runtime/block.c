/* block.c - the allocator behind counted memory. Read block.h first.
 *
 * Each thread tallies its own allocations and frees with plain arithmetic in a cell that outlives
 * it; only the sum over all cells means anything. */
#include "block.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "value.h"

struct tally {
    _Atomic int64_t live; /* written by its thread alone */
    struct tally *next;
};

static struct tally *_Atomic tallies;
static _Thread_local struct tally *own_tally;

/* Cells are never freed: a thread that ended may have left blocks that others free. */
static struct tally *tally_open(void)
{
    struct tally *t = calloc(1, sizeof *t);
    if (!t)
        block_exhausted(sizeof *t);
    t->next = atomic_load(&tallies);
    while (!atomic_compare_exchange_weak(&tallies, &t->next, t))
        ;
    own_tally = t;
    return t;
}

/* Not inlined: a thread-local address must not be kept across a fiber's move to another thread. */
static __attribute__((noinline)) void tally_add(int64_t n)
{
    struct tally *t = own_tally ? own_tally : tally_open();
    int64_t live = atomic_load_explicit(&t->live, memory_order_relaxed);
    atomic_store_explicit(&t->live, live + n, memory_order_relaxed);
}

int64_t dfl_block_live(void)
{
    int64_t sum = 0;
    for (struct tally *t = atomic_load(&tallies); t; t = t->next)
        sum += atomic_load_explicit(&t->live, memory_order_relaxed);
    return sum;
}

void block_exhausted(uint64_t bytes)
{
    char text[80];
    int n = snprintf(text, sizeof text, "error: out of memory (%llu bytes were wanted)\n",
                     (unsigned long long)bytes);
    if (write(STDERR_FILENO, text, (size_t)n) < 0)
        _exit(1);
    _exit(1);
}

void block_advise(void *at, size_t bytes)
{
    enum { PAGE = 2 << 20 };
    if (bytes < 2 * (size_t)PAGE)
        return;
    uintptr_t from = ((uintptr_t)at + PAGE - 1) & -(uintptr_t)PAGE;
    uintptr_t to = ((uintptr_t)at + bytes) & -(uintptr_t)PAGE;
    madvise((void *)from, to - from, MADV_HUGEPAGE); /* only a wish: failure changes nothing */
}

void *block_alloc(size_t bytes)
{
    void *p = malloc(bytes);
    if (!p)
        block_exhausted(bytes);
    block_advise(p, bytes);
    tally_add(1);
    return p;
}

/* `old` came from block_alloc and keeps its place in the tally. */
static void *resize(void *old, size_t bytes)
{
    void *p = realloc(old, bytes);
    if (!p)
        block_exhausted(bytes);
    block_advise(p, bytes);
    return p;
}

/* ---- large blocks elsewhere ---- */

static struct block_large large; /* size 0: there is no elsewhere */

void block_set_large(const struct block_large *given)
{
    large = given ? *given : (struct block_large){0};
}

static inline bool is_elsewhere(const void *p)
{
    return (uintptr_t)p - large.base < large.size;
}

void block_free(void *p)
{
    tally_add(-1);
    if (is_elsewhere(p))
        large.free(p);
    else
        free(p);
}

/* ---- blocks ---- */

/* What to ask the allocator for. */
static size_t block_bytes(int64_t bytes)
{
    if (bytes < 0 || bytes > INT64_MAX / 2)
        block_exhausted((uint64_t)bytes);
    return sizeof(struct dfl_block) + block_sure_room((uint64_t)bytes);
}

static struct dfl_block *alloc_large(const struct dfl_type *type, int64_t bytes)
{
    size_t total = block_bytes(bytes);
    struct dfl_block *block = large.size && !type->refs ? large.alloc(total) : NULL;
    if (!block)
        return block_alloc(total);
    tally_add(1);
    return block;
}

struct dfl_block *dfl_block_new(const struct dfl_type *type, int64_t bytes)
{
    struct dfl_block *block =
        (uint64_t)bytes >= BLOCK_LARGE ? alloc_large(type, bytes) : block_alloc(block_bytes(bytes));
    atomic_init(&block->count, 1);
    block->type = type->id;
    block->size = 0;
    return block;
}

int64_t block_room(const struct dfl_block *block)
{
    bool elsewhere = is_elsewhere(block);
    uint64_t total = elsewhere ? large.room((void *)block) : malloc_usable_size((void *)block);
    return (int64_t)((total & -block_step(total)) - sizeof *block);
}

static struct dfl_block *move(struct dfl_block *block, const struct dfl_type *type, int64_t bytes)
{
    struct dfl_block *to =
        bytes < BLOCK_LARGE ? block_alloc(block_bytes(bytes)) : alloc_large(type, bytes);
    memcpy(to, block, sizeof *block + block->size);
    block_free(block);
    return to;
}

struct dfl_block *block_grow(struct dfl_block *block, int64_t bytes)
{
    bool elsewhere = is_elsewhere(block);
    if (!elsewhere && (!large.size || bytes < BLOCK_LARGE))
        return resize(block, block_bytes(bytes));
    if (elsewhere && bytes >= BLOCK_LARGE && large.grow(block, block_bytes(bytes)))
        return block;
    const struct dfl_type *type = value_type(block->type);
    if (!elsewhere && (type->refs || block->size >= BLOCK_LARGE))
        return resize(block, block_bytes(bytes)); /* has no place there, or found none */
    return move(block, type, bytes);
}

void dfl_block_retain(struct dfl_block *block)
{
    block_retain(block);
}

void dfl_block_release(struct dfl_block *block)
{
    if (block && count_release(&block->count))
        value_end_block(block);
}
