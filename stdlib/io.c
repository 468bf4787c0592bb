/* io.c - C half of the module io. What may wait for the world runs through dfl_blocking(), so that
 * other tasks go on meanwhile. Each such call has a job of its own that holds all it takes and
 * gives: the task may end before the call returns. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper.h"
#include "stream.h"
#include "std.h"

/* ---- reading whatever a file descriptor has ---- */

enum { READ_AT_ONCE = 1 << 30, READ_FIRST = 64 * 1024 };

static void *job_new(size_t size)
{
    void *job = calloc(1, size);
    if (!job)
        block_exhausted(size);
    return job;
}

/* True if a call that was interrupted should be made again. */
static bool goes_on(const struct helper_job *job)
{
    return errno == EINTR && !helper_is_left(job);
}

/* Appends all that is left of `fd`. 0 or an errno. */
static int read_all(const struct helper_job *job, int fd, struct buffer *b)
{
    struct stat info;
    int64_t expected = READ_FIRST;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0)
        expected = info.st_size + 1; /* one more, to see the end without growing */
    for (;;) {
        int64_t free_bytes = b->room - b->len;
        if (free_bytes == 0) {
            buffer_space(b, b->len ? b->len : expected);
            free_bytes = b->room - b->len;
        }
        size_t wanted = free_bytes < READ_AT_ONCE ? (size_t)free_bytes : READ_AT_ONCE;
        ssize_t n = read(fd, buffer_space(b, 1), wanted);
        if (n < 0 && goes_on(job))
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        b->len += n;
    }
}

/* ---- standard input ---- */

/* What was read from the system and not given out yet: bytes[used..len]. It outlives the run's
 * values, so it is no block. */
static struct {
    pthread_mutex_t lock;
    char *bytes;
    int64_t used, len, room;
    bool ended;
} in = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct input_job {
    struct helper_job job;
    struct dfl_view text;
    bool ended; /* nothing was left */
    int code;
};

/* Lock held. Room for `n` more bytes, at bytes + len. */
static void input_space(int64_t n)
{
    in.len -= in.used;
    if (in.used > 0)
        memmove(in.bytes, in.bytes + in.used, (size_t)in.len);
    in.used = 0;
    if (in.room - in.len >= n)
        return;
    in.room = 2 * in.room > in.len + n ? 2 * in.room : in.len + n;
    in.bytes = realloc(in.bytes, (size_t)in.room);
    if (!in.bytes)
        block_exhausted((uint64_t)in.room);
}

static void input_lock(void)
{
    pthread_mutex_lock(&in.lock);
}

static void input_unlock(void)
{
    if (in.used == in.len) {
        free(in.bytes);
        in.bytes = NULL;
        in.used = in.len = in.room = 0;
    }
    pthread_mutex_unlock(&in.lock);
}

/* What was read ahead; nothing was before the first read. */
static const char *input_at(void)
{
    return in.bytes ? (const char *)in.bytes + in.used : "";
}

/* What nobody waits for any more is kept for the next who asks. */
static void input_rest(struct helper_job *arg)
{
    struct input_job *job = (struct input_job *)arg;
    struct buffer b = {0};
    input_lock();
    buffer_put(&b, input_at(), in.len - in.used);
    in.used = in.len;
    if (!in.ended)
        job->code = read_all(arg, STDIN_FILENO, &b);
    if (helper_is_left(arg)) {
        input_space(b.len + 1);
        memcpy(in.bytes, b.len ? buffer_text(&b) : "", (size_t)b.len);
        in.len = b.len;
        buffer_discard(&b);
    } else {
        in.ended = true;
        dfl_buffer_end(&b, &job->text);
    }
    input_unlock();
}

/* Reads more. False at the end or after an error, which is in job->code. */
static bool input_more(struct input_job *job)
{
    if (in.ended)
        return false;
    input_space(READ_FIRST);
    ssize_t n;
    do
        n = read(STDIN_FILENO, in.bytes + in.len, READ_FIRST);
    while (n < 0 && goes_on(&job->job));
    if (n < 0)
        job->code = errno;
    if (n > 0)
        in.len += n;
    else
        in.ended = !helper_is_left(&job->job);
    return n > 0;
}

