/* checking.h - what the files of the type checker (check*.c) share.
 *
 * An expression is checked in a slot, a `struct node **`, since an implicit conversion puts a node
 * around it. `want` is the type that the place asks for, NULL if it asks for none:
 *   check_expr()   uses it as a hint only (literals and open values take their type from it);
 *   check_want()   checks the expression and converts it to `want`, or reports the mismatch.
 * What was reported has the type bad, which fits everywhere, so that one mistake is told once. */
#ifndef CHECKING_H
#define CHECKING_H

#include "check.h"
#include "names.h"

/* Why a type is expected: a note of the message about a mismatch. */
struct why {
    struct span span; /* source NULL: no note */
    const char *text;
    bool result; /* the value becomes the function's result: a task may delegate to a future */
};

/* A name in scope; the one that it hides comes back when its scope ends. */
struct binding {
    struct symbol *symbol;
    struct binding *hidden;
    const char *name;
};

/* A generic call whose type arguments must meet the needs of the function called. */
struct demand {
    struct symbol *caller, *target; /* caller NULL: a constant */
    struct types generics;
    struct span span;
};

/* A name that is not known, and the function or module where that was told. */
struct unknown {
    const char *name;
    const void *where;
};

struct loop {
    struct loop *outer;
    bool left; /* by a break */
};

struct check {
    struct program *program;
    struct arena *arena;
    struct diags *diags;
    struct type_table *types;
    struct module *module;
    struct symbol *function; /* being checked; NULL in a constant */
    struct loop *loop;
    struct name_map locals; /* name to the innermost struct binding */
    VEC(struct binding *) open;
    VEC(struct demand) demands;
    VEC(struct unknown) unknown;
    VEC(const struct type *) wrong_keys; /* told where they are written */
    struct why why;                      /* of the `want` of the expression about to be checked */
    bool binds;     /* names that `is` binds here have a value where they are seen */
    uint32_t depth; /* of nested expressions */
    uint32_t quiet; /* > 0: the place is not known, since a mistake in it was reported */
    uint32_t attrs; /* seen so far */
};

static inline const struct type *simple(struct check *c, enum type_kind kind)
{
    return c->types->simple[kind];
}

static inline bool is_bad(const struct type *t)
{
    return t->kind == TYPE_bad;
}

/* ---- check_scope.c ---- */
/* Everything bound since scope_open() is forgotten by scope_close(). */
uint32_t scope_open(struct check *);
void scope_close(struct check *, uint32_t mark);
/* A new local of the current function, bound to its name from here on. */
struct symbol *scope_bind(struct check *, const char *name, struct span, const struct type *,
                          bool is_var, struct node *);
void scope_enter(struct check *, const char *name, struct symbol *);
/* A local (captures are noted) or a module-level symbol; NULL: none. Never reports. */
struct symbol *scope_find(struct check *, const char *name);
/* Reports an unknown name with what it may have meant. */
void scope_unknown(struct check *, const char *name, struct span);
/* False the first time that a name is told to be unknown, or no function; what stands behind it
 * says what it should be. */
bool scope_is_told(struct check *, const char *name, char behind);

/* Tells where a symbol is declared: a note, or the signature of what the standard library has. */
void note_declared(struct check *, struct diag *, const struct symbol *);

/* ---- check_convert.c ---- */
const struct type *check_want(struct check *, struct node **slot, const struct type *want,
                              struct why);
/* Converts a checked expression to `want`, or reports. */
void convert(struct check *, struct node **slot, const struct type *want, struct why);
/* Has a future of a T settle with a T? or T! instead; false: not the value of a `want`. */
bool convert_future(struct check *, struct node **slot, const struct type *want);
/* True if convert() would work. */
bool converts(const struct type *have, const struct type *want);
/* A node of `kind` that check puts where `at` is. */
struct node *node_around(struct check *, enum node_kind, const struct node *at,
                         const struct type *);
/* T? and T! as the T inside, through any number of them. NULL stays NULL. */
const struct type *strip(const struct type *);
/* Puts a cast to int around i8..i64, u8..u32: arithmetic is done in 64 bits. */
const struct type *widen(struct check *, struct node **slot);
/* Notes that `t` is compared, formatted, a key or computed with: reports what cannot be, and notes
 * what that asks of type variables. False: reported. */
