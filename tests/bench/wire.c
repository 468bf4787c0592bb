/* wire.c - rows from one process to another and answers back, by channel and transport alone.
 *
 *     wire push ipc|tcp ROWS OUTSTANDING [WINDOW]
 *     wire rtt ipc|tcp ROUNDS
 *
 * Rows have 64 bytes, answers 32, as tasks and results do at least. Prints how many rows were
 * answered (rightly: their sum is checked), and seconds. Packets are handled where nng calls back.
 * The second process is this program again. */
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "clock.h"
#include "id.h"
#include "transport.h"

extern char **environ;

enum { ROW = 64, ANSWER = 32, OWNER = 1 << 16, EXECUTOR = 2 << 16 };

static struct {
    uint32_t self, peer;
    bool dialled;
    struct transport *transport;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    struct channel channel;
    int64_t rows, sent, outstanding, answers;
    uint64_t sum;
} node = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void die(const char *why)
{
    fprintf(stderr, "wire: %s\n", why);
    exit(1);
}

/* ---- both ---- */

/* The lock is held. */
static void pump(void)
{
    struct channel_packet p;
    int64_t now = clock_now();
    while (transport_writable(node.transport, node.peer) && channel_next(&node.channel, now, &p))
        transport_send(node.transport, node.peer, p.data, p.len);
}

static void add_rows(void)
{
    while (node.sent < node.rows && node.sent - node.answers < node.outstanding) {
        uint64_t *row = channel_begin(&node.channel, ROW);
        if (!row)
            die("the backlog is full");
        memset(row, 0, ROW);
        memcpy(row, &(uint64_t){(uint64_t)node.sent++}, 8);
        channel_end(&node.channel, ROW);
    }
}

static bool on_row(void *user, const uint8_t *row, size_t len)
{
    (void)user;
    uint64_t number, *answer;
    memcpy(&number, row, sizeof number);
    if (len == ANSWER) {
        node.answers++;
        node.sum += number;
        return true;
    }
    answer = channel_begin(&node.channel, ANSWER);
    memset(answer, 0, ANSWER);
    memcpy(answer, &(uint64_t){number + 1}, 8);
    channel_end(&node.channel, ANSWER);
    return true;
}

static void on_packet(void *user, uint32_t from, const void *data, size_t len)
{
    (void)user, (void)from;
    pthread_mutex_lock(&node.lock);
    if (!channel_on_packet(&node.channel, clock_now(), data, len, on_row, NULL))
        die("a packet was not understood");
    if (node.self == OWNER)
        add_rows();
    pump();
    if (node.self == OWNER && node.answers == node.rows)
        pthread_cond_broadcast(&node.changed);
    pthread_mutex_unlock(&node.lock);
}

static void on_writable(void *user, uint32_t to)
{
    (void)user, (void)to;
    pthread_mutex_lock(&node.lock);
    node.dialled = true;
    pump();
    pthread_cond_broadcast(&node.changed);
    pthread_mutex_unlock(&node.lock);
}

static void on_lost(void *user, uint32_t proc)
{
    (void)user, (void)proc;
    if (node.self == EXECUTOR)
        _exit(0);
}

static void on_refused(void *user, const char *text)
{
    (void)user;
    die(text);
}

/* What time asks for: acknowledgements, and packets that are to be sent again. */
static void *tick(void *arg)
{
    for (;; usleep(500)) {
        pthread_mutex_lock(&node.lock);
        if (clock_now() >= channel_due(&node.channel))
            pump();
        pthread_mutex_unlock(&node.lock);
    }
    return arg;
}

static void open_node(uint32_t self, uint32_t peer, const char *url, uint32_t window)
{
    node.self = self;
    node.peer = peer;
    channel_init(&node.channel, window, SIZE_MAX);
    struct transport_config config = {
        .self = self,
        .url = url,
        .on_packet = on_packet,
        .on_writable = on_writable,
        .on_lost = on_lost,
        .on_refused = on_refused,
    };
    char why[TRANSPORT_WHY];
    if (!transport_open(&config, &node.transport, why))
        die(why);
}

static void dial(const char *url)
{
    char why[TRANSPORT_WHY];
    if (!transport_peer_open(node.transport, node.peer, url, why))
        die(why);
    pthread_t thread;
    if (pthread_create(&thread, NULL, tick, NULL) != 0)
        die("no thread");
}

/* ---- the second process: told where the first is, tells where it is ---- */

static _Noreturn void execute(char **argv)
{
    open_node(EXECUTOR, OWNER, argv[2], (uint32_t)atoi(argv[4]));
    puts(transport_url(node.transport));
    fflush(stdout);
    dial(argv[3]);
    for (;;)
        pause();
}

/* Its address. */
static void start_executor(const char *self, const char *url, const char *window, char out[256])
{
    int pipe_ends[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        die("no pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
    char *argv[] = {(char *)self,   "execute", (char *)url, (char *)transport_url(node.transport),
                    (char *)window, NULL};
    if (posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ) != 0)
        die("cannot start the second process");
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    FILE *f = fdopen(pipe_ends[0], "r");
    if (!f || !fgets(out, 256, f))
        die("the second process said nothing");
    out[strcspn(out, "\n")] = '\0';
    fclose(f);
}

/* ---- the first ---- */

static void wait_for(const bool *flag)
{
    pthread_mutex_lock(&node.lock);
    while (!*flag)
        pthread_cond_wait(&node.changed, &node.lock);
    pthread_mutex_unlock(&node.lock);
}

/* Seconds that `rows` take with so many outstanding. */
static double push(int64_t rows, int64_t outstanding)
{
    pthread_mutex_lock(&node.lock);
    node.rows = rows;
    node.outstanding = outstanding;
    node.sent = node.answers = 0;
    node.sum = 0;
    int64_t began = clock_now();
    add_rows();
    pump();
    while (node.answers < rows)
        pthread_cond_wait(&node.changed, &node.lock);
    int64_t ended = clock_now();
    pthread_mutex_unlock(&node.lock);
    return (double)(ended - began) / 1e9;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "execute") == 0)
        execute(argv);
    bool rtt = argc >= 4 && strcmp(argv[1], "rtt") == 0;
    if (argc < (rtt ? 4 : 5))
        die("see the head of wire.c");
    char window[16];
    snprintf(window, sizeof window, "%d", argc > 5 ? atoi(argv[5]) : CHANNEL_WINDOW);
    char urls[2][64], url[256];
    for (int i = 0; i < 2; i++)
        snprintf(urls[i], sizeof urls[i],
                 strcmp(argv[2], "tcp") == 0 ? "tcp://127.0.0.1:0" : "abstract://dfl-wire-%d-%d",
                 getpid(), i);
    open_node(OWNER, EXECUTOR, urls[0], (uint32_t)atoi(window));
    start_executor(argv[0], urls[1], window, url);
    dial(url);
    wait_for(&node.dialled);
    int64_t rows = atoll(argv[3]), outstanding = rtt ? 1 : atoll(argv[4]);
    push(rtt ? 100 : outstanding, outstanding);
    double seconds = push(rows, outstanding);
    if (node.sum != (uint64_t)rows * ((uint64_t)rows + 1) / 2)
        die("the answers are wrong");
    const struct channel_stats *s = &node.channel.stats;
    printf("%lld rows; %.1f a packet, %llu acknowledgements alone, %llu packets again; %.9f\n",
           (long long)node.answers, (double)s->rows / (double)s->packets,
           (unsigned long long)s->acks, (unsigned long long)s->resent, seconds);
    transport_close(node.transport);
    return 0;
}
