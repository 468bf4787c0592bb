/* interp_select.c - select: what it waits for is evaluated in order of the arms; the first arm that
 * is ready goes on, with all of that let go. */
#include "interp_core.h"

#include "error.h"
#include "select.h"

/* A select under way. */
struct selection {
    struct node *node;
    struct dfl_task **tasks; /* by arm; NULL: not evaluated, or the time */
    int64_t due;             /* INT64_MAX: there is no time */
    uint32_t after;          /* its arm; their number if there is none */
};

static struct node *arm_at(const struct selection *s, uint32_t i)
{
    return s->node->select_.arms.at[i];
}

static void let_go(struct selection *s)
{
    for (uint32_t i = 0; i < s->node->select_.arms.count; i++)
        if (s->tasks[i])
            dfl_task_release(NULL, s->tasks[i]);
}

static enum flow evaluate(struct frame *f, struct selection *s, int64_t *ns)
{
    enum flow flow = FLOW_ON;
    for (uint32_t i = 0; i < s->node->select_.arms.count && flow == FLOW_ON; i++) {
        struct node *arm = arm_at(s, i);
        if (!arm->select_arm_.pattern) {
            s->after = i;
            flow = eval(f, arm->select_arm_.future, ns);
            continue;
        }
        flow = eval(f, arm->select_arm_.future, &s->tasks[i]);
        if (flow != FLOW_ON)
            s->tasks[i] = NULL;
    }
    return flow;
}

/* Waits; gives the arm that is ready, or the failure with which the task is to end. */
static struct dfl_error *wait_for_arm(struct frame *f, struct selection *s, int64_t ns,
                                      uint32_t *arm)
{
    struct interp *in = f->in;
    uint32_t count = s->node->select_.arms.count;
    struct dfl_task **list = temp(in, count * sizeof *list);
    int64_t futures = 0, due = INT64_MAX;
    bool timed = s->after < count;
    for (uint32_t i = 0; i < count; i++)
        if (s->tasks[i])
            list[futures++] = s->tasks[i];
    if (timed && __builtin_add_overflow(in->now, ns < 0 ? 0 : ns, &due))
        due = INT64_MAX;
    for (;;) {
        for (*arm = 0; *arm < count; ++*arm)
            if (s->tasks[*arm] ? task_settled(s->tasks[*arm]) : in->now >= due)
                return NULL;
        struct dfl_error *e =
            dfl_wait(NULL, list, futures, 1, timed ? due - in->now : SELECT_FOREVER);
        if (e)
            return e;
    }
}

static enum flow run_arm(struct frame *f, struct selection *s, struct node *arm,
                         struct dfl_task *task, void *out)
{
    struct node *pattern = arm->select_arm_.pattern;
    if (!pattern) {
        let_go(s);
        return eval_as(f, arm->select_arm_.body, s->node->type, out);
    }
    const struct dfl_type *type = type_of(f, pattern->type);
    char *mark = f->in->top, *value = temp(f->in, type->size);
    enum flow flow = task_value(f, arm, task, arm->select_arm_.is_try, type, value);
    let_go(s);
    if (flow == FLOW_ON) {
        pattern_match(f, pattern, value);
        drop(type, value);
        flow = eval_as(f, arm->select_arm_.body, s->node->type, out);
        pattern_unbind(f, pattern);
    }
    f->in->top = mark;
    return flow;
}

enum flow eval_select(struct frame *f, struct node *n, void *out)
{
    uint32_t count = n->select_.arms.count, arm = 0;
    char *mark = f->in->top;
    struct selection s = {.node = n, .after = count};
    int64_t ns = 0;
    s.tasks = temp(f->in, count * sizeof *s.tasks);
    memset(s.tasks, 0, count * sizeof *s.tasks);
    enum flow flow = evaluate(f, &s, &ns);
    struct dfl_error *e = flow == FLOW_ON ? wait_for_arm(f, &s, ns, &arm) : NULL;
    if (e) {
        struct dfl_site site = frame_site(f, n);
        flow = frame_fail(f, dfl_error_at(e, &site));
    }
    if (flow == FLOW_ON)
        flow = run_arm(f, &s, arm_at(&s, arm), s.tasks[arm], out);
    else
        let_go(&s);
    f->in->top = mark;
    return flow;
}
