/* check_convert.c - from the type that a value has to the type that its place wants: implicit
 * conversions, needs of type variables, and the messages when the types do not meet. */
#include "checking.h"

struct node *node_around(struct check *c, enum node_kind kind, const struct node *at,
                         const struct type *type)
{
    struct node *node = ast_new(c->arena, kind, at->span);
    node->type = type;
    return node;
}

const struct type *strip(const struct type *t)
{
    while (t && (t->kind == TYPE_option || t->kind == TYPE_result))
        t = t->args.at[0];
    return t;
}

const struct type *widen(struct check *c, struct node **slot)
{
    const struct type *have = (*slot)->type;
    if (!type_is_small(have))
        return have;
    struct node *cast = node_around(c, NODE_cast, *slot, simple(c, TYPE_int));
    cast->cast_.value = *slot;
    *slot = cast;
    return cast->type;
}

bool converts(const struct type *have, const struct type *want)
{
    if (have == want || is_bad(have) || is_bad(want) || have->kind == TYPE_never)
        return true;
    if (want->kind == TYPE_option || want->kind == TYPE_result)
        return converts(have, want->args.at[0]);
    return want->kind == TYPE_int && type_is_small(have);
}

/* ---- messages -------------------------------------------------------------------------------- */

static bool is_small_whole(double x)
{
    return x >= -1e15 && x <= 1e15 && x == (double)(int64_t)x;
}

static const char *number_hint(struct check *c, const struct node *node, const struct type *want)
{
    const struct type *have = node->type;
    if (!type_is_number(have) || !type_is_number(want))
        return NULL;
    if (node->kind == NODE_float && type_is_int(want))
        return is_small_whole(node->float_.value)
                   ? arena_format(c->arena, "write it without a point: `%lld`",
                                  (long long)node->float_.value)
                   : "a whole number is wanted; `as int` drops the fraction";
    if (node->kind == NODE_int && !type_is_int(want))
        return arena_format(c->arena, "write it with a point: `%llu.0`",
                            (unsigned long long)node->int_.value);
    return arena_format(c->arena, "numbers do not mix by themselves: convert with `as %s`",
                        want->text);
}

static const char *text_hint(struct check *c, const struct node *node)
{
    const struct span s = node->span;
    for (uint32_t i = 0; node->type->kind == TYPE_tuple && i < node->type->args.count; i++)
        if (node->type->args.at[i]->kind == TYPE_str)
            return arena_format(c->arena, "a part of the tuple is `.%u`", i);
    if (node->kind == NODE_int || node->kind == NODE_float)
        return arena_format(c->arena, "as text it is `\"%.*s\"`", (int)(s.end - s.start),
                            s.source->text + s.start);
    if (node->kind == NODE_name)
        return arena_format(c->arena, "as text it is `\"{%.*s}\"`", (int)(s.end - s.start),
                            s.source->text + s.start);
    return "as text it is `\"{…}\"` with the value in the braces";
}

/* Where bytes are wanted: a text that means the same as bytes, or any. */
static const char *bytes_hint(struct check *c, const struct node *node)
{
    const struct span s = node->span;
    const char *at = s.source->text + s.start;
    int len = (int)(s.end - s.start);
    if (node->kind == NODE_str && at[1] != '"' && !memchr(at, '\\', (size_t)len))
        return arena_format(c->arena, "as bytes it is `b%.*s`", len, at);
    return "the bytes of a text are `s.bytes()`";
}

/* Where an array of texts is wanted and one is written: often the words of a command. */
static const char *words_hint(struct check *c, const struct node *node)
{
    enum { WORDS_MOST = 60 };
    VEC(char) list = {0};
    bool plain = node->kind == NODE_str && node->str_.len > 0 && node->str_.len < WORDS_MOST;
    for (uint32_t i = 0; plain && i < node->str_.len; i++) {
        char at = node->str_.bytes[i];
        plain = at >= ' ' && at != '"' && at != '\\' && at != '{';
        for (const char *add = at == ' ' ? "\", \"" : (char[]){at, 0}; *add; add++)
            vec_push(c->arena, &list, *add);
    }
    if (!plain)
        return "an array of it is `[x]`, or `fill(x, n)`";
    return arena_format(c->arena, "an array is `[\"%.*s\"]`", (int)list.count, list.at);
}

