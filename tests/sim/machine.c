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

static struct record *take_at(struct process *p, uint32_t at)
{
    struct record *r = p->queue[at];
    memmove(p->queue + at, p->queue + at + 1, (--p->queued - at) * sizeof *p->queue);
    return r;
}

/* Half of the tasks begin with the values of what they are given, as far as that is elsewhere. */
static bool hangs(const struct record *r)
{
    bool elsewhere = false;
    for (uint32_t i = 0; i < r->input_count; i++)
        elsewhere |= r->inputs[i]->state == LENT || r->inputs[i]->state == AWAY;
    return elsewhere && r->key % 2;
}

static bool waits_for(const struct record *r, const struct record *input)
{
    bool waits = false;
    for (uint32_t i = 0; i < r->input_count; i++)
        waits |= r->inputs[i] == input;
    return waits && hangs(r) && !r->foreign && !r->stays;
}

/* Some are for a certain node: its worker, or NULL if that is this one or there is none. */
static const struct member *elsewhere(const struct world *w, const struct process *p,
                                      const struct record *r)
{
    const struct members *m = &p->worker.members;
    uint32_t node = program_node(r->key, w->nodes);
    if (!node || r == w->root || r->foreign || r->stays || node == id_node(p->proc))
        return NULL;
    for (uint32_t i = 0; i < m->count; i++)
        if (id_node(m->list[i].proc) == node && m->list[i].slots &&
            !members_is_out(m, m->list[i].proc))
            return &m->list[i];
    return NULL;
}

/* What it waits for is elsewhere, and there to be read. */
static bool may_go(const struct record *r)
{
    for (uint32_t i = 0; i < r->input_count; i++)
        if (r->inputs[i]->state == LENT || (r->inputs[i]->state == AWAY && r->inputs[i]->fetched))
            return false;
    return true;
}

static void run_after(struct world *w, struct process *p, struct record *r, int64_t ns)
{
    world_event(
        w, (struct event){
               .kind = EVENT_RUN, .at = w->now + ns, .to = (uint32_t)(p - w->procs), .record = r});
}

/* ---- inputs ---- */

static void hold_input(struct record *r, struct record *input)
{
    r->inputs[r->input_count++] = input;
    input->uses++;
}

static void drop_inputs(struct record *r)
{
    for (uint32_t i = 0; i < r->input_count; i++)
        if (r->inputs[i])
            r->inputs[i]->uses--;
    r->input_count = 0;
}

/* What a task does not await it lets go of, once it has given it to its children. */
static void drop_unread(struct record *r)
{
    for (uint32_t i = 0; i < r->input_count; i++)
        if (!program_reads(r->key, i)) {
            r->inputs[i]->uses--;
            r->inputs[i] = NULL;
        }
}

static struct record *child_of(struct process *p, struct record *r, uint32_t index)
{
    uint32_t sources[INPUTS_MOST];
    struct record *child = record_new(p, program_child(r->key, index), r->depth - 1);
    uint32_t n = program_inputs(r->key, index, r->input_count, sources);
    child->parent = r;
    for (uint32_t i = 0; i < n; i++)
        hold_input(child,
                   sources[i] < index ? r->children[sources[i]] : r->inputs[sources[i] - index]);
    return child;
}

/* ---- running ---- */

