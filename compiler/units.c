/* units.c - read units_make last. Owners first: file by file, long files in parts. Then each unit
 * takes copies of what it reaches and nobody owns, which shows what others must see. */
#include "units.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    TINY_VALUES = 16,   /* of a function that is copied into units of other files */
    SMALL_VALUES = 40,  /* of one that is copied within its file; of the library, everywhere */
    PART_VALUES = 8000, /* of a part of a long file: about a thousand lines */
};

struct making {
    struct units *units;
    int level;
    struct ir_module *module;
    struct arena *arena;
    uint32_t *sizes;         /* of functions, by index */
    uint32_t *taken;         /* by index: the unit that took it last, plus 1 */
    struct ir_func **sorted; /* those with an owner, file by file, in the order of their text */
    uint32_t count;
};

static uint32_t count_values(const struct ir_func *f)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->blocks.count; i++)
        count += f->blocks.at[i]->body.count;
    return count;
}

static const struct module *module_of(const struct ir_func *f)
{
    return f->symbol ? f->symbol->module : NULL;
}

/* ---- owners --------------------------------------------------------------------------------- */

static bool is_below(const struct making *m, const struct ir_func *f, uint32_t most)
{
    return !f->recursive && m->sizes[f->index] <= most && f != m->module->main;
}

static bool has_owner(const struct making *m, const struct ir_func *f)
{
    const struct module *in = module_of(f);
    return !f->instance && !(in && in->is_std && is_below(m, f, SMALL_VALUES));
}

static int by_place(const void *a, const void *b)
{
    const struct ir_func *x = *(struct ir_func *const *)a, *y = *(struct ir_func *const *)b;
    if (x->span.source != y->span.source && x->span.source && y->span.source) {
        int order = strcmp(x->span.source->path, y->span.source->path);
        if (order)
            return order;
    }
    if (x->span.start != y->span.start)
        return x->span.start < y->span.start ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void sort_owned(struct making *m, bool whole)
{
    m->sorted = arena_array(m->arena, struct ir_func *, m->module->funcs.count + 1);
    for (uint32_t i = 0; i < m->module->funcs.count; i++) {
        struct ir_func *f = m->module->funcs.at[i];
        m->sizes[i] = count_values(f);
        if (whole || has_owner(m, f))
            m->sorted[m->count++] = f;
    }
    if (!whole)
        qsort(m->sorted, m->count, sizeof(struct ir_func *), by_place);
}

static uint32_t add_unit(struct making *m, const struct ir_func *first, uint32_t part)
{
    const struct module *in = module_of(first);
    struct unit unit = {.path = m->module->name};
    const char *name = in ? in->name : "main";
    if (first->span.source)
        unit.path = first->span.source->path;
    unit.name = part ? arena_format(m->arena, "%s.%u", name, part) : name;
    vec_push(m->arena, &m->units->all, unit);
    return m->units->all.count - 1;
}

static void give_owners(struct making *m, bool whole)
{
    uint32_t unit = 0, part = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        struct ir_func *f = m->sorted[i];
        bool other = i && f->span.source != m->sorted[i - 1]->span.source && !whole;
        bool full = i && m->units->all.at[unit].size >= PART_VALUES && !whole;
        part = other ? 0 : part + full;
        if (!i || other || full)
            unit = add_unit(m, f, part);
        struct unit *u = &m->units->all.at[unit];
        u->size += m->sizes[f->index];
        vec_push(m->arena, &u->funcs, f);
        f->owner = unit;
    }
}

/* ---- what a unit reaches -------------------------------------------------------------------- */

static const struct type *args_of(struct making *m, const struct ir_value *spawn)
{
    const struct type **types = arena_array(m->arena, const struct type *, spawn->arg_count + 1);
    for (uint32_t i = 0; i < spawn->arg_count; i++)
        types[i] = spawn->args[i]->type;
    return type_make(m->module->types, TYPE_tuple, types, spawn->arg_count, 0, NULL, NULL);
}

static void add_row(struct making *m, struct unit *u, const struct ir_value *spawn)
{
    struct unit_row row = {.func = spawn->imm.call.func,
                           .edges = spawn->imm.call.edges,
                           .policy = spawn->imm.call.policy,
                           .span = spawn->span,
                           .args = args_of(m, spawn)};
    vec_push(m->arena, &u->rows, row);
}

/* Without optimisation nothing is gained by it. A copy is compiled again where it is when its file
 * changes, so that it takes little to be copied into another file. */
static bool may_copy(const struct making *m, const struct ir_func *f, const struct unit *u)
{
    bool same = strcmp(m->units->all.at[f->owner].path, u->path) == 0;
    return m->level && is_below(m, f, same ? SMALL_VALUES : TINY_VALUES);
}

