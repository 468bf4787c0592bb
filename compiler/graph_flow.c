/* graph_flow.c - where futures go: a set of makers for each name and each function's result, grown
 * until nothing changes. It forgets order and conditions, so a set may be too large, never too
 * small; types keep it sharp: what cannot hold a future has no makers. Read from the bottom. */
#include "graph_core.h"

static uint32_t set_words(const struct graph *g)
{
    return (g->funcs.count + 63) / 64;
}

static struct graph_set set_new(struct graph *g)
{
    return (struct graph_set){arena_array(g->arena, uint64_t, set_words(g) + 1)};
}

/* The set that belongs to a symbol, or to a func. */
static struct graph_set *set_of(struct graph *g, const void *key)
{
    struct graph_set *s = name_map_get(&g->sets, key);
    if (!s) {
        s = arena_new(g->arena, struct graph_set);
        *s = set_new(g);
        name_map_set(g->arena, &g->sets, key, s);
    }
    return s;
}

static void set_func(struct graph *g, struct graph_set s, const struct symbol *func)
{
    uintptr_t at = (uintptr_t)name_map_get(&g->index, (const char *)func);
    if (at)
        s.words[(at - 1) / 64] |= 1ull << ((at - 1) % 64);
}

/* True if `to` grew. */
static bool set_join(const struct graph *g, struct graph_set to, struct graph_set from)
{
    bool grew = false;
    for (uint32_t i = 0; i < set_words(g); i++) {
        grew |= (from.words[i] & ~to.words[i]) != 0;
        to.words[i] |= from.words[i];
    }
    return grew;
}

bool graph_has(const struct graph *g, struct graph_set s, uint32_t func)
{
    (void)g;
    return s.words[func / 64] >> (func % 64) & 1;
}

static bool carries(const struct type *t, int depth)
{
    if (!t || depth > 8)
        return false;
    if (t->kind == TYPE_future || t->kind == TYPE_fn)
        return true;
    for (uint32_t i = 0; i < t->args.count; i++)
        if (carries(t->args.at[i], depth + 1))
            return true;
    return false;
}

bool graph_carries(const struct type *t)
{
    return carries(t, 0);
}

/* ---- makers of an expression --------------------------------------------------------------- */

struct gather {
    struct graph *graph;
    struct graph_set into;
};

static void gather(void *context, struct node *child)
{
    struct gather *it = context;
    struct graph_set s = graph_makers(it->graph, child);
    set_join(it->graph, it->into, s);
}

struct graph_set graph_targets(struct graph *g, const struct node *call)
{
    struct graph_set s = set_new(g);
    const struct symbol *target = call->call_.target;
    if (target && target->kind == SYM_FUNC)
        set_func(g, s, target);
    else if (target && target->kind == SYM_LOCAL)
        set_join(g, s, *set_of(g, target));
    return s;
}

/* A function of the library hands on what it is given. */
static bool is_opaque(const struct graph *g, const struct symbol *target)
{
    return !target || target->kind != SYM_FUNC || !name_map_get(&g->index, (const char *)target);
}

static void call_makers(struct graph *g, const struct node *n, struct graph_set into)
{
    const struct symbol *target = n->call_.target;
    if (!is_opaque(g, target)) {
        set_join(g, into, *set_of(g, target->func));
        return;
    }
    struct gather it = {g, into};
    for (uint32_t i = 0; i < n->call_.args.count; i++)
        gather(&it, n->call_.args.at[i]);
}

static void block_makers(struct graph *g, const struct node *n, struct graph_set into)
{
    if (n->block_.stmts.count)
        set_join(g, into, graph_makers(g, n->block_.stmts.at[n->block_.stmts.count - 1]));
}

bool graph_is_wrap(const struct node *spawn)
{
    const struct symbol *target = spawn->spawn_.call->call_.target;
    return target && names_is_rounds(target);
}

struct graph_set graph_makers(struct graph *g, const struct node *n)
{
    struct graph_set s = set_new(g);
    struct gather it = {g, s};
    switch (n->kind) {
    case NODE_spawn:
        if (graph_is_wrap(n))
            return graph_makers(g, n->spawn_.call->call_.args.at[0]);
        return graph_targets(g, n->spawn_.call);
    case NODE_arm: /* has no type of its own */
        return graph_makers(g, n->arm_.body);
    case NODE_entry:
        return graph_makers(g, n->entry_.value);
    case NODE_field_init:
        return graph_makers(g, n->field_init_.value);
    default:
        break;
    }
    if (!graph_carries(n->type))
        return s;
    if (n->kind == NODE_name && n->name_.symbol && n->name_.symbol->kind == SYM_FUNC)
        set_func(g, s, n->name_.symbol);
    else if (n->kind == NODE_name && n->name_.symbol)
        set_join(g, s, *set_of(g, n->name_.symbol));
    else if (n->kind == NODE_call)
        call_makers(g, n, s);
    else if (n->kind == NODE_block)
        block_makers(g, n, s);
    else
        ast_children((struct node *)n, gather, &it);
    return s;
}

