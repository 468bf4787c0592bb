/* check_pattern.c - patterns against the type that they match; the names that they bind.
 *
 * The alternatives of an or-pattern bind the same names: the first declares them, each other one
 * finds them again, so that there is one local a name. */
#include "checking.h"
#include "suggest.h"

#include <string.h>

struct pattern {
    struct check *c;
    bool is_var;
    VEC(struct symbol *) bound; /* by this pattern so far */
    uint32_t shared; /* > 0: names are those of an earlier alternative: bound[0..shared) */
    uint64_t seen;   /* which of them this alternative has bound */
    bool is_told; /* the first alternative has a mistake: what it should have bound is not known */
};

static void match_against(struct pattern *p, struct node *node, const struct type *subject);

static void report_pattern(struct pattern *p, const struct node *node, const struct type *subject,
                           const char *what)
{
    struct check *c = p->c;
    struct diag *d = diag_error(c->diags, DIAG_bad_pattern, node->span, "%s does not match `%s`",
                                what, subject->text);
    if (subject->kind == TYPE_option)
        diag_hint(c->diags, d, "`%s` is `some(x)` or `none`", subject->text);
    else if (subject->kind == TYPE_result)
        diag_hint(c->diags, d, "`%s` is `ok(x)` or `err(e)`", subject->text);
    else if (subject->kind == TYPE_future)
        diag_hint(c->diags, d, "`await` it first");
}

/* Inside something reported, names are bound all the same, without a type. */
static void match_all_bad(struct pattern *p, const struct nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->count; i++)
        match_against(p, nodes->at[i], simple(p->c, TYPE_bad));
}

/* ---- names ----------------------------------------------------------------------------------- */

static struct symbol *bound_before(struct pattern *p, const char *name, uint32_t from, uint32_t to,
                                   uint32_t *at)
{
    for (uint32_t i = from; i < to; i++)
        if (p->bound.at[i]->name == name) {
            *at = i;
            return p->bound.at[i];
        }
    return NULL;
}

static void rebind(struct pattern *p, struct node *node, const struct type *subject)
{
    struct check *c = p->c;
    uint32_t at = 0;
    const char *name = node->pat_name_.name;
    struct symbol *symbol = bound_before(p, name, 0, p->shared, &at);
    if (!symbol) {
        if (!p->is_told)
            diag_error(c->diags, DIAG_bad_pattern, node->span,
                       "`%s` is not bound by the first alternative", name);
        return;
    }
    node->pat_name_.symbol = symbol;
    p->seen |= 1ull << (at & 63);
    if (symbol->type != subject && !is_bad(symbol->type) && !is_bad(subject)) {
        struct diag *d = diag_error(c->diags, DIAG_bad_pattern, node->span,
                                    "`%s` is `%s` here and `%s` in the first alternative", name,
                                    subject->text, symbol->type->text);
        diag_note(c->diags, d, symbol->span, "first bound here");
    }
}

static void bind_name(struct pattern *p, struct node *node, const struct type *subject)
{
    struct check *c = p->c;
    const char *name = node->pat_name_.name;
    uint32_t at;
    struct symbol *first = bound_before(p, name, p->shared, p->bound.count, &at);
    if (first && strcmp(name, "_")) {
        struct diag *d = diag_error(c->diags, DIAG_duplicate, node->span,
                                    "`%s` is bound twice in one pattern", name);
        diag_note(c->diags, d, first->span, "first here");
        return;
    }
    if (p->shared) {
        rebind(p, node, subject);
        return;
    }
    struct symbol *symbol = scope_bind(c, name, node->span, subject, p->is_var, node);
    node->pat_name_.symbol = symbol;
    vec_push(c->arena, &p->bound, symbol);
}

/* ---- literals, tuples ------------------------------------------------------------------------ */

static void match_literal(struct pattern *p, struct node *node, const struct type *subject)
{
    struct check *c = p->c;
    struct node **value = &node->pat_lit_.value;
    const struct type *t = check_expr(c, value, subject);
    if (is_bad(t) || is_bad(subject))
        return;
    if (t != subject)
        report_pattern(p, node, subject, arena_format(c->arena, "a literal `%s`", t->text));
}

static void match_tuple(struct pattern *p, struct node *node, const struct type *subject)
{
    struct nodes *elems = &node->pat_tuple_.elems;
    bool unit = !elems->count && subject->kind == TYPE_unit;
    bool fits = subject->kind == TYPE_tuple && subject->args.count == elems->count;
    if (!fits) {
        if (!unit && !is_bad(subject))
            report_pattern(p, node, subject,
                           arena_format(p->c->arena, "a tuple of %u", elems->count));
        match_all_bad(p, elems);
        return;
    }
    for (uint32_t i = 0; i < elems->count; i++)
        match_against(p, elems->at[i], subject->args.at[i]);
}

/* ---- constructors ---------------------------------------------------------------------------- */

