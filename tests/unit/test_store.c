/* test_store.c - shared memory: its table, places in it, values in it, and what a kill leaves. */
#include "runner.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "encode.h"
#include "grid.h"
#include "format.h"
#include "heap.h"
#include "store.h"

enum { MIB = 1 << 20, UNIT = STORE_UNIT };

static const uint32_t worker = 1 << 16 | 1, other = 1 << 16 | 2;

/* Ends a failure, whose message must hold this. */
static void expect_failure(struct dfl_error *e, const char *part)
{
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(e->kind, DFL_FAIL_memory);
    if (!memmem(e->message.ptr, (size_t)e->message.len, part, strlen(part)))
        ck_abort_msg("'%.*s' has no '%s'", (int)e->message.len, (char *)e->message.ptr, part);
    dfl_error_release(e);
}

/* ---- the table ---- */

START_TEST(extents_are_granted_until_the_store_is_full)
{
    struct store *s = store_open(40 * MIB);
    struct store_extent a, b, c, d;
    ck_assert(store_grant(s, worker, 1, &a));
    ck_assert_uint_eq(a.bytes, STORE_EXTENT);
    ck_assert(store_grant(s, worker, 17 * MIB, &b));
    ck_assert_uint_eq(b.bytes, 18 * MIB);
    ck_assert(store_grant(s, other, 1, &c)); /* less than usual, if that is all */
    ck_assert_uint_eq(c.bytes, UNIT);
    ck_assert(store_grant(s, other, 3 * MIB, &d));
    ck_assert_uint_eq(d.bytes, 4 * MIB);
    ck_assert(!store_grant(s, other, 1, &d));
    struct store_usage usage = store_usage(s);
    ck_assert_uint_eq(usage.granted, usage.size);
    ck_assert_uint_eq(usage.extents, 4);
    ck_assert(store_take_back(s, worker, b.offset));
    ck_assert(store_grant(s, other, 18 * MIB, &d));
    ck_assert_uint_eq(d.offset, b.offset);
    ck_assert(!store_grant(s, other, UINT64_MAX, &d));
    ck_assert_int_eq(dfl_block_live(), 0);
    store_close(s);
}
END_TEST

START_TEST(only_an_owner_gives_back)
{
    struct store *s = store_open(64 * MIB);
    struct store_extent a;
    ck_assert(store_grant(s, worker, 5 * MIB, &a));
    ck_assert(!store_take_back(s, other, a.offset));
    ck_assert(!store_take_back(s, worker, a.offset + UNIT));
    ck_assert(!store_take_back(s, worker, a.offset + 1));
    ck_assert(!store_take_back(s, worker, 1000 * MIB));
    ck_assert(!store_take_back(s, 0, 32 * MIB)); /* is nobody's */
    ck_assert(store_take_back(s, worker, a.offset));
    ck_assert(!store_take_back(s, worker, a.offset));
    store_close(s);
}
END_TEST

START_TEST(extents_end_with_their_owner_and_free_ones_are_joined)
{
    struct store *s = store_open(64 * MIB);
    struct store_extent a, b, c;
    ck_assert(store_grant(s, worker, 1, &a) && store_grant(s, other, 1, &b));
    ck_assert(store_grant(s, worker, 1, &c));
    store_owner_died(s, worker);
    ck_assert_uint_eq(store_usage(s).extents, 1);
    ck_assert(!store_take_back(s, worker, c.offset));
    store_owner_died(s, other);
    ck_assert_uint_eq(store_usage(s).granted, 0);
    ck_assert_uint_eq(store_usage(s).peak, 48 * MIB);
    ck_assert(store_grant(s, other, 64 * MIB, &a));
    store_close(s);
}
END_TEST

static uint64_t seed = 42;

static uint64_t random_below(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % n;
}

