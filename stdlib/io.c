/* io.c - C half of the module io. What may wait for the world runs through dfl_blocking(), so that
 * other tasks go on meanwhile; each such part has a struct of what it takes and gives. */
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

/* Appends all that is left of `fd`. 0 or an errno. */
static int read_all(int fd, struct buffer *b)
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
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        b->len += n;
    }
}

/* ---- standard input ---- */

static struct {
    pthread_mutex_t lock;
    struct buffer text; /* read from the system; the part before `used` has been given out */
    int64_t used;
    bool ended;
} in = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct input_job {
    struct dfl_view text;
    bool ended; /* nothing was left */
    int code;
};

/* What was read ahead is moved out of the shared buffer. */
static void input_take(struct dfl_view *out, int64_t len, int64_t skip)
{
    *out = value_text(buffer_text(&in.text) + in.used, len);
    in.used += len + skip;
    if (in.used < in.text.len)
        return;
    buffer_discard(&in.text);
    in.text = (struct buffer){0};
    in.used = 0;
}

static void input_rest(void *arg)
{
    struct input_job *job = arg;
    pthread_mutex_lock(&in.lock);
    if (!in.ended)
        job->code = read_all(STDIN_FILENO, &in.text);
    in.ended = true;
    if (in.used == 0) {
        dfl_buffer_end(&in.text, &job->text);
        in.text = (struct buffer){0};
    } else {
        input_take(&job->text, in.text.len - in.used, 0);
    }
    pthread_mutex_unlock(&in.lock);
}

/* Reads more. False at the end or after an error, which is in *code. */
static bool input_more(int *code)
{
    if (in.ended)
        return false;
    char *to = buffer_space(&in.text, READ_FIRST);
    ssize_t n;
    do
        n = read(STDIN_FILENO, to, READ_FIRST);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        *code = errno;
    if (n <= 0)
        in.ended = true;
    else
        in.text.len += n;
    return n > 0;
}

static void input_line(void *arg)
{
    struct input_job *job = arg;
    int64_t seen = 0;
    const char *end = NULL;
    pthread_mutex_lock(&in.lock);
    do {
        const char *from = buffer_text(&in.text) + in.used + seen;
        int64_t left = in.text.len - in.used - seen;
        end = left ? memchr(from, '\n', (size_t)left) : NULL;
        seen += left;
    } while (!end && input_more(&job->code));
    int64_t len = end ? end - (buffer_text(&in.text) + in.used) : in.text.len - in.used;
    job->ended = !end && len == 0;
    input_take(&job->text, len, end != NULL);
    if (job->text.len > 0 && ((char *)job->text.ptr)[job->text.len - 1] == '\r')
        job->text.len--;
    pthread_mutex_unlock(&in.lock);
}

static const struct dfl_view input_name = {NULL, "standard input", 14};
static const struct dfl_view output_name = {NULL, "standard output", 15};

/* Runs a job on standard input; an error, or text that is not UTF-8, becomes the result's err. */
static struct dfl_error *input_run(struct dfl_fiber *fiber, void (*work)(void *),
                                   struct input_job *job)
{
    int code = stream_flush(fiber);
    if (code)
        return error_from_errno(code, "cannot write", &output_name);
    dfl_blocking(fiber, work, job);
    if (job->code == 0) {
        int64_t wrong = text_invalid(job->text.ptr, job->text.len);
        if (wrong < 0)
            return NULL;
        dfl_drop(&value_str, &job->text);
        return error_new(DFL_FAIL_utf8, "standard input is not UTF-8 at byte %lld",
                         (long long)wrong);
    }
    dfl_drop(&value_str, &job->text);
    return error_from_errno(job->code, "cannot read", &input_name);
}

STD(io, stdin, void *out)
{
    struct input_job job = {0};
    struct std_view_result *result = out;
    result->err = input_run(fiber, input_rest, &job);
    result->value = job.text;
    return NULL;
}

STD(io, read_line, void *out)
{
    struct input_job job = {0};
    struct {
        struct dfl_error *err;
        struct std_view_option value;
    } *result = out;
    result->err = input_run(fiber, input_line, &job);
    result->value = (struct std_view_option){!job.ended, job.text};
    return NULL;
}

/* ---- files ---- */

struct file_job {
    char *path;
    struct buffer *read;
    const struct dfl_view *write;
    int flags;
    int code;
    bool yes;
};

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

