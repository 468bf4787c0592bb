/* interp_call.c - calls: of functions, of functions that were passed down, of C functions. */
#include "interp_core.h"

#include "error.h"
#include "value.h"

#include <assert.h>

enum {
    STACK_RESERVE = 256 << 10, /* for C code called near the end of the stack */
    FN_DEPTH_MOST = 1500000,   /* activations of plain functions, as native code bounds them too */
    GENERICS_MOST = 64,        /* check refuses more */
};

/* ---- which function ---- */

static struct types concrete_types(struct frame *f, struct types open, const struct type **at)
{
    assert(open.count <= GENERICS_MOST);
    for (uint32_t i = 0; i < open.count; i++)
        at[i] = frame_concrete(f, open.at[i]);
    return (struct types){at, open.count};
}

struct closure call_target(struct frame *f, struct node *call)
{
    struct symbol *target = call->call_.target;
    const struct slot *slot;
    if (target->kind == SYM_LOCAL)
        return *(struct closure *)frame_local(f, target, &slot);
    assert(target->kind == SYM_FUNC);
    const struct type *at[GENERICS_MOST];
    struct types generics = concrete_types(f, call->call_.generics, at);
    return (struct closure){.instance = instance_of(f->in, target, generics, NULL)};
}

/* What a lambda reads of the functions around it is copied when it is made. */
static char *make_captures(struct frame *f, const struct instance *lambda)
{
    char *captures = temp(f->in, lambda->capture_size);
    for (uint32_t i = 0; i < lambda->func->captures.count; i++) {
        const struct slot *from, *to = &lambda->captures[i];
        void *value = frame_local(f, lambda->func->captures.at[i], &from);
        if (to->type)
            copy(to->type, captures + to->offset, value);
        else
            memcpy(captures + to->offset, value, sizeof(struct closure));
    }
    return captures;
}

static void drop_captures(const struct closure *c)
{
    for (uint32_t i = 0; c->captures && i < c->instance->func->captures.count; i++) {
        const struct slot *slot = &c->instance->captures[i];
        if (slot->type)
            drop(slot->type, c->captures + slot->offset);
    }
}

static struct closure closure_of(struct frame *f, struct node *n)
{
    const struct slot *slot;
    if (n->kind == NODE_lambda) {
        struct instance *lambda =
            instance_of(f->in, n->lambda_.symbol, f->instance->generics, f->instance);
        return (struct closure){lambda, make_captures(f, lambda)};
    }
    struct symbol *s = n->kind == NODE_dot ? n->dot_.symbol : n->name_.symbol;
    if (s->kind == SYM_LOCAL)
        return *(struct closure *)frame_local(f, s, &slot);
    return (struct closure){.instance = instance_of(f->in, s, (struct types){0}, NULL)};
}

/* ---- arguments ---- */

static enum flow evaluate_argument(struct frame *f, struct node *argument, const struct slot *slot,
                                   char *locals, struct key ***keys)
{
    if (slot->by_place)
        return place_keys(f, argument, keys);
    if (!slot->type) {
        *(struct closure *)(locals + slot->offset) = closure_of(f, argument);
        return FLOW_ON;
    }
    enum flow flow = eval(f, argument, locals + slot->offset);
    if (flow != FLOW_ON)
        memset(locals + slot->offset, 0, slot->type->size);
    return flow;
}

static struct edge *evaluate_edge(struct frame *f, struct node *argument, uint32_t parameter,
                                  enum flow *flow)
{
    const struct dfl_type *t = type_of(f, argument->type);
    struct edge *edge = temp(f->in, sizeof *edge + t->size);
    *edge = (struct edge){.type = t, .parameter = parameter};
    *flow = eval(f, argument, edge->value);
    return *flow == FLOW_ON ? edge : NULL;
}

/* In the order of the parameters: the first input that failed counts. */
static void add_edge(struct edge **edges, struct edge *edge)
{
    while (*edges && (*edges)->parameter < edge->parameter)
        edges = &(*edges)->next;
    edge->next = *edges;
    *edges = edge;
}

/* Once all arguments are known: where the places for `var` parameters are. */
static enum flow find_places(struct frame *f, struct node *call, struct instance *inst,
                             char *locals, struct key *keys)
{
    for (uint32_t done = 0; done < call->call_.args.count; done++) {
        uint32_t i = ast_call_order(call, done);
        if (!inst->slots[i].by_place)
            continue;
        void *place = place_find(f, call->call_.args.at[i], &keys);
        if (!place)
            return FLOW_FAIL;
        memcpy(locals + inst->slots[i].offset, &place, sizeof place);
    }
    return FLOW_ON;
}

