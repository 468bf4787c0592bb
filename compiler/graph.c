/* graph.c - finds the tasks of a program and the places where they start each other, in source
 * order. Read from the bottom: graph_write() builds and prints, graph_build() walks each function.
 */
#include "graph.h"
#include "graph_core.h"
#include "home.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* ---- nodes --------------------------------------------------------------------------------- */

static void add_funcs(struct graph *g, const struct module *m)
{
    for (uint32_t i = 0; i < m->funcs.count; i++) {
        const struct symbol *s = m->funcs.at[i];
        if (s->node->kind != NODE_func) /* tests and lambdas */
            continue;
        struct graph_node one = {.symbol = s};
        vec_push(g->arena, &g->funcs, one);
        name_map_set(g->arena, &g->index, (const char *)s, (void *)(uintptr_t)g->funcs.count);
    }
}

static bool is_task(const struct graph *g, uint32_t i)
{
    return (g->funcs.at[i].symbol->node->func_.flags & FUNC_TASK) != 0;
}

/* ---- sites --------------------------------------------------------------------------------- */

enum { LOOPS_MOST = 32 }; /* that one site names */

/* What is around the node that is looked at. */
struct walk {
    struct graph *graph;
    uint32_t from;
    uint32_t conditions;
    const char *loops[LOOPS_MOST];
    uint32_t loop_count;
};

/* A span as one line, of at most 48 bytes, whole code points. */
static const char *excerpt(struct arena *a, const char *head, struct span span)
{
    enum { MOST = 48 };
    char line[MOST + 8];
    uint32_t n = 0;
    for (uint32_t i = span.start; span.source && i < span.end; i++) {
        char c = span.source->text[i];
        bool space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
        if (n >= MOST && ((unsigned char)c & 0xC0) != 0x80) {
            memcpy(line + n, "...", 3);
            n += 3;
            break;
        }
        if (space && n && line[n - 1] == ' ')
            continue;
        line[n++] = space ? ' ' : c;
    }
    return arena_format(a, "%s%.*s", head, (int)n, line);
}

/* The same future may be handed on at many places: one edge tells it. */
static void add_flow(struct graph *g, struct graph_flow one)
{
    for (uint32_t i = 0; i < g->flows.count; i++) {
        const struct graph_flow *f = &g->flows.at[i];
        if (f->from == one.from && f->to == one.to && f->type == one.type && f->param == one.param)
            return;
    }
    vec_push(g->arena, &g->flows, one);
}

static void add_flows(struct walk *w, const struct node *call, uint32_t to)
{
    struct graph *g = w->graph;
    const struct func *func = g->funcs.at[to].symbol->func;
    for (uint32_t i = 0; i < call->call_.args.count && i < func->param_count; i++) {
        const struct node *arg = call->call_.args.at[i];
        if (!graph_carries(arg->type) || arg->type->kind == TYPE_fn)
            continue;
        const struct type *flows =
            arg->type->kind == TYPE_future ? arg->type->args.at[0] : arg->type;
        struct graph_set makers = graph_makers(g, arg);
        for (uint32_t m = 0; m < g->funcs.count; m++) {
            if (!graph_has(g, makers, m))
                continue;
            const char *param = func->locals.at[i]->name;
            add_flow(g, (struct graph_flow){m, to, flows->text, param, arg->span});
        }
    }
}

/* One site for each function that the call may reach. */
static void add_sites(struct walk *w, const struct node *call, bool spawned)
{
    struct graph *g = w->graph;
    struct graph_set targets = graph_targets(g, call);
    for (uint32_t to = 0; to < g->funcs.count; to++) {
        if (!graph_has(g, targets, to) || (!spawned && !is_task(g, to)))
            continue;
        struct graph_site one = {.from = w->from,
                                 .to = to,
                                 .spawned = spawned,
                                 .conditional = w->conditions > 0,
                                 .call = call};
        for (uint32_t i = 0; i < w->loop_count && i < LOOPS_MOST; i++)
            vec_push(g->arena, &one.loops, w->loops[i]);
        vec_push(g->arena, &g->sites, one);
        add_flows(w, call, to);
    }
}

static void visit(void *context, struct node *n);

static void visit_if_any(struct walk *w, struct node *n)
{
    if (n)
        visit(w, n);
}

static void visit_maybe(struct walk *w, struct node *n)
{
    w->conditions++;
    visit_if_any(w, n);
    w->conditions--;
}

static void loop_enter(struct walk *w, const char *head)
{
    if (w->loop_count < LOOPS_MOST)
        w->loops[w->loop_count] = head;
    w->loop_count++;
}

static void loop_leave(struct walk *w)
{
    w->loop_count--;
}

static void visit_spawn(struct walk *w, struct node *n)
{
    struct node *call = n->spawn_.call;
    add_sites(w, call, true);
    for (uint32_t i = 0; i < call->call_.args.count; i++)
        visit(w, call->call_.args.at[i]);
}

static void visit_for(struct walk *w, struct node *pattern, struct node *iter, struct node *cond,
                      struct node *body)
{
    visit(w, iter);
    struct span head = span_join(pattern->span, iter->span);
    loop_enter(w, excerpt(w->graph->arena, "for ", head));
    visit_if_any(w, cond);
    if (cond)
        visit_maybe(w, body);
    else
        visit(w, body);
    loop_leave(w);
}