/* Between arrays of other ranks: what makes the one of the other. */
static const char *rank_hint(struct check *c, const struct type *have, const struct type *want)
{
    bool grids = have->kind == TYPE_grid || want->kind == TYPE_grid;
    bool arrays = (have->kind == TYPE_grid || have->kind == TYPE_array) &&
                  (want->kind == TYPE_grid || want->kind == TYPE_array);
    if (!grids)
        return NULL;
    if (want->kind == TYPE_array && have == want->args.at[0])
        return NULL;
    if (!arrays)
        return want->kind == TYPE_array || want->kind == TYPE_grid || !type_is_number(want)
                   ? NULL
                   : "an element is `m[i, j]`";
    if (have->kind == TYPE_array && have->args.at[0]->kind == TYPE_array)
        return arena_format(c->arena, "`.stack()` makes a `[%s, 2]` of its rows",
                            have->args.at[0]->args.at[0]->text);
    if (have->kind == TYPE_array)
        return "`.reshape(n, m)` gives its elements the axes";
    if (want->kind == TYPE_array && want->args.at[0]->kind == TYPE_array)
        return "`[row for row in m]` gives the rows";
    if (want->kind == TYPE_array)
        return "`.flat()` gives all elements, `m[i, ..]` a row";
    return NULL;
}

static void mismatch_hint(struct check *c, struct diag *d, const struct node *node,
                          const struct type *want)
{
    const struct type *have = node->type;
    const char *number = number_hint(c, node, want), *rank = rank_hint(c, have, want);
    if (want->kind == TYPE_duration && node->kind == NODE_int)
        diag_hint(c->diags, d, "a duration has a unit: `%llus`, `%llums`",
                  (unsigned long long)node->int_.value, (unsigned long long)node->int_.value);
    else if (want->kind == TYPE_duration && node->kind == NODE_float)
        diag_hint(c->diags, d, "a duration has a unit: `%.*ss`",
                  (int)(node->span.end - node->span.start),
                  node->span.source->text + node->span.start);
    else if (number)
        diag_hint(c->diags, d, "%s", number);
    else if (rank)
        diag_hint(c->diags, d, "%s", rank);
    else if (want->kind == TYPE_array && want->args.at[0]->kind == TYPE_str &&
             have->kind == TYPE_array && need_met(c, have, NEED_DATA))
        diag_hint(c->diags, d, "as texts they are `[\"{x}\" for x in xs]`");
    else if (want->kind == TYPE_array && have->kind == TYPE_array &&
             have->args.at[0]->kind == TYPE_future &&
             converts(have->args.at[0]->args.at[0], want->args.at[0]))
        diag_hint(c->diags, d, "`await` of the array waits for all of them");
    else if (have->kind == TYPE_duration && type_is_number(want))
        diag_hint(c->diags, d, "`d.seconds()` is a float");
    else if (have->kind == TYPE_error && want->kind == TYPE_result)
        diag_hint(c->diags, d, "an error as a result is `err(e)`");
    else if (want->kind == TYPE_array && want->args.at[0] == have && node->kind != NODE_array)
        diag_hint(c->diags, d, "%s", words_hint(c, node));
    else if (have->kind == TYPE_future)
        diag_hint(c->diags, d, "its value, once awaited, is `%s`", have->args.at[0]->text);
    else if (want->kind == TYPE_bytes && have->kind == TYPE_str)
        diag_hint(c->diags, d, "%s", bytes_hint(c, node));
    else if (want->kind == TYPE_str && have->kind == TYPE_bytes)
        diag_hint(c->diags, d, "bytes become text with `b.text()?`");
    else if (want->kind == TYPE_str && have->kind != TYPE_unit)
        diag_hint(c->diags, d, "%s", text_hint(c, node));
    else if (have->kind == TYPE_str && type_is_number(want))
        diag_hint(c->diags, d, "text becomes a number with `parse_int()?` or `parse_float()?`");
    else if (node->kind == NODE_if && !node->if_.otherwise)
        diag_hint(c->diags, d, "an `if` without `else` gives no value");
    else if (want->kind == TYPE_bool && type_is_number(have))
        diag_hint(c->diags, d, "a number is neither true nor false: compare it, `x != 0`");
    else if (want->kind == TYPE_bool && find_property(have, "len") != BUILTIN_NONE)
        diag_hint(c->diags, d, "compare its length: `x.len > 0`");
    else if (want->kind == TYPE_bool && (have->kind == TYPE_option || have->kind == TYPE_result))
        diag_hint(c->diags, d,
                  "look into it, `x is %s(_)`; another value instead is `x else value`",
                  have->kind == TYPE_option ? "some" : "ok");
    else if (want->kind == TYPE_future && want->args.at[0] == have)
        diag_hint(c->diags, d, "a future comes from `spawn f(…)`");
    else if (want->kind == TYPE_result && want->args.at[0]->kind == TYPE_unit)
        diag_hint(c->diags, d,
                  "a value that is not wanted is dropped with `()` on a line behind it");
}

