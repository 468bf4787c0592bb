/* sanitize.h - tells the address and thread sanitizers and valgrind about stacks that the compiler
 * cannot see being changed. Empty in other builds. */
#ifndef SANITIZE_H
#define SANITIZE_H

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZE_ADDRESS
#endif
#if __has_feature(thread_sanitizer)
#define SANITIZE_THREAD
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZE_ADDRESS
#endif
#ifdef __SANITIZE_THREAD__
#define SANITIZE_THREAD
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif

#ifdef SANITIZE_ADDRESS
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef SANITIZE_THREAD
#include <sanitizer/tsan_interface.h>
#endif

/* Of one context. */
struct sanitize {
    void *thread;     /* its own record of who it is */
    void *fake_stack; /* while it is not running */
    const void *low;  /* the stack it is on */
    size_t bytes;
};

static inline void sanitize_new_stack(void *low, size_t bytes)
{
#ifdef VALGRIND_STACK_REGISTER
    (void)VALGRIND_STACK_REGISTER(low, (char *)low + bytes);
#endif
    (void)low, (void)bytes;
}

/* A context with its first stack. `current`: it is the caller's. */
static inline void sanitize_open(struct sanitize *s, void *low, size_t bytes, int current)
{
    s->low = low;
    s->bytes = bytes;
    s->fake_stack = NULL;
    s->thread = NULL;
#ifdef SANITIZE_THREAD
    s->thread = current ? __tsan_get_current_fiber() : __tsan_create_fiber(0);
#endif
    (void)current;
}

static inline void sanitize_close(struct sanitize *s)
{
#ifdef SANITIZE_THREAD
    __tsan_destroy_fiber(s->thread);
#endif
    (void)s;
}

/* Around a change from one context to another: the last thing before, the first thing after. */
static inline void sanitize_leave(struct sanitize *from, struct sanitize *to)
{
#ifdef SANITIZE_ADDRESS
    __sanitizer_start_switch_fiber(&from->fake_stack, to->low, to->bytes);
#endif
#ifdef SANITIZE_THREAD
    __tsan_switch_to_fiber(to->thread, 0);
#endif
    (void)from, (void)to;
}

static inline void sanitize_arrive(struct sanitize *at)
{
#ifdef SANITIZE_ADDRESS
    __sanitizer_finish_switch_fiber(at->fake_stack, NULL, NULL);
#endif
    (void)at;
}

#endif