/* ---- what statements do to the sets -------------------------------------------------------- */

struct follow {
    struct graph *graph;
    const struct func *func; /* around the node */
    bool grew;
};

struct binding {
    struct follow *follow;
    struct graph_set makers;
};

static void bind(void *context, struct node *pattern)
{
    struct binding *b = context;
    struct graph *g = b->follow->graph;
    if (pattern->kind == NODE_pat_name && graph_carries(pattern->type) && pattern->pat_name_.symbol)
        b->follow->grew |= set_join(g, *set_of(g, pattern->pat_name_.symbol), b->makers);
    ast_children(pattern, bind, b);
}

static void bind_pattern(struct follow *f, struct node *pattern, const struct node *value)
{
    struct binding b = {f, graph_makers(f->graph, value)};
    bind(&b, pattern);
}

/* The variable that a place is part of, or NULL. */
static const struct symbol *place_root(const struct node *n)
{
    switch (n->kind) {
    case NODE_name:
        return n->name_.symbol;
    case NODE_dot:
        return place_root(n->dot_.object);
    case NODE_tuple_dot:
        return place_root(n->tuple_dot_.object);
    case NODE_index:
        return place_root(n->index_.object);
    default:
        return NULL;
    }
}

static void grow(struct follow *f, const void *key, struct graph_set makers)
{
    if (key)
        f->grew |= set_join(f->graph, *set_of(f->graph, key), makers);
}

static void follow_lambda(struct follow *f, const struct node *lambda, struct graph_set makers)
{
    const struct symbol *s = lambda->lambda_.symbol;
    for (uint32_t i = 0; s && s->func && i < s->func->param_count; i++)
        if (graph_carries(s->func->locals.at[i]->type))
            grow(f, s->func->locals.at[i], makers);
}

/* Arguments reach parameters; through the library they reach `var` arguments and lambdas. */
static void follow_call(struct follow *f, const struct node *n)
{
    struct graph *g = f->graph;
    const struct symbol *target = n->call_.target;
    const struct nodes *args = &n->call_.args;
    struct graph_set all = set_new(g);
    for (uint32_t i = 0; i < args->count; i++)
        set_join(g, all, graph_makers(g, args->at[i]));
    for (uint32_t i = 0; i < args->count; i++) {
        const struct node *arg = args->at[i];
        if (arg->kind == NODE_lambda)
            follow_lambda(f, arg, all);
        else if (is_opaque(g, target) && graph_carries(arg->type))
            grow(f, place_root(arg), all);
    }
    struct graph_set targets = graph_targets(g, n);
    for (uint32_t t = 0; t < g->funcs.count; t++) {
        const struct func *func = g->funcs.at[t].symbol->func;
        if (!graph_has(g, targets, t) || !func)
            continue;
        for (uint32_t i = 0; i < args->count && i < func->param_count; i++) {
            grow(f, func->locals.at[i], graph_makers(g, args->at[i]));
            if (func->locals.at[i]->is_var) /* it may have put more in */
                grow(f, place_root(args->at[i]), *set_of(g, func->locals.at[i]));
        }
    }
}

static void follow(void *context, struct node *n)
{
    struct follow *f = context;
    struct graph *g = f->graph;
    switch (n->kind) {
    case NODE_let:
        bind_pattern(f, n->let_.pattern, n->let_.value);
        break;
    case NODE_for:
        bind_pattern(f, n->for_.pattern, n->for_.iter);
        break;
    case NODE_comp:
        bind_pattern(f, n->comp_.pattern, n->comp_.iter);
        break;
    case NODE_assign:
        grow(f, place_root(n->assign_.target), graph_makers(g, n->assign_.value));
        break;
    case NODE_match:
        for (uint32_t i = 0; i < n->match_.arms.count; i++)
            bind_pattern(f, n->match_.arms.at[i]->arm_.pattern, n->match_.subject);
        break;
    case NODE_is:
        bind_pattern(f, n->is_.pattern, n->is_.value);
        break;
    case NODE_return:
        if (n->return_.value)
            grow(f, f->func, graph_makers(g, n->return_.value));
        break;
    case NODE_call:
        follow_call(f, n);
        break;
    default:
        break;
    }
    ast_children(n, follow, f);
}

void graph_follow(struct graph *g)
{
    struct follow f = {.graph = g, .grew = true};
    while (f.grew) {
        f.grew = false;
        for (uint32_t i = 0; i < g->funcs.count; i++) {
            const struct symbol *s = g->funcs.at[i].symbol;
            struct node *body = s->node->func_.body;
            f.func = s->func;
            if (!body)
                continue;
            grow(&f, s->func, graph_makers(g, body));
            follow(&f, body);
        }
    }
}
