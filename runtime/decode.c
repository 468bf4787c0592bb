/* decode.c - bytes to values: read encode.h first.
 *
 * Everything that is made is zero and linked to what it belongs to before it is filled in, and zero
 * is a value of every type that can be dropped. So a failure at any place needs no clean-up but a
 * drop of the whole.
 *
 * `owed` keeps the memory in proportion: elements are made only if the bytes that are left, less
 * what elements made before still need, are enough for the least that each of them takes. */
#include "encode_core.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/intern.h"
#include "error.h"
#include "grid.h"
#include "list.h"
#include "map.h"
#include "text.h"
#include "value.h"

bool decode_number(struct decoder *d, uint64_t *out)
{
    uint64_t n = 0;
    uint8_t byte = 0x80;
    for (int shift = 0; byte & 0x80; shift += 7) {
        if (!decode_u8(d, &byte))
            return false;
        bool useless = byte == 0 && shift > 0;
        if (useless || shift > 63 || (shift == 63 && byte > 1))
            return decode_fail(d, ENCODE_number);
        n |= (uint64_t)(byte & 0x7f) << shift;
    }
    *out = n;
    return true;
}

bool decode_end(struct decoder *d)
{
    return d->at == d->end || decode_fail(d, ENCODE_long);
}

void decoder_fini(struct decoder *d)
{
    free(d->later);
    free(d->maps);
    d->later = d->maps = NULL;
    d->later_room = d->map_room = 0;
}

/* A number that is 0 or 1. */
static bool get_flag(struct decoder *d, uint8_t *out)
{
    return decode_u8(d, out) && (*out <= 1 || decode_fail(d, ENCODE_tag));
}

static bool get_u32(struct decoder *d, uint32_t *out)
{
    uint64_t n;
    if (!decode_number(d, &n))
        return false;
    *out = (uint32_t)n;
    return n <= UINT32_MAX || decode_fail(d, ENCODE_number);
}

/* Sets bytes aside for `n` elements that take `least` each. */
static bool owe(struct decoder *d, uint64_t n, uint64_t least)
{
    uint64_t left = decode_left(d);
    if (left < d->owed || (least > 0 && n > (left - d->owed) / least))
        return decode_fail(d, ENCODE_length);
    d->owed += n * least;
    return true;
}

/* ---- what is made ---- */

static void set_count(const struct decoder *d, _Atomic int32_t *count)
{
    atomic_store_explicit(count, d->shared ? -1 : 1, memory_order_relaxed);
}

/* A block of `bytes` of elements: zero, unless they are raw and filled in next. */
struct dfl_block *decode_block(const struct decoder *d, const struct dfl_type *elem, uint64_t bytes)
{
    struct dfl_block *block = dfl_block_new(elem, (int64_t)bytes);
    if (!encode_facts(elem)->raw)
        memset(block_data(block), 0, bytes);
    block->size = bytes;
    set_count(d, &block->count);
    return block;
}

static void put_off(struct decode_put_off **list, size_t *count, size_t *room,
                    const struct dfl_type *type, void *what)
{
    list_grow(*list, *count, *room);
    (*list)[(*count)++] = (struct decode_put_off){type, what};
}

/* ---- errors ---- */

/* Names of files and functions, which errors hold without counting. They are the same few in all
 * processes of a program; a stranger's are bounded. */
static const char *keep_name(const char *name, size_t len)
{
    enum { NAMES_MAX = 1 << 16, BYTES_MAX = 16 << 20 };
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct arena arena;
    static struct intern names = {.arena = &arena};
    static size_t bytes;
    pthread_mutex_lock(&lock);
    bool full = names.count >= NAMES_MAX || bytes + len > BYTES_MAX;
    uint32_t before = names.count;
    const char *kept = full ? NULL : intern(&names, name, len);
    bytes += names.count > before ? len : 0;
    pthread_mutex_unlock(&lock);
    return kept;
}

static bool get_name(struct decoder *d, const char **out)
{
    uint64_t n;
    if (!decode_number(d, &n))
        return false;
    if (n == 0)
        return true;
    if (n - 1 > ENCODE_PLACE)
        return decode_fail(d, ENCODE_length);
    char name[ENCODE_PLACE];
    if (!decode_bytes(d, name, n - 1))
        return false;
    if (memchr(name, 0, n - 1))
        return decode_fail(d, ENCODE_utf8);
    *out = keep_name(name, n - 1);
    return *out || decode_fail(d, ENCODE_places);
}

