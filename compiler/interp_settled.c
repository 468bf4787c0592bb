/* interp_settled.c - is anything in a value still to come? A pure task that is given what is not
 * there may wait for it, so it runs later, as in compiled programs, and not where it is spawned. */
#include "interp_core.h"

/* Whether values of a type may hold futures; types may hold themselves, so each is looked at once.
 */
struct search {
    struct arena *arena;
    VEC(const struct dfl_type *) seen;
};

static bool reaches(struct search *, const struct dfl_type *);

static bool fields_reach(struct search *s, const struct dfl_field *fields, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (reaches(s, fields[i].type))
            return true;
    return false;
}

static bool parts_reach(struct search *s, const struct dfl_type *type)
{
    if (reaches(s, type->elem) || reaches(s, type->key) ||
        fields_reach(s, type->fields, type->field_count))
        return true;
    for (uint64_t i = 0; i < type->variant_count; i++)
        if (fields_reach(s, type->variants[i].fields, type->variants[i].field_count))
            return true;
    return false;
}

static bool reaches(struct search *s, const struct dfl_type *type)
{
    if (!type || !type->refs)
        return false;
    if (type->kind == DFL_FUTURE)
        return true;
    for (uint32_t i = 0; i < s->seen.count; i++)
        if (s->seen.at[i] == type)
            return false;
    vec_push(s->arena, &s->seen, type);
    return parts_reach(s, type);
}

static bool may_hold_future(struct interp *in, const struct dfl_type *type)
{
    static char yes, no;
    if (!type->refs)
        return false;
    void *known = name_map_get(&in->futures, (const char *)type);
    if (!known) {
        struct search s = {.arena = &in->arena};
        known = reaches(&s, type) ? &yes : &no;
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
