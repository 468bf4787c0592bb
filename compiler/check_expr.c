/* check_expr.c - the type of every kind of expression: check_expr() is the switch over them. */
#include "checking.h"
#include "suggest.h"

enum { DEPTH_MAX = 4000 }; /* of nested expressions: the checker recurses */

static const struct type *bad(struct check *c)
{
    return simple(c, TYPE_bad);
}

/* ---- names ----------------------------------------------------------------------------------- */

static const struct type *report_not_value(struct check *c, struct node *node,
                                           struct symbol *symbol)
{
    const char *name = node->name_.name, *foreign = suggest_value(name);
    struct diag *d;
    if (symbol->kind == SYM_FUNC || symbol->kind == SYM_LOCAL) {
        d = diag_error(c->diags, DIAG_wrong_kind, node->span,
                       "`%s` is a function: it can be called or passed as an argument, not kept",
                       name);
        diag_hint(c->diags, d, "call it: `%s(…)`", name);
        return bad(c);
    }
    const char *what = symbol->kind == SYM_MODULE   ? "module"
                       : symbol->kind == SYM_RECORD ? "record type"
                                                    : "type";
    d = diag_error(c->diags, DIAG_wrong_kind, node->span, "`%s` is a %s, not a value", name, what);
    if (foreign)
        diag_hint(c->diags, d, "%s", foreign);
    else if (symbol->kind == SYM_MODULE)
        diag_hint(c->diags, d, "name what you mean of it: `%s.…`", name);
    else if (symbol->kind == SYM_RECORD)
        diag_hint(c->diags, d, "make one with `%s { field: value }`", name);
    else if (symbol->kind == SYM_ENUM)
        diag_hint(c->diags, d, "a variant is named without its type: `A`, not `%s.A`", name);
    return bad(c);
}

static const struct type *check_none(struct check *c, struct node *node, const struct type *want)
{
    struct node *callee = ast_new(c->arena, NODE_name, node->span);
    callee->name_.name = node->name_.name;
    callee->type = bad(c);
    enum builtin builtin = find_constructor(node->name_.name);
    node->kind = NODE_call;
    node->call_ = (__typeof__(node->call_)){.callee = callee};
    return check_constructor(c, node, builtin, want);
}

static const struct type *check_name(struct check *c, struct node *node, const struct type *want)
{
    const char *name = node->name_.name;
    struct symbol *symbol = scope_find(c, name);
    enum builtin builtin = symbol ? BUILTIN_NONE : find_constructor(name);
    bool is_lost = builtin != BUILTIN_NONE && builtin != BUILTIN_none && c->function &&
                   names_is_lost_in(c->function->func, name, node->span); /* `err` as a name */
    if (builtin != BUILTIN_NONE && !is_lost)
        return check_none(c, node, want);
    if (!symbol) {
        scope_unknown(c, name, node->span);
        return bad(c);
    }
    symbol->used = true;
    node->name_.symbol = symbol;
    switch (symbol->kind) {
    case SYM_LOCAL:
        return symbol->type->kind == TYPE_fn ? report_not_value(c, node, symbol) : symbol->type;
    case SYM_LOST:
        return symbol->type;
    case SYM_CONST:
        return const_type(c, symbol);
    case SYM_VARIANT:
        return check_variant(c, node, symbol);
    default:
        return report_not_value(c, node, symbol);
    }
}

/* ---- parts of values ------------------------------------------------------------------------- */

static const struct type *check_tuple_dot(struct check *c, struct node *node)
{
    const struct type *t = check_expr(c, &node->tuple_dot_.object, NULL);
    if (is_bad(t))
        return t;
    if (t->kind != TYPE_tuple) {
        if (!report_wrapped(c, node->tuple_dot_.object))
            diag_error(c->diags, DIAG_no_field, node->span, "`.%u` is for tuples; this is `%s`",
                       node->tuple_dot_.index, t->text);
        return bad(c);
    }
    if (node->tuple_dot_.index >= t->args.count) {
        diag_error(c->diags, DIAG_no_field, node->span, "`%s` has %u parts: `.0` to `.%u`", t->text,
                   t->args.count, t->args.count - 1);
        return bad(c);
    }
    return t->args.at[node->tuple_dot_.index];
}

