/* labels.c - reading and looking at the list. */
#include "labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

bool labels_is_name(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_of_name(at[i]))
            return false;
    return len > 0 && len <= LABEL_MOST;
}

/* "2=gpu" */
static bool read_word(const char *word, size_t len, uint32_t nodes, struct labels *out,
                      char why[LABELS_WHY])
{
    int shown = len < 80 ? (int)len : 80;
    char *end;
    unsigned long node = *word >= '0' && *word <= '9' ? strtoul(word, &end, 10) : 0;
    const char *equals = memchr(word, '=', len);
    if (!equals || *word < '0' || *word > '9' || end != equals) {
        snprintf(why, LABELS_WHY, "'%.*s' is not a node and its label, like 2=gpu", shown, word);
        return false;
    }
    if (node < 1 || node > nodes) {
        snprintf(why, LABELS_WHY, "'%.*s': there is no such node in a run on %u%s", shown, word,
                 nodes, nodes == 1 ? "; --nodes asks for more" : " nodes");
        return false;
    }
    struct label label = {(uint32_t)node, equals + 1, len - (size_t)(equals + 1 - word)};
    if (!labels_is_name(label.name, label.len)) {
        snprintf(why, LABELS_WHY,
                 "'%.*s': a label is letters, digits, '_', '-' and '.', at most %d", shown, word,
                 LABEL_MOST);
        return false;
    }
    list_grow(out->list, out->count, out->room);
    out->list[out->count++] = label;
    return true;
}

bool labels_parse(const char *text, uint32_t nodes, struct labels *out, char why[LABELS_WHY])
{
    *out = (struct labels){0};
    while (*text) {
        size_t len = strcspn(text, ",");
        if (!read_word(text, len, nodes, out, why)) {
            labels_free(out);
            return false;
        }
        text += len;
        text += *text == ',';
    }
    return true;
}

static bool is(const struct label *label, const char *name)
{
    return strlen(name) == label->len && memcmp(name, label->name, label->len) == 0;
}

bool labels_has(const struct labels *l, uint32_t node, const char *name)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->list[i].node == node && is(&l->list[i], name))
            return true;
    return false;
}

bool labels_know(const struct labels *l, const char *name)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (is(&l->list[i], name))
            return true;
    return false;
}

void labels_free(struct labels *l)
{
    free(l->list);
    *l = (struct labels){0};
}
