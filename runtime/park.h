/* park.h - waits that more than one may end. A fiber begins a wait, which has a ticket; whoever has
 * the ticket may end it, and the first who does makes the fiber go on. A nudge makes it go on to
 * look around, and perhaps wait on for the same. A ticket that is no longer waited for does
 * nothing, however late it comes. */
#ifndef PARK_H
#define PARK_H

#include "fiber.h"

/* Gives the ticket of a new wait. */
uint64_t park_begin(struct dfl_fiber *self);
/* Parks until the wait is over (true) or someone nudges (false). arm(self, arg) runs on another
 * stack and hands out the ticket; it gives false if there is nothing to wait for. NULL: to wait on.
 */
bool park_wait(struct dfl_fiber *self, bool (*arm)(struct dfl_fiber *, void *), void *arg);
/* Ends the wait. True: the caller makes the fiber go on, by worker_ready() or by switching to it;
 * false: it goes on anyway. Any thread. */
bool park_end(struct dfl_fiber *, uint64_t ticket);
/* The same for the caller to look around. */
bool park_nudge(struct dfl_fiber *, uint64_t ticket);

#endif
