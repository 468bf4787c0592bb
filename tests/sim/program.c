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
    return key % 9 < 5;
}

bool program_stays(uint64_t key)
{
    return key % 16 == 3;
}

uint32_t program_node(uint64_t key, uint32_t nodes)
{
    return key % 8 == 6 ? 1 + (uint32_t)(mix(key, 3) % nodes) : 0;
}

uint64_t program_child(uint64_t key, uint32_t index)
{
    return mix(key, index + 17);
}

uint32_t program_inputs(uint64_t key, uint32_t index, uint32_t given, uint32_t out[INPUTS_MOST])
{
    struct random r = {mix(key, index + 99)};
    uint32_t n = 0;
    for (uint32_t i = 0; i < index + given; i++)
        if (random_percent(&r, i == 0 ? 80 : 40) && n < INPUTS_MOST &&
            (i >= index || !program_cancels(key, i)))
            out[n++] = i;
    return n;
}

bool program_cancels(uint64_t key, uint32_t index)
{
    return mix(key, index + 55) % 24 == 0;
}

bool program_reads(uint64_t key, uint32_t input)
{
    return mix(key, input + 7) % 2 != 0;
}

uint64_t program_combine(uint64_t key, const uint64_t *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        key = mix(key, values[i]);
    return key;
}

static uint64_t child_value(uint64_t key, uint32_t index, uint32_t depth, const uint64_t *values,
                            const uint64_t *inputs, uint32_t input_count, uint32_t *count)
{
    uint32_t sources[INPUTS_MOST], n = program_inputs(key, index, input_count, sources);
    uint64_t given[INPUTS_MOST];
    for (uint32_t i = 0; i < n; i++)
        given[i] = sources[i] < index ? values[sources[i]] : inputs[sources[i] - index];
    return program_value(program_child(key, index), depth, given, n, count);
}

uint64_t program_value(uint64_t key, uint32_t depth, const uint64_t *inputs, uint32_t input_count,
                       uint32_t *count)
{
    struct shape s = program_shape(key, depth);
    uint64_t children[CHILDREN_MOST], values[CHILDREN_MOST + INPUTS_MOST];
    uint32_t n = 0;
    ++*count;
    for (uint32_t i = 0; i < s.children; i++) {
        children[i] = child_value(key, i, depth - 1, children, inputs, input_count, count);
        if (!program_cancels(key, i))
            values[n++] = children[i];
    }
    for (uint32_t i = 0; i < input_count; i++)
        if (program_reads(key, i))
            values[n++] = inputs[i];
    return program_combine(key, values, n);
}
