/* grid.c - arrays of rank 2 and more: their shape, parts of them, and writing into one.
 *
 * Elements hold no references, so what a view does not cover never matters: to change elements in
 * place it is enough to be the only holder. The strides stay those of a dense array then, which
 * generated code relies on. */
#include "grid.h"

#include <assert.h>
#include <string.h>

#include "array.h"
#include "error.h"
#include "value.h"

int64_t grid_count(const struct dfl_type *type, const struct dfl_grid *m)
{
    int64_t n = 1;
    for (int i = 0; i < type->rank; i++)
        n *= m->dims[i];
    return n;
}

/* Only one index fits a length of 1, and none one of 0: no stride is too wide for them. */
bool grid_is_dense(const struct dfl_type *type, const struct dfl_grid *m)
{
    const int64_t *strides = grid_strides(type, m);
    int64_t step = 1;
    if (grid_count(type, m) == 0)
        return true;
    for (int i = type->rank; i-- > 0; step *= m->dims[i])
        if (strides[i] != step && m->dims[i] != 1)
            return false;
    return true;
}

const void *grid_element(const struct dfl_type *type, const struct dfl_grid *m, bool dense,
                         int64_t n)
{
    int64_t at = dense ? n : 0;
    for (int i = type->rank; i-- > 0 && !dense; n /= m->dims[i])
        at += n % m->dims[i] * grid_strides(type, m)[i];
    return (const char *)m->ptr + at * (int64_t)type->elem->size;
}

const void *grid_find(const struct dfl_type *type, const struct dfl_grid *m, const int64_t *at,
                      const struct dfl_site *site, struct dfl_error **e)
{
    int64_t offset = 0;
    *e = NULL;
    for (int i = 0; i < type->rank; i++) {
        if (at[i] < 0 || at[i] >= m->dims[i]) {
            *e = dfl_fail_axis(site, i, at[i], m->dims[i]);
            return NULL;
        }
        offset += at[i] * grid_strides(type, m)[i];
    }
    return (const char *)m->ptr + offset * (int64_t)type->elem->size;
}

void grid_set_dense(const struct dfl_type *type, struct dfl_grid *m)
{
    int64_t step = 1;
    for (int i = type->rank; i-- > 0; step *= m->dims[i])
        m->dims[type->rank + i] = step;
}

static int64_t bytes_of(const struct dfl_type *type, const struct dfl_grid *m)
{
    int64_t bytes = (int64_t)type->elem->size;
    for (int i = 0; i < type->rank; i++)
        if (__builtin_mul_overflow(bytes, m->dims[i], &bytes))
            block_exhausted(UINT64_MAX);
    return bytes;
}

struct dfl_error *grid_new(const struct dfl_type *type, struct dfl_grid *out)
{
    for (int i = 0; i < type->rank; i++)
        if (out->dims[i] < 0)
            return error_new(DFL_FAIL_bounds, "length %lld of axis %d is negative",
                             (long long)out->dims[i], i);
    int64_t bytes = grid_count(type, out) == 0 ? 0 : bytes_of(type, out);
    out->block = NULL;
    out->ptr = value_nothing;
    grid_set_dense(type, out);
    if (bytes > 0) {
        out->block = dfl_block_new(type->elem, bytes);
        out->block->size = (uint64_t)bytes;
        out->ptr = block_data(out->block);
    }
    return NULL;
}

/* ---- copying -------------------------------------------------------------------------------- */

/* Elements `step` apart. */
static void copy_line(uint64_t size, int64_t n, char *to, int64_t to_step, const char *from,
                      int64_t from_step)
{
    if (to_step == 1 && from_step == 1) {
        memcpy(to, from, (size_t)n * size);
    } else if (size == 8) {
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * to_step * 8, from + i * from_step * 8, 8);
    } else {
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * to_step * (int64_t)size, from + i * from_step * (int64_t)size, size);
    }
}

/* `axes` of the same lengths on both sides. */
static void copy_axes(uint64_t size, int axes, const int64_t *lens, char *to,
                      const int64_t *to_steps, const char *from, const int64_t *from_steps)
{
    if (axes == 1) {
        copy_line(size, lens[0], to, to_steps[0], from, from_steps[0]);
        return;
    }
    for (int64_t i = 0; i < lens[0]; i++)
        copy_axes(size, axes - 1, lens + 1, to + i * to_steps[0] * (int64_t)size, to_steps + 1,
                  from + i * from_steps[0] * (int64_t)size, from_steps + 1);
}

void grid_gather(const struct dfl_type *type, const struct dfl_grid *m, void *to)
{
    int64_t steps[DFL_RANK_MAX], step = 1;
    if (grid_is_dense(type, m)) {
        int64_t n = grid_count(type, m);
        if (n > 0)
            memcpy(to, m->ptr, (size_t)n * type->elem->size);
        return;
    }
    for (int i = type->rank; i-- > 0; step *= m->dims[i])
        steps[i] = step;
    copy_axes(type->elem->size, type->rank, m->dims, to, steps, m->ptr, grid_strides(type, m));
}

void dfl_grid_line(const struct dfl_type *elem, struct dfl_view *out, const void *from,
                   int64_t stride, int64_t n)
{
    dfl_array_new(elem, out, n);
    if (n == 0)
        return;
    copy_line(elem->size, n, out->ptr, 1, from, stride);
    out->len = n;
    out->block->size = (uint64_t)n * elem->size;
}

