/* format.c - buffers, and values as text: what "{value}" and print show. */
#include "format.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "grid.h"
#include "list.h"
#include "map.h"
#include "value.h"

/* ---- buffers ---- */

static void resize(struct buffer *b, int64_t room)
{
    b->block->size = (uint64_t)b->len; /* what is to be kept */
    b->block = block_grow(b->block, room);
}

char *buffer_space(struct buffer *b, int64_t n)
{
    if (b->len + n > b->room) {
        int64_t wanted = b->len + n > 2 * b->room ? b->len + n : 2 * b->room;
        if (wanted < 48)
            wanted = 48;
        if (b->block)
            resize(b, wanted);
        else
            b->block = dfl_block_new(&value_u8, wanted);
        b->room = wanted;
    }
    return block_data(b->block) + b->len;
}

void dfl_buffer_begin(void *buffer)
{
    *(struct buffer *)buffer = (struct buffer){0};
}

void dfl_buffer_text(void *buffer, const char *text, int64_t len)
{
    buffer_put(buffer, text, len);
}

void dfl_buffer_end(void *buffer, struct dfl_view *out)
{
    struct buffer *b = buffer;
    if (!b->block) {
        *out = value_static(value_nothing, 0);
        return;
    }
    if (b->room > 4096 && b->room > b->len + b->len / 4)
        resize(b, b->len);
    b->block->size = (uint64_t)b->len;
    *out = (struct dfl_view){b->block, block_data(b->block), b->len};
}

void buffer_discard(struct buffer *b)
{
    dfl_block_release(b->block);
}

void buffer_int(struct buffer *b, int64_t n)
{
    char text[NUMBER_TEXT];
    if (n < 0)
        buffer_char(b, '-');
    uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    buffer_put(b, text, number_uint(text, magnitude));
}

static void buffer_uint(struct buffer *b, uint64_t n)
{
    char text[NUMBER_TEXT];
    buffer_put(b, text, number_uint(text, n));
}

/* ---- quoted text ---- */

/* The letter after the backslash for a byte that has one, or 0. */
static char escape_letter(unsigned char c)
{
    switch (c) {
    case '\n':
        return 'n';
    case '\t':
        return 't';
    case '\r':
        return 'r';
    case 0:
        return '0';
    case '"':
    case '\\':
        return (char)c;
    }
    return 0;
}

/* `binary`: bytes above 0x7f are escaped too. */
static void format_quoted(struct buffer *b, const struct dfl_view *s, bool binary)
{
    const unsigned char *p = s->ptr;
    buffer_char(b, '"');
    for (int64_t i = 0; i < s->len; i++) {
        char letter = escape_letter(p[i]);
        if (letter) {
            buffer_char(b, '\\');
            buffer_char(b, letter);
        } else if (p[i] < 0x20 || p[i] == 0x7f || (binary && p[i] > 0x7f)) {
            char hex[8];
            buffer_put(b, hex, snprintf(hex, sizeof hex, "\\x%02x", p[i]));
        } else {
            buffer_char(b, (char)p[i]);
        }
    }
    buffer_char(b, '"');
}

/* ---- values ---- */

/* Where the text of a value belongs that is nested more than a few levels deep: it is put in once
 * the text around is there, so that no value is too deep for the stack. */
struct hole {
    int64_t at;
    const struct dfl_type *type;
    const void *value;
};

/* Of a buffer while a value is formatted: its `reserved`. */
struct layers {
    struct hole *holes;
    size_t count, room;
    int depth;
};

enum { LAYERS_MOST = 64 };

static void format_plain(struct buffer *, const struct dfl_type *, const void *value, bool nested);

static void add_hole(struct layers *l, struct hole hole)
{
    list_grow(l->holes, l->count, l->room);
    l->holes[l->count++] = hole;
}

/* A value inside another one. */
static void format_part(struct buffer *b, const struct dfl_type *type, const void *value)
{
    struct layers *l = b->reserved;
    if (l->depth == LAYERS_MOST) {
        add_hole(l, (struct hole){b->len, type, value});
        return;
    }
    l->depth++;
    format_plain(b, type, value, true);
    l->depth--;
}

/* In the largest unit that leaves something before the point. */
static void format_duration(struct buffer *b, int64_t ns)
{
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    uint64_t magnitude = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    int unit = 0;
    while (ns != 0 && magnitude < units[unit].ns)
        unit++;
    if (ns < 0)
        buffer_char(b, '-');
    buffer_uint(b, magnitude / units[unit].ns);
    uint64_t rest = magnitude % units[unit].ns;
    if (rest)
        buffer_char(b, '.');
    for (uint64_t place = units[unit].ns / 10; rest; rest %= place, place /= 10)
        buffer_char(b, (char)('0' + rest / place));
    buffer_string(b, units[unit].name);
}

