/* command.h - one program of others: started without a shell, given what it reads, heard out, and
 * ended if need be with all that it started. Nothing here waits. One thread at a time. */
#ifndef COMMAND_H
#define COMMAND_H

#include <poll.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "format.h"

enum { COMMAND_FDS = 3 };

enum command_outcome { COMMAND_ENDED, COMMAND_LATE, COMMAND_LEFT, COMMAND_FAILED };

struct command {
    /* what to run: lent until it is over */
    char **words; /* ends with NULL; the first is looked for in PATH */
    const void *input;
    int64_t input_len;
    int64_t timeout; /* nanoseconds from its start; INT64_MAX: none */
    /* what came of it; the buffers are the caller's to end */
    enum command_outcome outcome;
    int status; /* COMMAND_ENDED: what it gave, or -n: signal n ended it */
    int code;   /* COMMAND_FAILED: an errno */
    struct buffer output, error;
    /* set by anyone: it is to end, as nobody wants it any more */
    _Atomic bool unwanted;
    /* who waits for it: dfl_command()'s */
    void *waiter;
    uint64_t ticket;
    bool handed_out, is_over;
    /* commands.c's */
    struct command *next;
    /* command.c's */
    pid_t pid;
    int ends, from_output, from_error; /* descriptors; -1: closed */
    bool exited, ending;
    int64_t due; /* when it is to be looked at, whatever its descriptors say */
    int64_t deadline, close_at, kill_at, give_up_at;
};

/* Starts it. False: it could not be started, and `code` says why. */
bool command_start(struct command *, int64_t now);
/* Fills in COMMAND_FDS entries, to be waited for until c->due at the latest. */
void command_fds(const struct command *, struct pollfd *);
/* Does what there is to do. True: it is over. */
bool command_step(struct command *, int64_t now);

#endif
