/* extern_core.h - what the files behind extern.h share: what is declared, the questions that are
 * asked of the C compiler, and C types as it spells them. */
#ifndef EXTERN_CORE_H
#define EXTERN_CORE_H

#include "cc.h"
#include "extern.h"

#include "dfl.h"

#include <stdio.h>

/* ---- C types -------------------------------------------------------------------------------- */

enum c_base {
    C_OTHER, /* what dfl has no type for */
#define CTYPE(id, spelled, fits) C_##id,
#include "ctype.def"
#undef CTYPE
    C_ENUM,
    C_STRUCT,
    C_NAMED, /* a name for a struct, union or enum without one */
};

struct c_type {
    enum c_base base;
    uint32_t stars;    /* pointers to it */
    bool is_const;     /* what the pointer leads to */
    const char *name;  /* of an enum, struct or named type, as C spells it: "struct tm" */
    const char *text;  /* as the header spells it, for messages */
    const char *plain; /* the same without names for types */
};

/* A function type: the parts of `long int (*)(int, char *)`. */
struct c_signature {
    struct c_type result;
    VEC(struct c_type) params;
    bool is_open;     /* takes more of any type */
    bool is_untold;   /* declared as `f()`, which says nothing of its parameters */
    const char *text; /* of the declaration, with a %s for the name */
};

/* Reads a type as the C compiler tells it: as written, and without names for types. */
struct c_type c_type_read(struct arena *, const char *text, const char *plain);
/* What the pointer that it tells leads to. */
struct c_type c_pointee_read(struct arena *, const char *text, const char *plain);
/* False if it is no pointer to a function. */
bool c_signature_read(struct arena *, const char *text, const char *plain, struct c_signature *);
/* The type as C source. */
const char *c_type_spell(struct arena *, const struct c_type *);

/* The C type of what is handed to a macro, which has no types of its own. */
struct c_type c_given_type(struct externs *, const struct type *, bool is_var);

/* How a value of a dfl type is handed to a parameter of a C type, or comes from a result: a letter
 * of dfl_c_fn.how, or 0 if it does not fit. */
char c_fits_param(struct externs *, const struct type *, bool is_var, const struct c_type *);
char c_fits_result(struct externs *, const struct type *, const struct c_type *);
/* What to write for a C type: "u64", "var xs: [float]" is { "[float]", is_var }; NULL: nothing. */
const char *c_suggest_param(struct externs *, const struct c_type *, bool *is_var);
const char *c_suggest_result(struct externs *, const struct c_type *);
/* The same for a field of a struct: true if it fits. */
bool c_fits_field(struct externs *, const struct type *, const struct c_type *);
/* Where a value of a dfl type may stand in C at all. */
enum c_place { PLACE_PARAM, PLACE_RESULT, PLACE_FIELD };
bool c_has_form(const struct type *, enum c_place);

/* ---- questions ------------------------------------------------------------------------------ */

/* A line of a C file on which the compiler says something; it is known by its number. */
struct question {
    const char *type, *plain; /* of the pointer that stands there: as written, without names */
    const char *error;        /* the first that is wrong there; NULL: nothing */
    const char *near;         /* a name that it believes to be meant, or NULL */
    const char *missing;      /* a field that is left out, or NULL */
};

struct c_func {
    struct symbol *symbol;
    struct node *node;
    const char *name; /* in C */
    enum c_form { FORM_FUNCTION, FORM_MACRO, FORM_VALUE } form;
    struct c_signature signature; /* of a function */
    struct c_type result;
    char *how;
    uint32_t ask_function, ask_macro, ask_value; /* 0: not asked */
};

struct c_record {
    struct symbol *symbol;
    struct node *node;
    const char *name;     /* in C: "struct tm", "div_t"; NULL: there is none */
    const char *names[2]; /* that it may have */
    uint32_t ask_size[2], ask_whole[2];
    uint32_t *ask_fields[2];
    struct c_type *fields;
    bool is_unknown; /* the header has no such struct, which was said */
};

struct c_header {
    const char *name;
    struct span span; /* of its first mention */
    uint32_t ask;
    const char *trouble; /* what is wrong within; NULL: nothing */
};

struct externs {
    struct program *program;
    struct arena *arena;
    const char *folder; /* of the program */
    VEC(struct c_func) funcs;
    VEC(struct c_record) records;
    VEC(struct c_header) headers;
    VEC(struct question) questions; /* by number; [0] is none */
    const char *object, *library,
        *needs;              /* files of the shim, or NULL; the last tells what it read */
    VEC(const char *) files; /* what it read, to a NULL */
    const char *kept;        /* the library in the cache, or NULL */
    bool is_asked;
    void *loaded;
};

static inline struct diags *diags_of(const struct externs *x)
{
    return x->program->diags;
}

/* -- extern.c -- */
/* Asks and judges, once. False: nothing can be asked, which was said. */
bool extern_ask(struct externs *);

/* -- extern_declare.c -- */
/* Fills in records, functions and headers; reports. False: functions cannot be asked about, since
 * records that they may use are wrong. */
bool extern_collect(struct externs *);
/* The entry of a header, which is made by its first mention. */
struct c_header *extern_header(struct externs *, const char *name, struct span);
/* What function `i` names behind `link`, if it is the first that names it; or NULL. */
const char *extern_own_link(const struct externs *, uint32_t i);
/* Whether that is a file rather than a library, and its path. */
bool extern_is_file(const char *link);
const char *extern_file_path(struct externs *, const char *link);

/* -- extern_probe.c -- */
/* Asks all that is to be known of headers, functions and records. False: the C compiler cannot be
 * started, which was said. */
bool extern_probe(struct externs *);

/* -- extern_judge.c -- */
/* Compares all answers with what is declared, and concludes how each function is called; reports. A
 * header with mistakes may spoil all that is asked; one that is not there spoils what is its own.
 */
void extern_judge(struct externs *);

/* -- extern_shim.c -- */
void extern_write_shim(struct externs *, FILE *);

/* -- extern_link.c -- */
/* Flags of each compilation. */
void extern_add_flags(struct externs *, struct cc *);
/* Makes the object of the shim. False: that failed, and is reported. */
bool extern_compile(struct externs *);
/* Words for the linker, to a NULL: the object of the shim and its libraries. */
const char *const *extern_words(struct externs *);

#endif
