/* chaos.h - faults that a user asks for: processes that die at a chosen moment, packets that are
 * lost, doubled and delayed. Pure: what is to become of them is said here, and done elsewhere. */
#ifndef CHAOS_H
#define CHAOS_H

#include <stdbool.h>
#include <stdint.h>

enum { CHAOS_KILLS = 64, CHAOS_WHY = 256 };

#define VICTIM(name, low, high, takes)
#define MOMENT(name, low, high, takes)
enum chaos_fault {
#define FAULT(name, form, low, high, takes) CHAOS_##name,
#include "chaos.def"
#undef FAULT
    CHAOS_FAULTS
};
#undef VICTIM
#undef MOMENT

#define FAULT(name, form, low, high, takes)
enum chaos_victim {
#define VICTIM(name, low, high, takes) CHAOS_VICTIM_##name,
#define MOMENT(name, low, high, takes)
#include "chaos.def"
#undef VICTIM
#undef MOMENT
};

enum chaos_moment {
#define VICTIM(name, low, high, takes)
#define MOMENT(name, low, high, takes) CHAOS_MOMENT_##name,
#include "chaos.def"
#undef VICTIM
#undef MOMENT
};
#undef FAULT

struct chaos_kill {
    enum chaos_victim victim;
    uint32_t node;
    enum chaos_moment moment;
    uint32_t count;
};

struct chaos {
    int64_t value[CHAOS_FAULTS]; /* as chaos.def says; unused for kill */
    bool given[CHAOS_FAULTS];
    struct chaos_kill kills[CHAOS_KILLS];
    uint32_t kill_count;
};

/* Reads a list such as "kill:node=2:tasks=50,drop:1%,seed:7"; an empty one asks for nothing. False:
 * `why` names the word that is wrong, and what is allowed. */
bool chaos_parse(const char *spec, struct chaos *, char why[CHAOS_WHY]);

/* How a process is to die; NULL if it is not to. Several kills of the worker of one node are for
 * the workers that follow each other there, in their order. */
const struct chaos_kill *chaos_kill_of(const struct chaos *, uint32_t proc);

/* What becomes of a packet: that many copies, each after a time of its own. */
struct chaos_fate {
    uint32_t copies; /* 0: it is lost; 1; 2 */
    int64_t delay_ns[2];
};

/* The dice of a process: the same for the same seed and process. */
uint64_t chaos_dice(const struct chaos *, uint32_t proc);
struct chaos_fate chaos_fate(const struct chaos *, uint64_t *dice);

#endif
