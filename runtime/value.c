/* value.c - types at run time; copy and share values of any type. How they end is in drop.c.
 *
 * Recursion here is as deep as types are, and a few levels of data; what is deeper waits in lists.
 */
#include "value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "list.h"
#include "map.h"

/* ---- types ---- */

#define OWN(KIND, refs_, bytes, align_, name_, elem_)                                              \
    {.kind = KIND,                                                                                 \
     .refs = refs_,                                                                                \
     .align = align_,                                                                              \
     .id = VALUE_OWN_ID | KIND,                                                                    \
     .size = bytes,                                                                                \
     .name = name_,                                                                                \
     .elem = elem_}

const struct dfl_type value_unit = OWN(DFL_UNIT, 0, 0, 1, "()", NULL);
const struct dfl_type value_bool = OWN(DFL_BOOL, 0, 1, 1, "bool", NULL);
const struct dfl_type value_int = OWN(DFL_INT, 0, 8, 8, "int", NULL);
const struct dfl_type value_float = OWN(DFL_FLOAT, 0, 8, 8, "float", NULL);
const struct dfl_type value_duration = OWN(DFL_DURATION, 0, 8, 8, "duration", NULL);
const struct dfl_type value_u8 = OWN(DFL_U8, 0, 1, 1, "u8", NULL);
const struct dfl_type value_str = OWN(DFL_STR, 1, sizeof(struct dfl_view), 8, "str", &value_u8);
const struct dfl_type value_bytes =
    OWN(DFL_BYTES, 1, sizeof(struct dfl_view), 8, "bytes", &value_u8);
const struct dfl_type value_error = OWN(DFL_ERROR, 1, 8, 8, "error", NULL);
const struct dfl_type value_strs =
    OWN(DFL_ARRAY, 1, sizeof(struct dfl_view), 8, "[str]", &value_str);

/* The type of the blocks of value_lent(). Its values hold no references, but ending them is work.
 */
_Static_assert(BLOCK_LENDER == (VALUE_OWN_ID | DFL_RECORD), "the id that OWN makes");
static const struct dfl_type lender =
    OWN(DFL_RECORD, 1, sizeof(struct value_lender), 8, "lent", NULL);

static const struct dfl_type *const own_types[] = {
    [DFL_UNIT] = &value_unit,   [DFL_BOOL] = &value_bool,         [DFL_INT] = &value_int,
    [DFL_FLOAT] = &value_float, [DFL_DURATION] = &value_duration, [DFL_U8] = &value_u8,
    [DFL_RECORD] = &lender,     [DFL_STR] = &value_str,           [DFL_BYTES] = &value_bytes,
    [DFL_ARRAY] = &value_strs,  [DFL_ERROR] = &value_error,
};

static const struct dfl_type *const *program_types;
static uint64_t program_type_count;

void value_set_types(const struct dfl_type *const *types, uint64_t count)
{
    program_types = types;
    program_type_count = count;
}

const struct dfl_type *value_type(uint32_t id)
{
    if (id & VALUE_OWN_ID)
        return own_types[id & ~VALUE_OWN_ID];
    assert(id < program_type_count);
    return program_types[id];
}

/* ---- copy ---- */

static void copy_fields(const struct dfl_type *type, const char *value)
{
    for (uint64_t i = 0; i < type->field_count; i++)
        dfl_copy(type->fields[i].type, value + type->fields[i].offset);
}

static void copy_variant(const struct dfl_type *type, const char *value)
{
    const struct dfl_variant *v = value_variant(type, value);
    if (v->box) {
        block_retain(value_box(value));
        return;
    }
    for (uint64_t i = 0; i < v->field_count; i++)
        dfl_copy(v->fields[i].type, value + v->fields[i].offset);
}

void dfl_copy(const struct dfl_type *type, const void *value)
{
    if (!type->refs)
        return;
    switch (type->kind) {
    case DFL_STR:
    case DFL_BYTES:
    case DFL_ARRAY:
    case DFL_GRID:
        block_retain(((const struct dfl_view *)value)->block);
        return;
    case DFL_MAP:
        map_retain(*(struct dfl_map *const *)value);
        return;
    case DFL_ERROR:
        dfl_error_retain(*(struct dfl_error *const *)value);
        return;
    case DFL_FUTURE:
        dfl_task_retain(*(struct dfl_task *const *)value);
        return;
    case DFL_TUPLE:
    case DFL_RECORD:
        copy_fields(type, value);
        return;
    case DFL_ENUM:
        copy_variant(type, value);
        return;
    case DFL_OPTION:
        if (*(const uint8_t *)value)
            dfl_copy(type->elem, (const char *)value + value_inner(type));
        return;
    case DFL_RESULT:
        if (*(struct dfl_error *const *)value)
            dfl_error_retain(*(struct dfl_error *const *)value);
        else
            dfl_copy(type->elem, (const char *)value + value_inner(type));
        return;
    }
    assert(!"a type that holds references");
}

/* ---- share ---- */

/* A block, or a map of a type, whose count is shared already. */
struct holder {
    const struct dfl_type *map; /* NULL: a block */
    void *what;
};

