/* limit.c - gates: so much room each, and a line of who waits for some. Read limit.h first. */
#include "limit.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "await.h"
#include "block.h"
#include "cancel.h"
#include "memory.h"
#include "park.h"
#include "worker.h"

enum {
    PLACES = 0, /* of a group; of the process: its cores, */
    MEMORY = 1, /* and its bytes */
    GOODS = 2,
    KINDS = 1 << GOODS,
};

struct amount {
    int64_t of[GOODS];
};

/* Who waits: a record that has not begun, or a fiber that goes on. */
struct waiting {
    struct waiting *next;
    struct dfl_task *task;
    struct dfl_fiber *fiber; /* NULL: the record */
    uint64_t ticket, number; /* of the wait; from when on */
    struct amount weight;
    bool granted, counted;
};

struct line {
    struct waiting *first, **end;
};

/* Lines by what those in them want, as bits: so who waits for memory alone does not hold up who
 * wants cores. */
struct gate {
    pthread_mutex_t lock;
    struct amount room;
    uint64_t numbers;
    struct line back[KINDS], fresh[KINDS]; /* who goes on has precedence */
};

static struct {
    struct gate *gates; /* by group; that of the process is the first */
    int64_t count;
    struct amount all;       /* of the process */
    _Atomic int64_t waiting; /* records in line for that which others might take */
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

static bool needs_memory(const struct dfl_program *program)
{
    for (uint64_t i = 0; i < program->fn_count; i++)
        if (program->fns[i].policy && program->fns[i].policy->mem)
            return true;
    return false;
}

static void lines_init(struct line *lines)
{
    for (int i = 0; i < KINDS; i++)
        lines[i].end = &lines[i].first;
}

void limit_init(const struct dfl_program *program, const struct settings *s)
{
    int64_t memory = s->memory || !needs_memory(program) ? s->memory : memory_here() / s->nodes;
    limit.count = groups_of(program) + 1;
    limit.all = (struct amount){{s->threads, memory}};
    limit.gates = calloc((size_t)limit.count, sizeof *limit.gates);
    if (!limit.gates)
        block_exhausted((size_t)limit.count * sizeof *limit.gates);
    for (int64_t i = 0; i < limit.count; i++) {
        struct gate *g = &limit.gates[i];
        pthread_mutex_init(&g->lock, NULL);
        lines_init(g->back);
        lines_init(g->fresh);
    }
    limit.gates[0].room = limit.all;
    for (uint64_t i = 0; i < program->fn_count; i++)
        if (program->fns[i].policy && program->fns[i].policy->group)
            limit.gates[program->fns[i].policy->group].room.of[PLACES] =
                program->fns[i].policy->limit;
}

/* ---- places --------------------------------------------------------------------------------- */

static struct gate *gate_of(const struct dfl_policy *p, uint8_t place)
{
    return &limit.gates[place == TASK_IN_GROUP ? p->group : 0];
}

static int64_t at_most(int64_t wanted, int64_t most)
{
    return wanted < most ? wanted : most;
}

/* What is wanted of the process is never more than it has. */
static struct amount weight_of(const struct dfl_policy *p, uint8_t place)
{
    if (place == TASK_IN_GROUP)
        return (struct amount){{1, 0}};
    return (struct amount){
        {at_most(p->cpus, limit.all.of[PLACES]), at_most(p->mem, limit.all.of[MEMORY])}};
}

static int kind_of(const struct amount *weight)
{
    return (weight->of[PLACES] > 0) << PLACES | (weight->of[MEMORY] > 0) << MEMORY;
}

static bool fits(const struct gate *g, const struct amount *weight)
{
    return g->room.of[PLACES] >= weight->of[PLACES] && g->room.of[MEMORY] >= weight->of[MEMORY];
}

static void change_room(struct gate *g, const struct amount *weight, int64_t sign)
{
    for (int i = 0; i < GOODS; i++)
        g->room.of[i] += sign * weight->of[i];
}

/* Of a group others have got the place that it needs for their task. */
static bool wants(const struct dfl_task *task, uint8_t place)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    return place == TASK_IN_GROUP ? p->group > 0 && !task_is_marked(task, TASK_FOREIGN)
                                  : p->cpus > 0 || p->mem > 0;
}

static void mark(struct dfl_task *task, uint8_t place)
{
    __atomic_fetch_or(&task->flags, place, __ATOMIC_RELAXED);
}

static bool has(const struct dfl_task *task, uint8_t place)
{
    return __atomic_load_n(&task->flags, __ATOMIC_RELAXED) & place;
}

static const uint8_t places[] = {TASK_IN_GROUP, TASK_HAS_ROOM};

/* ---- lines: lock held ----------------------------------------------------------------------- */

static void line_add(struct line *line, struct waiting *w)
{
    w->next = NULL;
    *line->end = w;
    line->end = &w->next;
}

static void line_take(struct line *line, struct waiting **link)
{
    struct waiting *w = *link;
    *link = w->next;
    if (!*link)
        line->end = link;
    if (w->counted)
        atomic_fetch_sub(&limit.waiting, 1);
    w->counted = false;
}

