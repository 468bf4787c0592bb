/* suggest.c - the rows of foreign.def, looked up by name. */
#include "suggest.h"

#include <stddef.h>
#include <string.h>

struct row {
    const char *name, *hint;
};

static const struct row types[] = {
#define TYPE(name, hint) {name, hint},
#define VALUE(name, hint)
#define METHOD(name, hint)
#define ATTR(name, hint)
#define MODULE(name, hint)
#define MEMBER(name, hint)
#include "foreign.def"
#undef TYPE
#undef VALUE
#undef METHOD
#undef ATTR
#undef MODULE
#undef MEMBER
};

static const struct row values[] = {
#define TYPE(name, hint)
#define VALUE(name, hint) {name, hint},
#define METHOD(name, hint)
#define ATTR(name, hint)
#define MODULE(name, hint)
#define MEMBER(name, hint)
#include "foreign.def"
#undef TYPE
#undef VALUE
#undef METHOD
#undef ATTR
#undef MODULE
#undef MEMBER
};

static const struct row methods[] = {
#define TYPE(name, hint)
#define VALUE(name, hint)
#define METHOD(name, hint) {name, hint},
#define ATTR(name, hint)
#define MODULE(name, hint)
#define MEMBER(name, hint)
#include "foreign.def"
#undef TYPE
#undef VALUE
#undef METHOD
#undef ATTR
#undef MODULE
#undef MEMBER
};

static const struct row attrs[] = {
#define TYPE(name, hint)
#define VALUE(name, hint)
#define METHOD(name, hint)
#define ATTR(name, hint) {name, hint},
#define MODULE(name, hint)
#define MEMBER(name, hint)
#include "foreign.def"
#undef TYPE
#undef VALUE
#undef METHOD
#undef ATTR
#undef MODULE
#undef MEMBER
};

static const struct row modules[] = {
#define TYPE(name, hint)
#define VALUE(name, hint)
#define METHOD(name, hint)
#define ATTR(name, hint)
#define MODULE(name, hint) {name, hint},
#define MEMBER(name, hint)
#include "foreign.def"
#undef TYPE
#undef VALUE
#undef METHOD
#undef ATTR
#undef MODULE
#undef MEMBER
};

static const struct row members[] = {
#define TYPE(name, hint)
#define VALUE(name, hint)
#define METHOD(name, hint)
#define ATTR(name, hint)
#define MODULE(name, hint)
#define MEMBER(name, hint) {name, hint},
#include "foreign.def"
#undef TYPE
#undef VALUE
#undef METHOD
#undef ATTR
#undef MODULE
#undef MEMBER
};

static const char *find(const struct row *rows, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rows[i].name, name))
            return rows[i].hint;
    return NULL;
}

const char *suggest_type(const char *name)
{
    return find(types, sizeof types / sizeof *types, name);
}

const char *suggest_value(const char *name)
{
    return find(values, sizeof values / sizeof *values, name);
}

const char *suggest_attr(const char *name)
{
    return find(attrs, sizeof attrs / sizeof *attrs, name);
}

const char *suggest_module(const char *name)
{
    return find(modules, sizeof modules / sizeof *modules, name);
}

const char *suggest_method(const char *name)
{
    return find(methods, sizeof methods / sizeof *methods, name);
}

const char *suggest_member(const char *name)
{
    return find(members, sizeof members / sizeof *members, name);
}
