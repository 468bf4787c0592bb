/* worker_sleep.c - workers without work: spinning, sleeping, waking, and the end of a run, which is
 * where nobody has any.
 *
 * Why no wake-up is lost. A push is a plain store and cannot look for sleepers. So a worker that
 * goes to sleep first counts itself as a sleeper, then lowers every other deque's `lim`, passes a
 * heavy fence, and looks at everything once more. A push before the fence is seen by that look; a
 * push after it meets the lowered `lim` and takes the slow path, which wakes a sleeper. Whoever is
 * woken and finds work wakes the next. A slow tick covers kernels without the heavy fence. */
#include "worker_core.h"

#include <limits.h>

#include "barrier.h"
#include "clock.h"
#include "futex.h"
#include "prio.h"
#include "timer.h"
#include "trace.h"

enum {
    SPINS = 128,        /* turns without work before a worker sleeps */
    TICK_NS = 10000000, /* first sleep; doubled up to 64 times that */
};

void worker_wake(void)
{
    if (atomic_load(&team.sleepers) == 0)
        return;
    atomic_fetch_add(&team.wakes, 1);
    futex_wake(&team.wakes, 1);
}

void team_wake_all(void)
{
    atomic_fetch_add(&team.wakes, 1);
    futex_wake(&team.wakes, INT_MAX);
}

void team_stop(void)
{
    atomic_store(&team.stopping, true);
    team_wake_all();
}

static bool ask_everyone(struct dfl_worker *w)
{
    bool busy = false;
    for (uint32_t i = 0; i < team.count; i++)
        if (i != w->index)
            deque_ask(&team.workers[i].deque);
    if (team.can_force && team.count > 1)
        barrier_heavy();
    for (uint32_t i = 0; i < team.count; i++)
        busy |= i != w->index && deque_is_busy(&team.workers[i].deque);
    return busy;
}

static int64_t nap_ns(struct dfl_worker *w)
{
    int64_t nap = (int64_t)TICK_NS << w->naps;
    if (w->naps < 6 && team.can_force)
        w->naps++;
    int64_t timer = timer_next();
    if (timer == INT64_MAX)
        return nap;
    int64_t left = timer - clock_now();
    return left < 0 ? 0 : left < nap ? left : nap;
}

/* Counted as a sleeper: looks once more, then waits. True: there is something to do at once. */
static bool doze(struct dfl_worker *w, uint32_t wakes, uint32_t sleepers)
{
    if (ask_everyone(w))
        return true;
    if (team_listed() || prio_any() || atomic_load(&team.stopping))
        return true;
    if (atomic_load(&team.io_left) == 0 && sleepers == team.count &&
        atomic_load(&team.sleepers) == team.count) {
        team_stop(); /* draining is over: nobody runs, nothing is left */
        return true;
    }
    int64_t ns = nap_ns(w);
    if (ns > 0) {
        w->stats.slept++;
        futex_wait(&team.wakes, wakes, ns);
    }
    return atomic_load(&team.wakes) != wakes;
}

void team_idle(struct dfl_worker *w)
{
    if (++w->misses < SPINS && team.count > 1) {
        for (int i = 0; i < 32; i++)
            __builtin_ia32_pause();
        return;
    }
    if (trace_on)
        trace_rest(w->index);
    uint32_t wakes = atomic_load(&team.wakes);
    uint32_t sleepers = atomic_fetch_add(&team.sleepers, 1) + 1;
    team_tell_change();
    bool more = doze(w, wakes, sleepers);
    atomic_fetch_sub(&team.sleepers, 1);
    timer_fire();
    w->misses = more ? FORCE_EVERY - 1 : SPINS - 1;
}
