/* text.c - UTF-8: decode, encode, count, check, slice. */
#include "text.h"

#include <string.h>

#include "error.h"
#include "value.h"

uint32_t text_decode(const char *p)
{
    const unsigned char *s = (const unsigned char *)p;
    switch (text_width(s[0])) {
    case 1:
        return s[0];
    case 2:
        return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
    case 3:
        return (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
    default:
        return (s[0] & 0x07u) << 18 | (s[1] & 0x3fu) << 12 | (s[2] & 0x3fu) << 6 | (s[3] & 0x3fu);
    }
}

int text_encode(char to[4], uint32_t code)
{
    if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd;
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    int width = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = width - 1; i > 0; i--, code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3f));
    to[0] = (char)((0xf00 >> width & 0xff) | code);
    return width;
}

int64_t text_count(const char *text, int64_t len)
{
    int64_t n = 0;
    for (int64_t i = 0; i < len; i++)
        n += (text[i] & 0xc0) != 0x80;
    return n;
}

int64_t text_offset(const char *text, int64_t len, int64_t n)
{
    int64_t at = 0;
    while (n-- > 0 && at < len)
        at += text_width((unsigned char)text[at]);
    return at;
}

/* Width of a valid code point at `p` with `left` bytes to go, or 0. */
static int valid_width(const unsigned char *p, int64_t left)
{
    int width = text_width(p[0]);
    if (p[0] < 0xc2 || p[0] > 0xf4 || width > left)
        return 0; /* a continuation, an overlong pair, above the last plane, or cut off */
    for (int i = 1; i < width; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
        return 0; /* overlong, surrogate */
    if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0; /* overlong, above U+10FFFF */
    return width;
}

int64_t text_invalid(const char *bytes, int64_t len)
{
    int64_t at = 0;
    while (at < len) {
        uint64_t word;
        if (at + 8 <= len && (memcpy(&word, bytes + at, 8), !(word & 0x8080808080808080u))) {
            at += 8;
            continue;
        }
        const unsigned char *p = (const unsigned char *)bytes + at;
        int width = p[0] < 0x80 ? 1 : valid_width(p, len - at);
        if (width == 0)
            return at;
        at += width;
    }
    return -1;
}

struct dfl_error *dfl_str_slice(const struct dfl_view *s, int64_t lo, int64_t hi,
                                struct dfl_view *out, const struct dfl_site *site)
{
    if (lo < 0 || hi < lo || hi > s->len)
        return dfl_fail_slice(site, lo, hi, s->len);
    if (!text_boundary(s, lo) || !text_boundary(s, hi)) {
        struct dfl_error *e = error_new(DFL_FAIL_utf8,
                                        "slice %lld..%lld is not at the boundary "
                                        "of a character",
                                        (long long)lo, (long long)hi);
        return dfl_error_at(e, site);
    }
    *out = value_part(s, lo, hi - lo);
    return NULL;
}
