/* extern.c - calls of C functions that a program declares: what is handed over for each argument,
 * where the call runs, what becomes of the result. Read dfl_c_call() first, at the end. */
#include <assert.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "fiber.h"
#include "format.h"
#include "grid.h"
#include "helper.h"
#include "purity.h"
#include "stream.h"
#include "text.h"
#include "value.h"

struct call {
    const struct dfl_c_use *use;
    void *out;
    void *const *args;         /* for C: the program's, or `made` */
    struct dfl_error *failure; /* of the result */
    uint32_t count, own;       /* of those that are made; bit i: made[i] is to be freed */
    void *made[DFL_C_PARAMS_MOST];
};

/* ---- arguments ------------------------------------------------------------------------------ */

/* Zeroed memory for a value of the type. */
static void *room(const struct dfl_type *t)
{
    void *at = calloc(1, t->size + 1);
    if (!at)
        block_exhausted(t->size);
    return at;
}

static struct dfl_error *fail_at(const struct dfl_c_use *use, struct dfl_error *e)
{
    return dfl_error_at(e, use->site);
}

static struct dfl_error *fail(const struct call *call, struct dfl_error *e)
{
    return fail_at(call->use, e);
}

static void *own_room(struct call *call, uint32_t i, uint64_t bytes)
{
    void *at = malloc(bytes + 1);
    if (!at)
        block_exhausted(bytes);
    call->own |= 1u << i;
    return call->made[i] = at;
}

/* C takes the text up to the first NUL, so there must be none inside. */
static struct dfl_error *give_string(struct call *call, uint32_t i, const struct dfl_view *s)
{
    if (s->len && memchr(s->ptr, 0, (size_t)s->len))
        return fail(call, error_new(DFL_FAIL_fail,
                                    "argument %u of the C function `%s` has a NUL byte inside, "
                                    "where a C string would end",
                                    i + 1, call->use->fn->name));
    char *copy = own_room(call, i, (uint64_t)s->len);
    memcpy(copy, s->ptr, (size_t)s->len);
    copy[s->len] = 0;
    return NULL;
}

/* Some C functions take NULL for a wish of its own, so nothing is something else. */
static void *elements(const struct dfl_view *view)
{
    return view->len ? view->ptr : value_nothing;
}

/* Those of an array of more axes, as C has them: the last index running fastest. */
static void give_grid(struct call *call, uint32_t i, const struct dfl_type *t,
                      const struct dfl_grid *m)
{
    int64_t count = grid_count(t, m);
    if (count == 0)
        call->made[i] = value_nothing;
    else if (grid_is_dense(t, m))
        call->made[i] = m->ptr;
    else
        grid_gather(t, m, own_room(call, i, (uint64_t)count * t->elem->size));
}

static void give_elements(struct call *call, uint32_t i, const void *arg)
{
    const struct dfl_type *t = call->use->params[i];
    if (t->kind == DFL_GRID)
        give_grid(call, i, t, arg);
    else
        call->made[i] = elements(arg);
}

/* Makes the only holder of a dense array of more axes. */
static struct dfl_error *own_grid(struct call *call, const struct dfl_type *t, struct dfl_grid *m)
{
    dfl_grid_own(t, m);
    if (grid_is_dense(t, m))
        return NULL;
    struct dfl_grid *dense = memcpy(room(t), m, t->size);
    struct dfl_error *e = grid_new(t, dense);
    if (!e) {
        grid_gather(t, m, dense->ptr);
        dfl_drop(t, m);
        memcpy(m, dense, t->size);
    }
    free(dense);
    return e ? fail(call, e) : NULL;
}

static struct dfl_error *own_elements(struct call *call, const struct dfl_type *t, void *arg)
{
    if (t->kind == DFL_GRID)
        return own_grid(call, t, arg);
    dfl_array_own(t->kind == DFL_ARRAY ? t->elem : &value_u8, arg);
    return NULL;
}

static struct dfl_error *give(struct call *call, void *arg)
{
    uint32_t i = call->count;
    struct dfl_error *e = NULL;
    call->made[i] = arg;
    switch (call->use->fn->how[i]) {
    case 's':
        return give_string(call, i, arg);
    case 'c':
        e = own_elements(call, call->use->params[i], arg);
        /* fallthrough */
    case 'e':
        if (!e)
            give_elements(call, i, arg);
        return e;
    default:
        return NULL;
    }
}

