/* format.h - strings under construction and values as text.
 *
 * A buffer is the `buffer` of dfl.h: begin, put, end. Every buffer that was begun must be ended. */
#ifndef FORMAT_H
#define FORMAT_H

#include <string.h>

#include "block.h"

struct buffer {
    struct dfl_block *block; /* NULL until the first byte; its size is the text's length */
    int64_t len, room;
    void *reserved;
};
_Static_assert(sizeof(struct buffer) == 32, "as dfl.h promises");

/* Makes room for `n` more bytes and returns where they go; the caller adds to len what it wrote. */
char *buffer_space(struct buffer *, int64_t n);

static inline void buffer_put(struct buffer *b, const void *text, int64_t len)
{
    if (len == 0)
        return;
    memcpy(buffer_space(b, len), text, (size_t)len);
    b->len += len;
}

static inline void buffer_char(struct buffer *b, char c)
{
    *buffer_space(b, 1) = c;
    b->len++;
}

static inline void buffer_string(struct buffer *b, const char *text)
{
    buffer_put(b, text, (int64_t)strlen(text));
}

static inline const char *buffer_text(const struct buffer *b)
{
    return b->block ? block_data(b->block) : "";
}

/* Ends without a result. */
void buffer_discard(struct buffer *);
void buffer_int(struct buffer *, int64_t);
/* A value as {value} prints it; `nested`: as inside a container, with strings quoted. */
void format_value(struct buffer *, const struct dfl_type *, const void *value, bool nested);

enum { NUMBER_TEXT = 40 };
/* The shortest text that reads back as the same float, with a point or an exponent in it. Returns
 * its length; ends with NUL. */
int number_float(char text[NUMBER_TEXT], double);
int number_f32(char text[NUMBER_TEXT], float);
/* Decimal digits of `n`, no sign. */
int number_uint(char text[NUMBER_TEXT], uint64_t n);

/* A value as {value:spec} prints it. */
void spec_format(struct buffer *, const struct dfl_type *, const void *value,
                 const struct dfl_spec *);

#endif
