/* cc.c - read from the bottom. */
#include "cc.h"
#include "temp.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef DFL_CC
#define DFL_CC "cc"
#endif

extern char **environ;

void cc_add(struct cc *c, const char *word)
{
    vec_push(c->arena, &c->words, arena_copy(c->arena, word, strlen(word)));
}

void cc_add_words(struct cc *c, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, " ;");
        if (len)
            vec_push(c->arena, &c->words, arena_copy(c->arena, text, len));
        text += len + (text[len] != 0);
    }
}

void cc_begin(struct cc *c, struct arena *arena)
{
    const char *user = getenv("CC");
    *c = (struct cc){.arena = arena};
    cc_add_words(c, user && *user ? user : DFL_CC);
}

const char *cc_name(const struct cc *c)
{
    return c->words.count ? c->words.at[0] : "";
}

/* Clang stops after 20 errors; gcc, which tells all, does not know the option. */
static const char clang_tells_all[] = "CCC_OVERRIDE_OPTIONS=# +-ferror-limit=0";

/* The environment, with all messages, in English, where they are read, and with the system's PATH
 * if there is none: the compiler looks for the linker there. */
static char **environment(struct cc *c, bool english)
{
    VEC(char *) all = {0};
    const char *path = getenv("PATH");
    char standard[128];
    for (char **at = environ; *at; at++)
        if (!english || (strncmp(*at, "LC_", 3) && strncmp(*at, "LANG", 4)))
            vec_push(c->arena, &all, *at);
    if (english)
        vec_push(c->arena, &all, arena_copy(c->arena, "LC_ALL=C", 8));
    if (english && !getenv("CCC_OVERRIDE_OPTIONS"))
        vec_push(c->arena, &all, arena_copy(c->arena, clang_tells_all, sizeof clang_tells_all - 1));
    if (!path && confstr(_CS_PATH, standard, sizeof standard) <= sizeof standard)
        vec_push(c->arena, &all, arena_format(c->arena, "PATH=%s", standard));
    vec_push(c->arena, &all, NULL);
    return all.at;
}

static const char *read_all(struct arena *arena, int fd)
{
    VEC(char) text = {0};
    char part[4096];
    ssize_t n;
    while ((n = read(fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR))
        for (ssize_t i = 0; i < n; i++)
            vec_push(arena, &text, part[i]);
    vec_push(arena, &text, 0);
    return text.at;
}

/* Waits for the child; the exit status, or 128 + the signal that ended it. */
static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) {
            temp_writer(0);
            return 127;
        }
    temp_writer(0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In a process group of its own, for temp.c to end. 0, or what is wrong. `pipe_in`: where its
 * standard error goes, or -1. */
static int start(struct cc *c, pid_t *child, int pipe_in)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t before;
    posix_spawn_file_actions_init(&actions);
    if (pipe_in >= 0)
        posix_spawn_file_actions_adddup2(&actions, pipe_in, 2);
    temp_hold(&before);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &before);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int error = posix_spawnp(child, c->words.at[0], &actions, &attributes, c->words.at,
                             environment(c, pipe_in >= 0));
    if (!error)
        temp_writer(*child);
    temp_go_on(&before);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int refuse(const struct cc *c, int error)
{
    fprintf(stderr, "dfl: cannot start the C compiler '%s': %s\n", cc_name(c), strerror(error));
    fprintf(stderr, "hint: install the package gcc, or set CC to a C compiler\n");
    return -1;
}

int cc_run(struct cc *c, const char **said)
{
    pid_t child;
    int ends[2] = {-1, -1};
    vec_push(c->arena, &c->words, NULL);
    if (said && pipe2(ends, O_CLOEXEC))
        return refuse(c, errno);
    int error = start(c, &child, ends[1]);
    if (said) {
        close(ends[1]);
        if (!error)
            *said = read_all(c->arena, ends[0]);
        close(ends[0]);
    }
    return error ? refuse(c, error) : wait_for(child);
}
