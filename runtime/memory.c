/* memory.c - the machine's memory, and the limits of control groups. */
#include "memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t of_machine(void)
{
    int64_t pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? pages * size : INT64_MAX;
}

/* The number in a file; INT64_MAX: there is none, which may mean that there is no limit. */
static int64_t read_limit(const char *path)
{
    int64_t bytes;
    FILE *file = fopen(path, "re");
    if (!file)
        return INT64_MAX;
    if (fscanf(file, "%" SCNd64, &bytes) != 1 || bytes < 1)
        bytes = INT64_MAX;
    fclose(file);
    return bytes;
}

/* The least limit of a group and those around it. In a container the name of the group may be one
 * of the world outside, and only the outermost that is seen there has a file. */
static int64_t of_groups(const char *root, char *group, const char *name)
{
    int64_t least = INT64_MAX;
    for (;;) {
        char path[2 * PATH_MAX];
        snprintf(path, sizeof path, "%s%s/%s", root, group, name);
        int64_t bytes = read_limit(path);
        least = bytes < least ? bytes : least;
        char *slash = strrchr(group, '/');
        if (!slash)
            return least;
        *slash = 0;
    }
}

/* A line of the list of groups is NUMBER:CONTROLLERS:PATH; of the second version, 0::PATH. */
static int64_t of_line(char *line)
{
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group)
        return INT64_MAX;
    *group++ = 0;
    group[strcspn(group, "\n")] = 0;
    if (strcmp(controllers, ":") == 0)
        return of_groups("/sys/fs/cgroup", group, "memory.max");
    if (strcmp(controllers, ":memory") == 0)
        return of_groups("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
    return INT64_MAX;
}

int64_t memory_here(void)
{
    char line[PATH_MAX];
    int64_t least = of_machine();
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file && fgets(line, sizeof line, file)) {
        int64_t bytes = of_line(line);
        least = bytes < least ? bytes : least;
    }
    if (file)
        fclose(file);
    return least;
}
