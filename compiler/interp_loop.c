/* interp_loop.c - `for`, `while` and comprehensions, over one cursor for ranges, arrays, bytes and
 * maps. What is iterated is held by the cursor, so the body may change the variable it came from.
 */
#include "interp_core.h"

#include "grid.h"

#include <assert.h>

struct cursor {
    const struct dfl_type *type; /* NULL: a range */
    union {
        struct dfl_view view;
        struct dfl_map *map;
        struct dfl_grid *grid;
        struct {
            int64_t hi, step;
        };
    };
    int64_t at;
    char *pair; /* of a map: memory for (key, value); of a grid for a row */
    const struct dfl_type *row;
};

/* ---- cursors ---- */

/* What a loop over a grid of this type goes through. */
static const struct type *row_type(struct frame *f, const struct type *t)
{
    return type_grid(&f->in->program->types, t->args.at[0], t->rank - 1);
}

static enum flow fail_step(struct frame *f, struct node *range)
{
    static const char text[] = "the step of a range must not be zero";
    struct dfl_view message = {NULL, (void *)text, sizeof text - 1};
    struct dfl_site site = frame_site(f, range);
    return frame_fail(f, dfl_fail_message(&site, &message));
}

static enum flow open_range(struct frame *f, struct node *range, struct cursor *c)
{
    uint64_t lo = 0, hi = 0, step = 0;
    enum flow flow = eval(f, range->range_.lo, &lo);
    if (flow == FLOW_ON)
        flow = eval(f, range->range_.hi, &hi);
    if (flow == FLOW_ON && range->range_.step)
        flow = eval(f, range->range_.step, &step);
    if (flow != FLOW_ON)
        return flow;
    c->at = number_int(type_of(f, range->range_.lo->type), &lo);
    c->hi = number_int(type_of(f, range->range_.hi->type), &hi);
    c->step = range->range_.step ? number_int(type_of(f, range->range_.step->type), &step) : 1;
    return c->step ? FLOW_ON : fail_step(f, range);
}

static enum flow open_value(struct frame *f, struct node *iter, struct cursor *c)
{
    c->type = type_of(f, iter->type);
    if (c->type->kind == DFL_MAP) {
        c->pair = temp(f->in, c->type->key->size + c->type->elem->size + 16);
        return eval(f, iter, &c->map);
    }
    if (c->type->kind == DFL_GRID) {
        c->grid = temp(f->in, c->type->size);
        c->row = type_of(f, row_type(f, iter->type));
        c->pair = temp(f->in, c->row->size);
        return eval(f, iter, c->grid);
    }
    return eval(f, iter, &c->view);
}

static enum flow open_cursor(struct frame *f, struct node *iter, struct cursor *c)
{
    *c = (struct cursor){0};
    return iter->kind == NODE_range ? open_range(f, iter, c) : open_value(f, iter, c);
}

static void close_cursor(struct cursor *c)
{
    if (!c->type)
        return;
    if (c->type->kind == DFL_GRID) {
        if (c->at > 0)
            drop(c->row, c->pair);
        drop(c->type, c->grid);
    } else {
        drop(c->type, c->type->kind == DFL_MAP ? (void *)&c->map : (void *)&c->view);
    }
}

/* Elements that are left, or less where that is not known. */
static int64_t cursor_count(const struct cursor *c)
{
    if (c->type && c->type->kind == DFL_GRID)
        return c->grid->dims[0];
    if (c->type)
        return c->type->kind == DFL_MAP ? dfl_map_len(&c->map) : c->view.len;
    return c->step == 1 && c->hi > c->at && c->hi - c->at < 1 << 20 ? c->hi - c->at : 0;
}

/* The next number of a range, whose cell is the cursor itself. */
static const void *next_number(struct cursor *c, int64_t *number)
{
    if (c->step > 0 ? c->at >= c->hi : c->at <= c->hi)
        return NULL;
    *number = c->at;
    if (__builtin_add_overflow(c->at, c->step, &c->at))
        c->at = c->hi;
    return number;
}

static uint64_t pair_offset(const struct cursor *c)
{
    uint64_t align = c->type->elem->align;
    return (c->type->key->size + align - 1) / align * align;
}

static const void *next_entry(struct cursor *c)
{
    int64_t at = dfl_map_next(&c->map, c->at);
    if (at < 0)
        return NULL;
    c->at = at + 1;
    move(c->type->key, c->pair, dfl_map_key(c->type, &c->map, at));
    move(c->type->elem, c->pair + pair_offset(c), dfl_map_value(c->type, &c->map, at));
    return c->pair;
}

