/* extern.c - calls of C functions that a program declares: what is handed over for each argument,
 * where the call runs, what becomes of the result. Read dfl_c_call() first, at the end. */
#include <assert.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "fiber.h"
#include "helper.h"
#include "stream.h"
#include "text.h"
#include "value.h"

struct call {
    const struct dfl_c_use *use;
    void *out;
    void *given[DFL_C_PARAMS_MOST];
    uint32_t count;
    struct dfl_error *failure; /* of the result */
};

/* ---- arguments ------------------------------------------------------------------------------ */

static struct dfl_error *fail(const struct call *call, struct dfl_error *e)
{
    return dfl_error_at(e, call->use->site);
}

/* C takes the text up to the first NUL, so there must be none inside. */
static struct dfl_error *give_string(struct call *call, uint32_t i, const struct dfl_view *s)
{
    if (s->len && memchr(s->ptr, 0, (size_t)s->len))
        return fail(call, error_new(DFL_FAIL_fail,
                                    "argument %u of the C function `%s` has a NUL byte inside, "
                                    "where a C string would end",
                                    i + 1, call->use->fn->name));
    char *copy = malloc((size_t)s->len + 1);
    if (!copy)
        block_exhausted((uint64_t)s->len + 1);
    memcpy(copy, s->ptr, (size_t)s->len);
    copy[s->len] = 0;
    call->given[i] = copy;
    return NULL;
}

/* Some C functions take NULL for a wish of its own, so nothing is something else. */
static void *elements(const struct dfl_view *view)
{
    return view->len ? view->ptr : value_nothing;
}

static const struct dfl_type *element_type(const struct dfl_type *t)
{
    return t->kind == DFL_ARRAY ? t->elem : &value_u8;
}

static struct dfl_error *give(struct call *call, void *arg)
{
    uint32_t i = call->count;
    call->given[i] = arg;
    switch (call->use->fn->how[i]) {
    case 's':
        return give_string(call, i, arg);
    case 'e':
        call->given[i] = elements(arg);
        return NULL;
    case 'c':
        dfl_array_own(element_type(call->use->params[i]), arg);
        call->given[i] = elements(arg);
        return NULL;
    default:
        return NULL;
    }
}

static void take_back(struct call *call)
{
    for (uint32_t i = 0; i < call->count; i++)
        if (call->use->fn->how[i] == 's')
            free(call->given[i]);
}

/* ---- the result ----------------------------------------------------------------------------- */

static struct dfl_error *put_text(const struct call *call, const struct dfl_type *t,
                                  const char *text, struct dfl_view *out)
{
    int64_t len = (int64_t)strlen(text);
    if (t->kind == DFL_STR && text_invalid(text, len) >= 0)
        return fail(call,
                    error_new(DFL_FAIL_utf8, "the C function `%s` gave text that is not UTF-8",
                              call->use->fn->name));
    *out = value_text(text, len);
    return NULL;
}

static struct dfl_error *put_string(const struct call *call, const char *text)
{
    const struct dfl_type *t = call->use->result;
    if (t->kind == DFL_OPTION) {
        memset(call->out, 0, t->size);
        if (!text)
            return NULL;
        *(uint8_t *)call->out = 1;
        return put_text(call, t->elem, text, (void *)((char *)call->out + value_inner(t)));
    }
    if (!text)
        return fail(call, error_new(DFL_FAIL_fail,
                                    "the C function `%s` gave NULL; declare its result `%s?`",
                                    call->use->fn->name, t->name));
    return put_text(call, t, text, call->out);
}

/* ---- the call ------------------------------------------------------------------------------- */

static void run(struct call *call)
{
    const struct dfl_c_fn *fn = call->use->fn;
    const char *text;
    if (fn->how[call->count] == 's') {
        fn->call(&text, call->given);
        call->failure = put_string(call, text); /* here, since the text may be this thread's */
    } else {
        fn->call(call->out, call->given);
    }
}

static void run_on_large(struct dfl_fiber *fiber, void *call)
{
    (void)fiber;
    run(call);
}

/* What C printed comes behind what the program has printed, and before what it prints next. */
static void run_io(void *call)
{
    run(call);
    if (__fpending(stdout) == 0)
        return;
    dfl_output_flush();
    fflush(stdout);
}

/* Pure code has all of the thread's large stack; code that may wait has a thread to itself. */
static struct dfl_error *run_somewhere(struct dfl_fiber *fiber, struct call *call)
{
    if (call->use->fn->is_io)
        dfl_blocking(fiber, run_io, call);
    else if (fiber && !fiber->on_large)
        return dfl_stack_call(fiber, run_on_large, call, 0, call->use->site);
    else
        run(call);
    return call->failure;
}

struct dfl_error *dfl_c_call(struct dfl_fiber *fiber, const struct dfl_c_use *use, void *out,
                             void *const *args)
{
    struct call call = {.use = use, .out = out};
    uint32_t params = (uint32_t)strlen(use->fn->how) - 1;
    struct dfl_error *e = NULL;
    assert(params <= DFL_C_PARAMS_MOST);
    for (; call.count < params && !e; call.count += !e)
        e = give(&call, args[call.count]);
    if (!e)
        e = run_somewhere(fiber, &call);
    take_back(&call);
    return e;
}
