/* link.c - runs the C compiler as a linker: it knows the start files and folders of the system. The
 * program gets the runtime whole, and libc as the system has it. */
#include "link.h"

#include "base/arena.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef DFL_CC
#define DFL_CC "cc"
#endif
#ifndef DFL_LINK_FLAGS
#define DFL_LINK_FLAGS ""
#endif

extern char **environ;

struct command {
    struct arena arena;
    VEC(char *) words;
};

static void add(struct command *c, const char *word)
{
    vec_push(&c->arena, &c->words, arena_copy(&c->arena, word, strlen(word)));
}

/* Words parted by blanks or semicolons. */
static void add_words(struct command *c, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, " ;");
        if (len)
            vec_push(&c->arena, &c->words, arena_copy(&c->arena, text, len));
        text += len + (text[len] != 0);
    }
}

static void make_command(struct command *c, const char *object, const char *runtime,
                         const char *out)
{
    const char *user = getenv("CC");
    add_words(c, user && *user ? user : DFL_CC);
    add_words(c, DFL_LINK_FLAGS);
    add(c, "-Wl,--build-id=none");
    add(c, "-o");
    add(c, out);
    add(c, object);
    add(c, runtime);
    add(c, "-lm");
    add(c, "-lpthread");
    add(c, "-ldl");
    vec_push(&c->arena, &c->words, NULL);
}

/* ---- the linker's words ---------------------------------------------------------------------- */

/* Reads all that comes from `fd`. */
static char *read_words(struct arena *a, int fd)
{
    VEC(char) text = {0};
    char part[4096];
    for (ssize_t n; (n = read(fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR);)
        for (ssize_t i = 0; i < n; i++)
            vec_push(a, &text, part[i]);
    vec_push(a, &text, 0);
    return text.at;
}

/* Waits for the child; the exit status, or 128 + the signal that ended it. */
static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Starts the command with standard error going to `fd`. */
static bool start(struct command *c, int fd, pid_t *child)
{
    const char *name = c->words.at[0];
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, fd, STDERR_FILENO);
    int error = posix_spawnp(child, name, &files, NULL, c->words.at, environ);
    posix_spawn_file_actions_destroy(&files);
    if (error) {
        fprintf(stderr, "dfl: cannot start the linker '%s': %s\n", name, strerror(error));
        fprintf(stderr, "hint: install the package gcc, or set CC to a C compiler\n");
    }
    return !error;
}

/* Runs the command. Its exit status, and its words; or -1 after what was said. */
static int run(struct command *c, char **words)
{
    int ends[2];
    pid_t child;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        fprintf(stderr, "dfl: cannot start the linker: %s\n", strerror(errno));
        return -1;
    }
    bool started = start(c, ends[1], &child);
    close(ends[1]);
    if (started)
        *words = read_words(&c->arena, ends[0]);
    close(ends[0]);
    return started ? wait_for(child) : -1;
}

/* ---- room ------------------------------------------------------------------------------------ */

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* A device or a pipe is no file of ours. */
static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* 0, or why a file of that size cannot be written. Found out by doing it: limits of users and
 * processes show nowhere else. */
static int why_no_room(const char *path, int64_t bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), why = errno;
    if (fd >= 0) {
        why = posix_fallocate(fd, 0, bytes);
        close(fd);
    }
    return why;
}

/* No executable is larger. */
static int64_t most_bytes(const char *object, const char *runtime)
{
    return size_of(object) + size_of(runtime) + (1 << 20);
}

/* ---------------------------------------------------------------------------------------------- */

enum link_end link_program(const char *object, const char *runtime, const char *out)
{
    if (access(runtime, R_OK)) {
        fprintf(stderr, "dfl: cannot read the runtime library '%s': %s\n", runtime,
                strerror(errno));
        return LINK_FAILED;
    }
    struct command c = {0};
    char *words = "";
    make_command(&c, object, runtime, out);
    int status = run(&c, &words), why = 0;
    if (status > 0 && !is_special(out))
        why = why_no_room(out, most_bytes(object, runtime));
    if (status != 0 && !is_special(out))
        unlink(out);
    if (!why)
        fputs(words, stderr);
    if (status > 0 && !why)
        fprintf(stderr, "dfl: the linker '%s' failed with status %d\n", c.words.at[0], status);
    arena_free(&c.arena);
    errno = why;
    return status == 0 ? LINK_DONE : why ? LINK_NO_ROOM : LINK_FAILED;
}
