/* arena.h - memory by lifetime: allocate one by one, free all at once.
 * Everything comes back zeroed and never NULL; memory that runs out ends the process with a
 * message. An arena belongs to one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *next, *end;           /* free part of the newest */
};

void *arena_alloc(struct arena *a, size_t size, size_t align);
/* A copy of len bytes with a NUL behind. */
char *arena_copy(struct arena *a, const void *bytes, size_t len);
char *arena_format(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Frees all; the arena is empty and usable again. */
void arena_free(struct arena *a);

#define arena_new(a, T)      ((T *)arena_alloc((a), sizeof(T), _Alignof(T)))
#define arena_array(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n), _Alignof(T)))

#endif
