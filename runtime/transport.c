/* transport.c - opening, listening, closing. Read transport_core.h first. */
#include "transport_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.h"

/* Before a listener that failed, for want of descriptors most likely, tries again. */
enum { ACCEPT_PAUSE_MS = 20 };

/* ---- what all files use ---- */

/* Not in the transport, which whoever waits for its end frees at once. */
static pthread_mutex_t end_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t end_reached = PTHREAD_COND_INITIALIZER;

void transport_release(struct transport *t)
{
    if (atomic_fetch_sub(&t->living, 1) != 1)
        return;
    pthread_mutex_lock(&end_lock);
    pthread_cond_broadcast(&end_reached);
    pthread_mutex_unlock(&end_lock);
}

static void wait_for_end(struct transport *t)
{
    pthread_mutex_lock(&end_lock);
    while (atomic_load(&t->living) != 0)
        pthread_cond_wait(&end_reached, &end_lock);
    pthread_mutex_unlock(&end_lock);
}

void *transport_alloc(size_t bytes)
{
    void *p = calloc(1, bytes);
    if (!p)
        block_exhausted(bytes);
    return p;
}

nng_aio *transport_aio(void (*done)(void *), void *arg)
{
    nng_aio *aio;
    if (nng.aio_alloc(&aio, done, arg) != 0)
        block_exhausted(1024);
    return aio;
}

void transport_start(void (*operation)(nng_stream *, nng_aio *), nng_stream *stream, nng_aio *aio,
                     unsigned parts, const nng_iov *iov)
{
    nng.aio_set_iov(aio, parts, iov);
    operation(stream, aio);
}

bool transport_is_foreign(nng_stream *stream)
{
    uint64_t user;
    return nng.stream_get_uint64(stream, NNG_OPT_IPC_PEER_UID, &user) == 0 && user != geteuid();
}

/* ---- listening ---- */

/* The lock is held. */
static void accept_next(struct transport *t)
{
    t->pausing = false;
    nng.stream_listener_accept(t->listener, t->accept);
}

static void on_accepted(void *arg)
{
    struct transport *t = arg;
    int error = nng.aio_result(t->accept);
    pthread_mutex_lock(&t->lock);
    bool closing = t->closing;
    if (!t->pausing && error == 0)
        caller_add(t, nng.aio_get_output(t->accept, 0));
    if (!closing && error != 0) {
        t->pausing = true;
        nng.sleep_aio(ACCEPT_PAUSE_MS, t->accept);
    } else if (!closing) {
        accept_next(t);
    }
    pthread_mutex_unlock(&t->lock);
    if (closing)
        transport_release(t);
}

/* Puts the port that the system chose in the place of 0. */
static void learn_port(struct transport *t)
{
    int port;
    char *colon = strrchr(t->url, ':');
    if (nng.stream_listener_get_int(t->listener, NNG_OPT_TCP_BOUND_PORT, &port) == 0)
        snprintf(colon, (size_t)(t->url + sizeof t->url - colon), ":%d", port);
}

static bool listen_at(struct transport *t, char why[TRANSPORT_WHY])
{
    int error = nng.stream_listener_alloc(&t->listener, t->url);
    if (error == 0) {
        nng.stream_listener_set_int(t->listener, NNG_OPT_IPC_PERMISSIONS, 0600);
        error = nng.stream_listener_listen(t->listener);
    }
    if (error != 0) {
        snprintf(why, TRANSPORT_WHY, "cannot listen at %.160s: %s", t->url, nng.strerror(error));
        if (t->listener)
            nng.stream_listener_free(t->listener);
        return false;
    }
    learn_port(t);
    return true;
}

/* ---- opening and closing ---- */

static struct transport *new_transport(const struct transport_config *config)
{
    struct transport *t = transport_alloc(sizeof *t);
    t->config = *config;
    t->own = (struct hello){
        .version = HELLO_VERSION,
        .from = config->self,
        .program = config->program,
    };
    memcpy(t->own.secret, config->secret, HELLO_SECRET);
    snprintf(t->url, sizeof t->url, "%s", config->url);
    pthread_mutex_init(&t->lock, NULL);
    return t;
}

static void free_transport(struct transport *t)
{
    pthread_mutex_destroy(&t->lock);
    free(t);
}

bool transport_open(const struct transport_config *config, struct transport **out,
                    char why[TRANSPORT_WHY])
{
    const char *wrong = nnglib_open();
    if (!wrong && strlen(config->url) >= sizeof((struct transport *)0)->url)
        wrong = "the address to listen at is too long";
    if (wrong) {
        snprintf(why, TRANSPORT_WHY, "%s", wrong);
        return false;
    }
    struct transport *t = new_transport(config);
    if (!listen_at(t, why)) {
        free_transport(t);
        return false;
    }
    t->accept = transport_aio(on_accepted, t);
    transport_retain(t);
    *out = t;
    pthread_mutex_lock(&t->lock);
    accept_next(t);
    pthread_mutex_unlock(&t->lock);
    return true;
}

const char *transport_url(const struct transport *t)
{
    return t->url;
}

bool transport_peer_open(struct transport *t, uint32_t proc, const char *url,
                         char why[TRANSPORT_WHY])
{
    pthread_mutex_lock(&t->lock);
    bool good = peer_open(t, proc, url, why);
    pthread_mutex_unlock(&t->lock);
    return good;
}

void transport_peer_close(struct transport *t, uint32_t proc)
{
    pthread_mutex_lock(&t->lock);
    peer_close(t, proc);
    caller_close(t, proc);
    pthread_mutex_unlock(&t->lock);
}

void transport_close(struct transport *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->closing = true;
    nng.stream_listener_close(t->listener);
    if (t->pausing)
        nng.aio_cancel(t->accept);
    peer_close_all(t);
    caller_close(t, 0);
    pthread_mutex_unlock(&t->lock);
    wait_for_end(t);
    nng.aio_free(t->accept);
    nng.stream_listener_free(t->listener);
    peer_free_all(t);
    free_transport(t);
}