static void format_array(struct buffer *b, const struct dfl_type *elem, const struct dfl_view *v)
{
    buffer_char(b, '[');
    for (int64_t i = 0; i < v->len; i++) {
        if (i > 0)
            buffer_string(b, ", ");
        format_part(b, elem, (char *)v->ptr + i * (int64_t)elem->size);
    }
    buffer_char(b, ']');
}

/* Brackets for each axis from `axis` on. */
static void format_axes(struct buffer *b, const struct dfl_type *type, const struct dfl_grid *m,
                        int axis, const char *at)
{
    if (axis == type->rank) {
        format_part(b, type->elem, at);
        return;
    }
    int64_t step = grid_strides(type, m)[axis] * (int64_t)type->elem->size;
    buffer_char(b, '[');
    for (int64_t i = 0; i < m->dims[axis]; i++) {
        if (i > 0)
            buffer_string(b, ", ");
        format_axes(b, type, m, axis + 1, at + i * step);
    }
    buffer_char(b, ']');
}

static void format_map(struct buffer *b, const struct dfl_type *type, struct dfl_map *const *map)
{
    buffer_string(b, dfl_map_len(map) ? "[" : "[:");
    bool later = false;
    for (int64_t at = 0; (at = dfl_map_next(map, at)) >= 0; at++, later = true) {
        if (later)
            buffer_string(b, ", ");
        format_part(b, type->key, dfl_map_key(type, map, at));
        buffer_string(b, ": ");
        format_part(b, type->elem, dfl_map_value(type, map, at));
    }
    buffer_char(b, ']');
}

static void format_fields(struct buffer *b, const struct dfl_type *type, const char *value)
{
    for (uint64_t i = 0; i < type->field_count; i++) {
        const struct dfl_field *f = &type->fields[i];
        if (i > 0)
            buffer_string(b, ", ");
        if (f->name) {
            buffer_string(b, f->name);
            buffer_string(b, ": ");
        }
        format_part(b, f->type, value + f->offset);
    }
}

static void format_record(struct buffer *b, const struct dfl_type *type, const char *value)
{
    buffer_string(b, type->name);
    buffer_string(b, type->field_count ? " { " : " {");
    format_fields(b, type, value);
    buffer_string(b, type->field_count ? " }" : "}");
}

static void format_wrapped(struct buffer *b, const char *name, const struct dfl_type *type,
                           const void *value)
{
    buffer_string(b, name);
    buffer_char(b, '(');
    format_part(b, type, value);
    buffer_char(b, ')');
}

static void format_tuple(struct buffer *b, const struct dfl_type *type, const char *value)
{
    buffer_char(b, '(');
    format_fields(b, type, value);
    buffer_char(b, ')');
}

static void format_variant(struct buffer *b, const struct dfl_type *type, const void *value)
{
    const struct dfl_variant *v = value_variant(type, value);
    const char *parts = value_parts(v, value);
    buffer_string(b, v->name);
    for (uint64_t i = 0; i < v->field_count; i++) {
        buffer_string(b, i ? ", " : "(");
        format_part(b, v->fields[i].type, parts + v->fields[i].offset);
    }
    if (v->field_count)
        buffer_char(b, ')');
}

static void format_result(struct buffer *b, const struct dfl_type *type, const char *value)
{
    struct dfl_error *const *err = (struct dfl_error *const *)(const void *)value;
    if (!*err)
        format_wrapped(b, "ok", type->elem, value + value_inner(type));
    else
        format_wrapped(b, "err", &value_str, &(*err)->message);
}

static void format_option(struct buffer *b, const struct dfl_type *type, const char *value)
{
    if (*value)
        format_wrapped(b, "some", type->elem, value + value_inner(type));
    else
        buffer_string(b, "none");
}

static void format_text(struct buffer *b, const struct dfl_view *s, bool nested)
{
    if (nested)
        format_quoted(b, s, false);
    else
        buffer_put(b, s->ptr, s->len);
}

static void format_bytes(struct buffer *b, const struct dfl_view *s)
{
    buffer_char(b, 'b');
    format_quoted(b, s, true);
}

static void format_float(struct buffer *b, double x)
{
    char text[NUMBER_TEXT];
    buffer_put(b, text, number_float(text, x));
}

static void format_f32(struct buffer *b, float x)
{
    char text[NUMBER_TEXT];
    buffer_put(b, text, number_f32(text, x));
}

