/* cli.c - read from the bottom: cli_parse() goes through argv once, by the rows of verbs.def. */
#include "cli.h"
#include "diag.h"
#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- words --------------------------------------------------------------------------------- */

/* Messages for machines are what `dfl check` is asked for; the other verbs have other results. */
static FILE *json_out(const struct cli *cli)
{
    return cli->verb == VERB_check ? stdout : stderr;
}

static void say_json(const struct cli *cli, const char *severity, const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        return;
    diag_json_plain(severity, text, json_out(cli));
    free(text);
}

static void say(const struct cli *cli, const char *paint, const char *severity, const char *format,
                va_list args)
{
    if (cli->json) {
        say_json(cli, severity, format, args);
        return;
    }
    fflush(stdout);
    fprintf(stderr, "%s%s:%s ", cli->color ? paint : "", severity, cli->color ? "\033[0m" : "");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void cli_report(const struct cli *cli, struct diags *diags)
{
    if (cli->json)
        diag_json(diags, json_out(cli));
    else
        diag_print(diags, stderr);
}

void cli_error(const struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(cli, "\033[1;31m", "error", format, args);
    va_end(args);
}

void cli_hint(const struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(cli, "\033[1;36m", "hint", format, args);
    va_end(args);
}

void cli_warn(const struct cli *cli, const char *lines)
{
    fflush(stdout);
    while (!cli->quiet && *lines) {
        size_t plain = strcspn(lines, "\033"), color = strcspn(lines + plain, "m");
        color += lines[plain + color] != 0;
        fwrite(lines, 1, plain + (cli->color ? color : 0), stderr);
        lines += plain + color;
    }
}

void cli_note(const struct cli *cli, const char *format, ...)
{
    if (cli->quiet)
        return;
    va_list args;
    va_start(args, format);
    if (cli->json) {
        say_json(cli, "note", format, args);
    } else {
        fflush(stdout);
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
    }
    va_end(args);
}

/* ---- options ------------------------------------------------------------------------------- */

static bool set_level(struct cli *cli, const char *value)
{
    if (strcmp(value, "0") != 0 && strcmp(value, "2") != 0) {
        cli_error(cli, "there is no optimisation level '%s'", value);
        cli_hint(cli, "-O0 and -O2 are the levels");
        return false;
    }
    cli->level = value[0] - '0';
    return true;
}

/* A number from 1 to 256. */
static bool set_count(struct cli *cli, const char *flag, const char *what, const char *value,
                      const char **out)
{
    char *end;
    errno = 0;
    long n = strtol(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || n < 1 || n > 256) {
        cli_error(cli, "'%s' is not a number of %s", value, what);
        cli_hint(cli, "%s takes a number from 1 to 256", flag);
        return false;
    }
    *out = value;
    return true;
}

static bool set_threads(struct cli *cli, const char *value)
{
    return set_count(cli, "--threads", "threads", value, &cli->threads);
}

static bool set_nodes(struct cli *cli, const char *value)
{
    return set_count(cli, "--nodes", "nodes", value, &cli->nodes);
}

static bool set_mem(struct cli *cli, const char *value)
{
    cli->mem = value;
    return true;
}

/* The runtime knows which nodes there are. */
static bool set_label(struct cli *cli, const char *value)
{
    char *all;
    if (asprintf(&all, "%s%s%s", cli->labels ? cli->labels : "", cli->labels ? "," : "", value) < 0)
        return false;
    free(cli->labels);
    cli->labels = all;
    return true;
}

static bool set_trace(struct cli *cli, const char *value)
{
    cli->trace = value;
    return true;
}

static bool set_checkpoints(struct cli *cli, const char *value)
{
    cli->checkpoints = value;
    return true;
}

static bool set_resume(struct cli *cli, const char *value)
{
    (void)value;
    return cli->resume = true;
}

static bool set_chaos(struct cli *cli, const char *value)
{
    cli->chaos = value;
    return true;
}

static bool set_interp(struct cli *cli, const char *value)
{
    (void)value;
    return cli->interp = true;
}

static bool set_check_pure(struct cli *cli, const char *value)
{
    (void)value;
    return cli->check_pure = true;
}

static bool set_timings(struct cli *cli, const char *value)
{
    (void)value;
    return cli->timings = true;
}

static bool set_stats(struct cli *cli, const char *value)
{
    (void)value;
    return cli->stats = true;
}

static bool set_check(struct cli *cli, const char *value)
{
    (void)value;
    return cli->check = true;
}

static bool set_json(struct cli *cli, const char *value)
{
    (void)value;
    return cli->json = true;
}

static bool set_strict(struct cli *cli, const char *value)
{
    (void)value;
    return cli->strict = true;
}

static bool set_out(struct cli *cli, const char *value)
{
    if (!value[0]) {
        cli_error(cli, "-o needs the name of a file");
        return false;
    }
    cli->out = value;
    return true;
}

static bool set_emit(struct cli *cli, const char *value)
{
    static const char *const stages[] = {"ast", "dir", "llvm", "asm", "obj"};
    struct nearest near = {0};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        if (strcmp(value, stages[i]) == 0) {
            cli->emit = stages[i];
            return true;
        }
        nearest_offer(&near, value, stages[i]);
    }
    cli_error(cli, "there is no stage '%s' to emit", value);
    if (near.best)
        cli_hint(cli, "did you mean '%s'?", near.best);
    else
        cli_hint(cli, "the stages are ast, dir, llvm, asm and obj");
    return false;
}

