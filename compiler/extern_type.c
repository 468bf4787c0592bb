/* extern_type.c - types of C as its compiler tells them, and which dfl type fits which. */
#include "extern_core.h"

#include <ctype.h>
#include <string.h>

static const struct {
    const char *spelled, *fits;
} rows[] = {
    [C_OTHER] = {"?", NULL},
#define CTYPE(id, spelled, fits) [C_##id] = {spelled, fits},
#include "ctype.def"
#undef CTYPE
};

/* ---- reading -------------------------------------------------------------------------------- */

static const char *trim(struct arena *arena, const char *text, size_t len)
{
    while (len && isspace((unsigned char)*text))
        text++, len--;
    while (len && isspace((unsigned char)text[len - 1]))
        len--;
    return arena_copy(arena, text, len);
}

/* Behind the parenthesis that closes the one at `text`. */
static const char *behind_parens(const char *text)
{
    int depth = 0;
    do {
        depth += (*text == '(') - (*text == ')');
    } while (*text++ && depth > 0);
    return text;
}

static const char *skip_attributes(const char *text)
{
    while (!strncmp(text, "__attribute__", 13)) {
        text = behind_parens(text + 13);
        while (*text == ' ')
            text++;
    }
    return text;
}

/* The words of a type, counted. */
struct words {
    uint32_t stars, longs;
    bool is_const, is_unsigned, is_signed, is_short, is_odd;
    enum c_base base; /* of char int float double void _Bool; C_INT if nothing says so */
    bool has_base;
    const char *name;
};

static bool is_qualifier(const char *word)
{
    static const char *const all[] = {"volatile", "restrict", "__restrict", "__restrict__",
                                      "_Atomic"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(word, all[i]))
            return true;
    return false;
}

static enum c_base base_named(const char *word)
{
    static const struct {
        const char *word;
        enum c_base base;
    } all[] = {{"char", C_CHAR},    {"int", C_INT},    {"float", C_FLOAT}, {"double", C_DOUBLE},
               {"void", C_VOID},    {"_Bool", C_BOOL}, {"bool", C_BOOL},   {"struct", C_STRUCT},
               {"union", C_STRUCT}, {"enum", C_ENUM}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(word, all[i].word))
            return all[i].base;
    return C_NAMED;
}

static void add_word(struct words *w, struct arena *arena, const char *word)
{
    bool has_tag = w->base == C_STRUCT || w->base == C_ENUM;
    if (!strcmp(word, "const")) {
        w->is_const |= w->stars == 0;
    } else if (is_qualifier(word)) {
        w->is_odd |= w->stars == 0; /* of a pointer it says nothing to the caller */
    } else if (!strcmp(word, "unsigned")) {
        w->is_unsigned = true;
    } else if (!strcmp(word, "signed")) {
        w->is_signed = true;
    } else if (!strcmp(word, "long")) {
        w->longs++;
    } else if (!strcmp(word, "short")) {
        w->is_short = true;
    } else if (has_tag && !strchr(w->name, ' ')) {
        w->name = arena_format(arena, "%s %s", w->name, word);
    } else if (!w->has_base) {
        w->base = base_named(word);
        w->name = word;
        w->has_base = true;
    } else {
        w->is_odd |= strcmp(word, "int") != 0;
    }
}

static struct words read_words(struct arena *arena, const char *text)
{
    struct words w = {.base = C_INT};
    while (*text) {
        size_t len = 0;
        while (isalnum((unsigned char)text[len]) || text[len] == '_' || text[len] & 0x80)
            len++;
        if (len)
            add_word(&w, arena, arena_copy(arena, text, len));
        else if (*text == '*')
            w.stars++;
        else if (*text != ' ')
            w.is_odd = true;
        text += len ? len : 1;
    }
    return w;
}

