/* heap.c - places in extents. Read heap.h first.
 *
 * An extent is cut into runs of pages, used or free, that follow each other; no two free ones do.
 * Each run has its length in a table at its first and at its last page, so its neighbours are found
 * without a search. */
#include "heap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "list.h"

enum {
    PAGE = 4096,
    KEEP_EMPTY =
        64 << 20, /* bytes of empty extents that stay, unless they are an eighth of the store */
    UNIT_PAGES = STORE_UNIT / PAGE,
};

struct heap_part {
    struct store_extent extent;
    uint64_t index; /* in heap.parts */
    uint32_t pages;
    uint32_t largest; /* no free run is longer */
    uint32_t used;    /* pages */
    int32_t runs[];   /* at the ends of a run: its pages, negative if it is free */
};

static void *zeroed(uint64_t count, size_t size)
{
    void *p = calloc(count, size);
    if (!p)
        block_exhausted(count * size);
    return p;
}

/* ---- runs of one extent ---- */

static void set_run(struct heap_part *part, uint32_t at, uint32_t pages, bool used)
{
    int32_t run = used ? (int32_t)pages : -(int32_t)pages;
    part->runs[at] = part->runs[at + pages - 1] = run;
}

static uint32_t length(int32_t run)
{
    return (uint32_t)(run < 0 ? -run : run);
}

/* Takes the first free run of so many pages; part->pages: there is none. */
static uint32_t take(struct heap_part *part, uint32_t pages)
{
    uint32_t largest = 0;
    for (uint32_t at = 0; at < part->pages; at += length(part->runs[at])) {
        uint32_t found = part->runs[at] < 0 ? length(part->runs[at]) : 0;
        if (found >= pages) {
            set_run(part, at, pages, true);
            if (found > pages)
                set_run(part, at + pages, found - pages, false);
            part->used += pages;
            return at;
        }
        if (found > largest)
            largest = found;
    }
    part->largest = largest;
    return part->pages;
}

static void give(struct heap_part *part, uint32_t at)
{
    uint32_t pages = length(part->runs[at]), next = at + pages;
    part->used -= pages;
    if (next < part->pages && part->runs[next] < 0)
        pages += length(part->runs[next]);
    if (at > 0 && part->runs[at - 1] < 0) {
        uint32_t before = length(part->runs[at - 1]);
        at -= before;
        pages += before;
    }
    set_run(part, at, pages, false);
    if (part->largest < pages)
        part->largest = pages;
}

/* Makes a used run longer by pages of the free one behind it. */
static bool extend(struct heap_part *part, uint32_t at, uint32_t pages)
{
    uint32_t now = length(part->runs[at]), next = at + now;
    if (pages <= now)
        return true;
    if (next == part->pages || part->runs[next] >= 0 || length(part->runs[next]) < pages - now)
        return false;
    uint32_t rest = length(part->runs[next]) - (pages - now);
    set_run(part, at, pages, true);
    if (rest)
        set_run(part, at + pages, rest, false);
    part->used += pages - now;
    return true;
}

/* ---- extents ---- */

static struct heap_part *part_of(struct heap *heap, const void *at)
{
    struct heap_part *part = heap->by_unit[heap_offset(heap, at) / STORE_UNIT];
    assert(part);
    return part;
}

static uint32_t page_of(struct heap *heap, const struct heap_part *part, const void *at)
{
    return (uint32_t)((heap_offset(heap, at) - part->extent.offset) / PAGE);
}

static void name_units(struct heap *heap, struct store_extent extent, struct heap_part *part)
{
    uint64_t first = extent.offset / STORE_UNIT;
    for (uint64_t i = 0; i < extent.bytes / STORE_UNIT; i++)
        heap->by_unit[first + i] = part;
}

static bool is_backed(const struct heap *heap, uint64_t unit)
{
    return __atomic_load_n(&heap->backed[unit / 8], __ATOMIC_RELAXED) >> (unit % 8) & 1;
}

/* The pages of units that this process has had before are there still. */
static bool back(struct heap *heap, struct store_extent extent)
{
    uint64_t first = extent.offset / STORE_UNIT, end = first + extent.bytes / STORE_UNIT;
    for (uint64_t i = first; i < end; i++) {
        if (is_backed(heap, i))
            continue;
        if (!store_memory_back(heap->memory, i * STORE_UNIT, STORE_UNIT))
            return false;
        __atomic_fetch_or(&heap->backed[i / 8], (uint8_t)(1u << (i % 8)), __ATOMIC_RELAXED);
    }
    return true;
}

static struct heap_part *make_part(struct store_extent extent)
{
    uint64_t pages = extent.bytes / PAGE;
    struct heap_part *part = zeroed(1, sizeof *part + pages * sizeof *part->runs);
    part->extent = extent;
    part->pages = part->largest = (uint32_t)pages;
    set_run(part, 0, part->pages, false);
    return part;
}

static void add_part(struct heap *heap, struct heap_part *part)
{
    list_grow(heap->parts, heap->count, heap->room);
    part->index = heap->count;
    heap->parts[heap->count++] = part;
    heap->empty += part->extent.bytes;
    name_units(heap, part->extent, part);
}

/* An empty one. */
static void remove_part(struct heap *heap, struct heap_part *part)
{
    struct heap_part *last = heap->parts[--heap->count];
    heap->parts[part->index] = last;
    last->index = part->index;
    heap->empty -= part->extent.bytes;
    name_units(heap, part->extent, NULL);
}

