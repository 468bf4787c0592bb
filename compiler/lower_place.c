/* lower_place.c - places: what stands left of `=` or is given to a `var` parameter.
 *
 * First the indices in a place are evaluated, in order, with the value or the other arguments; only
 * then its address is walked to, and every array and map on the way made unique. So nothing runs
 * between that could move what an address points at. */
#include "lower_core.h"

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
    struct node *index = n->index_.indices.at[0];
    bool is_index = lower_type(f, object->type)->kind != TYPE_map;
    if (index->kind != NODE_range) {
        add_key(f, path, index, is_index, later, count);
        return;
    }
    if (index->range_.lo)
        add_key(f, path, index->range_.lo, is_index, later, count);
    if (index->range_.hi)
        add_key(f, path, index->range_.hi, is_index, later, count);
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
    struct ir_value *args[2] = {walk(f, path, n->index_.object, key)};
    const struct type *t = args[0]->type;
    args[1] = path->keys.at[(*key)++].val.v;
    if (t->kind == TYPE_map)
        return emit_place(f, IR_place_entry, t->args.at[1], n->span, args, 2);
    const struct type *elem = t->kind == TYPE_array ? t->args.at[0] : lower_simple(f, TYPE_u8);
    return emit_place(f, IR_place_elem, elem, n->span, args, 2);
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

static bool is_slice(const struct node *target)
{
    return target->kind == NODE_index && target->index_.indices.at[0]->kind == NODE_range;
}

void lower_assign(struct frame *f, struct node *n)
{
    struct node *target = n->assign_.target;
    struct path path;
    struct operands value = {0};
    bool update = n->assign_.op != OP_NONE;
    place_indices(f, &path, target, &n, 1);
    if (update || is_slice(target))
        operand_add(f, &value, lower_expr(f, n->assign_.value), &n, 1, n->span);
    else
        operand_add_owned(f, &value, n->assign_.value);
    if (update)
        assign_update(f, n, &path, &value);
    else if (is_slice(target))
        assign_slice(f, &path, &value, n->span);
    else if (is_entry(f, target))
        assign_entry(f, &path, &value, n->span);
    else
        assign_plain(f, n, &path, &value);
    operand_release(f, &path.keys, n->span);
}
