/* deque.h - the pending tasks of one worker. Read struct deque, then the functions in order.
 *
 * An array used from both ends: the owner pushes and pops the newest, thieves take the oldest.
 *
 *      slots        top          split                bot             lim
 *        | stolen    |  public     |  private           |  free         |
 *
 * The private part costs its owner no fence and no atomic read-modify-write. It becomes public in
 * two ways: a thief that finds nothing lowers `lim`, so that the owner's next push takes its slow
 * path and publishes half; and a thief that has waited in vain publishes by force: it raises
 * `split` under the lock, makes every thread pass a barrier, and only then looks how far the owner
 * has popped meanwhile, giving back what it raised too far.
 *
 * The owner's half of that bargain: step `bot` down first, look at `split` after. The processor may
 * delay the store behind the load, but the barrier ends that: either the owner sees the raised
 * split, or the thief sees the lowered bot. An owner that finds `split` above it takes the lock and
 * looks again before it concludes anything, for the raise may have been taken back.
 *
 * All shared memory is reached through DEQUE_* operations, which tests/deque/explore.c replaces to
 * run this very text through every interleaving of a machine with store buffers. */
#ifndef DEQUE_H
#define DEQUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef DEQUE_LOAD
#include <sched.h>
#include <stdatomic.h>

#include "barrier.h"

#define DEQUE_LOAD(p, order)     atomic_load_explicit(p, memory_order_##order)
#define DEQUE_STORE(p, v, order) atomic_store_explicit(p, v, memory_order_##order)
#define DEQUE_SWAP(p, v)         atomic_exchange_explicit(p, v, memory_order_seq_cst)
#define DEQUE_ADD(p, v)          ((void)atomic_fetch_add_explicit(p, v, memory_order_acq_rel))
#define DEQUE_CAS(p, old, v)                                                                       \
    atomic_compare_exchange_strong_explicit(p, old, v, memory_order_acq_rel, memory_order_acquire)
#define DEQUE_LIGHT_FENCE() barrier_light()
#define DEQUE_HEAVY_FENCE() barrier_heavy()
#define DEQUE_TRY_LOCK(p)   (!atomic_exchange_explicit(p, 1, memory_order_acquire))
#define DEQUE_LOCK(p)                                                                              \
    while (!DEQUE_TRY_LOCK(p))                                                                     \
    sched_yield()
#define DEQUE_UNLOCK(p)    atomic_store_explicit(p, 0, memory_order_release)
#define DEQUE_SOFT         (1 << 16)
#define DEQUE_HARD         (1 << 23)
#define DEQUE_PLANTED(bug) false /* the explorer plants bugs to prove that it finds them */
#endif

struct dfl_task;

struct deque_slot {
    _Atomic(struct dfl_task *) task;
};

struct deque {
    /* Stored by the owner; `lim` also by thieves (0: work is wanted), `split` by whoever holds the
     * lock. Generated code uses these three directly. */
    _Alignas(64) _Atomic(struct deque_slot *) bot;
    _Atomic(struct deque_slot *) lim;
    _Atomic(struct deque_slot *) split;
    struct deque_slot *slots; /* constant; DEQUE_HARD of them */
    struct deque_slot *soft;  /* owner: what `lim` is unless a thief asks */

    _Alignas(64) _Atomic(uint64_t) ts; /* tag:16 | end of the public part:24 | top:24 */
    _Atomic(uint64_t) lock;            /* held to move `split` */
};

_Static_assert(DEQUE_HARD < 1 << 24, "indices fit in ts");

#define DEQUE_TAGS     ((uint64_t)0xffff << 48)
#define DEQUE_NEXT_TAG ((uint64_t)!DEQUE_PLANTED(same_tag) << 48)

static inline uint64_t deque_top(uint64_t ts)
{
    return ts & 0xffffff;
}

static inline uint64_t deque_end(uint64_t ts)
{
    return ts >> 24 & 0xffffff;
}

/* `ts` with another public part and the next tag: what a thief has read is void. */
static inline uint64_t deque_retag(uint64_t ts, uint64_t end, uint64_t top)
{
    return ((ts & DEQUE_TAGS) + DEQUE_NEXT_TAG) | end << 24 | top;
}