static const char *await_hint(struct check *c, const struct node *node)
{
    if (node->kind == NODE_name)
        return arena_format(c->arena, "`await %s` waits for it", node->name_.name);
    return "`await` waits for it";
}

bool report_wrapped(struct check *c, const struct node *node)
{
    const struct type *have = node->type;
    if (have->kind == TYPE_future) {
        struct diag *d =
            diag_error(c->diags, DIAG_future_used, node->span,
                       "this is `%s`, not yet its value `%s`", have->text, have->args.at[0]->text);
        diag_hint(c->diags, d, "%s", await_hint(c, node));
        return true;
    }
    if (have->kind != TYPE_option && have->kind != TYPE_result)
        return false;
    bool option = have->kind == TYPE_option;
    struct diag *d =
        diag_error(c->diags, DIAG_unwrap, node->span, "this is `%s`: its `%s` may %s", have->text,
                   have->args.at[0]->text, option ? "be missing" : "be an error instead");
    diag_hint(c->diags, d,
              option
                  ? "`x else value` gives another for `none`, `x?` hands it up, `if x is some(v)` "
                    "names what is there"
                  : "`x?` hands the error up, `x else value` gives another value, `match` tells");
    return true;
}

static void note_why(struct check *c, struct diag *d, struct why why)
{
    if (why.span.source)
        diag_note(c->diags, d, why.span, "%s", why.text);
}

static void report_mismatch(struct check *c, const struct node *node, const struct type *want,
                            struct why why)
{
    const struct type *have = node->type;
    bool wrapped =
        have->kind == TYPE_option || have->kind == TYPE_result || have->kind == TYPE_future;
    struct diag *d;
    if (wrapped && converts(have->args.at[0], want)) {
        bool future = have->kind == TYPE_future;
        bool is_made = node->kind == NODE_call &&
                       (node->call_.builtin == BUILTIN_some || node->call_.builtin == BUILTIN_ok);
        d = diag_error(c->diags, future ? DIAG_future_used : DIAG_unwrap, node->span,
                       "expected `%s`, found `%s`", want->text, have->text);
        diag_hint(c->diags, d, "%s",
                  future    ? await_hint(c, node)
                  : is_made ? "give the value itself, without `some(…)` or `ok(…)` around it"
                  : have->kind == TYPE_option
                      ? "`x else value` gives another for `none`, `x?` hands it up, `if x is "
                        "some(v)` names what is there"
                      : "`x?` hands the error up, `x else value` gives another value, `match` "
                        "tells");
    } else if (have->kind == TYPE_unit) {
        d = diag_error(c->diags, DIAG_missing_value, node->span,
                       "expected `%s`, but this gives no value", want->text);
        mismatch_hint(c, d, node, want);
    } else {
        d = diag_error(c->diags, DIAG_mismatch, node->span, "expected `%s`, found `%s`", want->text,
                       have->text);
        mismatch_hint(c, d, node, want);
    }
    note_why(c, d, why);
}

