/* diag.c - keeps messages until they are printed; see diag.h for their form. Read diag_add first,
 * then diag_print at the end; between them the excerpt of a line is drawn. */
#include "diag.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    ERRORS_MAX = 200, /* more are counted, not kept */
    WIDTH_MAX = 120,  /* of a printed line */
    TAB_WIDTH = 4,
    NAME_MAX_NEAR = 40,
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct remark { /* a note or a hint */
    struct remark *next;
    struct span span; /* source NULL: none */
    bool is_hint;
    const char *text;
};

struct diag {
    struct diag *next;
    enum severity severity;
    int code;
    uint32_t order;
    struct span span;
    const char *text;
    struct remark *remarks, **last_remark;
};

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
    diag_remark(diags, d, (struct remark){.is_hint = true, .text = text});
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
    uint32_t limit = len <= 2 ? 1 : len <= 5 ? 2 : 3;
    if (other > len + limit || len > other + limit)
        return; /* each letter more or less is one of the distance */
    uint32_t distance = name_distance(name, candidate);
    if (distance > limit || distance >= len)
        return;
    if (!nearest->best || distance < nearest->distance)
        *nearest = (struct nearest){candidate, distance};
}

/* -- printing -- */

static const char *paint(const struct diags *diags, const char *code)
{
    return diags->color ? code : "";
}

#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define CYAN   "\033[1;36m"
#define BOLD   "\033[1m"
#define PLAIN  "\033[0m"

/* A line as it will be shown: cells are code points, a tab is several blanks, and what would upset
 * a terminal is a question mark. */
struct excerpt {
    const char *text; /* of the line, without its end */
    uint32_t len, number;
    uint32_t from, to; /* cells under the caret */
    uint32_t cells;
};

static uint32_t char_len(const char *text, uint32_t left)
{
    uint32_t len = source_char_len(text, left);
    return len ? len : 1;
}

static uint32_t char_cells(const char *text)
{
    return *text == '\t' ? TAB_WIDTH : 1;
}

static struct excerpt excerpt_make(struct span span)
{
    const struct source *source = span.source;
    uint32_t line = source_position(source, span.start).line - 1;
    uint32_t start = source->lines[line];
    uint32_t end = line + 1 < source->line_count ? source->lines[line + 1] - 1 : source->len;
    if (end > start && source->text[end - 1] == '\r')
        end--;
    struct excerpt e = {.text = source->text + start, .len = end - start, .number = line + 1};
    bool is_from_known = false;
    for (uint32_t i = 0, len; i < e.len; i += len) {
        len = char_len(e.text + i, e.len - i);
        if (start + i >= span.start && !is_from_known) {
            e.from = e.cells;
            is_from_known = true;
        }
        e.cells += char_cells(e.text + i);
        if (start + i < span.end)
            e.to = e.cells;
    }
    if (!is_from_known)
        e.from = e.cells;
    if (e.to <= e.from)
        e.to = e.from + 1;
    return e;
}

static void excerpt_put_char(const char *text, uint32_t len, FILE *out)
{
    if (*text == '\t')
        fprintf(out, "%*s", TAB_WIDTH, "");
    else if ((unsigned char)*text < 0x20 || *text == 0x7f || (len == 1 && *text & 0x80))
        fputc('?', out);
    else
        fwrite(text, 1, len, out);
}

/* Cells [low, high) of the line. */
static void excerpt_put(const struct excerpt *e, uint32_t low, uint32_t high, FILE *out)
{
    uint32_t cell = 0;
    for (uint32_t i = 0, len; i < e->len && cell < high; i += len) {
        len = char_len(e->text + i, e->len - i);
        if (cell >= low)
            excerpt_put_char(e->text + i, len, out);
        else if (cell + char_cells(e->text + i) > low) /* half a tab */
            fprintf(out, "%*s", (int)(cell + char_cells(e->text + i) - low), "");
        cell += char_cells(e->text + i);
    }
}

