/* codegen.c - from DIR to an object file; read codegen_emit last. The parts of the module are made
 * in this order: declarations, functions, what records run, tables. Then LLVM verifies it,
 * optimises and writes. What LLVM reports is an internal error, told and never fatal to the
 * process. */
#include "codegen_core.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *cg_func_name(const struct ir_func *f)
{
    return f->symbol && f->symbol->name ? f->symbol->name : f->name;
}

static bool internal_error(const char *what, const char *text)
{
    fprintf(stderr, "dfl: internal error: %s: %s\nplease report this with the program\n", what,
            text);
    return false;
}

/* ---- set-up --------------------------------------------------------------------------------- */

static bool open_machine(struct cg *cg)
{
    LLVMTargetRef target;
    char *message = NULL;
    if (LLVMInitializeNativeTarget() || LLVMInitializeNativeAsmPrinter() ||
        LLVMInitializeNativeAsmParser())
        return internal_error("no code generator", "for this machine");
    char *triple = LLVMGetDefaultTargetTriple();
    bool found = !LLVMGetTargetFromTriple(triple, &target, &message);
    if (found)
        cg->machine = LLVMCreateTargetMachine(target, triple, cg->options->cpu, "",
                                              cg->options->level ? LLVMCodeGenLevelDefault
                                                                 : LLVMCodeGenLevelNone,
                                              LLVMRelocPIC, LLVMCodeModelDefault);
    else
        internal_error("no target", message);
    LLVMDisposeMessage(message);
    LLVMDisposeMessage(triple);
    return found;
}

static void open_types(struct cg *cg)
{
    LLVMContextRef c = cg->context;
    cg->i1 = LLVMInt1TypeInContext(c);
    cg->i8 = LLVMInt8TypeInContext(c);
    cg->i16 = LLVMInt16TypeInContext(c);
    cg->i32 = LLVMInt32TypeInContext(c);
    cg->i64 = LLVMInt64TypeInContext(c);
    cg->f32 = LLVMFloatTypeInContext(c);
    cg->f64 = LLVMDoubleTypeInContext(c);
    cg->ptr = LLVMPointerTypeInContext(c, 0);
    cg->unit = cg_struct(cg, NULL, 0);
    cg->view = cg_struct(cg, (LLVMTypeRef[]){cg->ptr, cg->ptr, cg->i64}, 3);
}

/* Branch weights that say: the first target is rare. */
static LLVMValueRef cold_weights(struct cg *cg)
{
    LLVMMetadataRef parts[] = {
        LLVMMDStringInContext2(cg->context, "branch_weights", 14),
        LLVMValueAsMetadata(LLVMConstInt(cg->i32, 1, false)),
        LLVMValueAsMetadata(LLVMConstInt(cg->i32, 2000, false)),
    };
    return LLVMMetadataAsValue(cg->context, LLVMMDNodeInContext2(cg->context, parts, 3));
}

static bool open_module(struct cg *cg)
{
    cg->context = LLVMContextCreate();
    cg->llvm = LLVMModuleCreateWithNameInContext(cg->module->name, cg->context);
    cg->at = LLVMCreateBuilderInContext(cg->context);
    if (!open_machine(cg))
        return false;
    cg->data = LLVMCreateTargetDataLayout(cg->machine);
    char *triple = LLVMGetTargetMachineTriple(cg->machine);
    LLVMSetTarget(cg->llvm, triple);
    LLVMDisposeMessage(triple);
    LLVMSetModuleDataLayout(cg->llvm, cg->data);
    open_types(cg);
    cg->cold = cold_weights(cg);
    cg->rows_global = LLVMAddGlobal(cg->llvm, cg->i8, "rows");
    return true;
}

static void close_module(struct cg *cg)
{
    if (cg->debug)
        LLVMDisposeDIBuilder(cg->debug);
    LLVMDisposeBuilder(cg->at);
    LLVMDisposeModule(cg->llvm);
    if (cg->data)
        LLVMDisposeTargetData(cg->data);
    if (cg->machine)
        LLVMDisposeTargetMachine(cg->machine);
    LLVMContextDispose(cg->context);
    arena_free(&cg->arena);
}

/* ---- the module ----------------------------------------------------------------------------- */

static void translate(struct cg *cg)
{
    const struct ir_module *m = cg->module;
    cg_debug_begin(cg);
    cg_count_helpers(cg);
    for (uint32_t i = 0; i < m->funcs.count; i++) {
        cg_declare_func(cg, m->funcs.at[i]);
        cg_debug_func(cg, m->funcs.at[i]);
    }
    ir_groups((struct ir_module *)m);
    cg_groups(cg);
    for (uint32_t i = 0; i < m->funcs.count; i++)
        cg_func(cg, m->funcs.at[i]);
    cg_grows(cg);
    cg_main(cg);
    cg_debug_end(cg);
}

static bool verify(struct cg *cg)
{
    char *message = NULL;
    bool good = !LLVMVerifyModule(cg->llvm, LLVMReturnStatusAction, &message);
    if (!good)
        internal_error("bad code", message);
    LLVMDisposeMessage(message);
    return good;
}

static bool optimise(struct cg *cg)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    const char *passes = cg->options->level ? "default<O2>" : "default<O0>";
    LLVMErrorRef error = LLVMRunPasses(cg->llvm, passes, cg->machine, options);
    LLVMDisposePassBuilderOptions(options);
    if (!error)
        return true;
    char *text = LLVMGetErrorMessage(error);
    internal_error("optimiser", text);
    LLVMDisposeErrorMessage(text);
    return false;
}

static bool save(const char *path, const char *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    bool good = f && fwrite(bytes, 1, len, f) == len;
    int why = errno;
    if (f && fclose(f) != 0) {
        why = good ? errno : why;
        good = false;
    }
    if (!good)
        fprintf(stderr,
                "error: cannot write '%s': %s\n"
                "hint: make room, or set TMPDIR to a folder that has some\n",
                path, strerror(why));
    return good;
}

/* By way of memory: LLVM ends the process when a file that it writes itself meets a full disk. */
static bool write_file(struct cg *cg, const char *path)
{
    if (cg->options->emit == EMIT_LLVM) {
        char *text = LLVMPrintModuleToString(cg->llvm);
        bool good = save(path, text, strlen(text));
        LLVMDisposeMessage(text);
        return good;
    }
    char *message = NULL;
    LLVMMemoryBufferRef out;
    if (LLVMTargetMachineEmitToMemoryBuffer(
            cg->machine, cg->llvm,
            cg->options->emit == EMIT_ASM ? LLVMAssemblyFile : LLVMObjectFile, &message, &out)) {
        internal_error("code generator", message);
        LLVMDisposeMessage(message);
        return false;
    }
    bool good = save(path, LLVMGetBufferStart(out), LLVMGetBufferSize(out));
    LLVMDisposeMemoryBuffer(out);
    return good;
}

bool codegen_emit(const struct ir_module *m, struct layouts *layouts,
                  const struct codegen_options *options, const char *path)
{
    struct cg cg = {.module = m, .layouts = layouts, .options = options};
    assert(m->main);
    bool good = open_module(&cg);
    if (good) {
        translate(&cg);
        good = verify(&cg) && optimise(&cg) && write_file(&cg, path);
    }
    close_module(&cg);
    return good;
}