static void start_some(struct world *w, struct process *p)
{
    while (p->running < w->threads) {
        uint32_t at = p->queued; /* the newest first, as workers do */
        while (at && (hangs(p->queue[at - 1]) || elsewhere(w, p, p->queue[at - 1])))
            at--;
        if (!at)
            return;
        struct record *r = take_at(p, at - 1);
        r->state = RUNNING;
        r->began = w->now;
        p->running++;
        w->started++;
        struct shape s = program_shape(r->key, r->depth);
        for (uint32_t i = 0; i < s.children; i++) {
            r->children[i] = child_of(p, r, i);
            enqueue(p, r->children[i]);
        }
        r->child_count = s.children;
        drop_unread(r);
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

static void await_one(struct record *r, struct record *other)
{
    if (!other || other->state == DONE)
        return;
    if (other->waiter_count == other->waiter_room) {
        other->waiter_room = other->waiter_room ? other->waiter_room * 2 : 4;
        other->waiters = realloc(other->waiters, other->waiter_room * sizeof(struct record *));
        if (!other->waiters)
            abort();
    }
    other->waiters[other->waiter_count++] = r;
    r->waits_left++;
}

static void tell_waiters(struct world *w, struct process *p, struct record *r)
{
    for (uint32_t i = 0; i < r->waiter_count; i++)
        if (--r->waiters[i]->waits_left == 0)
            resume(w, p, r->waiters[i]);
    r->waiter_count = 0;
}

/* What travels of a record that is done. */
struct result {
    uint64_t value;
    bool failed;
};

static struct bytes stash_message(const struct record *r)
{
    return depot_message((struct bytes){r->stash->row, r->stash->len});
}

/* All who were named it hear of its end; now and then its value cannot travel. */
static void tell_holders(struct world *w, struct process *p, struct record *r)
{
    struct result result = {r->value, r->failed};
    const struct give *give = gives_find(&p->worker.gives, r);
    struct bytes message = {0};
    if (!give)
        return;
    if (!program_stays(r->key ^ r->value)) {
        message = depot_wrap(w, p, give->holders[0].proc, r->value, NULL, &result, sizeof result);
        for (uint32_t i = 1; i < give->count; i++)
            depot_lend_also(p, give->holders[i].proc, message);
    }
    free(give->handle);
    gives_done(&p->worker.gives, give->name.id, message, &p->actions);
    r->named = false;
    r->uses--;
}

/* The same of one whose value is elsewhere. */
static void tell_where(struct world *w, struct process *p, struct record *r)
{
    const struct give *give = gives_find(&p->worker.gives, r);
    if (!give)
        return;
    say(w, p, "is away for its holders", r->key);
    ((struct given *)give->handle)->away = true;
    gives_away(&p->worker.gives, give->name.id, stash_message(r), &p->actions);
    r->named = false;
    r->told++;
    r->uses--;
}

static void print_line(struct process *p, const struct record *r)
{
    struct bytes line = {(const uint8_t *)&r->key, sizeof r->key};
    act_send_output(&p->actions, ID_ROOT, &(struct msg_output){line});
}

/* A line is there before the result, if both are for the root. */
static void check_printed(const struct process *p, const struct record *r)
{
    if (p->proc == ID_ROOT && program_prints(r->key) && !r->printed)
        abort();
}

static void act_print(struct process *p, const struct action *a)
{
    uint64_t key;
    memcpy(&key, a->bytes.at, sizeof key);
    for (struct record *r = p->records; r; r = r->next)
        r->printed |= r->key == key && r->state == LENT;
    act_send_printed(&p->actions, a->proc, &(struct msg_printed){a->bytes.len});
}

static void answer(struct world *w, struct process *p, struct record *r)
{
    struct result result = {r->value, r->failed};
    if (!r->unwanted && program_prints(r->key))
        print_line(p, r);
    if (r->unwanted)
        worker_tables_forget(&p->worker, r->slot);
    else if (program_stays(r->key))
        worker_tables_refuse(&p->worker, r->slot, &p->actions);
    else
        worker_tables_done(&p->worker, r->slot, (uint32_t)(w->now - r->began),
                           depot_wrap(w, p, worker_tables_owner(&p->worker, r->slot), r->value,
                                      NULL, &result, sizeof result),
                           &p->actions);
}

static void done(struct world *w, struct process *p, struct record *r)
{
    r->state = DONE;
    drop_inputs(r);
    tell_waiters(w, p, r);
    tell_holders(w, p, r);
    if (r->foreign)
        answer(w, p, r);
}

/* It does not run, or not again. */
static void end_cancelled(struct world *w, struct process *p, struct record *r)
{
    r->failed = true;
    done(w, p, r);
}

/* What waits or is lent goes on until that is over, with what it has spawned cancelled too. */
static void cancel(struct world *w, struct process *p, struct record *r)
{
    if (r->state == DONE || r->cancelled)
        return;
    say(w, p, "cancels", r->key);
    r->cancelled = true;
    for (uint32_t i = 0; i < r->child_count; i++)
        cancel(w, p, r->children[i]);
    for (uint32_t i = 0; r->state == PENDING && i < p->queued; i++)
        if (p->queue[i] == r) {
            take_at(p, i);
            end_cancelled(w, p, r);
        }
}

static void cancel_some(struct world *w, struct process *p, struct record *r)
{
    for (uint32_t i = 0; i < r->child_count; i++)
        if (r->cancelled || program_cancels(r->key, i))
            cancel(w, p, r->children[i]);
}

static void await_all(struct world *w, struct process *p, struct record *r)
{
    r->begun = true;
    cancel_some(w, p, r);
    for (uint32_t i = 0; i < r->child_count; i++)
        if (!program_cancels(r->key, i))
            await_one(r, r->children[i]);
    for (uint32_t i = 0; i < r->input_count; i++)
        await_one(r, r->inputs[i]);
    if (r->waits_left)
        r->state = WAITING;
    else
        resume(w, p, r);
}

static void evaluate(struct record *r)
{
    uint64_t values[CHILDREN_MOST + INPUTS_MOST];
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->child_count + r->input_count; i++) {
        const struct record *from =
            i < r->child_count ? r->children[i] : r->inputs[i - r->child_count];
        if (!from || (i < r->child_count && program_cancels(r->key, i)))
            continue;
        if (from->state != DONE)
            abort();
        values[n++] = from->value;
        r->failed |= from->failed;
    }
    r->value = program_combine(r->key, values, n);
}

/* A stretch of run time of `r` is over: it awaits its children and what it was given, or is done.
 */
void machine_on_run(struct world *w, struct process *p, struct record *r)
{
    p->running--;
    if (!r->begun && r->child_count + r->input_count > 0) {
        await_all(w, p, r);
    } else {
        evaluate(r);
        done(w, p, r);
    }
    machine_step(w, p);
}

/* ---- messages ---- */

struct args {
    uint64_t key;
    uint32_t depth, input_count;
};

enum { INPUT_VALUE, INPUT_NAME, INPUT_AWAY };

static void name_input(struct process *p, struct record *r, struct buffer *names)
{
    const struct give *give = gives_find(&p->worker.gives, r);
    if (!give) {
        struct given *g = malloc(sizeof *g);
        if (!g)
            abort();
        *g = (struct given){r, false};
        give = gives_add(&p->worker.gives, r, 7, g);
        r->named = true;
        r->uses++;
    }
    future_name_write(names, &give->name);
}

/* The names of futures that are not done, the task, its inputs. */
static struct bytes write_args(struct process *p, const struct record *r, uint32_t to)
{
    static struct buffer names, inputs, all;
    struct args args = {r->key, r->depth, r->input_count};
    uint32_t count = 0, relayed = 0;
    buffer_clear(&names);
    buffer_clear(&inputs);
    buffer_clear(&all);
    for (uint32_t i = 0; i < r->input_count; i++) {
        struct record *input = r->inputs[i];
        bool here = input->state == DONE;
        if (relayed < r->read_count && input == r->reads[relayed]) {
            struct bytes value = depot_data(stash_message(input));
            buffer_u8(&inputs, INPUT_AWAY);
            buffer_u32(&inputs, relayed++);
            buffer_append(&inputs, value.at, sizeof(struct result));
            continue;
        }
        buffer_u8(&inputs, here ? INPUT_VALUE : INPUT_NAME);
        if (here) {
            buffer_u64(&inputs, input->value);
            buffer_u8(&inputs, input->failed);
        } else {
            name_input(p, input, &names);
            gives_lend(&p->worker.gives, gives_find(&p->worker.gives, input)->name.id, to);
            buffer_u32(&inputs, count++);
        }
    }
    buffer_u32(&all, count);
    buffer_append(&all, names.at, names.len);
    buffer_append(&all, &args, sizeof args);
    buffer_append(&all, inputs.at, inputs.len);
    return buffer_bytes(&all);
}

static uint32_t read_names(struct reader *r, struct future_name names[INPUTS_MOST])
{
    uint32_t count = reader_u32(r);
    if (count > INPUTS_MOST)
        abort();
    for (uint32_t i = 0; i < count; i++)
        names[i] = future_name_read(r);
    return count;
}

/* What a row names is known from its arrival on. */
static void arrive(struct process *p, uint32_t from, struct bytes row)
{
    struct msg m;
    struct future_name names[INPUTS_MOST];
    if (!wire_read(row, &m) || m.kind != MSG_task_push || members_is_out(&p->worker.members, from))
        return;
    struct reader r = reader_of(depot_data(m.task_push.args));
    uint32_t count = read_names(&r, names);
    for (uint32_t i = 0; i < count; i++) {
        struct take *take = takes_name(&p->worker.takes, &names[i]);
        if (take->handle)
            continue;
        struct record *proxy = record_new(p, names[i].id.slot, 0);
        proxy->proxy = true;
        proxy->state = WAITING;
        take->handle = proxy;
    }
}

/* What a message of `from` names must be what it was, but if that one has died: then who made it
 * may have put something else there, and what is made of it here ends when this process hears of
 * it. */
static void check_content(const struct world *w, uint32_t from, uint64_t content, uint64_t wanted)
{
    if (content != wanted && w->procs[world_index(w, from)].alive)
        abort();
}

static struct record *read_input(const struct world *w, struct process *p, uint32_t from,
                                 struct reader *r, const struct future_name *names,
                                 const struct contents *contents)
{
    uint8_t how = reader_u8(r);
    if (how == INPUT_AWAY) {
        struct record *here = record_new(p, 0, 0);
        struct result result;
        uint32_t index = reader_u32(r);
        memcpy(&result, reader_take(r, sizeof result), sizeof result);
        if (index >= contents->count)
            abort();
        check_content(w, from, contents->tags[index], result.value);
        here->state = DONE;
        here->value = result.value;
        here->failed = result.failed;
        return here;
    }
    if (how == INPUT_VALUE) {
        struct record *here = record_new(p, 0, 0);
        here->state = DONE;
        here->value = reader_u64(r);
        here->failed = reader_u8(r);
        return here;
    }
    const struct take *take = takes_find(&p->worker.takes, names[reader_u32(r)].id);
    if (!take || ((struct record *)take->handle)->over)
        abort();
    return take->lost ? NULL : take->handle;
}

/* NULL: a future that it needs was lost. */
static struct record *read_task(const struct world *w, struct process *p, uint32_t from,
                                struct bytes data, const struct contents *contents)
{
    struct future_name names[INPUTS_MOST];
    struct reader reader = reader_of(data);
    uint32_t count = read_names(&reader, names);
    struct args args;
    memcpy(&args, reader_take(&reader, sizeof args), sizeof args);
    if (program_is_large(args.key))
        check_content(w, from, contents->tags[contents->count - 1], args.key);
    struct record *r = record_new(p, args.key, args.depth);
    for (uint32_t i = 0; r && i < args.input_count; i++) {
        struct record *input = read_input(w, p, from, &reader, names, contents);
        if (input) {
            hold_input(r, input);
        } else {
            drop_inputs(r);
            r->state = DONE;
            r = NULL;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        takes_read(&p->worker.takes, names[i].id, &p->actions);
    return r;
}

static void read_nothing(struct process *p, struct bytes data)
{
    struct future_name names[INPUTS_MOST];
    struct reader reader = reader_of(data);
    uint32_t count = read_names(&reader, names);
    for (uint32_t i = 0; i < count; i++)
        takes_read(&p->worker.takes, names[i].id, &p->actions);
}

/* ---- actions ---- */

static void act_start(struct world *w, struct process *p, const struct action *a)
{
    struct bytes data;
    struct contents contents;
    struct record *r = NULL;
    uint32_t from = worker_tables_owner(&p->worker, a->slot);
    if (depot_unwrap(w, p, a->bytes, &data, &contents))
        r = read_task(w, p, from, data, &contents);
    else
        read_nothing(p, data);
    depot_end_loans(p, from, a->bytes);
    if (!r) {
        worker_tables_refuse(&p->worker, a->slot, &p->actions);
        return;
    }
    r->foreign = true;
    r->slot = a->slot;
    worker_tables_started(&p->worker, a->slot, r);
    enqueue(p, r);
}

/* False: it cannot be had. */
static bool read_result(struct world *w, struct process *p, const struct action *a,
                        struct record *r)
{
    struct bytes data;
    struct result result;
    struct contents contents;
    bool here = depot_unwrap(w, p, a->bytes, &data, &contents);
    if (!r || !r->stash) /* else as soon as no other reads it */
        depot_end_loans(p, a->proc, a->bytes);
    if (!here || !r)
        return here;
    memcpy(&result, data.at, sizeof result);
    if (program_is_large(result.value))
        check_content(w, a->proc, contents.tags[0], result.value);
    r->value = result.value;
    r->failed = result.failed;
    return true;
}

/* A task that was lent is back, in whatever way. */
static void back(struct record *r)
{
    for (uint32_t i = 0; i < r->read_count; i++)
        r->reads[i]->readers--;
    r->read_count = 0;
}

/* What it was to read was lost with its holder. */
static bool was_lost(const struct process *p, const struct record *r)
{
    for (uint32_t i = 0; i < r->read_count; i++) {
        const struct held_row *stash = r->reads[i]->stash;
        if (!stash || members_is_out(&p->worker.members, stash->from))
            return true;
    }
    return false;
}

/* Others read the answer that it keeps. */
static bool is_read(const struct record *r)
{
    return r->readers > 0 || r->told > 0;
}

static void drop_stash(struct record *r)
{
    free(r->stash);
    r->stash = NULL;
    r->looks = 0;
    r->fetched = false;
}

/* It is to be run again. */
static void again(struct world *w, struct process *p, struct record *r)
{
    back(r);
    drop_stash(r);
    if (r->cancelled)
        end_cancelled(w, p, r);
    else
        enqueue(p, r);
}

static void act_finish(struct world *w, struct process *p, const struct action *a)
{
    struct record *r = a->handle;
    check_printed(p, r);
    back(r);
    if (!read_result(w, p, a, r)) {
        if (r->stash && !is_read(r))
            depot_end_loans(p, a->proc, a->bytes);
        r->stays = true;
        again(w, p, r);
        return;
    }
    say(w, p, "result of", r->key);
    done(w, p, r);
}

static void act_settle(struct world *w, struct process *p, const struct action *a)
{
    struct record *proxy = a->handle;
    bool here = a->bytes.len && read_result(w, p, a, proxy);
    if (a->slot)
        act_send_future_read(&p->actions, a->proc, &(struct msg_future_read){a->id});
    if (!proxy)
        return;
    if (!proxy->proxy || proxy->over || proxy->state == DONE)
        abort();
    if (!here) {
        proxy->failed = true;
        worker_tables_return(&p->worker, a->proc, a->id, &p->actions);
    }
    done(w, p, proxy);
}

static void act_untake(struct record *proxy)
{
    if (!proxy->proxy || proxy->over || (proxy->state != DONE && proxy->uses))
        abort();
    proxy->over = true;
}

static void act_ungive(struct given *g)
{
    struct record *r = g->record;
    if (g->away ? r->told == 0 : !r->named || r->uses == 0)
        abort();
    if (g->away) {
        r->told--;
    } else {
        r->named = false;
        r->uses--;
    }
    free(g);
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
        coverage.rows[row.at[0] & 63]++;
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
        cancel(w, p, r);
        break;
    case ACT_CANCEL:
        cancel(w, p, r);
        break;
    case ACT_PRINT:
        act_print(p, a);
        break;
    case ACT_FINISH:
        act_finish(w, p, a);
        break;
    case ACT_REQUEUE:
        r->attempt++;
        say(w, p, "again", r->key);
        again(w, p, r);
        break;
    case ACT_KEEP:
        say(w, p, "kept", r->key);
        r->stays |= !was_lost(p, r);
        again(w, p, r);
        break;
    case ACT_LOSE: /* more deaths than attempts: the simulation has no failures, it tries on */
        r->attempt = 0;
        again(w, p, r);
        break;
    case ACT_SETTLE:
        act_settle(w, p, a);
        break;
    case ACT_UNTAKE:
        act_untake(r);
        break;
    case ACT_UNGIVE:
        act_ungive(a->handle);
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
    case ACT_WRITTEN:
    case ACT_DIED:
    case ACT_REPORT:
    case ACT_ABANDON:
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

/* Inputs that are away go by the names of others' blobs. */
static void lend(struct world *w, struct process *p, struct lease *lease, struct record *r)
{
    for (uint32_t i = 0; i < r->input_count; i++)
        if (r->inputs[i]->state == AWAY && !r->inputs[i]->fetched) {
            r->reads[r->read_count++] = r->inputs[i];
            r->inputs[i]->readers++;
            say(w, p, "goes with a result that is away", r->key);
        }
    coverage.relayed[r->read_count]++;
    struct bytes args = write_args(p, r, lease->worker);
    r->state = LENT;
    worker_tables_lend(&p->worker, lease, r, 0, r->attempt,
                       depot_wrap(w, p, lease->worker, r->key, r, args.at, args.len), &p->actions);
}

/* An answer that stays where it is; it is fetched some time after someone waits for it. */
static bool stays_away(struct world *w, struct process *p, uint32_t from, struct bytes row)
{
    struct msg m;
    struct result result;
    if (!wire_read(row, &m) || m.kind != MSG_task_result)
        return false;
    struct record *r = owner_awaits(&p->worker.owner, from, &m.task_result);
    memcpy(&result, depot_data(m.task_result.result).at, sizeof result);
    if (!r || r->stash || !program_is_large(result.value) || r->stays ||
        members_is_out(&p->worker.members, from))
        return false;
    back(r);
    r->stash = depot_row(from, row);
    r->state = AWAY;
    say(w, p, "stays away", r->key);
    worker_tables_stays(&p->worker, from, &m.task_result, w->now);
    return true;
}

/* Tasks that wait for it go where it is, or elsewhere. */
static void lend_waiting(struct world *w, struct process *p, struct record *input)
{
    for (uint32_t i = 0; i < p->queued; i++) {
        struct lease *lease = leases_on(&p->worker.leases, input->stash->from);
        if (!lease)
            lease = leases_best(&p->worker.leases);
        if (lease && waits_for(p->queue[i], input) && may_go(p->queue[i]))
            lend(w, p, lease, take_at(p, i--));
    }
}

/* What is wanted is fetched; what nobody will ask for is dropped. */
static void look_at_away(struct world *w, struct process *p, struct record *r)
{
    struct bytes row = {r->stash->row, r->stash->len};
    struct msg m;
    if (r->state == AWAY && !r->fetched)
        tell_where(w, p, r);
    if (r->state == DONE) {
        if (is_read(r))
            return;
        depot_end_loans(p, r->stash->from, stash_message(r));
        drop_stash(r);
    } else if (r->state == AWAY && !r->fetched && (r->waiter_count || r->uses)) {
        lend_waiting(w, p, r);
        if (r->looks++ < r->key % 64)
            return;
        r->fetched = true;
        if (!depot_hold(p, r->stash->from, row))
            worker_tables_on_row(&p->worker, r->stash->from, row, w->now, &p->actions);
        perform(w, p);
    } else if (r->state == AWAY && !r->fetched && r->uses == 0 && r->parent->state == DONE &&
               wire_read(row, &m)) {
        worker_tables_drop(&p->worker, r->stash->from, &m.task_result);
        r->state = DONE; /* its loans end when nobody reads it */
    }
}

static void look_at_all_away(struct world *w, struct process *p)
{
    for (struct record *r = p->records; r; r = r->next)
        if (r->stash)
            look_at_away(w, p, r);
}

/* Nobody grants what can go nowhere else. */
static void share_placed(struct world *w, struct process *p)
{
    for (uint32_t i = 0; i < p->queued; i++) {
        struct record *r = p->queue[i];
        const struct member *worker = hangs(r) ? NULL : elsewhere(w, p, r);
        if (!worker)
            continue;
        struct lease *lease = leases_open(&p->worker.placed, worker->proc, worker->slots, w->now);
        if (!lease_admits(lease, w->now))
            continue;
        coverage.placed++;
        lend(w, p, lease, take_at(p, i--));
    }
}

static void share_work(struct world *w, struct process *p)
{
    struct lease *lease;
    share_placed(w, p);
    if (p->running < w->threads)
        return;
    while (p->queued && (lease = leases_best(&p->worker.leases))) {
        struct record *r = p->queue[0];
        if (r->foreign || r->stays || hangs(r) || elsewhere(w, p, r))
            return;
        lend(w, p, lease, take_at(p, 0));
    }
    if (p->queued)
        leases_ask(&p->worker.leases, w->now, &p->actions);
}

static bool is_cancelled(void *handle)
{
    return ((struct record *)handle)->cancelled;
}

static void tell_cancelled(struct world *w, struct process *p)
{
    bool again = w->now >= p->cancel_again;
    worker_tables_cancel(&p->worker, is_cancelled, again, &p->actions);
    if (again)
        p->cancel_again = w->now + 100000000;
}

static bool is_unused(void *handle)
{
    return ((struct record *)handle)->uses == 0;
}

static void step_worker(struct world *w, struct process *p)
{
    bool waits = p->queued || p->worker.blobs.live || p->worker.takes.live || p->worker.owner.live;
    start_some(w, p);
    share_work(w, p);
    look_at_all_away(w, p);
    tell_cancelled(w, p);
    depot_sweep(p);
    takes_sweep(&p->worker.takes, is_unused, &p->actions);
    worker_tables_idle(&p->worker, w->threads - p->running, &p->actions);
    p->tick_at = worker_tables_on_tick(&p->worker, w->now, &p->actions);
    if (waits && p->tick_at > w->now + 1000000)
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
    } else {
        arrive(p, d->from, bytes);
        if (!stays_away(d->world, p, d->from, bytes) && !depot_hold(p, d->from, bytes))
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
        free(r->waiters);
        free(r->stash);
        free(r);
    }
    for (uint32_t i = 0; i < p->worker.gives.count; i++)
        if (p->worker.gives.list[i].record)
            free(p->worker.gives.list[i].handle);
    free(p->queue);
    free_rows(&p->held);
    actions_free(&p->actions);
    worker_tables_close(&p->worker);
    node_tables_close(&p->node);
}
