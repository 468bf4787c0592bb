/* match.c - does a match cover its type, and can each arm match?
 * needs: types of patterns. gives: nothing; reports only.
 *
 * The arms are a matrix: a row an arm, a column a value to be matched. uncovered() looks for values
 * that no row matches, one column after the other: a column is split by the constructors in it, and
 * the parts of a constructor become columns of their own (Maranget's algorithm). */
#include "check.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum { STEPS_MAX = 200000 }; /* a match that takes more is taken to be covered */
enum { VALUES_MAX = 1000 };  /* that are found to be missing; further ones are not counted */
enum {
    LOOKS_MAX = 20000000
}; /* at rows, for useless arms: past it the rest are taken to be useful */

/* A list of patterns, of a row or of a constructor's parts. NULL matches anything. */
struct row {
    struct node **at;
    uint32_t count;
};

struct matrix {
    VEC(struct row) rows;
};

struct columns {
    const struct type **at;
    uint32_t count;
};

/* What a value is made with: some, none, true, 7, a tuple, a variant. */
struct head {
    enum { HEAD_ANY, HEAD_BOOL, HEAD_LITERAL, HEAD_TUPLE, HEAD_CTOR, HEAD_VARIANT } kind;
    uint32_t index;             /* of a bool, an enum ctor or a variant */
    const struct node *literal; /* unary minus and all */
    struct node **parts;
    uint32_t part_count;
};

struct match {
    struct program *program;
    struct arena *arena;
    uint32_t steps;
    uint64_t looks;
};

/* ---- constructors -------------------------------------------------------------------------- */

static struct head literal_head(const struct node *value)
{
    if (value->kind == NODE_bool)
        return (struct head){.kind = HEAD_BOOL, .index = value->bool_.value};
    return (struct head){.kind = HEAD_LITERAL, .literal = value};
}

static struct head head_of(const struct node *pattern)
{
    if (!pattern)
        return (struct head){.kind = HEAD_ANY};
    switch (pattern->kind) {
    case NODE_pat_lit:
        return literal_head(pattern->pat_lit_.value);
    case NODE_pat_tuple:
        return (struct head){HEAD_TUPLE, 0, NULL, pattern->pat_tuple_.elems.at,
                             pattern->pat_tuple_.elems.count};
    case NODE_pat_ctor:
        if (pattern->pat_ctor_.symbol)
            return (struct head){HEAD_VARIANT, pattern->pat_ctor_.symbol->index, NULL,
                                 pattern->pat_ctor_.args.at, pattern->pat_ctor_.args.count};
        return (struct head){HEAD_CTOR, pattern->pat_ctor_.ctor, NULL, pattern->pat_ctor_.args.at,
                             pattern->pat_ctor_.args.count};
    default:
        return (struct head){.kind = HEAD_ANY};
    }
}

static bool same_literal(const struct node *a, const struct node *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case NODE_unary:
        return same_literal(a->unary_.value, b->unary_.value);
    case NODE_int:
        return a->int_.value == b->int_.value;
    case NODE_float:
        return a->float_.value == b->float_.value;
    case NODE_str:
        return a->str_.len == b->str_.len && !memcmp(a->str_.bytes, b->str_.bytes, a->str_.len);
    default:
        return false;
    }
}

static bool same_head(const struct head *a, const struct head *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == HEAD_LITERAL ? same_literal(a->literal, b->literal) : a->index == b->index;
}

struct heads {
    struct head *at;
    uint32_t count; /* 0: they cannot be listed */
};

static struct heads two_heads(struct match *m, struct head a, struct head b)
{
    struct heads heads = {arena_array(m->arena, struct head, 2), 2};
    heads.at[0] = a;
    heads.at[1] = b;
    return heads;
}

static struct heads variant_heads(struct match *m, const struct type *t)
{
    uint32_t count = type_variant_count(t);
    struct heads heads = {arena_array(m->arena, struct head, count + 1), count};
    for (uint32_t i = 0; i < count; i++)
        heads.at[i] =
            (struct head){.kind = HEAD_VARIANT, .index = i, .part_count = type_variant(t, i).count};
    return heads;
}

