/* effects.c - who may call what: fn calls fn; tasks spawn and await; pure code does no io; what may
 * run again spawns only io that may.
 * needs: the calls that check_types() noted in struct func. Lambdas are pure fn code. */
#include "check.h"

#include <string.h>

enum {
    CALLERS_MAX = 4, /* notes about who would have to become io too */
    SITES_MAX = 3,   /* notes about further places that break the same rule */
};

struct effects {
    struct program *program;
    VEC(const struct node *) told; /* spawns in tasks that may run again */
};

static bool is_lambda(const struct symbol *function)
{
    return function->node->kind == NODE_lambda;
}

/* "the fn `log`", "the task `t`", "a lambda" */
static const char *describe(struct effects *e, const struct symbol *function)
{
    if (is_lambda(function))
        return function->node->lambda_.is_round ? "the body of the loop" : "a lambda";
    uint32_t flags = function->func->flags;
    return arena_format(e->program->arena, "the %s%s `%s`", flags & FUNC_IO ? "io " : "",
                        flags & FUNC_TASK ? "task" : "fn", function->name);
}

static const char *kind_text(const struct symbol *function)
{
    uint32_t flags = function->func->flags;
    if (flags & FUNC_IO)
        return flags & FUNC_TASK ? "io task" : "io fn";
    return flags & FUNC_TASK ? "task" : "fn";
}

static void note_declared(struct effects *e, struct diag *d, const struct symbol *function)
{
    if (function->span.source && !is_lambda(function))
        diag_note(e->program->diags, d, function->span, "`%s` is declared `%s` here",
                  function->name, kind_text(function));
}

/* Calls fn(context, caller, site) for each call of `target`. */
static void each_caller(struct effects *e, const struct symbol *target,
                        void (*visit)(void *, struct symbol *, struct call_site *), void *context)
{
    for (uint32_t m = 0; m < e->program->modules.count; m++) {
        struct module *module = e->program->modules.at[m];
        for (uint32_t f = 0; f < module->funcs.count; f++) {
            struct func *func = module->funcs.at[f]->func;
            for (uint32_t i = 0; i < func->calls.count; i++)
                if (func->calls.at[i].target == target)
                    visit(context, func->symbol, &func->calls.at[i]);
        }
    }
}

/* ---- io -------------------------------------------------------------------------------------- */

struct chain {
    struct effects *effects;
    struct diag *diag;
    struct symbol *seen[CALLERS_MAX];
    uint32_t count;
};

static void note_pure_caller(void *context, struct symbol *caller, struct call_site *site)
{
    struct chain *chain = context;
    if (caller->func->flags & FUNC_IO || chain->count == CALLERS_MAX)
        return;
    for (uint32_t i = 0; i < chain->count; i++)
        if (chain->seen[i] == caller)
            return;
    chain->seen[chain->count++] = caller;
    diag_note(chain->effects->program->diags, chain->diag, site->node->span,
              "%s is pure too and calls `%s` here", describe(chain->effects, caller),
              site->target->name);
}

/* The callers that would have to become io as well, nearest first. */
static void note_chain(struct effects *e, struct diag *d, struct symbol *function)
{
    struct chain chain = {.effects = e, .diag = d};
    chain.seen[chain.count++] = function;
    for (uint32_t i = 0; i < chain.count; i++)
        each_caller(e, chain.seen[i], note_pure_caller, &chain);
}

/* Rounds and lambdas stay pure; a loop is as pure as the function around. */
static void lambda_hint(struct effects *e, struct diag *d, const struct symbol *lambda)
{
    const struct symbol *around = lambda;
    while (is_lambda(around))
        around = around->func->parent;
    uint32_t flags = around->func->flags;
    const char *also = flags & FUNC_IO
                           ? ""
                           : arena_format(e->program->arena, ", in an `io %s %s`",
                                          flags & FUNC_TASK ? "task" : "fn", around->name);
    diag_hint(e->program->diags, d,
              lambda->node->lambda_.is_round
                  ? "do it in a plain loop: `for x in xs { … }`%s, or before this one"
                  : "do it in a loop: `for x in xs { … }`%s",
              also);
}

