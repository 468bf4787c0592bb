/* interp_place.c - places: what may stand left of `=` or be given to a `var` parameter.
 *
 * A place is found in two steps. First the indices in it are evaluated, in order; then, once the
 * value or the other arguments are known too, the address is looked up, and every array and map on
 * the way is made unique. So nothing that runs can move what an address points at. */
#include "interp_core.h"

#include "grid.h"

#include <assert.h>

static struct node *place_object(struct node *n)
{
    return n->kind == NODE_dot         ? n->dot_.object
           : n->kind == NODE_tuple_dot ? n->tuple_dot_.object
           : n->kind == NODE_index     ? n->index_.object
                                       : NULL;
}

/* ---- keys ---- */

static enum flow add_key(struct frame *f, struct node *index, struct key ***last)
{
    if (!index)
        return FLOW_ON;
    const struct dfl_type *t = type_of(f, index->type);
    struct key *key = temp(f->in, sizeof *key + t->size);
    *key = (struct key){.type = t};
    enum flow flow = eval(f, index, key->value);
    if (flow == FLOW_ON) {
        **last = key;
        *last = &key->next;
    }
    return flow;
}

enum flow place_keys(struct frame *f, struct node *n, struct key ***last)
{
    struct node *object = place_object(n);
    if (!object)
        return FLOW_ON;
    enum flow flow = place_keys(f, object, last);
    if (flow != FLOW_ON || n->kind != NODE_index)
        return flow;
    for (uint32_t i = 0; i < n->index_.indices.count && flow == FLOW_ON; i++) {
        struct node *index = n->index_.indices.at[i];
        bool range = index->kind == NODE_range;
        flow = add_key(f, range ? index->range_.lo : index, last);
        if (flow == FLOW_ON && range)
            flow = add_key(f, index->range_.hi, last);
    }
    return flow;
}

void place_drop_keys(struct key *key)
{
    for (; key; key = key->next)
        drop(key->type, key->value);
}

static struct key *take_key(struct key **keys)
{
    struct key *key = *keys;
    *keys = key->next;
    return key;
}

/* ---- finding ---- */

static void *find_element(struct frame *f, struct node *n, const struct dfl_type *t,
                          struct dfl_view *array, int64_t i)
{
    if (i < 0 || i >= array->len) {
        struct dfl_site site = frame_site(f, n);
        frame_fail(f, dfl_fail_bounds(&site, i, array->len));
        return NULL;
    }
    dfl_array_own(t->elem, array);
    return (char *)array->ptr + (uint64_t)i * t->elem->size;
}

static void *find_entry(struct frame *f, struct node *n, const struct dfl_type *t,
                        struct dfl_map **map, const void *key)
{
    int32_t fresh;
    if (dfl_map_find(t, map, key))
        return dfl_map_slot(t, map, key, &fresh);
    struct dfl_site site = frame_site(f, n);
    frame_fail(f, dfl_fail_key(&site, t->key, key));
    return NULL;
}

static int64_t take_int(struct key **keys)
{
    const struct key *key = take_key(keys);
    return number_int(key->type, key->value);
}

static void *find_in_grid(struct frame *f, struct node *n, const struct dfl_type *t,
                          struct dfl_grid *m, struct key **keys)
{
    int64_t at[DFL_RANK_MAX];
    struct dfl_site site = frame_site(f, n);
    struct dfl_error *e;
    for (int i = 0; i < t->rank; i++)
        at[i] = take_int(keys);
    if (!grid_find(t, m, at, &site, &e)) {
        frame_fail(f, e);
        return NULL;
    }
    dfl_grid_own(t, m);
    return (void *)grid_find(t, m, at, &site, &e);
}

static void *find_indexed(struct frame *f, struct node *n, struct key **keys)
{
    const struct dfl_type *t = type_of(f, n->index_.object->type);
    void *object = place_find(f, n->index_.object, keys);
    if (!object)
        return NULL;
    if (t->kind == DFL_MAP)
        return find_entry(f, n, t, object, take_key(keys)->value);
    if (t->kind == DFL_GRID)
        return find_in_grid(f, n, t, object, keys);
    return find_element(f, n, t, object, take_int(keys));
}

void *place_find(struct frame *f, struct node *n, struct key **keys)
{
    if (n->kind == NODE_index)
        return find_indexed(f, n, keys);
    struct node *object = place_object(n);
    if (object) {
        char *whole = place_find(f, object, keys);
        uint32_t index = n->kind == NODE_dot ? n->dot_.index : n->tuple_dot_.index;
        return whole ? whole + type_of(f, object->type)->fields[index].offset : NULL;
    }
    const struct slot *slot;
    assert(n->kind == NODE_name);
    return frame_local(f, n->name_.symbol, &slot);
}

/* ---- assignment; the value is moved in any case ---- */

static enum flow store(struct frame *f, struct node *target, struct key *keys,
                       const struct dfl_type *t, void *value)
{
    void *place = place_find(f, target, &keys);
    if (place)
        replace(t, place, value);
    else
        drop(t, value);
    return place ? FLOW_ON : FLOW_FAIL;
}

