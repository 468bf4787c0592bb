/* interp_expr.c - values as written: literals, names, operators, options and results, what is made
 * of parts. eval() at the end picks a function by the kind of node, from all files. */
#include "interp_core.h"

#include "error.h"
#include "format.h"
#include "grid.h"
#include "value.h"

#include <assert.h>

/* ---- literals ---- */

static enum flow eval_int(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    if (t->kind == DFL_FLOAT)
        *(double *)out = (double)n->int_.value;
    else if (t->kind == DFL_F32)
        *(float *)out = (float)n->int_.value;
    else
        number_put_int(t, out, (int64_t)n->int_.value);
    return FLOW_ON;
}

static enum flow eval_float(struct frame *f, struct node *n, void *out)
{
    if (type_of(f, n->type)->kind == DFL_F32)
        *(float *)out = (float)n->float_.value;
    else
        *(double *)out = n->float_.value;
    return FLOW_ON;
}

static enum flow eval_bool(struct frame *f, struct node *n, void *out)
{
    (void)f;
    *(uint8_t *)out = n->bool_.value;
    return FLOW_ON;
}

static enum flow eval_duration(struct frame *f, struct node *n, void *out)
{
    (void)f;
    *(int64_t *)out = n->duration_.ns;
    return FLOW_ON;
}

static enum flow eval_str(struct frame *f, struct node *n, void *out)
{
    (void)f;
    *(struct dfl_view *)out = value_static(n->str_.bytes, n->str_.len);
    return FLOW_ON;
}

static enum flow eval_bytes(struct frame *f, struct node *n, void *out)
{
    (void)f;
    *(struct dfl_view *)out = value_static(n->bytes_.bytes, n->bytes_.len);
    return FLOW_ON;
}

/* ---- text with holes ---- */

static enum flow put_hole(struct frame *f, struct node *hole, struct buffer *b)
{
    const struct dfl_type *t = type_of(f, hole->hole_.value->type);
    char *mark = f->in->top, *value = temp(f->in, t->size);
    enum flow flow = eval(f, hole->hole_.value, value);
    if (flow == FLOW_ON) {
        dfl_buffer_value(b, t, value, hole->hole_.format);
        drop(t, value);
    }
    f->in->top = mark;
    return flow;
}

static enum flow eval_interp(struct frame *f, struct node *n, void *out)
{
    struct buffer b;
    dfl_buffer_begin(&b);
    for (uint32_t i = 0; i < n->interp_.parts.count; i++) {
        struct node *part = n->interp_.parts.at[i];
        enum flow flow = FLOW_ON;
        if (part->kind == NODE_str)
            dfl_buffer_text(&b, part->str_.bytes, part->str_.len);
        else
            flow = put_hole(f, part, &b);
        if (flow != FLOW_ON) {
            buffer_discard(&b);
            return flow;
        }
    }
    dfl_buffer_end(&b, out);
    return FLOW_ON;
}

/* ---- names ---- */

/* A module-level constant, computed when it is first used. */
struct constant {
    const struct dfl_type *type;
    char value[];
};

static enum flow constant_make(struct frame *f, struct symbol *s, struct constant **out)
{
    static struct func no_function;
    struct instance inst = {.symbol = s, .func = &no_function};
    struct frame at_module = {.in = f->in, .instance = &inst};
    struct node *value = s->node->let_.value;
    const struct dfl_type *t = type_of(&at_module, value->type);
    struct constant *c = arena_alloc(&f->in->arena, sizeof *c + t->size, 16);
    c->type = t;
    enum flow flow = eval(&at_module, value, c->value);
    if (flow != FLOW_ON)
        return flow;
    name_map_set(&f->in->arena, &f->in->constants, (const char *)s, c);
    vec_push(&f->in->arena, &f->in->constant_list, c);
    *out = c;
    return FLOW_ON;
}

/* A variant without parts. */
static enum flow put_tag(struct frame *f, const struct symbol *variant, void *out)
{
    memset(out, 0, type_of(f, variant->type)->size);
    *(uint32_t *)out = variant->index;
    return FLOW_ON;
}

enum flow eval_symbol(struct frame *f, struct symbol *s, void *out)
{
    if (s->kind == SYM_VARIANT)
        return put_tag(f, s, out);
    if (s->kind == SYM_LOCAL) {
        const struct slot *slot;
        void *place = frame_local(f, s, &slot);
        copy(slot->type, out, place);
        return FLOW_ON;
    }
    assert(s->kind == SYM_CONST);
    struct constant *c = name_map_get(&f->in->constants, (const char *)s);
    enum flow flow = c ? FLOW_ON : constant_make(f, s, &c);
    if (flow == FLOW_ON)
        copy(c->type, out, c->value);
    return flow;
}

