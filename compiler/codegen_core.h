/* codegen_core.h - what the files of the code generator share. Not for others.
 *
 * How values are held: integers, floats and pointers as such, bool as an i8 of 0 or 1, everything
 * else as an LLVM struct laid out like the C struct of dfl.h, unit as the empty struct. A function
 * of DIR becomes `{T, ptr} f(ptr fiber, params...)`; the ptr is the failure, NULL if there is none;
 * one that is proved not to fail gives T alone. */
#ifndef CODEGEN_CORE_H
#define CODEGEN_CORE_H

#include "codegen.h"
#include "ir_loops.h"

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

#include <assert.h>

/* Functions of the runtime, by row of abi.def. */
enum cg_abi {
#define ABI(ret, name, args) ABI_##name,
#include "abi.def"
#undef ABI
    ABI_COUNT
};

/* Fields that are reached directly, by row of offsets.def. */
enum cg_offset {
#define OFFSET(name, type, field, bytes) OFFSET_##name = bytes,
#include "offsets.def"
#undef OFFSET
};

struct cg_callee {
    LLVMValueRef fn;
    LLVMTypeRef type;
};

/* What is known of a function of DIR in this unit: cg_code(). */
struct cg_func {
    struct cg_callee callee;
    struct cg_callee rest; /* what follows check_at, if that is a function of its own */
    LLVMMetadataRef subprogram;
    const struct ir_block *check_at; /* recursive: where the stack is checked; NULL: nowhere */
    struct cg_callee grow; /* recursive: runs it on a further stack segment, once it is asked for */
};

/* As the user calls it. */
const char *cg_func_name(const struct ir_func *);

/* A place of the frame for values on their way by pointer; free again at the next instruction. */
struct cg_spill {
    LLVMTypeRef type;
    LLVMValueRef at;
    bool used;
};

/* A block through which others go to a fail block; so are the first ones, without it. */
struct cg_landing {
    uint32_t count; /* of ways to the fail block so far */
    LLVMBasicBlockRef block;
    LLVMValueRef phi;
};

struct cg_file {
    const char *path;
    LLVMMetadataRef file;
};

struct cg {
    struct arena arena;
    const struct ir_module *module;
    const struct units *units;
    const struct unit *mine; /* at work; NULL: the tables of the program alone */
    bool *members;           /* by index of a function: it has its body here */
    struct cg_func **codes;  /* by index of a function; NULL until it is mentioned */
    const struct layouts *layouts;
    const struct codegen_options *options;
    LLVMContextRef context;
    LLVMModuleRef llvm;
    LLVMTargetMachineRef machine;
    LLVMTargetDataRef data;
    LLVMBuilderRef at;
    LLVMTypeRef i1, i8, i16, i32, i64, f32, f64, ptr, unit, view;
    struct cg_callee abi[ABI_COUNT];
    struct cg_callee retain, release; /* of a block, with the private case inline */
    VEC(LLVMTypeRef) types;           /* by id of the descriptor */
    VEC(LLVMValueRef) descriptors;    /* by id; NULL until one is mentioned */
    struct name_map strings;          /* constants of names, by address */
    LLVMValueRef rows_global;         /* dfl_program.fns, if it is in this module */
    LLVMValueRef *runs;               /* of the unit's rows */
    LLVMValueRef cold;                /* branch weights: the first target is rare */
    LLVMValueRef elements;            /* the set of accesses to elements of arrays */
    unsigned among, apart;            /* kinds of metadata: in that set; not in it */

    LLVMDIBuilderRef debug;
    VEC(LLVMMetadataRef) debug_types; /* by id of the descriptor */
    VEC(struct cg_file) debug_files;

