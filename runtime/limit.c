/* limit.c - gates: so much room each, and a line of who waits for some. Read limit.h first. */
#include "limit.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "await.h"
#include "block.h"
#include "cancel.h"
#include "park.h"
#include "worker.h"

/* Who waits: a record that has not begun, or a fiber that goes on. */
struct waiting {
    struct waiting *next;
    struct dfl_task *task;
    struct dfl_fiber *fiber; /* NULL: the record */
    uint64_t ticket;
    int64_t weight;
    bool granted, counted;
};

struct line {
    struct waiting *first, **end;
};

struct gate {
    pthread_mutex_t lock;
    int64_t room;
    struct line back, fresh; /* who goes on has precedence */
};

static struct {
    struct gate *gates; /* by group; that of the cores is the first */
    int64_t count, cores;
    _Atomic int64_t waiting; /* records in line for cores that others might take */
} limit;

static int64_t groups_of(const struct dfl_program *program)
{
    int64_t groups = 0;
    for (uint64_t i = 0; i < program->fn_count; i++) {
        const struct dfl_policy *p = program->fns[i].policy;
        groups = p && p->group > groups ? p->group : groups;
    }
    return groups;
}

void limit_init(const struct dfl_program *program, uint32_t cores)
{
    limit.count = groups_of(program) + 1;
    limit.cores = cores;
    limit.gates = calloc((size_t)limit.count, sizeof *limit.gates);
    if (!limit.gates)
        block_exhausted((size_t)limit.count * sizeof *limit.gates);
    for (int64_t i = 0; i < limit.count; i++) {
        struct gate *g = &limit.gates[i];
        pthread_mutex_init(&g->lock, NULL);
        g->back.end = &g->back.first;
        g->fresh.end = &g->fresh.first;
    }
    limit.gates[0].room = cores;
    for (uint64_t i = 0; i < program->fn_count; i++)
        if (program->fns[i].policy && program->fns[i].policy->group)
            limit.gates[program->fns[i].policy->group].room = program->fns[i].policy->limit;
}

/* ---- places --------------------------------------------------------------------------------- */

static struct gate *gate_of(const struct dfl_policy *p, uint8_t place)
{
    return &limit.gates[place == TASK_IN_GROUP ? p->group : 0];
}

/* What is wanted of the cores is never more than there are. */
static int64_t weight_of(const struct dfl_policy *p, uint8_t place)
{
    return place == TASK_IN_GROUP ? 1 : p->cpus < limit.cores ? p->cpus : limit.cores;
}

/* Of a group others have got the place that it needs for their task. */
static bool wants(const struct dfl_task *task, uint8_t place)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    return place == TASK_IN_GROUP ? p->group > 0 && !task_is_marked(task, TASK_FOREIGN)
                                  : p->cpus > 0;
}

static void mark(struct dfl_task *task, uint8_t place)
{
    __atomic_fetch_or(&task->flags, place, __ATOMIC_RELAXED);
}

static bool has(const struct dfl_task *task, uint8_t place)
{
    return __atomic_load_n(&task->flags, __ATOMIC_RELAXED) & place;
}

static const uint8_t places[] = {TASK_IN_GROUP, TASK_ON_CORES};

/* ---- lines: lock held ----------------------------------------------------------------------- */

static void line_add(struct line *line, struct waiting *w)
{
    w->next = NULL;
    *line->end = w;
    line->end = &w->next;
    w->counted = line == &limit.gates[0].fresh && task_can_travel(w->task);
    if (w->counted)
        atomic_fetch_add(&limit.waiting, 1);
}

static void line_take(struct line *line, struct waiting **link)
{
    struct waiting *w = *link;
    *link = w->next;
    if (!*link)
        line->end = link;
    if (w->counted)
        atomic_fetch_sub(&limit.waiting, 1);
}

/* The entry of that task, taken out, or NULL. */
static struct waiting *line_remove(struct line *line, const struct dfl_task *task)
{
    struct waiting **link = &line->first, *w;
    while (*link && (*link)->task != task)
        link = &(*link)->next;
    if ((w = *link))
        line_take(line, link);
    return w;
}

/* The next for whom there is room, or NULL. */
static struct waiting *next_of(struct gate *g)
{
    struct line *line = g->back.first ? &g->back : &g->fresh;
    struct waiting *w = line->first;
    if (!w || w->weight > g->room)
        return NULL;
    g->room -= w->weight;
    line_take(line, &line->first);
    w->granted = true;
    return w;
}

/* ---- giving --------------------------------------------------------------------------------- */

/* A fiber's entry may be gone once the lock is given back. */
static void give(struct dfl_fiber *self, struct gate *g, int64_t weight, uint8_t place)
{
    struct waiting *w;
    struct line begin = {.end = &begin.first};
    pthread_mutex_lock(&g->lock);
    g->room += weight;
    while ((w = next_of(g))) {
        mark(w->task, place);
        if (!w->fiber)
            line_add(&begin, w);
        else if (park_end(w->fiber, w->ticket))
            worker_ready(w->fiber);
    }
    pthread_mutex_unlock(&g->lock);
    while ((w = begin.first)) {
        begin.first = w->next;
        if (self)
            worker_push(self, w->task);
        else
            worker_give(&w->task, 1);
        free(w);
    }
}

