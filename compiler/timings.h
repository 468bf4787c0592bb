/* timings.h - how long each stage of this process took, for --timings. Stages follow one another:
 * a lap gives the time since the last one to a stage. A stage may have several laps. For the main
 * thread. */
#ifndef TIMINGS_H
#define TIMINGS_H

#include <stdbool.h>
#include <stdint.h>

enum stage {
#define STAGE(name)      STAGE_##name,
#define CODE_STAGE(name) STAGE_##name,
#include "timings.def"
#undef STAGE
#undef CODE_STAGE
    STAGES
};

/* The first stage begins. Until this is called there are no laps. */
void timings_begin(void);
void timings_lap(enum stage);
/* Time that passed within a stage, perhaps on several threads. */
void timings_add(enum stage, uint64_t nanoseconds);
/* Words behind a stage. */
void timings_note(enum stage, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints the table to standard error, once; nothing if there are no laps. `json`: an object a line,
 * for machines. */
void timings_print(bool json);

#endif
