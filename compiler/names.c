/* names.c - files and imports: reads modules, those that they import first. Read from the end:
 * names_load() reads a module, and module_load() is the order of the steps for each. */
#include "names_core.h"

#include "broken.h"
#include "endless.h"
#include "parse.h"
#include "suggest.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

/* An import that is being followed. */
struct step {
    struct module *module;
    struct span import; /* where it imports the next one */
};

struct loader {
    struct program *program;
    const char *folder;         /* of the root file, with its slash, or "" */
    VEC(struct module *) known; /* all, also those still being loaded */
    VEC(struct step) path;      /* from the root to the module being loaded */
};

static void offer_folder(struct program *p, struct nearest *nearest, const char *folder,
                         const char *name)
{
    DIR *dir = opendir(*folder ? folder : ".");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && !strcmp(entry->d_name + len - 4, ".dfl"))
            nearest_offer(nearest, name, intern(p->names, entry->d_name, len - 4));
    }
    if (dir)
        closedir(dir);
}

/* The file of `shapes.geo` below a folder that ends with `/` or is empty: shapes/geo.dfl. */
static const char *module_file(struct program *p, const char *folder, const char *name)
{
    char *path = arena_format(p->arena, "%s%s.dfl", folder, name);
    for (char *c = path + strlen(folder); c < path + strlen(path) - strlen(".dfl"); c++)
        if (*c == '.')
            *c = '/';
    return path;
}

static void unknown_module(struct loader *l, const char *name, struct span span)
{
    struct program *p = l->program;
    struct nearest nearest = {0};
    offer_folder(p, &nearest, l->folder, name);
    offer_folder(p, &nearest, p->library, name);
    struct diag *d = diag_error(p->diags, DIAG_unknown_module, span, "no module `%s`", name);
    const char *foreign = suggest_module(name);
    if (foreign)
        diag_hint(p->diags, d, "%s", foreign);
    else if (nearest.best)
        diag_meant(p->diags, d, span, nearest.best);
    else
        diag_hint(p->diags, d, "modules are files: `%s`, or one of the standard library",
                  module_file(p, l->folder, name));
}

/* The file of an imported module: below the folder of the root file, else in the library; NULL if
 * neither. */
static const char *find_file(struct loader *l, const char *name, bool *is_std)
{
    struct program *p = l->program;
    const char *path = module_file(p, l->folder, name);
    *is_std = false;
    if (access(path, R_OK) == 0)
        return path;
    *is_std = true;
    path = arena_format(p->arena, "%s/%s.dfl", p->library, name);
    return access(path, R_OK) == 0 ? path : NULL;
}

/* The import that closes a cycle is told at the first import of the way into it, with the path. */
static void report_cycle(struct loader *l, struct module *again)
{
    struct program *p = l->program;
    const char *path = "";
    for (uint32_t i = 0; i < l->path.count; i++)
        path = arena_format(p->arena, "%s%s -> ", path, l->path.at[i].module->name);
    struct diag *d = diag_error(p->diags, DIAG_import_cycle, l->path.at[0].import,
                                "modules import each other in a cycle: %s%s", path, again->name);
    for (uint32_t i = 1; i < l->path.count; i++)
        diag_note(p->diags, d, l->path.at[i].import, "`%s` imports the next one here",
                  l->path.at[i].module->name);
    diag_hint(p->diags, d, "move what both need into a module of its own");
}

static struct module *module_open(struct loader *l, const char *path, const char *name,
                                  bool is_std);

static void load_import(struct loader *l, struct node *node)
{
    struct program *p = l->program;
    struct span span = node->import_.name_at;
    l->path.at[l->path.count - 1].import = span;
    bool is_std;
    const char *path = find_file(l, node->import_.path, &is_std);
    if (!path) {
        unknown_module(l, node->import_.path, span);
        return;
    }
    for (uint32_t i = 0; i < l->known.count; i++) {
        struct module *known = l->known.at[i];
        if (strcmp(known->path, path))
            continue;
        known->is_imported = true;
        if (known->loaded)
            node->import_.target = known;
        else
            report_cycle(l, known);
        return;
    }
    struct module *target = module_open(l, path, names_last(p, node->import_.path), is_std);
    node->import_.target = target;
    if (target)
        target->is_imported = true;
}

/* Imports first, so that signatures can use their types; then all names; then what they mean. */
static void module_load(struct loader *l, struct module *m)
{
    struct program *p = l->program;
    const struct nodes *items = &m->tree->module_.items;
    vec_push(p->arena, &l->path, ((struct step){m, m->tree->span}));
    for (uint32_t i = 0; i < items->count; i++) {
        struct node *item = items->at[i];
        if (item->kind != NODE_import)
            continue;
        load_import(l, item);
        if (item->import_.target)
            vec_push(p->arena, &m->imports, item->import_.target);
    }
    l->path.count--;
    for (uint32_t i = 0; i < items->count; i++)
        names_declare(p, m, items->at[i]);
    broken_mark(p, m);
    for (uint32_t i = 0; i < items->count; i++)
        names_sign(p, m, items->at[i]);
    endless_check(p, items);
}

/* Reads a module with all it imports; NULL if its file cannot be read (reported). */
static struct module *module_open(struct loader *l, const char *path, const char *name, bool is_std)
{
    struct program *p = l->program;
    struct span import = l->path.count ? l->path.at[l->path.count - 1].import : (struct span){0};
    struct source *source = source_read_for(p->arena, path, import, p->diags);
    if (!source)
        return NULL;
    struct module *m = arena_new(p->arena, struct module);
    m->name = name;
    m->path = path;
    m->source = source;
    m->is_std = source->is_std = is_std;
    vec_push(p->arena, &l->known, m);
    m->tree = parse_module(p->arena, p->names, source, p->diags);
    if (m->tree->kind == NODE_module)
        module_load(l, m);
    m->loaded = true;
    vec_push(p->arena, &p->modules, m);
    return m;
}

static const char *folder_of(struct program *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_copy(p->arena, path, (size_t)(slash + 1 - path)) : "";
}

/* "src/fib.dfl" is module "fib". */
static const char *module_name(struct program *p, const char *path)
{
    if (!strcmp(path, "-"))
        return names_intern(p, "main");
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t len = strlen(base);
    if (len > 4 && !strcmp(base + len - 4, ".dfl"))
        len -= 4;
    return intern(p->names, base, len);
}

void names_load(struct program *p, const char *path)
{
    struct loader l = {.program = p, .folder = folder_of(p, path)};
    if (!p->types.arena)
        types_init(&p->types, p->arena);
    for (int i = 0; i < NAMES_PRELUDE; i++) {
        const char *std = arena_format(p->arena, "%s/%s.dfl", p->library, names_prelude[i]);
        module_open(&l, std, names_intern(p, names_prelude[i]), true);
    }
    p->root = module_open(&l, path, module_name(p, path), false);
    if (p->root)
        p->main = name_map_get(&p->root->scope, names_intern(p, "main"));
    if (p->main && p->main->kind != SYM_FUNC)
        p->main = NULL;
}
