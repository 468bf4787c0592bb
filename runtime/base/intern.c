/* intern.c - open addressing with linear probing, at most half full. */
#include "base/intern.h"

#include <string.h>

static uint32_t text_hash(const char *text, size_t len)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 16777619u;
    return h;
}

static void intern_grow(struct intern *table)
{
    uint32_t room = table->room ? table->room * 2 : 256;
    const char **slots = arena_array(table->arena, const char *, room);
    for (uint32_t i = 0; i < table->room; i++) {
        const char *name = table->slots[i];
        if (!name)
            continue;
        uint32_t at = text_hash(name, strlen(name)) & (room - 1);
        while (slots[at])
            at = (at + 1) & (room - 1);
        slots[at] = name;
    }
    table->slots = slots;
    table->room = room;
}

const char *intern(struct intern *table, const char *text, size_t len)
{
    if (table->count * 2 >= table->room)
        intern_grow(table);
    uint32_t at = text_hash(text, len) & (table->room - 1);
    for (; table->slots[at]; at = (at + 1) & (table->room - 1))
        if (!strncmp(table->slots[at], text, len) && !table->slots[at][len])
            return table->slots[at];
    table->count++;
    return table->slots[at] = arena_copy(table->arena, text, len);
}

static struct name_slot *name_map_slot(const struct name_map *map, const char *name)
{
    uint32_t at = (uint32_t)(((uintptr_t)name >> 3) * 2654435761u) & (map->room - 1);
    while (map->slots[at].name && map->slots[at].name != name)
        at = (at + 1) & (map->room - 1);
    return &map->slots[at];
}

void *name_map_get(const struct name_map *map, const char *name)
{
    return map->room ? name_map_slot(map, name)->value : NULL;
}

void name_map_set(struct arena *arena, struct name_map *map, const char *name, void *value)
{
    if (map->count * 2 >= map->room) {
        struct name_map old = *map;
        map->room = old.room ? old.room * 2 : 16;
        map->slots = arena_array(arena, struct name_slot, map->room);
        for (uint32_t i = 0; i < old.room; i++)
            if (old.slots[i].name)
                *name_map_slot(map, old.slots[i].name) = old.slots[i];
    }
    struct name_slot *slot = name_map_slot(map, name);
    if (!slot->name)
        map->count++;
    *slot = (struct name_slot){name, value};
}
