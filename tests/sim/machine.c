/* machine.c - simulated processes: they do what workers and nodes do with the actions of their
 * tables, with tasks that only take time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static void say(const struct world *w, const struct process *p, const char *what, uint64_t n)
{
    if (w->trace)
        printf("%12.6f %u.%u %s %llx\n", (double)w->now / 1e9, id_node(p->proc), id_start(p->proc),
               what, (unsigned long long)n);
}

/* ---- records ---- */

static struct record *record_new(struct process *p, uint64_t key, uint32_t depth)
{
    struct record *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->key = key;
    r->depth = depth;
    r->next = p->records;
    p->records = r;
    return r;
}

static void enqueue(struct process *p, struct record *r)
{
    if (p->queued == p->queue_room) {
        p->queue_room = p->queue_room ? p->queue_room * 2 : 64;
        p->queue = realloc(p->queue, p->queue_room * sizeof *p->queue);
        if (!p->queue)
            abort();
    }
    r->state = PENDING;
    p->queue[p->queued++] = r;
}

static struct record *take_oldest(struct process *p)
{
    struct record *r = p->queue[0];
    memmove(p->queue, p->queue + 1, --p->queued * sizeof *p->queue);
    return r;
}

static void run_after(struct world *w, struct process *p, struct record *r, int64_t ns)
{
    world_event(
        w, (struct event){
               .kind = EVENT_RUN, .at = w->now + ns, .to = (uint32_t)(p - w->procs), .record = r});
}

static void start_some(struct world *w, struct process *p)
{
    while (p->running < w->threads && p->queued) {
        struct record *r = p->queue[--p->queued]; /* the newest first, as workers do */
        r->state = RUNNING;
        r->began = w->now;
        p->running++;
        w->started++;
        struct shape s = program_shape(r->key, r->depth);
        for (uint32_t i = 0; i < s.children; i++) {
            r->children[i] = record_new(p, program_child(r->key, i), r->depth - 1);
            r->children[i]->parent = r;
            enqueue(p, r->children[i]);
        }
        r->child_count = r->children_left = s.children;
        run_after(w, p, r, s.before_ns);
    }
}

static void done(struct world *w, struct process *p, struct record *r);

static void resume(struct world *w, struct process *p, struct record *r)
{
    r->state = RUNNING;
    p->running++;
    run_after(w, p, r, program_shape(r->key, r->depth).after_ns);
}

static void done(struct world *w, struct process *p, struct record *r)
{
    r->state = DONE;
    struct record *parent = r->parent;
    if (r->foreign) {
        if (r->unwanted)
            worker_tables_forget(&p->worker, r->slot);
        else if (program_stays(r->key))
            worker_tables_refuse(&p->worker, r->slot, &p->actions);
        else
            worker_tables_done(&p->worker, r->slot, (uint32_t)(w->now - r->began),
                               depot_wrap(w, p, worker_tables_owner(&p->worker, r->slot), r->value,
                                          &r->value, sizeof r->value),
                               &p->actions);
    } else if (parent && --parent->children_left == 0 && parent->state == WAITING) {
        resume(w, p, parent);
    }
}

/* A stretch of run time of `r` is over: it awaits its children, or is done. */
void machine_on_run(struct world *w, struct process *p, struct record *r)
{
    p->running--;
    struct shape s = program_shape(r->key, r->depth);
    bool first = r->value == 0;
    if (first && r->child_count) {
        r->value = 1; /* on its second stretch */
        if (r->children_left) {
            r->state = WAITING;
        } else {
            resume(w, p, r);
        }
    } else {
        uint64_t values[CHILDREN_MOST];
        for (uint32_t i = 0; i < s.children; i++)
            values[i] = r->children[i]->value;
        r->value = program_combine(r->key, values, s.children);
        done(w, p, r);
    }
    machine_step(w, p);
}

/* ---- actions ---- */

struct args {
    uint64_t key;
    uint32_t depth;
};

static void act_start(struct world *w, struct process *p, const struct action *a)
{
    struct args args;
    struct bytes data;
    uint64_t content;
    bool here =
        depot_unwrap(w, p, worker_tables_owner(&p->worker, a->slot), a->bytes, &data, &content);
    if (!here) {
        worker_tables_refuse(&p->worker, a->slot, &p->actions);
        return;
    }
    memcpy(&args, data.at, sizeof args);
    if (program_is_large(args.key) && content != args.key)
        abort();
    struct record *r = record_new(p, args.key, args.depth);
    r->foreign = true;
    r->slot = a->slot;
    worker_tables_started(&p->worker, a->slot, r);
    enqueue(p, r);
}

static void act_finish(struct world *w, struct process *p, const struct action *a)
{
    struct record *r = a->handle;
    struct bytes data;
    uint64_t content;
    if (!depot_unwrap(w, p, a->proc, a->bytes, &data, &content)) {
        r->stays = true;
        enqueue(p, r);
        return;
    }
    memcpy(&r->value, data.at, sizeof r->value);
    if (program_is_large(r->value) && content != r->value)
        abort();
    say(w, p, "result of", r->key);
    done(w, p, r);
}

