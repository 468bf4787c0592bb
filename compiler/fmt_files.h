/* fmt_files.h - `dfl fmt` on files, folders and standard input. */
#ifndef FMT_FILES_H
#define FMT_FILES_H

#include "cli.h"

/* Formats what the operands name; all that is wrong is said. The exit status. */
int fmt_files(const struct cli *);

#endif
