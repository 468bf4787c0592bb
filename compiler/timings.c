/* timings.c - the clock is read at laps only. */
#include "timings.h"

#include "clock.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    bool is_part; /* of `code`: not part of the sum */
} rows[] = {
#define STAGE(name)      [STAGE_##name] = {#name, false},
#define CODE_STAGE(name) [STAGE_##name] = {#name, true},
#include "timings.def"
#undef STAGE
#undef CODE_STAGE
};

static struct {
    int64_t first, last; /* 0: not begun */
    struct {
        bool told;
        int64_t spent;
        char words[64];
    } at[STAGES];
} timings;

void timings_begin(void)
{
    timings.first = timings.last = clock_now();
}

void timings_add(enum stage stage, uint64_t nanoseconds)
{
    timings.at[stage].told = true;
    timings.at[stage].spent += (int64_t)nanoseconds;
}

void timings_lap(enum stage stage)
{
    if (!timings.first)
        return;
    int64_t now = clock_now();
    timings_add(stage, (uint64_t)(now - timings.last));
    timings.last = now;
}

void timings_note(enum stage stage, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(timings.at[stage].words, sizeof timings.at[stage].words, format, args);
    va_end(args);
}

static double ms(int64_t nanoseconds)
{
    return (double)nanoseconds / 1e6;
}

static void print_row(const char *name, bool is_part, int64_t spent, const char *words)
{
    int indent = is_part ? 2 : 0;
    fprintf(stderr, "%*s%-*s%10.1f%s%s\n", indent, "", 12 - indent, name, ms(spent),
            *words ? "  " : "", words);
}

void timings_print(bool json)
{
    if (!timings.first)
        return;
    if (!json)
        fprintf(stderr, "%-12s%10s\n", "stage", "ms");
    for (int i = 0; i < STAGES; i++) {
        if (!timings.at[i].told)
            continue;
        if (json)
            fprintf(stderr, "{\"stage\":\"%s\",\"ms\":%.3f}\n", rows[i].name,
                    ms(timings.at[i].spent));
        else
            print_row(rows[i].name, rows[i].is_part, timings.at[i].spent, timings.at[i].words);
    }
    if (!json)
        print_row("total", false, clock_now() - timings.first, "");
    timings.first = 0;
}