/* Runs `work` on a path and gives NULL or the error "DOING PATH: why". */
static struct dfl_error *file_run(struct dfl_fiber *fiber, void (*work)(void *),
                                  struct file_job *job, const struct dfl_view *path,
                                  const char *doing)
{
    job->path = path_copy(path);
    if (!job->path)
        return error_new(DFL_FAIL_io, "%s: the path holds a zero byte", doing);
    dfl_blocking(fiber, work, job);
    free(job->path);
    if (job->code == EISDIR)
        return error_new(DFL_FAIL_io, "%s %.*s: is a folder", doing, (int)path->len,
                         (const char *)path->ptr);
    return job->code ? error_from_errno(job->code, doing, path) : NULL;
}

static void file_read(void *arg)
{
    struct file_job *job = arg;
    int fd = open(job->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        job->code = errno;
        return;
    }
    job->code = read_all(fd, job->read);
    close(fd);
}

STD(io, read, void *out, const void *path)
{
    struct buffer b = {0};
    struct file_job job = {.read = &b};
    struct std_view_result *result = out;
    result->err = file_run(fiber, file_read, &job, path, "cannot read");
    if (result->err)
        buffer_discard(&b);
    else
        dfl_buffer_end(&b, &result->value);
    return NULL;
}

static void file_write(void *arg)
{
    struct file_job *job = arg;
    int fd = open(job->path, O_WRONLY | O_CREAT | O_CLOEXEC | job->flags, 0666);
    if (fd < 0) {
        job->code = errno;
        return;
    }
    job->code = stream_write(fd, job->write->ptr, job->write->len);
    if (close(fd) < 0 && !job->code)
        job->code = errno;
}

STD(io, write, void *out, const void *path, const void *bytes)
{
    struct file_job job = {.write = bytes, .flags = O_TRUNC};
    ((struct std_unit_result *)out)->err = file_run(fiber, file_write, &job, path, "cannot write");
    return NULL;
}

STD(io, append, void *out, const void *path, const void *bytes)
{
    struct file_job job = {.write = bytes, .flags = O_APPEND};
    ((struct std_unit_result *)out)->err = file_run(fiber, file_write, &job, path, "cannot write");
    return NULL;
}

static void file_remove(void *arg)
{
    struct file_job *job = arg;
    job->code = remove(job->path) < 0 ? errno : 0;
}

STD(io, remove, void *out, const void *path)
{
    struct file_job job = {0};
    ((struct std_unit_result *)out)->err =
        file_run(fiber, file_remove, &job, path, "cannot remove");
    return NULL;
}

static void file_make_dir(void *arg)
{
    struct file_job *job = arg;
    job->code = mkdir(job->path, 0777) < 0 ? errno : 0;
}

STD(io, make_dir, void *out, const void *path)
{
    struct file_job job = {0};
    ((struct std_unit_result *)out)->err =
        file_run(fiber, file_make_dir, &job, path, "cannot make folder");
    return NULL;
}

/* `flags` is the file type asked for, or 0 for any. */
static void file_look(void *arg)
{
    struct file_job *job = arg;
    struct stat info;
    job->yes =
        stat(job->path, &info) == 0 && (!job->flags || (int)(info.st_mode & S_IFMT) == job->flags);
}

static struct dfl_error *look(struct dfl_fiber *fiber, void *out, const void *path, int type)
{
    struct file_job job = {.flags = type};
    struct dfl_error *e = file_run(fiber, file_look, &job, path, "cannot look at");
    if (e)
        dfl_error_release(e); /* no file has such a name */
    *(uint8_t *)out = job.yes;
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
    buffer_put(job->read, name, len + 1);
}

/* Gives the names one after another, each with its NUL. */
static void file_list(void *arg)
{
    struct file_job *job = arg;
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
    struct buffer b = {0};
    struct file_job job = {.read = &b};
    struct std_view_result *result = out;
    result->err = file_run(fiber, file_list, &job, path, "cannot list");
    if (!result->err) {
        struct dfl_view *names = &result->value;
        dfl_array_new(&value_str, names, 0);
        for (int64_t at = 0, len; at < b.len; at += len + 1) {
            len = (int64_t)strlen(buffer_text(&b) + at);
            std_add(names, value_text(buffer_text(&b) + at, len));
        }
        qsort(names->ptr, (size_t)names->len, sizeof *names, name_order);
    }
    buffer_discard(&b);
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
    if (*(const int64_t *)duration > 0)
        dfl_sleep(fiber, *(const int64_t *)duration);
    return NULL;
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
