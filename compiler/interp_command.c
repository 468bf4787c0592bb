/* interp_command.c - programs of others, waited for by coroutines. They take real time: while
 * nothing is ready and one of them runs, virtual time passes as fast as that of the world. */
#include "interp_core.h"

#include "clock.h"
#include "command.h"
#include "command_thread.h"
#include "commands.h"
#include "keeper.h"

static void on_over(struct command *c)
{
    c->is_over = true;
    coro_wake(c->waiter);
}

struct dfl_error *dfl_command(struct dfl_fiber *fiber, struct command *c)
{
    struct interp *in = coro_interp();
    struct dfl_error *e = NULL;
    (void)fiber;
    c->waiter = in->running;
    commands_add(c);
    while (!c->is_over && !(e = job_interrupt(in)))
        job_park(in, INT64_MAX);
    if (e) {
        atomic_store(&c->unwanted, true);
        commands_wait(-1, 0, on_over); /* which sees that */
    }
    while (!c->is_over)
        coro_park(in, INT64_MAX);
    return e;
}

void commands_fini(void)
{
    keeper_close();
}

int64_t command_wait(int64_t ns)
{
    int64_t began = clock_now();
    commands_wait(-1, ns, on_over);
    int64_t passed = clock_now() - began;
    return ns >= 0 && passed > ns ? ns : passed;
}
