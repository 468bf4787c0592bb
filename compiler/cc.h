/* cc.h - the C compiler, which knows the headers, start files and folders of the system: a command
 * put together word by word, and run. */
#ifndef CC_H
#define CC_H

#include "base/arena.h"
#include "base/vec.h"

#include <stdbool.h>

struct cc {
    struct arena *arena;
    VEC(char *) words;
};

/* Begins a command of CC, or of the compiler that dfl was built with. */
void cc_begin(struct cc *, struct arena *);
void cc_add(struct cc *, const char *word);
/* Words parted by blanks or semicolons. */
void cc_add_words(struct cc *, const char *text);
/* What ran it; for messages. */
const char *cc_name(const struct cc *);
/* Runs it; -1 if it cannot be started, which is said on standard error; else its exit status, or
 * 128
 * + the signal that ended it. *said, where wanted, is what it wrote to standard error, in English.
 */
int cc_run(struct cc *, const char **said);

#endif
