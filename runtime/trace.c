/* trace.c - events of each worker, made into blocks. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "block.h"
#include "clock.h"
#include "remote.h"
#include "task.h"
#include "trace_file.h"
#include "worker.h"

enum {
    EVENTS = 4096,       /* of a block */
    REST_NS = 100000000, /* how long events may wait to be written, while their thread has others */
};

struct event {
    int64_t start, ns;
    uint32_t fn, marks;
};

struct track {
    struct event *events;
    uint32_t count;
    int64_t oldest; /* when the first of them ended */
    struct buffer block;
};

bool trace_on;

static struct {
    int fd;
    uint32_t proc, workers;
    int64_t began;
    struct track *tracks;
    _Atomic bool broken; /* the disk is full: said once, and no more is written */
} trace;

/* ---- writing ---- */

static bool complain(const char *doing, const char *path)
{
    fprintf(stderr, "error: cannot %s the trace '%s': %s\n", doing, path, strerror(errno));
    return false;
}

static void put_header(struct buffer *b, const struct trace_header *h)
{
    buffer_u32(b, h->magic);
    buffer_u32(b, h->kind);
    buffer_u32(b, h->proc);
    buffer_u32(b, h->thread);
    buffer_u32(b, h->count);
    buffer_u32(b, h->len);
    buffer_u32(b, h->check);
}

/* A block in one write, so that those of several processes stay whole. */
static bool append(int fd, struct trace_header h, const struct buffer *body)
{
    struct buffer block = {0};
    h.magic = TRACE_MAGIC;
    h.len = (uint32_t)body->len;
    h.check = trace_sum(body->at, body->len);
    put_header(&block, &h);
    buffer_append(&block, body->at, body->len);
    bool whole = write(fd, block.at, block.len) == (ssize_t)block.len;
    buffer_free(&block);
    return whole;
}

static void put_number(struct buffer *b, uint64_t n)
{
    for (; n >= 128; n >>= 7)
        buffer_u8(b, (uint8_t)(n | 128));
    buffer_u8(b, (uint8_t)n);
}

static void put_columns(struct buffer *b, const struct track *t)
{
    int64_t before = 0;
    for (uint32_t i = 0; i < t->count; i++)
        put_number(b, t->events[i].fn);
    for (uint32_t i = 0; i < t->count; i++) {
        put_number(b, trace_zigzag(t->events[i].start - before));
        before = t->events[i].start;
    }
    for (uint32_t i = 0; i < t->count; i++)
        put_number(b, (uint64_t)t->events[i].ns);
    for (uint32_t i = 0; i < t->count; i++)
        buffer_u8(b, (uint8_t)t->events[i].marks);
}

static void flush(struct track *t, uint32_t thread)
{
    struct trace_header h = {
        .kind = TRACE_TASKS, .proc = trace.proc, .thread = thread, .count = t->count};
    if (t->count == 0)
        return;
    buffer_clear(&t->block);
    put_columns(&t->block, t);
    t->count = 0;
    if (atomic_load(&trace.broken) || append(trace.fd, h, &t->block))
        return;
    if (!atomic_exchange(&trace.broken, true))
        fprintf(stderr, "warning: the trace ends here: %s\n", strerror(errno));
}

/* ---- tasks ---- */

static void note(uint32_t worker, const struct event *e, int64_t now)
{
    struct track *t = &trace.tracks[worker];
    if (t->count == 0)
        t->oldest = now;
    t->events[t->count++] = *e;
    if (t->count == EVENTS || now - t->oldest > REST_NS)
        flush(t, worker);
}

void trace_task(struct dfl_fiber *self, struct dfl_task *task, int64_t start)
{
    bool is_foreign = task_is_marked(task, TASK_FOREIGN);
    uint16_t attempt = is_foreign ? remote_attempt(task) : task_losses(task);
    struct event e = {.fn = task->fn,
                      .marks = (is_foreign ? TRACE_FOREIGN : 0) | (attempt > 0 ? TRACE_AGAIN : 0)};
    int64_t end = clock_now();
    e.start = start - trace.began;
    e.ns = end - start;
    if (task->outcome == DFL_FAILURE)
        e.marks |= TRACE_FAILED;
    note(self->worker->index, &e, end);
}

void trace_rest(uint32_t worker)
{
    struct track *t = &trace.tracks[worker];
    if (t->count && clock_now() - t->oldest > REST_NS)
        flush(t, worker);
}

/* ---- the file ---- */

static void put_text(struct buffer *b, const char *text)
{
    buffer_bytes_field(b, (struct bytes){(const uint8_t *)text, strlen(text)});
}

static void put_names(struct buffer *b, const struct dfl_program *program, int64_t began)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t unix_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    put_text(b, program->name);
    buffer_u64(b, (uint64_t)(unix_ns - (clock_now() - began)));
    buffer_u32(b, (uint32_t)program->fn_count);
    for (uint64_t i = 0; i < program->fn_count; i++) {
        const struct dfl_fn *fn = &program->fns[i];
        put_text(b, fn->name);
        put_text(b, fn->site.file ? fn->site.file : "");
        buffer_u32(b, fn->site.line);
        buffer_u8(b, (uint8_t)fn->flags);
    }
}

/* Whether a trace may take the place of what is there: an empty file, a trace or no plain file. */
static bool is_replaceable(const char *path)
{
    struct stat st;
    uint8_t magic[4];
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES; /* the write tells, if it fails too */
    ssize_t n = read(fd, magic, sizeof magic);
    close(fd);
    return n == (ssize_t)sizeof magic && memcmp(magic, "DLFT", sizeof magic) == 0;
}

bool trace_create(const char *path, const struct dfl_program *program, int64_t began)
{
    struct buffer names = {0};
    if (!is_replaceable(path)) {
        fprintf(stderr,
                "error: cannot write the trace '%s': another file has this name\n"
                "hint: name a file that is new, or an older trace\n",
                path);
        return false;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return complain("write", path);
    put_names(&names, program, began);
    bool good = append(fd, (struct trace_header){.kind = TRACE_NAMES}, &names);
    if (!good)
        complain("write", path);
    buffer_free(&names);
    close(fd);
    return good;
}

bool trace_open(const char *path, uint32_t proc, uint32_t workers, int64_t began)
{
    trace.fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (trace.fd < 0)
        return complain("open", path);
    trace.proc = proc;
    trace.workers = workers;
    trace.began = began;
    trace.tracks = calloc(workers, sizeof *trace.tracks);
    if (!trace.tracks)
        block_exhausted(workers * sizeof *trace.tracks);
    for (uint32_t i = 0; i < workers; i++) {
        trace.tracks[i].events = malloc(EVENTS * sizeof(struct event));
        if (!trace.tracks[i].events)
            block_exhausted(EVENTS * sizeof(struct event));
    }
    trace_on = true;
    return true;
}

void trace_close(void)
{
    if (!trace_on)
        return;
    trace_on = false;
    for (uint32_t i = 0; i < trace.workers; i++) {
        flush(&trace.tracks[i], i);
        buffer_free(&trace.tracks[i].block);
        free(trace.tracks[i].events);
    }
    free(trace.tracks);
    close(trace.fd);
}
