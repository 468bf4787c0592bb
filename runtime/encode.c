/* encode.c - values to bytes: read encode.h first. What put_x() does, get_x() in decode.c undoes.
 */
#include "encode_core.h"

#include <stdlib.h>

#include "array.h"
#include "base/bytes.h"
#include "grid.h"
#include "list.h"
#include "map.h"
#include "text.h"
#include "value.h"

bool encode_fail(struct encoder *e, enum encode_error why)
{
    e->error = why;
    return false;
}

/* ---- the buffer ---- */

bool encode_grow(struct encoder *e, size_t bytes)
{
    size_t limit = e->limit ? e->limit : ENCODE_LIMIT;
    if (bytes > limit || e->len > limit - bytes)
        return encode_fail(e, ENCODE_limit);
    size_t room = e->room < 128 ? 256 : 2 * e->room;
    if (room < e->len + bytes)
        room = e->len + bytes;
    if (room > limit)
        room = limit;
    e->bytes = realloc(e->bytes, room);
    if (!e->bytes)
        block_exhausted(room);
    e->room = room;
    return true;
}

bool encode_number(struct encoder *e, uint64_t n)
{
    uint8_t bytes[10];
    size_t len = 0;
    for (; n >= 0x80; n >>= 7)
        bytes[len++] = (uint8_t)(n | 0x80);
    bytes[len++] = (uint8_t)n;
    return encode_bytes(e, bytes, len);
}

void encoder_fini(struct encoder *e)
{
    free(e->bytes);
    free(e->later);
    *e = (struct encoder){0};
}

/* ---- errors ---- */

/* Text, cut where the budget ends. */
static bool put_text(struct encoder *e, const struct dfl_view *text, size_t *budget)
{
    static const char cut[] = "\xe2\x80\xa6"; /* … */
    enum { CUT = sizeof cut - 1 };
    size_t keep = (size_t)text->len, end = 0;
    if (keep > *budget) {
        end = *budget >= CUT ? CUT : 0;
        for (keep = *budget - end; !text_boundary(text, (int64_t)keep);)
            keep--;
    }
    *budget -= keep + end;
    return encode_number(e, (keep + end) << 1) && encode_bytes(e, text->ptr, keep) &&
           encode_bytes(e, cut, end);
}

/* 0 for NULL, else its length and one. */
static bool put_name(struct encoder *e, const char *name)
{
    size_t len = name ? strnlen(name, ENCODE_PLACE) : 0;
    return encode_number(e, name ? len + 1 : 0) && encode_bytes(e, name, len);
}

static bool put_site(struct encoder *e, const struct dfl_site *site)
{
    return put_name(e, site->file) && put_name(e, site->function) && encode_number(e, site->line) &&
           encode_number(e, site->column);
}

static bool put_chain(struct encoder *e, const struct dfl_view *chain, size_t *budget)
{
    int64_t count = chain->len < ENCODE_CAUSES ? chain->len : ENCODE_CAUSES;
    if (!encode_number(e, (uint64_t)count))
        return false;
    for (int64_t i = 0; i < count; i++)
        if (!put_text(e, array_at(&value_str, chain, i), budget))
            return false;
    return true;
}

bool encode_failure(struct encoder *e, const struct dfl_error *error)
{
    size_t budget = ENCODE_ERROR_TEXT;
    for (int left = ENCODE_CAUSES; error; error = error->cause, left--) {
        uint8_t more = error->cause && left > 1;
        if (!encode_number(e, error->kind) || !put_text(e, &error->message, &budget) ||
            !put_site(e, &error->site) || !put_chain(e, &error->chain, &budget) ||
            !encode_u8(e, more))
            return false;
        if (!more)
            break;
    }
    return true;
}

/* ---- values ---- */

/* Values without bytes are a 0 each, so that a length is never more than what it costs. */
static bool put_nothings(struct encoder *e, uint64_t n)
{
    if (e->room - e->len < n && !encode_grow(e, n))
        return false;
    if (n > 0)
        memset(e->bytes + e->len, 0, n);
    e->len += n;
    return true;
}

static bool put_elements(struct encoder *e, const struct dfl_type *elem, const char *at, int64_t n)
{
    if (elem->size == 0)
        return put_nothings(e, (uint64_t)n);
    if (encode_facts(elem)->raw || elem->kind == DFL_BOOL)
        return encode_bytes(e, at, (size_t)n * elem->size);
    for (int64_t i = 0; i < n; i++, at += elem->size)
        if (!encode_part(e, elem, at))
            return false;
    return true;
}

static bool is_large(const struct encoder *e, const struct dfl_type *elem,
                     const struct dfl_view *view)
{
    return e->hooks && e->hooks->large && !elem->refs &&
           (uint64_t)view->len * elem->size >= e->hooks->large_bytes;
}

static bool put_view(struct encoder *e, const struct dfl_type *elem, const struct dfl_view *view)
{
    size_t start = e->len;
    uint64_t head = (uint64_t)view->len << 1;
    if (is_large(e, elem, view)) {
        if (!encode_number(e, head | 1))
            return false;
        if (e->hooks->large(e->hooks->user, elem, view, e))
            return true;
        e->len = start;
    }
    return encode_number(e, head) && put_elements(e, elem, view->ptr, view->len);
}

