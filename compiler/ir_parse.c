/* ir_parse.c - DIR from its text: a scanner with one token of look ahead, and a function for each
 * construct. A reader that has met an error sees the end of the text from then on. */
#include "ir_text.h"

#include "grid.h"

#include <assert.h>
#include <stdlib.h>

/* ---- scanning ------------------------------------------------------------------------------- */

enum token { TOKEN_END, TOKEN_WORD, TOKEN_NUMBER, TOKEN_STRING, TOKEN_SIGN };

struct reader {
    struct ir_module *module;
    struct intern *names;
    const struct source *source;
    struct diags *diags;
    const char *at;    /* behind the token */
    const char *start; /* of the token */
    enum token token;
    const char *text; /* of a word or string, unescaped; NULL otherwise */
    uint32_t len;
    bool first; /* on its line */
    bool bad;
    struct name_map funcs, records, values, blocks;
    VEC(struct ir_value *) defined; /* of the function, in order of text */
    VEC(const char *) unknown;      /* values and blocks mentioned so far without being defined */
    uint32_t max_line, max_column;
    uint32_t next_id; /* above all that the text gives */
};

static void read_bad(struct reader *r, const char *what)
{
    if (!r->bad) {
        uint32_t at = r->start - r->source->text;
        struct span span = {r->source, at, r->at > r->start ? r->at - r->source->text : at};
        diag_error(r->diags, DIAG_dir_text, span, "expected %s", what);
    }
    r->bad = true;
    r->token = TOKEN_END;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character behind a backslash at p[0]; gives what follows. */
static const char *scan_escape(struct reader *r, const char *p, char *out)
{
    *out = *p == 'n' ? '\n' : *p;
    if (*p != 'x')
        return p + (*p != 0);
    int high = hex_digit(p[1]), low = high < 0 ? -1 : hex_digit(p[2]);
    if (low < 0) {
        read_bad(r, "two hexadecimal digits");
        return p;
    }
    *out = (char)(high * 16 + low);
    return p + 3;
}

static void scan_string(struct reader *r)
{
    const char *p = r->start + 1;
    size_t room = strcspn(p, "\n") + 1;
    char *text = arena_alloc(r->module->arena, room, 1);
    r->len = 0;
    while (*p && *p != '"' && *p != '\n' && !r->bad) {
        if (*p != '\\')
            text[r->len++] = *p++;
        else
            p = scan_escape(r, p + 1, &text[r->len++]);
    }
    if (r->bad)
        return;
    if (*p != '"') {
        read_bad(r, "a closing quote");
        return;
    }
    r->at = p + 1;
    r->text = text;
    r->token = TOKEN_STRING;
}

/* Numbers are scanned as words that begin with a digit or a minus: 12, 0x1f, -1.5e+10, inf. */
static void scan_word(struct reader *r, enum token token)
{
    const char *p = r->start + 1;
    while (ir_plain_char(*p) ||
           ((*p == '-' || *p == '+') && token == TOKEN_NUMBER && (p[-1] == 'e' || p[-1] == 'E')))
        p++;
    r->at = p;
    r->text = intern(r->names, r->start, p - r->start);
    r->len = p - r->start;
    r->token = token;
}

static void next(struct reader *r)
{
    if (r->bad)
        return;
    size_t blank = strspn(r->at, " \t\r\n");
    r->first = memchr(r->at, '\n', blank) != NULL;
    r->at += blank;
    r->start = r->at;
    r->text = NULL;
    char c = *r->at;
    if (c == 0)
        r->token = TOKEN_END;
    else if (c == '"')
        scan_string(r);
    else if ((c >= '0' && c <= '9') || (c == '-' && r->at[1] != '>'))
        scan_word(r, TOKEN_NUMBER);
    else if (ir_plain_char(c))
        scan_word(r, TOKEN_WORD);
    else {
        r->at += c == '-' ? 2 : 1;
        r->token = TOKEN_SIGN;
    }
}

static bool at_sign(const struct reader *r, char c)
{
    return r->token == TOKEN_SIGN && *r->start == c;
}

static bool skip_sign(struct reader *r, char c)
{
    if (!at_sign(r, c))
        return false;
    next(r);
    return true;
}

static void need_sign(struct reader *r, char c)
{
    char what[] = {'\'', c, '\'', 0};
    if (!skip_sign(r, c))
        read_bad(r, what);
}

static bool skip_word(struct reader *r, const char *word)
{
    if (r->token != TOKEN_WORD || strcmp(r->text, word) != 0)
        return false;
    next(r);
    return true;
}

/* A word or a string; "" after an error. */
static const char *need_name(struct reader *r, const char *what)
{
    const char *name = r->text;
    if (r->token != TOKEN_WORD && r->token != TOKEN_STRING) {
        read_bad(r, what);
        return "";
    }
    name = intern(r->names, name, r->len);
    next(r);
    return name;
}

/* The unsigned number at the token, no greater than `limit`. */
static uint32_t need_number(struct reader *r, uint32_t limit, const char *what)
{
    char *end = NULL;
    uint64_t n = r->token == TOKEN_NUMBER ? strtoull(r->text, &end, 0) : 0;
    if (!end || *end || n > limit || *r->text == '-') {
        read_bad(r, what);
        return 0;
    }
    next(r);
    return n;
}

/* ---- types ---------------------------------------------------------------------------------- */

static const struct type *read_type(struct reader *);

static struct types read_types(struct reader *r, char close)
{
    VEC(const struct type *) list = {0};
    while (!at_sign(r, close) && !r->bad) {
        vec_push(r->module->arena, &list, read_type(r));
        if (!skip_sign(r, ','))
            break;
    }
    need_sign(r, close);
    return (struct types){list.at, list.count};
}

static const struct type *simple_type(struct reader *r, const char *name)
{
    for (uint32_t kind = 0; kind <= TYPE_error; kind++) {
        const struct type *t = r->module->types->simple[kind];
        if (t && kind > TYPE_never && strcmp(t->text, name) == 0)
            return t;
    }
    return NULL;
}

/* A record or enum of the text has no declaration, so one is made up: names of fields are looked
 * for there. It may be mentioned before it is defined, and is taken for a record until then. */
static struct type *named_type(struct reader *r, const char *name)
{
    struct arena *arena = r->module->arena;
    struct type *t = name_map_get(&r->records, name);
    if (t)
        return t;
    struct symbol *symbol = arena_new(arena, struct symbol);
    symbol->kind = SYM_RECORD;
    symbol->name = name;
    symbol->node = arena_new(arena, struct node);
    symbol->node->kind = NODE_record;
    t = (struct type *)type_make(r->module->types, TYPE_record, NULL, 0, 0, NULL, symbol);
    symbol->type = t;
    name_map_set(arena, &r->records, name, t);
    return t;
}

static const struct type *read_named(struct reader *r)
{
    const char *name = need_name(r, "a type");
    const struct type *t = simple_type(r, name);
    if (t || r->bad)
        return t ? t : r->module->types->simple[TYPE_unit];
    return named_type(r, name);
}

static const struct type *make_type(struct reader *r, enum type_kind kind, struct types parts,
                                    uint32_t rank)
{
    if (r->bad)
        return r->module->types->simple[TYPE_unit];
    return type_make(r->module->types, kind, parts.at, parts.count, rank, NULL, NULL);
}

static const struct type *read_map(struct reader *r)
{
    need_sign(r, '[');
    struct types parts = read_types(r, ']');
    if (parts.count != 2)
        read_bad(r, "a key and a value type");
    return make_type(r, TYPE_map, parts, 0);
}

static const struct type *read_array(struct reader *r)
{
    const struct type *elem = read_type(r);
    uint32_t rank = 1;
    if (skip_sign(r, ','))
        rank = need_number(r, DFL_RANK_MAX, "a rank up to 8");
    need_sign(r, ']');
    return r->bad || rank == 0 ? elem : type_grid(r->module->types, elem, rank);
}

static const struct type *read_group(struct reader *r)
{
    struct types parts = read_types(r, ')');
    if (parts.count == 0)
        return r->module->types->simple[TYPE_unit];
    return parts.count == 1 ? parts.at[0] : make_type(r, TYPE_tuple, parts, 0);
}

static const struct type *read_type(struct reader *r)
{
    const struct type *t;
    if (skip_word(r, "future")) {
        t = read_type(r);
        return make_type(r, TYPE_future, (struct types){&t, 1}, 0);
    }
    if (skip_sign(r, '['))
        t = read_array(r);
    else if (skip_sign(r, '('))
        t = read_group(r);
    else if (skip_word(r, "map"))
        t = read_map(r);
    else
        t = read_named(r);
    while (at_sign(r, '?') || at_sign(r, '!')) {
        t = make_type(r, at_sign(r, '?') ? TYPE_option : TYPE_result, (struct types){&t, 1}, 0);
        next(r);
    }
    return t;
}

static void read_record(struct reader *r)
{
    struct arena *arena = r->module->arena;
    struct type *t = named_type(r, need_name(r, "the name of a record"));
    struct nodes *names = &t->symbol->node->record_.fields;
    VEC(const struct type *) fields = {0};
    if (t->symbol->used || r->bad) {
        read_bad(r, "a record that is defined once");
        return;
    }
    ((struct symbol *)t->symbol)->used = true;
    need_sign(r, '{');
    while (!at_sign(r, '}') && !r->bad) {
        struct node *field = arena_new(arena, struct node);
        field->kind = NODE_field;
        field->field_.name = need_name(r, "the name of a field");
        need_sign(r, ':');
        vec_push(arena, &fields, read_type(r));
        vec_push(arena, names, field);
        if (!skip_sign(r, ','))
            break;
    }
    need_sign(r, '}');
    type_set_fields(t, arena, fields.at, fields.count);
}

/* The variants come before anything that mentions the enum is laid out or checked, so that what was
 * taken for a record can still become an enum. */
static void read_enum(struct reader *r)
{
    struct arena *arena = r->module->arena;
    struct type *t = named_type(r, need_name(r, "the name of an enum"));
    struct symbol *symbol = (struct symbol *)t->symbol;
    VEC(const struct type *) parts = {0};
    if (symbol->used || r->bad) {
        read_bad(r, "an enum that is defined once");
        return;
    }
    symbol->used = true;
    symbol->kind = SYM_ENUM;
    symbol->node->kind = NODE_enum;
    t->kind = TYPE_enum;
    need_sign(r, '{');
    while (!at_sign(r, '}') && !r->bad) {
        struct node *variant = arena_new(arena, struct node);
        variant->kind = NODE_variant;
        variant->variant_.name = need_name(r, "the name of a variant");
        struct types its = {0};
        if (skip_sign(r, '('))
            its = read_types(r, ')');
        for (uint32_t i = 0; i < its.count; i++)
            vec_push(arena, &parts, its.at[i]);
        variant->variant_.types.count = its.count;
        vec_push(arena, &symbol->node->enum_.variants, variant);
        if (!skip_sign(r, ','))
            break;
    }
    need_sign(r, '}');
    type_set_fields(t, arena, parts.at, parts.count);
}

/* ---- values --------------------------------------------------------------------------------- */

static struct ir_value *mention(struct reader *r, const char *name)
{
    struct ir_value *v = name_map_get(&r->values, name);
    if (!v) {
        v = arena_new(r->module->arena, struct ir_value);
        v->op = IR_OPS; /* until it is defined */
        name_map_set(r->module->arena, &r->values, name, v);
        vec_push(r->module->arena, &r->unknown, name);
    }
    return v;
}

static const char *read_value_name(struct reader *r)
{
    need_sign(r, '%');
    if (r->token != TOKEN_WORD && r->token != TOKEN_NUMBER) {
        read_bad(r, "a value, like %1");
        return "";
    }
    const char *name = r->text;
    next(r);
    return name;
}

static struct ir_value *read_ref(struct reader *r)
{
    return mention(r, read_value_name(r));
}

/* `%1: int`; the value is defined by it. */
static struct ir_value *read_definition(struct reader *r, enum ir_op op)
{
    struct ir_value *v = read_ref(r);
    if (v->op != IR_OPS)
        read_bad(r, "a value that is defined once");
    v->op = op;
    need_sign(r, ':');
    v->place = skip_sign(r, '&');
    v->type = read_type(r);
    vec_push(r->module->arena, &r->defined, v);
    return v;
}

struct refs {
    struct ir_value **at;
    uint32_t count, room;
};

/* %1, %2, ... up to what is not a value, or the end of the line. */
static void read_refs(struct reader *r, struct refs *list)
{
    while (at_sign(r, '%') && !r->first) {
        vec_push(r->module->arena, list, read_ref(r));
        if (!at_sign(r, ',') || strchr("^", r->at[strspn(r->at, " ")]))
            return;
        next(r);
    }
}

static struct ir_block *read_block_ref(struct reader *r)
{
    need_sign(r, '^');
    if (r->token != TOKEN_NUMBER) {
        read_bad(r, "a block, like ^1");
        return NULL;
    }
    const char *name = r->text;
    struct ir_block *b = name_map_get(&r->blocks, name);
    if (!b) {
        b = arena_new(r->module->arena, struct ir_block);
        name_map_set(r->module->arena, &r->blocks, name, b);
    }
    b->id = need_number(r, UINT32_MAX, "a block, like ^1");
    return b;
}

static void read_target(struct reader *r, struct ir_value *v, int which)
{
    struct refs args = {0};
    v->targets[which] = read_block_ref(r);
    if (skip_sign(r, '(')) {
        read_refs(r, &args);
        need_sign(r, ')');
    }
    v->target_args[which] = args.at;
    v->target_counts[which] = args.count;
}

static struct ir_func *read_func_ref(struct reader *r)
{
    need_sign(r, '@');
    const char *name = need_name(r, "the name of a function");
    struct ir_func *f = name_map_get(&r->funcs, name);
    if (!f && !r->bad) {
        f = arena_new(r->module->arena, struct ir_func);
        f->name = name;
        name_map_set(r->module->arena, &r->funcs, name, f);
    }
    return f;
}

/* The number behind a word. */
static uint64_t read_count(struct reader *r)
{
    uint64_t n = r->token == TOKEN_NUMBER ? strtoull(r->text, NULL, 0) : 0;
    if (r->token != TOKEN_NUMBER)
        read_bad(r, "a number");
    next(r);
    return n;
}

/* What print_spawn() wrote, behind the bracket. */
static void read_spawn(struct reader *r, struct ir_value *v)
{
    struct dfl_policy policy = {0};
    bool any = false;
    while (!r->bad && !skip_sign(r, ']')) {
        if (skip_word(r, "edges"))
            v->imm.call.edges = read_count(r);
#define POLICY(name) else if (skip_word(r, #name)) any = true, policy.name = (int64_t)read_count(r);
#include "policy.def"
#undef POLICY
        else if (skip_word(r, "on"))
            any = true, policy.on = need_name(r, "a label");
        else
            read_bad(r, "[edges BITS, or what a policy has]");
    }
    if (any) {
        struct dfl_policy *made = arena_new(r->module->arena, struct dfl_policy);
        *made = policy;
        v->imm.call.policy = made;
    }
}

static void read_call(struct reader *r, struct ir_value *v, struct refs *args)
{
    if (v->op == IR_extern) {
        v->imm.ext.symbol = need_name(r, "the name of a C function");
        need_sign(r, '[');
        v->imm.ext.types = read_types(r, ']');
    } else {
        v->imm.call.func = read_func_ref(r);
    }
    need_sign(r, '(');
    read_refs(r, args);
    need_sign(r, ')');
    if (v->op == IR_spawn && skip_sign(r, '['))
        read_spawn(r, v);
}

/* The specification as print_spec() wrote it. */
static const struct dfl_spec *spec_of(struct reader *r, const char *p, const char *end)
{
    struct dfl_spec *s = arena_new(r->module->arena, struct dfl_spec);
    *s = (struct dfl_spec){.fill = " ", .precision = -1};
    uint32_t fill = 1; /* bytes of the first character */
    while (p + fill < end && (p[fill] & 0xc0) == 0x80)
        fill++;
    if (p + fill < end && fill < sizeof s->fill && strchr("<>^=", p[fill])) {
        memcpy(s->fill, p, fill);
        s->align = p[fill];
        p += fill + 1;
    }
    if (p < end && strchr("+- ", *p))
        s->sign = *p++;
    s->alternate = p < end && *p == '#';
    p += s->alternate;
    s->zero = p < end && *p == '0';
    p += s->zero;
    char *rest = (char *)p;
    if (p < end && *p != '-' && *p != '+')
        s->width = strtol(p, &rest, 10);
    s->comma = *rest == ',';
    rest += s->comma;
    if (*rest == '.')
        s->precision = strtol(rest + 1, &rest, 10);
    if (rest < end)
        s->type = *rest++;
    if (rest != end)
        read_bad(r, "a format specification");
    return s;
}

static void read_part_text(struct reader *r, struct ir_part *part)
{
    if (r->token != TOKEN_STRING) {
        read_bad(r, "a string");
        return;
    }
    part->text = r->text;
    part->len = r->len;
    next(r);
}

/* ["text", "spec" "text", ...]: two strings side by side are a specification and a text. */
static void read_parts(struct reader *r, struct ir_value *v)
{
    v->imm.parts.at = arena_array(r->module->arena, struct ir_part, v->arg_count + 1);
    read_part_text(r, &v->imm.parts.at[0]);
    for (uint32_t i = 1; i <= v->arg_count && !r->bad; i++) {
        struct ir_part *part = &v->imm.parts.at[i];
        need_sign(r, ',');
        read_part_text(r, part);
        if (r->token != TOKEN_STRING)
            continue;
        v->imm.parts.at[i - 1].spec = spec_of(r, part->text, part->text + part->len);
        read_part_text(r, part);
    }
}

static void read_builtin(struct reader *r, struct ir_value *v)
{
    const char *name = need_name(r, "the name of a builtin");
    for (uint32_t i = 1; i < IR_BUILTINS; i++)
        if (strcmp(ir_builtins[i], name) == 0)
            v->imm.builtin = i;
    if (!v->imm.builtin)
        read_bad(r, "the name of a builtin before this");
}

static void read_form(struct reader *r, struct ir_value *v)
{
    for (uint32_t axis = 0; axis < DFL_RANK_MAX && !r->bad; axis++) {
        uint32_t form = 0;
        while (form < 3 && !skip_word(r, ir_forms[form]))
            form++;
        if (form == 3)
            read_bad(r, "at, range or all");
        v->imm.form |= form << (2 * axis);
        if (!skip_sign(r, ','))
            break;
    }
    if (skip_word(r, "copy"))
        v->imm.form |= GRID_COPY;
}

/* What stands in brackets behind the operands. */
static void read_bracket(struct reader *r, struct ir_value *v)
{
    enum shape shape = ir_shapes[v->op].shape;
    if (shape == SHAPE_FLAG && !at_sign(r, '['))
        return;
    need_sign(r, '[');
    if (shape == SHAPE_INDEX)
        v->imm.index = need_number(r, UINT32_MAX, "the number of a field");
    else if (shape == SHAPE_FORM)
        read_form(r, v);
    else if (shape == SHAPE_BUILTIN)
        read_builtin(r, v);
    else if (shape == SHAPE_NAME)
        v->imm.name = need_name(r, "a name");
    else if (shape == SHAPE_FORMAT)
        read_parts(r, v);
    else if (skip_word(r, ir_shapes[v->op].flags[0]))
        v->imm.flag = 1;
    else if (ir_shapes[v->op].flags[1] && skip_word(r, ir_shapes[v->op].flags[1]))
        v->imm.flag = 2;
    else
        read_bad(r, ir_shapes[v->op].flags[0]);
    need_sign(r, ']');
}

static void read_constant(struct reader *r, struct ir_value *v)
{
    enum shape shape = ir_shapes[v->op].shape;
    if (r->token != (shape == SHAPE_TEXT ? TOKEN_STRING : TOKEN_NUMBER) &&
        !(shape == SHAPE_FLOAT && r->token == TOKEN_WORD)) {
        read_bad(r, "the constant");
        return;
    }
    if (shape == SHAPE_INT)
        v->imm.i = strtoll(r->text, NULL, 0);
    else if (shape == SHAPE_FLOAT)
        v->imm.f = strtod(r->text, NULL);
    else {
        v->imm.text.bytes = r->text;
        v->imm.text.len = r->len;
    }
    next(r);
}

/* Line and column go into the span as they are; spans_settle() makes offsets of them. */
static struct span read_place(struct reader *r)
{
    struct span span = {0};
    if (!at_sign(r, '@'))
        return span;
    next(r);
    span.source = r->source;
    span.start = need_number(r, 1 << 20, "a line");
    need_sign(r, ':');
    span.end = need_number(r, 4096, "a column up to 4096");
    if (!span.start || !span.end)
        read_bad(r, "a line and a column from 1");
    if (span.start > r->max_line)
        r->max_line = span.start;
    if (span.end > r->max_column)
        r->max_column = span.end;
    return span;
}

static enum ir_op read_op(struct reader *r)
{
    const char *name = need_name(r, "an operation");
    for (uint32_t op = 0; op < IR_param; op++)
        if (strcmp(ir_op_name(op), name) == 0)
            return op;
    read_bad(r, "the name of an operation before this");
    return IR_unreachable;
}

static void read_behind(struct reader *r, struct ir_value *v)
{
    int targets = v->op == IR_br ? 1 : v->op == IR_br_if ? 2 : 0;
    for (int which = 0; which < targets; which++)
        if (skip_sign(r, ',') || (which == 0 && at_sign(r, '^')))
            read_target(r, v, which);
    if (skip_word(r, "fail"))
        v->fail = read_block_ref(r);
    v->nofail = skip_word(r, "nofail");
    v->span = read_place(r);
}

static void read_instruction(struct reader *r, struct ir_block *b)
{
    struct ir_value *v;
    if (at_sign(r, '%')) {
        v = read_definition(r, IR_OPS);
        need_sign(r, '=');
    } else {
        v = arena_new(r->module->arena, struct ir_value);
        v->id = UINT32_MAX;
        vec_push(r->module->arena, &r->defined, v);
    }
    v->op = read_op(r);
    v->block = b;
    struct refs args = {0};
    enum shape shape = ir_shapes[v->op].shape;
    if (shape == SHAPE_INT || shape == SHAPE_FLOAT || shape == SHAPE_TEXT)
        read_constant(r, v);
    else if (shape == SHAPE_CALL || shape == SHAPE_EXTERN)
        read_call(r, v, &args);
    else
        read_refs(r, &args);
    v->args = args.at;
    v->arg_count = args.count;
    if (shape >= SHAPE_INDEX)
        if (shape != SHAPE_CALL && shape != SHAPE_EXTERN)
            read_bracket(r, v);
    read_behind(r, v);
    vec_push(r->module->arena, &b->body, v);
}

static void read_block(struct reader *r, struct ir_func *f)
{
    struct ir_block *b = read_block_ref(r);
    if (r->bad)
        return;
    if (b->func)
        read_bad(r, "a block that is defined once");
    b->func = f;
    vec_push(r->module->arena, &f->blocks, b);
    if (skip_sign(r, '(')) {
        while (at_sign(r, '%')) {
            struct ir_value *v = read_definition(r, IR_param);
            v->block = b;
            vec_push(r->module->arena, &b->params, v);
            if (!skip_sign(r, ','))
                break;
        }
        need_sign(r, ')');
    }
    need_sign(r, ':');
    while (!r->bad && (at_sign(r, '%') || r->token == TOKEN_WORD))
        read_instruction(r, b);
}

static void read_func_params(struct reader *r, struct ir_func *f)
{
    need_sign(r, '(');
    while (at_sign(r, '%')) {
        const char *name = r->at;
        struct ir_value *v = read_definition(r, IR_param);
        size_t len = 0;
        while (ir_plain_char(name[len]))
            len++;
        if (!r->bad && ir_plain_name(intern(r->names, name, len)))
            v->imm.name = intern(r->names, name, len);
        vec_push(r->module->arena, &f->params, v);
        if (!skip_sign(r, ','))
            break;
    }
    need_sign(r, ')');
}

/* A value with a number for a name keeps it; the others get numbers above. */
static void number_values(struct reader *r, struct ir_func *f)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->values.room; i++) {
        struct ir_value *v = r->values.slots[i].value;
        const char *name = r->values.slots[i].name;
        if (!name)
            continue;
        bool numbered = *name >= '0' && *name <= '9';
        v->id = numbered ? strtoul(name, NULL, 10) : UINT32_MAX;
        if (numbered && v->id >= count)
            count = v->id + 1;
    }
    for (uint32_t i = 0; i < r->defined.count; i++)
        if (r->defined.at[i]->id == UINT32_MAX)
            r->defined.at[i]->id = count++;
    f->value_count = count;
}

