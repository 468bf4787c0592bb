/* nng.c - the bytes that dfl moves, by nng's pair protocol and nothing else, handled where nng
 * calls back.
 *
 *     nng push ipc|tcp ROWS BATCH [ROW ANSWER]
 *         messages of a batch of rows one way, of a batch of answers back, sixteen under way; of so
 *         many bytes each, 64 and 32 if not told otherwise
 *     nng rtt ipc|tcp ROUNDS
 *         a row and its answer, one at a time
 *     nng bulk ipc|tcp BYTES TIMES
 *         a row, then so many bytes back in messages of 1 MiB, copied from where they are
 *     nng wake ROUNDS
 *         nothing of nng: a thread wakes another, which wakes it
 *
 * Prints how many rows were answered, times were fetched or wake-ups done, and seconds. */
#include <linux/futex.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <pthread.h>
#include <stdio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PART = 1 << 20 };

static nng_socket s;
static nng_aio *receiving;
static int executor;
static long rows, batch, sent, answers, window, row_bytes = 64, answer_bytes = 32;
static long arrived; /* bytes */
static long bulk;    /* bytes to fetch with each row; 0: an answer a row */
static char *source;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;

static void must(int error)
{
    if (error) {
        fprintf(stderr, "nng: %s\n", nng_strerror(error));
        _exit(1);
    }
}

static void send_bytes(size_t len)
{
    nng_msg *message;
    must(nng_msg_alloc(&message, len));
    must(nng_sendmsg(s, message, 0));
}

static void send_bulk(void)
{
    for (long at = 0; at < bulk; at += PART) {
        nng_msg *message;
        must(nng_msg_alloc(&message, PART));
        memcpy(nng_msg_body(message), source + at, PART);
        must(nng_sendmsg(s, message, 0));
    }
}

/* The lock is held. */
static void send_batches(void)
{
    while (sent < rows && sent - answers < window * batch) {
        send_bytes((size_t)(batch * row_bytes));
        sent += batch;
    }
}

static void on_message(void *arg)
{
    if (nng_aio_result(receiving) != 0)
        return;
    nng_msg *message = nng_aio_get_msg(receiving);
    size_t len = nng_msg_len(message);
    nng_msg_free(message);
    if (executor && bulk) {
        send_bulk();
    } else if (executor) {
        send_bytes(len / (size_t)row_bytes * (size_t)answer_bytes);
    } else {
        pthread_mutex_lock(&lock);
        arrived += (long)len;
        answers = arrived / (bulk ? bulk : answer_bytes);
        send_batches();
        if (answers >= rows)
            pthread_cond_signal(&done);
        pthread_mutex_unlock(&lock);
    }
    nng_recv_aio(s, receiving);
    (void)arg;
}

static void on_gone(nng_pipe p, nng_pipe_ev event, void *arg)
{
    (void)p, (void)event, (void)arg;
    _exit(0);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double push(long count)
{
    pthread_mutex_lock(&lock);
    rows = count;
    sent = answers = arrived = 0;
    double began = now();
    send_batches();
    while (answers < rows)
        pthread_cond_wait(&done, &lock);
    double seconds = now() - began;
    pthread_mutex_unlock(&lock);
    return seconds;
}

/* ---- waking ---- */

static _Atomic int turn;

static void wait_for_turn(int mine)
{
    while (atomic_load(&turn) != mine)
        syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
}

static void give_turn(int other)
{
    atomic_store(&turn, other);
    syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *wake_back(void *arg)
{
    for (long i = 0; i < rows; i++) {
        wait_for_turn(1);
        give_turn(0);
    }
    return arg;
}

static double wake(long count)
{
    pthread_t other;
    rows = count;
    if (pthread_create(&other, NULL, wake_back, NULL) != 0)
        return 0;
    double began = now();
    for (long i = 0; i < count; i++) {
        give_turn(1);
        wait_for_turn(0);
    }
    double seconds = now() - began;
    pthread_join(other, NULL);
    return seconds;
}

/* ---- the whole ---- */

static void read_sizes(int argc, char **argv)
{
    batch = window = 1;
    if (strcmp(argv[1], "bulk") == 0) {
        bulk = atol(argv[3]);
        source = malloc((size_t)bulk);
        memset(source, 1, (size_t)bulk);
    } else if (strcmp(argv[1], "push") == 0) {
        batch = atol(argv[4]);
        window = 16;
    }
    if (argc > 6) {
        row_bytes = atol(argv[5]);
        answer_bytes = atol(argv[6]);
    }
}

static void open_socket(void)
{
    must(nng_pair0_open(&s));
    must(nng_aio_alloc(&receiving, on_message, NULL));
    nng_socket_set_int(s, NNG_OPT_SENDBUF, 64);
    nng_socket_set_int(s, NNG_OPT_RECVBUF, 64);
    nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, 0);
    nng_recv_aio(s, receiving);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "wake") == 0) {
        long rounds = atol(argv[2]);
        wake(rounds / 10);
        double seconds = wake(rounds);
        printf("%ld %.9f\n", rounds, seconds / 2);
        return 0;
    }
    if (argc < 4)
        return 2;
    read_sizes(argc, argv);
    char url[64];
    if (strcmp(argv[2], "tcp") == 0)
        snprintf(url, sizeof url, "tcp://127.0.0.1:%d", 20000 + getpid() % 20000);
    else
        snprintf(url, sizeof url, "abstract://dfl-nng-%d", getpid());
    executor = fork() == 0; /* before nng starts */
    open_socket();
    if (executor) {
        nng_pipe_notify(s, NNG_PIPE_EV_REM_POST, on_gone, NULL);
        must(nng_dial(s, url, NULL, NNG_FLAG_NONBLOCK));
        for (;;)
            pause();
    }
    must(nng_listen(s, url, NULL, 0));
    long count = atol(bulk ? argv[4] : argv[3]);
    push(bulk ? 2 : batch == 1 ? 100 : 16 * batch);
    double seconds = push(count);
    printf("%ld %.9f\n", answers, seconds);
    fflush(stdout);
    _exit(0);
}
