/* nnglib.h - the messaging library nng as the system has it, loaded when nodes are wanted: a
 * program that runs in one process starts without it, and where it is not installed. Calls go
 * through the table: nng.send_aio(...) is nng_send_aio(...). */
#ifndef NNGLIB_H
#define NNGLIB_H

#include <nng/nng.h>

#define NNG_CALLS                                                                                  \
    CALL(aio_alloc)                                                                                \
    CALL(aio_cancel)                                                                               \
    CALL(aio_count)                                                                                \
    CALL(aio_free)                                                                                 \
    CALL(aio_get_output)                                                                           \
    CALL(aio_reap)                                                                                 \
    CALL(aio_result)                                                                               \
    CALL(aio_set_iov)                                                                              \
    CALL(aio_wait)                                                                                 \
    CALL(sleep_aio)                                                                                \
    CALL(stream_close)                                                                             \
    CALL(stream_dialer_alloc)                                                                      \
    CALL(stream_dialer_close)                                                                      \
    CALL(stream_dialer_dial)                                                                       \
    CALL(stream_dialer_free)                                                                       \
    CALL(stream_free)                                                                              \
    CALL(stream_get_uint64)                                                                        \
    CALL(stream_listener_accept)                                                                   \
    CALL(stream_listener_alloc)                                                                    \
    CALL(stream_listener_close)                                                                    \
    CALL(stream_listener_free)                                                                     \
    CALL(stream_listener_get_int)                                                                  \
    CALL(stream_listener_listen)                                                                   \
    CALL(stream_listener_set_int)                                                                  \
    CALL(stream_recv)                                                                              \
    CALL(stream_send)                                                                              \
    CALL(stream_set_bool)                                                                          \
    CALL(strerror)                                                                                 \
    CALL(version)

struct nnglib {
#define CALL(name) __typeof__(nng_##name) *name;
    NNG_CALLS
#undef CALL
};

extern struct nnglib nng;

/* Fills the table, once; any thread. NULL, or why not: text that lasts. */
const char *nnglib_open(void);

#endif