static bool set_color(struct cli *cli, const char *value)
{
    const char *term = getenv("TERM"), *never = getenv("NO_COLOR");
    if (strcmp(value, "always") == 0)
        cli->color = true;
    else if (strcmp(value, "never") == 0)
        cli->color = false;
    else if (strcmp(value, "auto") == 0)
        cli->color =
            isatty(STDERR_FILENO) && !(never && never[0]) && !(term && strcmp(term, "dumb") == 0);
    else {
        cli_error(cli, "'%s' does not say when to use colour", value);
        cli_hint(cli, "--color takes auto, always or never");
        return false;
    }
    return true;
}

static bool set_quiet(struct cli *cli, const char *value)
{
    (void)value;
    return cli->quiet = true;
}

/* ---- the table ----------------------------------------------------------------------------- */

static const struct verb_row {
    const char *name, *operands;
    int least, most;
    const char *summary;
    bool program; /* all behind the first operand is the program's */
} verbs[] = {
#define VERB(name, operands, least, most, summary) {#name, operands, least, most, summary, false},
#define PROGRAM_VERB(name, operands, least, most, summary)                                         \
    {#name, operands, least, most, summary, true},
#define OPTION(verb, flag, value, field, help)
#include "verbs.def"
#undef VERB
#undef PROGRAM_VERB
#undef OPTION
};

static const struct option_row {
    enum verb verb; /* VERBS: of every verb */
    const char *flag, *value;
    bool (*set)(struct cli *, const char *value);
    const char *help;
} options[] = {
#define VERB(name, operands, least, most, summary)
#define PROGRAM_VERB                           VERB
#define OPTION(verb, flag, value, field, help) {VERB_##verb, flag, value, set_##field, help},
#include "verbs.def"
#undef VERB
#undef PROGRAM_VERB
#undef OPTION
    {VERBS, "--color", "auto|always|never", set_color, "colours in messages (default: auto)"},
    {VERBS, "-q", NULL, set_quiet, "say nothing but errors"},
};
enum { OPTIONS = sizeof options / sizeof *options };

static bool belongs(const struct option_row *o, enum verb verb)
{
    return o->verb == verb || o->verb == VERBS;
}

/* ---- help ---------------------------------------------------------------------------------- */

static void help_options(FILE *out, enum verb verb)
{
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_row *o = &options[i];
        if (o->verb != verb)
            continue;
        char left[48];
        bool letter = o->flag[1] != '-';
        snprintf(left, sizeof left, "%s%s%s", o->flag,
                 o->value && !(letter && o->flag[1] == 'O') ? " " : "", o->value ? o->value : "");
        fprintf(out, "  %-28s %s\n", left, o->help);
    }
}

static int help_all(FILE *out)
{
    fputs("dfl: a small typed language of futures\n\nusage: dfl VERB [OPTION...] FILE...\n\n", out);
    for (int i = 0; i < VERBS; i++)
        fprintf(out, "  %-7s %-18s %s\n", verbs[i].name, verbs[i].operands, verbs[i].summary);
    fputs("\noptions of every verb:\n", out);
    help_options(out, VERBS);
    fprintf(out, "  %-28s %s\n", "-h, --help", "help on a verb; the same as dfl help VERB");
    fprintf(out, "\n`dfl --version` prints the version. `--` ends the options.\n");
    return 0;
}

