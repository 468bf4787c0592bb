/* bytes.c - growing buffers; reading within bounds. */
#include "base/bytes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void exhausted(void)
{
    static const char text[] = "error: out of memory\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(1);
    _exit(1);
}

uint8_t *buffer_add(struct buffer *b, size_t len)
{
    if (b->room - b->len < len) {
        size_t room = b->room ? b->room : 256;
        while (room - b->len < len) {
            if (room > SIZE_MAX / 4)
                exhausted();
            room *= 2;
        }
        b->at = realloc(b->at, room);
        if (!b->at)
            exhausted();
        b->room = room;
    }
    uint8_t *at = b->at + b->len;
    b->len += len;
    return at;
}

void buffer_append(struct buffer *b, const void *from, size_t len)
{
    if (len)
        memcpy(buffer_add(b, len), from, len);
}

void buffer_free(struct buffer *b)
{
    free(b->at);
    *b = (struct buffer){0};
}

const uint8_t *reader_take(struct reader *r, size_t len)
{
    if (r->failed || reader_left(r) < len) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *at = r->at;
    r->at += len;
    return at;
}

uint8_t reader_u8(struct reader *r)
{
    const uint8_t *at = reader_take(r, 1);
    return at ? *at : 0;
}

uint16_t reader_u16(struct reader *r)
{
    const uint8_t *at = reader_take(r, 2);
    return at ? bytes_get_u16(at) : 0;
}

uint32_t reader_u32(struct reader *r)
{
    const uint8_t *at = reader_take(r, 4);
    return at ? bytes_get_u32(at) : 0;
}

uint64_t reader_u64(struct reader *r)
{
    const uint8_t *at = reader_take(r, 8);
    return at ? bytes_get_u64(at) : 0;
}

struct bytes reader_bytes(struct reader *r)
{
    uint32_t len = reader_u32(r);
    const uint8_t *at = reader_take(r, len);
    return (struct bytes){at, at ? len : 0};
}

void buffer_u8(struct buffer *b, uint8_t n)
{
    *buffer_add(b, 1) = n;
}

void buffer_u16(struct buffer *b, uint16_t n)
{
    bytes_put_u16(buffer_add(b, 2), n);
}

void buffer_u32(struct buffer *b, uint32_t n)
{
    bytes_put_u32(buffer_add(b, 4), n);
}

void buffer_u64(struct buffer *b, uint64_t n)
{
    bytes_put_u64(buffer_add(b, 8), n);
}

void buffer_bytes_field(struct buffer *b, struct bytes bytes)
{
    assert(bytes.len <= UINT32_MAX);
    buffer_u32(b, (uint32_t)bytes.len);
    buffer_append(b, bytes.at, bytes.len);
}
