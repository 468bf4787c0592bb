/* members.c - a list: a run has as many processes as a machine has nodes, twice. */
#include "members.h"

#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "list.h"

struct member *members_find(const struct members *m, uint32_t proc)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (m->list[i].proc == proc)
            return &m->list[i];
    return NULL;
}

static char *copy_url(struct bytes url)
{
    char *text = malloc(url.len + 1);
    if (!text)
        block_exhausted(url.len + 1);
    if (url.len)
        memcpy(text, url.at, url.len);
    text[url.len] = '\0';
    return text;
}

static struct member *add(struct members *m, uint32_t proc)
{
    list_grow(m->list, m->count, m->room);
    struct member *new = &m->list[m->count++];
    *new = (struct member){.proc = proc, .url = copy_url((struct bytes){0})};
    return new;
}

bool members_join(struct members *m, uint32_t proc, uint32_t slots, struct bytes url)
{
    struct member *known = members_find(m, proc);
    if ((known && *known->url) || members_is_out(m, proc))
        return false;
    if (!known)
        known = add(m, proc);
    free(known->url);
    known->url = copy_url(url);
    known->slots = slots;
    return true;
}

bool members_out(struct members *m, uint32_t proc)
{
    if (members_is_out(m, proc))
        return false;
    if (!members_find(m, proc))
        add(m, proc);
    for (uint32_t i = 0; i < m->count; i++)
        m->list[i].out |= id_ends_with(m->list[i].proc, proc);
    return true;
}

bool members_is_out(const struct members *m, uint32_t proc)
{
    const struct member *known = members_find(m, proc);
    const struct member *node = members_find(m, id_proc(id_node(proc), 0));
    return (known && known->out) || (node && node->out);
}

void members_free(struct members *m)
{
    for (uint32_t i = 0; i < m->count; i++)
        free(m->list[i].url);
    free(m->list);
    *m = (struct members){0};
}
