/* pull.c - a node fetches blobs for its worker. blob.h declares this. */
#include <stdlib.h>

#include "blob.h"
#include "list.h"

static struct pull *find(struct pulls *p, struct object_id id)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->list[i].id.owner && object_same(p->list[i].id, id))
            return &p->list[i];
    return NULL;
}

static struct pull *new_pull(struct pulls *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (!p->list[i].id.owner)
            return &p->list[i];
    list_grow(p->list, p->count, p->room);
    return &p->list[p->count++];
}

/* Some rows are always under way, so that the next is there when one has come. */
static void ask_on(const struct pulls *p, struct pull *pull, struct actions *out)
{
    uint64_t chunk = p->chunk ? p->chunk : PULL_CHUNK;
    uint32_t home = id_proc(id_node(pull->id.owner), 0);
    while (pull->asked < pull->len && pull->asked - pull->got < PULL_AHEAD * chunk) {
        uint64_t left = pull->len - pull->asked;
        uint32_t some = (uint32_t)(left < chunk ? left : chunk);
        act_send_object_read(
            out, home,
            &(struct msg_object_read){pull->id, pull->from + pull->asked, pull->asked, some});
        pull->asked += some;
    }
}

void pulls_begin(struct pulls *p, uint32_t worker, const struct msg_object_pull *m, uint64_t to,
                 struct actions *out)
{
    struct pull *pull = new_pull(p);
    *pull =
        (struct pull){.id = m->id, .worker = worker, .from = m->offset, .to = to, .len = m->len};
    ask_on(p, pull, out);
}

bool pulls_on_chunk(struct pulls *p, uint32_t from, const struct msg_object_chunk *m, uint64_t *to,
                    struct actions *out)
{
    struct pull *pull = find(p, m->id);
    if (!pull || pull->here || id_node(from) != id_node(m->id.owner) || m->at != pull->got ||
        m->bytes.len == 0 || m->bytes.len > pull->asked - pull->got)
        return false;
    *to = pull->to + pull->got;
    pull->got += m->bytes.len;
    ask_on(p, pull, out);
    if (pull->got == pull->len) {
        pull->here = true;
        act_send_object_here(out, pull->worker, &(struct msg_object_here){pull->id, pull->to});
    }
    return true;
}

static void end(struct pull *pull, struct actions *out)
{
    act_add(out, ACT_RECLAIM)->offset = pull->to;
    *pull = (struct pull){0};
}

void pulls_on_drop(struct pulls *p, uint32_t worker, const struct msg_object_drop *m,
                   struct actions *out)
{
    struct pull *pull = find(p, m->id);
    if (pull && pull->worker == worker)
        end(pull, out);
}

/* What comes from the dead cannot be had; what is for the dead is not needed. */
void pulls_on_death(struct pulls *p, uint32_t dead, struct actions *out)
{
    for (uint32_t i = 0; i < p->count; i++) {
        struct pull *pull = &p->list[i];
        if (!pull->id.owner)
            continue;
        if (id_ends_with(pull->worker, dead)) {
            end(pull, out);
        } else if (!pull->here && id_ends_with(pull->id.owner, dead)) {
            act_send_object_lost(out, pull->worker, &(struct msg_object_lost){pull->id});
            end(pull, out);
        }
    }
}

void pulls_free(struct pulls *p)
{
    free(p->list);
    *p = (struct pulls){0};
}