bool heap_add(struct heap *heap, struct store_extent extent)
{
    if (!back(heap, extent))
        return false;
    struct heap_part *part = make_part(extent);
    pthread_mutex_lock(&heap->lock);
    add_part(heap, part);
    pthread_mutex_unlock(&heap->lock);
    return true;
}

/* How much may be empty. */
static uint64_t empty_limit(const struct heap *heap)
{
    uint64_t share = heap->memory->size / 8;
    return (share < KEEP_EMPTY ? share : KEEP_EMPTY) + heap->used / 2;
}

/* ---- the calls ---- */

void heap_open(struct heap *heap, const struct store_memory *memory,
               const struct heap_source *source)
{
    uint64_t units = memory->size / STORE_UNIT;
    *heap = (struct heap){.memory = memory, .source = source};
    pthread_mutex_init(&heap->lock, NULL);
    heap->by_unit = zeroed(units, sizeof *heap->by_unit);
    heap->backed = zeroed(units / 8 + 1, 1);
}

void heap_close(struct heap *heap)
{
    for (uint64_t i = 0; i < heap->count; i++)
        free(heap->parts[i]);
    free(heap->parts);
    free(heap->by_unit);
    free(heap->backed);
    pthread_mutex_destroy(&heap->lock);
}

static uint32_t pages_of(uint64_t bytes)
{
    return (uint32_t)((bytes + PAGE - 1) / PAGE);
}

/* The lock is held. */
static void use(struct heap *heap, uint32_t pages)
{
    heap->used += (uint64_t)pages * PAGE;
    heap->peak = heap->used > heap->peak ? heap->used : heap->peak;
}

static void *find_place(struct heap *heap, uint32_t pages)
{
    void *found = NULL;
    pthread_mutex_lock(&heap->lock);
    for (uint64_t i = 0; i < heap->count && !found; i++) {
        struct heap_part *part = heap->parts[i];
        uint32_t at = part->largest >= pages ? take(part, pages) : part->pages;
        if (at == part->pages)
            continue;
        if (part->used == pages)
            heap->empty -= part->extent.bytes;
        use(heap, pages);
        found = heap_at(heap, part->extent.offset + (uint64_t)at * PAGE);
    }
    pthread_mutex_unlock(&heap->lock);
    return found;
}

static bool ask(struct heap *heap, uint64_t bytes)
{
    struct store_extent extent;
    if (!heap->source->more(heap->source->user, bytes, &extent))
        return false;
    if (heap_add(heap, extent))
        return true;
    heap->source->less(heap->source->user, extent);
    return false;
}

/* Another thread may take what was asked for here, so this asks again; it ends since everything
 * that is granted is in use by then. */
void *heap_alloc(struct heap *heap, uint64_t bytes)
{
    if (bytes > heap->memory->size)
        return NULL;
    uint32_t pages = pages_of(bytes ? bytes : 1);
    void *found = find_place(heap, pages);
    while (!found && ask(heap, (uint64_t)pages * PAGE))
        found = find_place(heap, pages);
    return found;
}

static void give_back(struct heap *heap, struct heap_part *part)
{
    heap->source->less(heap->source->user, part->extent);
    free(part);
}

void heap_free(struct heap *heap, void *at)
{
    pthread_mutex_lock(&heap->lock);
    struct heap_part *part = part_of(heap, at);
    uint32_t page = page_of(heap, part, at);
    assert(part->runs[page] > 0);
    heap->used -= (uint64_t)part->runs[page] * PAGE;
    give(part, page);
    if (part->used == 0)
        heap->empty += part->extent.bytes;
    bool surplus = part->used == 0 && heap->empty > empty_limit(heap);
    if (surplus)
        remove_part(heap, part);
    pthread_mutex_unlock(&heap->lock);
    if (surplus)
        give_back(heap, part);
}

static struct heap_part *remove_empty(struct heap *heap)
{
    struct heap_part *part = NULL;
    pthread_mutex_lock(&heap->lock);
    for (uint64_t i = 0; i < heap->count && !part; i++)
        if (heap->parts[i]->used == 0)
            part = heap->parts[i];
    if (part)
        remove_part(heap, part);
    pthread_mutex_unlock(&heap->lock);
    return part;
}

void heap_trim(struct heap *heap)
{
    for (struct heap_part *part; (part = remove_empty(heap));)
        give_back(heap, part);
}

bool heap_grow(struct heap *heap, void *at, uint64_t bytes)
{
    if (bytes > heap->memory->size)
        return false;
    pthread_mutex_lock(&heap->lock);
    struct heap_part *part = part_of(heap, at);
    uint32_t used = part->used;
    bool good = extend(part, page_of(heap, part, at), pages_of(bytes));
    use(heap, part->used - used);
    pthread_mutex_unlock(&heap->lock);
    return good;
}

uint64_t heap_room(struct heap *heap, void *at)
{
    pthread_mutex_lock(&heap->lock);
    struct heap_part *part = part_of(heap, at);
    uint64_t room = (uint64_t)part->runs[page_of(heap, part, at)] * PAGE;
    pthread_mutex_unlock(&heap->lock);
    return room;
}

uint64_t heap_used(struct heap *heap)
{
    pthread_mutex_lock(&heap->lock);
    uint64_t used = heap->used;
    pthread_mutex_unlock(&heap->lock);
    return used;
}

uint64_t heap_peak(struct heap *heap)
{
    pthread_mutex_lock(&heap->lock);
    uint64_t peak = heap->peak;
    pthread_mutex_unlock(&heap->lock);
    return peak;
}