/* The elements of a grid that is a part of its block, in order. */
static bool put_strided(struct encoder *e, const struct dfl_type *type, const struct dfl_grid *m,
                        int64_t n)
{
    const struct dfl_type *elem = type->elem;
    if (encode_facts(elem)->raw) {
        size_t bytes = (size_t)n * elem->size;
        if (e->room - e->len < bytes && !encode_grow(e, bytes))
            return false;
        grid_gather(type, m, e->bytes + e->len);
        e->len += bytes;
        return true;
    }
    for (int64_t i = 0; i < n; i++)
        if (!encode_part(e, elem, grid_element(type, m, false, i)))
            return false;
    return true;
}

static bool put_grid(struct encoder *e, const struct dfl_type *type, const struct dfl_grid *m)
{
    struct dfl_view all = {m->block, m->ptr, grid_count(type, m)};
    for (int i = 0; i < type->rank; i++)
        if (!encode_number(e, (uint64_t)m->dims[i]))
            return false;
    if (type->elem->size == 0 || grid_is_dense(type, m))
        return put_view(e, type->elem, &all);
    return encode_number(e, (uint64_t)all.len << 1) && put_strided(e, type, m, all.len);
}

static bool put_map(struct encoder *e, const struct dfl_type *type, struct dfl_map *const *map)
{
    if (!encode_number(e, (uint64_t)dfl_map_len(map)))
        return false;
    for (int64_t at = 0; (at = dfl_map_next(map, at)) >= 0; at++)
        if (!encode_part(e, type->key, dfl_map_key(type, map, at)) ||
            !encode_part(e, type->elem, dfl_map_value(type, map, at)))
            return false;
    return true;
}

static bool put_fields(struct encoder *e, const struct dfl_field *fields, uint64_t count,
                       const char *value)
{
    for (uint64_t i = 0; i < count; i++)
        if (!encode_part(e, fields[i].type, value + fields[i].offset))
            return false;
    return true;
}

static bool put_variant(struct encoder *e, const struct dfl_type *type, const void *value)
{
    const struct dfl_variant *v = value_variant(type, value);
    return encode_number(e, (uint64_t)(v - type->variants)) &&
           put_fields(e, v->fields, v->field_count, value_parts(v, value));
}

static bool put_option(struct encoder *e, const struct dfl_type *type, const char *value)
{
    return encode_u8(e, *(const uint8_t *)value) &&
           (!*value || encode_part(e, type->elem, value + value_inner(type)));
}

static bool put_result(struct encoder *e, const struct dfl_type *type, const char *value)
{
    const struct dfl_error *error = *(struct dfl_error *const *)value;
    return encode_u8(e, error != NULL) &&
           (error ? encode_failure(e, error)
                  : encode_part(e, type->elem, value + value_inner(type)));
}

static bool put_parts(struct encoder *e, const struct dfl_type *type, const void *value)
{
    switch (type->kind) {
    case DFL_STR:
    case DFL_BYTES:
        return put_view(e, &value_u8, value);
    case DFL_ARRAY:
        return put_view(e, type->elem, value);
    case DFL_GRID:
        return put_grid(e, type, value);
    case DFL_MAP:
        return put_map(e, type, value);
    case DFL_TUPLE:
    case DFL_RECORD:
        return put_fields(e, type->fields, type->field_count, value);
    case DFL_ENUM:
        return put_variant(e, type, value);
    case DFL_OPTION:
        return put_option(e, type, value);
    case DFL_RESULT:
        return put_result(e, type, value);
    case DFL_FUTURE:
        return encode_future(e, type, *(struct dfl_task *const *)value);
    case DFL_ERROR:
        return encode_failure(e, *(struct dfl_error *const *)value);
    default:
        return encode_bytes(e, value, type->size);
    }
}

static bool put_later(struct encoder *e, const struct dfl_type *type, const void *value)
{
    list_grow(e->later, e->later_count, e->later_room);
    e->later[e->later_count++] = (struct encode_put_off){type, value};
    return true;
}

bool encode_part(struct encoder *e, const struct dfl_type *type, const void *value)
{
    const struct encode_facts *facts = encode_facts(type);
    if (facts->raw)
        return encode_bytes(e, value, type->size);
    if (!facts->nests)
        return put_parts(e, type, value);
    if (e->depth == ENCODE_DEPTH)
        return put_later(e, type, value);
    e->depth++;
    bool good = put_parts(e, type, value);
    e->depth--;
    return good;
}

/* ---- the whole ---- */

/* Hooks may write values of their own, so a call may come within another. */
bool encode_whole(struct encoder *e, encode_writer *write, const struct dfl_type *type,
                  const void *what)
{
    size_t start = e->len, before = e->later_count;
    int depth = e->depth;
    e->depth = 0;
    bool good = write(e, type, what);
    while (good && e->later_count > before) {
        struct encode_put_off next = e->later[--e->later_count];
        good = encode_part(e, next.type, next.value);
    }
    e->later_count = before;
    e->depth = depth;
    if (!good)
        e->len = start;
    return good;
}

bool encode_value(struct encoder *e, const struct dfl_type *type, const void *value)
{
    return encode_whole(e, encode_part, type, value);
}
