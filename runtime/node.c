/* node.c - children, signals, and the rows of a node. Read node.h and tables.h first.
 *
 * The main thread starts the children, for a child ends with the thread that started it, and sleeps
 * in poll() until one ends, a signal comes, or the role wants something done that is its own to do.
 */
#include "node.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "block.h"
#include "clock.h"
#include "comms.h"
#include "encode.h"
#include "node_store.h"
#include "stats.h"
#include "tables.h"

enum {
    STARTS_MOST = 100,    /* of workers of one node: what kills them all is the program */
    END_MS = 2000,        /* how long the end waits for children */
    END_CHECK_MS = 60000, /* ... and if they are to say what they leave behind */
    ORPHANS_MS = 200,     /* ... for children of children */
};

struct child {
    uint32_t proc;
    pid_t pid;          /* 0: none */
    int64_t stopped_at; /* by SIGSTOP or the like; 0: it is not */
};

static struct {
    uint32_t self;
    struct node_tables tables;
    struct comms *comms;
    pthread_t thread;
    struct child *children; /* the head: [0] its worker, [n] node n + 1; others: the worker */
    uint32_t count;
    char **argv;
    int run_fd, events;
    const struct settings *settings;
    int64_t detect_ns;
    bool check, ending;
    bool failed;          /* a child could not go on, and has said why */
    struct stats *stats;  /* the head: of each node; role */
    struct buffer deaths; /* the head: a line for each; role */
    int64_t began;
    bool root_ended;
    int root_status; /* of waitpid() */
    int status;
    _Atomic bool leave; /* the head says so, or is not there */
    bool is_lost;       /* the latter; set before */
    _Atomic bool doomed[RUN_NODES_MOST + 1];
} node;

static bool is_head(void)
{
    return node.self == ID_HEAD;
}

static void nudge_main(void)
{
    uint64_t one = 1;
    ssize_t written = write(node.events, &one, sizeof one);
    (void)written; /* full means that it is awake */
}

/* ---- the role ---- */

static void enter(void *user)
{
    (void)user;
}

static bool on_row(void *user, uint32_t from, struct bytes row, int64_t now, struct actions *out)
{
    (void)user;
    node_tables_heard(&node.tables, from, now);
    return node_tables_on_row(&node.tables, from, row, now, out);
}

/* Told with the statistics, so that they do not mix with what the program prints. */
static void note_death(const struct action *a)
{
    char name[ID_NAME], line[256];
    if (!node.stats || node.ending)
        return;
    int len = snprintf(line, sizeof line, "  %s died after %.3f s: %.*s\n", id_name(a->proc, name),
                       (double)(clock_now() - node.began) / 1e9, (int)a->bytes.len,
                       (const char *)a->bytes.at);
    buffer_append(&node.deaths, line, (size_t)len);
}

static void act(void *user, const struct action *a, struct actions *out)
{
    (void)user;
    if (node_store_act(&node.tables, a, out))
        return;
    switch (a->kind) {
    case ACT_KILL:
        atomic_store(&node.doomed[id_node(a->proc)], true);
        nudge_main();
        break;
    case ACT_DIED:
        note_death(a);
        break;
    case ACT_REPORT:
        if (node.stats && id_node(a->proc) <= node.count)
            stats_read(a->bytes, &node.stats[id_node(a->proc) - 1]);
        break;
    case ACT_LEAVE:
        node.is_lost = a->bytes.len > 0;
        atomic_store(&node.leave, true);
        nudge_main();
        break;
    default:
        assert(!"an action of nodes");
    }
}

static int64_t step(void *user, int64_t now, struct actions *out)
{
    (void)user;
    return node_tables_on_tick(&node.tables, now, out);
}

static void *thread_main(void *arg)
{
    comms_loop(node.comms);
    return arg;
}

/* ---- children ---- */

