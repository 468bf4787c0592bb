/* checkpoint.c - the files of checkpoint.h: a head, then the bytes. Written under another name,
 * which tells the process, and renamed once the disk has them. */
#include "checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "block.h"
#include "helper.h"

#define USUAL_FOLDER ".dfl/checkpoints"
/* Another layout of files, or of values in them, has another version. */
#define MAGIC "dflkept2"
#define DRAFT "draft-"

struct head {
    char magic[8];
    struct checkpoint_key key;
    uint64_t len;     /* of what follows */
    uint64_t hash[2]; /* of that */
};

static const char *folder = USUAL_FOLDER;
static bool resumes;
static _Atomic uint64_t kept, found;

void checkpoint_init(const char *given, bool is_resumed)
{
    folder = given ? given : USUAL_FOLDER;
    resumes = is_resumed;
}

bool checkpoint_resumes(void)
{
    return resumes;
}

uint64_t checkpoint_kept(void)
{
    return atomic_load(&kept);
}

uint64_t checkpoint_found(void)
{
    return atomic_load(&found);
}

void checkpoint_announce(bool is_used)
{
    struct stat st;
    if (!is_used)
        fprintf(stderr, "note: there is nothing to resume: the program spawns no task that is "
                        "marked @checkpoint\n");
    else if (stat(folder, &st) != 0 && errno == ENOENT)
        fprintf(stderr,
                "note: there is nothing to resume: '%s' is not there; all is computed, and kept "
                "there\n",
                folder);
}

/* ---- keys ---- */

struct checkpoint_key checkpoint_key(uint64_t code, const char *type, const void *args, size_t len)
{
    XXH128_hash_t given = XXH3_128bits(args, len);
    const uint64_t parts[] = {code, XXH3_64bits(type, strlen(type)), given.low64, given.high64};
    XXH128_hash_t h = XXH3_128bits(parts, sizeof parts);
    return (struct checkpoint_key){{h.low64, h.high64}};
}

/* False: the name is too long for a path. */
static bool path_of(char path[PATH_MAX], const struct checkpoint_key *key)
{
    return snprintf(path, PATH_MAX, "%s/%016" PRIx64 "%016" PRIx64, folder, key->half[1],
                    key->half[0]) < PATH_MAX;
}

/* ---- what the user is told ---- */

/* Once: a full disk is full for each task. */
static void tell_of_folder(int why)
{
    static atomic_flag told = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&told))
        return;
    fprintf(stderr,
            "warning: cannot keep results of @checkpoint tasks in '%s': %s\n"
            "hint: the run goes on, and keeps what it can; mend that, or name another folder with "
            "--checkpoints DIR (DFL_CHECKPOINTS=DIR)\n",
            folder, strerror(why));
}

static void tell_of_file(const struct checkpoint_key *key, const char *why)
{
    char path[PATH_MAX];
    if (path_of(path, key))
        fprintf(stderr, "warning: '%s' is not taken, and computed again: %s\n", path, why);
}

void checkpoint_refuse(const struct checkpoint_key *key, const char *why)
{
    atomic_fetch_sub(&found, 1);
    tell_of_file(key, why);
}

/* ---- the folder ---- */

/* False: errno tells why. */
static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return good;
}

/* Makes a folder that is to outlive a crash, and those around it. */
static bool make_folder(char *path)
{
    char *slash = strrchr(path, '/');
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return true;
    if (errno != ENOENT || !slash || slash == path)
        return false;
    *slash = 0;
    bool good = make_folder(path);
    *slash = '/';
    return good && (mkdir(path, 0777) == 0 || errno == EEXIST);
}

/* The folders that a new one is an entry of. */
static void sync_around(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path) {
        sync_folder(slash ? "/" : ".");
        return;
    }
    *slash = 0;
    sync_folder(path);
    sync_around(path);
    *slash = '/';
}

static bool open_folder(void)
{
    char path[PATH_MAX];
    if (access(folder, F_OK) == 0)
        return true;
    if (snprintf(path, sizeof path, "%s", folder) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (!make_folder(path))
        return false;
    sync_around(path);
    return true;
}

/* Drafts of processes that are dead. */
static void sweep(void)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char *end = NULL;
        if (strncmp(e->d_name, DRAFT, strlen(DRAFT)) != 0)
            continue;
        long pid = strtol(e->d_name + strlen(DRAFT), &end, 10);
        if (*end == '-' && pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH)
            unlinkat(dirfd(dir), e->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

static void sweep_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, sweep);
}

/* ---- keeping ---- */

