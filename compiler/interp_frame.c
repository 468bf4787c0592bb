/* interp_frame.c - instances of functions and the frames of their calls. */
#include "extern.h"
#include "interp_core.h"

#include "block.h"
#include "error.h"
#include "stream.h"
#include "value.h"

#include <assert.h>

enum { ALIGN = 16 };

/* ---- layouts ---- */

static const struct dfl_type *lay_out(struct interp *in, const struct type *t)
{
    uint32_t before = in->layouts.all.count;
    const struct dfl_type *d = layout_type(&in->layouts, t);
    if (in->layouts.all.count != before)
        value_set_types(in->layouts.all.at, in->layouts.all.count);
    return d;
}

const struct dfl_type *frame_open_layout(struct instance *inst, struct interp *in,
                                         const struct type *t)
{
    if (!t->open)
        return lay_out(in, t);
    const struct dfl_type *d = name_map_get(&inst->layouts, (const char *)t);
    if (!d) {
        d = lay_out(in, type_subst(&in->program->types, t, inst->generics));
        name_map_set(&in->arena, &inst->layouts, (const char *)t, (void *)d);
    }
    return d;
}

const struct type *frame_concrete(struct frame *f, const struct type *t)
{
    return t->open ? type_subst(&f->in->program->types, t, f->instance->generics) : t;
}

/* ---- instances ---- */

/* Gives a local its place behind `*size` bytes. */
static struct slot slot_of(struct interp *in, struct instance *inst, const struct symbol *s,
                           bool by_place, uint32_t *size)
{
    struct slot slot = {.by_place = by_place};
    uint32_t bytes = sizeof(struct closure);
    if (s->type->kind == TYPE_never || s->type->kind == TYPE_bad)
        bytes = 0;
    else if (s->type->kind != TYPE_fn) {
        slot.type = frame_open_layout(inst, in, s->type);
        bytes = by_place ? (uint32_t)sizeof(void *) : (uint32_t)slot.type->size;
    }
    slot.offset = *size;
    *size += (bytes + ALIGN - 1) / ALIGN * ALIGN;
    return slot;
}

static void instance_locals(struct interp *in, struct instance *inst)
{
    struct func *fn = inst->func;
    inst->slots = arena_array(&in->arena, struct slot, fn->locals.count + 1);
    for (uint32_t i = 0; i < fn->locals.count; i++) {
        struct symbol *s = fn->locals.at[i];
        inst->slots[i] = slot_of(in, inst, s, s->is_param && s->is_var, &inst->size);
    }
    inst->captures = arena_array(&in->arena, struct slot, fn->captures.count + 1);
    for (uint32_t i = 0; i < fn->captures.count; i++)
        inst->captures[i] = slot_of(in, inst, fn->captures.at[i], false, &inst->capture_size);
}

static void instance_shim(struct interp *in, struct instance *inst)
{
    struct node *node = inst->symbol->node;
    if (node->kind != NODE_func || !(node->func_.flags & FUNC_EXTERN))
        return;
    if (strcmp(node->func_.header, "dfl")) {
        inst->c_fn = extern_find(in->program, inst->symbol);
        return;
    }
    inst->shim = shim_find(
        arena_format(&in->arena, "dfl_std_%s_%s", inst->symbol->module->name, inst->symbol->name));
    assert(inst->shim);
    inst->parameters = arena_array(&in->arena, const struct dfl_type *, inst->generics.count + 1);
    for (uint32_t i = 0; i < inst->generics.count; i++)
        inst->parameters[i] = lay_out(in, inst->generics.at[i]);
}

static struct instance *instance_make(struct interp *in, struct symbol *symbol,
                                      struct types generics, struct instance *outer)
{
    struct instance *inst = arena_new(&in->arena, struct instance);
    *inst = (struct instance){.symbol = symbol, .func = symbol->func, .outer = outer};
    inst->generics.at = arena_array(&in->arena, const struct type *, generics.count + 1);
    for (; inst->generics.count < generics.count; inst->generics.count++)
        inst->generics.at[inst->generics.count] = generics.at[inst->generics.count];
    inst->wrap = symbol->func->wrap || (outer && outer->wrap);
    inst->io =
        (symbol->func->flags & FUNC_IO) || (outer && outer->io) || symbol->node->kind == NODE_test;
    inst->counts_depth = !(symbol->func->flags & FUNC_TASK);
    const struct type *result = symbol->func->result;
    inst->result = !result || result->kind == TYPE_never
                       ? lay_out(in, in->program->types.simple[TYPE_unit])
                       : frame_open_layout(inst, in, result);
    instance_locals(in, inst);
    instance_shim(in, inst);
    return inst;
}

