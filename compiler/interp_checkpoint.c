/* interp_checkpoint.c - @checkpoint: results that outlive the run, as checkpoint_task.c of the
 * runtime keeps them, under the same keys and with the same bytes. */
#include "interp_core.h"

#include "block.h"
#include "digest.h"
#include "encode_core.h"
#include "error.h"
#include "select.h"

#include <stdlib.h>

enum { PATIENCE = 200000000 }; /* for a future in a result, in virtual time */

/* ---- futures, whose values are written in their place ---- */

bool encode_future(struct encoder *e, const struct dfl_type *type, struct dfl_task *task)
{
    return e->hooks->settled(e->hooks->user, type, task, e);
}

bool decode_future(struct decoder *d, const struct dfl_type *type, struct dfl_task **out)
{
    return d->hooks->settled(d->hooks->user, type, d, out);
}

static bool put_settled(void *user, const struct dfl_type *future, struct dfl_task *task,
                        struct encoder *e)
{
    const int64_t *patience = user;
    if (!task_settled(task)) {
        struct dfl_error *ends = dfl_wait(NULL, &task, 1, 1, *patience);
        if (ends)
            dfl_error_release(ends); /* the job meets it again */
    }
    const void *value = task_settled(task) ? task_look(task) : NULL;
    return value ? encode_part(e, future->elem, value) : encode_fail(e, ENCODE_pending);
}

static bool get_settled(void *user, const struct dfl_type *future, struct decoder *d,
                        struct dfl_task **out)
{
    void *value;
    *out = task_made(user, future->elem, &value);
    return decode_part(d, future->elem, value);
}

/* Types are laid out as they are met. */
static void know_types(struct interp *in)
{
    const struct dfl_program all = {.types = in->layouts.all.at,
                                    .type_count = in->layouts.all.count};
    if (in->known_types != all.type_count)
        encode_init(&all);
    in->known_types = all.type_count;
}

/* ---- the key ---- */

static bool is_function(const struct slot *slot, const struct symbol *s)
{
    return !slot->type && s->type->kind == TYPE_fn;
}

/* A function that is passed, with those that it has captured. */
static uint64_t digest_closure(struct interp *in, uint64_t digest, const struct closure *c)
{
    const struct instance *inst = c->instance;
    digest = digest_mix(digest, digest_symbol(in->program, inst->symbol));
    for (uint32_t i = 0; i < inst->generics.count; i++)
        digest = digest_type(in->program, digest, inst->generics.at[i]);
    for (uint32_t i = 0; i < inst->func->captures.count; i++)
        if (is_function(&inst->captures[i], inst->func->captures.at[i]))
            digest = digest_closure(
                in, digest, (const struct closure *)(c->captures + inst->captures[i].offset));
    return digest;
}

/* As code_of() in lower_call.c. */
static uint64_t code_of(struct interp *in, const struct kept_call *call)
{
    const struct instance *inst = call->callee->instance;
    uint64_t digest = digest_closure(in, 1, call->callee);
    for (uint32_t i = 0; i < inst->func->param_count; i++)
        if (is_function(&inst->slots[i], inst->func->locals.at[i]))
            digest = digest_closure(in, digest,
                                    (const struct closure *)(call->locals + inst->slots[i].offset));
    return digest >> 1 | 1;
}

static bool put_captured(struct encoder *e, const struct closure *c)
{
    const struct instance *inst = c->instance;
    bool good = true;
    for (uint32_t i = 0; i < inst->func->captures.count && good; i++) {
        const struct slot *slot = &inst->captures[i];
        const char *at = c->captures + slot->offset;
        if (slot->type)
            good = encode_value(e, slot->type, at);
        else if (is_function(slot, inst->func->captures.at[i]))
            good = put_captured(e, (const struct closure *)at);
    }
    return good;
}

