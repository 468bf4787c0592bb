/* grid.c - arrays of any rank: what the modules prelude and array have of it in C. */
#include "grid.h"

#include "std.h"

/* An array or grid, as a grid. */
struct any {
    struct dfl_type type;
    union {
        struct dfl_grid grid;
        int64_t words[2 + 2 * DFL_RANK_MAX];
    };
};

static void any_read(struct any *a, const struct dfl_type *type, const void *value)
{
    a->type = *type;
    if (type->kind == DFL_GRID) {
        memcpy(&a->grid, value, type->size);
        return;
    }
    const struct dfl_view *v = value;
    a->type.rank = 1;
    a->grid.block = v->block;
    a->grid.ptr = v->ptr;
    a->grid.dims[0] = v->len;
    a->grid.dims[1] = 1;
}

/* Gives it as a value of the type, of one axis or more. */
static void any_write(const struct any *a, const struct dfl_type *type, void *out)
{
    if (type->kind == DFL_GRID)
        memcpy(out, &a->grid, type->size);
    else
        *(struct dfl_view *)out = (struct dfl_view){a->grid.block, a->grid.ptr, a->grid.dims[0]};
}

/* A grid of `rank` of these elements, or an array, without value. */
static void any_init(struct any *a, const struct dfl_type *type)
{
    *a = (struct any){.type = *type};
    if (type->kind != DFL_GRID)
        a->type.rank = 1;
}

static bool is_zero(const char *value, uint64_t size)
{
    while (size > 0 && value[size - 1] == 0)
        size--;
    return size == 0;
}

/* What is filled already is copied behind itself. */
static void fill_bytes(char *to, const void *value, uint64_t size, int64_t n)
{
    uint64_t bytes = size * (uint64_t)n, done = bytes < size ? 0 : size;
    if (is_zero(value, size)) {
        memset(to, 0, bytes);
        return;
    }
    memcpy(to, value, done);
    for (; done < bytes; done += done < bytes - done ? done : bytes - done)
        memcpy(to + done, to, done < bytes - done ? done : bytes - done);
}

STD(prelude, filled, const struct dfl_type *A, const struct dfl_type *L, const struct dfl_type *G,
    void *out, const void *x, const void *lens)
{
    struct any made;
    any_init(&made, G);
    memcpy(made.grid.dims, lens, L->size);
    struct dfl_error *e = grid_new(&made.type, &made.grid);
    if (e)
        return e;
    fill_bytes(made.grid.ptr, x, A->size, grid_count(&made.type, &made.grid));
    any_write(&made, G, out);
    return NULL;
}

/* Lends the elements in their order: its block if it is dense, else a new one. */
static void in_order(struct any *a)
{
    if (grid_is_dense(&a->type, &a->grid)) {
        block_retain(a->grid.block);
        return;
    }
    int64_t bytes = grid_count(&a->type, &a->grid) * (int64_t)a->type.elem->size;
    struct dfl_block *block = dfl_block_new(a->type.elem, bytes);
    block->size = (uint64_t)bytes;
    grid_gather(&a->type, &a->grid, block_data(block));
    a->grid.block = block;
    a->grid.ptr = block_data(block);
}

static struct dfl_error *fail_shape(int64_t found, const int64_t *lens, int rank)
{
    struct buffer b = {0};
    for (int i = 0; i < rank; i++) {
        buffer_string(&b, i ? " x " : "");
        buffer_int(&b, lens[i]);
    }
    struct dfl_error *e = error_new(DFL_FAIL_bounds, "%lld elements do not make %.*s",
                                    (long long)found, (int)b.len, buffer_text(&b));
    buffer_discard(&b);
    return e;
}

/* True if the lengths make `count` elements. */
static bool makes(const int64_t *lens, int rank, int64_t count)
{
    int64_t n = 1;
    bool none = false, fits = true;
    for (int i = 0; i < rank; i++) {
        if (lens[i] < 0)
            return false;
        none = none || lens[i] == 0;
        fits = fits && !__builtin_mul_overflow(n, lens[i], &n);
    }
    return none ? count == 0 : fits && n == count;
}

STD(prelude, shaped, const struct dfl_type *G, const struct dfl_type *L, const struct dfl_type *H,
    void *out, const void *m, const void *lens)
{
    struct any from, made;
    any_read(&from, G, m);
    any_init(&made, H);
    memcpy(made.grid.dims, lens, L->size);
    int64_t count = grid_count(&from.type, &from.grid);
    if (!makes(made.grid.dims, made.type.rank, count))
        return fail_shape(count, made.grid.dims, made.type.rank);
    in_order(&from);
    made.grid.block = from.grid.block;
    made.grid.ptr = from.grid.ptr;
    grid_set_dense(&made.type, &made.grid);
    any_write(&made, H, out);
    return NULL;
}

