/* diag_json.c - messages for machines, one JSON object a line; LANGUAGE.md has its keys. */
#include "diag_core.h"
#include "json.h"

#include <string.h>

static void put_text(const char *text, FILE *out)
{
    json_text(out, text, strlen(text));
}

static void put_key(const char *key, const char *text, FILE *out)
{
    fprintf(out, "\"%s\": ", key);
    put_text(text, out);
}

static void put_position(const char *key, struct span span, uint32_t offset, FILE *out)
{
    struct position at = source_position(span.source, offset);
    uint32_t line_start = span.source->lines[at.line - 1];
    fprintf(out, ", \"%s\": {\"line\": %u, \"column\": %u, \"byte_column\": %u, \"offset\": %u}",
            key, at.line, at.column, offset - line_start + 1, offset);
}

static void put_place(struct span span, FILE *out)
{
    if (!span.source) {
        fputs("\"file\": null, \"start\": null, \"end\": null", out);
        return;
    }
    put_key("file", span.source->path, out);
    put_position("start", span, span.start, out);
    put_position("end", span, span.end, out);
}

static void put_remarks(const char *key, const struct diag *d, enum remark_kind kind, FILE *out)
{
    const char *before = "";
    fprintf(out, ", \"%s\": [", key);
    for (const struct remark *r = d->remarks; r; r = r->next) {
        if (r->kind != kind)
            continue;
        fputs(before, out);
        before = ", ";
        if (kind == REMARK_HINT) {
            put_text(r->text, out);
            continue;
        }
        fputc('{', out);
        put_place(r->span, out);
        fputs(", ", out);
        put_key(kind == REMARK_FIX ? "text" : "message", r->text, out);
        fputc('}', out);
    }
    fputc(']', out);
}

static void put_diag(const struct diags *diags, const struct diag *d, FILE *out)
{
    bool is_error = d->severity == SEVERITY_ERROR || diags->is_strict;
    fprintf(out, "{\"severity\": \"%s\", \"code\": \"E%04d\", ", is_error ? "error" : "warning",
            d->code);
    put_key("message", d->text, out);
    fputs(", ", out);
    put_place(d->span, out);
    put_remarks("notes", d, REMARK_NOTE, out);
    put_remarks("hints", d, REMARK_HINT, out);
    put_remarks("fixes", d, REMARK_FIX, out);
    fputs("}\n", out);
}

void diag_json_plain(const char *severity, const char *text, FILE *out)
{
    fprintf(out, "{\"severity\": \"%s\", \"code\": null, ", severity);
    put_key("message", text, out);
    fputs(", ", out);
    put_place((struct span){0}, out);
    fputs(", \"notes\": [], \"hints\": [], \"fixes\": []}\n", out);
}

static void put_rest(const char *what, uint32_t count, FILE *out)
{
    char text[64];
    snprintf(text, sizeof text, "and %u more %s", count - ERRORS_MAX, what);
    if (count > ERRORS_MAX)
        diag_json_plain("note", text, out);
}

void diag_json(struct diags *diags, FILE *out)
{
    uint32_t count;
    struct diag **sorted = diag_sorted(diags, &count);
    for (uint32_t i = 0; i < count; i++)
        put_diag(diags, sorted[i], out);
    put_rest("errors", diags->errors, out);
    put_rest("warnings", diags->warnings, out);
    diag_forget(diags);
}