bool need(struct check *, const struct type *t, enum need, struct span);
/* The same for a type argument in a call of `target`, with a note about it. */
void need_for(struct check *, const struct type *t, enum need, struct span,
              const struct symbol *target);
/* Whether `t` meets the need, without reporting. */
bool need_met(struct check *, const struct type *t, enum need);
/* Asks the need of the variables in `t`; true if that is new to one of them. */
bool need_mark(const struct type *t, enum need);
/* Reports a T?, T! or future T that is used as a T; true if it is one. */
bool report_wrapped(struct check *, const struct node *);
/* Checks alternatives that give one type (branches, elements), those first that can tell their
 * type by themselves. Gives their common type, `want` if there is one. `what` names one of them. */
const struct type *check_join(struct check *, struct node ***slots, uint32_t count,
                              const struct type *want, struct why, const char *what);
/* True for none, [], [:], err(...): without context they have no type. */
bool expr_is_open(const struct node *);
/* Reports none, err(...), [] or [:] where its place wants a type that it cannot be; true if so. */
bool report_open_mismatch(struct check *, const struct node *, const struct type *want, struct why);
/* True for numbers as written, whose type comes from the context. */
bool expr_is_literal(const struct node *);

/* ---- check_expr.c ---- */
/* Whether a checked expression has no value to keep: it never ends, or is `()` only because nothing
 * is given, as by a call of what has no result. `()` as written, and what holds one, are values. */
bool gives_nothing(const struct node *);
const struct type *check_expr(struct check *, struct node **slot, const struct type *want);
/* An index, without steps. */
const struct type *check_index(struct check *, struct node *);
/* Checks what stands in a part that was already reported, for mistakes of its own. */
void check_quietly(struct check *, struct node **slot);

/* ---- check_op.c ---- */
/* `minus`: the negation around the number, or NULL. */
const struct type *check_number(struct check *, struct node *, const struct type *want,
                                const struct node *minus);
const struct type *check_binary(struct check *, struct node *, const struct type *want);
const struct type *check_unary(struct check *, struct node *, const struct type *want);
const struct type *check_cast(struct check *, struct node *);
bool is_compare(enum op); /* `==` to `>=` */
/* Type of `left op right`, both checked and widened. */
const struct type *op_result(struct check *, struct span, enum op, struct node *left,
                             struct node *right);

/* ---- check_stmt.c ---- */
/* Whether a node of this kind has no value even as the last of a block. */
bool is_statement(enum node_kind);
const struct type *check_block(struct check *, struct node *, const struct type *want, struct why);
/* return fail break continue: the type never */
const struct type *check_jump(struct check *, struct node *);
/* The type of a constant, found when it is first needed. */
const struct type *const_type(struct check *, struct symbol *);

/* ---- check.c ---- */
/* Why a value of the function's result is wanted. */
struct why why_result(struct check *, struct symbol *function);

/* ---- check_flow.c ---- */
const struct type *check_if(struct check *, struct node *, const struct type *want, struct why);
const struct type *check_match(struct check *, struct node *, const struct type *want, struct why);
const struct type *check_comp(struct check *, struct node *, const struct type *want);
const struct type *check_is(struct check *, struct node *);
void check_while(struct check *, struct node *);
void check_for(struct check *, struct node *);
/* What a loop's pattern is matched with. */
const struct type *check_iter(struct check *, struct node **slot);

/* ---- check_rounds.c ---- */
const struct type *check_par_for(struct check *, struct node **slot);
/* What the function around a loop's body gives if the body may leave it, by `?` or `fail`; else
 * NULL. Told from the source, before the body is checked. */
const struct type *rounds_handed(const struct func *body, const struct node *);

/* ---- check_place.c ---- */
/* The variable that a place is part of, if the place can be changed; else reports, and NULL. */
struct symbol *place_root(struct check *, struct node *place);
/* The name of the variable if two places in it may overlap: two elements may be the same one, only
 * different fields are surely apart. Else NULL. */
const char *place_shared(const struct node *a, const struct node *b);
void check_assign(struct check *, struct node *);