START_TEST(no_two_owners_ever_share_a_unit)
{
    enum { UNITS = 64 };
    struct store *s = store_open((uint64_t)UNITS * UNIT);
    uint32_t model[UNITS] = {0};
    struct store_extent extents[UNITS];
    uint32_t owners[UNITS], count = 0;
    for (int turn = 0; turn < 20000; turn++) {
        uint32_t owner = worker + (uint32_t)random_below(3);
        struct store_extent e;
        uint64_t what = random_below(20);
        if (what == 0) {
            store_owner_died(s, owner);
            for (uint32_t i = count; i-- > 0;)
                if (owners[i] == owner) {
                    memset(&model[extents[i].offset / UNIT], 0, extents[i].bytes / UNIT * 4);
                    extents[i] = extents[--count], owners[i] = owners[count];
                }
        } else if (what < 10 && count) {
            uint32_t i = (uint32_t)random_below(count);
            ck_assert(store_take_back(s, owners[i], extents[i].offset));
            memset(&model[extents[i].offset / UNIT], 0, extents[i].bytes / UNIT * 4);
            extents[i] = extents[--count], owners[i] = owners[count];
        } else if (store_grant(s, owner, random_below(12) * UNIT, &e)) {
            for (uint64_t i = 0; i < e.bytes / UNIT; i++) {
                ck_assert_uint_eq(model[e.offset / UNIT + i], 0);
                model[e.offset / UNIT + i] = owner;
            }
            extents[count] = e, owners[count++] = owner;
        }
        uint64_t granted = 0;
        for (int i = 0; i < UNITS; i++)
            granted += model[i] ? UNIT : 0;
        ck_assert_uint_eq(store_usage(s).granted, granted);
        ck_assert_uint_eq(store_usage(s).extents, count);
    }
    store_close(s);
}
END_TEST

/* ---- the memory ---- */