static void check_defined(struct reader *r, const struct ir_func *f)
{
    for (uint32_t i = 0; i < r->unknown.count; i++) {
        const struct ir_value *v = name_map_get(&r->values, r->unknown.at[i]);
        if (v->op == IR_OPS)
            read_bad(r, arena_format(r->module->arena, "a definition of %%%s in @%s",
                                     r->unknown.at[i], f->name));
    }
    for (uint32_t i = 0; i < r->blocks.room; i++) {
        const struct ir_block *b = r->blocks.slots[i].value;
        if (r->blocks.slots[i].name && !b->func)
            read_bad(r, arena_format(r->module->arena, "a definition of ^%s in @%s",
                                     r->blocks.slots[i].name, f->name));
    }
}

static void read_func(struct reader *r, uint32_t flags)
{
    struct ir_func *f = read_func_ref(r);
    if (r->bad)
        return;
    if (f->result)
        read_bad(r, "a function that is defined once");
    f->flags = flags;
    r->values = r->blocks = (struct name_map){0};
    r->defined.count = r->unknown.count = 0;
    read_func_params(r, f);
    need_sign(r, '-');
    f->result = read_type(r);
    f->nofail = skip_word(r, "nofail");
    f->apart = skip_word(r, "apart");
    f->fastmath = skip_word(r, "fastmath");
    f->span = read_place(r);
    need_sign(r, '{');
    while (at_sign(r, '^'))
        read_block(r, f);
    if (!r->bad)
        check_defined(r, f);
    need_sign(r, '}');
    number_values(r, f);
    f->index = r->module->funcs.count;
    vec_push(r->module->arena, &r->module->funcs, f);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void settle_span(struct span *span, const struct source *source, uint32_t width)
{
    if (!span->source)
        return;
    span->source = source;
    span->start = (span->start - 1) * width + span->end - 1;
    span->end = span->start + 1;
}

/* Places of the text are lines and columns of a source that is not at hand: a blank one, large
 * enough for all of them, stands for it. */
static void settle_spans(struct reader *r)
{
    uint32_t width = r->max_column + 1;
    size_t size = (size_t)width * (r->max_line + 1);
    char *blank = arena_alloc(r->module->arena, size + 1, 1);
    memset(blank, ' ', size);
    for (size_t i = width - 1; i < size; i += width)
        blank[i] = '\n';
    const struct source *source = source_make(r->module->arena, r->module->name, blank, size);
    for (uint32_t i = 0; i < r->module->funcs.count; i++) {
        struct ir_func *f = r->module->funcs.at[i];
        settle_span(&f->span, source, width);
        for (uint32_t j = 0; j < f->blocks.count; j++)
            for (uint32_t k = 0; k < f->blocks.at[j]->body.count; k++)
                settle_span(&f->blocks.at[j]->body.at[k]->span, source, width);
    }
}

static void read_header(struct reader *r)
{
    r->module->name = "";
    if (!skip_word(r, "module"))
        return;
    r->module->name = need_name(r, "the name of a source file");
    if (skip_word(r, "main"))
        r->module->main = read_func_ref(r);
}

static void read_module(struct reader *r)
{
    read_header(r);
    while (!r->bad && r->token != TOKEN_END) {
        uint32_t flags = skip_word(r, "io") ? FUNC_IO : 0;
        if (!flags && skip_word(r, "record"))
            read_record(r);
        else if (!flags && skip_word(r, "enum"))
            read_enum(r);
        else if (skip_word(r, "task"))
            read_func(r, flags | FUNC_TASK);
        else if (skip_word(r, "fn"))
            read_func(r, flags);
        else
            read_bad(r, "record, enum, fn or task");
    }
    for (uint32_t i = 0; i < r->records.room; i++) {
        const struct type *t = r->records.slots[i].value;
        if (t && !t->symbol->used)
            read_bad(r, arena_format(r->module->arena, "a definition of %s", t->text));
    }
    for (uint32_t i = 0; i < r->funcs.room; i++) {
        const struct ir_func *f = r->funcs.slots[i].value;
        if (r->funcs.slots[i].name && !f->result)
            read_bad(r, arena_format(r->module->arena, "a definition of @%s", f->name));
    }
}

struct ir_module *ir_parse(struct arena *arena, struct type_table *types, struct intern *names,
                           const struct source *source, struct diags *diags)
{
    struct reader r = {.names = names, .source = source, .diags = diags, .at = source->text};
    r.module = arena_new(arena, struct ir_module);
    r.module->arena = arena;
    r.module->types = types;
    next(&r);
    read_module(&r);
    if (r.bad)
        return NULL;
    settle_spans(&r);
    return r.module;
}
