/* drop.c - the end of values of any type.
 *
 * What ends when a count falls to zero may be as deep as memory. So the dead go on a list of this
 * thread, and whoever started the list empties it; a drop that happens meanwhile, also from the
 * release of a task, only adds to it. Below, drop_x() lets go of what a value refers to, and
 * bury_x() frees what nobody holds any more. */
#include <assert.h>
#include <stdlib.h>

#include "list.h"
#include "map.h"
#include "value.h"

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
    list_grow(list->items, list->count, list->room);
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

/* There may be millions, most of them with nothing in them that must end. */
static void drop_futures(struct dead_list *list, struct dfl_task **tasks, uint64_t count)
{
    uint64_t left = task_let_go(tasks, count);
    for (uint64_t i = 0; i < left; i++)
        dead_push(list, (struct dead){DEAD_TASK, NULL, tasks[i]});
}

static void drop_fields(struct dead_list *list, const struct dfl_type *type, char *value)
{
    for (uint64_t i = 0; i < type->field_count; i++)
        drop_parts(list, type->fields[i].type, value + type->fields[i].offset);
}

static void drop_variant(struct dead_list *list, const struct dfl_type *type, char *value)
{
    const struct dfl_variant *v = value_variant(type, value);
    if (v->box)
        drop_view(list, value_box(value));
    for (uint64_t i = 0; !v->box && i < v->field_count; i++)
        drop_parts(list, v->fields[i].type, value + v->fields[i].offset);
}

static void drop_parts(struct dead_list *list, const struct dfl_type *type, void *value)
{
    if (!type->refs)
        return;
    switch (type->kind) {
    case DFL_STR:
    case DFL_BYTES:
    case DFL_ARRAY:
    case DFL_GRID:
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
        drop_futures(list, value, 1);
        return;
    case DFL_TUPLE:
    case DFL_RECORD:
        drop_fields(list, type, value);
        return;
    case DFL_ENUM:
        drop_variant(list, type, value);
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

static void bury_lender(struct dfl_block *block)
{
    struct value_lender lender = *(struct value_lender *)block_data(block);
    block_free(block);
    lender.end(lender.token);
}

static void bury_block(struct dead_list *list, struct dfl_block *block)
{
    if (block->type == BLOCK_LENDER) {
        bury_lender(block);
        return;
    }
    const struct dfl_type *elem = value_type(block->type);
    if (elem->kind == DFL_FUTURE)
        drop_futures(list, (struct dfl_task **)block_data(block), block->size / elem->size);
    else if (elem->refs)
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
        task_end(d.what);
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

static void end_text(struct dfl_block *block)
{
    if (block->type == BLOCK_LENDER)
        bury_lender(block);
    else
        block_free(block);
}

void dfl_drop(const struct dfl_type *type, void *value)
{
    if (!type->refs)
        return;
    if (type->kind == DFL_STR || type->kind == DFL_BYTES) {
        struct dfl_block *block = ((struct dfl_view *)value)->block;
        if (block && count_release(&block->count))
            end_text(block);
        return;
    }
    struct dead_list *list = dead_mine();
    drop_parts(list, type, value);
    dead_empty(list);
}
