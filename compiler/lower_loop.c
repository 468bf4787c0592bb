/* lower_loop.c - loops and comprehensions, over one iteration for ranges, arrays, grids, bytes and
 * maps.
 *
 *   array, grid, map, range of step 1:        other ranges:
 *     head(i): br_if more, body, exit           br_if inside, body(lo), exit
 *     body:    ... br next                      body(i): ... br next
 *     next:    br head(i + 1)                   next:    i + step; br_if inside, body, exit
 *
 * What is iterated is lent for the whole loop, or held on the cleanup stack around it. */
#include "lower_core.h"

#include "grid.h"

#include <assert.h>

/* A loop over an iterable or a range: between begin and end the body is emitted, with the pattern
 * bound. `within`: what may change the iterable. `room`: the place of an empty array, made large
 * enough for all rounds if `count` says how many there are; or NULL. */
struct iteration {
    struct loop loop;
    struct ir_value *over;  /* array, bytes or map */
    struct ir_value *count; /* rounds, before the loop; NULL if not known */
    struct ir_value *index; /* or number of a range */
    struct ir_value *hi, *step, *up;
    int direction;  /* of a range: 1, -1, 0 if known only when it runs */
    bool known_one; /* step is 1 */
    int32_t entry;
    uint32_t mark, calls; /* of the frame when it began */
    struct ir_block *head;
};

static struct ir_value *nofail(struct ir_value *v)
{
    v->nofail = true;
    return v;
}

static struct ir_value *next_index(struct frame *f, struct ir_value *i, struct span span)
{
    return nofail(emit2(f, IR_add, i->type, span, i, emit_int(f, i->type, 1, span)));
}

static struct ir_value *compare(struct frame *f, enum ir_op op, struct ir_value *a,
                                struct ir_value *b, struct span span)
{
    return emit2(f, op, lower_simple(f, TYPE_bool), span, a, b);
}

/* ---- ranges ---- */

static struct ir_value *bound(struct frame *f, struct node *n, const struct type *t)
{
    struct ir_value *v = lower_expr(f, n).v;
    return v->type == t ? v : nofail(emit1(f, IR_cast, t, n->span, v));
}

/* The step of a range if it is written as a number, else 0. */
static int64_t step_literal(const struct node *step)
{
    if (!step)
        return 1;
    if (step->kind == NODE_unary && step->unary_.op == OP_neg &&
        step->unary_.value->kind == NODE_int)
        return -(int64_t)step->unary_.value->int_.value;
    return step->kind == NODE_int ? (int64_t)step->int_.value : 0;
}

static void fail_zero_step(struct frame *f, struct ir_value *step, struct span span)
{
    static const char text[] = "the step of a range must not be zero";
    struct ir_block *zero = emit_block(f), *fine = emit_block(f);
    struct ir_value *none = emit_int(f, step->type, 0, span);
    emit_br_if(f, compare(f, IR_eq, step, none, span), zero, fine, span);
    emit_start(f, zero);
    struct ir_value *message = emit0(f, IR_const_str, lower_simple(f, TYPE_str), span);
    message->imm.text.bytes = text;
    message->imm.text.len = sizeof text - 1;
    struct ir_value *error = emit1(f, IR_failure, lower_simple(f, TYPE_error), span, message);
    emit_br(f, cleanup_fail(f), &error, 1, span);
    emit_start(f, fine);
}

/* One direction of range_test. */
static void test_direction(struct frame *f, const struct iteration *it, struct ir_value *from,
                           struct ir_value *i, bool upward, struct ir_block *body, struct span span)
{
    struct ir_block *inside = emit_block(f);
    if (from) { /* the step went past the end of the type */
        struct ir_value *moved = compare(f, upward ? IR_gt : IR_lt, i, from, span);
        emit_br_if(f, moved, inside, it->loop.exit, span);
        emit_start(f, inside);
        inside = emit_block(f);
    }
    emit_br_if(f, compare(f, upward ? IR_lt : IR_gt, i, it->hi, span), inside, it->loop.exit, span);
    emit_start(f, inside);
    emit_br(f, body, &i, 1, span);
}

