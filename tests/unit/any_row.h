/* any_row.h - rows of wire.def with fields from random numbers, for tests of what reads them. */
#ifndef ANY_ROW_H
#define ANY_ROW_H

#include "wire.h"

struct any_row {
    uint64_t state;     /* of the random numbers */
    uint8_t bytes[256]; /* what fields of bytes lend */
};

static inline uint64_t any_next(struct any_row *a)
{
    a->state ^= a->state << 13;
    a->state ^= a->state >> 7;
    a->state ^= a->state << 17;
    return a->state;
}

/* Often small, so that slots, generations and processes are those of others. */
static inline uint64_t any_number(struct any_row *a)
{
    uint64_t x = any_next(a);
    switch (any_next(a) % 4) {
    case 0:
        return x;
    case 1:
        return (x % 4 + 1) << 16 | (x >> 8) % 3; /* a process */
    default:
        return x % 4;
    }
}

static inline wire_bytes any_bytes(struct any_row *a)
{
    size_t len = any_next(a) % sizeof a->bytes;
    for (size_t i = 0; i < len; i++)
        a->bytes[i] = (uint8_t)any_next(a);
    return (wire_bytes){a->bytes, len};
}

static inline wire_id any_id(struct any_row *a)
{
    wire_id id;
    id.owner = (uint32_t)any_number(a);
    id.slot = (uint32_t)any_number(a);
    id.generation = (uint32_t)any_number(a);
    return id;
}

#define any_u8(a)  (uint8_t)any_number(a)
#define any_u16(a) (uint16_t)any_number(a)
#define any_u32(a) (uint32_t)any_number(a)
#define any_u64(a) any_number(a)

enum {
    ANY_KINDS = 0
#define MSG(name, number, fields) +1
#include "wire.def"
#undef MSG
};

static const enum msg_kind any_kinds[ANY_KINDS] = {
#define MSG(name, number, fields) MSG_##name,
#include "wire.def"
#undef MSG
};

/* Appends a row of this kind. */
static inline void any_row(struct any_row *a, enum msg_kind kind, struct buffer *out)
{
    switch (kind) {
#define F(type, name) m.name = any_##type(a);
#define MSG(name, number, fields)                                                                  \
    case MSG_##name: {                                                                             \
        struct msg_##name m;                                                                       \
        fields wire_##name(out, &m);                                                               \
        break;                                                                                     \
    }
#include "wire.def"
#undef MSG
#undef F
    }
}

#endif