static enum c_base base_of(const struct words *w)
{
    static const enum c_base sized[][2] = {{C_INT, C_UINT}, {C_LONG, C_ULONG}, {C_LLONG, C_ULLONG}};
    bool plain = !w->is_unsigned && !w->is_signed && !w->is_short && !w->longs;
    if (w->is_odd)
        return C_OTHER;
    if (w->base == C_CHAR && !w->is_short && !w->longs)
        return w->is_unsigned ? C_UCHAR : w->is_signed ? C_SCHAR : C_CHAR;
    if (w->base != C_INT)
        return plain ? w->base : C_OTHER;
    if (w->is_short)
        return w->is_unsigned ? C_USHORT : C_SHORT;
    return w->longs > 2 ? C_OTHER : sized[w->longs][w->is_unsigned];
}

/* Length without "restrict" at the end. */
static size_t behind_restrict(const char *text)
{
    size_t len = strlen(text), word = strlen("restrict");
    return len > word && !strcmp(text + len - word, "restrict") ? len - word : len;
}

struct c_type c_type_read(struct arena *arena, const char *text, const char *plain)
{
    text = skip_attributes(text);
    struct words w = read_words(arena, skip_attributes(plain));
    struct c_type t = {.stars = w.stars, .is_const = w.is_const, .name = w.name};
    t.base = base_of(&w);
    t.text = trim(arena, text, behind_restrict(text));
    t.plain = trim(arena, plain, strlen(plain));
    return t;
}

/* "int *" without its star, "char (*)[4]" without "(*)". */
static const char *pointee(struct arena *arena, const char *text)
{
    const char *star = strstr(text, "(*)");
    if (star)
        return arena_format(arena, "%.*s%s", (int)(star - text), text, star + 3);
    size_t len = strlen(text);
    return len && text[len - 1] == '*' ? trim(arena, text, len - 1) : text;
}

struct c_type c_pointee_read(struct arena *arena, const char *text, const char *plain)
{
    return c_type_read(arena, pointee(arena, text), pointee(arena, plain));
}

/* ---- signatures ----------------------------------------------------------------------------- */

static const char *find_parts(const char *text, const char **params)
{
    const char *star = strstr(text, "(*)");
    if (!star || star[3] != '(')
        return NULL;
    const char *end = behind_parens(star + 3);
    if (*end)
        return NULL;
    *params = star + 4;
    return star;
}

/* The part of a list up to a comma outside of parentheses, or its end; gives where the next begins.
 */
static const char *next_part(struct arena *arena, const char *list, const char **part)
{
    const char *at = list;
    int depth = 0;
    while (depth || (*at != ',' && *at != ')')) {
        depth += (*at == '(') - (*at == ')');
        at++;
    }
    *part = trim(arena, list, (size_t)(at - list));
    return *at == ',' ? at + 1 : at;
}

bool c_signature_read(struct arena *arena, const char *text, const char *plain,
                      struct c_signature *s)
{
    const char *written = NULL, *params = NULL;
    *s = (struct c_signature){0};
    plain = skip_attributes(plain);
    const char *star = find_parts(plain, &params);
    if (!star)
        return false;
    text = skip_attributes(text);
    const char *text_star = find_parts(text, &written);
    if (!text_star) { /* the whole type has a name */
        text = plain;
        text_star = star;
        written = params;
    }
    s->result = c_type_read(arena, trim(arena, text, (size_t)(text_star - text)),
                            trim(arena, plain, (size_t)(star - plain)));
    s->is_untold = *params == ')';
    while (*params != ')') {
        const char *one, *one_written;
        params = next_part(arena, params, &one);
        written = *written == ')' ? written : next_part(arena, written, &one_written);
        if (!strcmp(one, "..."))
            s->is_open = true;
        else if (strcmp(one, "void"))
            vec_push(arena, &s->params, c_type_read(arena, one_written, one));
    }
    return true;
}

/* ---- spelling ------------------------------------------------------------------------------- */