static void check_slice(struct check *c, struct node *range)
{
    struct why none = {0};
    range->type = simple(c, TYPE_int);
    if (range->range_.lo)
        check_want(c, &range->range_.lo, simple(c, TYPE_int), none);
    if (range->range_.hi)
        check_want(c, &range->range_.hi, simple(c, TYPE_int), none);
}

/* What is left of a grid: an element, or the axes that have a range. */
static const struct type *grid_index_type(struct check *c, struct node *node, const struct type *t)
{
    struct nodes *indices = &node->index_.indices;
    uint32_t left = 0;
    bool is_whole = true;
    for (uint32_t i = 0; i < indices->count; i++) {
        bool range = indices->at[i]->kind == NODE_range;
        left += range;
        is_whole &= indices->at[i]->kind != NODE_bad;
        if (range)
            check_slice(c, indices->at[i]);
        else
            check_want(c, &indices->at[i], simple(c, TYPE_int), (struct why){0});
    }
    if (indices->count == t->rank)
        return left ? type_grid(c->types, t->args.at[0], left) : t->args.at[0];
    if (!is_whole)
        return bad(c);
    struct diag *d = diag_error(c->diags, DIAG_bad_index, node->span,
                                "`%s` takes %u indices, not %u", t->text, t->rank, indices->count);
    if (indices->count < t->rank)
        diag_hint(c->diags, d, "an element is `m[%s]`; `..` stands for all of an axis: `m[%s]`",
                  t->rank == 2 ? "i, j" : "i, j, k", t->rank == 2 ? "i, .." : "i, .., ..");
    return bad(c);
}

/* `xs[-1]` of other languages. */
static void warn_negative(struct check *c, const struct node *object, const struct node *index)
{
    if (!index || index->kind != NODE_unary || index->unary_.op != OP_neg ||
        index->unary_.value->kind != NODE_int || !index->unary_.value->int_.value || c->quiet)
        return;
    struct diag *d = diag_warning(c->diags, DIAG_bad_index, index->span,
                                  "an index is counted from the start: this fails");
    const struct span s = object->span;
    if (object->kind == NODE_name)
        diag_hint(c->diags, d, "from the end it is `%.*s.len - %llu`", (int)(s.end - s.start),
                  s.source->text + s.start, (unsigned long long)index->unary_.value->int_.value);
    else
        diag_hint(c->diags, d, "from the end it is `xs.len - %llu`",
                  (unsigned long long)index->unary_.value->int_.value);
}

static const struct type *index_type(struct check *c, struct node *node, const struct type *t)
{
    struct node **index = &node->index_.indices.at[0];
    bool slice = (*index)->kind == NODE_range;
    if (t->kind == TYPE_map && !slice) {
        check_want(c, index, t->args.at[0], (struct why){0});
        return t->args.at[1];
    }
    if (t->kind != TYPE_array && t->kind != TYPE_str && t->kind != TYPE_bytes) {
        check_quietly(c, index);
        if (report_wrapped(c, node->index_.object))
            return bad(c);
        struct diag *d =
            diag_error(c->diags, DIAG_bad_index, node->span,
                       slice ? "`%s` has no slices" : "`%s` has no elements to index", t->text);
        if (t->kind == TYPE_tuple)
            diag_hint(c->diags, d, "the parts of a tuple are `.0`, `.1` and so on");
        return bad(c);
    }
    if (slice) {
        check_slice(c, *index);
        warn_negative(c, node->index_.object, (*index)->range_.lo);
        warn_negative(c, node->index_.object, (*index)->range_.hi);
        return t;
    }
    check_want(c, index, simple(c, TYPE_int), (struct why){0});
    warn_negative(c, node->index_.object, *index);
    if (t->kind == TYPE_str) {
        struct diag *d = diag_error(c->diags, DIAG_bad_index, node->span,
                                    "a `str` is indexed by ranges of bytes only");
        diag_hint(c->diags, d,
                  "`s[i..i + 1]` is one byte as text, `s.chars()` gives the characters");
        return bad(c);
    }
    return t->kind == TYPE_array ? t->args.at[0] : simple(c, TYPE_int);
}

