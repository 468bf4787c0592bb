/* ir.h - DIR: functions of blocks with parameters, in static single assignment, typed by concrete
 * types of the language. lower.c builds it, passes rewrite it, ir_verify() checks it after each,
 * codegen.c translates it. It has a text form (ir_print, ir_parse) that reads back to the same:
 *
 *   record Doc { path: str, words: int }
 *   task @fib(%n: int) -> int {
 *   ^0:
 *     %1: int = const_int 2
 *     %2: bool = lt %n, %1 @8:6
 *     br_if %2, ^1, ^2
 *   ^1:
 *     ret %n
 *   ^2:
 *     %3: int = const_int 1
 *     %4: int = sub %n, %3 fail ^9 @9:23
 *     %5: future int = spawn @fib(%4) @9:11
 *     ...
 *   ^9(%20: error):
 *     raise %20
 *   }
 *
 * A function with places: `%6: &[int] = slot`. Immediates stand after the operands in [brackets].
 */
#ifndef IR_H
#define IR_H

#include "names.h"

struct dfl_policy;

enum ir_op {
#define IR(name, result, flags) IR_##name,
#include "ir.def"
#undef IR
    IR_param, /* of a block or function; not an instruction */
    IR_OPS
};

/* What is known of a grid: nothing; that the elements of the last axis are side by side; that it is
 * dense. */
enum ir_steps { IR_STEPS_ANY, IR_STEPS_UNIT, IR_STEPS_DENSE };

struct ir_func;
struct ir_block;

/* One hole of a format: the text before it, and its specification or NULL. */
struct ir_part {
    const char *text;
    uint32_t len;
    const struct dfl_spec *spec;
};

struct ir_value {
    enum ir_op op;
    const struct type *type; /* NULL: no result */
    bool place;              /* result is an address of `type` */
    bool nofail;             /* proved not to fail: no `fail` block */
    uint32_t id;             /* unique in the function; names it in text */
    struct span span;
    struct ir_value **args;
    uint32_t arg_count;
    struct ir_block *fail;
    struct ir_block *targets[2];
    struct ir_value **target_args[2];
    uint32_t target_counts[2];
    struct ir_block *block; /* that it stands in, or is a parameter of */
    union {
        int64_t i;
        double f;
        struct {
            const char *bytes;
            uint32_t len;
        } text;
        uint32_t index;
        uint32_t form; /* of indices: grid_form() */
        bool wrap, owned, last;
        uint8_t flag;  /* these, or steps: as a number */
        uint8_t steps; /* enum ir_steps */
        enum builtin builtin;
        const char *name;
        struct {
            struct ir_func *func;
            uint64_t edges; /* of a spawn: arguments that are futures where the parameter is not */
            const struct dfl_policy *policy; /* of a spawn, without its edges; or NULL */
        } call;
        struct {
            const char *symbol;
            struct types types;
        } ext;
        struct {
            struct ir_part *at; /* arg_count + 1; the last is the text behind */
        } parts;
    } imm;
};

struct ir_block {
    uint32_t id;
    VEC(struct ir_value *) params;
    VEC(struct ir_value *) body; /* the last one, and only it, ENDS */
    struct ir_func *func;
};

struct ir_func {
    const char *name;            /* unique in the module: "fib", "sort_by<int>.2" */
    const char *label;           /* the same without the number that makes it unique */
    const struct symbol *symbol; /* NULL when read from text */
    struct span span;
    uint32_t flags; /* enum func_flags */
    uint32_t index; /* among the module's funcs */
    bool nofail;    /* proved: returns plainly */
    bool apart;     /* is not put into its callers */
    bool fastmath;
    VEC(struct ir_value *) params; /* a `var` parameter is a place */
    const struct type *result;
    VEC(struct ir_block *) blocks; /* [0] is the entry and has no parameters */
    uint32_t value_count;
    uint32_t group; /* ir_groups(): functions that reach each other have the same */
    bool recursive; /* ir_groups(): it may be called while it runs */
    bool deep;      /* ir_depths(): so much is below it that it checks the stack */
    uint32_t stack; /* ir_depths(): bytes that it needs besides what is always left */
    bool bound;     /* ir_roam(): only the process that runs main can do it */
    bool instance;  /* of a generic function, of one that gets functions, of a lambda */
    uint32_t owner; /* units_make(): the unit that it is in, or IR_NO_OWNER */
    bool exported;  /* units_make(): other units call it by its name */
};

enum { IR_NO_OWNER = UINT32_MAX };

struct ir_module {
    struct arena *arena;
    struct type_table *types;
    const char *name; /* of the source file */
    VEC(struct ir_func *) funcs;
    struct ir_func *main; /* NULL for tests and fragments */
};

struct ir_func *ir_func_new(struct ir_module *, const char *name, const struct type *result);
/* A parameter of a function; `place` for a `var` one. `name` (or NULL) is kept in imm.name. */
struct ir_value *ir_func_param(struct ir_module *, struct ir_func *, const struct type *,
                               const char *name, bool place);
struct ir_block *ir_block_new(struct ir_module *, struct ir_func *);
struct ir_value *ir_block_param(struct ir_module *, struct ir_block *, const struct type *);
/* Appends an instruction; `args` is copied. The caller sets imm, fail and targets. */
struct ir_value *ir_add(struct ir_module *, struct ir_block *, enum ir_op, const struct type *,
                        struct ir_value *const *args, uint32_t count, struct span);
/* Sets targets[which] of a br or br_if; `args` is copied. */
void ir_target(struct ir_module *, struct ir_value *end, uint32_t which, struct ir_block *to,
               struct ir_value *const *args, uint32_t count);
const char *ir_op_name(enum ir_op);
bool ir_op_fails(enum ir_op);
bool ir_op_ends(enum ir_op);

/* The intrinsic of LLVM that an extern call is, which cannot fail; or NULL. */
const char *ir_intrinsic(const struct ir_value *);

/* Sets group and recursive of all functions, by calls and spawns (an await may run its task in
 * place). Groups are numbered from 1, callees before callers. */
void ir_groups(struct ir_module *);
/* The same, and then sets deep and stack of all functions. One that was proved not to fail is never
 * deep: where the stack ends, a function fails. */
void ir_depths(struct ir_module *, int level);
static inline bool ir_checks_stack(const struct ir_func *f)
{
    return f->recursive || f->deep;
}

/* Sets bound of all functions. */
void ir_roam(struct ir_module *);

void ir_print(const struct ir_module *, FILE *);
/* Reads the text form; reports to diags and returns NULL if it is not DIR. */
struct ir_module *ir_parse(struct arena *, struct type_table *, struct intern *,
                           const struct source *, struct diags *);
/* True if the module is well formed: types of operands, one definition before each use on every
 * path, blocks ended, fail blocks of one error parameter. Else says what is not, to `out`. */
bool ir_verify(const struct ir_module *, FILE *out);

#endif