    /* the function at work */
    const struct ir_func *func;
    struct cg_func *code;
    LLVMValueRef fn, fiber;
    bool rare;                    /* in a block that runs once at most: no code inline there */
    struct ir_loop **loops;       /* of a very long function: its loops, by id of a block */
    LLVMBasicBlockRef entry;      /* allocas only */
    LLVMValueRef *values;         /* by id */
    uint32_t *uses;               /* by id: operands that it is, except of drop and debug */
    uint32_t *spawn_rows;         /* by id of a spawn: its row of the unit */
    uint32_t next_row, row_after; /* of the unit: its spawns are between the two */
    LLVMBasicBlockRef *blocks;    /* by id of the DIR block: its first part */
    struct cg_landing *landings;  /* by id of the DIR block */
    VEC(struct cg_spill) spills;
    struct ir_order order;
};

/* ---- codegen_type.c: types, descriptors, constants ---- */
const struct dfl_type *cg_layout(struct cg *, const struct type *);
LLVMTypeRef cg_type(struct cg *, const struct type *);
LLVMValueRef cg_descriptor(struct cg *, const struct type *);
/* The same of a layout; NULL is the null pointer. */
LLVMTypeRef cg_layout_type(struct cg *, const struct dfl_type *);
LLVMValueRef cg_layout_descriptor(struct cg *, const struct dfl_type *);
LLVMTypeRef cg_struct(struct cg *, LLVMTypeRef *parts, uint32_t count);
/* True if values of the type hold counted references. */
bool cg_has_refs(struct cg *, const struct type *);
/* True if a task's value of the type, or the T of a T!, is its result word (DFL_PLAIN). */
bool cg_is_plain(struct cg *, const struct type *);
LLVMValueRef cg_int(struct cg *, int64_t);                          /* an i64 */
LLVMValueRef cg_text(struct cg *, const char *bytes, uint32_t len); /* NUL-terminated */
/* The text of a name, once a module; NULL is the null pointer. Same address, same text. */
LLVMValueRef cg_name(struct cg *, const char *);
LLVMValueRef cg_constant(struct cg *, const char *name, LLVMValueRef initial);
/* NULL in the standard library: what fails there gets the place of the call that leads there. */
LLVMValueRef cg_site_of(struct cg *, const struct ir_func *, struct span);
LLVMValueRef cg_site_value(struct cg *, const struct ir_func *, struct span); /* the struct */
LLVMValueRef cg_site(struct cg *, const struct ir_value *); /* of the function at work */
LLVMValueRef cg_const(struct cg *, LLVMValueRef *parts, uint32_t count); /* a struct */
LLVMValueRef cg_table(struct cg *, const char *name, LLVMTypeRef row, LLVMValueRef *rows,
                      uint32_t count);
/* Gives all descriptors their content; the table of them. */
LLVMValueRef cg_types_table(struct cg *);

/* ---- codegen_unit.c: what units know of each other by name ---- */
/* True if the tables of the program are in the module of its one unit. */
bool cg_whole(const struct cg *);
const char *cg_path(const struct cg *); /* of the file that stands for the module */
/* A function, declared when it is first mentioned. */
struct cg_func *cg_code(struct cg *, const struct ir_func *);
/* The number of a row of the unit among those of the program, as an i64; its address. */
LLVMValueRef cg_row_number(struct cg *, uint32_t row);
LLVMValueRef cg_row_at(struct cg *, uint32_t row);
/* The function that a row of a unit runs: with its body to come if it is the unit at work. */
LLVMValueRef cg_row_run(struct cg *, const struct unit *, uint32_t row);
/* A constant of the program that units mention. Given a value in the module of the tables. */
LLVMValueRef cg_shared(struct cg *, const char *kind, const char *name, LLVMTypeRef);
/* Makes the tables of the program, and the process's main(). */
void cg_tables(struct cg *);

/* ---- codegen_call.c: calls ---- */
LLVMValueRef cg_call_abi(struct cg *, enum cg_abi, LLVMValueRef *args, uint32_t count);
#define CG_ABI(cg, name, ...)                                                                      \
    cg_call_abi(cg, ABI_##name, (LLVMValueRef[]){__VA_ARGS__},                                     \
                sizeof((LLVMValueRef[]){__VA_ARGS__}) / sizeof(LLVMValueRef))
LLVMValueRef cg_call(struct cg *, struct cg_callee, LLVMValueRef *args, uint32_t count);
/* An LLVM intrinsic overloaded on one type (NULL: on none). */
LLVMValueRef cg_intrinsic(struct cg *, const char *name, LLVMTypeRef, LLVMValueRef *args,
                          uint32_t count);
