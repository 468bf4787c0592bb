/* encode_types.h - a program with a type of each kind, for the tests of values as bytes. */
#ifndef ENCODE_TYPES_H
#define ENCODE_TYPES_H

#include "runner.h"

#include "encode.h"
#include "task.h"

/* ---- the program ---- */

enum {
    T_NONE,
    T_PAIR,
    T_GAP,
    T_STR,
    T_INTS,
    T_STRS,
    T_SPLIT,
    T_WHOLE,
    T_OPTION,
    T_MAP,
    T_LIST,
    T_CONS,
    T_TAG,
    T_SHAPE,
    T_INT,
    T_FUTURE,
    T_FUTURES,
    T_ERROR,
    T_NESTED,
    T_WIDE,
    T_UNITS,
    T_MAPS,
    T_BOOLS,
    T_BOOL,
    T_GRID,
    T_TEXTS,
    T_COUNT,
};

static struct dfl_type rows[T_COUNT];
static const struct dfl_type *types[T_COUNT];

static const struct dfl_field pair_fields[] = {{NULL, &rows[T_INT], 0}, {NULL, &rows[T_INT], 8}};
static const struct dfl_field gap_fields[] = {{NULL, &rows[T_BOOL], 0}, {NULL, &rows[T_INT], 8}};
static const struct dfl_field cons_fields[] = {{NULL, &rows[T_INT], 0}, {NULL, &rows[T_LIST], 8}};
static const struct dfl_variant list_variants[] = {{"Nil", NULL, 0, NULL},
                                                   {"Cons", cons_fields, 2, &rows[T_CONS]}};
static const struct dfl_field shape_fields[] = {
    {NULL, &rows[T_TAG], 0}, {NULL, &rows[T_INT], 8}, {NULL, &rows[T_STR], 16}};
static const struct dfl_variant shape_variants[] = {{"Dot", NULL, 0, NULL},
                                                    {"Ball", &shape_fields[1], 1, NULL},
                                                    {"Text", &shape_fields[1], 2, NULL}};
static const struct dfl_field wide_fields[] = {{NULL, &rows[T_STR], 0},
                                               {NULL, &rows[T_FUTURE], 24}};

/* clang-format off */
static struct dfl_type rows[T_COUNT] = {
    [T_NONE] = {.kind = DFL_TUPLE, .align = 1},
    [T_PAIR] = {.kind = DFL_TUPLE, .align = 8, .size = 16, .fields = pair_fields, .field_count = 2},
    [T_GAP] = {.kind = DFL_RECORD, .align = 8, .size = 16, .fields = gap_fields, .field_count = 2},
    [T_STR] = {.kind = DFL_STR, .refs = 1, .align = 8, .size = 24},
    [T_INTS] = {.kind = DFL_ARRAY, .refs = 1, .align = 8, .size = 24, .elem = &rows[T_INT]},
    [T_STRS] = {.kind = DFL_ARRAY, .refs = 1, .align = 8, .size = 24, .elem = &rows[T_STR]},
    [T_SPLIT] = {.kind = DFL_RESULT, .refs = 1, .align = 8, .size = 16, .elem = &rows[T_INT]},
    [T_WHOLE] = {.kind = DFL_RESULT, .refs = 1, .align = 8, .size = 32, .elem = &rows[T_STR]},
    [T_OPTION] = {.kind = DFL_OPTION, .align = 8, .size = 16, .elem = &rows[T_INT]},
    [T_MAP] = {.kind = DFL_MAP, .refs = 1, .align = 8, .size = 8, .key = &rows[T_STR],
               .elem = &rows[T_INTS]},
    [T_LIST] = {.kind = DFL_ENUM, .refs = 1, .align = 8, .size = 16, .variants = list_variants,
                .variant_count = 2},
    [T_CONS] = {.kind = DFL_TUPLE, .refs = 1, .align = 8, .size = 24, .fields = cons_fields,
                .field_count = 2},
    [T_TAG] = {.kind = DFL_U32, .align = 4, .size = 4},
    [T_SHAPE] = {.kind = DFL_ENUM, .refs = 1, .align = 8, .size = 40, .fields = shape_fields,
                 .field_count = 3, .variants = shape_variants, .variant_count = 3},
    [T_INT] = {.kind = DFL_INT, .align = 8, .size = 8},
    [T_FUTURE] = {.kind = DFL_FUTURE, .refs = 1, .align = 8, .size = 8, .elem = &rows[T_INT]},
    [T_FUTURES] = {.kind = DFL_ARRAY, .refs = 1, .align = 8, .size = 24, .elem = &rows[T_FUTURE]},
    [T_ERROR] = {.kind = DFL_ERROR, .refs = 1, .align = 8, .size = 8},
    [T_NESTED] = {.kind = DFL_ARRAY, .refs = 1, .align = 8, .size = 24, .elem = &rows[T_NESTED]},
    [T_WIDE] = {.kind = DFL_TUPLE, .refs = 1, .align = 8, .size = 32, .fields = wide_fields,
                .field_count = 2},
    [T_UNITS] = {.kind = DFL_ARRAY, .refs = 1, .align = 8, .size = 24, .elem = &rows[T_NONE]},
    [T_MAPS] = {.kind = DFL_MAP, .refs = 1, .align = 8, .size = 8, .key = &rows[T_NESTED],
                .elem = &rows[T_MAP]},
    [T_BOOLS] = {.kind = DFL_ARRAY, .refs = 1, .align = 8, .size = 24, .elem = &rows[T_BOOL]},
    [T_BOOL] = {.kind = DFL_BOOL, .align = 1, .size = 1},
    [T_GRID] = {.kind = DFL_GRID, .refs = 1, .align = 8, .rank = 2, .size = 48,
                .elem = &rows[T_INT]},
    [T_TEXTS] = {.kind = DFL_FUTURE, .refs = 1, .align = 8, .size = 8, .elem = &rows[T_STR]},
};
/* clang-format on */