START_TEST(memory_that_cannot_be_had_is_a_failure_with_its_reason)
{
    struct store_memory m;
    expect_failure(store_memory_open(&m, 0), "of no use");
    expect_failure(store_memory_open(&m, UINT64_MAX), "of no use");
    expect_failure(store_memory_open(&m, UINT64_C(1) << 62), "a store of 4398046511104 MiB");
    expect_failure(store_memory_attach(&m, 0), "descriptor 0 is not the memory of a store");
    expect_failure(store_memory_attach(&m, -1), "descriptor -1");
    int fd = memfd_create("test", MFD_CLOEXEC);
    expect_failure(store_memory_attach(&m, fd), "is not the memory of a store");
    close(fd);
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){MIB, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    expect_failure(store_memory_open(&m, 4 * MIB), "may have files of 1 MiB (ulimit -f)");
    setrlimit(RLIMIT_FSIZE, &before);
    getrlimit(RLIMIT_NOFILE, &before);
    small = (struct rlimit){0, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &small);
    expect_failure(store_memory_open(&m, 4 * MIB), "Too many open files");
    setrlimit(RLIMIT_NOFILE, &before);
    ck_assert_int_eq(m.fd, -1);
    store_memory_close(&m);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(memory_keeps_its_size_and_shows_in_all_its_maps)
{
    struct store_memory m, again;
    ck_assert_ptr_null(store_memory_open(&m, 3 * MIB));
    ck_assert_uint_eq(m.size, 2 * UNIT);
    ck_assert_int_ne(ftruncate(m.fd, UNIT), 0);
    ck_assert(store_memory_back(&m, 0, m.size));
    ck_assert(!store_memory_back(&m, m.size, UNIT));
    ck_assert_ptr_null(store_memory_attach(&again, dup(m.fd)));
    strcpy(m.base + UNIT, "here");
    ck_assert_str_eq(again.base + UNIT, "here");
    store_memory_close(&again);
    store_memory_close(&m);
    store_memory_close(&m);
}
END_TEST

/* ---- places ---- */

/* A store and a heap of one process. */
struct world {
    struct store_memory memory;
    struct store *store;
    struct heap heap;
    pthread_mutex_t lock;
    uint64_t asked, returned;
};

static bool more(void *user, uint64_t bytes, struct store_extent *out)
{
    struct world *w = user;
    pthread_mutex_lock(&w->lock);
    w->asked++;
    bool good = store_grant(w->store, worker, bytes, out);
    pthread_mutex_unlock(&w->lock);
    return good;
}

static void less(void *user, struct store_extent e)
{
    struct world *w = user;
    pthread_mutex_lock(&w->lock);
    w->returned++;
    ck_assert(store_take_back(w->store, worker, e.offset));
    pthread_mutex_unlock(&w->lock);
}

static struct world world = {.lock = PTHREAD_MUTEX_INITIALIZER};
static const struct heap_source source = {&world, more, less};

static void open_world(uint64_t size)
{
    ck_assert_ptr_null(store_memory_open(&world.memory, size));
    world.store = store_open(world.memory.size);
    heap_open(&world.heap, &world.memory, &source);
}

/* Nothing may be allocated any more. */
static void close_world(void)
{
    ck_assert_uint_eq(heap_used(&world.heap), 0);
    heap_trim(&world.heap);
    ck_assert_uint_eq(store_usage(world.store).granted, 0);
    heap_close(&world.heap);
    store_close(world.store);
    store_memory_close(&world.memory);
    ck_assert_int_eq(dfl_block_live(), 0);
}

START_TEST(places_are_reused_grow_and_end_in_a_full_store)
{
    open_world(32 * MIB);
    struct heap *h = &world.heap;
    char *a = heap_alloc(h, 100000), *b = heap_alloc(h, 1), *c = heap_alloc(h, 5 * MIB);
    ck_assert(heap_contains(h, a) && !heap_contains(h, &world));
    ck_assert_ptr_eq(heap_at(h, heap_offset(h, c)), c);
    ck_assert_uint_ge(heap_room(h, a), 100000);
    ck_assert(!heap_grow(h, a, 200000)); /* b is behind it */
    heap_free(h, b);
    ck_assert(heap_grow(h, a, heap_room(h, a) + 4096));
    ck_assert(!heap_grow(h, a, 200000) && !heap_grow(h, a, UINT64_MAX));
    ck_assert(heap_grow(h, c, 6 * MIB) && heap_grow(h, c, 1 * MIB));
    ck_assert_uint_ge(heap_room(h, c), 6 * MIB);
    heap_free(h, a);
    ck_assert_ptr_eq(heap_alloc(h, 100000), a);
    ck_assert_ptr_null(heap_alloc(h, 20 * MIB));
    ck_assert_ptr_null(heap_alloc(h, UINT64_MAX));
    char *d = heap_alloc(h, 16 * MIB);
    ck_assert_ptr_nonnull(d);
    memset(d, 1, 16 * MIB);
    ck_assert_ptr_null(heap_alloc(h, 16 * MIB));
    heap_free(h, a);
    heap_free(h, c);
    heap_free(h, d);
    ck_assert_uint_gt(world.returned, 0); /* more than an eighth of the store was empty */
    close_world();
}
END_TEST

START_TEST(what_is_freed_stays_for_a_while)
{
    open_world(1024 * (uint64_t)MIB);
    for (int i = 0; i < 100; i++)
        heap_free(&world.heap, heap_alloc(&world.heap, 60 * MIB));
    ck_assert_uint_eq(world.asked, 1);
    ck_assert_uint_eq(world.returned, 0);
    close_world();
}
END_TEST

struct place {
    unsigned char *at;
    uint64_t len;
    unsigned char mark;
};

static void check_mark(const struct place *p)
{
    ck_assert(p->at[0] == p->mark && p->at[p->len / 2] == p->mark && p->at[p->len - 1] == p->mark);
}

/* Places that one thread takes and gives back, each full of a mark of its own. */
static void *use_places(void *arg)
{
    enum { PLACES = 40 };
    struct place places[PLACES] = {0};
    uint64_t state = (uintptr_t)arg;
    for (int turn = 0; turn < 1500; turn++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        struct place *p = &places[(state >> 33) % PLACES];
        uint64_t len = 1 + (state >> 20) % (turn % 50 == 0 ? 3 * MIB : 150000);
        if (p->at && heap_grow(&world.heap, p->at, len) && len > p->len) {
            memset(p->at + p->len, p->mark, len - p->len);
            p->len = len;
        }
        if (p->at) {
            check_mark(p);
            if (turn % 3 == 0)
                continue;
            heap_free(&world.heap, p->at);
        }
        *p = (struct place){heap_alloc(&world.heap, len), len, (unsigned char)(state >> 50)};
        if (p->at)
            memset(p->at, p->mark, len);
    }
    for (int i = 0; i < PLACES; i++)
        if (places[i].at) {
            check_mark(&places[i]);
            heap_free(&world.heap, places[i].at);
        }
    return NULL;
}

START_TEST(threads_never_get_the_same_place)
{
    open_world(48 * MIB);
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, use_places, (void *)(i + 1));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    close_world();
}
END_TEST