static enum flow eval_name(struct frame *f, struct node *n, void *out)
{
    return eval_symbol(f, n->name_.symbol, out);
}

/* ---- operators ---- */

static enum flow eval_unary(struct frame *f, struct node *n, void *out)
{
    struct node *operand = n->unary_.value;
    const struct dfl_type *t = type_of(f, operand->type);
    if (n->unary_.op == OP_neg && operand->kind == NODE_int && !number_is_float(t)) {
        number_put_int(t, out, (int64_t)-operand->int_.value); /* also the least number */
        return FLOW_ON;
    }
    uint64_t value;
    enum flow flow = eval(f, operand, &value);
    if (flow != FLOW_ON)
        return flow;
    if (n->unary_.op == OP_not)
        *(uint8_t *)out = !*(uint8_t *)&value;
    else if (n->unary_.op == OP_inv)
        number_put_int(t, out, ~number_int(t, &value));
    else
        return number_negate(f, n, t, &value, out);
    return FLOW_ON;
}

static enum flow eval_logic(struct frame *f, struct node *n, void *out)
{
    uint8_t left;
    enum flow flow = eval(f, n->binary_.left, &left);
    if (flow != FLOW_ON)
        return flow;
    if (left == (n->binary_.op == OP_land))
        return eval(f, n->binary_.right, out);
    *(uint8_t *)out = left;
    return FLOW_ON;
}

static enum flow eval_binary_temps(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *left = type_of(f, n->binary_.left->type);
    const struct dfl_type *right = type_of(f, n->binary_.right->type);
    char *mark = f->in->top, *a = temp(f->in, left->size), *b = temp(f->in, right->size);
    enum flow flow = eval(f, n->binary_.left, a);
    if (flow == FLOW_ON) {
        flow = eval(f, n->binary_.right, b);
        if (flow == FLOW_ON) {
            flow = number_operate(f, n, n->binary_.op, left, a, right, b, out);
            drop(right, b);
        }
        drop(left, a);
    }
    f->in->top = mark;
    return flow;
}

static enum flow eval_binary(struct frame *f, struct node *n, void *out)
{
    enum op op = n->binary_.op;
    if (op == OP_land || op == OP_lor)
        return eval_logic(f, n, out);
    const struct dfl_type *left = type_of(f, n->binary_.left->type);
    const struct dfl_type *right = type_of(f, n->binary_.right->type);
    if (left->refs || left->size > 8 || right->size > 8)
        return eval_binary_temps(f, n, out);
    uint64_t a, b;
    enum flow flow = eval(f, n->binary_.left, &a);
    if (flow == FLOW_ON)
        flow = eval(f, n->binary_.right, &b);
    return flow == FLOW_ON ? number_operate(f, n, op, left, &a, right, &b, out) : flow;
}

static enum flow eval_cast(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *from = type_of(f, n->cast_.value->type);
    if (from == type_of(f, n->type))
        return eval(f, n->cast_.value, out);
    uint64_t value;
    enum flow flow = eval(f, n->cast_.value, &value);
    return flow == FLOW_ON ? number_cast(f, n, from, &value, out) : flow;
}

static enum flow eval_is(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->is_.value->type);
    char *mark = f->in->top, *value = temp(f->in, t->size);
    enum flow flow = eval(f, n->is_.value, value);
    if (flow == FLOW_ON) {
        *(uint8_t *)out = pattern_match(f, n->is_.pattern, value);
        drop(t, value);
    }
    f->in->top = mark;
    return flow;
}

/* ---- options and results ---- */

/* Turns an owned none or err into the one that the function returns. */
static enum flow return_without(struct frame *f, const struct dfl_type *from, void *value)
{
    const struct dfl_type *to = f->instance->result;
    assert(to->kind == from->kind);
    memset(f->result, 0, to->size);
    if (from->kind == DFL_RESULT)
        *(struct dfl_error **)f->result = *(struct dfl_error **)value;
    return FLOW_RETURN;
}

static enum flow eval_question(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->question_.value->type);
    char *mark = f->in->top, *value = temp(f->in, t->size);
    enum flow flow = eval(f, n->question_.value, value);
    if (flow == FLOW_ON) {
        if (holds_value(t, value))
            move(t->elem, out, payload(t, value));
        else
            flow = return_without(f, t, value);
    }
    f->in->top = mark;
    return flow;
}

static enum flow eval_else(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->else_.value->type);
    char *mark = f->in->top, *value = temp(f->in, t->size);
    enum flow flow = eval(f, n->else_.value, value);
    bool held = flow == FLOW_ON && holds_value(t, value);
    if (held)
        move(t->elem, out, payload(t, value));
    else if (flow == FLOW_ON)
        drop(t, value);
    f->in->top = mark;
    return flow != FLOW_ON || held ? flow : eval(f, n->else_.otherwise, out);
}