static int help_verb(enum verb verb)
{
    const struct verb_row *v = &verbs[verb];
    printf("%s\n\nusage: dfl %s [OPTION...] %s\n\n", v->summary, v->name, v->operands);
    help_options(stdout, verb);
    help_options(stdout, VERBS);
    if (v->program)
        printf("\nOptions stand before FILE; all that follows it goes to the program.\n");
    return 0;
}

/* ---- parsing ------------------------------------------------------------------------------- */

static int misuse(const struct cli *cli)
{
    if (cli->verb < VERBS)
        cli_note(cli, "usage: dfl %s [OPTION...] %s", verbs[cli->verb].name,
                 verbs[cli->verb].operands);
    return CLI_MISUSE;
}

/* The row of the option that `arg` spells; *value: what is attached to it, or NULL. */
static const struct option_row *option_find(enum verb verb, const char *arg, const char **value)
{
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_row *o = &options[i];
        size_t n = strlen(o->flag);
        if (!belongs(o, verb) || strncmp(arg, o->flag, n) != 0)
            continue;
        bool letter = o->flag[1] != '-';
        *value = !arg[n] ? NULL : letter ? arg + n : arg + n + 1;
        if (!arg[n] || (letter ? o->value != NULL : arg[n] == '='))
            return o;
    }
    return NULL;
}

static int option_unknown(const struct cli *cli, const char *arg)
{
    struct nearest near = {0};
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(arg, "="), arg);
    nearest_offer(&near, name, "--help");
    for (int i = 0; i < OPTIONS; i++)
        if (belongs(&options[i], cli->verb))
            nearest_offer(&near, name, options[i].flag);
    cli_error(cli, "`dfl %s` has no option '%s'", verbs[cli->verb].name, arg);
    if (near.best)
        cli_hint(cli, "did you mean '%s'?", near.best);
    else
        cli_hint(cli, "`dfl help %s` lists its options", verbs[cli->verb].name);
    return misuse(cli);
}

/* Takes the option at argv[*at], and its value. -1, or the exit status. */
static int option_take(struct cli *cli, char **argv, int *at)
{
    const char *arg = argv[*at], *value = NULL;
    if (strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0)
        return help_verb(cli->verb);
    const struct option_row *o = option_find(cli->verb, arg, &value);
    if (!o)
        return option_unknown(cli, arg);
    if (value && !o->value) {
        cli_error(cli, "option '%s' takes no value", o->flag);
        return misuse(cli);
    }
    if (o->value && !value) {
        value = argv[++*at];
        if (!value) {
            cli_error(cli, "option '%s' needs a value: %s", o->flag, o->value);
            return misuse(cli);
        }
    }
    return o->set(cli, value ? value : "") ? -1 : misuse(cli);
}

/* -1, or the exit status. */
static int verb_find(struct cli *cli, const char *name)
{
    const char *value;
    if (name[0] == '-' && option_find(VERBS, name, &value)) {
        cli_error(cli, "option '%s' stands before the verb", name);
        cli_hint(cli, "write it behind: dfl VERB %s ...", name);
        return CLI_MISUSE;
    }
    struct nearest near = {0};
    for (int i = 0; i < VERBS; i++) {
        if (strcmp(name, verbs[i].name) == 0) {
            cli->verb = i;
            return -1;
        }
        nearest_offer(&near, name, verbs[i].name);
    }
    if (name[0] == '-') {
        near = (struct nearest){0};
        nearest_offer(&near, name, "--version");
        nearest_offer(&near, name, "--help");
    }
    cli->verb = VERBS;
    size_t n = strlen(name);
    cli_error(cli, name[0] == '-' ? "there is no option '%s'" : "there is no verb '%s'", name);
    if (n > 4 && strcmp(name + n - 4, ".dfl") == 0)
        cli_hint(cli, "to run a program: dfl run %s", name);
    else if (near.best)
        cli_hint(cli, "did you mean 'dfl %s'?", near.best);
    else
        cli_hint(cli, "`dfl help` lists the verbs");
    return CLI_MISUSE;
}

