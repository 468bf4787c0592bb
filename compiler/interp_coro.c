/* interp_coro.c - coroutines over virtual time. One runs until it parks or ends; then the first
 * that is ready goes on; if none is, the clock jumps to the first that sleeps. So a run repeats
 * exactly, unless it runs programs of others, for which it waits.
 *
 * Each coroutine that has started has a C stack and a value stack in one lazily filled mapping. The
 * first, which runs main, gets much more than the others. */
#include "interp_core.h"

#include "clock.h"
#include "commands.h"
#include "sanitize.h"
#include "switch.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define MIB ((size_t)1 << 20)

/* Bytes of C stack; the value stack has a quarter of that. The first one holds a million tasks that
 * call each other, with room to spare; instrumented frames are several times as large. */
#ifdef SANITIZE_ADDRESS
#define STACK_FIRST (8192 * MIB)
#else
#define STACK_FIRST (2048 * MIB)
#endif
#define STACK_OTHER (256 * MIB)
#define STACK_LEAST (8 * MIB)

/* What a coroutine runs on; reused. The stack of coro_loop() is one too. */
struct stack {
    struct stack *next;
    char *low;
    size_t code_size, value_size; /* value stack above the C stack */
    void *context;                /* while it does not run */
    struct sanitize sanitize;
};

struct coro {
    struct coro *next; /* in the list that it is in */
    struct interp *in;
    void (*body)(struct interp *, void *);
    void *argument;
    struct stack *stack; /* NULL: not started */
    char *top;           /* of the value stack, while it is parked */
    uint32_t fn_depth;
    struct job *job; /* in->job, while it is parked */
    bool ended, roomy, parked;
    int64_t priority; /* until it has started */
    int64_t wake;     /* when it goes on by itself */
    uint64_t order;
    uint32_t place; /* among the sleepers, from 1; 0: it is none */
};

static struct interp *current;

struct interp *coro_interp(void)
{
    return current;
}

/* ---- stacks ---- */

/* Deep recursion touches gigabytes: in large pages it is several times faster. What shallow
 * programs use stays in small ones. */
static void stack_advise(struct stack *s)
{
    size_t shallow = 8 * MIB;
    madvise(s->low, s->code_size - shallow, MADV_HUGEPAGE);
    madvise(s->low + s->code_size + shallow, s->value_size - shallow, MADV_HUGEPAGE);
}

static bool stack_try(struct stack *s, size_t code_size)
{
    s->code_size = code_size;
    s->value_size = code_size / 4;
    s->low = mmap(NULL, s->code_size + s->value_size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return s->low != MAP_FAILED;
}

static struct stack *stack_map(bool roomy)
{
    struct stack *s = calloc(1, sizeof *s);
    size_t size = roomy ? STACK_FIRST : STACK_OTHER;
    while (s && !stack_try(s, size)) {
        size /= 2;
        if (size < STACK_LEAST) {
            fprintf(stderr, "error: out of memory for the stack of a task\n");
            exit(1);
        }
    }
    assert(s);
    if (roomy)
        stack_advise(s);
    return s;
}

static struct stack *stack_get(struct interp *in, bool roomy)
{
    struct stack *s = in->idle;
    if (!s || roomy)
        return stack_map(roomy);
    in->idle = s->next;
    return s;
}

static void stack_put(struct interp *in, struct stack *s)
{
    s->next = in->idle;
    in->idle = s;
}

static void stack_unmap(struct stack *s)
{
    munmap(s->low, s->code_size + s->value_size);
    free(s);
}

/* ---- switching ---- */

static void switch_to(struct stack *from, struct stack *to)
{
    sanitize_leave(&from->sanitize, &to->sanitize);
    switch_stacks(&from->context, to->context);
    sanitize_arrive(&from->sanitize);
}

static void enter(struct dfl_fiber *argument)
{
    struct coro *c = (struct coro *)argument;
    sanitize_arrive(&c->stack->sanitize);
    c->body(c->in, c->argument);
    c->ended = true;
    switch_to(c->stack, c->in->host);
}

static void start(struct coro *c)
{
    struct stack *s = stack_get(c->in, c->roomy);
    c->stack = s;
    c->top = s->low + s->code_size;
    sanitize_open(&s->sanitize, s->low, s->code_size, false);
    s->context = switch_prepare(c->top, enter, (struct dfl_fiber *)c);
}

/* Runs a coroutine, from the host's stack, until it parks or ends. */
static void resume(struct interp *in, struct coro *c)
{
    if (!c->stack)
        start(c);
    c->priority = 0;
    in->running = c;
    in->top = c->top;
    in->top_end = c->stack->low + c->stack->code_size + c->stack->value_size;
    in->stack_end = c->stack->low;
    in->fn_depth = c->fn_depth;
    in->job = c->job;
    in->since = clock_now();
    switch_to(in->host, c->stack);
    in->running = NULL;
    if (!c->ended)
        return;
    sanitize_close(&c->stack->sanitize);
    stack_put(in, c->stack);
    free(c);
}

/* ---- who is next ---- */

struct coro *coro_new(struct interp *in, void (*body)(struct interp *, void *), void *argument)
{
    struct coro *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    *c = (struct coro){.in = in, .body = body, .argument = argument};
    c->roomy = !in->started;
    in->started = true;
    return c;
}

/* Those that go on have priority 0. Without priorities the last place is the right one. */
static struct coro **place_of(const struct coro *c)
{
    struct interp *in = c->in;
    if (!in->has_priorities)
        return in->ready_last;
    struct coro **link = &in->ready;
    while (*link && (*link)->priority >= c->priority)
        link = &(*link)->next;
    return link;
}

void coro_ready(struct coro *c)
{
    struct coro **link = place_of(c);
    c->parked = false;
    c->next = *link;
    *link = c;
    if (!c->next)
        c->in->ready_last = &c->next;
}

void coro_set_priority(struct coro *c, int64_t priority)
{
    c->priority = priority;
    c->in->has_priorities |= priority != 0;
}

void coro_raise(struct coro *c)
{
    struct interp *in = c->in;
    if (c->priority >= 0)
        return;
    c->priority = 0;
    struct coro **link = &in->ready;
    while (*link && *link != c)
        link = &(*link)->next;
    if (!*link)
        return;
    *link = c->next;
    if (!*link)
        in->ready_last = link;
    coro_ready(c);
}

static struct coro *take_ready(struct interp *in)
{
    struct coro *c = in->ready;
    in->ready = c->next;
    if (!in->ready)
        in->ready_last = &in->ready;
    return c;
}

bool coro_claim(struct interp *in, struct coro *c)
{
    if (c->stack || in->ready != c)
        return false;
    take_ready(in);
    free(c);
    return true;
}

/* ---- sleepers: a heap by time, those of one time in the order in which they lay down ---- */

static bool wakes_before(const struct coro *a, const struct coro *b)
{
    return a->wake != b->wake ? a->wake < b->wake : a->order < b->order;
}

static void put(struct coro **heap, struct coro *c, uint32_t at)
{
    heap[at] = c;
    c->place = at + 1;
}

/* A place for `c` at or above `at`, which is free. */
static void sift_up(struct coro **heap, struct coro *c, uint32_t at)
{
    for (; at && wakes_before(c, heap[(at - 1) / 2]); at = (at - 1) / 2)
        put(heap, heap[(at - 1) / 2], at);
    put(heap, c, at);
}

static void sift_down(struct coro **heap, uint32_t count, struct coro *c, uint32_t at)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && wakes_before(heap[child + 1], heap[child]))
            child++;
        if (!wakes_before(heap[child], c))
            break;
        put(heap, heap[child], at);
    }
    put(heap, c, at);
}

