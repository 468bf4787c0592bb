/* compare.c - equality, order and hash of values, by structure.
 *
 * The three agree: what is equal has one hash and compares as 0, except floats, where equality is
 * IEEE's and order is total. Recursion is as deep as types are, and a few levels of data; what is
 * deeper is put off, so that values of any depth need no stack. */
#include "compare.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "list.h"
#include "map.h"
#include "value.h"

/* ---- values put off ---- */

/* Two values to compare, or one to hash. */
struct pair {
    const struct dfl_type *type;
    const void *a, *b;
};

struct walk {
    struct pair *items;
    size_t count, room;
    int depth; /* of data that holds data */
};

enum { WALK_DEPTH = 64 };

static void walk_later(struct walk *w, const struct dfl_type *type, const void *a, const void *b)
{
    list_grow(w->items, w->count, w->room);
    w->items[w->count++] = (struct pair){type, a, b};
}

/* True if a value of the type may hold values that are as deep as data is. */
static bool walk_nests(const struct dfl_type *type)
{
    return type->kind == DFL_ARRAY || type->kind == DFL_MAP ||
           (type->kind == DFL_ENUM && type->field_count == 0);
}

/* ---- equality ---- */

static bool equal(struct walk *, const struct dfl_type *, const void *a, const void *b);

static bool equal_views(struct walk *w, const struct dfl_type *elem, const struct dfl_view *a,
                        const struct dfl_view *b)
{
    if (a->len != b->len)
        return false;
    for (int64_t i = 0; i < a->len; i++)
        if (!equal(w, elem, (char *)a->ptr + i * (int64_t)elem->size,
                   (char *)b->ptr + i * (int64_t)elem->size))
            return false;
    return true;
}

static bool equal_grids(struct walk *w, const struct dfl_type *type, const struct dfl_grid *a,
                        const struct dfl_grid *b)
{
    bool dense_a = grid_is_dense(type, a), dense_b = grid_is_dense(type, b);
    if (memcmp(a->dims, b->dims, type->rank * sizeof(int64_t)) != 0)
        return false;
    for (int64_t i = 0, n = grid_count(type, a); i < n; i++)
        if (!equal(w, type->elem, grid_element(type, a, dense_a, i),
                   grid_element(type, b, dense_b, i)))
            return false;
    return true;
}

static bool equal_maps(struct walk *w, const struct dfl_type *type, struct dfl_map *const *a,
                       struct dfl_map *const *b)
{
    if (dfl_map_len(a) != dfl_map_len(b))
        return false;
    for (int64_t at = 0; (at = dfl_map_next(a, at)) >= 0; at++) {
        const void *other = dfl_map_find(type, b, dfl_map_key(type, a, at));
        if (!other || !equal(w, type->elem, dfl_map_value(type, a, at), other))
            return false;
    }
    return true;
}

static bool equal_errors(const struct dfl_error *a, const struct dfl_error *b)
{
    for (; a && b && a != b; a = a->cause, b = b->cause)
        if (a->kind != b->kind || !compare_same_bytes(&a->message, &b->message))
            return false;
    return a == b;
}

static bool equal_fields(struct walk *w, const struct dfl_field *fields, uint64_t count,
                         const char *a, const char *b)
{
    for (uint64_t i = 0; i < count; i++) {
        const struct dfl_field *f = &fields[i];
        if (!equal(w, f->type, a + f->offset, b + f->offset))
            return false;
    }
    return true;
}

static bool equal_results(struct walk *w, const struct dfl_type *type, const void *a, const void *b)
{
    const struct dfl_error *ea = *(struct dfl_error *const *)a;
    const struct dfl_error *eb = *(struct dfl_error *const *)b;
    if (ea || eb)
        return ea && eb && equal_errors(ea, eb);
    size_t inner = value_inner(type);
    return equal(w, type->elem, (const char *)a + inner, (const char *)b + inner);
}

