/* switch.h - the two ways to change stacks. One implementation per machine. */
#ifndef SWITCH_H
#define SWITCH_H

struct dfl_fiber;

/* Saves the calling context at *save and continues the one that `to` was saved from. Keeps the
 * registers a call keeps; not the floating-point modes, which dfl code never changes. */
void switch_stacks(void **save, void *to);
/* A context that begins start(fiber) on the stack that ends at `top` (aligned to 16). */
void *switch_prepare(void *top, void (*start)(struct dfl_fiber *), struct dfl_fiber *fiber);
/* Calls body(fiber, frame) on the stack that ends at `top` (aligned to 16). */
void switch_call(void *top, void (*body)(struct dfl_fiber *, void *), struct dfl_fiber *fiber,
                 void *frame);

#endif
