/* layout.c - read layout_type last. What a value holds in itself is laid out at once, by recursion
 * over its parts; what it holds behind a pointer waits in a list until the outermost type is done,
 * since a record may hold an array of itself. An enum that may hold itself in place is boxed: its
 * variants have their parts in a block. In others variants share the places of parts that have one
 * type. */
#include "layout.h"

#include "names.h"

#include <assert.h>
#include <string.h>

/* What is known of a kind without looking at its parts. */
struct simple {
    uint8_t kind, refs;
    uint8_t align;
    uint64_t size;
};

enum {
    VIEW = sizeof(struct dfl_view),
    IN_PLACE_MAX = 64, /* bytes of an enum that is not boxed */
    BOXED_SIZE = 16,
};

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
    [TYPE_grid] = {DFL_GRID, 1, 8, sizeof(struct dfl_grid)},
    [TYPE_error] = {DFL_ERROR, 1, 8, 8},
    [TYPE_map] = {DFL_MAP, 1, 8, 8},
    [TYPE_future] = {DFL_FUTURE, 1, 8, 8},
    [TYPE_tuple] = {DFL_TUPLE, 0, 1, 0},
    [TYPE_record] = {DFL_RECORD, 0, 1, 0},
    [TYPE_enum] = {DFL_ENUM, 0, 1, 0},
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

struct fields {
    struct dfl_field *at;
    uint32_t count, room;
};

static const struct dfl_type *make(struct layouts *, const struct type *);

static void add(struct layouts *l, struct dfl_type *d, const char *key)
{
    d->id = l->all.count;
    vec_push(l->arena, &l->all, d);
    vec_push(l->arena, &l->keys, key);
}

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

/* ---- enums ---- */

struct search {
    struct layouts *layouts;
    const struct type *wanted;
    VEC(const struct type *) seen;
};

static bool known(struct search *s, const struct type *t)
{
    for (uint32_t i = 0; i < s->seen.count; i++)
        if (s->seen.at[i] == t)
            return true;
    vec_push(s->layouts->arena, &s->seen, t);
    return false;
}

/* True if a value of `t` may have one of the wanted type among its parts, not behind an array, map
 * or future. */
static bool holds(struct search *s, const struct type *t)
{
    bool named = t->kind == TYPE_record || t->kind == TYPE_enum;
    bool inside =
        named || t->kind == TYPE_tuple || t->kind == TYPE_option || t->kind == TYPE_result;
    if (!inside || (named && known(s, t)))
        return false;
    for (uint32_t i = 0; i < t->args.count; i++)
        if (t->args.at[i] == s->wanted || holds(s, t->args.at[i]))
            return true;
    return false;
}

/* A field of the type that no earlier part of the variant has taken; made if there is none. */
static struct dfl_field take_field(struct layouts *l, struct dfl_type *d, struct fields *fields,
                                   bool *taken, const struct dfl_type *part)
{
    for (uint32_t i = 1; i < fields->count; i++)
        if (!taken[i] && fields->at[i].type == part) {
            taken[i] = true;
            return fields->at[i];
        }
    taken[fields->count] = true;
    vec_push(l->arena, fields, ((struct dfl_field){.type = part, .offset = add_part(d, part)}));
    return fields->at[fields->count - 1];
}

static struct dfl_variant *new_variants(struct layouts *l, struct dfl_type *d, const struct type *t)
{
    uint32_t count = type_variant_count(t);
    struct dfl_variant *all = arena_array(l->arena, struct dfl_variant, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        struct variant v = type_variant(t, i);
        all[i].name = v.name;
        all[i].field_count = v.count;
        all[i].fields = arena_array(l->arena, struct dfl_field, v.count + 1);
    }
    d->variants = all;
    d->variant_count = count;
    return all;
}

