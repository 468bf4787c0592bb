/* fmt.c - the entry of the formatter: reads, lays out, and makes sure that nothing but white space
 * and needless commas changed. */
#include "fmt.h"

#include "fmt_core.h"
#include "parse.h"

#include <stdlib.h>
#include <string.h>

/* What a tree is, as text; to be freed. NULL if the source has errors. */
static char *shape(struct arena *arena, struct intern *names, const struct source *source,
                   struct diags *diags)
{
    char *text = NULL;
    size_t len = 0;
    const struct node *tree = parse_module(arena, names, source, diags);
    FILE *out = diags->errors ? NULL : open_memstream(&text, &len);
    if (!out)
        return NULL;
    ast_print_shape(tree, out);
    fclose(out);
    return text;
}

static bool same_comments(const struct comments *a, const struct comments *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        struct span x = a->at[i], y = b->at[i];
        if (x.end - x.start != y.end - y.start ||
            memcmp(x.source->text + x.start, y.source->text + y.start, x.end - x.start) != 0)
            return false;
    }
    return true;
}

static const struct source *layout_once(struct arena *arena, struct intern *names,
                                        const struct source *source, struct diags *diags)
{
    struct fmt_tokens tokens = fmt_read(arena, names, source, diags);
    struct token_text text = fmt_layout(arena, &tokens);
    return source_make(arena, source->path, text.bytes, text.len);
}

static bool same_comments_in(struct arena *arena, struct intern *names, const struct source *a,
                             const struct source *b, struct diags *diags)
{
    const struct node *x = parse_module(arena, names, a, diags);
    const struct node *y = parse_module(arena, names, b, diags);
    return same_comments(x->module_.comments, y->module_.comments);
}

/* A block that a layout opens may move what is around it: lays out until nothing changes. */
const struct source *fmt_source(struct arena *arena, struct intern *names,
                                const struct source *source, struct diags *diags)
{
    enum { ROUNDS = 10 };
    char *before = shape(arena, names, source, diags);
    const struct source *now = source;
    struct diags quiet = {.arena = arena, .last = &quiet.first};
    bool is_stable = false;
    for (int i = 0; before && i < ROUNDS && !is_stable && !quiet.errors; i++) {
        const struct source *next = layout_once(arena, names, now, &quiet);
        is_stable = next->len == now->len && memcmp(next->text, now->text, now->len) == 0;
        now = next;
    }
    char *after = is_stable ? shape(arena, names, now, &quiet) : NULL;
    bool good =
        after && strcmp(before, after) == 0 && same_comments_in(arena, names, source, now, &quiet);
    free(before);
    free(after);
    return good ? now : NULL;
}
