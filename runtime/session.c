/* session.c - looking through /proc for the processes of a session. */
#include "session.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls look(pid, arg) for every process until it gives false. */
static void each_process(bool (*look)(pid_t, void *), void *arg)
{
    DIR *all = opendir("/proc");
    struct dirent *entry;
    while (all && (entry = readdir(all))) {
        pid_t pid = (pid_t)atoi(entry->d_name); /* 0: no process */
        if (pid > 0 && !look(pid, arg))
            break;
    }
    if (all)
        closedir(all);
}

/* The state stands behind the name, which is in parentheses and may hold some. */
static bool is_alive(pid_t pid)
{
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = 0;
    const char *name_end = strrchr(text, ')');
    return name_end && strlen(name_end) > 2 && name_end[2] != 'Z' && name_end[2] != 'X';
}

struct signalling {
    pid_t session;
    int number;
    uint32_t count;
};

static bool signal_one(pid_t pid, void *arg)
{
    struct signalling *s = arg;
    if (getsid(pid) == s->session && is_alive(pid)) {
        s->count++;
        if (s->number)
            kill(pid, s->number);
    }
    return true;
}

uint32_t session_signal(pid_t session, int number)
{
    struct signalling s = {session, number, 0};
    each_process(signal_one, &s);
    return s.count;
}

struct finding {
    char target[64];
    pid_t found;
};

static bool find_output(pid_t pid, void *arg)
{
    struct finding *f = arg;
    char path[32], target[sizeof f->target] = "";
    if (getsid(pid) != pid)
        return true;
    snprintf(path, sizeof path, "/proc/%d/fd/1", (int)pid);
    if (readlink(path, target, sizeof target - 1) < 0 || strcmp(target, f->target) != 0)
        return true;
    f->found = pid;
    return false;
}

pid_t session_of_output(ino_t pipe)
{
    struct finding f = {.found = 0};
    snprintf(f.target, sizeof f.target, "pipe:[%llu]", (unsigned long long)pipe);
    each_process(find_output, &f);
    return f.found;
}