/* The next `len` bytes are the line. */
static void input_take(struct input_job *job, int64_t len, bool has_end)
{
    const char *line = input_at();
    in.used += len + has_end;
    job->ended = !has_end && len == 0;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    job->text = value_text(line, len);
}

static void input_line(struct helper_job *arg)
{
    struct input_job *job = (struct input_job *)arg;
    int64_t seen = 0;
    const char *end = NULL;
    input_lock();
    do {
        int64_t left = in.len - in.used - seen;
        end = left ? memchr(in.bytes + in.used + seen, '\n', (size_t)left) : NULL;
        seen += left;
    } while (!end && input_more(job));
    if (!helper_is_left(arg))
        input_take(job, end ? end - (in.bytes + in.used) : in.len - in.used, end != NULL);
    input_unlock();
}

static void input_end(struct helper_job *job)
{
    dfl_drop(&value_str, &((struct input_job *)job)->text);
    free(job);
}

static const struct dfl_view input_name = {NULL, "standard input", 14};
static const struct dfl_view output_name = {NULL, "standard output", 15};

/* Why a job on standard input did not go well, also if what it read is not UTF-8; NULL: it did. */
static struct dfl_error *input_error(const struct input_job *job)
{
    if (job->code)
        return error_from_errno(job->code, "cannot read", &input_name);
    int64_t wrong = text_invalid(job->text.ptr, job->text.len);
    if (wrong < 0)
        return NULL;
    return error_new(DFL_FAIL_utf8, "standard input is not UTF-8 at byte %lld", (long long)wrong);
}

/* Runs a job on standard input. The text read is moved to *text, unless there is an *err. */
static struct dfl_error *input_run(struct dfl_fiber *fiber, void (*fn)(struct helper_job *),
                                   struct dfl_error **err, struct dfl_view *text, bool *ended)
{
    int code = stream_flush(fiber);
    *err = code ? error_from_errno(code, "cannot write", &output_name) : NULL;
    if (code)
        return NULL;
    struct input_job *job = job_new(sizeof *job);
    job->job = (struct helper_job){.fn = fn, .end = input_end};
    struct dfl_error *failure = dfl_blocking(fiber, &job->job);
    if (failure)
        return failure;
    *err = input_error(job);
    if (!*err) {
        *text = job->text;
        *ended = job->ended;
        job->text = (struct dfl_view){0};
    }
    input_end(&job->job);
    return NULL;
}

STD(io, stdin, void *out)
{
    struct std_view_result *result = out;
    bool ended;
    return input_run(fiber, input_rest, &result->err, &result->value, &ended);
}

STD(io, read_line, void *out)
{
    struct {
        struct dfl_error *err;
        struct std_view_option value;
    } *result = out;
    bool ended = true;
    struct dfl_error *failure =
        input_run(fiber, input_line, &result->err, &result->value.value, &ended);
    result->value.some = !ended;
    return failure;
}

/* ---- files ---- */

struct file_job {
    struct helper_job job;
    char *path; /* NULL: there is no such one */
    struct buffer read;
    struct dfl_view write;
    int flags;
    int code;
    bool yes;
};

static void file_end(struct helper_job *arg)
{
    struct file_job *job = (struct file_job *)arg;
    free(job->path);
    buffer_discard(&job->read);
    dfl_drop(&value_bytes, &job->write);
    free(job);
}

/* The path as C wants it, or NULL if it holds a zero byte. */
static char *path_copy(const struct dfl_view *path)
{
    if (path->len && memchr(path->ptr, 0, (size_t)path->len))
        return NULL;
    char *copy = malloc((size_t)path->len + 1);
    if (!copy)
        block_exhausted((uint64_t)path->len + 1);
    if (path->len)
        memcpy(copy, path->ptr, (size_t)path->len);
    copy[path->len] = 0;
    return copy;
}

static struct file_job *file_job(void (*fn)(struct helper_job *), const struct dfl_view *path)
{
    struct file_job *job = job_new(sizeof *job);
    job->job = (struct helper_job){.fn = fn, .end = file_end};
    job->path = path_copy(path);
    return job;
}

