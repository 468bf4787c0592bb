/* place.c - what a record is for, lines of those that are for elsewhere. Read place.h first. */
#include "place.h"

#include <pthread.h>
#include <stdlib.h>

#include "await.h"
#include "block.h"
#include "cancel.h"
#include "error.h"
#include "run.h"
#include "tables.h"
#include "worker.h"

enum { LOOK_NS = 1000000 }; /* between looks at what is kept */

/* What a record is for. */
struct goal {
    const char *on; /* nodes with that label; NULL: any */
    uint32_t near;  /* that one; 0: no certain one */
};

struct kept {
    struct kept *next;
    struct dfl_task *task;
};

/* Those for the same nodes. Lines are few, and stay. */
struct line {
    struct line *next;
    struct goal goal;
    struct kept *first, **end;
};

static struct {
    const struct labels *labels;
    uint32_t nodes;
    struct worker_tables *tables; /* NULL: this process is alone */
    const struct place_ops *ops;
    void (*poke)(void);
    pthread_mutex_t lock;       /* of the lines */
    struct line *_Atomic lines; /* only the first of them changes */
} place = {.nodes = 1, .lock = PTHREAD_MUTEX_INITIALIZER};

void place_init(const struct labels *labels)
{
    place.labels = labels;
}

void place_open(struct worker_tables *tables, const struct place_ops *ops, uint32_t nodes,
                void (*poke)(void))
{
    place.tables = tables;
    place.ops = ops;
    place.nodes = nodes;
    place.poke = poke;
}

static uint32_t own_node(void)
{
    return place.tables ? id_node(place.tables->self) : 1;
}

/* ---- what a record is for ------------------------------------------------------------------- */

static const char *label_of(const struct dfl_policy *p)
{
    return place.labels->count ? p->on : NULL;
}

static bool suits(const char *on, uint32_t node)
{
    return !on || labels_has(place.labels, node, on);
}

/* The futures that it is to be near to; NULL: there are none. */
static struct dfl_task *const *near_of(const struct dfl_task *task, int64_t *count)
{
    const struct dfl_fn *fn = task_fn(task);
    if (!fn->policy->near)
        return NULL;
    const struct dfl_field *field = &fn->args->fields[fn->policy->near - 1];
    const void *at = (const char *)task_args(task) + field->offset;
    *count = 1;
    if (field->type->kind == DFL_FUTURE)
        return at;
    if (field->type->kind != DFL_ARRAY || field->type->elem->kind != DFL_FUTURE)
        return NULL;
    const struct dfl_view *view = at;
    *count = view->len;
    return view->ptr;
}

/* Where most of them were made; 0: here, or it is not known. */
static uint32_t near_node(const struct dfl_task *task)
{
    int64_t count = 0;
    struct dfl_task *const *inputs = near_of(task, &count);
    if (!inputs)
        return 0;
    uint32_t made[RUN_NODES_MOST + 1] = {0}, best = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t node = task_maker(inputs[i]);
        if (node <= RUN_NODES_MOST && ++made[node] > made[best])
            best = node;
    }
    return best;
}

static bool can_leave(const struct dfl_task *task)
{
    return task_fn(task)->flags & DFL_FN_PLACED && !task_is_marked(task, TASK_STAY | TASK_FOREIGN);
}

static struct goal goal_of(const struct dfl_task *task)
{
    struct goal goal = {label_of(task_fn(task)->policy), 0};
    uint32_t near = near_node(task);
    if (near && near != own_node() && !task_is_decided(task) && suits(goal.on, near))
        goal.near = near;
    return goal;
}

static bool is_here(const struct goal *goal)
{
    return !goal->near && suits(goal->on, own_node());
}