static void release_held(struct world *w, struct process *p);

static void connect_to(struct world *w, struct process *p, uint32_t proc)
{
    uint32_t i = world_index(w, proc);
    if (i < PROCS_MOST && !p->connected[i])
        p->connected[i] = true;
}

static void cut(struct world *w, struct process *p, uint32_t dead)
{
    for (uint32_t i = 0; i < w->proc_count; i++)
        if (id_ends_with(w->procs[i].proc, dead) && !p->cut[i]) {
            p->cut[i] = true;
            channel_fini(&p->channels[i]);
        }
}

static void act_kill(struct world *w, uint32_t proc)
{
    uint32_t i = world_index(w, proc);
    if (i < PROCS_MOST && w->procs[i].alive)
        machine_crash(w, &w->procs[i]);
}

static void perform_one(struct world *w, struct process *p, const struct action *a)
{
    struct record *r = a->handle;
    coverage.actions[a->kind]++;
    switch (a->kind) {
    case ACT_SEND: {
        uint32_t to = world_index(w, a->proc);
        struct bytes row = act_row(&p->actions, a);
        coverage.rows[row.at[0] & 31]++;
        if (to < PROCS_MOST && !p->cut[to])
            channel_append(&p->channels[to], row.at, row.len);
        break;
    }
    case ACT_PEER:
        connect_to(w, p, a->proc);
        break;
    case ACT_CUT:
        cut(w, p, a->proc);
        break;
    case ACT_START:
        act_start(w, p, a);
        break;
    case ACT_DROP:
        r->unwanted = true;
        break;
    case ACT_FINISH:
        act_finish(w, p, a);
        break;
    case ACT_REQUEUE:
        r->attempt++;
        say(w, p, "again", r->key);
        enqueue(p, r);
        break;
    case ACT_KEEP:
        say(w, p, "kept", r->key);
        r->stays = true;
        enqueue(p, r);
        break;
    case ACT_LOSE: /* more deaths than attempts: the simulation has no failures, it tries on */
        r->attempt = 0;
        enqueue(p, r);
        break;
    case ACT_KILL:
        act_kill(w, a->proc);
        break;
    case ACT_HELD:
        release_held(w, p);
        break;
    case ACT_DISPOSE:
    case ACT_PULL:
    case ACT_STORE:
    case ACT_READ:
    case ACT_RECLAIM:
        depot_act(w, p, a);
        break;
    case ACT_MORE:
    case ACT_LESS:
    case ACT_EXTENT:
    case ACT_DIED:
    case ACT_REPORT:
        break;
    case ACT_LEAVE:
        p->leaving = true;
        break;
    }
}

static void free_rows(struct held_row **list)
{
    while (*list) {
        struct held_row *next = (*list)->next;
        free(*list);
        *list = next;
    }
}

static void perform(struct world *w, struct process *p)
{
    for (uint32_t i = 0; i < p->actions.count; i++) {
        struct action a = p->actions.list[i];
        perform_one(w, p, &a);
    }
    actions_clear(&p->actions);
    free_rows(&p->spent);
}

/* ---- steps ---- */

static void lend(struct world *w, struct process *p, struct lease *lease, struct record *r)
{
    struct args args = {r->key, r->depth};
    r->state = LENT;
    worker_tables_lend(&p->worker, lease, r, 0, r->attempt,
                       depot_wrap(w, p, lease->worker, r->key, &args, sizeof args), &p->actions);
}

static void share_work(struct world *w, struct process *p)
{
    struct lease *lease;
    if (p->running < w->threads)
        return;
    while (p->queued && (lease = leases_best(&p->worker.leases))) {
        struct record *r = p->queue[0];
        if (r->foreign || r->stays)
            return;
        lend(w, p, lease, take_oldest(p));
    }
    if (p->queued)
        leases_ask(&p->worker.leases, w->now, &p->actions);
}

static void step_worker(struct world *w, struct process *p)
{
    start_some(w, p);
    share_work(w, p);
    depot_sweep(p);
    worker_tables_idle(&p->worker, w->threads - p->running, &p->actions);
    p->tick_at = worker_tables_on_tick(&p->worker, w->now, &p->actions);
    if ((p->queued || p->worker.blobs.live) && p->tick_at > w->now + 1000000)
        p->tick_at = w->now + 1000000;
}

void machine_step(struct world *w, struct process *p)
{
    perform(w, p);
    if (id_is_node(p->proc))
        p->tick_at = node_tables_on_tick(&p->node, w->now, &p->actions);
    else
        step_worker(w, p);
    perform(w, p);
    if (p->leaving)
        machine_crash(w, p);
    else
        network_pump(w, p);
}

