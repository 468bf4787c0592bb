/* map.c - maps that remember the order of insertion.
 *
 * Entries stand in an array in that order. `slots` is a hash table over them: open addressing with
 * linear probing, each slot a piece of the hash and the entry's number plus one. Removing an entry
 * sets its bit in `removed` and closes the gap in the slots by moving later ones back, so probes
 * never meet a dead slot; the array is compacted when it is full and a quarter of it is removed. */
#include "map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "list.h"
#include "value.h"

struct map_slot {
    uint32_t hash;
    uint32_t entry; /* its number plus one; 0: free */
};

enum { FIRST_SLOTS = 8 };

/* ---- entries ---- */

static char *entry_at(const struct dfl_map *map, int64_t at)
{
    return map->entries + at * map->stride;
}

static bool entry_removed(const struct dfl_map *map, int64_t at)
{
    return map->removed && map->removed[at / 64] >> (at % 64) & 1;
}

static uint32_t align_up(uint64_t n, uint64_t align)
{
    return (uint32_t)((n + align - 1) / align * align);
}

/* Entries per slots: five eighths keep the probes short. */
static int64_t slots_limit(uint64_t slots)
{
    return (int64_t)(slots / 8 * 5);
}

static void *alloc_zero(uint64_t n, uint64_t size)
{
    void *p = calloc(n, size);
    if (!p)
        block_exhausted(n * size);
    return p;
}

/* ---- life ---- */

static struct dfl_map *map_with(const struct dfl_type *type, uint64_t slots)
{
    struct dfl_map *map = block_alloc(sizeof *map);
    uint64_t key_size = type->key->size ? type->key->size : 1;
    uint64_t align = type->key->align > type->elem->align ? type->key->align : type->elem->align;
    *map = (struct dfl_map){
        .value_at = align_up(key_size, type->elem->align ? type->elem->align : 1),
        .mask = (uint32_t)slots - 1,
        .room = slots_limit(slots),
        .slots = alloc_zero(slots, sizeof(struct map_slot)),
    };
    map->stride = align_up(map->value_at + type->elem->size, align ? align : 1);
    map->entries = alloc_zero((uint64_t)map->room, map->stride);
    atomic_init(&map->count, 1);
    return map;
}

static struct dfl_map *map_new(const struct dfl_type *type)
{
    return map_with(type, FIRST_SLOTS);
}

struct dfl_map *map_filled(const struct dfl_type *type, int64_t n)
{
    uint64_t slots = FIRST_SLOTS;
    while (slots_limit(slots) < n)
        slots *= 2;
    struct dfl_map *map = map_with(type, slots);
    map->used = map->live = n;
    return map;
}

void map_free(struct dfl_map *map)
{
    free(map->slots);
    free(map->entries);
    free(map->removed);
    block_free(map);
}

static void *duplicate(const void *from, uint64_t bytes)
{
    void *to = malloc(bytes);
    if (!to)
        block_exhausted(bytes);
    return memcpy(to, from, bytes);
}

static uint64_t removed_bytes(const struct dfl_map *map)
{
    return (uint64_t)(map->room + 63) / 64 * 8;
}

/* A private map of the same entries, which then have one owner more. */
static struct dfl_map *map_clone(const struct dfl_type *type, const struct dfl_map *from)
{
    struct dfl_map *map = block_alloc(sizeof *map);
    memcpy((char *)map + sizeof map->count, (const char *)from + sizeof map->count,
           sizeof *map - sizeof map->count);
    atomic_init(&map->count, 1);
    map->slots = duplicate(from->slots, ((uint64_t)from->mask + 1) * sizeof *map->slots);
    map->entries = duplicate(from->entries, (uint64_t)(from->room * from->stride));
    if (from->removed)
        map->removed = duplicate(from->removed, removed_bytes(from));
    for (int64_t at = 0; (at = dfl_map_next(&map, at)) >= 0; at++) {
        dfl_copy(type->key, entry_at(map, at));
        dfl_copy(type->elem, entry_at(map, at) + map->value_at);
    }
    return map;
}

static void map_own(const struct dfl_type *type, struct dfl_map **place)
{
    struct dfl_map *map = *place;
    if (!map) {
        *place = map_new(type);
    } else if (!count_unique(&map->count)) {
        *place = map_clone(type, map);
        if (count_release(&map->count)) /* the others let go meanwhile */
            value_end_map(type, map);
    }
}

