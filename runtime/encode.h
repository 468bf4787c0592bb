/* encode.h - values of any type as bytes, and back, by their type alone.
 *
 * Both sides must run one program: nothing in the bytes tells of types (compare
 * encode_program_hash() first). Integers are little-endian. A *number* is written seven bits a
 * byte, lowest first, the top bit set in all but the last, in as few bytes as it can be.
 *
 *   numbers, and tuples and records of such that have no gaps     their bytes
 *   bool                    0 or 1
 *   str, bytes, [T]         number: 2 x length; the elements, a 0 each if they have no bytes. Or
 *                           2 x length + 1, then what the hook `large` wrote
 *   [T, n]                  n numbers: the lengths; the elements, last index fastest, as [T]
 *   map                     number: entries; keys and values by turns, in order of insertion
 *   tuple, record           its fields
 *   enum                    number: the variant; its fields
 *   T?                      0, or 1 and the T
 *   T!                      0 and the T, or 1 and the error
 *   future                  1, number: row in dfl_program.fns, its outcome; or 2, then what the
 *                           hook `future` wrote
 *   outcome                 enum dfl_outcome; the value or the error
 *   error                   number: kind; message; place; chain; 0, or 1 and the cause
 *
 * Gaps between fields are not written, and zero where a value is read. What is nested
 * ENCODE_DEPTH deep is put off: its bytes come after the rest of the value, the last put off first.
 * So neither side recurses with the depth of data. A value that holds another one twice is written
 * as if it were two, and the limit of the encoder bounds what that can come to.
 *
 * Encoders and decoders belong to one thread at a time; different ones are independent. */
#ifndef ENCODE_H
#define ENCODE_H

#include <string.h>

#include "base/checked.h"
#include "dfl.h"

struct task_pool;
struct encoder;
struct decoder;

enum {
    ENCODE_DEPTH = 16,
    ENCODE_LIMIT = 1 << 30,      /* bytes of a message, unless the encoder has another limit */
    ENCODE_CAUSES = 64,          /* links of an error's causes that are written; so many frames */
    ENCODE_ERROR_TEXT = 1 << 16, /* bytes of messages and frames of an error and its causes */
    ENCODE_PLACE = 4095,         /* bytes of the name of a file or function */
};

/* How a future begins. */
enum encode_where { ENCODE_HERE = 1, ENCODE_ELSEWHERE = 2 };

enum encode_error {
#define ERROR(name, text) ENCODE_##name,
#include "encode.def"
#undef ERROR
};

/* As the end of a sentence: "ends too early". */
const char *encode_error_text(enum encode_error);

/* ---- types ---------------------------------------------------------------------------------- */

/* What is known of a type beyond its descriptor. */
struct encode_facts {
    uint64_t least; /* bytes that every value of it takes when written */
    bool raw;       /* written by copying: no gaps, and any bytes are a value */
    bool nests;     /* holds values that may be as deep as data is */
    bool future;    /* a value may hold a future, however deep */
};

/* Prepares for the types of a program, after value_set_types(); before any value is written or
 * read. encode_fini() frees what that took. */
void encode_init(const struct dfl_program *);
void encode_fini(void);
const struct encode_facts *encode_facts(const struct dfl_type *);

static inline bool encode_has_future(const struct dfl_type *type)
{
    return encode_facts(type)->future;
}

/* A hash of all that the bytes of values depend on: types, tasks, and their names and places. */
uint64_t encode_program_hash(const struct dfl_program *);

/* ---- writing -------------------------------------------------------------------------------- */

/* What a writer keeps elsewhere. Hooks write with the calls below; a NULL one is not called. */
struct encode_hooks {
    void *user;
    /* A future that is not done, or of an io task whose failure nobody has looked at. False: it
     * cannot be sent now (ENCODE_pending). */
    bool (*future)(void *user, struct dfl_task *, struct encoder *);
    /* A run of elements without references, of `large_bytes` or more. False: write it here. */
    bool (*large)(void *user, const struct dfl_type *elem, const struct dfl_view *,
                  struct encoder *);
    size_t large_bytes;
    /* All that is written of any future, in place of the above: for bytes that outlive the run. */
    bool (*settled)(void *user, const struct dfl_type *future, struct dfl_task *, struct encoder *);
};

/* All zero is an encoder without bytes or hooks. */
struct encoder {
    uint8_t *bytes;
    size_t len, room;
    size_t limit; /* of `len`; 0: ENCODE_LIMIT */
    const struct encode_hooks *hooks;
    enum encode_error error; /* why the last call failed */

