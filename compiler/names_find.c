/* names_find.c - what a name stands for, in a module or as a member of one, and where words stand
 * in the source. */
#include "names_core.h"

#include "suggest.h"

#include <string.h>

/* Up to here they have names without an import. `rounds` is the compiler's; the others have
 * functions of durations and numbers. */
enum { PRELUDE_NAMED = 4 };

const char *const names_prelude[NAMES_PRELUDE] = {"prelude", "text", "array", "map",
                                                  "rounds",  "time", "math"};

const char *names_intern(struct program *p, const char *text)
{
    return intern(p->names, text, strlen(text));
}

/* ---- words in the source ----------------------------------------------------------------- */

static bool word_char(unsigned char c)
{
    return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static uint32_t skip_quiet(const char *text, uint32_t at, uint32_t end)
{
    if (text[at] == '"') {
        for (at++; at < end && text[at] != '"'; at++)
            at += text[at] == '\\';
        return at + 1;
    }
    while (at < end && text[at] != '\n')
        at++;
    return at;
}

struct span names_word(struct span within, const char *word)
{
    if (!within.source)
        return within;
    const char *text = within.source->text;
    uint32_t len = (uint32_t)strlen(word), at = within.start;
    while (at + len <= within.end) {
        if (text[at] == '"' || (text[at] == '/' && text[at + 1] == '/')) {
            at = skip_quiet(text, at, within.end);
        } else if (!word_char((unsigned char)text[at])) {
            at++;
        } else {
            uint32_t start = at;
            while (at < within.end && word_char((unsigned char)text[at]))
                at++;
            if (at - start == len && !memcmp(text + start, word, len))
                return (struct span){within.source, start, at};
        }
    }
    return within;
}

/* ---- finding names ------------------------------------------------------------------------- */

static struct module *module_named(struct program *p, const char *name)
{
    for (uint32_t i = 0; i < p->modules.count; i++)
        if (p->modules.at[i]->is_std && !strcmp(p->modules.at[i]->name, name))
            return p->modules.at[i];
    return NULL;
}

struct symbol *names_std(struct program *p, const char *module, const char *name)
{
    struct module *m = module_named(p, module);
    return m ? name_map_get(&m->scope, names_intern(p, name)) : NULL;
}

struct symbol *names_module_symbol(struct program *p, struct module *m)
{
    struct symbol *symbol = arena_new(p->arena, struct symbol);
    *symbol = (struct symbol){.kind = SYM_MODULE, .name = m->name, .module = m};
    symbol->type = p->types.simple[TYPE_bad];
    return symbol;
}

/* `import "math"` */
static bool is_import_of(struct span lost, const char *name)
{
    struct span line = names_word(lost, "import");
    if (line.end - line.start != strlen("import"))
        return false;
    line.end += (uint32_t)strcspn(line.source->text + line.end, "\n");
    return line.end <= lost.end && names_has_word(line, name);
}

bool names_is_lost(const struct module *m, const char *name)
{
    for (uint32_t i = 0; i < m->lost.count; i++) {
        if (is_import_of(m->lost.at[i], name))
            return true;
        struct span word = names_word(m->lost.at[i], name);
        if (word.end - word.start == strlen(name) && word.end > word.start)
            return true;
    }
    return false;
}

bool names_has_word(struct span within, const char *word)
{
    const char *text = within.source->text, *at = text + within.start;
    size_t len = strlen(word);
    while ((at = strstr(at, word)) && at + len <= text + within.end) {
        if ((at == text || !word_char((unsigned char)at[-1])) && !word_char((unsigned char)at[len]))
            return true;
        at += len;
    }
    return false;
}

bool names_is_lost_in(const struct func *func, const char *name, struct span use)
{
    for (; func; func = func->parent ? func->parent->func : NULL)
        for (uint32_t i = 0; i < func->lost.count; i++)
            if (func->lost.at[i].start < use.start && names_has_word(func->lost.at[i], name))
                return true;
    return false;
}

bool names_is_rounds(const struct symbol *symbol)
{
    const struct module *m = symbol->module;
    return m && m->is_std && !strcmp(m->name, names_prelude[PRELUDE_NAMED]);
}

struct symbol *names_find(struct program *p, struct module *m, const char *name)
{
    struct symbol *symbol = name_map_get(&m->scope, name);
    if (symbol)
        return symbol;
    struct module *prelude = module_named(p, "prelude");
    symbol = prelude ? name_map_get(&prelude->scope, name) : NULL;
    if (symbol && symbol->is_pub)
        return symbol;
    for (int i = 1; i < PRELUDE_NAMED; i++) {
        struct module *std = module_named(p, names_prelude[i]);
        if (std && std->name == name)
            return names_module_symbol(p, std);
    }
    return NULL;
}

static void hint_member(struct program *p, struct diag *d, struct module *m, const char *name,
                        struct span span)
{
    struct nearest nearest = {0};
    const char *foreign = m->is_std ? suggest_member(name) : NULL;
    if (foreign) {
        diag_hint(p->diags, d, "%s", foreign);
        return;
    }
    for (uint32_t i = 0; i < m->scope.room && !diag_is_full(p->diags); i++) {
        struct symbol *symbol = m->scope.slots[i].value;
        if (symbol && symbol->is_pub && symbol->module == m)
            nearest_offer(&nearest, name, symbol->name);
    }
    diag_meant(p->diags, d, span, nearest.best);
}

struct symbol *names_member(struct program *p, struct module *from, struct module *m,
                            const char *name, struct span span)
{
    struct symbol *symbol = name_map_get(&m->scope, name);
    if (symbol && (symbol->kind == SYM_MODULE || symbol->module != m))
        symbol = NULL; /* what it imports is not its own */
    if (!symbol && names_is_lost(m, name))
        return NULL;
    if (!symbol || (m->is_std && !symbol->is_pub && m != from)) {
        struct diag *d = diag_error(p->diags, DIAG_not_in_module, span, "module `%s` has no `%s`",
                                    m->name, name);
        hint_member(p, d, m, name, span);
        return NULL;
    }
    if (!symbol->is_pub && m != from) {
        struct diag *d = diag_error(p->diags, DIAG_not_pub, span,
                                    "`%s` of module `%s` is not public", name, m->name);
        diag_note(p->diags, d, symbol->span, "declared here without `pub`");
        diag_hint(p->diags, d, "write `pub` before its declaration");
        return NULL;
    }
    return symbol;
}
