/* testrun.c - `dfl test`: runs test blocks with the interpreter and tells how each ended. A
 * property is run with a hundred values; those that it does not hold for are made simpler before
 * they are told. */
#include "interp_core.h"

#include "diag.h"
#include "error.h"
#include "format.h"
#include "property.h"
#include "stream.h"
#include "value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool name_files, json; /* of the options */

/* Begins a line on a test: its outcome and name, and its file if there are several. */
static struct buffer line_begin(const char *outcome, const struct symbol *test)
{
    struct buffer line = {0};
    buffer_string(&line, outcome);
    if (name_files) {
        buffer_string(&line, test->node->span.source->path);
        buffer_string(&line, ": ");
    }
    buffer_string(&line, test->node->test_.name);
    return line;
}

/* One line: what follows a line break in a message is left out. */
static void tell_failure(const struct symbol *test, const struct dfl_error *e)
{
    struct buffer line = line_begin("FAIL ", test);
    struct dfl_view text;
    const char *message = e->message.ptr;
    buffer_string(&line, ": ");
    for (int64_t i = 0; i < e->message.len; i++)
        buffer_char(&line, message[i] == '\n' ? ' ' : message[i]);
    if (strncmp(message, "expect ", 7) && e->site.file) {
        char where[32];
        snprintf(where, sizeof where, " (line %u)", e->site.line);
        buffer_string(&line, where);
    }
    dfl_buffer_end(&line, &text);
    stream_line(NULL, &text);
    dfl_drop(&value_str, &text);
}

static void tell_ok(const struct symbol *test)
{
    struct buffer line = line_begin("ok ", test);
    struct dfl_view text;
    dfl_buffer_end(&line, &text);
    stream_line(NULL, &text);
    dfl_drop(&value_str, &text);
}

/* Runs a test whose parameters are at `locals`; NULL: it held. Else its failure, or the err that a
 * `?` handed up. */
static struct dfl_error *run_once(struct interp *in, struct symbol *test, struct instance *inst,
                                  char *locals)
{
    void *out = temp(in, inst->result->size);
    if (interp_call(in, test, locals, out) != FLOW_ON)
        return interp_take_failure(in);
    return *(struct dfl_error **)out; /* of a ()! */
}

static bool run_plain(struct interp *in, struct symbol *test)
{
    struct instance *inst = instance_of(in, test, (struct types){0}, NULL);
    char *mark = in->top;
    struct dfl_error *e = run_once(in, test, inst, call_locals(in, inst));
    in->top = mark;
    if (!e) {
        tell_ok(test);
        return true;
    }
    tell_failure(test, e);
    dfl_error_release(e);
    return false;
}

/* ---- properties ---- */

enum { PROPERTY_RUNS = 100, SIZE_MOST = 30, SEED = 1 };

struct property {
    struct interp *in;
    struct symbol *test;
    struct instance *inst;
    int size;
};

/* Makes the parameters from a tape. */
static char *make_inputs(const struct property *p, struct tape *tape)
{
    char *locals = call_locals(p->in, p->inst);
    tape->at = 0;
    for (uint32_t i = 0; i < p->inst->func->param_count; i++) {
        const struct slot *slot = &p->inst->slots[i];
        property_make(tape, slot->type, p->size, locals + slot->offset);
    }
    return locals;
}

static struct dfl_error *run_property(const struct property *p, struct tape *tape)
{
    char *mark = p->in->top;
    struct dfl_error *e = run_once(p->in, p->test, p->inst, make_inputs(p, tape));
    p->in->top = mark;
    return e;
}

static bool fails(void *context, struct tape *tape)
{
    struct dfl_error *e = run_property(context, tape);
    if (e)
        dfl_error_release(e);
    return e != NULL;
}

/* FAIL NAME: n = 100, s = "x" */
static void tell_inputs(const struct property *p, struct tape *tape)
{
    struct buffer line = line_begin("FAIL ", p->test);
    struct dfl_view text;
    char *mark = p->in->top, *locals = make_inputs(p, tape);
    for (uint32_t i = 0; i < p->inst->func->param_count; i++) {
        const struct slot *slot = &p->inst->slots[i];
        buffer_string(&line, i ? ", " : ": ");
        buffer_string(&line, p->inst->func->locals.at[i]->name);
        buffer_string(&line, " = ");
        format_value(&line, slot->type, locals + slot->offset, true);
        drop(slot->type, locals + slot->offset);
    }
    p->in->top = mark;
    dfl_buffer_end(&line, &text);
    stream_line(NULL, &text);
    dfl_drop(&value_str, &text);
}

/* A word behind the lines that were told; no result. */
static void __attribute__((format(printf, 2, 3))) tell_aside(const char *label, const char *format,
                                                             ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return;
    dfl_output_flush();
    if (json)
        diag_json_plain("note", text, stderr);
    else
        fprintf(stderr, "%s%s\n", label, text);
    free(text);
}

/* What happened with them, for whoever looks closer. */
static void tell_reason(const struct property *p, struct tape *tape, int run)
{
    struct dfl_error *e = run_property(p, tape);
    int len = e ? (int)e->message.len : 0;
    tell_aside("note: ", "%s: %.*s%sfound in run %d of seed %d", p->test->node->test_.name, len,
               e ? (const char *)e->message.ptr : "", e ? "; " : "", run + 1, SEED);
    if (e)
        dfl_error_release(e);
}

static bool test_property(struct interp *in, struct symbol *test)
{
    struct property p = {in, test, instance_of(in, test, (struct types){0}, NULL), 0};
    for (int run = 0; run < PROPERTY_RUNS; run++) {
        struct arena arena = {0};
        struct tape tape = {.arena = &arena, .random = ((uint64_t)SEED << 32) + (uint64_t)run + 1};
        p.size = 1 + run * SIZE_MOST / PROPERTY_RUNS;
        bool failed = fails(&p, &tape);
        if (failed) {
            property_shrink(&tape, fails, &p);
            tell_inputs(&p, &tape);
            tell_reason(&p, &tape, run);
        }
        arena_free(&arena);
        if (failed)
            return false;
    }
    tell_ok(test);
    return true;
}

static bool run_test(struct interp *in, struct symbol *test)
{
    return test->func->param_count ? test_property(in, test) : run_plain(in, test);
}

static void run_tests(struct interp *in, void *argument)
{
    struct run *run = argument;
    struct module *m = in->program->root;
    bool any = false;
    for (uint32_t i = 0; i < m->funcs.count; i++) {
        struct symbol *s = m->funcs.at[i];
        if (s->node->kind != NODE_test)
            continue;
        if (run->options->filter && !strstr(s->node->test_.name, run->options->filter))
            continue;
        any = true;
        if (!run_test(in, s))
            run->status = 1;
    }
    if (!any && run->options->filter)
        tell_aside("", "%s: no test has '%s' in its name", m->source->path, run->options->filter);
    else if (!any)
        tell_aside("", "%s: there are no tests", m->source->path);
}

int interp_test(struct program *program, const struct interp_options *options)
{
    struct run run = {.options = options};
    name_files = options->name_files;
    json = options->json;
    return interp_go(program, run_tests, &run);
}