const char *c_type_spell(struct arena *arena, const struct c_type *t)
{
    char stars[16] = " ***************";
    const char *name = t->base >= C_ENUM ? t->name : rows[t->base].spelled;
    stars[t->stars < 14 ? t->stars + (t->stars > 0) : 15] = 0;
    return arena_format(arena, "%s%s%s", t->is_const ? "const " : "", name, stars);
}

static struct c_record *record_of(struct externs *x, const struct type *t)
{
    for (uint32_t i = 0; i < x->records.count; i++)
        if (t->kind == TYPE_record && x->records.at[i].symbol == t->symbol)
            return &x->records.at[i];
    return NULL;
}

/* The C type of a dfl type that is a value in C too: numbers, bool, structs; base C_OTHER for
 * others. */
static struct c_type c_type_of(struct externs *x, const struct type *t)
{
    static const enum c_base bases[TYPE_error + 1] = {
        [TYPE_unit] = C_VOID, [TYPE_bool] = C_BOOL,  [TYPE_int] = C_LONG, [TYPE_float] = C_DOUBLE,
        [TYPE_i8] = C_SCHAR,  [TYPE_i16] = C_SHORT,  [TYPE_i32] = C_INT,  [TYPE_i64] = C_LONG,
        [TYPE_u8] = C_UCHAR,  [TYPE_u16] = C_USHORT, [TYPE_u32] = C_UINT, [TYPE_u64] = C_ULONG,
        [TYPE_f32] = C_FLOAT,
    };
    const struct c_record *r = record_of(x, t);
    if (r && r->name)
        return (struct c_type){.base = C_STRUCT, .name = r->name, .text = r->name};
    return (struct c_type){.base = t->kind <= TYPE_error ? bases[t->kind] : C_OTHER};
}

struct c_type c_given_type(struct externs *x, const struct type *t, bool is_var)
{
    bool is_many = t->kind == TYPE_array || t->kind == TYPE_grid;
    struct c_type c = c_type_of(x, is_many ? t->args.at[0] : t);
    if (t->kind == TYPE_str || t->kind == TYPE_bytes)
        c.base = t->kind == TYPE_str ? C_CHAR : C_UCHAR;
    c.stars = is_var || is_many || t->kind == TYPE_str || t->kind == TYPE_bytes;
    c.is_const = c.stars && !is_var;
    return c;
}

/* ---- what fits ------------------------------------------------------------------------------ */

static bool number_fits(enum type_kind kind, enum c_base c)
{
    switch (kind) {
    case TYPE_bool:
        return c == C_BOOL;
    case TYPE_int:
    case TYPE_i64:
        return c == C_LONG || c == C_LLONG;
    case TYPE_u64:
        return c == C_ULONG || c == C_ULLONG;
    case TYPE_i32:
        return c == C_INT || c == C_ENUM || c == C_NAMED;
    case TYPE_u32:
        return c == C_UINT || c == C_ENUM || c == C_NAMED;
    case TYPE_i16:
        return c == C_SHORT;
    case TYPE_u16:
        return c == C_USHORT;
    case TYPE_i8:
        return c == C_CHAR || c == C_SCHAR;
    case TYPE_u8:
        return c == C_CHAR || c == C_UCHAR;
    case TYPE_float:
        return c == C_DOUBLE;
    case TYPE_f32:
        return c == C_FLOAT;
    default:
        return false;
    }
}

/* Of a struct with two names the compiler may tell either. */
static bool value_fits(struct externs *x, const struct type *t, const struct c_type *c)
{
    const struct c_record *r = record_of(x, t);
    if (!r)
        return number_fits(t->kind, c->base);
    if (c->base != C_STRUCT && c->base != C_NAMED)
        return false;
    struct words plain = read_words(x->arena, skip_attributes(c->plain));
    struct words text = read_words(x->arena, skip_attributes(c->text));
    return !r->name || !strcmp(r->name, plain.name) || !strcmp(r->name, text.name ? text.name : "");
}

static bool is_byte(enum c_base c)
{
    return c == C_CHAR || c == C_SCHAR || c == C_UCHAR || c == C_VOID;
}