const struct type *check_index(struct check *c, struct node *node)
{
    const struct type *t = check_expr(c, &node->index_.object, NULL);
    struct nodes *indices = &node->index_.indices;
    if (t->kind == TYPE_grid)
        return grid_index_type(c, node, t);
    if (is_bad(t) || indices->count != 1) {
        for (uint32_t i = 0; i < indices->count; i++)
            if (indices->at[i]->kind != NODE_range)
                check_quietly(c, &indices->at[i]);
        if (is_bad(t))
            return t;
        struct diag *d = diag_error(c->diags, DIAG_bad_index, node->span,
                                    "`%s` takes one index, not %u", t->text, indices->count);
        if (t->kind == TYPE_array && t->args.at[0]->kind == TYPE_array)
            diag_hint(c->diags, d, "each array takes its own: `xs[i][j]`");
        return bad(c);
    }
    return index_type(c, node, t);
}

/* ---- containers ------------------------------------------------------------------------------ */

static const struct type *cannot_infer(struct check *c, const struct node *node, const char *what,
                                       const char *example)
{
    if (c->quiet)
        return bad(c);
    struct diag *d = diag_error(c->diags, DIAG_cannot_infer, node->span,
                                "the type of %s cannot be told from here", what);
    diag_hint(c->diags, d, "write the type: `%s`", example);
    return bad(c);
}

/* Whether each arm gives nothing. */
static bool arms_give_nothing(const struct nodes *arms)
{
    for (uint32_t i = 0; i < arms->count; i++)
        if (!gives_nothing(arms->at[i]->arm_.body))
            return false;
    return true;
}

bool gives_nothing(const struct node *node)
{
    if (node->type->kind != TYPE_unit)
        return node->type->kind == TYPE_never;
    const struct nodes *stmts = &node->block_.stmts;
    switch (node->kind) {
    case NODE_tuple:
    case NODE_name:
    case NODE_dot:
    case NODE_tuple_dot:
    case NODE_index:
        return false;
    case NODE_call: {
        const struct symbol *target = node->call_.target;
        return !target || target->kind != SYM_FUNC || target->func->result->kind != TYPE_var;
    }
    case NODE_block:
        return !stmts->count || is_statement(stmts->at[stmts->count - 1]->kind) ||
               gives_nothing(stmts->at[stmts->count - 1]);
    case NODE_if:
        return !node->if_.otherwise ||
               (gives_nothing(node->if_.then) && gives_nothing(node->if_.otherwise));
    case NODE_match:
        return arms_give_nothing(&node->match_.arms);
    default:
        return true;
    }
}

static bool storable(struct check *c, const struct node *node)
{
    if (is_bad(node->type) || !gives_nothing(node))
        return !is_bad(node->type);
    diag_error(c->diags, DIAG_missing_value, node->span, "this gives no value to keep");
    return false;
}

static const struct type *check_array(struct check *c, struct node *node, const struct type *want)
{
    struct nodes *elems = &node->array_.elems;
    const struct type *t = strip(want);
    const struct type *elem = t && t->kind == TYPE_array ? t->args.at[0] : NULL;
    if (!elems->count)
        return elem ? t : cannot_infer(c, node, "an empty array", "let xs: [int] = []");
    struct node ***slots = arena_array(c->arena, struct node **, elems->count);
    for (uint32_t i = 0; i < elems->count; i++)
        slots[i] = &elems->at[i];
    elem = check_join(c, slots, elems->count, elem, (struct why){0}, "element");
    if (is_bad(elem))
        return elem;
    return storable(c, elems->at[0]) ? type_array(c->types, elem) : bad(c);
}

