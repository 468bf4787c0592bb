/* ast.c - the walks over the tree that follow from the rows of ast.def; see ast.h. */
#include "ast.h"

#include "grid.h"

#include <inttypes.h>
#include <string.h>

struct node *ast_new(struct arena *arena, enum node_kind kind, struct span span)
{
    struct node *node = arena_new(arena, struct node);
    node->kind = kind;
    node->span = span;
    return node;
}

static const char *kind_name(enum node_kind kind)
{
    static const char *const names[] = {
#define NODE(kind, fields) #kind,
#include "ast.def"
#undef NODE
    };
    return names[kind];
}

const char *op_text(enum op op)
{
    static const char *const texts[] = {
        "",
#define OP(name, text) text,
#include "op.def"
#undef OP
    };
    return texts[op];
}

uint32_t ast_index_form(const struct node *node)
{
    const struct nodes *indices = &node->index_.indices;
    uint32_t form = 0;
    for (uint32_t i = 0; i < indices->count && i < DFL_RANK_MAX; i++) {
        const struct node *index = indices->at[i];
        if (index->kind == NODE_range)
            form |= (index->range_.lo || index->range_.hi ? GRID_RANGE : GRID_ALL) << (2 * i);
    }
    return form;
}

uint32_t ast_call_order(const struct node *call, uint32_t done)
{
    return call->call_.order ? call->call_.order[done] : done;
}

/* -- printing of plain fields -- */

