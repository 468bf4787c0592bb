/* ir_roam.c - which functions any process of a run may do, and which only that of main. Bound to
 * main's is what
 *
 *   reads standard input, or calls functions of C that do io: these have one state, there;
 *   spawns io tasks: at the end of the run nobody waits for those that others have left;
 *   spawns tasks with a @limit: so all that the limit counts are counted in one place;
 *   cancels futures, which may be of others;
 *   calls or spawns such. */
#include "ir.h"

#include "dfl.h"

#include <string.h>

static bool reads_input(const struct symbol *s)
{
    return !strcmp(s->module->name, "io") &&
           (!strcmp(s->name, "stdin") || !strcmp(s->name, "read_line"));
}

static bool is_bound_extern(const struct symbol *s)
{
    bool io = s->func->flags & FUNC_IO && s->func->flags & FUNC_EXTERN;
    return io && (!s->module->is_std || reads_input(s));
}

/* What the function itself does. */
static bool is_bound(const struct ir_func *f)
{
    if (!f->symbol)
        return false;
    bool bound = is_bound_extern(f->symbol);
    for (uint32_t i = 0; !bound && i < f->symbol->func->calls.count; i++) {
        const struct symbol *target = f->symbol->func->calls.at[i].target;
        bound = target && is_bound_extern(target);
    }
    return bound;
}

static bool binds(const struct ir_value *x)
{
    if (x->op != IR_call && x->op != IR_spawn)
        return x->op == IR_cancel;
    const struct dfl_policy *policy = x->op == IR_spawn ? x->imm.call.policy : NULL;
    bool io = x->op == IR_spawn && x->imm.call.func->flags & FUNC_IO;
    return io || (policy && policy->group) || x->imm.call.func->bound;
}

/* True: it is known to be bound only now. */
static bool look_at(struct ir_func *f)
{
    for (uint32_t b = 0; b < f->blocks.count; b++)
        for (uint32_t i = 0; !f->bound && i < f->blocks.at[b]->body.count; i++)
            if (binds(f->blocks.at[b]->body.at[i]))
                return f->bound = true;
    return false;
}

/* By turns in both directions, so that chains of calls take few rounds however they are ordered. */
static bool look_at_all(struct ir_module *m, bool backward)
{
    bool more = false;
    for (uint32_t i = 0; i < m->funcs.count; i++) {
        struct ir_func *f = m->funcs.at[backward ? m->funcs.count - 1 - i : i];
        more |= !f->bound && look_at(f);
    }
    return more;
}

void ir_roam(struct ir_module *m)
{
    bool backward = false;
    for (uint32_t i = 0; i < m->funcs.count; i++)
        m->funcs.at[i]->bound = is_bound(m->funcs.at[i]);
    while (look_at_all(m, backward))
        backward = !backward;
}
