/* hash.c - C half of the module hash: xxHash, compiled in, so that programs need no library for it.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdio.h>

#include "std.h"

STD(hash, xxh64, void *out, const void *data, const void *seed)
{
    const struct dfl_view *b = data;
    *(uint64_t *)out = XXH64(b->ptr, (size_t)b->len, *(const uint64_t *)seed);
    return NULL;
}

STD(hash, xxh3, void *out, const void *data, const void *seed)
{
    const struct dfl_view *b = data;
    *(uint64_t *)out = XXH3_64bits_withSeed(b->ptr, (size_t)b->len, *(const uint64_t *)seed);
    return NULL;
}

STD(hash, xxh128, void *out, const void *data)
{
    const struct dfl_view *b = data;
    XXH128_hash_t h = XXH3_128bits(b->ptr, (size_t)b->len);
    char text[33];
    snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)h.high64,
             (unsigned long long)h.low64);
    *(struct dfl_view *)out = value_text(text, 32);
    return NULL;
}

STD(hash, of, const struct dfl_type *A, void *out, const void *x)
{
    *(uint64_t *)out = dfl_hash(A, x);
    return NULL;
}
