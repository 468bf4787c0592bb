/* temp.h - scratch files, which must not outlive the command, whatever ends it: removed on SIGINT,
 * SIGTERM and SIGHUP too. For the main thread; at most eight at a time. */
#ifndef TEMP_H
#define TEMP_H

#include "base/arena.h"

/* An empty, watched file whose name ends like that. NULL after what was said. */
const char *temp_make(struct arena *, const char *ending);
/* Has `path` removed if a signal ends the process. `path` must live until temp_forget(). */
void temp_watch(const char *path);
/* The file was moved to its place. */
void temp_forget(const char *path);
/* Removes a watched file, or an empty folder, if it is there. */
void temp_remove(const char *path);

#endif
