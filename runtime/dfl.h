/* dfl.h - all that compiled programs, and C functions called by them, see of the runtime.
 *
 * Layouts here are a contract with the code generator: abi.def lists the offsets and functions that
 * it uses, and abi.c asserts at compile time that this header agrees. Every value of a dfl program
 * has a C layout, told at run time by a `struct dfl_type`:
 *
 *   unit              nothing (size 0)             int, duration    int64_t
 *   bool              uint8_t, 0 or 1              float            double
 *   i8..u64, f32      the C type                   str, bytes, [T]  struct dfl_view
 *   map[K, V]         struct dfl_map *, NULL = {}  error            struct dfl_error *
 *   tuple, record     the C struct of its fields   T?               { uint8_t some; T value; }
 *   T!                { struct dfl_error *err; T value; }, err NULL = ok
 *   enum              { uint32_t tag; the parts }, or { uint32_t tag; struct dfl_block *parts }
 *   future T          struct dfl_task *            [T, n]          struct dfl_grid, n > 1
 *
 * Parameters are lent: a callee that keeps one retains it. Results are owned by the caller.
 * Unless a line says otherwise a function may be called on any thread and cannot fail; memory that
 * runs out ends the process with a message. */
#ifndef DFL_H
#define DFL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dfl_fiber;
struct dfl_worker;
struct dfl_task;
struct dfl_map;

/* ---- types at run time -------------------------------------------------------------------- */

enum dfl_kind {
    DFL_UNIT,
    DFL_BOOL,
    DFL_INT,
    DFL_FLOAT,
    DFL_DURATION,
    DFL_I8,
    DFL_I16,
    DFL_I32,
    DFL_I64,
    DFL_U8,
    DFL_U16,
    DFL_U32,
    DFL_U64,
    DFL_F32,
    DFL_STR,
    DFL_BYTES,
    DFL_ARRAY,
    DFL_GRID,
    DFL_MAP,
    DFL_TUPLE,
    DFL_RECORD,
    DFL_ENUM,
    DFL_OPTION,
    DFL_RESULT,
    DFL_FUTURE,
    DFL_ERROR,
};

struct dfl_field {
    const char *name; /* NULL in a tuple */
    const struct dfl_type *type;
    uint64_t offset;
};

/* One way to be of an enum. Its fields lie in the value itself or, if the enum is boxed, in the
 * block that the value holds, which has one element, of type `box`. What other variants use of a
 * value in place is zero. */
struct dfl_variant {
    const char *name;
    const struct dfl_field *fields; /* without names */
    uint64_t field_count;
    const struct dfl_type *box; /* a tuple; NULL: in place, or there are no fields */
};

struct dfl_type {
    uint8_t kind; /* enum dfl_kind */
    uint8_t refs; /* 1: holds counted references, so copy, drop and share have work to do */
    uint8_t align;
    uint8_t rank; /* of a grid */
    uint32_t id;  /* its row in dfl_program.types */
    uint64_t size;
    const char *name;               /* as the user writes it: "int", "[str]", "Doc" */
    const struct dfl_type *elem;    /* of an array, grid, option, result, future; value of a map */
    const struct dfl_type *key;     /* of a map */
    const struct dfl_field *fields; /* of a tuple or record; of an enum in place: the tag, then all
                                       that a variant may use. A boxed enum has none */
    uint64_t field_count;
    const struct dfl_variant *variants; /* of an enum, by tag */
    uint64_t variant_count;
};

/* ---- values -------------------------------------------------------------------------------- */

/* A counted run of elements of one type. The payload follows the header at once.
 * count > 0: private, that many holders, all on one thread at a time: plain arithmetic.
 * count < 0: shared, -count holders, atomic arithmetic. What a spawn captures is made shared by its
 * owner before the task can be seen. A shared count of one holder may be made private again. */
struct dfl_block {
    _Atomic int32_t count;
    uint32_t type; /* id of the element type (u8 for str and bytes) */
    uint64_t size; /* bytes of initialised elements after the header */
};

/* str, bytes and [T]: `len` elements at `ptr`. `block` keeps them alive; NULL: static or empty. */
struct dfl_view {
    struct dfl_block *block;
    void *ptr;
    int64_t len; /* elements; bytes for str */
};

/* The most axes of an array. */
enum { DFL_RANK_MAX = 8 };

/* [T, n]: an array of rank n = dfl_type.rank, from 2 on, of elements without references. `dims` are
 * the n lengths, then n strides, both in elements: m[i, j] is at ptr + (i * dims[n] + j * dims[n +
 * 1]) * elem->size. Strides are those of some array of the block that this one is a part of, or
 * multiples of them, with axes in any order; so no two indices share an element. It is dense if the
 * elements follow each other with the last index running fastest: then the value is its lengths and
 * one run of bytes. */
struct dfl_grid {
    struct dfl_block *block;
    void *ptr;
    int64_t dims[];
};

enum dfl_fail {
#define FAIL(name, text, repeatable) DFL_FAIL_##name,
#include "fail.def"
#undef FAIL
};

/* A place in the source. */
struct dfl_site {
    const char *file;
    const char *function;
    uint32_t line, column;
};

/* Why something failed. Immutable once it is shared; counted like a block. */
struct dfl_error {
    _Atomic int32_t count;
    uint32_t kind; /* enum dfl_fail */
    struct dfl_view message;
    struct dfl_site site;    /* where; file NULL until dfl_error_at() fills it */
    struct dfl_error *cause; /* NULL: none */
    struct dfl_view chain;   /* [str]: "name, spawned at file:line", innermost first, <= 64 */
};

