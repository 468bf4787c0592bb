/* broken.c - a mistake in one declaration or statement must not hide those in others, nor make up
 * further ones: what is whole is checked, what is not is passed over. A declaration is broken if a
 * part of it could not be read, or if brackets or strings were mended in it or right behind it; of
 * a function of which only parts could not be read, the other statements are checked. */
#include "broken.h"

struct search {
    bool in_blocks, found;
};

static void find_bad(void *context, struct node *node)
{
    struct search *search = context;
    search->found = search->found || node->kind == NODE_bad;
    if (!search->found && (search->in_blocks || node->kind != NODE_block))
        ast_children(node, find_bad, search);
}

static bool has_bad(struct node *node)
{
    struct search search = {.in_blocks = true};
    find_bad(&search, node);
    return search.found;
}

/* Whether a statement has a broken part that is not in a statement of its own. */
static bool is_bad(struct node *stmt)
{
    struct search search = {.in_blocks = false};
    find_bad(&search, stmt);
    return search.found;
}

/* From an item to the next one that is whole: a bracket too many ends an item early. */
static struct span extent(const struct module *m, uint32_t index)
{
    const struct nodes *items = &m->tree->module_.items;
    struct span span = items->at[index]->span;
    if (items->at[index]->kind == NODE_bad) /* its span starts where it was found to be wrong */
        span.start = index ? items->at[index - 1]->span.end : 0;
    for (span.end = m->source->len; ++index < items->count;)
        if (items->at[index]->kind != NODE_bad) {
            span.end = items->at[index]->span.start;
            break;
        }
    return span;
}

static void mark_type(struct program *p, struct symbol *symbol, const struct nodes *variants)
{
    symbol->type = p->types.simple[TYPE_bad];
    for (uint32_t i = 0; variants && i < variants->count; i++)
        if (variants->at[i]->kind == NODE_variant)
            variants->at[i]->variant_.symbol->type = symbol->type;
}

/* Up to the body. */
static struct span head_of(const struct node *item, const struct node *body)
{
    struct span head = item->span;
    if (body)
        head.end = body->span.start;
    return head;
}

static bool is_head_broken(struct program *p, struct span head, const struct nodes *params,
                           struct node *result)
{
    bool found = result && has_bad(result);
    for (uint32_t i = 0; i < params->count; i++)
        found = found || has_bad(params->at[i]);
    return found || diag_breaks(p->diags, head);
}

struct losing {
    struct program *program;
    struct func *func;
};

/* Passes over the statements of a block, and of those in it, that could not be read. */
static void lose_statements(void *context, struct node *node)
{
    const struct losing *losing = context;
    struct nodes *stmts = &node->block_.stmts;
    for (uint32_t i = 0; node->kind == NODE_block && i < stmts->count; i++) {
        if (!is_bad(stmts->at[i]))
            continue;
        struct span span = node->span;
        span.start = i ? stmts->at[i - 1]->span.end : span.start;
        span.end = i + 1 < stmts->count ? stmts->at[i + 1]->span.start : span.end;
        vec_push(losing->program->arena, &losing->func->lost, span);
        *stmts->at[i] = (struct node){.kind = NODE_bad, .span = stmts->at[i]->span};
    }
    ast_children(node, lose_statements, context);
}

static void mark_func(struct program *p, struct func *func, struct node *body, struct span whole)
{
    struct losing losing = {p, func};
    func->is_broken = !body || body->kind != NODE_block || diag_upsets(p->diags, whole);
    if (!func->is_broken)
        lose_statements(&losing, body);
    if (func->is_lost)
        vec_push(p->arena, &func->lost, head_of(func->symbol->node, body));
}

static void mark_item(struct program *p, struct module *m, uint32_t index)
{
    struct node *item = m->tree->module_.items.at[index];
    struct func *func;
    switch (item->kind) {
    case NODE_func:
        func = item->func_.symbol->func;
        func->is_lost = is_head_broken(p, head_of(item, item->func_.body), &item->func_.params,
                                       item->func_.result);
        mark_func(p, func, item->func_.body, extent(m, index));
        break;
    case NODE_test:
        func = item->test_.symbol->func;
        func->is_lost =
            is_head_broken(p, head_of(item, item->test_.body), &item->test_.params, NULL);
        mark_func(p, func, item->test_.body, extent(m, index));
        break;
    case NODE_record:
        mark_type(p, item->record_.symbol, NULL);
        break;
    case NODE_enum:
        mark_type(p, item->enum_.symbol, &item->enum_.variants);
        vec_push(p->arena, &m->lost, extent(m, index)); /* a variant is a name of the module */
        break;
    default: /* a constant or an import */
        vec_push(p->arena, &m->lost, extent(m, index));
    }
}

void broken_mark(struct program *p, struct module *m)
{
    const struct nodes *items = &m->tree->module_.items;
    if (!p->diags->errors)
        return;
    for (uint32_t i = 0; i < items->count; i++) {
        struct node *item = items->at[i];
        if (item->kind == NODE_bad)
            vec_push(p->arena, &m->lost, extent(m, i));
        else if (has_bad(item) || diag_breaks(p->diags, extent(m, i)))
            mark_item(p, m, i);
    }
}
