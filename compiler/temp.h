/* temp.h - files that must not outlive the command, whatever ends it: removed on SIGINT, SIGTERM
 * and SIGHUP too. For the main thread; at most eight at a time. */
#ifndef TEMP_H
#define TEMP_H

/* Has `path` removed if a signal ends the process. `path` must live until temp_forget(). */
void temp_watch(const char *path);
/* The file was moved to its place. */
void temp_forget(const char *path);
/* Removes a watched file, or an empty folder, if it is there. */
void temp_remove(const char *path);

#endif