START_TEST(an_extent_may_come_later)
{
    open_world(64 * MIB);
    struct store_extent e;
    while (store_grant(world.store, other, 1, &e))
        ;
    ck_assert_ptr_null(heap_alloc(&world.heap, 1000));
    store_owner_died(world.store, other);
    ck_assert(store_grant(world.store, worker, 1, &e));
    ck_assert(heap_add(&world.heap, e));
    void *at = heap_alloc(&world.heap, 1000);
    ck_assert_uint_eq(heap_offset(&world.heap, at), e.offset);
    heap_free(&world.heap, at);
    close_world();
}
END_TEST

/* ---- values ---- */

static void *large_alloc(uint64_t bytes)
{
    return heap_alloc(&world.heap, bytes);
}

static void large_free(void *at)
{
    heap_free(&world.heap, at);
}

static bool large_grow(void *at, uint64_t bytes)
{
    return heap_grow(&world.heap, at, bytes);
}

static uint64_t large_room(void *at)
{
    return heap_room(&world.heap, at);
}

static void open_values(uint64_t size)
{
    open_world(size);
    struct block_large large = {(uintptr_t)world.memory.base,
                                world.memory.size,
                                large_alloc,
                                large_free,
                                large_grow,
                                large_room};
    block_set_large(&large);
}

static void close_values(void)
{
    block_set_large(NULL);
    close_world();
}

static bool is_stored(const struct dfl_view *v)
{
    return heap_contains(&world.heap, v->ptr);
}

START_TEST(large_arrays_without_references_are_born_in_the_store)
{
    open_values(64 * MIB);
    struct dfl_view small, large, texts;
    dfl_array_new(&value_int, &small, 8000);
    dfl_array_new(&value_int, &large, 8192);
    dfl_array_new(&value_str, &texts, 8192);
    ck_assert(!is_stored(&small) && is_stored(&large) && !is_stored(&texts));
    ck_assert_int_eq(dfl_block_live(), 3);
    ck_assert_int_ge(block_room(large.block), 8192 * 8);
    for (int64_t i = 0; i < 100000; i++) { /* moves in when it is large enough, and grows there */
        dfl_array_push(&value_int, &small, &i);
        dfl_array_push(&value_int, &large, &i);
    }
    ck_assert(is_stored(&small) && is_stored(&large));
    for (int64_t i = 0; i < 100000; i++)
        ck_assert(((int64_t *)small.ptr)[i] == i && ((int64_t *)large.ptr)[i] == i);
    dfl_share(&value_strs, &texts);
    dfl_block_release(small.block);
    dfl_block_release(large.block);
    dfl_drop(&value_strs, &texts);
    char *text = calloc(1, 100000);
    struct dfl_view s = value_text(text, 100000);
    free(text);
    ck_assert(is_stored(&s));
    dfl_share(&value_str, &s);
    dfl_drop(&value_str, &s);
    close_values();
}
END_TEST