static const struct type *check_map(struct check *c, struct node *node, const struct type *want)
{
    struct nodes *entries = &node->map_.entries;
    const struct type *t = strip(want);
    t = t && t->kind == TYPE_map ? t : NULL;
    if (!entries->count)
        return t ? t : cannot_infer(c, node, "an empty map", "let m: map[str, int] = [:]");
    struct node ***slots = arena_array(c->arena, struct node **, 2 * entries->count);
    for (uint32_t i = 0; i < entries->count; i++) {
        slots[i] = &entries->at[i]->entry_.key;
        slots[entries->count + i] = &entries->at[i]->entry_.value;
    }
    struct why none = {0};
    const struct type *parts[2] = {
        check_join(c, slots, entries->count, t ? t->args.at[0] : NULL, none, "key"),
        check_join(c, slots + entries->count, entries->count, t ? t->args.at[1] : NULL, none,
                   "value"),
    };
    bool is_told = want && is_bad(want);
    if (is_told || is_bad(parts[0]) || is_bad(parts[1]) ||
        !storable(c, entries->at[0]->entry_.value) ||
        (!t && !need(c, parts[0], NEED_KEY, entries->at[0]->entry_.key->span)))
        return bad(c);
    return type_make(c->types, TYPE_map, parts, 2, 0, NULL, NULL);
}

static const struct type *check_tuple(struct check *c, struct node *node, const struct type *want)
{
    struct nodes *elems = &node->tuple_.elems;
    if (!elems->count)
        return simple(c, TYPE_unit);
    const struct type *t = strip(want);
    if (!t || t->kind != TYPE_tuple || t->args.count != elems->count)
        t = NULL;
    const struct type **types = arena_array(c->arena, const struct type *, elems->count);
    bool good = true;
    for (uint32_t i = 0; i < elems->count; i++) {
        types[i] = t ? check_want(c, &elems->at[i], t->args.at[i], (struct why){0})
                     : check_expr(c, &elems->at[i], NULL);
        good = storable(c, elems->at[i]) && good;
    }
    return good ? type_make(c->types, TYPE_tuple, types, elems->count, 0, NULL, NULL) : bad(c);
}

/* ---- options and results --------------------------------------------------------------------- */

static const struct type *report_question(struct check *c, struct node *node, const char *text,
                                          const char *hint)
{
    struct diag *d = diag_error(c->diags, DIAG_bad_question, node->span, "%s", text);
    if (hint)
        diag_hint(c->diags, d, "%s", hint);
    return bad(c);
}

/* Whether the function around can hand up what `?` finds in a `t`. */
static bool question_allowed(struct check *c, struct node *node, const struct type *t)
{
    const struct type *result = c->function ? c->function->func->result : NULL;
    if (c->function && c->function->func->handed)
        result = c->function->func->handed;
    const char *instead = "`x else value` gives another value, `match` tells the cases apart";
    if (!result) {
        report_question(c, node, "`?` cannot hand anything up from here", instead);
        return false;
    }
    if (is_bad(result) || result->kind == t->kind)
        return true;
    bool option = t->kind == TYPE_option;
    if (option && result->kind == TYPE_result) {
        report_question(c, node, "`?` would hand up `none`, but the function gives an error",
                        "say what is wrong: `x else fail \"…\"`");
        return false;
    }
    if (c->function->func->lacks_sign)
        return false;
    c->function->func->lacks_sign = true;
    const char *name = c->function->name;
    const char *text = arena_format(
        c->arena, "`?` hands %s up, but `%s` gives `%s`", option ? "`none`" : "the error",
        c->function->node->kind == NODE_lambda ? "the lambda" : name, result->text);
    report_question(c, node, text,
                    arena_format(c->arena, "declare the result `-> %s%c`, or write `x else %s`",
                                 result->kind == TYPE_unit ? "()" : strip(result)->text,
                                 option ? '?' : '!',
                                 result->kind == TYPE_option ? "return none" : "value"));
    return false;
}

static bool calls_what_lacks_sign(const struct node *value)
{
    const struct symbol *target = value->kind == NODE_call ? value->call_.target : NULL;
    return target && target->func && target->func->lacks_sign;
}