/* ---- hashing and finding ---- */

static inline uint32_t key_hash(const struct dfl_type *key, const void *value)
{
    uint64_t h;
    if (key->kind == DFL_STR || key->kind == DFL_BYTES)
        h = compare_hash_view(value);
    else if (key->kind == DFL_INT)
        h = compare_hash_word(*(const uint64_t *)value);
    else
        h = dfl_hash(key, value);
    return (uint32_t)(h ^ h >> 32);
}

static inline bool key_same(const struct dfl_type *key, const void *a, const void *b)
{
    if (key->kind == DFL_STR || key->kind == DFL_BYTES)
        return compare_same_bytes(a, b);
    if (key->kind == DFL_INT)
        return *(const int64_t *)a == *(const int64_t *)b;
    return dfl_equal(key, a, b);
}

/* The slot of *value, or the free slot where it would go. */
static inline struct map_slot *slot_find(const struct dfl_type *key, const struct dfl_map *map,
                                         const void *value, uint32_t hash)
{
    for (uint32_t i = hash & map->mask;; i = (i + 1) & map->mask) {
        struct map_slot *slot = &map->slots[i];
        if (slot->entry == 0)
            return slot;
        if (slot->hash == hash && key_same(key, entry_at(map, slot->entry - 1), value))
            return slot;
    }
}

static void slot_put(struct map_slot *slots, uint32_t mask, struct map_slot new)
{
    uint32_t i = new.hash & mask;
    while (slots[i].entry != 0)
        i = (i + 1) & mask;
    slots[i] = new;
}

/* ---- growing ---- */

/* Moves the live entries together; the slots then name wrong ones. */
static void entries_compact(struct dfl_map *map)
{
    int64_t to = 0;
    for (int64_t at = 0; (at = dfl_map_next(&map, at)) >= 0; at++, to++)
        if (to != at)
            memcpy(entry_at(map, to), entry_at(map, at), map->stride);
    map->used = to;
    map->first = 0;
    free(map->removed);
    map->removed = NULL;
}

static void slots_rebuild(const struct dfl_type *key, struct dfl_map *map)
{
    memset(map->slots, 0, ((uint64_t)map->mask + 1) * sizeof *map->slots);
    for (int64_t at = 0; at < map->used; at++) {
        uint32_t hash = key_hash(key, entry_at(map, at));
        slot_put(map->slots, map->mask, (struct map_slot){hash, (uint32_t)at + 1});
    }
}

bool map_index(const struct dfl_type *type, struct dfl_map *map)
{
    for (int64_t at = 0; at < map->used; at++) {
        const char *key = entry_at(map, at);
        uint32_t hash = key_hash(type->key, key);
        struct map_slot *slot = slot_find(type->key, map, key, hash);
        if (slot->entry)
            return false;
        *slot = (struct map_slot){hash, (uint32_t)at + 1};
    }
    return true;
}

static void slots_grow(struct dfl_map *map)
{
    uint64_t old = (uint64_t)map->mask + 1, new = 2 * old;
    struct map_slot *slots = alloc_zero(new, sizeof *slots);
    for (uint64_t i = 0; i < old; i++)
        if (map->slots[i].entry)
            slot_put(slots, (uint32_t)(new - 1), map->slots[i]);
    free(map->slots);
    map->slots = slots;
    map->mask = (uint32_t)(new - 1);
}

static void entries_grow(struct dfl_map *map)
{
    uint64_t old_bits = removed_bytes(map);
    map->room = slots_limit((uint64_t)map->mask + 1);
    map->entries = list_resize(map->entries, map->room, map->stride);
    if (map->removed) {
        map->removed = list_resize(map->removed, removed_bytes(map), 1);
        memset((char *)map->removed + old_bits, 0, removed_bytes(map) - old_bits);
    }
}

static void map_make_room(const struct dfl_type *type, struct dfl_map *map)
{
    if (map->used - map->live >= map->used / 4 + 1) {
        entries_compact(map);
        slots_rebuild(type->key, map);
        return;
    }
    if (map->mask >= 1u << 30)
        block_exhausted(UINT64_C(1) << 40); /* MAP_LIMIT entries, which 32 bits can number */
    slots_grow(map);
    entries_grow(map);
}

/* ---- keys ---- */