START_TEST(texts_under_construction_move_in_and_out_whole)
{
    open_values(64 * MIB);
    for (int64_t lines = 10; lines < 100000; lines = lines * 3 / 2) { /* 80 bytes to 800 KiB */
        struct buffer b;
        dfl_buffer_begin(&b);
        for (int64_t i = 0; i < lines; i++) {
            char line[16];
            dfl_buffer_text(&b, line, snprintf(line, sizeof line, "%07lld\n", (long long)i));
        }
        struct dfl_view text;
        dfl_buffer_end(&b, &text);
        ck_assert_int_eq(text.len, 8 * lines);
        for (int64_t i = 0; i < lines; i++)
            if (atoll((char *)text.ptr + 8 * i) != i)
                ck_abort_msg("line %lld of %lld is wrong", (long long)i, (long long)lines);
        dfl_drop(&value_str, &text);
    }
    ck_assert_int_eq(dfl_block_live(), 0);
    close_values();
}
END_TEST

START_TEST(a_full_store_leaves_values_where_they_always_were)
{
    open_values(4 * MIB);
    struct dfl_view a, b;
    dfl_array_new(&value_int, &a, 400000);
    dfl_array_new(&value_int, &b, 400000);
    ck_assert(is_stored(&a) && !is_stored(&b));
    for (int64_t i = 0; i < 1000000; i++) {
        dfl_array_push(&value_int, &a, &i);
        dfl_array_push(&value_int, &b, &i);
    }
    ck_assert(!is_stored(&a) && !is_stored(&b));
    for (int64_t i = 0; i < 1000000; i++)
        ck_assert(((int64_t *)a.ptr)[i] == i && ((int64_t *)b.ptr)[i] == i);
    dfl_block_release(a.block);
    dfl_block_release(b.block);
    close_values();
}
END_TEST

static uint64_t ended;

static void end_loan(uint64_t token)
{
    ended = ended * 10 + token;
}