/* Rows live until what they lead to has been done, which is before anything else is. */
static void release_held(struct world *w, struct process *p)
{
    struct held_row *list = depot_take(p);
    for (struct held_row *h = list; h; h = h->next)
        worker_tables_on_row(&p->worker, h->from, (struct bytes){h->row, h->len}, w->now,
                             &p->actions);
    while (list) {
        struct held_row *next = list->next;
        list->next = p->spent;
        p->spent = list;
        list = next;
    }
}

struct delivery {
    struct world *world;
    struct process *process;
    uint32_t from;
};

static bool on_row(void *user, const uint8_t *row, size_t len)
{
    struct delivery *d = user;
    struct process *p = d->process;
    struct bytes bytes = {row, len};
    int64_t now = d->world->now;
    bool sound = true;
    if (id_is_node(p->proc)) {
        node_tables_heard(&p->node, d->from, now);
        sound = node_tables_on_row(&p->node, d->from, bytes, now, &p->actions);
    } else if (!depot_hold(p, d->from, bytes)) {
        sound = worker_tables_on_row(&p->worker, d->from, bytes, now, &p->actions);
    }
    perform(d->world, p); /* before the next row, as comms.c does */
    return sound;
}

void machine_on_packet(struct world *w, struct process *p, uint32_t from, const void *data,
                       size_t len)
{
    struct delivery d = {w, p, w->procs[from].proc};
    if (p->cut[from])
        return;
    if (!channel_on_packet(&p->channels[from], w->now, data, len, on_row, &d)) {
        fprintf(stderr, "a packet was refused\n");
        abort();
    }
    perform(w, p);
    machine_step(w, p);
}

/* ---- beginnings and ends ---- */

void machine_open(struct world *w, uint32_t proc)
{
    struct process *p = &w->procs[w->proc_count++];
    memset(p, 0, sizeof *p);
    p->proc = proc;
    p->alive = true;
    for (uint32_t i = 0; i < PROCS_MOST; i++)
        channel_init(&p->channels[i], CHANNEL_WINDOW, 1 << 24);
    struct bytes url = {(const uint8_t *)"sim", 3};
    if (id_is_node(proc)) {
        node_tables_open(&p->node, proc, 500000000, w->now);
        p->node.pulls.chunk = 700;
        node_tables_join(&p->node, url, url, w->now, &p->actions);
    } else {
        worker_tables_open(&p->worker, proc, w->threads);
        worker_tables_join(&p->worker, url, url, url, w->threads, &p->actions);
    }
    if (proc == ID_ROOT) {
        w->root = record_new(p, w->root_key, 6);
        enqueue(p, w->root);
    }
    world_event(w,
                (struct event){.kind = EVENT_TICK, .at = w->now, .to = (uint32_t)(p - w->procs)});
}

static void kill_process(struct process *p)
{
    p->alive = false;
    for (uint32_t i = 0; i < PROCS_MOST; i++)
        if (!p->cut[i])
            channel_fini(&p->channels[i]);
    memset(p->cut, true, sizeof p->cut);
}

static void tell_exit(struct world *w, uint32_t watcher, const struct process *dead)
{
    uint32_t to = world_index(w, watcher);
    if (to < PROCS_MOST)
        world_event(w, (struct event){.kind = EVENT_EXIT,
                                      .at = w->now + random_between(&w->random, 10000, 2000000),
                                      .to = to,
                                      .from = (uint32_t)(dead - w->procs)});
}

/* A node takes its worker along; who is its parent hears of it. */
void machine_crash(struct world *w, struct process *p)
{
    if (!p->alive)
        return;
    coverage.crashes++;
    say(w, p, "dies", 0);
    kill_process(p);
    if (!id_is_node(p->proc)) {
        tell_exit(w, id_proc(id_node(p->proc), 0), p);
        return;
    }
    for (uint32_t i = 0; i < w->proc_count; i++)
        if (w->procs[i].alive && id_node(w->procs[i].proc) == id_node(p->proc))
            kill_process(&w->procs[i]);
    tell_exit(w, ID_HEAD, p);
}

void machine_on_exit(struct world *w, struct process *p, uint32_t dead)
{
    struct bytes ended = {(const uint8_t *)"ended", 5};
    node_tables_on_exit(&p->node, dead, ended, &p->actions);
    if (!id_is_node(dead))
        depot_forget(w, dead);
    uint32_t next = dead + 1;
    if (!id_is_node(dead) && id_start(next) < WORKERS_MOST_EACH && w->proc_count < PROCS_MOST)
        machine_open(w, next);
    machine_step(w, p);
}

void machine_close(struct process *p)
{
    if (p->alive)
        kill_process(p);
    while (p->records) {
        struct record *r = p->records;
        p->records = r->next;
        free(r);
    }
    free(p->queue);
    free_rows(&p->held);
    actions_free(&p->actions);
    worker_tables_close(&p->worker);
    node_tables_close(&p->node);
}
