/* cache.c - read from the bottom. Nothing here fails loudly: without a cache a program is compiled
 * again. */
#include "cache.h"
#include "home.h"
#include "temp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    CACHE_MOST = 256 << 20, /* bytes in the folder; past it the oldest go */
    CACHE_LEFT = 192 << 20, /* until this much is left */
    CACHE_DRAFT_AGE = 3600, /* seconds: an abandoned draft */
    CACHE_TOUCH_AGE = 600,  /* seconds: marks of use need not be finer */
};

/* ---- hashes -------------------------------------------------------------------------------- */

static const char *hash_text(struct arena *a, const void *bytes, size_t len)
{
    XXH128_hash_t h = XXH3_128bits(bytes, len);
    return arena_format(a, "%016" PRIx64 "%016" PRIx64, (uint64_t)h.high64, (uint64_t)h.low64);
}

/* Hash of a file's content but for a byte-order mark, or NULL if it cannot be read. */
static const char *hash_file(struct arena *a, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return NULL;
    const char *hash = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        size_t len = (size_t)st.st_size;
        char *bytes = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
        size_t mark =
            len >= 3 && bytes != MAP_FAILED && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        if (bytes != MAP_FAILED)
            hash = hash_text(a, bytes ? bytes + mark : "", len - mark);
        if (len && bytes != MAP_FAILED)
            munmap(bytes, len);
    }
    close(fd);
    return hash;
}

/* What tells this build of a part of the compiler from another, without reading it. */
static const char *identity(struct arena *a, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return "absent";
    return arena_format(a, "%ju:%jd:%jd.%09ld", (uintmax_t)st.st_ino, (intmax_t)st.st_size,
                        (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static const char *key_make(struct arena *a, const char *what)
{
    const char *text =
        arena_format(a, "%s %s %s %s %s", DFL_VERSION, identity(a, home_executable(a)),
                     identity(a, home_path(a, "lib/dfl/libdflcg.so")),
                     identity(a, home_path(a, "lib/dfl/libdfl.a")), what);
    return hash_text(a, text, strlen(text));
}

static const char *program_key(struct arena *a, const char *source, const char *options)
{
    char *real = realpath(source, NULL);
    const char *key = key_make(a, arena_format(a, "%s %s\n%s", options, source, real ? real : ""));
    free(real);
    return key;
}

const char *cache_maker(struct arena *a, int level)
{
    return arena_format(a, "%s %s O%d", DFL_VERSION,
                        identity(a, home_path(a, "lib/dfl/libdflcg.so")), level);
}

/* ---- the folder ---------------------------------------------------------------------------- */

/* Makes a folder and those above it. */
static bool folder_make(struct arena *a, const char *path)
{
    char *part = arena_copy(a, path, strlen(path));
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        mkdir(part, 0777);
        *p = '/';
    }
    return mkdir(part, 0700) == 0 || errno == EEXIST;
}

/* A folder that others may write to could hold anything. */
static bool folder_is_ours(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & 022) == 0 && access(path, W_OK | X_OK) == 0;
}

const char *cache_folder(struct arena *a)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *path = NULL;
    if (base && base[0] == '/')
        path = arena_format(a, "%s/dfl", base);
    else if (home && home[0] == '/')
        path = arena_format(a, "%s/.cache/dfl", home);
    if (!path)
        return NULL;
    if (folder_is_ours(path))
        return path;
    return folder_make(a, path) && folder_is_ours(path) ? path : NULL;
}

