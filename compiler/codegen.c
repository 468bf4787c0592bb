/* codegen.c - from DIR to object files; read codegen_emit last. Each unit is a module of its own,
 * in a context of its own, so that threads can work on several. Its parts are made in this order:
 * declarations, functions, what records run; the tables of the program are the last module, or the
 * last part of the only one. Then LLVM verifies a module, optimises and writes it. What LLVM
 * reports is an internal error, told and never fatal to the process. */
#include "codegen_core.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Error.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Once, before threads. */
static bool open_target(void)
{
    if (LLVMInitializeNativeTarget() || LLVMInitializeNativeAsmPrinter() ||
        LLVMInitializeNativeAsmParser())
        return internal_error("no code generator", "for this machine");
    return true;
}

static bool open_machine(struct cg *cg)
{
    LLVMTargetRef target;
    char *message = NULL;
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

static void open_functions(struct cg *cg)
{
    uint32_t count = cg->module->funcs.count;
    cg->codes = arena_array(&cg->arena, struct cg_func *, count + 1);
    cg->members = arena_array(&cg->arena, bool, count + 1);
    for (uint32_t i = 0; cg->mine && i < cg->mine->funcs.count; i++)
        cg->members[cg->mine->funcs.at[i]->index] = true;
}

/* The set of accesses to elements, and how to say that one is, or surely is not, among them. */
static void open_elements(struct cg *cg)
{
    LLVMMetadataRef name = LLVMMDStringInContext2(cg->context, "elements", 8);
    LLVMMetadataRef domain = LLVMMDNodeInContext2(cg->context, &name, 1);
    LLVMMetadataRef scope = LLVMMDNodeInContext2(cg->context, (LLVMMetadataRef[]){name, domain}, 2);
    cg->elements = LLVMMetadataAsValue(cg->context, LLVMMDNodeInContext2(cg->context, &scope, 1));
    cg->among = LLVMGetMDKindIDInContext(cg->context, "alias.scope", strlen("alias.scope"));
    cg->apart = LLVMGetMDKindIDInContext(cg->context, "noalias", strlen("noalias"));
}

static bool open_module(struct cg *cg)
{
    cg->context = LLVMContextCreate();
    cg->llvm = LLVMModuleCreateWithNameInContext(cg_path(cg), cg->context);
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
    open_elements(cg);
    if (cg_whole(cg))
        cg->rows_global = LLVMAddGlobal(cg->llvm, cg->i8, "rows");
    open_functions(cg);
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

/* ---- a module ------------------------------------------------------------------------------- */

static void translate_unit(struct cg *cg)
{
    const struct unit *u = cg->mine;
    cg_debug_begin(cg);
    cg_count_helpers(cg);
    for (uint32_t i = 0; i < u->funcs.count; i++)
        cg_debug_func(cg, u->funcs.at[i]);
    cg_groups(cg);
    for (uint32_t i = 0; i < u->funcs.count; i++)
        cg_func(cg, u->funcs.at[i]);
    cg_grows(cg);
    cg_runs(cg);
}

static void translate(struct cg *cg)
{
    if (cg->mine)
        translate_unit(cg);
    if (!cg->mine || cg_whole(cg))
        cg_tables(cg);
    if (cg->mine)
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

/* ---- what is made --------------------------------------------------------------------------- */

struct work {
    const struct cg *model; /* what all have in common */
    struct codegen_sink *sink;
    uint32_t *order; /* of modules: the largest first */
    uint32_t count;
    atomic_uint next;
    atomic_bool failed;
};

/* By way of memory: LLVM ends the process when a file that it writes itself meets a full disk. */
static bool deliver(struct cg *cg, struct codegen_sink *sink, uint32_t number)
{
    if (cg->options->emit == EMIT_LLVM) {
        char *text = LLVMPrintModuleToString(cg->llvm);
        bool good = sink->take(sink, number, text, strlen(text));
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
    bool good = sink->take(sink, number, LLVMGetBufferStart(out), LLVMGetBufferSize(out));
    LLVMDisposeMemoryBuffer(out);
    return good;
}

/* A module before optimisation says all that its object depends on. */
static bool is_there(struct cg *cg, struct codegen_sink *sink, uint32_t number)
{
    if (!sink->has)
        return false;
    LLVMMemoryBufferRef from = LLVMWriteBitcodeToMemoryBuffer(cg->llvm);
    bool there = sink->has(sink, number, LLVMGetBufferStart(from), LLVMGetBufferSize(from));
    LLVMDisposeMemoryBuffer(from);
    return there;
}

/* The time since *last goes to a step. */
static void spend(struct codegen_sink *sink, enum codegen_step step, int64_t *last)
{
    int64_t now = clock_now();
    sink->spent[step] += (uint64_t)(now - *last);
    *last = now;
}

static bool make_object(struct cg *cg, struct codegen_sink *sink, uint32_t number, int64_t *last)
{
    translate(cg);
    if (is_there(cg, sink, number))
        return true;
    bool good = verify(cg);
    spend(sink, CODEGEN_TRANSLATE, last);
    good = good && optimise(cg);
    spend(sink, CODEGEN_OPTIMISE, last);
    good = good && deliver(cg, sink, number);
    spend(sink, CODEGEN_ASSEMBLE, last);
    return good;
}

static bool make_module(struct work *w, uint32_t number)
{
    struct cg cg = *w->model;
    int64_t last = clock_now();
    if (number < cg.units->all.count)
        cg.mine = &cg.units->all.at[number];
    bool good = open_module(&cg) && make_object(&cg, w->sink, number, &last);
    close_module(&cg);
    spend(w->sink, CODEGEN_TRANSLATE, &last);
    return good;
}

/* ---- all of them ---------------------------------------------------------------------------- */

enum { STACK_BYTES = 64 << 20 }; /* of a thread: LLVM recurses with the depth of code */

static void *work(void *context)
{
    struct work *w = context;
    for (uint32_t i; (i = atomic_fetch_add(&w->next, 1)) < w->count && !w->failed;)
        if (!make_module(w, w->order[i]))
            w->failed = true;
    return NULL;
}

/* On this thread and as many more as can be started. */
static void work_together(struct work *w, uint32_t threads)
{
    pthread_t others[64];
    uint32_t started = 0;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (threads > w->count)
        threads = w->count;
    while (started + 1 < threads && started < sizeof others / sizeof *others &&
           pthread_create(&others[started], &attributes, work, w) == 0)
        started++;
    pthread_attr_destroy(&attributes);
    work(w);
    while (started)
        pthread_join(others[--started], NULL);
}

static void order_by_size(struct work *w, const struct units *units)
{
    for (uint32_t i = 0; i < w->count; i++) {
        uint32_t at = i;
        for (; at && i < units->all.count &&
               units->all.at[w->order[at - 1]].size < units->all.at[i].size;
             at--)
            w->order[at] = w->order[at - 1];
        w->order[at] = i;
    }
}

bool codegen_emit(const struct ir_module *m, const struct layouts *layouts,
                  const struct units *units, const struct codegen_options *options,
                  struct codegen_sink *sink)
{
    const struct cg model = {.module = m, .layouts = layouts, .units = units, .options = options};
    struct work w = {.model = &model, .sink = sink};
    w.count = units->all.count + !units->whole;
    w.order = calloc(w.count, sizeof *w.order);
    if (!w.order || !open_target()) {
        free(w.order);
        return false;
    }
    order_by_size(&w, units);
    work_together(&w, options->threads);
    free(w.order);
    return !w.failed;
}
