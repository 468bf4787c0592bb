/* attr.c - attributes of checked declarations and spawns, put together. */
#include "attr.h"

#include "names.h"

#include <string.h>

static bool apply(struct dfl_policy *p, const struct node *attr)
{
    const char *name = attr->attr_.name;
    const struct attr_value *v = attr->attr_.value;
    const struct {
        const char *name;
        int64_t *field;
    } numbers[] = {{"timeout", &p->timeout}, {"cpus", &p->cpus}, {"mem", &p->mem},
                   {"prio", &p->prio},       {"near", &p->near}, {"limit", &p->limit}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(name, numbers[i].name)) {
            *numbers[i].field = v->first;
            if (numbers[i].field == &p->limit)
                p->group = v->number;
            return true;
        }
    if (!strcmp(name, "retry")) {
        p->retries = v->first;
        p->backoff = v->second;
    } else if (!strcmp(name, "idempotent")) {
        p->idempotent = 1;
    } else if (!strcmp(name, "checkpoint")) {
        p->checkpoint = 1;
    } else if (!strcmp(name, "on")) {
        p->on = v->text;
    } else {
        return false;
    }
    return true;
}

static bool apply_all(struct dfl_policy *p, const struct nodes *attrs)
{
    bool any = false;
    for (uint32_t i = 0; i < attrs->count; i++)
        any |= apply(p, attrs->at[i]);
    return any;
}

struct dfl_policy *policy_of_spawn(struct arena *arena, const struct node *spawn)
{
    struct dfl_policy policy = {0};
    const struct node *target = spawn->spawn_.call->call_.target->node;
    bool any = apply_all(&policy, &target->func_.attrs);
    any |= apply_all(&policy, &spawn->spawn_.attrs);
    if (!any)
        return NULL;
    struct dfl_policy *made = arena_new(arena, struct dfl_policy);
    *made = policy;
    return made;
}
