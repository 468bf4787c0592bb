/* transport_end.h - ends of connections for the tests of transport.h, which wait until something
 * has come. */
#ifndef TRANSPORT_END_H
#define TRANSPORT_END_H

#include "runner.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "id.h"
#include "transport.h"

#define MS INT64_C(1000000)

/* A transport, and what it was told. */
struct end {
    struct transport *transport;
    uint32_t self;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t packets; /* that came in order: each begins with its number */
    uint32_t from;
    size_t len; /* of the last */
    bool garbled;
    uint32_t lost, last_lost, writable, refused;
    char refusal[HELLO_WHY];
    bool echo;
    uint32_t answer_at; /* sends the number of packets when that many have come */
};

static inline void on_packet(void *user, uint32_t from, const void *data, size_t len)
{
    struct end *e = user;
    uint32_t number = 0;
    memcpy(&number, data, len < sizeof number ? len : sizeof number);
    pthread_mutex_lock(&e->lock);
    e->garbled |= len < sizeof number || number != e->packets;
    e->packets++;
    e->from = from;
    e->len = len;
    bool answer = e->packets == e->answer_at, echo = e->echo;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
    if (echo)
        transport_send(e->transport, from, data, len);
    if (answer)
        transport_send(e->transport, from, &(uint32_t){0}, sizeof number);
}

static inline void on_writable(void *user, uint32_t to)
{
    struct end *e = user;
    (void)to;
    pthread_mutex_lock(&e->lock);
    e->writable++;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

static inline void on_lost(void *user, uint32_t proc)
{
    struct end *e = user;
    pthread_mutex_lock(&e->lock);
    e->lost++;
    e->last_lost = proc;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

static inline void on_refused(void *user, const char *text)
{
    struct end *e = user;
    pthread_mutex_lock(&e->lock);
    e->refused++;
    snprintf(e->refusal, sizeof e->refusal, "%s", text);
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

/* Whether `what`, which callbacks change, gets there in time. */
static inline bool wait_for(struct end *e, const uint32_t *what, uint32_t least, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t ns = until.tv_nsec + ms * MS;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&e->lock);
    int error = 0;
    while (*what < least && error == 0)
        error = pthread_cond_timedwait(&e->changed, &e->lock, &until);
    bool there = *what >= least;
    pthread_mutex_unlock(&e->lock);
    return there;
}

static inline uint32_t read_now(struct end *e, const uint32_t *what)
{
    pthread_mutex_lock(&e->lock);
    uint32_t now = *what;
    pthread_mutex_unlock(&e->lock);
    return now;
}

static inline bool is_garbled(struct end *e)
{
    pthread_mutex_lock(&e->lock);
    bool garbled = e->garbled;
    pthread_mutex_unlock(&e->lock);
    return garbled;
}

enum { LONG = 20000 }; /* milliseconds, for what is going to happen */

static inline struct transport_config config_for(struct end *e, uint32_t self, const char *url)
{
    struct transport_config c = {
        .self = self,
        .url = url,
        .program = 0x1234,
        .secret = "0123456789abcdef0123456789abcde",
        .user = e,
        .on_packet = on_packet,
        .on_writable = on_writable,
        .on_lost = on_lost,
        .on_refused = on_refused,
    };
    return c;
}

static inline void end_init(struct end *e, uint32_t self)
{
    *e = (struct end){.self = self};
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->changed, NULL);
}

/* An address that was closed is free once the system has left the last call on its socket, which
 * may be that of a thread that does not run just now. */
static inline void end_open(struct end *e, uint32_t self, const char *url)
{
    char why[TRANSPORT_WHY] = "";
    end_init(e, self);
    struct transport_config c = config_for(e, self, url);
    bool open = false;
    for (int i = 0; i < 1000 && !open; i++) {
        if (i > 0)
            usleep(1000);
        open = transport_open(&c, &e->transport, why);
    }
    if (!open)
        ck_abort_msg("%s", why);
}

static inline void end_dial(struct end *e, uint32_t proc, const char *url)
{
    char why[TRANSPORT_WHY] = "";
    if (!transport_peer_open(e->transport, proc, url, why))
        ck_abort_msg("%s", why);
}

static inline void end_send(struct end *e, uint32_t to, const void *data, size_t len)
{
    for (;;) {
        uint32_t seen = read_now(e, &e->writable);
        if (transport_send(e->transport, to, data, len))
            return;
        if (!wait_for(e, &e->writable, seen + 1, LONG))
            ck_abort_msg("%u never became writable", to);
    }
}

/* An address that nobody has. */
static inline const char *fresh_url(void)
{
    static char url[4][80];
    static int count;
    char *out = url[count++ % 4];
    snprintf(out, sizeof url[0], "abstract://dfl-test-%d-%d", getpid(), count);
    return out;
}

static struct end a, b;
static uint32_t proc_a, proc_b;

/* Two ends that are connected both ways. */
static inline void open_pair(const char *url_a, const char *url_b)
{
    proc_a = id_proc(1, 0);
    proc_b = id_proc(2, 1);
    end_open(&a, proc_a, url_a);
    end_open(&b, proc_b, url_b);
    end_dial(&a, proc_b, transport_url(b.transport));
    end_dial(&b, proc_a, transport_url(a.transport));
}

static inline void close_pair(void)
{
    transport_close(a.transport);
    transport_close(b.transport);
}

/* A packet in each direction. */
static inline void expect_talk(void)
{
    uint32_t at_a = read_now(&a, &a.packets), at_b = read_now(&b, &b.packets);
    end_send(&a, proc_b, &at_b, sizeof at_b);
    end_send(&b, proc_a, &at_a, sizeof at_a);
    ck_assert(wait_for(&a, &a.packets, at_a + 1, LONG));
    ck_assert(wait_for(&b, &b.packets, at_b + 1, LONG));
    ck_assert(!is_garbled(&a) && !is_garbled(&b));
}

#endif
