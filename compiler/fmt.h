/* fmt.h - programs in the one style: `dfl fmt`. */
#ifndef FMT_H
#define FMT_H

#include "base/intern.h"
#include "diag.h"
#include "source.h"

enum { FMT_WIDTH = 100, FMT_INDENT = 2 };

/* The text of a source in the style, as a source of the same path: the same tree, the same
 * comments. NULL if the source has errors, which are in `diags` then, or if the tree would not be
 * the same, which is a fault of the formatter: then nothing was reported. */
const struct source *fmt_source(struct arena *, struct intern *, const struct source *,
                                struct diags *);

#endif
