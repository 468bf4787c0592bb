/* purity.h - `dfl run --check-pure`: a sample of the pure calls of C functions and of pure tasks is
 * run twice, and what does not give the same again fails, named with its arguments. */
#ifndef PURITY_H
#define PURITY_H

#include "dfl.h"

/* Set before the program runs. */
extern bool purity_on;

/* True if a call is to be checked. `place` tells calls apart: of each the first `always` are, and
 * one of a number behind them. */
bool purity_sample(const void *place, uint32_t always);
/* A value as messages show it, shortened; an owned str. Equal values have equal texts. */
struct dfl_view purity_text(const struct dfl_type *, const void *value);
bool purity_same(const struct dfl_view *, const struct dfl_view *);
/* The failure of what gave `first` and then `second`, all of them texts: "what NAME gave ... for
 * ARGS". */
struct dfl_error *purity_failure(const char *what, const char *name, const struct dfl_view *args,
                                 const struct dfl_view *first, const struct dfl_view *second);

#endif
