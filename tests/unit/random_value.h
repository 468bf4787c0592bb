/* random_value.h - a program of random types, and values of them, from a seed: for tests of what
 * works on values of any type. */
#ifndef RANDOM_VALUE_H
#define RANDOM_VALUE_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "base/arena.h"
#include "error.h"
#include "grid.h"
#include "map.h"
#include "task.h"
#include "value.h"

enum { RANDOM_TYPES = 512, RANDOM_FNS = 64, RANDOM_PARTS = 4 };

struct random_program {
    uint64_t state; /* of the generator */
    struct arena arena;
    struct dfl_type *types[RANDOM_TYPES];
    struct dfl_fn fns[RANDOM_FNS]; /* row 0 takes a tuple and gives one of the types */
    struct dfl_program program;
    bool no_futures;
    int64_t budget; /* parts that the next value may have */
};

static inline uint64_t random_word(struct random_program *p)
{
    uint64_t z = p->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint64_t random_below(struct random_program *p, uint64_t n)
{
    return random_word(p) % n;
}

/* ---- types ---- */

static inline struct dfl_type *random_row(struct random_program *p, uint8_t kind)
{
    static const uint8_t sizes[] = {0, 1, 8, 8, 8, 1, 2, 4, 8, 1, 2, 4, 8, 4, 24, 24, 24};
    struct dfl_type *t = arena_new(&p->arena, struct dfl_type);
    assert(p->program.type_count < RANDOM_TYPES);
    *t = (struct dfl_type){.kind = kind, .align = 1, .name = "T"};
    t->id = (uint32_t)p->program.type_count;
    if (kind < sizeof sizes) {
        t->size = sizes[kind];
        t->align = t->size == 0 ? 1 : t->size > 8 ? 8 : (uint8_t)t->size;
        t->refs = kind >= DFL_STR;
    }
    if (kind == DFL_ERROR) {
        t->size = t->align = 8;
        t->refs = 1;
    }
    p->types[p->program.type_count++] = t;
    return t;
}

static inline uint64_t random_place(struct dfl_type *whole, const struct dfl_type *part)
{
    uint64_t at = (whole->size + part->align - 1) / part->align * part->align;
    whole->size = at + part->size;
    if (part->align > whole->align)
        whole->align = part->align;
    whole->refs |= part->refs;
    return at;
}

static inline void random_close(struct dfl_type *t)
{
    t->size = (t->size + t->align - 1) / t->align * t->align;
}

static inline struct dfl_type *random_type(struct random_program *, int depth, bool key);

static inline struct dfl_field *random_fields(struct random_program *p, struct dfl_type *whole,
                                              uint64_t count, int depth, bool key)
{
    struct dfl_field *fields = arena_array(&p->arena, struct dfl_field, count + 1);
    for (uint64_t i = 0; i < count; i++) {
        fields[i].name = "part";
        fields[i].type = random_type(p, depth, key);
        fields[i].offset = random_place(whole, fields[i].type);
    }
    return fields;
}

static inline struct dfl_type *random_tuple(struct random_program *p, int depth, bool key)
{
    uint64_t count = random_below(p, RANDOM_PARTS);
    struct dfl_type *t = random_row(p, DFL_TUPLE);
    t->fields = random_fields(p, t, count, depth, key);
    t->field_count = count;
    random_close(t);
    return t;
}

/* In place: each variant has fields of its own. */
static inline void random_in_place(struct random_program *p, struct dfl_type *t,
                                   struct dfl_variant *variants, int depth, bool key)
{
    t->fields = arena_array(&p->arena, struct dfl_field, 1); /* the tag; enough to tell */
    ((struct dfl_field *)t->fields)->type = random_row(p, DFL_U32);
    t->field_count = 1;
    random_place(t, t->fields[0].type);
    for (uint64_t i = 0; i < t->variant_count; i++) {
        variants[i].field_count = random_below(p, RANDOM_PARTS);
        variants[i].fields = random_fields(p, t, variants[i].field_count, depth, key);
    }
    random_close(t);
}

/* Boxed: the last part of the last variant is the enum itself. */
static inline void random_boxed(struct random_program *p, struct dfl_type *t,
                                struct dfl_variant *variants, int depth, bool key)
{
    t->refs = 1;
    t->align = 8;
    t->size = 16;
    for (uint64_t i = 0; i < t->variant_count; i++) {
        bool last = i + 1 == t->variant_count;
        uint64_t count = last + random_below(p, RANDOM_PARTS - 1);
        variants[i].field_count = count;
        if (count == 0)
            continue;
        struct dfl_type *box = random_row(p, DFL_TUPLE);
        struct dfl_field *fields = random_fields(p, box, count - last, depth, key);
        if (last) {
            fields[count - 1].type = t;
            fields[count - 1].offset = random_place(box, t);
        }
        random_close(box);
        variants[i].fields = box->fields = fields;
        box->field_count = count;
        variants[i].box = box;
    }
}

static inline struct dfl_type *random_enum(struct random_program *p, int depth, bool key)
{
    uint64_t count = 2 + random_below(p, 3);
    struct dfl_variant *variants = arena_array(&p->arena, struct dfl_variant, count);
    struct dfl_type *t = random_row(p, DFL_ENUM);
    for (uint64_t i = 0; i < count; i++)
        variants[i].name = "V";
    t->variants = variants;
    t->variant_count = count;
    if (random_below(p, 2))
        random_boxed(p, t, variants, depth, key);
    else
        random_in_place(p, t, variants, depth, key);
    return t;
}

/* An option, result, array, map or future of a further type. */
static inline struct dfl_type *random_holder(struct random_program *p, int depth, bool key)
{
    static const uint8_t kinds[] = {DFL_OPTION, DFL_ARRAY, DFL_MAP, DFL_RESULT, DFL_FUTURE};
    uint64_t choices = key ? 2 : p->no_futures || p->program.fn_count == RANDOM_FNS ? 4 : 5;
    uint8_t kind = kinds[random_below(p, choices)];
    struct dfl_type *elem = random_type(p, depth, key);
    struct dfl_type *t = random_row(p, kind);
    t->elem = elem;
    if (kind == DFL_OPTION || kind == DFL_RESULT) {
        t->size = kind == DFL_OPTION ? 1 : 8;
        t->align = (uint8_t)t->size;
        t->refs = kind == DFL_RESULT;
        random_place(t, elem);
        random_close(t);
        return t;
    }
    t->refs = 1;
    t->size = kind == DFL_ARRAY ? 24 : 8;
    t->align = 8;
    if (kind == DFL_ARRAY && !elem->refs && random_below(p, 2)) {
        t->kind = DFL_GRID;
        t->rank = (uint8_t)(2 + random_below(p, 3));
        t->size = 16 + 16u * t->rank;
    }
    if (kind == DFL_MAP)
        t->key = random_type(p, depth, true);
    if (kind == DFL_FUTURE)
        p->fns[p->program.fn_count++] =
            (struct dfl_fn){.name = "f", .args = p->types[0], .result = elem};
    return t;
}

/* `key`: it may be the key of a map, so it has no floats, errors or futures. */
static inline struct dfl_type *random_type(struct random_program *p, int depth, bool key)
{
    if (depth == 0 || p->program.type_count > RANDOM_TYPES / 4 || random_below(p, 3) == 0) {
        uint8_t kind = (uint8_t)random_below(p, DFL_BYTES + 1);
        if (key && (kind == DFL_FLOAT || kind == DFL_F32))
            kind = DFL_STR;
        return random_row(p, !key && random_below(p, 16) == 0 ? DFL_ERROR : kind);
    }
    switch (random_below(p, 4)) {
    case 0:
        return random_tuple(p, depth - 1, key);
    case 1:
        return random_enum(p, depth - 1, key);
    default:
        return random_holder(p, depth - 1, key);
    }
}

/* Rows until there is one for what is asked; types[0] is (). Gives the type to make values of. */
static inline const struct dfl_type *random_open(struct random_program *p, uint64_t seed,
                                                 bool no_futures)
{
    *p = (struct random_program){.state = seed, .no_futures = no_futures};
    random_row(p, DFL_TUPLE);
    p->program.fn_count = 1;
    const struct dfl_type *t = random_type(p, 4, false);
    struct dfl_type *args = random_tuple(p, 2, false);
    p->fns[0] = (struct dfl_fn){.name = "f", .args = args, .result = t};
    p->program.name = "random";
    p->program.types = (const struct dfl_type *const *)p->types;
    p->program.fns = p->fns;
    value_set_types(p->program.types, p->program.type_count);
    task_init(&p->program);
    return t;
}

static inline void random_close_program(struct random_program *p)
{
    arena_free(&p->arena);
    value_set_types(NULL, 0);
}

/* ---- values ---- */

static inline void random_value(struct random_program *, const struct dfl_type *, void *out);

/* Gaps and what is not used hold anything. */
static inline void random_bytes(struct random_program *p, void *out, uint64_t len)
{
    for (uint64_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)random_word(p);
}

static inline uint64_t random_len(struct random_program *p)
{
    uint64_t len = random_below(p, 8) == 0 ? random_below(p, 40) : random_below(p, 5);
    if ((int64_t)len > p->budget)
        len = p->budget > 0 ? (uint64_t)p->budget : 0;
    p->budget -= (int64_t)len;
    return len;
}

static inline struct dfl_view random_text(struct random_program *p)
{
    static const char *const words[] = {"", "a", "word", "\xc3\xa9", "\xf0\x9f\x8c\x8d", "longer "};
    char text[512];
    size_t len = 0;
    for (uint64_t n = random_len(p); n > 0 && len < sizeof text - 16; n--) {
        const char *word = words[random_below(p, 6)];
        memcpy(text + len, word, strlen(word));
        len += strlen(word);
    }
    return value_text(text, (int64_t)len);
}

static inline struct dfl_error *random_error(struct random_program *p)
{
    static const char *const files[] = {"a.dfl", "b.dfl", NULL};
    struct dfl_error *e = error_new((enum dfl_fail)random_below(p, ERROR_KINDS), "because %d",
                                    (int)random_below(p, 1000));
    e->site.file = files[random_below(p, 3)];
    e->site.function = e->site.file ? "main" : NULL;
    e->site.line = (uint32_t)random_below(p, 2000);
    e->site.column = (uint32_t)random_below(p, 200);
    for (uint64_t n = random_below(p, 4); n > 0; n--)
        e = error_link(e, "f, spawned at a.dfl:7");
    if (random_below(p, 3) == 0)
        e->cause = random_error(p);
    return e;
}

static inline void random_elements(struct random_program *p, const struct dfl_type *elem,
                                   struct dfl_view *out)
{
    uint64_t n = random_len(p);
    dfl_array_new(elem, out, (int64_t)n);
    out->len = (int64_t)n;
    if (!out->block)
        return;
    random_bytes(p, out->ptr, n * elem->size);
    out->block->size = n * elem->size;
    for (uint64_t i = 0; i < n; i++)
        random_value(p, elem, array_at(elem, out, (int64_t)i));
    if (n > 2 && random_below(p, 4) == 0) { /* a part of the block */
        out->ptr = array_at(elem, out, 1);
        out->len -= 2;
    }
}

/* Perhaps with two axes exchanged, or a part of it. */
static inline void random_grid(struct random_program *p, const struct dfl_type *type,
                               struct dfl_grid *out)
{
    int64_t *strides = out->dims + type->rank, other;
    for (int i = 0; i < type->rank; i++)
        out->dims[i] = (int64_t)random_below(p, 5) - (random_below(p, 8) == 0);
    for (int i = 0; i < type->rank; i++)
        out->dims[i] = out->dims[i] < 0 ? 0 : out->dims[i];
    struct dfl_error *e = grid_new(type, out);
    assert(!e);
    (void)e;
    random_bytes(p, out->ptr, out->block ? out->block->size : 0);
    for (int64_t i = 0; out->block && i < grid_count(type, out); i++)
        random_value(p, type->elem, (void *)grid_element(type, out, true, i));
    if (random_below(p, 2)) {
        other = out->dims[0], out->dims[0] = out->dims[1], out->dims[1] = other;
        other = strides[0], strides[0] = strides[1], strides[1] = other;
    }
    if (random_below(p, 2) && out->dims[0] > 1)
        out->dims[0]--;
}

static inline void random_map(struct random_program *p, const struct dfl_type *type,
                              struct dfl_map **out)
{
    *out = NULL;
    for (uint64_t n = random_len(p); n > 0; n--) {
        void *key = malloc(type->key->size + 1);
        int32_t fresh;
        random_value(p, type->key, key);
        void *place = dfl_map_slot(type, out, key, &fresh);
        if (fresh)
            random_value(p, type->elem, place);
        if (random_below(p, 6) == 0)
            map_remove(type, out, key, NULL);
        dfl_drop(type->key, key);
        free(key);
    }
}

static inline void random_variant(struct random_program *p, const struct dfl_type *type, char *out)
{
    uint64_t tag = random_below(p, p->budget > 0 ? type->variant_count : 1);
    const struct dfl_variant *v = &type->variants[tag];
    p->budget--;
    *(uint32_t *)out = (uint32_t)tag;
    if (v->box || type->field_count == 0) {
        struct dfl_block *box = v->box ? dfl_block_new(v->box, (int64_t)v->box->size) : NULL;
        memcpy(out + VALUE_BOX, &box, sizeof box);
        if (!box)
            return;
        random_bytes(p, block_data(box), v->box->size);
        box->size = v->box->size;
        out = block_data(box);
    }
    for (uint64_t i = 0; i < v->field_count; i++)
        random_value(p, v->fields[i].type, out + v->fields[i].offset);
}

static inline struct dfl_task *random_done(struct random_program *p, const struct dfl_type *result)
{
    uint32_t fn = 1;
    while (p->fns[fn].result != result)
        fn++;
    struct dfl_task *task = dfl_task_new(NULL);
    task->fn = fn;
    void *value = malloc(result->size + 1);
    random_bytes(p, value, result->size);
    if (random_below(p, 5) == 0)
        dfl_task_give(task, NULL, random_error(p));
    else {
        random_value(p, result, value);
        dfl_task_give(task, value, NULL);
    }
    free(value);
    task_share_result(task);
    atomic_store(&task->state, TASK_DONE);
    dfl_task_release(NULL, task);
    task->flags |= TASK_TAKEN;
    return task;
}

/* An owned value; *out may hold anything before. */
static inline void random_value(struct random_program *p, const struct dfl_type *type, void *out)
{
    char *inner = (char *)out;
    switch (type->kind) {
    case DFL_BOOL:
        *(uint8_t *)out = random_below(p, 2);
        return;
    case DFL_FLOAT:
        *(double *)out = (double)(int64_t)random_word(p) / 1024;
        return;
    case DFL_F32:
        *(float *)out = (float)(int64_t)random_below(p, 1000) / 8;
        return;
    case DFL_STR:
    case DFL_BYTES:
        *(struct dfl_view *)out = random_text(p);
        return;
    case DFL_ARRAY:
        random_elements(p, type->elem, out);
        return;
    case DFL_GRID:
        random_grid(p, type, out);
        return;
    case DFL_MAP:
        random_map(p, type, out);
        return;
    case DFL_TUPLE:
    case DFL_RECORD:
        for (uint64_t i = 0; i < type->field_count; i++)
            random_value(p, type->fields[i].type, inner + type->fields[i].offset);
        return;
    case DFL_ENUM:
        random_variant(p, type, out);
        return;
    case DFL_OPTION:
        *(uint8_t *)out = random_below(p, 2);
        if (*(uint8_t *)out)
            random_value(p, type->elem, inner + value_inner(type));
        return;
    case DFL_RESULT:
        *(struct dfl_error **)out = random_below(p, 3) ? NULL : random_error(p);
        if (!*(struct dfl_error **)out)
            random_value(p, type->elem, inner + value_inner(type));
        return;
    case DFL_FUTURE:
        *(struct dfl_task **)out = random_done(p, type->elem);
        return;
    case DFL_ERROR:
        *(struct dfl_error **)out = random_error(p);
        return;
    default:
        random_bytes(p, out, type->size);
        return;
    }
}

#endif
