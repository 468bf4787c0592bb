/* fiber.c - fibers, their stacks, and calls on further stack. Read fiber.h first.
 *
 * Stacks of fibers are slots of large mappings that are never given back while the program runs: a
 * mapping and a guard of its own for each would meet the kernel's limit of mappings at 32,000. The
 * lowest page of a slot is made to fault by the kernel's lightweight guards where it has them. */
#include "fiber.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "block.h"
#include "error.h"
#include "switch.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum {
    FIBER_SLOT = 64 << 10,
    FIBER_SLOTS = 1024, /* of one mapping */
    FIBER_GUARD = 4096,
    FIBER_HEADROOM = 24 << 10, /* for C code called from a stack that is nearly used up; a third of
                                  it for frames that do not check: ir_depth.c of the compiler */
    SEGMENT_START = 1024,      /* used when the body of a call is there */
    SEGMENT_CLASSES = 5,       /* 64 KiB, doubled up to 1 MiB */
    SEGMENT_SMALLEST = 64 << 10,
    SEGMENTS_CACHED = 64 << 20, /* bytes */
    LARGE_BYTES = 256 << 20,
};

/* A further stack: this header is at its upper end, the stack below. */
struct segment {
    _Alignas(64) struct segment *below; /* in use: the one it continues; free: next in the pool */
    char *low;
    size_t bytes;
};

struct slab {
    struct slab *next;
    char *slots;
};

static struct {
    pthread_mutex_t lock;
    struct slab *slabs;
    uint32_t next_slot; /* of the newest slab */
    struct dfl_fiber *fibers;
    uint64_t made, pooled;
    struct segment *segments[SEGMENT_CLASSES];
    uint64_t stack_max, in_use, cached;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .stack_max = (uint64_t)1 << 30};

/* ---- memory ---- */

static char *map_stack(size_t bytes)
{
    char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    madvise(at, bytes, MADV_NOHUGEPAGE);
    return at;
}

/* Kernels before 6.13 refuse; generated code's check is then the only guard. */
static void guard(char *low)
{
    int error = errno;
    madvise(low, FIBER_GUARD, MADV_GUARD_INSTALL);
    errno = error;
}

static void add_slab(void)
{
    struct slab *slab = malloc(sizeof *slab);
    if (!slab || !(slab->slots = map_stack((size_t)FIBER_SLOTS * FIBER_SLOT)))
        block_exhausted((uint64_t)FIBER_SLOTS * FIBER_SLOT);
    slab->next = pool.slabs;
    pool.slabs = slab;
    pool.next_slot = 0;
}

/* Lock held. */
static char *take_slot(void)
{
    if (!pool.slabs || pool.next_slot == FIBER_SLOTS)
        add_slab();
    pool.made++;
    return pool.slabs->slots + (size_t)pool.next_slot++ * FIBER_SLOT;
}

static void segment_put(struct segment *);

/* ---- asking ---- */

/* Whoever asks writes `look` and then the limit; the owner writes the limit and then looks, so one
 * of the two leaves it raised. */
static void set_limit(struct dfl_fiber *fiber, char *limit)
{
    fiber->own_limit = limit;
    atomic_store(&fiber->stack_limit, limit);
    if (atomic_load(&fiber->look))
        atomic_store(&fiber->stack_limit, (char *)UINTPTR_MAX);
}

void fiber_ask(struct dfl_fiber *fiber)
{
    atomic_store(&fiber->look, 1);
    atomic_store(&fiber->stack_limit, (char *)UINTPTR_MAX);
}

void fiber_answer(struct dfl_fiber *fiber)
{
    atomic_store(&fiber->look, 0);
    set_limit(fiber, fiber->own_limit);
}

/* ---- fibers ---- */

struct start {
    struct dfl_fiber fiber;
    void (*loop)(struct dfl_fiber *);
};

static void begin(struct dfl_fiber *self)
{
    sanitize_arrive(&self->sanitize);
    ((struct start *)self)->loop(self);
    abort();
}

/* The fiber lives at the upper end of its stack; the ends are staggered so that many parked fibers
 * do not share the same few cache sets. */
static struct dfl_fiber *make(char *low, uint64_t number, void (*loop)(struct dfl_fiber *))
{
    guard(low);
    char *top = low + FIBER_SLOT - 64 * (number * 7 % 40);
    struct start *start = (struct start *)(top - (sizeof *start + 63) / 64 * 64);
    *start = (struct start){.loop = loop};
    set_limit(&start->fiber, low + FIBER_GUARD + FIBER_HEADROOM);
    start->fiber.context = switch_prepare(start, begin, &start->fiber);
    sanitize_new_stack(low, FIBER_SLOT);
    sanitize_open(&start->fiber.sanitize, low, FIBER_SLOT, false);
    return &start->fiber;
}