static const char *folder_scratch(struct arena *a)
{
    const char *tmp = getenv("TMPDIR");
    char *path = arena_format(a, "%s/dfl-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
    if (mkdtemp(path)) {
        temp_watch(path);
        return path;
    }
    fprintf(
        stderr,
        "error: cannot write to the cache, nor make '%s': %s\nhint: set XDG_CACHE_HOME or TMPDIR "
        "to a folder that can be written\n",
        path, strerror(errno));
    return NULL;
}

static void scratch_remove(struct cache *c)
{
    DIR *d = opendir(c->folder);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    temp_remove(c->folder);
}

/* ---- eviction ------------------------------------------------------------------------------ */

struct entry {
    char *name;
    struct timespec used;
    int64_t size;
};

static int by_age(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
    return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

/* Removes abandoned drafts, and the least recently used files if all are too large together. */
void cache_trim(struct arena *a, const char *folder)
{
    DIR *d = opendir(folder);
    if (!d)
        return;
    VEC(struct entry) all = {0};
    int64_t sum = 0;
    for (struct dirent *e; (e = readdir(d));) {
        struct stat st;
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        if (strncmp(e->d_name, "draft-", 6) == 0) {
            if (time(NULL) - st.st_mtim.tv_sec > CACHE_DRAFT_AGE)
                unlinkat(dirfd(d), e->d_name, 0);
            continue;
        }
        char *name = arena_copy(a, e->d_name, strlen(e->d_name));
        struct entry one = {name, st.st_mtim, st.st_size};
        vec_push(a, &all, one);
        sum += st.st_size;
    }
    if (sum > CACHE_MOST) {
        qsort(all.at, all.count, sizeof *all.at, by_age);
        for (uint32_t i = 0; i + 1 < all.count && sum > CACHE_LEFT; i++) {
            unlinkat(dirfd(d), all.at[i].name, 0);
            sum -= all.at[i].size;
        }
    }
    closedir(d);
}

/* Marks a file as used, unless that was done a moment ago. */
static void touch(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && time(NULL) - st.st_mtim.tv_sec > CACHE_TOUCH_AGE)
        utimensat(AT_FDCWD, path, NULL, 0);
}

/* ---- manifests ----------------------------------------------------------------------------- */

static const char *manifest_path(const struct cache *c)
{
    return arena_format(c->arena, "%s/%s.run", c->folder, c->key);
}

/* The whole text of a manifest whose last line agrees with it (cut off then), or NULL. */
static char *manifest_read(struct cache *c)
{
    int fd = open(manifest_path(c), O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return NULL;
    char *text = NULL;
    if (fstat(fd, &st) == 0 && st.st_size > 33 && st.st_size < 1 << 24) {
        size_t len = (size_t)st.st_size;
        text = arena_alloc(c->arena, len + 1, 1);
        if (read(fd, text, len) != st.st_size || text[len - 1] != '\n' ||
            strncmp(text + len - 33, hash_text(c->arena, text, len - 33), 32) != 0)
            text = NULL;
        else
            text[len - 33] = 0;
    }
    close(fd);
    return text;
}

static const char warned[] = "warned ";

/* Each line behind the mark; `lines` ends with a newline, if there are any. */
static const char *mark_warnings(struct arena *a, const char *lines)
{
    size_t count = 0, mark = sizeof warned - 1;
    for (const char *p = lines; (p = strchr(p, '\n')); p++)
        count++;
    char *text = arena_alloc(a, strlen(lines) + count * mark + 1, 1), *end = text;
    while (*lines) {
        size_t len = strcspn(lines, "\n") + 1;
        end = mempcpy(mempcpy(end, warned, mark), lines, len);
        lines += len;
    }
    *end = 0;
    return text;
}

/* One line of a manifest, "kind hash path" or "absent path": does it still hold? An `exe` line
 * gives the executable's path. */
static bool line_holds(struct cache *c, char *line, const char **exe)
{
    if (strncmp(line, "absent ", 7) == 0)
        return access(line + 7, F_OK) != 0;
    bool is_exe = strncmp(line, "exe ", 4) == 0;
    char *hash = strchr(line, ' '), *path = hash ? strchr(hash + 1, ' ') : NULL;
    if (!path)
        return false;
    *hash++ = *path++ = 0;
    const char *full = is_exe ? arena_format(c->arena, "%s/%s", c->folder, path) : path;
    const char *now = hash_file(c->arena, full);
    if (is_exe && now && access(full, X_OK) == 0)
        *exe = full;
    return now && strcmp(now, hash) == 0;
}

static bool manifest_write(struct cache *c, const char *text)
{
    const char *draft = arena_format(c->arena, "%s/draft-%d.run", c->folder, (int)getpid());
    const char *hash = hash_text(c->arena, text, strlen(text));
    FILE *f = fopen(draft, "we");
    if (!f)
        return false;
    bool good = fprintf(f, "%s%s\n", text, hash) > 0;
    good &= fclose(f) == 0;
    if (good && rename(draft, manifest_path(c)) == 0)
        return true;
    unlink(draft);
    return false;
}

/* ---- entries ------------------------------------------------------------------------------- */

bool cache_open(struct cache *c, struct arena *a, const char *source, const char *options)
{
    const char *slash = strrchr(source, '/'), *name = slash ? slash + 1 : source;
    *c = (struct cache){.arena = a, .folder = cache_folder(a)};
    c->name = arena_format(a, "%.*s", (int)strlen(name) - 4, name); /* without .dfl */
    c->key = program_key(a, source, options);
    return c->folder || cache_leave(c);
}

bool cache_open_part(struct cache *c, struct arena *a, const char *name, const char *what)
{
    *c = (struct cache){.arena = a, .folder = cache_folder(a), .name = name};
    c->key = key_make(a, arena_format(a, "%s\n%s", name, what));
    return c->folder != NULL;
}

bool cache_leave(struct cache *c)
{
    if (c->scratch)
        return false;
    c->scratch = true;
    c->folder = folder_scratch(c->arena);
    return c->folder != NULL;
}

const char *cache_find(struct cache *c, const char **warnings)
{
    char *text = c->scratch ? NULL : manifest_read(c), *rest = NULL;
    const char *exe = NULL;
    size_t mark = sizeof warned - 1;
    if (!text)
        return NULL;
    char *told = arena_alloc(c->arena, strlen(text) + 2, 1);
    *warnings = told;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, warned, mark) == 0)
            told = stpcpy(stpcpy(told, line + mark), "\n");
        else if (!line_holds(c, line, &exe))
            return NULL;
    *told = 0;
    if (exe) {
        touch(exe);
        touch(manifest_path(c));
    }
    return exe;
}

