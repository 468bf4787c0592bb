/* chaos.c - reading what chaos.def allows; throwing the dice. */
#include "chaos.h"

#include <stdio.h>
#include <string.h>

#include "id.h"

/* ---- the rows ---- */

enum form { KILL, PERCENT, TIME, NUMBER };

struct row {
    const char *name;
    enum form form;
    int64_t low, high;
    const char *takes;
};

#define VICTIM(name, low, high, takes)
#define MOMENT(name, low, high, takes)
static const struct row faults[] = {
#define FAULT(name, form, low, high, takes) {#name, form, low, high, takes},
#include "chaos.def"
#undef FAULT
};
#undef VICTIM
#undef MOMENT

#define FAULT(name, form, low, high, takes)
static const struct row victims[] = {
#define VICTIM(name, low, high, takes) {#name, NUMBER, low, high, takes},
#define MOMENT(name, low, high, takes)
#include "chaos.def"
#undef VICTIM
#undef MOMENT
};

static const struct row moments[] = {
#define VICTIM(name, low, high, takes)
#define MOMENT(name, low, high, takes) {#name, NUMBER, low, high, takes},
#include "chaos.def"
#undef VICTIM
#undef MOMENT
};
#undef FAULT

enum { VICTIMS = sizeof victims / sizeof *victims, MOMENTS = sizeof moments / sizeof *moments };

/* ---- text ---- */

struct part {
    const char *at;
    size_t len;
};

/* What comes before the next `mark`, which is skipped too. */
static struct part cut(struct part *rest, char mark)
{
    const char *end = memchr(rest->at, mark, rest->len);
    struct part before = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
    size_t used = before.len + (end != NULL);
    rest->at += used;
    rest->len -= used;
    return before;
}

static bool is(struct part p, const char *word)
{
    return p.len == strlen(word) && memcmp(p.at, word, p.len) == 0;
}

static int find(const struct row *rows, int count, struct part name)
{
    for (int i = 0; i < count; i++)
        if (is(name, rows[i].name))
            return i;
    return -1;
}

/* Digits at the front, nine at most. False if there are none, or more. */
static bool read_digits(struct part *p, int64_t *out, int *count)
{
    *out = 0;
    for (*count = 0; p->len && *p->at >= '0' && *p->at <= '9'; ++*count, p->at++, p->len--) {
        if (*count == 10)
            return false;
        *out = *out * 10 + (*p->at - '0');
    }
    return *count > 0;
}

/* "1%", "0.5%", "0.25%" in hundredths. */
static bool read_percent(struct part p, int64_t *out)
{
    int count;
    int64_t fraction = 0;
    if (!read_digits(&p, out, &count))
        return false;
    *out *= 100;
    if (p.len && *p.at == '.') {
        p.at++, p.len--;
        if (!read_digits(&p, &fraction, &count) || count > 2)
            return false;
        *out += count == 1 ? fraction * 10 : fraction;
    }
    return is(p, "%");
}

static bool read_time(struct part p, int64_t *out)
{
    int count;
    if (!read_digits(&p, out, &count))
        return false;
    int64_t unit = is(p, "us") ? 1 : is(p, "ms") ? 1000 : is(p, "s") ? 1000000 : 0;
    *out *= unit;
    return unit != 0;
}

static bool read_number(struct part p, int64_t *out)
{
    int count;
    return read_digits(&p, out, &count) && p.len == 0;
}

static bool read_value(const struct row *row, struct part p, int64_t *out)
{
    bool good = row->form == PERCENT ? read_percent(p, out)
                : row->form == TIME  ? read_time(p, out)
                                     : read_number(p, out);
    return good && *out >= row->low && *out <= row->high;
}

/* ---- faults ---- */

static bool wrong(char why[CHAOS_WHY], struct part word, const struct row *row)
{
    snprintf(why, CHAOS_WHY, "'%.*s': %s takes %s", (int)(word.len < 40 ? word.len : 40), word.at,
             row->name, row->takes);
    return false;
}

static bool wrong_name(char why[CHAOS_WHY], struct part word, struct part name,
                       const struct row *rows, int count)
{
    int used = snprintf(why, CHAOS_WHY, "'%.*s': there is no '%.*s', but",
                        (int)(word.len < 40 ? word.len : 40), word.at,
                        (int)(name.len < 40 ? name.len : 40), name.at);
    for (int i = 0; i < count; i++)
        used += snprintf(why + used, CHAOS_WHY - (size_t)used, "%s %s",
                         i == 0           ? ""
                         : i == count - 1 ? " and"
                                          : ",",
                         rows[i].name);
    return false;
}

