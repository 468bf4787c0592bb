/* list.h - arrays from malloc that grow at their ends. {NULL, 0, 0} is an empty one; free() ends
 * it. */
#ifndef LIST_H
#define LIST_H

#include <stdlib.h>

#include "block.h"

/* The same list, perhaps moved, with room for `count` elements of `size` bytes. Memory that runs
 * out ends the process with a message. */
static inline void *list_resize(void *list, uint64_t count, size_t size)
{
    list = realloc(list, count * size);
    if (!list)
        block_exhausted(count * size);
    return list;
}

/* Room for one element more; all three are fields or variables that are evaluated several times. */
#define list_grow(list, count, room)                                                               \
    do {                                                                                           \
        if ((count) == (room)) {                                                                   \
            (room) = (room) ? 2 * (room) : 16;                                                     \
            (list) = list_resize((list), (room), sizeof *(list));                                  \
        }                                                                                          \
    } while (0)

#endif