static struct dfl_error *no_place(const struct dfl_task *task, const char *on)
{
    const char *name = task_fn(task)->name;
    if (!labels_know(place.labels, on))
        return error_new(DFL_FAIL_label,
                         "no node of the run has the label \"%s\", which %s is for; "
                         "`--label 1=%s` gives it to the first",
                         on, name, on);
    if (task_fn(task)->flags & DFL_FN_PLACED)
        return error_new(DFL_FAIL_label,
                         "%s is for nodes with the label \"%s\", but what it is given or gives "
                         "cannot travel there",
                         name, on);
    return error_new(DFL_FAIL_label,
                     "%s is for nodes with the label \"%s\", but can only run where main does; "
                     "`--label 1=%s` gives it to that node",
                     name, on, on);
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* Lock held. */
static struct line *line_for(const struct goal *goal)
{
    struct line *line = place.lines;
    while (line && (line->goal.on != goal->on || line->goal.near != goal->near))
        line = line->next;
    if (line)
        return line;
    line = malloc(sizeof *line);
    if (!line)
        block_exhausted(sizeof *line);
    *line = (struct line){.next = place.lines, .goal = *goal, .end = &line->first};
    atomic_store(&place.lines, line);
    return line;
}

/* False: it was cancelled meanwhile. A drained run waits for it. */
static bool keep(struct dfl_task *task, const struct goal *goal)
{
    struct kept *k = malloc(sizeof *k);
    if (!k)
        block_exhausted(sizeof *k);
    *k = (struct kept){.task = task};
    worker_lent(1);
    pthread_mutex_lock(&place.lock);
    bool kept = !cancel_is_marked(task);
    if (kept) {
        struct line *line = line_for(goal);
        *line->end = k;
        line->end = &k->next;
    }
    pthread_mutex_unlock(&place.lock);
    if (kept) {
        place.poke();
    } else {
        free(k);
        worker_lent(-1);
    }
    return kept;
}

/* Lock held. */
static void take_out(struct line *line, struct kept **link)
{
    struct kept *k = *link;
    *link = k->next;
    if (!*link)
        line->end = link;
    free(k);
}

bool place_enter(struct dfl_task *task, struct dfl_error **nowhere)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    if ((!p->on && !p->near) || task_is_marked(task, TASK_FOREIGN) || cancel_is_marked(task))
        return true;
    struct goal goal = goal_of(task);
    if (is_here(&goal))
        return true;
    if (can_leave(task) && (!goal.on || labels_know(place.labels, goal.on))) {
        return !keep(task, &goal);
    }
    if (suits(goal.on, own_node()))
        return true;
    *nowhere = no_place(task, goal.on);
    return false;
}

bool place_withdraw(struct dfl_task *task)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    bool found = false;
    if (!p->on && !p->near)
        return false;
    pthread_mutex_lock(&place.lock);
    for (struct line *line = place.lines; line && !found; line = line->next) {
        struct kept **link = &line->first;
        while (*link && (*link)->task != task)
            link = &(*link)->next;
        if ((found = *link))
            take_out(line, link);
    }
    pthread_mutex_unlock(&place.lock);
    if (found)
        worker_lent(-1);
    return found;
}

/* ---- the role: who is there ----------------------------------------------------------------- */

/* NULL: there is none now. */
static const struct member *worker_of(uint32_t node)
{
    const struct members *m = &place.tables->members;
    for (uint32_t i = 0; i < m->count; i++) {
        uint32_t proc = m->list[i].proc;
        if (id_node(proc) == node && !id_is_node(proc) && m->list[i].slots &&
            !members_is_out(m, proc))
            return &m->list[i];
    }
    return NULL;
}

/* Whether it will never have a worker again. One that has not come yet will. */
static bool is_gone(uint32_t node)
{
    return members_is_out(&place.tables->members, id_proc(node, 0));
}

static struct lease *lease_for(const struct member *worker, int64_t now)
{
    return leases_open(&place.tables->placed, worker->proc, worker->slots, now);
}

static enum place_where find_near(const struct goal *goal, int64_t now, struct lease **out)
{
    const struct member *worker = worker_of(goal->near);
    *out = worker ? lease_for(worker, now) : NULL;
    return !worker ? PLACE_HERE : lease_admits(*out, now) ? PLACE_THERE : PLACE_FULL;
}