/* An array that was one of futures is written as one. */
static bool put_each(struct encoder *e, const struct dfl_type *type, const struct dfl_view *array)
{
    const char *at = array->ptr;
    bool good = encode_number(e, (uint64_t)array->len << 1);
    for (int64_t i = 0; i < array->len && good; i++, at += type->elem->size)
        good = encode_value(e, type->elem, at);
    return good;
}

static bool put_argument(struct encoder *e, const struct kept_call *call, uint32_t i)
{
    const struct slot *slot = &call->callee->instance->slots[i];
    const struct node *spawn = call->spawn;
    const void *at = call->locals + slot->offset;
    bool is_edge = i < 64 && spawn->spawn_.edges >> i & 1;
    if (is_edge && spawn->spawn_.call->call_.args.at[i]->type->kind == TYPE_array)
        return put_each(e, slot->type, at);
    return encode_value(e, slot->type, at);
}

/* As the arguments of a compiled instance: what functions have captured, then the values. */
static bool put_arguments(struct encoder *e, const struct kept_call *call)
{
    const struct instance *inst = call->callee->instance;
    bool good = true;
    for (uint32_t i = 0; i < inst->func->param_count && good; i++)
        if (is_function(&inst->slots[i], inst->func->locals.at[i]))
            good = put_captured(e, (const struct closure *)(call->locals + inst->slots[i].offset));
    for (uint32_t i = 0; i < inst->func->param_count && good; i++)
        if (inst->slots[i].type)
            good = put_argument(e, call, i);
    return good;
}

/* The T of a T!, or the whole: only values are kept. */
static const struct dfl_type *kept_type(const struct dfl_type *type)
{
    return type->kind == DFL_RESULT ? type->elem : type;
}

static bool find_key(struct interp *in, struct kept_call *call)
{
    int64_t patience = SELECT_FOREVER;
    const struct encode_hooks hooks = {.user = &patience, .settled = put_settled};
    struct encoder e = {.hooks = &hooks, .limit = SIZE_MAX};
    know_types(in);
    bool good = put_arguments(&e, call);
    if (good)
        call->key = checkpoint_key(code_of(in, call), kept_type(call->type)->name, e.bytes, e.len);
    encoder_fini(&e);
    return good;
}

/* ---- entries ---- */

static bool get_result(struct interp *in, const struct kept_call *call,
                       const struct checkpoint_value *from)
{
    const struct dfl_type *type = call->type, *kept = kept_type(type);
    const struct decode_hooks hooks = {.user = in, .settled = get_settled};
    struct decoder d = {.at = from->bytes, .end = from->bytes + from->len, .hooks = &hooks};
    memset(call->value, 0, type->size);
    char *at = kept == type ? call->value : payload(type, call->value);
    bool good = decode_value(&d, kept, at) && decode_end(&d);
    if (!good) {
        drop(type, call->value);
        checkpoint_refuse(&call->key, encode_error_text(d.error));
    }
    decoder_fini(&d);
    return good;
}

bool kept_take(struct interp *in, struct kept_call *call)
{
    struct checkpoint_value value;
    call->has_key = find_key(in, call);
    if (!call->has_key || !checkpoint_resumes() || !checkpoint_find(NULL, &call->key, &value))
        return false;
    bool good = get_result(in, call, &value);
    free(value.bytes);
    return good;
}

void kept_give(struct interp *in, const struct kept_call *call)
{
    int64_t patience = PATIENCE;
    const struct encode_hooks hooks = {.user = &patience, .settled = put_settled};
    const struct dfl_type *type = call->type;
    if (!call->has_key || (type->kind == DFL_RESULT && !holds_value(type, call->value)))
        return;
    struct encoder e = {.hooks = &hooks, .limit = SIZE_MAX};
    know_types(in);
    const void *at = type->kind == DFL_RESULT ? payload(type, call->value) : call->value;
    if (encode_value(&e, kept_type(type), at))
        checkpoint_keep(NULL, &call->key, e.bytes, e.len);
    encoder_fini(&e);
}