START_TEST(what_is_lent_is_read_in_place_and_copied_when_it_is_changed)
{
    int64_t numbers[] = {1, 2, 3}, four = 4;
    struct dfl_view view = value_lent(numbers, 3, end_loan, 7), part;
    ck_assert_ptr_eq(view.ptr, numbers);
    dfl_share(&value_strs, &view); /* whatever its elements are */
    dfl_copy(&value_strs, &view);
    part = view;
    dfl_array_own(&value_int, &part);
    ck_assert_ptr_ne(part.ptr, numbers);
    ((int64_t *)part.ptr)[0] = 100;
    ck_assert_int_eq(numbers[0], 1);
    ck_assert_uint_eq(ended, 0);
    dfl_array_push(&value_int, &view, &four); /* was the last holder */
    ck_assert_uint_eq(ended, 7);
    ck_assert(view.len == 4 && ((int64_t *)view.ptr)[1] == 2);
    dfl_drop(&value_strs, &view);
    dfl_block_release(part.block);

    view = value_lent("text", 4, end_loan, 1);
    part = value_part(&view, 1, 2);
    dfl_drop(&value_str, &view);
    ck_assert_uint_eq(ended, 7);
    runner_expect(part, "ex");
    ck_assert_uint_eq(ended, 71);
    view = value_lent(numbers, 3, end_loan, 2);
    int64_t last;
    array_pop(&value_int, &view, &last);
    ck_assert(last == 3 && view.ptr == numbers);
    dfl_block_release(view.block);
    ck_assert_uint_eq(ended, 712);

    struct {
        struct dfl_block *block;
        void *ptr;
        int64_t dims[4];
    } grid = {value_lent(numbers, 0, end_loan, 3).block, numbers, {1, 3, 3, 1}};
    static const struct dfl_type grids = {
        .kind = DFL_GRID, .refs = 1, .align = 8, .rank = 2, .size = 48, .elem = &value_int};
    dfl_grid_own(&grids, &grid);
    ck_assert_ptr_ne(grid.ptr, numbers);
    ck_assert_uint_eq(ended, 7123);
    dfl_block_release(grid.block);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

/* A [[str]]-like value whose inner arrays are lent ends without recursion or leaks. */
START_TEST(what_is_lent_may_be_inside_other_values)
{
    struct dfl_view texts, text;
    ended = 0;
    dfl_array_new(&value_str, &texts, 3);
    for (uint64_t i = 1; i <= 3; i++) {
        text = value_lent("lent", 4, end_loan, i);
        dfl_array_push(&value_str, &texts, &text);
    }
    dfl_share(&value_strs, &texts);
    dfl_drop(&value_strs, &texts);
    ck_assert_uint_ge(ended, 123);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

/* ---- a kill ---- */

static const char *own_path;

/* A worker: told its extent by its arguments, it tells when it begins, and then writes all over it
 * until it is killed. */
static int be_worker(char **argv)
{
    struct store_memory m;
    struct heap heap;
    struct store_extent extent = {strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10)};
    if (store_memory_attach(&m, atoi(argv[2])))
        return 1;
    heap_open(&heap, &m, &source);
    if (!heap_add(&heap, extent))
        return 1;
    char *kept = heap_alloc(&heap, 100000); /* so that the extent is never empty */
    memset(kept, 'x', 100000);
    if (write(STDOUT_FILENO, kept, 1) != 1)
        return 1;
    for (unsigned char mark = 0;; mark++) {
        char *next = heap_alloc(&heap, 1 + mark * 10000);
        memset(next, mark, 1 + mark * 10000);
        heap_free(&heap, next);
    }
}

static pid_t start_worker(const struct store_memory *m, struct store_extent e, int out)
{
    char fd[16], offset[32], bytes[32];
    char *argv[] = {(char *)own_path, "worker", fd, offset, bytes, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    snprintf(fd, sizeof fd, "%d", m->fd);
    snprintf(offset, sizeof offset, "%llu", (unsigned long long)e.offset);
    snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)e.bytes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, m->fd, m->fd); /* kept open */
    ck_assert_int_eq(posix_spawn(&child, own_path, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

START_TEST(a_killed_worker_leaves_nothing)
{
    open_world(64 * MIB);
    for (uint32_t turn = 0; turn < 5; turn++) {
        struct store_extent a, b;
        int ends[2], status;
        char begun;
        uint32_t owner = other + turn;
        ck_assert(store_grant(world.store, owner, 1, &a) && store_grant(world.store, owner, 1, &b));
        ck_assert_int_eq(pipe(ends), 0);
        pid_t child = start_worker(&world.memory, a, ends[1]);
        close(ends[1]);
        ck_assert_int_eq(read(ends[0], &begun, 1), 1);
        close(ends[0]);
        usleep((useconds_t)random_below(5000));
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        store_owner_died(world.store, owner);
        ck_assert_uint_eq(store_usage(world.store).granted, 0);
        use_places((void *)(uintptr_t)(turn + 1)); /* what it had serves others */
        heap_trim(&world.heap);
    }
    close_world();
}
END_TEST

int main(int argc, char **argv)
{
    own_path = "/proc/self/exe";
    if (argc == 5 && strcmp(argv[1], "worker") == 0)
        return be_worker(argv);
    const TTest *tests[] = {
        extents_are_granted_until_the_store_is_full,
        only_an_owner_gives_back,
        extents_end_with_their_owner_and_free_ones_are_joined,
        no_two_owners_ever_share_a_unit,
        memory_that_cannot_be_had_is_a_failure_with_its_reason,
        memory_keeps_its_size_and_shows_in_all_its_maps,
        places_are_reused_grow_and_end_in_a_full_store,
        what_is_freed_stays_for_a_while,
        threads_never_get_the_same_place,
        an_extent_may_come_later,
        large_arrays_without_references_are_born_in_the_store,
        texts_under_construction_move_in_and_out_whole,
        a_full_store_leaves_values_where_they_always_were,
        what_is_lent_is_read_in_place_and_copied_when_it_is_changed,
        what_is_lent_may_be_inside_other_values,
        a_killed_worker_leaves_nothing,
        NULL,
    };
    return runner_run("store", tests);
}
