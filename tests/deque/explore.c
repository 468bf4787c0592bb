/* explore.c - runs runtime/deque.h through every interleaving of an owner and a few thieves on a
 * machine with store buffers, and checks that each task is taken exactly once.
 *
 * How to read it: the memory operations of deque.h are replaced by requests (struct request). Each
 * thread is a coroutine that stops at every request; explore() chooses which thread's request is
 * granted next, or which thread's oldest buffered store reaches memory, and so walks all states
 * depth first. A state already seen is not walked again. Two threads in the same place that have
 * read the same values since their last operation on the deque are in the same state, so a hash of
 * what was read stands for registers and stack.
 *
 * The machine is that of x86: stores leave a thread's buffer in order, loads see the own buffer
 * first, a locked instruction waits until the own buffer is empty, and the heavy fence waits until
 * every other thread's buffer has been empty at some moment since it began.
 *
 *      explore [LENGTH]     all programs of the owner up to LENGTH operations (default 4)
 *
 * Built with -DPLANT_no_recheck=1, -DPLANT_no_barrier=1 or -DPLANT_same_tag=1 the deque has a bug;
 * the program then fails unless it finds it. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switch.h"

#ifndef PLANT_no_recheck
#define PLANT_no_recheck 0
#endif
#ifndef PLANT_no_barrier
#define PLANT_no_barrier 0
#endif
#ifndef PLANT_same_tag
#define PLANT_same_tag 0
#endif

enum { PLANTED = PLANT_no_recheck || PLANT_no_barrier || PLANT_same_tag };

enum kind { LOAD, STORE, SWAP, ADD, CAS, LOCK, HEAVY_BEGIN, HEAVY_END, FINISHED };

struct request {
    enum kind kind;
    void *at; /* a word */
    uint64_t value, expected;
};

/* Stops the calling coroutine until the request is granted; gives what was read. */
static uint64_t ask(enum kind kind, void *at, uint64_t value, uint64_t expected);

static bool ask_cas(void *at, uint64_t *expected, uint64_t value)
{
    uint64_t found = ask(CAS, at, value, *expected);
    bool same = found == *expected;
    *expected = found;
    return same;
}

static void ask_heavy(void)
{
    if (PLANT_no_barrier)
        return;
    ask(HEAVY_BEGIN, NULL, 0, 0);
    ask(HEAVY_END, NULL, 0, 0);
}

#define DEQUE_PLAIN(p)           __typeof__(((void)0, *(p)))
#define DEQUE_LOAD(p, order)     ((DEQUE_PLAIN(p))ask(LOAD, p, 0, 0))
#define DEQUE_STORE(p, v, order) ((void)ask(STORE, p, (uint64_t)(v), 0))
#define DEQUE_SWAP(p, v)         ((void)ask(SWAP, p, (uint64_t)(v), 0))
#define DEQUE_ADD(p, v)          ((void)ask(ADD, p, v, 0))
#define DEQUE_CAS(p, old, v)     ask_cas(p, old, v)
#define DEQUE_LIGHT_FENCE()      ((void)0)
#define DEQUE_HEAVY_FENCE()      ask_heavy()
#define DEQUE_TRY_LOCK(p)        (ask(SWAP, p, 1, 0) == 0)
#define DEQUE_LOCK(p)            ((void)ask(LOCK, p, 1, 0))
#define DEQUE_UNLOCK(p)          DEQUE_STORE(p, 0, release)
#define DEQUE_SOFT               2
#define DEQUE_HARD               8
#define DEQUE_PLANTED(bug)       PLANT_##bug
#include "deque.h"

/* ---- the machine ---- */

enum { THREADS = 3, BUFFER = 6, STACK = 16 << 10, STACK_SAVED = 1536, TASKS = 6, DEPTH = 4000 };

struct pending_store {
    void *at;
    uint64_t value;
};

struct thread {
    struct request request;
    uint64_t granted; /* what the last request gave */
    uint64_t history; /* hash of where the thread is and what it has read there */
    void *context;
    struct pending_store buffer[BUFFER];
    int buffered;
    bool fenced[THREADS]; /* since HEAVY_BEGIN: whose buffer has been empty */
};

