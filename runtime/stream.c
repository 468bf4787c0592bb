/* stream.c - standard output: a buffer that takes lines while another is written.
 *
 * A worker must not wait for a reader. Whoever finds no room writes the buffer out: as much as goes
 * without waiting on the spot, the rest on a helper thread. Meanwhile others fill the second
 * buffer, and park when that is full too. The lock is never held across anything that waits. */
#include "stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper.h"
#include "list.h"
#include "print.h"
#include "value.h"

enum { BUFFER_SIZE = 64 * 1024 };

/* What another process printed and the buffer had no room for; goes out behind it. */
struct added {
    char *text;
    int64_t len, room;
};

/* A fiber that waits until nobody writes; on its stack. */
struct waiter {
    struct dfl_fiber *fiber;
    struct waiter *next;
};

static struct {
    pthread_mutex_t lock;
    enum { UNKNOWN, TERMINAL, REGULAR, OTHER } target;
    char *text, *spare; /* the spare one is being written */
    int64_t len;
    struct added added;
    int64_t backlog; /* of added text, what is being written included */
    bool writing;
    struct waiter *first, **end;
    pthread_cond_t turn; /* the same for threads that cannot park */
    char buffers[2][BUFFER_SIZE];
} out = {.lock = PTHREAD_MUTEX_INITIALIZER,
         .text = out.buffers[0],
         .spare = out.buffers[1],
         .end = &out.first,
         .turn = PTHREAD_COND_INITIALIZER};

/* ---- writing ---- */

enum { PARTS = 4 };

/* What is written in one go: the buffer, what was added, and perhaps a line that is longer than the
 * buffer. */
struct batch {
    struct {
        const char *at;
        int64_t len;
    } parts[PARTS];
    int part; /* the first that is left */
    int code;
    char *added; /* freed when all is written */
    int64_t added_len;
};

/* As if the write itself had ended the process, which it does unless SIGPIPE was ignored. */
static void end_by_sigpipe(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(SIGPIPE);
}

static bool takes_more(int fd, int milliseconds)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, milliseconds) != 0; /* of anything wrong the write will tell */
}

/* Writes some, at most `most`. False: it would have to wait. */
static bool write_some(int fd, const char **at, int64_t *len, int64_t most, int *code)
{
    ssize_t n = write(fd, *at, (size_t)(*len < most ? *len : most));
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n < 0 && errno != EINTR)
        *code = errno;
    *at += n > 0 ? n : 0;
    *len -= n > 0 ? n : 0;
    return true;
}

int stream_write(int fd, const void *text, int64_t len)
{
    const char *at = text;
    int code = 0;
    while (len > 0 && !code)
        if (!write_some(fd, &at, &len, len, &code))
            takes_more(fd, -1);
    return code;
}

/* Writes what goes without waiting: a pipe that takes any takes PIPE_BUF bytes, and so do terminals
 * nearly always. True: all is written, or failed. */
static bool write_now(struct batch *b)
{
    bool regular = out.target == REGULAR;
    for (; b->part < PARTS; b->part++)
        while (b->parts[b->part].len > 0 && !b->code)
            if ((!regular && !takes_more(STDOUT_FILENO, 0)) ||
                !write_some(STDOUT_FILENO, &b->parts[b->part].at, &b->parts[b->part].len,
                            regular ? INT_MAX : PIPE_BUF, &b->code))
                return false;
    return true;
}

/* ---- turns ---- */

/* Lock held. One is enough: it wakes the next when it has had its turn. */
static void wake_next(void)
{
    struct waiter *w = out.first;
    pthread_cond_signal(&out.turn);
    if (!w)
        return;
    out.first = w->next;
    if (!out.first)
        out.end = &out.first;
    helper_ready(w->fiber);
}

static bool enter(struct dfl_fiber *fiber, void *arg)
{
    struct waiter *w = arg;
    pthread_mutex_lock(&out.lock);
    bool waits = out.writing;
    if (waits) {
        *w = (struct waiter){.fiber = fiber};
        *out.end = w;
        out.end = &w->next;
    }
    pthread_mutex_unlock(&out.lock);
    return waits;
}

/* Lock held before and after, and `writing`. */
static void wait_turn(struct dfl_fiber *fiber)
{
    struct waiter w;
    pthread_mutex_unlock(&out.lock);
    bool parked = helper_park(fiber, enter, &w);
    pthread_mutex_lock(&out.lock);
    if (!parked && out.writing)
        pthread_cond_wait(&out.turn, &out.lock);
}

/* Lock held: the end of a turn. */
static void leave(void)
{
    if (!out.writing)
        wake_next();
    pthread_mutex_unlock(&out.lock);
}

static void end_writing(struct batch *b)
{
    if (b->code == EPIPE)
        end_by_sigpipe();
    free(b->added);
    pthread_mutex_lock(&out.lock);
    out.writing = false;
    out.backlog -= b->added_len;
    leave();
}

/* On a helper thread: a fiber that ended the writing would need a worker for that, and all of them
 * may be waiting for it on large stacks. */
static void write_rest(void *arg)
{
    struct batch *b = arg;
    for (; b->part < PARTS && !b->code; b->part++)
        b->code = stream_write(STDOUT_FILENO, b->parts[b->part].at, b->parts[b->part].len);
    end_writing(b);
}

