/* bytes.h - runs of bytes: lent ones, growable ones, and reading them within bounds. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Lent: whoever made it says how long it stays valid. */
struct bytes {
    const uint8_t *at;
    size_t len;
};

/* Owned and growable; {0} is empty. */
struct buffer {
    uint8_t *at;
    size_t len, room;
};

/* `len` more bytes at the end, not filled in; valid until the buffer grows again. Memory that runs
 * out ends the process with a message. */
uint8_t *buffer_add(struct buffer *, size_t len);
void buffer_append(struct buffer *, const void *, size_t len);
/* Empties the buffer and keeps its memory. */
static inline void buffer_clear(struct buffer *b)
{
    b->len = 0;
}
void buffer_free(struct buffer *);

static inline struct bytes buffer_bytes(const struct buffer *b)
{
    return (struct bytes){b->at, b->len};
}

/* Little-endian integers at any address. */
static inline void bytes_put_u16(uint8_t *at, uint16_t x)
{
    x = htole16(x);
    memcpy(at, &x, sizeof x);
}

static inline void bytes_put_u32(uint8_t *at, uint32_t x)
{
    x = htole32(x);
    memcpy(at, &x, sizeof x);
}

static inline void bytes_put_u64(uint8_t *at, uint64_t x)
{
    x = htole64(x);
    memcpy(at, &x, sizeof x);
}

static inline uint16_t bytes_get_u16(const uint8_t *at)
{
    uint16_t x;
    memcpy(&x, at, sizeof x);
    return le16toh(x);
}

static inline uint32_t bytes_get_u32(const uint8_t *at)
{
    uint32_t x;
    memcpy(&x, at, sizeof x);
    return le32toh(x);
}

static inline uint64_t bytes_get_u64(const uint8_t *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return le64toh(x);
}

/* Reads from the front. Once something was short, `failed` stays set and what is read is zero. */
struct reader {
    const uint8_t *at, *end;
    bool failed;
};

static inline struct reader reader_of(struct bytes b)
{
    return (struct reader){b.at, b.len ? b.at + b.len : b.at, false};
}

static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

/* The next `len` bytes, lent from what is read; NULL if there are not so many. */
const uint8_t *reader_take(struct reader *, size_t len);

/* Integers are little-endian. */
uint8_t reader_u8(struct reader *);
uint16_t reader_u16(struct reader *);
uint32_t reader_u32(struct reader *);
uint64_t reader_u64(struct reader *);
/* A length as u32, then so many bytes, lent. */
struct bytes reader_bytes(struct reader *);

void buffer_u8(struct buffer *, uint8_t);
void buffer_u16(struct buffer *, uint16_t);
void buffer_u32(struct buffer *, uint32_t);
void buffer_u64(struct buffer *, uint64_t);
void buffer_bytes_field(struct buffer *, struct bytes);

#endif
