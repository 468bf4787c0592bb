/* process.c - starting one, the parent-death signal, and the file that holds the run. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child.h"

#define PART "DFL_PART"

extern char **environ;

/* What a process of a run needs, about: open files of its own and for the program, and two for the
 * connections with each other process, a node and its worker each; threads besides its workers,
 * most of them nng's. */
enum { FILES_OWN = 64, FILES_A_NODE = 4, THREADS_OWN = 16 };
#define SPACE_OWN ((rlim_t)288 << 20) /* bytes of addresses, besides values */

/* A stream that is closed stays unusable in the same way, but nothing else gets its number. */
static void occupy(int fd)
{
    if (fcntl(fd, F_GETFD) >= 0)
        return;
    int other = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (other >= 0 && other != fd) {
        dup2(other, fd);
        close(other);
    }
}

/* Raises the limit if it may be raised. NULL, or why there is no room. */
static const char *need_files(uint32_t nodes)
{
    static char why[160];
    struct rlimit files;
    rlim_t need = FILES_OWN + (rlim_t)nodes * FILES_A_NODE;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= need)
        return NULL;
    if (files.rlim_max < need) {
        snprintf(why, sizeof why,
                 "%u nodes need %llu open files in each process, and the limit is %llu (ulimit -n)",
                 nodes, (unsigned long long)need, (unsigned long long)files.rlim_max);
        return why;
    }
    files.rlim_cur = need;
    setrlimit(RLIMIT_NOFILE, &files);
    return NULL;
}

/* Short of threads nng does not fail, it crashes, so a limit that cannot do is told of before. It
 * is none for root. */
static const char *need_threads(uint32_t nodes, uint32_t threads)
{
    static char why[160];
    struct rlimit tasks;
    rlim_t need = (rlim_t)nodes * (2 * THREADS_OWN + threads);
    if (geteuid() == 0 || getrlimit(RLIMIT_NPROC, &tasks) != 0 || tasks.rlim_cur >= need)
        return NULL;
    snprintf(why, sizeof why,
             "%u nodes need %llu processes and threads, and the limit is %llu (ulimit -u)", nodes,
             (unsigned long long)need, (unsigned long long)tasks.rlim_cur);
    return why;
}

/* Nor does it fail short of memory. Its threads' stacks and arenas take less than this. */
static const char *need_space(void)
{
    static char why[160];
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) != 0 || space.rlim_cur >= SPACE_OWN)
        return NULL;
    snprintf(why, sizeof why,
             "several nodes need %llu MiB of addresses in each process, and the limit is %llu MiB "
             "(ulimit -v)",
             (unsigned long long)(SPACE_OWN >> 20), (unsigned long long)(space.rlim_cur >> 20));
    return why;
}

const char *process_prepare(uint32_t nodes, uint32_t threads)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        occupy(fd);
    const char *why = need_files(nodes);
    if (!why)
        why = need_threads(nodes, threads);
    return why ? why : need_space();
}

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

void process_hear_children(void)
{
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        signal(SIGCHLD, SIG_DFL);
}

void process_survive_file_limit(void)
{
    signal(SIGXFSZ, SIG_IGN);
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
    prctl(PR_SET_NAME, program_invocation_short_name); /* not `exe` */
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

char **process_environment(char *part)
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
    struct child child;
    child_init(&child, 0);
    child_keep(&child, run_fd);
    if (store >= 0)
        child_keep(&child, store);
    if (!is_root) {
        posix_spawn_file_actions_addopen(&child.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&child.files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    return child_start(&child, "/proc/self/exe", argv, env, out);
}

int process_start(int run_fd, int store, uint32_t self, char **argv, pid_t *out)
{
    char part[64];
    snprintf(part, sizeof part, PART "=%u:%d:%u:%d", self, run_fd, (unsigned)getpid(), store);
    char **env = process_environment(part);
    if (!env)
        return ENOMEM;
    bool outward = self == ID_ROOT || self == ID_HEAD;
    int error = spawn(run_fd, store, outward, argv, env, out);
    free(env);
    return error;
}