/* All that a step can change but stacks. */
static struct machine {
    struct deque deque;
    struct deque_slot slots[DEQUE_HARD];
    uint8_t taken[TASKS + 1]; /* how often; task n is the pointer n */
    struct thread threads[THREADS];
} m;

static char stacks[THREADS][STACK] __attribute__((aligned(64)));
static void *scheduler;
static int running;
static int thread_count;
static const char *scripts[THREADS];

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

static uint64_t ask(enum kind kind, void *at, uint64_t value, uint64_t expected)
{
    struct thread *t = &m.threads[running];
    t->request = (struct request){kind, at, value, expected};
    switch_stacks(&t->context, scheduler);
    t = &m.threads[running];
    t->history = mix(t->history, t->granted);
    return t->granted;
}

static void resume(int i)
{
    running = i;
    switch_stacks(&scheduler, m.threads[i].context);
}

static uint64_t word_read(const void *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void word_write(void *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
}

static void flush_one(struct thread *t)
{
    word_write(t->buffer[0].at, t->buffer[0].value);
    t->buffered--;
    memmove(t->buffer, t->buffer + 1, (size_t)t->buffered * sizeof *t->buffer);
}

static uint64_t read_memory(const struct thread *t, const void *at)
{
    for (int i = t->buffered - 1; i >= 0; i--)
        if (t->buffer[i].at == at)
            return t->buffer[i].value;
    return word_read(at);
}

/* Buffers that are empty now satisfy every fence that is being waited for. */
static void note_fences(void)
{
    for (int i = 0; i < thread_count; i++)
        for (int j = 0; j < thread_count; j++)
            m.threads[i].fenced[j] |= m.threads[j].buffered == 0;
}

static bool can_grant(const struct thread *t)
{
    bool fenced = true;
    switch (t->request.kind) {
    case FINISHED:
        return false;
    case LOAD:
        return true;
    case STORE:
        return t->buffered < BUFFER;
    case LOCK:
        return t->buffered == 0 && word_read(t->request.at) == 0;
    case HEAVY_END:
        for (int i = 0; i < thread_count; i++)
            fenced &= t->fenced[i];
        return fenced;
    default:
        return t->buffered == 0;
    }
}

static void grant(struct thread *t)
{
    struct request *r = &t->request;
    t->granted = 0;
    switch (r->kind) {
    case LOAD:
        t->granted = read_memory(t, r->at);
        return;
    case STORE:
        t->buffer[t->buffered++] = (struct pending_store){r->at, r->value};
        return;
    case HEAVY_BEGIN:
        memset(t->fenced, 0, sizeof t->fenced);
        return;
    case HEAVY_END:
    case FINISHED:
        return;
    default:
        break;
    }
    t->granted = word_read(r->at);
    if (r->kind == ADD)
        word_write(r->at, t->granted + r->value);
    else if (r->kind != CAS || t->granted == r->expected)
        word_write(r->at, r->value);
}

/* Grants and runs the thread to its next request. A store into the own buffer concerns nobody
 * else, so it needs no choice of its own. */
static void step(int i)
{
    struct thread *t = &m.threads[i];
    do {
        grant(t);
        note_fences();
        resume(i);
    } while (t->request.kind == STORE && t->buffered < BUFFER);
}

/* ---- the programs ---- */

static void take(struct dfl_task *task)
{
    uint64_t n = (uint64_t)task;
    if (n <= TASKS)
        m.taken[n]++;
    else
        m.taken[0]++; /* not a task at all */
}

/* As worker.c pushes. */
static void owner_push(struct dfl_task *task)
{
    if (deque_push(&m.deque, task))
        return;
    do
        deque_relieve(&m.deque);
    while (!deque_push(&m.deque, task));
    deque_publish(&m.deque);
}

/* P push, O pop, T take back the task pushed last; at the end pops until nothing is left. */
static void run_owner(const char *script)
{
    uint64_t last = 0;
    for (const char *op = script; *op; op++) {
        m.threads[0].history = (uint64_t)(op - script);
        if (*op == 'P') {
            owner_push((struct dfl_task *)++last);
        } else if (*op == 'O') {
            struct dfl_task *task = deque_pop(&m.deque);
            if (task)
                take(task);
        } else if (deque_take_back(&m.deque, (struct dfl_task *)last)) {
            take((struct dfl_task *)last);
        }
    }
    for (struct dfl_task *task;; take(task)) {
        m.threads[0].history = 100;
        if (!(task = deque_pop(&m.deque)))
            return;
    }
}

/* S steal up to two, F publish by force, A ask the owner. */
static void run_thief(const char *script)
{
    for (const char *op = script; *op; op++) {
        m.threads[running].history = (uint64_t)(op - script);
        struct dfl_task *tasks[2];
        int64_t count = 0;
        if (*op == 'S')
            count = deque_steal(&m.deque, tasks, 2);
        else if (*op == 'F')
            deque_force(&m.deque);
        else
            deque_ask(&m.deque);
        for (int64_t i = 0; i < count; i++)
            take(tasks[i]);
    }
}

static void run_thread(struct dfl_fiber *unused)
{
    (void)unused;
    if (running == 0)
        run_owner(scripts[0]);
    else
        run_thief(scripts[running]);
    m.threads[running].history = 200;
    for (;;)
        ask(FINISHED, NULL, 0, 0);
}

static void start(void)
{
    memset(&m, 0, sizeof m);
    m.deque.slots = m.slots;
    m.deque.soft = m.slots + DEQUE_SOFT;
    word_write(&m.deque.bot, (uint64_t)m.slots);
    word_write(&m.deque.split, (uint64_t)m.slots);
    word_write(&m.deque.lim, (uint64_t)m.deque.soft);
    for (int i = 0; i < thread_count; i++) {
        m.threads[i].context = switch_prepare(stacks[i] + STACK, run_thread, NULL);
        resume(i);
    }
}

/* ---- states ---- */

/* A state to come back to: the machine and the used part of each stack. */
struct saved {
    struct machine machine;
    size_t used[THREADS];
    char stack[THREADS][STACK_SAVED];
};

static void save(struct saved *s)
{
    s->machine = m;
    for (int i = 0; i < thread_count; i++) {
        s->used[i] = (size_t)(stacks[i] + STACK - (char *)m.threads[i].context);
        assert(s->used[i] <= STACK_SAVED);
        memcpy(s->stack[i], m.threads[i].context, s->used[i]);
    }
}

static void restore(const struct saved *s)
{
    m = s->machine;
    for (int i = 0; i < thread_count; i++)
        memcpy(m.threads[i].context, s->stack[i], s->used[i]);
}

static uint64_t hash_words(uint64_t h, const void *data, size_t bytes)
{
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        uint64_t word;
        memcpy(&word, (const char *)data + i, 8);
        h = mix(h, word);
    }
    return h;
}

