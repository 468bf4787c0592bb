/* interp_expr.c - expressions and statements, a function a kind of node; eval() at the end picks by
 * kind. Loops, places, calls and tasks have files of their own. */
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

static enum flow eval_symbol(struct frame *f, struct symbol *s, void *out)
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

/* ---- lending: the value of a place without copying it ---- */

/* Address of the value if `n` is a local or a field of one, else NULL. Reading it has no effect. */
static const void *lend(struct frame *f, struct node *n)
{
    const struct slot *slot;
    if (n->kind == NODE_name && n->name_.symbol && n->name_.symbol->kind == SYM_LOCAL)
        return frame_local(f, n->name_.symbol, &slot);
    struct node *object = n->kind == NODE_dot         ? n->dot_.object
                          : n->kind == NODE_tuple_dot ? n->tuple_dot_.object
                                                      : NULL;
    if (!object || (n->kind == NODE_dot && (n->dot_.builtin || n->dot_.symbol)))
        return NULL;
    const char *whole = lend(f, object);
    uint32_t index = n->kind == NODE_dot ? n->dot_.index : n->tuple_dot_.index;
    return whole ? whole + type_of(f, object->type)->fields[index].offset : NULL;
}

/* True if evaluating `n` changes nothing and cannot fail, so that it may come before or after. */
static bool is_quiet(const struct node *n)
{
    return n->kind == NODE_int || n->kind == NODE_str ||
           (n->kind == NODE_name && n->name_.symbol && n->name_.symbol->kind == SYM_LOCAL);
}

/* ---- parts of values ---- */

/* What a dot gives of a lent object. */
static void get_error_part(enum builtin which, const struct dfl_error *e, void *out)
{
    switch (which) {
    case BUILTIN_message:
        copy(&value_str, out, &e->message);
        return;
    case BUILTIN_kind: {
        const char *name = dfl_fail_name(e->kind);
        *(struct dfl_view *)out = value_static(name, (int64_t)strlen(name));
        return;
    }
    case BUILTIN_file: {
        const char *file = e->site.file ? e->site.file : "";
        *(struct dfl_view *)out = value_static(file, (int64_t)strlen(file));
        return;
    }
    case BUILTIN_line:
        *(int64_t *)out = e->site.line;
        return;
    case BUILTIN_chain:
        copy(&value_strs, out, &e->chain);
        return;
    default:
        assert(!"a property of errors");
    }
}

/* An error? as the bytes of an option. */
static void get_cause(struct frame *f, struct node *n, const struct dfl_error *e, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    memset(out, 0, t->size);
    *(uint8_t *)out = e->cause != NULL;
    if (e->cause)
        copy(&value_error, payload(t, out), &e->cause);
}

static int64_t length(const struct dfl_type *t, const void *value)
{
    if (t->kind == DFL_GRID)
        return ((const struct dfl_grid *)value)->dims[0];
    return t->kind == DFL_MAP ? dfl_map_len((struct dfl_map *const *)value)
                              : ((const struct dfl_view *)value)->len;
}

static void get_property(struct frame *f, struct node *n, enum builtin which,
                         const struct dfl_type *t, const void *object, void *out)
{
    if (which == BUILTIN_len)
        *(int64_t *)out = length(t, object);
    else if (which == BUILTIN_rows || which == BUILTIN_cols)
        *(int64_t *)out = ((const struct dfl_grid *)object)->dims[which == BUILTIN_cols];
    else if (which == BUILTIN_shape)
        memcpy(out, ((const struct dfl_grid *)object)->dims, t->rank * sizeof(int64_t));
    else if (which == BUILTIN_cause)
        get_cause(f, n, *(struct dfl_error *const *)object, out);
    else if (which == BUILTIN_done)
        *(uint8_t *)out = task_settled(*(struct dfl_task *const *)object);
    else
        get_error_part(which, *(struct dfl_error *const *)object, out);
}

static void get_part(struct frame *f, struct node *n, const struct dfl_type *t, const void *object,
                     void *out)
{
    if (n->kind == NODE_dot && n->dot_.builtin) {
        get_property(f, n, n->dot_.builtin, t, object, out);
        return;
    }
    uint32_t index = n->kind == NODE_dot ? n->dot_.index : n->tuple_dot_.index;
    copy(t->fields[index].type, out, (const char *)object + t->fields[index].offset);
}

/* A field or property. */
static enum flow eval_dot(struct frame *f, struct node *n, void *out)
{
    if (n->kind == NODE_dot && n->dot_.symbol)
        return eval_symbol(f, n->dot_.symbol, out);
    struct node *object = n->kind == NODE_dot ? n->dot_.object : n->tuple_dot_.object;
    const struct dfl_type *t = type_of(f, object->type);
    const void *lent = lend(f, object);
    if (lent) {
        get_part(f, n, t, lent, out);
        return FLOW_ON;
    }
    char *mark = f->in->top, *owned = temp(f->in, t->size);
    enum flow flow = eval(f, object, owned);
    if (flow == FLOW_ON) {
        get_part(f, n, t, owned, out);
        drop(t, owned);
    }
    f->in->top = mark;
    return flow;
}

