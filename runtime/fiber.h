/* fiber.h - stacks that can be left and come back to, on another thread if need be.
 *
 * A fiber has a small stack of its own, and grows by further segments when generated code finds
 * that little is left. It belongs to whoever runs it; a fiber that is not running belongs to what
 * it waits for, to the ready list, or to a pool. */
#ifndef FIBER_H
#define FIBER_H

#include <stdint.h>

#include "dfl.h"
#include "sanitize.h"

struct segment;
struct cancel_scope;

struct dfl_fiber {
    /* Generated code reaches these three by offsets.def. Others set the first and the last, in
     * fiber_ask(). */
    char *_Atomic stack_limit;  /* below it, calls that may recurse go through dfl_stack_call() */
    struct dfl_worker *worker;  /* that runs it; NULL in the interpreter */
    _Atomic uint32_t look;      /* dfl_poll() has something to look at; then all stack is below the
                                   limit, so that recursion comes by too */
    char *own_limit;            /* stack_limit while nobody asks */
    _Atomic uint64_t wait;      /* park.c's: what it waits for */
    struct cancel_scope *scope; /* of the innermost task that it runs; cancel.h */
    void *context;              /* while it is not running */
    struct dfl_fiber *next;     /* in a pool or the ready list */
    struct segment *segment;    /* the newest it is on; NULL: its own stack */
    struct segment *spare;      /* the last one it left, kept for the next time */
    bool on_large;              /* runs on the thread's large stack, where nothing may park */
    struct sanitize sanitize;
};

/* `stack_max`: bytes of further segments that the whole process may have in use. */
void fiber_init(uint64_t stack_max);
/* All fibers end, wherever they are; no thread runs one. */
void fiber_fini(void);
/* Frees the calling thread's large stack. */
void fiber_thread_fini(void);

/* The context of the calling thread on the stack it was born with. */
void fiber_open_native(struct dfl_fiber *);

/* A fiber that will begin, or go on, in `loop`, which never returns. Any thread. */
struct dfl_fiber *fiber_get(void (*loop)(struct dfl_fiber *));
/* Back to the pool: it has been left for good in a call of fiber_switch() by `loop`. */
void fiber_put(struct dfl_fiber *);

/* Leaves `from`, which runs, and goes on in `to`. Returns when someone switches to `from`, perhaps
 * on another thread; errno is kept. */
void fiber_switch(struct dfl_fiber *from, struct dfl_fiber *to);

/* Calls body(fiber, frame) on a further segment, with room for `bytes` besides what is always left:
 * on one that the fiber owns; with 0, of what cannot park, on the thread's large stack. False: the
 * bound is reached, nothing was called. */
bool fiber_call(struct dfl_fiber *, void (*body)(struct dfl_fiber *, void *), void *frame,
                int32_t bytes);
/* The failure `stack`, owned. */
struct dfl_error *fiber_no_stack(const struct dfl_site *);

/* True if generated code that needs `bytes` would take a further segment here. */
static inline bool fiber_is_low(const struct dfl_fiber *fiber, int32_t bytes)
{
    return (char *)__builtin_frame_address(0) - bytes < fiber->own_limit;
}

/* Makes generated code on the fiber call dfl_poll() soon, wherever it is. Any thread. */
void fiber_ask(struct dfl_fiber *);
/* The fiber itself: it has been asked and looks now. */
void fiber_answer(struct dfl_fiber *);

/* Fibers made so far, the most that ever were in use at once (pools included). */
uint64_t fiber_peak(void);
/* Fibers not in the shared pool, and bytes of segments in use. */
uint64_t fiber_live(void);

#endif
