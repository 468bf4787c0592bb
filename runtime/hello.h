/* hello.h - the first message on every connection: who calls whom, and that both are of one run and
 * one build. Nothing else is looked at before it was found good. Pure. */
#ifndef HELLO_H
#define HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HELLO_VERSION = 1, /* of hello and of all that may follow it; what changes either raises it */
    HELLO_BYTES = 60,
    HELLO_SECRET = 32,
    HELLO_WHY = 160,
};

struct hello {
    uint32_t version;
    uint32_t from, to;            /* processes */
    uint64_t program;             /* a hash of the executable */
    uint8_t secret[HELLO_SECRET]; /* of the run */
};

void hello_write(const struct hello *, uint8_t out[HELLO_BYTES]);
/* Checks a message that came to process `own->from`; its sender is given in *from. False: it is to
 * be refused, and a line in `why` says who called and what differs, as far as may be believed. */
bool hello_check(const struct hello *own, const void *data, size_t len, uint32_t *from,
                 char why[HELLO_WHY]);

#endif