/* m[i, ..]; the one before it ends. */
static const void *next_row(struct cursor *c)
{
    if (c->at > 0)
        drop(c->row, c->pair);
    if (c->at == c->grid->dims[0]) {
        c->at = 0;
        return NULL;
    }
    uint32_t form = 0;
    for (int axis = 1; axis < c->type->rank; axis++)
        form |= (uint32_t)GRID_ALL << (2 * axis);
    struct dfl_error *e = dfl_grid_part(c->type, c->grid, form, &c->at, c->pair, NULL);
    assert(!e);
    (void)e;
    c->at++;
    return c->pair;
}

/* The next item, lent until the next call; NULL: no more. `number` is memory for one. */
static const void *next_item(struct cursor *c, int64_t *number)
{
    if (!c->type)
        return next_number(c, number);
    if (c->type->kind == DFL_MAP)
        return next_entry(c);
    if (c->type->kind == DFL_GRID)
        return next_row(c);
    if (c->at >= c->view.len)
        return NULL;
    uint64_t size = c->type->kind == DFL_BYTES ? 1 : c->type->elem->size;
    return (char *)c->view.ptr + (uint64_t)c->at++ * size;
}

/* ---- loops ---- */

static void bind_item(struct frame *f, struct node *pattern, const void *item)
{
    bool matched = pattern_match(f, pattern, item);
    assert(matched);
    (void)matched;
}

/* True if the loop goes on; else *flow is how it ended. */
static bool goes_on(enum flow *flow)
{
    if (*flow == FLOW_ON || *flow == FLOW_CONTINUE)
        return true;
    if (*flow == FLOW_BREAK)
        *flow = FLOW_ON;
    return false;
}

static enum flow for_items(struct frame *f, struct node *n, struct cursor *c)
{
    int64_t number;
    const void *item;
    struct type unit = {.kind = TYPE_unit};
    while ((item = next_item(c, &number))) {
        bind_item(f, n->for_.pattern, item);
        enum flow flow = eval_as(f, n->for_.body, &unit, NULL);
        if (!goes_on(&flow))
            return flow;
        if (job_poll(f, n) != FLOW_ON)
            return FLOW_FAIL;
    }
    return FLOW_ON;
}

enum flow eval_for(struct frame *f, struct node *n, void *out)
{
    (void)out;
    struct cursor c;
    char *mark = f->in->top;
    enum flow flow = open_cursor(f, n->for_.iter, &c);
    if (flow == FLOW_ON) {
        flow = for_items(f, n, &c);
        close_cursor(&c);
        pattern_unbind(f, n->for_.pattern);
    }
    f->in->top = mark;
    return flow;
}

enum flow eval_while(struct frame *f, struct node *n, void *out)
{
    (void)out;
    struct type unit = {.kind = TYPE_unit};
    for (;;) {
        uint8_t yes = 0;
        enum flow flow = eval(f, n->while_.cond, &yes);
        if (flow != FLOW_ON || !yes)
            return flow;
        flow = eval_as(f, n->while_.body, &unit, NULL);
        if (!goes_on(&flow))
            return flow;
        if (job_poll(f, n) != FLOW_ON)
            return FLOW_FAIL;
    }
}

/* ---- comprehensions ---- */

static enum flow comp_item(struct frame *f, struct node *n, const struct dfl_type *elem,
                           struct dfl_view *made, void *value)
{
    uint8_t wanted = 1;
    enum flow flow = FLOW_ON;
    if (n->comp_.cond)
        flow = eval(f, n->comp_.cond, &wanted);
    if (flow != FLOW_ON || !wanted)
        return flow;
    flow = eval(f, n->comp_.value, value);
    if (flow == FLOW_ON)
        dfl_array_push(elem, made, value);
    return flow;
}

static enum flow comp_items(struct frame *f, struct node *n, struct cursor *c, struct dfl_view *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    struct dfl_view made;
    int64_t number;
    const void *item;
    enum flow flow = FLOW_ON;
    void *value = temp(f->in, t->elem->size);
    dfl_array_new(t->elem, &made, n->comp_.cond ? 0 : cursor_count(c));
    while (flow == FLOW_ON && (item = next_item(c, &number))) {
        bind_item(f, n->comp_.pattern, item);
        flow = comp_item(f, n, t->elem, &made, value);
        if (flow == FLOW_ON)
            flow = job_poll(f, n);
    }
    if (flow == FLOW_ON)
        *out = made;
    else
        drop(t, &made);
    return flow;
}

enum flow eval_comp(struct frame *f, struct node *n, void *out)
{
    struct cursor c;
    char *mark = f->in->top;
    enum flow flow = open_cursor(f, n->comp_.iter, &c);
    if (flow == FLOW_ON) {
        flow = comp_items(f, n, &c, out);
        close_cursor(&c);
        pattern_unbind(f, n->comp_.pattern);
    }
    f->in->top = mark;
    return flow;
}
