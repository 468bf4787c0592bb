/* code.c - read code_objects first. */
#include "code.h"

#include "cache.h"
#include "home.h"
#include "timings.h"

#include <dlfcn.h>
#include <sched.h>
#include <string.h>

static uint32_t cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

/* Runs the code generator, which is loaded for it. */
static bool generate(const struct cli *cli, const struct ir_module *m,
                     const struct layouts *layouts, const struct units *units, enum emit emit,
                     struct codegen_sink *sink)
{
    void *lib = dlopen(home_path(m->arena, "lib/dfl/libdflcg.so"), RTLD_NOW | RTLD_LOCAL);
    if (!lib) {
        cli_error(cli, "cannot load the code generator: %s", dlerror());
        cli_hint(cli, "install the package libllvm19, or use `dfl run --interp`");
        return false;
    }
    bool (*codegen)(const struct ir_module *, const struct layouts *, const struct units *,
                    const struct codegen_options *, struct codegen_sink *);
    *(void **)&codegen = dlsym(lib, "codegen_emit");
    const struct codegen_options options = {.level = cli->level,
                                            .cpu = "x86-64-v2",
                                            .emit = emit,
                                            .records = cli->check_pure || cli->trace,
                                            .threads = cores()};
    return codegen && codegen(m, layouts, units, &options, sink);
}

static void tell_times(const struct units *units, const struct objects *objects)
{
    uint32_t made = objects_made(objects, units->all.count);
    timings_note(STAGE_code, "%u of %u units compiled", made, units->all.count);
    for (int i = 0; i < CODEGEN_STEPS; i++)
        timings_add(STAGE_translate + i, objects->sink.spent[i]);
}

bool code_objects(const struct cli *cli, struct ir_module *m, const char *folder,
                  struct objects *objects)
{
    struct layouts layouts;
    struct units units;
    layouts_init(&layouts, m->arena, m->types);
    units_make(&units, m, &layouts, cli->level, false);
    objects_open(objects, m->arena, units.all.count + !units.whole, units.whole ? NULL : folder,
                 cache_maker(m->arena, cli->level));
    if (generate(cli, m, &layouts, &units, EMIT_OBJ, &objects->sink)) {
        tell_times(&units, objects);
        return true;
    }
    objects_close(objects);
    return false;
}

/* ---- printed -------------------------------------------------------------------------------- */

struct printer {
    struct codegen_sink sink;
    FILE *out;
};

/* What does not arrive is seen where the file is closed. */
static bool print(struct codegen_sink *sink, uint32_t unit, const void *made, size_t len)
{
    (void)unit;
    struct printer *p = (struct printer *)((char *)sink - offsetof(struct printer, sink));
    fwrite(made, 1, len, p->out);
    return true;
}

bool code_print(const struct cli *cli, struct ir_module *m, const char *what, FILE *out)
{
    enum emit emit = strcmp(what, "obj") == 0 ? EMIT_OBJ : what[0] == 'a' ? EMIT_ASM : EMIT_LLVM;
    struct printer p = {.sink = {.take = print}, .out = out};
    struct layouts layouts;
    struct units units;
    layouts_init(&layouts, m->arena, m->types);
    units_make(&units, m, &layouts, cli->level, true);
    return generate(cli, m, &layouts, &units, emit, &p.sink);
}