/* ---- indices and slices ---- */

static enum flow get_element(struct frame *f, struct node *n, const struct dfl_type *t,
                             const struct dfl_view *v, int64_t i, void *out)
{
    if (i < 0 || i >= v->len) {
        struct dfl_site site = frame_site(f, n);
        return frame_fail(f, dfl_fail_bounds(&site, i, v->len));
    }
    if (t->kind == DFL_BYTES)
        number_put_int(type_of(f, n->type), out, ((const uint8_t *)v->ptr)[i]);
    else
        copy(t->elem, out, (const char *)v->ptr + (uint64_t)i * t->elem->size);
    return FLOW_ON;
}

static enum flow get_entry(struct frame *f, struct node *n, const struct dfl_type *t,
                           struct dfl_map *const *map, const void *key, void *out)
{
    void *value = dfl_map_find(t, map, key);
    if (!value) {
        struct dfl_site site = frame_site(f, n);
        return frame_fail(f, dfl_fail_key(&site, t->key, key));
    }
    copy(t->elem, out, value);
    return FLOW_ON;
}

static enum flow get_indexed(struct frame *f, struct node *n, const struct dfl_type *t,
                             const void *object, const struct dfl_type *index_type,
                             const void *index, void *out)
{
    if (t->kind == DFL_MAP)
        return get_entry(f, n, t, object, index, out);
    return get_element(f, n, t, object, number_int(index_type, index), out);
}

/* The index is evaluated first only where nobody can tell. */
static enum flow eval_index_lent(struct frame *f, struct node *n, const void *lent, void *out)
{
    struct node *index = n->index_.indices.at[0];
    const struct dfl_type *t = type_of(f, n->index_.object->type), *ti = type_of(f, index->type);
    const void *i = lend(f, index);
    if (i)
        return get_indexed(f, n, t, lent, ti, i, out);
    char *mark = f->in->top;
    void *owned = temp(f->in, ti->size);
    enum flow flow = eval(f, index, owned);
    if (flow == FLOW_ON) { /* a literal, so there is nothing to drop */
        flow = get_indexed(f, n, t, lent, ti, owned, out);
    }
    f->in->top = mark;
    return flow;
}

static enum flow eval_index_owned(struct frame *f, struct node *n, void *out)
{
    struct node *index = n->index_.indices.at[0];
    const struct dfl_type *t = type_of(f, n->index_.object->type), *ti = type_of(f, index->type);
    char *mark = f->in->top, *object = temp(f->in, t->size), *i = temp(f->in, ti->size);
    enum flow flow = eval(f, n->index_.object, object);
    if (flow == FLOW_ON) {
        flow = eval(f, index, i);
        if (flow == FLOW_ON) {
            flow = get_indexed(f, n, t, object, ti, i, out);
            drop(ti, i);
        }
        drop(t, object);
    }
    f->in->top = mark;
    return flow;
}

static enum flow slice_of(struct frame *f, struct node *n, const struct dfl_type *t,
                          const struct dfl_view *v, int64_t lo, int64_t hi, struct dfl_view *out)
{
    struct dfl_site site = frame_site(f, n);
    if (t->kind == DFL_STR) {
        struct dfl_error *e = dfl_str_slice(v, lo, hi, out, &site);
        return e ? frame_fail(f, e) : FLOW_ON;
    }
    if (lo < 0 || lo > hi || hi > v->len)
        return frame_fail(f, dfl_fail_slice(&site, lo, hi, v->len));
    uint64_t size = t->kind == DFL_ARRAY ? t->elem->size : 1;
    *out = (struct dfl_view){v->block, (char *)v->ptr + (uint64_t)lo * size, hi - lo};
    block_retain(out->block);
    return FLOW_ON;
}

static enum flow eval_bound(struct frame *f, struct node *bound, int64_t *out)
{
    return bound ? eval(f, bound, out) : FLOW_ON;
}

static enum flow eval_slice(struct frame *f, struct node *n, void *out)
{
    struct node *range = n->index_.indices.at[0];
    const struct dfl_type *t = type_of(f, n->index_.object->type);
    struct dfl_view object;
    enum flow flow = eval(f, n->index_.object, &object);
    if (flow != FLOW_ON)
        return flow;
    int64_t lo = 0, hi = object.len;
    flow = eval_bound(f, range->range_.lo, &lo);
    if (flow == FLOW_ON)
        flow = eval_bound(f, range->range_.hi, &hi);
    if (flow == FLOW_ON)
        flow = slice_of(f, n, t, &object, lo, hi, out);
    drop(t, &object);
    return flow;
}

