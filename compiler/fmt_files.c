/* fmt_files.c - read from the bottom: each operand is a file, a folder or `-`; a file is written
 * only if it changes, as a draft that takes its place. */
#include "fmt_files.h"

#include "fmt.h"
#include "output.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_program_name(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".dfl") == 0;
}

/* The draft gets the rights of the file; a link stays, and what it leads to is written. */
static bool write_back(const struct cli *cli, struct arena *arena, const struct source *to)
{
    struct output o;
    struct stat st;
    char *real = realpath(to->path, NULL);
    const char *path = real ? arena_copy(arena, real, strlen(real)) : to->path;
    free(real);
    if (stat(path, &st) != 0 || !output_open(&o, cli, arena, path))
        return false;
    fchmod(fileno(o.file), st.st_mode & 07777);
    fwrite(to->text, 1, to->len, o.file);
    return output_keep(&o, true);
}

/* What is left to do with a formatted source. True if nothing is wrong. */
static bool deliver(const struct cli *cli, struct arena *arena, const struct source *from,
                    const struct source *to, bool is_stdin)
{
    bool is_same = from->len == to->len && memcmp(from->text, to->text, to->len) == 0;
    if (cli->check) {
        if (!is_same)
            printf("%s\n", is_stdin ? "-" : from->path);
        return is_same;
    }
    if (is_stdin)
        return fwrite(to->text, 1, to->len, stdout) == to->len;
    return is_same || write_back(cli, arena, to);
}

static bool format(const struct cli *cli, const char *path)
{
    struct arena arena = {0};
    struct intern names = {.arena = &arena};
    struct diags diags = {.arena = &arena, .last = &diags.first, .color = cli->color};
    const struct source *from = source_read(&arena, path, &diags), *to = NULL;
    if (from)
        to = fmt_source(&arena, &names, from, &diags);
    bool good = to && deliver(cli, &arena, from, to, strcmp(path, "-") == 0);
    if (diags.errors)
        cli_report(cli, &diags);
    else if (!to)
        cli_error(cli, "internal error: '%s' would not stay the same program; please report it",
                  path);
    arena_free(&arena);
    return good;
}

static bool format_path(const struct cli *cli, const char *path);

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The programs in a folder and the folders in it, in the order of their names. */
static bool format_folder(const struct cli *cli, const char *path)
{
    struct dirent **entries;
    struct arena arena = {0};
    int count = scandir(path, &entries, is_visible, alphasort);
    bool good = count >= 0;
    if (!good)
        cli_error(cli, "cannot read '%s': %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        struct stat st;
        bool has_slash = path[0] && path[strlen(path) - 1] == '/';
        const char *inner =
            arena_format(&arena, "%s%s%s", path, has_slash ? "" : "/", entries[i]->d_name);
        if (lstat(inner, &st) == 0 &&
            (S_ISDIR(st.st_mode) || (is_program_name(inner) && !S_ISLNK(st.st_mode))))
            good &= format_path(cli, inner);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    arena_free(&arena);
    return good;
}

static bool format_path(const struct cli *cli, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return format_folder(cli, path);
    return format(cli, path);
}

int fmt_files(const struct cli *cli)
{
    bool good = true;
    for (int i = 0; i < cli->operand_count; i++) {
        const char *path = cli->operands[i];
        struct stat st;
        bool is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
        if (strcmp(path, "-") != 0 && !is_folder)
            good &= cli_is_program(cli, path);
    }
    if (!good)
        return CLI_MISUSE;
    for (int i = 0; i < cli->operand_count; i++)
        good &= strcmp(cli->operands[i], "-") == 0 ? format(cli, "-")
                                                   : format_path(cli, cli->operands[i]);
    return good ? 0 : CLI_FAILED;
}
