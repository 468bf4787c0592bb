/* print.h - lines that tasks print in other processes than that of main, on their way to its
 * standard output.
 *
 * A process that runs tasks for others keeps what they print until the role sends it, which is
 * before it answers for them. It keeps PRINT_MOST bytes at most, counted until the other side has
 * written them; then who prints waits. There the lines are added to the stream, without waiting; a
 * thread writes them where nobody else does. */
#ifndef PRINT_H
#define PRINT_H

#include "actions.h"
#include "dfl.h"

enum {
    PRINT_MOST = 1 << 20,
    PRINT_ROW = 1 << 24, /* a line that is longer may be torn by others */
};

/* ---- where tasks of others run ---- */

/* From now on lines go elsewhere; `tell` is called, on any thread, when there are some. */
void print_open(void (*tell)(void));
/* False: lines are to be written here. Else this one is kept, once there is room. */
bool print_elsewhere(struct dfl_fiber *, const struct dfl_view *line);
/* By the role: sends what is kept to the root. */
void print_send(struct actions *);
/* So many bytes of it have been written. */
void print_written(uint64_t bytes);

/* ---- the root, by the role ---- */

/* Lines of `proc`; `tell` is called when print_step() should be. */
void print_add(uint32_t proc, struct bytes lines, void (*tell)(void));
/* Tells who printed what has been written. */
void print_step(struct actions *);
/* Ends the thread. */
void print_close(void);

#endif