static bool equal_variants(struct walk *w, const struct dfl_type *type, const void *a,
                           const void *b)
{
    const struct dfl_variant *v = value_variant(type, a);
    return v == value_variant(type, b) &&
           equal_fields(w, v->fields, v->field_count, value_parts(v, a), value_parts(v, b));
}

static bool equal_parts(struct walk *w, const struct dfl_type *type, const void *a, const void *b)
{
    switch (type->kind) {
    case DFL_FLOAT:
        return *(const double *)a == *(const double *)b;
    case DFL_F32:
        return *(const float *)a == *(const float *)b;
    case DFL_STR:
    case DFL_BYTES:
        return compare_same_bytes(a, b);
    case DFL_ARRAY:
        return equal_views(w, type->elem, a, b);
    case DFL_GRID:
        return equal_grids(w, type, a, b);
    case DFL_MAP:
        return equal_maps(w, type, a, b);
    case DFL_TUPLE:
    case DFL_RECORD:
        return equal_fields(w, type->fields, type->field_count, a, b);
    case DFL_ERROR:
        return equal_errors(*(struct dfl_error *const *)a, *(struct dfl_error *const *)b);
    case DFL_ENUM:
        return equal_variants(w, type, a, b);
    case DFL_OPTION: {
        uint8_t some = *(const uint8_t *)a;
        size_t inner = value_inner(type);
        if (some != *(const uint8_t *)b)
            return false;
        return !some || equal(w, type->elem, (const char *)a + inner, (const char *)b + inner);
    }
    case DFL_RESULT:
        return equal_results(w, type, a, b);
    default:
        return memcmp(a, b, type->size) == 0; /* numbers, and futures by identity */
    }
}

/* True for what walk_later() took: the walk comes back to it before anyone hears the answer. */
static bool equal(struct walk *w, const struct dfl_type *type, const void *a, const void *b)
{
    if (!walk_nests(type))
        return equal_parts(w, type, a, b);
    if (w->depth == WALK_DEPTH) {
        walk_later(w, type, a, b);
        return true;
    }
    w->depth++;
    bool same = equal_parts(w, type, a, b);
    w->depth--;
    return same;
}

bool dfl_equal(const struct dfl_type *type, const void *a, const void *b)
{
    struct walk w = {0};
    bool same = equal(&w, type, a, b);
    while (same && w.count) {
        struct pair p = w.items[--w.count];
        same = equal(&w, p.type, p.a, p.b);
    }
    free(w.items);
    return same;
}

/* ---- order ---- */

static int32_t order(struct walk *, const struct dfl_type *, const void *a, const void *b);

#define THREE_WAY(a, b) (((a) > (b)) - ((a) < (b)))

/* The sign-and-magnitude bits of a float, turned into an integer of the same order, with -0.0 just
 * below 0.0. Which NaN an operation gives differs between processors, optimisations and the
 * interpreter, so all are one: the last. */
