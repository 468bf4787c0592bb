/* run.h - what all processes of a run with several nodes know from their start. The first process
 * fills it in and hands it to its children in a file that has no name. */
#ifndef RUN_H
#define RUN_H

#include "chaos.h"
#include "id.h"

enum { RUN_NODES_MOST = 256, RUN_SECRET = 32, RUN_URL = 128 };

struct run {
    uint64_t id; /* random: part of every address */
    uint8_t secret[RUN_SECRET];
    uint32_t nodes;
    uint32_t threads;  /* of each worker */
    bool tcp;          /* addresses are of TCP, of this machine; else of local sockets */
    int64_t detect_ns; /* silence of a node that counts as its death */
    uint64_t store;    /* bytes of each node's memory; 0: none */
    int64_t began;     /* clock_now() of the first process */
    char head_url[RUN_URL];
    char node_url[RUN_URL]; /* of the node whose worker reads this */
    struct chaos chaos;
};

#endif
