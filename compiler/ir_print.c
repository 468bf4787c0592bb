/* ir_print.c - DIR as text. What the text of an operation looks like beyond operands is in the
 * table ir_shapes, which the reader uses too. */
#include "ir_text.h"

#include "grid.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

const struct ir_shape ir_shapes[IR_OPS] = {
    [IR_const_int] = {SHAPE_INT, {NULL}},
    [IR_const_float] = {SHAPE_FLOAT, {NULL}},
    [IR_const_str] = {SHAPE_TEXT, {NULL}},
    [IR_add] = {SHAPE_FLAG, {"wrap"}},
    [IR_sub] = {SHAPE_FLAG, {"wrap"}},
    [IR_mul] = {SHAPE_FLAG, {"wrap"}},
    [IR_div] = {SHAPE_FLAG, {"wrap"}},
    [IR_rem] = {SHAPE_FLAG, {"wrap"}},
    [IR_neg] = {SHAPE_FLAG, {"wrap"}},
    [IR_shl] = {SHAPE_FLAG, {"wrap"}},
    [IR_shr] = {SHAPE_FLAG, {"wrap"}},
    [IR_cast] = {SHAPE_FLAG, {"wrap"}},
    [IR_elem] = {SHAPE_FLAG, {"unit", "dense"}},
    [IR_place_elem] = {SHAPE_FLAG, {"owned"}},
    [IR_await] = {SHAPE_FLAG, {"last"}},
    [IR_try_await] = {SHAPE_FLAG, {"last"}},
    [IR_get] = {SHAPE_INDEX, {NULL}},
    [IR_place_field] = {SHAPE_INDEX, {NULL}},
    [IR_variant] = {SHAPE_INDEX, {NULL}},
    [IR_is_variant] = {SHAPE_INDEX, {NULL}},
    [IR_payload] = {SHAPE_INDEX, {NULL}},
    [IR_extent] = {SHAPE_INDEX, {NULL}},
    [IR_stride] = {SHAPE_INDEX, {NULL}},
    [IR_select] = {SHAPE_INDEX, {NULL}},
    [IR_part] = {SHAPE_FORM, {NULL}},
    [IR_store_part] = {SHAPE_FORM, {NULL}},
    [IR_error_get] = {SHAPE_BUILTIN, {NULL}},
    [IR_debug] = {SHAPE_NAME, {NULL}},
    [IR_call] = {SHAPE_CALL, {NULL}},
    [IR_spawn] = {SHAPE_CALL, {NULL}},
    [IR_extern] = {SHAPE_EXTERN, {NULL}},
    [IR_format] = {SHAPE_FORMAT, {NULL}},
};

const char *const ir_builtins[IR_BUILTINS] = {
#define BUILTIN(name, text) [BUILTIN_##name] = #name,
#include "builtin.def"
#undef BUILTIN
};

const char *const ir_forms[] = {[GRID_AT] = "at", [GRID_RANGE] = "range", [GRID_ALL] = "all"};

bool ir_plain_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '$';
}

bool ir_plain_name(const char *name)
{
    if (!*name || (*name >= '0' && *name <= '9'))
        return false;
    for (const char *p = name; *p; p++)
        if (!ir_plain_char(*p))
            return false;
    return true;
}

