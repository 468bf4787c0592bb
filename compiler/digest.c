/* digest.c - read digest.h first. What the rows of ast.def hold is hashed field by field, by the
 * type of the field; what a name stands for is hashed as the number of its declaration, which is
 * its place in the list of those that were reached, and a local as its place in its function. */
#include "digest.h"

#include "extern.h"

#define XXH_INLINE_ALL
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Another way to hash, or another meaning of the same tree, needs another number. */
enum { DIGEST_VERSION = 1 };

struct digest {
    struct program *program;
    XXH3_state_t *hash;
    VEC(struct symbol *) reached;
    struct name_map numbers;     /* symbol -> its place in `reached`, from 1 */
    VEC(struct symbol *) around; /* the function at work, and lambdas in it */
    bool uses_c;
};

static void put_bytes(struct digest *d, const void *bytes, size_t len)
{
    XXH3_64bits_update(d->hash, bytes, len);
}

static void put_u64(struct digest *d, uint64_t n)
{
    put_bytes(d, &n, sizeof n);
}

static void put_i64(struct digest *d, int64_t n)
{
    put_u64(d, (uint64_t)n);
}

static void put_u32(struct digest *d, uint32_t n)
{
    put_u64(d, n);
}

static void put_bool(struct digest *d, bool b)
{
    put_u64(d, b);
}

static void put_double(struct digest *d, double x)
{
    put_bytes(d, &x, sizeof x);
}

static void put_text(struct digest *d, const char *text)
{
    size_t len = text ? strlen(text) : SIZE_MAX;
    put_u64(d, len);
    if (text)
        put_bytes(d, text, len);
}

/* Hashed with its length, see put_literal(); or not at all. */
#define PUT_NOTHING(name, ctype)                                                                   \
    static void name(struct digest *d, ctype value)                                                \
    {                                                                                              \
        (void)d, (void)value;                                                                      \
    }
PUT_NOTHING(put_chars, const char *)
PUT_NOTHING(put_span, struct span)
PUT_NOTHING(put_comments, struct comments *)

/* ---- what names and types stand for ---- */

static uint64_t number_of(struct digest *d, struct symbol *s)
{
    uintptr_t number = (uintptr_t)name_map_get(&d->numbers, (const char *)s);
    if (number)
        return number;
    vec_push(d->program->arena, &d->reached, s);
    number = d->reached.count;
    name_map_set(d->program->arena, &d->numbers, (const char *)s, (void *)number);
    return number;
}

/* Which of the functions around it a local belongs to; what a lambda that stands alone has captured
 * belongs to none. */
static uint64_t level_of(const struct digest *d, const struct symbol *owner)
{
    uint32_t level = d->around.count;
    while (level > 0 && d->around.at[level - 1] != owner)
        level--;
    return level;
}

static void put_symbol(struct digest *d, struct symbol *s)
{
    put_u64(d, s ? s->kind + 1 : 0);
    if (!s)
        return;
    switch (s->kind) {
    case SYM_LOCAL:
        put_u64(d, level_of(d, s->owner));
        put_u64(d, s->index);
        break;
    case SYM_VARIANT:
        put_u64(d, s->index);
        put_u64(d, number_of(d, s->owner));
        break;
    case SYM_TYPE_VAR:
        put_u64(d, s->index);
        break;
    case SYM_MODULE:
    case SYM_LOST:
        break;
    default:
        put_u64(d, number_of(d, s));
    }
}

/* The records and enums that a type names are as they are declared. */
static void put_declared(struct digest *d, const struct type *t)
{
    if (t->kind == TYPE_record || t->kind == TYPE_enum) {
        put_u64(d, number_of(d, (struct symbol *)t->symbol));
        return;
    }
    for (uint32_t i = 0; i < t->args.count; i++)
        put_declared(d, t->args.at[i]);
    if (t->result)
        put_declared(d, t->result);
}

static void put_type(struct digest *d, const struct type *t)
{
    put_text(d, t ? t->text : NULL);
    if (t)
        put_declared(d, t);
}

/* ---- nodes ---- */

static void put_node(struct digest *, struct node *);

/* Other attributes say how a task is run, not what it gives. */
static bool is_about_running(const struct node *n)
{
    return n->kind == NODE_attr && strcmp(n->attr_.name, "wrap") != 0 &&
           strcmp(n->attr_.name, "fastmath") != 0;
}

static void put_list(struct digest *d, const struct nodes *list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++)
        count += list->at[i] && !is_about_running(list->at[i]);
    put_u64(d, count);
    for (uint32_t i = 0; i < list->count; i++)
        if (list->at[i] && !is_about_running(list->at[i]))
            put_node(d, list->at[i]);
}

/* Names that a symbol or type tells better, and what is for readers only. */
static bool is_name_left_out(enum node_kind kind, const char *field)
{
    if (strcmp(field, "doc") == 0 || strcmp(field, "module") == 0)
        return true;
    return strcmp(field, "name") == 0 &&
           (kind == NODE_name || kind == NODE_pat_name || kind == NODE_param);
}

static void put_name(struct digest *d, const struct node *n, const char *field, const char *name)
{
    if (!is_name_left_out(n->kind, field))
        put_text(d, name);
}

