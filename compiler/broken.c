/* broken.c - a mistake in one declaration must not hide those in others, nor make up further ones:
 * what is whole is checked, what is not is passed over. A declaration is broken if a part of it
 * could not be read, or if brackets or strings were mended in it or right behind it. */
#include "broken.h"

static void find_bad(void *found, struct node *node)
{
    bool *is_found = found;
    if (node->kind == NODE_bad)
        *is_found = true;
    if (!*is_found)
        ast_children(node, find_bad, found);
}

static bool has_bad(struct node *node)
{
    bool found = false;
    find_bad(&found, node);
    return found;
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

static bool is_head_broken(struct program *p, const struct node *func)
{
    struct span head = func->span;
    if (func->func_.body)
        head.end = func->func_.body->span.start;
    bool found = func->func_.result && has_bad(func->func_.result);
    for (uint32_t i = 0; i < func->func_.params.count; i++)
        found = found || has_bad(func->func_.params.at[i]);
    return found || diag_breaks(p->diags, head);
}

static void mark_item(struct program *p, struct module *m, uint32_t index)
{
    struct node *item = m->tree->module_.items.at[index];
    switch (item->kind) {
    case NODE_func:
        item->func_.symbol->func->is_broken = true;
        item->func_.symbol->func->is_lost = is_head_broken(p, item);
        break;
    case NODE_test:
        item->test_.symbol->func->is_broken = true;
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
