/* target.c - the bytes as a file, and what holds for the messages about any file. */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void target_wrong(const char *text)
{
    fprintf(stderr, "wrong: %s\n", text);
    abort();
}

static int memory_file(void)
{
    static int file = -1;
    if (file < 0)
        file = memfd_create("input", MFD_CLOEXEC);
    if (file < 0)
        target_wrong("no file in memory");
    return file;
}

void target_open(struct target *t, const uint8_t *bytes, size_t len)
{
    int file = memory_file();
    if (ftruncate(file, 0) || pwrite(file, bytes, len, 0) != (ssize_t)len)
        target_wrong("cannot write the input");
    *t = (struct target){0};
    t->names.arena = t->diags.arena = &t->arena;
    t->diags.last = &t->diags.first;
    t->program = (struct program){
        .arena = &t->arena, .names = &t->names, .diags = &t->diags, .library = DFL_STDLIB};
    types_init(&t->program.types, &t->arena);
    t->path = arena_format(&t->arena, "/proc/self/fd/%d", file);
}

/* Every line that begins a message names a file; excerpts begin with a blank. */
static void check_places(const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (!strncmp(line, "dfl: ", 5)) {
            fputs(text, stderr);
            target_wrong("a message has no place");
        }
}

void target_close(struct target *t)
{
    char *text;
    size_t len;
    bool has_errors = t->diags.errors > 0;
    FILE *out = open_memstream(&text, &len);
    diag_print(&t->diags, out);
    fclose(out);
    if (has_errors && !strstr(text, "error[E"))
        target_wrong("errors are counted and not told");
    check_places(text);
    free(text);
    arena_free(&t->arena);
}
