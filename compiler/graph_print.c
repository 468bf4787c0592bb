/* graph_print.c - the task graph as DOT and as JSON. */
#include "graph_core.h"
#include "json.h"

#include <string.h>

#include <stdio.h>

/* ---- text ---------------------------------------------------------------------------------- */

/* The inside of a quoted DOT string. Graphviz would read `&lt;` as a character, so `&` is spelt. */
static void put_dot(FILE *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '&')
            fputs("&amp;", out);
        else if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if ((unsigned char)*s >= ' ')
            fputc(*s, out);
    }
}

static void put_json(FILE *out, const char *s)
{
    json_text(out, s, strlen(s));
}

/* A function's name, with its module if that is not the program's own. */
static const char *name_of(const struct graph *g, const struct symbol *s)
{
    if (s->module == g->program->root)
        return s->name;
    return arena_format(g->arena, "%s.%s", s->module->name, s->name);
}

static const char *kind_of(const struct symbol *s)
{
    uint32_t flags = s->node->func_.flags;
    if (flags & FUNC_TASK)
        return flags & FUNC_IO ? "io task" : "task";
    return flags & FUNC_IO ? "io fn" : "fn";
}

static const char *result_of(const struct graph_site *s, const struct graph *g)
{
    const struct type *t = g->funcs.at[s->to].symbol->func->result;
    return t ? t->text : "()";
}

/* How often a site is passed each time its function runs: "1", "n", "n\u00b7m", each maybe "?". */
static const char *times_of(const struct graph *g, const struct graph_site *s)
{
    char *times = arena_format(g->arena, "%s", s->loops.count ? "" : "1");
    for (uint32_t i = 0; i < s->loops.count; i++)
        times = arena_format(g->arena, "%s%s%c", times, i ? "\u00b7" : "",
                             "nmklpqrstuvwxyzabcdefghij"[i % 25]);
    return arena_format(g->arena, "%s%s", times, s->conditional ? "?" : "");
}

static struct position place_of(struct span span)
{
    return span.source ? source_position(span.source, span.start) : (struct position){0, 0};
}

static bool is_drawn(const struct graph *g, uint32_t from, uint32_t to)
{
    return g->funcs.at[from].shown && g->funcs.at[to].shown;
}

/* ---- DOT ----------------------------------------------------------------------------------- */

static void dot_node(const struct graph *g, const struct graph_node *n, FILE *out)
{
    const struct symbol *s = n->symbol;
    fprintf(out, "  n%u [label=\"", n->id);
    put_dot(out, name_of(g, s));
    fprintf(out, "\\n%s: ", kind_of(s));
    put_dot(out, s->func->result ? s->func->result->text : "()");
    fprintf(out, "\\nline %u\"", place_of(s->span).line);
    if (s->node->func_.flags & FUNC_IO)
        fputs(", color=\"#b35900\"", out);
    fputs("]\n", out);
}

static void dot_site(const struct graph *g, const struct graph_site *s, FILE *out)
{
    const char *times = times_of(g, s);
    fprintf(out, "  n%u -> n%u [label=\"", g->funcs.at[s->from].id, g->funcs.at[s->to].id);
    fprintf(out, "%s%s \u00d7 ", s->spawned ? "" : "call ", times);
    put_dot(out, result_of(s, g));
    for (uint32_t i = 0; i < s->loops.count; i++) {
        fputs("\\n", out);
        put_dot(out, s->loops.at[i]);
    }
    fprintf(out, "\"%s%s]\n", s->spawned ? "" : ", arrowhead=empty",
            s->back ? ", constraint=false, style=bold" : "");
}

static void dot_flow(const struct graph *g, const struct graph_flow *f, FILE *out)
{
    fprintf(out, "  n%u -> n%u [label=\"%s: ", g->funcs.at[f->from].id, g->funcs.at[f->to].id,
            f->param);
    put_dot(out, f->type);
    fprintf(out, "\", style=dashed, color=\"#1f5fa8\", fontcolor=\"#1f5fa8\"%s]\n",
            f->from == f->to ? ", constraint=false" : "");
}

