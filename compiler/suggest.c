/* suggest.c - the rows of foreign.def, looked up by name. */
#include "suggest.h"

#include <stddef.h>
#include <string.h>

enum kind {
    FOREIGN_TYPE,
    FOREIGN_VALUE,
    FOREIGN_METHOD,
    FOREIGN_ATTR,
    FOREIGN_MODULE,
    FOREIGN_MEMBER
};

static const struct row {
    enum kind kind;
    const char *name, *hint;
} rows[] = {
#define TYPE(name, hint)   {FOREIGN_TYPE, name, hint},
#define VALUE(name, hint)  {FOREIGN_VALUE, name, hint},
#define METHOD(name, hint) {FOREIGN_METHOD, name, hint},
#define ATTR(name, hint)   {FOREIGN_ATTR, name, hint},
#define MODULE(name, hint) {FOREIGN_MODULE, name, hint},
#define MEMBER(name, hint) {FOREIGN_MEMBER, name, hint},
#include "foreign.def"
#undef TYPE
#undef VALUE
#undef METHOD
#undef ATTR
#undef MODULE
#undef MEMBER
};

static const char *find(enum kind kind, const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == kind && !strcmp(rows[i].name, name))
            return rows[i].hint;
    return NULL;
}

const char *suggest_type(const char *name)
{
    return find(FOREIGN_TYPE, name);
}

const char *suggest_value(const char *name)
{
    return find(FOREIGN_VALUE, name);
}

const char *suggest_method(const char *name)
{
    return find(FOREIGN_METHOD, name);
}

const char *suggest_attr(const char *name)
{
    return find(FOREIGN_ATTR, name);
}

const char *suggest_module(const char *name)
{
    return find(FOREIGN_MODULE, name);
}

const char *suggest_member(const char *name)
{
    return find(FOREIGN_MEMBER, name);
}