/* `slots` has room for DEQUE_HARD. */
static inline void deque_init(struct deque *d, struct deque_slot *slots)
{
    d->slots = slots;
    d->soft = slots + DEQUE_SOFT;
    DEQUE_STORE(&d->bot, slots, release);
    DEQUE_STORE(&d->split, slots, relaxed);
    DEQUE_STORE(&d->lim, d->soft, relaxed);
    DEQUE_STORE(&d->ts, 0, relaxed);
    DEQUE_STORE(&d->lock, 0, relaxed);
}

/* Any thread: whether there seems to be anything to take, private or public. A hint. */
static inline bool deque_is_busy(struct deque *d)
{
    uint64_t top = deque_top(DEQUE_LOAD(&d->ts, relaxed));
    return DEQUE_LOAD(&d->bot, acquire) > d->slots + top;
}

/* ---- the owner ---- */

/* False: no room or a thief asks; call deque_relieve() and try again. */
static inline bool deque_push(struct deque *d, struct dfl_task *task)
{
    struct deque_slot *bot = DEQUE_LOAD(&d->bot, relaxed);
    if (__builtin_expect(bot >= DEQUE_LOAD(&d->lim, relaxed), false))
        return false;
    DEQUE_STORE(&bot->task, task, relaxed);
    DEQUE_STORE(&d->bot, bot + 1, release);
    return true;
}

/* Adds the older half of the private part, at least one task, to the public part. Does nothing
 * while a thief is doing the same. */
static inline void deque_publish(struct deque *d)
{
    if (!DEQUE_TRY_LOCK(&d->lock))
        return;
    struct deque_slot *split = DEQUE_LOAD(&d->split, relaxed);
    ptrdiff_t count = (DEQUE_LOAD(&d->bot, relaxed) - split + 1) / 2;
    if (count > 0) {
        DEQUE_STORE(&d->split, split + count, relaxed);
        DEQUE_ADD(&d->ts, ((uint64_t)count << 24) + DEQUE_NEXT_TAG);
    }
    DEQUE_UNLOCK(&d->lock);
}

/* Takes the whole public part back. Lock held. Returns the ts it leaves. */
static inline uint64_t deque_retract(struct deque *d)
{
    uint64_t ts = DEQUE_LOAD(&d->ts, acquire), empty;
    do
        empty = deque_retag(ts, deque_top(ts), deque_top(ts));
    while (!DEQUE_CAS(&d->ts, &ts, empty));
    return empty;
}

/* Moves what is left to the start of the array. */
static inline void deque_compact(struct deque *d)
{
    DEQUE_LOCK(&d->lock);
    uint64_t ts = deque_retract(d);
    struct deque_slot *from = d->slots + deque_top(ts);
    ptrdiff_t count = DEQUE_LOAD(&d->bot, relaxed) - from;
    for (ptrdiff_t i = 0; i < count; i++) {
        struct dfl_task *task = DEQUE_LOAD(&from[i].task, relaxed);
        DEQUE_STORE(&d->slots[i].task, task, relaxed);
    }
    DEQUE_STORE(&d->split, d->slots, relaxed);
    DEQUE_STORE(&d->bot, d->slots + count, release);
    DEQUE_STORE(&d->ts, deque_retag(ts, 0, 0), release);
    DEQUE_UNLOCK(&d->lock);
}

/* Answers what made a push fail: makes room and clears the request. False: DEQUE_HARD are pending.
 * A request is worth a deque_publish() after the push. */
static inline bool deque_relieve(struct deque *d)
{
    struct deque_slot *bot = DEQUE_LOAD(&d->bot, relaxed);
    if (bot >= d->soft) {
        ptrdiff_t used = bot - d->slots;
        if ((ptrdiff_t)deque_top(DEQUE_LOAD(&d->ts, relaxed)) >= used / 2)
            deque_compact(d);
        else if (d->soft < d->slots + DEQUE_HARD)
            d->soft = d->slots + 2 * (d->soft - d->slots);
        else
            return false;
    }
    /* A full barrier: what the owner looks at next (who sleeps) must not be read before. */
    DEQUE_SWAP(&d->lim, d->soft);
    return true;
}

/* The private part is empty: takes back the newer half of the public part. False: all is gone, and
 * the array starts afresh. True: there may be something again. */