/* What the rows have, but for notes. */
static void put_fields(struct digest *d, struct node *node)
{
    switch (node->kind) {
#define CHILD(x)                                                                                   \
    put_bool(d, n->x != NULL);                                                                     \
    if (n->x)                                                                                      \
        put_node(d, n->x);
#define LIST(x) put_list(d, &n->x);
#define NAME(x) put_name(d, node, #x, n->x);
#define DATA(ctype, x)                                                                             \
    if (strcmp(#x, "is_pub") != 0)                                                                 \
        _Generic((n->x),                                                                           \
            bool: put_bool,                                                                        \
            uint32_t: put_u32,                                                                     \
            uint64_t: put_u64,                                                                     \
            int64_t: put_i64,                                                                      \
            double: put_double,                                                                    \
            const char *: put_chars,                                                               \
            struct span: put_span,                                                                 \
            struct comments *: put_comments)(d, n->x);
#define NOTE(ctype, x)
#define NODE(kind, fields)                                                                         \
    case NODE_##kind: {                                                                            \
        __typeof__(node->kind##_) *n = &node->kind##_;                                             \
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

static void put_literal(struct digest *d, const struct node *n)
{
    if (n->kind == NODE_str)
        put_bytes(d, n->str_.bytes, n->str_.len);
    else if (n->kind == NODE_bytes)
        put_bytes(d, n->bytes_.bytes, n->bytes_.len);
    else if (n->kind == NODE_hole && n->hole_.spec)
        put_bytes(d, n->hole_.spec, n->hole_.spec_len);
}

static void put_call(struct digest *d, struct node *n)
{
    put_symbol(d, n->call_.target);
    put_u64(d, n->call_.builtin);
    put_u64(d, n->call_.generics.count);
    for (uint32_t i = 0; i < n->call_.generics.count; i++)
        put_type(d, n->call_.generics.at[i]);
    for (uint32_t i = 0; i < n->call_.args.count; i++)
        put_u64(d, ast_call_order(n, i));
    put_list(d, &n->call_.args); /* the callee is for messages */
}

static void put_func(struct digest *d, struct node *n)
{
    uint32_t flags = n->func_.flags;
    d->uses_c |= flags & FUNC_EXTERN && strcmp(n->func_.header, "dfl") != 0;
    n->func_.flags &= ~(uint32_t)FUNC_PUB;
    put_fields(d, n);
    n->func_.flags = flags;
}

static void put_lambda(struct digest *d, struct node *n)
{
    vec_push(d->program->arena, &d->around, n->lambda_.symbol);
    put_bool(d, n->lambda_.is_round);
    put_bool(d, n->lambda_.is_wide);
    put_fields(d, n);
    d->around.count--;
}

/* What check.c has found out. */
static void put_notes(struct digest *d, struct node *n)
{
    switch (n->kind) {
    case NODE_name:
        put_symbol(d, n->name_.symbol);
        break;
    case NODE_dot:
        put_u64(d, n->dot_.index);
        put_u64(d, n->dot_.builtin);
        put_symbol(d, n->dot_.symbol);
        break;
    case NODE_pat_name:
        put_symbol(d, n->pat_name_.symbol);
        break;
    case NODE_pat_ctor:
        put_u64(d, n->pat_ctor_.ctor);
        put_symbol(d, n->pat_ctor_.symbol);
        break;
    case NODE_field_init:
        put_u64(d, n->field_init_.index);
        break;
    case NODE_spawn:
        put_u64(d, n->spawn_.edges);
        break;
    default:
        break;
    }
}

static void put_node(struct digest *d, struct node *n)
{
    put_u64(d, n->kind);
    put_type(d, n->type);
    put_notes(d, n);
    put_literal(d, n);
    if (n->kind == NODE_call)
        put_call(d, n);
    else if (n->kind == NODE_func)
        put_func(d, n);
    else if (n->kind == NODE_lambda)
        put_lambda(d, n);
    else
        put_fields(d, n);
}

/* ---- the whole ---- */

static void put_file(struct digest *d, const char *path)
{
    char part[4096];
    FILE *f = fopen(path, "r");
    put_bool(d, f != NULL);
    if (!f)
        return;
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        put_bytes(d, part, n);
    put_bool(d, !ferror(f));
    fclose(f);
}

static void put_all(struct digest *d)
{
    put_u64(d, DIGEST_VERSION);
    for (uint32_t i = 0; i < d->reached.count; i++) {
        struct symbol *s = d->reached.at[i];
        d->around.count = 0;
        if (s->kind == SYM_FUNC && s->node->kind != NODE_lambda)
            vec_push(d->program->arena, &d->around, s);
        put_node(d, s->node);
    }
    if (d->uses_c)
        for (const char *const *file = extern_named(d->program); *file; file++)
            put_file(d, *file);
}

static uint64_t not_zero(uint64_t n)
{
    return n ? n : 1;
}

uint64_t digest_symbol(struct program *program, struct symbol *symbol)
{
    if (symbol->digest)
        return symbol->digest;
    struct digest d = {.program = program, .hash = XXH3_createState()};
    if (!d.hash)
        abort();
    XXH3_64bits_reset(d.hash);
    number_of(&d, symbol);
    put_all(&d);
    symbol->digest = not_zero(XXH3_64bits_digest(d.hash));
    XXH3_freeState(d.hash);
    return symbol->digest;
}

uint64_t digest_mix(uint64_t digest, uint64_t with)
{
    const uint64_t both[] = {digest, with};
    return not_zero(XXH3_64bits(both, sizeof both));
}

uint64_t digest_type(struct program *program, uint64_t digest, const struct type *t)
{
    digest = digest_mix(digest, XXH3_64bits(t->text, strlen(t->text)));
    if (t->kind == TYPE_record || t->kind == TYPE_enum)
        return digest_mix(digest, digest_symbol(program, (struct symbol *)t->symbol));
    for (uint32_t i = 0; i < t->args.count; i++)
        digest = digest_type(program, digest, t->args.at[i]);
    return digest;
}
