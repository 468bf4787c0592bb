/* emit.h - what the code generator emits around every program, by hand: the fast paths of
 * offsets.def, a few types, and the table of a program. The programs beside it include it once. */
#ifndef EMIT_H
#define EMIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deque.h"
#include "dfl.h"
#include "error.h"
#include "fiber.h"
#include "helper.h"
#include "value.h"
#include "worker.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- types: ids are rows of emit_types ---- */

#define FIELD(type_, at) {.name = NULL, .type = type_, .offset = at}

static const struct dfl_field emit_args_int_fields[] = {FIELD(&value_int, 0)};
static const struct dfl_type emit_args_none = {
    .kind = DFL_TUPLE, .align = 1, .id = 0, .name = "()"};
static const struct dfl_type emit_args_int = {.kind = DFL_TUPLE,
                                              .align = 8,
                                              .id = 1,
                                              .size = 8,
                                              .name = "(int)",
                                              .fields = emit_args_int_fields,
                                              .field_count = 1};
static const struct dfl_type emit_future = {.kind = DFL_FUTURE,
                                            .refs = 1,
                                            .align = 8,
                                            .id = 2,
                                            .size = 8,
                                            .name = "future int",
                                            .elem = &value_int};
static const struct dfl_type emit_futures = {.kind = DFL_ARRAY,
                                             .refs = 1,
                                             .align = 8,
                                             .id = 3,
                                             .size = 24,
                                             .name = "[future int]",
                                             .elem = &emit_future};
static const struct dfl_field emit_args_future_fields[] = {FIELD(&emit_future, 0)};
static const struct dfl_type emit_args_future = {.kind = DFL_TUPLE,
                                                 .refs = 1,
                                                 .align = 8,
                                                 .id = 4,
                                                 .size = 8,
                                                 .name = "(future int)",
                                                 .fields = emit_args_future_fields,
                                                 .field_count = 1};
static const struct dfl_field emit_args_main_fields[] = {FIELD(&value_strs, 0)};
static const struct dfl_type emit_args_main = {.kind = DFL_TUPLE,
                                               .refs = 1,
                                               .align = 8,
                                               .id = 5,
                                               .size = 24,
                                               .name = "([str])",
                                               .fields = emit_args_main_fields,
                                               .field_count = 1};
static const struct dfl_type emit_result = {.kind = DFL_RESULT,
                                            .refs = 1,
                                            .align = 8,
                                            .id = 6,
                                            .size = 16,
                                            .name = "int!",
                                            .elem = &value_int};
static const struct dfl_field emit_args_futures_fields[] = {FIELD(&emit_futures, 0)};
static const struct dfl_type emit_args_futures = {.kind = DFL_TUPLE,
                                                  .refs = 1,
                                                  .align = 8,
                                                  .id = 7,
                                                  .size = 24,
                                                  .name = "([future int])",
                                                  .fields = emit_args_futures_fields,
                                                  .field_count = 1};
static const struct dfl_field emit_wide_fields[] = {FIELD(&value_str, 0), FIELD(&value_str, 24)};
static const struct dfl_type emit_wide = {.kind = DFL_TUPLE,
                                          .refs = 1,
                                          .align = 8,
                                          .id = 8,
                                          .size = 48,
                                          .name = "(str, str)",
                                          .fields = emit_wide_fields,
                                          .field_count = 2};

static const struct dfl_type *const emit_types[] = {
    &emit_args_none, &emit_args_int, &emit_future,       &emit_futures, &emit_args_future,
    &emit_args_main, &emit_result,   &emit_args_futures, &emit_wide,
};

#define SITE(function_, line_)                                                                     \
    {.file = "test.dfl", .function = function_, .line = line_, .column = 1}
#define FN(run_, name_, line_, args_, result_, flags_)                                             \
    {.run = run_,                                                                                  \
     .name = name_,                                                                                \
     .site = SITE(name_, line_),                                                                   \
     .args = args_,                                                                                \
     .result = result_,                                                                            \
     .flags = flags_}

/* ---- fast paths ---- */

static inline struct dfl_task *emit_new(struct dfl_fiber *f, uint32_t fn)
{
    struct task_pool *pool = &f->worker->pool;
    struct dfl_task *t = pool->free;
    if (__builtin_expect(!t, 0))
        t = dfl_task_new(f);
    else
        pool->free = t->rare;
    atomic_store_explicit(&t->state, 0, memory_order_relaxed);
    t->fn = fn;
    t->attempt = 0;
    t->flags = 0;
    t->outcome = 0;
    atomic_store_explicit(&t->refs, 2, memory_order_relaxed);
    atomic_store_explicit(&t->deps, 0, memory_order_relaxed);
    return t;
}

static inline void emit_push(struct dfl_fiber *f, struct dfl_task *t)
{
    struct dfl_worker *w = f->worker;
    if (__builtin_expect(deque_push(&w->deque, t), 1))
        w->pool.spawned++;
    else
        dfl_spawn(f, t);
}

/* For a record whose only other holder is its execution. */
static inline bool emit_take_back(struct dfl_fiber *f, struct dfl_task *t)
{
    struct deque *d = &f->worker->deque;
    struct deque_slot *slot = deque_step(d);
    if (__builtin_expect(slot && atomic_load_explicit(&slot->task, memory_order_relaxed) == t, 1))
        return true;
    if (slot)
        atomic_store_explicit(&d->bot, slot + 1, memory_order_release);
    return dfl_take_back_slow(f, t);
}

static inline void emit_recycle(struct dfl_fiber *f, struct dfl_task *t)
{
    struct task_pool *pool = &f->worker->pool;
    t->rare = pool->free;
    pool->free = t;
}

/* The slow half of every await of an int. */
static inline struct dfl_error *emit_await(struct dfl_fiber *f, struct dfl_task *t, int64_t *out)
{
    struct dfl_error *e = dfl_await(f, t);
    if (!e)
        e = dfl_task_take(t, out);
    dfl_task_release(f, t);
    return e;
}

/* A finished task function's two registers, stored. */
static inline void emit_give(struct dfl_task *t, int64_t value, struct dfl_error *e)
{
    t->result = e ? (uintptr_t)e : (uint64_t)value;
    /* Who waits may look at it meanwhile, so the thread sanitizer is to see a single store. */
    __atomic_store_n(&t->outcome, e ? DFL_FAILURE : DFL_VALUE, __ATOMIC_RELAXED);
}

static inline struct dfl_task *emit_spawn_int(struct dfl_fiber *f, uint32_t fn, int64_t arg)
{
    struct dfl_task *t = emit_new(f, fn);
    t->args[0] = (uint64_t)arg;
    emit_push(f, t);
    return t;
}

static inline int64_t emit_main_arg(const struct dfl_task *t, int64_t i, int64_t otherwise)
{
    struct dfl_view args;
    memcpy(&args, t->args, sizeof args);
    return i < args.len ? strtoll(((struct dfl_view *)args.ptr)[i].ptr, NULL, 10) : otherwise;
}

/* main of the process; main_fn is row 0. It is an error if anything is left at the
 * end; recursion without end is to end soon. */
#define PROGRAM(fns_)                                                                              \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const struct dfl_program program = {.name = "test.dfl",                             \
                                                   .types = emit_types,                            \
                                                   .type_count = COUNT(emit_types),                \
                                                   .fns = fns_,                                    \
                                                   .fn_count = COUNT(fns_),                        \
                                                   .main_fn = 0,                                   \
                                                   .elided = 0};                                   \
        setenv("DFL_CHECK", "1", 1);                                                               \
        return dfl_main(&program, argc, argv);                                                     \
    }

#endif
