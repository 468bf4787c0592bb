/* temp.c - a list of paths and a process group, read by a signal handler. */
#include "temp.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEMP_MOST = 8 };
enum { PATIENCE = 100 }; /* times 5 ms */
static const char *volatile watched[TEMP_MOST];
static volatile pid_t writer;
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* Ends a process group, and gives it a moment to be gone: what its first process leaves behind
 * becomes a child of this one. */
static void end_group(pid_t group)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    kill(-group, SIGTERM);
    for (int i = 0; i < PATIENCE; i++) {
        pid_t ended = waitpid(-group, NULL, WNOHANG);
        if (ended < 0 && errno == ECHILD)
            return;
        if (i == PATIENCE / 2)
            kill(-group, SIGKILL);
        if (ended == 0)
            poll(NULL, 0, 5);
    }
}

static void on_signal(int number)
{
    if (writer)
        end_group(writer);
    for (int i = TEMP_MOST - 1; i >= 0; i--)
        if (watched[i])
            remove(watched[i]); /* unlink() or rmdir(), both safe here */
    signal(number, SIG_DFL);
    raise(number);
}

static void catch_signals(void)
{
    static bool done;
    for (size_t i = 0; !done && i < sizeof signals / sizeof *signals; i++)
        if (signal(signals[i], on_signal) == SIG_IGN)
            signal(signals[i], SIG_IGN);
    done = true;
}

void temp_hold(sigset_t *before)
{
    sigset_t set;
    catch_signals();
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, before);
}

void temp_writer(pid_t group)
{
    writer = group;
}

void temp_go_on(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
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

int name_cut(const char *name, size_t more)
{
    size_t len = strlen(name);
    if (len + more <= NAME_MAX)
        return (int)len;
    len = NAME_MAX - more;
    while (len && ((unsigned char)name[len] & 0xc0) == 0x80)
        len--;
    return (int)len;
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
