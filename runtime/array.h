/* array.h - arrays, beyond the calls of dfl.h. */
#ifndef ARRAY_H
#define ARRAY_H

#include "block.h"

/* Moves the last element to `out` and shortens the array; it must not be empty. */
void array_pop(const struct dfl_type *elem, struct dfl_view *array, void *out);
/* A new owned array of `n` elements copied (retained) from `from`. */
void array_copy(const struct dfl_type *elem, struct dfl_view *out, const void *from, int64_t n);

static inline void *array_at(const struct dfl_type *elem, const struct dfl_view *array, int64_t i)
{
    return (char *)array->ptr + i * (int64_t)elem->size;
}

#endif
