/* versions.c - functions without an end of versions. There is a version of a function for each
 * choice of type arguments and of functions passed, so a call from it to itself that gives more
 * than it got, `[A]` for its A or a lambda that calls its f, asks for another one without end.
 *
 * What a version is made for are its *slots*: type variables and parameters of function type. A
 * call leads from slots of the caller to slots of the callee; it *grows* where the caller's is but
 * a part of what is given. A circle of such ways has no end if one of them grows. */
#include "check.h"

#include <stdint.h>

struct way {
    uint32_t to;
    bool grows, of_type; /* of_type: leads to a type variable */
    const struct node *call;
    struct symbol *target;
};

struct slot {
    VEC(struct way) ways;
    uint32_t seen; /* by the last search that came by */
};

struct versions {
    struct program *program;
    struct name_map first; /* by the address of a function: its first slot, plus 1 */
    VEC(struct slot) slots;
    VEC(uint32_t) open; /* of the search under way */
    uint32_t searches;
};

/* ---- ways ----------------------------------------------------------------------------------- */

static uint32_t slot_of(const struct versions *v, const struct symbol *function, uint32_t i)
{
    return (uint32_t)(uintptr_t)name_map_get(&v->first, (const char *)function) - 1 + i;
}

static uint32_t slot_of_parameter(const struct versions *v, const struct symbol *local)
{
    return slot_of(v, local->owner, local->owner->func->generic_count + local->index);
}

static bool is_passed(const struct symbol *local)
{
    return local->kind == SYM_LOCAL && local->is_param && local->type->kind == TYPE_fn;
}

static void add_slots(struct versions *v, const struct symbol *function)
{
    uintptr_t first = v->slots.count + 1;
    name_map_set(v->program->arena, &v->first, (const char *)function, (void *)first);
    uint32_t count = function->func->generic_count + function->func->param_count;
    for (uint32_t i = 0; i < count; i++)
        vec_push(v->program->arena, &v->slots, (struct slot){0});
}

static void add_way(struct versions *v, uint32_t from, struct way way)
{
    vec_push(v->program->arena, &v->slots.at[from].ways, way);
}

static void follow_type(struct versions *v, const struct type *t, struct way way)
{
    if (!t->open)
        return;
    if (t->kind == TYPE_var) {
        add_way(v, slot_of(v, t->symbol->owner, t->symbol->index), way);
        return;
    }
    way.grows = true;
    for (uint32_t i = 0; i < t->args.count; i++)
        follow_type(v, t->args.at[i], way);
}

/* A lambda that calls what was passed to functions around it is another one for each of their
 * versions. */
static void follow_lambda(struct versions *v, const struct symbol *lambda, struct way way)
{
    bool takes_along = false;
    for (uint32_t i = 0; i < lambda->func->captures.count; i++)
        takes_along = takes_along || is_passed(lambda->func->captures.at[i]);
    way.grows = true;
    for (const struct symbol *f = lambda->func->parent; takes_along && f; f = f->func->parent)
        for (uint32_t i = 0; i < f->func->param_count; i++)
            if (is_passed(f->func->locals.at[i]))
                add_way(v, slot_of_parameter(v, f->func->locals.at[i]), way);
}

static void follow_function(struct versions *v, const struct node *given, struct way way)
{
    if (given->kind == NODE_lambda && given->lambda_.symbol)
        follow_lambda(v, given->lambda_.symbol, way);
    else if (given->kind == NODE_name && given->name_.symbol && is_passed(given->name_.symbol))
        add_way(v, slot_of_parameter(v, given->name_.symbol), way);
}

static void follow_call(struct versions *v, const struct call_site *site)
{
    struct symbol *target = site->target;
    if (!target || target->kind != SYM_FUNC)
        return;
    const struct node *call = site->spawned ? site->node->spawn_.call : site->node;
    struct way way = {.call = site->node, .target = target};
    for (uint32_t i = 0; i < call->call_.generics.count; i++) {
        way.to = slot_of(v, target, i);
        way.of_type = true;
        if (call->call_.generics.at[i])
            follow_type(v, call->call_.generics.at[i], way);
    }
    for (uint32_t i = 0; i < target->func->param_count; i++) {
        way.to = slot_of(v, target, target->func->generic_count + i);
        way.of_type = false;
        if (is_passed(target->func->locals.at[i]))
            follow_function(v, call->call_.args.at[i], way);
    }
}

/* ---- circles -------------------------------------------------------------------------------- */

static void look_at(struct versions *v, uint32_t slot)
{
    if (v->slots.at[slot].seen == v->searches)
        return;
    v->slots.at[slot].seen = v->searches;
    vec_push(v->program->arena, &v->open, slot);
}

static bool leads_to(struct versions *v, uint32_t from, uint32_t to)
{
    v->searches++;
    look_at(v, from);
    while (v->open.count) {
        const struct slot *slot = &v->slots.at[v->open.at[--v->open.count]];
        for (uint32_t i = 0; i < slot->ways.count; i++)
            look_at(v, slot->ways.at[i].to);
    }
    return v->slots.at[to].seen == v->searches;
}

static void report(struct versions *v, const struct way *way)
{
    struct diags *diags = v->program->diags;
    struct diag *d = diag_error(diags, DIAG_endless_instances, way->call->span,
                                "this call asks for ever new versions of `%s`", way->target->name);
    diag_note(diags, d, way->target->span, "`%s` is declared here", way->target->name);
    diag_hint(diags, d, "%s",
              way->of_type
                  ? "it is called again with a larger type each time: pass the same type on"
                  : "it is called again with a new lambda around the last one each time: "
                    "pass on what was passed, or hand values on and call it at the end");
}

/* One call is told of each circle: its ways grow no more then. */
static void check_slot(struct versions *v, uint32_t from)
{
    for (uint32_t i = 0; i < v->slots.at[from].ways.count; i++) {
        struct way *way = &v->slots.at[from].ways.at[i];
        if (!way->grows || !leads_to(v, way->to, from))
            continue;
        report(v, way);
        for (uint32_t s = 0; s < v->slots.count; s++)
            for (uint32_t k = 0;
                 v->slots.at[s].seen == v->searches && k < v->slots.at[s].ways.count; k++)
                v->slots.at[s].ways.at[k].grows = false;
    }
}

void check_versions(struct program *p)
{
    struct versions v = {.program = p};
    for (uint32_t m = 0; m < p->modules.count; m++)
        for (uint32_t f = 0; f < p->modules.at[m]->funcs.count; f++)
            add_slots(&v, p->modules.at[m]->funcs.at[f]);
    for (uint32_t m = 0; m < p->modules.count; m++)
        for (uint32_t f = 0; f < p->modules.at[m]->funcs.count; f++) {
            const struct func *func = p->modules.at[m]->funcs.at[f]->func;
            for (uint32_t i = 0; i < func->calls.count; i++)
                follow_call(&v, &func->calls.at[i]);
        }
    for (uint32_t i = 0; i < v.slots.count; i++)
        check_slot(&v, i);
}
