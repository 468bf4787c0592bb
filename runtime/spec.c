/* spec.c - values under a format specification, as "{value:spec}" shows them.
 *
 * The specification language is a subset of Python's and gives the same text. A number is laid out
 * as sign, prefix, padding of '=', digits in groups, and the rest (point, decimals, exponent). */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "format.h"
#include "text.h"
#include "value.h"

/* ---- padding ---- */

static void put_fill(struct buffer *b, const struct dfl_spec *spec, int64_t n)
{
    const char *fill = spec->zero ? "0" : spec->fill;
    for (; n > 0; n--)
        buffer_string(b, fill);
}

static char align_of(const struct dfl_spec *spec, char by_type)
{
    if (spec->align)
        return spec->align;
    return spec->zero && by_type == '>' ? '=' : by_type;
}

/* Padding before, for a text that is `pad` code points too short. */
static int64_t pad_before(char align, int64_t pad)
{
    if (pad <= 0 || align == '<')
        return 0;
    return align == '^' ? pad / 2 : pad;
}

static void put_text(struct buffer *b, const struct dfl_spec *spec, const char *text, int64_t len,
                     char by_type)
{
    int64_t pad = spec->width - text_count(text, len);
    int64_t before = pad_before(align_of(spec, by_type), pad);
    put_fill(b, spec, before);
    buffer_put(b, text, len);
    put_fill(b, spec, pad - before);
}

/* ---- numbers ---- */

struct number {
    char sign;          /* 0: none */
    const char *prefix; /* "0x" */
    const char *digits; /* before the point */
    int64_t count;
    const char *rest; /* point, decimals, exponent, % */
};

/* Length of `count` digits in groups of three, with zeros before them to reach `least`. */
static int64_t grouped_length(int64_t count, int64_t least)
{
    int64_t length = count + (count - 1) / 3;
    if (length >= least)
        return length;
    return least % 4 == 0 ? least + 1 : least; /* a text cannot begin with a comma */
}

static void put_grouped(struct buffer *b, const struct number *n, int64_t length)
{
    char *to = buffer_space(b, length);
    const char *digit = n->digits + n->count;
    for (int64_t place = 0; place < length; place++) {
        char c = digit > n->digits ? *(digit - 1) : '0';
        if (place % 4 == 3)
            c = ',';
        else
            digit -= digit > n->digits;
        to[length - 1 - place] = c;
    }
    b->len += length;
}

static void put_number(struct buffer *b, const struct dfl_spec *spec, const struct number *n)
{
    char align = align_of(spec, '>');
    bool zeros = align == '=' && (spec->zero || strcmp(spec->fill, "0") == 0);
    int64_t others = (n->sign != 0) + (int64_t)strlen(n->prefix) + (int64_t)strlen(n->rest);
    bool grouped = spec->comma && n->count > 0;
    int64_t body = grouped ? grouped_length(n->count, zeros ? spec->width - others : 0) : n->count;
    int64_t pad = spec->width - others - body;
    int64_t before = pad_before(align, pad);
    if (align != '=')
        put_fill(b, spec, before);
    if (n->sign)
        buffer_char(b, n->sign);
    buffer_string(b, n->prefix);
    if (align == '=')
        put_fill(b, spec, before);
    if (grouped)
        put_grouped(b, n, body);
    else
        buffer_put(b, n->digits, n->count);
    buffer_string(b, n->rest);
    put_fill(b, spec, pad - before);
}

static char sign_of(const struct dfl_spec *spec, bool negative)
{
    if (negative)
        return '-';
    return spec->sign == '+' || spec->sign == ' ' ? spec->sign : 0;
}

/* ---- floats ---- */

/* Drops the zeros that end the decimals, and then a bare point. */
static void strip_zeros(char *text)
{
    if (!strchr(text, '.'))
        return;
    char *rest = text + strcspn(text, "eE"), *end = rest;
    while (end[-1] == '0')
        end--;
    if (end[-1] == '.')
        end--;
    memmove(end, rest, strlen(rest) + 1);
}

/* 'g', built from 'e' and 'f' since C libraries differ where rounding adds a digit. `pointed`: the
 * form without a type, where a digit after the point or an exponent must show. */
static void general(char *text, size_t size, const struct dfl_spec *spec, bool pointed, double x)
{
    int precision = spec->precision < 0 ? 6 : spec->precision == 0 ? 1 : spec->precision;
    const char *scientific = spec->alternate ? "%#.*e" : "%.*e";
    if (spec->type == 'G')
        scientific = spec->alternate ? "%#.*E" : "%.*E";
    snprintf(text, size, scientific, precision - 1, x);
    int exponent = atoi(text + strcspn(text, "eE") + 1);
    bool fixed = exponent >= -4 && exponent < precision - pointed;
    if (fixed)
        snprintf(text, size, spec->alternate ? "%#.*f" : "%.*f", precision - 1 - exponent, x);
    if (!spec->alternate)
        strip_zeros(text);
    if (fixed && pointed && !strchr(text, '.'))
        strcat(text, ".0");
}

/* The shortest text; '#' puts a point before a bare exponent. */
static void shortest(char *text, bool alternate, double x)
{
    int len = number_float(text, x);
    char *e = strchr(text, 'e');
    if (!alternate || !e || strchr(text, '.'))
        return;
    memmove(e + 1, e, (size_t)(text + len - e) + 1);
    *e = '.';
}

