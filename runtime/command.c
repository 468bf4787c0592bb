/* command.c - descriptors, the start, and the end. Read command.h and session.h first.
 *
 * What the program reads is a file in memory, so it reads as much of it as it likes, when it likes.
 * What it writes comes through two pipes. When it has ended they are read to their ends; what it
 * left running may hold them open, and is not waited for long. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "keeper.h"
#include "session.h"
#include "stream.h"

extern char **environ;

enum { READ_FIRST = 4096, READ_AT_ONCE = 1 << 20 };

/* How long, in nanoseconds: */
static const int64_t close_ns = 200000000, /* pipes may stay open behind the end */
    ask_ns = 200000000,                    /* SIGTERM may take until SIGKILL comes */
    look_ns = 10000000,                    /* between looks at what is to end */
    give_up_ns = INT64_C(2) * 1000000000;  /* what cannot be killed is waited for */

/* ---- starting ---- */

/* The same above the standard streams, whose places the program's take. -1: errno says why. */
static int above_streams(int fd)
{
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    int other = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), code = errno;
    close(fd);
    errno = code;
    return other;
}

static int open_input(const struct command *c)
{
    if (c->input_len == 0)
        return above_streams(open("/dev/null", O_RDONLY | O_CLOEXEC));
    int fd = above_streams(memfd_create("stdin", MFD_CLOEXEC));
    if (fd < 0)
        return -1;
    int code = stream_write(fd, c->input, c->input_len);
    lseek(fd, 0, SEEK_SET);
    if (!code)
        return fd;
    close(fd);
    errno = code;
    return -1;
}

/* Gives the writing end; *reading does not wait. -1: errno says why. */
static int open_output(int *reading)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    *reading = ends[0];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return above_streams(ends[1]);
}

/* The environment but for the settings of this run, as a new array of the same strings. */
static char **environment(void)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **env = malloc((count + 1) * sizeof *env);
    for (size_t i = 0; env && i < count; i++)
        if (strncmp(environ[i], "DFL_", 4) != 0)
            env[kept++] = environ[i];
    if (env)
        env[kept] = NULL;
    return env;
}

/* It has nothing of ours: no descriptor, no signal that is ignored, no terminal to stop at. */
static int spawn(struct command *c, const int streams[3], char **env)
{
    struct child child;
    sigset_t all;
    sigfillset(&all);
    child_init(&child, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    posix_spawnattr_setsigdefault(&child.attributes, &all);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        posix_spawn_file_actions_adddup2(&child.files, streams[fd], fd);
    posix_spawn_file_actions_addclosefrom_np(&child.files, STDERR_FILENO + 1);
    return child_start(&child, c->words[0], c->words, env, &c->pid);
}

static int spawn_kept(struct command *c, const int streams[3])
{
    struct stat output;
    int code = keeper_open();
    if (code)
        return code;
    char **env = environment();
    if (!env)
        return ENOMEM;
    fstat(streams[STDOUT_FILENO], &output);
    keeper_before_start(output.st_ino);
    code = spawn(c, streams, env);
    keeper_started(code ? 0 : c->pid);
    free(env);
    return code;
}

/* Without it, and without a number for it, there is nothing to wait for. */
static int open_ends(struct command *c)
{
    c->ends = (int)syscall(SYS_pidfd_open, c->pid, 0);
    return c->ends < 0 ? errno : 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void reap(struct command *c)
{
    keeper_forget(c->pid);
    while (waitpid(c->pid, NULL, WNOHANG) < 0 && errno == EINTR)
        ;
    close_fd(&c->ends);
    close_fd(&c->from_output);
    close_fd(&c->from_error);
}

bool command_start(struct command *c, int64_t now)
{
    int streams[3] = {-1, -1, -1};
    c->ends = c->from_output = c->from_error = -1;
    bool open = (streams[0] = open_input(c)) >= 0 &&
                (streams[1] = open_output(&c->from_output)) >= 0 &&
                (streams[2] = open_output(&c->from_error)) >= 0;
    c->code = open ? spawn_kept(c, streams) : errno;
    bool started = !c->code;
    for (int i = 0; i < 3; i++)
        close_fd(&streams[i]);
    if (started && (c->code = open_ends(c))) {
        session_signal(c->pid, SIGKILL);
        reap(c);
    } else if (c->code) {
        close_fd(&c->from_output);
        close_fd(&c->from_error);
    }
    if (c->code)
        return false;
    c->due = c->deadline = clock_later(now, c->timeout);
    return true;
}

/* ---- hearing ---- */

void command_fds(const struct command *c, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = c->ends, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = c->ending ? -1 : c->from_output, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = c->ending ? -1 : c->from_error, .events = POLLIN};
}

/* Reads what there is, or much of it. What an ending program says is not kept. */
static void hear(const struct command *c, int *fd, struct buffer *b)
{
    for (int64_t most = READ_AT_ONCE; *fd >= 0 && most > 0;) {
        if (b->room == b->len)
            buffer_space(b, b->len ? b->len : READ_FIRST);
        int64_t room = b->room - b->len;
        ssize_t n = read(*fd, buffer_space(b, 1), (size_t)(room < most ? room : most));
        if (n > 0) {
            most -= n;
            b->len += c->ending ? 0 : n;
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
            close_fd(fd);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

/* ---- the end ---- */

/* It is waited for later: until then its number is nobody else's. */
static void look_for_exit(struct command *c, int64_t now)
{
    siginfo_t info = {.si_pid = 0};
    if (c->exited ||
        (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0))
        return;
    c->exited = true;
    c->status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    if (info.si_pid == 0) { /* someone else has waited for it */
        c->outcome = COMMAND_FAILED;
        c->code = ECHILD;
    }
    c->close_at = clock_later(now, close_ns);
    close_fd(&c->ends);
}

static void begin_end(struct command *c, int64_t now, enum command_outcome outcome)
{
    c->ending = true;
    c->outcome = outcome;
    c->kill_at = clock_later(now, ask_ns);
    c->give_up_at = clock_later(now, give_up_ns);
    session_signal(c->pid, SIGTERM);
}

/* True: nothing is left, or nothing helps. */
static bool go_on_ending(struct command *c, int64_t now)
{
    uint32_t left = session_signal(c->pid, now >= c->kill_at ? SIGKILL : 0);
    c->due = clock_later(now, look_ns);
    return (c->exited && left == 0) || now >= c->give_up_at;
}

static bool is_heard_out(struct command *c, int64_t now)
{
    c->due = c->exited ? c->close_at : c->deadline;
    return c->exited && ((c->from_output < 0 && c->from_error < 0) || now >= c->close_at);
}

bool command_step(struct command *c, int64_t now)
{
    look_for_exit(c, now); /* first: all it wrote is in the pipes then */
    hear(c, &c->from_output, &c->output);
    hear(c, &c->from_error, &c->error);
    if (!c->ending && atomic_load(&c->unwanted))
        begin_end(c, now, COMMAND_LEFT);
    else if (!c->ending && !c->exited && now >= c->deadline)
        begin_end(c, now, COMMAND_LATE);
    bool over = c->ending ? go_on_ending(c, now) : is_heard_out(c, now);
    if (over)
        reap(c);
    return over;
}
