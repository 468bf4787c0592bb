/* source.h - source text, spans in it, and their lines and columns. */
#ifndef SOURCE_H
#define SOURCE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum { SOURCE_MAX = 64 << 20 }; /* bytes of a file */
#define SOURCE_TOO_LARGE "larger than 64 MiB"

/* What names and keywords are made of. */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* A file that was read: text is UTF-8 without a byte-order mark, NUL-terminated. */
struct source {
    const char *path; /* as messages show it */
    const char *text;
    uint32_t len;
    uint32_t *lines; /* offset of each line's first byte */
    uint32_t line_count;
    bool is_std; /* of the standard library: failures have no place in it */
};

/* Bytes [start, end) of a source. source NULL: made by the compiler. */
struct span {
    const struct source *source;
    uint32_t start, end;
};

struct position {
    uint32_t line, column; /* from 1; columns count code points */
};

struct diags;

/* Reads a file; reports what is wrong (missing, a folder, too large: 64 MiB, not UTF-8 with line
 * and column of the first bad byte) and returns NULL. path "-": standard input. */
struct source *source_read(struct arena *, const char *path, struct diags *);
/* The same for a file that an import leads to, where a failure is reported. */
struct source *source_read_for(struct arena *, const char *path, struct span import,
                               struct diags *);
/* A source from memory (tests, prelude). */
struct source *source_make(struct arena *, const char *path, const char *text, uint32_t len);
struct position source_position(const struct source *, uint32_t offset);
/* Bytes of the well-formed UTF-8 character at `at`, of which `left` bytes are there; 0 if there is
 * none: overlong forms, surrogates and what lies past U+10FFFF are not well-formed. */
uint32_t source_char_len(const char *at, uint32_t left);
/* From the start of one to the end of the other. */
struct span span_join(struct span, struct span);

#endif
