/* main.c - the verbs of the command, and the stages of a compilation in order. Read from the
 * bottom: a verb makes a session, runs the stages that it needs, and stops after the first with
 * errors. */
#include "cache.h"
#include "check.h"
#include "checkpoint.h"
#include "cli.h"
#include "explain.h"
#include "fmt_files.h"
#include "code.h"
#include "extern.h"
#include "graph.h"
#include "home.h"
#include "interp.h"
#include "keeper.h"
#include "link.h"
#include "lower.h"
#include "output.h"
#include "process.h"
#include "temp.h"
#include "timings.h"
#include "traceread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASS(name, text) void pass_##name(struct ir_module *);
#include "passes/passes.def"
#undef PASS

/* ---- stages -------------------------------------------------------------------------------- */

/* One compilation. */
struct session {
    const struct cli *cli;
    struct arena arena;
    struct intern names;
    struct diags diags;
    struct program program;
    const char *warnings; /* told so far, with colours */
    const char *out;      /* what will be written; NULL: standard output, or nothing */
    bool is_misused;      /* that is a file of the program: refused, nothing is written */
};

static void session_open(struct session *s, const struct cli *cli)
{
    *s = (struct session){.cli = cli, .warnings = ""};
    s->names.arena = &s->arena;
    s->diags = (struct diags){
        .arena = &s->arena, .last = &s->diags.first, .color = cli->color, .is_strict = cli->strict};
    s->program.arena = &s->arena;
    s->program.names = &s->names;
    s->program.diags = &s->diags;
    s->program.library = home_path(&s->arena, "share/dfl/stdlib");
    types_init(&s->program.types, &s->arena);
}

static void session_close(struct session *s)
{
    extern_close(&s->program);
    arena_free(&s->arena);
}

/* Prints warnings, and keeps them: who runs the program from the cache is told again. */
static void stages_warn(struct session *s)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        return;
    struct diags colored = s->diags;
    colored.color = true;
    diag_print(&colored, f);
    if (fclose(f) == 0) {
        if (!s->cli->json)
            cli_warn(s->cli, text);
        s->warnings = arena_format(&s->arena, "%s%s", s->warnings, text);
    }
    free(text);
    if (s->cli->json && !s->cli->quiet)
        cli_report(s->cli, &s->diags);
    diag_forget(&s->diags);
}

/* Prints what was found; -q leaves out what does not stop the program. True: no errors. */
static bool stages_report(struct session *s)
{
    bool good = s->diags.errors == 0 && !(s->cli->strict && s->diags.warnings);
    if (good)
        stages_warn(s);
    else
        cli_report(s->cli, &s->diags);
    return good;
}

