/* extern_probe.c - asks the C compiler what headers declare. A C file holds a question a line: an
 * assignment that is wrong on purpose, so that the compiler tells the type of what is assigned. It
 * tells the line, and that numbers the question. What is concluded from the answers is asserted in
 * the shim, so a compiler that words them otherwise costs the explanation, not the check. */
#include "cc.h"
#include "extern_core.h"
#include "temp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- questions ------------------------------------------------------------------------------ */

/* Begins the line of a new question; gives its number. */
static uint32_t ask(struct externs *x, FILE *out)
{
    if (!x->questions.count)
        vec_push(x->arena, &x->questions, (struct question){0});
    vec_push(x->arena, &x->questions, (struct question){0});
    fprintf(out, "\n#line %u \"dfl\"\n", x->questions.count - 1);
    return x->questions.count - 1;
}

static const char *spell(struct externs *x, struct c_type t)
{
    return c_type_spell(x->arena, &t);
}

static void ask_headers(struct externs *x, FILE *out)
{
    for (uint32_t i = 0; i < x->headers.count; i++) {
        struct c_header *h = &x->headers.at[i];
        fprintf(out, "#if __has_include(\"%s\")\n#line %u \"dfl-header\"\n#include \"%s\"\n",
                h->name, i + 1, h->name);
        fprintf(out,
                "#line %u \"dfl-header\"\n; /* what the header leaves open ends here */\n#else",
                i + 1);
        h->ask = ask(x, out);
        fprintf(out, "#error no such header\n#endif\n");
    }
    fprintf(out, "struct dfl_probe;\n");
}

/* What stands for the types of a macro's parameters, which has none. */
static void write_params(struct externs *x, const struct c_func *f, FILE *out)
{
    const struct func *func = f->symbol->func;
    for (uint32_t i = 0; i < func->param_count; i++) {
        const struct symbol *p = func->locals.at[i];
        fprintf(out, "%s%s a%u", i ? ", " : "", spell(x, c_given_type(x, p->type, p->is_var)), i);
    }
    fprintf(out, "%s", func->param_count ? "" : "void");
}

static void ask_func(struct externs *x, struct c_func *f, FILE *out)
{
    uint32_t count = f->symbol->func->param_count;
    f->ask_function = ask(x, out);
    fprintf(out, "struct dfl_probe *dfl_f%u = &%s;\n", f->ask_function, f->name);
    fprintf(out, "#ifdef %s\nstatic void dfl_m%u(", f->name, f->ask_function);
    write_params(x, f, out);
    fprintf(out, ") {");
    f->ask_macro = ask(x, out);
    fprintf(out, "struct dfl_probe *p = (__typeof__((0, %s(", f->name);
    for (uint32_t i = 0; i < count; i++)
        fprintf(out, "%sa%u", i ? ", " : "", i);
    fprintf(out, "))) **)0; (void)p; }\n#endif\n");
    if (count)
        return;
    fprintf(out, "static void dfl_v%u(void) {", f->ask_function);
    f->ask_value = ask(x, out);
    fprintf(out, "struct dfl_probe *p = (__typeof__((0, %s)) **)0; (void)p; }\n", f->name);
}

/* Whether the fields are all there are, in this order, where a record has them. */
static void ask_whole(struct externs *x, struct c_record *r, int which, FILE *out)
{
    const char *name = r->names[which];
    const struct nodes *fields = &r->node->record_.fields;
    uint32_t number = r->ask_whole[which] = ask(x, out);
    fprintf(out, "static void dfl_w%u(%s *a) { %s b = { ", number, name, name);
    for (uint32_t i = 0; i < fields->count; i++)
        fprintf(out, "a->%s, ", fields->at[i]->field_.name);
    fprintf(out, "}; (void)b; struct dfl_r { ");
    for (uint32_t i = 0; i < fields->count; i++)
        fprintf(out, "__typeof__(a->%s) %s; ", fields->at[i]->field_.name,
                fields->at[i]->field_.name);
    fprintf(out, "}; _Static_assert(sizeof(struct dfl_r) == sizeof(%s)", name);
    for (uint32_t i = 0; i < fields->count; i++)
        fprintf(out, " && __builtin_offsetof(struct dfl_r, %s) == __builtin_offsetof(%s, %s)",
                fields->at[i]->field_.name, name, fields->at[i]->field_.name);
    fprintf(out, ", \"layout\"); }\n");
}

static void ask_record(struct externs *x, struct c_record *r, int which, FILE *out)
{
    const char *name = r->names[which];
    const struct nodes *fields = &r->node->record_.fields;
    r->ask_fields[which] = arena_array(x->arena, uint32_t, fields->count + 1);
    r->ask_size[which] = ask(x, out);
    fprintf(out, "struct dfl_probe *dfl_r%u = (char (*)[sizeof(%s)])0;\n", r->ask_size[which],
            name);
    for (uint32_t i = 0; i < fields->count; i++) {
        uint32_t number = r->ask_fields[which][i] = ask(x, out);
        fprintf(out, "struct dfl_probe *dfl_r%u = &((%s *)0)->%s;\n", number, name,
                fields->at[i]->field_.name);
    }
    ask_whole(x, r, which, out);
}

