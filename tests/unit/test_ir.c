/* test_ir.c - DIR as text, what ir_verify() finds, and the passes: each golden/ir/NAME.dir must
 * print as it is, and become NAME.PASS, if that is there, by the pass of that name. */
#include "runner.h"

#include <dirent.h>
#include <stdarg.h>

#include "ir_order.h"

#define PASS(name, text) void pass_##name(struct ir_module *);
#include "passes/passes.def"
#undef PASS

static const struct {
    const char *name;
    void (*run)(struct ir_module *);
} passes[] = {
#define PASS(name, text) {#name, pass_##name},
#include "passes/passes.def"
#undef PASS
};

struct reading {
    struct arena arena;
    struct intern names;
    struct diags diags;
    struct type_table types;
    struct ir_module *module; /* NULL: the text is not DIR */
};

static void read_text(struct reading *r, const char *text)
{
    *r = (struct reading){0};
    r->names.arena = &r->arena;
    r->diags = (struct diags){.arena = &r->arena, .last = &r->diags.first};
    types_init(&r->types, &r->arena);
    const struct source *source = source_make(&r->arena, "test.dir", text, strlen(text));
    r->module = ir_parse(&r->arena, &r->types, &r->names, source, &r->diags);
}

static char *printed(const struct ir_module *m)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ir_print(m, out);
    fclose(out);
    return text;
}

/* ---- golden files ---- */

static const char *folder(struct arena *arena)
{
    const char *slash = strrchr(__FILE__, '/');
    return arena_format(arena, "%.*s/../golden/ir", (int)(slash - __FILE__), __FILE__);
}

static char *contents(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *in = fopen(path, "re");
    if (in && getdelim(&text, &size, 0, in) < 0)
        ck_abort_msg("%s is empty", path);
    if (in)
        fclose(in);
    return text;
}

static void check_passes(const char *stem, const char *text)
{
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        char *wanted = contents(arena_format(&arena, "%s.%s", stem, passes[i].name));
        if (!wanted)
            continue;
        struct reading r;
        read_text(&r, text);
        passes[i].run(r.module);
        ck_assert(ir_verify(r.module, stderr));
        char *got = printed(r.module);
        ck_assert_str_eq(got, wanted);
        free(got);
        free(wanted);
        arena_free(&r.arena);
    }
    arena_free(&arena);
}

static void check_file(const char *path)
{
    struct reading r;
    char *text = contents(path);
    read_text(&r, text);
    diag_print(&r.diags, stderr);
    ck_assert_msg(r.module != NULL, "%s is not read", path);
    ck_assert(ir_verify(r.module, stderr));
    char *got = printed(r.module);
    ck_assert_str_eq(got, text);
    check_passes(arena_copy(&r.arena, path, strlen(path) - strlen(".dir")), text);
    free(got);
    free(text);
    arena_free(&r.arena);
}

START_TEST(golden_files_print_as_they_are_and_pass)
{
    struct arena arena = {0};
    DIR *open = opendir(folder(&arena));
    ck_assert_ptr_nonnull(open);
    int count = 0;
    for (struct dirent *e; (e = readdir(open));) {
        const char *dot = strrchr(e->d_name, '.');
        if (!dot || strcmp(dot, ".dir"))
            continue;
        check_file(arena_format(&arena, "%s/%s", folder(&arena), e->d_name));
        count++;
    }
    ck_assert_int_ge(count, 3);
    closedir(open);
    arena_free(&arena);
}
END_TEST

/* ---- order ---- */

enum { BLOCKS = 12 };

/* Whether `to` is reached from the entry without going through `without`. */
static bool reaches(const int (*targets)[2], int to, int without)
{
    bool seen[BLOCKS] = {[0] = without != 0};
    for (int round = 0; round < BLOCKS; round++)
        for (int i = 0; i < BLOCKS; i++)
            for (int t = 0; t < 2 && seen[i]; t++)
                seen[targets[i][t]] |= targets[i][t] != without;
    return seen[to];
}