/* All constructors of a type. */
static struct heads all_heads(struct match *m, const struct type *t)
{
    switch (t->kind) {
    case TYPE_bool:
        return two_heads(m, (struct head){.kind = HEAD_BOOL, .index = false},
                         (struct head){.kind = HEAD_BOOL, .index = true});
    case TYPE_option:
        return two_heads(m, (struct head){.kind = HEAD_CTOR, .index = CTOR_SOME, .part_count = 1},
                         (struct head){.kind = HEAD_CTOR, .index = CTOR_NONE});
    case TYPE_result:
        return two_heads(m, (struct head){.kind = HEAD_CTOR, .index = CTOR_OK, .part_count = 1},
                         (struct head){.kind = HEAD_CTOR, .index = CTOR_ERR, .part_count = 1});
    case TYPE_unit:
    case TYPE_tuple: {
        struct heads heads = {arena_array(m->arena, struct head, 1), 1};
        heads.at[0] = (struct head){.kind = HEAD_TUPLE, .part_count = t->args.count};
        return heads;
    }
    case TYPE_enum:
        return variant_heads(m, t);
    default:
        return (struct heads){0};
    }
}

static const struct type *part_type(struct match *m, const struct type *t, const struct head *head,
                                    uint32_t i)
{
    if (head->kind == HEAD_TUPLE)
        return t->args.at[i];
    if (head->kind == HEAD_VARIANT)
        return t->args.at[type_variant(t, head->index).first + i];
    return head->index == CTOR_ERR ? m->program->types.simple[TYPE_error] : t->args.at[0];
}

/* ---- splitting a column --------------------------------------------------------------------- */

/* Or-patterns in the first column become rows of their own. */
static void expand(struct match *m, struct matrix *out, struct row row)
{
    struct node *first = row.at[0];
    if (!first || first->kind != NODE_pat_or) {
        vec_push(m->arena, &out->rows, row);
        return;
    }
    for (uint32_t i = 0; i < first->pat_or_.alts.count; i++) {
        struct row each = {arena_array(m->arena, struct node *, row.count), row.count};
        memcpy(each.at, row.at, row.count * sizeof *row.at);
        each.at[0] = first->pat_or_.alts.at[i];
        expand(m, out, each);
    }
}

/* True if a row asks for a constructor in the first column; else nothing needs to be told apart
 * there, and a type that holds itself has no end. */
static bool is_split(const struct matrix *matrix)
{
    for (uint32_t i = 0; i < matrix->rows.count; i++)
        if (head_of(matrix->rows.at[i].at[0]).kind != HEAD_ANY)
            return true;
    return false;
}

/* The row that is left when its first column is known to be made with `head`; false: no match. */
static bool specialise(struct match *m, struct row row, const struct head *head, struct row *out)
{
    struct head own = head_of(row.at[0]);
    if (own.kind != HEAD_ANY && !same_head(&own, head))
        return false;
    out->count = head->part_count + row.count - 1;
    out->at = arena_array(m->arena, struct node *, out->count + 1);
    for (uint32_t i = 0; i < head->part_count && i < own.part_count; i++)
        out->at[i] = own.parts[i];
    memcpy(out->at + head->part_count, row.at + 1, (row.count - 1) * sizeof *row.at);
    return true;
}

static struct columns columns_of(struct match *m, struct columns columns, const struct head *head)
{
    struct columns out = {.count = head->part_count + columns.count - 1};
    out.at = arena_array(m->arena, const struct type *, out.count + 1);
    for (uint32_t i = 0; i < head->part_count; i++)
        out.at[i] = part_type(m, columns.at[0], head, i);
    memcpy(out.at + head->part_count, columns.at + 1, (columns.count - 1) * sizeof *columns.at);
    return out;
}

/* ---- what is not covered --------------------------------------------------------------------- */

/* Values that no row matches, the first of them; of each one the texts, a column each. */
struct values {
    VEC(const char **) rows;
};

static struct values uncovered(struct match *, struct matrix *, struct columns);

static const char *head_text(struct match *m, const struct type *t, const struct head *head,
                             const char **parts)
{
    static const char *const names[] = {
        [CTOR_SOME] = "some", [CTOR_NONE] = "none", [CTOR_OK] = "ok", [CTOR_ERR] = "err"};
    if (head->kind == HEAD_BOOL)
        return head->index ? "true" : "false";
    const char *text = head->kind == HEAD_TUPLE     ? "("
                       : head->kind == HEAD_VARIANT ? type_variant(t, head->index).name
                                                    : names[head->index];
    if (head->kind != HEAD_TUPLE && head->part_count)
        text = arena_format(m->arena, "%s(", text);
    for (uint32_t i = 0; i < head->part_count; i++)
        text = arena_format(m->arena, "%s%s%s", text, i ? ", " : "", parts[i]);
    return head->part_count || head->kind == HEAD_TUPLE ? arena_format(m->arena, "%s)", text)
                                                        : text;
}