static struct dfl_error *file_error(const struct file_job *job, const struct dfl_view *path,
                                    const char *doing)
{
    if (!job->path)
        return error_new(DFL_FAIL_io, "%s: the path holds a zero byte", doing);
    if (job->code == EISDIR)
        return error_new(DFL_FAIL_io, "%s %.*s: is a folder", doing, (int)path->len,
                         (const char *)path->ptr);
    return job->code ? error_from_errno(job->code, doing, path) : NULL;
}

/* Runs a job. *err is NULL or the error "DOING PATH: why". After a failure the job is gone. */
static struct dfl_error *file_run(struct dfl_fiber *fiber, struct file_job *job,
                                  const struct dfl_view *path, const char *doing,
                                  struct dfl_error **err)
{
    struct dfl_error *failure = job->path ? dfl_blocking(fiber, &job->job) : NULL;
    if (!failure)
        *err = file_error(job, path, doing);
    return failure;
}

/* A job that gives nothing but an err. */
static struct dfl_error *file_do(struct dfl_fiber *fiber, struct file_job *job,
                                 const struct dfl_view *path, const char *doing, void *out)
{
    struct std_unit_result *result = out;
    struct dfl_error *failure = file_run(fiber, job, path, doing, &result->err);
    if (!failure)
        file_end(&job->job);
    return failure;
}

/* A file system that takes long to open is waited for again, unless nobody wants the file. */
static int file_open(struct file_job *job, int flags)
{
    int fd;
    do
        fd = open(job->path, flags | O_CLOEXEC, 0666);
    while (fd < 0 && goes_on(&job->job));
    if (fd < 0)
        job->code = errno;
    return fd;
}

static void file_read(struct helper_job *arg)
{
    struct file_job *job = (struct file_job *)arg;
    int fd = file_open(job, O_RDONLY);
    if (fd < 0)
        return;
    job->code = read_all(arg, fd, &job->read);
    close(fd);
}

STD(io, read, void *out, const void *path)
{
    struct std_view_result *result = out;
    struct file_job *job = file_job(file_read, path);
    struct dfl_error *failure = file_run(fiber, job, path, "cannot read", &result->err);
    if (failure)
        return failure;
    if (!result->err) {
        dfl_buffer_end(&job->read, &result->value);
        job->read = (struct buffer){0};
    }
    file_end(&job->job);
    return NULL;
}

static void file_write(struct helper_job *arg)
{
    struct file_job *job = (struct file_job *)arg;
    int fd = file_open(job, O_WRONLY | O_CREAT | O_EXCL | job->flags);
    bool is_new = fd >= 0;
    if (job->code == EEXIST) {
        job->code = 0;
        fd = file_open(job, O_WRONLY | O_CREAT | job->flags);
    }
    if (fd < 0)
        return;
    job->code = stream_write(fd, job->write.ptr, job->write.len);
    if (close(fd) < 0 && !job->code)
        job->code = errno;
    if (job->code && is_new)
        unlink(job->path);
}

/* The job holds the bytes too, on another thread. */
static struct file_job *write_job(const struct dfl_view *path, const struct dfl_view *bytes,
                                  int flags)
{
    struct file_job *job = file_job(file_write, path);
    dfl_share(&value_bytes, bytes);
    dfl_copy(&value_bytes, bytes);
    job->write = *bytes;
    job->flags = flags;
    return job;
}

STD(io, write, void *out, const void *path, const void *bytes)
{
    return file_do(fiber, write_job(path, bytes, O_TRUNC), path, "cannot write", out);
}

STD(io, append, void *out, const void *path, const void *bytes)
{
    return file_do(fiber, write_job(path, bytes, O_APPEND), path, "cannot write", out);
}

static void file_remove(struct helper_job *arg)
{
    struct file_job *job = (struct file_job *)arg;
    job->code = remove(job->path) < 0 ? errno : 0;
}

STD(io, remove, void *out, const void *path)
{
    return file_do(fiber, file_job(file_remove, path), path, "cannot remove", out);
}

