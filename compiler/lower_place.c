/* lower_place.c - places: what stands left of `=` or is given to a `var` parameter.
 *
 * First the indices in a place are evaluated, in order, with the value or the other arguments; only
 * then its address is walked to, and every array and map on the way made unique. So nothing runs
 * between that could move what an address points at. */
#include "lower_core.h"

#include "grid.h"

#include <assert.h>

static struct node *object_of(const struct node *n)
{
    switch (n->kind) {
    case NODE_dot:
        return n->dot_.object;
    case NODE_tuple_dot:
        return n->tuple_dot_.object;
    case NODE_index:
        return n->index_.object;
    default:
        return NULL;
    }
}

/* ---- keys ------------------------------------------------------------------------------------ */

static struct val as_int(struct frame *f, struct val val, struct span span)
{
    const struct type *t = lower_simple(f, TYPE_int);
    if (val.v->type == t || !type_is_int(val.v->type))
        return val;
    val.v = emit1(f, IR_cast, t, span, val.v);
    val.v->fail = val.v->args[0]->type->kind == TYPE_u64 ? cleanup_fail(f) : NULL;
    val.v->nofail = !val.v->fail;
    return val;
}

static void add_key(struct frame *f, struct path *path, struct node *key, bool is_index,
                    struct node *const *later, uint32_t count)
{
    struct val val = lower_expr(f, key);
    if (is_index)
        val = as_int(f, val, key->span);
    operand_add(f, &path->keys, val, later, count, key->span);
}

static void add_keys(struct frame *f, struct path *path, struct node *n, struct node *const *later,
                     uint32_t count)
{
    struct node *object = object_of(n);
    if (!object)
        return;
    add_keys(f, path, object, later, count);
    if (n->kind != NODE_index)
        return;
    bool is_index = lower_type(f, object->type)->kind != TYPE_map;
    for (uint32_t i = 0; i < n->index_.indices.count; i++) {
        struct node *index = n->index_.indices.at[i];
        if (index->kind != NODE_range)
            add_key(f, path, index, is_index, later, count);
        else if (index->range_.lo)
            add_key(f, path, index->range_.lo, is_index, later, count);
        if (index->kind == NODE_range && index->range_.hi)
            add_key(f, path, index->range_.hi, is_index, later, count);
    }
}

