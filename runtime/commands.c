/* commands.c - the list of those that run, the queue, and poll(). */
#include "commands.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "clock.h"
#include "command.h"
#include "keeper.h"

enum {
    FDS_EACH = 4,    /* while it is being started more, for a moment */
    FDS_OTHERS = 64, /* for all else in this process */
    LIVE_LEAST = 4,
};

static struct {
    struct command *live[KEEPER_MOST];
    uint32_t count;
    struct command *first, **end; /* waiting */
    struct command *failed;       /* to be told of */
    struct pollfd fds[KEEPER_MOST * COMMAND_FDS + 1];
} all = {.end = &all.first};

/* ---- the queue ---- */

/* Programs at once, so that others who open files find room too. */
static uint32_t room(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return KEEPER_MOST;
    rlim_t fit = files.rlim_cur > FDS_OTHERS ? (files.rlim_cur - FDS_OTHERS) / FDS_EACH : 0;
    return fit < LIVE_LEAST ? LIVE_LEAST : fit < KEEPER_MOST ? (uint32_t)fit : KEEPER_MOST;
}

/* What others that run give back when they end. */
static bool is_scarce(int code)
{
    return code == EMFILE || code == ENFILE || code == EAGAIN || code == ENOMEM;
}

static void take_first(void)
{
    all.first = all.first->next;
    if (!all.first)
        all.end = &all.first;
}

static void fail(struct command *c)
{
    c->outcome = COMMAND_FAILED;
    c->next = all.failed;
    all.failed = c;
}

static void start_waiting(void)
{
    uint32_t most = room();
    while (all.first && all.count < most) {
        struct command *c = all.first;
        bool wanted = !atomic_load(&c->unwanted);
        bool started = wanted && command_start(c, clock_now());
        if (wanted && !started && all.count > 0 && is_scarce(c->code))
            return;
        take_first();
        if (started)
            all.live[all.count++] = c;
        else
            fail(c);
    }
}

void commands_add(struct command *c)
{
    c->next = NULL;
    *all.end = c;
    all.end = &c->next;
    start_waiting();
}

bool commands_live(void)
{
    return all.count || all.first || all.failed;
}

/* ---- waiting ---- */

static void tell_failed(void (*over)(struct command *))
{
    while (all.failed) {
        struct command *c = all.failed;
        all.failed = c->next;
        over(c);
    }
}

/* Those that nobody wants need not wait for their turn. */
static void drop_unwanted(void)
{
    struct command **link = &all.first;
    while (*link) {
        struct command *c = *link;
        if (!atomic_load(&c->unwanted)) {
            link = &c->next;
            continue;
        }
        *link = c->next;
        fail(c);
    }
    all.end = link;
}

/* In milliseconds, rounded up; -1: for ever. */
static int patience(int64_t now, int64_t ns)
{
    int64_t left = ns < 0 ? INT64_MAX : ns;
    for (uint32_t i = 0; i < all.count; i++)
        if (all.live[i]->due - now < left)
            left = all.live[i]->due - now;
    if (all.failed || left <= 0)
        return 0;
    return left == INT64_MAX          ? -1
           : left / 1000000 < INT_MAX ? (int)((left + 999999) / 1000000)
                                      : INT_MAX;
}

static void step(void (*over)(struct command *))
{
    int64_t now = clock_now();
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all.count; i++) {
        struct command *c = all.live[i];
        if (command_step(c, now))
            over(c);
        else
            all.live[kept++] = c;
    }
    all.count = kept;
}

void commands_wait(int wake, int64_t ns, void (*over)(struct command *))
{
    for (uint32_t i = 0; i < all.count; i++)
        command_fds(all.live[i], &all.fds[i * COMMAND_FDS]);
    nfds_t count = all.count * COMMAND_FDS;
    all.fds[count] = (struct pollfd){.fd = wake, .events = POLLIN};
    poll(all.fds, count + 1, patience(clock_now(), ns));
    drop_unwanted();
    step(over);
    start_waiting();
    tell_failed(over);
}
