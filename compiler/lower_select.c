/* lower_select.c - select: all futures and the time are told, then one instruction waits and says
 * which arm it is. That arm takes the value of its future, which is done; what was waited for in
 * vain is let go before the arm goes on. */
#include "lower_core.h"

/* A select under way. */
struct selection {
    struct node *node;
    struct operands ops; /* an arm each */
    uint32_t after;      /* the arm of the time; their number if there is none */
    struct merge merge;
    uint32_t mark;
    struct cleanup *entries; /* of the cleanup stack above the mark, while an arm has it */
    uint32_t entry_count;
};

static struct node *arm_at(const struct selection *s, uint32_t i)
{
    return s->node->select_.arms.at[i];
}

/* Evaluates what is waited for: the operands of the instruction, and how many. */
static struct ir_value **add_heads(struct frame *f, struct selection *s)
{
    uint32_t count = s->node->select_.arms.count, at = 0;
    struct ir_value **values = arena_array(f->lower->arena, struct ir_value *, count);
    for (uint32_t i = 0; i < count; i++) {
        struct node *arm = arm_at(s, i);
        operand_add(f, &s->ops, lower_expr(f, arm->select_arm_.future), &s->node, 1, arm->span);
        if (arm->select_arm_.pattern)
            values[at++] = s->ops.at[i].val.v;
        else
            s->after = i;
    }
    if (s->after < count)
        values[at] = s->ops.at[s->after].val.v;
    return values;
}

/* The stack as it was before the select, for an arm that has let go of all. */
static void hide_entries(struct frame *f, struct selection *s)
{
    s->entry_count = f->cleanups.count - s->mark;
    s->entries = arena_array(f->lower->arena, struct cleanup, s->entry_count + 1);
    for (uint32_t i = 0; i < s->entry_count; i++)
        s->entries[i] = f->cleanups.at[s->mark + i];
    f->cleanups.count = s->mark;
}

static void show_entries(struct frame *f, struct selection *s)
{
    for (uint32_t i = 0; i < s->entry_count; i++)
        f->cleanups.at[s->mark + i] = s->entries[i];
    f->cleanups.count = s->mark + s->entry_count;
}

/* `future`: of this arm; NULL: it is the time's. */
static void lower_arm(struct frame *f, struct selection *s, struct node *arm,
                      struct ir_value *future)
{
    struct ir_value *value = NULL;
    if (future) {
        const struct type *t = lower_type(f, arm->select_arm_.pattern->type);
        enum ir_op op = arm->select_arm_.is_try ? IR_try_await : IR_await;
        struct ir_block *fail = cleanup_fail(f);
        value = emit1(f, op, t, arm->span, future);
        value->fail = fail;
    }
    cleanup_leave(f, s->mark, arm->span);
    hide_entries(f, s);
    f->cond_depth++;
    if (value)
        local_destructure(f, arm->select_arm_.pattern, value);
    merge_branch(f, &s->merge, arm->select_arm_.body, s->mark);
    f->cond_depth--;
    show_entries(f, s);
}

/* Goes to the arm that `which` says. */
static void lower_arms(struct frame *f, struct selection *s, struct ir_value *which)
{
    uint32_t count = s->node->select_.arms.count;
    for (uint32_t i = 0; i < count; i++) {
        struct node *arm = arm_at(s, i);
        struct ir_block *no = i + 1 < count ? emit_block(f) : NULL;
        if (no) {
            struct ir_block *yes = emit_block(f);
            struct ir_value *number = emit_int(f, which->type, i, arm->span);
            emit_br_if(f, emit2(f, IR_eq, lower_simple(f, TYPE_bool), arm->span, which, number),
                       yes, no, arm->span);
            emit_start(f, yes);
        }
        lower_arm(f, s, arm, i == s->after ? NULL : s->ops.at[i].val.v);
        if (no)
            emit_start(f, no);
    }
}

struct val lower_select(struct frame *f, struct node *n)
{
    struct selection s = {.node = n, .after = n->select_.arms.count};
    s.merge = merge_new(f, lower_type(f, n->type));
    s.mark = f->cleanups.count;
    struct ir_value **heads = add_heads(f, &s);
    struct ir_block *fail = cleanup_fail(f);
    struct ir_value *which =
        emit(f, IR_select, lower_simple(f, TYPE_int), n->span, heads, s.ops.count);
    which->imm.index = s.after;
    which->fail = fail;
    lower_arms(f, &s, which);
    operand_moved(f, &s.ops);
    f->cleanups.count = s.mark;
    return merge_done(f, &s.merge, n->span);
}