static enum ctor find_ctor(const char *name)
{
    static const char *const names[] = {
        [CTOR_SOME] = "some", [CTOR_NONE] = "none", [CTOR_OK] = "ok", [CTOR_ERR] = "err"};
    for (int i = CTOR_SOME; i <= CTOR_ERR; i++)
        if (!strcmp(names[i], name))
            return (enum ctor)i;
    return CTOR_NONE_;
}

static const struct type *ctor_inner(struct check *c, enum ctor ctor, const struct type *subject)
{
    bool option = ctor == CTOR_SOME || ctor == CTOR_NONE;
    if (subject->kind != (option ? TYPE_option : TYPE_result))
        return NULL;
    return ctor == CTOR_ERR ? simple(c, TYPE_error) : subject->args.at[0];
}

/* What a name in a pattern stands for, through its module if it is written with one. */
static struct symbol *find_symbol(struct check *c, struct node *node)
{
    const char *module = node->pat_ctor_.module, *name = node->pat_ctor_.name;
    if (!module)
        return scope_find(c, name);
    struct symbol *owner = scope_find(c, module);
    struct span span = names_word(node->span, name);
    if (owner && owner->kind == SYM_MODULE) {
        owner->used = true;
        return names_member(c->program, c->module, owner->module, name, span);
    }
    bool is_lost = owner ? owner->kind == SYM_LOST : names_is_lost(c->module, module);
    if (!is_lost)
        diag_error(c->diags, DIAG_unknown_module, node->span, "no module `%s` is imported here",
                   module);
    return NULL;
}

static const char *variant_names(struct check *c, const struct type *t)
{
    enum { SHOWN = 8 };
    uint32_t count = type_variant_count(t);
    const char *text = "";
    for (uint32_t i = 0; i < count && i < SHOWN; i++)
        text = arena_format(c->arena, "%s%s`%s`", text, i ? ", " : "", type_variant(t, i).name);
    return count > SHOWN ? arena_format(c->arena, "%s and others", text) : text;
}

/* The variant that is meant may be another one of the subject's, or not be imported. */
static void offer_variants(struct check *c, struct diag *d, const struct node *node,
                           const struct type *subject)
{
    const char *name = node->pat_ctor_.name;
    struct nearest nearest = {0};
    for (uint32_t i = 0; i < type_variant_count(subject); i++)
        nearest_offer(&nearest, name, type_variant(subject, i).name);
    const struct module *from = subject->symbol->module;
    if (nearest.best && strcmp(nearest.best, name))
        diag_meant(c->diags, d, names_word(node->span, name), nearest.best);
    else if (nearest.best)
        diag_hint(c->diags, d, "import it: `import %s.{%s}`", from->name, name);
    else
        diag_hint(c->diags, d, "`%s` has %s", subject->text, variant_names(c, subject));
}

static void report_ctor(struct pattern *p, struct node *node, const struct type *subject,
                        const struct symbol *symbol)
{
    struct check *c = p->c;
    const char *name = node->pat_ctor_.name;
    struct diag *d = diag_error(c->diags, DIAG_bad_pattern, node->span,
                                "no `%s` is known that a pattern can match", name);
    const char *native = !strcmp(name, "Some")                               ? "some(x)"
                         : !strcmp(name, "None") || !strcmp(name, "Nothing") ? "none"
                         : !strcmp(name, "Ok")                               ? "ok(x)"
                         : !strcmp(name, "Err") || !strcmp(name, "Error")    ? "err(e)"
                                                                             : NULL;
    if (subject->kind == TYPE_enum)
        offer_variants(c, d, node, subject);
    else if (native)
        diag_hint(c->diags, d, "write `%s`", native);
    else if (symbol && symbol->kind == SYM_RECORD)
        diag_hint(c->diags, d, "bind the record and use its fields: `r => r.…`");
}

static void report_parts(struct pattern *p, struct node *node, const struct symbol *variant,
                         uint32_t wanted)
{
    struct check *c = p->c;
    const char *name = node->pat_ctor_.name;
    struct diag *d = diag_error(c->diags, DIAG_bad_pattern, node->span, "`%s` holds %s%s", name,
                                wanted ? arena_format(c->arena, "%u value", wanted) : "no value",
                                wanted > 1 ? "s" : "");
    note_declared(c, d, variant);
    if (wanted)
        diag_hint(c->diags, d, "`%s(%s)` takes any", name,
                  wanted == 1   ? "_"
                  : wanted == 2 ? "_, _"
                                : "_, …");
}