struct dfl_fiber *fiber_get(void (*loop)(struct dfl_fiber *))
{
    pthread_mutex_lock(&pool.lock);
    struct dfl_fiber *fiber = pool.fibers;
    if (fiber) {
        pool.fibers = fiber->next;
        pool.pooled--;
        pthread_mutex_unlock(&pool.lock);
        return fiber;
    }
    char *low = take_slot();
    uint64_t number = pool.made;
    pthread_mutex_unlock(&pool.lock);
    return make(low, number, loop);
}

void fiber_put(struct dfl_fiber *fiber)
{
    assert(!fiber->segment && !fiber->on_large);
    if (fiber->spare)
        segment_put(fiber->spare);
    fiber->spare = NULL;
    pthread_mutex_lock(&pool.lock);
    fiber->next = pool.fibers;
    pool.fibers = fiber;
    pool.pooled++;
    pthread_mutex_unlock(&pool.lock);
}

void fiber_open_native(struct dfl_fiber *fiber)
{
    *fiber = (struct dfl_fiber){0};
    void *low = NULL;
    size_t bytes = 0;
#ifdef SANITIZE_ADDRESS
    pthread_attr_t attr;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstack(&attr, &low, &bytes);
        pthread_attr_destroy(&attr);
    }
#endif
    sanitize_open(&fiber->sanitize, low, bytes, true);
}

/* errno is a thread-local whose address compilers keep; these two look it up anew. */
static __attribute__((noinline)) int errno_get(void)
{
    __asm__ volatile("" ::: "memory");
    return errno;
}

static __attribute__((noinline)) void errno_set(int error)
{
    __asm__ volatile("" ::: "memory");
    errno = error;
}

__attribute__((noinline)) void fiber_switch(struct dfl_fiber *from, struct dfl_fiber *to)
{
    int error = errno_get();
    sanitize_leave(&from->sanitize, &to->sanitize);
    switch_stacks(&from->context, to->context);
    sanitize_arrive(&from->sanitize);
    errno_set(error);
}

uint64_t fiber_peak(void)
{
    return pool.made;
}

uint64_t fiber_live(void)
{
    return pool.made - pool.pooled;
}

/* ---- further stack ---- */

static int segment_class(size_t bytes)
{
    return __builtin_ctzl(bytes / SEGMENT_SMALLEST);
}

/* Larger ones are for functions of a rare length. */
static bool is_cached_size(size_t bytes)
{
    return segment_class(bytes) < SEGMENT_CLASSES;
}

/* Lock held. */
static struct segment *segment_cached(size_t bytes)
{
    struct segment **list = &pool.segments[segment_class(bytes)], *segment = *list;
    if (segment) {
        *list = segment->below;
        pool.cached -= bytes;
    }
    return segment;
}

static struct segment *segment_map(size_t bytes)
{
    char *low = map_stack(bytes);
    if (!low)
        return NULL;
    guard(low);
    sanitize_new_stack(low, bytes);
    struct segment *segment = (struct segment *)(low + bytes) - 1;
    segment->low = low;
    segment->bytes = bytes;
    return segment;
}

static struct segment *segment_get(size_t bytes)
{
    pthread_mutex_lock(&pool.lock);
    bool allowed = pool.in_use + bytes <= pool.stack_max;
    struct segment *segment = allowed && is_cached_size(bytes) ? segment_cached(bytes) : NULL;
    if (allowed)
        pool.in_use += bytes;
    pthread_mutex_unlock(&pool.lock);
    if (!segment && allowed && !(segment = segment_map(bytes))) {
        pthread_mutex_lock(&pool.lock);
        pool.in_use -= bytes;
        pthread_mutex_unlock(&pool.lock);
    }
    return segment;
}

static void segment_put(struct segment *segment)
{
    pthread_mutex_lock(&pool.lock);
    pool.in_use -= segment->bytes;
    bool keep = is_cached_size(segment->bytes) && pool.cached + segment->bytes <= SEGMENTS_CACHED;
    if (keep) {
        struct segment **list = &pool.segments[segment_class(segment->bytes)];
        segment->below = *list;
        *list = segment;
        pool.cached += segment->bytes;
    }
    pthread_mutex_unlock(&pool.lock);
    if (!keep)
        munmap(segment->low, segment->bytes);
}

/* What a call on another stack takes along. */
struct call {
    void (*body)(struct dfl_fiber *, void *);
    void *frame;
    struct sanitize *here;
};