enum flow call_arguments(struct frame *f, struct node *call, struct instance *inst, char *locals,
                         uint64_t edges, struct edge **waits)
{
    struct key *keys = NULL, **last = &keys;
    enum flow flow = FLOW_ON;
    for (uint32_t done = 0; done < call->call_.args.count && flow == FLOW_ON; done++) {
        uint32_t i = ast_call_order(call, done);
        struct node *argument = call->call_.args.at[i];
        if (i < 64 && edges >> i & 1) {
            struct edge *edge = evaluate_edge(f, argument, i, &flow);
            if (edge)
                add_edge(waits, edge);
        } else {
            flow = evaluate_argument(f, argument, &inst->slots[i], locals, &last);
        }
    }
    if (flow == FLOW_ON)
        flow = find_places(f, call, inst, locals, keys);
    place_drop_keys(keys);
    if (flow != FLOW_ON) {
        struct frame half = {.in = f->in, .instance = inst, .locals = locals};
        frame_drop_locals(&half);
    }
    return flow;
}

/* ---- running ---- */

typedef struct dfl_error *(*shim2)(void *, void *);
typedef struct dfl_error *(*shim3)(void *, void *, void *);
typedef struct dfl_error *(*shim4)(void *, void *, void *, void *);
typedef struct dfl_error *(*shim5)(void *, void *, void *, void *, void *);
typedef struct dfl_error *(*shim6)(void *, void *, void *, void *, void *, void *);
typedef struct dfl_error *(*shim7)(void *, void *, void *, void *, void *, void *, void *);
typedef struct dfl_error *(*shim8)(void *, void *, void *, void *, void *, void *, void *, void *);

