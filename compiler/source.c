/* source.c - reads text and finds its way in it; see source.h. Read source_read last. */
#include "source.h"

#include "diag.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

uint32_t source_char_len(const char *at, uint32_t left)
{
    static const struct {
        unsigned char first, last, low, high, len;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const unsigned char *text = (const unsigned char *)at;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text[0] < forms[i].first || text[0] > forms[i].last)
            continue;
        if (forms[i].len == 1)
            return 1;
        if (left < forms[i].len || text[1] < forms[i].low || text[1] > forms[i].high)
            return 0;
        for (uint32_t k = 2; k < forms[i].len; k++)
            if ((text[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].len;
    }
    return 0;
}

static void source_index_lines(struct arena *arena, struct source *source)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < source->len; i++)
        count += source->text[i] == '\n';
    source->lines = arena_array(arena, uint32_t, count);
    source->line_count = count;
    uint32_t line = 1;
    for (uint32_t i = 0; i < source->len; i++)
        if (source->text[i] == '\n')
            source->lines[line++] = i + 1;
}

struct source *source_make(struct arena *arena, const char *path, const char *text, uint32_t len)
{
    if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        text += 3;
        len -= 3;
    }
    struct source *source = arena_new(arena, struct source);
    source->path = path;
    source->text = arena_copy(arena, text, len);
    source->len = len;
    source_index_lines(arena, source);
    return source;
}

struct position source_position(const struct source *source, uint32_t offset)
{
    assert(offset <= source->len);
    uint32_t low = 0, high = source->line_count; /* the line is in [low, high) */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (source->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    uint32_t column = 1;
    for (uint32_t i = source->lines[low]; i < offset; i++)
        column += ((unsigned char)source->text[i] & 0xc0) != 0x80;
    return (struct position){low + 1, column};
}

struct span span_join(struct span first, struct span last)
{
    first.end = last.end > first.end ? last.end : first.end;
    return first;
}

static bool source_is_utf8(const struct source *source, struct diags *diags)
{
    const unsigned char *text = (const unsigned char *)source->text;
    for (uint32_t i = 0, len; i < source->len; i += len) {
        len = source_char_len(source->text + i, source->len - i);
        if (len)
            continue;
        struct span span = {source, i, i + 1};
        struct diag *d =
            diag_error(diags, DIAG_utf8, span,
                       "the file is not UTF-8: byte 0x%02x has no place here", text[i]);
        diag_hint(diags, d,
                  "save the file as UTF-8; in a string, write the byte as \\x%02x in b\"...\"",
                  text[i]);
        return false;
    }
    return true;
}

/* All of the file, growing; NULL and errno (0: too large) if that fails. */
static char *source_slurp(struct arena *arena, FILE *file, size_t *len)
{
    size_t room = 1 << 16;
    char *text = arena_alloc(arena, room, 1);
    *len = 0;
    for (;;) {
        *len += fread(text + *len, 1, room - *len, file);
        if (ferror(file))
            return NULL;
        if (*len > SOURCE_MAX) {
            errno = 0;
            return NULL;
        }
        if (*len < room)
            return text;
        char *grown = arena_alloc(arena, room * 2, 1);
        memcpy(grown, text, room);
        text = grown;
        room *= 2;
    }
}

struct source *source_read(struct arena *arena, const char *path, struct diags *diags)
{
    return source_read_for(arena, path, (struct span){0}, diags);
}

struct source *source_read_for(struct arena *arena, const char *path, struct span import,
                               struct diags *diags)
{
    bool is_stdin = !strcmp(path, "-");
    size_t len = 0;
    errno = 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    char *text = file ? source_slurp(arena, file, &len) : NULL;
    int error = errno;
    if (file && !is_stdin)
        fclose(file);
    if (!text) {
        diag_error(diags, DIAG_read, import, "cannot read '%s': %s", path,
                   error ? strerror(error) : SOURCE_TOO_LARGE);
        return NULL;
    }
    struct source *source = source_make(arena, is_stdin ? "<stdin>" : path, text, (uint32_t)len);
    return source_is_utf8(source, diags) ? source : NULL;
}
