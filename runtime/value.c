/* value.c - copy, share and drop values of any type.
 *
 * Sizes of types bound every recursion here but one: what ends when a count falls to zero may be as
 * deep as memory. So the dead go on a list of this thread, and whoever started the list empties it;
 * a drop that happens meanwhile, also from the release of a task, only adds to it. */
#include "value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
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

static const struct dfl_type *const own_types[] = {
    [DFL_UNIT] = &value_unit,   [DFL_BOOL] = &value_bool,         [DFL_INT] = &value_int,
    [DFL_FLOAT] = &value_float, [DFL_DURATION] = &value_duration, [DFL_U8] = &value_u8,
    [DFL_STR] = &value_str,     [DFL_BYTES] = &value_bytes,       [DFL_ARRAY] = &value_strs,
    [DFL_ERROR] = &value_error,
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

void dfl_copy(const struct dfl_type *type, const void *value)
{
    if (!type->refs)
        return;
    switch (type->kind) {
    case DFL_STR:
    case DFL_BYTES:
    case DFL_ARRAY:
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

static void share_block(struct dfl_block *block)
{
    if (!block || !count_share(&block->count))
        return;
    const struct dfl_type *elem = value_type(block->type);
    if (!elem->refs)
        return;
    for (uint64_t at = 0; at < block->size; at += elem->size)
        dfl_share(elem, block_data(block) + at);
}

static void share_map(const struct dfl_type *type, struct dfl_map *map)
{
    if (!map || !count_share(&map->count) || !(type->key->refs | type->elem->refs))
        return;
    for (int64_t at = 0; (at = dfl_map_next(&map, at)) >= 0; at++) {
        dfl_share(type->key, dfl_map_key(type, &map, at));
        dfl_share(type->elem, dfl_map_value(type, &map, at));
    }
}

static void share_error(struct dfl_error *e)
{
    for (; e && count_share(&e->count); e = e->cause) {
        share_block(e->message.block);
        share_block(e->chain.block);
    }
}

static void share_fields(const struct dfl_type *type, const char *value)
{
    for (uint64_t i = 0; i < type->field_count; i++)
        dfl_share(type->fields[i].type, value + type->fields[i].offset);
}

void dfl_share(const struct dfl_type *type, const void *value)
{
    if (!type->refs)
        return;
    switch (type->kind) {
    case DFL_STR:
    case DFL_BYTES:
    case DFL_ARRAY:
        share_block(((const struct dfl_view *)value)->block);
        return;
    case DFL_MAP:
        share_map(type, *(struct dfl_map *const *)value);
        return;
    case DFL_ERROR:
        share_error(*(struct dfl_error *const *)value);
        return;
    case DFL_FUTURE:
        return; /* a record's counts are atomic from birth */
    case DFL_TUPLE:
    case DFL_RECORD:
        share_fields(type, value);
        return;
    case DFL_OPTION:
        if (*(const uint8_t *)value)
            dfl_share(type->elem, (const char *)value + value_inner(type));
        return;
    case DFL_RESULT:
        if (*(struct dfl_error *const *)value)
            share_error(*(struct dfl_error *const *)value);
        else
            dfl_share(type->elem, (const char *)value + value_inner(type));
        return;
    }
    assert(!"a type that holds references");
}

/* ---- drop ---- */

struct dead {
    enum { DEAD_BLOCK, DEAD_MAP, DEAD_ERROR, DEAD_TASK } kind;
    const struct dfl_type *type; /* of a map */
    void *what;
};

struct dead_list {
    struct dead *items;
    size_t count, room;
    bool emptying;
};

static _Thread_local struct dead_list dead_list;

/* Not inlined, for the reason given at tally_add() in block.c. Nothing that runs below switches
 * fibers, so the address holds for the length of one emptying. */
static __attribute__((noinline)) struct dead_list *dead_mine(void)
{
    return &dead_list;
}

static void dead_push(struct dead_list *list, struct dead d)
{
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->items = realloc(list->items, list->room * sizeof *list->items);
        if (!list->items)
            block_exhausted(list->room * sizeof *list->items);
    }
    list->items[list->count++] = d;
}

static void drop_parts(struct dead_list *, const struct dfl_type *, void *value);

static void drop_view(struct dead_list *list, struct dfl_block *block)
{
    if (!block || !count_release(&block->count))
        return;
    if (value_type(block->type)->refs)
        dead_push(list, (struct dead){DEAD_BLOCK, NULL, block});
    else
        block_free(block);
}

static void drop_error(struct dead_list *list, struct dfl_error *e)
{
    if (e && count_release(&e->count))
        dead_push(list, (struct dead){DEAD_ERROR, NULL, e});
}

static void drop_fields(struct dead_list *list, const struct dfl_type *type, char *value)
{
    for (uint64_t i = 0; i < type->field_count; i++)
        drop_parts(list, type->fields[i].type, value + type->fields[i].offset);
}

static void drop_parts(struct dead_list *list, const struct dfl_type *type, void *value)
{
    if (!type->refs)
        return;
    switch (type->kind) {
    case DFL_STR:
    case DFL_BYTES:
    case DFL_ARRAY:
        drop_view(list, ((struct dfl_view *)value)->block);
        return;
    case DFL_MAP: {
        struct dfl_map *map = *(struct dfl_map **)value;
        if (map && count_release(&map->count))
            dead_push(list, (struct dead){DEAD_MAP, type, map});
        return;
    }
    case DFL_ERROR:
        drop_error(list, *(struct dfl_error **)value);
        return;
    case DFL_FUTURE:
        dead_push(list, (struct dead){DEAD_TASK, NULL, *(struct dfl_task **)value});
        return;
    case DFL_TUPLE:
    case DFL_RECORD:
        drop_fields(list, type, value);
        return;
    case DFL_OPTION:
        if (*(uint8_t *)value)
            drop_parts(list, type->elem, (char *)value + value_inner(type));
        return;
    case DFL_RESULT:
        if (*(struct dfl_error **)value)
            drop_error(list, *(struct dfl_error **)value);
        else
            drop_parts(list, type->elem, (char *)value + value_inner(type));
        return;
    }
    assert(!"a type that holds references");
}

static void bury_block(struct dead_list *list, struct dfl_block *block)
{
    const struct dfl_type *elem = value_type(block->type);
    if (elem->refs)
        for (uint64_t at = 0; at < block->size; at += elem->size)
            drop_parts(list, elem, block_data(block) + at);
    block_free(block);
}

static void bury_map(struct dead_list *list, const struct dfl_type *type, struct dfl_map *map)
{
    if (type->key->refs | type->elem->refs)
        for (int64_t at = 0; (at = dfl_map_next(&map, at)) >= 0; at++) {
            drop_parts(list, type->key, dfl_map_key(type, &map, at));
            drop_parts(list, type->elem, dfl_map_value(type, &map, at));
        }
    map_free(map);
}

static void bury_error(struct dead_list *list, struct dfl_error *e)
{
    drop_view(list, e->message.block);
    drop_view(list, e->chain.block);
    drop_error(list, e->cause);
    block_free(e);
}

static void bury(struct dead_list *list, struct dead d)
{
    switch (d.kind) {
    case DEAD_BLOCK:
        bury_block(list, d.what);
        return;
    case DEAD_MAP:
        bury_map(list, d.type, d.what);
        return;
    case DEAD_ERROR:
        bury_error(list, d.what);
        return;
    case DEAD_TASK:
        dfl_task_release(NULL, d.what);
        return;
    }
}

static void dead_empty(struct dead_list *list)
{
    if (list->emptying || list->count == 0)
        return;
    list->emptying = true;
    while (list->count > 0)
        bury(list, list->items[--list->count]);
    list->emptying = false;
    free(list->items);
    *list = (struct dead_list){0};
}

static void dead_end(struct dead d)
{
    struct dead_list *list = dead_mine();
    dead_push(list, d);
    dead_empty(list);
}

void value_end_block(struct dfl_block *block)
{
    if (value_type(block->type)->refs)
        dead_end((struct dead){DEAD_BLOCK, NULL, block});
    else
        block_free(block);
}

void value_end_map(const struct dfl_type *type, struct dfl_map *map)
{
    dead_end((struct dead){DEAD_MAP, type, map});
}

void value_end_error(struct dfl_error *e)
{
    dead_end((struct dead){DEAD_ERROR, NULL, e});
}

void dfl_drop(const struct dfl_type *type, void *value)
{
    if (!type->refs)
        return;
    if (type->kind == DFL_STR || type->kind == DFL_BYTES) {
        struct dfl_block *block = ((struct dfl_view *)value)->block;
        if (block && count_release(&block->count))
            block_free(block);
        return;
    }
    struct dead_list *list = dead_mine();
    drop_parts(list, type, value);
    dead_empty(list);
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

struct dfl_view value_part(const struct dfl_view *s, int64_t lo, int64_t len)
{
    if (len == 0)
        return value_static(value_nothing, 0);
    block_retain(s->block);
    return (struct dfl_view){s->block, (char *)s->ptr + lo, len};
}
