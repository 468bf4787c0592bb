/* types.h - types of the language: one object per type, so that they compare by pointer. */
#ifndef TYPES_H
#define TYPES_H

#include "ast.h"

enum type_kind {
    TYPE_bad,   /* of what was already reported: agrees with everything */
    TYPE_never, /* of return, fail, break, continue: fits everywhere */
    TYPE_unit,
    TYPE_bool,
    TYPE_int,
    TYPE_float,
    TYPE_duration,
    TYPE_i8,
    TYPE_i16,
    TYPE_i32,
    TYPE_i64,
    TYPE_u8,
    TYPE_u16,
    TYPE_u32,
    TYPE_u64,
    TYPE_f32,
    TYPE_str,
    TYPE_bytes,
    TYPE_error,
    TYPE_array,  /* args[0] */
    TYPE_grid,   /* args[0], rank: an array of rank 2 and more */
    TYPE_map,    /* args[0] key, args[1] value */
    TYPE_tuple,  /* args */
    TYPE_option, /* args[0] */
    TYPE_result, /* args[0] */
    TYPE_future, /* args[0] */
    TYPE_fn,     /* args, result; of parameters only */
    TYPE_record, /* symbol, fields in args */
    TYPE_enum,   /* symbol; args: the parts of all variants, one variant after the other */
    TYPE_var,    /* symbol: the A of fn f<A> */
};

enum { TYPE_PARTS = 1000 };

struct type {
    enum type_kind kind;
    uint32_t rank; /* of a grid, else 0 */
    struct types args;
    const struct type *result;   /* of a fn */
    const struct symbol *symbol; /* of a record, enum or var */
    bool open;                   /* mentions a TYPE_var */
    uint32_t parts;   /* types in it, records counted as one; no more than TYPE_PARTS + 1 */
    uint32_t cells;   /* of a record: endless.c's */
    const char *text; /* as the user writes it: "map[str, int]"; of one with more than
                         TYPE_PARTS parts, which is reported, "..." */
    const char *key;  /* the same with the modules of names: "map[str, shapes.Shape]" */
    void *layout;     /* layout.c's, once asked for */
};

struct type_table {
    struct arena *arena;
    const struct type *simple[TYPE_error + 1]; /* by kind */
    VEC(struct type *) all;
    struct type **slots; /* hash of all */
    uint32_t room;
};

void types_init(struct type_table *, struct arena *);
/* The one type of these parts. `args` is copied. */
const struct type *type_make(struct type_table *, enum type_kind, const struct type *const *args,
                             uint32_t count, uint32_t rank, const struct type *result,
                             const struct symbol *);
const struct type *type_array(struct type_table *, const struct type *elem);
/* [elem, rank]; of rank 1 [elem]. */
const struct type *type_grid(struct type_table *, const struct type *elem, uint32_t rank);
const struct type *type_option(struct type_table *, const struct type *);
const struct type *type_result(struct type_table *, const struct type *);
const struct type *type_future(struct type_table *, const struct type *);
/* What a record or enum holds becomes known after the type: set once by names_declare.c. */
void type_set_fields(struct type *, struct arena *, const struct type *const *, uint32_t);
/* One way to be of an enum: its parts are args[first .. first + count) of the enum's type. */
struct variant {
    const char *name;
    uint32_t first, count;
};
uint32_t type_variant_count(const struct type *);
struct variant type_variant(const struct type *, uint32_t index);
/* `t` with each TYPE_var replaced by the argument of that index. Returns `t` if it is not open. */
const struct type *type_subst(struct type_table *, const struct type *t, struct types arguments);
/* Whether a value of it may have a future in it. The arena is for the search alone. */
bool type_may_hold_future(struct arena *, const struct type *);
bool type_is_int(const struct type *);    /* int, i8..u64 */
bool type_is_small(const struct type *);  /* an integer that is computed with as an int */
bool type_is_number(const struct type *); /* those, float and f32 */

#endif