static void put_held(const struct dfl_type *t, void *out)
{
    if (t->kind == DFL_OPTION)
        *(uint8_t *)out = 1;
    else
        *(struct dfl_error **)out = NULL;
}

/* some(value) or ok(value), as `n`'s type says. */
static enum flow eval_held(struct frame *f, struct node *n, struct node *value, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    memset(out, 0, t->size);
    enum flow flow = eval(f, value, payload(t, out));
    put_held(t, out);
    return flow;
}

static enum flow eval_wrap(struct frame *f, struct node *n, void *out)
{
    return eval_held(f, n, n->wrap_.value, out);
}

static enum flow eval_err(struct frame *f, struct node *n, struct node *value, void *out)
{
    const struct dfl_type *t = type_of(f, value->type);
    memset(out, 0, type_of(f, n->type)->size);
    if (t->kind == DFL_ERROR)
        return eval(f, value, out);
    struct dfl_view message;
    enum flow flow = eval(f, value, &message);
    if (flow != FLOW_ON)
        return flow;
    struct dfl_site site = frame_site(f, n);
    *(struct dfl_error **)out = dfl_fail_message(&site, &message);
    drop(t, &message);
    return FLOW_ON;
}

static enum flow eval_fail(struct frame *f, struct node *n, void *out)
{
    (void)out;
    struct dfl_view message;
    struct dfl_error *cause = NULL;
    enum flow flow = eval(f, n->fail_.message, &message);
    if (flow != FLOW_ON)
        return flow;
    if (n->fail_.cause && (flow = eval(f, n->fail_.cause, &cause)) != FLOW_ON) {
        drop(&value_str, &message);
        return flow;
    }
    struct dfl_site site = frame_site(f, n);
    struct dfl_error *e = dfl_fail_message(&site, &message);
    e->cause = cause;
    drop(&value_str, &message);
    if (f->instance->result->kind != DFL_RESULT)
        return frame_fail(f, e);
    memset(f->result, 0, f->instance->result->size);
    *(struct dfl_error **)f->result = e;
    return FLOW_RETURN;
}

/* A builtin that is written as a call or a bare name. */
enum flow eval_builtin(struct frame *f, struct node *n, void *out)
{
    struct node *first = n->call_.args.count ? n->call_.args.at[0] : NULL;
    switch (n->call_.builtin) {
    case BUILTIN_some:
    case BUILTIN_ok:
        return eval_held(f, n, first, out);
    case BUILTIN_none:
        memset(out, 0, type_of(f, n->type)->size);
        return FLOW_ON;
    case BUILTIN_err:
        return eval_err(f, n, first, out);
    default:
        break;
    }
    const struct dfl_type *t = type_of(f, first->type);
    char *mark = f->in->top, *object = temp(f->in, t->size);
    enum flow flow = eval(f, first, object);
    if (flow == FLOW_ON) {
        part_property(f, n, n->call_.builtin, t, object, out);
        drop(t, object);
    }
    f->in->top = mark;
    return flow;
}

/* ---- making arrays, maps, tuples, records ---- */

static enum flow eval_array(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    char *mark = f->in->top, *value = temp(f->in, t->elem->size);
    struct dfl_view made;
    dfl_array_new(t->elem, &made, n->array_.elems.count);
    enum flow flow = FLOW_ON;
    for (uint32_t i = 0; i < n->array_.elems.count && flow == FLOW_ON; i++) {
        flow = eval(f, n->array_.elems.at[i], value);
        if (flow == FLOW_ON)
            dfl_array_push(t->elem, &made, value);
    }
    f->in->top = mark;
    if (flow == FLOW_ON)
        *(struct dfl_view *)out = made;
    else
        drop(t, &made);
    return flow;
}

/* map[key] = value; both are the caller's, the value is moved. */
static void put_entry(const struct dfl_type *t, struct dfl_map **map, const void *key, void *value)
{
    int32_t fresh;
    void *place = dfl_map_slot(t, map, key, &fresh);
    if (fresh)
        move(t->elem, place, value);
    else
        replace(t->elem, place, value);
}

static enum flow add_entry(struct frame *f, struct node *entry, const struct dfl_type *t,
                           struct dfl_map **map)
{
    char *mark = f->in->top, *key = temp(f->in, t->key->size);
    char *value = temp(f->in, t->elem->size);
    enum flow flow = eval(f, entry->entry_.key, key);
    if (flow == FLOW_ON) {
        flow = eval(f, entry->entry_.value, value);
        if (flow == FLOW_ON)
            put_entry(t, map, key, value);
        drop(t->key, key);
    }
    f->in->top = mark;
    return flow;
}