/* Whether `want` is of that kind, or a T? or T! around one that is. */
static bool has_layer(const struct type *want, enum type_kind kind)
{
    while (want->kind != kind && (want->kind == TYPE_option || want->kind == TYPE_result))
        want = want->args.at[0];
    return want->kind == kind;
}

static enum builtin open_constructor(const struct node *node)
{
    const struct node *name = node->kind == NODE_call ? node->call_.callee : node;
    enum builtin builtin =
        name->kind == NODE_name ? find_constructor(name->name_.name) : BUILTIN_NONE;
    bool is_open = node->kind == NODE_call ? builtin == BUILTIN_err : builtin == BUILTIN_none;
    return is_open ? builtin : BUILTIN_NONE;
}

static void report_open(struct check *c, const struct node *node, const struct type *want,
                        struct why why, const char *found, const char *hint)
{
    struct diag *d = diag_error(c->diags, DIAG_mismatch, node->span, "expected `%s`, found %s",
                                want->text, found);
    if (hint)
        diag_hint(c->diags, d, "%s", hint);
    note_why(c, d, why);
}

bool report_open_mismatch(struct check *c, const struct node *node, const struct type *want,
                          struct why why)
{
    enum builtin builtin = open_constructor(node);
    bool option = has_layer(want, TYPE_option), result = has_layer(want, TYPE_result);
    const char *hint;
    if (builtin == BUILTIN_none && !option) {
        hint = result ? "what went wrong is an `err(\"…\")`"
                      : arena_format(c->arena, "what may be missing is of type `%s`",
                                     type_option(c->types, want)->text);
        report_open(c, node, want, why, "`none`", hint);
        return true;
    }
    if (builtin == BUILTIN_err && !result) {
        hint = option ? "what is missing is `none`"
                      : arena_format(c->arena, "what may go wrong is of type `%s`",
                                     type_result(c->types, want)->text);
        report_open(c, node, want, why, "`err(…)`", hint);
        return true;
    }
    const struct type *inner = strip(want);
    bool array = node->kind == NODE_array && !node->array_.elems.count;
    if (array && inner->kind != TYPE_array && inner->kind != TYPE_grid) {
        hint = inner->kind == TYPE_map   ? "an empty map is `[:]`"
               : inner->kind == TYPE_str ? "an empty text is `\"\"`"
                                         : NULL;
        report_open(c, node, want, why, "an empty array", hint);
        return true;
    }
    if (node->kind == NODE_map && !node->map_.entries.count && inner->kind != TYPE_map) {
        hint = inner->kind == TYPE_array ? "an empty array is `[]`" : NULL;
        report_open(c, node, want, why, "an empty map", hint);
        return true;
    }
    return false;
}

/* ---- conversions ----------------------------------------------------------------------------- */

static void wrap(struct check *c, struct node **slot, const struct type *want)
{
    struct node *node = node_around(c, NODE_wrap, *slot, want);
    node->wrap_.value = *slot;
    *slot = node;
}

/* True for a T, T?, (T?)! and so on. */
static bool wraps(const struct type *have, const struct type *want)
{
    return have == want || ((want->kind == TYPE_option || want->kind == TYPE_result) &&
                            wraps(have, want->args.at[0]));
}

