/* keeper.h - a process that sees to it that no program outlives who started it. However this
 * process ends, if need be by SIGKILL, the keeper learns of it and ends what it left running. It is
 * this executable once more, started before the first program; it sleeps all the time. */
#ifndef KEEPER_H
#define KEEPER_H

#include <sys/types.h>

enum { KEEPER_MOST = 256 }; /* programs at once */

/* First of all in main(): it does not return in a keeper. */
void keeper_main(void);
/* Starts the keeper if there is none yet. 0, or an errno. All that follows is for one thread. */
int keeper_open(void);
/* A program is about to be started whose standard output is the pipe with this inode. */
void keeper_before_start(ino_t output);
/* It leads this session now; 0: it could not be started. There are fewer than KEEPER_MOST. */
void keeper_started(pid_t session);
/* That session needs no keeper any more; call it while its leader is not waited for. */
void keeper_forget(pid_t session);
/* Ends the keeper, if there is one, and waits for its end. */
void keeper_close(void);

#endif
