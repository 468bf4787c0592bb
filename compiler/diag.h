/* diag.h - messages to the user, collected with their spans and printed in order of place.
 *
 *   file:line:col: error[E0123]: text
 *    12 |   let b = a + 1
 *       |           ^
 *   note: file:line:col: text, with its own excerpt
 *   hint: text
 *
 * Codes and their one-line titles are rows of diag.def. */
#ifndef DIAG_H
#define DIAG_H

#include "base/arena.h"
#include "source.h"

#include <stdbool.h>
#include <stdio.h>

enum diag_code {
#define DIAG(code, name, title) DIAG_##name = code,
#include "diag.def"
#undef DIAG
};

struct diag;
struct mended;

struct diags {
    struct arena *arena;
    struct diag *first, **last;
    struct mended *mended;
    uint32_t errors, warnings;
    bool color;
    bool is_strict; /* warnings are printed as errors; they are counted as warnings */
};

/* Starts a message; notes and hints go to it. A message whose span start was already reported as an
 * error is dropped (a scratch diag is returned): one mistake, one error. Never returns NULL. */
struct diag *diag_error(struct diags *, enum diag_code, struct span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
struct diag *diag_warning(struct diags *, enum diag_code, struct span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_note(struct diags *, struct diag *, struct span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_hint(struct diags *, struct diag *, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Whether an error within the span upset the structure of the text there: a part was dropped, or a
 * bracket or string was mended. Other errors leave a tree that is as it was meant. */
bool diag_breaks(const struct diags *, struct span within);
/* The same of a bracket or string alone. */
bool diag_upsets(const struct diags *, struct span within);
/* Notes that a bracket was mended there and nothing said, as it followed from another mistake. */
void diag_mended(struct diags *, struct span);
/* For machines: with `text` at the span the mistake is mended. Not printed as text: a hint says it.
 */
void diag_fix(struct diags *, struct diag *, struct span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The hint that `best` was meant where `name` stands, and the fix; nothing if `best` is NULL. */
void diag_meant(struct diags *, struct diag *, struct span name, const char *best);
/* Whether there are so many errors that further ones are counted and not kept: then a search for
 * what to suggest is in vain. */
bool diag_is_full(const struct diags *);
/* The candidate nearest to `name` by edit distance, or NULL if none is near. Call for each
 * candidate with the same struct, zeroed at first. */
struct nearest {
    const char *best;
    uint32_t distance;
};
void nearest_offer(struct nearest *, const char *name, const char *candidate);

/* Drops what was kept; errors stay counted. */
void diag_forget(struct diags *);
/* Prints all, sorted by file and place, to `out`; forgets them. */
void diag_print(struct diags *, FILE *out);
/* The same for machines: a line with a JSON object for each. */
void diag_json(struct diags *, FILE *out);
/* Such a line about something that has no code and no place. */
void diag_json_plain(const char *severity, const char *text, FILE *out);

#endif
