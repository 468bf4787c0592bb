/* interp_expect.c - `expect`: what did not hold, in the words of the program, and with what values.
 */
#include "interp_core.h"

#include "error.h"
#include "format.h"

static void put_source(struct buffer *b, struct span span)
{
    buffer_put(b, span.source->text + span.start, span.end - span.start);
}

static enum flow fail_expect(struct frame *f, struct node *n, struct buffer *b)
{
    struct dfl_view message;
    struct dfl_site site = frame_site(f, n);
    dfl_buffer_end(b, &message);
    struct dfl_error *e = dfl_fail_message(&site, &message);
    dfl_block_release(message.block);
    return frame_fail(f, e);
}

static void begin_reason(struct frame *f, struct node *n, struct buffer *b)
{
    dfl_buffer_begin(b);
    buffer_string(b, "expect ");
    put_source(b, n->expect_.cond->span);
    buffer_string(b, " (line ");
    buffer_int(b, frame_site(f, n).line);
    buffer_char(b, ')');
}

static enum flow check_values(struct frame *f, struct node *n, const struct dfl_type *left,
                              const void *a, const struct dfl_type *right, const void *b)
{
    enum op op = n->expect_.cond->binary_.op;
    if (number_compare(op, left, a, right, b))
        return FLOW_ON;
    struct buffer text;
    begin_reason(f, n, &text);
    buffer_string(&text, ": ");
    format_value(&text, left, a, true);
    buffer_char(&text, ' ');
    buffer_string(&text, op_text(op));
    buffer_char(&text, ' ');
    format_value(&text, right, b, true);
    return fail_expect(f, n, &text);
}

static enum flow expect_comparison(struct frame *f, struct node *n)
{
    struct node *cond = n->expect_.cond;
    const struct dfl_type *left = type_of(f, cond->binary_.left->type);
    const struct dfl_type *right = type_of(f, cond->binary_.right->type);
    char *mark = f->in->top, *a = temp(f->in, left->size), *b = temp(f->in, right->size);
    enum flow flow = eval(f, cond->binary_.left, a);
    if (flow == FLOW_ON) {
        flow = eval(f, cond->binary_.right, b);
        if (flow == FLOW_ON) {
            flow = check_values(f, n, left, a, right, b);
            drop(right, b);
        }
        drop(left, a);
    }
    f->in->top = mark;
    return flow;
}

static enum flow check_match(struct frame *f, struct node *n, const struct dfl_type *t,
                             const void *value)
{
    if (pattern_match(f, n->expect_.cond->is_.pattern, value))
        return FLOW_ON;
    struct buffer text;
    begin_reason(f, n, &text);
    buffer_string(&text, ": ");
    format_value(&text, t, value, true);
    return fail_expect(f, n, &text);
}

static enum flow expect_match(struct frame *f, struct node *n)
{
    const struct dfl_type *t = type_of(f, n->expect_.cond->is_.value->type);
    char *mark = f->in->top, *value = temp(f->in, t->size);
    enum flow flow = eval(f, n->expect_.cond->is_.value, value);
    if (flow == FLOW_ON) {
        flow = check_match(f, n, t, value);
        drop(t, value);
    }
    f->in->top = mark;
    return flow;
}

enum flow eval_expect(struct frame *f, struct node *n, void *out)
{
    (void)out;
    struct node *cond = n->expect_.cond;
    if (cond->kind == NODE_binary && cond->binary_.op >= OP_eq && cond->binary_.op <= OP_ge)
        return expect_comparison(f, n);
    if (cond->kind == NODE_is)
        return expect_match(f, n);
    uint8_t yes;
    enum flow flow = eval(f, cond, &yes);
    if (flow != FLOW_ON || yes)
        return flow;
    struct buffer text;
    begin_reason(f, n, &text);
    return fail_expect(f, n, &text);
}
