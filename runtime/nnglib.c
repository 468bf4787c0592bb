/* nnglib.c - fills the table of nnglib.h. The library stays loaded: its threads run to the end. */
#include "nnglib.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* By its binary interface, which the headers here were compiled against. */
#define LIBRARY "libnng.so.1"

struct nnglib nng;

static char why[256];

static bool find(void *lib, const char *name, void *out)
{
    *(void **)out = dlsym(lib, name);
    if (!*(void **)out)
        snprintf(why, sizeof why, "%s has no function %s", LIBRARY, name);
    return *(void **)out != NULL;
}

static void load(void)
{
    void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!lib) {
        snprintf(why, sizeof why, "cannot load the library nng: %s", dlerror());
        return;
    }
#define CALL(name)                                                                                 \
    if (!find(lib, "nng_" #name, &nng.name))                                                       \
        return;
    NNG_CALLS
#undef CALL
}

const char *nnglib_open(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return *why ? why : NULL;
}
