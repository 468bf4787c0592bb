/* cache.h - executables of `dfl run`, kept by content, so that a program that did not change starts
 * without being parsed.
 *
 * The folder ($XDG_CACHE_HOME/dfl, or ~/.cache/dfl) holds three kinds of files:
 *   NAME-HASH       an executable, or a library of C functions for the interpreter, named by its
 *                   own content
 *   KEY.run         what was compiled to it: each source file and C header with its hash, files
 *                   that must be absent, the executable, the warnings, which every run tells again;
 *                   last a hash of the text before
 *   HASH.o          an object of a unit: objects.h
 * KEY is made of the compiler, the options and the path as it was typed (messages of the program
 * show it). Everything is written under another name and renamed, so runs may race; what was
 * damaged does not match its hash and is made anew. The least recently used goes when it is full.
 */
#ifndef CACHE_H
#define CACHE_H

#include "base/arena.h"
#include "base/vec.h"

#include <stdbool.h>

/* A file as the compiler read it: its text is without a byte-order mark. */
struct cache_source {
    const char *path, *text;
    size_t len;
};

/* What an executable was compiled from. */
struct cache_inputs {
    VEC(struct cache_source) sources;
    VEC(const char *) files;  /* C headers, by path */
    VEC(const char *) absent; /* paths where a file would have been taken instead */
    const char *warnings;     /* as they were printed */
};

struct cache {
    struct arena *arena;
    const char *folder; /* exists and is ours */
    bool scratch;       /* the real one cannot be written: removed by cache_exec() */
    const char *key;    /* names the manifest */
    const char *name;   /* of the program: "wordcount" */
};

/* The folder, made if it is not there; NULL if it cannot be written. */
const char *cache_folder(struct arena *);
/* Removes the least recently used files if all together are too large. */
void cache_trim(struct arena *, const char *folder);
/* What tells objects apart that were made of the same: the compiler and its options. */
const char *cache_maker(struct arena *, int level);
/* Finds the folder, or makes a temporary one. `source`: the path as typed;
 * `options`: all that code depends on. False: neither can be
 * written; said on standard error. */
bool cache_open(struct cache *, struct arena *, const char *source, const char *options);
/* The same for a file that is made of a text, `what`, beside files. False: there is no folder. */
bool cache_open_part(struct cache *, struct arena *, const char *name, const char *what);
/* Goes on with a temporary folder, once: the real one is full. False if that is so already, or
 * after it was said on standard error that none can be made; `folder` is NULL then. */
bool cache_leave(struct cache *);
/* Path of a good executable for the sources as they are now, with the warnings that were kept; or
 * NULL. */
const char *cache_find(struct cache *, const char **warnings);
/* Where to write a new executable: unique, in the folder. */
const char *cache_draft(struct cache *);
/* Moves the draft in and remembers it for these sources. Its path from now on, or NULL with errno.
 */
const char *cache_keep(struct cache *, const char *draft, const struct cache_inputs *);
/* Becomes the program. Returns only if that fails, with errno. */
void cache_exec(struct cache *, const char *executable, char **argv);
/* Ends the use of a cache whose program was not started. */
void cache_close(struct cache *);

#endif
