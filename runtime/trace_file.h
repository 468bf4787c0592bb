/* trace_file.h - the file that DFL_TRACE writes, as its writer and its readers see it.
 *
 * The file is blocks, one after the other, each appended by one write of one process: after a kill
 * all that was written can be read, and what a reader finds cut at the end it leaves out. A block
 * is a header, little-endian as all numbers, and `len` bytes:
 *
 *   TRACE_NAMES   first in the file: str program; u64 began, nanoseconds of the Unix clock at time
 * 0; u32 rows; a row each: str function, str file, u32 line, u8 flags (DFL_FN_*). A str is a u32
 * length and bytes TRACE_TASKS   tasks that one thread ran, in the order of their ends, as columns:
 * all rows, all starts, all times, all marks. A row is a *number*; a start the difference to the
 *                 start before it, zigzag, in nanoseconds since time 0; a time a number of
 *                 nanoseconds from start to end, waiting included; a mark a byte of TRACE_* bits
 *
 * A number is written seven bits a byte, lowest first, the top bit set in all but the last. A
 * million tasks take some 6 MB. */
#ifndef TRACE_FILE_H
#define TRACE_FILE_H

#include "base/bytes.h"

enum {
    TRACE_MAGIC = 0x54464c44, /* "DLFT" */
    TRACE_HEADER = 28,
    TRACE_BLOCK_MOST = 64 << 20,
};

enum trace_kind { TRACE_NAMES = 1, TRACE_TASKS = 2 };

enum {                    /* marks of a task */
       TRACE_FOREIGN = 1, /* it belonged to another process */
       TRACE_AGAIN = 2,   /* an attempt after its first was lost */
       TRACE_FAILED = 4,
};

struct trace_header {
    uint32_t magic, kind;
    uint32_t proc;   /* as id.h makes them; 0: a run of one process */
    uint32_t thread; /* of the process */
    uint32_t count;  /* tasks */
    uint32_t len;    /* bytes that follow */
    uint32_t check;  /* of these bytes: trace_sum() */
};

static inline uint64_t trace_zigzag(int64_t n)
{
    return (uint64_t)n << 1 ^ (uint64_t)(n >> 63);
}

static inline int64_t trace_unzigzag(uint64_t n)
{
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

/* FNV-1a, folded: tells a block that was cut or overwritten. */
static inline uint32_t trace_sum(const uint8_t *at, size_t len)
{
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ at[i]) * 0x100000001b3u;
    return (uint32_t)(sum ^ sum >> 32);
}

#endif
