/* keeper.c - the table of sessions, in memory that both processes share, and the pipe whose end the
 * keeper waits for: it comes when the last who has the other side is gone, which is this process
 * or, for the moment until it is another program, a child of it. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "process.h"
#include "session.h"

/* A keeper has this in its environment: DFL_KEEPER=PIPE:TABLE. */
#define PART "DFL_KEEPER"

enum {
    ASK_MS = 200,  /* to end by themselves, for what is asked by SIGTERM */
    KILL_MS = 500, /* to be gone, for what is killed */
    LOOK_MS = 5,
};

struct table {
    _Atomic ino_t starting; /* its standard output; 0: none is being started */
    _Atomic pid_t sessions[KEEPER_MOST];
};

static struct {
    pid_t pid; /* 0: there is none */
    int life;  /* our side of the pipe */
    struct table *table;
} keeper;

/* ---- in the keeper ---- */

static uint32_t signal_all(const struct table *t, int number)
{
    uint32_t count = 0;
    for (int i = 0; i < KEEPER_MOST; i++)
        if (t->sessions[i])
            count += session_signal(t->sessions[i], number);
    return count;
}

static bool wait_for_all(const struct table *t, int ms, int number)
{
    for (; ms > 0; ms -= LOOK_MS) {
        if (signal_all(t, number) == 0)
            return true;
        usleep(LOOK_MS * 1000);
    }
    return false;
}

static void add(struct table *t, pid_t session)
{
    int i = 0;
    while (i < KEEPER_MOST && t->sessions[i] && t->sessions[i] != session)
        i++;
    if (i < KEEPER_MOST)
        t->sessions[i] = session;
}

static void end_all(struct table *t)
{
    pid_t late = t->starting ? session_of_output(t->starting) : 0;
    if (late)
        add(t, late);
    if (signal_all(t, SIGTERM) && !wait_for_all(t, ASK_MS, 0))
        wait_for_all(t, KILL_MS, SIGKILL);
}

static struct table *map(int fd)
{
    void *at = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* Nothing but the end of the pipe ends it: it does no harm, and nobody else does its work. */
static void ignore_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], SIG_IGN);
}

void keeper_main(void)
{
    const char *text = getenv(PART);
    int life, memory;
    if (!text)
        return;
    struct table *t = sscanf(text, "%d:%d", &life, &memory) == 2 ? map(memory) : NULL;
    if (!t)
        _exit(2);
    ignore_signals();
    prctl(PR_SET_NAME, "keeper");
    char unused;
    ssize_t n;
    do
        n = read(life, &unused, 1);
    while (n > 0 || (n < 0 && errno == EINTR));
    end_all(t);
    _exit(0);
}

/* ---- at home ---- */

/* It has no part in our terminal, nor in our streams, which others may wait to see closed. */
static int spawn(int life, int memory, char **env)
{
    static char *argv[] = {"keeper", NULL};
    struct child child;
    child_init(&child, POSIX_SPAWN_SETSID);
    child_keep(&child, life);
    child_keep(&child, memory);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fd != life && fd != memory)
            posix_spawn_file_actions_addopen(&child.files, fd, "/dev/null", O_RDWR, 0);
    return child_start(&child, "/proc/self/exe", argv, env, &keeper.pid);
}

static int start(int life, int memory)
{
    char part[64];
    snprintf(part, sizeof part, PART "=%d:%d", life, memory);
    char **env = process_environment(part);
    int code = env ? spawn(life, memory, env) : ENOMEM;
    if (code)
        keeper.pid = 0;
    free(env);
    return code;
}

int keeper_open(void)
{
    int ends[2], code = 0;
    if (keeper.pid)
        return 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    int memory = memfd_create("dfl-keeper", MFD_CLOEXEC);
    if (memory < 0 || ftruncate(memory, sizeof(struct table)) != 0 || !(keeper.table = map(memory)))
        code = errno;
    if (!code)
        code = start(ends[0], memory);
    if (memory >= 0)
        close(memory);
    close(ends[0]);
    keeper.life = ends[1];
    if (!code)
        return 0;
    close(ends[1]);
    if (keeper.table)
        munmap(keeper.table, sizeof *keeper.table);
    keeper.table = NULL;
    return code;
}

void keeper_before_start(ino_t output)
{
    keeper.table->starting = output;
}

void keeper_started(pid_t session)
{
    if (session)
        add(keeper.table, session);
    keeper.table->starting = 0;
}

void keeper_forget(pid_t session)
{
    for (int i = 0; i < KEEPER_MOST; i++)
        if (keeper.table->sessions[i] == session)
            keeper.table->sessions[i] = 0;
}

void keeper_close(void)
{
    if (!keeper.pid)
        return;
    close(keeper.life);
    while (waitpid(keeper.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    munmap(keeper.table, sizeof *keeper.table);
    keeper.table = NULL;
    keeper.pid = 0;
}