/* Goes to body(i) if i is within the range, else to the exit. */
static void range_test(struct frame *f, const struct iteration *it, struct ir_value *from,
                       struct ir_value *i, struct ir_block *body, struct span span)
{
    if (it->direction) {
        test_direction(f, it, from, i, it->direction > 0, body, span);
        return;
    }
    struct ir_block *up = emit_block(f), *down = emit_block(f);
    emit_br_if(f, it->up, up, down, span);
    emit_start(f, up);
    test_direction(f, it, from, i, true, body, span);
    emit_start(f, down);
    test_direction(f, it, from, i, false, body, span);
}

/* hi - lo, or 0 if that is negative. */
static struct ir_value *range_count(struct frame *f, struct ir_value *lo, struct ir_value *hi,
                                    struct span span)
{
    const struct type *t = lower_simple(f, TYPE_int);
    struct ir_block *some = emit_block(f), *none = emit_block(f), *done = emit_block(f);
    struct ir_value *count = ir_block_param(f->lower->module, done, t);
    emit_br_if(f, compare(f, IR_lt, lo, hi, span), some, none, span);
    emit_start(f, some);
    struct ir_value *n = nofail(emit2(f, IR_sub, lo->type, span, hi, lo));
    n->imm.wrap = true;
    if (n->type != t)
        n = nofail(emit1(f, IR_cast, t, span, n));
    emit_br(f, done, &n, 1, span);
    emit_start(f, none);
    struct ir_value *zero = emit_int(f, t, 0, span);
    emit_br(f, done, &zero, 1, span);
    emit_start(f, done);
    return count;
}

/* Makes the array at `room`, which is empty, large enough for all rounds. */
static void reserve(struct frame *f, struct iteration *it, struct ir_value *room, struct span span)
{
    if (room)
        emit2(f, IR_store, NULL, span, room, emit1(f, IR_array_new, room->type, span, it->count));
}

static void range_begin(struct frame *f, struct iteration *it, struct node *range,
                        struct ir_value *room)
{
    const struct type *t = lower_type(f, range->range_.lo->type);
    struct node *step = range->range_.step;
    struct ir_value *lo = bound(f, range->range_.lo, t);
    it->hi = bound(f, range->range_.hi, t);
    int64_t literal = step_literal(step);
    it->direction = (literal > 0) - (literal < 0);
    it->known_one = literal == 1;
    struct ir_block *body = emit_block(f);
    if (it->known_one) {
        it->count = room ? range_count(f, lo, it->hi, range->span) : NULL;
        reserve(f, it, room, range->span);
        it->head = emit_block(f);
        it->index = ir_block_param(f->lower->module, it->head, t);
        emit_br(f, it->head, &lo, 1, range->span);
        emit_start(f, it->head);
        struct ir_value *more = compare(f, IR_lt, it->index, it->hi, range->span);
        emit_br_if(f, more, body, it->loop.exit, range->span);
    } else {
        it->step = bound(f, step, t);
        if (!literal) {
            fail_zero_step(f, it->step, range->span);
            it->up = compare(f, IR_gt, it->step, emit_int(f, t, 0, range->span), range->span);
        }
        it->head = body;
        it->index = ir_block_param(f->lower->module, body, t);
        range_test(f, it, NULL, lo, body, range->span);
    }
    emit_start(f, body);
}

/* ---- arrays, grids and maps ---- */

static struct ir_value *length(struct frame *f, struct ir_value *of, struct span span)
{
    if (of->type->kind == TYPE_grid) /* imm.index: axis 0 */
        return emit1(f, IR_extent, lower_simple(f, TYPE_int), span, of);
    return emit1(f, IR_len, lower_simple(f, TYPE_int), span, of);
}

/* head(i), and the body if i is below the length. */
static void array_begin(struct frame *f, struct iteration *it, struct ir_value *room,
                        struct span span)
{
    const struct type *t = lower_simple(f, TYPE_int);
    it->count = length(f, it->over, span);
    reserve(f, it, room, span);
    struct ir_value *zero = emit_int(f, t, 0, span);
    struct ir_block *body = emit_block(f);
    it->head = emit_block(f);
    it->index = ir_block_param(f->lower->module, it->head, t);
    emit_br(f, it->head, &zero, 1, span);
    emit_start(f, it->head);
    struct ir_value *more = compare(f, IR_lt, it->index, it->count, span);
    emit_br_if(f, more, body, it->loop.exit, span);
    emit_start(f, body);
}

