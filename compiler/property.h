/* property.h - values for property tests, `test "p" for (n: int) { … }`.
 *
 * A value is made from a tape of numbers: recorded while they are random, played back to make the
 * same value again, and cut down to make a simpler one. Zeros give the simplest value there is, and
 * a tape that is at its end gives zeros, so every tape makes a value of every type. */
#ifndef PROPERTY_H
#define PROPERTY_H

#include "base/vec.h"
#include "dfl.h"

struct tape {
    struct arena *arena;
    VEC(uint64_t) words;
    uint32_t at;
    uint64_t random; /* state; 0: played back */
};

/* Makes a value of any type of data at `out`, owned. `size`: how large, from 0. */
void property_make(struct tape *, const struct dfl_type *, int size, void *out);

/* Cuts the tape down as long as `fails` (which plays it back, and returns whether the property does
 * not hold) says so. */
void property_shrink(struct tape *, bool (*fails)(void *, struct tape *), void *context);

#endif