static uint32_t instance_hash(struct symbol *symbol, struct types generics, struct instance *outer)
{
    uint64_t h = (uintptr_t)symbol * 0x9e3779b97f4a7c15u ^ (uintptr_t)outer;
    for (uint32_t i = 0; i < generics.count; i++)
        h = (h ^ (uintptr_t)generics.at[i]) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32);
}

static bool instance_is(const struct instance *inst, struct symbol *symbol, struct types generics,
                        struct instance *outer)
{
    bool same =
        inst->symbol == symbol && inst->outer == outer && inst->generics.count == generics.count;
    for (uint32_t i = 0; same && i < generics.count; i++)
        same = inst->generics.at[i] == generics.at[i];
    return same;
}

static void instances_grow(struct interp *in)
{
    struct instance **old = in->instances;
    uint32_t old_room = in->instance_room;
    in->instance_room = old_room ? 2 * old_room : 256;
    in->instances = arena_array(&in->arena, struct instance *, in->instance_room);
    for (uint32_t i = 0; i < old_room; i++) {
        if (!old[i])
            continue;
        uint32_t at = instance_hash(old[i]->symbol, old[i]->generics, old[i]->outer);
        while (in->instances[at &= in->instance_room - 1])
            at++;
        in->instances[at] = old[i];
    }
}

struct instance *instance_of(struct interp *in, struct symbol *symbol, struct types generics,
                             struct instance *outer)
{
    if (2 * in->instance_count >= in->instance_room)
        instances_grow(in);
    uint32_t at = instance_hash(symbol, generics, outer);
    for (; in->instances[at &= in->instance_room - 1]; at++)
        if (instance_is(in->instances[at], symbol, generics, outer))
            return in->instances[at];
    struct instance *made = instance_make(in, symbol, generics, outer);
    in->instance_count++;
    in->instances[at] = made;
    return made;
}

/* ---- frames ---- */

static void *capture(struct frame *f, const struct symbol *s, const struct slot **slot)
{
    struct func *fn = f->instance->func;
    for (uint32_t i = 0; i < fn->captures.count; i++)
        if (fn->captures.at[i] == s) {
            *slot = &f->instance->captures[i];
            return f->captures + (*slot)->offset;
        }
    assert(!"a local of another function");
    return NULL;
}

void *frame_local(struct frame *f, const struct symbol *s, const struct slot **slot)
{
    if (s->owner != f->instance->symbol)
        return capture(f, s, slot);
    *slot = &f->instance->slots[s->index];
    char *at = f->locals + (*slot)->offset;
    return (*slot)->by_place ? *(void **)at : at;
}

void frame_drop_locals(struct frame *f)
{
    for (uint32_t i = 0; i < f->instance->func->locals.count; i++) {
        const struct slot *slot = &f->instance->slots[i];
        if (slot->type && !slot->by_place)
            drop(slot->type, f->locals + slot->offset);
    }
}

struct dfl_site frame_spawn_site(const struct frame *f, const struct node *n)
{
    struct dfl_site site = {.function = f->instance->symbol->name};
    if (!n->span.source)
        return site;
    struct position p = source_position(n->span.source, n->span.start);
    site.file = n->span.source->path;
    site.line = p.line;
    site.column = p.column;
    return site;
}

struct dfl_site frame_site(const struct frame *f, const struct node *n)
{
    if (n->span.source && n->span.source->is_std)
        return (struct dfl_site){0};
    return frame_spawn_site(f, n);
}

enum flow frame_fail(struct frame *f, struct dfl_error *e)
{
    assert(!f->in->failure);
    f->in->failure = e;
    return FLOW_FAIL;
}

void frame_exhausted(uint64_t size)
{
    dfl_output_flush();
    block_exhausted(size);
}

void replace(const struct dfl_type *t, void *place, void *value)
{
    if (!t->refs) {
        memcpy(place, value, t->size);
        return;
    }
    char part[64];
    for (uint64_t at = 0, n; at < t->size; at += n) { /* swaps: then `value` is the old one */
        n = t->size - at < sizeof part ? t->size - at : sizeof part;
        memcpy(part, (char *)place + at, n);
        memcpy((char *)place + at, (char *)value + at, n);
        memcpy((char *)value + at, part, n);
    }
    dfl_drop(t, value);
}
