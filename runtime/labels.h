/* labels.h - names of nodes, for tasks that are for some of them (@on). Pure. */
#ifndef LABELS_H
#define LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LABELS_WHY = 256, LABEL_MOST = 64 };

struct label {
    uint32_t node;
    const char *name; /* not ended */
    size_t len;
};

struct labels {
    struct label *list;
    uint32_t count, room;
};

/* Reads a list such as "2=gpu,3=gpu,3=disk", of a run on so many nodes; the names stay in `text`.
 * An empty one has none. False: `why` names the word that is wrong, and what is allowed. */
bool labels_parse(const char *text, uint32_t nodes, struct labels *, char why[LABELS_WHY]);
bool labels_has(const struct labels *, uint32_t node, const char *name);
/* Whether any node has it. */
bool labels_know(const struct labels *, const char *name);
/* Whether a label may be called that. */
bool labels_is_name(const char *at, size_t len);
void labels_free(struct labels *);

#endif
