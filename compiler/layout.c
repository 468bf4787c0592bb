/* layout.c - read layout_type last. What a value holds in itself is laid out at once, by recursion
 * over its parts; what it holds behind a pointer waits in a list until the outermost type is done,
 * since a record may hold an array of itself. */
#include "layout.h"

#include "names.h"

#include <assert.h>

/* What is known of a kind without looking at its parts. */
struct simple {
    uint8_t kind, refs;
    uint16_t align;
    uint64_t size;
};

enum { VIEW = sizeof(struct dfl_view) };

/* clang-format off */
static const struct simple simples[] = {
    [TYPE_unit] = {DFL_UNIT, 0, 1, 0},
    [TYPE_bool] = {DFL_BOOL, 0, 1, 1},
    [TYPE_int] = {DFL_INT, 0, 8, 8},
    [TYPE_float] = {DFL_FLOAT, 0, 8, 8},
    [TYPE_duration] = {DFL_DURATION, 0, 8, 8},
    [TYPE_i8] = {DFL_I8, 0, 1, 1},
    [TYPE_i16] = {DFL_I16, 0, 2, 2},
    [TYPE_i32] = {DFL_I32, 0, 4, 4},
    [TYPE_i64] = {DFL_I64, 0, 8, 8},
    [TYPE_u8] = {DFL_U8, 0, 1, 1},
    [TYPE_u16] = {DFL_U16, 0, 2, 2},
    [TYPE_u32] = {DFL_U32, 0, 4, 4},
    [TYPE_u64] = {DFL_U64, 0, 8, 8},
    [TYPE_f32] = {DFL_F32, 0, 4, 4},
    [TYPE_str] = {DFL_STR, 1, 8, VIEW},
    [TYPE_bytes] = {DFL_BYTES, 1, 8, VIEW},
    [TYPE_array] = {DFL_ARRAY, 1, 8, VIEW},
    [TYPE_error] = {DFL_ERROR, 1, 8, 8},
    [TYPE_map] = {DFL_MAP, 1, 8, 8},
    [TYPE_future] = {DFL_FUTURE, 1, 8, 8},
    [TYPE_tuple] = {DFL_TUPLE, 0, 1, 0},
    [TYPE_record] = {DFL_RECORD, 0, 1, 0},
    [TYPE_option] = {DFL_OPTION, 0, 1, 1},
    [TYPE_result] = {DFL_RESULT, 1, 8, 8},
};
/* clang-format on */

static struct simple simple_of(enum type_kind kind)
{
    assert(kind < sizeof simples / sizeof simples[0] && simples[kind].align);
    return simples[kind];
}

static uint64_t round_up(uint64_t at, uint64_t align)
{
    return (at + align - 1) / align * align;
}

static const struct dfl_type *make(struct layouts *, const struct type *);

/* Puts a part behind what is there already, as C would; gives its offset. */
static uint64_t add_part(struct dfl_type *whole, const struct dfl_type *part)
{
    uint64_t at = round_up(whole->size, part->align);
    whole->size = at + part->size;
    if (part->align > whole->align)
        whole->align = part->align;
    whole->refs |= part->refs;
    return at;
}

static void add_fields(struct layouts *l, struct dfl_type *d, const struct type *t)
{
    struct dfl_field *fields = arena_array(l->arena, struct dfl_field, t->args.count + 1);
    d->fields = fields;
    d->field_count = t->args.count;
    for (uint32_t i = 0; i < t->args.count; i++) {
        if (t->kind == TYPE_record)
            fields[i].name = t->symbol->node->record_.fields.at[i]->field_.name;
        fields[i].type = make(l, t->args.at[i]);
        fields[i].offset = add_part(d, fields[i].type);
    }
}

static void add_parts(struct layouts *l, struct dfl_type *d, const struct type *t)
{
    if (t->kind == TYPE_tuple || t->kind == TYPE_record)
        add_fields(l, d, t);
    if (t->kind == TYPE_option || t->kind == TYPE_result) {
        d->elem = make(l, t->args.at[0]);
        add_part(d, d->elem);
    }
    d->size = round_up(d->size, d->align);
}

static const struct dfl_type *make(struct layouts *l, const struct type *t)
{
    if (t->layout)
        return t->layout;
    struct simple s = simple_of(t->kind);
    struct dfl_type *d = arena_new(l->arena, struct dfl_type);
    *d = (struct dfl_type){.kind = s.kind, .refs = s.refs, .align = s.align, .size = s.size};
    d->name = t->text;
    d->id = l->all.count;
    vec_push(l->arena, &l->all, d);
    ((struct type *)t)->layout = d; /* the one field of a type that is this file's to write */
    add_parts(l, d, t);
    if (t->kind == TYPE_array || t->kind == TYPE_map || t->kind == TYPE_future) {
        vec_push(l->arena, &l->pending, t);
        vec_push(l->arena, &l->waiting, d);
    }
    return d;
}

/* Lays out what a pointer of `holder` leads to. */
static void follow(struct layouts *l, const struct type *t, struct dfl_type *holder)
{
    if (t->kind == TYPE_map)
        holder->key = make(l, t->args.at[0]);
    holder->elem = make(l, t->args.at[t->kind == TYPE_map]);
}

void layouts_init(struct layouts *l, struct arena *arena, const struct type_table *types)
{
    *l = (struct layouts){.arena = arena};
    const struct dfl_type *u8 = layout_type(l, types->simple[TYPE_u8]);
    assert(u8->id == LAYOUT_U8);
}

const struct dfl_type *layout_type(struct layouts *l, const struct type *t)
{
    const struct dfl_type *made = make(l, t);
    while (l->pending.count) {
        uint32_t last = --l->pending.count;
        l->waiting.count = last;
        follow(l, l->pending.at[last], l->waiting.at[last]);
    }
    return made;
}

uint64_t layout_payload(const struct dfl_type *d)
{
    assert(d->kind == DFL_OPTION || d->kind == DFL_RESULT);
    return round_up(d->kind == DFL_OPTION ? 1 : sizeof(void *), d->elem->align);
}