static enum flow eval_map(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    struct dfl_map *made = NULL;
    enum flow flow = FLOW_ON;
    for (uint32_t i = 0; i < n->map_.entries.count && flow == FLOW_ON; i++)
        flow = add_entry(f, n->map_.entries.at[i], t, &made);
    if (flow == FLOW_ON)
        *(struct dfl_map **)out = made;
    else
        drop(t, &made);
    return flow;
}

static enum flow eval_tuple(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    if (t->size)
        memset(out, 0, t->size);
    for (uint32_t i = 0; i < n->tuple_.elems.count; i++) {
        enum flow flow = eval(f, n->tuple_.elems.at[i], (char *)out + t->fields[i].offset);
        if (flow == FLOW_ON)
            continue;
        while (i-- > 0)
            drop(t->fields[i].type, (char *)out + t->fields[i].offset);
        return flow;
    }
    return FLOW_ON;
}

static enum flow eval_record_lit(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    if (t->size)
        memset(out, 0, t->size);
    for (uint32_t i = 0; i < n->record_lit_.fields.count; i++) {
        struct node *init = n->record_lit_.fields.at[i];
        const struct dfl_field *field = &t->fields[init->field_init_.index];
        enum flow flow = eval(f, init->field_init_.value, (char *)out + field->offset);
        if (flow == FLOW_ON)
            continue;
        while (i-- > 0) {
            field = &t->fields[n->record_lit_.fields.at[i]->field_init_.index];
            drop(field->type, (char *)out + field->offset);
        }
        return flow;
    }
    return FLOW_ON;
}

static enum flow set_field(struct frame *f, struct node *init, const struct dfl_type *t,
                           void *whole)
{
    const struct dfl_field *field = &t->fields[init->field_init_.index];
    char *mark = f->in->top, *value = temp(f->in, field->type->size);
    enum flow flow = eval(f, init->field_init_.value, value);
    if (flow == FLOW_ON)
        replace(field->type, (char *)whole + field->offset, value);
    f->in->top = mark;
    return flow;
}

static enum flow eval_update(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    enum flow flow = eval(f, n->update_.base, out);
    if (flow != FLOW_ON)
        return flow;
    for (uint32_t i = 0; i < n->update_.fields.count && flow == FLOW_ON; i++)
        flow = set_field(f, n->update_.fields.at[i], t, out);
    if (flow != FLOW_ON)
        drop(t, out);
    return flow;
}

static enum flow eval_refused(struct frame *f, struct node *n, void *out)
{
    (void)f, (void)n, (void)out;
    assert(!"a construct that check refuses");
    return FLOW_FAIL;
}

/* ---- entry ---- */

static enum flow (*const evals[NODE_KINDS])(struct frame *, struct node *, void *out) = {
    [NODE_let] = eval_let,
    [NODE_assign] = eval_assign,
    [NODE_while] = eval_while,
    [NODE_for] = eval_for,
    [NODE_expect] = eval_expect,
    [NODE_cancel] = eval_cancel,
    [NODE_detach] = eval_detach,
    [NODE_block] = eval_block,
    [NODE_if] = eval_if,
    [NODE_match] = eval_match,
    [NODE_return] = eval_return,
    [NODE_fail] = eval_fail,
    [NODE_break] = eval_break,
    [NODE_continue] = eval_continue,
    [NODE_int] = eval_int,
    [NODE_float] = eval_float,
    [NODE_bool] = eval_bool,
    [NODE_str] = eval_str,
    [NODE_bytes] = eval_bytes,
    [NODE_duration] = eval_duration,
    [NODE_interp] = eval_interp,
    [NODE_name] = eval_name,
    [NODE_call] = eval_call,
    [NODE_dot] = eval_dot,
    [NODE_tuple_dot] = eval_dot,
    [NODE_index] = eval_index,
    [NODE_unary] = eval_unary,
    [NODE_binary] = eval_binary,
    [NODE_cast] = eval_cast,
    [NODE_is] = eval_is,
    [NODE_else] = eval_else,
    [NODE_question] = eval_question,
    [NODE_await] = eval_await,
    [NODE_spawn] = eval_spawn,
    [NODE_array] = eval_array,
    [NODE_map] = eval_map,
    [NODE_tuple] = eval_tuple,
    [NODE_comp] = eval_comp,
    [NODE_record_lit] = eval_record_lit,
    [NODE_update] = eval_update,
    [NODE_par_for] = eval_refused,
    [NODE_select] = eval_select,
    [NODE_wrap] = eval_wrap,
    [NODE_delegate] = eval_delegate,
};

enum flow eval(struct frame *f, struct node *n, void *out)
{
    assert(evals[n->kind]);
    return evals[n->kind](f, n, out);
}

void constants_drop(struct interp *in)
{
    for (uint32_t i = 0; i < in->constant_list.count; i++)
        drop(in->constant_list.at[i]->type, in->constant_list.at[i]->value);
}