/* A key that is a small part of a large block is copied: a map of words must not hold the file. */
static void key_store(const struct dfl_type *type, void *to, const void *key)
{
    const struct dfl_view *view = key;
    bool text = type->kind == DFL_STR || type->kind == DFL_BYTES;
    if (text && view->block && (int64_t)view->block->size > 2 * view->len + 64) {
        struct dfl_view copy = value_text(view->ptr, view->len);
        memcpy(to, &copy, sizeof copy);
        return;
    }
    memcpy(to, key, type->size);
    dfl_copy(type, key);
}

/* ---- the calls of dfl.h ---- */

void *dfl_map_find(const struct dfl_type *type, struct dfl_map *const *place, const void *key)
{
    const struct dfl_map *map = *place;
    if (!map)
        return NULL;
    struct map_slot *slot = slot_find(type->key, map, key, key_hash(type->key, key));
    return slot->entry ? entry_at(map, slot->entry - 1) + map->value_at : NULL;
}

static void *map_insert(const struct dfl_type *type, struct dfl_map *map, const void *key,
                        uint32_t hash)
{
    if (map->used == map->room)
        map_make_room(type, map);
    int64_t at = map->used++;
    map->live++;
    slot_put(map->slots, map->mask, (struct map_slot){hash, (uint32_t)at + 1});
    char *entry = entry_at(map, at);
    memset(entry, 0, map->stride);
    key_store(type->key, entry, key);
    return entry + map->value_at;
}

void *dfl_map_slot(const struct dfl_type *type, struct dfl_map **place, const void *key,
                   int32_t *fresh)
{
    map_own(type, place);
    struct dfl_map *map = *place;
    uint32_t hash = key_hash(type->key, key);
    struct map_slot *slot = slot_find(type->key, map, key, hash);
    *fresh = slot->entry == 0;
    if (slot->entry)
        return entry_at(map, slot->entry - 1) + map->value_at;
    return map_insert(type, map, key, hash);
}

int64_t dfl_map_len(struct dfl_map *const *map)
{
    return *map ? (*map)->live : 0;
}

int64_t dfl_map_next(struct dfl_map *const *place, int64_t at)
{
    const struct dfl_map *map = *place;
    if (!map)
        return -1;
    if (at < map->first)
        at = map->first;
    while (at < map->used && entry_removed(map, at))
        at++;
    return at < map->used ? at : -1;
}

void *dfl_map_key(const struct dfl_type *type, struct dfl_map *const *map, int64_t at)
{
    (void)type;
    return entry_at(*map, at);
}

void *dfl_map_value(const struct dfl_type *type, struct dfl_map *const *map, int64_t at)
{
    (void)type;
    return entry_at(*map, at) + (*map)->value_at;
}

/* ---- removing ---- */

/* Frees a slot: each later slot of the same run moves back if its own place allows. */
static void slot_close(struct dfl_map *map, uint32_t hole)
{
    for (uint32_t i = (hole + 1) & map->mask; map->slots[i].entry; i = (i + 1) & map->mask) {
        uint32_t home = map->slots[i].hash & map->mask;
        if (((i - home) & map->mask) < ((i - hole) & map->mask))
            continue;
        map->slots[hole] = map->slots[i];
        hole = i;
    }
    map->slots[hole].entry = 0;
}

static void entry_mark_removed(struct dfl_map *map, int64_t at)
{
    if (!map->removed)
        map->removed = alloc_zero(removed_bytes(map) / 8, 8);
    map->removed[at / 64] |= UINT64_C(1) << (at % 64);
    map->live--;
    while (map->first < map->used && entry_removed(map, map->first))
        map->first++;
}

bool map_remove(const struct dfl_type *type, struct dfl_map **place, const void *key, void *out)
{
    if (!dfl_map_find(type, place, key))
        return false;
    map_own(type, place);
    struct dfl_map *map = *place;
    struct map_slot *slot = slot_find(type->key, map, key, key_hash(type->key, key));
    int64_t at = slot->entry - 1;
    slot_close(map, (uint32_t)(slot - map->slots));
    entry_mark_removed(map, at);
    char *entry = entry_at(map, at);
    if (out)
        memcpy(out, entry + map->value_at, type->elem->size);
    else
        dfl_drop(type->elem, entry + map->value_at);
    dfl_drop(type->key, entry);
    return true;
}
