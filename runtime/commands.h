/* commands.h - all programs of others that run, and those that wait for room. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "dfl.h"

struct command;

/* These are for one thread, which also waits for all of them. */
/* Starts it, now or when there is room; it is lent until `over` is called for it. */
void commands_add(struct command *);
/* Any that are not over. */
bool commands_live(void);
/* Waits until something happens to one of them, or `wake` (-1: none) can be read, or `ns` have
 * passed (negative: never), and does what is to be done. Calls over() for each that is over. */
void commands_wait(int wake, int64_t ns, void (*over)(struct command *));

/* What follows is command_thread.c's, for any thread, and the interpreter's. */
/* Runs one while the fiber is parked. NULL: its outcome says how it ended. Or the failure with
 * which the task is to end: the program is dead then. */
struct dfl_error *dfl_command(struct dfl_fiber *, struct command *);
/* The end of the run: nothing is live. */
void commands_fini(void);

#endif
