/* diag_core.h - messages as they are kept: what diag.c collects, diag_print.c and diag_json.c show.
 */
#ifndef DIAG_CORE_H
#define DIAG_CORE_H

#include "diag.h"

enum { ERRORS_MAX = 200 /* more are counted, not kept; of warnings the same */ };

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

enum remark_kind {
    REMARK_NOTE,
    REMARK_HINT,
    REMARK_FIX, /* the text goes to where the span is */
};

struct remark {
    struct remark *next;
    enum remark_kind kind;
    struct span span; /* source NULL: none */
    const char *text;
};

struct diag {
    struct diag *next;
    enum severity severity;
    int code;
    uint32_t order;
    struct span span;
    const char *text;
    struct remark *remarks, **last_remark;
};

/* Messages sorted by file and place; in the arena of the diags. */
struct diag **diag_sorted(struct diags *, uint32_t *count);

#endif
