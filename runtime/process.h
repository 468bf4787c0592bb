/* process.h - starting the processes of a run on this machine, each knowing from its first moment
 * who it is and what run it is in, and ending with its parent. */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include "run.h"

/* A process that was started for a run has this in its environment:
 * DFL_PART=PROC:FD:PARENT:STORE. */
struct process_part {
    uint32_t self; /* 0: not part of a run */
    int fd;        /* of the run, for its own children */
    int store;     /* of the node's memory; -1: there is none */
    struct run run;
};

/* Sees to it that this process learns how its children end, which whoever started it may have
 * switched off. Call it first of all. */
void process_hear_children(void);
/* Has a file that may not grow be an error like a full disk, and no end of the process. */
void process_survive_file_limit(void);
/* Reads what this process was started for, and sees to it that it ends with its parent. NULL, or
 * why it cannot take part. Call it before any thread is started. */
const char *process_part(struct process_part *);
/* Makes room for a run on so many nodes, with so many worker threads each, and sees to it that
 * nothing that is opened takes the place of a standard stream. NULL, or why there is no room. Call
 * it before anything else in the first process; its children inherit it. */
const char *process_prepare(uint32_t nodes, uint32_t threads);
/* A file without a name that holds the run, for children to inherit. -1: errno says why. */
int process_publish(const struct run *);
/* The environment with one more string in it, as a new array of the same strings; NULL: no memory.
 */
char **process_environment(char *part);
/* Starts this executable again, with the same arguments, as `self`; `store`, if not -1, is the
 * memory of its node. Only the root has our standard input and output. The calling thread must live
 * as long as the child: the child ends with it. 0, or errno. */
int process_start(int run_fd, int store, uint32_t self, char **argv, pid_t *out);

#endif
