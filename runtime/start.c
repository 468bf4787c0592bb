/* start.c - a program from the process's main() to its exit status: which part of a run this
 * process is, the run of main, what is told to the user at the end. dfl_main(), last in this file,
 * lists the steps. */
#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "block.h"
#include "checkpoint_task.h"
#include "clock.h"
#include "command_thread.h"
#include "encode.h"
#include "error.h"
#include "fiber.h"
#include "helper.h"
#include "keeper.h"
#include "limit.h"
#include "node.h"
#include "place.h"
#include "purity.h"
#include "remote.h"
#include "settings.h"
#include "stream.h"
#include "stats.h"
#include "task.h"
#include "text.h"
#include "timer.h"
#include "trace.h"
#include "value.h"
#include "worker.h"

static const struct dfl_program *program;
static struct dfl_task *root;
static struct settings settings;
static char who[ID_NAME + 4]; /* of several processes this is, for what it says */
static int64_t began;

/* ---- arguments of main ---- */

/* The strings are the process's own; only the array of views is made, for the length of the run. */
static struct dfl_view *make_args(int argc, char **argv)
{
    struct dfl_view *args = calloc((size_t)argc + 1, sizeof *args);
    if (!args)
        block_exhausted((size_t)argc * sizeof *args);
    for (int i = 1; i < argc; i++)
        args[i - 1] = value_static(argv[i], (int64_t)strlen(argv[i]));
    return args;
}

/* What main is given must be text. */
static bool check_args(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (text_invalid(argv[i], (int64_t)strlen(argv[i])) >= 0) {
            fprintf(stderr, "error: argument %d is not UTF-8\n", i);
            return false;
        }
    return true;
}

static struct dfl_task *make_root(struct dfl_fiber *self, struct dfl_view *args, int argc)
{
    struct dfl_task *task = dfl_task_new(self);
    struct dfl_view view = {NULL, args, argc > 0 ? argc - 1 : 0};
    task->fn = program->main_fn;
    task->flags = TASK_TAKEN; /* finish() looks at it */
    memcpy(task->args, &view, sizeof view);
    return task;
}

/* ---- signals ---- */

/* Ends the process by the signal's own default, with what was printed written out. */
static void on_signal(int number)
{
    stream_flush_if_free();
    signal(number, SIG_DFL);
    raise(number);
}

static void catch_signal(int number)
{
    struct sigaction old, action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER};
    if (sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return; /* a shell's background job */
    sigaction(number, &action, NULL);
}

/* ---- the end ---- */

static bool root_is_well(void)
{
    return root->outcome == DFL_VALUE || root->outcome == DFL_PLAIN;
}

/* Tells what main failed with, before the run waits for what runs on. */
static void tell_failure(void)
{
    dfl_output_flush();
    if (!root_is_well())
        dfl_error_report(stderr, (struct dfl_error *)(uintptr_t)root->result);
}

/* Gives the exit status. */
static int finish(void)
{
    dfl_output_flush();
    int64_t value = (int64_t)root->result;
    if (!root_is_well())
        return 1;
    return value >= 0 && value <= 255 ? (int)value : 255;
}

/* Something that nobody needs holds up the end. */
static void leave(int status)
{
    fflush(stdout); /* C functions may have written there */
    _exit(status);
}

static void finish_late(void)
{
    leave(finish());
}

static void leave_late(void)
{
    _exit(0);
}

/* Ends the process if that is not to be, and the whole run with it. */
static void open_remote(const struct process_part *part)
{
    const char *why = remote_open(part, program, (uint32_t)settings.threads);
    if (!why)
        return;
    fprintf(stderr, "error: cannot start a run on nodes: %s\n", why);
    leave(2);
}

static bool check_empty(const char *what, int64_t count)
{
    if (count != 0)
        fprintf(stderr, "leak: %s%" PRId64 " %s\n", who, count, what);
    return count == 0;
}

static int check_all(int status)
{
    bool good = check_empty("records", (int64_t)task_live());
    good &= check_empty("fibers", (int64_t)fiber_live());
    good &= check_empty("blocks", dfl_block_live());
    return good ? status : 70;
}

