/* wire.c - a row is its number as one byte, then its fields in the order of wire.def. */
#include "wire.h"

void object_write(struct buffer *b, struct object_id id)
{
    buffer_u32(b, id.owner);
    buffer_u32(b, id.slot);
    buffer_u32(b, id.generation);
}

struct object_id object_read(struct reader *r)
{
    struct object_id id;
    id.owner = reader_u32(r);
    id.slot = reader_u32(r);
    id.generation = reader_u32(r);
    return id;
}

#define WRITE_u8    buffer_u8
#define WRITE_u16   buffer_u16
#define WRITE_u32   buffer_u32
#define WRITE_u64   buffer_u64
#define WRITE_bytes buffer_bytes_field
#define WRITE_id    object_write

#define F(type, name) WRITE_##type(b, m->name);
#define MSG(name, number, fields)                                                                  \
    void wire_##name(struct buffer *b, const struct msg_##name *m)                                 \
    {                                                                                              \
        buffer_u8(b, number);                                                                      \
        fields                                                                                     \
    }
#include "wire.def"
#undef MSG
#undef F

#define READ_u8    reader_u8
#define READ_u16   reader_u16
#define READ_u32   reader_u32
#define READ_u64   reader_u64
#define READ_bytes reader_bytes
#define READ_id    object_read

#define F(type, name) m->name = READ_##type(r);
#define MSG(name, number, fields)                                                                  \
    static void read_##name(struct reader *r, struct msg_##name *m)                                \
    {                                                                                              \
        fields                                                                                     \
    }
#include "wire.def"
#undef MSG
#undef F

bool wire_read(struct bytes row, struct msg *out)
{
    struct reader reader = reader_of(row), *r = &reader;
    out->kind = reader_u8(r);
    switch (out->kind) {
#define MSG(name, number, fields)                                                                  \
    case MSG_##name:                                                                               \
        read_##name(r, &out->name);                                                                \
        break;
#include "wire.def"
#undef MSG
    default:
        return false;
    }
    return !r->failed && reader_left(r) == 0;
}

const char *wire_name(enum msg_kind kind)
{
    switch (kind) {
#define MSG(name, number, fields)                                                                  \
    case MSG_##name:                                                                               \
        return #name;
#include "wire.def"
#undef MSG
    }
    return "unknown";
}