/* Blocks that branch anywhere, loops with several entries among them. */
START_TEST(dominators_are_what_cannot_be_gone_around)
{
    int targets[BLOCKS][2];
    uint32_t random = (uint32_t)_i * 2654435761u + 1;
    struct reading r;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "fn @f(%%b: bool) -> int {\n");
    for (int i = 0; i < BLOCKS; i++) {
        for (int t = 0; t < 2; t++) {
            random = random * 1664525 + 1013904223;
            targets[i][t] = 1 + (random >> 16) % (BLOCKS - 1);
        }
        fprintf(out, "^%d:\n br_if %%b, ^%d, ^%d\n", i, targets[i][0], targets[i][1]);
    }
    fprintf(out, "}\n");
    fclose(out);
    read_text(&r, text);
    ck_assert_ptr_nonnull(r.module);
    struct ir_order o;
    ir_order_make(&o, &r.arena, r.module->funcs.at[0]);
    for (uint32_t a = 0; a < o.blocks.count; a++)
        for (uint32_t b = 0; b < o.blocks.count; b++)
            ck_assert_int_eq(ir_dominates(&o, a, b),
                             a == b || !reaches(targets, o.blocks.at[b]->id, o.blocks.at[a]->id));
    arena_free(&r.arena);
    free(text);
}
END_TEST

/* ---- passes on large functions ---- */

/* fn @NAME(), of `values` operations, some of them a call of each name that follows, to NULL. */
static void write_function(FILE *out, const char *name, int values, ...)
{
    va_list names;
    fprintf(out, "fn @%s() -> int {\n^0:\n", name);
    va_start(names, values);
    int id = 0;
    for (const char *callee; (callee = va_arg(names, const char *)); id++)
        fprintf(out, "%%%d: int = call @%s() nofail\n", id, callee);
    va_end(names);
    for (; id < values - 1; id++)
        fprintf(out, "%%%d: int = const_int 0\n", id);
    fprintf(out, "ret %%%d\n}\n", id - 1);
}

static bool is_apart(const struct ir_module *m, const char *name)
{
    for (uint32_t i = 0; i < m->funcs.count; i++)
        if (strcmp(m->funcs.at[i]->name, name) == 0)
            return m->funcs.at[i]->apart;
    ck_abort_msg("no function %s", name);
    return false;
}

START_TEST(a_function_takes_in_only_so_much)
{
    struct reading r;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    write_function(out, "one", 150, NULL);
    write_function(out, "two", 150, NULL);
    write_function(out, "three", 150, NULL);
    write_function(out, "many", 500, NULL);
    write_function(out, "middle", 20, "one", "two", "many", "many", NULL);
    write_function(out, "few", 30, NULL);
    write_function(out, "full", 395, "few", NULL);
    write_function(out, "upper", 100, "middle", "three", NULL);
    write_function(out, "rounds", 500, "rounds", NULL);
    fclose(out);
    read_text(&r, text);
    ck_assert_ptr_nonnull(r.module);
    pass_apart(r.module);
    ck_assert(!is_apart(r.module, "one") && !is_apart(r.module, "two"));
    ck_assert_msg(!is_apart(r.module, "many"), "it has two callers");
    ck_assert_msg(is_apart(r.module, "middle"), "with all in it, it is too large for another");
    ck_assert_msg(!is_apart(r.module, "three"), "there is room for it");
    ck_assert_msg(!is_apart(r.module, "few"), "it is small, so that it may go anywhere");
    ck_assert_msg(!is_apart(r.module, "rounds"), "it is its own caller");
    arena_free(&r.arena);
    free(text);
}
END_TEST

/* ---- what is refused ---- */

static const char *const not_dir[] = {
    "fn @f() -> int {",
    "fn @f() -> int { ^0: ret %1 }",
    "fn @f() -> int { ^0: %1: int = const_int 1 ret %1 ^0: ret %1 }",
    "fn @f() -> Doc { ^0: unreachable }",
    "fn @f() -> int { ^0: %1: int = nonsense\n ret %1 }",
    "fn @f() -> int { ^0: %1: int = const_int 1\n br ^1 }",
    "fn @f() -> int { ^0: %1: int = call @g()\n ret %1 }",
    "fn @f() -> int { ^0: %1: str = const_str \"open\n ret %1 }",
    "fn @f() -> int { ^0: unreachable @0:0 }",
    "record A { x: int } record A { x: int }",
    "nothing",
};

