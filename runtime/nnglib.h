/* nnglib.h - the messaging library nng as the system has it, loaded when nodes are wanted: a
 * program that runs in one process starts without it, and where it is not installed. Calls go
 * through the table: nng.send_aio(...) is nng_send_aio(...). */
#ifndef NNGLIB_H
#define NNGLIB_H

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>

#define NNG_CALLS CALL(version)

struct nnglib {
#define CALL(name) __typeof__(nng_##name) *name;
    NNG_CALLS
#undef CALL
};

extern struct nnglib nng;

/* Fills the table, once; any thread. NULL, or why not: text that lasts. */
const char *nnglib_open(void);

#endif
