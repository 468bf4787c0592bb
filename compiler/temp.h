/* temp.h - scratch files, which must not outlive the command, whatever ends it: removed on SIGINT,
 * SIGTERM, SIGHUP and SIGQUIT too. For the main thread; at most eight at a time. */
#ifndef TEMP_H
#define TEMP_H

#include "base/arena.h"

#include <signal.h>
#include <sys/types.h>

/* How many bytes of a file's name may stand before so many more: 255 are allowed, and no character
 * of UTF-8 is cut. */
int name_cut(const char *name, size_t more);
/* An empty, watched file whose name ends like that. NULL after what was said. */
const char *temp_make(struct arena *, const char *ending);
/* Has `path` removed if a signal ends the process. `path` must live until temp_forget(). */
void temp_watch(const char *path);
/* The file was moved to its place. */
void temp_forget(const char *path);
/* What a signal that ends the process ends first, since it may write watched files: a process group
 * with children of this process; 0: there is none. To start one, hold such signals up meanwhile. */
void temp_writer(pid_t group);
void temp_hold(sigset_t *before);
void temp_go_on(const sigset_t *before);
/* Removes a watched file, or an empty folder, if it is there. */
void temp_remove(const char *path);

#endif