static struct diag *report_io(struct effects *e, struct symbol *caller, struct call_site *site)
{
    struct diags *diags = e->program->diags;
    const char *verb = site->spawned ? "spawns" : "calls";
    struct diag *d =
        diag_error(diags, DIAG_io_from_pure, site->node->span, "%s is pure but %s the %s `%s`",
                   describe(e, caller), verb, kind_text(site->target), site->target->name);
    note_chain(e, d, caller);
    if (is_lambda(caller))
        lambda_hint(e, d, caller);
    else
        diag_hint(diags, d,
                  "declare it `io %s %s`, and so what calls it; or return the value "
                  "and let the caller do the io",
                  caller->func->flags & FUNC_TASK ? "task" : "fn", caller->name);
    return d;
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static void task_hint(struct effects *e, struct diag *d, const struct symbol *caller)
{
    if (is_lambda(caller) && caller->node->lambda_.is_round)
        diag_hint(e->program->diags, d, "declare the function around as a `task`");
    else if (is_lambda(caller))
        diag_hint(e->program->diags, d,
                  "lambdas are pure `fn` code; a comprehension can: `[… for x in xs]`");
    else
        diag_hint(e->program->diags, d, "declare it as a task: `task %s`", caller->name);
}

static struct diag *report_task_only(struct effects *e, struct symbol *caller,
                                     struct call_site *site)
{
    enum node_kind kind = site->node->kind;
    const char *what = kind == NODE_spawn    ? "spawns"
                       : kind == NODE_await  ? "awaits"
                       : kind == NODE_select ? "waits in a `select`"
                                             : "looks at a future";
    struct diag *d = diag_error(e->program->diags, DIAG_task_only, site->node->span,
                                "%s %s: only a task can do that", describe(e, caller), what);
    note_declared(e, d, caller);
    task_hint(e, d, caller);
    return d;
}

static struct diag *report_task_call(struct effects *e, struct symbol *caller,
                                     struct call_site *site)
{
    struct diag *d = diag_error(e->program->diags, DIAG_task_from_fn, site->node->span,
                                "%s calls the %s `%s`: an fn calls fn only", describe(e, caller),
                                kind_text(site->target), site->target->name);
    note_declared(e, d, site->target);
    task_hint(e, d, caller);
    return d;
}

/* ---- the rules ------------------------------------------------------------------------------- */

/* What only io code may do, though it calls nothing. */
static const char *io_reason(const struct node *node)
{
    if (node->kind == NODE_select)
        return "what `select` gives depends on time, so it is for io code";
    if (node->kind == NODE_cancel)
        return "others may see that a task was cancelled, so only io code does that";
    if (node->kind == NODE_detach)
        return "io tasks are io code's to detach";
    return "whether a future is done depends on time, so only io code asks";
}

static struct diag *report_done(struct effects *e, struct symbol *caller, struct call_site *site)
{
    struct diag *d = diag_error(e->program->diags, DIAG_io_from_pure, site->node->span,
                                "%s is pure: %s", describe(e, caller), io_reason(site->node));
    note_chain(e, d, caller);
    return d;
}

/* A function that breaks a rule in many places is one mistake: it is declared wrongly. */
struct told {
    struct diag *diag;
    uint32_t notes;
};

/* True if the rule was broken before in this function; then a note shows this place, too. */
static bool is_told(struct effects *e, struct told *told, struct call_site *site)
{
    if (told->diag && told->notes++ < SITES_MAX)
        diag_note(e->program->diags, told->diag, site->node->span, "and here");
    return told->diag != NULL;
}

static void check_site(struct effects *e, struct symbol *caller, struct call_site *site,
                       struct told *task, struct told *io)
{
    uint32_t flags = caller->func->flags;
    uint32_t target = site->target ? site->target->func->flags : 0;
    bool selects = site->node->kind == NODE_select;
    bool waits = selects || site->node->kind == NODE_spawn || site->node->kind == NODE_await;
    bool calls_task = target & FUNC_TASK && !site->spawned;
    bool does_io = target & FUNC_IO || (!site->target && (!waits || selects));
    if (waits && !(flags & FUNC_TASK)) {
        if (!is_told(e, task, site))
            task->diag = report_task_only(e, caller, site);
    } else if (does_io && !(flags & FUNC_IO)) {
        if (!is_told(e, io, site))
            io->diag = site->target ? report_io(e, caller, site) : report_done(e, caller, site);
    } else if (calls_task && !(flags & FUNC_TASK)) {
        if (!is_told(e, task, site))
            task->diag = report_task_call(e, caller, site);
    }
}

/* ---- runs that are repeated ------------------------------------------------------------------ */

/* A task that may run again, and all that a run of it calls. */
struct repeated {
    struct effects *effects;
    const struct node *attr; /* why */
    const struct symbol *task;
    VEC(const struct symbol *) seen;
};

/* The attribute that lets a task run twice, or NULL. */
static const struct node *repeats(const struct nodes *attrs)
{
    for (uint32_t i = 0; i < attrs->count; i++)
        if (attrs->at[i]->kind == NODE_attr && (!strcmp(attrs->at[i]->attr_.name, "retry") ||
                                                !strcmp(attrs->at[i]->attr_.name, "idempotent")))
            return attrs->at[i];
    return NULL;
}

static const struct node *task_repeats(const struct symbol *function)
{
    return function->node->kind == NODE_func ? repeats(&function->node->func_.attrs) : NULL;
}

static void report_spawns_once(struct repeated *r, const struct call_site *site)
{
    struct diags *diags = r->effects->program->diags;
    for (uint32_t i = 0; i < r->effects->told.count; i++)
        if (r->effects->told.at[i] == site->node)
            return;
    vec_push(r->effects->program->arena, &r->effects->told, site->node);
    bool is_task = site->target->func->flags & FUNC_TASK;
    const char *name = site->target->name;
    struct diag *d = diag_error(diags, DIAG_spawns_once, site->node->span,
                                "`%s` may run again, and spawns the %s `%s`, which may not",
                                r->task->name, kind_text(site->target), name);
    diag_note(diags, d, r->attr->span, "this lets `%s` run again", r->task->name);
    if (is_task)
        diag_hint(diags, d,
                  "declare `%s` with `@idempotent` if running it twice does no harm, or call it "
                  "without `spawn`",
                  name);
    else
        diag_hint(diags, d, "call it without `spawn`");
}

static void check_repeated(struct repeated *r, const struct symbol *function)
{
    for (uint32_t i = 0; i < r->seen.count; i++)
        if (r->seen.at[i] == function)
            return;
    vec_push(r->effects->program->arena, &r->seen, function);
    for (uint32_t i = 0; i < function->func->calls.count; i++) {
        const struct call_site *site = &function->func->calls.at[i];
        if (!site->target || !(site->target->func->flags & FUNC_IO))
            continue;
        if (!site->spawned)
            check_repeated(r, site->target);
        else if (!task_repeats(site->target) && !repeats(&site->node->spawn_.attrs))
            report_spawns_once(r, site);
    }
}

static void begin_repeated(struct effects *e, const struct symbol *task, const struct node *attr)
{
    struct repeated r = {.effects = e, .attr = attr, .task = task};
    if (attr)
        check_repeated(&r, task);
}

/* A run that is repeated does what it spawns again, too. */
static void check_repeats(struct effects *e, const struct symbol *caller)
{
    if (caller->func->flags & FUNC_IO)
        begin_repeated(e, caller, task_repeats(caller));
    for (uint32_t i = 0; i < caller->func->calls.count; i++) {
        const struct call_site *site = &caller->func->calls.at[i];
        if (site->spawned && site->target && site->target->func->flags & FUNC_IO)
            begin_repeated(e, site->target, repeats(&site->node->spawn_.attrs));
    }
}

void check_effects(struct program *p)
{
    struct effects e = {.program = p};
    for (uint32_t m = 0; m < p->modules.count; m++)
        for (uint32_t f = 0; f < p->modules.at[m]->funcs.count; f++) {
            struct symbol *caller = p->modules.at[m]->funcs.at[f];
            struct told task = {0}, io = {0};
            for (uint32_t i = 0; i < caller->func->calls.count; i++)
                check_site(&e, caller, &caller->func->calls.at[i], &task, &io);
            check_repeats(&e, caller);
        }
}
