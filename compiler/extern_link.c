/* extern_link.c - the shim compiled: what it was made of, the words for the linker, and what that
 * says. */
#include "extern_core.h"
#include "home.h"
#include "temp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the shim ------------------------------------------------------------------------------- */

void extern_add_flags(struct externs *x, struct cc *c)
{
    cc_add(c, "-std=gnu17");
    cc_add(c, "-iquote");
    cc_add(c, x->folder);
    cc_add(c, "-idirafter"); /* dfl.h */
    cc_add(c, home_path(x->arena, "include"));
}

/* A conclusion that does not hold after all, by the number of the function. */
static void report_asserts(struct externs *x, const char *said)
{
    bool told = false;
    for (const char *line = said; *line; line += strcspn(line, "\n"), line += *line != 0) {
        uint32_t number = strncmp(line, "dfl:", 4) ? 0 : (uint32_t)strtoul(line + 4, NULL, 10);
        const char *error = strstr(line, "error: ");
        if (!number || number > x->funcs.count + x->records.count || !error ||
            error > line + strcspn(line, "\n"))
            continue;
        bool is_func = number <= x->funcs.count;
        const struct symbol *s = is_func ? x->funcs.at[number - 1].symbol
                                         : x->records.at[number - 1 - x->funcs.count].symbol;
        struct diag *d =
            diag_error(diags_of(x), DIAG_extern_type, s->span, "`%s` is not what `%s` declares",
                       s->name, is_func ? s->node->func_.header : s->node->record_.header);
        diag_note(diags_of(x), d, (struct span){0}, "the C compiler says: %.*s",
                  (int)strcspn(error, "\n"), error);
        told = true;
    }
    if (!told)
        fprintf(stderr, "%sdfl: the C compiler failed\n", said);
}

/* The next name of "shim.o: a.h \ b.h", where blanks of a name have a backslash before. */
static char *next_file(struct arena *arena, const char **at)
{
    VEC(char) name = {0};
    const char *p = *at + strspn(*at, " \\\n");
    for (; *p && *p != ' ' && *p != '\n'; p++) {
        p += *p == '\\' && p[1] == ' ';
        vec_push(arena, &name, *p);
    }
    *at = p;
    vec_push(arena, &name, 0);
    return name.at;
}

/* Adds the names in rules of `make`, but for targets and `own`. */
static void add_files(struct externs *x, const char *rules, const char *own)
{
    while (*rules) {
        const char *name = next_file(x->arena, &rules);
        size_t len = strlen(name);
        if (len && name[len - 1] != ':' && strcmp(name, own))
            vec_push(x->arena, &x->files, name);
    }
}

static void read_needs(struct externs *x, const char *own)
{
    char text[1 << 16];
    FILE *in = fopen(x->needs, "re");
    size_t len = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in)
        fclose(in);
    text[len] = 0;
    add_files(x, text, own);
}

/* What files are made of that are linked too. */
static void ask_linked(struct externs *x)
{
    const char *said = "";
    struct cc c;
    cc_begin(&c, x->arena);
    extern_add_flags(x, &c);
    cc_add_words(&c, "-M -MF /dev/stderr");
    bool any = false;
    for (uint32_t i = 0; i < x->funcs.count; i++) {
        const char *name = extern_own_link(x, i);
        size_t len = name ? strlen(name) : 0;
        if (!name || !extern_is_file(name))
            continue;
        if (name[len - 1] == 'c')
            cc_add(&c, extern_file_path(x, name));
        else
            vec_push(x->arena, &x->files, extern_file_path(x, name));
        any |= name[len - 1] == 'c';
    }
    if (any && cc_run(&c, &said) == 0)
        add_files(x, said, "");
}

bool extern_compile(struct externs *x)
{
    if (!extern_ask(x) || diags_of(x)->errors)
        return false;
    const char *path = temp_make(x->arena, ".c"), *said = "";
    FILE *out = path ? fopen(path, "we") : NULL;
    x->object = path ? temp_make(x->arena, ".o") : NULL;
    x->needs = x->object ? temp_make(x->arena, ".d") : NULL;
    if (!out || !x->needs)
        return false;
    extern_write_shim(x, out);
    fclose(out);
    struct cc c;
    cc_begin(&c, x->arena);
    extern_add_flags(x, &c);
    cc_add_words(&c, "-O2 -fPIC -w -c -o");
    cc_add(&c, x->object);
    cc_add_words(&c, "-MD -MF");
    cc_add(&c, x->needs);
    cc_add(&c, path);
    int status = cc_run(&c, &said);
    temp_remove(path);
    read_needs(x, path);
    ask_linked(x);
    vec_push(x->arena, &x->files, NULL);
    if (status > 0)
        report_asserts(x, said);
    return status == 0;
}

