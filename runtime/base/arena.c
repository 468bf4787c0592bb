/* arena.c - chunks of growing size, in a list; see arena.h. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MIN = 16 << 10 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size;
    alignas(max_align_t) char bytes[];
};

static void arena_grow(struct arena *a, size_t size)
{
    size_t want = a->chunks ? a->chunks->size * 2 : CHUNK_MIN;
    if (want < size)
        want = size;
    struct arena_chunk *chunk = calloc(1, sizeof *chunk + want);
    if (!chunk) {
        fprintf(stderr, "error: out of memory (%zu bytes wanted)\n", want);
        exit(1);
    }
    chunk->older = a->chunks;
    chunk->size = want;
    a->chunks = chunk;
    a->next = chunk->bytes;
    a->end = chunk->bytes + want;
}

void *arena_alloc(struct arena *a, size_t size, size_t align)
{
    uintptr_t at = ((uintptr_t)a->next + align - 1) & ~(uintptr_t)(align - 1);
    if (!a->chunks || size > (uintptr_t)a->end - at || at > (uintptr_t)a->end) {
        arena_grow(a, size + align);
        at = ((uintptr_t)a->next + align - 1) & ~(uintptr_t)(align - 1);
    }
    a->next = (char *)at + size;
    return (void *)at;
}

char *arena_copy(struct arena *a, const void *bytes, size_t len)
{
    char *copy = arena_alloc(a, len + 1, 1);
    if (len)
        memcpy(copy, bytes, len);
    return copy;
}

char *arena_format(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_alloc(a, (size_t)len + 1, 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

void arena_free(struct arena *a)
{
    while (a->chunks) {
        struct arena_chunk *older = a->chunks->older;
        free(a->chunks);
        a->chunks = older;
    }
    *a = (struct arena){0};
}
