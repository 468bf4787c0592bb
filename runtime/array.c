/* array.c - arrays that grow and change in place while nobody else can see them.
 *
 * An array is a view, perhaps of a part of its block. The elements of a block outside the view are
 * alive too (another view may need them); once the view is the only one they can be let go. */
#include "array.h"

#include <string.h>

#include "value.h"

static int64_t bytes_of(const struct dfl_type *elem, int64_t n)
{
    int64_t bytes;
    if (n < 0 || __builtin_mul_overflow(n, (int64_t)elem->size, &bytes))
        block_exhausted(UINT64_MAX);
    return bytes;
}

static void retain_all(const struct dfl_type *elem, char *from, int64_t bytes)
{
    if (elem->refs)
        for (int64_t at = 0; at < bytes; at += (int64_t)elem->size)
            dfl_copy(elem, from + at);
}

static void drop_all(const struct dfl_type *elem, char *from, int64_t bytes)
{
    if (elem->refs)
        for (int64_t at = 0; at < bytes; at += (int64_t)elem->size)
            dfl_drop(elem, from + at);
}

void dfl_array_new(const struct dfl_type *elem, struct dfl_view *out, int64_t n)
{
    int64_t bytes = bytes_of(elem, n);
    *out = value_static(value_nothing, 0);
    if (bytes > 0) {
        out->block = dfl_block_new(elem, bytes);
        out->ptr = block_data(out->block);
    }
}

/* A new array of room for `room` elements, holding `n` retained ones. */
static void copy_with_room(const struct dfl_type *elem, struct dfl_view *out, const void *from,
                           int64_t n, int64_t room)
{
    dfl_array_new(elem, out, room);
    out->len = n;
    int64_t bytes = bytes_of(elem, n);
    if (bytes == 0)
        return;
    memcpy(out->ptr, from, (size_t)bytes);
    out->block->size = (uint64_t)bytes;
    retain_all(elem, out->ptr, bytes);
}

void array_copy(const struct dfl_type *elem, struct dfl_view *out, const void *from, int64_t n)
{
    copy_with_room(elem, out, from, n, n);
}

/* The array is the only holder of its block: what the view does not cover ends, and what it covers
 * moves to the start. */
static void trim(const struct dfl_type *elem, struct dfl_view *array)
{
    char *data = block_data(array->block), *from = array->ptr;
    int64_t bytes = bytes_of(elem, array->len), size = (int64_t)array->block->size;
    if (from == data && bytes == size)
        return;
    drop_all(elem, data, from - data);
    drop_all(elem, from + bytes, data + size - (from + bytes));
    memmove(data, from, (size_t)bytes);
    array->ptr = data;
    array->block->size = (uint64_t)bytes;
}

static void own_with_room(const struct dfl_type *elem, struct dfl_view *array, int64_t room)
{
    if (array->block && block_unique(array->block)) {
        trim(elem, array);
        return;
    }
    struct dfl_view old = *array;
    copy_with_room(elem, array, old.ptr, old.len, room);
    dfl_block_release(old.block);
}

void dfl_array_own(const struct dfl_type *elem, struct dfl_view *array)
{
    own_with_room(elem, array, array->len);
}

/* True if one more element certainly fits right behind the last. */
static inline bool has_room(const struct dfl_type *elem, const struct dfl_view *array)
{
    struct dfl_block *block = array->block;
    if (!block || atomic_load_explicit(&block->count, memory_order_relaxed) != 1)
        return false;
    char *end = (char *)array->ptr + array->len * (int64_t)elem->size;
    return end == block_data(block) + block->size &&
           block->size + elem->size <= block_sure_room(block->size);
}

static void make_room(const struct dfl_type *elem, struct dfl_view *array)
{
    int64_t wanted = array->len + array->len / 2 + 4;
    own_with_room(elem, array, wanted);
    if (!array->block)
        dfl_array_new(elem, array, wanted);
    if (block_room(array->block) >= bytes_of(elem, array->len + 1))
        return;
    array->block = block_grow(array->block, bytes_of(elem, wanted));
    array->ptr = block_data(array->block);
}

/* The sizes of nearly all elements are known to the compiler here. */
static inline void store(char *to, const void *value, uint64_t size)
{
    if (size == 8)
        memcpy(to, value, 8);
    else if (size == sizeof(struct dfl_view))
        memcpy(to, value, sizeof(struct dfl_view));
    else
        memcpy(to, value, size);
}

void dfl_array_push(const struct dfl_type *elem, struct dfl_view *array, void *value)
{
    if (!has_room(elem, array) && elem->size > 0)
        make_room(elem, array);
    if (elem->size > 0) {
        store(block_data(array->block) + array->block->size, value, elem->size);
        array->block->size += elem->size;
    }
    array->len++;
}

void array_pop(const struct dfl_type *elem, struct dfl_view *array, void *out)
{
    array->len--;
    memcpy(out, array_at(elem, array, array->len), elem->size);
    struct dfl_block *block = array->block;
    if (!block || !block_unique(block)) {
        dfl_copy(elem, out); /* others still see it */
        return;
    }
    char *end = array_at(elem, array, array->len);
    if (end + elem->size == block_data(block) + block->size)
        block->size -= elem->size;
    else
        dfl_copy(elem, out);
}

void dfl_array_concat(const struct dfl_type *elem, struct dfl_view *out, const struct dfl_view *a,
                      const struct dfl_view *b)
{
    int64_t n;
    if (__builtin_add_overflow(a->len, b->len, &n))
        block_exhausted(UINT64_MAX);
    copy_with_room(elem, out, a->ptr, a->len, n);
    out->len = n;
    int64_t before = bytes_of(elem, a->len), bytes = bytes_of(elem, b->len);
    if (bytes == 0)
        return;
    char *end = (char *)out->ptr + before;
    memcpy(end, b->ptr, (size_t)bytes);
    out->block->size = (uint64_t)(before + bytes);
    retain_all(elem, end, bytes);
}
