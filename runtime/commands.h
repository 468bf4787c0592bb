/* commands.h - all programs of others that run, and those that wait for room. For one thread, which
 * also waits for all of them. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

struct command;

/* Starts it, now or when there is room; it is lent until `over` is called for it. */
void commands_add(struct command *);
/* Any that are not over. */
bool commands_live(void);
/* Waits until something happens to one of them, or `wake` (-1: none) can be read, or `ns` have
 * passed (negative: never), and does what is to be done. Calls over() for each that is over. */
void commands_wait(int wake, int64_t ns, void (*over)(struct command *));

#endif