/* map[key] = value inserts; what is left of it must be there. */
static enum flow store_entry(struct frame *f, struct node *target, struct key *keys, void *value)
{
    const struct dfl_type *t = type_of(f, target->index_.object->type);
    void *map = place_find(f, target->index_.object, &keys);
    if (!map) {
        drop(t->elem, value);
        return FLOW_FAIL;
    }
    int32_t fresh;
    void *place = dfl_map_slot(t, map, keys->value, &fresh);
    if (fresh)
        move(t->elem, place, value);
    else
        replace(t->elem, place, value);
    return FLOW_ON;
}

/* array[lo..hi] = value, which has as many elements. */
static enum flow put_slice(struct frame *f, struct node *target, const struct dfl_type *t,
                           struct dfl_view *array, int64_t lo, int64_t hi,
                           const struct dfl_view *value)
{
    struct dfl_site site = frame_site(f, target);
    if (lo < 0 || lo > hi || hi > array->len)
        return frame_fail(f, dfl_fail_slice(&site, lo, hi, array->len));
    if (value->len != hi - lo)
        return frame_fail(f, dfl_fail_count(&site, value->len, hi - lo));
    dfl_array_own(t->elem, array);
    uint64_t size = t->elem->size;
    for (int64_t i = 0; i < value->len; i++) {
        const char *from = (const char *)value->ptr + (uint64_t)i * size;
        char *to = (char *)array->ptr + (uint64_t)(lo + i) * size;
        dfl_copy(t->elem, from);
        drop(t->elem, to);
        memcpy(to, from, size);
    }
    return FLOW_ON;
}

static enum flow store_slice(struct frame *f, struct node *target, struct key *keys,
                             struct dfl_view *value)
{
    struct node *range = target->index_.indices.at[0];
    const struct dfl_type *t = type_of(f, target->index_.object->type);
    struct dfl_view *array = place_find(f, target->index_.object, &keys);
    enum flow flow = FLOW_FAIL;
    if (array) {
        int64_t lo = 0, hi = array->len;
        struct key *key = range->range_.lo ? take_key(&keys) : NULL;
        if (key)
            lo = number_int(key->type, key->value);
        if (range->range_.hi)
            hi = number_int(keys->type, keys->value);
        flow = put_slice(f, target, t, array, lo, hi, value);
    }
    drop(t, value);
    return flow;
}

/* m[i, ..] = value */
static enum flow store_part(struct frame *f, struct node *target, struct key *keys,
                            const struct dfl_type *part, void *value)
{
    const struct nodes *indices = &target->index_.indices;
    const struct dfl_type *t = type_of(f, target->index_.object->type);
    struct dfl_grid *m = place_find(f, target->index_.object, &keys);
    int64_t at[2 * DFL_RANK_MAX], *next = at;
    uint32_t form = ast_index_form(target);
    for (uint32_t i = 0; m && i < indices->count; i++) {
        const struct node *index = indices->at[i];
        if (grid_form(form, i) == GRID_AT) {
            *next++ = take_int(&keys);
        } else if (grid_form(form, i) == GRID_RANGE) {
            *next++ = index->range_.lo ? take_int(&keys) : 0;
            *next++ = index->range_.hi ? take_int(&keys) : m->dims[i];
        }
    }
    enum flow flow = FLOW_FAIL;
    if (m) {
        struct dfl_site site = frame_site(f, target);
        struct dfl_error *e = dfl_grid_put(t, m, form, at, value, &site);
        flow = e ? frame_fail(f, e) : FLOW_ON;
    }
    drop(part, value);
    return flow;
}

static enum flow store_any(struct frame *f, struct node *target, struct key *keys,
                           const struct dfl_type *t, void *value)
{
    if (target->kind != NODE_index)
        return store(f, target, keys, t, value);
    if (type_of(f, target->index_.object->type)->kind == DFL_MAP)
        return store_entry(f, target, keys, value);
    if (ast_index_form(target) && type_of(f, target->index_.object->type)->kind == DFL_GRID)
        return store_part(f, target, keys, t, value);
    if (ast_index_form(target))
        return store_slice(f, target, keys, value);
    return store(f, target, keys, t, value);
}

/* target op= value: the place is read after the value was computed. */
static enum flow update(struct frame *f, struct node *n, struct key *keys, const struct dfl_type *t,
                        const void *value)
{
    const struct dfl_type *target_type = type_of(f, n->assign_.target->type);
    void *place = place_find(f, n->assign_.target, &keys);
    if (!place)
        return FLOW_FAIL;
    char *mark = f->in->top, *result = temp(f->in, target_type->size);
    enum flow flow = number_operate(f, n, n->assign_.op, target_type, place, t, value, result);
    if (flow == FLOW_ON)
        replace(target_type, place, result);
    f->in->top = mark;
    return flow;
}

enum flow eval_assign(struct frame *f, struct node *n, void *out)
{
    (void)out;
    const struct dfl_type *t = type_of(f, n->assign_.value->type);
    char *mark = f->in->top;
    struct key *keys = NULL, **last = &keys;
    enum flow flow = place_keys(f, n->assign_.target, &last);
    void *value = temp(f->in, t->size);
    if (flow == FLOW_ON)
        flow = eval(f, n->assign_.value, value);
    if (flow == FLOW_ON && n->assign_.op == OP_NONE)
        flow = store_any(f, n->assign_.target, keys, t, value);
    else if (flow == FLOW_ON) {
        flow = update(f, n, keys, t, value);
        drop(t, value);
    }
    place_drop_keys(keys);
    f->in->top = mark;
    return flow;
}
