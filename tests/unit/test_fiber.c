/* test_fiber.c - switching stacks, and calls on further stack. */
#include "runner.h"

#include <errno.h>
#include <pthread.h>

#include "error.h"
#include "fiber.h"

static struct dfl_fiber native;
static int steps;

static const struct dfl_site site = {.file = "prog.dfl", .line = 9, .column = 5};

/* errno's address must be found anew after a switch. */
static __attribute__((noinline)) int current_errno(void)
{
    __asm__ volatile("" ::: "memory");
    return errno;
}

static void count_steps(struct dfl_fiber *self)
{
    for (;;) {
        steps++;
        errno = 1000;
        fiber_switch(self, &native);
    }
}

START_TEST(a_fiber_goes_on_where_it_was_left)
{
    fiber_open_native(&native);
    struct dfl_fiber *fiber = fiber_get(count_steps);
    for (int i = 1; i <= 3; i++) {
        fiber_switch(&native, fiber);
        ck_assert_int_eq(steps, i);
    }
    fiber_put(fiber);
    ck_assert_ptr_eq(fiber_get(count_steps), fiber);
    fiber_put(fiber);
    ck_assert_uint_eq(fiber_live(), 0);
    fiber_fini();
}
END_TEST

START_TEST(errno_belongs_to_the_fiber)
{
    fiber_open_native(&native);
    struct dfl_fiber *fiber = fiber_get(count_steps);
    errno = 7;
    fiber_switch(&native, fiber);
    ck_assert_int_eq(current_errno(), 7);
    fiber_put(fiber);
    fiber_fini();
}
END_TEST

static void *resume_there(void *fiber)
{
    struct dfl_fiber here;
    fiber_open_native(&here);
    native = here;
    fiber_switch(&native, fiber);
    return NULL;
}

START_TEST(a_fiber_may_go_on_on_another_thread)
{
    fiber_open_native(&native);
    struct dfl_fiber *fiber = fiber_get(count_steps);
    fiber_switch(&native, fiber);
    pthread_t thread;
    pthread_create(&thread, NULL, resume_there, fiber);
    pthread_join(thread, NULL);
    ck_assert_int_eq(steps, 2);
    fiber_put(fiber);
    fiber_fini();
}
END_TEST

struct frame {
    int64_t depth, reached;
    int32_t bytes; /* as fiber_call() takes them */
    struct dfl_error *error;
};

static void recurse(struct dfl_fiber *self, void *arg)
{
    struct frame *frame = arg;
    char ballast[200];
    __asm__ volatile("" ::"r"(ballast) : "memory");
    if (frame->depth == 0)
        return;
    struct frame next = {.depth = frame->depth - 1, .bytes = frame->bytes};
    if (fiber_is_low(self, 0))
        next.error = dfl_stack_call(self, recurse, &next, frame->bytes, &site);
    else
        recurse(self, &next);
    frame->reached = next.reached + 1;
    frame->error = next.error;
}

static struct frame main_frame;

static void recurse_on_fiber(struct dfl_fiber *self)
{
    for (;;) {
        recurse(self, &main_frame);
        fiber_switch(self, &native);
    }
}

static void run_recursion(int64_t depth, int32_t bytes, uint64_t stack_max)
{
    fiber_init(stack_max);
    fiber_open_native(&native);
    struct dfl_fiber *fiber = fiber_get(recurse_on_fiber);
    main_frame = (struct frame){.depth = depth, .bytes = bytes};
    fiber_switch(&native, fiber);
    ck_assert_ptr_null(fiber->segment);
    fiber_put(fiber);
    fiber_thread_fini();
    fiber_fini();
}

START_TEST(deep_recursion_of_tasks_goes_on_on_segments)
{
    run_recursion(20000, 1, 64 << 20);
    ck_assert_int_eq(main_frame.reached, 20000);
    ck_assert_ptr_null(main_frame.error);
}
END_TEST

START_TEST(deep_recursion_of_functions_goes_on_on_the_large_stack)
{
    run_recursion(20000, 0, 0);
    ck_assert_int_eq(main_frame.reached, 20000);
    ck_assert_ptr_null(main_frame.error);
}
END_TEST

START_TEST(recursion_beyond_the_bound_fails)
{
    fiber_init(1 << 20);
    fiber_open_native(&native);
    native.stack_limit = native.own_limit = (char *)UINTPTR_MAX; /* always low */
    struct frame frame = {.depth = 1, .bytes = 1};
    ck_assert_ptr_null(dfl_stack_call(&native, recurse, &frame, 1, &site));
    fiber_init(1000);
    native.spare = NULL; /* or the segment of the first call would do */
    struct dfl_error *e = dfl_stack_call(&native, recurse, &frame, 1, &site);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(e->kind, DFL_FAIL_stack);
    ck_assert_uint_eq(e->site.line, 9);
    dfl_error_release(e);
}
END_TEST

static void call_again(struct dfl_fiber *self, void *arg)
{
    *(struct dfl_error **)arg = dfl_stack_call(self, call_again, arg, 0, &site);
}

START_TEST(the_large_stack_is_not_entered_twice)
{
    fiber_open_native(&native);
    struct dfl_error *e = NULL;
    ck_assert_ptr_null(dfl_stack_call(&native, call_again, &e, 0, &site));
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(e->kind, DFL_FAIL_stack);
    dfl_error_release(e);
    fiber_thread_fini();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_fiber_goes_on_where_it_was_left,
        errno_belongs_to_the_fiber,
        a_fiber_may_go_on_on_another_thread,
        deep_recursion_of_tasks_goes_on_on_segments,
        deep_recursion_of_functions_goes_on_on_the_large_stack,
        recursion_beyond_the_bound_fails,
        the_large_stack_is_not_entered_twice,
        NULL,
    };
    return runner_run("fiber", tests);
}