static void add_in_place(struct layouts *l, struct dfl_type *d, const struct type *t,
                         const struct dfl_type *tag)
{
    struct fields fields = {0};
    bool *taken = arena_array(l->arena, bool, t->args.count + 2);
    vec_push(l->arena, &fields, ((struct dfl_field){.type = tag, .offset = add_part(d, tag)}));
    struct dfl_variant *all = new_variants(l, d, t);
    for (uint32_t i = 0; i < d->variant_count; i++) {
        struct variant v = type_variant(t, i);
        struct dfl_field *its = (struct dfl_field *)all[i].fields;
        memset(taken, 0, (t->args.count + 2) * sizeof *taken);
        for (uint32_t j = 0; j < v.count; j++)
            its[j] = take_field(l, d, &fields, taken, make(l, t->args.at[v.first + j]));
    }
    d->fields = fields.at;
    d->field_count = fields.count;
}

/* The boxes are laid out later, by follow_enum(). */
static void add_boxed(struct layouts *l, struct dfl_type *d, const struct type *t)
{
    new_variants(l, d, t);
    d->fields = NULL;
    d->field_count = 0;
    d->refs = 1;
    d->align = sizeof(void *);
    d->size = BOXED_SIZE;
}

static bool add_enum(struct layouts *l, struct dfl_type *d, const struct type *t)
{
    const struct dfl_type *tag = make(l, l->tag);
    struct search s = {.layouts = l, .wanted = t};
    bool boxed = holds(&s, t);
    if (!boxed)
        add_in_place(l, d, t, tag);
    boxed = boxed || d->size > IN_PLACE_MAX;
    if (boxed)
        add_boxed(l, d, t);
    return boxed;
}

/* What a variant of a boxed enum holds: a tuple without a type of its own. */
static void make_box(struct layouts *l, const struct type *t, struct dfl_variant *variant,
                     struct variant v)
{
    struct dfl_type *box = arena_new(l->arena, struct dfl_type);
    struct dfl_field *fields = (struct dfl_field *)variant->fields;
    *box = (struct dfl_type){.kind = DFL_TUPLE, .align = 1, .name = v.name};
    add(l, box, arena_format(l->arena, "%s.%s", t->key, v.name));
    for (uint32_t i = 0; i < v.count; i++) {
        fields[i].type = make(l, t->args.at[v.first + i]);
        fields[i].offset = add_part(box, fields[i].type);
    }
    box->size = round_up(box->size, box->align);
    box->fields = fields;
    box->field_count = v.count;
    variant->box = box;
}

static void follow_enum(struct layouts *l, const struct type *t, struct dfl_type *d)
{
    for (uint32_t i = 0; i < d->variant_count; i++) {
        struct variant v = type_variant(t, i);
        if (v.count)
            make_box(l, t, (struct dfl_variant *)&d->variants[i], v);
    }
}

/* ---- types ---- */

static void add_parts(struct layouts *l, struct dfl_type *d, const struct type *t)
{
    if (t->kind == TYPE_tuple || t->kind == TYPE_record)
        add_fields(l, d, t);
    if (t->kind == TYPE_option || t->kind == TYPE_result) {
        d->elem = make(l, t->args.at[0]);
        add_part(d, d->elem);
    }
    if (t->kind == TYPE_grid) {
        d->elem = make(l, t->args.at[0]);
        d->rank = (uint8_t)t->rank;
        d->size += 2 * t->rank * sizeof(int64_t);
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
    add(l, d, t->key);
    ((struct type *)t)->layout = d; /* the one field of a type that is this file's to write */
    bool boxed = t->kind == TYPE_enum && add_enum(l, d, t);
    add_parts(l, d, t);
    if (boxed || t->kind == TYPE_array || t->kind == TYPE_map || t->kind == TYPE_future) {
        vec_push(l->arena, &l->pending, t);
        vec_push(l->arena, &l->waiting, d);
    }
    return d;
}

/* Lays out what a pointer of `holder` leads to. */
static void follow(struct layouts *l, const struct type *t, struct dfl_type *holder)
{
    if (t->kind == TYPE_enum) {
        follow_enum(l, t, holder);
        return;
    }
    if (t->kind == TYPE_map)
        holder->key = make(l, t->args.at[0]);
    holder->elem = make(l, t->args.at[t->kind == TYPE_map]);
}

void layouts_init(struct layouts *l, struct arena *arena, const struct type_table *types)
{
    *l = (struct layouts){.arena = arena, .tag = types->simple[TYPE_u32]};
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