/* Adds what was found in the columns behind the first to what is found: `head` made of the first
 * texts, or `_`, stands before the others. */
static void add_values(struct match *m, struct values *out, const struct values *rest,
                       struct columns columns, const struct head *head)
{
    uint32_t parts = head ? head->part_count : 0;
    for (uint32_t i = 0; i < rest->rows.count && out->rows.count < VALUES_MAX; i++) {
        const char **texts = arena_array(m->arena, const char *, columns.count);
        texts[0] = head ? head_text(m, columns.at[0], head, rest->rows.at[i]) : "_";
        memcpy(texts + 1, rest->rows.at[i] + parts, (columns.count - 1) * sizeof *texts);
        vec_push(m->arena, &out->rows, texts);
    }
}

/* The values left by one constructor of the first column. */
static struct values uncovered_head(struct match *m, struct matrix *matrix, struct columns columns,
                                    const struct head *head)
{
    struct matrix inner = {0};
    struct row row;
    for (uint32_t i = 0; i < matrix->rows.count; i++)
        if (specialise(m, matrix->rows.at[i], head, &row))
            vec_push(m->arena, &inner.rows, row);
    return uncovered(m, &inner, columns_of(m, columns, head));
}

/* The values left by rows that take anything in the first column. */
static struct values uncovered_rest(struct match *m, struct matrix *matrix, struct columns columns)
{
    struct matrix inner = {0};
    for (uint32_t i = 0; i < matrix->rows.count; i++) {
        struct row row = matrix->rows.at[i];
        if (head_of(row.at[0]).kind == HEAD_ANY)
            vec_push(m->arena, &inner.rows, ((struct row){row.at + 1, row.count - 1}));
    }
    return uncovered(m, &inner, (struct columns){columns.at + 1, columns.count - 1});
}

static struct values uncovered(struct match *m, struct matrix *given, struct columns columns)
{
    struct values out = {0}, rest;
    if (m->steps++ > STEPS_MAX)
        return out;
    if (columns.count == 0) {
        if (!given->rows.count)
            vec_push(m->arena, &out.rows, arena_array(m->arena, const char *, 1));
        return out;
    }
    struct matrix matrix = {0};
    for (uint32_t i = 0; i < given->rows.count; i++)
        expand(m, &matrix, given->rows.at[i]);
    struct heads heads = {0};
    if (is_split(&matrix))
        heads = all_heads(m, columns.at[0]);
    for (uint32_t i = 0; i < heads.count && out.rows.count < VALUES_MAX; i++) {
        rest = uncovered_head(m, &matrix, columns, &heads.at[i]);
        add_values(m, &out, &rest, columns, &heads.at[i]);
    }
    if (heads.count)
        return out;
    rest = uncovered_rest(m, &matrix, columns);
    add_values(m, &out, &rest, columns, NULL);
    return out;
}

/* ---- useless arms ---------------------------------------------------------------------------- */

/* Is there a value that `row` matches and no row of the matrix does? */
static bool useful(struct match *m, struct matrix *given, struct row row, struct columns columns)
{
    m->looks += given->rows.count + 1;
    if (m->looks > LOOKS_MAX)
        return true;
    if (columns.count == 0)
        return given->rows.count == 0;
    struct matrix alternatives = {0}, matrix = {0};
    expand(m, &alternatives, row);
    if (alternatives.rows.count > 1) {
        for (uint32_t i = 0; i < alternatives.rows.count; i++)
            if (useful(m, given, alternatives.rows.at[i], columns))
                return true;
        return false;
    }
    row = alternatives.rows.at[0];
    for (uint32_t i = 0; i < given->rows.count; i++)
        expand(m, &matrix, given->rows.at[i]);
    struct head own = head_of(row.at[0]);
    struct heads heads = {&own, 1};
    if (own.kind == HEAD_ANY)
        heads = is_split(&matrix) ? all_heads(m, columns.at[0]) : (struct heads){0};
    for (uint32_t h = 0; h < heads.count; h++) {
        struct matrix inner = {0};
        struct row left;
        for (uint32_t i = 0; i < matrix.rows.count; i++)
            if (specialise(m, matrix.rows.at[i], &heads.at[h], &left))
                vec_push(m->arena, &inner.rows, left);
        bool fits = specialise(m, row, &heads.at[h], &left);
        assert(fits);
        if (fits && useful(m, &inner, left, columns_of(m, columns, &heads.at[h])))
            return true;
    }
    if (heads.count)
        return false;
    struct matrix inner = {0};
    for (uint32_t i = 0; i < matrix.rows.count; i++)
        if (head_of(matrix.rows.at[i].at[0]).kind == HEAD_ANY)
            vec_push(m->arena, &inner.rows,
                     ((struct row){matrix.rows.at[i].at + 1, matrix.rows.at[i].count - 1}));
    return useful(m, &inner, (struct row){row.at + 1, row.count - 1},
                  (struct columns){columns.at + 1, columns.count - 1});
}

