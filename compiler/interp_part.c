/* interp_part.c - parts of values: fields and properties, elements, entries, slices. What has a
 * place is looked at there, without a copy of the whole. */
#include "interp_core.h"

#include "error.h"
#include "grid.h"
#include "value.h"

#include <assert.h>

/* ---- lending: the value of a place without copying it ---- */

/* Address of the value if `n` is a local or a field of one, else NULL. Reading it has no effect. */
static const void *lend(struct frame *f, struct node *n)
{
    const struct slot *slot;
    if (n->kind == NODE_name && n->name_.symbol && n->name_.symbol->kind == SYM_LOCAL)
        return frame_local(f, n->name_.symbol, &slot);
    struct node *object = n->kind == NODE_dot         ? n->dot_.object
                          : n->kind == NODE_tuple_dot ? n->tuple_dot_.object
                                                      : NULL;
    if (!object || (n->kind == NODE_dot && (n->dot_.builtin || n->dot_.symbol)))
        return NULL;
    const char *whole = lend(f, object);
    uint32_t index = n->kind == NODE_dot ? n->dot_.index : n->tuple_dot_.index;
    return whole ? whole + type_of(f, object->type)->fields[index].offset : NULL;
}

/* True if evaluating `n` changes nothing and cannot fail, so that it may come before or after. */
static bool is_quiet(const struct node *n)
{
    return n->kind == NODE_int || n->kind == NODE_str ||
           (n->kind == NODE_name && n->name_.symbol && n->name_.symbol->kind == SYM_LOCAL);
}

/* ---- parts of values ---- */

/* What a dot gives of a lent object. */
static void get_error_part(enum builtin which, const struct dfl_error *e, void *out)
{
    switch (which) {
    case BUILTIN_message:
        copy(&value_str, out, &e->message);
        return;
    case BUILTIN_kind: {
        const char *name = dfl_fail_name(e->kind);
        *(struct dfl_view *)out = value_static(name, (int64_t)strlen(name));
        return;
    }
    case BUILTIN_file: {
        const char *file = e->site.file ? e->site.file : "";
        *(struct dfl_view *)out = value_static(file, (int64_t)strlen(file));
        return;
    }
    case BUILTIN_line:
        *(int64_t *)out = e->site.line;
        return;
    case BUILTIN_chain:
        copy(&value_strs, out, &e->chain);
        return;
    default:
        assert(!"a property of errors");
    }
}

/* An error? as the bytes of an option. */
static void get_cause(struct frame *f, struct node *n, const struct dfl_error *e, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    memset(out, 0, t->size);
    *(uint8_t *)out = e->cause != NULL;
    if (e->cause)
        copy(&value_error, payload(t, out), &e->cause);
}

static int64_t length(const struct dfl_type *t, const void *value)
{
    if (t->kind == DFL_GRID)
        return ((const struct dfl_grid *)value)->dims[0];
    return t->kind == DFL_MAP ? dfl_map_len((struct dfl_map *const *)value)
                              : ((const struct dfl_view *)value)->len;
}

void part_property(struct frame *f, struct node *n, enum builtin which, const struct dfl_type *t,
                   const void *object, void *out)
{
    if (which == BUILTIN_len)
        *(int64_t *)out = length(t, object);
    else if (which == BUILTIN_rows || which == BUILTIN_cols)
        *(int64_t *)out = ((const struct dfl_grid *)object)->dims[which == BUILTIN_cols];
    else if (which == BUILTIN_shape)
        memcpy(out, ((const struct dfl_grid *)object)->dims, t->rank * sizeof(int64_t));
    else if (which == BUILTIN_cause)
        get_cause(f, n, *(struct dfl_error *const *)object, out);
    else if (which == BUILTIN_done)
        *(uint8_t *)out = task_settled(*(struct dfl_task *const *)object);
    else
        get_error_part(which, *(struct dfl_error *const *)object, out);
}

static void get_part(struct frame *f, struct node *n, const struct dfl_type *t, const void *object,
                     void *out)
{
    if (n->kind == NODE_dot && n->dot_.builtin) {
        part_property(f, n, n->dot_.builtin, t, object, out);
        return;
    }
    uint32_t index = n->kind == NODE_dot ? n->dot_.index : n->tuple_dot_.index;
    copy(t->fields[index].type, out, (const char *)object + t->fields[index].offset);
}