static inline bool deque_reclaim(struct deque *d)
{
    bool found = true;
    DEQUE_LOCK(&d->lock);
    struct deque_slot *split = DEQUE_LOAD(&d->split, relaxed);
    if (DEQUE_LOAD(&d->bot, relaxed) > split && !DEQUE_PLANTED(no_recheck)) {
        DEQUE_UNLOCK(&d->lock); /* a thief raised the split too far and gave it back */
        return true;
    }
    uint64_t ts = DEQUE_LOAD(&d->ts, acquire), kept, next;
    do {
        uint64_t top = deque_top(ts), end = deque_end(ts);
        found = top < end;
        kept = top + (end - top) / 2;
        next = found ? deque_retag(ts, kept, top) : deque_retag(ts, 0, 0);
    } while (!DEQUE_CAS(&d->ts, &ts, next));
    if (found) {
        DEQUE_STORE(&d->split, d->slots + kept, relaxed);
    } else {
        DEQUE_STORE(&d->bot, d->slots, release);
        DEQUE_STORE(&d->split, d->slots, relaxed);
    }
    DEQUE_UNLOCK(&d->lock);
    return found;
}

/* Steps down to the newest private task. NULL: there is none, nothing has changed. */
static inline struct deque_slot *deque_step(struct deque *d)
{
    struct deque_slot *bot = DEQUE_LOAD(&d->bot, relaxed) - 1;
    DEQUE_STORE(&d->bot, bot, release);
    DEQUE_LIGHT_FENCE();
    if (__builtin_expect(bot >= DEQUE_LOAD(&d->split, relaxed), true))
        return bot;
    DEQUE_STORE(&d->bot, bot + 1, release);
    return NULL;
}

/* The newest task, or NULL if the deque is empty. */
static inline struct dfl_task *deque_pop(struct deque *d)
{
    struct deque_slot *slot;
    while (!(slot = deque_step(d)))
        if (!deque_reclaim(d))
            return NULL;
    return DEQUE_LOAD(&slot->task, relaxed);
}

/* Takes `task` out if it is the newest. */
static inline bool deque_take_back(struct deque *d, const struct dfl_task *task)
{
    struct deque_slot *slot;
    while (!(slot = deque_step(d)))
        if (!deque_reclaim(d))
            return false;
    if (__builtin_expect(DEQUE_LOAD(&slot->task, relaxed) == task, true))
        return true;
    DEQUE_STORE(&d->bot, slot + 1, release);
    return false;
}

/* ---- thieves: any thread, worker or not ---- */

/* Takes the oldest public tasks, oldest first: a quarter of them, at least one if there is one, at
 * most `most`. Returns how many. */
static inline int64_t deque_steal(struct deque *d, struct dfl_task **out, int64_t most)
{
    uint64_t ts = DEQUE_LOAD(&d->ts, acquire);
    for (;;) {
        int64_t top = (int64_t)deque_top(ts), count = (int64_t)deque_end(ts) - top;
        if (count <= 0)
            return 0;
        count = (count + 3) / 4;
        if (count > most)
            count = most;
        for (int64_t i = 0; i < count; i++)
            out[i] = DEQUE_LOAD(&d->slots[top + i].task, relaxed);
        if (DEQUE_CAS(&d->ts, &ts, ts + (uint64_t)count))
            return count;
    }
}

/* Asks the owner to publish at its next push. */
static inline void deque_ask(struct deque *d)
{
    if (DEQUE_LOAD(&d->lim, relaxed) != NULL)
        DEQUE_STORE(&d->lim, NULL, relaxed);
}

/* Publishes half of the private part without its owner's help; one barrier through all threads. */
static inline int64_t deque_force(struct deque *d)
{
    if (DEQUE_LOAD(&d->bot, relaxed) <= DEQUE_LOAD(&d->split, relaxed) || !DEQUE_TRY_LOCK(&d->lock))
        return 0;
    struct deque_slot *split = DEQUE_LOAD(&d->split, relaxed);
    ptrdiff_t count = (DEQUE_LOAD(&d->bot, acquire) - split + 1) / 2;
    if (count > 0) {
        DEQUE_STORE(&d->split, split + count, relaxed);
        DEQUE_HEAVY_FENCE();
        struct deque_slot *bot = DEQUE_LOAD(&d->bot, acquire);
        if (bot < split + count) {
            count = bot > split ? bot - split : 0;
            DEQUE_STORE(&d->split, split + count, relaxed);
        }
        if (count > 0)
            DEQUE_ADD(&d->ts, ((uint64_t)count << 24) + DEQUE_NEXT_TAG);
    }
    DEQUE_UNLOCK(&d->lock);
    return count > 0 ? count : 0;
}

#endif
