/* start.c - a program from the process's main() to its exit status: settings, the run of main, what
 * is told to the user at the end. dfl_main(), last in this file, lists the steps. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "clock.h"
#include "error.h"
#include "fiber.h"
#include "helper.h"
#include "purity.h"
#include "stream.h"
#include "stats.h"
#include "task.h"
#include "text.h"
#include "value.h"
#include "worker.h"

struct settings {
    int64_t threads;   /* DFL_THREADS: workers */
    int64_t stack_max; /* DFL_STACK_MAX: bytes of further stack for deep recursion */
    int64_t stats;     /* DFL_STATS=1: a table on standard error at the end */
    int64_t check;     /* DFL_CHECK=1: it is an error if anything is left at the end */
    int64_t pure;      /* DFL_CHECK_PURE=1: a sample of what is pure is run twice */
};

static const struct dfl_program *program;
static struct dfl_task *root;
static struct settings settings;
static int64_t began;

/* ---- settings ---- */

static int64_t available_cores(void)
{
    cpu_set_t *set = NULL;
    int64_t cores = 0;
    for (int cpus = 1024; cpus <= 1 << 20 && cores == 0; cpus *= 4) {
        size_t bytes = CPU_ALLOC_SIZE(cpus);
        set = CPU_ALLOC(cpus);
        if (set && sched_getaffinity(0, bytes, set) == 0)
            cores = CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
    }
    return cores < 1 ? 1 : cores > WORKERS_MOST ? WORKERS_MOST : cores;
}

/* Infinite recursion should end in a failure, not in the death of the machine. */
static int64_t default_stack_max(void)
{
    int64_t half = (int64_t)sysconf(_SC_PHYS_PAGES) / 2 * sysconf(_SC_PAGESIZE);
    int64_t most = (int64_t)1 << 29;
    return half > 0 && half < most ? half : most;
}

static bool read_setting(const char *name, int64_t low, int64_t high, int64_t *out)
{
    const char *text = getenv(name);
    if (!text || !*text)
        return true;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end == '\0' && errno == 0 && value >= low && value <= high) {
        *out = value;
        return true;
    }
    fprintf(stderr, "error: %s is '%s'; it must be a number from %" PRId64 " to %" PRId64 "\n",
            name, text, low, high);
    return false;
}

static bool read_settings(struct settings *s)
{
    *s = (struct settings){.threads = available_cores(), .stack_max = default_stack_max()};
    bool good = read_setting("DFL_THREADS", 1, WORKERS_MOST, &s->threads);
    good &= read_setting("DFL_STACK_MAX", 1 << 20, (int64_t)1 << 46, &s->stack_max);
    good &= read_setting("DFL_STATS", 0, 1, &s->stats);
    good &= read_setting("DFL_CHECK", 0, 1, &s->check);
    good &= read_setting("DFL_CHECK_PURE", 0, 1, &s->pure);
    return good;
}

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

/* Tells of the outcome of main; gives the exit status. */
static int finish(void)
{
    dfl_output_flush();
    int64_t value = (int64_t)root->result;
    if (root->outcome == DFL_VALUE || root->outcome == DFL_PLAIN)
        return value >= 0 && value <= 255 ? (int)value : 255;
    dfl_error_report(stderr, (struct dfl_error *)(uintptr_t)root->result);
    return 1;
}

/* Tasks that nobody needs hold up the end. */
static void finish_late(void)
{
    int status = finish();
    fflush(stdout); /* C functions may have written there */
    _exit(status);
}

static bool check_empty(const char *what, int64_t count)
{
    if (count != 0)
        fprintf(stderr, "leak: %" PRId64 " %s\n", count, what);
    return count == 0;
}

static int check_all(int status)
{
    bool good = check_empty("records", (int64_t)task_live());
    good &= check_empty("fibers", (int64_t)fiber_live());
    good &= check_empty("blocks", dfl_block_live());
    return good ? status : 70;
}

static void close_all(void)
{
    struct stats stats = {0};
    worker_close(&stats);
    helper_fini();
    if (settings.stats)
        stats_print(stderr, &stats, (double)(clock_now() - began) / 1e9, (uint32_t)settings.threads,
                    program->elided);
}

int dfl_main(const struct dfl_program *given, int argc, char **argv)
{
    if (!read_settings(&settings) || !check_args(argc, argv))
        return 2;
    program = given;
    purity_on = settings.pure != 0;
    assert(program->fns[program->main_fn].flags & DFL_FN_IO);
    began = clock_now();
    value_set_types(program->types, program->type_count);
    task_init(program);
    fiber_init((uint64_t)settings.stack_max);
    catch_signal(SIGINT);
    catch_signal(SIGTERM);

    struct dfl_view *args = make_args(argc, argv);
    root = make_root(worker_open((uint32_t)settings.threads, settings.check), args, argc);
    worker_run(root, finish_late);

    int status = finish();
    dfl_task_release(NULL, root);
    close_all();
    if (settings.check)
        status = check_all(status);
    fiber_fini();
    task_fini();
    free(args);
    return status;
}
