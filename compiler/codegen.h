/* codegen.h - from DIR to an object file, by LLVM's C interface. The only header that main.c sees
 * of the shared library that holds libLLVM, loaded only when code is needed. */
#ifndef CODEGEN_H
#define CODEGEN_H

#include "ir.h"
#include "layout.h"

enum emit { EMIT_OBJ, EMIT_ASM, EMIT_LLVM };

struct codegen_options {
    int level;       /* 0 or 2 */
    const char *cpu; /* "x86-64-v2" */
    enum emit emit;
    bool check_pure; /* every spawn has a record that is run as one */
};

/* Writes `path`. False: an internal error or an unwritable file, told on standard error. */
bool codegen_emit(const struct ir_module *, struct layouts *, const struct codegen_options *,
                  const char *path);

#endif