/* What the axes of a lent grid are indexed with. */
static enum flow eval_axes(struct frame *f, const struct nodes *indices, uint32_t form,
                           const struct dfl_grid *m, int64_t *at)
{
    enum flow flow = FLOW_ON;
    for (uint32_t i = 0; i < indices->count && flow == FLOW_ON; i++) {
        struct node *index = indices->at[i];
        if (grid_form(form, i) == GRID_AT) {
            flow = eval(f, index, at++);
        } else if (grid_form(form, i) == GRID_RANGE) {
            at[0] = 0;
            at[1] = m->dims[i];
            flow = eval_bound(f, index->range_.lo, at++);
            if (flow == FLOW_ON)
                flow = eval_bound(f, index->range_.hi, at++);
        }
    }
    return flow;
}

static enum flow get_grid_part(struct frame *f, struct node *n, const struct dfl_type *t,
                               const struct dfl_grid *m, void *out)
{
    int64_t at[2 * DFL_RANK_MAX];
    uint32_t form = ast_index_form(n);
    enum flow flow = eval_axes(f, &n->index_.indices, form, m, at);
    if (flow != FLOW_ON)
        return flow;
    struct dfl_site site = frame_site(f, n);
    struct dfl_error *e;
    if (form) {
        e = dfl_grid_part(t, m, form, at, out, &site);
    } else {
        const void *element = grid_find(t, m, at, &site, &e);
        if (element)
            move(t->elem, out, element);
    }
    return e ? frame_fail(f, e) : FLOW_ON;
}

static bool all_quiet(const struct nodes *indices)
{
    for (uint32_t i = 0; i < indices->count; i++) {
        const struct node *index = indices->at[i];
        bool range = index->kind == NODE_range;
        if (!range && !is_quiet(index))
            return false;
        if (range && ((index->range_.lo && !is_quiet(index->range_.lo)) ||
                      (index->range_.hi && !is_quiet(index->range_.hi))))
            return false;
    }
    return true;
}

static enum flow eval_grid_index(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->index_.object->type);
    const void *lent = all_quiet(&n->index_.indices) ? lend(f, n->index_.object) : NULL;
    if (lent)
        return get_grid_part(f, n, t, lent, out);
    char *mark = f->in->top, *owned = temp(f->in, t->size);
    enum flow flow = eval(f, n->index_.object, owned);
    if (flow == FLOW_ON) {
        flow = get_grid_part(f, n, t, (const void *)owned, out);
        drop(t, owned);
    }
    f->in->top = mark;
    return flow;
}

static enum flow eval_index(struct frame *f, struct node *n, void *out)
{
    if (type_of(f, n->index_.object->type)->kind == DFL_GRID)
        return eval_grid_index(f, n, out);
    if (n->index_.indices.at[0]->kind == NODE_range)
        return eval_slice(f, n, out);
    const void *lent = is_quiet(n->index_.indices.at[0]) ? lend(f, n->index_.object) : NULL;
    return lent ? eval_index_lent(f, n, lent, out) : eval_index_owned(f, n, out);
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
    enum flow flow = eval(f, n->fail_.message, &message);
    if (flow != FLOW_ON)
        return flow;
    struct dfl_site site = frame_site(f, n);
    struct dfl_error *e = dfl_fail_message(&site, &message);
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
        get_property(f, n, n->call_.builtin, t, object, out);
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

static enum flow eval_let(struct frame *f, struct node *n, void *out)
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

static enum flow eval_block(struct frame *f, struct node *n, void *out)
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

static enum flow eval_if(struct frame *f, struct node *n, void *out)
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

static enum flow eval_match(struct frame *f, struct node *n, void *out)
{
    struct node *arm = NULL;
    enum flow flow = choose_arm(f, n, &arm);
    if (flow == FLOW_ON)
        flow = eval_as(f, arm->arm_.body, n->type, out);
    for (uint32_t i = 0; i < n->match_.arms.count; i++)
        pattern_unbind(f, n->match_.arms.at[i]->arm_.pattern);
    return flow;
}

static enum flow eval_return(struct frame *f, struct node *n, void *out)
{
    (void)out;
    enum flow flow = n->return_.value ? eval(f, n->return_.value, f->result) : FLOW_ON;
    return flow == FLOW_ON ? FLOW_RETURN : flow;
}

static enum flow eval_break(struct frame *f, struct node *n, void *out)
{
    (void)f, (void)n, (void)out;
    return FLOW_BREAK;
}

static enum flow eval_continue(struct frame *f, struct node *n, void *out)
{
    (void)f, (void)n, (void)out;
    return FLOW_CONTINUE;
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
    [NODE_cancel] = eval_refused,
    [NODE_detach] = eval_refused,
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
    [NODE_select] = eval_refused,
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