static void give_back(struct dfl_fiber *self, struct dfl_task *task, uint8_t place)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    __atomic_fetch_and(&task->flags, (uint8_t)~place, __ATOMIC_RELAXED);
    give(self, gate_of(p, place), weight_of(p, place), place);
}

/* ---- records -------------------------------------------------------------------------------- */

/* Takes room, unless someone waits for it already. Lock held. */
static bool take(struct gate *g, int64_t weight, bool goes_on)
{
    bool free = g->room >= weight && !g->back.first && (goes_on || !g->fresh.first);
    g->room -= free ? weight : 0;
    return free;
}

static bool enter(struct dfl_task *task, const struct dfl_policy *p, uint8_t place)
{
    struct gate *g = gate_of(p, place);
    int64_t weight = weight_of(p, place);
    pthread_mutex_lock(&g->lock);
    bool entered = take(g, weight, false);
    bool waits = !entered && !cancel_is_marked(task);
    if (waits) {
        struct waiting *w = malloc(sizeof *w);
        if (!w)
            block_exhausted(sizeof *w);
        *w = (struct waiting){.task = task, .weight = weight};
        line_add(&g->fresh, w);
    }
    pthread_mutex_unlock(&g->lock);
    if (entered)
        mark(task, place);
    return !waits;
}

bool limit_enter(struct dfl_task *task)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    for (int i = 0; i < 2; i++)
        if (wants(task, places[i]) && !has(task, places[i]) && !enter(task, p, places[i]))
            return false;
    return true;
}

void limit_leave(struct dfl_fiber *self, struct dfl_task *task)
{
    for (int i = 0; i < 2; i++)
        if (has(task, places[i]))
            give_back(self, task, places[i]);
}

bool limit_send(struct dfl_task *task)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    if (has(task, TASK_ON_CORES))
        give_back(NULL, task, TASK_ON_CORES);
    return !wants(task, TASK_IN_GROUP) || has(task, TASK_IN_GROUP) || enter(task, p, TASK_IN_GROUP);
}

bool limit_any(void)
{
    return atomic_load_explicit(&limit.waiting, memory_order_relaxed) > 0;
}

int64_t limit_take(struct dfl_task **out, int64_t most)
{
    struct gate *g = &limit.gates[0];
    int64_t taken = 0;
    if (!limit_any())
        return 0;
    pthread_mutex_lock(&g->lock);
    for (struct waiting **link = &g->fresh.first, *w; taken < most && (w = *link);) {
        if (!task_can_travel(w->task)) {
            link = &w->next;
            continue;
        }
        line_take(&g->fresh, link);
        out[taken++] = w->task;
        free(w);
    }
    pthread_mutex_unlock(&g->lock);
    return taken;
}

static bool withdraw(struct gate *g, const struct dfl_task *task)
{
    pthread_mutex_lock(&g->lock);
    struct waiting *w = line_remove(&g->fresh, task);
    pthread_mutex_unlock(&g->lock);
    free(w);
    return w != NULL;
}

bool limit_withdraw(struct dfl_task *task)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    for (int i = 0; i < 2; i++)
        if (wants(task, places[i]) && withdraw(gate_of(p, places[i]), task))
            return true;
    return false;
}

/* ---- fibers --------------------------------------------------------------------------------- */

uint8_t limit_lend(struct dfl_fiber *self)
{
    struct dfl_task *task = self->scope ? self->scope->task : NULL;
    uint8_t lent = 0;
    for (int i = 0; task && i < 2; i++)
        if (has(task, places[i])) {
            lent |= places[i];
            give_back(self, task, places[i]);
        }
    return lent;
}

struct arming {
    struct gate *gate;
    struct waiting *waiting;
};

static bool stand_in_line(struct dfl_fiber *self, void *arg)
{
    struct arming *a = arg;
    struct gate *g = a->gate;
    (void)self;
    pthread_mutex_lock(&g->lock);
    bool waits = !take(g, a->waiting->weight, true);
    if (waits)
        line_add(&g->back, a->waiting);
    else
        a->waiting->granted = true;
    pthread_mutex_unlock(&g->lock);
    return waits;
}

static void leave_line(struct gate *g, const struct waiting *w)
{
    pthread_mutex_lock(&g->lock);
    if (!w->granted)
        line_remove(&g->back, w->task);
    pthread_mutex_unlock(&g->lock);
}

void limit_return(struct dfl_fiber *self, uint8_t lent)
{
    for (int i = 0; i < 2; i++) {
        if (!(lent & places[i]))
            continue;
        struct dfl_task *task = self->scope->task;
        const struct dfl_policy *p = task_fn(task)->policy;
        struct waiting w = {.task = task, .fiber = self, .weight = weight_of(p, places[i])};
        struct arming a = {.gate = gate_of(p, places[i]), .waiting = &w};
        w.ticket = park_begin(self);
        cancel_wait(self, w.ticket, stand_in_line, &a);
        leave_line(a.gate, &w);
        if (w.granted)
            mark(task, places[i]);
    }
}

void limit_fini(struct dfl_fiber *self, struct task_pool *pool)
{
    for (int64_t i = 0; i < limit.count; i++) {
        struct waiting *w;
        while ((w = limit.gates[i].fresh.first)) {
            limit.gates[i].fresh.first = w->next;
            await_abandon(self, pool, w->task);
            free(w);
        }
        pthread_mutex_destroy(&limit.gates[i].lock);
    }
    free(limit.gates);
    limit.gates = NULL;
    limit.count = 0;
    limit.waiting = 0;
}
