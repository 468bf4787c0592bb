/* extern_shim.c - the C file through which a program calls C functions: for each a function that
 * takes pointers to everything, and its row. What was concluded of types is asserted, on a line
 * that has the number of the function or, behind them, of the record. */
#include "extern_core.h"
#include "home.h"

#include <string.h>
#include <unistd.h>

static const char *spell(struct externs *x, const struct c_type *t)
{
    return c_type_spell(x->arena, t);
}

/* dfl knows the size of its own types only, so an enum must be an int. */
static void assert_enum(struct externs *x, const struct c_type *t, FILE *out)
{
    if (t->stars || (t->base != C_ENUM && t->base != C_NAMED))
        return;
    const char *name = spell(x, t);
    fprintf(
        out,
        "_Static_assert(sizeof(%s) == 4 && (__builtin_types_compatible_p(__typeof__(+(%s)0), int) "
        "|| __builtin_types_compatible_p(__typeof__(+(%s)0), unsigned)), \"an enum\"); ",
        name, name, name);
}

static void assert_signature(struct externs *x, const struct c_func *f, FILE *out)
{
    const struct c_signature *s = &f->signature;
    const struct func *func = f->symbol->func;
    for (uint32_t i = 0; i < s->params.count; i++)
        if (func->locals.at[i]->type->kind != TYPE_record)
            assert_enum(x, &s->params.at[i], out);
    if (func->result->kind != TYPE_record)
        assert_enum(x, &s->result, out);
    fprintf(out, "_Static_assert(__builtin_types_compatible_p(__typeof__(%s), %s (", f->name,
            spell(x, &s->result));
    for (uint32_t i = 0; i < s->params.count; i++)
        fprintf(out, "%s%s", i ? ", " : "", spell(x, &s->params.at[i]));
    fprintf(out, "%s)), \"as declared\"); ", s->is_open ? ", ..." : s->params.count ? "" : "void");
}

/* A value is read from where it is; all else is a pointer. */
static void write_function_args(struct externs *x, const struct c_func *f, FILE *out)
{
    const struct c_signature *s = &f->signature;
    for (uint32_t i = 0; i < s->params.count; i++) {
        const struct c_type *t = &s->params.at[i];
        if (t->stars)
            fprintf(out, "%sa[%u]", i ? ", " : "", i);
        else
            fprintf(out, "%s*(%s *)a[%u]", i ? ", " : "", spell(x, t), i);
    }
}

static void write_macro_args(struct externs *x, const struct c_func *f, FILE *out)
{
    const struct func *func = f->symbol->func;
    for (uint32_t i = 0; i < func->param_count; i++) {
        const struct symbol *p = func->locals.at[i];
        struct c_type t = c_given_type(x, p->type, p->is_var);
        if (t.stars)
            fprintf(out, "%s(%s)a[%u]", i ? ", " : "", spell(x, &t), i);
        else
            fprintf(out, "%s*(%s *)a[%u]", i ? ", " : "", spell(x, &t), i);
    }
}

static void write_result(struct externs *x, const struct c_func *f, FILE *out)
{
    if (f->how[f->symbol->func->param_count] == 's')
        fprintf(out, "*(const char **)out = (const char *)");
    else if (f->symbol->func->result->kind != TYPE_unit)
        fprintf(out, "*(%s *)out = ", spell(x, &f->result));
}

/* Headers of the C library whose functions are content with the stack that tasks have. */
static bool is_small(struct externs *x, const struct c_func *f)
{
    static const char *const names[] = {"ctype.h", "float.h",  "inttypes.h", "limits.h",
                                        "math.h",  "stdlib.h", "string.h",   "strings.h"};
    const char *header = f->node->func_.header, *link = f->node->func_.link;
    bool known = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        known |= !strcmp(header, names[i]);
    return known && (!link || !strcmp(link, "m")) &&
           access(arena_format(x->arena, "%s%s", x->folder, header), F_OK) != 0;
}

static const char *flags_of(struct externs *x, const struct c_func *f)
{
    bool is_io = f->symbol->func->flags & FUNC_IO;
    return arena_format(x->arena, "%s | %s | %s", is_io ? "DFL_C_IO" : "0",
                        is_small(x, f) ? "DFL_C_SMALL" : "0",
                        strspn(f->how, "vp") == strlen(f->how) ? "DFL_C_AS_IS" : "0");
}

static void write_func(struct externs *x, const struct c_func *f, uint32_t number, FILE *out)
{
    fprintf(out, "#line %u \"dfl\"\n", number + 1);
    if (f->form == FORM_FUNCTION)
        assert_signature(x, f, out);
    fprintf(out, "static void dfl_call_%u(void *out, void *const *a) { (void)out; (void)a; ",
            number);
    write_result(x, f, out);
    if (f->form == FORM_VALUE) {
        fprintf(out, "%s", f->name);
    } else if (f->form == FORM_MACRO) {
        fprintf(out, "%s(", f->name);
        write_macro_args(x, f, out);
        fprintf(out, ")");
    } else {
        fprintf(out, "(%s)(", f->name);
        write_function_args(x, f, out);
        fprintf(out, ")");
    }
    fprintf(out, "; }\nconst struct dfl_c_fn %s = {dfl_call_%u, \"%s\", \"%s\", %u, %s};\n",
            extern_symbol(x->arena, f->symbol), number, f->symbol->name, f->how,
            f->symbol->func->param_count, flags_of(x, f));
}

static void write_record(struct externs *x, const struct c_record *r, uint32_t number, FILE *out)
{
    const struct nodes *fields = &r->node->record_.fields;
    fprintf(out, "#line %u \"dfl\"\n", number + 1);
    for (uint32_t i = 0; i < fields->count; i++) {
        if (r->symbol->type->args.at[i]->kind != TYPE_record)
            assert_enum(x, &r->fields[i], out);
        fprintf(out,
                "_Static_assert(__builtin_types_compatible_p(__typeof__(((%s *)0)->%s), %s), \"a "
                "field\"); ",
                r->name, fields->at[i]->field_.name, spell(x, &r->fields[i]));
    }
    fprintf(out, "\n");
}

void extern_write_shim(struct externs *x, FILE *out)
{
    for (uint32_t i = 0; i < x->headers.count; i++)
        fprintf(out, "#include \"%s\"\n", x->headers.at[i].name);
    fprintf(out, "#include \"%s\"\n", home_path(x->arena, "include/dfl.h"));
    for (uint32_t i = 0; i < x->funcs.count; i++)
        write_func(x, &x->funcs.at[i], i, out);
    for (uint32_t i = 0; i < x->records.count; i++)
        write_record(x, &x->records.at[i], x->funcs.count + i, out);
}
