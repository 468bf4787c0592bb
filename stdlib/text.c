/* text.c - C half of the module text: strings and bytes. Offsets are in bytes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "std.h"

/* ---- characters ---- */

static bool is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r');
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Width of the white space at `p`, or 0. */
static int space_width(const char *p)
{
    unsigned char lead = (unsigned char)*p;
    if (lead < 0x80)
        return is_space(lead);
    return is_space(text_decode(p)) ? text_width(lead) : 0;
}

/* Where the code point that ends before `end` begins. */
static int64_t step_back(const char *text, int64_t end)
{
    do
        end--;
    while (end > 0 && (text[end] & 0xc0) == 0x80);
    return end;
}

/* Letters that have another case: every `step`th from first to last, `delta` away from it. */
struct case_range {
    uint32_t first, last, step;
    int32_t delta;
};

static const struct case_range lower_ranges[] = {
#define LOWER(first, last, step, delta) {first, last, step, delta},
#define UPPER(first, last, step, delta)
#include "case.def"
#undef LOWER
#undef UPPER
};

static const struct case_range upper_ranges[] = {
#define LOWER(first, last, step, delta)
#define UPPER(first, last, step, delta) {first, last, step, delta},
#include "case.def"
#undef LOWER
#undef UPPER
};

static uint32_t change_case(const struct case_range *ranges, size_t count, uint32_t c)
{
    size_t lo = 0, hi = count;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (ranges[mid].last < c)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == count || c < ranges[lo].first || (c - ranges[lo].first) % ranges[lo].step)
        return c;
    return (uint32_t)((int32_t)c + ranges[lo].delta);
}

/* Copies n bytes, the 26 letters from `first` on with their case bit changed; gives all bytes
 * or-ed. A function of its own, so that compilers see that the two do not overlap and use vectors.
 */
__attribute__((noinline)) static uint8_t copy_case(const uint8_t *restrict from,
                                                   uint8_t *restrict to, int64_t n, uint8_t first)
{
    uint8_t seen = 0;
    for (int64_t i = 0; i < n; i++) {
        seen |= from[i];
        to[i] = from[i] ^ ((uint8_t)(from[i] - first) < 26 ? 0x20 : 0);
    }
    return seen;
}

/* The copy as a string; false, and nothing, if a byte is not ASCII. */
static bool ascii_case(const struct dfl_view *s, struct buffer *b, uint8_t first)
{
    uint8_t seen = copy_case(s->ptr, (uint8_t *)buffer_space(b, s->len + 1), s->len, first);
    b->len = seen & 0x80 ? 0 : s->len;
    return !(seen & 0x80);
}

static void put_case(struct buffer *b, const struct dfl_view *s, const struct case_range *ranges,
                     size_t count)
{
    for (int64_t i = 0; i < s->len;) {
        const char *p = (const char *)s->ptr + i;
        char text[4];
        buffer_put(b, text, text_encode(text, change_case(ranges, count, text_decode(p))));
        i += text_width((unsigned char)*p);
    }
}

STD(text, lower, void *out, const void *s)
{
    struct buffer b = {0};
    if (!ascii_case(s, &b, 'A'))
        put_case(&b, s, lower_ranges, sizeof lower_ranges / sizeof *lower_ranges);
    dfl_buffer_end(&b, out);
    return NULL;
}

STD(text, upper, void *out, const void *s)
{
    struct buffer b = {0};
    if (!ascii_case(s, &b, 'a'))
        put_case(&b, s, upper_ranges, sizeof upper_ranges / sizeof *upper_ranges);
    dfl_buffer_end(&b, out);
    return NULL;
}

STD(text, ascii_lower, void *out, const void *bytes)
{
    const struct dfl_view *s = bytes;
    struct buffer b = {0};
    ascii_case(s, &b, 'A');
    b.len = s->len; /* other bytes went over unchanged */
    dfl_buffer_end(&b, out);
    return NULL;
}