static bool get_site(struct decoder *d, struct dfl_site *site)
{
    return get_name(d, &site->file) && get_name(d, &site->function) && get_u32(d, &site->line) &&
           get_u32(d, &site->column);
}

static bool get_text(struct decoder *, struct dfl_view *out);

static bool get_told(struct decoder *d, struct dfl_view *out, int64_t *budget)
{
    if (!get_text(d, out))
        return false;
    *budget -= out->len;
    return *budget >= 0 || decode_fail(d, ENCODE_length);
}

static bool get_chain(struct decoder *d, struct dfl_view *chain, int64_t *budget)
{
    uint64_t n;
    if (!decode_number(d, &n))
        return false;
    if (n > ENCODE_CAUSES)
        return decode_fail(d, ENCODE_length);
    if (n == 0)
        return true;
    struct dfl_view *links;
    chain->block = decode_block(d, &value_str, n * sizeof *links);
    chain->ptr = links = (struct dfl_view *)block_data(chain->block);
    chain->len = (int64_t)n;
    for (uint64_t i = 0; i < n; i++)
        if (!get_told(d, &links[i], budget))
            return false;
    return true;
}

bool decode_failure(struct decoder *d, struct dfl_error **out)
{
    uint8_t more = 1;
    int64_t budget = ENCODE_ERROR_TEXT;
    for (int left = ENCODE_CAUSES; more; left--) {
        struct dfl_error *error = *out = block_alloc(sizeof *error);
        *error = (struct dfl_error){.message = value_static(value_nothing, 0),
                                    .chain = value_static(value_nothing, 0)};
        set_count(d, &error->count);
        out = &error->cause;
        if (!get_u32(d, &error->kind) || !get_told(d, &error->message, &budget) ||
            !get_site(d, &error->site) || !get_chain(d, &error->chain, &budget) ||
            !get_flag(d, &more))
            return false;
        if (error->kind >= ERROR_KINDS || (more && left == 1))
            return decode_fail(d, ENCODE_tag);
    }
    return true;
}

/* ---- values; *out is zero ---- */

static bool get_elements(struct decoder *d, const struct dfl_type *elem, char *out, uint64_t n)
{
    uint64_t least = encode_facts(elem)->least;
    for (uint64_t i = 0; i < n; i++, out += elem->size) {
        d->owed -= least;
        if (!decode_part(d, elem, out))
            return false;
    }
    return true;
}

static bool are_bools(struct decoder *d, const uint8_t *at, uint64_t n)
{
    uint8_t all = 0;
    for (uint64_t i = 0; i < n; i++)
        all |= at[i];
    return all <= 1 || decode_fail(d, ENCODE_tag);
}

static bool get_array(struct decoder *d, const struct dfl_type *elem, uint64_t n,
                      struct dfl_view *out)
{
    const struct encode_facts *facts = encode_facts(elem);
    if (!owe(d, n, facts->least))
        return false;
    out->block = decode_block(d, elem, n * elem->size);
    out->ptr = block_data(out->block);
    out->len = (int64_t)n;
    if (!facts->raw && elem->kind != DFL_BOOL)
        return get_elements(d, elem, out->ptr, n);
    d->owed -= n * facts->least;
    return decode_bytes(d, out->ptr, n * elem->size) && (facts->raw || are_bools(d, out->ptr, n));
}

static bool get_nothings(struct decoder *d, uint64_t n)
{
    if (decode_left(d) < n)
        return decode_fail(d, ENCODE_length);
    for (; n > 0; n--)
        if (*d->at++ != 0)
            return decode_fail(d, ENCODE_tag);
    return true;
}

static bool is_value(const struct dfl_type *, const char *at);

static bool are_values(const struct dfl_field *fields, uint64_t count, const char *at)
{
    for (uint64_t i = 0; i < count; i++)
        if (!is_value(fields[i].type, at + fields[i].offset))
            return false;
    return true;
}