static bool start_child(struct child *child, uint32_t proc)
{
    *child = (struct child){.proc = proc};
    int error = process_start(node.run_fd, id_is_node(proc) ? -1 : node_store_fd(), proc, node.argv,
                              &child->pid);
    if (error == 0)
        return true;
    child->pid = 0;
    fprintf(stderr, "error: cannot start %s %u: %s\n",
            id_is_node(proc) ? "node" : "the worker of node", id_node(proc), strerror(error));
    if (id_is_node(proc))
        fprintf(stderr, "hint: ask for fewer nodes, or raise the limit of processes (ulimit -u)\n");
    return false;
}

static struct child *find_child(pid_t pid)
{
    for (uint32_t i = 0; i < node.count; i++)
        if (node.children[i].pid == pid)
            return &node.children[i];
    return NULL;
}

static void kill_children(int signal_number)
{
    for (uint32_t i = 0; i < node.count; i++)
        if (node.children[i].pid)
            kill(node.children[i].pid, signal_number);
}

static uint32_t dead_proc;
static char dead_why[64];

static void tell_death(void *user, struct actions *out)
{
    (void)user;
    struct bytes why = {(const uint8_t *)dead_why, strlen(dead_why)};
    node_tables_on_exit(&node.tables, dead_proc, why, out);
    if (!id_is_node(dead_proc))
        node_store_worker_died(dead_proc);
}

static void describe(int status)
{
    if (WIFSIGNALED(status))
        snprintf(dead_why, sizeof dead_why, "ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == 0)
        snprintf(dead_why, sizeof dead_why, "left, for it had no word of the head");
    else
        snprintf(dead_why, sizeof dead_why, "ended with status %d", WEXITSTATUS(status));
}

/* The worker of this node is no more, though the run goes on: another one takes its place. */
static void replace_worker(struct child *child)
{
    uint32_t next = child->proc + 1;
    if (id_start(next) <= STARTS_MOST)
        start_child(child, next);
}

static void on_exit_of(struct child *child, int status)
{
    bool failed = WIFEXITED(status) && WEXITSTATUS(status) != 0;
    child->pid = 0;
    if (child->proc == ID_ROOT) {
        node.root_ended = true;
        node.root_status = status;
        return;
    }
    if (failed && !node.status)
        node.status = WEXITSTATUS(status);
    node.failed |= failed;
    if (node.failed || node.ending)
        return;
    dead_proc = child->proc;
    describe(status);
    comms_call(node.comms, tell_death);
    if (!id_is_node(child->proc))
        replace_worker(child);
}

static void reap(void)
{
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
        struct child *child = find_child(pid);
        if (!child)
            continue;
        if (WIFEXITED(status) || WIFSIGNALED(status))
            on_exit_of(child, status);
        else
            child->stopped_at = WIFSTOPPED(status) ? clock_now() : 0;
    }
}

/* When a child that is stopped counts as dead; INT64_MAX: none is, or only the root, for which
 * everything waits. */
static int64_t patience_ends(const struct child *child)
{
    bool matters = child->pid && child->stopped_at && child->proc != ID_ROOT;
    return matters ? child->stopped_at + node.detect_ns : INT64_MAX;
}

/* What is stopped for long is killed, as what is silent for long. Returns when to look again, in
 * milliseconds from now, `ms` at the latest. */
static int kill_stopped(int ms)
{
    int64_t now = clock_now();
    for (uint32_t i = 0; i < node.count; i++) {
        int64_t due = patience_ends(&node.children[i]);
        if (due == INT64_MAX)
            continue;
        if (due <= now)
            kill(node.children[i].pid, SIGKILL);
        int left = due <= now ? 10 : (int)((due - now) / 1000000) + 1;
        if (ms < 0 || left < ms)
            ms = left;
    }
    return ms;
}

static void kill_doomed(void)
{
    for (uint32_t i = 1; is_head() && i < node.count; i++)
        if (atomic_exchange(&node.doomed[i + 1], false) && node.children[i].pid)
            kill(node.children[i].pid, SIGKILL);
}

/* ---- waiting ---- */