/* ---- splitting ---- */

static void split_spaces(const struct dfl_view *s, struct dfl_view *out)
{
    const char *text = s->ptr;
    for (int64_t at = 0; at < s->len;) {
        int space = space_width(text + at);
        if (space) {
            at += space;
            continue;
        }
        int64_t from = at;
        while (at < s->len && !space_width(text + at))
            at += text_width((unsigned char)text[at]);
        std_add(out, value_part(s, from, at - from));
    }
}

/* Offset of `part` in s at or after `from`, or -1. */
static int64_t find_from(const struct dfl_view *s, const struct dfl_view *part, int64_t from)
{
    const char *text = s->ptr;
    if (part->len == 0)
        return from;
    const char *hit = memmem(text + from, (size_t)(s->len - from), part->ptr, (size_t)part->len);
    return hit ? hit - text : -1;
}

static void split_at(const struct dfl_view *s, const struct dfl_view *separator,
                     struct dfl_view *out)
{
    int64_t from = 0, hit;
    while ((hit = find_from(s, separator, from)) >= 0) {
        std_add(out, value_part(s, from, hit - from));
        from = hit + separator->len;
    }
    std_add(out, value_part(s, from, s->len - from));
}

/* An empty separator stands for white space, of which any run separates. */
STD(text, split, void *out, const void *s, const void *separator)
{
    const struct dfl_view *by = separator;
    dfl_array_new(&value_str, out, 0);
    if (by->len == 0)
        split_spaces(s, out);
    else
        split_at(s, by, out);
    return NULL;
}

STD(text, lines, void *out, const void *text)
{
    const struct dfl_view *s = text;
    dfl_array_new(&value_str, out, 0);
    for (int64_t at = 0; at < s->len;) {
        const char *from = (const char *)s->ptr + at;
        const char *end = memchr(from, '\n', (size_t)(s->len - at));
        int64_t len = end ? end - from : s->len - at, shown = len;
        if (shown > 0 && from[shown - 1] == '\r')
            shown--;
        std_add(out, value_part(s, at, shown));
        at += len + 1;
    }
    return NULL;
}

STD(text, chars, void *out, const void *text)
{
    const struct dfl_view *s = text;
    dfl_array_new(&value_str, out, text_count(s->ptr, s->len));
    for (int64_t at = 0; at < s->len;) {
        int width = text_width(((const unsigned char *)s->ptr)[at]);
        std_add(out, value_part(s, at, width));
        at += width;
    }
    return NULL;
}

/* ---- trimming ---- */

static int64_t spaces_before(const struct dfl_view *s)
{
    int64_t at = 0;
    int width;
    while (at < s->len && (width = space_width((const char *)s->ptr + at)))
        at += width;
    return at;
}

/* Where the spaces at the end begin, not before `lo`. */
static int64_t spaces_after(const struct dfl_view *s, int64_t lo)
{
    int64_t end = s->len;
    while (end > lo) {
        int64_t last = step_back(s->ptr, end);
        if (!space_width((const char *)s->ptr + last))
            break;
        end = last;
    }
    return end;
}

STD(text, trim, void *out, const void *s)
{
    int64_t lo = spaces_before(s);
    *(struct dfl_view *)out = value_part(s, lo, spaces_after(s, lo) - lo);
    return NULL;
}

STD(text, trim_start, void *out, const void *s)
{
    int64_t lo = spaces_before(s);
    *(struct dfl_view *)out = value_part(s, lo, ((const struct dfl_view *)s)->len - lo);
    return NULL;
}

STD(text, trim_end, void *out, const void *s)
{
    *(struct dfl_view *)out = value_part(s, 0, spaces_after(s, 0));
    return NULL;
}

/* True if the code point of `width` bytes at `p` is one of `set`. */
static bool one_of(const char *p, int width, const struct dfl_view *set)
{
    return memmem(set->ptr, (size_t)set->len, p, (size_t)width) != NULL;
}