/* "name=number", by one of the rows. */
static bool read_pair(struct part word, struct part pair, const struct row *rows, int count,
                      int *which, int64_t *number, char why[CHAOS_WHY])
{
    struct part name = cut(&pair, '=');
    *which = find(rows, count, name);
    if (*which < 0)
        return wrong_name(why, word, name, rows, count);
    return read_value(&rows[*which], pair, number) || wrong(why, word, &rows[*which]);
}

static bool read_kill(struct part word, struct part rest, struct chaos *c, char why[CHAOS_WHY])
{
    int victim, moment;
    int64_t node, count;
    struct part first = cut(&rest, ':');
    if (first.len == 0 || rest.len == 0)
        return wrong(why, word, &faults[CHAOS_kill]);
    if (!read_pair(word, first, victims, VICTIMS, &victim, &node, why) ||
        !read_pair(word, rest, moments, MOMENTS, &moment, &count, why))
        return false;
    if (c->kill_count == CHAOS_KILLS) {
        snprintf(why, CHAOS_WHY, "there are more than %d kills", CHAOS_KILLS);
        return false;
    }
    c->kills[c->kill_count++] = (struct chaos_kill){
        .victim = (enum chaos_victim)victim,
        .node = (uint32_t)node,
        .moment = (enum chaos_moment)moment,
        .count = (uint32_t)count,
    };
    return true;
}

static bool read_fault(struct part word, struct chaos *c, char why[CHAOS_WHY])
{
    struct part rest = word, name = cut(&rest, ':');
    int which = find(faults, CHAOS_FAULTS, name);
    if (which < 0)
        return wrong_name(why, word, name, faults, CHAOS_FAULTS);
    if (faults[which].form == KILL)
        return read_kill(word, rest, c, why);
    if (c->given[which]) {
        snprintf(why, CHAOS_WHY, "%s is given twice", faults[which].name);
        return false;
    }
    c->given[which] = true;
    return read_value(&faults[which], rest, &c->value[which]) || wrong(why, word, &faults[which]);
}

bool chaos_parse(const char *spec, struct chaos *c, char why[CHAOS_WHY])
{
    *c = (struct chaos){0};
    struct part rest = {spec, strlen(spec)};
    bool good = true, more = rest.len > 0;
    while (good && more) {
        struct part word = cut(&rest, ',');
        more = word.at + word.len != spec + strlen(spec);
        good = read_fault(word, c, why);
    }
    return good;
}

const struct chaos_kill *chaos_kill_of(const struct chaos *c, uint32_t proc)
{
    uint32_t start = id_start(proc), seen = 0;
    enum chaos_victim victim = start == 0 ? CHAOS_VICTIM_node : CHAOS_VICTIM_worker;
    for (uint32_t i = 0; i < c->kill_count; i++) {
        const struct chaos_kill *k = &c->kills[i];
        if (k->victim == victim && k->node == id_node(proc) && (start == 0 || ++seen == start))
            return k;
    }
    return NULL;
}

/* ---- dice ---- */

/* SplitMix64. */
static uint64_t throw(uint64_t *dice)
{
    uint64_t x = *dice += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint64_t chaos_dice(const struct chaos *c, uint32_t proc)
{
    uint64_t dice = (uint64_t)c->value[CHAOS_seed] << 32 ^ proc;
    return throw(&dice);
}

static bool happens(uint64_t *dice, int64_t share)
{
    return (int64_t)(throw(dice) % 10000) < share;
}

struct chaos_fate chaos_fate(const struct chaos *c, uint64_t *dice)
{
    struct chaos_fate fate = {.copies = 1};
    if (happens(dice, c->value[CHAOS_drop]))
        fate.copies = 0;
    else if (happens(dice, c->value[CHAOS_dup]))
        fate.copies = 2;
    for (uint32_t i = 0; i < fate.copies; i++)
        fate.delay_ns[i] = (int64_t)(throw(dice) % (1000 * (uint64_t)c->value[CHAOS_delay] + 1));
    return fate;
}
