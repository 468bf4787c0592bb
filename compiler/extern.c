/* extern.c - from what a program declares of C to functions that it can call: what is declared is
 * collected, the C compiler is asked, its answers are compared, and the shim is made, linked and
 * loaded. */
#include "cache.h"
#include "extern_core.h"
#include "temp.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---------------------------------------------------------------------------------- */

static const char symbol_start[] = "dfl_c_";

const char *extern_symbol(struct arena *arena, const struct symbol *s)
{
    return arena_format(arena, "%s%u_%s", symbol_start, s->func->c_index, s->name);
}

bool extern_is_symbol(const char *name)
{
    return !strncmp(name, symbol_start, strlen(symbol_start));
}

/* ---- the order ------------------------------------------------------------------------------ */

static const char *folder_of(struct externs *x)
{
    const char *path = x->program->root->source->path, *slash = strrchr(path, '/');
    return slash ? arena_copy(x->arena, path, (size_t)(slash - path) + 1) : "./";
}

bool extern_ask(struct externs *x)
{
    if (x->is_asked)
        return true;
    if (!extern_probe(x))
        return false;
    extern_judge(x);
    return x->is_asked = true;
}

/* All declarations as they are written. */
static const char *declarations(const struct externs *x)
{
    const char *text = "";
    for (uint32_t i = 0; i < x->records.count + x->funcs.count; i++) {
        struct span span = i < x->records.count ? x->records.at[i].node->span
                                                : x->funcs.at[i - x->records.count].node->span;
        text = arena_format(x->arena, "%s%.*s\n", text, (int)(span.end - span.start),
                            span.source->text + span.start);
    }
    return text;
}

static bool cache_of(struct externs *x, struct cache *cache)
{
    struct cc c;
    cc_begin(&c, x->arena);
    const char *words = "";
    for (uint32_t i = 0; i < c.words.count; i++)
        words = arena_format(x->arena, "%s %s", words, c.words.at[i]);
    char *folder = realpath(x->folder, NULL);
    const char *what =
        arena_format(x->arena, "%s\n%s\n%s", words, folder ? folder : "", declarations(x));
    free(folder);
    return cache_open_part(cache, x->arena, "shim", what);
}

/* A library made of the same declarations and headers: nothing is to be asked then. */
static bool find_kept(struct externs *x)
{
    struct cache cache;
    const char *warnings;
    if (cache_of(x, &cache))
        x->kept = cache_find(&cache, &warnings);
    return x->kept != NULL;
}

bool extern_check(struct program *p)
{
    if (!p->c_funcs.count && !p->c_records.count)
        return true;
    struct externs *x = arena_new(p->arena, struct externs);
    *x = (struct externs){.program = p, .arena = p->arena};
    x->folder = folder_of(x);
    p->externs = x;
    uint32_t errors = p->diags->errors;
    if (!extern_collect(x))
        return true;
    return (p->diags->errors == errors && find_kept(x)) || extern_ask(x);
}

/* ---- in this process ------------------------------------------------------------------------ */

static void remove_file(const char **path)
{
    if (*path)
        temp_remove(*path);
    *path = NULL;
}

static void remove_files(struct externs *x)
{
    remove_file(&x->library);
    remove_file(&x->needs);
    remove_file(&x->object);
}

/* Where it is linked: in the cache, if there is one. */
static const char *library_path(struct externs *x, struct cache *cache)
{
    if (!cache)
        return temp_make(x->arena, ".so");
    const char *path = cache_draft(cache);
    temp_watch(path);
    return path;
}

static bool link_library(struct externs *x, struct cache *cache)
{
    const char *const *words = extern_compile(x) ? extern_words(x) : NULL, *said = "";
    x->library = words ? library_path(x, cache) : NULL;
    if (!x->library)
        return false;
    struct cc c;
    cc_begin(&c, x->arena);
    cc_add_words(&c, "-shared -Wl,-z,defs -o");
    cc_add(&c, x->library);
    for (; *words; words++)
        cc_add(&c, *words);
    cc_add(&c, "-lm");
    int status = cc_run(&c, &said);
    if (status > 0 && !extern_report_link(x->program, said))
        fprintf(stderr, "%sdfl: the linker '%s' failed with status %d\n", said, cc_name(&c),
                status);
    return status == 0;
}

static void keep_library(struct externs *x, struct cache *cache)
{
    struct cache_inputs in = {.warnings = ""};
    struct extern_inputs of_c = extern_inputs(x->program);
    for (; *of_c.files; of_c.files++)
        vec_push(x->arena, &in.files, *of_c.files);
    for (; *of_c.absent; of_c.absent++)
        vec_push(x->arena, &in.absent, *of_c.absent);
    x->kept = cache_keep(cache, x->library, &in);
    if (x->kept)
        temp_forget(x->library);
    x->library = x->kept ? NULL : x->library;
}

static bool make_library(struct externs *x)
{
    struct cache cache;
    bool has_cache = cache_of(x, &cache);
    if (!link_library(x, has_cache ? &cache : NULL))
        return false;
    if (has_cache)
        keep_library(x, &cache);
    return true;
}

bool extern_load(struct program *p)
{
    struct externs *x = p->externs;
    if (!x)
        return true;
    if (!x->kept && !make_library(x))
        return false;
    x->loaded = dlopen(x->kept ? x->kept : x->library, RTLD_NOW | RTLD_LOCAL);
    remove_files(x); /* it is mapped now */
    if (!x->loaded)
        fprintf(stderr, "dfl: cannot load the program's C functions: %s\n", dlerror());
    return x->loaded != NULL;
}

const struct dfl_c_fn *extern_find(const struct program *p, const struct symbol *s)
{
    const void *found = dlsym(p->externs->loaded, extern_symbol(p->arena, s));
    assert(found);
    return found;
}

void extern_close(struct program *p)
{
    if (p->externs)
        remove_files(p->externs);
}
