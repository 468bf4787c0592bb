/* temp.c - a list of paths, read by a signal handler. */
#include "temp.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEMP_MOST = 8 };
static const char *volatile watched[TEMP_MOST];

static void on_signal(int number)
{
    for (int i = TEMP_MOST - 1; i >= 0; i--)
        if (watched[i])
            remove(watched[i]); /* unlink() or rmdir(), both safe here */
    signal(number, SIG_DFL);
    raise(number);
}

static void catch_signals(void)
{
    static bool done;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; !done && i < sizeof signals / sizeof *signals; i++)
        if (signal(signals[i], on_signal) == SIG_IGN)
            signal(signals[i], SIG_IGN);
    done = true;
}

void temp_watch(const char *path)
{
    catch_signals();
    int i = 0;
    while (i < TEMP_MOST && watched[i])
        i++;
    assert(i < TEMP_MOST);
    watched[i] = path;
}

void temp_forget(const char *path)
{
    for (int i = 0; i < TEMP_MOST; i++)
        if (watched[i] == path)
            watched[i] = NULL;
}

void temp_remove(const char *path)
{
    remove(path);
    temp_forget(path);
}

const char *temp_make(struct arena *arena, const char *ending)
{
    const char *tmp = getenv("TMPDIR");
    char *path = arena_format(arena, "%s/dfl-XXXXXX%s", tmp && tmp[0] ? tmp : "/tmp", ending);
    int fd = mkstemps(path, (int)strlen(ending));
    if (fd < 0) {
        fprintf(stderr, "error: cannot write to '%s': %s\n", path, strerror(errno));
        fprintf(stderr, "hint: set TMPDIR to a folder that can be written\n");
        return NULL;
    }
    close(fd);
    temp_watch(path);
    return path;
}
