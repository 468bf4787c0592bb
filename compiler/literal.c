/* literal.c - numbers, durations and escapes to values. The scanner has matched their form; what is
 * left to find out is whether they fit. */
#include "lexer.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The text of a number without underscores. */
static char *number_text(struct lexer *lexer, struct span span)
{
    char *text = arena_alloc(lexer->arena, span.end - span.start + 1, 1);
    uint32_t len = 0;
    for (uint32_t i = span.start; i < span.end; i++)
        if (lexer->source->text[i] != '_')
            text[len++] = lexer->source->text[i];
    return text;
}

static void number_check_underscore(struct lexer *lexer, struct span span)
{
    if (lexer->source->text[span.end - 1] == '_')
        diag_error(lexer->diags, DIAG_number, span, "a number does not end with `_`");
}

uint64_t literal_int(struct lexer *lexer, struct span span)
{
    const char *text = number_text(lexer, span);
    bool has_prefix = text[0] == '0' && text[1] && strchr("xbo", text[1]);
    int base = !has_prefix ? 10 : text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2;
    if (lexer->is_skipping)
        return 0;
    number_check_underscore(lexer, span);
    errno = 0;
    uint64_t value = strtoull(text + (has_prefix ? 2 : 0), NULL, base);
    if (errno) {
        struct diag *d = diag_error(lexer->diags, DIAG_number, span,
                                    "the number is larger than any integer type holds");
        diag_hint(lexer->diags, d, "u64 ends at 18446744073709551615; write a float with `.0`");
    }
    if (base == 10 && text[0] == '0' && text[1]) {
        struct diag *d =
            diag_error(lexer->diags, DIAG_number, span, "a decimal number does not start with 0");
        diag_hint(lexer->diags, d, "octal numbers are written 0o17");
    }
    return value;
}

double literal_float(struct lexer *lexer, struct span span)
{
    double value = strtod(number_text(lexer, span), NULL);
    number_check_underscore(lexer, span);
    if (isinf(value))
        diag_error(lexer->diags, DIAG_number, span, "the number is larger than any float");
    return value;
}

struct unit {
    const char *name;
    uint64_t scale;
};

/* The digits behind a point, up to `end`, times `scale`, rounded to the nearest: multiplied as on
 * paper, from the last digit, so that every one of them counts. */
static uint64_t fraction_scaled(const char *digits, const char *end, uint64_t scale)
{
    uint64_t product = 0, first_digit = 0;
    while (end > digits) {
        product += (uint64_t)(*--end - '0') * scale;
        first_digit = product % 10;
        product /= 10;
    }
    return product + (first_digit >= 5);
}

/* The number before the unit, times what the unit stands for, up to `limit`. */
static uint64_t literal_scaled(struct lexer *lexer, struct span span, const struct unit *unit,
                               uint64_t limit, const char *hint)
{
    const char *text = number_text(lexer, span);
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    bool fits = !errno;
    const char *fraction = *end == '.' ? end + 1 : end;
    const char *name = fraction + strspn(fraction, "0123456789");
    while (strcmp(unit->name, name))
        unit++;
    fits = fits && !__builtin_mul_overflow(value, unit->scale, &value);
    fits = fits &&
           !__builtin_add_overflow(value, fraction_scaled(fraction, name, unit->scale), &value);
    if (fits && value <= limit)
        return value;
    struct diag *d = diag_error(lexer->diags, DIAG_number, span, "the value is too large");
    diag_hint(lexer->diags, d, "%s", hint);
    return 0;
}

int64_t literal_duration(struct lexer *lexer, struct span span)
{
    static const struct unit units[] = {
        {"ns", 1},          {"us", 1000},        {"ms", 1000000},
        {"s", 1000000000U}, {"m", 60000000000U}, {"h", 3600000000000U},
    };
    return (int64_t)literal_scaled(lexer, span, units, INT64_MAX,
                                   "a duration counts nanoseconds, of which 64 bits hold 2562047h");
}

uint64_t literal_size(struct lexer *lexer, struct span span)
{
    static const struct unit units[] = {
        {"kb", (uint64_t)1 << 10},
        {"mb", (uint64_t)1 << 20},
        {"gb", (uint64_t)1 << 30},
        {"tb", (uint64_t)1 << 40},
    };
    return literal_scaled(lexer, span, units, UINT64_MAX,
                          "u64 ends at 18446744073709551615, just before 16777216tb");
}

/* -- escapes -- */

static void piece_byte(struct lexer *lexer, unsigned value)
{
    vec_push(lexer->arena, &lexer->piece, (char)value);
}

static void piece_code_point(struct lexer *lexer, unsigned long point)
{
    if (point < 0x80) {
        piece_byte(lexer, (unsigned)point);
    } else if (point < 0x800) {
        piece_byte(lexer, (unsigned)(0xc0 | point >> 6));
        piece_byte(lexer, 0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        piece_byte(lexer, (unsigned)(0xe0 | point >> 12));
        piece_byte(lexer, 0x80 | (point >> 6 & 0x3f));
        piece_byte(lexer, 0x80 | (point & 0x3f));
    } else {
        piece_byte(lexer, (unsigned)(0xf0 | point >> 18));
        piece_byte(lexer, 0x80 | (point >> 12 & 0x3f));
        piece_byte(lexer, 0x80 | (point >> 6 & 0x3f));
        piece_byte(lexer, 0x80 | (point & 0x3f));
    }
}

static void escape_byte(struct lexer *lexer, struct span span)
{
    const char *text = lexer->source->text + span.start + 2;
    const char digits[] = {text[0], text[1], 0}; /* what follows may look like digits, too */
    unsigned value = (unsigned)strtoul(digits, NULL, 16);
    if (value >= 0x80 && !lexer->is_bytes) {
        struct diag *d = diag_error(lexer->diags, DIAG_escape, span,
                                    "a `str` is UTF-8: \\x%02x alone is no character", value);
        diag_hint(lexer->diags, d, "write \\u{%x} for the character, or b\"...\" for bytes", value);
    }
    piece_byte(lexer, value);
}

static void escape_code_point(struct lexer *lexer, struct span span)
{
    const char *digits = lexer->source->text + span.start + 3;
    uint32_t len = span.end - span.start - 4;
    bool is_hex = len && strspn(digits, "0123456789abcdefABCDEF") == len;
    unsigned long point = is_hex && len <= 8 ? strtoul(digits, NULL, 16) : ULONG_MAX;
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        diag_error(lexer->diags, DIAG_escape, span, "the escape is not a Unicode character");
    else
        piece_code_point(lexer, point);
}

void literal_escape(struct lexer *lexer, struct span span)
{
    static const char from[] = "ntr0\"\\{}", to[] = "\n\t\r\0\"\\{}";
    const char *text = lexer->source->text + span.start;
    const char *known = span.end - span.start == 2 ? strchr(from, text[1]) : NULL;
    if (known && *known) {
        piece_byte(lexer, (unsigned char)to[known - from]);
    } else if (text[1] == 'x' && span.end - span.start == 4) {
        escape_byte(lexer, span);
    } else if (text[1] == 'u' && span.end - span.start > 2) {
        escape_code_point(lexer, span);
    } else {
        struct diag *d = diag_error(lexer->diags, DIAG_escape, span, "no such escape");
        if (text[1] == '(')
            diag_hint(lexer->diags, d, "a value stands in braces: `{x}`");
        else
            diag_hint(lexer->diags, d,
                      "the escapes are \\n \\t \\r \\0 \\\" \\\\ \\{ \\} \\x41 \\u{1f600}");
    }
}
