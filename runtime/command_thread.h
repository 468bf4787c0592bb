/* command_thread.h - running a program of others as part of a task. There are two of these: the
 * runtime's, whose thread looks after all of them, and the interpreter's, which does so itself. */
#ifndef COMMAND_THREAD_H
#define COMMAND_THREAD_H

#include "dfl.h"

struct command;

/* Runs one while the fiber is parked. NULL: its outcome says how it ended. Or the failure with
 * which the task is to end: the program is dead then. Any thread. */
struct dfl_error *dfl_command(struct dfl_fiber *, struct command *);
/* The end of the run: nothing is live. */
void commands_fini(void);

#endif
