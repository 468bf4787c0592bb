/* session.h - a program and all that it starts: it leads a session of its own, and whatever it
 * starts is in that session, through any number of parents that die. Only what makes itself
 * another session, as daemons do, is out of it. */
#ifndef SESSION_H
#define SESSION_H

#include <stdint.h>
#include <sys/types.h>

/* Sends a signal to each living process of a session; 0: none. Returns how many there are. Some may
 * be missed that are started meanwhile: call it again until there are none. */
uint32_t session_signal(pid_t session, int number);
/* The session whose leader has the pipe with this inode as its standard output, or 0. */
pid_t session_of_output(ino_t pipe);

#endif