/* ---- messages -------------------------------------------------------------------------------- */

/* True if nothing in the pattern was reported, so that it can be reasoned about. */
static bool is_sound(const struct node *pattern)
{
    const struct nodes *list = NULL;
    if (!pattern->type || pattern->type->kind == TYPE_bad || pattern->kind == NODE_bad)
        return false;
    if (pattern->kind == NODE_pat_tuple)
        list = &pattern->pat_tuple_.elems;
    if (pattern->kind == NODE_pat_ctor)
        list = &pattern->pat_ctor_.args;
    if (pattern->kind == NODE_pat_or)
        list = &pattern->pat_or_.alts;
    for (uint32_t i = 0; list && i < list->count; i++)
        if (!is_sound(list->at[i]))
            return false;
    if (pattern->kind == NODE_pat_tuple)
        return list->count == pattern->type->args.count || !list->count;
    if (pattern->kind == NODE_pat_lit)
        return pattern->pat_lit_.value->type == pattern->type;
    return pattern->kind != NODE_pat_ctor || pattern->pat_ctor_.symbol ||
           pattern->type->kind == TYPE_option || pattern->type->kind == TYPE_result;
}

static struct row row_of(struct match *m, struct node *pattern)
{
    struct row row = {arena_array(m->arena, struct node *, 1), 1};
    row.at[0] = pattern;
    return row;
}

/* "`A`, `B` and 3 more"; each with `behind` in its quotes. */
static const char *list_values(struct match *m, const struct values *values, const char *behind)
{
    enum { SHOWN = 5 };
    uint32_t count = values->rows.count, shown = count <= SHOWN ? count : SHOWN - 1;
    const char *text = "";
    for (uint32_t i = 0; i < shown; i++) {
        const char *sign = !i ? "" : i + 1 == count ? " and " : ", ";
        text = arena_format(m->arena, "%s%s`%s%s`", text, sign, values->rows.at[i][0], behind);
    }
    return count == shown ? text : arena_format(m->arena, "%s and %u more", text, count - shown);
}

static void report_missing(struct match *m, struct node *node, const struct values *values)
{
    struct diags *diags = m->program->diags;
    const char *first = values->rows.at[0][0];
    struct span head = node->span;
    head.end = node->match_.subject->span.end;
    if (!strcmp(first, "_")) {
        struct diag *d = diag_error(diags, DIAG_not_exhaustive, head,
                                    "the match is not exhaustive: `%s` may be something else",
                                    node->match_.subject->type->text);
        diag_hint(diags, d, "add a last arm: `_ => …`");
        return;
    }
    bool is_one = values->rows.count == 1;
    struct diag *d = diag_error(diags, DIAG_not_exhaustive, head,
                                "the match is not exhaustive: %s %s not covered",
                                list_values(m, values, ""), is_one ? "is" : "are");
    diag_hint(diags, d, is_one ? "add an arm: %s" : "add arms: %s; or a last one, `_ => …`",
              list_values(m, values, " => …"));
}

/* Works in memory of its own: what it makes is as large as all the arms before. */
static bool arm_is_useful(struct match *m, struct matrix *before, struct row row,
                          struct columns columns)
{
    struct arena scratch = {0}, *outer = m->arena;
    m->arena = &scratch;
    bool is_useful = useful(m, before, row, columns);
    m->arena = outer;
    arena_free(&scratch);
    return is_useful;
}