static bool is_variant(const struct dfl_type *type, const char *at)
{
    uint32_t tag;
    memcpy(&tag, at, sizeof tag);
    if (tag >= type->variant_count)
        return false;
    const struct dfl_variant *v = &type->variants[tag];
    return are_values(v->fields, v->field_count, value_parts(v, at));
}

/* Whether these bytes are a value of a type without references, as it lies in memory. */
static bool is_value(const struct dfl_type *type, const char *at)
{
    switch (type->kind) {
    case DFL_BOOL:
        return *(const uint8_t *)at <= 1;
    case DFL_OPTION:
        return *(const uint8_t *)at <= 1 && (!*at || is_value(type->elem, at + value_inner(type)));
    case DFL_TUPLE:
    case DFL_RECORD:
        return are_values(type->fields, type->field_count, at);
    case DFL_ENUM:
        return is_variant(type, at);
    default:
        return true;
    }
}

static bool get_large(struct decoder *d, const struct dfl_type *elem, uint64_t n,
                      struct dfl_view *out)
{
    d->error = ENCODE_refused;
    if (!d->hooks || !d->hooks->large || !d->hooks->large(d->hooks->user, elem, (int64_t)n, d, out))
        return false;
    const char *at = out->ptr;
    for (uint64_t i = encode_facts(elem)->raw ? n : 0; i < n; i++)
        if (!is_value(elem, at + i * elem->size))
            return decode_fail(d, ENCODE_tag);
    return true;
}

static bool get_view(struct decoder *d, const struct dfl_type *elem, struct dfl_view *out)
{
    uint64_t head;
    *out = value_static(value_nothing, 0);
    if (!decode_number(d, &head))
        return false;
    uint64_t n = head >> 1;
    if (!(head & 1)) {
        if (elem->size > 0 && n > 0)
            return get_array(d, elem, n, out);
        out->len = (int64_t)n;
        return get_nothings(d, n);
    }
    return get_large(d, elem, n, out);
}

static bool get_text(struct decoder *d, struct dfl_view *out)
{
    return get_view(d, &value_u8, out) &&
           (text_invalid(out->ptr, out->len) < 0 || decode_fail(d, ENCODE_utf8));
}

/* Lengths whose product, but for those that are 0, is a number of elements. */
static bool get_shape(struct decoder *d, const struct dfl_type *type, struct dfl_grid *out)
{
    int64_t product = 1;
    for (int i = 0; i < type->rank; i++) {
        uint64_t n;
        if (!decode_number(d, &n))
            return false;
        if (n > INT64_MAX || __builtin_mul_overflow(product, n ? (int64_t)n : 1, &product))
            return decode_fail(d, ENCODE_length);
        out->dims[i] = (int64_t)n;
    }
    grid_set_dense(type, out);
    return true;
}

static bool get_grid(struct decoder *d, const struct dfl_type *type, struct dfl_grid *out)
{
    struct dfl_view all;
    if (!get_shape(d, type, out))
        return false;
    bool good = get_view(d, type->elem, &all);
    out->block = all.block;
    out->ptr = all.ptr;
    return good && (all.len == grid_count(type, out) || decode_fail(d, ENCODE_length));
}

static bool get_entries(struct decoder *d, const struct dfl_type *type, struct dfl_map *map)
{
    uint64_t least = encode_facts(type->key)->least + encode_facts(type->elem)->least;
    for (int64_t at = 0; at < map->used; at++) {
        d->owed -= least;
        if (!decode_part(d, type->key, dfl_map_key(type, &map, at)) ||
            !decode_part(d, type->elem, dfl_map_value(type, &map, at)))
            return false;
    }
    return true;
}

static bool get_map(struct decoder *d, const struct dfl_type *type, struct dfl_map **out)
{
    uint64_t n, key = encode_facts(type->key)->least;
    if (!decode_number(d, &n))
        return false;
    if (n == 0)
        return true;
    if (n > MAP_LIMIT || (key == 0 && n > 1) || !owe(d, n, key + encode_facts(type->elem)->least))
        return decode_fail(d, ENCODE_length);
    *out = map_filled(type, (int64_t)n);
    set_count(d, &(*out)->count);
    put_off(&d->maps, &d->map_count, &d->map_room, type, *out);
    return get_entries(d, type, *out);
}

static bool get_fields(struct decoder *d, const struct dfl_field *fields, uint64_t count, char *out)
{
    for (uint64_t i = 0; i < count; i++)
        if (!decode_part(d, fields[i].type, out + fields[i].offset))
            return false;
    return true;
}

