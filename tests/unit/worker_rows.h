/* worker_rows.h - a worker's tables, rows for them, and what they want done. */
#ifndef WORKER_ROWS_H
#define WORKER_ROWS_H

#include "runner.h"

#include "tables.h"

enum { NODE2 = 2 << 16, WORKER2 = NODE2 | 1, NODE3 = 3 << 16, WORKER3 = NODE3 | 1 };

static struct worker_tables worker; /* 2.1 */
static struct actions out;
static struct buffer row;

/* Gives it `row`; only what comes of that is in `out` then. */
static bool to_worker(uint32_t from)
{
    actions_clear(&out);
    return worker_tables_on_row(&worker, from, buffer_bytes(&row), 0, &out);
}

/* Makes `row`. */
#define ROW(name, ...)                                                                             \
    do {                                                                                           \
        buffer_clear(&row);                                                                        \
        wire_##name(&row, &(struct msg_##name){__VA_ARGS__});                                      \
    } while (0)

/* The row that is to be sent by action i, to that process. */
static struct msg sent(uint32_t i, uint32_t to, enum msg_kind kind)
{
    struct msg m;
    ck_assert_uint_lt(i, out.count);
    ck_assert_int_eq(out.list[i].kind, ACT_SEND);
    ck_assert_uint_eq(out.list[i].proc, to);
    ck_assert(wire_read(act_row(&out, &out.list[i]), &m));
    ck_assert_int_eq(m.kind, kind);
    return m;
}

#endif
