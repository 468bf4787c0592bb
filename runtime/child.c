/* child.c - posix_spawn. */
#include "child.h"

#include <signal.h>

void child_init(struct child *child, short flags)
{
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&child->files);
    posix_spawnattr_init(&child->attributes);
    posix_spawnattr_setsigmask(&child->attributes, &none);
    posix_spawnattr_setflags(&child->attributes, (short)(flags | POSIX_SPAWN_SETSIGMASK));
}

void child_keep(struct child *child, int fd)
{
    posix_spawn_file_actions_adddup2(&child->files, fd, fd);
}

int child_start(struct child *child, const char *file, char **argv, char **env, pid_t *out)
{
    int code = posix_spawnp(out, file, &child->files, &child->attributes, argv, env);
    posix_spawn_file_actions_destroy(&child->files);
    posix_spawnattr_destroy(&child->attributes);
    return code;
}
