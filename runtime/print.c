/* print.c - read print.h first. */
#include "print.h"

#include <pthread.h>
#include <stdlib.h>

#include "helper.h"
#include "list.h"
#include "stream.h"

/* ---- where tasks of others run ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t room;
    void (*tell)(void);  /* NULL: this is the process of main */
    struct buffer lines; /* kept */
    uint64_t held;       /* bytes kept, or sent and not written yet */
} away = {.lock = PTHREAD_MUTEX_INITIALIZER, .room = PTHREAD_COND_INITIALIZER};

void print_open(void (*tell)(void))
{
    away.tell = tell;
}

static void wait_for_room(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&away.lock);
    while (away.held >= PRINT_MOST)
        pthread_cond_wait(&away.room, &away.lock);
    pthread_mutex_unlock(&away.lock);
}

/* True: it was kept. */
static bool keep(const struct dfl_view *line)
{
    pthread_mutex_lock(&away.lock);
    bool has_room = away.held < PRINT_MOST;
    if (has_room) {
        buffer_append(&away.lines, line->ptr, (size_t)line->len);
        buffer_u8(&away.lines, '\n');
        away.held += (uint64_t)line->len + 1;
    }
    pthread_mutex_unlock(&away.lock);
    return has_room;
}

bool print_elsewhere(struct dfl_fiber *fiber, const struct dfl_view *line)
{
    if (!away.tell)
        return false;
    while (!keep(line))
        helper_call(fiber, wait_for_room, NULL);
    away.tell();
    return true;
}

void print_send(struct actions *out)
{
    pthread_mutex_lock(&away.lock);
    struct bytes left = buffer_bytes(&away.lines);
    while (left.len) {
        size_t len = left.len < PRINT_ROW ? left.len : PRINT_ROW;
        act_send_output(out, ID_ROOT, &(struct msg_output){{left.at, len}});
        left = (struct bytes){left.at + len, left.len - len};
    }
    buffer_clear(&away.lines);
    pthread_mutex_unlock(&away.lock);
}

void print_written(uint64_t bytes)
{
    pthread_mutex_lock(&away.lock);
    away.held -= bytes < away.held ? bytes : away.held;
    pthread_cond_broadcast(&away.room);
    pthread_mutex_unlock(&away.lock);
}

/* ---- the root ---- */

struct debt {
    uint32_t proc;
    uint64_t bytes;
};

static struct {
    struct debt *debts; /* added, and not told of yet; role */
    uint32_t count, room;
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    pthread_t thread;
    bool has_thread, wants, ending;
    void (*tell)(void);
} home = {.lock = PTHREAD_MUTEX_INITIALIZER, .wanted = PTHREAD_COND_INITIALIZER};

/* An error of the stream is told by who prints next, or at the end. */
static void *write_backlog(void *arg)
{
    pthread_mutex_lock(&home.lock);
    while (!home.ending) {
        while (!home.wants && !home.ending)
            pthread_cond_wait(&home.wanted, &home.lock);
        home.wants = false;
        pthread_mutex_unlock(&home.lock);
        stream_flush(NULL);
        home.tell();
        pthread_mutex_lock(&home.lock);
    }
    pthread_mutex_unlock(&home.lock);
    return arg;
}

static void want_writer(void)
{
    pthread_mutex_lock(&home.lock);
    if (!home.has_thread)
        home.has_thread = pthread_create(&home.thread, NULL, write_backlog, NULL) == 0;
    home.wants = true;
    pthread_cond_signal(&home.wanted);
    pthread_mutex_unlock(&home.lock);
}

static void owe(uint32_t proc, uint64_t bytes)
{
    for (uint32_t i = 0; i < home.count; i++)
        if (home.debts[i].proc == proc) {
            home.debts[i].bytes += bytes;
            return;
        }
    list_grow(home.debts, home.count, home.room);
    home.debts[home.count++] = (struct debt){proc, bytes};
}

void print_add(uint32_t proc, struct bytes lines, void (*tell)(void))
{
    home.tell = tell;
    owe(proc, lines.len);
    if (!stream_add(lines.at, (int64_t)lines.len))
        want_writer();
}

void print_step(struct actions *out)
{
    if (home.count == 0 || stream_backlog() > 0)
        return;
    for (uint32_t i = 0; i < home.count; i++)
        act_send_printed(out, home.debts[i].proc, &(struct msg_printed){home.debts[i].bytes});
    home.count = 0;
}

void print_close(void)
{
    pthread_mutex_lock(&home.lock);
    home.ending = true;
    pthread_cond_signal(&home.wanted);
    pthread_mutex_unlock(&home.lock);
    if (home.has_thread)
        pthread_join(home.thread, NULL);
    home.has_thread = false;
    free(home.debts);
    home.debts = NULL;
    home.count = home.room = 0;
    buffer_free(&away.lines);
}
