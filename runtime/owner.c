/* owner.c - rows of lent tasks. */
#include "owner.h"

#include <assert.h>
#include <stdlib.h>

#include "list.h"

static bool may_move(enum row_state from, enum row_state to)
{
    switch (from) {
#define TO(state) || to == ROW_##state
#define STATE(name, moves)                                                                         \
    case ROW_##name:                                                                               \
        return false moves;
#include "task.def"
#undef STATE
#undef TO
    }
    return false;
}

/* The one writer of a row's state. */
static void row_move(struct row *row, enum row_state from, enum row_state to)
{
    assert(row->state == from && may_move(from, to));
    row->state = to;
}

static uint32_t row_open(struct owner *o)
{
    uint32_t slot;
    if (o->free) {
        slot = o->free - 1;
        o->free = o->rows[slot].next;
    } else {
        list_grow(o->rows, o->count, o->room);
        slot = o->count++;
        o->rows[slot].generation = 0;
    }
    struct row *row = &o->rows[slot];
    row->generation++;
    row->state = ROW_READY;
    o->live++;
    return slot;
}

static void row_close(struct owner *o, uint32_t slot)
{
    struct row *row = &o->rows[slot];
    row->record = NULL;
    row->next = o->free;
    o->free = slot + 1;
    o->live--;
}

void owner_lend(struct owner *o, uint32_t worker, bool placed, void *record, uint32_t fn,
                uint16_t attempt, struct bytes args, struct actions *out)
{
    uint32_t slot = row_open(o);
    struct row *row = &o->rows[slot];
    row->record = record;
    row->attempt = attempt;
    row->worker = worker;
    row->told = false;
    row->placed = placed;
    row_move(row, ROW_READY, ROW_LEASED);
    act_send_task_push(out, worker,
                       &(struct msg_task_push){slot, row->generation, attempt, fn, args});
}

static bool is_with_worker(const struct row *row)
{
    return row->state == ROW_LEASED || row->state == ROW_AWAY;
}

/* The row that an answer is about, if `from` still owes it or has it. */
static struct row *awaited(struct owner *o, uint32_t from, uint32_t slot, uint32_t generation,
                           uint16_t attempt)
{
    struct row *row = slot < o->count ? &o->rows[slot] : NULL;
    bool good = row && row->record && row->generation == generation && row->attempt == attempt &&
                is_with_worker(row) && row->worker == from;
    return good ? row : NULL;
}

bool owner_on_result(struct owner *o, uint32_t from, const struct msg_task_result *m,
                     struct actions *out)
{
    struct row *row = awaited(o, from, m->slot, m->generation, m->attempt);
    if (!row)
        return false;
    row_move(row, row->state, ROW_DONE);
    struct action *act = act_add(out, ACT_FINISH);
    act->handle = row->record;
    act->proc = from;
    act->bytes = m->result;
    row_close(o, m->slot);
    return true;
}

void *owner_awaits(struct owner *o, uint32_t from, const struct msg_task_result *m)
{
    struct row *row = awaited(o, from, m->slot, m->generation, m->attempt);
    return row && row->state == ROW_LEASED ? row->record : NULL;
}

void owner_stays(struct owner *o, uint32_t from, const struct msg_task_result *m)
{
    row_move(awaited(o, from, m->slot, m->generation, m->attempt), ROW_LEASED, ROW_AWAY);
}

bool owner_is_away(const struct owner *o, uint32_t slot)
{
    return slot < o->count && o->rows[slot].record && o->rows[slot].state == ROW_AWAY;
}

bool owner_is_placed(const struct owner *o, uint32_t slot)
{
    return slot < o->count && o->rows[slot].record && o->rows[slot].placed;
}

void owner_drop(struct owner *o, uint32_t from, const struct msg_task_result *m)
{
    row_move(awaited(o, from, m->slot, m->generation, m->attempt), ROW_AWAY, ROW_DONE);
    row_close(o, m->slot);
}

bool owner_on_refuse(struct owner *o, uint32_t from, const struct msg_task_refuse *m,
                     struct actions *out)
{
    struct row *row = awaited(o, from, m->slot, m->generation, m->attempt);
    if (!row)
        return false;
    row_move(row, row->state, ROW_READY);
    act_add(out, ACT_KEEP)->handle = row->record;
    row_close(o, m->slot);
    return true;
}

void owner_cancel(struct owner *o, bool (*ends)(void *record), bool again, struct actions *out)
{
    for (uint32_t slot = 0; slot < o->count; slot++) {
        struct row *row = &o->rows[slot];
        if (!row->record || row->state != ROW_LEASED || (row->told && !again) || !ends(row->record))
            continue;
        row->told = true;
        act_send_task_cancel(out, row->worker,
                             &(struct msg_task_cancel){slot, row->generation, row->attempt});
    }
}

static void take_from_dead(struct owner *o, uint32_t slot, struct actions *out)
{
    struct row *row = &o->rows[slot];
    bool again = row->attempt + 1 < OWNER_ATTEMPTS;
    row_move(row, row->state, again ? ROW_READY : ROW_FAILED);
    struct action *act = act_add(out, again ? ACT_REQUEUE : ACT_LOSE);
    act->handle = row->record;
    row_close(o, slot);
}

uint32_t owner_on_death(struct owner *o, uint32_t dead, struct actions *out)
{
    uint32_t had = 0;
    for (uint32_t slot = 0; slot < o->count; slot++)
        if (o->rows[slot].record && id_ends_with(o->rows[slot].worker, dead)) {
            take_from_dead(o, slot, out);
            had++;
        }
    return had;
}

void owner_end(struct owner *o, struct actions *out)
{
    for (uint32_t slot = 0; slot < o->count; slot++) {
        struct row *row = &o->rows[slot];
        if (!row->record)
            continue;
        row_move(row, row->state, ROW_READY);
        act_add(out, ACT_ABANDON)->handle = row->record;
        row_close(o, slot);
    }
}

void owner_free(struct owner *o)
{
    free(o->rows);
    *o = (struct owner){0};
}
