/* text.h - UTF-8. Text is valid unless a line says otherwise. */
#ifndef TEXT_H
#define TEXT_H

#include "dfl.h"

/* True if `i` is not inside a code point. */
static inline bool text_boundary(const struct dfl_view *s, int64_t i)
{
    return i == 0 || i == s->len || (((const unsigned char *)s->ptr)[i] & 0xc0) != 0x80;
}

/* Bytes of the code point that begins with `lead`. */
static inline int text_width(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* The code point at `p`. */
uint32_t text_decode(const char *p);
/* Writes a code point and returns its width; a surrogate becomes the replacement character. */
int text_encode(char to[4], uint32_t code);
/* Code points in `len` bytes. */
int64_t text_count(const char *text, int64_t len);
/* Offset of the `n`th code point, or `len` if there are fewer. */
int64_t text_offset(const char *text, int64_t len, int64_t n);
/* Offset of the first byte that is not part of valid UTF-8, or -1. Any bytes will do. */
int64_t text_invalid(const char *bytes, int64_t len);

#endif
