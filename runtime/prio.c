/* prio.c - a line for each priority. Read prio.h first. */
#include "prio.h"

#include <pthread.h>
#include <stdlib.h>

#include "block.h"

enum { MOST = 9 /* attr.def of the compiler */, LINES = 2 * MOST + 1 };

struct entry {
    struct entry *next;
    struct dfl_task *task;
};

static struct {
    pthread_mutex_t lock;
    struct entry *first[LINES], **end[LINES]; /* by priority, from the lowest */
    _Atomic int64_t counts[2];                /* below others; above */
} prio = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_above(int line)
{
    return line > MOST;
}

bool prio_put(struct dfl_task *task)
{
    const struct dfl_policy *policy = task_fn(task)->policy;
    int line = MOST + (policy ? (int)policy->prio : 0);
    bool has_place =
        __atomic_load_n(&task->flags, __ATOMIC_RELAXED) & (TASK_IN_GROUP | TASK_HAS_ROOM);
    if (line == MOST || (has_place && !is_above(line)))
        return false;
    struct entry *e = malloc(sizeof *e);
    if (!e)
        block_exhausted(sizeof *e);
    *e = (struct entry){.task = task};
    pthread_mutex_lock(&prio.lock);
    if (!prio.first[line])
        prio.end[line] = &prio.first[line];
    *prio.end[line] = e;
    prio.end[line] = &e->next;
    atomic_fetch_add(&prio.counts[is_above(line)], 1);
    pthread_mutex_unlock(&prio.lock);
    return true;
}

/* Lock held. Takes the entry out. */
static struct dfl_task *take_out(int line, struct entry **link)
{
    struct entry *e = *link;
    struct dfl_task *task = e->task;
    *link = e->next;
    if (!*link)
        prio.end[line] = link;
    atomic_fetch_sub(&prio.counts[is_above(line)], 1);
    free(e);
    return task;
}

/* Lock held. The first of a line, or the first that can travel. */
static struct dfl_task *take_of(int line, bool travels)
{
    struct entry **link = &prio.first[line];
    while (*link && travels && !task_can_travel((*link)->task))
        link = &(*link)->next;
    return *link ? take_out(line, link) : NULL;
}

static struct dfl_task *take(bool above, bool travels)
{
    struct dfl_task *task = NULL;
    if (atomic_load_explicit(&prio.counts[above], memory_order_relaxed) == 0)
        return NULL;
    pthread_mutex_lock(&prio.lock);
    for (int line = above ? LINES - 1 : MOST - 1; !task && line >= 0; line--)
        task = take_of(line, travels);
    pthread_mutex_unlock(&prio.lock);
    return task;
}

struct dfl_task *prio_take(bool above)
{
    return take(above, false);
}

struct dfl_task *prio_take_to_lend(bool above)
{
    return take(above, true);
}

bool prio_any(void)
{
    return atomic_load(&prio.counts[0]) + atomic_load(&prio.counts[1]) > 0;
}

bool prio_raise(struct dfl_task *task)
{
    const struct dfl_policy *policy = task_fn(task)->policy;
    if (!policy || policy->prio >= 0)
        return false;
    int line = MOST + (int)policy->prio;
    pthread_mutex_lock(&prio.lock);
    struct entry **link = &prio.first[line];
    while (*link && (*link)->task != task)
        link = &(*link)->next;
    bool found = *link != NULL;
    if (found)
        take_out(line, link);
    pthread_mutex_unlock(&prio.lock);
    return found;
}