void place_indices(struct frame *f, struct path *path, struct node *target,
                   struct node *const *later, uint32_t count)
{
    *path = (struct path){.node = target};
    add_keys(f, path, target, later, count);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static struct ir_value *walk(struct frame *f, struct path *path, struct node *n, uint32_t *key);

static struct ir_value *walk_index(struct frame *f, struct path *path, struct node *n,
                                   uint32_t *key)
{
    struct ir_value *args[1 + DFL_RANK_MAX] = {walk(f, path, n->index_.object, key)};
    const struct type *t = args[0]->type;
    uint32_t count = n->index_.indices.count;
    for (uint32_t i = 0; i < count; i++)
        args[1 + i] = path->keys.at[(*key)++].val.v;
    if (t->kind == TYPE_map)
        return emit_place(f, IR_place_entry, t->args.at[1], n->span, args, 2);
    const struct type *elem = t->kind == TYPE_bytes ? lower_simple(f, TYPE_u8) : t->args.at[0];
    return emit_place(f, IR_place_elem, elem, n->span, args, 1 + count);
}

/* `key`: how many of the path's keys were used. */
static struct ir_value *walk(struct frame *f, struct path *path, struct node *n, uint32_t *key)
{
    if (n->kind == NODE_index)
        return walk_index(f, path, n, key);
    if (n->kind == NODE_dot || n->kind == NODE_tuple_dot) {
        struct ir_value *whole = walk(f, path, object_of(n), key);
        uint32_t index = n->kind == NODE_dot ? n->dot_.index : n->tuple_dot_.index;
        struct ir_value *place =
            emit_place(f, IR_place_field, whole->type->args.at[index], n->span, &whole, 1);
        place->imm.index = index;
        return place;
    }
    assert(n->kind == NODE_name);
    struct binding *b = local_binding(f, n->name_.symbol);
    assert(b->kind == BIND_PLACE);
    if (b->uses_left)
        b->uses_left--;
    return b->value;
}

struct ir_value *place_walk(struct frame *f, struct path *path)
{
    uint32_t key = 0;
    return walk(f, path, path->node, &key);
}

/* ---- assignment ------------------------------------------------------------------------------ */

/* Puts a value, moved, in the place of another. */
static void replace(struct frame *f, struct ir_value *place, struct ir_value *v, struct span span)
{
    if (lower_has_refs(v->type))
        emit1(f, IR_drop_at, NULL, span, place);
    emit2(f, IR_store, NULL, span, place, v);
}

static void assign_entry(struct frame *f, struct path *path, struct operands *value,
                         struct span span)
{
    uint32_t key = 0;
    struct ir_value *args[3] = {walk(f, path, path->node->index_.object, &key)};
    args[1] = path->keys.at[key].val.v;
    args[2] = value->at[0].val.v;
    operand_moved(f, value);
    emit(f, IR_store_entry, NULL, span, args, 3);
}

static struct ir_value *extent_at(struct frame *f, struct ir_value *place, uint32_t axis,
                                  struct span span)
{
    struct ir_value *grid = emit1(f, IR_load, place->type, span, place);
    struct ir_value *v = emit1(f, IR_extent, lower_simple(f, TYPE_int), span, grid);
    v->imm.index = axis;
    return v;
}

static void assign_slice(struct frame *f, struct path *path, struct operands *value,
                         struct span span)
{
    const struct type *t = lower_simple(f, TYPE_int);
    struct node *range = path->node->index_.indices.at[0];
    uint32_t key = 0;
    struct ir_value *array = walk(f, path, path->node->index_.object, &key);
    struct ir_value *lo = range->range_.lo ? path->keys.at[key++].val.v : emit_int(f, t, 0, span);
    struct ir_value *hi = range->range_.hi ? path->keys.at[key].val.v : NULL;
    if (!hi)
        hi = emit1(f, IR_len, t, span, emit1(f, IR_load, array->type, span, array));
    struct ir_block *fail = cleanup_fail(f);
    emit(f, IR_store_slice, NULL, path->node->span,
         (struct ir_value *[]){array, lo, hi, value->at[0].val.v}, 4)
        ->fail = fail;
    operand_release(f, value, span);
}

/* m[i, ..] = value */
static void assign_part(struct frame *f, struct path *path, struct operands *value,
                        struct span span)
{
    const struct type *t = lower_simple(f, TYPE_int);
    const struct nodes *indices = &path->node->index_.indices;
    uint32_t key = 0, count = 1, form = ast_index_form(path->node);
    struct ir_value *args[2 + 2 * DFL_RANK_MAX];
    args[0] = walk(f, path, path->node->index_.object, &key);
    for (uint32_t i = 0; i < indices->count; i++) {
        const struct node *index = indices->at[i];
        if (grid_form(form, i) == GRID_AT) {
            args[count++] = path->keys.at[key++].val.v;
        } else if (grid_form(form, i) == GRID_RANGE) {
            bool lo = index->range_.lo, hi = index->range_.hi;
            args[count++] = lo ? path->keys.at[key++].val.v : emit_int(f, t, 0, span);
            args[count++] = hi ? path->keys.at[key++].val.v : extent_at(f, args[0], i, span);
        }
    }
    args[count++] = value->at[0].val.v;
    struct ir_block *fail = cleanup_fail(f);
    struct ir_value *v = emit(f, IR_store_part, NULL, path->node->span, args, count);
    v->fail = fail;
    v->imm.form = form;
    operand_release(f, value, span);
}

/* target op= value: the place is read after the value was computed. */
static void assign_update(struct frame *f, struct node *n, struct path *path,
                          struct operands *value)
{
    struct ir_value *place = place_walk(f, path);
    struct ir_value *old = emit1(f, IR_load, place->type, n->span, place);
    struct val v = lower_operate(f, n->assign_.op, place->type, old, value->at[0].val.v, n->span);
    replace(f, place, val_own(f, v, n->span), n->span);
    operand_release(f, value, n->span);
}

static void assign_plain(struct frame *f, struct node *n, struct path *path, struct operands *value)
{
    struct ir_value *place = place_walk(f, path);
    struct ir_value *v = value->at[0].val.v;
    operand_moved(f, value);
    replace(f, place, v, n->span);
}

static bool is_entry(const struct frame *f, const struct node *target)
{
    return target->kind == NODE_index &&
           lower_type(f, target->index_.object->type)->kind == TYPE_map;
}

/* xs[lo..hi] or m[i, ..] */
static bool is_part(const struct node *target)
{
    return target->kind == NODE_index && ast_index_form(target);
}

void lower_assign(struct frame *f, struct node *n)
{
    struct node *target = n->assign_.target;
    struct path path;
    struct operands value = {0};
    bool update = n->assign_.op != OP_NONE;
    place_indices(f, &path, target, &n, 1);
    if (update || is_part(target))
        operand_add(f, &value, lower_expr(f, n->assign_.value), &n, 1, n->span);
    else
        operand_add_owned(f, &value, n->assign_.value);
    if (update)
        assign_update(f, n, &path, &value);
    else if (is_part(target) && lower_type(f, target->index_.object->type)->kind == TYPE_grid)
        assign_part(f, &path, &value, n->span);
    else if (is_part(target))
        assign_slice(f, &path, &value, n->span);
    else if (is_entry(f, target))
        assign_entry(f, &path, &value, n->span);
    else
        assign_plain(f, n, &path, &value);
    operand_release(f, &path.keys, n->span);
}