/* Calls a C function of n pointers; a[0] is the fiber, of which there is none here. */
static struct dfl_error *call_pointers(void *fn, void **a, uint32_t n)
{
    switch (n) {
    case 2:
        return ((shim2)fn)(a[0], a[1]);
    case 3:
        return ((shim3)fn)(a[0], a[1], a[2]);
    case 4:
        return ((shim4)fn)(a[0], a[1], a[2], a[3]);
    case 5:
        return ((shim5)fn)(a[0], a[1], a[2], a[3], a[4]);
    case 6:
        return ((shim6)fn)(a[0], a[1], a[2], a[3], a[4], a[5]);
    case 7:
        return ((shim7)fn)(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
    default:
        assert(n == 8);
        return ((shim8)fn)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
    }
}

static __attribute__((noinline)) enum flow run_shim(struct frame *from, struct node *at,
                                                    struct instance *inst, char *locals, void *out)
{
    void *pointers[8] = {NULL};
    uint32_t n = 1;
    assert(inst->generics.count + inst->func->param_count + 2 <= 8);
    for (uint32_t i = 0; i < inst->generics.count; i++)
        pointers[n++] = (void *)inst->parameters[i];
    pointers[n++] = out;
    for (uint32_t i = 0; i < inst->func->param_count; i++) {
        char *slot = locals + inst->slots[i].offset;
        pointers[n++] = inst->slots[i].by_place ? *(void **)slot : slot;
    }
    struct dfl_error *e = call_pointers(inst->shim, pointers, n);
    if (!e)
        return FLOW_ON;
    struct dfl_site site = frame_site(from, at);
    return frame_fail(from, dfl_error_at(e, &site));
}

/* A C function that the program declares. */
static __attribute__((noinline)) enum flow run_c_fn(struct frame *from, struct node *at,
                                                    struct instance *inst, char *locals, void *out)
{
    void *args[DFL_C_PARAMS_MOST];
    const struct dfl_type *params[DFL_C_PARAMS_MOST];
    struct dfl_site site = frame_site(from, at);
    struct dfl_c_use use = {inst->c_fn, params, inst->result, &site};
    for (uint32_t i = 0; i < inst->func->param_count; i++) {
        char *slot = locals + inst->slots[i].offset;
        args[i] = inst->slots[i].by_place ? *(void **)slot : slot;
        params[i] = inst->slots[i].type;
    }
    struct dfl_error *e = dfl_c_call(NULL, &use, out, args);
    return e ? frame_fail(from, e) : FLOW_ON;
}

/* |(a, b)| binds the parts of a parameter without a name. */
static void bind_patterns(struct frame *f, struct nodes params)
{
    for (uint32_t i = 0; i < params.count; i++)
        if (params.at[i]->kind == NODE_pat_tuple)
            pattern_match(f, params.at[i], f->locals + f->instance->slots[i].offset);
}

static enum flow run_body(struct interp *in, const struct closure *c, char *locals, void *out)
{
    struct instance *inst = c->instance;
    struct frame f = {in, inst, locals, c->captures, temp(in, inst->result->size)};
    struct node *node = inst->symbol->node;
    struct node *body = node->kind == NODE_func   ? node->func_.body
                        : node->kind == NODE_test ? node->test_.body
                                                  : node->lambda_.body;
    if (node->kind == NODE_lambda)
        bind_patterns(&f, node->lambda_.params);
    in->fn_depth += inst->counts_depth;
    enum flow flow = eval_as(&f, body, inst->func->result, out);
    in->fn_depth -= inst->counts_depth;
    if (flow == FLOW_RETURN) {
        move(inst->result, out, f.result);
        flow = FLOW_ON;
    }
    return flow;
}

static bool room_is_left(const struct interp *in)
{
    char *here = __builtin_frame_address(0);
    return here - in->stack_end > STACK_RESERVE && in->top_end - in->top > STACK_RESERVE &&
           in->fn_depth < FN_DEPTH_MOST;
}

static enum flow fail_stack(struct frame *from, struct node *at)
{
    struct dfl_site site = frame_site(from, at);
    struct dfl_error *e = error_new(DFL_FAIL_stack, "%s", dfl_fail_text(DFL_FAIL_stack));
    return frame_fail(from, dfl_error_at(e, &site));
}

/* What leaves the standard library without a place gets that of the call. */
static void give_place(struct frame *from, struct node *at, const struct instance *callee,
                       enum flow flow, void *out)
{
    struct dfl_error **e = flow == FLOW_FAIL ? &from->in->failure : out;
    if (!callee->symbol->module->is_std ||
        (flow != FLOW_FAIL && callee->result->kind != DFL_RESULT) || !*e)
        return;
    struct dfl_site site = frame_site(from, at);
    *e = dfl_error_at(*e, &site);
}

enum flow call_run(struct frame *from, struct node *at, const struct closure *c, char *locals,
                   void *out)
{
    enum flow flow;
    char *mark = from->in->top;
    if (!room_is_left(from->in))
        flow = fail_stack(from, at);
    else if (c->instance->c_fn)
        flow = run_c_fn(from, at, c->instance, locals, out);
    else if (job_poll(from, at) != FLOW_ON)
        flow = FLOW_FAIL;
    else if (c->instance->shim)
        flow = run_shim(from, at, c->instance, locals, out);
    else
        flow = run_body(from->in, c, locals, out);
    give_place(from, at, c->instance, flow, out);
    from->in->top = mark;
    struct frame done = {.in = from->in, .instance = c->instance, .locals = locals};
    frame_drop_locals(&done);
    return flow;
}

char *call_locals(struct interp *in, const struct instance *inst)
{
    char *locals = temp(in, inst->size);
    memset(locals, 0, inst->size);
    return locals;
}

/* Ends what lambdas among the arguments hold. */
static void end_lambdas(struct node *call, const struct instance *inst, char *locals)
{
    for (uint32_t i = 0; i < call->call_.args.count; i++)
        if (call->call_.args.at[i]->kind == NODE_lambda)
            drop_captures((struct closure *)(locals + inst->slots[i].offset));
}

/* ---- variants ---- */

static void drop_fields(const struct dfl_field *fields, uint32_t count, char *parts)
{
    for (uint32_t i = 0; i < count; i++)
        drop(fields[i].type, parts + fields[i].offset);
}

/* Its parts are evaluated in place, or to a box that the value gets then. */
static enum flow eval_variant(struct frame *f, struct node *n, void *out)
{
    const struct dfl_type *t = type_of(f, n->type);
    const struct dfl_variant *v = &t->variants[n->call_.target->index];
    char *mark = f->in->top, *parts = v->box ? temp(f->in, v->box->size) : temp(f->in, t->size);
    memset(parts, 0, v->box ? v->box->size : t->size);
    for (uint32_t i = 0; i < v->field_count; i++) {
        enum flow flow = eval(f, n->call_.args.at[i], parts + v->fields[i].offset);
        if (flow == FLOW_ON)
            continue;
        drop_fields(v->fields, i, parts);
        f->in->top = mark;
        return flow;
    }
    if (v->box) {
        struct dfl_block *block = dfl_block_new(v->box, (int64_t)v->box->size);
        memcpy(block_data(block), parts, v->box->size);
        block->size = v->box->size;
        memset(out, 0, t->size);
        memcpy((char *)out + VALUE_BOX, &block, sizeof block);
    } else {
        memcpy(out, parts, t->size);
    }
    *(uint32_t *)out = n->call_.target->index;
    f->in->top = mark;
    return FLOW_ON;
}

enum flow eval_call(struct frame *f, struct node *n, void *out)
{
    if (n->call_.builtin)
        return eval_builtin(f, n, out);
    if (n->call_.target->kind == SYM_VARIANT)
        return eval_variant(f, n, out);
    char *mark = f->in->top;
    struct closure c = call_target(f, n);
    char *locals = call_locals(f->in, c.instance);
    enum flow flow = call_arguments(f, n, c.instance, locals, 0, NULL);
    if (flow == FLOW_ON)
        flow = call_run(f, n, &c, locals, out);
    end_lambdas(n, c.instance, locals);
    f->in->top = mark;
    return flow;
}
