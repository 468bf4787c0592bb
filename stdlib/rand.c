/* rand.c - C half of the module rand: SplitMix64 read at any index, so that no state is needed.
 *
 * Draw i of key k is the i-th output of a generator that starts at k. The numbers are part of the
 * language: they are the same on every machine and in every version. */
#include "std.h"

enum { TO_DOUBLE_SHIFT = 11 }; /* 53 bits are left */

/* The finalizer of SplitMix64. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t draw(uint64_t key, int64_t index)
{
    return mix(key + ((uint64_t)index + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

STD(rand, seed, void *out, const void *seed)
{
    *(uint64_t *)out = mix(*(const uint64_t *)seed + UINT64_C(0x9e3779b97f4a7c15));
    return NULL;
}

/* A key whose draws have nothing to do with those of `key` itself: the constant sets them apart. */
STD(rand, derive, void *out, const void *key, const void *index)
{
    uint64_t apart = *(const uint64_t *)key ^ UINT64_C(0xd1b54a32d192ed03);
    *(uint64_t *)out = mix(draw(apart, *(const int64_t *)index));
    return NULL;
}

STD(rand, unit, void *out, const void *key, const void *index)
{
    uint64_t bits = draw(*(const uint64_t *)key, *(const int64_t *)index);
    *(double *)out = (double)(bits >> TO_DOUBLE_SHIFT) * 0x1p-53;
    return NULL;
}

/* lo <= n < hi by multiplication: no division, and a bias below 2^-64 times the range. */
STD(rand, within, void *out, const void *key, const void *index, const void *lo, const void *hi)
{
    int64_t from = *(const int64_t *)lo, to = *(const int64_t *)hi;
    if (from >= to)
        return error_new(DFL_FAIL_fail, "no integer is in %lld..%lld", (long long)from,
                         (long long)to);
    uint64_t bits = draw(*(const uint64_t *)key, *(const int64_t *)index);
    uint64_t range = (uint64_t)to - (uint64_t)from;
    *(int64_t *)out = (int64_t)((uint64_t)from + (uint64_t)((__uint128_t)bits * range >> 64));
    return NULL;
}
