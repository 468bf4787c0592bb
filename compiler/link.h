/* link.h - from an object file to an executable. */
#ifndef LINK_H
#define LINK_H

enum link_end {
    LINK_DONE,
    LINK_FAILED,  /* what is wrong was said on standard error */
    LINK_NO_ROOM, /* `out` cannot be written whole; errno tells why, nothing was said */
};

/* Links `object` with the runtime library `runtime` (libdfl.a) and what it needs, to `out`, which
 * appears whole or not at all. */
enum link_end link_program(const char *object, const char *runtime, const char *out);

#endif