STD(array, flattened, const struct dfl_type *G, const struct dfl_type *H, void *out, const void *m)
{
    struct any from;
    any_read(&from, G, m);
    in_order(&from);
    from.grid.dims[0] = grid_count(&from.type, m);
    any_write(&from, H, out);
    return NULL;
}

STD(array, transposed, const struct dfl_type *G, void *out, const void *value)
{
    const struct dfl_grid *m = value;
    struct dfl_grid *to = out;
    int rank = G->rank;
    block_retain(m->block);
    to->block = m->block;
    to->ptr = m->ptr;
    for (int i = 0; i < rank; i++) {
        to->dims[i] = m->dims[rank - 1 - i];
        to->dims[rank + i] = m->dims[2 * rank - 1 - i];
    }
    return NULL;
}

static struct dfl_error *fail_step(int64_t step)
{
    return error_new(DFL_FAIL_bounds, "a slice with a step of %lld", (long long)step);
}

static int64_t steps_in(int64_t len, int64_t step)
{
    return len / step + (len % step > 0);
}

/* Every nth element of an array, or of bytes. */
STD(array, stepped, const struct dfl_type *G, void *out, const void *part, const void *step)
{
    const struct dfl_type *elem = G->kind == DFL_BYTES ? &value_u8 : G->elem;
    const struct dfl_view *from = part;
    struct dfl_view *to = out;
    int64_t by = *(const int64_t *)step;
    if (by < 1)
        return fail_step(by);
    dfl_array_new(elem, to, steps_in(from->len, by));
    for (int64_t i = 0; i < from->len; i += by < from->len - i ? by : from->len - i) {
        void *at = array_at(elem, from, i);
        dfl_copy(elem, at);
        dfl_array_push(elem, to, at);
    }
    return NULL;
}

/* The same along each axis of a grid, as a view. */
STD(array, spread, const struct dfl_type *G, const struct dfl_type *L, void *out, const void *part,
    const void *steps)
{
    struct dfl_grid *to = out;
    const int64_t *by = steps;
    memcpy(to, part, G->size);
    for (uint64_t i = 0; i < L->field_count; i++) {
        if (by[i] < 1)
            return fail_step(by[i]);
        to->dims[i] = steps_in(to->dims[i], by[i]);
        if (to->dims[i] > 1)
            to->dims[G->rank + i] *= by[i];
    }
    block_retain(to->block);
    return NULL;
}

static struct dfl_error *fail_part(int64_t at, const struct any *part, const struct any *first)
{
    struct buffer b = {0};
    for (int i = 0; i < part->type.rank; i++) {
        buffer_string(&b, i ? " x " : "");
        buffer_int(&b, part->grid.dims[i]);
    }
    buffer_string(&b, ", the first one ");
    for (int i = 0; i < part->type.rank; i++) {
        buffer_string(&b, i ? " x " : "");
        buffer_int(&b, first->grid.dims[i]);
    }
    struct dfl_error *e = error_new(DFL_FAIL_bounds, "part %lld has length %.*s", (long long)at,
                                    (int)b.len, buffer_text(&b));
    buffer_discard(&b);
    return e;
}

/* Parts of one shape, along a new axis in front. */
STD(array, stacked, const struct dfl_type *G, const struct dfl_type *H, void *out,
    const void *parts)
{
    const struct dfl_view *list = parts;
    struct any made, first, part;
    any_init(&made, H);
    any_init(&first, G->elem);
    if (list->len > 0)
        any_read(&first, G->elem, array_at(G->elem, list, 0));
    made.grid.dims[0] = list->len;
    memcpy(made.grid.dims + 1, first.grid.dims, first.type.rank * sizeof(int64_t));
    for (int64_t i = 1; i < list->len; i++) {
        any_read(&part, G->elem, array_at(G->elem, list, i));
        if (memcmp(part.grid.dims, first.grid.dims, part.type.rank * sizeof(int64_t)))
            return fail_part(i, &part, &first);
    }
    struct dfl_error *e = grid_new(&made.type, &made.grid);
    if (e)
        return e;
    int64_t bytes = grid_count(&first.type, &first.grid) * (int64_t)H->elem->size;
    for (int64_t i = 0; i < list->len && bytes > 0; i++) {
        any_read(&part, G->elem, array_at(G->elem, list, i));
        grid_gather(&part.type, &part.grid, (char *)made.grid.ptr + i * bytes);
    }
    any_write(&made, H, out);
    return NULL;
}
