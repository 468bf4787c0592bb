/* interp.c - a run of the interpreter from its start to the exit status. The reading order of its
 * files: interp_core.h, _frame, _expr, _number, _pattern, _loop, _place, _call, _task, _coro. */
#include "interp_core.h"

#include "block.h"
#include "command_thread.h"
#include "encode.h"
#include "error.h"
#include "purity.h"
#include "stream.h"
#include "value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

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

static void report(struct dfl_error *e)
{
    dfl_output_flush();
    dfl_error_report(stderr, e);
    dfl_error_release(e);
}

int interp_go(struct program *program, void (*body)(struct interp *, void *), struct run *run)
{
    struct interp in;
    interp_init(&in, program);
    purity_on = run->options->check_pure;
    in.keeps = run->options->keeps;
    coro_ready(coro_new(&in, body, run));
    coro_loop(&in);
    commands_fini();
    constants_drop(&in);
    encode_fini();
    dfl_output_flush();
    int status = run->options->check_leaks ? check_leaks(&in, run->status) : run->status;
    arena_free(&in.arena);
    return status;
}

enum flow interp_call(struct interp *in, struct symbol *symbol, char *locals, void *out)
{
    struct types none = {0};
    struct closure c = {.instance = instance_of(in, symbol, none, NULL)};
    struct frame outside = {.in = in, .instance = c.instance};
    return call_run(&outside, symbol->node, &c, locals, out);
}

struct dfl_error *interp_take_failure(struct interp *in)
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

/* The exit status for a result of main, which may be (), int, or one of them with `!`; an error is
 * told. */
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
    if (interp_call(in, in->program->main, locals, result) == FLOW_ON)
        run->status = main_status(inst->result, result);
    else {
        report(interp_take_failure(in));
        run->status = 1;
    }
}

int interp_run(struct program *program, int argc, char **argv, const struct interp_options *options)
{
    struct run run = {.options = options, .argc = argc, .argv = argv};
    assert(program->main);
    return interp_go(program, run_main, &run);
}