/* A format specification, checked by the compiler:
 * [[fill]align][sign][#][0][width][,][.prec][type] */
struct dfl_spec {
    char fill[5]; /* one UTF-8 character and NUL; " " by default */
    char align;   /* '<' '>' '^' '=' or 0: by the type */
    char sign;    /* '+' ' ' or '-' (default) */
    char type;    /* 'd' 'x' 'X' 'o' 'b' 'c' 'e' 'E' 'f' 'F' 'g' 'G' '%' 's' or 0 */
    uint8_t alternate, zero, comma;
    int32_t width;     /* code points; 0: none */
    int32_t precision; /* -1: none */
};

/* ---- the task record ----------------------------------------------------------------------- */

/* One cache line: the queue entry, the future, the row of the ownership table and the lineage. */
struct dfl_task {
    _Atomic uintptr_t state; /* 0 pending, DFL_TASK_DONE, else a tagged list of waiters */
    uint32_t fn;             /* row in dfl_program.fns */
    uint16_t attempt;
    uint8_t flags;
    uint8_t outcome;      /* enum dfl_outcome, valid once done */
    _Atomic int32_t refs; /* futures held, plus one until it has run */
    _Atomic int32_t deps; /* inputs not yet done */
    uint64_t result;      /* see dfl_outcome */
    uint64_t args[3];     /* fn.args as a C struct if it fits, else args[0] is a block of it */
    void *rare;           /* next in the free list; later the protocol's side row */
};

enum { DFL_TASK_DONE = 1 };

enum dfl_outcome {
    DFL_VALUE,   /* result: the value if its size is <= 8, else a struct dfl_block * holding it */
    DFL_ERR,     /* fn.result is T! with a T of <= 8 bytes (DFL_VALUE then holds the T): the err */
    DFL_FAILURE, /* the task failed: struct dfl_error * */
    DFL_PLAIN,   /* like DFL_VALUE; the word is the value and refers to nothing, so that there is
                    nothing to share, copy or drop. Never a must */
};

enum {
    DFL_FN_IO = 1,
    DFL_FN_ROAMS = 2,  /* any process of a run may do it */
    DFL_FN_PLACED = 4, /* the same, but where its policy says */
    DFL_FN_ONCE = 8,   /* and it must not begin twice */
};

/* How the records of a row are run, as attributes say. Such records are never run in place. */
struct dfl_policy {
#define POLICY(name) int64_t name;
#include "policy.def"
#undef POLICY
    const char *on; /* label of the node that it is to run on, or NULL */
    uint64_t edges; /* arguments that are inputs: bit i for argument i */
};

/* One row per spawn site (and one for main): what a record with that `fn` runs. */
struct dfl_fn {
    /* Runs the function: reads the arguments (they stay the record's), writes result and outcome.
     * Completing the record is the caller's part. */
    void (*run)(struct dfl_fiber *, struct dfl_task *);
    const char *name;            /* of the function */
    struct dfl_site site;        /* of the spawn; line 0: failures do not tell of it */
    const struct dfl_type *args; /* a tuple; a spawned edge has type future T in it */
    const struct dfl_type *result;
    uint64_t flags;
    const struct dfl_policy *policy; /* NULL: none */
};

/* ---- C functions that a program declares ---------------------------------------------------- */

/* One of them, as the C file that the compiler makes for the program defines it. */
struct dfl_c_fn {
    /* Calls it with args[i], as `how` makes it of the value, and writes what it returns. */
    void (*call)(void *out, void *const *args);
    const char *name; /* as the program declares it */
    /* A letter for each parameter, then one for the result:
     *   v  the value: where it is, or where it goes
     *   p  a place that it may change
     *   e  the elements of a str, bytes or array
     *   c  those of an array or bytes that C may change: made unique before
     *   s  a C string: of a str a copy with a NUL behind; as a result one that is copied, or NULL
     */
    const char *how;
    uint32_t count; /* of parameters */
    uint32_t flags;
};
enum { DFL_C_PARAMS_MOST = 32 };
enum {
    DFL_C_IO = 1,
    DFL_C_SMALL = 2, /* needs little stack */
    DFL_C_AS_IS = 4, /* `how` is v and p only */
};

/* A place where one is called. */
struct dfl_c_use {
    const struct dfl_c_fn *fn;
    const struct dfl_type *const *params;
    const struct dfl_type *result;
    const struct dfl_site *site;
};

/* ---- the program ---------------------------------------------------------------------------- */

/* A compiled program, emitted as the symbol `dfl_program`. */
struct dfl_program {
    const char *name; /* source file as given */
    const struct dfl_type *const *types;
    uint64_t type_count;
    const struct dfl_fn *fns;
    uint64_t fn_count;
    uint32_t main_fn; /* takes one [str], gives int! */
    uint32_t elided;  /* spawn sites that the compiler turned into calls */
};

/* Runs main on the scheduler and gives the exit status: n of ok(n), 1 on err or failure (reported
 * on standard error), 2 for bad DFL_* settings. Called once, by the process's main(). */
int dfl_main(const struct dfl_program *program, int argc, char **argv);

#define ABI(ret, name, args) ret name args;
#include "abi.def"
#undef ABI

#endif