void graph_print_dot(const struct graph *g, FILE *out)
{
    fputs("digraph \"", out);
    put_dot(out, g->program->root->source->path);
    fputs("\" {\n"
          "  node [shape=box, style=rounded, fontname=\"Helvetica\"]\n"
          "  edge [fontname=\"Helvetica\", fontsize=10]\n",
          out);
    for (uint32_t i = 0; i < g->funcs.count; i++)
        if (g->funcs.at[i].shown)
            dot_node(g, &g->funcs.at[i], out);
    for (uint32_t i = 0; i < g->sites.count; i++)
        if (is_drawn(g, g->sites.at[i].from, g->sites.at[i].to))
            dot_site(g, &g->sites.at[i], out);
    for (uint32_t i = 0; i < g->flows.count; i++)
        if (is_drawn(g, g->flows.at[i].from, g->flows.at[i].to))
            dot_flow(g, &g->flows.at[i], out);
    fputs("}\n", out);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void json_field(FILE *out, const char *name, const char *value)
{
    fprintf(out, ", \"%s\": ", name);
    put_json(out, value);
}

static void json_place(FILE *out, struct span span)
{
    struct position at = place_of(span);
    fprintf(out, ", \"line\": %u, \"column\": %u", at.line, at.column);
}

static void json_node(const struct graph *g, const struct graph_node *n, FILE *out)
{
    const struct symbol *s = n->symbol;
    fprintf(out, "{\"id\": %u", n->id);
    json_field(out, "name", name_of(g, s));
    json_field(out, "kind", kind_of(s));
    fputs(", \"params\": [", out);
    for (uint32_t i = 0; i < s->func->param_count; i++) {
        fputs(i ? ", {\"name\": " : "{\"name\": ", out);
        put_json(out, s->func->locals.at[i]->name);
        json_field(out, "type", s->func->locals.at[i]->type->text);
        fputc('}', out);
    }
    fputc(']', out);
    json_field(out, "result", s->func->result ? s->func->result->text : "()");
    json_field(out, "file", s->module->source->path);
    json_place(out, s->span);
    fputc('}', out);
}

static void json_site(const struct graph *g, const struct graph_site *s, FILE *out)
{
    fprintf(out, "{\"kind\": \"%s\", \"from\": %u, \"to\": %u", s->spawned ? "spawn" : "call",
            g->funcs.at[s->from].id, g->funcs.at[s->to].id);
    json_field(out, "times", times_of(g, s));
    fputs(", \"loops\": [", out);
    for (uint32_t i = 0; i < s->loops.count; i++) {
        fputs(i ? ", " : "", out);
        put_json(out, s->loops.at[i]);
    }
    fprintf(out, "], \"conditional\": %s, \"recursive\": %s", s->conditional ? "true" : "false",
            s->back ? "true" : "false");
    json_field(out, "type", result_of(s, g));
    json_place(out, s->call->span);
    fputc('}', out);
}

static void json_flow(const struct graph *g, const struct graph_flow *f, FILE *out)
{
    fprintf(out, "{\"kind\": \"data\", \"from\": %u, \"to\": %u", g->funcs.at[f->from].id,
            g->funcs.at[f->to].id);
    json_field(out, "param", f->param);
    json_field(out, "type", f->type);
    json_place(out, f->span);
    fputc('}', out);
}

void graph_print_json(const struct graph *g, FILE *out)
{
    const char *comma = "\n    ";
    fputs("{\n  \"program\": ", out);
    put_json(out, g->program->root->source->path);
    fputs(",\n  \"nodes\": [", out);
    for (uint32_t i = 0; i < g->funcs.count; i++) {
        if (!g->funcs.at[i].shown)
            continue;
        fputs(comma, out);
        json_node(g, &g->funcs.at[i], out);
        comma = ",\n    ";
    }
    fputs("\n  ],\n  \"edges\": [", out);
    comma = "\n    ";
    for (uint32_t i = 0; i < g->sites.count; i++) {
        if (!is_drawn(g, g->sites.at[i].from, g->sites.at[i].to))
            continue;
        fputs(comma, out);
        json_site(g, &g->sites.at[i], out);
        comma = ",\n    ";
    }
    for (uint32_t i = 0; i < g->flows.count; i++) {
        if (!is_drawn(g, g->flows.at[i].from, g->flows.at[i].to))
            continue;
        fputs(comma, out);
        json_flow(g, &g->flows.at[i], out);
        comma = ",\n    ";
    }
    fputs("\n  ]\n}\n", out);
}