static void take_back(struct call *call)
{
    for (uint32_t i = 0; call->own && i < DFL_C_PARAMS_MOST; i++)
        if (call->own >> i & 1)
            free(call->made[i]);
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
    if (fn->how[fn->count] == 's') {
        fn->call(&text, call->args);
        call->failure = put_string(call, text); /* here, since the text may be this thread's */
    } else {
        fn->call(call->out, call->args);
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
    if (call->use->fn->flags & DFL_C_IO)
        helper_call(fiber, run_io, call);
    else if (!fiber || fiber->on_large || call->use->fn->flags & DFL_C_SMALL)
        run(call);
    else if (!fiber_call(fiber, run_on_large, call, 0))
        return fiber_no_stack(call->use->site);
    return call->failure;
}

static struct dfl_error *make_args(struct call *call, void *const *args)
{
    struct dfl_error *e = NULL;
    assert(call->use->fn->count <= DFL_C_PARAMS_MOST);
    call->args = call->made;
    for (; call->count < call->use->fn->count && !e; call->count += !e)
        e = give(call, args[call->count]);
    return e;
}

static struct dfl_error *call_once(struct dfl_fiber *fiber, const struct dfl_c_use *use, void *out,
                                   void *const *args)
{
    struct call call;
    call.use = use;
    call.out = out;
    call.args = args;
    call.failure = NULL;
    call.count = call.own = 0;
    struct dfl_error *e = use->fn->flags & DFL_C_AS_IS ? NULL : make_args(&call, args);
    if (!e)
        e = run_somewhere(fiber, &call);
    take_back(&call);
    return e;
}

/* ---- calls that are checked ---- */

/* What the second of two calls works on: what C changes is its own. */
struct second {
    const struct dfl_c_use *use;
    uint32_t count;
    void *args[DFL_C_PARAMS_MOST], *out;
    struct dfl_view text; /* of the arguments before the calls */
};

static bool is_changed(const struct dfl_c_use *use, uint32_t i)
{
    return use->fn->how[i] == 'p' || use->fn->how[i] == 'c';
}

static void second_open(struct second *s, const struct dfl_c_use *use, void *const *args)
{
    struct buffer b;
    *s = (struct second){.use = use, .out = room(use->result)};
    s->count = use->fn->count;
    dfl_buffer_begin(&b);
    buffer_char(&b, '(');
    for (uint32_t i = 0; i < s->count; i++) {
        const struct dfl_type *t = use->params[i];
        if (i)
            buffer_string(&b, ", ");
        format_value(&b, t, args[i], true);
        s->args[i] = args[i];
        if (!is_changed(use, i))
            continue;
        s->args[i] = memcpy(room(t), args[i], t->size);
        dfl_copy(t, args[i]);
    }
    buffer_char(&b, ')');
    dfl_buffer_end(&b, &s->text);
}

static void second_close(struct second *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (is_changed(s->use, i)) {
            dfl_drop(s->use->params[i], s->args[i]);
            free(s->args[i]);
        }
    free(s->out);
    dfl_block_release(s->text.block);
}

/* The failure of a function whose calls left two values of a type; NULL if they are one. */
static struct dfl_error *compare(const struct second *s, const struct dfl_type *t, const void *a,
                                 const void *b)
{
    struct dfl_view first = purity_text(t, a), then = purity_text(t, b);
    struct dfl_error *e = NULL;
    if (!purity_same(&first, &then))
        e = fail_at(s->use,
                    purity_failure("the C function", s->use->fn->name, &s->text, &first, &then));
    dfl_block_release(first.block);
    dfl_block_release(then.block);
    return e;
}

/* The same for the results and all that the calls may have changed. */
static struct dfl_error *compare_all(const struct second *s, const void *out, void *const *args)
{
    struct dfl_error *e = compare(s, s->use->result, out, s->out);
    for (uint32_t i = 0; i < s->count && !e; i++)
        if (is_changed(s->use, i))
            e = compare(s, s->use->params[i], args[i], s->args[i]);
    return e;
}

static struct dfl_error *call_twice(struct dfl_fiber *fiber, const struct dfl_c_use *use, void *out,
                                    void *const *args)
{
    struct second s;
    second_open(&s, use, args);
    struct dfl_error *e = call_once(fiber, use, out, args);
    if (!e) {
        e = call_once(fiber, use, s.out, s.args);
        if (!e) {
            e = compare_all(&s, out, args);
            dfl_drop(use->result, s.out);
        }
        if (e)
            dfl_drop(use->result, out);
    }
    second_close(&s);
    return e;
}

struct dfl_error *dfl_c_call(struct dfl_fiber *fiber, const struct dfl_c_use *use, void *out,
                             void *const *args)
{
    uint32_t flags = use->fn->flags;
    if (purity_on && !(flags & DFL_C_IO) && purity_sample(use->fn, 8))
        return call_twice(fiber, use, out, args);
    if (flags != (DFL_C_SMALL | DFL_C_AS_IS))
        return call_once(fiber, use, out, args);
    use->fn->call(out, args); /* most are so short that what is around them counts */
    return NULL;
}