    /* encode.c only */
    struct encode_put_off {
        const struct dfl_type *type;
        const void *value;
    } *later;
    size_t later_count, later_room;
    int depth;
};

void encoder_fini(struct encoder *);

/* Appends a value, which is lent, and read only: it may be shared. Of an error at most
 * ENCODE_CAUSES causes are written, and their text is cut at ENCODE_ERROR_TEXT. On failure the
 * bytes are as they were, and `error` tells why. */
CHECKED bool encode_value(struct encoder *, const struct dfl_type *, const void *value);
/* Appends the arguments of a record that has not run. */
CHECKED bool encode_args(struct encoder *, const struct dfl_task *);
/* Appends the outcome and result of a record that has run. */
CHECKED bool encode_result(struct encoder *, const struct dfl_task *);

/* The steps of it, for hooks and messages. False: over the limit. */
CHECKED bool encode_grow(struct encoder *, size_t bytes);
CHECKED bool encode_number(struct encoder *, uint64_t);

CHECKED static inline bool encode_bytes(struct encoder *e, const void *from, size_t len)
{
    if (e->room - e->len < len && !encode_grow(e, len))
        return false;
    if (len > 0)
        memcpy(e->bytes + e->len, from, len);
    e->len += len;
    return true;
}

CHECKED static inline bool encode_u8(struct encoder *e, uint8_t n)
{
    return encode_bytes(e, &n, 1);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The counterparts of encode_hooks; one that is NULL makes what needs it an error. They set
 * `error` of the decoder if they fail and know better than ENCODE_refused. */
struct decode_hooks {
    void *user;
    /* A future kept elsewhere, of the type `future`, with one reference, to *out. */
    bool (*future)(void *user, const struct dfl_type *future, struct decoder *,
                   struct dfl_task **out);
    /* An owned view of `len` elements, counted as the decoder's `shared` says. Their bytes may be
     * any: what is no value is seen here. */
    bool (*large)(void *user, const struct dfl_type *elem, int64_t len, struct decoder *,
                  struct dfl_view *out);
    /* Reads what encode_hooks.settled wrote. */
    bool (*settled)(void *user, const struct dfl_type *future, struct decoder *,
                    struct dfl_task **out);
};

/* Set the fields of the first part, the rest zero. The bytes are lent until it ends. */
struct decoder {
    const uint8_t *at, *end;
    bool shared;            /* counts of what is made are for several threads, not private */
    struct task_pool *pool; /* of the calling thread: records of futures come from it */
    const struct decode_hooks *hooks;
    enum encode_error error; /* why the last call failed */

    /* decode.c only */
    struct decode_put_off {
        const struct dfl_type *type;
        void *out;
    } *later, *maps;
    size_t later_count, later_room, map_count, map_room;
    uint64_t owed; /* bytes that are still to come for elements whose memory was made */
    int depth;
};

void decoder_fini(struct decoder *);

/* Reads an owned value to `out`. On failure nothing is left of it, and `error` tells why. Memory is
 * taken only for what the bytes that follow can fill: a constant, by the program's types, times
 * their number. */
CHECKED bool decode_value(struct decoder *, const struct dfl_type *, void *out);
/* Fills in the arguments of a record whose `fn` is set. */
CHECKED bool decode_args(struct decoder *, struct dfl_task *);
/* Fills in outcome and result of a record whose `fn` is set. */
CHECKED bool decode_result(struct decoder *, struct dfl_task *);
/* Fills in the value of a record as decode_record() makes it: a T! as any other value, without an
 * outcome before it. */
CHECKED bool decode_settled(struct decoder *, struct dfl_task *);
/* For the hook `future`: a record of a row that is done, held once, to be filled in by
 * decode_result(). NULL: its result is not what such a future gives. */
struct dfl_task *decode_record(struct decoder *, const struct dfl_type *future, uint64_t row);
/* True if all was read; else ENCODE_long. */
CHECKED bool decode_end(struct decoder *);

CHECKED bool decode_number(struct decoder *, uint64_t *out);

static inline bool decode_fail(struct decoder *d, enum encode_error why)
{
    d->error = why;
    return false;
}

static inline size_t decode_left(const struct decoder *d)
{
    return (size_t)(d->end - d->at);
}

CHECKED static inline bool decode_bytes(struct decoder *d, void *out, uint64_t len)
{
    if (decode_left(d) < len)
        return decode_fail(d, ENCODE_short);
    if (len > 0) {
        memcpy(out, d->at, len);
        d->at += len;
    }
    return true;
}

CHECKED static inline bool decode_u8(struct decoder *d, uint8_t *out)
{
    return decode_bytes(d, out, 1);
}

#endif
