/* link.h - from object files to an executable. */
#ifndef LINK_H
#define LINK_H

#include "base/arena.h"

enum link_end {
    LINK_DONE,
    LINK_FAILED,  /* what the linker said is in *said; "" if what is wrong was said already */
    LINK_NO_ROOM, /* `out` cannot be written whole; errno tells why, nothing was said */
};

struct link {
    const char *const *objects; /* to a NULL */
    const char *runtime;        /* libdfl.a */
    const char *const *extra;   /* further words for the linker, to a NULL */
    const char *out;            /* appears whole or not at all */
};

/* Links the objects with the runtime library and what it needs. */
enum link_end link_program(const struct link *, struct arena *, const char **said);

#endif