static bool is_same_file(const struct stat *st, const char *path)
{
    struct stat other;
    return stat(path, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

/* Refuses to write over what the program is made of. */
static bool stages_spare_sources(struct session *s)
{
    struct stat st;
    if (!s->out || stat(s->out, &st) != 0)
        return true;
    for (uint32_t i = 0; i < s->program.modules.count; i++)
        s->is_misused |= is_same_file(&st, s->program.modules.at[i]->source->path);
    for (const char *const *file = extern_named(&s->program); *file; file++)
        s->is_misused |= is_same_file(&st, *file);
    if (s->is_misused) {
        cli_error(s->cli, "'%s' is a file of the program, and would be lost", s->out);
        cli_hint(s->cli, "name another file with -o");
    }
    return !s->is_misused;
}

/* Reads, parses and checks. True if there were no errors; all messages are printed. The stages tell
 * different mistakes, and each passes over what was reported before. */
static bool stages_check(struct session *s, const char *path)
{
    names_load(&s->program, path);
    timings_lap(STAGE_read);
    check_types(&s->program);
    check_effects(&s->program);
    check_versions(&s->program);
    check_matches(&s->program);
    check_constants(&s->program);
    bool asked = extern_check(&s->program);
    check_uses(&s->program);
    bool good = stages_report(s) && asked;
    timings_lap(STAGE_check);
    return good && stages_spare_sources(s);
}

static bool has_main(struct session *s)
{
    if (s->program.main)
        return true;
    cli_error(s->cli, "'%s' has no `main`, so it cannot be run", s->program.root->source->path);
    cli_hint(s->cli, "a program starts at `io task main(args: [str]) -> int! { ... }`");
    return false;
}

/* Passes run at -O2. False after an internal error. */
static bool stages_optimise(struct session *s, struct ir_module *m)
{
    static const struct {
        const char *name;
        void (*run)(struct ir_module *);
    } passes[] = {
#define PASS(name, text) {#name, pass_##name},
#include "passes/passes.def"
#undef PASS
        {NULL, NULL},
    };
    const char *after = "lowering";
    for (int i = 0; ir_verify(m, stderr); i++) {
        if (s->cli->level == 0 || !passes[i].name)
            return true;
        passes[i].run(m);
        after = passes[i].name;
    }
    cli_error(s->cli, "internal error: the program is malformed after %s; please report it", after);
    return false;
}

/* DIR of a checked program. NULL after errors, which are printed. */
static struct ir_module *stages_lower(struct session *s)
{
    struct ir_module *m = lower_program(&s->program);
    bool good = stages_report(s) && m;
    timings_lap(STAGE_lower);
    good = good && stages_optimise(s, m);
    timings_lap(STAGE_passes);
    return good ? m : NULL;
}

/* From a file to objects, which objects_close() ends. False after errors, which are printed. */
static bool stages_objects(struct session *s, const char *path, const char *folder,
                           struct objects *objects)
{
    struct ir_module *m = stages_check(s, path) && has_main(s) ? stages_lower(s) : NULL;
    bool good = m && code_objects(s->cli, m, folder, objects);
    timings_lap(STAGE_code);
    return good;
}

/* Links objects with the runtime and what the program has of C. */
static enum link_end stages_link(struct session *s, const struct objects *objects, const char *out)
{
    const char *const *words = extern_link_words(&s->program), *said;
    struct link link = {.objects = objects_paths(objects, &s->arena), .extra = words, .out = out};
    link.runtime = home_path(&s->arena, "lib/dfl/libdfl.a");
    enum link_end end = words ? link_program(&link, &s->arena, &said) : LINK_FAILED;
    if (end == LINK_FAILED && words && !extern_report_link(&s->program, said))
        fputs(said, stderr);
    if (end == LINK_FAILED)
        stages_report(s);
    timings_lap(STAGE_link);
    return end;
}

/* Makes C functions callable for the interpreter. */
static bool stages_load(struct session *s)
{
    return extern_load(&s->program) || (stages_report(s) && false);
}

/* ---- run ----------------------------------------------------------------------------------- */

/* The interpreter is one thread of one process, without a scheduler. */
static bool interp_allows(const struct cli *cli)
{
    const char *flag = cli->nodes    ? "--nodes"
                       : cli->chaos  ? "--chaos"
                       : cli->labels ? "--label"
                       : cli->stats  ? "--stats"
                       : cli->trace  ? "--trace"
                                     : NULL;
    if (!flag)
        return true;
    cli_error(cli, "--interp and %s do not go together", flag);
    cli_hint(cli, "the interpreter has one process and no scheduler; leave one of them out");
    return false;
}

static bool spawns_kept(const struct func *f)
{
    for (uint32_t i = 0; i < f->calls.count; i++) {
        const struct call_site *site = &f->calls.at[i];
        if (site->spawned && site->target && site->target->func && site->target->func->keeps)
            return true;
    }
    return false;
}

/* What the runtime does at the start of a compiled program, for results that are kept. */
static void interp_keep(const struct session *s)
{
    const char *folder = getenv("DFL_CHECKPOINTS"), *resume = getenv("DFL_RESUME");
    bool resumes = resume && strcmp(resume, "1") == 0, is_used = false;
    for (uint32_t i = 0; i < s->program.modules.count; i++)
        for (uint32_t k = 0; k < s->program.modules.at[i]->funcs.count; k++)
            is_used |= spawns_kept(s->program.modules.at[i]->funcs.at[k]->func);
    checkpoint_init(folder && *folder ? folder : NULL, resumes);
    if (resumes)
        checkpoint_announce(is_used);
}

static int run_interp(const struct cli *cli)
{
    if (!interp_allows(cli))
        return CLI_MISUSE;
    struct session s;
    session_open(&s, cli);
    int status = CLI_FAILED;
    const struct interp_options options = {
        .check_leaks = getenv("DFL_CHECK") != NULL, .check_pure = cli->check_pure, .keeps = true};
    if (stages_check(&s, cli->operands[0]) && has_main(&s) && stages_load(&s)) {
        interp_keep(&s);
        status = interp_run(&s.program, cli->operand_count - 1, cli->operands + 1, &options);
    }
    timings_lap(STAGE_run);
    session_close(&s);
    return status;
}

/* The files that the program was made of, and those that would have come before the library's. */
static struct cache_inputs inputs_of(struct session *s)
{
    struct cache_inputs in = {.warnings = s->warnings};
    const char *root = s->program.root->source->path, *slash = strrchr(root, '/');
    int folder = slash ? (int)(slash - root) + 1 : 0;
    for (uint32_t i = 0; i < s->program.modules.count; i++) {
        const struct module *m = s->program.modules.at[i];
        struct cache_source one = {m->source->path, m->source->text, m->source->len};
        vec_push(&s->arena, &in.sources, one);
        if (m->is_std)
            vec_push(&s->arena, &in.absent,
                     arena_format(&s->arena, "%.*s%s.dfl", folder, root, m->name));
    }
    struct extern_inputs of_c = extern_inputs(&s->program);
    for (; *of_c.files; of_c.files++)
        vec_push(&s->arena, &in.files, *of_c.files);
    for (; *of_c.absent; of_c.absent++)
        vec_push(&s->arena, &in.absent, *of_c.absent);
    return in;
}

/* Links to a file of the cache, whose path is *path then. With LINK_NO_ROOM errno tells why. */
static enum link_end run_link(struct session *s, struct cache *cache, const struct objects *objects,
                              const char **path)
{
    const char *draft = cache_draft(cache);
    temp_watch(draft);
    enum link_end end = stages_link(s, objects, draft);
    if (end == LINK_DONE) {
        struct cache_inputs in = inputs_of(s);
        *path = cache_keep(cache, draft, &in);
        end = *path ? LINK_DONE : LINK_NO_ROOM;
    }
    int why = errno;
    temp_remove(draft);
    errno = why;
    return end;
}

/* The same, or if there is no room, to a temporary folder. NULL after what was said. */
static const char *run_link_anywhere(struct session *s, struct cache *cache,
                                     const struct objects *objects)
{
    const char *path = NULL, *folder = cache->folder;
    enum link_end end = run_link(s, cache, objects, &path);
    if (end == LINK_NO_ROOM && !cache->scratch) {
        cli_note(s->cli, "no room in '%s' (%s): until there is, each run compiles the program anew",
                 folder, strerror(errno));
        if (!cache_leave(cache))
            return NULL;
        end = run_link(s, cache, objects, &path);
    }
    if (end == LINK_NO_ROOM) {
        cli_error(s->cli, "no room for the program in '%s': %s", cache->folder, strerror(errno));
        cli_hint(s->cli, "make room, or set TMPDIR to a folder that has some");
    }
    return path;
}

/* Compiles to the cache. Path of the executable, or NULL after what was said. */
static const char *run_build(struct cache *cache, const struct cli *cli)
{
    struct session s;
    session_open(&s, cli);
    struct objects objects;
    const char *path = NULL;
    if (stages_objects(&s, cli->operands[0], cache->scratch ? NULL : cache->folder, &objects)) {
        path = run_link_anywhere(&s, cache, &objects);
        objects_close(&objects);
    }
    session_close(&s);
    return path;
}

/* Tells the warnings of a program from the cache again. False: they stop it. */
static bool run_warn(const struct cli *cli, const char *warnings)
{
    if (!*warnings || !(cli->json || cli->strict)) {
        cli_warn(cli, warnings);
        return true;
    }
    struct session s;
    session_open(&s, cli);
    bool good = stages_check(&s, cli->operands[0]);
    session_close(&s);
    return good;
}

static int verb_run(const struct cli *cli)
{
    const char *file = cli->operands[0];
    if (!cli_is_program(cli, file))
        return CLI_MISUSE;
    if (cli->check_pure)
        setenv("DFL_CHECK_PURE", "1", 1);
    if (cli->resume)
        setenv("DFL_RESUME", "1", 1);
    if (cli->checkpoints)
        setenv("DFL_CHECKPOINTS", cli->checkpoints, 1);
    if (cli->interp)
        return run_interp(cli);
    if (cli->threads)
        setenv("DFL_THREADS", cli->threads, 1);
    if (cli->nodes)
        setenv("DFL_NODES", cli->nodes, 1);
    if (cli->labels)
        setenv("DFL_LABELS", cli->labels, 1);
    if (cli->mem)
        setenv("DFL_MEM", cli->mem, 1);
    if (cli->chaos)
        setenv("DFL_CHAOS", cli->chaos, 1);
    if (cli->trace)
        setenv("DFL_TRACE", cli->trace, 1);
    if (cli->stats)
        setenv("DFL_STATS", "1", 1);
    struct arena arena = {0};
    struct cache cache;
    const char *options =
        arena_format(&arena, "O%d%s", cli->level, cli->check_pure || cli->trace ? " records" : "");
    if (!cache_open(&cache, &arena, file, options))
        return CLI_FAILED;
    const char *warnings, *path = cache_find(&cache, &warnings);
    timings_lap(STAGE_cache);
    if (!path)
        path = run_build(&cache, cli);
    else if (!run_warn(cli, warnings))
        path = NULL;
    if (path) {
        timings_print(cli->json);
        cache_exec(&cache, path, cli->operands);
        cli_error(cli, "cannot start '%s': %s", path, strerror(errno));
    }
    cache_close(&cache);
    arena_free(&arena);
    return CLI_FAILED;
}

/* ---- build --------------------------------------------------------------------------------- */

/* The file's name without .dfl, here. */
static const char *out_default(struct arena *a, const char *file)
{
    const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    return arena_format(a, "%.*s", (int)strlen(name) - 4, name);
}

static bool build_emit(struct session *s, FILE *out)
{
    if (!stages_check(s, s->cli->operands[0]))
        return false;
    if (strcmp(s->cli->emit, "ast") == 0) {
        ast_print(s->program.root->tree, out);
        return true;
    }
    struct ir_module *m = has_main(s) ? stages_lower(s) : NULL;
    if (m && strcmp(s->cli->emit, "dir") == 0)
        ir_print(m, out);
    else if (m)
        return code_print(s->cli, m, s->cli->emit, out);
    return m != NULL;
}

static bool build_program(struct session *s, struct output *o)
{
    const char *folder = cache_folder(&s->arena);
    struct objects objects;
    if (!stages_objects(s, s->cli->operands[0], folder, &objects))
        return false;
    enum link_end end = stages_link(s, &objects, o->draft);
    if (end == LINK_NO_ROOM)
        output_refuse(o, errno);
    objects_close(&objects);
    if (folder)
        cache_trim(&s->arena, folder);
    return end == LINK_DONE;
}

static int verb_build(const struct cli *cli)
{
    if (!cli_is_program(cli, cli->operands[0]))
        return CLI_MISUSE;
    struct session s;
    session_open(&s, cli);
    const char *out = cli->out ? cli->out : out_default(&s.arena, cli->operands[0]);
    bool good;
    s.out = cli->emit ? cli->out : out;
    if (cli->emit && !cli->out) {
        good = build_emit(&s, stdout);
    } else {
        struct output o;
        good = output_open(&o, cli, &s.arena, out);
        if (good && cli->emit)
            good = output_keep(&o, build_emit(&s, o.file));
        else if (good)
            good = output_keep(&o, build_program(&s, &o));
        if (good)
            cli_note(cli, "wrote %s", out);
    }
    session_close(&s);
    return good ? 0 : s.is_misused ? CLI_MISUSE : CLI_FAILED;
}

/* ---- check, test, fmt, explain, graph ------------------------------------------------------ */

static int verb_check(const struct cli *cli)
{
    bool good = true, is_misused = false;
    for (int i = 0; i < cli->operand_count; i++) {
        if (!cli_is_program(cli, cli->operands[i])) { /* which hides no mistake in the others */
            is_misused = true;
            continue;
        }
        struct session s;
        session_open(&s, cli);
        good &= stages_check(&s, cli->operands[i]);
        session_close(&s);
    }
    return is_misused ? CLI_MISUSE : good ? 0 : CLI_FAILED;
}

static bool is_program_name(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".dfl") == 0;
}

static int verb_test(const struct cli *cli)
{
    int files = cli->operand_count, status = 0;
    struct interp_options options = {.check_leaks = getenv("DFL_CHECK") != NULL, .json = cli->json};
    if (files > 1 && !is_program_name(cli->operands[files - 1]))
        options.filter = cli->operands[--files];
    options.name_files = files > 1;
    if (!cli_are_programs(cli, files))
        return CLI_MISUSE;
    for (int i = 0; i < files; i++) {
        struct session s;
        session_open(&s, cli);
        int one = stages_check(&s, cli->operands[i]) && stages_load(&s)
                      ? interp_test(&s.program, &options)
                      : CLI_FAILED;
        timings_lap(STAGE_run);
        status = one ? one : status;
        session_close(&s);
    }
    return status;
}

static int verb_fmt(const struct cli *cli)
{
    return fmt_files(cli);
}

static int verb_explain(const struct cli *cli)
{
    return explain(cli);
}

/* "dot", "svg" or "json" by the name of the output; NULL if it says none of them. */
static const char *graph_form(const char *out)
{
    const char *dot = out ? strrchr(out, '.') : ".dot";
    static const char *const forms[] = {"dot", "svg", "json"};
    for (size_t i = 0; dot && i < sizeof forms / sizeof *forms; i++)
        if (strcmp(dot + 1, forms[i]) == 0)
            return forms[i];
    return NULL;
}

static int verb_graph(const struct cli *cli)
{
    const char *form = graph_form(cli->out);
    if (!form) {
        cli_error(cli, "'%s' does not say what to draw", cli->out);
        cli_hint(cli, "its name must end in .svg, .dot or .json");
        return CLI_MISUSE;
    }
    if (!cli_is_program(cli, cli->operands[0]))
        return CLI_MISUSE;
    struct session s;
    session_open(&s, cli);
    bool good = stages_check(&s, cli->operands[0]);
    if (good && !cli->out) {
        good = graph_write(&s.program, form, stdout);
    } else if (good) {
        struct output o;
        good = output_open(&o, cli, &s.arena, cli->out) &&
               output_keep(&o, graph_write(&s.program, form, o.file));
    }
    session_close(&s);
    return good ? 0 : CLI_FAILED;
}

static int verb_trace(const struct cli *cli)
{
    const char *path = cli->operands[0];
    bool good = cli->json ? traceread_json(cli, path, stdout) : traceread_table(cli, path, stdout);
    return good ? 0 : CLI_FAILED;
}

/* ---- entry --------------------------------------------------------------------------------- */

/* 0, or 1 if what was printed did not arrive. */
static int close_stdout(const struct cli *cli)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    cli_error(cli, "cannot write to standard output: %s", strerror(errno));
    return CLI_FAILED;
}

int main(int argc, char **argv)
{
    static int (*const verbs[])(const struct cli *) = {
#define VERB(name, operands, least, most, summary) [VERB_##name] = verb_##name,
#define PROGRAM_VERB                               VERB
#define OPTION(verb, flag, value, field, help)
#include "verbs.def"
#undef VERB
#undef PROGRAM_VERB
#undef OPTION
    };
    keeper_main();
    process_hear_children();
    process_survive_file_limit();
    struct cli cli;
    int status = cli_parse(&cli, argc, argv);
    if (status < 0) {
        if (cli.timings)
            timings_begin();
        status = verbs[cli.verb](&cli);
        timings_print(cli.json);
    }
    int lost = close_stdout(&cli);
    return status ? status : lost;
}
