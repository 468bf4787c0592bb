/* folder.c - C half of the module io: folders, and files as names in them. What waits for a disk
 * runs through helper_call(), on a struct of what it takes and gives. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper.h"
#include "std.h"

/* ---- jobs on paths ---- */

struct job {
    char *path, *other;
    int64_t number;
    struct buffer names; /* each with its NUL */
    char *culprit;       /* the path that `code` is about, if it is neither; owned */
    int code;            /* 0, or an errno */
};

/* The path as C wants it; NULL if it holds a zero byte, which no file's name does. */
static char *c_path(const struct dfl_view *path)
{
    if (path->len && memchr(path->ptr, 0, (size_t)path->len))
        return NULL;
    char *copy = calloc(1, (size_t)path->len + 1);
    if (!copy)
        block_exhausted((uint64_t)path->len + 1);
    return memcpy(copy, path->ptr, (size_t)path->len);
}

static struct dfl_error *job_error(const struct job *job, const char *doing,
                                   const struct dfl_view *path)
{
    if (!job->code)
        return NULL;
    struct dfl_view culprit = *path;
    if (job->culprit)
        culprit = value_static(job->culprit, (int64_t)strlen(job->culprit));
    if (job->code == EISDIR)
        return error_new(DFL_FAIL_io, "%s %.*s: is a folder", doing, (int)culprit.len,
                         (const char *)culprit.ptr);
    return error_from_errno(job->code, doing, &culprit);
}

/* Runs `work` on one or two paths; NULL or the error "DOING PATH: why". */
static struct dfl_error *job_run(struct dfl_fiber *fiber, void (*work)(void *), struct job *job,
                                 const char *doing, const struct dfl_view *path,
                                 const struct dfl_view *other)
{
    job->path = c_path(path);
    job->other = other ? c_path(other) : NULL;
    struct dfl_error *e;
    if (!job->path || (other && !job->other)) {
        e = error_new(DFL_FAIL_io, "%s: the path holds a zero byte", doing);
    } else {
        helper_call(fiber, work, job);
        e = job_error(job, doing, path);
    }
    free(job->path);
    free(job->other);
    free(job->culprit);
    return e;
}

/* The first thing that went wrong counts. */
static void job_fail(struct job *job, int code, const char *path)
{
    if (job->code)
        return;
    job->code = code;
    job->culprit = strdup(path);
}

static char *joined(const char *folder, const char *name)
{
    size_t len = strlen(folder), gap = len > 0 && folder[len - 1] != '/';
    char *path = malloc(len + gap + strlen(name) + 1);
    if (!path)
        block_exhausted(len + strlen(name) + 2);
    strcpy(stpcpy(stpcpy(path, folder), gap ? "/" : ""), name);
    return path;
}

