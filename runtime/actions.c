/* actions.c - the list of actions. */
#include "actions.h"

#include <stdlib.h>
#include <string.h>

#include "list.h"

struct action *act_add(struct actions *a, enum act_kind kind)
{
    list_grow(a->list, a->count, a->room);
    struct action *act = &a->list[a->count++];
    memset(act, 0, sizeof *act);
    act->kind = kind;
    return act;
}

static void close_send(struct actions *a, uint32_t to, size_t from)
{
    struct action *act = act_add(a, ACT_SEND);
    act->proc = to;
    act->from = from;
    act->bytes.len = a->rows.len - from;
}

#define MSG(name, number, fields)                                                                  \
    void act_send_##name(struct actions *a, uint32_t to, const struct msg_##name *m)               \
    {                                                                                              \
        size_t from = a->rows.len;                                                                 \
        wire_##name(&a->rows, m);                                                                  \
        close_send(a, to, from);                                                                   \
    }
#include "wire.def"
#undef MSG

struct bytes act_row(const struct actions *a, const struct action *act)
{
    return (struct bytes){a->rows.at + act->from, act->bytes.len};
}

void actions_clear(struct actions *a)
{
    a->count = 0;
    buffer_clear(&a->rows);
}

void actions_free(struct actions *a)
{
    free(a->list);
    buffer_free(&a->rows);
    *a = (struct actions){0};
}