START_TEST(what_is_not_dir_is_refused_with_one_message)
{
    struct reading r;
    read_text(&r, not_dir[_i]);
    ck_assert_ptr_null(r.module);
    ck_assert_uint_eq(r.diags.errors, 1);
    arena_free(&r.arena);
}
END_TEST

static const struct {
    const char *text, *fault;
} malformed[] = {
    {"fn @f(%n: int) -> int {\n^0:\n %1: int = const_int 1\n}", "the block does not end"},
    {"fn @f(%n: int) -> int {\n^0:\n ret %n\n ret %n\n}", "the block goes on"},
    {"fn @f(%n: int) -> str {\n^0:\n ret %n\n}", "not the function's result"},
    {"fn @f(%n: int) -> int {\n^0:\n %1: int = add %n, %n\n ret %1\n}", "no fail block"},
    {"fn @f(%n: int) -> int {\n^0:\n %1: int = add %n [wrap]\n ret %1\n}", "number of operands"},
    {"fn @f(%n: int) -> int {\n^0:\n %1: int = copy %2\n %2: int = copy %n\n ret %1\n}",
     "not defined on every path"},
    {"fn @f(%b: bool) -> int {\n^0:\n br_if %b, ^1, ^2\n^1:\n %1: int = const_int 1\n br ^2\n"
     "^2:\n ret %1\n}",
     "not defined on every path"},
    {"fn @f(%n: int) -> int {\n^0:\n br_if %n, ^1, ^1\n^1:\n ret %n\n}", "condition is not bool"},
    {"fn @f(%n: int) -> int {\n^0:\n br ^1\n^1(%1: int):\n ret %n\n}", "values for ^1"},
    {"fn @f(%n: int) -> int {\n^0:\n %1: int = call @f() nofail\n ret %1\n}", "arguments for"},
    {"fn @f(%n: int) -> int {\n^0:\n %1: &int = slot\n ret %1\n}", "a place is mixed up"},
};

START_TEST(malformed_functions_are_found)
{
    struct reading r;
    char *text = NULL;
    size_t size = 0;
    read_text(&r, malformed[_i].text);
    ck_assert_ptr_nonnull(r.module);
    FILE *out = open_memstream(&text, &size);
    bool good = ir_verify(r.module, out);
    fclose(out);
    ck_assert(!good);
    if (malformed[_i].fault && !strstr(text, malformed[_i].fault))
        ck_abort_msg("got '%s', wanted '%s'", text, malformed[_i].fault);
    free(text);
    arena_free(&r.arena);
}
END_TEST

START_TEST(groups_are_what_reaches_itself)
{
    struct reading r;
    read_text(&r, "fn @a() -> int {\n^0:\n %1: int = call @b() nofail\n ret %1\n}"
                  "fn @b() -> int {\n^0:\n %1: int = call @c() nofail\n ret %1\n}"
                  "fn @c() -> int {\n^0:\n %1: int = call @b() nofail\n ret %1\n}"
                  "task @d() -> int {\n^0:\n %1: future int = spawn @d()\n unreachable\n}");
    ck_assert_ptr_nonnull(r.module);
    ir_groups(r.module);
    struct ir_func *const *f = r.module->funcs.at;
    ck_assert(!f[0]->recursive && f[1]->recursive && f[2]->recursive && f[3]->recursive);
    ck_assert_uint_eq(f[1]->group, f[2]->group);
    ck_assert_uint_ne(f[0]->group, f[1]->group);
    ck_assert_uint_lt(f[1]->group, f[0]->group);
    arena_free(&r.arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ir");
    TCase *tc = tcase_create("ir");
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, golden_files_print_as_they_are_and_pass);
    tcase_add_loop_test(tc, dominators_are_what_cannot_be_gone_around, 0, 300);
    tcase_add_test(tc, a_function_takes_in_only_so_much);
    tcase_add_test(tc, groups_are_what_reaches_itself);
    tcase_add_loop_test(tc, what_is_not_dir_is_refused_with_one_message, 0,
                        sizeof not_dir / sizeof *not_dir);
    tcase_add_loop_test(tc, malformed_functions_are_found, 0, sizeof malformed / sizeof *malformed);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
