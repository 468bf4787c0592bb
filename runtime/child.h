/* child.h - starting a process: what is to be different in it from this one, piece by piece, until
 * it starts. What is missing in memory shows in child_start(). */
#ifndef CHILD_H
#define CHILD_H

#include <spawn.h>
#include <sys/types.h>

#include "base/checked.h"

struct child {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
};

/* No signal is blocked in it. `flags`: what posix_spawnattr_setflags() is to be told besides. */
void child_init(struct child *, short flags);
/* A descriptor that would be closed stays open in it, under the same number. */
void child_keep(struct child *, int fd);
/* Starts it, and ends the struct. A `file` without a slash is looked for in PATH. 0, or an errno.
 */
CHECKED int child_start(struct child *, const char *file, char **argv, char **env, pid_t *out);

#endif