const char *cache_draft(struct cache *c)
{
    return arena_format(c->arena, "%s/draft-%d", c->folder, (int)getpid());
}

const char *cache_keep(struct cache *c, const char *draft, const struct cache_inputs *inputs)
{
    const char *hash = hash_file(c->arena, draft);
    if (!hash)
        return NULL;
    const char *name = arena_format(c->arena, "%.*s-%s", name_cut(c->name, 33), c->name, hash);
    const char *path = arena_format(c->arena, "%s/%s", c->folder, name);
    if (rename(draft, path) != 0)
        return NULL;
    if (c->scratch)
        return path;
    char *text = arena_format(c->arena, "exe %s %s\n", hash, name);
    for (uint32_t i = 0; i < inputs->sources.count; i++) {
        const struct cache_source *f = &inputs->sources.at[i];
        if (strchr(f->path, '\n'))
            return path; /* cannot be written down */
        text = arena_format(c->arena, "%sfile %s %s\n", text, hash_text(c->arena, f->text, f->len),
                            f->path);
    }
    for (uint32_t i = 0; i < inputs->files.count; i++) {
        const char *now = hash_file(c->arena, inputs->files.at[i]);
        if (!now || strchr(inputs->files.at[i], '\n'))
            return path;
        text = arena_format(c->arena, "%sfile %s %s\n", text, now, inputs->files.at[i]);
    }
    for (uint32_t i = 0; i < inputs->absent.count; i++)
        text = arena_format(c->arena, "%sabsent %s\n", text, inputs->absent.at[i]);
    text = arena_format(c->arena, "%s%s", text, mark_warnings(c->arena, inputs->warnings));
    manifest_write(c, text);
    cache_trim(c->arena, c->folder);
    return path;
}

void cache_exec(struct cache *c, const char *executable, char **argv)
{
    if (!c->scratch) {
        execv(executable, argv);
        return;
    }
    int fd = open(executable, O_RDONLY | O_CLOEXEC);
    int cause = errno;
    cache_close(c);
    if (fd >= 0) {
        fexecve(fd, argv, environ);
        cause = errno;
        close(fd);
    }
    errno = cause;
}

void cache_close(struct cache *c)
{
    if (c->scratch && c->folder)
        scratch_remove(c);
}