static int64_t float_rank(double x)
{
    int64_t bits;
    if (isnan(x))
        return INT64_MAX;
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

static int32_t float_order(double a, double b)
{
    return THREE_WAY(float_rank(a), float_rank(b));
}

static int32_t text_order(const struct dfl_view *a, const struct dfl_view *b)
{
    int64_t common = a->len < b->len ? a->len : b->len;
    int found = common ? memcmp(a->ptr, b->ptr, (size_t)common) : 0;
    return found ? (found > 0) - (found < 0) : THREE_WAY(a->len, b->len);
}

static int32_t array_order(struct walk *w, const struct dfl_type *elem, const struct dfl_view *a,
                           const struct dfl_view *b)
{
    int64_t size = (int64_t)elem->size;
    for (int64_t i = 0; i < a->len && i < b->len; i++) {
        int32_t found = order(w, elem, (char *)a->ptr + i * size, (char *)b->ptr + i * size);
        if (found)
            return found;
    }
    return THREE_WAY(a->len, b->len);
}

/* By shape, then by elements. */
static int32_t grid_order(struct walk *w, const struct dfl_type *type, const struct dfl_grid *a,
                          const struct dfl_grid *b)
{
    bool dense_a = grid_is_dense(type, a), dense_b = grid_is_dense(type, b);
    int32_t found = 0;
    for (int i = 0; i < type->rank && !found; i++)
        found = THREE_WAY(a->dims[i], b->dims[i]);
    for (int64_t i = 0, n = grid_count(type, a); i < n && !found; i++)
        found = order(w, type->elem, grid_element(type, a, dense_a, i),
                      grid_element(type, b, dense_b, i));
    return found;
}

static int32_t fields_order(struct walk *w, const struct dfl_field *fields, uint64_t count,
                            const char *a, const char *b)
{
    for (uint64_t i = 0; i < count; i++) {
        const struct dfl_field *f = &fields[i];
        int32_t found = order(w, f->type, a + f->offset, b + f->offset);
        if (found)
            return found;
    }
    return 0;
}

static int32_t error_order(const struct dfl_error *a, const struct dfl_error *b)
{
    for (; a && b && a != b; a = a->cause, b = b->cause) {
        int32_t found = THREE_WAY(a->kind, b->kind);
        if (!found)
            found = text_order(&a->message, &b->message);
        if (found)
            return found;
    }
    return a == b ? 0 : a ? 1 : -1;
}

/* An entry of a map, to be put in the order of the keys. */
struct entry {
    const struct dfl_type *type;
    const void *key, *value;
};

static int entry_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return dfl_compare(x->type->key, x->key, y->key);
}

static struct entry *entries_sorted(const struct dfl_type *type, struct dfl_map *const *map)
{
    size_t n = (size_t)dfl_map_len(map), i = 0;
    struct entry *list = calloc(n + 1, sizeof *list);
    if (!list)
        block_exhausted(n * sizeof *list);
    for (int64_t at = 0; (at = dfl_map_next(map, at)) >= 0; at++)
        list[i++] = (struct entry){type, dfl_map_key(type, map, at), dfl_map_value(type, map, at)};
    qsort(list, n, sizeof *list, entry_order);
    return list;
}

/* Maps order as their entries in the order of their keys do, since equality ignores insertion. */
static int32_t map_order(struct walk *w, const struct dfl_type *type, struct dfl_map *const *a,
                         struct dfl_map *const *b)
{
    int64_t na = dfl_map_len(a), nb = dfl_map_len(b);
    struct entry *ea = entries_sorted(type, a), *eb = entries_sorted(type, b);
    int32_t found = 0;
    for (int64_t i = 0; i < na && i < nb && !found; i++) {
        found = dfl_compare(type->key, ea[i].key, eb[i].key);
        if (!found)
            found = order(w, type->elem, ea[i].value, eb[i].value);
    }
    free(ea);
    free(eb);
    return found ? found : THREE_WAY(na, nb);
}

static int32_t option_order(struct walk *w, const struct dfl_type *type, const char *a,
                            const char *b)
{
    if (!*a || !*b)
        return THREE_WAY(*a, *b);
    size_t inner = value_inner(type);
    return order(w, type->elem, a + inner, b + inner);
}

static int32_t result_order(struct walk *w, const struct dfl_type *type, const char *a,
                            const char *b)
{
    const struct dfl_error *ea = *(struct dfl_error *const *)a;
    const struct dfl_error *eb = *(struct dfl_error *const *)b;
    if (ea || eb)
        return error_order(ea, eb);
    size_t inner = value_inner(type);
    return order(w, type->elem, a + inner, b + inner);
}

#define AS(ctype) THREE_WAY(*(const ctype *)a, *(const ctype *)b)

static int32_t variant_order(struct walk *w, const struct dfl_type *type, const void *a,
                             const void *b)
{
    const struct dfl_variant *va = value_variant(type, a), *vb = value_variant(type, b);
    if (va != vb)
        return THREE_WAY(va, vb);
    return fields_order(w, va->fields, va->field_count, value_parts(va, a), value_parts(vb, b));
}