const char *const *extern_words(struct externs *x)
{
    VEC(const char *) words = {0};
    vec_push(x->arena, &words, x->object);
    vec_push(x->arena, &words, "-O2"); /* of C files that are linked */
    vec_push(x->arena, &words, "-fPIC");
    vec_push(x->arena, &words, "-idirafter"); /* dfl.h */
    vec_push(x->arena, &words, home_path(x->arena, "include"));
    for (uint32_t i = 0; i < x->funcs.count; i++) {
        const char *name = extern_own_link(x, i);
        if (name)
            vec_push(x->arena, &words,
                     extern_is_file(name) ? extern_file_path(x, name)
                                          : arena_format(x->arena, "-l%s", name));
    }
    vec_push(x->arena, &words, NULL);
    return words.at;
}

const char *const *extern_link_words(struct program *p)
{
    static const char *const none[] = {NULL};
    if (!p->externs)
        return none;
    bool made = p->externs->object != NULL || extern_compile(p->externs);
    return made ? extern_words(p->externs) : NULL;
}

struct extern_inputs extern_inputs(const struct program *p)
{
    static const char *const none[] = {NULL};
    const struct externs *x = p->externs;
    if (!x || !x->files.count)
        return (struct extern_inputs){none, none};
    VEC(const char *) absent = {0};
    for (uint32_t i = 0; i < x->headers.count; i++) {
        const char *path = arena_format(x->arena, "%s%s", x->folder, x->headers.at[i].name);
        if (access(path, F_OK) != 0)
            vec_push(x->arena, &absent, path);
    }
    vec_push(x->arena, &absent, NULL);
    return (struct extern_inputs){x->files.at, absent.at};
}

const char *const *extern_named(const struct program *p)
{
    VEC(const char *) files = {0};
    struct externs *x = p->externs;
    for (uint32_t i = 0; x && i < x->headers.count; i++)
        vec_push(p->arena, &files,
                 arena_format(p->arena, "%s%s", x->folder, x->headers.at[i].name));
    for (uint32_t i = 0; x && i < x->funcs.count; i++) {
        const char *name = extern_own_link(x, i);
        if (name && extern_is_file(name))
            vec_push(p->arena, &files, extern_file_path(x, name));
    }
    vec_push(p->arena, &files, NULL);
    return files.at;
}

/* ---- what the linker says ------------------------------------------------------------------- */

static bool report_library(struct externs *x, const char *name, size_t len)
{
    for (uint32_t i = 0; i < x->funcs.count; i++) {
        const struct c_func *f = &x->funcs.at[i];
        const char *link = f->node->func_.link;
        if (!link || strlen(link) != len || strncmp(link, name, len))
            continue;
        struct diag *d = diag_error(diags_of(x), DIAG_no_library, f->node->func_.link_at,
                                    "no C library `%s`", link);
        diag_hint(diags_of(x), d,
                  "the linker looks for lib%s.so and lib%s.a; is its package installed?", link,
                  link);
        return true;
    }
    return false;
}

static bool report_missing(struct externs *x, const char *name, size_t len)
{
    for (uint32_t i = 0; i < x->funcs.count; i++) {
        const struct c_func *f = &x->funcs.at[i];
        const char *link = f->node->func_.link;
        if (strlen(f->name) != len || strncmp(f->name, name, len))
            continue;
        if (link) {
            diag_error(diags_of(x), DIAG_no_library, f->node->func_.link_at,
                       "the C library `%s` has no `%s`", link, f->name);
            return true;
        }
        struct diag *d = diag_error(diags_of(x), DIAG_no_library, f->symbol->span,
                                    "`%s` is declared by `%s`, but it is not in the C library",
                                    f->name, f->node->func_.header);
        diag_hint(diags_of(x), d,
                  "name the library that has it: `extern \"%s\" link \"name\" fn …`",
                  f->node->func_.header);
        return true;
    }
    return false;
}

static bool report_line(struct externs *x, const char *line)
{
    static const struct {
        const char *mark, *end;
        bool (*report)(struct externs *, const char *, size_t);
    } forms[] = {
        {"cannot find -l", ": \n", report_library},
        {"unable to find library -l", " \n", report_library},
        {"library not found: ", " \n", report_library},
        {"undefined reference to `", "'", report_missing},
        {"undefined symbol: ", " \n", report_missing},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *at = strstr(line, forms[i].mark);
        if (!at)
            continue;
        at += strlen(forms[i].mark);
        return forms[i].report(x, at, strcspn(at, forms[i].end));
    }
    return false;
}

bool extern_report_link(struct program *p, const char *said)
{
    bool told = false;
    while (p->externs && *said) {
        size_t len = strcspn(said, "\n");
        told |= report_line(p->externs, arena_copy(p->arena, said, len));
        said += len + (said[len] != 0);
    }
    return told;
}
