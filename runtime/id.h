/* id.h - names that hold in a whole run. */
#ifndef ID_H
#define ID_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A process of a run: its node, from 1, above; below, 0 for the process of the node itself and 1,
 * 2, ... for the workers that the node has started. A worker that takes the place of a dead one
 * has a number of its own, so no name is ever used twice. 0 names no process. */
static inline uint32_t id_proc(uint32_t node, uint32_t start)
{
    return node << 16 | start;
}

static inline uint32_t id_node(uint32_t proc)
{
    return proc >> 16;
}

static inline uint32_t id_start(uint32_t proc)
{
    return proc & 0xffff;
}

enum { ID_NAME = 32 };

/* As it is called in messages to the user. Returns `out`. */
static inline const char *id_name(uint32_t proc, char out[ID_NAME])
{
    if (id_start(proc) == 0)
        snprintf(out, ID_NAME, "node %u", id_node(proc));
    else
        snprintf(out, ID_NAME, "worker %u of node %u", id_start(proc), id_node(proc));
    return out;
}

static inline bool id_is_node(uint32_t proc)
{
    return id_start(proc) == 0;
}

/* Whether `proc` ends with `dead`: it is that process, or a worker of that node. */
static inline bool id_ends_with(uint32_t proc, uint32_t dead)
{
    return proc == dead || (id_is_node(dead) && id_node(proc) == id_node(dead));
}

/* The first node, which says who is in the run, and its worker, which runs main. */
enum { ID_HEAD = 1 << 16, ID_ROOT = 1 << 16 | 1 };

/* A future that has left its owner's process: a slot of the owner's table, and how often the slot
 * had been given away before. */
struct object_id {
    uint32_t owner; /* a process */
    uint32_t slot;
    uint32_t generation;
};

static inline bool object_same(struct object_id a, struct object_id b)
{
    return a.owner == b.owner && a.slot == b.slot && a.generation == b.generation;
}

#endif
