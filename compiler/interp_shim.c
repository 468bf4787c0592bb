/* interp_shim.c - C functions of the standard library by name. shims.def is made when the compiler
 * is built: a row SHIM(symbol) for each `extern "dfl"` of stdlib/. What reads the clock of the
 * world there goes by virtual time here. */
#include "interp_core.h"

#include <stdlib.h>

#define SHIM(symbol) void symbol(void);
#include "shims.def"
#undef SHIM

struct shim {
    const char *symbol;
    void *function;
};

static struct dfl_error *virtual_clock(struct dfl_fiber *fiber, void *out)
{
    (void)fiber;
    *(int64_t *)out = coro_interp()->now;
    return NULL;
}

static struct dfl_error *virtual_spin(struct dfl_fiber *fiber, void *out, const void *duration)
{
    (void)fiber, (void)out;
    coro_interp()->now += *(const int64_t *)duration;
    return NULL;
}

/* The first of a name counts. */
static const struct shim shims[] = {
    {"dfl_std_time_clock", (void *)virtual_clock},
    {"dfl_std_time_spin", (void *)virtual_spin},
#define SHIM(symbol) {#symbol, (void *)symbol},
#include "shims.def"
#undef SHIM
};

void *shim_find(const char *symbol)
{
    for (size_t i = 0; i < sizeof shims / sizeof *shims; i++)
        if (!strcmp(shims[i].symbol, symbol))
            return shims[i].function;
    return NULL;
}
