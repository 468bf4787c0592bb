/* traceread.c - reads blocks within their bounds; one that is cut or damaged ends the reading, and
 * what came before is told. */
#include "traceread.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "id.h"
#include "json.h"
#include "trace_file.h"

struct site {
    struct bytes name, file;
    uint32_t line;
    /* over all tasks, for the table */
    uint64_t count, foreign, again, failed, sum_ns, longest_ns;
};

struct task {
    const struct site *site;
    int64_t start, ns;
    uint8_t marks;
};

struct trace {
    const struct cli *cli;
    const char *path;
    struct arena arena;
    struct reader in;
    struct bytes program;
    uint64_t began, tasks;
    struct site *sites;
    uint32_t site_count;
    bool complete; /* nothing at the end was cut */
    void (*on_task)(struct trace *, const struct trace_header *, struct task);
    FILE *out;
};

/* ---- reading ---- */

static bool read_file(struct trace *t)
{
    FILE *f = fopen(t->path, "rb");
    if (!f) {
        cli_error(t->cli, "cannot read '%s': %s", t->path, strerror(errno));
        return false;
    }
    struct buffer all = {0};
    size_t got;
    do {
        uint8_t *at = buffer_add(&all, 1 << 20);
        got = fread(at, 1, 1 << 20, f);
        all.len -= (1 << 20) - got;
    } while (got > 0);
    bool good = !ferror(f);
    if (!good)
        cli_error(t->cli, "cannot read '%s': %s", t->path, strerror(errno));
    fclose(f);
    t->in = reader_of((struct bytes){
        (const uint8_t *)arena_copy(&t->arena, all.at ? all.at : (uint8_t *)"", all.len), all.len});
    buffer_free(&all);
    return good;
}

/* The next block that is whole; false at the end, or at what is none. */
static bool next_block(struct trace *t, struct trace_header *h, struct reader *body)
{
    struct reader *r = &t->in;
    if (reader_left(r) == 0)
        return false;
    *h = (struct trace_header){reader_u32(r), reader_u32(r), reader_u32(r), reader_u32(r),
                               reader_u32(r), reader_u32(r), reader_u32(r)};
    const uint8_t *at = h->len <= TRACE_BLOCK_MOST ? reader_take(r, h->len) : NULL;
    t->complete = at && h->magic == TRACE_MAGIC && trace_sum(at, h->len) == h->check;
    if (t->complete)
        *body = reader_of((struct bytes){at, h->len});
    return t->complete;
}

static uint64_t number(struct reader *r)
{
    uint64_t n = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(r);
        n |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return n;
    }
    r->failed = true;
    return 0;
}

static bool read_names(struct trace *t, struct reader *r)
{
    t->program = reader_bytes(r);
    t->began = reader_u64(r);
    t->site_count = reader_u32(r);
    if (r->failed || t->site_count > reader_left(r))
        return false;
    t->sites = arena_array(&t->arena, struct site, t->site_count + 1);
    for (uint32_t i = 0; i < t->site_count; i++) {
        struct site *s = &t->sites[i];
        s->name = reader_bytes(r);
        s->file = reader_bytes(r);
        s->line = reader_u32(r);
        reader_u8(r);
    }
    return !r->failed;
}

static bool read_tasks(struct trace *t, const struct trace_header *h, struct reader *r)
{
    if (h->count > h->len)
        return false;
    struct task *tasks = calloc(h->count + 1, sizeof *tasks);
    int64_t start = 0;
    bool good = tasks != NULL;
    for (uint32_t i = 0; good && i < h->count; i++) {
        uint64_t site = number(r);
        good = site < t->site_count;
        tasks[i].site = good ? &t->sites[site] : NULL;
    }
    for (uint32_t i = 0; good && i < h->count; i++)
        tasks[i].start = start += trace_unzigzag(number(r));
    for (uint32_t i = 0; good && i < h->count; i++)
        tasks[i].ns = (int64_t)number(r);
    for (uint32_t i = 0; good && i < h->count; i++)
        tasks[i].marks = reader_u8(r);
    good = good && !r->failed;
    for (uint32_t i = 0; good && i < h->count; i++)
        t->on_task(t, h, tasks[i]);
    free(tasks);
    return good;
}

/* False: this is no trace. */
static bool read_all(struct trace *t)
{
    struct trace_header h;
    struct reader body;
    bool first = next_block(t, &h, &body) && h.kind == TRACE_NAMES && read_names(t, &body);
    if (!first) {
        cli_error(t->cli, "'%s' is no trace", t->path);
        cli_hint(t->cli, "dfl run --trace FILE writes one");
        return false;
    }
    while (t->complete && next_block(t, &h, &body))
        if (h.kind == TRACE_TASKS)
            t->complete = read_tasks(t, &h, &body);
    return true;
}

