/* park.c - the word of a fiber that says what it waits for: the ticket, a number that no two of its
 * waits share, and in the low bits how far that wait has come. All changes of a wait under way are
 * compare-and-swaps of that word. */
#include "park.h"

#include "worker.h"

enum {
    ARMING,  /* goes on by itself: it has not left its stack */
    WAITING, /* whoever changes this makes it go on */
    NUDGED,  /* goes on, or will, to look around */
    OVER,
    STATES,
};

uint64_t park_begin(struct dfl_fiber *self)
{
    uint64_t ticket =
        (atomic_load_explicit(&self->wait, memory_order_relaxed) / STATES + 1) * STATES;
    atomic_store(&self->wait, ticket);
    return ticket;
}

struct arming {
    bool (*arm)(struct dfl_fiber *, void *);
    void *arg;
    uint64_t ticket;
};

/* The fiber may be gone as soon as it waits. */
static bool arm_wait(struct dfl_fiber *self, void *arg)
{
    struct arming *a = arg;
    uint64_t ticket = a->ticket, state = ticket + ARMING;
    if (a->arm && !a->arm(self, a->arg)) {
        atomic_store(&self->wait, ticket + OVER);
        return false;
    }
    return atomic_compare_exchange_strong(&self->wait, &state, ticket + WAITING);
}

bool park_wait(struct dfl_fiber *self, bool (*arm)(struct dfl_fiber *, void *), void *arg)
{
    uint64_t state = atomic_load(&self->wait), ticket = state / STATES * STATES;
    while (state % STATES == NUDGED &&
           !atomic_compare_exchange_weak(&self->wait, &state, ticket + ARMING))
        ;
    if (state % STATES == OVER)
        return true;
    struct arming a = {arm, arg, ticket};
    worker_park(self, arm_wait, &a);
    return atomic_load(&self->wait) % STATES == OVER;
}

static bool go_on(struct dfl_fiber *fiber, uint64_t ticket, uint64_t to)
{
    uint64_t state = atomic_load(&fiber->wait);
    while (state / STATES * STATES == ticket && state - ticket < to)
        if (atomic_compare_exchange_weak(&fiber->wait, &state, ticket + to))
            return state - ticket == WAITING;
    return false;
}

bool park_end(struct dfl_fiber *fiber, uint64_t ticket)
{
    return go_on(fiber, ticket, OVER);
}

bool park_nudge(struct dfl_fiber *fiber, uint64_t ticket)
{
    return go_on(fiber, ticket, NUDGED);
}