enum { FN_INT, FN_SPLIT, FN_WHOLE, FN_WIDE, FN_LIST };

static const struct dfl_fn fns[] = {
    {.name = "int", .args = &rows[T_NONE], .result = &rows[T_INT]},
    {.name = "split", .args = &rows[T_PAIR], .result = &rows[T_SPLIT]},
    {.name = "whole", .args = &rows[T_WIDE], .result = &rows[T_WHOLE]},
    {.name = "wide", .args = &rows[T_GAP], .result = &rows[T_STR]},
    {.name = "list", .args = &rows[T_MAP], .result = &rows[T_LIST]},
};

static const struct dfl_program program = {
    .name = "t.dfl", .types = types, .type_count = T_COUNT, .fns = fns, .fn_count = 5};

/* ---- there and back ---- */

static inline void open_types(void)
{
    for (uint32_t i = 0; i < T_COUNT; i++) {
        rows[i].id = i;
        rows[i].name = "T";
        types[i] = &rows[i];
    }
    value_set_types(types, T_COUNT);
    task_init(&program);
    encode_init(&program);
}

static inline void expect_nothing_left(void)
{
    task_pool_fini(task_pool_here());
    ck_assert_uint_eq(task_live(), 0);
    ck_assert_int_eq(dfl_block_live(), 0);
    task_fini();
    encode_fini();
}

static inline struct encoder encoded(const struct dfl_type *type, const void *value)
{
    struct encoder e = {0};
    ck_assert_msg(encode_value(&e, type, value), "%s", encode_error_text(e.error));
    return e;
}

static inline struct decoder decoder_of(const void *bytes, size_t len)
{
    return (struct decoder){
        .at = bytes, .end = len ? (const uint8_t *)bytes + len : bytes, .pool = task_pool_here()};
}

/* Reads the value back; it must be equal, and give the same bytes again. Both end. */
static inline void there_and_back(const struct dfl_type *type, void *value)
{
    struct encoder e = encoded(type, value);
    struct decoder d = decoder_of(e.bytes, e.len);
    uint64_t got[8];
    ck_assert_uint_le(type->size, sizeof got);
    ck_assert_msg(decode_value(&d, type, got) && decode_end(&d), "%s", encode_error_text(d.error));
    if (!encode_has_future(type))
        ck_assert(dfl_equal(type, value, got));
    struct encoder again = encoded(type, got);
    ck_assert_uint_eq(again.len, e.len);
    ck_assert(e.len == 0 || memcmp(again.bytes, e.bytes, e.len) == 0);
    dfl_drop(type, value);
    dfl_drop(type, got);
    decoder_fini(&d);
    encoder_fini(&e);
    encoder_fini(&again);
}

static inline enum encode_error refusal(const struct dfl_type *type, const void *bytes, size_t len)
{
    struct decoder d = decoder_of(bytes, len);
    uint64_t got[8] = {0}, nothing[8] = {0};
    bool good = decode_value(&d, type, got);
    if (!good) /* nothing is left of it */
        ck_assert_int_eq(memcmp(got, nothing, sizeof got), 0);
    if (good) {
        good = decode_end(&d);
        dfl_drop(type, got);
    }
    decoder_fini(&d);
    return good ? ENCODE_ok : d.error;
}

#define REFUSED(type, bytes, why)                                                                  \
    ck_assert_int_eq(refusal(&rows[type], bytes, sizeof(bytes) - 1), ENCODE_##why)

#endif