static void stand_in_line(struct gate *g, struct waiting *w)
{
    w->number = g->numbers++;
    w->counted = g == limit.gates && !w->fiber && task_can_travel(w->task);
    if (w->counted)
        atomic_fetch_add(&limit.waiting, 1);
    line_add(&(w->fiber ? g->back : g->fresh)[kind_of(&w->weight)], w);
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

/* Of those lines whose entries want nothing of what is `kept`, the one whose first has waited
 * longest, or NULL. */
static struct line *oldest_line(struct line *lines, int kept)
{
    struct line *best = NULL;
    for (int kind = 1; kind < KINDS; kind++)
        if (!(kind & kept) && lines[kind].first &&
            (!best || lines[kind].first->number < best->first->number))
            best = &lines[kind];
    return best;
}

/* The next for whom there is room, or NULL. What one waits for is kept for it. */
static struct waiting *next_of(struct gate *g)
{
    int kept = 0;
    for (struct line *line, *lines = g->back;;) {
        if (!(line = oldest_line(lines, kept))) {
            if (lines == g->fresh)
                return NULL;
            lines = g->fresh;
            continue;
        }
        struct waiting *w = line->first;
        if (fits(g, &w->weight)) {
            change_room(g, &w->weight, -1);
            line_take(line, &line->first);
            w->granted = true;
            return w;
        }
        kept |= kind_of(&w->weight);
    }
}

/* ---- giving --------------------------------------------------------------------------------- */

/* A fiber's entry may be gone once the lock is given back. */
static void give(struct dfl_fiber *self, struct gate *g, struct amount weight, uint8_t place)
{
    struct waiting *w;
    struct line begin = {.end = &begin.first};
    pthread_mutex_lock(&g->lock);
    change_room(g, &weight, 1);
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

static bool is_awaited(const struct line *lines, int kind)
{
    for (int other = 1; other < KINDS; other++)
        if (other & kind && lines[other].first)
            return true;
    return false;
}

/* Takes room, unless someone waits for it already. Lock held. */
static bool take(struct gate *g, const struct amount *weight, bool goes_on)
{
    int kind = kind_of(weight);
    bool free =
        fits(g, weight) && !is_awaited(g->back, kind) && (goes_on || !is_awaited(g->fresh, kind));
    if (free)
        change_room(g, weight, -1);
    return free;
}

static bool enter(struct dfl_task *task, const struct dfl_policy *p, uint8_t place)
{
    struct gate *g = gate_of(p, place);
    struct amount weight = weight_of(p, place);
    pthread_mutex_lock(&g->lock);
    bool entered = take(g, &weight, false);
    bool waits = !entered && !cancel_is_marked(task);
    if (waits) {
        struct waiting *w = malloc(sizeof *w);
        if (!w)
            block_exhausted(sizeof *w);
        *w = (struct waiting){.task = task, .weight = weight};
        stand_in_line(g, w);
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
    if (has(task, TASK_HAS_ROOM))
        give_back(NULL, task, TASK_HAS_ROOM);
    return !wants(task, TASK_IN_GROUP) || has(task, TASK_IN_GROUP) || enter(task, p, TASK_IN_GROUP);
}

bool limit_any(void)
{
    return atomic_load_explicit(&limit.waiting, memory_order_relaxed) > 0;
}

static int64_t take_from(struct line *line, struct dfl_task **out, int64_t most)
{
    int64_t taken = 0;
    for (struct waiting **link = &line->first, *w; taken < most && (w = *link);) {
        if (!task_can_travel(w->task)) {
            link = &w->next;
            continue;
        }
        line_take(line, link);
        out[taken++] = w->task;
        free(w);
    }
    return taken;
}

int64_t limit_take(struct dfl_task **out, int64_t most)
{
    struct gate *g = &limit.gates[0];
    int64_t taken = 0;
    if (!limit_any())
        return 0;
    pthread_mutex_lock(&g->lock);
    for (int kind = 1; kind < KINDS; kind++)
        taken += take_from(&g->fresh[kind], out + taken, most - taken);
    pthread_mutex_unlock(&g->lock);
    return taken;
}

static bool withdraw(struct gate *g, const struct dfl_task *task, struct amount weight)
{
    pthread_mutex_lock(&g->lock);
    struct waiting *w = line_remove(&g->fresh[kind_of(&weight)], task);
    pthread_mutex_unlock(&g->lock);
    free(w);
    return w != NULL;
}

bool limit_withdraw(struct dfl_task *task)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    for (int i = 0; i < 2; i++)
        if (wants(task, places[i]) &&
            withdraw(gate_of(p, places[i]), task, weight_of(p, places[i])))
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

static bool take_or_wait(struct dfl_fiber *self, void *arg)
{
    struct arming *a = arg;
    struct gate *g = a->gate;
    (void)self;
    pthread_mutex_lock(&g->lock);
    bool waits = !take(g, &a->waiting->weight, true);
    if (waits)
        stand_in_line(g, a->waiting);
    else
        a->waiting->granted = true;
    pthread_mutex_unlock(&g->lock);
    return waits;
}

static void leave_line(struct gate *g, const struct waiting *w)
{
    pthread_mutex_lock(&g->lock);
    if (!w->granted)
        line_remove(&g->back[kind_of(&w->weight)], w->task);
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
        cancel_wait(self, w.ticket, take_or_wait, &a);
        leave_line(a.gate, &w);
        if (w.granted)
            mark(task, places[i]);
    }
}

static void abandon_all(struct dfl_fiber *self, struct task_pool *pool, struct line *line)
{
    struct waiting *w;
    while ((w = line->first)) {
        line->first = w->next;
        await_abandon(self, pool, w->task);
        free(w);
    }
}

void limit_fini(struct dfl_fiber *self, struct task_pool *pool)
{
    for (int64_t i = 0; i < limit.count; i++) {
        for (int kind = 1; kind < KINDS; kind++)
            abandon_all(self, pool, &limit.gates[i].fresh[kind]);
        pthread_mutex_destroy(&limit.gates[i].lock);
    }
    free(limit.gates);
    limit.gates = NULL;
    limit.count = 0;
    limit.waiting = 0;
}