/* Waits for a child, a signal or the role. Gives a signal that asks this process to end, or 0. */
static int wait_for_event(int signals, int ms)
{
    struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                           {.fd = node.events, .events = POLLIN}};
    struct signalfd_siginfo info;
    uint64_t events;
    int asked = 0;
    poll(fds, 2, kill_stopped(ms));
    if (fds[1].revents)
        while (read(node.events, &events, sizeof events) > 0)
            ;
    while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD)
            asked = (int)info.ssi_signo;
    reap();
    kill_doomed();
    return asked;
}

static bool any_child(void)
{
    for (uint32_t i = 0; i < node.count; i++)
        if (node.children[i].pid)
            return true;
    return false;
}

/* Nobody needs to hear of them any more. */
static void kill_all(void)
{
    kill_children(SIGKILL);
    while (any_child()) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        struct child *child = pid > 0 ? find_child(pid) : NULL;
        if (child)
            child->pid = 0;
        else if (pid < 0 && errno != EINTR)
            break;
    }
}

/* Workers of nodes that were killed end at once, but a moment after their nodes. */
static void wait_for_orphans(void)
{
    int64_t until = clock_now() + ORPHANS_MS * INT64_C(1000000);
    int status;
    while (waitpid(-1, &status, WNOHANG) >= 0 && clock_now() < until)
        usleep(100);
}

/* Children end by themselves, or are ended. */
static void end_children(int signals)
{
    int64_t until = clock_now() + (node.check ? END_CHECK_MS : END_MS) * INT64_C(1000000);
    while (any_child() && clock_now() < until)
        wait_for_event(signals, 50);
    if (any_child() && node.check) {
        fprintf(stderr, "leak: a process of node %u did not end\n", id_node(node.self));
        node.status = 70;
    }
    kill_all();
}

static void finish_rows(void *user, struct actions *out)
{
    (void)user;
    node_tables_finish(&node.tables, out);
}

/* ---- opening and closing ---- */

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL); /* before any thread: all inherit it */
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static const char *open_node(const struct run *run, uint32_t self,
                             const struct dfl_program *program, char **argv, uint32_t children)
{
    static const struct comms_ops ops = {enter, enter, on_row, act, step};
    node.self = self;
    node.argv = argv;
    node.count = children;
    node.detect_ns = run->detect_ns;
    node.children = calloc(children, sizeof *node.children);
    node.events = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!node.children || node.events < 0)
        return "no memory or no files left";
    encode_init(program);
    node_tables_open(&node.tables, self, run->detect_ns, clock_now());
    const char *why = comms_open(run, self, encode_program_hash(program), &ops, NULL, &node.comms);
    encode_fini();
    if (!why)
        why = node_store_open(self, run->store);
    if (why)
        return why;
    if (pthread_create(&node.thread, NULL, thread_main, NULL) != 0)
        return "cannot start a thread";
    return NULL;
}

/* What the children of this node read: the run, with where this node is. */
static bool publish(struct run *run)
{
    struct bytes url = comms_url(node.comms);
    snprintf(run->node_url, sizeof run->node_url, "%.*s", (int)url.len, (const char *)url.at);
    if (is_head())
        memcpy(run->head_url, run->node_url, sizeof run->head_url);
    node.run_fd = process_publish(run);
    return node.run_fd >= 0;
}

static void close_node(void)
{
    comms_stop(node.comms);
    pthread_join(node.thread, NULL);
    comms_close(node.comms);
    node_store_close();
    node_tables_close(&node.tables);
    free(node.children);
    close(node.events);
}

/* ---- the head ---- */

static bool start_all(const struct run *run)
{
    bool good = start_child(&node.children[0], ID_ROOT);
    for (uint32_t i = 2; good && i <= run->nodes; i++)
        good = start_child(&node.children[i - 1], id_proc(i, 0));
    node.status = good ? 0 : 2;
    return good;
}

/* A process that is stopped has to go on to hear that it is to end. */
static void ask_root(int signal_number)
{
    kill(node.children[0].pid, signal_number);
    kill(node.children[0].pid, SIGCONT);
}

