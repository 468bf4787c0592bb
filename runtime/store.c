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
    uint32_t owner; /* NOBODY: free */
    uint32_t first; /* of its run, if it is not free */
    uint32_t count; /* units of the run: in the first and the last of them */
};

enum { NOBODY = 0 };

struct store {
    struct unit *units;
    uint64_t unit_count;
    struct store_usage usage;
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

struct store *store_open(uint64_t size)
{
    struct store *s = zeroed(1, sizeof *s);
    s->unit_count = size / STORE_UNIT;
    assert(s->unit_count > 0 && s->unit_count < UINT32_MAX);
    s->usage.size = s->unit_count * STORE_UNIT;
    s->units = zeroed(s->unit_count, sizeof *s->units);
    set_count(s, 0, s->unit_count);
    return s;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    free(s->units);
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
    assert(owner != NOBODY);
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
    if (owner == NOBODY || offset % STORE_UNIT || at >= s->unit_count ||
        s->units[at].owner != owner || s->units[at].first != at)
        return false;
    free_run(s, at);
    return true;
}

void store_owner_died(struct store *s, uint32_t owner)
{
    for (uint64_t at = 0, next; at < s->unit_count; at = next) {
        next = at + s->units[at].count;
        if (s->units[at].owner == owner)
            next = free_run(s, at);
    }
}

struct store_usage store_usage(const struct store *s)
{
    return s->usage;
}
