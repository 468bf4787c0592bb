/* error.h - failures: making them, and telling the user. */
#ifndef ERROR_H
#define ERROR_H

#include <stdio.h>

#include "block.h"

/* How many kinds there are. */
enum {
    ERROR_KINDS =
#define FAIL(name, text, repeatable) +1
#include "fail.def"
#undef FAIL
};

/* An owned error without a place, its message formatted as by printf. */
struct dfl_error *error_new(enum dfl_fail kind, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Says why `doing` (like "cannot read x.txt") did not work: kind io, with errno's text. */
struct dfl_error *error_from_errno(int code, const char *doing, const struct dfl_view *what);
/* The failure `timeout` of what had so many nanoseconds. */
struct dfl_error *error_late(int64_t ns);
/* Adds a link to the end of the chain of an owned error, up to 64; returns it. The text is lent. */
struct dfl_error *error_link(struct dfl_error *, const char *link);
/* The name of a kind, like "overflow"; and the text used when there is no message. */
const char *dfl_fail_name(uint32_t kind);
const char *dfl_fail_text(uint32_t kind);
/* True if pure code may catch this kind. */
bool dfl_fail_repeatable(uint32_t kind);
/* Writes message, place and chain of an error and of its causes, a line each. Flush standard output
 * first. */
void dfl_error_report(FILE *, const struct dfl_error *);

#endif