/* ---- in place ------------------------------------------------------------------------------- */

/* As generated code sees it, which knows nothing of lengths of 1. */
static bool has_dense_strides(const struct dfl_type *type, const struct dfl_grid *m)
{
    int64_t step = 1;
    for (int i = type->rank; i-- > 0; step *= m->dims[i])
        if (m->dims[type->rank + i] != step)
            return false;
    return true;
}

void dfl_grid_own(const struct dfl_type *type, void *value)
{
    struct dfl_grid *m = value;
    if (grid_count(type, m) == 0)
        return;
    if (m->block && block_unique(m->block) && has_dense_strides(type, m))
        return;
    struct dfl_block *old = m->block;
    struct dfl_block *own = dfl_block_new(type->elem, bytes_of(type, m));
    own->size = (uint64_t)bytes_of(type, m);
    grid_gather(type, m, block_data(own));
    m->block = own;
    m->ptr = block_data(own);
    grid_set_dense(type, m);
    if (old)
        dfl_block_release(old);
}

/* ---- parts ---------------------------------------------------------------------------------- */

/* What indices leave of a grid: the axes with a range. */
struct part {
    char *ptr;
    int axes;
    int64_t lens[DFL_RANK_MAX], steps[DFL_RANK_MAX];
};

static struct dfl_error *cut(const struct dfl_type *type, const struct dfl_grid *m, uint32_t form,
                             const int64_t *at, struct part *p, const struct dfl_site *site)
{
    const int64_t *strides = grid_strides(type, m);
    int64_t offset = 0;
    p->axes = 0;
    for (int i = 0; i < type->rank; i++) {
        int64_t len = m->dims[i], lo = 0, hi = len;
        if (grid_form(form, i) == GRID_AT) {
            lo = *at++;
            if (lo < 0 || lo >= len)
                return dfl_fail_axis(site, i, lo, len);
        } else if (grid_form(form, i) == GRID_RANGE) {
            lo = *at++, hi = *at++;
            if (lo < 0 || lo > hi || hi > len)
                return dfl_fail_part(site, i, lo, hi, len);
        }
        offset += lo * strides[i];
        if (grid_form(form, i) == GRID_AT)
            continue;
        p->lens[p->axes] = hi - lo;
        p->steps[p->axes++] = strides[i];
    }
    p->ptr = (char *)m->ptr + offset * (int64_t)type->elem->size;
    return NULL;
}

static void give_array(const struct dfl_type *type, struct dfl_block *block, const struct part *p,
                       bool copy, struct dfl_view *out)
{
    if (copy || (p->steps[0] != 1 && p->lens[0] > 1)) {
        dfl_grid_line(type->elem, out, p->ptr, p->steps[0], p->lens[0]);
        return;
    }
    block_retain(block);
    *out = (struct dfl_view){block, p->ptr, p->lens[0]};
}

struct dfl_error *dfl_grid_part(const struct dfl_type *type, const void *value, uint32_t form,
                                const int64_t *at, void *out, const struct dfl_site *site)
{
    const struct dfl_grid *m = value;
    struct part p;
    struct dfl_error *e = cut(type, m, form, at, &p, site);
    if (e)
        return e;
    assert(p.axes > 0);
    if (p.axes == 1) {
        give_array(type, m->block, &p, form & GRID_COPY, out);
        return NULL;
    }
    struct dfl_grid *part = out;
    part->block = m->block;
    part->ptr = p.ptr;
    block_retain(m->block);
    memcpy(part->dims, p.lens, (size_t)p.axes * sizeof(int64_t));
    memcpy(part->dims + p.axes, p.steps, (size_t)p.axes * sizeof(int64_t));
    return NULL;
}

/* `lens` and `steps` of an array or grid of so many axes. */
static const void *read_part(const void *value, int axes, const int64_t **lens,
                             const int64_t **steps)
{
    static const int64_t one = 1;
    if (axes == 1) {
        *lens = &((const struct dfl_view *)value)->len;
        *steps = &one;
        return ((const struct dfl_view *)value)->ptr;
    }
    const struct dfl_grid *m = value;
    *lens = m->dims;
    *steps = m->dims + axes;
    return m->ptr;
}

struct dfl_error *dfl_grid_put(const struct dfl_type *type, void *value, uint32_t form,
                               const int64_t *at, const void *part, const struct dfl_site *site)
{
    struct dfl_grid *m = value;
    struct part p;
    const int64_t *lens, *steps;
    struct dfl_error *e = cut(type, m, form, at, &p, site);
    if (e)
        return e;
    const char *from = read_part(part, p.axes, &lens, &steps);
    for (int i = 0; i < p.axes; i++)
        if (lens[i] != p.lens[i])
            return dfl_fail_count(site, lens[i], p.lens[i]);
    for (int i = 0; i < p.axes; i++)
        if (lens[i] == 0)
            return NULL;
    dfl_grid_own(type, m);
    e = cut(type, m, form, at, &p, site); /* where that is now */
    assert(!e);
    copy_axes(type->elem->size, p.axes, p.lens, p.ptr, p.steps, from, steps);
    return NULL;
}