static const struct type *check_question(struct check *c, struct node *node)
{
    const struct type *t = check_expr(c, &node->question_.value, NULL);
    if (is_bad(t))
        return t;
    if (t->kind == TYPE_future && report_wrapped(c, node->question_.value))
        return bad(c);
    if (t->kind != TYPE_option && t->kind != TYPE_result &&
        calls_what_lacks_sign(node->question_.value))
        return t;
    if (t->kind != TYPE_option && t->kind != TYPE_result)
        return report_question(
            c, node, arena_format(c->arena, "`%s` is always there: `?` has nothing to do", t->text),
            "leave the `?` out");
    question_allowed(c, node, t);
    return t->args.at[0];
}

/* `r else 1 == 2`: the comparison is of what is to stand for `r`, where that of both was meant. */
static bool is_compared(const struct node *node)
{
    return node->kind == NODE_binary && is_compare(node->binary_.op);
}

static const struct type *report_loose_else(struct check *c, struct node *node,
                                            const struct type *t)
{
    const struct node *other = node->else_.otherwise;
    struct diag *d =
        diag_error(c->diags, DIAG_mismatch, other->span,
                   "expected `%s`, found `bool`: `else` binds loosest", t->args.at[0]->text);
    diag_hint(c->diags, d, "put it in parentheses: `(x else y) %s z`", op_text(other->binary_.op));
    return bad(c);
}

static const struct type *check_else(struct check *c, struct node *node, const struct type *want)
{
    const struct type *t = check_expr(c, &node->else_.value, NULL);
    if (is_bad(t) || (t->kind != TYPE_option && t->kind != TYPE_result)) {
        if (!is_bad(t) && !(t->kind == TYPE_future && report_wrapped(c, node->else_.value)))
            diag_error(c->diags, DIAG_bad_question, node->else_.value->span,
                       "`%s` is always there: `else` has nothing to do", t->text);
        check_quietly(c, &node->else_.otherwise);
        return bad(c);
    }
    (void)want;
    struct why why = {node->else_.value->span, arena_format(c->arena, "this is `%s`", t->text),
                      false};
    if (is_compared(node->else_.otherwise) && t->args.at[0]->kind != TYPE_bool) {
        const struct type *other = check_expr(c, &node->else_.otherwise, NULL);
        return is_bad(other) ? other : report_loose_else(c, node, t);
    }
    check_want(c, &node->else_.otherwise, t->args.at[0], why);
    return t->args.at[0];
}

/* ---- the switch ------------------------------------------------------------------------------ */

static const struct type *check_bad_range(struct check *c, struct node *node)
{
    struct diag *d = diag_error(c->diags, DIAG_wrong_kind, node->span,
                                "a range stands in `for`, comprehensions and slices only");
    diag_hint(c->diags, d, "as an array it is `[i for i in lo..hi]`");
    return bad(c);
}

static const struct type *check_bad_lambda(struct check *c, struct node *node)
{
    struct diag *d = diag_error(c->diags, DIAG_bad_lambda, node->span,
                                "a lambda stands only where a parameter is a function");
    diag_hint(c->diags, d, "give it a name: declare a `fn`");
    return bad(c);
}

/* [[1, 2], [3, 4]] where a `[int, 2]` is wanted: a row is an array as written too. */
static bool wants_grid(const struct node *array, const struct type *want)
{
    const struct type *t = strip(want);
    if (!t || t->kind != TYPE_grid)
        return false;
    for (uint32_t i = 0; i < array->array_.elems.count; i++)
        if (array->array_.elems.at[i]->kind != NODE_array)
            return false;
    return true;
}

