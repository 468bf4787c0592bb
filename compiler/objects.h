/* objects.h - the objects of one build, by unit. Each is kept in the folder of the cache under a
 * hash of all that it was made from, so that a later build with the same unit takes it as it is;
 * behind it stands a hash of itself, which tells one that was damaged. Where there is no folder or
 * no room, objects are in memory, as files without a name. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "codegen.h"

struct object {
    char path[64 + 4096]; /* for the linker; empty: not made yet */
    int file;             /* in memory; -1: in the folder */
    bool kept;            /* from an earlier build */
};

struct objects {
    struct codegen_sink sink; /* what makes the objects gives them here */
    const char *folder;       /* NULL: keep none */
    const char *maker;        /* told apart by: compiler, options */
    struct object *all;
    uint32_t count;
};

/* For `count` objects; all in `arena`. */
void objects_open(struct objects *, struct arena *, uint32_t count, const char *folder,
                  const char *maker);
/* Their files, to a NULL, in `arena`. */
const char *const *objects_paths(const struct objects *, struct arena *);
/* How many of the first `count` were made by this build. */
uint32_t objects_made(const struct objects *, uint32_t count);
/* Ends those in memory. */
void objects_close(struct objects *);

#endif
