/* store.c - shared memory and its table. Read store.h first. */
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare.h"
#include "error.h"

/* ---- the memory ---- */

static unsigned long long mib(uint64_t bytes)
{
    return bytes >> 20;
}

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + STORE_UNIT - 1) / STORE_UNIT * STORE_UNIT;
}

static struct dfl_error *memory_failure(const char *doing, uint64_t bytes, int code)
{
    return error_new(DFL_FAIL_memory, "cannot %s a store of %llu MiB: %s", doing, mib(bytes),
                     strerror(code));
}

/* A size above the limit of files would not be refused but end the process by a signal. */
static struct dfl_error *check_limit(uint64_t bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur >= bytes)
        return NULL;
    return error_new(DFL_FAIL_memory,
                     "cannot make a store of %llu MiB: this process may have files of %llu MiB "
                     "(ulimit -f)",
                     mib(bytes), mib(limit.rlim_cur));
}

static struct dfl_error *map(struct store_memory *m, int fd, uint64_t bytes)
{
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED)
        return memory_failure("map", bytes, errno);
    madvise(base, bytes, MADV_HUGEPAGE); /* only a wish: failure changes nothing */
    *m = (struct store_memory){fd, base, bytes};
    return NULL;
}

/* The seals keep anybody from making it shorter, which would end all who touch what is gone. */
static struct dfl_error *make(struct store_memory *m, uint64_t bytes)
{
    int fd = memfd_create("dfl-store", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return memory_failure("make", bytes, errno);
    struct dfl_error *failure = NULL;
    if (ftruncate(fd, (off_t)bytes) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        failure = memory_failure("make", bytes, errno);
    if (!failure)
        failure = map(m, fd, bytes);
    if (failure)
        close(fd);
    return failure;
}

struct dfl_error *store_memory_open(struct store_memory *m, uint64_t capacity)
{
    *m = (struct store_memory){.fd = -1};
    if (capacity == 0 || capacity > INT64_MAX - STORE_UNIT)
        return error_new(DFL_FAIL_memory, "a store of %llu bytes is of no use",
                         (unsigned long long)capacity);
    struct dfl_error *failure = check_limit(round_up(capacity));
    return failure ? failure : make(m, round_up(capacity));
}

struct dfl_error *store_memory_attach(struct store_memory *m, int fd)
{
    struct stat file;
    int seals = fcntl(fd, F_GET_SEALS);
    *m = (struct store_memory){.fd = -1};
    if (fstat(fd, &file) != 0 || seals < 0 || !(seals & F_SEAL_SHRINK) || file.st_size <= 0 ||
        file.st_size % STORE_UNIT != 0)
        return error_new(DFL_FAIL_memory, "descriptor %d is not the memory of a store", fd);
    struct dfl_error *failure = map(m, fd, (uint64_t)file.st_size);
    if (!failure)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return failure;
}

void store_memory_close(struct store_memory *m)
{
    if (m->fd < 0)
        return;
    munmap(m->base, m->size);
    close(m->fd);
    *m = (struct store_memory){.fd = -1};
}

bool store_memory_back(const struct store_memory *m, uint64_t offset, uint64_t bytes)
{
    int done;
    do
        done = fallocate(m->fd, 0, (off_t)offset, (off_t)bytes);
    while (done != 0 && errno == EINTR);
    return done == 0;
}

/* ---- extents ---- */

/* A unit. Those of one grant, and free ones next to each other, are a run. */
struct unit {
    uint32_t owner;   /* NOBODY: free; ORPHAN: its owner is gone */
    uint32_t first;   /* of its run, if it is not free */
    uint32_t count;   /* units of the run: in the first and the last of them */
    uint32_t objects; /* in the run: in the first of it */
};

enum { NOBODY = 0, ORPHAN = UINT32_MAX };

struct store {
    uint32_t node;
    struct unit *units;
    uint64_t unit_count;
    struct store_usage usage;
    struct store_object *objects; /* open addressing by id; owner 0: free */
    uint64_t slots;
};

static void *zeroed(uint64_t count, size_t size)
{
    void *p = calloc(count, size);
    if (!p)
        block_exhausted(count * size);
    return p;
}

static void set_count(struct store *s, uint64_t at, uint64_t count)
{
    s->units[at].count = s->units[at + count - 1].count = (uint32_t)count;
}

static void set_owner(struct store *s, uint64_t at, uint64_t count, uint32_t owner)
{
    for (uint64_t i = at; i < at + count; i++) {
        s->units[i].owner = owner;
        s->units[i].first = (uint32_t)at;
    }
}

struct store *store_open(uint32_t node, uint64_t size)
{
    struct store *s = zeroed(1, sizeof *s);
    s->node = node;
    s->unit_count = size / STORE_UNIT;
    assert(s->unit_count > 0 && s->unit_count < UINT32_MAX);
    s->usage.size = s->unit_count * STORE_UNIT;
    s->units = zeroed(s->unit_count, sizeof *s->units);
    s->slots = 64;
    s->objects = zeroed(s->slots, sizeof *s->objects);
    set_count(s, 0, s->unit_count);
    return s;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    free(s->units);
    free(s->objects);
    free(s);
}

/* The first free run of so many units; unit_count: there is none. */
static uint64_t find_free(const struct store *s, uint64_t count)
{
    uint64_t at = 0;
    while (at < s->unit_count && (s->units[at].owner != NOBODY || s->units[at].count < count))
        at += s->units[at].count;
    return at;
}

bool store_grant(struct store *s, uint32_t owner, uint64_t bytes, struct store_extent *out)
{
    assert(owner != NOBODY && owner != ORPHAN);
    if (bytes > s->usage.size)
        return false;
    uint64_t least = round_up(bytes ? bytes : 1) / STORE_UNIT, count = STORE_EXTENT / STORE_UNIT;
    if (count < least)
        count = least;
    uint64_t at = find_free(s, count);
    if (at == s->unit_count) {
        count = least;
        at = find_free(s, count);
    }
    if (at == s->unit_count)
        return false;
    uint64_t rest = s->units[at].count - count;
    set_count(s, at, count);
    set_owner(s, at, count, owner);
    s->units[at].objects = 0;
    if (rest)
        set_count(s, at + count, rest);
    *out = (struct store_extent){at * STORE_UNIT, count * STORE_UNIT};
    s->usage.extents++;
    s->usage.granted += out->bytes;
    if (s->usage.peak < s->usage.granted)
        s->usage.peak = s->usage.granted;
    return true;
}

/* Makes a granted run free, and one with its free neighbours; gives the end of that. */
static uint64_t free_run(struct store *s, uint64_t at)
{
    uint64_t count = s->units[at].count, next = at + count;
    set_owner(s, at, count, NOBODY);
    s->usage.extents--;
    s->usage.granted -= count * STORE_UNIT;
    if (next < s->unit_count && s->units[next].owner == NOBODY)
        count += s->units[next].count;
    if (at > 0 && s->units[at - 1].owner == NOBODY) {
        count += s->units[at - 1].count;
        at -= s->units[at - 1].count;
    }
    set_count(s, at, count);
    return at + count;
}

bool store_take_back(struct store *s, uint32_t owner, uint64_t offset)
{
    uint64_t at = offset / STORE_UNIT;
    if (owner == NOBODY || owner == ORPHAN || offset % STORE_UNIT || at >= s->unit_count ||
        s->units[at].owner != owner || s->units[at].first != at || s->units[at].objects)
        return false;
    free_run(s, at);
    return true;
}

void store_owner_died(struct store *s, uint32_t owner)
{
    for (uint64_t at = 0, next; at < s->unit_count; at = next) {
        next = at + s->units[at].count;
        if (s->units[at].owner != owner)
            continue;
        if (s->units[at].objects)
            set_owner(s, at, next - at, ORPHAN);
        else
            next = free_run(s, at);
    }
}

/* ---- objects ---- */

static uint64_t id_hash(struct object_id id)
{
    return compare_hash_mix((uint64_t)id.owner << 32 | id.slot, id.generation);
}

/* Where the object is, or the free slot where it would go. */
static uint64_t slot_of(const struct store *s, struct object_id id)
{
    uint64_t at = id_hash(id) & (s->slots - 1);
    while (s->objects[at].id.owner && !object_same(s->objects[at].id, id))
        at = (at + 1) & (s->slots - 1);
    return at;
}

static void grow_slots(struct store *s)
{
    struct store_object *old = s->objects;
    uint64_t count = s->slots;
    s->slots *= 2;
    s->objects = zeroed(s->slots, sizeof *s->objects);
    for (uint64_t i = 0; i < count; i++)
        if (old[i].id.owner)
            s->objects[slot_of(s, old[i].id)] = old[i];
    free(old);
}

bool store_register(struct store *s, struct object_id id, uint64_t offset, uint64_t len)
{
    uint64_t size = s->usage.size;
    if (id.owner == 0 || offset >= size || len > size - offset)
        return false;
    uint64_t at = s->units[offset / STORE_UNIT].first;
    if (s->units[offset / STORE_UNIT].owner == NOBODY ||
        offset + len > (at + s->units[at].count) * STORE_UNIT)
        return false;
    if (2 * (s->usage.objects + 1) > s->slots)
        grow_slots(s);
    struct store_object *object = &s->objects[slot_of(s, id)];
    if (object->id.owner)
        return false;
    *object = (struct store_object){id, offset, len};
    s->units[at].objects++;
    s->usage.objects++;
    return true;
}

const struct store_object *store_find(const struct store *s, struct object_id id)
{
    const struct store_object *object = &s->objects[slot_of(s, id)];
    return object->id.owner ? object : NULL;
}

/* Frees a slot: each later one of the same run moves back if its own place allows. */
static void close_slot(struct store *s, uint64_t hole)
{
    uint64_t mask = s->slots - 1;
    for (uint64_t i = (hole + 1) & mask; s->objects[i].id.owner; i = (i + 1) & mask) {
        uint64_t home = id_hash(s->objects[i].id) & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        s->objects[hole] = s->objects[i];
        hole = i;
    }
    s->objects[hole] = (struct store_object){0};
}

bool store_unregister(struct store *s, struct object_id id)
{
    uint64_t slot = slot_of(s, id);
    if (!s->objects[slot].id.owner)
        return false;
    uint64_t at = s->units[s->objects[slot].offset / STORE_UNIT].first;
    close_slot(s, slot);
    s->usage.objects--;
    if (--s->units[at].objects == 0 && s->units[at].owner == ORPHAN)
        free_run(s, at);
    return true;
}

/* ---- what is told ---- */

struct store_usage store_usage(const struct store *s)
{
    return s->usage;
}

struct dfl_error *store_full(uint32_t node, const struct store_usage *usage, uint64_t bytes)
{
    if (bytes > usage->size)
        return error_new(DFL_FAIL_memory,
                         "a value of %llu MiB is larger than the store of node %u (%llu MiB)",
                         mib(bytes), node, mib(usage->size));
    return error_new(DFL_FAIL_memory,
                     "the store of node %u is full (%llu of %llu MiB): no room for %llu KiB more",
                     node, mib(usage->granted), mib(usage->size),
                     (unsigned long long)(bytes + 1023) >> 10);
}
