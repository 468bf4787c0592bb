/* stream.c - standard output: one buffer, one lock. */
#include "stream.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_SIZE = 64 * 1024 };

static struct {
    pthread_mutex_t lock;
    int64_t len;
    enum { UNKNOWN, TERMINAL, OTHER } target;
    char text[BUFFER_SIZE];
} out = {.lock = PTHREAD_MUTEX_INITIALIZER};

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

int stream_write(int fd, const void *text, int64_t len)
{
    const char *p = text;
    while (len > 0) {
        ssize_t n = write(fd, p, (size_t)len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        p += n;
        len -= n;
    }
    return 0;
}

/* The caller holds the lock. */
static int write_out(const void *text, int64_t len)
{
    int code = stream_write(STDOUT_FILENO, text, len);
    if (code == EPIPE)
        end_by_sigpipe();
    return code;
}

static int empty_buffer(void)
{
    int64_t len = out.len;
    out.len = 0;
    return len ? write_out(out.text, len) : 0;
}

static int add(const void *text, int64_t len)
{
    int code = 0;
    if (len > BUFFER_SIZE - out.len)
        code = empty_buffer();
    if (code)
        return code;
    if (len > BUFFER_SIZE)
        return write_out(text, len);
    if (len)
        memcpy(out.text + out.len, text, (size_t)len);
    out.len += len;
    return 0;
}

int stream_line(const struct dfl_view *line)
{
    pthread_mutex_lock(&out.lock);
    if (out.target == UNKNOWN)
        out.target = isatty(STDOUT_FILENO) ? TERMINAL : OTHER;
    int code = add(line->ptr, line->len);
    if (!code)
        code = add("\n", 1);
    if (!code && out.target == TERMINAL)
        code = empty_buffer();
    pthread_mutex_unlock(&out.lock);
    return code;
}

int stream_flush(void)
{
    pthread_mutex_lock(&out.lock);
    int code = empty_buffer();
    pthread_mutex_unlock(&out.lock);
    return code;
}

void stream_flush_if_free(void)
{
    if (pthread_mutex_trylock(&out.lock) != 0)
        return;
    empty_buffer();
    pthread_mutex_unlock(&out.lock);
}

void dfl_output_flush(void)
{
    int code = stream_flush();
    if (code == 0)
        return;
    fprintf(stderr, "error: cannot write standard output: %s\n", strerror(code));
    _exit(1);
}