/* A function that the unit mentions: copied, or called by name. */
static void reach(struct making *m, uint32_t unit, struct ir_func *f)
{
    struct unit *u = &m->units->all.at[unit];
    if (f->owner == unit)
        return;
    if (f->owner != IR_NO_OWNER && !may_copy(m, f, u)) {
        f->exported = true;
    } else if (m->taken[f->index] != unit + 1) {
        m->taken[f->index] = unit + 1;
        u->size += m->sizes[f->index];
        vec_push(m->arena, &u->funcs, f);
    }
}

/* The work list is the unit's functions: copies may want further ones. */
static void fill_unit(struct making *m, uint32_t unit)
{
    struct unit *u = &m->units->all.at[unit];
    for (uint32_t i = 0; i < u->funcs.count; i++)
        for (uint32_t j = 0; j < u->funcs.at[i]->blocks.count; j++) {
            const struct ir_block *b = u->funcs.at[i]->blocks.at[j];
            for (uint32_t k = 0; k < b->body.count; k++) {
                const struct ir_value *x = b->body.at[k];
                if (x->op == IR_call || x->op == IR_spawn)
                    reach(m, unit, x->imm.call.func);
                if (x->op == IR_spawn)
                    add_row(m, u, x);
            }
        }
}

/* What may be used by others is seen by them, so that it is no matter whether it is. */
static void export_public(struct making *m)
{
    const struct module *root = module_of(m->module->main);
    for (uint32_t i = 0; i < m->count && m->units->all.count > 1; i++) {
        struct ir_func *f = m->sorted[i];
        f->exported |= f->symbol && f->symbol->is_pub && f->symbol->module != root;
    }
}

static void add_main(struct making *m)
{
    struct ir_func *f = m->module->main;
    const struct type *strs = type_array(m->module->types, m->module->types->simple[TYPE_str]);
    struct unit *u = &m->units->all.at[f->owner];
    struct unit_row row = {.func = f, .span = f->span, .is_main = true};
    row.args = type_make(m->module->types, TYPE_tuple, &strs, 1, 0, NULL, NULL);
    vec_push(m->arena, &u->rows, row);
}

/* ---- types ---------------------------------------------------------------------------------- */

static void lay_out_params(struct layouts *l, struct ir_value *const *at, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        layout_type(l, at[i]->type);
}

static void lay_out_block(struct layouts *l, const struct ir_block *b)
{
    lay_out_params(l, b->params.at, b->params.count);
    for (uint32_t i = 0; i < b->body.count; i++) {
        const struct ir_value *x = b->body.at[i];
        if (x->type)
            layout_type(l, x->type);
        for (uint32_t j = 0; x->op == IR_extern && j < x->imm.ext.types.count; j++)
            layout_type(l, x->imm.ext.types.at[j]);
    }
}

static void lay_out_all(struct making *m, struct layouts *l)
{
    struct type_table *types = m->module->types;
    layout_type(l, types->simple[TYPE_error]);
    layout_type(l, m->units->status);
    for (uint32_t i = 0; i < m->module->funcs.count; i++) {
        const struct ir_func *f = m->module->funcs.at[i];
        layout_type(l, f->result);
        lay_out_params(l, f->params.at, f->params.count);
        for (uint32_t j = 0; j < f->blocks.count; j++)
            lay_out_block(l, f->blocks.at[j]);
    }
    for (uint32_t i = 0; i < m->units->all.count; i++)
        for (uint32_t j = 0; j < m->units->all.at[i].rows.count; j++)
            layout_type(l, m->units->all.at[i].rows.at[j].args);
}

/* ---------------------------------------------------------------------------------------------- */

void units_make(struct units *units, struct ir_module *module, struct layouts *l, int level,
                bool whole)
{
    struct making m = {.units = units, .level = level, .module = module, .arena = module->arena};
    uint32_t count = module->funcs.count;
    assert(module->main);
    *units = (struct units){0};
    m.sizes = arena_array(m.arena, uint32_t, count + 1);
    m.taken = arena_array(m.arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        module->funcs.at[i]->owner = IR_NO_OWNER;
        module->funcs.at[i]->exported = false;
    }
    ir_depths(module, level);
    ir_roam(module);
    sort_owned(&m, whole);
    give_owners(&m, whole);
    for (uint32_t i = 0; i < units->all.count; i++)
        fill_unit(&m, i);
    export_public(&m);
    add_main(&m);
    units->status = type_result(module->types, module->types->simple[TYPE_int]);
    for (uint32_t i = 0; i < units->all.count; i++) {
        units->all.at[i].first_row = units->row_count;
        units->row_count += units->all.at[i].rows.count;
    }
    units->whole = units->all.count == 1;
    lay_out_all(&m, l);
}