/* Puts `spawn as_ok(f)` where a future is: its value as a T!, without waiting for it. */
static void spawn_wrap(struct check *c, struct node **slot, const struct type *want)
{
    const char *name = want->kind == TYPE_option ? "as_some" : "as_ok";
    struct symbol *target = names_std(c->program, "rounds", name);
    struct node *call = node_around(c, NODE_call, *slot, want);
    struct node *callee = node_around(c, NODE_name, *slot, simple(c, TYPE_bad));
    struct node *spawn = node_around(c, NODE_spawn, *slot, type_future(c->types, want));
    callee->name_.name = target->name;
    callee->name_.symbol = target;
    call->call_.callee = callee;
    call->call_.target = target;
    vec_push(c->arena, &call->call_.args, *slot);
    call->call_.generics.at = arena_array(c->arena, const struct type *, 1);
    call->call_.generics.at[0] = want->args.at[0];
    call->call_.generics.count = 1;
    spawn->spawn_.call = call;
    spawn->spawn_.edges = 1;
    vec_push(c->arena, &c->function->func->calls, ((struct call_site){target, spawn, true}));
    *slot = spawn;
}

bool convert_future(struct check *c, struct node **slot, const struct type *want)
{
    const struct type *have = (*slot)->type->args.at[0];
    bool is_task = c->function && c->function->func->flags & FUNC_TASK;
    if (have == want || !is_task || !wraps(have, want))
        return have == want;
    if (have != want->args.at[0])
        convert_future(c, slot, want->args.at[0]);
    spawn_wrap(c, slot, want);
    return true;
}

/* A task that returns a future of its result hands the future on instead of waiting. */
static bool delegates(struct check *c, struct node **slot, const struct type *want, struct why why)
{
    return why.result && (*slot)->type->kind == TYPE_future && want->kind != TYPE_future &&
           c->function && c->function->func->flags & FUNC_TASK && convert_future(c, slot, want);
}

/* An array as written with an element that was reported: what it holds is not sure. */
static bool has_told_element(const struct node *node)
{
    const struct nodes *elems = &node->array_.elems;
    for (uint32_t i = 0; node->kind == NODE_array && i < elems->count; i++)
        if (is_bad(elems->at[i]->type))
            return true;
    return false;
}

void convert(struct check *c, struct node **slot, const struct type *want, struct why why)
{
    const struct type *have = (*slot)->type;
    if (have == want || is_bad(have) || is_bad(want) || have->kind == TYPE_never)
        return;
    if (delegates(c, slot, want, why)) {
        struct node *node = node_around(c, NODE_delegate, *slot, want);
        node->delegate_.value = *slot;
        *slot = node;
    } else if (!converts(have, want)) {
        if (!has_told_element(*slot))
            report_mismatch(c, *slot, want, why);
        (*slot)->type = simple(c, TYPE_bad);
    } else if (want->kind == TYPE_int) {
        widen(c, slot);
    } else {
        convert(c, slot, want->args.at[0], (struct why){0});
        wrap(c, slot, want);
    }
}

/* The value of an expression that nobody wants is dropped by a block around it. */
static void discard(struct check *c, struct node **slot)
{
    if ((*slot)->kind == NODE_block) {
        check_block(c, *slot, simple(c, TYPE_unit), (struct why){0});
        return;
    }
    struct node *block = node_around(c, NODE_block, *slot, simple(c, TYPE_unit));
    vec_push(c->arena, &block->block_.stmts, *slot);
    check_block(c, block, simple(c, TYPE_unit), (struct why){0});
    bool same = block->block_.stmts.at[0]->type->kind == TYPE_unit;
    *slot = same ? block->block_.stmts.at[0] : block;
}

const struct type *check_want(struct check *c, struct node **slot, const struct type *want,
                              struct why why)
{
    if (want->kind == TYPE_unit) {
        discard(c, slot);
        return (*slot)->type;
    }
    c->why = why;
    check_expr(c, slot, want);
    convert(c, slot, want, why);
    return (*slot)->type;
}

/* ---- needs of type variables ----------------------------------------------------------------- */

static const char *need_text(enum need need)
{
    switch (need) {
    case NEED_DATA:
        return "cannot be compared or printed";
    case NEED_KEY:
        return "cannot be the key of a map";
    case NEED_FLAT:
        return "cannot be an element of an array of rank 2 or more";
    default:
        return "cannot be computed with";
    }
}