/* Calls a function of DIR with values; gives its value. On failure: *failure, else NULL for one
 * that cannot fail. Nothing is branched yet. */
LLVMValueRef cg_call_func(struct cg *, const struct ir_func *, LLVMValueRef *args,
                          LLVMValueRef *failure);
/* A failure of the function, with the site as its place if it has none. */
LLVMValueRef cg_placed(struct cg *, const struct ir_func *, LLVMValueRef error, LLVMValueRef site);
/* The same for the error in what it gives, if that is a T! and the function of the library. */
LLVMValueRef cg_placed_result(struct cg *, const struct ir_func *, LLVMValueRef value,
                              LLVMValueRef site);
void cg_do_call(struct cg *, const struct ir_value *);
void cg_do_extern(struct cg *, const struct ir_value *);
LLVMTypeRef cg_result_type(struct cg *, const struct ir_func *);
LLVMTypeRef cg_func_type(struct cg *, const struct ir_func *);
void cg_place_attributes(struct cg *, const struct ir_func *, LLVMValueRef fn);
void cg_no_unwind(struct cg *, LLVMValueRef fn);
/* Attributes of a function with a body; and that nobody else sees it. */
void cg_with_body(struct cg *, LLVMValueRef fn);
void cg_internal(struct cg *, LLVMValueRef fn);
void cg_attribute(struct cg *, LLVMValueRef fn, unsigned at, const char *name);

/* ---- codegen_func.c: functions and their blocks ---- */
void cg_func(struct cg *, struct ir_func *);
/* Begins a function that the compiler makes, with the fiber as its first parameter. Who sees it is
 * the caller's to say. */
void cg_begin_made(struct cg *, LLVMValueRef fn, const char *name, struct span);
LLVMValueRef cg_value(struct cg *, const struct ir_value *);
LLVMValueRef cg_arg(struct cg *, const struct ir_value *, uint32_t i);
void cg_set(struct cg *, const struct ir_value *, LLVMValueRef);
LLVMBasicBlockRef cg_block(struct cg *, const char *name); /* appended to the function */
void cg_go_on(struct cg *, LLVMBasicBlockRef);             /* builds there from now on */
/* Branches to a cold new block if `rare` holds and builds there; gives the block to go on in. */
LLVMBasicBlockRef cg_cold(struct cg *, LLVMValueRef rare);
/* Jumps to the fail block of `x` with an error, and goes on in `next`. */
void cg_fail(struct cg *, const struct ir_value *x, LLVMValueRef error, LLVMBasicBlockRef next);
/* The same if the error is not NULL. */
void cg_fail_if(struct cg *, const struct ir_value *x, LLVMValueRef error);
LLVMValueRef cg_alloca(struct cg *, LLVMTypeRef);
/* Memory for a value until the next instruction; its address. */
LLVMValueRef cg_room(struct cg *, LLVMTypeRef);
LLVMValueRef cg_spill(struct cg *, LLVMValueRef);
LLVMValueRef cg_load(struct cg *, LLVMTypeRef, LLVMValueRef at);
LLVMValueRef cg_store(struct cg *, LLVMValueRef, LLVMValueRef at); /* NULL: nothing to store */
/* Says of an access that it is to an element, or to the frame and so to none: by the place that it
 * is to. What is written to an array cannot change a variable, even one whose address went out. */
