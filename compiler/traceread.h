/* traceread.h - `dfl trace`: what a file of DFL_TRACE holds (runtime/trace_file.h), as a table of
 * functions or as JSON. */
#ifndef TRACEREAD_H
#define TRACEREAD_H

#include <stdbool.h>
#include <stdio.h>

#include "cli.h"

/* False, after saying why: it cannot be read, or is no trace. */
bool traceread_table(const struct cli *, const char *path, FILE *out);
/* One object: "program", "began" (nanoseconds of the Unix clock at time 0), "complete", and
 * "tasks", an array of objects in the order of the file. */
bool traceread_json(const struct cli *, const char *path, FILE *out);

#endif
