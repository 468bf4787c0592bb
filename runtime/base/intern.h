/* intern.h - one copy of each string, so that names compare by pointer; and maps keyed by them. */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include "base/arena.h"

#include <stdint.h>

struct intern {
    struct arena *arena;
    const char **slots;
    uint32_t count, room;
};

/* The one copy of text[0..len), NUL-terminated; lives as long as the arena. */
const char *intern(struct intern *table, const char *text, size_t len);

/* A map from interned names (compared by pointer) to pointers. */
struct name_map {
    struct name_slot {
        const char *name;
        void *value;
    } *slots;
    uint32_t count, room;
};

void *name_map_get(const struct name_map *, const char *name); /* NULL: absent */
void name_map_set(struct arena *, struct name_map *, const char *name, void *value);

#endif
