/* diag.c - keeps messages until diag_print.c or diag_json.c prints them. */
#include "diag_core.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_NEAR = 40 };

static const char *text_format(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    assert(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1, 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

/* -- collecting -- */

bool diag_is_full(const struct diags *diags)
{
    return diags->errors >= ERRORS_MAX;
}

static bool is_structural(int code)
{
    return code == DIAG_syntax || code == DIAG_open_string || code == DIAG_open_hole ||
           code == DIAG_open_bracket || code == DIAG_stray_bracket || code == DIAG_depth;
}

struct mended {
    struct span span;
    struct mended *next;
};

void diag_mended(struct diags *diags, struct span span)
{
    struct mended *mended = arena_new(diags->arena, struct mended);
    *mended = (struct mended){span, diags->mended};
    diags->mended = mended;
}

static bool is_within(struct span span, struct span within)
{
    return span.source == within.source && span.start >= within.start && span.start < within.end;
}

bool diag_upsets(const struct diags *diags, struct span within)
{
    for (const struct mended *m = diags->mended; m; m = m->next)
        if (is_within(m->span, within))
            return true;
    for (const struct diag *d = diags->first; d; d = d->next)
        if (d->code != DIAG_syntax && is_structural(d->code) && is_within(d->span, within))
            return true;
    return diag_is_full(diags);
}

bool diag_breaks(const struct diags *diags, struct span within)
{
    if (diag_is_full(diags))
        return true;
    for (const struct diag *d = diags->first; d; d = d->next)
        if (is_structural(d->code) && is_within(d->span, within))
            return true;
    return false;
}

static bool diag_is_known(const struct diags *diags, struct span span)
{
    for (const struct diag *d = diags->first; d; d = d->next)
        if (d->severity == SEVERITY_ERROR && d->span.source == span.source &&
            d->span.start == span.start && span.source)
            return true;
    return false;
}

static struct diag *diag_add(struct diags *diags, enum severity severity, int code,
                             struct span span, const char *text)
{
    struct diag *d = arena_new(diags->arena, struct diag);
    uint32_t *count = severity == SEVERITY_ERROR ? &diags->errors : &diags->warnings;
    *d = (struct diag){.severity = severity, .code = code, .span = span, .text = text};
    d->last_remark = &d->remarks;
    if (diag_is_known(diags, span))
        return d;
    if ((*count)++ >= ERRORS_MAX)
        return d;
    d->order = diags->errors + diags->warnings;
    if (!diags->first)
        diags->last = &diags->first;
    *diags->last = d;
    diags->last = &d->next;
    return d;
}

struct diag *diag_error(struct diags *diags, enum diag_code code, struct span span,
                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = text_format(diags->arena, format, args);
    va_end(args);
    return diag_add(diags, SEVERITY_ERROR, (int)code, span, text);
}

struct diag *diag_warning(struct diags *diags, enum diag_code code, struct span span,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = text_format(diags->arena, format, args);
    va_end(args);
    return diag_add(diags, SEVERITY_WARNING, (int)code, span, text);
}

static void diag_remark(struct diags *diags, struct diag *d, struct remark remark)
{
    struct remark *kept = arena_new(diags->arena, struct remark);
    *kept = remark;
    *d->last_remark = kept;
    d->last_remark = &kept->next;
}

void diag_note(struct diags *diags, struct diag *d, struct span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = text_format(diags->arena, format, args);
    va_end(args);
    diag_remark(diags, d, (struct remark){.span = span, .text = text});
}

void diag_hint(struct diags *diags, struct diag *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = text_format(diags->arena, format, args);
    va_end(args);
    diag_remark(diags, d, (struct remark){.kind = REMARK_HINT, .text = text});
}

void diag_fix(struct diags *diags, struct diag *d, struct span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = text_format(diags->arena, format, args);
    va_end(args);
    diag_remark(diags, d, (struct remark){.kind = REMARK_FIX, .span = span, .text = text});
}

void diag_meant(struct diags *diags, struct diag *d, struct span name, const char *best)
{
    if (!best)
        return;
    diag_hint(diags, d, "did you mean `%s`?", best);
    diag_fix(diags, d, name, "%s", best);
}

/* -- did you mean -- */

/* Edit distance with transpositions, letters' case at no cost only if nothing else differs. */
static uint32_t name_distance(const char *a, const char *b)
{
    uint32_t rows[3][NAME_MAX_NEAR + 1];
    uint32_t a_len = (uint32_t)strlen(a), b_len = (uint32_t)strlen(b);
    if (a_len > NAME_MAX_NEAR || b_len > NAME_MAX_NEAR)
        return UINT32_MAX;
    for (uint32_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (uint32_t i = 1; i <= a_len; i++) {
        uint32_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (uint32_t j = 1; j <= b_len; j++) {
            uint32_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_len % 3][b_len];
}

void nearest_offer(struct nearest *nearest, const char *name, const char *candidate)
{
    uint32_t len = (uint32_t)strlen(name), other = (uint32_t)strlen(candidate);
    if (!strcasecmp(name, candidate)) {
        *nearest = (struct nearest){candidate, 0};
        return;
    }
    uint32_t limit = len <= 4 ? 1 : len <= 7 ? 2 : 3;
    if (other > len + limit || len > other + limit)
        return; /* each letter more or less is one of the distance */
    uint32_t distance = name_distance(name, candidate);
    if (distance > limit || distance >= len)
        return;
    if (!nearest->best || distance < nearest->distance)
        *nearest = (struct nearest){candidate, distance};
}

/* -- in order -- */

static int diag_compare(const void *a_slot, const void *b_slot)
{
    const struct diag *a = *(struct diag *const *)a_slot, *b = *(struct diag *const *)b_slot;
    if (a->span.source != b->span.source) {
        const char *a_path = a->span.source ? a->span.source->path : "";
        const char *b_path = b->span.source ? b->span.source->path : "";
        int by_path = strcmp(a_path, b_path);
        if (by_path)
            return by_path;
    }
    if (a->span.start != b->span.start)
        return a->span.start < b->span.start ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

struct diag **diag_sorted(struct diags *diags, uint32_t *count)
{
    uint32_t i = 0;
    *count = 0;
    for (struct diag *d = diags->first; d; d = d->next)
        ++*count;
    struct diag **sorted = arena_array(diags->arena, struct diag *, *count + 1);
    for (struct diag *d = diags->first; d; d = d->next)
        sorted[i++] = d;
    qsort(sorted, *count, sizeof *sorted, diag_compare);
    return sorted;
}

void diag_forget(struct diags *diags)
{
    diags->first = NULL;
    diags->last = NULL;
    diags->warnings = 0;
}
