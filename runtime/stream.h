/* stream.h - standard output: whole lines from any thread, in one stream. Where a reader keeps the
 * writer waiting the calling fiber is parked; with NULL for it, or where nothing can park, the
 * thread waits. */
#ifndef STREAM_H
#define STREAM_H

#include "dfl.h"

/* Adds a line (the newline is added here) without tearing it apart from others. Goes out at once on
 * a terminal, else when the buffer is full or flushed. Returns 0 or an errno; what could not be
 * written is gone then. A reader that went away ends the process as SIGPIPE does. */
int stream_line(struct dfl_fiber *, const struct dfl_view *line);
/* Adds whole lines that another process printed. Never waits: what the buffer has no room for goes
 * out as soon as someone prints or flushes. True: it had room. */
bool stream_add(const void *lines, int64_t len);
/* Bytes that it had no room for and that are not written yet. */
int64_t stream_backlog(void);
/* Writes out what is buffered; the same result. */
int stream_flush(struct dfl_fiber *);
/* The same for the end of the program and before it is told of a failure: an error is reported on
 * standard error and ends the process with status 1. Waits on the spot. */
void dfl_output_flush(void);
/* For a signal that ends the process: writes what goes without waiting, unless some thread is
 * printing at this moment. */
void stream_flush_if_free(void);
/* Writes all of a text to a file descriptor, whatever the kernel takes at once. Waits on the spot.
 * 0 or an errno. */
int stream_write(int fd, const void *text, int64_t len);
/* To standard error; what cannot be written is lost. */
void stream_words(struct dfl_fiber *, const void *text, int64_t len);

#endif
