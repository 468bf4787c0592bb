/* value.h - types at run time, and how values of any type live and end. */
#ifndef VALUE_H
#define VALUE_H

#include "block.h"

/* The runtime's own types. Their ids have VALUE_OWN_ID set, so they never meet a program's rows. */
enum { VALUE_OWN_ID = 1u << 30 };
extern const struct dfl_type value_unit, value_bool, value_int, value_float, value_duration;
extern const struct dfl_type value_u8, value_str, value_bytes, value_error;
extern const struct dfl_type value_strs; /* [str] */

/* Makes the rows of a program known to block headers; once, before any value exists. The rows stay
 * the caller's and must outlive all values. Without it only the runtime's own types work. */
void value_set_types(const struct dfl_type *const *types, uint64_t count);
/* The type with this id, as a block header holds it. */
const struct dfl_type *value_type(uint32_t id);

/* Where the T of a T? or T! begins. */
static inline size_t value_inner(const struct dfl_type *type)
{
    size_t tag = type->kind == DFL_OPTION ? 1 : sizeof(struct dfl_error *);
    size_t align = type->elem->align;
    return align > tag ? align : tag;
}

/* Which variant an enum is. */
static inline const struct dfl_variant *value_variant(const struct dfl_type *type,
                                                      const void *value)
{
    return &type->variants[*(const uint32_t *)value];
}

/* The block of a boxed enum that holds any. */
enum { VALUE_BOX = 8 };
static inline struct dfl_block *value_box(const void *value)
{
    return *(struct dfl_block *const *)((const char *)value + VALUE_BOX);
}

/* From where the fields of an enum's variant are counted. */
static inline const char *value_parts(const struct dfl_variant *variant, const void *value)
{
    return variant->box ? block_data(value_box(value)) : value;
}

/* Frees a block, map or error whose last holder has let go, and all that ends with it. */
void value_end_block(struct dfl_block *);
void value_end_map(const struct dfl_type *, struct dfl_map *);
void value_end_error(struct dfl_error *);

/* Futures are the scheduler's, or the interpreter's. Ends one hold on each of these records. Those
 * whose last one it was, and that hold something, are moved to the front: task_end() is to end and
 * free them. Gives how many. */
uint64_t task_let_go(struct dfl_task **, uint64_t count);
void task_end(struct dfl_task *);

/* What an empty view points at. */
extern char value_nothing[16];

static inline struct dfl_view value_static(const char *text, int64_t len)
{
    return (struct dfl_view){NULL, (void *)text, len};
}

/* What a block of type BLOCK_LENDER holds. */
struct value_lender {
    void (*end)(uint64_t token);
    uint64_t token;
};

/* A view of `len` elements that lie elsewhere, without references: whoever changes it gets a copy.
 * Its block is shared, and when its last holder lets go, `end` is called with `token`, on any
 * thread. */
struct dfl_view value_lent(void *ptr, int64_t len, void (*end)(uint64_t token), uint64_t token);

/* An owned copy of `len` bytes as a str or bytes. */
struct dfl_view value_text(const void *text, int64_t len);
/* One more owner of the part [lo, lo + len) of a str or bytes. */
struct dfl_view value_part(const struct dfl_view *, int64_t lo, int64_t len);

#endif