static void lie_down(struct interp *in, struct coro *c)
{
    c->order = in->sleeps++;
    vec_push(&in->arena, &in->sleeping, c);
    sift_up(in->sleeping.at, c, in->sleeping.count - 1);
}

static void get_up(struct interp *in, struct coro *c)
{
    struct coro **heap = in->sleeping.at, *last = heap[--in->sleeping.count];
    uint32_t at = c->place - 1;
    c->place = 0;
    if (last == c)
        return;
    if (at && wakes_before(last, heap[(at - 1) / 2]))
        sift_up(heap, last, at);
    else
        sift_down(heap, in->sleeping.count, last, at);
}

void coro_wake(struct coro *c)
{
    if (!c->parked)
        return;
    if (c->place)
        get_up(c->in, c);
    coro_ready(c);
}

void coro_park(struct interp *in, int64_t wake)
{
    struct coro *c = in->running;
    c->top = in->top;
    c->fn_depth = in->fn_depth;
    c->job = in->job;
    c->parked = true;
    c->wake = wake;
    if (wake < INT64_MAX)
        lie_down(in, c);
    switch_to(c->stack, in->host);
}

static void wake_first(struct interp *in)
{
    struct coro *c = in->sleeping.at[0];
    if (c->wake > in->now)
        in->now = c->wake;
    coro_wake(c);
}

/* What the world does may make one ready before the first sleeper wakes. */
static void wait_for_world(struct interp *in)
{
    bool sleeps = in->sleeping.count > 0;
    int64_t left = sleeps ? in->sleeping.at[0]->wake - in->now : -1;
    in->now += command_wait(sleeps && left < 0 ? 0 : left);
    if (!in->ready && in->sleeping.count && in->sleeping.at[0]->wake <= in->now)
        wake_first(in);
}

/* ---- the loop ---- */

static struct stack *host_open(struct interp *in)
{
    struct stack *host = arena_new(&in->arena, struct stack);
    pthread_attr_t attributes;
    void *low = NULL;
    size_t bytes = 0;
    if (!pthread_getattr_np(pthread_self(), &attributes)) {
        pthread_attr_getstack(&attributes, &low, &bytes);
        pthread_attr_destroy(&attributes);
    }
    sanitize_open(&host->sanitize, low, bytes, true);
    return host;
}

void coro_loop(struct interp *in)
{
    in->host = host_open(in);
    current = in;
    while (in->ready || in->sleeping.count || commands_live()) {
        if (in->ready)
            resume(in, take_ready(in));
        else if (commands_live())
            wait_for_world(in);
        else
            wake_first(in);
    }
    current = NULL;
    while (in->idle) {
        struct stack *s = in->idle;
        in->idle = s->next;
        stack_unmap(s);
    }
}