/* ---- the table ---- */

static void add_up(struct trace *t, const struct trace_header *h, struct task task)
{
    struct site *s = (struct site *)task.site;
    (void)h;
    t->tasks++;
    s->count++;
    s->foreign += (task.marks & TRACE_FOREIGN) != 0;
    s->again += (task.marks & TRACE_AGAIN) != 0;
    s->failed += (task.marks & TRACE_FAILED) != 0;
    s->sum_ns += (uint64_t)task.ns;
    if ((uint64_t)task.ns > s->longest_ns)
        s->longest_ns = (uint64_t)task.ns;
}

static int by_time(const void *a, const void *b)
{
    const struct site *x = a, *y = b;
    return x->sum_ns != y->sum_ns ? (x->sum_ns < y->sum_ns ? 1 : -1) : 0;
}

static void print_table(struct trace *t)
{
    fprintf(t->out, "%10s %12s %12s %12s %9s %6s %6s  %s\n", "tasks", "seconds", "mean us",
            "longest us", "elsewhere", "again", "failed", "task");
    qsort(t->sites, t->site_count, sizeof *t->sites, by_time);
    for (uint32_t i = 0; i < t->site_count; i++) {
        const struct site *s = &t->sites[i];
        if (s->count == 0)
            continue;
        fprintf(t->out, "%10" PRIu64 " %12.6f %12.3f %12.3f %9" PRIu64 " %6" PRIu64 " %6" PRIu64,
                s->count, (double)s->sum_ns / 1e9, (double)s->sum_ns / 1e3 / (double)s->count,
                (double)s->longest_ns / 1e3, s->foreign, s->again, s->failed);
        fprintf(t->out, "  %.*s", (int)s->name.len, (const char *)s->name.at);
        if (s->line)
            fprintf(t->out, ", %.*s:%u", (int)s->file.len, (const char *)s->file.at, s->line);
        fprintf(t->out, "\n");
    }
}

bool traceread_table(const struct cli *cli, const char *path, FILE *out)
{
    struct trace t = {.cli = cli, .path = path, .on_task = add_up, .out = out};
    bool good = read_file(&t) && read_all(&t);
    if (good)
        print_table(&t);
    if (good && !t.complete)
        cli_note(cli, "the end of '%s' is cut: its run was killed, or goes on", path);
    arena_free(&t.arena);
    return good;
}

/* ---- JSON ---- */

static void print_text(FILE *out, const char *name, struct bytes text)
{
    fprintf(out, "\"%s\":", name);
    json_text(out, (const char *)text.at, text.len);
    fputc(',', out);
}

static void print_task(struct trace *t, const struct trace_header *h, struct task task)
{
    fprintf(t->out, "%s\n{", t->tasks++ ? "," : "");
    print_text(t->out, "task", task.site->name);
    print_text(t->out, "file", task.site->file);
    fprintf(t->out,
            "\"line\":%u,\"node\":%u,\"worker\":%u,\"thread\":%u,\"start_ns\":%" PRId64
            ",\"ns\":%" PRId64 ",\"foreign\":%s,\"again\":%s,\"failed\":%s}",
            task.site->line, id_node(h->proc), id_start(h->proc), h->thread, task.start, task.ns,
            task.marks & TRACE_FOREIGN ? "true" : "false",
            task.marks & TRACE_AGAIN ? "true" : "false",
            task.marks & TRACE_FAILED ? "true" : "false");
}

/* The head of the object needs the names, which come first in the file. */
static void open_object(struct trace *t)
{
    fputc('{', t->out);
    print_text(t->out, "program", t->program);
    fprintf(t->out, "\"began\":%" PRIu64 ",\"tasks\":[", t->began);
}

static void print_first(struct trace *t, const struct trace_header *h, struct task task)
{
    open_object(t);
    t->on_task = print_task;
    print_task(t, h, task);
}

bool traceread_json(const struct cli *cli, const char *path, FILE *out)
{
    struct trace t = {.cli = cli, .path = path, .on_task = print_first, .out = out};
    bool good = read_file(&t) && read_all(&t);
    if (good && t.tasks == 0)
        open_object(&t);
    if (good)
        fprintf(out, "\n],\"complete\":%s}\n", t.complete ? "true" : "false");
    arena_free(&t.arena);
    return good;
}
