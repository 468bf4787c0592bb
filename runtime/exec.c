/* exec.c - rows of tasks that run here for others. */
#include "exec.h"

#include <assert.h>
#include <stdlib.h>

#include "list.h"

static uint32_t open_slot(struct exec *e)
{
    e->live++;
    if (e->free) {
        uint32_t slot = e->free - 1;
        e->free = e->list[slot].next;
        return slot;
    }
    list_grow(e->list, e->count, e->room);
    return e->count++;
}

void exec_on_push(struct exec *e, uint32_t from, const struct msg_task_push *m, struct actions *out)
{
    uint32_t slot = open_slot(e);
    e->list[slot] = (struct execution){
        .owner = from,
        .slot = m->slot,
        .generation = m->generation,
        .attempt = m->attempt,
        .used = true,
    };
    e->received++;
    struct action *act = act_add(out, ACT_START);
    act->slot = slot;
    act->fn = m->fn;
    act->bytes = m->args;
}

void exec_started(struct exec *e, uint32_t slot, void *handle)
{
    assert(slot < e->count && e->list[slot].used && !e->list[slot].handle);
    e->list[slot].handle = handle;
}

void exec_forget(struct exec *e, uint32_t slot)
{
    struct execution *x = &e->list[slot];
    assert(x->used);
    x->used = false;
    x->handle = NULL;
    x->next = e->free;
    e->free = slot + 1;
    e->live--;
}

void exec_done(struct exec *e, uint32_t slot, uint32_t run_ns, struct bytes result,
               struct actions *out)
{
    const struct execution *x = &e->list[slot];
    if (!x->dropped)
        act_send_task_result(
            out, x->owner,
            &(struct msg_task_result){x->slot, x->generation, x->attempt, run_ns, result});
    exec_forget(e, slot);
}

void exec_refuse(struct exec *e, uint32_t slot, struct actions *out)
{
    const struct execution *x = &e->list[slot];
    if (!x->dropped)
        act_send_task_refuse(out, x->owner,
                             &(struct msg_task_refuse){x->slot, x->generation, x->attempt});
    exec_forget(e, slot);
}

static void drop(struct execution *x, struct actions *out)
{
    x->dropped = true;
    if (x->handle)
        act_add(out, ACT_DROP)->handle = x->handle;
}

void exec_return(struct exec *e, uint32_t owner, struct actions *out)
{
    for (uint32_t i = 0; i < e->count; i++) {
        struct execution *x = &e->list[i];
        if (!x->used || x->dropped || x->owner != owner)
            continue;
        act_send_task_refuse(out, owner,
                             &(struct msg_task_refuse){x->slot, x->generation, x->attempt});
        drop(x, out);
    }
}

void exec_on_cancel(struct exec *e, uint32_t from, const struct msg_task_cancel *m,
                    struct actions *out)
{
    for (uint32_t i = 0; i < e->count; i++) {
        struct execution *x = &e->list[i];
        if (x->used && !x->dropped && x->owner == from && x->slot == m->slot &&
            x->generation == m->generation && x->attempt == m->attempt && x->handle)
            act_add(out, ACT_CANCEL)->handle = x->handle;
    }
}

void exec_on_death(struct exec *e, uint32_t dead, struct actions *out)
{
    for (uint32_t i = 0; i < e->count; i++)
        if (e->list[i].used && !e->list[i].dropped && id_ends_with(e->list[i].owner, dead))
            drop(&e->list[i], out);
}

void exec_free(struct exec *e)
{
    free(e->list);
    *e = (struct exec){0};
}