static bool write_all(int fd, const void *from, size_t len)
{
    const char *at = from;
    while (len > 0) {
        ssize_t n = write(fd, at, len < SSIZE_MAX ? len : SSIZE_MAX);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
    return true;
}

struct keeping {
    const struct checkpoint_key *key;
    const void *bytes;
    size_t len;
};

static struct head head_of(const struct keeping *k)
{
    struct head head = {.key = *k->key, .len = k->len};
    XXH128_hash_t h = XXH3_128bits(k->bytes, k->len);
    memcpy(head.magic, MAGIC, sizeof head.magic);
    head.hash[0] = h.low64;
    head.hash[1] = h.high64;
    return head;
}

static bool write_file(int fd, const struct keeping *k)
{
    struct head head = head_of(k);
    bool good =
        write_all(fd, &head, sizeof head) && write_all(fd, k->bytes, k->len) && fsync(fd) == 0;
    int why = errno;
    if (close(fd) != 0 && good)
        return false;
    errno = why;
    return good;
}

/* False: errno tells why. The draft is gone; if only the folder could not be synced, the file is
 * there, and lasts unless the machine fails. */
static bool keep_as(const struct keeping *k, const char *draft, const char *path)
{
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    if (write_file(fd, k) && rename(draft, path) == 0)
        return sync_folder(folder);
    int why = errno;
    unlink(draft);
    errno = why;
    return false;
}

static void keep(void *arg)
{
    static _Atomic uint64_t drafts;
    char path[PATH_MAX], draft[PATH_MAX];
    const struct keeping *k = arg;
    sweep_once();
    int n = snprintf(draft, sizeof draft, "%s/" DRAFT "%ld-%" PRIu64, folder, (long)getpid(),
                     atomic_fetch_add(&drafts, 1));
    if (!path_of(path, k->key) || n >= PATH_MAX)
        tell_of_folder(ENAMETOOLONG);
    else if (!open_folder() || !keep_as(k, draft, path))
        tell_of_folder(errno);
    else
        atomic_fetch_add(&kept, 1);
}

void checkpoint_keep(struct dfl_fiber *self, const struct checkpoint_key *key, const void *bytes,
                     size_t len)
{
    struct keeping k = {key, bytes, len};
    helper_call(self, keep, &k);
}

/* ---- finding ---- */

struct finding {
    const struct checkpoint_key *key;
    struct checkpoint_value *out;
    const char *why; /* it cannot be taken; NULL: it is there, or not */
    bool is_there;
};

static bool read_all(int fd, void *to, size_t len)
{
    char *at = to;
    while (len > 0) {
        ssize_t n = read(fd, at, len < SSIZE_MAX ? len : SSIZE_MAX);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
    return true;
}

static const char *look_at_head(int fd, const struct finding *f, struct head *head)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "it is no file";
    if (!read_all(fd, head, sizeof *head))
        return "it ends too early";
    if (memcmp(head->magic, MAGIC, sizeof head->magic) != 0)
        return "it is not of this version of dfl";
    if (memcmp(&head->key, f->key, sizeof head->key) != 0)
        return "it holds the result of something else";
    if (head->len != (uint64_t)st.st_size - sizeof *head)
        return "its length is wrong";
    return NULL;
}

static const char *read_file(int fd, struct finding *f)
{
    struct head head;
    const char *why = look_at_head(fd, f, &head);
    if (why)
        return why;
    f->out->len = head.len;
    f->out->bytes = malloc(head.len + 1);
    if (!f->out->bytes)
        block_exhausted(head.len);
    if (!read_all(fd, f->out->bytes, head.len))
        return "it cannot be read to its end";
    XXH128_hash_t h = XXH3_128bits(f->out->bytes, head.len);
    if (h.low64 != head.hash[0] || h.high64 != head.hash[1])
        return "its bytes are not those that were written";
    return NULL;
}

static void find(void *arg)
{
    char path[PATH_MAX];
    struct finding *f = arg;
    sweep_once();
    if (!path_of(path, f->key))
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        f->why = errno == ENOENT || errno == ENOTDIR ? NULL : strerror(errno);
        return;
    }
    f->why = read_file(fd, f);
    f->is_there = !f->why;
    close(fd);
}

bool checkpoint_find(struct dfl_fiber *self, const struct checkpoint_key *key,
                     struct checkpoint_value *out)
{
    struct finding f = {.key = key, .out = out};
    *out = (struct checkpoint_value){0};
    helper_call(self, find, &f);
    if (f.why)
        tell_of_file(key, f.why);
    if (!f.is_there)
        free(out->bytes);
    else
        atomic_fetch_add(&found, 1);
    return f.is_there;
}