static void print_quoted(FILE *out, const char *text, uint32_t len)
{
    fputc('"', out);
    for (uint32_t i = 0; i < len; i++) {
        unsigned char c = text[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void print_name(FILE *out, const char *name)
{
    if (ir_plain_name(name))
        fputs(name, out);
    else
        print_quoted(out, name, strlen(name));
}

/* A parameter of a function is called by its name if no other one is. */
static bool has_own_name(const struct ir_func *f, const struct ir_value *v)
{
    if (v->op != IR_param || v->block || !v->imm.name || !ir_plain_name(v->imm.name))
        return false;
    for (uint32_t i = 0; i < f->params.count; i++) {
        const char *other = f->params.at[i]->imm.name;
        if (f->params.at[i] != v && other && strcmp(other, v->imm.name) == 0)
            return false;
    }
    return true;
}

static void print_ref(const struct ir_func *f, const struct ir_value *v, FILE *out)
{
    if (has_own_name(f, v))
        fprintf(out, "%%%s", v->imm.name);
    else
        fprintf(out, "%%%" PRIu32, v->id);
}

static void print_refs(const struct ir_func *f, struct ir_value *const *at, uint32_t count,
                       FILE *out)
{
    for (uint32_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", out);
        print_ref(f, at[i], out);
    }
}

static void print_typed(const struct ir_func *f, const struct ir_value *v, FILE *out)
{
    print_ref(f, v, out);
    fprintf(out, ": %s%s", v->place ? "&" : "", v->type->text);
}

/* The shortest decimal that reads back to the same. */
static void print_float(double x, FILE *out)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    fputs(text, out);
}

static void print_spec(const struct dfl_spec *s, FILE *out)
{
    char text[80];
    char *p = text;
    if (s->align)
        p += sprintf(p, "%s%c", s->fill, s->align);
    if (s->sign)
        *p++ = s->sign;
    p += sprintf(p, "%s%s", s->alternate ? "#" : "", s->zero ? "0" : "");
    if (s->width)
        p += sprintf(p, "%" PRId32, s->width);
    if (s->comma)
        *p++ = ',';
    if (s->precision >= 0)
        p += sprintf(p, ".%" PRId32, s->precision);
    if (s->type)
        *p++ = s->type;
    print_quoted(out, text, p - text);
    fputc(' ', out);
}

static void print_parts(const struct ir_value *v, FILE *out)
{
    for (uint32_t i = 0; i <= v->arg_count; i++) {
        const struct ir_part *part = &v->imm.parts.at[i];
        print_quoted(out, part->text ? part->text : "", part->len);
        if (i == v->arg_count)
            break;
        fputs(", ", out);
        if (part->spec)
            print_spec(part->spec, out);
    }
}

static void print_types(struct types types, FILE *out)
{
    for (uint32_t i = 0; i < types.count; i++)
        fprintf(out, "%s%s", i ? ", " : "", types.at[i]->text);
}

static void print_word(FILE *out, bool *any, const char *word)
{
    fprintf(out, "%s%s", *any ? " " : " [", word);
    *any = true;
}

/* [edges 0x1 retries 3], as far as there is something to tell. */
static void print_spawn(const struct ir_value *v, FILE *out)
{
    static const struct dfl_policy none = {0};
    const struct dfl_policy *p = v->imm.call.policy ? v->imm.call.policy : &none;
    bool any = false;
    if (v->imm.call.edges) {
        print_word(out, &any, "edges");
        fprintf(out, " %#" PRIx64, v->imm.call.edges);
    }
#define POLICY(name)                                                                               \
    if (p->name) {                                                                                 \
        print_word(out, &any, #name);                                                              \
        fprintf(out, " %" PRId64, p->name);                                                        \
    }
#include "policy.def"
#undef POLICY
    if (p->on) {
        print_word(out, &any, "on ");
        print_quoted(out, p->on, strlen(p->on));
    }
    fputs(any ? "]" : "", out);
}

/* Operands of a call stand in parentheses behind the target. */
static void print_call(const struct ir_func *f, const struct ir_value *v, FILE *out)
{
    if (v->op == IR_extern) {
        fputc(' ', out);
        print_quoted(out, v->imm.ext.symbol, strlen(v->imm.ext.symbol));
        fputs(" [", out);
        print_types(v->imm.ext.types, out);
        fputs("](", out);
    } else {
        fputs(" @", out);
        print_name(out, v->imm.call.func->name);
        fputc('(', out);
    }
    print_refs(f, v->args, v->arg_count, out);
    fputc(')', out);
    if (v->op == IR_spawn)
        print_spawn(v, out);
}

static void print_operands(const struct ir_func *f, const struct ir_value *v, FILE *out)
{
    fputs(v->arg_count ? " " : "", out);
    print_refs(f, v->args, v->arg_count, out);
}

static void print_form(const struct ir_value *v, FILE *out)
{
    for (uint32_t i = 0; i < v->args[0]->type->rank; i++)
        fprintf(out, "%s%s", i ? ", " : "", ir_forms[grid_form(v->imm.form, i)]);
    fputs(v->imm.form & GRID_COPY ? " copy" : "", out);
}

static void print_immediate(const struct ir_value *v, FILE *out)
{
    switch ((enum shape)ir_shapes[v->op].shape) {
    case SHAPE_INT:
        fprintf(out, " %" PRId64, v->imm.i);
        break;
    case SHAPE_FLOAT:
        fputc(' ', out);
        print_float(v->imm.f, out);
        break;
    case SHAPE_TEXT:
        fputc(' ', out);
        print_quoted(out, v->imm.text.bytes, v->imm.text.len);
        break;
    case SHAPE_INDEX:
        fprintf(out, " [%" PRIu32 "]", v->imm.index);
        break;
    case SHAPE_FORM:
        fputs(" [", out);
        print_form(v, out);
        fputc(']', out);
        break;
    case SHAPE_FLAG:
        if (v->imm.flag)
            fprintf(out, " [%s]", ir_shapes[v->op].flags[v->imm.flag - 1]);
        break;
    case SHAPE_BUILTIN:
        fprintf(out, " [%s]", ir_builtins[v->imm.builtin]);
        break;
    case SHAPE_NAME:
        fputs(" [", out);
        print_quoted(out, v->imm.name, strlen(v->imm.name));
        fputc(']', out);
        break;
    case SHAPE_FORMAT:
        fputs(" [", out);
        print_parts(v, out);
        fputc(']', out);
        break;
    case SHAPE_NONE:
    case SHAPE_CALL:
    case SHAPE_EXTERN:
        break;
    }
}

static void print_targets(const struct ir_func *f, const struct ir_value *v, FILE *out)
{
    for (int t = 0; t < 2 && v->targets[t]; t++) {
        fprintf(out, "%s ^%" PRIu32, t || v->arg_count ? "," : "", v->targets[t]->id);
        if (!v->target_counts[t])
            continue;
        fputc('(', out);
        print_refs(f, v->target_args[t], v->target_counts[t], out);
        fputc(')', out);
    }
}

static void print_place(struct span span, FILE *out)
{
    if (!span.source)
        return;
    struct position at = source_position(span.source, span.start);
    fprintf(out, " @%" PRIu32 ":%" PRIu32, at.line, at.column);
}

static void print_value(const struct ir_func *f, const struct ir_value *v, FILE *out)
{
    fputs("  ", out);
    if (v->type) {
        print_typed(f, v, out);
        fputs(" = ", out);
    }
    fputs(ir_op_name(v->op), out);
    if (v->op == IR_call || v->op == IR_spawn || v->op == IR_extern)
        print_call(f, v, out);
    else
        print_operands(f, v, out);
    print_immediate(v, out);
    print_targets(f, v, out);
    if (v->fail)
        fprintf(out, " fail ^%" PRIu32, v->fail->id);
    if (v->nofail)
        fputs(" nofail", out);
    print_place(v->span, out);
    fputc('\n', out);
}

static void print_params(const struct ir_func *f, struct ir_value *const *at, uint32_t count,
                         FILE *out)
{
    fputc('(', out);
    for (uint32_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", out);
        print_typed(f, at[i], out);
    }
    fputc(')', out);
}

static void print_block(const struct ir_block *b, FILE *out)
{
    fprintf(out, "^%" PRIu32, b->id);
    if (b->params.count)
        print_params(b->func, b->params.at, b->params.count, out);
    fputs(":\n", out);
    for (uint32_t i = 0; i < b->body.count; i++)
        print_value(b->func, b->body.at[i], out);
}

static void print_func(const struct ir_func *f, FILE *out)
{
    fprintf(out, "%s%s @", f->flags & FUNC_IO ? "io " : "", f->flags & FUNC_TASK ? "task" : "fn");
    print_name(out, f->name);
    print_params(f, f->params.at, f->params.count, out);
    fprintf(out, " -> %s%s%s%s", f->result->text, f->nofail ? " nofail" : "",
            f->apart ? " apart" : "", f->fastmath ? " fastmath" : "");
    print_place(f->span, out);
    fputs(" {\n", out);
    for (uint32_t i = 0; i < f->blocks.count; i++)
        print_block(f->blocks.at[i], out);
    fputs("}\n", out);
}

static void print_record(const struct type *t, FILE *out)
{
    fprintf(out, "record %s {", t->text);
    for (uint32_t i = 0; i < t->args.count; i++)
        fprintf(out, "%s %s: %s", i ? "," : "", t->symbol->node->record_.fields.at[i]->field_.name,
                t->args.at[i]->text);
    fputs(" }\n", out);
}

static void print_enum(const struct type *t, FILE *out)
{
    fprintf(out, "enum %s {", t->text);
    for (uint32_t i = 0; i < type_variant_count(t); i++) {
        struct variant v = type_variant(t, i);
        fprintf(out, "%s %s", i ? "," : "", v.name);
        for (uint32_t j = 0; j < v.count; j++)
            fprintf(out, "%s%s", j ? ", " : "(", t->args.at[v.first + j]->text);
        fputs(v.count ? ")" : "", out);
    }
    fputs(" }\n", out);
}

/* Whether values may be of a declared type: not of one in a module that no import names. */
static bool is_at_hand(const struct type *t)
{
    const struct module *m = t->symbol->module;
    return !m || !m->is_std || m->is_imported;
}

void ir_print(const struct ir_module *m, FILE *out)
{
    fputs("module ", out);
    print_quoted(out, m->name, strlen(m->name));
    if (m->main) {
        fputs(" main @", out);
        print_name(out, m->main->name);
    }
    fputc('\n', out);
    for (uint32_t i = 0; i < m->types->all.count; i++)
        if (m->types->all.at[i]->kind == TYPE_record && is_at_hand(m->types->all.at[i]))
            print_record(m->types->all.at[i], out);
        else if (m->types->all.at[i]->kind == TYPE_enum && is_at_hand(m->types->all.at[i]))
            print_enum(m->types->all.at[i], out);
    for (uint32_t i = 0; i < m->funcs.count; i++)
        print_func(m->funcs.at[i], out);
}