/* Of one size, wherever it is, and without references. */
static bool is_flat(const struct type *t)
{
    switch (t->kind) {
    case TYPE_bad:
    case TYPE_bool:
    case TYPE_duration:
    case TYPE_tuple:
    case TYPE_record:
    case TYPE_option:
    case TYPE_var:
        return true;
    case TYPE_enum:
        return t->args.count == 0;
    default:
        return type_is_number(t);
    }
}

static bool need_kind(const struct type *t, enum need need)
{
    if (need == NEED_FLAT)
        return is_flat(t);
    switch (t->kind) {
    case TYPE_future:
    case TYPE_fn:
        return false;
    case TYPE_float:
    case TYPE_f32:
        return need != NEED_KEY;
    default:
        return need != NEED_NUMBER || type_is_number(t) || t->kind == TYPE_var ||
               t->kind == TYPE_duration;
    }
}

/* What is looked at for a need; a type that holds itself is looked at once. */
struct inquiry {
    struct arena *arena;
    enum need need;
    VEC(const struct type *) seen; /* records and enums */
};

static bool seen_before(struct inquiry *q, const struct type *t)
{
    if (t->kind != TYPE_record && t->kind != TYPE_enum)
        return false;
    for (uint32_t i = 0; i < q->seen.count; i++)
        if (q->seen.at[i] == t)
            return true;
    vec_push(q->arena, &q->seen, t);
    return false;
}

/* The part of `t` that does not meet the need, or NULL. */
static const struct type *find_unmet(struct inquiry *q, const struct type *t)
{
    if (!need_kind(t, q->need))
        return t;
    const struct type *unmet = NULL;
    bool known = seen_before(q, t);
    for (uint32_t i = 0; !known && !unmet && i < t->args.count; i++)
        unmet = find_unmet(q, t->args.at[i]);
    return unmet;
}

static const struct type *need_unmet(struct check *c, const struct type *t, enum need need)
{
    struct inquiry q = {.arena = c->arena, .need = need};
    return find_unmet(&q, t);
}

bool need_mark(const struct type *t, enum need need)
{
    bool fresh = false;
    if (t->kind == TYPE_var) {
        uint32_t *needs = &t->symbol->owner->func->needs[need];
        uint32_t bit = 1u << (t->symbol->index & 31);
        fresh = !(*needs & bit);
        *needs |= bit;
    }
    for (uint32_t i = 0; t->open && i < t->args.count; i++)
        fresh = need_mark(t->args.at[i], need) || fresh;
    return fresh;
}

void need_for(struct check *c, const struct type *t, enum need need, struct span span,
              const struct symbol *target)
{
    const struct type *unmet = need_unmet(c, t, need);
    if (!unmet)
        return;
    enum diag_code code = need == NEED_FLAT ? DIAG_not_flat : DIAG_not_data;
    struct diag *d = unmet == t
                         ? diag_error(c->diags, code, span, "`%s` %s", t->text, need_text(need))
                         : diag_error(c->diags, code, span, "`%s` %s: it holds `%s`", t->text,
                                      need_text(need), unmet->text);
    if (target) {
        diag_hint(c->diags, d, "`%s` does that with its argument", target->name);
        note_declared(c, d, target);
    }
    if (need == NEED_FLAT)
        diag_hint(
            c->diags, d,
            "elements are numbers, `bool`, `duration`, enums without parts, or tuples, records "
            "and options of those; `[[…]]` holds anything");
    else if (unmet->kind == TYPE_future)
        diag_hint(c->diags, d, "`await` it first");
    else if (need == NEED_KEY && (unmet->kind == TYPE_float || unmet->kind == TYPE_f32))
        diag_hint(c->diags, d, "floats that look alike may differ: use a rounded `int` or a `str`");
}

bool need_met(struct check *c, const struct type *t, enum need need)
{
    return !need_unmet(c, t, need);
}

bool need(struct check *c, const struct type *t, enum need need, struct span span)
{
    need_mark(t, need);
    need_for(c, t, need, span, NULL);
    return !need_unmet(c, t, need);
}