/* ---- check_call.c ---- */
/* Whether a name is told to be unknown, or no function, for the first time here. */
bool scope_is_told(struct check *, const char *name, char behind);
const struct type *check_call(struct check *, struct node *, const struct type *want);
const struct type *check_spawn(struct check *, struct node *, const struct type *want);
const struct type *check_await(struct check *, struct node *);

/* ---- check_args.c ---- */
/* Binds type variables of `pattern` so that it becomes `actual`; false if it cannot. */
bool match_type(const struct type *pattern, const struct type *actual, struct types *bindings);
/* Does `pattern` mention a variable that is not bound yet? */
bool has_unbound(const struct type *pattern, const struct types *bindings);

/* ---- check_grid.c ---- */
/* A call of a function of arrays of any rank that its declaration does not say; else NULL. */
const struct type *check_ranks(struct check *, struct node *call, struct symbol *target,
                               struct node *receiver, const struct type *want);
/* Whether it is such a function that takes an array of any rank first. */
bool takes_ranks(const struct symbol *);
/* xs[lo..hi step n] */
bool index_has_step(const struct node *);
/* Such an index: a call that takes every nth element of the part. */
const struct type *check_stepped(struct check *, struct node **slot);
/* An array as written where a grid is wanted: a call that stacks its rows. */
const struct type *check_grid_literal(struct check *, struct node **slot, const struct type *want);
/* Whether a call is one that this has made. */
bool is_grid_literal(const struct node *call);

/* What awaiting a `t` gives; NULL if it holds no futures to wait for. */
const struct type *awaited_type(struct check *, const struct type *t);

/* ---- check_wait.c ---- */
/* cancel and detach */
void check_ending(struct check *, struct node *);
const struct type *check_select(struct check *, struct node *, const struct type *want, struct why);

/* ---- check_function.c ---- */
/* Whether a name stands for a function: a declared one, or a parameter that is one. */
bool symbol_is_function(const struct symbol *);
/* The function that a name, or a name in a module, stands for; NULL: none. */
struct symbol *named_function(struct check *, struct node *);
/* A function as an argument: a lambda, a named fn, or an fn parameter handed on. `pattern` is the
 * parameter's type, of whose variables `bindings` knows some; the others become known here. */
void check_function_arg(struct check *, struct node **slot, const struct type *pattern,
                        struct types *bindings);

/* ---- check_dot.c ---- */
const struct type *check_dot(struct check *, struct node *);
/* The function that x.name(...) calls, by the rule of names after a dot; reports and gives NULL. */
struct symbol *find_method(struct check *, struct node *dot);
/* Where the name after the dot stands. */
struct span dot_span(const struct node *);
/* The module that `object` of a dot names, or NULL if it is a value. */
struct module *dot_module(struct check *, const struct node *dot);

/* ---- check_builtin.c ---- */
/* some none ok err as a value or called: BUILTIN_NONE if the name is none of them. */
enum builtin find_constructor(const char *name);
const struct type *check_constructor(struct check *, struct node *call, enum builtin,
                                     const struct type *want);
/* x.len, e.message, ...: BUILTIN_NONE if the type has no such property. */
enum builtin find_property(const struct type *, const char *name);
const struct type *property_type(struct check *, const struct type *, enum builtin);

/* ---- check_record.c ---- */
const struct type *check_record_lit(struct check *, struct node *);
const struct type *check_update(struct check *, struct node *, const struct type *want);
/* A variant named as a value. */
const struct type *check_variant(struct check *, struct node *, const struct symbol *);

/* ---- check_pattern.c ---- */
/* Types a pattern against what it is matched with, and binds its names. */
void check_pattern(struct check *, struct node *, const struct type *subject, bool is_var);

/* ---- check_format.c ---- */
const struct type *check_interp(struct check *, struct node *);

/* ---- check_attr.c ---- */
/* Attributes of a func, spawn or par for node. */
void check_attrs(struct check *, const struct nodes *attrs, struct node *on);
/* Whether the attributes of a spawn fit what it spawns, which is known. */
void check_spawn_attrs(struct check *, struct node *spawn);

#endif