static void visit_while(struct walk *w, struct node *n)
{
    loop_enter(w, excerpt(w->graph->arena, "while ", n->while_.cond->span));
    visit(w, n->while_.cond);
    visit(w, n->while_.body);
    loop_leave(w);
}

static void visit_arms(struct walk *w, struct node *n)
{
    visit(w, n->match_.subject);
    for (uint32_t i = 0; i < n->match_.arms.count; i++)
        visit_maybe(w, n->match_.arms.at[i]);
}

static void visit(void *context, struct node *n)
{
    struct walk *w = context;
    switch (n->kind) {
    case NODE_spawn:
        visit_spawn(w, n);
        return;
    case NODE_call:
        add_sites(w, n, false);
        break;
    case NODE_for:
        visit_for(w, n->for_.pattern, n->for_.iter, NULL, n->for_.body);
        return;
    case NODE_comp:
        visit_for(w, n->comp_.pattern, n->comp_.iter, n->comp_.cond, n->comp_.value);
        return;
    case NODE_while:
        visit_while(w, n);
        return;
    case NODE_if:
        visit(w, n->if_.cond);
        visit_maybe(w, n->if_.then);
        visit_maybe(w, n->if_.otherwise);
        return;
    case NODE_match:
        visit_arms(w, n);
        return;
    case NODE_else:
        visit(w, n->else_.value);
        visit_maybe(w, n->else_.otherwise);
        return;
    case NODE_binary:
        visit(w, n->binary_.left);
        if (n->binary_.op == OP_land || n->binary_.op == OP_lor)
            visit_maybe(w, n->binary_.right);
        else
            visit(w, n->binary_.right);
        return;
    case NODE_lambda:
        loop_enter(w, excerpt(w->graph->arena, "", n->span));
        visit(w, n->lambda_.body);
        loop_leave(w);
        return;
    default:
        break;
    }
    ast_children(n, visit, w);
}

/* ---- reach and recursion ------------------------------------------------------------------- */

/* Marks what is reached from `at`, and the sites that lead back to where the walk came from.
 * on_path: 1 on the way here, 2 done. Depth is bounded by the number of functions; its own stack
 * keeps a long chain of tasks from overflowing this one. */
static void reach(struct graph *g, uint32_t root, uint8_t *state)
{
    struct step {
        uint32_t func, site;
    } *stack = arena_array(g->arena, struct step, g->funcs.count + 1);
    uint32_t depth = 0;
    stack[depth++] = (struct step){root, 0};
    state[root] = 1;
    while (depth) {
        struct step *top = &stack[depth - 1];
        if (top->site == g->sites.count) {
            state[top->func] = 2;
            depth--;
            continue;
        }
        struct graph_site *s = &g->sites.at[top->site++];
        if (s->from != top->func)
            continue;
        s->back |= state[s->to] == 1;
        if (s->spawned)
            g->funcs.at[s->to].shown = true;
        if (state[s->to] == 0) {
            state[s->to] = 1;
            stack[depth++] = (struct step){s->to, 0};
        }
    }
}

/* Numbers the nodes that are drawn: all that main reaches, or every task if there is no main. */
static void choose(struct graph *g)
{
    uint8_t *state = arena_alloc(g->arena, g->funcs.count + 1, 1);
    const struct symbol *main = g->program->main;
    for (uint32_t i = 0; i < g->funcs.count; i++)
        if (main ? g->funcs.at[i].symbol == main : is_task(g, i) && state[i] == 0)
            reach(g, i, state);
    uint32_t id = 0;
    for (uint32_t i = 0; i < g->funcs.count; i++) {
        struct graph_node *n = &g->funcs.at[i];
        n->shown = state[i] != 0 && (n->shown || is_task(g, i));
        n->id = n->shown ? id++ : 0;
    }
}

/* ---- entry --------------------------------------------------------------------------------- */

static void build(struct graph *g)
{
    for (uint32_t i = 0; i < g->program->modules.count; i++)
        if (!g->program->modules.at[i]->is_std)
            add_funcs(g, g->program->modules.at[i]);
    graph_follow(g);
    for (uint32_t i = 0; i < g->funcs.count; i++) {
        struct walk w = {.graph = g, .from = i};
        visit_if_any(&w, g->funcs.at[i].symbol->node->func_.body);
    }
    choose(g);
}

/* Lays the graph out and draws it, by the module that holds Graphviz. */
static bool write_svg(const struct graph *g, FILE *out)
{
    char *dot = NULL;
    size_t len = 0;
    FILE *text = open_memstream(&dot, &len);
    graph_print_dot(g, text);
    fclose(text);
    void *lib = dlopen(home_path(g->arena, "lib/dfl/libdflgv.so"), RTLD_NOW | RTLD_LOCAL);
    bool (*draw)(const char *, FILE *) = NULL;
    if (lib)
        *(void **)&draw = dlsym(lib, "graphviz_svg");
    if (!draw)
        fprintf(stderr,
                "error: cannot load Graphviz: %s\n"
                "hint: install the package libgvc6, or write a .dot file\n",
                dlerror());
    bool good = draw && draw(dot, out);
    free(dot);
    return good;
}

bool graph_write(struct program *p, const char *form, FILE *out)
{
    struct graph g = {.program = p, .arena = p->arena};
    build(&g);
    if (strcmp(form, "svg") == 0)
        return write_svg(&g, out);
    if (strcmp(form, "json") == 0)
        graph_print_json(&g, out);
    else
        graph_print_dot(&g, out);
    return true;
}
