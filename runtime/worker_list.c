/* worker_list.c - what is handed to whichever worker comes first: fibers whose wait is over, and
 * pending records from outside, or that no deque had room for. */
#include "worker_core.h"

#include <stdlib.h>
#include <string.h>

#include "block.h"

void worker_ready(struct dfl_fiber *fiber)
{
    fiber->next = NULL;
    pthread_mutex_lock(&team.lock);
    *team.ready_end = fiber;
    team.ready_end = &fiber->next;
    atomic_fetch_add(&team.listed, 1);
    pthread_mutex_unlock(&team.lock);
    worker_wake();
}

struct dfl_fiber *team_take_ready(void)
{
    pthread_mutex_lock(&team.lock);
    struct dfl_fiber *fiber = team.ready;
    if (fiber) {
        team.ready = fiber->next;
        if (!team.ready)
            team.ready_end = &team.ready;
        atomic_fetch_sub(&team.listed, 1);
    }
    pthread_mutex_unlock(&team.lock);
    return fiber;
}

void worker_give(struct dfl_task *const *tasks, int64_t count)
{
    struct batch *batch = malloc(sizeof *batch + (size_t)count * sizeof *batch->tasks);
    if (!batch)
        block_exhausted((size_t)count * sizeof *batch->tasks);
    batch->count = count;
    memcpy(batch->tasks, tasks, (size_t)count * sizeof *batch->tasks);
    pthread_mutex_lock(&team.lock);
    batch->next = team.inbox;
    team.inbox = batch;
    atomic_fetch_add(&team.listed, 1);
    pthread_mutex_unlock(&team.lock);
    worker_wake();
}

struct batch *team_take_batch(void)
{
    pthread_mutex_lock(&team.lock);
    struct batch *batch = team.inbox;
    if (batch) {
        team.inbox = batch->next;
        atomic_fetch_sub(&team.listed, 1);
    }
    pthread_mutex_unlock(&team.lock);
    return batch;
}

struct dfl_task *team_open_batch(struct dfl_worker *w, struct batch *batch)
{
    struct dfl_task *first = batch->tasks[0];
    for (int64_t i = batch->count - 1; i > 0; i--)
        if (!team_push(w, batch->tasks[i]))
            worker_give(&batch->tasks[i], 1);
    free(batch);
    return first;
}

int64_t team_take_listed(struct dfl_task **out, int64_t most)
{
    pthread_mutex_lock(&team.lock);
    struct batch **at = &team.inbox, *batch;
    while ((batch = *at) && !task_can_travel(batch->tasks[0]))
        at = &batch->next;
    int64_t left = batch && batch->count > most ? batch->count - most : 0;
    int64_t taken = batch ? batch->count - left : 0;
    if (batch) {
        memcpy(out, batch->tasks + left, (size_t)taken * sizeof *out);
        batch->count = left;
    }
    if (batch && left == 0) {
        *at = batch->next;
        atomic_fetch_sub(&team.listed, 1);
        free(batch);
    }
    pthread_mutex_unlock(&team.lock);
    return taken;
}
