/* endless.c - a walk over what values of a record hold in place: through tuples, options, results
 * and other records, not behind an array, map or future. Each record is counted once. */
#include "endless.h"

enum {
    BUSY = UINT32_MAX, /* type->cells of a record on the path */
    DEPTH_MOST = 500,
};

struct step {
    const struct type *record;
    uint32_t field;
};

struct walk {
    struct program *program;
    VEC(struct step) path;
};

/* The record is reached again from the field of it that is on the path. */
static void report_circle(struct walk *w, const struct type *record)
{
    uint32_t at = w->path.count;
    while (w->path.at[--at].record != record)
        ;
    uint32_t field = w->path.at[at].field;
    const struct node *node = record->symbol->node;
    struct diag *d =
        diag_error(w->program->diags, DIAG_endless_record, node->record_.fields.at[field]->span,
                   "the record `%s` contains itself", record->text);
    diag_hint(w->program->diags, d, "an array holds what may be missing or many: `[%s]`",
              record->text);
    record->args.at[field] = w->program->types.simple[TYPE_bad];
}

static uint32_t count_cells(struct walk *, const struct type *);

static uint32_t count_parts(struct walk *w, const struct type *t)
{
    uint32_t sum = 1;
    for (uint32_t i = 0; i < t->args.count && sum <= ENDLESS_CELLS; i++)
        sum += count_cells(w, t->args.at[i]);
    return sum;
}

static uint32_t count_record(struct walk *w, struct type *record)
{
    struct span name = record->symbol->span;
    if (w->path.count == DEPTH_MOST) {
        diag_error(w->program->diags, DIAG_depth, name, "records are nested too deeply");
        return record->cells = 1;
    }
    record->cells = BUSY;
    vec_push(w->program->arena, &w->path, (struct step){.record = record});
    uint32_t top = w->path.count - 1, sum = 0;
    for (uint32_t i = 0; i < record->args.count && sum <= ENDLESS_CELLS; i++) {
        w->path.at[top].field = i;
        sum += count_cells(w, record->args.at[i]);
    }
    w->path.count--;
    if (sum > ENDLESS_CELLS) {
        struct diag *d = diag_error(w->program->diags, DIAG_bad_type, name,
                                    "a value of `%s` would have more than %d parts", record->text,
                                    ENDLESS_CELLS);
        diag_hint(w->program->diags, d, "keep what is many in an array");
        sum = 1;
    }
    return record->cells = sum ? sum : 1;
}

static uint32_t count_cells(struct walk *w, const struct type *t)
{
    if (t->kind == TYPE_tuple || t->kind == TYPE_option || t->kind == TYPE_result)
        return count_parts(w, t);
    if (t->kind != TYPE_record)
        return 1;
    if (t->cells == BUSY) {
        report_circle(w, t);
        return 1;
    }
    /* the one field of a type that is this file's to write */
    return t->cells ? t->cells : count_record(w, (struct type *)t);
}

void endless_check(struct program *p, const struct nodes *items)
{
    struct walk w = {.program = p};
    for (uint32_t i = 0; i < items->count; i++)
        if (items->at[i]->kind == NODE_record)
            count_cells(&w, items->at[i]->record_.symbol->type);
}