static void call_body(struct dfl_fiber *self, void *arg)
{
    struct call *call = arg;
#ifdef SANITIZE_ADDRESS
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
    call->body(self, call->frame);
#ifdef SANITIZE_ADDRESS
    __sanitizer_start_switch_fiber(NULL, call->here->low, call->here->bytes);
#endif
}

/* Runs `call` on the stack [low, top) of the same fiber. */
static void call_on(struct dfl_fiber *self, struct call *call, char *low, char *top)
{
    struct sanitize old = self->sanitize;
    call->here = &old;
    self->sanitize.low = low;
    self->sanitize.bytes = (size_t)(top - low);
    char *limit = self->own_limit;
    set_limit(self, low + FIBER_GUARD + FIBER_HEADROOM);
#ifdef SANITIZE_ADDRESS
    __sanitizer_start_switch_fiber(&old.fake_stack, low, (size_t)(top - low));
#endif
    switch_call(top, call_body, self, call);
#ifdef SANITIZE_ADDRESS
    __sanitizer_finish_switch_fiber(old.fake_stack, NULL, NULL);
#endif
    set_limit(self, limit);
    self->sanitize.low = old.low;
    self->sanitize.bytes = old.bytes;
}

static size_t next_size(const struct dfl_fiber *self, size_t least)
{
    size_t most = (size_t)SEGMENT_SMALLEST << (SEGMENT_CLASSES - 1), bytes = SEGMENT_SMALLEST;
    if (self->segment)
        bytes = self->segment->bytes < most ? 2 * self->segment->bytes : most;
    while (bytes < least)
        bytes *= 2;
    return bytes;
}

/* The spare one, if that is large enough, or another. */
static struct segment *segment_next(struct dfl_fiber *self, size_t least)
{
    struct segment *segment = self->spare;
    self->spare = NULL;
    if (segment && segment->bytes >= least)
        return segment;
    if (segment)
        segment_put(segment);
    return segment_get(next_size(self, least));
}

static bool segment_call(struct dfl_fiber *self, struct call *call, size_t bytes)
{
    size_t least = bytes + FIBER_GUARD + FIBER_HEADROOM + SEGMENT_START;
    struct segment *segment = segment_next(self, least);
    if (!segment)
        return false;
    segment->below = self->segment;
    self->segment = segment;
    call_on(self, call, segment->low, (char *)segment);
    self->segment = segment->below;
    if (self->spare)
        segment_put(self->spare);
    self->spare = segment;
    return true;
}

/* ---- the thread's large stack ---- */

static _Thread_local char *own_large;

static __attribute__((noinline)) char *large_stack(void)
{
    __asm__ volatile("" ::: "memory");
    if (!own_large) {
        own_large = map_stack(LARGE_BYTES);
        if (!own_large)
            return NULL;
        guard(own_large);
        sanitize_new_stack(own_large, LARGE_BYTES);
    }
    return own_large;
}

void fiber_thread_fini(void)
{
    if (own_large)
        munmap(own_large, LARGE_BYTES);
    own_large = NULL;
}

/* The body cannot park, so the thread stays the same. */
static bool large_call(struct dfl_fiber *self, struct call *call)
{
    char *low = self->on_large ? NULL : large_stack();
    if (!low)
        return false;
    self->on_large = true;
    call_on(self, call, low, low + LARGE_BYTES);
    self->on_large = false;
    return true;
}

bool fiber_call(struct dfl_fiber *self, void (*body)(struct dfl_fiber *, void *), void *frame,
                int32_t bytes)
{
    struct call call = {.body = body, .frame = frame};
    return bytes ? segment_call(self, &call, (size_t)bytes) : large_call(self, &call);
}

struct dfl_error *fiber_no_stack(const struct dfl_site *site)
{
    return dfl_error_at(error_new(DFL_FAIL_stack, "%s", dfl_fail_text(DFL_FAIL_stack)), site);
}

/* ---- the whole ---- */

void fiber_init(uint64_t stack_max)
{
    pool.stack_max = stack_max;
}

static void free_segments(void)
{
    for (int i = 0; i < SEGMENT_CLASSES; i++)
        while (pool.segments[i]) {
            struct segment *segment = pool.segments[i];
            pool.segments[i] = segment->below;
            munmap(segment->low, segment->bytes);
        }
    pool.cached = 0;
}

void fiber_fini(void)
{
    for (struct dfl_fiber *f = pool.fibers; f; f = f->next)
        sanitize_close(&f->sanitize);
    free_segments();
    while (pool.slabs) {
        struct slab *slab = pool.slabs;
        pool.slabs = slab->next;
        munmap(slab->slots, (size_t)FIBER_SLOTS * FIBER_SLOT);
        free(slab);
    }
    pool.fibers = NULL;
    pool.made = pool.pooled = pool.in_use = 0;
    pool.next_slot = 0;
}