STD(text, trim_chars, void *out, const void *text, const void *set)
{
    const struct dfl_view *s = text;
    const char *p = s->ptr;
    int64_t lo = 0, hi = s->len;
    while (lo < hi && one_of(p + lo, text_width((unsigned char)p[lo]), set))
        lo += text_width((unsigned char)p[lo]);
    while (hi > lo) {
        int64_t last = step_back(p, hi);
        if (!one_of(p + last, (int)(hi - last), set))
            break;
        hi = last;
    }
    *(struct dfl_view *)out = value_part(s, lo, hi - lo);
    return NULL;
}

/* ---- searching ---- */

STD(text, starts_with, void *out, const void *text, const void *part)
{
    const struct dfl_view *s = text, *p = part;
    *(uint8_t *)out =
        p->len <= s->len && (p->len == 0 || memcmp(s->ptr, p->ptr, (size_t)p->len) == 0);
    return NULL;
}

STD(text, ends_with, void *out, const void *text, const void *part)
{
    const struct dfl_view *s = text, *p = part;
    const char *tail = (const char *)s->ptr + s->len - p->len;
    *(uint8_t *)out =
        p->len <= s->len && (p->len == 0 || memcmp(tail, p->ptr, (size_t)p->len) == 0);
    return NULL;
}

STD(text, contains, void *out, const void *s, const void *part)
{
    *(uint8_t *)out = find_from(s, part, 0) >= 0;
    return NULL;
}

static struct dfl_error *find(void *out, const void *s, const void *part)
{
    int64_t hit = find_from(s, part, 0);
    *(struct std_int_option *)out = (struct std_int_option){hit >= 0, hit >= 0 ? hit : 0};
    return NULL;
}

STD(text, find, void *out, const void *s, const void *part)
{
    return find(out, s, part);
}

STD(text, find_bytes, void *out, const void *bytes, const void *part)
{
    return find(out, bytes, part);
}

STD(text, replace, void *out, const void *text, const void *old, const void *new)
{
    const struct dfl_view *s = text, *from = old, *to = new;
    struct buffer b = {0};
    int64_t at = 0, hit;
    while (from->len > 0 && (hit = find_from(s, from, at)) >= 0) {
        buffer_put(&b, (const char *)s->ptr + at, hit - at);
        buffer_put(&b, to->ptr, to->len);
        at = hit + from->len;
    }
    buffer_put(&b, (const char *)s->ptr + at, s->len - at);
    dfl_buffer_end(&b, out);
    return NULL;
}

/* ---- repeating and padding ---- */

STD(text, repeat, void *out, const void *text, const void *times)
{
    const struct dfl_view *s = text;
    int64_t n = *(const int64_t *)times, bytes;
    struct buffer b = {0};
    if (n > 0 && __builtin_mul_overflow(n, s->len, &bytes))
        block_exhausted(UINT64_MAX);
    if (n > 0 && s->len > 0)
        buffer_space(&b, bytes);
    for (; n > 0 && s->len > 0; n--)
        buffer_put(&b, s->ptr, s->len);
    dfl_buffer_end(&b, out);
    return NULL;
}

static struct dfl_error *pad(void *out, const void *text, const void *width, bool left)
{
    const struct dfl_view *s = text;
    int64_t n = *(const int64_t *)width - text_count(s->ptr, s->len);
    struct buffer b = {0};
    if (!left)
        buffer_put(&b, s->ptr, s->len);
    if (n > 0) {
        memset(buffer_space(&b, n), ' ', (size_t)n);
        b.len += n;
    }
    if (left)
        buffer_put(&b, s->ptr, s->len);
    dfl_buffer_end(&b, out);
    return NULL;
}

STD(text, pad_left, void *out, const void *s, const void *width)
{
    return pad(out, s, width, true);
}

