/* target.h - what the fuzz targets share. A target is a function that libFuzzer calls with bytes;
 * it aborts where a promise of the front end is broken. Built without libFuzzer, driver.c calls it.
 */
#ifndef TARGET_H
#define TARGET_H

#include "check.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* One compilation of the bytes. */
struct target {
    struct arena arena;
    struct intern names;
    struct diags diags;
    struct program program;
    const char *path; /* of a file in memory that holds the bytes */
};

void target_open(struct target *, const uint8_t *bytes, size_t len);
/* Aborts if a message has no place. */
void target_close(struct target *);
/* Aborts with a word on what is wrong. */
_Noreturn void target_wrong(const char *text);

#endif