/* A field or property. */
enum flow eval_dot(struct frame *f, struct node *n, void *out)
{
    if (n->kind == NODE_dot && n->dot_.symbol)
        return eval_symbol(f, n->dot_.symbol, out);
    struct node *object = n->kind == NODE_dot ? n->dot_.object : n->tuple_dot_.object;
    const struct dfl_type *t = type_of(f, object->type);
    const void *lent = lend(f, object);
    if (lent) {
        get_part(f, n, t, lent, out);
        return FLOW_ON;
    }
    char *mark = f->in->top, *owned = temp(f->in, t->size);
    enum flow flow = eval(f, object, owned);
    if (flow == FLOW_ON) {
        get_part(f, n, t, owned, out);
        drop(t, owned);
    }
    f->in->top = mark;
    return flow;
}

/* ---- indices and slices ---- */

static enum flow get_element(struct frame *f, struct node *n, const struct dfl_type *t,
                             const struct dfl_view *v, int64_t i, void *out)
{
    if (i < 0 || i >= v->len) {
        struct dfl_site site = frame_site(f, n);
        return frame_fail(f, dfl_fail_bounds(&site, i, v->len));
    }
    if (t->kind == DFL_BYTES)
        number_put_int(type_of(f, n->type), out, ((const uint8_t *)v->ptr)[i]);
    else
        copy(t->elem, out, (const char *)v->ptr + (uint64_t)i * t->elem->size);
    return FLOW_ON;
}

static enum flow get_entry(struct frame *f, struct node *n, const struct dfl_type *t,
                           struct dfl_map *const *map, const void *key, void *out)
{
    void *value = dfl_map_find(t, map, key);
    if (!value) {
        struct dfl_site site = frame_site(f, n);
        return frame_fail(f, dfl_fail_key(&site, t->key, key));
    }
    copy(t->elem, out, value);
    return FLOW_ON;
}

static enum flow get_indexed(struct frame *f, struct node *n, const struct dfl_type *t,
                             const void *object, const struct dfl_type *index_type,
                             const void *index, void *out)
{
    if (t->kind == DFL_MAP)
        return get_entry(f, n, t, object, index, out);
    return get_element(f, n, t, object, number_int(index_type, index), out);
}

/* The index is evaluated first only where nobody can tell. */
static enum flow eval_index_lent(struct frame *f, struct node *n, const void *lent, void *out)
{
    struct node *index = n->index_.indices.at[0];
    const struct dfl_type *t = type_of(f, n->index_.object->type), *ti = type_of(f, index->type);
    const void *i = lend(f, index);
    if (i)
        return get_indexed(f, n, t, lent, ti, i, out);
    char *mark = f->in->top;
    void *owned = temp(f->in, ti->size);
    enum flow flow = eval(f, index, owned);
    if (flow == FLOW_ON) { /* a literal, so there is nothing to drop */
        flow = get_indexed(f, n, t, lent, ti, owned, out);
    }
    f->in->top = mark;
    return flow;
}

static enum flow eval_index_owned(struct frame *f, struct node *n, void *out)
{
    struct node *index = n->index_.indices.at[0];
    const struct dfl_type *t = type_of(f, n->index_.object->type), *ti = type_of(f, index->type);
    char *mark = f->in->top, *object = temp(f->in, t->size), *i = temp(f->in, ti->size);
    enum flow flow = eval(f, n->index_.object, object);
    if (flow == FLOW_ON) {
        flow = eval(f, index, i);
        if (flow == FLOW_ON) {
            flow = get_indexed(f, n, t, object, ti, i, out);
            drop(ti, i);
        }
        drop(t, object);
    }
    f->in->top = mark;
    return flow;
}

static enum flow slice_of(struct frame *f, struct node *n, const struct dfl_type *t,
                          const struct dfl_view *v, int64_t lo, int64_t hi, struct dfl_view *out)
{
    struct dfl_site site = frame_site(f, n);
    if (t->kind == DFL_STR) {
        struct dfl_error *e = dfl_str_slice(v, lo, hi, out, &site);
        return e ? frame_fail(f, e) : FLOW_ON;
    }
    if (lo < 0 || lo > hi || hi > v->len)
        return frame_fail(f, dfl_fail_slice(&site, lo, hi, v->len));
    uint64_t size = t->kind == DFL_ARRAY ? t->elem->size : 1;
    *out = (struct dfl_view){v->block, (char *)v->ptr + (uint64_t)lo * size, hi - lo};
    block_retain(out->block);
    return FLOW_ON;
}

