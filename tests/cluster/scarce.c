/* scarce.c - a library to preload: SCARCE=PART:CALL:N makes the Nth call of CALL (posix_spawnp or
 * pthread_create) in that process of a run, and all later ones, fail for want of resources. PART is
 * the number of DFL_PART; 0 is the first process. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char scarce_call[32];
static int left;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void read_settings(void)
{
    unsigned long part;
    const char *text = getenv("SCARCE"), *own = getenv("DFL_PART");
    if (!text || sscanf(text, "%lu:%31[a-z_]:%d", &part, scarce_call, &left) != 3 ||
        part != (own ? strtoul(own, NULL, 10) : 0))
        scarce_call[0] = '\0';
}

static int fails(const char *call)
{
    if (strcmp(call, scarce_call) != 0)
        return 0;
    pthread_mutex_lock(&lock);
    int over = --left <= 0;
    pthread_mutex_unlock(&lock);
    return over;
}

int posix_spawnp(pid_t *restrict pid, const char *restrict file,
                 const posix_spawn_file_actions_t *restrict actions,
                 const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
                 char *const env[restrict])
{
    int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                const posix_spawnattr_t *, char *const[], char *const[]);
    *(void **)&real = dlsym(RTLD_NEXT, "posix_spawnp");
    return fails("posix_spawnp") ? EAGAIN : real(pid, file, actions, attributes, argv, env);
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*start)(void *), void *restrict arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return fails("pthread_create") ? EAGAIN : real(thread, attributes, start, arg);
}
