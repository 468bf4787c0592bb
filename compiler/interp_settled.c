/* interp_settled.c - is anything in a value still to come? A pure task that is given what is not
 * there may wait for it, so it runs later, as in compiled programs, and not where it is spawned. */
#include "interp_core.h"

/* Types that were gone through on the way to one. */
struct trail {
    const struct trail *before;
    const struct dfl_type *type;
};

static bool reaches(const struct trail *before, const struct dfl_type *);

static bool fields_reach(const struct trail *trail, const struct dfl_field *fields, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (reaches(trail, fields[i].type))
            return true;
    return false;
}

/* Whether a value of the type may hold a future. */
static bool reaches(const struct trail *before, const struct dfl_type *type)
{
    if (!type || !type->refs)
        return false;
    if (type->kind == DFL_FUTURE)
        return true;
    for (const struct trail *t = before; t; t = t->before)
        if (t->type == type)
            return false;
    struct trail here = {before, type};
    if (reaches(&here, type->elem) || reaches(&here, type->key) ||
        fields_reach(&here, type->fields, type->field_count))
        return true;
    for (uint64_t i = 0; i < type->variant_count; i++)
        if (fields_reach(&here, type->variants[i].fields, type->variants[i].field_count))
            return true;
    return false;
}

static bool may_hold_future(struct interp *in, const struct dfl_type *type)
{
    static char yes, no;
    if (!type->refs)
        return false;
    void *known = name_map_get(&in->futures, (const char *)type);
    if (!known) {
        known = reaches(NULL, type) ? &yes : &no;
        name_map_set(&in->arena, &in->futures, (const char *)type, known);
    }
    return known == &yes;
}

static bool array_is_settled(struct interp *in, const struct dfl_type *elem,
                             const struct dfl_view *array)
{
    for (int64_t i = 0; i < array->len; i++)
        if (!value_is_settled(in, elem, (char *)array->ptr + (uint64_t)i * elem->size))
            return false;
    return true;
}

bool value_is_settled(struct interp *in, const struct dfl_type *type, const void *value)
{
    if (!may_hold_future(in, type))
        return true;
    switch (type->kind) {
    case DFL_FUTURE: {
        const struct dfl_task *task = *(struct dfl_task *const *)value;
        return !task || task_settled(task); /* none: it is an edge, or of another variant */
    }
    case DFL_ARRAY:
        return array_is_settled(in, type->elem, value);
    case DFL_OPTION:
    case DFL_RESULT:
        return value_is_settled(in, type->elem, payload(type, value));
    default: /* a map and a boxed enum have no fields: they are not looked into */
        for (uint64_t i = 0; i < type->field_count; i++)
            if (!value_is_settled(in, type->fields[i].type,
                                  (const char *)value + type->fields[i].offset))
                return false;
        return type->field_count > 0;
    }
}