static bool get_variant(struct decoder *d, const struct dfl_type *type, char *out)
{
    uint64_t tag;
    if (!decode_number(d, &tag))
        return false;
    if (tag >= type->variant_count)
        return decode_fail(d, ENCODE_tag);
    const struct dfl_variant *v = &type->variants[tag];
    *(uint32_t *)out = (uint32_t)tag;
    if (v->box) {
        struct dfl_block *box = decode_block(d, v->box, v->box->size);
        memcpy(out + VALUE_BOX, &box, sizeof box);
        out = block_data(box);
    }
    return get_fields(d, v->fields, v->field_count, out);
}

static bool get_option(struct decoder *d, const struct dfl_type *type, char *out)
{
    return get_flag(d, (uint8_t *)out) &&
           (!*out || decode_part(d, type->elem, out + value_inner(type)));
}

static bool get_result(struct decoder *d, const struct dfl_type *type, char *out)
{
    uint8_t is_err;
    if (!get_flag(d, &is_err))
        return false;
    return is_err ? decode_failure(d, (struct dfl_error **)out)
                  : decode_part(d, type->elem, out + value_inner(type));
}

static bool get_parts(struct decoder *d, const struct dfl_type *type, void *out)
{
    switch (type->kind) {
    case DFL_BOOL:
        return get_flag(d, out);
    case DFL_STR:
        return get_text(d, out);
    case DFL_BYTES:
        return get_view(d, &value_u8, out);
    case DFL_ARRAY:
        return get_view(d, type->elem, out);
    case DFL_GRID:
        return get_grid(d, type, out);
    case DFL_MAP:
        return get_map(d, type, out);
    case DFL_TUPLE:
    case DFL_RECORD:
        return get_fields(d, type->fields, type->field_count, out);
    case DFL_ENUM:
        return get_variant(d, type, out);
    case DFL_OPTION:
        return get_option(d, type, out);
    case DFL_RESULT:
        return get_result(d, type, out);
    case DFL_FUTURE:
        return decode_future(d, type, out);
    case DFL_ERROR:
        return decode_failure(d, out);
    default:
        return decode_bytes(d, out, type->size);
    }
}

bool decode_part(struct decoder *d, const struct dfl_type *type, void *out)
{
    const struct encode_facts *facts = encode_facts(type);
    if (facts->raw)
        return decode_bytes(d, out, type->size);
    if (!facts->nests)
        return get_parts(d, type, out);
    if (d->depth == ENCODE_DEPTH) {
        d->owed += facts->least;
        put_off(&d->later, &d->later_count, &d->later_room, type, out);
        return true;
    }
    d->depth++;
    bool good = get_parts(d, type, out);
    d->depth--;
    return good;
}

/* ---- the whole ---- */

/* What is nested was made after what it is in, so the keys of maps are whole when they are hashed.
 */
static bool index_maps(struct decoder *d, size_t before)
{
    for (size_t i = d->map_count; i-- > before;)
        if (!map_index(d->maps[i].type, d->maps[i].out))
            return decode_fail(d, ENCODE_twice);
    return true;
}

/* Hooks may read values of their own, so a call may come within another. */
bool decode_whole(struct decoder *d, decode_reader *read, const struct dfl_type *type, void *out)
{
    size_t later = d->later_count, maps = d->map_count;
    uint64_t owed = d->owed;
    int depth = d->depth;
    d->depth = 0;
    d->error = ENCODE_ok;
    bool good = read(d, type, out);
    while (good && d->later_count > later) {
        struct decode_put_off next = d->later[--d->later_count];
        d->owed -= encode_facts(next.type)->least;
        good = decode_part(d, next.type, next.out);
    }
    good = good && index_maps(d, maps);
    d->later_count = later;
    d->map_count = maps;
    d->owed = owed;
    d->depth = depth;
    return good;
}

bool decode_value(struct decoder *d, const struct dfl_type *type, void *out)
{
    if (type->size > 0)
        memset(out, 0, type->size);
    bool good = decode_whole(d, decode_part, type, out);
    if (!good) {
        dfl_drop(type, out);
        memset(out, 0, type->size);
    }
    return good;
}
