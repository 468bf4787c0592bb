/* cli.h - the command line: what verbs.def says, parsed; and words to the person who typed it.
 * Data goes to standard output, words to standard error. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>

enum { CLI_FAILED = 1, CLI_MISUSE = 2 }; /* exit status of a failed build, and of wrong use */

enum verb {
#define VERB(name, operands, least, most, summary) VERB_##name,
#define PROGRAM_VERB                               VERB
#define OPTION(verb, flag, value, field, help)
#include "verbs.def"
#undef VERB
#undef PROGRAM_VERB
#undef OPTION
    VERBS
};

struct cli {
    enum verb verb;
    char **operands; /* NULL-terminated; of `run`: the file, then the program's arguments */
    int operand_count;
    bool color, quiet;
    int level;               /* 0 or 2 */
    const char *threads;     /* NULL: not given; else a number from 1 to 256 */
    const char *nodes;       /* the same */
    const char *mem;         /* NULL: not given; the runtime reads it */
    char *labels;            /* the same, with commas between them */
    const char *trace;       /* NULL: not given */
    const char *checkpoints; /* NULL: not given */
    const char *chaos;       /* NULL: not given; the runtime reads it */
    bool interp, resume, stats, check, check_pure, json, strict, timings;
    const char *out;  /* NULL: not given */
    const char *emit; /* NULL: not given */
};

/* Parses argv in place. -1: go on with cli->verb; else the exit status, all said. */
int cli_parse(struct cli *cli, int argc, char **argv);

struct diags;

/* Prints messages in the form asked for, to where it belongs, and forgets them. */
void cli_report(const struct cli *, struct diags *);
/* `error: ...` or `hint: ...` and a newline to standard error. */
void cli_error(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void cli_hint(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines that may hold colours, as they are or without; nothing with -q. */
void cli_warn(const struct cli *cli, const char *lines);
/* A word on what was done, unless -q. */
void cli_note(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* True if `path` can be a program: a file that can be read, named *.dfl. Else says what is wrong.
 */
bool cli_is_program(const struct cli *cli, const char *path);
/* The same for the first `count` operands; says it of each. */
bool cli_are_programs(const struct cli *cli, int count);

#endif
