/* names.h - modules, and what names in them stand for. */
#ifndef NAMES_H
#define NAMES_H

#include "ast.h"
#include "base/intern.h"
#include "diag.h"
#include "types.h"

enum symbol_kind {
    SYM_LOCAL,  /* parameter, let, var, loop or pattern variable */
    SYM_FUNC,   /* fn or task; node: func, test or lambda */
    SYM_CONST,  /* module-level let; node: let */
    SYM_RECORD, /* node: record */
    SYM_ENUM,
    SYM_VARIANT,  /* index: its place in the enum, which owns it */
    SYM_TYPE_VAR, /* index: its place in the function's generics */
    SYM_MODULE,   /* an import seen as a name */
    SYM_LOST,     /* an import that failed: it may stand for anything, and its type is bad */
};

struct symbol {
    enum symbol_kind kind;
    const char *name;
    struct span span; /* of the name where it is declared */
    struct node *node;
    struct module *module;   /* where it is declared; SYM_MODULE: the module named */
    const struct type *type; /* of a value; of a func the TYPE_fn; of a record or enum the type; of
                                a variant the enum, or if it has parts the TYPE_fn that makes one */
    struct symbol *owner;    /* SYM_LOCAL, SYM_TYPE_VAR: the SYM_FUNC it belongs to (a lambda's own
                                parameters and locals belong to the lambda); SYM_VARIANT */
    uint32_t index;          /* SYM_LOCAL: 0.. in its owner, parameters first */
    bool is_pub, is_var, is_param;
    bool used, written;    /* read, assigned after its declaration */
    struct func *func;     /* of a SYM_FUNC */
    struct folded *folded; /* of a SYM_CONST: what constants.c has computed */
    uint64_t digest;       /* digest.c's; 0: not asked for */
};

/* What a generic function asks of a type argument; found from its body. */
enum need {
    NEED_DATA,   /* compared, hashed, formatted: no futures or functions in it */
    NEED_KEY,    /* key of a map: besides, no floats in it */
    NEED_NUMBER, /* computed with: int, u64, float or f32 */
    NEED_FLAT,   /* element of a grid: of fixed size, without references */
    NEEDS
};

/* What is known of a function beside its node. */
struct func {
    struct symbol *symbol;
    struct symbol *parent;       /* of a lambda: the function around it */
    const struct type *result;   /* declared; inferred for a lambda */
    const struct type *handed;   /* of a loop body that is a lambda, while it is checked: what the
                                    function around gives, if the body may leave that */
    uint32_t flags;              /* enum func_flags */
    uint32_t attrs;              /* enum func_attr */
    VEC(struct symbol *) locals; /* by index; the first param_count are parameters */
    uint32_t param_count;
    uint32_t generic_count;
    VEC(struct symbol *) captures; /* of a lambda: locals of functions around it that it reads */
    VEC(struct call_site) calls;   /* every call and spawn in it, for effects */
    bool wrap, fastmath, keeps;    /* @wrap, @fastmath, @checkpoint */
    bool is_met;                   /* called from another module */
    bool lacks_sign;               /* its result was said to lack a `!` or `?` */
    bool lacks_result;             /* it was said to declare no result, and to return one */
    bool is_broken;        /* its brackets or strings were mended: the body is not checked */
    VEC(struct span) lost; /* statements, or the head, that could not be read */
    bool is_lost;          /* the mistake is in its head: calls are not checked either */
    uint32_t needs[NEEDS]; /* by enum need: bit i set where its generic i needs it */
    uint32_t c_index;      /* of an extern of a C header: its place in program.c_funcs */
};

struct call_site {
    struct symbol *target; /* NULL: an await, or an operation that only io code may do */
    struct node *node;     /* call, spawn or await; for a spawn the spawn node alone is listed */
    bool spawned;
};

struct module {
    const char *name; /* "main", "text": interned, its file name without .dfl */
    const struct source *source;
    struct node *tree;
    struct name_map scope; /* module-level names to symbols */
    const char *path;      /* of its file */
    bool is_std, is_imported;
    bool loaded;                     /* false while its imports are being read */
    VEC(struct span) lost;           /* declarations that could not be read */
    VEC(const char *) unknown_types; /* told once each */
    VEC(struct symbol *)
    funcs; /* functions and tests in source order, lambdas after their parent */
    VEC(struct module *) imports;
};

/* One compilation: everything that a verb works on. */
struct program {
    struct arena *arena;
    struct intern *names;
    struct diags *diags;
    struct type_table types;
    const char *library;          /* folder of the standard library */
    VEC(struct module *) modules; /* imported ones before their importers; modules[0] is prelude */
    struct module *root;
    VEC(struct node *) grids;                /* [T, n] as written; check.c looks at what T is */
    VEC(struct node *) maps;                 /* map[K, V] as written; the same for K */
    struct symbol *main;                     /* NULL: none (reported only if the verb needs one) */
    VEC(struct symbol *) c_funcs, c_records; /* declared of C headers */
    struct externs *externs; /* what extern.c knows of them; NULL: none, or not checked */
    bool ends_tasks;         /* by time-outs or cancelling; check.c tells */
};

/* The caller has set arena, names, diags and library, the rest zero; path "-" is standard input.
 * Reads the file at `path` and all it imports, parses them, declares names and resolves types of
 * signatures and records. Reports; what was reported has type bad. */
void names_load(struct program *, const char *path);
/* The symbol of a function of a standard module, e.g. ("array", "push"); NULL if there is none. */
struct symbol *names_std(struct program *, const char *module, const char *name);

/* Whether a name that is not known may have been declared where the module could not be read: the
 * word is there. */
bool names_is_lost(const struct module *, const char *name);
/* Whether the word stands in the text, in strings and comments too. */
bool names_has_word(struct span within, const char *word);
/* Whether a local name that is not known may have been declared before its use where the function
 * could not be read. */
bool names_is_lost_in(const struct func *, const char *name, struct span use);
/* True for the tasks of the module `rounds`, which run the rounds of loops. */
bool names_is_rounds(const struct symbol *);

/* What an unqualified name stands for at module level: own, imported, of the prelude; or NULL. */
struct symbol *names_find(struct program *, struct module *, const char *name);
/* A member of another module; reports if it is missing or not public and then returns NULL. */
struct symbol *names_member(struct program *, struct module *from, struct module *,
                            const char *name, struct span);
/* Resolves a type as written, in a module and (for its generics) a function or NULL. Reports;
 * never NULL. Leaves the result in node->type too. */
const struct type *names_type(struct program *, struct module *, const struct symbol *function,
                              struct node *);
/* The first place of `word` as a whole word inside `within`; `within` itself if it is not there. */
struct span names_word(struct span within, const char *word);

#endif