static void match_variant(struct pattern *p, struct node *node, struct symbol *variant,
                          const struct type *subject)
{
    struct nodes *args = &node->pat_ctor_.args;
    const struct type *whole = variant->owner->type;
    variant->used = true;
    if (is_bad(whole)) {
        match_all_bad(p, args);
        return;
    }
    if (whole != subject) {
        report_pattern(p, node, subject,
                       arena_format(p->c->arena, "`%s` of `%s`", variant->name, whole->text));
        match_all_bad(p, args);
        return;
    }
    struct variant v = type_variant(whole, variant->index);
    if (args->count != v.count) {
        report_parts(p, node, variant, v.count);
        match_all_bad(p, args);
        return;
    }
    node->pat_ctor_.symbol = variant;
    for (uint32_t i = 0; i < args->count; i++)
        match_against(p, args->at[i], whole->args.at[v.first + i]);
}

static void match_named(struct pattern *p, struct node *node, const struct type *subject)
{
    struct symbol *symbol = find_symbol(p->c, node);
    if (symbol && symbol->kind == SYM_VARIANT && !is_bad(subject)) {
        match_variant(p, node, symbol, subject);
        return;
    }
    bool told = (node->pat_ctor_.module && !symbol) || (symbol && symbol->kind == SYM_LOST) ||
                (!symbol && names_is_lost(p->c->module, node->pat_ctor_.name));
    if (!told && (!symbol || symbol->kind != SYM_VARIANT))
        report_ctor(p, node, subject, symbol);
    match_all_bad(p, &node->pat_ctor_.args);
}

static void match_ctor(struct pattern *p, struct node *node, const struct type *subject)
{
    struct check *c = p->c;
    struct nodes *args = &node->pat_ctor_.args;
    enum ctor ctor = find_ctor(node->pat_ctor_.name);
    node->pat_ctor_.ctor = ctor;
    if (ctor == CTOR_NONE_) {
        match_named(p, node, subject);
        return;
    }
    if (is_bad(subject)) {
        match_all_bad(p, args);
        return;
    }
    const struct type *inner = ctor_inner(c, ctor, subject);
    uint32_t wanted = ctor == CTOR_NONE ? 0 : 1;
    if (!inner) {
        report_pattern(p, node, subject, arena_format(c->arena, "`%s`", node->pat_ctor_.name));
        match_all_bad(p, args);
    } else if (args->count != wanted) {
        diag_error(c->diags, DIAG_bad_pattern, node->span, "`%s` holds %s", node->pat_ctor_.name,
                   wanted ? "one value" : "no value");
        match_all_bad(p, args);
    } else if (wanted) {
        match_against(p, args->at[0], inner);
    }
}

/* `none` without parentheses reads like a name. */
static void match_name(struct pattern *p, struct node *node, const struct type *subject)
{
    const char *name = node->pat_name_.name;
    if (find_ctor(name) == CTOR_NONE_) {
        bind_name(p, node, subject);
        return;
    }
    node->kind = NODE_pat_ctor;
    node->pat_ctor_ = (__typeof__(node->pat_ctor_)){.name = name};
    match_ctor(p, node, subject);
}

/* ---- alternatives ---------------------------------------------------------------------------- */

static void match_alternatives(struct pattern *p, struct node *node, const struct type *subject)
{
    struct nodes *alts = &node->pat_or_.alts;
    uint32_t before = p->bound.count, shared = p->shared, errors = p->c->diags->errors;
    match_against(p, alts->at[0], subject);
    bool outer = p->is_told, is_told = p->c->diags->errors > errors || is_bad(subject);
    p->is_told = is_told;
    uint32_t names = p->bound.count;
    for (uint32_t i = 1; i < alts->count; i++) {
        p->shared = names ? names : shared;
        p->seen = 0;
        bool none = !names;
        errors = p->c->diags->errors;
        match_against(p, alts->at[i], subject);
        for (uint32_t j = before; !none && j < names && j < 64; j++)
            if (!(p->seen >> j & 1) && !is_told && p->c->diags->errors == errors) {
                diag_error(p->c->diags, DIAG_bad_pattern, alts->at[i]->span,
                           "this alternative does not bind `%s`", p->bound.at[j]->name);
                break;
            }
        if (none && p->bound.count) {
            if (!is_told)
                diag_error(p->c->diags, DIAG_bad_pattern, alts->at[i]->span,
                           "`%s` is not bound by the first alternative", p->bound.at[0]->name);
            p->bound.count = 0;
        }
    }
    p->shared = shared;
    p->is_told = outer;
}

static void match_against(struct pattern *p, struct node *node, const struct type *subject)
{
    node->type = subject;
    switch (node->kind) {
    case NODE_pat_name:
        match_name(p, node, subject);
        break;
    case NODE_pat_lit:
        match_literal(p, node, subject);
        break;
    case NODE_pat_tuple:
        match_tuple(p, node, subject);
        break;
    case NODE_pat_ctor:
        match_ctor(p, node, subject);
        break;
    case NODE_pat_or:
        match_alternatives(p, node, subject);
        break;
    default: /* pat_wild, or a syntax error */
        break;
    }
}

void check_pattern(struct check *c, struct node *node, const struct type *subject, bool is_var)
{
    struct pattern p = {.c = c, .is_var = is_var};
    match_against(&p, node, subject);
}
