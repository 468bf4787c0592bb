/* map.h - what the rest of the runtime may know of a map; the calls of dfl.h are in map.c too.
 *
 * A map is counted like a block. NULL is the empty map; reading functions accept it. */
#ifndef MAP_H
#define MAP_H

#include "block.h"

struct dfl_map {
    _Atomic int32_t count;
    uint32_t stride;   /* bytes of an entry: key, then value */
    uint32_t value_at; /* offset of the value in an entry */
    uint32_t mask;     /* slots - 1 */
    int64_t live;      /* entries that are not removed */
    int64_t used;      /* entries ever appended since the last compaction, removed ones too */
    int64_t room;      /* entries that fit */
    int64_t first;     /* no live entry is before it */
    struct map_slot *slots;
    char *entries;
    uint64_t *removed; /* a bit per entry, or NULL while none was removed */
};

static inline void map_retain(struct dfl_map *map)
{
    if (map)
        count_retain(&map->count);
}

/* A private map of `n` > 0 entries that are zero, to be filled in where they are; none can be found
 * before map_index() has seen the keys. That is false if a key is there twice, and the map is only
 * good for being dropped then. */
struct dfl_map *map_filled(const struct dfl_type *, int64_t n);
bool map_index(const struct dfl_type *, struct dfl_map *);
/* Entries that a map may have. */
enum { MAP_LIMIT = 5 << 28 };
/* Frees the memory of a map, not what its entries hold. */
void map_free(struct dfl_map *);
/* Removes *key. True if it was there; its value is then moved to `out`, or dropped if that is NULL.
 */
bool map_remove(const struct dfl_type *, struct dfl_map **, const void *key, void *out);

#endif
