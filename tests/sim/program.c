/* program.c - trees of tasks: all that a task does follows from its key. */
#include "world.h"

uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2));
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint64_t random_next(struct random *r)
{
    r->state += 0x9e3779b97f4a7c15u;
    return mix(r->state, 1);
}

int64_t random_between(struct random *r, int64_t lo, int64_t hi)
{
    return lo + (int64_t)(random_next(r) % (uint64_t)(hi - lo + 1));
}

bool random_percent(struct random *r, int percent)
{
    return random_between(r, 0, 99) < percent;
}

/* Wide near the root, narrow below; short tasks and, now and then, a long one. */
struct shape program_shape(uint64_t key, uint32_t depth)
{
    struct random r = {key};
    struct shape s = {0};
    if (depth > 0)
        s.children = (uint32_t)random_between(&r, depth > 3 ? 2 : 0, CHILDREN_MOST);
    int64_t most = random_percent(&r, 10) ? 20000000 : random_percent(&r, 70) ? 2000000 : 20000;
    s.before_ns = random_between(&r, 100, most);
    s.after_ns = random_between(&r, 100, most / 4 + 100);
    return s;
}

bool program_is_large(uint64_t key)
{
    return key % 4 == 1;
}

bool program_stays(uint64_t key)
{
    return key % 16 == 3;
}

uint64_t program_child(uint64_t key, uint32_t index)
{
    return mix(key, index + 17);
}

uint64_t program_combine(uint64_t key, const uint64_t *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        key = mix(key, values[i]);
    return key;
}

uint64_t program_value(uint64_t key, uint32_t depth, uint32_t *count)
{
    struct shape s = program_shape(key, depth);
    uint64_t values[CHILDREN_MOST];
    ++*count;
    for (uint32_t i = 0; i < s.children; i++)
        values[i] = program_value(program_child(key, i), depth - 1, count);
    return program_combine(key, values, s.children);
}