/* Calls visit(job, context, path, name) for each name in a folder but "." and "..". */
static void each_name(struct job *job, const char *folder, void *context,
                      void (*visit)(struct job *, void *, const char *path, const char *name))
{
    DIR *dir = opendir(*folder ? folder : ".");
    if (!dir) {
        job_fail(job, errno, folder);
        return;
    }
    struct dirent *entry;
    while (!job->code && (errno = 0, entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *path = joined(folder, entry->d_name);
        visit(job, context, path, entry->d_name);
        free(path);
        errno = 0;
    }
    if (errno)
        job_fail(job, errno, folder);
    closedir(dir);
}

/* ---- glob ---- */

static void match(struct job *, const char *folder, const char *pattern);

static void add_path(struct job *job, const char *path)
{
    int64_t len = (int64_t)strlen(path);
    if (text_invalid(path, len) >= 0)
        job_fail(job, EILSEQ, path);
    else
        buffer_put(&job->names, path, len + 1);
}

static bool is_folder(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* What a part of the pattern, up to the next slash, is compared with. */
struct part {
    const char *text; /* ends at the slash */
    const char *rest; /* behind the slash; NULL: it is the last part */
};

static void match_name(struct job *job, void *context, const char *path, const char *name)
{
    const struct part *part = context;
    if (fnmatch(part->text, name, FNM_PERIOD) != 0)
        return;
    if (!part->rest)
        add_path(job, path);
    else if (access(path, X_OK) == 0)
        match(job, path, part->rest);
}

/* `**`: this folder and all below, but for hidden ones and links. */
static void match_below(struct job *job, void *context, const char *path, const char *name)
{
    const struct part *part = context;
    if (*name == '.' || !is_folder(path))
        return;
    match(job, path, part->rest);
    each_name(job, path, context, match_below);
}

static bool is_plain(const char *text)
{
    return !strpbrk(text, "*?[\\");
}

/* Adds the paths in `folder` that a pattern without a slash in front fits. */
static void match_part(struct job *job, const char *folder, struct part *part)
{
    struct stat info;
    if (strcmp(part->text, "**") == 0 && part->rest) {
        match(job, folder, part->rest);
        each_name(job, folder, part, match_below);
    } else if (is_plain(part->text)) {
        char *path = joined(folder, part->text);
        if (part->rest)
            match(job, path, part->rest);
        else if (lstat(path, &info) == 0)
            add_path(job, path);
        free(path);
    } else if (!*folder || stat(folder, &info) == 0) {
        each_name(job, folder, part, match_name);
    }
}

static void match(struct job *job, const char *folder, const char *pattern)
{
    size_t len = strcspn(pattern, "/");
    struct part part = {.text = strndup(pattern, len)};
    if (!part.text)
        block_exhausted(len);
    if (pattern[len])
        part.rest = pattern + len + strspn(pattern + len, "/");
    if (part.rest && !*part.rest)
        part.rest = NULL; /* a slash at the end says nothing */
    match_part(job, folder, &part);
    free((char *)part.text);
}

static void glob_work(void *arg)
{
    struct job *job = arg;
    size_t slashes = strspn(job->path, "/");
    if (job->path[slashes])
        match(job, slashes ? "/" : "", job->path + slashes);
}

static int name_order(const void *a, const void *b)
{
    return dfl_compare(&value_str, a, b);
}

/* The names in the order of their bytes, each once: `**` may come by a path in two ways. */
static void take_names(const struct buffer *names, struct dfl_view *out)
{
    struct dfl_view all, *at;
    dfl_array_new(&value_str, &all, 0);
    for (int64_t i = 0, len; i < names->len; i += len + 1) {
        len = (int64_t)strlen(buffer_text(names) + i);
        std_add(&all, value_text(buffer_text(names) + i, len));
    }
    at = all.ptr;
    qsort(at, (size_t)all.len, sizeof *at, name_order);
    dfl_array_new(&value_str, out, 0);
    for (int64_t i = 0; i < all.len; i++) {
        if (i && dfl_equal(&value_str, &at[i - 1], &at[i]))
            continue;
        dfl_copy(&value_str, &at[i]);
        std_add(out, at[i]);
    }
    dfl_drop(&value_strs, &all);
}

STD(io, glob, void *out, const void *pattern)
{
    struct job job = {0};
    struct std_view_result *result = out;
    result->err = job_run(fiber, glob_work, &job, "cannot list", pattern, NULL);
    if (!result->err)
        take_names(&job.names, &result->value);
    buffer_discard(&job.names);
    return NULL;
}

/* ---- making, moving, removing ---- */

static int make_one(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : errno;
}

static void make_dirs_work(void *arg)
{
    struct job *job = arg;
    for (char *p = job->path + 1; *job->path && *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        int code = make_one(job->path);
        *p = '/';
        if (code)
            break; /* the whole path will tell */
    }
    struct stat info;
    job->code = make_one(job->path);
    if (!job->code && (stat(job->path, &info) != 0 || !S_ISDIR(info.st_mode)))
        job->code = ENOTDIR;
}

STD(io, make_dirs, void *out, const void *path)
{
    struct job job = {0};
    *(struct dfl_error **)out =
        job_run(fiber, make_dirs_work, &job, "cannot make folder", path, NULL);
    return NULL;
}

static void remove_tree(struct job *job, void *context, const char *path, const char *name)
{
    (void)name;
    if (is_folder(path))
        each_name(job, path, context, remove_tree);
    if (!job->code && remove(path) < 0 && errno != ENOENT)
        job_fail(job, errno, path);
}

static void remove_all_work(void *arg)
{
    struct job *job = arg;
    remove_tree(job, NULL, job->path, NULL);
}

STD(io, remove_all, void *out, const void *path)
{
    struct job job = {0};
    *(struct dfl_error **)out = job_run(fiber, remove_all_work, &job, "cannot remove", path, NULL);
    return NULL;
}

static void rename_work(void *arg)
{
    struct job *job = arg;
    job->code = rename(job->path, job->other) < 0 ? errno : 0;
}

STD(io, rename, void *out, const void *from, const void *to)
{
    struct job job = {0};
    *(struct dfl_error **)out = job_run(fiber, rename_work, &job, "cannot rename", from, to);
    return NULL;
}

static int copy_bytes(int from, int to)
{
    char part[1 << 16];
    ssize_t n;
    while ((n = read(from, part, sizeof part)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        for (ssize_t done = 0, w; done < n; done += w > 0 ? w : 0)
            if ((w = write(to, part + done, (size_t)(n - done))) < 0 && errno != EINTR)
                return errno;
    }
    return 0;
}

static void copy_work(void *arg)
{
    struct job *job = arg;
    struct stat info;
    int from = open(job->path, O_RDONLY | O_CLOEXEC);
    if (from < 0 || fstat(from, &info) < 0 || (S_ISDIR(info.st_mode) && (errno = EISDIR))) {
        job->code = errno;
    } else {
        int to = open(job->other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, info.st_mode & 0777);
        int code = to < 0 ? errno : copy_bytes(from, to);
        if (to >= 0 && close(to) < 0 && !code)
            code = errno;
        if (code)
            job_fail(job, code, job->other);
    }
    if (from >= 0)
        close(from);
}

STD(io, copy, void *out, const void *from, const void *to)
{
    struct job job = {0};
    *(struct dfl_error **)out = job_run(fiber, copy_work, &job, "cannot copy", from, to);
    return NULL;
}

/* ---- looking ---- */

static void size_work(void *arg)
{
    struct job *job = arg;
    struct stat info;
    if (stat(job->path, &info) < 0)
        job->code = errno;
    else if (S_ISDIR(info.st_mode))
        job->code = EISDIR;
    else
        job->number = (int64_t)info.st_size;
}

STD(io, size, void *out, const void *path)
{
    struct job job = {0};
    struct std_int_result *result = out;
    result->err = job_run(fiber, size_work, &job, "cannot look at", path, NULL);
    result->value = job.number;
    return NULL;
}

static struct dfl_error *put_path(struct std_view_result *result, char *path, int code,
                                  const char *doing)
{
    if (path && text_invalid(path, (int64_t)strlen(path)) < 0) {
        result->err = NULL;
        result->value = value_text(path, (int64_t)strlen(path));
    } else {
        struct dfl_view what = value_static("the folder", 10);
        result->err = error_from_errno(path ? EILSEQ : code, doing, &what);
    }
    free(path);
    return NULL;
}

STD(io, cwd, void *out)
{
    char *path = getcwd(NULL, 0);
    return put_path(out, path, errno, "cannot find");
}

STD(io, temp_dir, void *out)
{
    const char *base = getenv("TMPDIR");
    char *path = joined(base && *base ? base : "/tmp", "dfl-XXXXXX");
    bool made = mkdtemp(path) != NULL;
    int code = errno;
    if (made)
        return put_path(out, path, 0, "cannot make");
    free(path);
    return put_path(out, NULL, code, "cannot make");
}