static int32_t parts_order(struct walk *w, const struct dfl_type *type, const void *a,
                           const void *b)
{
    switch (type->kind) {
    case DFL_UNIT:
        return 0;
    case DFL_INT:
    case DFL_DURATION:
    case DFL_I64:
        return AS(int64_t);
    case DFL_BOOL:
    case DFL_U8:
        return AS(uint8_t);
    case DFL_I8:
        return AS(int8_t);
    case DFL_I16:
        return AS(int16_t);
    case DFL_I32:
        return AS(int32_t);
    case DFL_U16:
        return AS(uint16_t);
    case DFL_U32:
        return AS(uint32_t);
    case DFL_U64:
        return AS(uint64_t);
    case DFL_FLOAT:
        return float_order(*(const double *)a, *(const double *)b);
    case DFL_F32:
        return float_order(*(const float *)a, *(const float *)b);
    case DFL_STR:
    case DFL_BYTES:
        return text_order(a, b);
    case DFL_ARRAY:
        return array_order(w, type->elem, a, b);
    case DFL_GRID:
        return grid_order(w, type, a, b);
    case DFL_MAP:
        return map_order(w, type, a, b);
    case DFL_TUPLE:
    case DFL_RECORD:
        return fields_order(w, type->fields, type->field_count, a, b);
    case DFL_ENUM:
        return variant_order(w, type, a, b);
    case DFL_ERROR:
        return error_order(*(struct dfl_error *const *)a, *(struct dfl_error *const *)b);
    case DFL_OPTION:
        return option_order(w, type, a, b);
    case DFL_RESULT:
        return result_order(w, type, a, b);
    }
    assert(!"a type that can be ordered");
    return 0;
}

/* 0 for what walk_later() took: the walk comes back to it, in its order. */
static int32_t order(struct walk *w, const struct dfl_type *type, const void *a, const void *b)
{
    if (!walk_nests(type))
        return parts_order(w, type, a, b);
    if (w->depth == WALK_DEPTH) {
        walk_later(w, type, a, b);
        return 0;
    }
    w->depth++;
    int32_t found = parts_order(w, type, a, b);
    w->depth--;
    return found;
}

/* Turns the items from `from` on around, so that the one put off first is taken first. */
static void turn_around(struct walk *w, size_t from)
{
    for (size_t to = w->count; from + 1 < to; from++, to--) {
        struct pair p = w->items[from];
        w->items[from] = w->items[to - 1];
        w->items[to - 1] = p;
    }
}

/* A difference decides unless one is found in what was put off before it; what was put off later
 * than that no longer matters. */
int32_t dfl_compare(const struct dfl_type *type, const void *a, const void *b)
{
    struct walk w = {0};
    int32_t decided = order(&w, type, a, b);
    turn_around(&w, 0);
    while (w.count) {
        struct pair p = w.items[--w.count];
        size_t before = w.count;
        int32_t found = order(&w, p.type, p.a, p.b);
        if (found) {
            decided = found;
            w.count -= before;
            memmove(w.items, w.items + before, w.count * sizeof *w.items);
            before = 0;
        }
        turn_around(&w, before);
    }
    free(w.items);
    return decided;
}

/* ---- hash ---- */

static uint64_t hash(struct walk *, const struct dfl_type *, const void *value);

static uint64_t hash_array(struct walk *w, const struct dfl_type *elem, const struct dfl_view *v)
{
    uint64_t h = compare_hash_word((uint64_t)v->len);
    for (int64_t i = 0; i < v->len; i++)
        h = compare_hash_mix(h, hash(w, elem, (char *)v->ptr + i * (int64_t)elem->size));
    return h;
}

static uint64_t hash_grid(struct walk *w, const struct dfl_type *type, const struct dfl_grid *m)
{
    bool dense = grid_is_dense(type, m);
    uint64_t h = compare_hash_word(type->rank);
    for (int i = 0; i < type->rank; i++)
        h = compare_hash_mix(h, (uint64_t)m->dims[i]);
    for (int64_t i = 0, n = grid_count(type, m); i < n; i++)
        h = compare_hash_mix(h, hash(w, type->elem, grid_element(type, m, dense, i)));
    return h;
}

