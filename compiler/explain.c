/* explain.c - the page of a code is share/dfl/explain/E0123.md: what the code means, a wrong
 * program with its message, a right one. A terminal gets it without the signs of Markdown. */
#include "explain.h"

#include "diag.h"
#include "home.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
    int code;
    const char *title;
} rows[] = {
#define DIAG(code, name, title) {code, title},
#include "diag.def"
#undef DIAG
};
enum { ROWS = sizeof rows / sizeof *rows };

static int list_print(void)
{
    for (int i = 0; i < ROWS; i++)
        printf("E%04d  %s\n", rows[i].code, rows[i].title);
    return 0;
}

/* Prints lines of a page: the title without `# `, and what stands between fences indented. */
static void page_print(FILE *page)
{
    char *line = NULL;
    size_t size = 0;
    bool is_code = false;
    while (getline(&line, &size, page) > 0) {
        bool is_fence = strncmp(line, "```", 3) == 0;
        is_code ^= is_fence;
        if (is_fence)
            continue;
        bool is_title = !is_code && strncmp(line, "# ", 2) == 0;
        printf("%s%s", is_code && line[0] != '\n' ? "    " : "", line + (is_title ? 2 : 0));
    }
    free(line);
}

/* The code that `text` spells as E0123, e123 or 123; -1 if it is none. */
static int code_read(const char *text)
{
    const char *digits = text + (*text == 'E' || *text == 'e');
    size_t len = strspn(digits, "0123456789");
    return !len || digits[len] || len > 6 ? -1 : atoi(digits);
}

static const struct row *row_find(int code)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

/* Hints at the code whose digits are nearest, of several the one nearest in number. */
static void hint_nearest(const struct cli *cli, int code)
{
    const struct row *best = NULL;
    uint32_t least = UINT32_MAX;
    char name[16];
    snprintf(name, sizeof name, "E%04d", code);
    for (int i = 0; i < ROWS; i++) {
        char candidate[16];
        struct nearest near = {0};
        snprintf(candidate, sizeof candidate, "E%04d", rows[i].code);
        nearest_offer(&near, name, candidate);
        bool is_nearer =
            near.distance < least ||
            (near.distance == least && best && abs(rows[i].code - code) < abs(best->code - code));
        if (!near.best || !is_nearer)
            continue;
        best = &rows[i];
        least = near.distance;
    }
    if (best)
        cli_hint(cli, "did you mean E%04d: %s?", best->code, best->title);
    cli_hint(cli, "`dfl explain` lists the codes");
}

int explain(const struct cli *cli)
{
    if (!cli->operand_count)
        return list_print();
    const char *operand = cli->operands[0];
    int code = code_read(operand);
    if (!row_find(code)) {
        cli_error(cli, "there is no code '%s'", operand);
        if (code >= 0)
            hint_nearest(cli, code);
        else
            cli_hint(cli, "a code looks like E0200; `dfl explain` lists them");
        return CLI_MISUSE;
    }
    struct arena arena = {0};
    const char *path = home_path(&arena, arena_format(&arena, "share/dfl/explain/E%04d.md", code));
    FILE *page = fopen(path, "re");
    if (page)
        page_print(page);
    else
        cli_error(cli, "cannot read '%s': %s", path, strerror(errno));
    bool is_read = page != NULL;
    if (page)
        fclose(page);
    arena_free(&arena);
    return is_read ? 0 : CLI_FAILED;
}
