/* checkpoint.h - results that outlive the run (@checkpoint): bytes in a folder, a file each, named
 * by a key of what was computed. A file is whole or not there, whenever the machine or a process
 * dies, and any number of processes may use a folder at once. What goes wrong with it is told on
 * standard error and stops nobody. Any thread; what waits for the disk parks the fiber (helper.h).
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "dfl.h"

struct checkpoint_key {
    uint64_t half[2];
};

/* Before the first task. `folder` NULL: the usual one. `resumes`: what other runs have kept is
 * taken. `folder` must outlive the run. */
void checkpoint_init(const char *folder, bool resumes);
bool checkpoint_resumes(void);
/* In the first process of a run that resumes: tells the user why nothing will be found, where that
 * is known. `is_used`: the program keeps results. */
void checkpoint_announce(bool is_used);

/* Of code (policy.def), the name of the result's type, and arguments as bytes. */
struct checkpoint_key checkpoint_key(uint64_t code, const char *type, const void *args, size_t len);

/* Bytes kept by an earlier run, from malloc(). */
struct checkpoint_value {
    uint8_t *bytes;
    size_t len;
};
/* False: there are none, or what there is is damaged, which is told. */
bool checkpoint_find(struct dfl_fiber *, const struct checkpoint_key *, struct checkpoint_value *);
/* What was found is no value; `why` ends a sentence. It does not count as found. */
void checkpoint_refuse(const struct checkpoint_key *, const char *why);
/* Returns once the disk has the bytes, or is known not to take them. */
void checkpoint_keep(struct dfl_fiber *, const struct checkpoint_key *, const void *bytes,
                     size_t len);

/* So far, in this process. */
uint64_t checkpoint_kept(void);
uint64_t checkpoint_found(void);

#endif
