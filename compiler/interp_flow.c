/* interp_flow.c - what is evaluated, and in which order: blocks with their names, `if` and `match`,
 * `return`, `break` and `continue`. Loops have a file of their own. */
#include "interp_core.h"

#include <assert.h>

/* ---- blocks and statements ---- */

static bool is_statement(const struct node *n)
{
    return n->kind >= NODE_let && n->kind <= NODE_detach;
}

/* Evaluates a statement, or an expression whose value nobody wants. */
static enum flow eval_discard(struct frame *f, struct node *n)
{
    if (is_statement(n) || n->type->kind == TYPE_never)
        return eval(f, n, NULL);
    const struct dfl_type *t = type_of(f, n->type);
    char *mark = f->in->top, *value = temp(f->in, t->size);
    enum flow flow = eval(f, n, value);
    if (flow == FLOW_ON)
        drop(t, value);
    f->in->top = mark;
    return flow;
}

enum flow eval_as(struct frame *f, struct node *n, const struct type *want, void *out)
{
    if (is_statement(n) || n->type->kind == TYPE_never ||
        (want->kind == TYPE_unit && n->type->kind != TYPE_unit) || want->kind == TYPE_never)
        return eval_discard(f, n);
    return eval(f, n, out);
}

enum flow eval_let(struct frame *f, struct node *n, void *out)
{
    (void)out;
    struct node *pattern = n->let_.pattern, *value = n->let_.value;
    if (value->type->kind == TYPE_never)
        return eval(f, value, NULL);
    const struct dfl_type *t = type_of(f, value->type);
    char *mark = f->in->top, *made = temp(f->in, t->size);
    enum flow flow = eval(f, value, made);
    if (flow == FLOW_ON && pattern->kind == NODE_pat_name && pattern->pat_name_.symbol) {
        const struct slot *slot;
        void *place = frame_local(f, pattern->pat_name_.symbol, &slot);
        drop(t, place);
        move(t, place, made);
    } else if (flow == FLOW_ON) {
        bool matched = pattern_match(f, pattern, made);
        assert(matched);
        (void)matched;
        drop(t, made);
    }
    f->in->top = mark;
    return flow;
}

/* What a block's own names hold ends with it. */
static void end_scope(struct frame *f, struct node *block)
{
    for (uint32_t i = 0; i < block->block_.stmts.count; i++)
        if (block->block_.stmts.at[i]->kind == NODE_let)
            pattern_unbind(f, block->block_.stmts.at[i]->let_.pattern);
}

enum flow eval_block(struct frame *f, struct node *n, void *out)
{
    uint32_t count = n->block_.stmts.count;
    enum flow flow = FLOW_ON;
    for (uint32_t i = 0; i + 1 < count && flow == FLOW_ON; i++)
        flow = eval_discard(f, n->block_.stmts.at[i]);
    if (flow == FLOW_ON && count)
        flow = eval_as(f, n->block_.stmts.at[count - 1], n->type, out);
    end_scope(f, n);
    return flow;
}

enum flow eval_if(struct frame *f, struct node *n, void *out)
{
    uint8_t yes;
    enum flow flow = eval(f, n->if_.cond, &yes);
    if (flow != FLOW_ON)
        return flow;
    if (yes)
        return eval_as(f, n->if_.then, n->type, out);
    return n->if_.otherwise ? eval_as(f, n->if_.otherwise, n->type, out) : FLOW_ON;
}

static enum flow eval_arm(struct frame *f, struct node *arm, const void *subject, bool *taken)
{
    *taken = pattern_match(f, arm->arm_.pattern, subject);
    if (!*taken || !arm->arm_.guard)
        return FLOW_ON;
    uint8_t yes = 0;
    enum flow flow = eval(f, arm->arm_.guard, &yes);
    *taken = flow == FLOW_ON && yes;
    return flow;
}

/* Finds the arm for the subject, which is dropped; NULL: its evaluation or a guard did not go on.
 */
static enum flow choose_arm(struct frame *f, struct node *n, struct node **chosen)
{
    const struct dfl_type *t = type_of(f, n->match_.subject->type);
    char *mark = f->in->top, *subject = temp(f->in, t->size);
    enum flow flow = eval(f, n->match_.subject, subject);
    if (flow == FLOW_ON) {
        bool taken = false;
        for (uint32_t i = 0; i < n->match_.arms.count && flow == FLOW_ON && !taken; i++) {
            *chosen = n->match_.arms.at[i];
            flow = eval_arm(f, *chosen, subject, &taken);
        }
        assert(taken || flow != FLOW_ON);
        drop(t, subject);
    }
    f->in->top = mark;
    return flow;
}

enum flow eval_match(struct frame *f, struct node *n, void *out)
{
    struct node *arm = NULL;
    enum flow flow = choose_arm(f, n, &arm);
    if (flow == FLOW_ON)
        flow = eval_as(f, arm->arm_.body, n->type, out);
    for (uint32_t i = 0; i < n->match_.arms.count; i++)
        pattern_unbind(f, n->match_.arms.at[i]->arm_.pattern);
    return flow;
}

enum flow eval_return(struct frame *f, struct node *n, void *out)
{
    (void)out;
    enum flow flow = n->return_.value ? eval(f, n->return_.value, f->result) : FLOW_ON;
    return flow == FLOW_ON ? FLOW_RETURN : flow;
}

enum flow eval_break(struct frame *f, struct node *n, void *out)
{
    (void)f, (void)n, (void)out;
    return FLOW_BREAK;
}

enum flow eval_continue(struct frame *f, struct node *n, void *out)
{
    (void)f, (void)n, (void)out;
    return FLOW_CONTINUE;
}
