/* lower_cleanup.c - who drops what. A frame's cleanup stack lists the owned values that are alive
 * at the point under way, oldest first. Operations that fail go to a block that drops the newest of
 * them and goes on to the block of the one below, so that chains are shared. An entry that dies
 * within the stack only breaks the chains that lead through it. */
#include "lower_core.h"

#include <assert.h>

/* Text of static storage, none and what is empty: nothing counts their holders. */
static bool is_uncounted(const struct ir_value *v)
{
    return v->op == IR_const_str || v->op == IR_const_none || v->op == IR_const_empty ||
           !lower_has_refs(v->type);
}

int32_t cleanup_push(struct frame *f, struct ir_value *v)
{
    if (is_uncounted(v))
        return NO_ENTRY;
    vec_push(f->lower->arena, &f->cleanups, ((struct cleanup){.value = v, .live = true}));
    return (int32_t)f->cleanups.count - 1;
}

void cleanup_kill(struct frame *f, int32_t entry)
{
    if (entry == NO_ENTRY)
        return;
    assert((uint32_t)entry < f->cleanups.count && f->cleanups.at[entry].live);
    f->cleanups.at[entry].live = false;
    for (uint32_t i = (uint32_t)entry + 1; i < f->cleanups.count; i++)
        f->cleanups.at[i].fail = NULL;
}

static void drop_entry(struct frame *f, const struct cleanup *entry, struct span span)
{
    if (entry->live)
        emit1(f, entry->value->place ? IR_drop_at : IR_drop, NULL, span, entry->value);
}

void cleanup_drop(struct frame *f, int32_t entry, struct span span)
{
    if (entry == NO_ENTRY)
        return;
    drop_entry(f, &f->cleanups.at[entry], span);
    cleanup_kill(f, entry);
}

void cleanup_leave(struct frame *f, uint32_t mark, struct span span)
{
    for (uint32_t i = f->cleanups.count; i > mark; i--)
        drop_entry(f, &f->cleanups.at[i - 1], span);
}

void cleanup_pop(struct frame *f, uint32_t mark, struct span span)
{
    cleanup_leave(f, mark, span);
    f->cleanups.count = mark;
}

static struct ir_block *raise_block(struct frame *f)
{
    if (!f->raise) {
        struct ir_block *block = emit_block(f);
        struct ir_value *error =
            ir_block_param(f->lower->module, block, lower_simple(f, TYPE_error));
        ir_add(f->lower->module, block, IR_raise, NULL, &error, 1, f->ir->span);
        f->raise = block;
    }
    return f->raise;
}

/* The block of entry `at`, which goes on to `below`. */
static struct ir_block *fail_block(struct frame *f, uint32_t at, struct ir_block *below)
{
    struct ir_block *here = f->block;
    struct ir_block *block = emit_block(f);
    struct ir_value *error = ir_block_param(f->lower->module, block, lower_simple(f, TYPE_error));
    emit_start(f, block);
    drop_entry(f, &f->cleanups.at[at], f->ir->span);
    emit_br(f, below, &error, 1, f->ir->span);
    emit_start(f, here);
    return block;
}

struct ir_block *cleanup_fail(struct frame *f)
{
    uint32_t known = f->cleanups.count;
    while (known > 0 && !(f->cleanups.at[known - 1].live && f->cleanups.at[known - 1].fail))
        known--;
    struct ir_block *to = known ? f->cleanups.at[known - 1].fail : raise_block(f);
    for (uint32_t i = known; i < f->cleanups.count; i++)
        if (f->cleanups.at[i].live)
            to = f->cleanups.at[i].fail = fail_block(f, i, to);
    return to;
}

struct ir_block *cleanup_exit(struct frame *f, uint32_t mark, struct ir_block *exit,
                              struct span span)
{
    bool any = false;
    for (uint32_t i = mark; i < f->cleanups.count; i++)
        any |= f->cleanups.at[i].live;
    if (!any)
        return exit;
    struct ir_block *here = f->block;
    struct ir_block *block = emit_block(f);
    emit_start(f, block);
    cleanup_leave(f, mark, span);
    emit_br(f, exit, NULL, 0, span);
    emit_start(f, here);
    return block;
}

void lower_drop(struct frame *f, struct ir_value *v, struct span span)
{
    if (!is_uncounted(v))
        emit1(f, IR_drop, NULL, span, v);
}

struct ir_value *lower_copy(struct frame *f, struct ir_value *v, struct span span)
{
    return is_uncounted(v) ? v : emit1(f, IR_copy, v->type, span, v);
}

struct val val_owned(struct ir_value *v)
{
    return (struct val){.v = v, .owned = true};
}

struct val val_lent(struct ir_value *v, const struct symbol *root)
{
    return (struct val){.v = v, .root = root};
}

struct ir_value *val_own(struct frame *f, struct val val, struct span span)
{
    return val.owned ? val.v : lower_copy(f, val.v, span);
}

void val_discard(struct frame *f, struct val val, struct span span)
{
    if (val.owned)
        lower_drop(f, val.v, span);
}

static bool is_changed(const struct symbol *root, struct node *const *later, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (later[i] && local_may_write(later[i], root))
            return true;
    return false;
}

static void pin(struct frame *f, const struct val *val, int32_t by)
{
    if (!val->owned && val->root)
        local_binding(f, val->root)->pins += (uint32_t)by;
}

void operand_add(struct frame *f, struct operands *ops, struct val val, struct node *const *later,
                 uint32_t count, struct span span)
{
    if (!val.owned && val.root && lower_has_refs(val.v->type) && is_changed(val.root, later, count))
        val = val_owned(lower_copy(f, val.v, span));
    pin(f, &val, 1);
    int32_t entry = val.owned ? cleanup_push(f, val.v) : NO_ENTRY;
    vec_push(f->lower->arena, ops, ((struct operand){val, entry}));
}

void operand_add_owned(struct frame *f, struct operands *ops, struct node *node)
{
    operand_add(f, ops, val_owned(lower_owned(f, node)), NULL, 0, node->span);
}

struct ir_value **operand_values(struct frame *f, const struct operands *ops)
{
    struct ir_value **values = arena_array(f->lower->arena, struct ir_value *, ops->count + 1);
    for (uint32_t i = 0; i < ops->count; i++)
        values[i] = ops->at[i].val.v;
    return values;
}

/* Operands are the newest entries, so they leave the stack at once. */
static void operand_end(struct frame *f, const struct operand *o)
{
    pin(f, &o->val, -1);
    if (o->entry == NO_ENTRY)
        return;
    cleanup_kill(f, o->entry);
    if ((uint32_t)o->entry + 1 == f->cleanups.count)
        f->cleanups.count--;
}

void operand_moved(struct frame *f, struct operands *ops)
{
    for (uint32_t i = ops->count; i-- > 0;)
        operand_end(f, &ops->at[i]);
    ops->count = 0;
}

void operand_release(struct frame *f, struct operands *ops, struct span span)
{
    for (uint32_t i = ops->count; i-- > 0;) {
        if (ops->at[i].entry != NO_ENTRY)
            drop_entry(f, &f->cleanups.at[ops->at[i].entry], span);
        operand_end(f, &ops->at[i]);
    }
    ops->count = 0;
}

struct val val_part(struct frame *f, struct val whole, int32_t entry, struct ir_value *lent,
                    struct span span)
{
    if (!whole.owned)
        return val_lent(lent, whole.root);
    struct ir_value *part = lower_copy(f, lent, span);
    cleanup_drop(f, entry, span);
    return val_owned(part);
}