static void format_plain(struct buffer *b, const struct dfl_type *type, const void *value,
                         bool nested)
{
    switch (type->kind) {
    case DFL_UNIT:
        buffer_string(b, "()");
        return;
    case DFL_BOOL:
        buffer_string(b, *(const uint8_t *)value ? "true" : "false");
        return;
    case DFL_INT:
    case DFL_I64:
        buffer_int(b, *(const int64_t *)value);
        return;
    case DFL_I8:
        buffer_int(b, *(const int8_t *)value);
        return;
    case DFL_I16:
        buffer_int(b, *(const int16_t *)value);
        return;
    case DFL_I32:
        buffer_int(b, *(const int32_t *)value);
        return;
    case DFL_U8:
        buffer_uint(b, *(const uint8_t *)value);
        return;
    case DFL_U16:
        buffer_uint(b, *(const uint16_t *)value);
        return;
    case DFL_U32:
        buffer_uint(b, *(const uint32_t *)value);
        return;
    case DFL_U64:
        buffer_uint(b, *(const uint64_t *)value);
        return;
    case DFL_FLOAT:
        format_float(b, *(const double *)value);
        return;
    case DFL_F32:
        format_f32(b, *(const float *)value);
        return;
    case DFL_DURATION:
        format_duration(b, *(const int64_t *)value);
        return;
    case DFL_STR:
        format_text(b, value, nested);
        return;
    case DFL_BYTES:
        format_bytes(b, value);
        return;
    case DFL_ARRAY:
        format_array(b, type->elem, value);
        return;
    case DFL_GRID:
        format_axes(b, type, value, 0, ((const struct dfl_grid *)value)->ptr);
        return;
    case DFL_MAP:
        format_map(b, type, value);
        return;
    case DFL_TUPLE:
        format_tuple(b, type, value);
        return;
    case DFL_RECORD:
        format_record(b, type, value);
        return;
    case DFL_ENUM:
        format_variant(b, type, value);
        return;
    case DFL_OPTION:
        format_option(b, type, value);
        return;
    case DFL_RESULT:
        format_result(b, type, value);
        return;
    case DFL_ERROR:
        format_text(b, &(*(struct dfl_error *const *)value)->message, nested);
        return;
    case DFL_FUTURE:
        buffer_string(b, type->name);
        return;
    }
    assert(!"a type that can be shown");
}

/* Text to be written, or a value where `type` is not NULL. */
struct piece {
    struct dfl_block *last_of; /* freed once it is written */
    const char *text;
    int64_t len;
    const struct dfl_type *type;
    const void *value;
};

struct pieces {
    struct piece *at;
    size_t count, room;
};

static void push_piece(struct pieces *p, struct piece piece)
{
    list_grow(p->at, p->count, p->room);
    p->at[p->count++] = piece;
}

/* The text of `b` with its holes, to be written from the top of the stack down. */
static void push_layer(struct pieces *p, const struct buffer *b, const struct layers *l)
{
    const char *text = buffer_text(b);
    int64_t end = b->len;
    struct dfl_block *last_of = b->block;
    for (size_t i = l->count; i-- > 0;) {
        struct hole h = l->holes[i];
        push_piece(p, (struct piece){last_of, text + h.at, end - h.at, NULL, NULL});
        push_piece(p, (struct piece){NULL, NULL, 0, h.type, h.value});
        last_of = NULL;
        end = h.at;
    }
    push_piece(p, (struct piece){last_of, text, end, NULL, NULL});
}

static void write_pieces(struct buffer *out, struct pieces *p)
{
    while (p->count) {
        struct piece piece = p->at[--p->count];
        if (piece.type) {
            struct layers l = {0};
            struct buffer b = {.reserved = &l};
            format_plain(&b, piece.type, piece.value, true);
            push_layer(p, &b, &l);
            free(l.holes);
            continue;
        }
        buffer_put(out, piece.text, piece.len);
        if (piece.last_of)
            dfl_block_release(piece.last_of);
    }
    free(p->at);
}

void format_value(struct buffer *b, const struct dfl_type *type, const void *value, bool nested)
{
    struct layers l = {0};
    b->reserved = &l;
    format_plain(b, type, value, nested);
    b->reserved = NULL;
    if (l.count) { /* begin again, with what was there before as the first piece */
        struct pieces p = {0};
        push_layer(&p, b, &l);
        *b = (struct buffer){0};
        write_pieces(b, &p);
    }
    free(l.holes);
}

void dfl_buffer_value(void *buffer, const struct dfl_type *type, const void *value,
                      const struct dfl_spec *spec)
{
    if (spec)
        spec_format(buffer, type, value, spec);
    else
        format_value(buffer, type, value, false);
}