/* What is nested more than a few levels deep waits here instead of being visited by recursion. */
struct sharing {
    struct holder *waiting;
    size_t count, room;
    int depth;
};

enum { SHARE_DEPTH = 64 };

static void share_value(struct sharing *, const struct dfl_type *, const void *value);

static void share_elements(struct sharing *s, struct dfl_block *block)
{
    const struct dfl_type *elem = value_type(block->type);
    for (uint64_t at = 0; at < block->size; at += elem->size)
        share_value(s, elem, block_data(block) + at);
}

static void share_entries(struct sharing *s, const struct dfl_type *type, struct dfl_map *map)
{
    for (int64_t at = 0; (at = dfl_map_next(&map, at)) >= 0; at++) {
        share_value(s, type->key, dfl_map_key(type, &map, at));
        share_value(s, type->elem, dfl_map_value(type, &map, at));
    }
}

static void share_inside(struct sharing *s, struct holder h)
{
    s->depth++;
    if (h.map)
        share_entries(s, h.map, h.what);
    else
        share_elements(s, h.what);
    s->depth--;
}

static void share_holder(struct sharing *s, struct holder h)
{
    if (s->depth < SHARE_DEPTH) {
        share_inside(s, h);
        return;
    }
    list_grow(s->waiting, s->count, s->room);
    s->waiting[s->count++] = h;
}

static void share_block(struct sharing *s, struct dfl_block *block)
{
    if (block && count_share(&block->count) && value_type(block->type)->refs)
        share_holder(s, (struct holder){NULL, block});
}

static void share_map(struct sharing *s, const struct dfl_type *type, struct dfl_map *map)
{
    if (map && count_share(&map->count) && (type->key->refs | type->elem->refs))
        share_holder(s, (struct holder){type, map});
}

static void share_error(struct sharing *s, struct dfl_error *e)
{
    for (; e && count_share(&e->count); e = e->cause) {
        share_block(s, e->message.block);
        share_block(s, e->chain.block);
    }
}

static void share_fields(struct sharing *s, const struct dfl_field *fields, uint64_t count,
                         const char *value)
{
    for (uint64_t i = 0; i < count; i++)
        share_value(s, fields[i].type, value + fields[i].offset);
}

static void share_variant(struct sharing *s, const struct dfl_type *type, const char *value)
{
    const struct dfl_variant *v = value_variant(type, value);
    if (v->box)
        share_block(s, value_box(value));
    else
        share_fields(s, v->fields, v->field_count, value);
}

static void share_value(struct sharing *s, const struct dfl_type *type, const void *value)
{
    if (!type->refs)
        return;
    switch (type->kind) {
    case DFL_STR:
    case DFL_BYTES:
    case DFL_ARRAY:
    case DFL_GRID:
        share_block(s, ((const struct dfl_view *)value)->block);
        return;
    case DFL_MAP:
        share_map(s, type, *(struct dfl_map *const *)value);
        return;
    case DFL_ERROR:
        share_error(s, *(struct dfl_error *const *)value);
        return;
    case DFL_FUTURE:
        return; /* a record's counts are atomic from birth */
    case DFL_TUPLE:
    case DFL_RECORD:
        share_fields(s, type->fields, type->field_count, value);
        return;
    case DFL_ENUM:
        share_variant(s, type, value);
        return;
    case DFL_OPTION:
        if (*(const uint8_t *)value)
            share_value(s, type->elem, (const char *)value + value_inner(type));
        return;
    case DFL_RESULT:
        if (*(struct dfl_error *const *)value)
            share_error(s, *(struct dfl_error *const *)value);
        else
            share_value(s, type->elem, (const char *)value + value_inner(type));
        return;
    }
    assert(!"a type that holds references");
}

void dfl_share(const struct dfl_type *type, const void *value)
{
    if (!type->refs)
        return;
    struct sharing s = {0};
    share_value(&s, type, value);
    while (s.count)
        share_inside(&s, s.waiting[--s.count]);
    free(s.waiting);
}

/* ---- text ---- */

char value_nothing[16];

struct dfl_view value_text(const void *text, int64_t len)
{
    if (len == 0)
        return value_static(value_nothing, 0);
    struct dfl_block *block = dfl_block_new(&value_u8, len);
    block->size = (uint64_t)len;
    memcpy(block_data(block), text, (size_t)len);
    return (struct dfl_view){block, block_data(block), len};
}

struct dfl_view value_lent(void *ptr, int64_t len, void (*end)(uint64_t token), uint64_t token)
{
    struct dfl_block *block = dfl_block_new(&lender, sizeof(struct value_lender));
    *(struct value_lender *)block_data(block) = (struct value_lender){end, token};
    block->size = sizeof(struct value_lender);
    atomic_store_explicit(&block->count, -1, memory_order_relaxed);
    return (struct dfl_view){block, ptr, len};
}

struct dfl_view value_part(const struct dfl_view *s, int64_t lo, int64_t len)
{
    if (len == 0)
        return value_static(value_nothing, 0);
    block_retain(s->block);
    return (struct dfl_view){s->block, (char *)s->ptr + lo, len};
}
