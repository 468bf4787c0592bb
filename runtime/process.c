/* process.c - posix_spawn, the parent-death signal, and the file that holds the run. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PART "DFL_PART"

extern char **environ;

int process_publish(const struct run *run)
{
    int fd = memfd_create("dfl-run", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    if (write(fd, run, sizeof *run) == (ssize_t)sizeof *run)
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

const char *process_part(struct process_part *part)
{
    const char *text = getenv(PART);
    part->self = 0;
    if (!text)
        return NULL;
    unsigned self, parent;
    if (sscanf(text, "%u:%d:%u:%d", &self, &part->fd, &parent, &part->store) != 4)
        return PART " is for processes that dfl starts itself; unset it";
    unsetenv(PART); /* what the program starts is no part of the run */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if ((unsigned)getppid() != parent)
        _exit(1); /* the parent died before that call */
    if (pread(part->fd, &part->run, sizeof part->run, 0) != (ssize_t)sizeof part->run)
        return "cannot read what run this process is part of";
    fcntl(part->fd, F_SETFD, FD_CLOEXEC);
    if (part->store >= 0)
        fcntl(part->store, F_SETFD, FD_CLOEXEC);
    part->self = self;
    return NULL;
}

/* The environment with PART in it; the strings are shared. */
static char **environment(char *part)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **env = malloc((count + 2) * sizeof *env);
    if (!env)
        return NULL;
    memcpy(env, environ, count * sizeof *env);
    env[count] = part;
    env[count + 1] = NULL;
    return env;
}

static int spawn(int run_fd, int store, bool is_root, char **argv, char **env, pid_t *out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_adddup2(&files, run_fd, run_fd); /* stays open in the child */
    if (store >= 0)
        posix_spawn_file_actions_adddup2(&files, store, store);
    if (!is_root) {
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    int error = posix_spawn(out, "/proc/self/exe", &files, &attributes, argv, env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return error;
}

int process_start(int run_fd, int store, uint32_t self, char **argv, pid_t *out)
{
    char part[64];
    snprintf(part, sizeof part, PART "=%u:%d:%u:%d", self, run_fd, (unsigned)getpid(), store);
    char **env = environment(part);
    if (!env)
        return ENOMEM;
    bool outward = self == ID_ROOT || self == ID_HEAD;
    int error = spawn(run_fd, store, outward, argv, env, out);
    free(env);
    return error;
}
