/* encode_core.h - what writing and reading values (encode.c, decode.c) shares with writing and
 * reading records of tasks (encode_task.c). The interpreter, which has other records, has the two
 * functions for futures too. */
#ifndef ENCODE_CORE_H
#define ENCODE_CORE_H

#include "encode.h"

/* ---- writing ---- */

/* Part of a value, at the depth that was reached. */
bool encode_part(struct encoder *, const struct dfl_type *, const void *value);
bool encode_failure(struct encoder *, const struct dfl_error *);
/* Sets `error`, and gives false. */
bool encode_fail(struct encoder *, enum encode_error);
typedef bool encode_writer(struct encoder *, const struct dfl_type *, const void *what);
/* Lets `write` begin, then writes what was put off. On failure the bytes are as they were. */
bool encode_whole(struct encoder *, encode_writer *write, const struct dfl_type *,
                  const void *what);
bool encode_future(struct encoder *, const struct dfl_type *, struct dfl_task *);

/* ---- reading; what is to be filled in is zero ---- */

bool decode_part(struct decoder *, const struct dfl_type *, void *out);
bool decode_failure(struct decoder *, struct dfl_error **out);
/* A block of `bytes` of elements: zero, unless they are raw and filled in next. */
struct dfl_block *decode_block(const struct decoder *, const struct dfl_type *elem, uint64_t bytes);
typedef bool decode_reader(struct decoder *, const struct dfl_type *, void *out);
/* Lets `read` begin, then reads what was put off. */
bool decode_whole(struct decoder *, decode_reader *read, const struct dfl_type *, void *out);
bool decode_future(struct decoder *, const struct dfl_type *, struct dfl_task **out);

#endif