static void write_questions(struct externs *x, FILE *out)
{
    ask_headers(x, out);
    fprintf(out, "#pragma GCC diagnostic warning \"-Wmissing-field-initializers\"\n");
    for (uint32_t i = 0; i < x->records.count; i++)
        for (int which = 0; which < 2; which++)
            if (x->records.at[i].names[which])
                ask_record(x, &x->records.at[i], which, out);
    for (uint32_t i = 0; i < x->funcs.count; i++)
        ask_func(x, &x->funcs.at[i], out);
}

/* ---- answers -------------------------------------------------------------------------------- */

/* What stands in quotes behind `mark`; NULL if the mark is not there. */
static const char *quoted(struct externs *x, const char *text, const char *mark, const char **rest)
{
    const char *at = strstr(text, mark);
    if (!at)
        return NULL;
    at += strlen(mark);
    size_t len = strcspn(at, "'");
    if (rest)
        *rest = at + len + (at[len] != 0);
    return arena_copy(x->arena, at, len);
}

/* "... pointer type 'uLong (*)(uInt)' {aka 'long unsigned int (*)(unsigned int)'}" */
static bool read_type(struct externs *x, struct question *q, const char *text)
{
    const char *rest;
    const char *type = quoted(x, text, "incompatible pointer type '", &rest);
    if (!type)
        type = quoted(x, text, "expression of type '", &rest);
    if (!type)
        return false;
    if (!q->type) {
        bool has_aka = !strncmp(rest, " {aka '", 7) || !strncmp(rest, " (aka '", 7);
        q->type = type;
        q->plain = has_aka ? quoted(x, rest, "aka '", NULL) : type;
    }
    return true;
}

static void read_answer(struct externs *x, uint32_t number, const char *line)
{
    if (number >= x->questions.count)
        return;
    struct question *q = &x->questions.at[number];
    const char *error = strstr(line, "error: "), *missing = quoted(x, line, "missing ", NULL);
    if (read_type(x, q, line))
        return;
    if (!q->near)
        q->near = quoted(x, line, "did you mean '", NULL);
    if (error && !q->error)
        q->error = error + strlen("error: ");
    if (missing &&
        !q->type) { /* "missing initializer for field 'f'", "missing field 'f' initializer" */
        q->error = "missing";
        q->missing = quoted(x, line, "field '", NULL);
    }
}

/* What is wrong within a header is told of the one through which it was included. */
static void read_trouble(struct externs *x, uint32_t header, const char *line)
{
    if (header && header <= x->headers.count && !x->headers.at[header - 1].trouble)
        x->headers.at[header - 1].trouble = line;
}

static uint32_t number_behind(const char *line, const char *mark)
{
    const char *at = strstr(line, mark);
    return at ? (uint32_t)strtoul(at + strlen(mark), NULL, 10) : 0;
}

/* A message about a line of a header. gcc gives the place of a macro's text where the macro is
 * used wrongly, and tells in a note which question used it. */
struct held {
    const char *line; /* NULL: none */
    const char *text; /* of an error; NULL: it warns */
    uint32_t header;
};

static void end_held(struct externs *x, struct held *held)
{
    if (held->line && held->text)
        read_trouble(x, held->header, held->text);
    held->line = NULL;
}

static void read_own(struct externs *x, struct held *held, const char *line)
{
    uint32_t number = (uint32_t)strtoul(line + strlen("dfl:"), NULL, 10);
    if (held->line && strstr(line, "note: in expansion of macro")) {
        read_answer(x, number, held->line);
        held->line = NULL;
    }
    end_held(x, held);
    read_answer(x, number, line);
}

static void read_answers(struct externs *x, const char *said)
{
    struct held held = {0};
    while (*said) {
        size_t len = strcspn(said, "\n");
        const char *line = arena_copy(x->arena, said, len), *error = strstr(line, "error: ");
        said += len + (said[len] != 0);
        uint32_t from = number_behind(line, "dfl-header:");
        if (!strncmp(line, "dfl:", 4)) {
            read_own(x, &held, line);
        } else if (error || strstr(line, "warning: ")) {
            end_held(x, &held);
            held.line = line;
            held.text = error && !from ? line : error;
        }
        held.header = from ? from : held.header;
    }
    end_held(x, &held);
}

/* ---- the whole ------------------------------------------------------------------------------ */

bool extern_probe(struct externs *x)
{
    const char *path = temp_make(x->arena, ".c"), *said = "";
    FILE *out = path ? fopen(path, "we") : NULL;
    if (!out)
        return false;
    write_questions(x, out);
    fclose(out);
    struct cc c;
    cc_begin(&c, x->arena);
    extern_add_flags(x, &c);
    cc_add(&c, "-fsyntax-only");
    cc_add(&c, path);
    int status = cc_run(&c, &said);
    temp_remove(path);
    read_answers(x, said);
    return status >= 0;
}
