/* test_deque.c - the deque on real threads: an owner with random luck against thieves that take
 * one, take batches, ask and force. DFL_SEED repeats a run. tests/deque explores small cases
 * completely. */
#include "runner.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "deque.h"

enum { TASKS = 200000, THIEVES = 3 };

static struct deque deque;
static _Atomic uint8_t taken[TASKS + 1];
static _Atomic bool finished;
static uint64_t seed;
static bool can_force;

static void *room(void)
{
    void *slots = calloc(DEQUE_HARD, sizeof(struct deque_slot));
    ck_assert_ptr_nonnull(slots);
    return slots;
}

static struct dfl_task *numbered(uint64_t n)
{
    return (struct dfl_task *)(uintptr_t)n;
}

static void take(struct dfl_task *task)
{
    uint64_t n = (uintptr_t)task;
    assert(n >= 1 && n <= TASKS);
    atomic_fetch_add(&taken[n], 1);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void push(struct dfl_task *task)
{
    while (!deque_push(&deque, task)) {
        bool room = deque_relieve(&deque);
        assert(room);
        deque_publish(&deque);
    }
}

static void *thief(void *arg)
{
    uint64_t random = seed + (uintptr_t)arg * 7919;
    struct dfl_task *tasks[64];
    while (!atomic_load(&finished)) {
        uint64_t choice = next_random(&random) % 256;
        int64_t count = deque_steal(&deque, tasks, choice % 2 ? 1 : 64);
        for (int64_t i = 0; i < count; i++)
            take(tasks[i]);
        if (count == 0 && choice == 0 && can_force)
            deque_force(&deque);
        else if (count == 0 && choice < 32)
            deque_ask(&deque);
    }
    return NULL;
}

/* Bursts of pushes, then pops or take-backs of random length. */
static void own(uint64_t random)
{
    uint64_t pushed = 0;
    while (pushed < TASKS) {
        uint64_t burst = 1 + next_random(&random) % (next_random(&random) % 64 == 0 ? 5000 : 8);
        for (; burst > 0 && pushed < TASKS; burst--)
            push(numbered(++pushed));
        for (uint64_t pops = next_random(&random) % 8; pops > 0; pops--) {
            struct dfl_task *task = numbered(pushed);
            if (next_random(&random) % 2 == 0)
                task = deque_pop(&deque);
            else if (atomic_load(&taken[pushed]) || !deque_take_back(&deque, task))
                task = NULL;
            if (task)
                take(task);
        }
    }
    for (struct dfl_task *task; (task = deque_pop(&deque));)
        take(task);
}

START_TEST(every_task_is_taken_once_whatever_thieves_do)
{
    const char *given = getenv("DFL_SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2 + 1;
    printf("test_deque: DFL_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    can_force = barrier_init();
    deque_init(&deque, room());
    pthread_t threads[THIEVES];
    for (uintptr_t i = 0; i < THIEVES; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, thief, (void *)(i + 1)), 0);
    own(seed | 1);
    atomic_store(&finished, true);
    for (int i = 0; i < THIEVES; i++)
        pthread_join(threads[i], NULL);
    for (int n = 1; n <= TASKS; n++)
        ck_assert_msg(taken[n] == 1, "task %d was taken %d times", n, taken[n]);
    ck_assert(!deque_is_busy(&deque));
    free(deque.slots);
}
END_TEST

START_TEST(the_newest_comes_back_and_no_other)
{
    deque_init(&deque, room());
    push(numbered(1));
    push(numbered(2));
    ck_assert(!deque_take_back(&deque, numbered(1)));
    ck_assert(deque_take_back(&deque, numbered(2)));
    ck_assert(deque_take_back(&deque, numbered(1)));
    ck_assert(!deque_take_back(&deque, numbered(1)));
    ck_assert_ptr_null(deque_pop(&deque));
    free(deque.slots);
}
END_TEST

START_TEST(thieves_see_only_what_is_public_and_take_the_oldest)
{
    deque_init(&deque, room());
    struct dfl_task *tasks[64];
    for (uint64_t n = 1; n <= 64; n++)
        push(numbered(n));
    ck_assert_int_eq(deque_steal(&deque, tasks, 64), 0);
    deque_publish(&deque);
    ck_assert_int_eq(deque_steal(&deque, tasks, 64), 8);
    ck_assert_ptr_eq(tasks[0], numbered(1));
    ck_assert_ptr_eq(tasks[7], numbered(8));
    ck_assert_int_eq(deque_steal(&deque, tasks, 2), 2);
    for (uint64_t n = 64; n > 10; n--)
        ck_assert_ptr_eq(deque_pop(&deque), numbered(n));
    ck_assert_ptr_null(deque_pop(&deque));
    free(deque.slots);
}
END_TEST

START_TEST(a_request_sends_the_next_push_the_slow_way_once)
{
    deque_init(&deque, room());
    deque_ask(&deque);
    ck_assert(!deque_push(&deque, numbered(1)));
    ck_assert(deque_relieve(&deque));
    ck_assert(deque_push(&deque, numbered(1)));
    ck_assert(deque_push(&deque, numbered(2)));
    free(deque.slots);
}
END_TEST

START_TEST(the_array_is_used_again_when_thieves_empty_it)
{
    deque_init(&deque, room());
    struct dfl_task *task;
    uint64_t stolen = 0;
    bool in_order = true;
    for (uint64_t n = 1; n <= 4 * DEQUE_SOFT; n++) {
        push(numbered(n));
        deque_publish(&deque);
        while (n > 2 && deque_steal(&deque, &task, 1) > 0)
            in_order &= task == numbered(++stolen);
    }
    ck_assert(in_order);
    ck_assert_uint_gt(stolen, DEQUE_SOFT);
    ck_assert(deque.soft == deque.slots + DEQUE_SOFT);
    free(deque.slots);
}
END_TEST

START_TEST(eight_million_fit_and_no_more)
{
    deque_init(&deque, room());
    uint64_t pushed = 0;
    while (deque_push(&deque, numbered(pushed + 1)) || deque_relieve(&deque))
        pushed = (uint64_t)(atomic_load(&deque.bot) - deque.slots);
    ck_assert_uint_eq(pushed, DEQUE_HARD);
    while (pushed > 0 && deque_pop(&deque) == numbered(pushed))
        pushed--;
    ck_assert_uint_eq(pushed, 0);
    free(deque.slots);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_task_is_taken_once_whatever_thieves_do,
        the_newest_comes_back_and_no_other,
        thieves_see_only_what_is_public_and_take_the_oldest,
        a_request_sends_the_next_push_the_slow_way_once,
        the_array_is_used_again_when_thieves_empty_it,
        eight_million_fit_and_no_more,
        NULL,
    };
    return runner_run("deque", tests);
}