static enum flow eval_bound(struct frame *f, struct node *bound, int64_t *out)
{
    return bound ? eval(f, bound, out) : FLOW_ON;
}

static enum flow eval_slice(struct frame *f, struct node *n, void *out)
{
    struct node *range = n->index_.indices.at[0];
    const struct dfl_type *t = type_of(f, n->index_.object->type);
    struct dfl_view object;
    enum flow flow = eval(f, n->index_.object, &object);
    if (flow != FLOW_ON)
        return flow;
    int64_t lo = 0, hi = object.len;
    flow = eval_bound(f, range->range_.lo, &lo);
    if (flow == FLOW_ON)
        flow = eval_bound(f, range->range_.hi, &hi);
    if (flow == FLOW_ON)
        flow = slice_of(f, n, t, &object, lo, hi, out);
    drop(t, &object);
    return flow;
}

/* What the axes of a lent grid are indexed with. */
static enum flow eval_axes(struct frame *f, const struct nodes *indices, uint32_t form,
                           const struct dfl_grid *m, int64_t *at)
{
    enum flow flow = FLOW_ON;
    for (uint32_t i = 0; i < indices->count && flow == FLOW_ON; i++) {
        struct node *index = indices->at[i];
        if (grid_form(form, i) == GRID_AT) {
            flow = eval(f, index, at++);
        } else if (grid_form(form, i) == GRID_RANGE) {
            at[0] = 0;
            at[1] = m->dims[i];
            flow = eval_bound(f, index->range_.lo, at++);
            if (flow == FLOW_ON)
                flow = eval_bound(f, index->range_.hi, at++);
        }
    }
    return flow;
}

static enum flow get_grid_part(struct frame *f, struct node *n, const struct dfl_type *t,
                               const struct dfl_grid *m, void *out)
{
    int64_t at[2 * DFL_RANK_MAX];
    uint32_t form = ast_index_form(n);
    enum flow flow = eval_axes(f, &n->index_.indices, form, m, at);
    if (flow != FLOW_ON)
        return flow;
    struct dfl_site site = frame_site(f, n);
    struct dfl_error *e;
    if (form) {
        e = dfl_grid_part(t, m, form, at, out, &site);
    } else {
        const void *element = grid_find(t, m, at, &site, &e);
        if (element)
            move(t->elem, out, element);
    }
    return e ? frame_fail(f, e) : FLOW_ON;
}

static bool all_quiet(const struct nodes *indices)
{
    for (uint32_t i = 0; i < indices->count; i++) {
        const struct node *index = indices->at[i];
        bool range = index->kind == NODE_range;
        if (!range && !is_quiet(index))
            return false;
        if (range && ((index->range_.lo && !is_quiet(index->range_.lo)) ||
                      (index->range_.hi && !is_quiet(index->range_.hi))))
            return false;
    }
    return true;
}

static enum flow eval_grid_index(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->index_.object->type);
    const void *lent = all_quiet(&n->index_.indices) ? lend(f, n->index_.object) : NULL;
    if (lent)
        return get_grid_part(f, n, t, lent, out);
    char *mark = f->in->top, *owned = temp(f->in, t->size);
    enum flow flow = eval(f, n->index_.object, owned);
    if (flow == FLOW_ON) {
        flow = get_grid_part(f, n, t, (const void *)owned, out);
        drop(t, owned);
    }
    f->in->top = mark;
    return flow;
}

enum flow eval_index(struct frame *f, struct node *n, void *out)
{
    if (type_of(f, n->index_.object->type)->kind == DFL_GRID)
        return eval_grid_index(f, n, out);
    if (n->index_.indices.at[0]->kind == NODE_range)
        return eval_slice(f, n, out);
    const void *lent = is_quiet(n->index_.indices.at[0]) ? lend(f, n->index_.object) : NULL;
    return lent ? eval_index_lent(f, n, lent, out) : eval_index_owned(f, n, out);
}