static void map_begin(struct frame *f, struct iteration *it, struct ir_value *room,
                      struct span span)
{
    const struct type *t = lower_simple(f, TYPE_int);
    it->count = room ? length(f, it->over, span) : NULL;
    reserve(f, it, room, span);
    struct ir_value *zero = emit_int(f, t, 0, span);
    struct ir_block *body = emit_block(f);
    it->head = emit_block(f);
    struct ir_value *at = ir_block_param(f->lower->module, it->head, t);
    emit_br(f, it->head, &zero, 1, span);
    emit_start(f, it->head);
    it->index = emit2(f, IR_entry_next, t, span, it->over, at);
    struct ir_value *done = compare(f, IR_lt, it->index, emit_int(f, t, 0, span), span);
    emit_br_if(f, done, it->loop.exit, body, span);
    emit_start(f, body);
}

/* ---- the item of a round ---- */

static void bind_entry(struct frame *f, const struct iteration *it, struct node *pattern)
{
    const struct types *args = &it->over->type->args;
    struct span span = pattern->span;
    if (pattern->kind == NODE_pat_wild)
        return;
    struct ir_value *parts[] = {
        emit2(f, IR_entry_key, args->at[0], span, it->over, it->index),
        emit2(f, IR_entry_value, args->at[1], span, it->over, it->index),
    };
    if (pattern->kind == NODE_pat_tuple) {
        lower_pattern(f, pattern->pat_tuple_.elems.at[0], parts[0], NULL, 0);
        lower_pattern(f, pattern->pat_tuple_.elems.at[1], parts[1], NULL, 0);
        return;
    }
    parts[0] = lower_copy(f, parts[0], span);
    parts[1] = lower_copy(f, parts[1], span);
    local_destructure(f, pattern, emit(f, IR_make, lower_type(f, pattern->type), span, parts, 2));
}

/* A row of a grid: m[i, ..], of the round's own. */
static void bind_row(struct frame *f, const struct iteration *it, struct node *pattern)
{
    const struct type *t = it->over->type;
    if (pattern->kind == NODE_pat_wild)
        return;
    const struct type *row = type_grid(f->lower->types, t->args.at[0], t->rank - 1);
    struct ir_value *v = nofail(emit2(f, IR_part, row, pattern->span, it->over, it->index));
    for (uint32_t axis = 1; axis < t->rank; axis++)
        v->imm.form |= (uint32_t)GRID_ALL << (2 * axis);
    cleanup_push(f, v);
    lower_pattern(f, pattern, v, NULL, 0);
}

static void bind_item(struct frame *f, const struct iteration *it, struct node *pattern)
{
    if (it->over && it->over->type->kind == TYPE_map) {
        bind_entry(f, it, pattern);
        return;
    }
    if (it->over && it->over->type->kind == TYPE_grid) {
        bind_row(f, it, pattern);
        return;
    }
    struct ir_value *item = it->index;
    if (it->over && it->over->type->kind == TYPE_bytes)
        item =
            nofail(emit2(f, IR_elem, lower_simple(f, TYPE_u8), pattern->span, it->over, it->index));
    else if (it->over)
        item = lower_elem(f, it->over->type, it->over, it->index, true, pattern->span);
    lower_pattern(f, pattern, item, NULL, 0);
}

/* ---- begin and end ---- */

static void enter(struct frame *f, struct iteration *it)
{
    it->mark = f->cleanups.count;
    it->calls = f->calls;
    it->loop = (struct loop){.outer = f->loop, .next = emit_block(f), .exit = emit_block(f)};
}

static void enter_body(struct frame *f, struct iteration *it)
{
    it->loop.mark = f->cleanups.count;
    f->loop_depth++;
}

static void loop_begin(struct frame *f, struct iteration *it, struct node *pattern,
                       struct node *iter, struct node *within, struct ir_value *room)
{
    *it = (struct iteration){0};
    enter(f, it);
    if (iter->kind == NODE_range) {
        range_begin(f, it, iter, room);
    } else {
        it->over = lower_subject(f, iter, within);
        if (it->over->type->kind == TYPE_map)
            map_begin(f, it, room, iter->span);
        else
            array_begin(f, it, room, iter->span);
    }
    enter_body(f, it);
    bind_item(f, it, pattern);
}

