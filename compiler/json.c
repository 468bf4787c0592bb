/* json.c - writing JSON. */
#include "json.h"

#include "source.h"

void json_text(FILE *out, const char *text, size_t left)
{
    fputc('"', out);
    for (uint32_t len; left; text += len, left -= len) {
        len = source_char_len(text, left < 4 ? (uint32_t)left : 4);
        if (!len)
            fputs("\\ufffd", out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned char)*text);
        else
            fwrite(text, 1, len, out);
        len += !len;
    }
    fputc('"', out);
}