static const struct type *expr_type(struct check *c, struct node **slot, const struct type *want,
                                    struct why why)
{
    struct node *node = *slot;
    switch (node->kind) {
    case NODE_int:
    case NODE_float:
        return check_number(c, node, want, NULL);
    case NODE_bool:
        return simple(c, TYPE_bool);
    case NODE_str:
        return simple(c, TYPE_str);
    case NODE_bytes:
        return simple(c, TYPE_bytes);
    case NODE_duration:
        return simple(c, TYPE_duration);
    case NODE_interp:
        return check_interp(c, node);
    case NODE_name:
        return check_name(c, node, want);
    case NODE_call:
        return check_call(c, node, want);
    case NODE_dot:
        return check_dot(c, node);
    case NODE_tuple_dot:
        return check_tuple_dot(c, node);
    case NODE_index:
        if (index_has_step(node))
            return check_stepped(c, slot);
        return check_index(c, node);
    case NODE_range:
        return check_bad_range(c, node);
    case NODE_unary:
        return check_unary(c, node, want);
    case NODE_binary:
        return check_binary(c, node, want);
    case NODE_cast:
        return check_cast(c, node);
    case NODE_is:
        return check_is(c, node);
    case NODE_else:
        return check_else(c, node, want);
    case NODE_question:
        return check_question(c, node);
    case NODE_await:
        return check_await(c, node);
    case NODE_spawn:
        return check_spawn(c, node, want);
    case NODE_array:
        if (wants_grid(node, want))
            return check_grid_literal(c, slot, strip(want));
        return check_array(c, node, want);
    case NODE_map:
        return check_map(c, node, want);
    case NODE_tuple:
        return check_tuple(c, node, want);
    case NODE_comp:
        return check_comp(c, node, want);
    case NODE_record_lit:
        return check_record_lit(c, node);
    case NODE_update:
        return check_update(c, node, want);
    case NODE_block:
        return check_block(c, node, want, why);
    case NODE_if:
        return check_if(c, node, want, why);
    case NODE_match:
        return check_match(c, node, want, why);
    case NODE_return:
    case NODE_fail:
    case NODE_break:
    case NODE_continue:
        return check_jump(c, node);
    case NODE_lambda:
        return check_bad_lambda(c, node);
    case NODE_par_for:
        return check_par_for(c, slot);
    case NODE_select:
        return check_select(c, node, want, why);
    default:
        return bad(c);
    }
}

/* A lambda, or a function by its name: what stands for a parameter only. */
static bool is_passed(struct check *c, const struct node *node)
{
    struct symbol *symbol = node->kind == NODE_name ? scope_find(c, node->name_.name) : NULL;
    bool function = symbol && symbol_is_function(symbol);
    if (function)
        symbol->used = true;
    return node->kind == NODE_lambda || function;
}

/* `none` or `err` where the program has a name of its own for that. */
static bool names_value(struct check *c, const struct node *node)
{
    const struct node *name = node->kind == NODE_call ? node->call_.callee : node;
    return name->kind == NODE_name && scope_find(c, name->name_.name);
}

const struct type *check_expr(struct check *c, struct node **slot, const struct type *want)
{
    struct why why = c->why;
    struct node *node = *slot;
    c->why = (struct why){0};
    bool binds = c->binds;
    if (node->kind != NODE_is && node->kind != NODE_binary)
        c->binds = false;
    if (want && is_bad(want) && (expr_is_open(node) || is_passed(c, node))) {
        node->type = bad(c); /* its type is that of its place, where the mistake was reported */
    } else if (want && !c->quiet && expr_is_open(node) && !names_value(c, node) &&
               report_open_mismatch(c, node, want, why)) {
        node->type = bad(c);
    } else if (c->depth >= DEPTH_MAX) {
        diag_error(c->diags, DIAG_depth, node->span, "nested too deeply");
        node->type = bad(c);
    } else {
        c->depth++;
        const struct type *t = expr_type(c, slot, want, why);
        if (t->parts > TYPE_PARTS) {
            diag_error(c->diags, DIAG_bad_type, node->span,
                       "the type of this has more than %d parts", TYPE_PARTS);
            t = bad(c);
        }
        (*slot)->type = t;
        c->depth--;
    }
    c->binds = binds;
    return (*slot)->type;
}

void check_quietly(struct check *c, struct node **slot)
{
    enum node_kind kind = (*slot)->kind;
    if (is_passed(c, *slot) || kind == NODE_range || expr_is_open(*slot)) {
        (*slot)->type = bad(c);
        return;
    }
    c->quiet++;
    check_expr(c, slot, NULL);
    c->quiet--;
}