/* Until the root has ended. False: the run cannot go on. */
static bool watch(int signals)
{
    while (!node.root_ended && !node.failed) {
        int asked = wait_for_event(signals, -1);
        if (asked && node.children[0].pid)
            ask_root(asked);
    }
    return node.root_ended;
}

/* Ends this process as the root was ended, with the parent none the wiser. */
static int die_by(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    return 128 + number;
}

/* Whether whoever ends a program by it knows what is meant. */
static bool is_usual(int number)
{
    return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGPIPE;
}

static int status_of_root(void)
{
    if (!WIFSIGNALED(node.root_status))
        return WEXITSTATUS(node.root_status);
    int number = WTERMSIG(node.root_status);
    if (!is_usual(number))
        fprintf(stderr, "error: the process that runs main was ended by signal %d (%s)\n", number,
                strsignal(number));
    return die_by(number);
}

static int fail_to_start(const char *why)
{
    fprintf(stderr, "error: cannot start a run on nodes: %s\n", why);
    return 2;
}

int node_run_head(struct run *run, const struct dfl_program *program, char **argv,
                  const struct settings *settings)
{
    int signals = open_signals();
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* for wait_for_orphans() */
    const char *why = open_node(run, ID_HEAD, program, argv, run->nodes);
    if (why)
        return fail_to_start(why);
    node.settings = settings;
    node.check = settings->check;
    if (!publish(run))
        return fail_to_start(strerror(errno));
    node.began = run->began;
    if (settings->stats)
        node.stats = calloc(run->nodes, sizeof *node.stats);
    bool ended = start_all(run) && watch(signals);
    node.ending = true;
    bool heard = settings->check || settings->stats || settings->trace;
    if (heard && ended && WIFEXITED(node.root_status)) {
        comms_call(node.comms, finish_rows);
        end_children(signals);
    } else {
        kill_all();
    }
    close_node();
    wait_for_orphans();
    if (node.deaths.len)
        fprintf(stderr, "%.*s", (int)node.deaths.len, (const char *)node.deaths.at);
    buffer_free(&node.deaths);
    if (node.stats)
        stats_print(stderr, node.stats, run->nodes, (double)(clock_now() - run->began) / 1e9,
                    run->threads, program->elided);
    free(node.stats);
    close(signals);
    close(node.run_fd);
    if (!ended)
        return node.status;
    int status = status_of_root();
    return status ? status : settings->check ? node.status : 0;
}

/* ---- other nodes ---- */

static struct bytes head_url;

static void join(void *user, struct actions *out)
{
    (void)user;
    node_tables_join(&node.tables, comms_url(node.comms), head_url, clock_now(), out);
}

static void finish_worker(void *user, struct actions *out)
{
    (void)user;
    if (node.children[0].pid)
        act_send_finish(out, node.children[0].proc, &(struct msg_finish){0});
}

int node_run(const struct process_part *part, const struct dfl_program *program, char **argv,
             const struct settings *settings)
{
    int signals = open_signals();
    const char *why = open_node(&part->run, part->self, program, argv, 1);
    if (why)
        return fail_to_start(why);
    node.settings = settings;
    node.check = settings->check;
    struct run run = part->run;
    if (!publish(&run))
        return fail_to_start(strerror(errno));
    head_url = (struct bytes){(const uint8_t *)part->run.head_url, strlen(part->run.head_url)};
    comms_call(node.comms, join);
    bool good = start_child(&node.children[0], id_proc(id_node(part->self), 1));
    node.status = good ? 0 : 2;
    while (good && !node.failed && !atomic_load(&node.leave))
        good = wait_for_event(signals, -1) != SIGTERM;
    node.ending = true;
    if (atomic_load(&node.leave) && node.is_lost) {
        kill_all(); /* others have its tasks by now */
    } else {
        comms_call(node.comms, finish_worker);
        end_children(signals);
    }
    if (settings->stats)
        comms_flush(node.comms, ID_HEAD);
    close_node();
    close(signals);
    close(node.run_fd);
    return node.status;
}
