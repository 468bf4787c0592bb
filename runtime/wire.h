/* wire.h - the rows of wire.def as structs: writing them, and reading them through bounds. */
#ifndef WIRE_H
#define WIRE_H

#include "base/bytes.h"
#include "id.h"

enum { WIRE_VERSION = 1 };

typedef uint8_t wire_u8;
typedef uint16_t wire_u16;
typedef uint32_t wire_u32;
typedef uint64_t wire_u64;
typedef struct bytes wire_bytes;
typedef struct object_id wire_id;

#define F(type, name) wire_##type name;
#define MSG(name, number, fields)                                                                  \
    struct msg_##name {                                                                            \
        fields                                                                                     \
    };
#include "wire.def"
#undef MSG
#undef F

enum msg_kind {
#define MSG(name, number, fields) MSG_##name = number,
#include "wire.def"
#undef MSG
};

/* Any row, as it was read. Its bytes are lent from what was read. */
struct msg {
    enum msg_kind kind;
    union {
#define MSG(name, number, fields) struct msg_##name name;
#include "wire.def"
#undef MSG
    };
};

/* Appends a row. */
#define MSG(name, number, fields) void wire_##name(struct buffer *, const struct msg_##name *);
#include "wire.def"
#undef MSG

/* A name as it stands in rows, and in what rows carry. */
void object_write(struct buffer *, struct object_id);
struct object_id object_read(struct reader *);

/* Reads one whole row. False: unknown, too short or too long. */
bool wire_read(struct bytes row, struct msg *);
/* Its name in wire.def. */
const char *wire_name(enum msg_kind);

#endif