STD(text, pad_right, void *out, const void *s, const void *width)
{
    return pad(out, s, width, false);
}

/* ---- bytes ---- */

STD(text, bytes, void *out, const void *s)
{
    *(struct dfl_view *)out = value_part(s, 0, ((const struct dfl_view *)s)->len);
    return NULL;
}

STD(text, text, void *out, const void *bytes)
{
    const struct dfl_view *s = bytes;
    struct std_view_result *result = out;
    int64_t wrong = text_invalid(s->ptr, s->len);
    result->err = NULL;
    if (wrong < 0)
        result->value = value_part(s, 0, s->len);
    else
        result->err = error_new(DFL_FAIL_utf8, "not UTF-8: byte %lld is 0x%02x", (long long)wrong,
                                ((const unsigned char *)s->ptr)[wrong]);
    return NULL;
}

/* ---- numbers ---- */

/* The error `what: "text"`, the text quoted and cut to a readable length. */
static struct dfl_error *bad_number(const char *what, const struct dfl_view *s)
{
    struct buffer b = {0};
    struct dfl_view shown = *s, message;
    shown.len = text_offset(s->ptr, s->len, 40);
    buffer_string(&b, what);
    buffer_string(&b, ": ");
    format_value(&b, &value_str, &shown, true);
    dfl_buffer_end(&b, &message);
    struct dfl_error *e = dfl_fail_message(NULL, &message);
    dfl_drop(&value_str, &message);
    return e;
}

STD(text, parse_int, void *out, const void *text)
{
    const struct dfl_view *s = text;
    const char *p = s->ptr, *end = p + s->len;
    struct std_int_result *result = out;
    bool negative = s->len > 0 && *p == '-', fits = true;
    int64_t n = 0;
    if (s->len > 0 && (*p == '-' || *p == '+'))
        p++;
    bool digits = p < end;
    for (; p < end && *p >= '0' && *p <= '9'; p++) { /* downwards: the least int has no opposite */
        fits = fits && !__builtin_mul_overflow(n, 10, &n);
        fits = fits && !__builtin_sub_overflow(n, *p - '0', &n);
    }
    if (!negative && n == INT64_MIN)
        fits = false;
    result->err = NULL;
    result->value = negative || !fits ? n : -n;
    if (!digits || p < end)
        result->err = bad_number("not an integer", s);
    else if (!fits)
        result->err = bad_number("integer out of range", s);
    return NULL;
}

/* True for [sign] digits [. digits] [e [sign] digits] with a digit, and inf, nan. */
static bool float_form(const char *p)
{
    p += *p == '-' || *p == '+';
    if (strcmp(p, "inf") == 0 || strcmp(p, "nan") == 0)
        return true;
    size_t whole = strspn(p, "0123456789"), part = 0;
    p += whole;
    if (*p == '.')
        p += 1 + (part = strspn(p + 1, "0123456789"));
    if (whole + part == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '-' || p[1] == '+');
        size_t exponent = strspn(p, "0123456789");
        if (exponent == 0)
            return false;
        p += exponent;
    }
    return *p == 0;
}

STD(text, parse_float, void *out, const void *text)
{
    const struct dfl_view *s = text;
    struct std_float_result *result = out;
    char small[64], *copy = s->len < (int64_t)sizeof small ? small : malloc((size_t)s->len + 1);
    if (!copy)
        block_exhausted((uint64_t)s->len);
    if (s->len)
        memcpy(copy, s->ptr, (size_t)s->len);
    copy[s->len] = 0;
    bool good = !memchr(copy, 0, (size_t)s->len) && float_form(copy);
    result->value = good ? strtod(copy, NULL) : 0;
    bool fits = isfinite(result->value) || !strpbrk(copy, "0123456789");
    result->err = !good   ? bad_number("not a number", s)
                  : !fits ? bad_number("number out of range", s)
                          : NULL;
    if (copy != small)
        free(copy);
    return NULL;
}
