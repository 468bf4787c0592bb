/* members.h - which processes are in the run, as far as this one has heard. Pure: no I/O.
 * The head decides who is in and who is out; a process that is out never comes back. */
#ifndef MEMBERS_H
#define MEMBERS_H

#include "id.h"
#include "wire.h"

struct member {
    uint32_t proc;
    uint32_t slots; /* tasks it can run at once; 0: a node */
    bool out;
    char *url;     /* where it listens; "": not known */
    int64_t heard; /* when it last gave a sign of life; kept by nodes */
};

struct members {
    struct member *list;
    uint32_t count, room;
};

/* NULL: never heard of. Valid until the next members_join(). */
struct member *members_find(const struct members *, uint32_t proc);
/* It is in, unless it was out before. True: that is news. */
bool members_join(struct members *, uint32_t proc, uint32_t slots, struct bytes url);
/* It is out, whether it was known or not, and with a node all its workers. True: that is news. */
bool members_out(struct members *, uint32_t proc);
bool members_is_out(const struct members *, uint32_t proc);
void members_free(struct members *);

#endif
