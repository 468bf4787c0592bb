/* worker_steal.c - taking tasks from the deques of others: for workers without work, and for those
 * that are no workers and send tasks to other processes. */
#include "worker_core.h"

#include "limit.h"
#include "prio.h"

enum { STEAL_MOST = 64 }; /* tasks taken at once */

/* ---- stealing ---- */

static uint64_t next_random(struct dfl_worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

/* Keeps all but the newest of what was stolen on the own deque. */
static struct dfl_task *keep(struct dfl_worker *w, struct dfl_task **tasks, int64_t count)
{
    w->stats.steals++;
    w->stats.stolen += (uint64_t)count;
    for (int64_t i = 0; i < count - 1; i++)
        if (!team_push(w, tasks[i]))
            worker_give(&tasks[i], 1);
    worker_wake();
    return tasks[count - 1];
}

/* Takes public tasks of `victim`; failing that makes it publish some, if need be by force. */
static struct dfl_task *steal_from(struct dfl_worker *w, struct dfl_worker *victim, bool force)
{
    struct dfl_task *tasks[STEAL_MOST];
    int64_t count = deque_steal(&victim->deque, tasks, STEAL_MOST);
    if (count == 0 && deque_is_busy(&victim->deque)) {
        if (!force)
            deque_ask(&victim->deque);
        else if (deque_force(&victim->deque) > 0) {
            w->stats.forced++;
            count = deque_steal(&victim->deque, tasks, STEAL_MOST);
        }
    }
    return count > 0 ? keep(w, tasks, count) : NULL;
}

bool team_steals_by_force(const struct dfl_worker *w)
{
    return w->misses % FORCE_EVERY == FORCE_EVERY - 1;
}

struct dfl_task *team_steal(struct dfl_worker *w)
{
    if (team.count == 1)
        return NULL;
    bool force = team.can_force && team_steals_by_force(w);
    uint32_t at = (uint32_t)(next_random(w) % team.count);
    for (uint32_t i = 0; i < team.count; i++, at = at + 1 < team.count ? at + 1 : 0) {
        struct dfl_task *task = at == w->index ? NULL : steal_from(w, &team.workers[at], force);
        if (task)
            return task;
    }
    return NULL;
}

/* ---- for those that are no workers ---- */

static int64_t take_by_priority(struct dfl_task **out, int64_t most, bool above)
{
    int64_t taken = 0;
    while (taken < most && (out[taken] = prio_take_to_lend(above)))
        taken++;
    return taken;
}

int64_t worker_take(struct dfl_task **out, int64_t most, bool force)
{
    int64_t taken = take_by_priority(out, most, true);
    if (atomic_load(&team.listed))
        taken += team_take_listed(out + taken, most - taken);
    for (uint32_t i = 0; i < team.count && taken < most; i++) {
        struct deque *deque = &team.workers[i].deque;
        int64_t count = deque_steal(deque, out + taken, most - taken);
        if (count == 0 && deque_is_busy(deque)) {
            if (!force || !team.can_force)
                deque_ask(deque);
            else if (deque_force(deque) > 0)
                count = deque_steal(deque, out + taken, most - taken);
        }
        taken += count;
    }
    return taken + take_by_priority(out + taken, most - taken, false);
}

void worker_ask(void)
{
    for (uint32_t i = 0; i < team.count; i++)
        deque_ask(&team.workers[i].deque);
}

bool worker_busy(void)
{
    for (uint32_t i = 0; i < team.count; i++)
        if (deque_is_busy(&team.workers[i].deque))
            return true;
    return team_listed() || prio_any() || limit_any();
}

uint64_t worker_spawned(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < team.count; i++)
        sum += __atomic_load_n(&team.workers[i].pool.spawned, __ATOMIC_RELAXED);
    return sum;
}

uint32_t worker_idle(void)
{
    return atomic_load(&team.sleepers);
}

void worker_on_change(void (*tell)(void))
{
    team.on_change = tell;
}
