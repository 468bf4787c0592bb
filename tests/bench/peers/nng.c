/* nng.c - the same bytes as wire.c by nng's pair protocol, and nothing else: messages of a batch of
 * rows one way, of a batch of answers back, sixteen under way, handled where nng calls back.
 *
 *     nng push ipc|tcp ROWS BATCH
 *     nng rtt ipc|tcp ROUNDS
 *
 * Prints the count of rows that were answered, and seconds. */
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROW = 64, ANSWER = 32 };

static nng_socket s;
static nng_aio *receiving;
static int executor;
static long rows, batch, sent, answers, window;
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

/* The lock is held. */
static void send_batches(void)
{
    while (sent < rows && sent - answers < window * batch) {
        send_bytes((size_t)batch * ROW);
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
    if (executor) {
        send_bytes(len / ROW * ANSWER);
    } else {
        pthread_mutex_lock(&lock);
        answers += (long)(len / ANSWER);
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
    sent = answers = 0;
    double began = now();
    send_batches();
    while (answers < rows)
        pthread_cond_wait(&done, &lock);
    double seconds = now() - began;
    pthread_mutex_unlock(&lock);
    return seconds;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    int rtt = strcmp(argv[1], "rtt") == 0;
    batch = rtt ? 1 : atol(argv[4]);
    window = rtt ? 1 : 16;
    char url[64];
    if (strcmp(argv[2], "tcp") == 0)
        snprintf(url, sizeof url, "tcp://127.0.0.1:%d", 20000 + getpid() % 20000);
    else
        snprintf(url, sizeof url, "abstract://dfl-nng-%d", getpid());
    executor = fork() == 0; /* before nng starts */
    must(nng_pair0_open(&s));
    must(nng_aio_alloc(&receiving, on_message, NULL));
    nng_socket_set_int(s, NNG_OPT_SENDBUF, 64);
    nng_socket_set_int(s, NNG_OPT_RECVBUF, 64);
    nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, 0);
    nng_recv_aio(s, receiving);
    if (executor) {
        nng_pipe_notify(s, NNG_PIPE_EV_REM_POST, on_gone, NULL);
        must(nng_dial(s, url, NULL, NNG_FLAG_NONBLOCK));
        for (;;)
            pause();
    }
    must(nng_listen(s, url, NULL, 0));
    push(rtt ? 100 : 16 * batch);
    long count = atol(argv[3]);
    double seconds = push(count);
    printf("%ld %.9f\n", answers, seconds);
    fflush(stdout);
    _exit(0);
}