/* Writes |x| by the specification's type, without sign. */
static void float_text(char *text, size_t size, const struct dfl_spec *spec, double x)
{
    int precision = spec->precision < 0 ? 6 : spec->precision;
    if (!isfinite(x)) {
        bool upper = spec->type && isupper((unsigned char)spec->type);
        const char *name = isnan(x) ? (upper ? "NAN" : "nan") : upper ? "INF" : "inf";
        snprintf(text, size, "%s%s", name, spec->type == '%' ? "%" : "");
        return;
    }
    switch (spec->type) {
    case 0:
    case 's':
        if (spec->precision < 0)
            shortest(text, spec->alternate, x);
        else
            general(text, size, spec, true, x);
        return;
    case 'g':
    case 'G':
        general(text, size, spec, false, x);
        return;
    case '%':
        snprintf(text, size, spec->alternate ? "%#.*f%%" : "%.*f%%", precision, x * 100);
        return;
    default: {
        char format[8] = {'%', '#', '.', '*', spec->type, 0};
        if (!spec->alternate)
            memmove(format + 1, format + 2, 4);
        snprintf(text, size, format, precision, x);
        return;
    }
    }
}

static void format_float_spec(struct buffer *b, const struct dfl_spec *spec, double x)
{
    size_t size = 512 + (size_t)(spec->precision > 0 ? spec->precision : 0);
    char *text = malloc(size);
    if (!text)
        block_exhausted(size);
    float_text(text, size, spec, fabs(x));
    int64_t count = (int64_t)strspn(text, "0123456789");
    struct number n = {sign_of(spec, signbit(x) && !isnan(x)), "", text, count, text + count};
    put_number(b, spec, &n);
    free(text);
}

/* ---- integers ---- */

static int digits_of(char text[72], uint64_t n, unsigned base, bool upper)
{
    const char *names = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char reversed[72];
    int len = 0;
    do
        reversed[len++] = names[n % base];
    while (n /= base);
    for (int i = 0; i < len; i++)
        text[i] = reversed[len - 1 - i];
    return len;
}

static void format_character(struct buffer *b, const struct dfl_spec *spec, int64_t code)
{
    char text[4];
    int len = text_encode(text, code < 0 || code > 0x10ffff ? 0xfffd : (uint32_t)code);
    put_text(b, spec, text, len, '>');
}

static void format_int_spec(struct buffer *b, const struct dfl_spec *spec, bool negative,
                            uint64_t magnitude)
{
    static const struct {
        char type;
        unsigned base;
        const char *prefix;
    } bases[] = {{'x', 16, "0x"}, {'X', 16, "0X"}, {'o', 8, "0o"}, {'b', 2, "0b"}, {0, 10, ""}};
    char text[72];
    int i = 0;
    while (bases[i].type && bases[i].type != spec->type)
        i++;
    int len = digits_of(text, magnitude, bases[i].base, spec->type == 'X');
    struct number n = {sign_of(spec, negative), spec->alternate ? bases[i].prefix : "", text, len,
                       ""};
    put_number(b, spec, &n);
}

static void format_integer(struct buffer *b, const struct dfl_spec *spec, int64_t n)
{
    uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    if (spec->type == 'c')
        format_character(b, spec, n);
    else if (spec->type && strchr("eEfFgG%", spec->type))
        format_float_spec(b, spec, (double)n);
    else
        format_int_spec(b, spec, n < 0, magnitude);
}

static void format_unsigned(struct buffer *b, const struct dfl_spec *spec, uint64_t n)
{
    if (n <= INT64_MAX)
        format_integer(b, spec, (int64_t)n);
    else if (spec->type && strchr("eEfFgG%", spec->type))
        format_float_spec(b, spec, (double)n);
    else
        format_int_spec(b, spec, false, n);
}

/* ---- everything else is text ---- */

static void format_as_text(struct buffer *b, const struct dfl_type *type, const void *value,
                           const struct dfl_spec *spec)
{
    struct buffer plain = {0};
    format_value(&plain, type, value, false);
    int64_t len = plain.len;
    if (spec->precision >= 0)
        len = text_offset(buffer_text(&plain), len, spec->precision);
    put_text(b, spec, buffer_text(&plain), len, '<');
    buffer_discard(&plain);
}

/* f32 in the shortest form is the shortest of its own type, not of the double it widens to. */
static void format_f32_spec(struct buffer *b, const struct dfl_spec *spec, float x)
{
    char text[NUMBER_TEXT];
    if (spec->type || spec->precision >= 0 || !isfinite(x)) {
        format_float_spec(b, spec, x);
        return;
    }
    number_f32(text, fabsf(x));
    int64_t count = (int64_t)strspn(text, "0123456789");
    struct number n = {sign_of(spec, signbit(x)), "", text, count, text + count};
    put_number(b, spec, &n);
}

void spec_format(struct buffer *b, const struct dfl_type *type, const void *value,
                 const struct dfl_spec *spec)
{
    switch (type->kind) {
    case DFL_INT:
    case DFL_I64:
        format_integer(b, spec, *(const int64_t *)value);
        return;
    case DFL_I8:
        format_integer(b, spec, *(const int8_t *)value);
        return;
    case DFL_I16:
        format_integer(b, spec, *(const int16_t *)value);
        return;
    case DFL_I32:
        format_integer(b, spec, *(const int32_t *)value);
        return;
    case DFL_U8:
        format_integer(b, spec, *(const uint8_t *)value);
        return;
    case DFL_U16:
        format_integer(b, spec, *(const uint16_t *)value);
        return;
    case DFL_U32:
        format_integer(b, spec, *(const uint32_t *)value);
        return;
    case DFL_U64:
        format_unsigned(b, spec, *(const uint64_t *)value);
        return;
    case DFL_FLOAT:
        format_float_spec(b, spec, *(const double *)value);
        return;
    case DFL_F32:
        format_f32_spec(b, spec, *(const float *)value);
        return;
    default:
        if (type->kind == DFL_BOOL && spec->type && spec->type != 's')
            format_integer(b, spec, *(const uint8_t *)value);
        else
            format_as_text(b, type, value, spec);
        return;
    }
}
