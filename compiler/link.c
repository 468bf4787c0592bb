/* link.c - runs the C compiler as a linker: it knows the start files and folders of the system. The
 * program gets the runtime whole, and libc as the system has it. */
#include "link.h"

#include "base/arena.h"
#include "base/vec.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Waits for the child; the exit status, or 128 + the signal that ended it. */
static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool run(struct command *c)
{
    pid_t child;
    const char *name = c->words.at[0];
    int error = posix_spawnp(&child, name, NULL, NULL, c->words.at, environ);
    if (error) {
        fprintf(stderr, "dfl: cannot start the linker '%s': %s\n", name, strerror(error));
        fprintf(stderr, "hint: install the package gcc, or set CC to a C compiler\n");
        return false;
    }
    int status = wait_for(child);
    if (status)
        fprintf(stderr, "dfl: the linker '%s' failed with status %d\n", name, status);
    return status == 0;
}

bool link_program(const char *object, const char *runtime, const char *out)
{
    if (access(runtime, R_OK)) {
        fprintf(stderr, "dfl: cannot read the runtime library '%s': %s\n", runtime,
                strerror(errno));
        return false;
    }
    struct command c = {0};
    make_command(&c, object, runtime, out);
    bool good = run(&c);
    if (!good)
        unlink(out);
    arena_free(&c.arena);
    return good;
}
