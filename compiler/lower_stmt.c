/* lower_stmt.c - blocks and what stands in them, and the ways out of a function. */
#include "lower_core.h"

#include <assert.h>

static void lower_let(struct frame *f, struct node *n)
{
    struct node *pattern = n->let_.pattern;
    struct ir_value *v = lower_owned(f, n->let_.value);
    if (n->let_.value->type->kind == TYPE_never) /* stands for a value in code never reached */
        v = ir_block_param(f->lower->module, f->block, lower_type(f, pattern->type));
    local_destructure(f, pattern, v);
}

static void lower_expect(struct frame *f, struct node *n)
{
    uint32_t mark = f->cleanups.count;
    struct ir_block *no = emit_block(f), *yes = emit_block(f);
    lower_branch(f, n->expect_.cond, no, mark, n);
    cleanup_pop(f, mark, n->span);
    emit_br(f, yes, NULL, 0, n->span);
    emit_start(f, no);
    struct ir_value *text = emit0(f, IR_const_str, lower_simple(f, TYPE_str), n->span);
    text->imm.text.bytes = n->span.source->text + n->span.start;
    text->imm.text.len = n->span.end - n->span.start;
    struct ir_value *error = emit1(f, IR_failure, lower_simple(f, TYPE_error), n->span, text);
    emit_br(f, cleanup_fail(f), &error, 1, n->span);
    emit_start(f, yes);
}

void lower_stmt(struct frame *f, struct node *n)
{
    switch (n->kind) {
    case NODE_let:
        lower_let(f, n);
        break;
    case NODE_assign:
        lower_assign(f, n);
        break;
    case NODE_while:
        lower_while(f, n);
        break;
    case NODE_for:
        lower_for(f, n);
        break;
    case NODE_cancel:
        lower_cancel(f, n);
        break;
    case NODE_detach:
        val_discard(f, lower_expr(f, n->detach_.value), n->span);
        break;
    case NODE_expect:
        lower_expect(f, n);
        break;
    default:
        val_discard(f, lower_expr(f, n), n->span);
    }
}

static bool is_statement(const struct node *n)
{
    return n->kind == NODE_let || n->kind == NODE_assign || n->kind == NODE_while ||
           n->kind == NODE_for || n->kind == NODE_expect || n->kind == NODE_cancel ||
           n->kind == NODE_detach;
}

/* The node of a block whose value is the block's, or NULL. */
static struct node *last_value(const struct frame *f, const struct node *block)
{
    const struct nodes *stmts = &block->block_.stmts;
    if (!stmts->count || is_statement(stmts->at[stmts->count - 1]) ||
        lower_type(f, block->type)->kind == TYPE_unit)
        return NULL;
    return stmts->at[stmts->count - 1];
}

struct val lower_block(struct frame *f, struct node *n)
{
    uint32_t mark = f->cleanups.count;
    const struct nodes *stmts = &n->block_.stmts;
    struct node *last = last_value(f, n);
    for (uint32_t i = 0; i < stmts->count - (last ? 1 : 0); i++)
        lower_stmt(f, stmts->at[i]);
    struct ir_value *v = last ? lower_owned(f, last) : NULL;
    cleanup_pop(f, mark, n->span);
    return val_owned(v ? v : emit_unit(f, n->span));
}

void lower_leave(struct frame *f, struct ir_value *v, struct span span)
{
    cleanup_leave(f, 0, span);
    emit1(f, IR_ret, NULL, span, v);
    emit_dead(f);
}

/* What a function gives that ends without a value: (), ok(()) or some(()). */
struct ir_value *lower_unit_result(struct frame *f, struct span span)
{
    struct ir_value *unit = emit_unit(f, span);
    if (f->ir->result->kind == TYPE_result)
        return emit1(f, IR_ok, f->ir->result, span, unit);
    if (f->ir->result->kind == TYPE_option)
        return emit1(f, IR_some, f->ir->result, span, unit);
    return unit;
}

/* An owned local that is returned by its name is not copied: all others are dropped. */
static bool return_local(struct frame *f, struct node *value)
{
    int32_t entry;
    struct ir_value *v = value->kind == NODE_name
                             ? local_move_out(f, value->name_.symbol, &entry, value->span)
                             : NULL;
    if (!v)
        return false;
    f->cleanups.at[entry].live = false;
    lower_leave(f, v, value->span);
    f->cleanups.at[entry].live = true;
    return true;
}

struct val lower_return(struct frame *f, struct node *n)
{
    struct node *value = n->return_.value;
    if (!value)
        lower_leave(f, lower_unit_result(f, n->span), n->span);
    else if (!return_local(f, value))
        lower_leave(f, lower_owned(f, value), n->span);
    return val_owned(emit_unit(f, n->span));
}

struct val lower_fail(struct frame *f, struct node *n)
{
    struct operands ops = {0};
    struct node *cause = n->fail_.cause;
    operand_add(f, &ops, lower_expr(f, n->fail_.message), &cause, cause ? 1 : 0, n->span);
    if (cause)
        operand_add(f, &ops, lower_expr(f, cause), NULL, 0, cause->span);
    struct ir_value *error =
        emit(f, cause ? IR_failure_from : IR_failure, lower_simple(f, TYPE_error), n->span,
             operand_values(f, &ops), ops.count);
    operand_release(f, &ops, n->span);
    if (f->ir->result->kind == TYPE_result) {
        lower_leave(f, emit1(f, IR_err, f->ir->result, n->span, error), n->span);
    } else {
        emit_br(f, cleanup_fail(f), &error, 1, n->span);
        emit_dead(f);
    }
    return val_owned(emit_unit(f, n->span));
}

struct val lower_jump(struct frame *f, struct node *n)
{
    assert(f->loop);
    cleanup_leave(f, f->loop->mark, n->span);
    emit_br(f, n->kind == NODE_break ? f->loop->exit : f->loop->next, NULL, 0, n->span);
    emit_dead(f);
    return val_owned(emit_unit(f, n->span));
}