/* A sum, so that it ignores the order of insertion as equality does. */
static uint64_t hash_map(struct walk *w, const struct dfl_type *type, struct dfl_map *const *map)
{
    uint64_t sum = (uint64_t)dfl_map_len(map);
    for (int64_t at = 0; (at = dfl_map_next(map, at)) >= 0; at++)
        sum += compare_hash_mix(hash(w, type->key, dfl_map_key(type, map, at)),
                                hash(w, type->elem, dfl_map_value(type, map, at)));
    return compare_hash_word(sum);
}

static uint64_t hash_fields(struct walk *w, const struct dfl_field *fields, uint64_t count,
                            const char *value)
{
    uint64_t h = compare_hash_word(count);
    for (uint64_t i = 0; i < count; i++)
        h = compare_hash_mix(h, hash(w, fields[i].type, value + fields[i].offset));
    return h;
}

static uint64_t hash_variant(struct walk *w, const struct dfl_type *type, const void *value)
{
    const struct dfl_variant *v = value_variant(type, value);
    uint64_t tag = compare_hash_word((uint64_t)(v - type->variants));
    return compare_hash_mix(tag, hash_fields(w, v->fields, v->field_count, value_parts(v, value)));
}

static uint64_t hash_error(const struct dfl_error *e)
{
    uint64_t h = 0;
    for (; e; e = e->cause)
        h = compare_hash_mix(h + e->kind, compare_hash_bytes(e->message.ptr, e->message.len));
    return h;
}

static uint64_t hash_float(double x)
{
    uint64_t bits = 0; /* of both zeros */
    if (isnan(x))
        bits = UINT64_MAX;
    else if (x != 0)
        memcpy(&bits, &x, sizeof bits);
    return compare_hash_word(bits);
}

static uint64_t hash_small(const void *value, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, value, size);
    return compare_hash_word(word);
}

static uint64_t hash_parts(struct walk *w, const struct dfl_type *type, const void *value)
{
    const char *inner;
    switch (type->kind) {
    case DFL_FLOAT:
        return hash_float(*(const double *)value);
    case DFL_F32:
        return hash_float(*(const float *)value);
    case DFL_STR:
    case DFL_BYTES:
        return compare_hash_view(value);
    case DFL_ARRAY:
        return hash_array(w, type->elem, value);
    case DFL_GRID:
        return hash_grid(w, type, value);
    case DFL_MAP:
        return hash_map(w, type, value);
    case DFL_TUPLE:
    case DFL_RECORD:
        return hash_fields(w, type->fields, type->field_count, value);
    case DFL_ENUM:
        return hash_variant(w, type, value);
    case DFL_ERROR:
        return hash_error(*(struct dfl_error *const *)value);
    case DFL_OPTION:
        inner = (const char *)value + value_inner(type);
        return *(const uint8_t *)value ? compare_hash_mix(1, hash(w, type->elem, inner)) : 1;
    case DFL_RESULT:
        inner = (const char *)value + value_inner(type);
        if (*(struct dfl_error *const *)value)
            return hash_error(*(struct dfl_error *const *)value);
        return compare_hash_mix(2, hash(w, type->elem, inner));
    default:
        return hash_small(value, type->size);
    }
}

static uint64_t hash(struct walk *w, const struct dfl_type *type, const void *value)
{
    if (!walk_nests(type))
        return hash_parts(w, type, value);
    if (w->depth == WALK_DEPTH) {
        walk_later(w, type, value, NULL);
        return 0;
    }
    w->depth++;
    uint64_t h = hash_parts(w, type, value);
    w->depth--;
    return h;
}

/* What was put off is added up: maps may have met it in another order. */
uint64_t dfl_hash(const struct dfl_type *type, const void *value)
{
    struct walk w = {0};
    uint64_t h = hash(&w, type, value);
    while (w.count) {
        struct pair p = w.items[--w.count];
        h += compare_hash_word(hash(&w, p.type, p.a));
    }
    free(w.items);
    return h;
}