static char fits_pointer(struct externs *x, const struct type *t, bool is_var,
                         const struct c_type *c)
{
    char elements = is_var ? 'c' : 'e';
    if (is_var == c->is_const)
        return 0;
    switch (t->kind) {
    case TYPE_str:
        return is_var || !is_byte(c->base) ? 0 : c->base == C_CHAR ? 's' : 'e';
    case TYPE_bytes:
        return is_byte(c->base) ? elements : 0;
    case TYPE_array:
    case TYPE_grid:
        return c->base == C_VOID || value_fits(x, t->args.at[0], c) ? elements : 0;
    default:
        if (!value_fits(x, t, c))
            return 0;
        return is_var ? 'p' : t->kind == TYPE_record ? 'v' : 0;
    }
}

char c_fits_param(struct externs *x, const struct type *t, bool is_var, const struct c_type *c)
{
    if (c->stars == 1)
        return fits_pointer(x, t, is_var, c);
    return c->stars == 0 && !is_var && value_fits(x, t, c) ? 'v' : 0;
}

char c_fits_result(struct externs *x, const struct type *t, const struct c_type *c)
{
    const struct type *text = t->kind == TYPE_option ? t->args.at[0] : t;
    if (c->stars && t->kind == TYPE_unit)
        return 'v'; /* it is let go of */
    if (c->stars == 1 && (c->base == C_CHAR || c->base == C_UCHAR))
        return text->kind == TYPE_str || text->kind == TYPE_bytes ? 's' : 0;
    if (c->stars)
        return 0;
    return value_fits(x, t, c) || (t->kind == TYPE_unit && c->base == C_VOID) ? 'v' : 0;
}

bool c_fits_field(struct externs *x, const struct type *t, const struct c_type *c)
{
    return c->stars == 0 && value_fits(x, t, c);
}

/* Numbers, bool and structs: what is the same in memory. */
static bool is_plain(const struct type *t)
{
    if (t->kind == TYPE_record)
        return t->symbol->node->record_.header != NULL;
    return type_is_number(t) || t->kind == TYPE_bool || t->kind == TYPE_bad || t->kind == TYPE_var;
}

bool c_has_form(const struct type *t, enum c_place place)
{
    const struct type *text = t->kind == TYPE_option && place == PLACE_RESULT ? t->args.at[0] : t;
    if (text->kind == TYPE_str || text->kind == TYPE_bytes)
        return place != PLACE_FIELD;
    if (t->kind == TYPE_unit)
        return place == PLACE_RESULT;
    if (t->kind == TYPE_array || t->kind == TYPE_grid)
        return place == PLACE_PARAM && is_plain(t->args.at[0]);
    return is_plain(t);
}

/* ---- what to write -------------------------------------------------------------------------- */

static const char *suggest_value(struct externs *x, const struct c_type *c)
{
    if (c->base < C_ENUM)
        return rows[c->base].fits;
    for (uint32_t i = 0; i < x->records.count; i++)
        if (value_fits(x, x->records.at[i].symbol->type, c))
            return x->records.at[i].symbol->name;
    return c->base == C_ENUM ? "i32" : NULL;
}

const char *c_suggest_param(struct externs *x, const struct c_type *c, bool *is_var)
{
    *is_var = c->stars == 1 && !c->is_const;
    if (c->stars == 1 && is_byte(c->base))
        return c->base == C_CHAR && c->is_const ? "str" : "bytes";
    const char *value = c->stars <= 1 ? suggest_value(x, c) : NULL;
    if (!value || c->base == C_VOID)
        return NULL;
    return c->stars == 1 && c->is_const && c->base < C_ENUM ? arena_format(x->arena, "[%s]", value)
                                                            : value;
}

const char *c_suggest_result(struct externs *x, const struct c_type *c)
{
    if (c->stars == 1 && (c->base == C_CHAR || c->base == C_UCHAR))
        return "str?";
    return c->stars ? NULL : suggest_value(x, c);
}