static void excerpt_put_caret(const struct excerpt *e, uint32_t low, uint32_t high, FILE *out)
{
    for (uint32_t cell = low; cell < e->from; cell++)
        fputc(' ', out);
    for (uint32_t cell = e->from; cell < e->to && cell < high; cell++)
        fputc(cell == e->from ? '^' : '~', out);
}

static void span_print(const struct diags *diags, struct span span, const char *color, FILE *out)
{
    struct excerpt e = excerpt_make(span);
    int gutter = snprintf(NULL, 0, "%u", e.number);
    uint32_t room = WIDTH_MAX - (uint32_t)gutter - 4 - 6; /* 6: both dots */
    uint32_t low = 0, high = e.cells;
    if (e.cells > room) {
        uint32_t shown = e.to - e.from < room / 2 ? e.to - e.from : room / 2;
        uint32_t middle = e.from + shown / 2;
        low = middle > room / 2 ? middle - room / 2 : 0;
        if (low + room > e.cells)
            low = e.cells - room;
        high = low + room;
    }
    const char *before = low ? "..." : "", *after = high < e.cells ? "..." : "";
    fprintf(out, " %u | %s", e.number, before);
    excerpt_put(&e, low, high, out);
    fprintf(out, "%s\n %*s | %*s%s", after, gutter, "", (int)strlen(before), "",
            paint(diags, color));
    excerpt_put_caret(&e, low, high > e.from ? high : e.from + 1, out);
    fprintf(out, "%s\n", paint(diags, PLAIN));
}

static void place_print(struct span span, FILE *out)
{
    if (!span.source) {
        fprintf(out, "dfl: ");
        return;
    }
    struct position at = source_position(span.source, span.start);
    fprintf(out, "%s:%u:%u: ", span.source->path, at.line, at.column);
}

static void remark_print(const struct diags *diags, const struct remark *remark, FILE *out)
{
    fprintf(out, "%s%s:%s ", paint(diags, CYAN), remark->is_hint ? "hint" : "note",
            paint(diags, PLAIN));
    if (remark->span.source)
        place_print(remark->span, out);
    fprintf(out, "%s\n", remark->text);
    if (remark->span.source)
        span_print(diags, remark->span, CYAN, out);
}

static void one_print(const struct diags *diags, const struct diag *d, FILE *out)
{
    const char *color = d->severity == SEVERITY_ERROR ? RED : YELLOW;
    fputs(paint(diags, BOLD), out);
    place_print(d->span, out);
    fprintf(out, "%s%s[E%04d]:%s %s%s%s\n", paint(diags, color),
            d->severity == SEVERITY_ERROR ? "error" : "warning", d->code, paint(diags, PLAIN),
            paint(diags, BOLD), d->text, paint(diags, PLAIN));
    if (d->span.source)
        span_print(diags, d->span, color, out);
    for (const struct remark *r = d->remarks; r; r = r->next)
        remark_print(diags, r, out);
}

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

static void rest_print(const char *what, uint32_t count, FILE *out)
{
    if (count > ERRORS_MAX)
        fprintf(out, "... and %u more %s\n", count - ERRORS_MAX, what);
}

void diag_print(struct diags *diags, FILE *out)
{
    uint32_t count = 0, i = 0;
    for (struct diag *d = diags->first; d; d = d->next)
        count++;
    struct diag **sorted = arena_array(diags->arena, struct diag *, count + 1);
    for (struct diag *d = diags->first; d; d = d->next)
        sorted[i++] = d;
    qsort(sorted, count, sizeof *sorted, diag_compare);
    for (i = 0; i < count; i++)
        one_print(diags, sorted[i], out);
    rest_print("errors", diags->errors, out);
    rest_print("warnings", diags->warnings, out);
    diags->first = NULL;
    diags->last = NULL;
    diags->warnings = 0;
}
