/* output.c - a folder, a device and a full disk are each told apart, by name. */
#include "output.h"
#include "temp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool output_refuse(const struct output *o, int cause)
{
    cli_error(o->cli, "cannot write '%s': %s", o->path, strerror(cause));
    if (cause == EACCES || cause == EROFS || cause == ENOENT || cause == ENOTDIR)
        cli_hint(o->cli, "-o names a file in a folder that is there and can be written");
    if (cause == ENOSPC || cause == EDQUOT || cause == EFBIG)
        cli_hint(o->cli, "make room, or name a file in another place with -o");
    return false;
}

/* True for a file that is not a plain one, such as /dev/stdout or a pipe: written in place. */
static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* Bytes of the path that its draft begins with: what comes behind has to fit into a name. */
static int draft_stem(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return (int)(name - path) + name_cut(name, 7);
}

bool output_open(struct output *o, const struct cli *cli, struct arena *a, const char *path)
{
    struct stat st;
    *o = (struct output){.cli = cli, .path = path, .draft = path};
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        cli_error(cli, "cannot write '%s': it is a folder", path);
        cli_hint(cli, "name another file with -o");
        return false;
    }
    if (!is_special(path)) {
        char *draft = arena_format(a, "%.*s.XXXXXX", draft_stem(path), path);
        int fd = mkstemp(draft);
        if (fd < 0)
            return output_refuse(o, errno);
        mode_t mask = umask(0);
        umask(mask);
        fchmod(fd, 0666 & ~mask);
        o->draft = draft;
        temp_watch(draft);
        o->file = fdopen(fd, "w");
    } else {
        o->file = fopen(path, "we");
    }
    return o->file ? true : output_refuse(o, errno);
}

bool output_keep(struct output *o, bool good)
{
    bool is_draft = o->draft != o->path;
    bool written = !ferror(o->file);
    written &= fclose(o->file) == 0;
    if (good && !written)
        good = output_refuse(o, errno);
    if (good && is_draft && rename(o->draft, o->path) != 0)
        good = output_refuse(o, errno);
    if (!is_draft)
        return good;
    if (good)
        temp_forget(o->draft);
    else
        temp_remove(o->draft);
    return good;
}
