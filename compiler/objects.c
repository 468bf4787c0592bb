/* objects.c - read from the bottom. The two functions of the sink run on several threads at once;
 * each touches the object of its unit alone. */
#include "objects.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static struct objects *objects_of(struct codegen_sink *sink)
{
    return (struct objects *)((char *)sink - offsetof(struct objects, sink));
}

/* ---- in the folder -------------------------------------------------------------------------- */

/* The file holds an object and its hash. */
static bool is_whole(int fd)
{
    struct stat st;
    XXH128_hash_t end;
    if (fstat(fd, &st) != 0 || st.st_size <= (off_t)sizeof end)
        return false;
    size_t len = (size_t)st.st_size - sizeof end;
    char *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    XXH128_hash_t hash = XXH3_128bits(bytes, len);
    bool good = memcmp(bytes + len, &hash, sizeof hash) == 0;
    munmap(bytes, (size_t)st.st_size);
    return good;
}

/* The maker is hashed with the hash of what was hashed. */
static XXH128_hash_t hash_of(const struct objects *o, const void *from, size_t len)
{
    char text[256];
    XXH128_hash_t h = XXH3_128bits(from, len);
    int n = snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64 " %s", (uint64_t)h.high64,
                     (uint64_t)h.low64, o->maker);
    assert(n < (int)sizeof text);
    return XXH3_128bits(text, (size_t)n);
}

static void name_object(const struct objects *o, struct object *object, XXH128_hash_t h)
{
    int n = snprintf(object->path, sizeof object->path, "%s/%016" PRIx64 "%016" PRIx64 ".o",
                     o->folder, (uint64_t)h.high64, (uint64_t)h.low64);
    if (n >= (int)sizeof object->path)
        object->path[0] = 0; /* too long for a file of the cache */
}

static bool has(struct codegen_sink *sink, uint32_t unit, const void *from, size_t len)
{
    struct objects *o = objects_of(sink);
    struct object *object = &o->all[unit];
    name_object(o, object, hash_of(o, from, len));
    int fd = open(object->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    object->kept = is_whole(fd);
    if (object->kept)
        futimens(fd, NULL); /* the least recently used goes first */
    close(fd);
    return object->kept;
}

static bool write_all(int fd, const void *bytes, size_t len)
{
    for (ssize_t n; len; len -= (size_t)n, bytes = (const char *)bytes + n)
        if ((n = write(fd, bytes, len)) < 0) {
            if (errno != EINTR)
                return false;
            n = 0;
        }
    return true;
}

/* Under another name first, so that nobody sees a part of it. */
static bool keep(const struct objects *o, const struct object *object, uint32_t unit,
                 const void *made, size_t len)
{
    char draft[sizeof object->path];
    if (!o->folder || !object->path[0])
        return false;
    int n =
        snprintf(draft, sizeof draft, "%s/draft-%d-%" PRIu32 ".o", o->folder, (int)getpid(), unit);
    int fd =
        n < (int)sizeof draft ? open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return false;
    XXH128_hash_t hash = XXH3_128bits(made, len);
    bool good = write_all(fd, made, len) && write_all(fd, &hash, sizeof hash);
    good &= close(fd) == 0;
    if (good && rename(draft, object->path) == 0)
        return true;
    unlink(draft);
    return false;
}

/* ---- in memory ------------------------------------------------------------------------------ */

/* The linker inherits the file and opens it by its number. */
static bool hold(struct object *object, const void *made, size_t len)
{
    object->file = memfd_create("object", 0);
    if (object->file < 0 || !write_all(object->file, made, len)) {
        fprintf(stderr,
                "error: no room for an object in memory: %s\n"
                "hint: raise the limit on the size of files, or free memory\n",
                strerror(errno));
        return false;
    }
    snprintf(object->path, sizeof object->path, "/proc/self/fd/%d", object->file);
    return true;
}

static bool take(struct codegen_sink *sink, uint32_t unit, const void *made, size_t len)
{
    struct objects *o = objects_of(sink);
    struct object *object = &o->all[unit];
    return keep(o, object, unit, made, len) || hold(object, made, len);
}

/* ---------------------------------------------------------------------------------------------- */

void objects_open(struct objects *o, struct arena *a, uint32_t count, const char *folder,
                  const char *maker)
{
    *o = (struct objects){.sink = {.has = folder ? has : NULL, .take = take},
                          .folder = folder,
                          .maker = maker,
                          .all = arena_array(a, struct object, count),
                          .count = count};
    for (uint32_t i = 0; i < count; i++)
        o->all[i].file = -1;
}

const char *const *objects_paths(const struct objects *o, struct arena *a)
{
    const char **paths = arena_array(a, const char *, o->count + 1);
    for (uint32_t i = 0; i < o->count; i++)
        paths[i] = o->all[i].path;
    return paths;
}

uint32_t objects_made(const struct objects *o, uint32_t count)
{
    uint32_t made = 0;
    for (uint32_t i = 0; i < count; i++)
        made += !o->all[i].kept;
    return made;
}

void objects_close(struct objects *o)
{
    for (uint32_t i = 0; i < o->count; i++)
        if (o->all[i].file >= 0)
            close(o->all[i].file);
}