LLVMValueRef cg_tell(struct cg *, LLVMValueRef access, const struct ir_value *place);
LLVMValueRef cg_tell_element(struct cg *, LLVMValueRef access);
LLVMValueRef cg_at(struct cg *, LLVMValueRef base, int64_t bytes); /* address of a field */
LLVMValueRef cg_index(struct cg *, LLVMTypeRef elem, LLVMValueRef base, LLVMValueRef index);
LLVMValueRef cg_get(struct cg *, LLVMValueRef aggregate, uint32_t field);
LLVMValueRef cg_put(struct cg *, LLVMValueRef aggregate, LLVMValueRef, uint32_t field);
LLVMValueRef cg_bool(struct cg *, LLVMValueRef i1); /* i1 to bool */
LLVMValueRef cg_truth(struct cg *, LLVMValueRef b); /* bool to i1 */
LLVMValueRef cg_is_null(struct cg *, LLVMValueRef);
LLVMValueRef cg_is_there(struct cg *, LLVMValueRef); /* not NULL */
bool cg_never(LLVMValueRef i1);                      /* known to be false */
LLVMValueRef cg_compare(struct cg *, LLVMIntPredicate, LLVMValueRef, LLVMValueRef);

/* ---- codegen_number.c ---- */
void cg_do_arith(struct cg *, const struct ir_value *);
void cg_do_bits(struct cg *, const struct ir_value *);
void cg_do_shift(struct cg *, const struct ir_value *);
void cg_do_cast(struct cg *, const struct ir_value *);
void cg_do_compare(struct cg *, const struct ir_value *);

/* ---- codegen_count.c: ownership ---- */
void cg_copy(struct cg *, const struct type *, LLVMValueRef);
void cg_drop(struct cg *, const struct type *, LLVMValueRef);
/* Makes cg->retain and cg->release; before all functions. */
void cg_count_helpers(struct cg *);

/* ---- codegen_value.c: tuples, records, options, results, enums, text ---- */
void cg_do_constant(struct cg *, const struct ir_value *);
void cg_do_make(struct cg *, const struct ir_value *);
void cg_do_wrapper(struct cg *, const struct ir_value *);
void cg_do_variant(struct cg *, const struct ir_value *);
void cg_do_format(struct cg *, const struct ir_value *);
void cg_do_error(struct cg *, const struct ir_value *);

/* ---- codegen_seq.c: arrays, strings, maps, places ---- */
void cg_do_seq(struct cg *, const struct ir_value *);
void cg_do_map(struct cg *, const struct ir_value *);
void cg_do_memory(struct cg *, const struct ir_value *);
const struct type *cg_elem(struct cg *, const struct type *);
/* IR_own: own() makes what is at the place unique, where the condition holds. */
void cg_own_if(struct cg *, const struct ir_value *,
               void (*own)(struct cg *, const struct type *, LLVMValueRef place));

/* ---- codegen_grid.c: arrays of rank 2 and more ---- */
/* extent, stride, part, store_part; elem, place_elem and own of a grid. */
void cg_do_grid(struct cg *, const struct ir_value *);

/* ---- codegen_task.c: spawn and await ---- */
void cg_do_spawn(struct cg *, const struct ir_value *);
void cg_do_await(struct cg *, const struct ir_value *);
void cg_do_poll(struct cg *, const struct ir_value *);
void cg_do_select(struct cg *, const struct ir_value *);

/* ---- codegen_run.c: what a record runs ---- */
/* The bodies of the functions that the unit's rows run: each takes arguments from the record,
 * calls, stores the outcome. */
void cg_runs(struct cg *);

/* ---- codegen_stack.c: functions that may recurse ---- */
/* Finds where they check. */
void cg_groups(struct cg *);
/* Compares the stack pointer with the limit; when it is low the function starts anew elsewhere. */
void cg_check_stack(struct cg *);
/* Bodies of what the checks call, after all functions. */
void cg_grows(struct cg *);

/* ---- codegen_debug.c ---- */
void cg_debug_begin(struct cg *);
void cg_debug_func(struct cg *, const struct ir_func *);
/* The function goes on in code->rest: places are of that from now on. */
void cg_debug_rest(struct cg *, const struct ir_func *);
void cg_debug_at(struct cg *, struct span);
/* Lines of code without a place of its own: that of the function. */
void cg_debug_reset(struct cg *);
void cg_do_debug(struct cg *, const struct ir_value *);
void cg_debug_params(struct cg *);
/* A function made by the compiler: it is told of as `name` of the given place. */
void cg_debug_made(struct cg *, LLVMValueRef fn, const char *name, struct span);
void cg_debug_end(struct cg *);

#endif
