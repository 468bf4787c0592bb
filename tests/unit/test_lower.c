/* test_lower.c - DIR as it is lowered: well formed, and each value ended exactly once, for every
 * program of tests/lang/ok and for small ones here. */
#include "check.h"
#include "lower.h"
#include "ownership.h"
#include "runner.h"

#include <glob.h>
#include <libgen.h>
#include <unistd.h>

struct lowered {
    struct arena arena;
    struct intern names;
    struct diags diags;
    struct program program;
    struct ir_module *module; /* NULL: reported */
};

/* A path beside this file. */
static const char *beside(struct arena *arena, const char *path)
{
    char *here = arena_copy(arena, __FILE__, strlen(__FILE__));
    return arena_format(arena, "%s/%s", dirname(here), path);
}

/* False if the program has no main. */
static bool lower_file(struct lowered *l, const char *path)
{
    static void (*const stages[])(struct program *) = {check_types, check_effects, check_matches};
    *l = (struct lowered){0};
    l->names.arena = &l->arena;
    l->diags = (struct diags){.arena = &l->arena, .last = &l->diags.first};
    l->program = (struct program){
        .arena = &l->arena,
        .names = &l->names,
        .diags = &l->diags,
        .library = beside(&l->arena, "../../stdlib"),
    };
    types_init(&l->program.types, &l->arena);
    names_load(&l->program, path);
    for (size_t i = 0; i < sizeof stages / sizeof *stages && !l->diags.errors; i++)
        stages[i](&l->program);
    if (l->diags.errors) {
        diag_print(&l->diags, stderr);
        ck_abort_msg("%s has errors", path);
    }
    if (l->program.main)
        l->module = lower_program(&l->program);
    return l->program.main;
}

static void lower_text(struct lowered *l, const char *text)
{
    char path[] = "/tmp/test_lower_XXXXXX.dfl";
    int fd = mkstemps(path, 4);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    lower_file(l, path);
    unlink(path);
}

static void check_lowered(const struct lowered *l, const char *path)
{
    ck_assert_msg(l->module && ir_verify(l->module, stderr), "%s: malformed", path);
    ck_assert_msg(ownership_check(l->module, stderr) == 0, "%s: wrong owner", path);
}

static uint32_t count_ops(const struct lowered *l, const char *func, enum ir_op op)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->module->funcs.count; i++) {
        const struct ir_func *f = l->module->funcs.at[i];
        for (uint32_t b = 0; !strcmp(f->name, func) && b < f->blocks.count; b++)
            for (uint32_t j = 0; j < f->blocks.at[b]->body.count; j++)
                count += f->blocks.at[b]->body.at[j]->op == op;
    }
    return count;
}

START_TEST(every_program_ends_each_value_once)
{
    struct arena arena = {0};
    glob_t found;
    ck_assert_int_eq(glob(beside(&arena, "../lang/ok/*.dfl"), 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct lowered l;
        if (lower_file(&l, found.gl_pathv[i]))
            check_lowered(&l, found.gl_pathv[i]);
        arena_free(&l.arena);
    }
    globfree(&found);
    arena_free(&arena);
}
END_TEST

START_TEST(a_last_use_moves_and_others_copy)
{
    struct lowered l;
    lower_text(&l, "fn f(s: str) -> [str] {\n"
                   "  let t = s + \".\"\n"
                   "  let u = t\n"
                   "  [u, t]\n"
                   "}\n"
                   "io task main() { print(\"{f(\"x\")}\") }\n");
    check_lowered(&l, "a text");
    ck_assert_uint_eq(count_ops(&l, "f", IR_copy), 1);
    ck_assert_uint_eq(count_ops(&l, "f", IR_drop), 0);
    arena_free(&l.arena);
}
END_TEST

START_TEST(what_a_later_operand_changes_is_copied_before)
{
    struct lowered l;
    lower_text(&l, "fn cut(var xs: [str]) -> str { xs.pop() else \"\" }\n"
                   "fn f(xs: [str]) -> str {\n"
                   "  var ys = xs\n"
                   "  ys[0] + cut(ys) + ys[0]\n"
                   "}\n"
                   "io task main() { print(f([\"x\"])) }\n");
    check_lowered(&l, "a text");
    ck_assert_uint_eq(count_ops(&l, "f", IR_copy), 2);
    arena_free(&l.arena);
}
END_TEST

START_TEST(functions_passed_down_vanish)
{
    struct lowered l;
    lower_text(&l, "fn g(f: fn(int) -> int, n: int) -> int { f(n) }\n"
                   "fn h(f: fn(int) -> int, n: int) -> int { g(f, n) + g(|x| f(x) * n, 2) }\n"
                   "io task main() {\n"
                   "  let k = 5\n"
                   "  print(\"{h(|x| x + k, 3)}\")\n"
                   "}\n");
    check_lowered(&l, "a text");
    arena_free(&l.arena);
}
END_TEST

/* Some have no end, which check_versions() would have told. */
START_TEST(instances_that_are_too_many_are_reported)
{
    static const char *const texts[] = {
        "fn f<A>(x: A, n: int) -> int { if n == 0 { 0 } else { f([x], n - 1) } }\n"
        "io task main() { print(\"{f(1, 3)}\") }\n",
        "fn f<A>(x: A, n: int) -> int { if n == 0 { 0 } else { f((x, x), n - 1) } }\n"
        "io task main() { print(\"{f(1, 3)}\") }\n",
        "fn f(n: int, g: fn(int) -> int) -> int { if n == 0 { g(0) } else { f(n - 1, |x| g(x)) } "
        "}\n"
        "io task main() { print(\"{f(3, |x| x)}\") }\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct lowered l;
        lower_text(&l, texts[i]);
        ck_assert_ptr_null(l.module);
        ck_assert_uint_eq(l.diags.errors, 1);
        arena_free(&l.arena);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_program_ends_each_value_once,
        a_last_use_moves_and_others_copy,
        what_a_later_operand_changes_is_copied_before,
        functions_passed_down_vanish,
        instances_that_are_too_many_are_reported,
        NULL,
    };
    return runner_run("lower", tests);
}
