/* interp_pattern.c - matching values against patterns. The value is lent; what a pattern binds is a
 * copy, so that it may outlive what it was part of. */
#include "interp_core.h"

#include "value.h"

#include <assert.h>

static void bind(struct frame *f, struct node *p, const void *value)
{
    if (!p->pat_name_.symbol)
        return;
    const struct slot *slot;
    char *place = frame_local(f, p->pat_name_.symbol, &slot);
    if (!slot->type)
        return;
    drop(slot->type, place);
    copy(slot->type, place, value);
}

static bool match_literal(struct frame *f, struct node *p, const void *value)
{
    struct node *literal = p->pat_lit_.value;
    const struct dfl_type *t = type_of(f, p->type);
    char *mark = f->in->top, *want = temp(f->in, t->size);
    enum flow flow =
        eval(f, literal, want); /* str and bytes literals are static: nothing to drop */
    assert(flow == FLOW_ON);
    (void)flow;
    bool same = number_compare(OP_eq, t, value, t, want);
    f->in->top = mark;
    return same;
}

static bool match_fields(struct frame *f, struct node *p, const void *value)
{
    const struct dfl_type *t = type_of(f, p->type);
    for (uint32_t i = 0; i < p->pat_tuple_.elems.count; i++)
        if (!pattern_match(f, p->pat_tuple_.elems.at[i], (char *)value + t->fields[i].offset))
            return false;
    return true;
}

static bool match_inner(struct frame *f, struct node *p, const void *value)
{
    return !p->pat_ctor_.args.count || pattern_match(f, p->pat_ctor_.args.at[0], value);
}

static bool match_variant(struct frame *f, struct node *p, const void *value)
{
    const struct dfl_variant *v = value_variant(type_of(f, p->type), value);
    if (v - type_of(f, p->type)->variants != p->pat_ctor_.symbol->index)
        return false;
    const char *parts = value_parts(v, value);
    for (uint32_t i = 0; i < p->pat_ctor_.args.count; i++)
        if (!pattern_match(f, p->pat_ctor_.args.at[i], parts + v->fields[i].offset))
            return false;
    return true;
}

static bool match_ctor(struct frame *f, struct node *p, const void *value)
{
    if (p->pat_ctor_.symbol)
        return match_variant(f, p, value);
    const struct dfl_type *t = type_of(f, p->type);
    bool holds = holds_value(t, value);
    switch (p->pat_ctor_.ctor) {
    case CTOR_SOME:
    case CTOR_OK:
        return holds && match_inner(f, p, payload(t, value));
    case CTOR_NONE:
        return !holds;
    case CTOR_ERR:
        return !holds && match_inner(f, p, value);
    default:
        assert(!"a constructor that check refuses");
        return false;
    }
}

static bool match_any(struct frame *f, struct node *p, const void *value)
{
    for (uint32_t i = 0; i < p->pat_or_.alts.count; i++)
        if (pattern_match(f, p->pat_or_.alts.at[i], value))
            return true;
    return false;
}

bool pattern_match(struct frame *f, struct node *p, const void *value)
{
    switch (p->kind) {
    case NODE_pat_wild:
        return true;
    case NODE_pat_name:
        bind(f, p, value);
        return true;
    case NODE_pat_lit:
        return match_literal(f, p, value);
    case NODE_pat_tuple:
        return match_fields(f, p, value);
    case NODE_pat_ctor:
        return match_ctor(f, p, value);
    case NODE_pat_or:
        return match_any(f, p, value);
    default:
        assert(!"a pattern");
        return false;
    }
}

static void unbind_all(struct frame *f, struct nodes list)
{
    for (uint32_t i = 0; i < list.count; i++)
        pattern_unbind(f, list.at[i]);
}

static void unbind_name(struct frame *f, struct symbol *symbol)
{
    const struct slot *slot;
    if (!symbol)
        return;
    char *place = frame_local(f, symbol, &slot);
    if (!slot->type || !slot->type->refs)
        return;
    dfl_drop(slot->type, place);
    memset(place, 0, slot->type->size);
}

void pattern_unbind(struct frame *f, struct node *p)
{
    if (p->kind == NODE_pat_name)
        unbind_name(f, p->pat_name_.symbol);
    else if (p->kind == NODE_pat_tuple)
        unbind_all(f, p->pat_tuple_.elems);
    else if (p->kind == NODE_pat_ctor)
        unbind_all(f, p->pat_ctor_.args);
    else if (p->kind == NODE_pat_or)
        unbind_all(f, p->pat_or_.alts);
}
