/* codegen.h - from DIR to an object file, by LLVM's C interface. The only header that main.c sees
 * of the shared library that holds libLLVM, loaded only when code is needed. */
#ifndef CODEGEN_H
#define CODEGEN_H

#include "units.h"

enum emit { EMIT_OBJ, EMIT_ASM, EMIT_LLVM };

struct codegen_options {
    int level;       /* 0 or 2 */
    const char *cpu; /* "x86-64-v2" */
    enum emit emit;
    bool records;     /* every spawn has a record that is run as one */
    uint32_t threads; /* at most */
};

enum codegen_step { CODEGEN_TRANSLATE, CODEGEN_OPTIMISE, CODEGEN_ASSEMBLE, CODEGEN_STEPS };

/* Where what is made goes. Units are numbered as in `units`; behind them come the tables of the
 * program, unless they are whole. Called from several threads at once, once for each unit. */
struct codegen_sink {
    /* Whether what would be made of these bytes is there already. NULL: it never is. */
    bool (*has)(struct codegen_sink *, uint32_t unit, const void *from, size_t len);
    /* Takes what was made. False: it could not, and said so. */
    bool (*take)(struct codegen_sink *, uint32_t unit, const void *made, size_t len);
    /* How long it took, in nanoseconds, on all threads together. */
    _Atomic uint64_t spent[CODEGEN_STEPS];
};

/* Makes code of all units. False: it could not be made or not be taken, told on standard error. */
bool codegen_emit(const struct ir_module *, const struct layouts *, const struct units *,
                  const struct codegen_options *, struct codegen_sink *);

#endif
