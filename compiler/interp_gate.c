/* interp_gate.c - @limit: gates with so many places, and lines of who waits for one. As in compiled
 * programs, who goes on has precedence over who begins. */
#include "interp_core.h"

/* A coroutine that waits; on its stack. */
struct returning {
    struct returning *next;
    struct coro *coro;
    bool granted;
};

struct beginning {
    struct beginning *next;
    struct job *job;
};

struct gate {
    struct arena *arena;
    int64_t free;
    struct returning *back;
    struct beginning *fresh, **fresh_end, *spare;
};

struct gate *gate_get(struct interp *in, int64_t group, int64_t most)
{
    while (in->gates.count <= group)
        vec_push(&in->arena, &in->gates, NULL);
    struct gate **gate = &in->gates.at[group];
    if (!*gate) {
        *gate = arena_new(&in->arena, struct gate);
        (*gate)->arena = &in->arena;
        (*gate)->free = most;
        (*gate)->fresh_end = &(*gate)->fresh;
    }
    return *gate;
}

static void stand_in_line(struct gate *g, struct job *job)
{
    struct beginning *b = g->spare;
    if (b)
        g->spare = b->next;
    else
        b = arena_new(g->arena, struct beginning);
    *b = (struct beginning){.job = job};
    *g->fresh_end = b;
    g->fresh_end = &b->next;
}

static void take_out(struct gate *g, struct beginning **link)
{
    struct beginning *b = *link;
    *link = b->next;
    if (!*link)
        g->fresh_end = link;
    b->next = g->spare;
    g->spare = b;
}

bool gate_enter(struct gate *g, struct job *job)
{
    if (g->free > 0) {
        g->free--;
        return true;
    }
    stand_in_line(g, job);
    return false;
}

void gate_leave(struct gate *g)
{
    if (g->back) {
        struct returning *r = g->back;
        g->back = r->next;
        r->granted = true;
        coro_wake(r->coro);
    } else if (g->fresh) {
        struct job *job = g->fresh->job;
        take_out(g, &g->fresh);
        job_raise(job);
        job_admit(job);
    } else {
        g->free++;
    }
}

bool gate_return(struct interp *in, struct gate *g)
{
    struct returning r = {.coro = in->running}, **end = &g->back;
    if (g->free > 0) {
        g->free--;
        return true;
    }
    while (*end)
        end = &(*end)->next;
    *end = &r;
    struct dfl_error *e = NULL;
    while (!r.granted && !(e = job_interrupt(in)))
        job_park(in, INT64_MAX);
    if (e)
        dfl_error_release(e);
    if (r.granted)
        return true;
    for (end = &g->back; *end != &r; end = &(*end)->next)
        ;
    *end = r.next;
    return false;
}

bool gate_withdraw(struct gate *g, struct job *job)
{
    for (struct beginning **link = &g->fresh; *link; link = &(*link)->next)
        if ((*link)->job == job) {
            take_out(g, link);
            return true;
        }
    return false;
}