static void close_all(const struct process_part *part)
{
    struct stats stats = {0};
    if (part->self)
        remote_quiet();
    worker_close(&stats);
    stats.kept = checkpoint_kept();
    stats.found = checkpoint_found();
    trace_close();
    if (part->self)
        remote_close(settings.stats ? &stats : NULL);
    if (settings.stats && !part->self)
        stats_print(stderr, &stats, 0, (double)(clock_now() - began) / 1e9,
                    (uint32_t)settings.threads, program->elided);
}

/* ---- the parts of a run ---- */

static int fail(const char *why)
{
    fprintf(stderr, "error: %s\n", why);
    return 2;
}

/* The process that runs main, alone or among others. */
static int run_root(const struct process_part *part, int argc, char **argv)
{
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    struct dfl_view *args = make_args(argc, argv);
    root = make_root(worker_open((uint32_t)settings.threads, settings.check), args, argc);
    if (part->self)
        open_remote(part);
    worker_run(root, tell_failure, finish_late);

    int status = finish();
    timer_fini();
    commands_fini();
    if (!helper_fini())
        leave(status);
    dfl_task_release(NULL, root);
    close_all(part);
    free(args);
    return status;
}

/* A process that runs what others push to it, until the run is over. */
static int run_other(const struct process_part *part)
{
    signal(SIGINT, SIG_IGN); /* from a terminal it goes to all: the root answers it */
    worker_open((uint32_t)settings.threads, settings.check);
    open_remote(part);
    worker_run(NULL, NULL, leave_late);
    timer_fini();
    commands_fini();
    if (!helper_fini())
        leave(0);
    close_all(part);
    return 0;
}

static int run_worker(const struct process_part *part, int argc, char **argv)
{
    char name[ID_NAME];
    if (part->self)
        snprintf(who, sizeof who, "%s: ", id_name(part->self, name));
    int64_t zero = part->self ? part->run.began : began;
    if (settings.trace && !part->self && !trace_create(settings.trace, program, began))
        return 2;
    if (settings.trace && !trace_open(settings.trace, part->self, (uint32_t)settings.threads, zero))
        return 2;
    bool keeps = checkpoint_is_used(program) && !part->self; /* among others remote.c does this */
    if (keeps)
        encode_init(program);
    task_init(program);
    limit_init(program, &settings);
    place_init(&settings.labels);
    fiber_init((uint64_t)settings.stack_max);
    bool is_root = !part->self || part->self == ID_ROOT;
    int status = is_root ? run_root(part, argc, argv) : run_other(part);
    if (settings.check)
        status = check_all(status);
    fiber_fini();
    task_fini();
    if (keeps)
        encode_fini();
    return status;
}

/* The first process of a run on several nodes. */
static int run_head(char **argv)
{
    const char *why = process_prepare((uint32_t)settings.nodes, (uint32_t)settings.threads);
    if (why)
        return fail(why);
    struct run run = {
        .nodes = (uint32_t)settings.nodes,
        .threads = (uint32_t)settings.threads,
        .tcp = settings.tcp != 0,
        .detect_ns = settings.detect_ms * 1000000,
        .store = (uint64_t)settings.store,
        .began = clock_now(),
        .chaos = settings.chaos,
    };
    if (getrandom(&run.id, sizeof run.id, 0) != sizeof run.id ||
        getrandom(run.secret, sizeof run.secret, 0) != sizeof run.secret)
        return fail("the system gives no random numbers");
    if (settings.trace && !trace_create(settings.trace, program, run.began))
        return 2;
    return node_run_head(&run, program, argv, &settings);
}

int dfl_main(const struct dfl_program *given, int argc, char **argv)
{
    struct process_part part;
    keeper_main();
    process_hear_children();
    process_survive_file_limit();
    const char *why = process_part(&part);
    if (why)
        return fail(why);
    if (!settings_read(&settings) || !check_args(argc, argv))
        return 2;
    program = given;
    purity_on = settings.pure != 0;
    assert(program->fns[program->main_fn].flags & DFL_FN_IO);
    began = clock_now();
    value_set_types(program->types, program->type_count);
    checkpoint_init(settings.kept, settings.resume != 0);
    if (settings.resume && !part.self)
        checkpoint_announce(checkpoint_is_used(program));
    if (part.self && id_is_node(part.self))
        return node_run(&part, program, argv, &settings);
    if (!part.self && settings.nodes > 1)
        return run_head(argv);
    return run_worker(&part, argc, argv);
}