/* `words`: what follows `help`, to a NULL. */
static int help(struct cli *cli, char **words)
{
    if (!words[0])
        return help_all(stdout);
    int status = verb_find(cli, words[0]);
    if (status < 0 && words[1]) {
        cli_error(cli, "`dfl help` takes one verb; '%s' is one more", words[1]);
        return CLI_MISUSE;
    }
    return status < 0 ? help_verb(cli->verb) : status;
}

static int count_check(const struct cli *cli)
{
    const struct verb_row *v = &verbs[cli->verb];
    if (cli->operand_count < v->least) {
        cli_error(cli, "`dfl %s` needs a file", v->name);
        return misuse(cli);
    }
    if (v->most && cli->operand_count > v->most) {
        cli_error(cli, "`dfl %s` takes one %s; '%s' is one more", v->name,
                  cli->verb == VERB_explain ? "code" : "file", cli->operands[v->most]);
        return misuse(cli);
    }
    return -1;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
    *cli = (struct cli){.level = 2, .verb = VERBS, .operands = argv};
    set_color(cli, "auto");
    if (argc < 2) {
        help_all(stderr);
        return CLI_MISUSE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("dfl %s\n", DFL_VERSION);
        return 0;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return help(cli, argv + 2);
    int status = verb_find(cli, argv[1]);
    bool ended = false;
    for (int at = 2; status < 0 && at < argc; at++) {
        if (!ended && strcmp(argv[at], "--") == 0)
            ended = true;
        else if (!ended && argv[at][0] == '-' && argv[at][1])
            status = option_take(cli, argv, &at);
        else {
            cli->operands[cli->operand_count++] = argv[at];
            ended |= verbs[cli->verb].program;
        }
        /* `run FILE -- x`: the `--` is the program's, so nothing more is looked at */
        if (verbs[cli->verb].program && cli->operand_count == 1 && status < 0) {
            while (++at < argc)
                cli->operands[cli->operand_count++] = argv[at];
        }
    }
    if (status < 0)
        status = count_check(cli);
    cli->operands[cli->operand_count] = NULL;
    return status;
}

/* ---- files --------------------------------------------------------------------------------- */

/* Hints at the file of the same folder whose name is nearest. */
static void hint_file(const struct cli *cli, const char *path)
{
    const char *slash = strrchr(path, '/');
    int head = slash ? (int)(slash - path) + 1 : 0;
    char folder[4096];
    if (snprintf(folder, sizeof folder, "%.*s", head, path) >= (int)sizeof folder)
        return;
    DIR *d = opendir(head ? folder : ".");
    if (!d)
        return;
    struct nearest near = {0};
    char best[256];
    for (struct dirent *e; (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n < 5 || strcmp(e->d_name + n - 4, ".dfl") != 0 || strcmp(e->d_name, path + head) == 0)
            continue;
        const char *before = near.best;
        nearest_offer(&near, path + head, e->d_name);
        if (near.best != before) {
            snprintf(best, sizeof best, "%s", e->d_name);
            near.best = best;
        }
    }
    closedir(d);
    if (near.best)
        cli_hint(cli, "did you mean '%s%s'?", folder, near.best);
}

bool cli_is_program(const struct cli *cli, const char *path)
{
    size_t n = strlen(path);
    struct stat st;
    if (stat(path, &st) != 0) {
        int cause = errno;
        cli_error(cli, "cannot read '%s': %s", path, strerror(cause));
        if (cause == ENOENT)
            hint_file(cli, path);
        return false;
    }
    if (S_ISDIR(st.st_mode)) {
        cli_error(cli, "'%s' is a folder, not a program", path);
        cli_hint(cli, "name a file in it, such as %s%smain.dfl", path,
                 path[n - 1] == '/' ? "" : "/");
        return false;
    }
    if (n < 5 || strcmp(path + n - 4, ".dfl") != 0) {
        cli_error(cli, "'%s' is not a dfl program", path);
        cli_hint(cli, "the name of a program ends in .dfl");
        return false;
    }
    bool is_allowed = eaccess(path, R_OK) == 0;
    if (!is_allowed || st.st_size > SOURCE_MAX) {
        cli_error(cli, "cannot read '%s': %s", path,
                  is_allowed ? SOURCE_TOO_LARGE : strerror(errno));
        return false;
    }
    return true;
}

bool cli_are_programs(const struct cli *cli, int count)
{
    bool good = true;
    for (int i = 0; i < count; i++)
        good &= cli_is_program(cli, cli->operands[i]);
    return good;
}