/* The one with most room, or least to do. */
static enum place_where find_label(const char *on, int64_t now, struct lease **out)
{
    const struct member *best = NULL;
    uint32_t most = 0, least = 0;
    bool any = false;
    for (uint32_t node = 1; node <= place.nodes; node++) {
        if (!labels_has(place.labels, node, on) || is_gone(node))
            continue;
        any = true;
        const struct member *worker = worker_of(node);
        if (!worker)
            continue;
        const struct lease *lease = lease_for(worker, now);
        uint32_t room = lease_room(lease), load = lease->in_flight;
        if (!best || room > most || (room == most && load < least)) {
            most = room;
            least = load;
            best = worker;
        }
    }
    *out = best ? lease_for(best, now) : NULL;
    return !any ? PLACE_NOWHERE : best && lease_admits(*out, now) ? PLACE_THERE : PLACE_FULL;
}

static enum place_where find(const struct goal *goal, int64_t now, struct lease **out)
{
    enum place_where where = goal->near ? find_near(goal, now, out) : PLACE_HERE;
    if (where != PLACE_HERE || suits(goal->on, own_node()))
        return where;
    return find_label(goal->on, now, out);
}

enum place_where place_find(const struct dfl_task *task, int64_t now, struct lease **out)
{
    struct goal goal = goal_of(task);
    bool known = !goal.on || labels_know(place.labels, goal.on);
    return known ? find(&goal, now, out) : PLACE_HERE;
}

bool place_may_wait(const struct dfl_task *task)
{
    const struct dfl_policy *p = task_fn(task)->policy;
    return p && !p->group && can_leave(task) && !task_is_decided(task);
}

bool place_fits(const struct dfl_task *task, uint32_t worker)
{
    if (!can_leave(task) || task_fn(task)->flags & DFL_FN_ONCE || cancel_is_marked(task))
        return false;
    const struct dfl_policy *p = task_fn(task)->policy;
    const char *on = label_of(p);
    if (p->near && !task_is_decided(task))
        return false;
    return suits(on, id_node(worker));
}

/* ---- the role: lines ------------------------------------------------------------------------ */

struct next {
    struct dfl_task *task; /* NULL: none now */
    enum place_where where;
    struct lease *lease;
    bool more; /* behind it */
};

/* The first of a line, if there is a place for it, taken out. */
static struct next next_of(struct line *line, int64_t now, bool leaving)
{
    struct next n = {.where = PLACE_NOWHERE};
    pthread_mutex_lock(&place.lock);
    if (line->first && !leaving)
        n.where = find(&line->goal, now, &n.lease);
    if (line->first && n.where != PLACE_FULL) {
        n.task = line->first->task;
        take_out(line, &line->first);
    }
    n.more = line->first;
    pthread_mutex_unlock(&place.lock);
    return n;
}

static struct dfl_error *all_lost(const struct dfl_task *task, const char *on)
{
    return error_new(DFL_FAIL_lost, "%s is lost with all nodes that have the label \"%s\"",
                     task_fn(task)->name, on);
}

/* Of a run that is over nothing is needed. True: some are left. */
static bool lend_line(struct line *line, int64_t now, bool leaving, struct actions *out)
{
    struct next n;
    while ((n = next_of(line, now, leaving)).task) {
        if (leaving || task_is_forgotten(n.task)) {
            place.ops->drop(n.task);
        } else if (n.where == PLACE_NOWHERE) {
            place.ops->fail(n.task, all_lost(n.task, line->goal.on));
        } else if (n.where == PLACE_HERE) {
            task_decide(n.task);
            place.ops->give(n.task);
        } else if (!place.ops->lend(n.lease, n.task, out)) {
            if (keep(n.task, &line->goal))
                worker_lent(-1);
            else
                place.ops->drop(n.task);
            return true;
        }
    }
    return n.more;
}

int64_t place_step(int64_t now, bool leaving, struct actions *out)
{
    bool any = false;
    for (struct line *line = place.lines; line; line = line->next)
        any |= lend_line(line, now, leaving, out);
    return any ? now + LOOK_NS : INT64_MAX;
}

void place_fini(struct dfl_fiber *self, struct task_pool *pool)
{
    for (struct line *line; (line = place.lines); free(line)) {
        atomic_store(&place.lines, line->next);
        while (line->first) {
            await_abandon(self, pool, line->first->task);
            take_out(line, &line->first);
        }
    }
}
