/* output.h - a file that a command was asked to write: a draft beside it, renamed when it is whole,
 * so that a failure leaves what was there before. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "base/arena.h"
#include "cli.h"

#include <stdio.h>

struct output {
    const struct cli *cli;
    const char *path, *draft;
    FILE *file; /* of the draft; others may write it by name */
};

/* False after saying what is wrong with `path`. */
bool output_open(struct output *, const struct cli *, struct arena *, const char *path);
/* Says that it could not be written whole; `cause` is an errno. False. */
bool output_refuse(const struct output *, int cause);
/* Ends it: the draft takes its place if `good`, else it is gone. True if the file is there. */
bool output_keep(struct output *, bool good);

#endif
