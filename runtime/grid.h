/* grid.h - arrays of rank 2 and more, beyond the calls of dfl.h. `type` is always a grid's. */
#ifndef GRID_H
#define GRID_H

#include "block.h"

/* How an axis is indexed, two bits each in the `form` of dfl_grid_part(). */
enum { GRID_AT, GRID_RANGE, GRID_ALL };
/* With them: an array that is left is copied, so that it does not hold the block of a grid that
 * goes on being written, which would be copied for it as a whole. */
enum { GRID_COPY = 1 << 30 };

static inline int grid_form(uint32_t form, int axis)
{
    return form >> (2 * axis) & 3;
}

static inline const int64_t *grid_strides(const struct dfl_type *type, const struct dfl_grid *m)
{
    return m->dims + type->rank;
}

/* Elements of all axes. */
int64_t grid_count(const struct dfl_type *type, const struct dfl_grid *m);
/* True if the elements follow each other, the last index running fastest. */
bool grid_is_dense(const struct dfl_type *type, const struct dfl_grid *m);
/* Element `n` of them, counted with the last index running fastest. `dense`: grid_is_dense(). */
const void *grid_element(const struct dfl_type *type, const struct dfl_grid *m, bool dense,
                         int64_t n);
/* The element at these indices; or NULL, and *e is the failure bounds. */
const void *grid_find(const struct dfl_type *type, const struct dfl_grid *m, const int64_t *at,
                      const struct dfl_site *site, struct dfl_error **e);
/* Sets the strides of a dense grid of m's lengths. */
void grid_set_dense(const struct dfl_type *type, struct dfl_grid *m);
/* Copies the elements, the last index running fastest, to `to`. */
void grid_gather(const struct dfl_type *type, const struct dfl_grid *m, void *to);
/* A new grid of the lengths that out->dims has; its elements are not yet there. NULL, or the
 * failure bounds if a length is negative. */
struct dfl_error *grid_new(const struct dfl_type *type, struct dfl_grid *out);

#endif
