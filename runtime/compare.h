/* compare.h - the parts of equality and hashing that lookups want inline.
 *
 * The hash is fixed: the same in every process and run, so that programs repeat. It folds each
 * eight bytes in with one 64 x 64 -> 128 bit multiplication. */
#ifndef COMPARE_H
#define COMPARE_H

#include <string.h>

#include "dfl.h"

static inline bool compare_same_bytes(const struct dfl_view *a, const struct dfl_view *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, (size_t)a->len) == 0);
}

static inline uint64_t compare_hash_mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xc2b2ae3d27d4eb4fu);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t compare_hash_word(uint64_t word)
{
    return compare_hash_mix(word, word >> 32);
}

static inline uint64_t compare_hash_bytes(const void *bytes, int64_t len)
{
    const char *p = bytes;
    uint64_t h = (uint64_t)len, word, first, last;
    for (int64_t left = len; left > 16; left -= 8, p += 8) {
        memcpy(&word, p, 8);
        h = compare_hash_mix(h, word);
    }
    int64_t left = len - (p - (const char *)bytes);
    if (left >= 8) { /* the last two words may overlap */
        memcpy(&first, p, 8);
        memcpy(&last, p + left - 8, 8);
    } else if (left >= 4) {
        uint32_t lo, hi;
        memcpy(&lo, p, 4);
        memcpy(&hi, p + left - 4, 4);
        first = lo;
        last = hi;
    } else {
        first = left ? (unsigned char)p[0] | (uint64_t)(unsigned char)p[left / 2] << 8 : 0;
        last = left ? (unsigned char)p[left - 1] : 0;
    }
    return compare_hash_mix(h ^ first, last ^ (h << 32 | h >> 32));
}

static inline uint64_t compare_hash_view(const struct dfl_view *v)
{
    return compare_hash_bytes(v->ptr, v->len);
}

#endif
