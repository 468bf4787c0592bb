/* link.c - the program gets the runtime whole, and libc as the system has it. */
#include "link.h"

#include "cc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef DFL_LINK_FLAGS
#define DFL_LINK_FLAGS ""
#endif

static void make_command(struct cc *c, const struct link *l)
{
    cc_add_words(c, DFL_LINK_FLAGS);
    cc_add_words(c, "-Wl,--build-id=none -o");
    cc_add(c, l->out);
    for (uint32_t i = 0; l->objects[i]; i++)
        cc_add(c, l->objects[i]);
    for (uint32_t i = 0; l->extra[i]; i++)
        cc_add(c, l->extra[i]);
    cc_add(c, l->runtime);
    cc_add_words(c, "-lm -lpthread -ldl");
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
static int64_t most_bytes(const struct link *l)
{
    int64_t sum = size_of(l->runtime) + (1 << 20);
    for (uint32_t i = 0; l->objects[i]; i++)
        sum += size_of(l->objects[i]);
    return sum;
}

/* ---------------------------------------------------------------------------------------------- */

enum link_end link_program(const struct link *l, struct arena *arena, const char **said)
{
    *said = "";
    if (access(l->runtime, R_OK)) {
        fprintf(stderr, "dfl: cannot read the runtime library '%s': %s\n", l->runtime,
                strerror(errno));
        return LINK_FAILED;
    }
    struct cc c;
    cc_begin(&c, arena);
    make_command(&c, l);
    int status = cc_run(&c, said), why = 0;
    if (status > 0 && !is_special(l->out))
        why = why_no_room(l->out, most_bytes(l));
    if (status != 0 && !is_special(l->out))
        unlink(l->out);
    if (status > 0 && !why)
        *said = arena_format(arena, "%sdfl: the linker '%s' failed with status %d\n", *said,
                             cc_name(&c), status);
    errno = why;
    return status == 0 ? LINK_DONE : why ? LINK_NO_ROOM : LINK_FAILED;
}