/* ---- alternatives ---------------------------------------------------------------------------- */

static bool name_is_open(const struct node *node)
{
    return node->kind == NODE_name && find_constructor(node->name_.name) == BUILTIN_none;
}

static bool call_is_open(const struct node *node)
{
    if (node->call_.callee->kind != NODE_name)
        return false;
    enum builtin builtin = find_constructor(node->call_.callee->name_.name);
    if (builtin == BUILTIN_err)
        return true;
    return builtin != BUILTIN_NONE && node->call_.args.count &&
           expr_is_open(node->call_.args.at[0]);
}

bool expr_is_open(const struct node *node)
{
    switch (node->kind) {
    case NODE_name:
        return name_is_open(node);
    case NODE_call:
        return call_is_open(node);
    case NODE_array:
        for (uint32_t i = 0; i < node->array_.elems.count; i++)
            if (!expr_is_open(node->array_.elems.at[i]))
                return false;
        return true;
    case NODE_map:
        return node->map_.entries.count == 0;
    case NODE_block:
        return node->block_.stmts.count &&
               expr_is_open(node->block_.stmts.at[node->block_.stmts.count - 1]);
    case NODE_if:
        return node->if_.otherwise && expr_is_open(node->if_.then) &&
               expr_is_open(node->if_.otherwise);
    case NODE_tuple:
        for (uint32_t i = 0; i < node->tuple_.elems.count; i++)
            if (expr_is_open(node->tuple_.elems.at[i]))
                return true;
        return false;
    default:
        return false;
    }
}

bool expr_is_literal(const struct node *node)
{
    if (node->kind == NODE_unary)
        return node->unary_.op == OP_neg && expr_is_literal(node->unary_.value);
    if (node->kind == NODE_binary)
        return expr_is_literal(node->binary_.left) && expr_is_literal(node->binary_.right);
    return node->kind == NODE_int;
}

static bool joinable(const struct type *t)
{
    return !is_bad(t) && t->kind != TYPE_never;
}

/* The alternatives that differ from the first one: those of one type are one mistake. */
struct differing {
    const struct type *told; /* the type of the last that was reported */
    uint32_t wrong, right;
};

static void join_another(struct check *c, struct node **slot, const struct type *joined,
                         struct why why, struct differing *d)
{
    if (joined->kind == TYPE_unit) {
        check_want(c, slot, joined, why);
        return;
    }
    c->why = why;
    const struct type *t = check_expr(c, slot, joined);
    if (is_bad(t))
        return;
    if (t == d->told)
        (*slot)->type = simple(c, TYPE_bad);
    else
        convert(c, slot, joined, why);
    bool wrong = is_bad((*slot)->type);
    d->told = wrong ? t : d->told;
    d->wrong += wrong;
    d->right += !wrong;
}

const struct type *check_join(struct check *c, struct node ***slots, uint32_t count,
                              const struct type *want, struct why why, const char *what)
{
    const struct type *joined = want, *last = simple(c, TYPE_never);
    struct differing differing = {0};
    for (int open = 0; open < 2; open++) {
        for (uint32_t i = 0; i < count; i++) {
            if (expr_is_open(*slots[i]) != open)
                continue;
            if (want) {
                check_want(c, slots[i], want, why);
                continue;
            }
            if (joined) {
                join_another(c, slots[i], joined, why, &differing);
                continue;
            }
            const struct type *t = check_expr(c, slots[i], is_bad(last) ? last : NULL);
            if (joinable(t)) {
                joined = t;
                why.span = (*slots[i])->span;
                why.text = i ? arena_format(c->arena, "this %s is `%s`", what, t->text)
                             : arena_format(c->arena, "the first %s is `%s`", what, t->text);
            }
            last = is_bad(t) ? t : last;
        }
    }
    if (differing.wrong > 1 && differing.wrong > differing.right)
        return simple(c, TYPE_bad); /* rather the first is the odd one */
    return joined ? joined : last;
}
