/* purity.c - read purity.h first. */
#include "purity.h"

#include <string.h>

#include "error.h"
#include "format.h"
#include "value.h"

enum {
    PLACES = 1024, /* counted apart; two in one slot do no harm */
    EVERY = 20,
    SHOWN = 120, /* bytes of a text in a message */
};

bool purity_on;
static _Atomic uint32_t counts[PLACES];

bool purity_sample(const void *place, uint32_t always)
{
    uint64_t hash = (uintptr_t)place * UINT64_C(0x9e3779b97f4a7c15) >> 54;
    uint32_t n = atomic_fetch_add_explicit(&counts[hash], 1, memory_order_relaxed);
    return n < always || n % EVERY == 0;
}

struct dfl_view purity_text(const struct dfl_type *type, const void *value)
{
    struct buffer b;
    struct dfl_view text;
    dfl_buffer_begin(&b);
    format_value(&b, type, value, true);
    dfl_buffer_end(&b, &text);
    return text;
}

bool purity_same(const struct dfl_view *a, const struct dfl_view *b)
{
    return a->len == b->len && memcmp(a->ptr, b->ptr, (size_t)a->len) == 0;
}

static int shown(const struct dfl_view *text)
{
    int len = text->len < SHOWN ? (int)text->len : SHOWN;
    while (len < text->len && (((const char *)text->ptr)[len] & 0xc0) == 0x80)
        len--;
    return len;
}

static const char *rest(const struct dfl_view *text)
{
    return shown(text) < text->len ? "…" : "";
}

struct dfl_error *purity_failure(const char *what, const char *name, const struct dfl_view *args,
                                 const struct dfl_view *first, const struct dfl_view *second)
{
    return error_new(DFL_FAIL_pure, "%s `%s` is not pure: for %.*s%s it gave %.*s%s, then %.*s%s",
                     what, name, shown(args), (const char *)args->ptr, rest(args), shown(first),
                     (const char *)first->ptr, rest(first), shown(second),
                     (const char *)second->ptr, rest(second));
}
