/* settings.c - reads the environment. */
#include "settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cores.h"
#include "run.h"
#include "worker.h"

static int64_t default_threads(void)
{
    int64_t cores = cores_count();
    return cores > WORKERS_MOST ? WORKERS_MOST : cores;
}

static int64_t half_of_memory(void)
{
    return (int64_t)sysconf(_SC_PHYS_PAGES) / 2 * sysconf(_SC_PAGESIZE);
}

/* Infinite recursion should end in a failure, not in the death of the machine. */
static int64_t default_stack_max(void)
{
    int64_t half = half_of_memory();
    int64_t most = (int64_t)1 << 30;
    return half > 0 && half < most ? half : most;
}

static bool read_setting(const char *name, int64_t low, int64_t high, int64_t *out)
{
    const char *text = getenv(name);
    if (!text || !*text)
        return true;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end == '\0' && errno == 0 && value >= low && value <= high) {
        *out = value;
        return true;
    }
    fprintf(stderr, "error: %s is '%s'; it must be a number from %" PRId64 " to %" PRId64 "\n",
            name, text, low, high);
    return false;
}

/* How many bits a unit of bytes is worth, as in the language; -1: it is none. */
static int unit_bits(const char *unit)
{
    static const char *const units[] = {"", "kb", "mb", "gb", "tb"};
    for (int i = 0; i < 5; i++)
        if (strcmp(unit, units[i]) == 0)
            return 10 * i;
    return -1;
}

/* Bytes, as a number or a size like 64mb. `said`: what the user may have written. */
static bool read_size(const char *name, const char *said, int64_t low, int64_t *out)
{
    const int64_t high = (int64_t)1 << 46;
    const char *text = getenv(name);
    if (!text || !*text)
        return true;
    char *unit;
    errno = 0;
    long long value = strtoll(text, &unit, 10);
    int bits = unit > text ? unit_bits(unit) : -1;
    if (bits >= 0 && errno == 0 && value >= 0 && value <= high >> bits && value << bits >= low) {
        *out = value << bits;
        return true;
    }
    fprintf(stderr,
            "error: %s is '%s'; it must be a number of bytes from %" PRId64 " to %" PRId64
            ", or a size like 64mb\n",
            said, text, low, high);
    return false;
}

/* NULL: not given. */
static const char *read_name(const char *name)
{
    const char *text = getenv(name);
    return text && *text ? text : NULL;
}

/* The run must have the nodes that are to be killed. */
static bool check_victims(const struct chaos *chaos, int64_t nodes, char why[CHAOS_WHY])
{
    for (uint32_t i = 0; i < chaos->kill_count; i++)
        if (chaos->kills[i].node > nodes) {
            snprintf(why, CHAOS_WHY, "there is no node %u in a run on %" PRId64 " nodes",
                     chaos->kills[i].node, nodes);
            return false;
        }
    return true;
}

static bool read_chaos(struct chaos *out, int64_t nodes)
{
    const char *text = getenv("DFL_CHAOS");
    char why[CHAOS_WHY];
    if (text && *text && nodes == 1)
        snprintf(why, CHAOS_WHY, "one process alone has no faults; run it on nodes (DFL_NODES)");
    else if (chaos_parse(text ? text : "", out, why) && check_victims(out, nodes, why))
        return true;
    fprintf(stderr, "error: --chaos or DFL_CHAOS: %s\n", why);
    return false;
}

static bool read_labels(struct labels *out, int64_t nodes)
{
    const char *text = getenv("DFL_LABELS");
    char why[LABELS_WHY];
    if (labels_parse(text ? text : "", (uint32_t)nodes, out, why))
        return true;
    fprintf(stderr, "error: --label or DFL_LABELS: %s\n", why);
    return false;
}

/* Who asks for a bad network is not to see processes taken for dead that only wait for it: a packet
 * that was lost is sent again, and holds up those behind it. */
static void be_patient(struct settings *s)
{
    const struct chaos *c = &s->chaos;
    if (!getenv("DFL_DETECT_MS"))
        s->detect_ms += 5 * c->value[CHAOS_delay] / 1000 + c->value[CHAOS_drop] / 2;
}

bool settings_read(struct settings *s)
{
    *s = (struct settings){.stack_max = default_stack_max(), .nodes = 1, .detect_ms = 500};
    bool good = read_setting("DFL_NODES", 1, RUN_NODES_MOST, &s->nodes);
    s->threads = default_threads() / s->nodes;
    s->store = half_of_memory() / s->nodes;
    if (s->threads < 1)
        s->threads = 1;
    good &= read_setting("DFL_THREADS", 1, WORKERS_MOST, &s->threads);
    good &= read_size("DFL_STACK_MAX", "DFL_STACK_MAX", 1 << 20, &s->stack_max);
    good &= read_setting("DFL_STATS", 0, 1, &s->stats);
    good &= read_setting("DFL_CHECK", 0, 1, &s->check);
    good &= read_setting("DFL_CHECK_PURE", 0, 1, &s->pure);
    good &= read_setting("DFL_DETECT_MS", 50, 3600000, &s->detect_ms);
    good &= read_setting("DFL_TCP", 0, 1, &s->tcp);
    good &= read_size("DFL_STORE", "DFL_STORE", 0, &s->store);
    good &= read_size("DFL_MEM", "--mem or DFL_MEM", 1, &s->memory);
    good &= read_setting("DFL_RESUME", 0, 1, &s->resume);
    s->kept = read_name("DFL_CHECKPOINTS");
    s->trace = read_name("DFL_TRACE");
    good &= read_labels(&s->labels, s->nodes);
    good &= read_chaos(&s->chaos, s->nodes);
    be_patient(s);
    return good;
}
