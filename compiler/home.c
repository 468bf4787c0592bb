/* home.c - read from the bottom. */
#include "home.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *home_executable(struct arena *a)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n <= 0 || n == sizeof path) {
        fputs("error: cannot find the running executable: /proc/self/exe is not readable\n",
              stderr);
        exit(1);
    }
    return arena_copy(a, path, (size_t)n);
}

/* Length of the folder that holds lib/dfl/: the executable's, or (installed as bin/dfl) its parent.
 */
static int folder(struct arena *a, const char *exe)
{
    int n = (int)(strrchr(exe, '/') - exe);
    if (access(arena_format(a, "%.*s/lib/dfl", n, exe), F_OK) == 0)
        return n;
    while (n > 0 && exe[n - 1] != '/')
        n--;
    return n > 0 ? n - 1 : 0;
}

const char *home_path(struct arena *a, const char *part)
{
    const char *exe = home_executable(a);
    return arena_format(a, "%.*s/%s", folder(a, exe), exe, part);
}