const char *match_variant_meant(const struct symbol *symbol)
{
    const struct type *subject = symbol->type;
    for (uint32_t i = 0; subject->kind == TYPE_enum && i < type_variant_count(subject); i++)
        if (!strcasecmp(type_variant(subject, i).name, symbol->name))
            return type_variant(subject, i).name;
    return NULL;
}

/* `all`: the pattern of an arm before that takes every value, or NULL. */
static void report_useless(struct match *m, const struct node *pattern, const struct node *all)
{
    struct diags *diags = m->program->diags;
    const struct symbol *symbol = all && all->kind == NODE_pat_name ? all->pat_name_.symbol : NULL;
    if (symbol && !symbol->used && symbol->name[0] != '_')
        return; /* the name is told to be unused, and that it takes every value */
    struct diag *d = diag_warning(diags, DIAG_useless_arm, pattern->span,
                                  "this arm can never match: the ones before cover it");
    const char *meant = symbol ? match_variant_meant(symbol) : NULL;
    if (all)
        diag_note(diags, d, all->span, "this takes every value");
    if (meant) {
        diag_hint(diags, d, "`%s` is a new name here: did you mean `%s`?", all->pat_name_.name,
                  meant);
        diag_fix(diags, d, all->span, "%s", meant);
    }
}

static void check_match(struct match *m, struct node *node)
{
    const struct type *t = node->match_.subject->type;
    struct columns columns = {&t, 1};
    struct matrix matrix = {0};
    const struct node *all = NULL; /* that arm makes the ones behind useless: told once */
    bool is_told = false;
    if (!t || t->kind == TYPE_bad || t->kind == TYPE_never)
        return;
    m->looks = 0;
    for (uint32_t i = 0; i < node->match_.arms.count; i++) {
        struct node *arm = node->match_.arms.at[i];
        if (arm->kind != NODE_arm || !is_sound(arm->arm_.pattern))
            return;
        const struct node *pattern = arm->arm_.pattern;
        struct row row = row_of(m, arm->arm_.pattern);
        if (!(all && is_told) && !arm_is_useful(m, &matrix, row, columns)) {
            report_useless(m, pattern, all);
            is_told = all != NULL;
        }
        if (arm->arm_.guard)
            continue;
        vec_push(m->arena, &matrix.rows, row);
        if (!all && (pattern->kind == NODE_pat_name || pattern->kind == NODE_pat_wild))
            all = pattern;
    }
    m->steps = 0;
    struct values values = uncovered(m, &matrix, columns);
    if (values.rows.count)
        report_missing(m, node, &values);
}

static void check_pattern(struct match *m, struct node *pattern)
{
    if (!pattern || !is_sound(pattern))
        return;
    struct matrix matrix = {0};
    vec_push(m->arena, &matrix.rows, row_of(m, pattern));
    m->steps = 0;
    struct values values = uncovered(m, &matrix, (struct columns){&pattern->type, 1});
    if (!values.rows.count)
        return;
    struct diag *d = diag_error(m->program->diags, DIAG_refutable, pattern->span,
                                "this pattern does not match every `%s`: not `%s`",
                                pattern->type->text, values.rows.at[0][0]);
    diag_hint(m->program->diags, d, "`match` or `if x is …` tells the cases apart");
}

static bool is_broken(const struct node *node)
{
    const struct symbol *symbol = node->kind == NODE_func   ? node->func_.symbol
                                  : node->kind == NODE_test ? node->test_.symbol
                                                            : NULL;
    return symbol && symbol->func->is_broken;
}

static void visit(void *context, struct node *node)
{
    struct match *m = context;
    if (is_broken(node))
        return;
    if (node->kind == NODE_match)
        check_match(m, node);
    if (node->kind == NODE_let)
        check_pattern(m, node->let_.pattern);
    if (node->kind == NODE_for)
        check_pattern(m, node->for_.pattern);
    if (node->kind == NODE_comp)
        check_pattern(m, node->comp_.pattern);
    if (node->kind == NODE_lambda)
        for (uint32_t i = 0; i < node->lambda_.params.count; i++)
            if (node->lambda_.params.at[i]->kind == NODE_pat_tuple)
                check_pattern(m, node->lambda_.params.at[i]);
    ast_children(node, visit, m);
}

void check_matches(struct program *p)
{
    struct arena scratch = {0};
    struct match m = {.program = p, .arena = &scratch};
    for (uint32_t i = 0; i < p->modules.count; i++)
        visit(&m, p->modules.at[i]->tree);
    arena_free(&scratch);
}
