/* interp.c - a run of the interpreter from its start to the exit status. The reading order of its
 * files: interp_core.h, _frame, _expr, _number, _pattern, _loop, _place, _call, _task, _coro. */
#include "interp_core.h"

#include "block.h"
#include "error.h"
#include "format.h"
#include "stream.h"
#include "value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* What the first coroutine is to do, and how it ended. */
struct run {
    const struct interp_options *options;
    int argc;
    char **argv;
    int status;
};

/* ---- the interpreter's life ---- */

static void interp_init(struct interp *in, struct program *program)
{
    *in = (struct interp){.program = program};
    in->ready_last = &in->ready;
    layouts_init(&in->layouts, program->arena, &program->types);
    value_set_types(in->layouts.all.at, in->layouts.all.count);
}

static int check_leaks(const struct interp *in, int status)
{
    int64_t blocks = dfl_block_live();
    if (blocks == 0 && in->cells == 0)
        return status;
    fprintf(stderr, "leak: %lld values and %lld futures are left\n", (long long)blocks,
            (long long)in->cells);
    return 70;
}

/* Runs body(in, run) as the first coroutine, and all that it leads to. */
static int interp_go(struct program *program, void (*body)(struct interp *, void *),
                     struct run *run)
{
    struct interp in;
    interp_init(&in, program);
    coro_ready(coro_new(&in, body, run));
    coro_loop(&in);
    task_report_unseen(&in);
    constants_drop(&in);
    dfl_output_flush();
    int status = run->options->check_leaks ? check_leaks(&in, run->status) : run->status;
    arena_free(&in.arena);
    return status;
}

/* Calls a function or test that was not called from any place in the program. */
static enum flow call_root(struct interp *in, struct symbol *symbol, char *locals, void *out)
{
    struct types none = {0};
    struct closure c = {.instance = instance_of(in, symbol, none, NULL)};
    struct frame outside = {.in = in, .instance = c.instance};
    return call_run(&outside, symbol->node, &c, locals, out);
}

static void report(struct dfl_error *e)
{
    dfl_output_flush();
    dfl_error_report(stderr, e);
    dfl_error_release(e);
}

static struct dfl_error *take_failure(struct interp *in)
{
    struct dfl_error *e = in->failure;
    in->failure = NULL;
    return e;
}

/* ---- main ---- */

/* The strings are the process's own; the array of them lasts as long as the run. */
static void put_args(struct interp *in, const struct run *run, struct dfl_view *out)
{
    struct dfl_view *args = arena_array(&in->arena, struct dfl_view, run->argc + 1);
    for (int i = 0; i < run->argc; i++)
        args[i] = value_static(run->argv[i], (int64_t)strlen(run->argv[i]));
    *out = (struct dfl_view){NULL, args, run->argc};
}

static int status_of(int64_t n)
{
    return n >= 0 && n <= 255 ? (int)n : 255;
}

/* The exit status for a result of main, which may be (), int, or one of them with `!`. */
static int main_status(const struct dfl_type *t, void *result)
{
    if (t->kind == DFL_INT)
        return status_of(*(int64_t *)result);
    if (t->kind != DFL_RESULT)
        return 0;
    if (holds_value(t, result))
        return main_status(t->elem, payload(t, result));
    report(*(struct dfl_error **)result);
    return 1;
}

static void run_main(struct interp *in, void *argument)
{
    struct run *run = argument;
    struct types none = {0};
    struct instance *inst = instance_of(in, in->program->main, none, NULL);
    char *locals = call_locals(in, inst), *result = temp(in, inst->result->size);
    if (inst->func->param_count)
        put_args(in, run, (struct dfl_view *)(locals + inst->slots[0].offset));
    if (call_root(in, in->program->main, locals, result) == FLOW_ON)
        run->status = main_status(inst->result, result);
    else {
        report(take_failure(in));
        run->status = 1;
    }
}

int interp_run(struct program *program, int argc, char **argv, const struct interp_options *options)
{
    struct run run = {.options = options, .argc = argc, .argv = argv};
    assert(program->main);
    return interp_go(program, run_main, &run);
}

/* ---- tests ---- */

/* One line: what follows a line break in a message is left out. */
static void tell_failure(const char *name, const struct dfl_error *e)
{
    struct buffer line = {0};
    struct dfl_view text;
    const char *message = e->message.ptr;
    buffer_string(&line, "FAIL ");
    buffer_string(&line, name);
    buffer_string(&line, ": ");
    for (int64_t i = 0; i < e->message.len; i++)
        buffer_char(&line, message[i] == '\n' ? ' ' : message[i]);
    if (strncmp(message, "expect ", 7) && e->site.file) {
        char where[32];
        snprintf(where, sizeof where, " (line %u)", e->site.line);
        buffer_string(&line, where);
    }
    dfl_buffer_end(&line, &text);
    stream_line(&text);
    dfl_drop(&value_str, &text);
}

static void tell_ok(const char *name)
{
    struct buffer line = {0};
    struct dfl_view text;
    buffer_string(&line, "ok ");
    buffer_string(&line, name);
    dfl_buffer_end(&line, &text);
    stream_line(&text);
    dfl_drop(&value_str, &text);
}

static bool run_test(struct interp *in, struct symbol *test)
{
    struct types none = {0};
    struct instance *inst = instance_of(in, test, none, NULL);
    char *mark = in->top, *locals = call_locals(in, inst), *out = temp(in, inst->result->size);
    enum flow flow = call_root(in, test, locals, out);
    in->top = mark;
    if (flow == FLOW_ON) {
        drop(inst->result, out);
        tell_ok(test->node->test_.name);
        return true;
    }
    struct dfl_error *e = take_failure(in);
    tell_failure(test->node->test_.name, e);
    dfl_error_release(e);
    return false;
}

static void run_tests(struct interp *in, void *argument)
{
    struct run *run = argument;
    struct module *m = in->program->root;
    for (uint32_t i = 0; i < m->funcs.count; i++) {
        struct symbol *s = m->funcs.at[i];
        if (s->node->kind != NODE_test)
            continue;
        if (run->options->filter && !strstr(s->node->test_.name, run->options->filter))
            continue;
        if (!run_test(in, s))
            run->status = 1;
    }
}

int interp_test(struct program *program, const struct interp_options *options)
{
    struct run run = {.options = options};
    return interp_go(program, run_tests, &run);
}