static uint64_t hash_state(void)
{
    uint64_t h = hash_words(1, &m.deque, sizeof m.deque);
    h = hash_words(h, m.slots, sizeof m.slots);
    for (int i = 0; i <= TASKS; i++)
        h = mix(h, m.taken[i]);
    for (int i = 0; i < thread_count; i++) {
        const struct thread *t = &m.threads[i];
        h = mix(mix(h, t->history), (uint64_t)t->request.kind);
        h = hash_words(mix(h, (uint64_t)t->buffered), t->buffer,
                       (size_t)t->buffered * sizeof *t->buffer);
        for (int j = 0; t->request.kind == HEAVY_END && j < thread_count; j++)
            h = mix(h, t->fenced[j]);
    }
    return h ? h : 1;
}

/* Hashes of the states seen; 0 is an empty place. */
static struct {
    uint64_t *hashes;
    size_t room, count;
} seen;

static bool seen_add(uint64_t h)
{
    if (2 * seen.count >= seen.room) {
        uint64_t *old = seen.hashes;
        size_t old_room = seen.room;
        seen.room = old_room ? 2 * old_room : 1 << 16;
        seen.hashes = calloc(seen.room, sizeof *seen.hashes);
        seen.count = 0;
        for (size_t i = 0; i < old_room; i++)
            if (old[i])
                seen_add(old[i]);
        free(old);
    }
    size_t at = h % seen.room;
    for (; seen.hashes[at]; at = at + 1 < seen.room ? at + 1 : 0)
        if (seen.hashes[at] == h)
            return false;
    seen.hashes[at] = h;
    seen.count++;
    return true;
}

