/* settings.h - what the environment sets for a run. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "chaos.h"
#include "labels.h"

struct settings {
    int64_t threads;      /* DFL_THREADS: workers of a process */
    int64_t stack_max;    /* DFL_STACK_MAX: bytes of further stack for deep recursion */
    int64_t stats;        /* DFL_STATS=1: a table on standard error at the end */
    int64_t check;        /* DFL_CHECK=1: it is an error if anything is left at the end */
    int64_t pure;         /* DFL_CHECK_PURE=1: a sample of what is pure is run twice */
    int64_t nodes;        /* DFL_NODES: processes that share the work; 1: this one alone */
    int64_t detect_ms;    /* DFL_DETECT_MS: silence of a node that counts as its death */
    int64_t tcp;          /* DFL_TCP=1: processes reach each other by TCP, through the loopback */
    int64_t store;        /* DFL_STORE: bytes of the memory that a node shares; 0: none */
    int64_t memory;       /* DFL_MEM: bytes of a process that @mem share; 0: what the machine has */
    int64_t resume;       /* DFL_RESUME=1: results that earlier runs have kept are taken */
    const char *kept;     /* DFL_CHECKPOINTS: their folder; NULL: the usual one */
    const char *trace;    /* DFL_TRACE: a file for what every task did; NULL: none */
    struct labels labels; /* DFL_LABELS: names of nodes */
    struct chaos chaos;   /* DFL_CHAOS: what is to go wrong */
};

/* False: something is not as it must be; the user has been told. */
bool settings_read(struct settings *);

#endif