/* Takes all out of the buffer. */
static struct batch take(void)
{
    struct batch b = {.parts = {{out.text, out.len}, {out.added.text, out.added.len}},
                      .added = out.added.text,
                      .added_len = out.added.len};
    char *spare = out.spare;
    out.spare = out.text;
    out.text = spare;
    out.len = 0;
    out.added = (struct added){0};
    return b;
}

/* Lock held before and after, and nobody writes. `line`: one that goes out behind the buffer; NULL:
 * none. What could not be written is gone. */
static int write_out(struct dfl_fiber *fiber, const struct dfl_view *line)
{
    struct batch b = take();
    if (line) {
        b.parts[2].at = line->ptr, b.parts[2].len = line->len;
        b.parts[3].at = "\n", b.parts[3].len = 1;
    }
    out.writing = true;
    pthread_mutex_unlock(&out.lock);
    if (write_now(&b))
        end_writing(&b);
    else
        helper_call(fiber, write_rest, &b);
    pthread_mutex_lock(&out.lock);
    return b.code;
}

/* ---- lines ---- */

static void find_target(void)
{
    struct stat st;
    if (isatty(STDOUT_FILENO))
        out.target = TERMINAL;
    else
        out.target = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) ? REGULAR : OTHER;
}

static void add(const struct dfl_view *line)
{
    if (line->len)
        memcpy(out.text + out.len, line->ptr, (size_t)line->len);
    out.len += line->len;
    out.text[out.len++] = '\n';
}

/* Lock held. Whether a line would be the next in the buffer. */
static bool has_room(int64_t len)
{
    return out.added.len == 0 && out.len + len < BUFFER_SIZE;
}

/* Lock held. On a terminal nothing is to stay behind in the buffer. */
static bool must_wait(const struct dfl_view *line)
{
    return out.writing && (out.target == TERMINAL || !has_room(line->len));
}

/* Lock held, and must_wait() is false. */
static int put(struct dfl_fiber *fiber, const struct dfl_view *line)
{
    if (line->len >= BUFFER_SIZE)
        return write_out(fiber, line);
    add(line);
    return out.target == TERMINAL ? write_out(fiber, NULL) : 0;
}

int stream_line(struct dfl_fiber *fiber, const struct dfl_view *line)
{
    int code = 0;
    if (print_elsewhere(fiber, line))
        return 0;
    pthread_mutex_lock(&out.lock);
    if (out.target == UNKNOWN)
        find_target();
    for (;;) {
        while (must_wait(line))
            wait_turn(fiber);
        bool fits = has_room(line->len) || line->len >= BUFFER_SIZE;
        if (fits || (code = write_out(fiber, NULL)))
            break;
    }
    if (!code)
        code = put(fiber, line);
    leave();
    return code;
}

int stream_flush(struct dfl_fiber *fiber)
{
    pthread_mutex_lock(&out.lock);
    while (out.writing)
        wait_turn(fiber);
    int code = out.len || out.added.len ? write_out(fiber, NULL) : 0;
    leave();
    return code;
}

/* ---- what others print ---- */

static void append(struct added *a, const void *text, int64_t len)
{
    if (a->room - a->len < len) {
        a->room = 2 * a->room > a->len + len ? 2 * a->room : a->len + len;
        a->text = list_resize(a->text, (uint64_t)a->room, 1);
    }
    memcpy(a->text + a->len, text, (size_t)len);
    a->len += len;
}

bool stream_add(const void *lines, int64_t len)
{
    pthread_mutex_lock(&out.lock);
    if (out.target == UNKNOWN)
        find_target();
    bool buffered = has_room(len) && out.target != TERMINAL;
    if (buffered) {
        memcpy(out.text + out.len, lines, (size_t)len);
        out.len += len;
    } else {
        append(&out.added, lines, len);
        out.backlog += len;
    }
    pthread_mutex_unlock(&out.lock);
    return buffered;
}

int64_t stream_backlog(void)
{
    pthread_mutex_lock(&out.lock);
    int64_t backlog = out.backlog;
    pthread_mutex_unlock(&out.lock);
    return backlog;
}

void stream_flush_if_free(void)
{
    if (pthread_mutex_trylock(&out.lock) != 0)
        return;
    struct batch b = {.part = PARTS};
    if (!out.writing)
        b = take();
    write_now(&b);
    pthread_mutex_unlock(&out.lock);
}

void dfl_output_flush(void)
{
    int code = stream_flush(NULL);
    if (code == 0)
        return;
    fprintf(stderr, "error: cannot write standard output: %s\n", strerror(code));
    _exit(1);
}

/* ---- standard error ---- */

static void write_words(void *arg)
{
    const struct dfl_view *words = arg;
    stream_write(STDERR_FILENO, words->ptr, words->len); /* nowhere is left to complain */
}

void stream_words(struct dfl_fiber *fiber, const void *text, int64_t len)
{
    struct dfl_view words = value_static(text, len);
    if (len <= PIPE_BUF && takes_more(STDERR_FILENO, 0))
        write_words(&words);
    else
        helper_call(fiber, write_words, &words);
}
