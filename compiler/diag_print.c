/* diag_print.c - messages as text, see diag.h for their form. Read from the bottom: diag_print, one
 * message, and how the excerpt of a line is drawn. */
#include "diag_core.h"

#include <string.h>

enum {
    WIDTH_MAX = 120, /* of a printed line */
    TAB_WIDTH = 4,
};

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
    if (remark->kind == REMARK_FIX)
        return;
    fprintf(out, "%s%s:%s ", paint(diags, CYAN), remark->kind == REMARK_HINT ? "hint" : "note",
            paint(diags, PLAIN));
    if (remark->span.source)
        place_print(remark->span, out);
    fprintf(out, "%s\n", remark->text);
    if (remark->span.source)
        span_print(diags, remark->span, CYAN, out);
}

static void one_print(const struct diags *diags, const struct diag *d, FILE *out)
{
    bool is_error = d->severity == SEVERITY_ERROR || diags->is_strict;
    const char *color = is_error ? RED : YELLOW;
    fputs(paint(diags, BOLD), out);
    place_print(d->span, out);
    fprintf(out, "%s%s[E%04d]:%s %s%s%s\n", paint(diags, color), is_error ? "error" : "warning",
            d->code, paint(diags, PLAIN), paint(diags, BOLD), d->text, paint(diags, PLAIN));
    if (d->span.source)
        span_print(diags, d->span, color, out);
    for (const struct remark *r = d->remarks; r; r = r->next)
        remark_print(diags, r, out);
}

static void rest_print(const char *what, uint32_t count, FILE *out)
{
    if (count > ERRORS_MAX)
        fprintf(out, "... and %u more %s\n", count - ERRORS_MAX, what);
}

void diag_print(struct diags *diags, FILE *out)
{
    uint32_t count;
    struct diag **sorted = diag_sorted(diags, &count);
    for (uint32_t i = 0; i < count; i++)
        one_print(diags, sorted[i], out);
    rest_print("errors", diags->errors, out);
    rest_print("warnings", diags->warnings, out);
    diag_forget(diags);
}
