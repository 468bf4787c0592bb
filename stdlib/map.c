/* map.c - C half of the module map. */
#include "map.h"

#include <string.h>

#include "std.h"

/* The type map[K, V], which a function of the library is given in parts. */
static struct dfl_type map_type(const struct dfl_type *K, const struct dfl_type *V)
{
    return (struct dfl_type){
        .kind = DFL_MAP, .refs = 1, .align = 8, .size = 8, .key = K, .elem = V};
}

STD(map, get, const struct dfl_type *K, const struct dfl_type *V, void *out, const void *map,
    const void *key)
{
    struct dfl_type type = map_type(K, V);
    const void *value = dfl_map_find(&type, map, key);
    *(uint8_t *)out = value != NULL;
    if (value) {
        memcpy((char *)out + (V->align > 1 ? V->align : 1), value, V->size);
        dfl_copy(V, value);
    }
    return NULL;
}

STD(map, has, const struct dfl_type *K, const struct dfl_type *V, void *out, const void *map,
    const void *key)
{
    struct dfl_type type = map_type(K, V);
    *(uint8_t *)out = dfl_map_find(&type, map, key) != NULL;
    return NULL;
}

STD(map, remove, const struct dfl_type *K, const struct dfl_type *V, void *out, void *map,
    const void *key)
{
    (void)out;
    struct dfl_type type = map_type(K, V);
    map_remove(&type, map, key, NULL);
    return NULL;
}

STD(map, add, const struct dfl_type *K, void *out, void *map, const void *key, const void *n)
{
    (void)out;
    struct dfl_type type = map_type(K, &value_int);
    int32_t fresh;
    int64_t *sum = dfl_map_slot(&type, map, key, &fresh), old = *sum;
    if (__builtin_add_overflow(old, *(const int64_t *)n, sum)) {
        *sum = old;
        return dfl_fail_overflow(NULL, "+", old, *(const int64_t *)n);
    }
    return NULL;
}