/* ---- walking ---- */

static int path[DEPTH];

static void print_failure(int depth, const char *what)
{
    printf("%s: %s; owner \"%s\"", PLANTED ? "found as it should be" : "FAIL", what, scripts[0]);
    for (int i = 1; i < thread_count; i++)
        printf(", thief \"%s\"", scripts[i]);
    printf("\n  steps (thread, f: a buffered store arrives):");
    for (int i = 0; i < depth; i++)
        printf(" %d%s", path[i] / 2, path[i] % 2 ? "f" : "");
    printf("\n");
    exit(!PLANTED);
}

static void check_end(int depth)
{
    uint8_t pushed = 0;
    for (const char *op = scripts[0]; *op; op++)
        pushed += *op == 'P';
    if (m.taken[0])
        print_failure(depth, "something that is no task was taken");
    for (int n = 1; n <= pushed; n++)
        if (m.taken[n] != 1)
            print_failure(depth, m.taken[n] ? "a task was taken twice" : "a task was lost");
}

static void explore(int depth)
{
    assert(depth < DEPTH);
    if (!seen_add(hash_state()))
        return;
    struct saved *here = malloc(sizeof *here);
    save(here);
    bool finished = true, moved = false;
    for (int i = 0; i < thread_count; i++) {
        finished &= m.threads[i].request.kind == FINISHED && m.threads[i].buffered == 0;
        if (m.threads[i].buffered > 0) {
            path[depth] = 2 * i + 1;
            flush_one(&m.threads[i]);
            note_fences();
            explore(depth + 1);
            restore(here);
            moved = true;
        }
        if (can_grant(&m.threads[i])) {
            path[depth] = 2 * i;
            step(i);
            explore(depth + 1);
            restore(here);
            moved = true;
        }
    }
    if (finished)
        check_end(depth);
    else if (!moved)
        print_failure(depth, "nobody can go on");
    free(here);
}

static size_t explore_from_start(void)
{
    memset(seen.hashes, 0, seen.room * sizeof *seen.hashes);
    seen.count = 0;
    start();
    explore(0);
    return seen.count;
}

/* Thieves that were chosen to meet every operation of the owner; NULL: one thief only. */
static const char *const thieves[][2] = {
    {"FS", NULL}, {"FSFS", NULL}, {"ASS", NULL}, {"AFSS", NULL}, {"FS", "S"}, {"AS", "FS"},
};

static size_t explore_owner(const char *owner)
{
    size_t states = 0;
    scripts[0] = owner;
    for (size_t i = 0; i < sizeof thieves / sizeof *thieves; i++) {
        scripts[1] = thieves[i][0];
        scripts[2] = thieves[i][1];
        thread_count = scripts[2] ? 3 : 2;
        states += explore_from_start();
    }
    return states;
}

/* True if the script takes only after it has pushed: other scripts say nothing new. */
static bool is_sensible(const char *script)
{
    return script[0] == 'P';
}

int main(int argc, char **argv)
{
    int most = argc > 1 ? atoi(argv[1]) : 4;
    if (most < 1 || most > TASKS) {
        fprintf(stderr, "error: the length is a number from 1 to %d\n", TASKS);
        return 2;
    }
    size_t states = 0, programs = 0;
    seen_add(1);
    for (int length = 1; length <= most; length++) {
        int count = 1;
        for (int i = 0; i < length; i++)
            count *= 3;
        for (int code = 0; code < count; code++) {
            char script[TASKS + 1] = {0};
            for (int i = 0, rest = code; i < length; i++, rest /= 3)
                script[i] = "POT"[rest % 3];
            if (!is_sensible(script))
                continue;
            states += explore_owner(script);
            programs++;
        }
    }
    printf("%zu programs of the owner, %zu states: every task taken exactly once\n", programs,
           states);
    free(seen.hashes);
    return PLANTED;
}