static void next_round(struct frame *f, struct iteration *it, struct span span)
{
    if (it->step) {
        struct ir_value *i = nofail(emit2(f, IR_add, it->index->type, span, it->index, it->step));
        i->imm.wrap = true;
        range_test(f, it, it->index, i, it->head, span);
        return;
    }
    struct ir_value *i = next_index(f, it->index, span);
    emit_br(f, it->head, &i, 1, span);
}

/* A task looks whether it is to end once a round; but not where what it goes over bounds the rounds
 * and none takes long. */
static void poll(struct frame *f, struct span span)
{
    if (!(f->ir->flags & FUNC_TASK))
        return;
    struct ir_block *fail = cleanup_fail(f);
    emit0(f, IR_poll, NULL, span)->fail = fail;
}

static void loop_end(struct frame *f, struct iteration *it, struct span span)
{
    cleanup_pop(f, it->loop.mark, span);
    f->loop_depth--;
    emit_br(f, it->loop.next, NULL, 0, span);
    emit_start(f, it->loop.next);
    if (!it->over || f->calls != it->calls)
        poll(f, span);
    next_round(f, it, span);
    emit_start(f, it->loop.exit);
    cleanup_pop(f, it->mark, span);
}

void lower_for(struct frame *f, struct node *n)
{
    struct iteration it;
    loop_begin(f, &it, n->for_.pattern, n->for_.iter, n->for_.body, NULL);
    f->loop = &it.loop;
    val_discard(f, lower_expr(f, n->for_.body), n->span);
    f->loop = it.loop.outer;
    loop_end(f, &it, n->span);
}

void lower_while(struct frame *f, struct node *n)
{
    struct loop loop = {.outer = f->loop, .mark = f->cleanups.count};
    loop.next = emit_block(f);
    loop.exit = emit_block(f);
    emit_br(f, loop.next, NULL, 0, n->span);
    emit_start(f, loop.next);
    poll(f, n->span);
    f->loop_depth++;
    lower_branch(f, n->while_.cond, loop.exit, loop.mark, n);
    f->loop = &loop;
    val_discard(f, lower_expr(f, n->while_.body), n->span);
    f->loop = loop.outer;
    f->loop_depth--;
    cleanup_pop(f, loop.mark, n->span);
    emit_br(f, loop.next, NULL, 0, n->span);
    emit_start(f, loop.exit);
}

/* ---- comprehensions ---- */

struct ir_value *loop_builder(struct frame *f, struct ir_value *initial, int32_t *entry,
                              struct span span)
{
    struct ir_value *place = emit_place(f, IR_slot, initial->type, span, NULL, 0);
    emit2(f, IR_store, NULL, span, place, initial);
    *entry = cleanup_push(f, place);
    return place;
}

struct val loop_built(struct frame *f, struct ir_value *place, int32_t entry, struct span span)
{
    struct ir_value *v = emit1(f, IR_take, place->type, span, place);
    cleanup_kill(f, entry);
    return val_owned(v);
}

/* The array is made when the number of rounds is known, so after what it goes over: until then its
 * place, which is on the cleanup stack all the time, holds an empty one. */
struct val lower_comp(struct frame *f, struct node *n)
{
    const struct type *t = lower_type(f, n->type);
    struct iteration it;
    int32_t entry;
    struct ir_value *empty = emit0(f, IR_const_empty, t, n->span);
    struct ir_value *place = loop_builder(f, empty, &entry, n->span);
    struct node *cond = n->comp_.cond;
    loop_begin(f, &it, n->comp_.pattern, n->comp_.iter, n, cond ? NULL : place);
    if (cond)
        lower_branch(f, cond, it.loop.next, it.loop.mark, n);
    struct ir_value *v = lower_owned(f, n->comp_.value);
    emit2(f, !cond && it.count ? IR_append : IR_push, NULL, n->span, place, v);
    loop_end(f, &it, n->span);
    return loop_built(f, place, entry, n->span);
}
