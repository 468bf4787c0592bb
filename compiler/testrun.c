/* testrun.c - `dfl test`: runs test blocks with the interpreter and tells how each ended. */
#include "interp_core.h"

#include "error.h"
#include "format.h"
#include "stream.h"
#include "value.h"

#include <stdio.h>

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
    enum flow flow = interp_call(in, test, locals, out);
    in->top = mark;
    if (flow == FLOW_ON) {
        drop(inst->result, out);
        tell_ok(test->node->test_.name);
        return true;
    }
    struct dfl_error *e = interp_take_failure(in);
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