static void file_make_dir(struct helper_job *arg)
{
    struct file_job *job = (struct file_job *)arg;
    job->code = mkdir(job->path, 0777) < 0 ? errno : 0;
}

STD(io, make_dir, void *out, const void *path)
{
    return file_do(fiber, file_job(file_make_dir, path), path, "cannot make folder", out);
}

/* `flags` is the file type asked for, or 0 for any. */
static void file_look(struct helper_job *arg)
{
    struct file_job *job = (struct file_job *)arg;
    struct stat info;
    job->yes =
        stat(job->path, &info) == 0 && (!job->flags || (int)(info.st_mode & S_IFMT) == job->flags);
}

static struct dfl_error *look(struct dfl_fiber *fiber, void *out, const void *path, int type)
{
    struct file_job *job = file_job(file_look, path);
    struct dfl_error *err = NULL;
    job->flags = type;
    struct dfl_error *failure = file_run(fiber, job, path, "cannot look at", &err);
    if (failure)
        return failure;
    if (err)
        dfl_error_release(err); /* no file has such a name */
    *(uint8_t *)out = job->yes;
    file_end(&job->job);
    return NULL;
}

STD(io, exists, void *out, const void *path)
{
    return look(fiber, out, path, 0);
}

STD(io, is_dir, void *out, const void *path)
{
    return look(fiber, out, path, S_IFDIR);
}

/* ---- folders ---- */

static void list_add(struct file_job *job, const char *name)
{
    int64_t len = (int64_t)strlen(name);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return;
    if (text_invalid(name, len) >= 0)
        job->code = EILSEQ;
    buffer_put(&job->read, name, len + 1);
}

/* Gives the names one after another, each with its NUL. */
static void file_list(struct helper_job *arg)
{
    struct file_job *job = (struct file_job *)arg;
    struct dirent *entry;
    DIR *dir = opendir(job->path);
    if (!dir) {
        job->code = errno;
        return;
    }
    while (errno = 0, (entry = readdir(dir)))
        list_add(job, entry->d_name);
    if (errno)
        job->code = errno;
    closedir(dir);
}

static int name_order(const void *a, const void *b)
{
    return dfl_compare(&value_str, a, b);
}

/* Names in the order of their bytes. */
STD(io, list, void *out, const void *path)
{
    struct std_view_result *result = out;
    struct file_job *job = file_job(file_list, path);
    struct dfl_error *failure = file_run(fiber, job, path, "cannot list", &result->err);
    if (failure)
        return failure;
    if (!result->err) {
        struct dfl_view *names = &result->value;
        struct buffer *b = &job->read;
        dfl_array_new(&value_str, names, 0);
        for (int64_t at = 0, len; at < b->len; at += len + 1) {
            len = (int64_t)strlen(buffer_text(b) + at);
            std_add(names, value_text(buffer_text(b) + at, len));
        }
        qsort(names->ptr, (size_t)names->len, sizeof *names, name_order);
    }
    file_end(&job->job);
    return NULL;
}

/* ---- the rest ---- */

STD(io, eprint, void *out, const void *text)
{
    (void)out;
    const struct dfl_view *s = text;
    struct buffer b = {0};
    buffer_put(&b, s->ptr, s->len);
    buffer_char(&b, '\n');
    stream_words(fiber, buffer_text(&b), b.len);
    buffer_discard(&b);
    return NULL;
}

STD(io, sleep, void *out, const void *duration)
{
    (void)out;
    int code = stream_flush(fiber);
    if (code)
        return error_from_errno(code, "cannot write", &output_name);
    return dfl_sleep(fiber, *(const int64_t *)duration);
}

/* none also if the value is not UTF-8. */
STD(io, env, void *out, const void *name)
{
    struct std_view_option *result = out;
    char *key = path_copy(name);
    const char *value = key ? getenv(key) : NULL;
    free(key);
    result->some = value && text_invalid(value, (int64_t)strlen(value)) < 0;
    if (result->some)
        result->value = value_text(value, (int64_t)strlen(value));
    return NULL;
}
