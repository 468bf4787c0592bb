/* check_format.c - text with holes: `{value:spec}`. The specification is read here once, as
 * [[fill]align][sign][#][0][width][,][.precision][type], and held against the value's type. */
#include "checking.h"
#include "dfl.h"

#include <string.h>

enum { WIDTH_MAX = 10000 };

struct reader {
    const char *at, *end;
};

static uint32_t character_bytes(const struct reader *r)
{
    unsigned char c = (unsigned char)*r->at;
    uint32_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return n <= (uint32_t)(r->end - r->at) ? n : (uint32_t)(r->end - r->at);
}

static bool one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* Digits, at most WIDTH_MAX; -1 if they are more. */
static int32_t take_number(struct reader *r)
{
    int32_t n = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        if (n >= 0)
            n = n * 10 + (*r->at - '0') > WIDTH_MAX ? -1 : n * 10 + (*r->at - '0');
    return n;
}

static void read_fill(struct reader *r, struct dfl_spec *spec)
{
    strcpy(spec->fill, " ");
    if (r->at == r->end)
        return;
    uint32_t n = character_bytes(r);
    if (r->end - r->at > (ptrdiff_t)n && one_of(r->at[n], "<>^=")) {
        memcpy(spec->fill, r->at, n);
        spec->fill[n] = 0;
        r->at += n;
    }
    if (r->at < r->end && one_of(*r->at, "<>^="))
        spec->align = *r->at++;
}

/* NULL, or what is wrong. */
static const char *read_spec(const char *text, uint32_t len, struct dfl_spec *spec)
{
    struct reader r = {text, text + len};
    *spec = (struct dfl_spec){.precision = -1, .sign = '-'};
    read_fill(&r, spec);
    if (r.at < r.end && one_of(*r.at, "+- "))
        spec->sign = *r.at++;
    spec->alternate = take(&r, '#');
    spec->zero = take(&r, '0');
    spec->width = take_number(&r);
    spec->comma = take(&r, ',');
    if (take(&r, '.')) {
        if (r.at == r.end || *r.at < '0' || *r.at > '9')
            return "digits are missing after the point";
        spec->precision = take_number(&r);
        if (spec->precision < 0)
            return "the precision is too large";
    }
    if (spec->width < 0)
        return "the width is too large";
    if (r.at < r.end && one_of(*r.at, "dxXobceEfFgG%s"))
        spec->type = *r.at++;
    return r.at == r.end
               ? NULL
               : "it does not read as [fill][align][sign][#][0][width][,][.precision][type]";
}

static bool is_float(const struct type *t)
{
    return t->kind == TYPE_float || t->kind == TYPE_f32;
}

static const char *misfit_number(const struct dfl_spec *spec, const struct type *t)
{
    if (spec->type == 's')
        return "`s` is for text";
    if (is_float(t) && one_of(spec->type, "dxXobc"))
        return "this form is for whole numbers; `.0f` rounds to one";
    if (type_is_int(t) && spec->precision >= 0 && !one_of(spec->type, "eEfFgG%"))
        return "a whole number has no precision";
    if (spec->comma && one_of(spec->type, "xXobc"))
        return "a comma goes with decimal digits only";
    if (is_float(t) && spec->alternate)
        return "`#` is for x, o and b";
    return NULL;
}

/* NULL, or why the specification does not suit values of the type. */
static const char *misfit(const struct dfl_spec *spec, const struct type *t)
{
    if (type_is_number(t))
        return misfit_number(spec, t);
    if (t->kind == TYPE_var)
        return spec->type || spec->precision >= 0 || spec->comma || spec->zero
                   ? "for a value of any type there are width and alignment only"
                   : NULL;
    if (spec->type && spec->type != 's')
        return "this form is for numbers";
    if (spec->sign != '-' || spec->alternate || spec->comma || spec->align == '=' || spec->zero)
        return "signs, `#`, `,`, `=` and `0` are for numbers";
    if (spec->precision >= 0 && t->kind != TYPE_str)
        return "a precision is for numbers and text";
    return NULL;
}

/* The specification stands behind the value and a colon. */
static struct span spec_span(const struct node *hole)
{
    struct span span = hole->span;
    const char *text = span.source ? span.source->text : NULL;
    uint32_t len = hole->hole_.spec_len;
    for (uint32_t at = hole->hole_.value->span.end; text && at + len < span.source->len; at++)
        if (text[at] == ':' && !memcmp(text + at + 1, hole->hole_.spec, len))
            return (struct span){span.source, at + 1, at + 1 + len};
    return span;
}

static void check_spec(struct check *c, struct node *hole, const struct type *t)
{
    struct dfl_spec *spec = arena_new(c->arena, struct dfl_spec);
    const char *wrong = read_spec(hole->hole_.spec, hole->hole_.spec_len, spec);
    hole->hole_.format = spec;
    if (!wrong && !is_bad(t))
        wrong = misfit(spec, t);
    if (!wrong)
        return;
    enum { SHOWN = 60 };
    int shown = hole->hole_.spec_len < SHOWN ? (int)hole->hole_.spec_len : SHOWN;
    struct diag *d =
        diag_error(c->diags, DIAG_format_spec, spec_span(hole),
                   "the format `%.*s` does not fit `%s`", shown, hole->hole_.spec, t->text);
    diag_hint(c->diags, d, "%s", wrong);
}

/* `${name}` of JavaScript; before a number it may be money. */
static void warn_dollar(struct check *c, const struct node *hole)
{
    const struct type *t = hole->hole_.value->type;
    struct span brace = hole->span;
    const char *text = brace.source ? brace.source->text : "";
    if (!t || is_bad(t) || type_is_number(t) || t->kind == TYPE_var || brace.start < 2 ||
        text[brace.start - 1] != '{' || text[brace.start - 2] != '$')
        return;
    struct span dollar = {brace.source, brace.start - 2, brace.start - 1};
    struct diag *d = diag_warning(c->diags, DIAG_dollar_hole, dollar,
                                  "this `$` is text, and printed: a hole is `{x}`");
    diag_hint(c->diags, d, "leave it out; if it is meant, write `{\"$\"}`");
    diag_fix(c->diags, d, dollar, "%s", "");
}

static void check_hole(struct check *c, struct node *hole)
{
    const struct type *t = check_expr(c, &hole->hole_.value, NULL);
    hole->type = simple(c, TYPE_str);
    if (is_bad(t))
        return;
    if (gives_nothing(hole->hole_.value)) {
        diag_error(c->diags, DIAG_no_interpolation, hole->hole_.value->span,
                   "this gives no value to print");
        return;
    }
    if (t->kind == TYPE_future) {
        report_wrapped(c, hole->hole_.value);
        return;
    }
    if (need(c, t, NEED_DATA, hole->hole_.value->span) && hole->hole_.spec)
        check_spec(c, hole, t);
}

const struct type *check_interp(struct check *c, struct node *node)
{
    struct nodes *parts = &node->interp_.parts;
    for (uint32_t i = 0; i < parts->count; i++) {
        if (parts->at[i]->kind == NODE_hole) {
            check_hole(c, parts->at[i]);
            warn_dollar(c, parts->at[i]);
        } else {
            parts->at[i]->type = simple(c, TYPE_str);
        }
    }
    return simple(c, TYPE_str);
}