static void print_bytes(FILE *out, const char *bytes, uint32_t len)
{
    fputs(" \"", out);
    for (uint32_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void print_name(FILE *out, const char *field, const char *name)
{
    if (!name)
        return;
    if (strcmp(field, "name"))
        fprintf(out, " %s:", field);
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    if (*name && !name[strspn(name, plain)])
        fprintf(out, " %s", name);
    else
        print_bytes(out, name, (uint32_t)strlen(name));
}

static void print_bool(FILE *out, const char *field, bool value)
{
    if (value)
        fprintf(out, " %s", field);
    else if (!strcmp(field, "value"))
        fputs(" false", out);
}

static void print_flags(FILE *out, uint32_t flags)
{
    static const char *const words[] = {"task", "io", "pub", "extern"};
    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++)
        if (flags & 1u << i)
            fprintf(out, " %s", words[i]);
}

static void print_u32(FILE *out, const char *field, uint32_t value)
{
    static const char *const reductions[] = {"", " reduce", " reduce", " scan"};
    if (!strcmp(field, "flags"))
        print_flags(out, value);
    else if (!strcmp(field, "op"))
        fprintf(out, value ? " %s" : "%s", op_text((enum op)value));
    else if (!strcmp(field, "reduce"))
        fputs(reductions[value], out);
    else if (strcmp(field, "len") && strcmp(field, "spec_len"))
        fprintf(out, " %s=%" PRIu32, field, value);
}

static void print_u64(FILE *out, const char *field, uint64_t value)
{
    (void)field;
    fprintf(out, " %" PRIu64, value);
}

static void print_i64(FILE *out, const char *field, int64_t value)
{
    fprintf(out, " %s=%" PRId64, field, value);
}

static void print_double(FILE *out, const char *field, double value)
{
    (void)field;
    fprintf(out, " %.17g", value);
}

/* Printed with its length, see print_text; or not at all. */
#define PRINT_NOTHING(name, ctype)                                                                 \
    static void name(FILE *out, const char *field, ctype value)                                    \
    {                                                                                              \
        (void)out, (void)field, (void)value;                                                       \
    }
PRINT_NOTHING(print_chars, const char *)
PRINT_NOTHING(print_place, struct span)
PRINT_NOTHING(print_comments, struct comments *)

#define PRINT_DATA(field, x)                                                                       \
    _Generic((x),                                                                                  \
        bool: print_bool,                                                                          \
        uint32_t: print_u32,                                                                       \
        uint64_t: print_u64,                                                                       \
        int64_t: print_i64,                                                                        \
        double: print_double,                                                                      \
        const char *: print_chars,                                                                 \
        struct span: print_place,                                                                  \
        struct comments *: print_comments)(out, field, x)

/* -- the walk over the fields of a node -- */

typedef void visit_child(void *context, const char *field, struct node *child);

static void visit_list(struct nodes list, visit_child *visit, void *context, const char *field)
{
    for (uint32_t i = 0; i < list.count; i++)
        if (list.at[i])
            visit(context, field, list.at[i]);
}

/* Calls `visit` for each child, unless it is NULL; prints each plain field, unless `out` is. */
static void walk(const struct node *node, visit_child *visit, void *context, FILE *out)
{
    switch (node->kind) {
#define CHILD(x)                                                                                   \
    if (visit && n->x)                                                                             \
        visit(context, #x, n->x);
#define LIST(x)                                                                                    \
    if (visit)                                                                                     \
        visit_list(n->x, visit, context, #x);
#define NAME(x)                                                                                    \
    if (out)                                                                                       \
        print_name(out, #x, n->x);
#define DATA(ctype, x)                                                                             \
    if (out)                                                                                       \
        PRINT_DATA(#x, n->x);
#define NOTE(ctype, x)
#define NODE(kind, fields)                                                                         \
    case NODE_##kind: {                                                                            \
        const __typeof__(node->kind##_) *n = &node->kind##_;                                       \
        (void)n;                                                                                   \
        fields break;                                                                              \
    }
#include "ast.def"
#undef NODE
#undef CHILD
#undef LIST
#undef NAME
#undef DATA
#undef NOTE
    case NODE_KINDS:
        break;
    }
}

/* What ast_children() was given. */
struct visitor {
    void (*visit)(void *, struct node *);
    void *context;
};

static void visit_unnamed(void *visitor, const char *field, struct node *child)
{
    struct visitor *v = visitor;
    (void)field;
    v->visit(v->context, child);
}

void ast_children(struct node *node, void (*visit)(void *, struct node *), void *context)
{
    struct visitor v = {visit, context};
    walk(node, visit_unnamed, &v, NULL);
}

/* -- printing: a line for the node with its plain fields, then its children, indented -- */

struct printer {
    FILE *out;
    struct arena *arena; /* for the text of types */
    int indent;
    bool is_shape; /* without spans */
};

/* From types.c, where that is linked in. */
const char *type_text(struct arena *, const struct type *) __attribute__((weak));

static void print_text(FILE *out, const struct node *node)
{
    if (node->kind == NODE_str)
        print_bytes(out, node->str_.bytes, node->str_.len);
    else if (node->kind == NODE_bytes)
        print_bytes(out, node->bytes_.bytes, node->bytes_.len);
    else if (node->kind == NODE_hole && node->hole_.spec)
        print_bytes(out, node->hole_.spec, node->hole_.spec_len);
}

static void print_span(FILE *out, struct span span)
{
    if (!span.source)
        return;
    struct position from = source_position(span.source, span.start);
    struct position to = source_position(span.source, span.end);
    fprintf(out, " %u:%u-%u:%u", from.line, from.column, to.line, to.column);
}

static void print_node(void *context, const char *field, struct node *node)
{
    struct printer *printer = context;
    fprintf(printer->out, "%*s", printer->indent * 2, "");
    if (field)
        fprintf(printer->out, "%s: ", field);
    fputs(kind_name(node->kind), printer->out);
    walk(node, NULL, NULL, printer->out);
    print_text(printer->out, node);
    if (!printer->is_shape)
        print_span(printer->out, node->span);
    if (node->type && type_text)
        fprintf(printer->out, ": %s", type_text(printer->arena, node->type));
    fputc('\n', printer->out);
    printer->indent++;
    walk(node, print_node, printer, NULL);
    printer->indent--;
}

static void print_tree(const struct node *node, FILE *out, bool is_shape)
{
    struct arena arena = {0};
    struct printer printer = {.out = out, .arena = &arena, .is_shape = is_shape};
    if (node)
        print_node(&printer, NULL, (struct node *)node);
    arena_free(&arena);
}

void ast_print(const struct node *node, FILE *out)
{
    print_tree(node, out, false);
}

void ast_print_shape(const struct node *node, FILE *out)
{
    print_tree(node, out, true);
}
