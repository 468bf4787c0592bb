/* layout.h - the C layout of every concrete type, as the run-time descriptor of dfl.h. Code
 * generator and interpreter share it, so that both hold the same bytes for the same value. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "base/vec.h"
#include "dfl.h"
#include "types.h"

/* Element type of str and bytes blocks: its id is the same in every program. */
enum { LAYOUT_U8 = 0 };

/* All descriptors of one compilation. `all` is in order of id, without gaps: the code generator
 * emits it as constants. It only grows, so it may be walked by index while more are asked for. */
struct layouts {
    struct arena *arena;
    const struct type *tag; /* of enums */
    VEC(const struct dfl_type *) all;
    VEC(const char *)
    keys; /* parallel to all: a name of each that no other program gives to another */
    VEC(const struct type *) pending; /* seen behind a pointer, not yet laid out */
    VEC(struct dfl_type *) waiting;   /* their holders: parallel to pending */
};

/* Descriptors live in `arena`, which outlives the type table's use of them. */
void layouts_init(struct layouts *, struct arena *, const struct type_table *);
/* The one descriptor of a concrete type (not bad, never, fn, var). Types of one table only. */
const struct dfl_type *layout_type(struct layouts *, const struct type *);
/* Offset of the value in a T? or T!. */
uint64_t layout_payload(const struct dfl_type *option_or_result);

#endif
