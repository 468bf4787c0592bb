/* attr.h - how a spawned task is run, from the attributes of its declaration and its spawn. */
#ifndef ATTR_H
#define ATTR_H

#include "ast.h"
#include "dfl.h"

/* What check.c found in the arguments of an attribute. */
struct attr_value {
    int64_t first, second;
    const char *text;
    uint32_t number; /* tells it from all others */
};

/* The policy of a spawn, whose attributes go before those of the task; NULL: there is none. */
struct dfl_policy *policy_of_spawn(struct arena *, const struct node *spawn);

#endif
