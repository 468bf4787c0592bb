/* task.c - records: pools, references, waiters, results. Read task.h first.
 *
 * A thread takes records from its own pool and puts them back without locking. What is released by
 * another thread than spawned it piles up there; every 256 of those move through a shared stack of
 * batches to whoever runs short. */
#include "task.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "block.h"
#include "cancel.h"
#include "error.h"
#include "fiber.h"
#include "remote.h"
#include "value.h"
#include "worker.h"

enum {
    TASK_CHUNK_FIRST = 1 << 20, /* bytes mapped at first */
    TASK_CHUNK = 32 << 20,      /* and then, for programs that have many pending */
    TASK_CARVE = 64,            /* records made at once: one page */
    TASK_BATCH = 256,           /* records that move between threads at once */
};

/* Opens a mapped chunk; takes the place of its first record. */
struct chunk {
    struct chunk *next;
    size_t bytes;
};

_Static_assert(sizeof(struct chunk) <= sizeof(struct dfl_task), "a chunk opens with its header");

static struct {
    pthread_mutex_t lock;
    struct dfl_task *batches; /* each a list through `rare`; args[0] is the next batch */
    struct chunk *chunks;
    _Atomic uint64_t made;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

const struct dfl_fn *task_fns;
static uint64_t task_fn_count;

const struct dfl_fn *task_row(uint64_t fn)
{
    return fn < task_fn_count ? &task_fns[fn] : NULL;
}

/* ---- pools ---- */

static _Thread_local struct task_pool outside_pool;
static _Thread_local struct task_pool *own_pool;

/* Not inlined, and opaque: a thread-local address must not survive a fiber's move. */
__attribute__((noinline)) struct task_pool *task_pool_here(void)
{
    __asm__ volatile("" ::: "memory");
    return own_pool ? own_pool : &outside_pool;
}

__attribute__((noinline)) void task_pool_enter(struct task_pool *pool)
{
    __asm__ volatile("" ::: "memory");
    own_pool = pool;
}

static struct task_pool *task_pool_of(struct dfl_fiber *fiber)
{
    return fiber && fiber->worker ? &fiber->worker->pool : task_pool_here();
}

static void batch_put(struct dfl_task *list)
{
    pthread_mutex_lock(&shared.lock);
    list->args[0] = (uintptr_t)shared.batches;
    shared.batches = list;
    pthread_mutex_unlock(&shared.lock);
}

static struct dfl_task *batch_get(void)
{
    pthread_mutex_lock(&shared.lock);
    struct dfl_task *list = shared.batches;
    if (list)
        shared.batches = (struct dfl_task *)(uintptr_t)list->args[0];
    pthread_mutex_unlock(&shared.lock);
    return list;
}

static void pool_map(struct task_pool *pool)
{
    size_t bytes = task_peak() ? TASK_CHUNK : TASK_CHUNK_FIRST;
    char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        block_exhausted(bytes);
    block_advise(at, bytes);
    struct chunk *chunk = (struct chunk *)at;
    chunk->bytes = bytes;
    pthread_mutex_lock(&shared.lock);
    chunk->next = shared.chunks;
    shared.chunks = chunk;
    pthread_mutex_unlock(&shared.lock);
    pool->fresh = (struct dfl_task *)at + 1;
    pool->fresh_end = (struct dfl_task *)(at + bytes);
}

static struct dfl_task *pool_carve(struct task_pool *pool)
{
    if (pool->fresh == pool->fresh_end)
        pool_map(pool);
    struct dfl_task *first = pool->fresh, *end = first + TASK_CARVE;
    if (end > pool->fresh_end)
        end = pool->fresh_end;
    for (struct dfl_task *t = first; t < end; t++)
        t->rare = t + 1 < end ? t + 1 : NULL;
    pool->fresh = end;
    atomic_fetch_add_explicit(&shared.made, (uint64_t)(end - first), memory_order_relaxed);
    return first;
}

static void pool_refill(struct task_pool *pool)
{
    pool->free = pool->returned;
    pool->returned = NULL;
    pool->returned_count = 0;
    if (!pool->free)
        pool->free = batch_get();
    if (!pool->free)
        pool->free = pool_carve(pool);
}

/* A record comes back the slow way. */
static void pool_return(struct task_pool *pool, struct dfl_task *task)
{
    task->rare = pool->returned;
    pool->returned = task;
    if (++pool->returned_count < TASK_BATCH)
        return;
    if (pool->free)
        batch_put(pool->returned);
    else
        pool->free = pool->returned;
    pool->returned = NULL;
    pool->returned_count = 0;
}

void task_pool_fini(struct task_pool *pool)
{
    if (pool->free)
        batch_put(pool->free);
    if (pool->returned)
        batch_put(pool->returned);
    pool->free = pool->returned = NULL;
    pool->returned_count = 0;
    pool->fresh = pool->fresh_end = NULL; /* was never counted as made */
}

struct dfl_task *task_new(struct task_pool *pool)
{
    if (!pool->free)
        pool_refill(pool);
    struct dfl_task *task = pool->free;
    pool->free = task->rare;
    atomic_store_explicit(&task->state, 0, memory_order_relaxed);
    atomic_store_explicit(&task->refs, 2, memory_order_relaxed);
    atomic_store_explicit(&task->deps, 0, memory_order_relaxed);
    task->attempt = 0;
    task->flags = 0;
    task->rare = NULL;
    return task;
}

struct dfl_task *dfl_task_new(struct dfl_fiber *self)
{
    return task_new(task_pool_of(self));
}

void dfl_task_recycle(struct dfl_fiber *self, struct dfl_task *task)
{
    struct task_pool *pool = task_pool_of(self);
    task->rare = pool->free;
    pool->free = task;
}

/* ---- arguments and results ---- */

static struct dfl_block *block_of(uint64_t word)
{
    return (struct dfl_block *)(uintptr_t)word;
}

const void *task_args(const struct dfl_task *task)
{
    if (task_args_boxed(task_fn(task)->args))
        return block_data(block_of(task->args[0]));
    return task->args;
}

void task_drop_args(struct dfl_task *task)
{
    const struct dfl_type *type = task_fn(task)->args;
    if (task_args_boxed(type))
        dfl_block_release(block_of(task->args[0]));
    else if (type->refs)
        dfl_drop(type, task->args);
}

const struct dfl_type *task_held_type(const struct dfl_fn *fn)
{
    const struct dfl_type *type = fn->result;
    return type->kind == DFL_RESULT && !task_held_boxed(type->elem) ? type->elem : type;
}

struct dfl_error *task_error(const struct dfl_task *task)
{
    return (struct dfl_error *)(uintptr_t)task->result;
}

const void *task_held(const struct dfl_task *task)
{
    if (task_held_boxed(task_held_type(task_fn(task))))
        return block_data(block_of(task->result));
    return &task->result;
}

void task_drop_result(struct dfl_task *task)
{
    if (task->outcome == DFL_PLAIN)
        return;
    if (task->outcome != DFL_VALUE) {
        dfl_error_release(task_error(task));
        return;
    }
    const struct dfl_type *type = task_held_type(task_fn(task));
    if (task_held_boxed(type))
        dfl_block_release(block_of(task->result));
    else if (type->refs)
        dfl_drop(type, &task->result);
}

bool task_is_wrong(const struct dfl_task *task)
{
    const struct dfl_type *held = task_held_type(task_fn(task));
    if (task->outcome != DFL_VALUE || held->kind != DFL_RESULT)
        return task->outcome == DFL_ERR || task->outcome == DFL_FAILURE;
    return *(struct dfl_error *const *)task_held(task) != NULL;
}

void task_share_result(struct dfl_task *task)
{
    if (task->outcome == DFL_PLAIN)
        return;
    if (task->outcome != DFL_VALUE) {
        struct dfl_error *e = task_error(task);
        dfl_share(&value_error, &e);
        return;
    }
    const struct dfl_type *type = task_held_type(task_fn(task));
    if (type->refs)
        dfl_share(type, task_held(task));
}

/* Records of an io task nobody looked at may hold a failure that someone should hear of. */
static void mark_taken(struct dfl_task *task)
{
    if (!(__atomic_load_n(&task->flags, __ATOMIC_RELAXED) & TASK_TAKEN))
        __atomic_fetch_or(&task->flags, TASK_TAKEN, __ATOMIC_RELAXED);
}

/* The {err, value} of a T! whose T is small. */
static void lay_out_split(struct dfl_task *task, const struct dfl_type *type, char *out)
{
    struct dfl_error *e = task->outcome == DFL_ERR ? task_error(task) : NULL;
    memcpy(out, &e, sizeof e);
    if (e)
        memset(out + sizeof e, 0, type->size - sizeof e);
    else
        memcpy(out + value_inner(type), &task->result, type->elem->size);
}

/* The value as it lies in memory; nothing is counted. */
static void lay_out(struct dfl_task *task, const struct dfl_type *type, void *out)
{
    const struct dfl_type *held = task_held_type(task_fn(task));
    if (held != type)
        lay_out_split(task, type, out);
    else if (type->size == sizeof task->result)
        memcpy(out, &task->result, sizeof task->result);
    else
        memcpy(out, task_held(task), type->size);
}

struct dfl_error *dfl_task_take(struct dfl_task *task, void *out)
{
    assert(task_is_done(task));
    const struct dfl_type *type = task_fn(task)->result;
    if (task->outcome == DFL_FAILURE) {
        mark_taken(task);
        dfl_error_retain(task_error(task));
        return dfl_error_link(task_error(task), task_fn(task));
    }
    lay_out(task, type, out);
    if (task->outcome != DFL_PLAIN)
        dfl_copy(type, out);
    return NULL;
}

struct dfl_error *task_take_last(struct task_pool *pool, struct dfl_task *task, void *out)
{
    const struct dfl_type *type = task_fn(task)->result;
    struct dfl_error *failure = NULL;
    if (task->outcome == DFL_FAILURE)
        failure = dfl_error_link(task_error(task), task_fn(task));
    else
        lay_out(task, type, out);
    if (task->outcome == DFL_VALUE && task_held_boxed(task_held_type(task_fn(task)))) {
        struct dfl_block *box = (struct dfl_block *)(uintptr_t)task->result;
        box->size = 0; /* what it held is the caller's now */
        dfl_block_release(box);
    }
    pool_return(pool, task);
    return failure;
}

struct dfl_error *dfl_error_link(struct dfl_error *e, const struct dfl_fn *fn)
{
    char link[256];
    if (fn->site.line == 0)
        return e;
    snprintf(link, sizeof link, "%s, spawned at %s:%u", fn->name, fn->site.file, fn->site.line);
    return error_link(e, link);
}

static void give_boxed(struct dfl_task *task, const struct dfl_type *type, const void *value)
{
    struct dfl_block *block = dfl_block_new(type, (int64_t)type->size);
    memcpy(block_data(block), value, type->size);
    block->size = type->size;
    task->result = (uintptr_t)block;
}

/* Who lets go of a future looks whether its task runs, at any time. */
static void set_outcome(struct dfl_task *task, uint8_t outcome)
{
    __atomic_store_n(&task->outcome, outcome, __ATOMIC_RELAXED);
}

void dfl_task_give(struct dfl_task *task, void *value, struct dfl_error *failure)
{
    const struct dfl_type *type = task_fn(task)->result, *held = task_held_type(task_fn(task));
    task->result = 0;
    set_outcome(task, failure ? DFL_FAILURE : DFL_VALUE);
    if (failure) {
        task->result = (uintptr_t)failure;
        return;
    }
    if (held != type) {
        struct dfl_error *e = *(struct dfl_error **)value;
        value = (char *)value + value_inner(type);
        if (e) {
            set_outcome(task, DFL_ERR);
            task->result = (uintptr_t)e;
            return;
        }
    }
    if (task_held_boxed(held))
        give_boxed(task, held, value);
    else
        memcpy(&task->result, value, held->size);
    if (held->size <= sizeof task->result && !held->refs)
        set_outcome(task, DFL_PLAIN);
}

bool dfl_task_done(const struct dfl_task *task)
{
    return task_is_done(task);
}

/* ---- references and waiters ---- */

bool task_is_forgotten(const struct dfl_task *task)
{
    return atomic_load_explicit(&task->refs, memory_order_acquire) == 1 &&
           !(task_fn(task)->flags & DFL_FN_IO);
}

bool task_add_waiter(struct dfl_task *task, uintptr_t waiter, void **next)
{
    uintptr_t head = atomic_load_explicit(&task->state, memory_order_acquire);
    do {
        if (head == TASK_DONE)
            return false;
        *next = (void *)head;
    } while (!atomic_compare_exchange_weak_explicit(&task->state, &head, waiter,
                                                    memory_order_seq_cst, memory_order_acquire));
    return true;
}

/* Removals take a list away for a moment; two of them must not. */
enum { REMOVAL_LOCKS = 64 };
static pthread_mutex_t removal_locks[] = {[0 ... REMOVAL_LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER};

static void **next_of(uintptr_t waiter)
{
    void *node = (void *)(waiter & ~(uintptr_t)TASK_TAG);
    if ((waiter & TASK_TAG) == TASK_ONE)
        return &((struct dfl_task *)node)->rare;
    return &((struct task_wait *)node)->next;
}

/* The list of a task that is pending, which has none then; NULL if it is done. */
static void *take_list(struct dfl_task *task)
{
    uintptr_t list = atomic_load_explicit(&task->state, memory_order_acquire);
    while (list != TASK_DONE &&
           !atomic_compare_exchange_weak_explicit(&task->state, &list, 0, memory_order_acq_rel,
                                                  memory_order_acquire))
        ;
    return list == TASK_DONE ? NULL : (void *)list;
}

/* Takes `waiter` out of the list; gives the list's last link. */
static void **unlink_waiter(void **list, const void *waiter, bool *found)
{
    void **link = list;
    while (*link) {
        void **next = next_of((uintptr_t)*link);
        if (*link == waiter) {
            *link = *next;
            *found = true;
        } else {
            link = next;
        }
    }
    return link;
}

/* Puts a list in front of what was added meanwhile. False: the task is done. */
static bool give_back(struct dfl_task *task, void *list, void **last)
{
    uintptr_t head = atomic_load_explicit(&task->state, memory_order_acquire);
    do {
        if (head == TASK_DONE)
            return false;
        *last = (void *)head;
    } while (!atomic_compare_exchange_weak_explicit(&task->state, &head, (uintptr_t)list,
                                                    memory_order_acq_rel, memory_order_acquire));
    return true;
}

bool task_remove_waiter(struct dfl_task *task, struct task_wait *wait, uintptr_t *missed)
{
    pthread_mutex_t *lock = &removal_locks[(uintptr_t)task / sizeof *task % REMOVAL_LOCKS];
    bool found = false;
    *missed = 0;
    pthread_mutex_lock(lock);
    void *list = take_list(task);
    void **last = unlink_waiter(&list, (void *)((uintptr_t)wait | TASK_FAN), &found);
    if (list && !give_back(task, list, last)) {
        *last = NULL;
        *missed = (uintptr_t)list;
    }
    pthread_mutex_unlock(lock);
    return found;
}

uintptr_t task_each_waiter(struct dfl_task *task, bool (*each)(void *user, uintptr_t waiter),
                           void *user)
{
    pthread_mutex_t *lock = &removal_locks[(uintptr_t)task / sizeof *task % REMOVAL_LOCKS];
    pthread_mutex_lock(lock);
    uintptr_t first = atomic_load(&task->state), waiter = first;
    while (waiter && each(user, waiter))
        waiter = (uintptr_t)*next_of(waiter);
    pthread_mutex_unlock(lock);
    return first;
}

void dfl_task_retain(struct dfl_task *task)
{
    if (task)
        atomic_fetch_add_explicit(&task->refs, 1, memory_order_relaxed);
}

/* The last reference is gone. A record that never ran was forgotten before: it has no result. */
static void end(struct task_pool *pool, struct dfl_task *task)
{
    if (task_is_done(task)) {
        bool io = task_fn(task)->flags & DFL_FN_IO;
        if (io && task->outcome == DFL_FAILURE && !task_is_marked(task, TASK_TAKEN))
            worker_report_detached(task_fn(task), task_error(task));
        task_drop_result(task);
    } else {
        task_drop_args(task);
    }
    pool_return(pool, task);
}

/* The last future of a task that is pending. True: it was the last reference. */
static bool let_go_pending(struct dfl_task *task)
{
    uint8_t outcome = __atomic_load_n(&task->outcome, __ATOMIC_RELAXED);
    cancel_before_release(task);
    if (atomic_fetch_sub(&task->refs, 1) == 1)
        return true;
    if (outcome == TASK_RUNS)
        cancel_after_release(task);
    else if (outcome == TASK_LENT)
        remote_cancel();
    return false;
}

/* True: that was the last reference. A sole holder has nobody to be atomic for. */
static bool let_go(struct dfl_task *task)
{
    int32_t refs = atomic_load_explicit(&task->refs, memory_order_acquire);
    if (refs == 2 && !task_is_done(task))
        return let_go_pending(task);
    return refs == 1 || atomic_fetch_sub_explicit(&task->refs, 1, memory_order_acq_rel) == 1;
}

static bool is_plain(const struct dfl_task *task)
{
    return task_is_done(task) && task->outcome == DFL_PLAIN;
}

void task_release(struct task_pool *pool, struct dfl_task *task)
{
    if (let_go(task))
        end(pool, task);
}

uint64_t task_let_go(struct dfl_task **tasks, uint64_t count)
{
    struct task_pool *pool = task_pool_here();
    uint64_t left = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct dfl_task *task = tasks[i];
        if (!task || !let_go(task))
            continue;
        if (is_plain(task))
            pool_return(pool, task);
        else
            tasks[left++] = task;
    }
    return left;
}

void task_end(struct dfl_task *task)
{
    end(task_pool_here(), task);
}

void dfl_task_release(struct dfl_fiber *self, struct dfl_task *task)
{
    if (task)
        task_release(task_pool_of(self), task);
}

/* ---- the whole ---- */

void task_init(const struct dfl_program *program)
{
    task_fns = program->fns;
    task_fn_count = program->fn_count;
}

uint64_t task_peak(void)
{
    return atomic_load_explicit(&shared.made, memory_order_relaxed);
}

uint64_t task_live(void)
{
    uint64_t live = task_peak();
    for (struct dfl_task *batch = shared.batches; batch;
         batch = (struct dfl_task *)(uintptr_t)batch->args[0])
        for (struct dfl_task *t = batch; t; t = t->rare)
            live--;
    return live;
}

void task_fini(void)
{
    while (shared.chunks) {
        struct chunk *chunk = shared.chunks;
        shared.chunks = chunk->next;
        munmap(chunk, chunk->bytes);
    }
    shared.batches = NULL;
    atomic_store(&shared.made, 0);
}
