/* test_parse.c - source text to tree. The whole trees of golden/syntax stand beside their programs
 * (NAME.tree, or NAME.messages for one that is wrong); here is what they do not show. */
#include "runner.h"

#include "syntax.h"

#define BODY(text) "fn f() {\n" text "\n}"

/* -- golden files -- */

static char *file_text(const char *name, const char *ending, size_t *len)
{
    char path[4096];
    const char *slash = strrchr(__FILE__, '/');
    snprintf(path, sizeof path, "%.*s/../golden/syntax/%s%s", (int)(slash - __FILE__), __FILE__,
             name, ending);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is missing", path);
    char *text = calloc(1, 1 << 20);
    *len = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

static void same_as_file(const char *got, const char *name, const char *ending)
{
    size_t len;
    char *wanted = file_text(name, ending, &len);
    ck_assert_msg(!strcmp(got, wanted), "%s%s differs; got\n%s", name, ending, got);
    free(wanted);
}

START_TEST(trees_are_as_in_their_files)
{
    static const char *const names[] = {"items", "expressions"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len;
        char *text = file_text(names[i], ".dfl", &len), *tree = syntax_tree(text);
        same_as_file(tree, names[i], ".tree");
        free(tree);
        free(text);
    }
}
END_TEST

START_TEST(independent_mistakes_are_one_message_each)
{
    size_t len;
    char *text = file_text("mistakes", ".dfl", &len);
    struct syntax *s = syntax_open(text, len);
    same_as_file(s->messages, "mistakes", ".messages");
    syntax_close(s);
    free(text);
}
END_TEST

/* -- structure -- */

START_TEST(operators_bind_as_the_language_says)
{
    syntax_has(BODY("a || b && c"), "binary || 2:1-2:12");
    syntax_has(BODY("a == b | c"), "binary == 2:1-2:11");
    syntax_has(BODY("a | b ^ c & d"), "binary | 2:1-2:14");
    syntax_has(BODY("a & b << c + d"), "binary & 2:1-2:15");
    syntax_has(BODY("a - b - c"), "left: binary - 2:1-2:6");
    syntax_has(BODY("-a as float * b"), "left: cast 2:1-2:12");
    syntax_has(BODY("a else b else c"), "otherwise: else 2:8-2:16");
}
END_TEST

START_TEST(await_takes_a_postfix_and_question_takes_the_await)
{
    syntax_has(BODY("await f.x[1]?"), "question 2:1-2:14");
    syntax_has(BODY("await f.x[1]?"), "value: await 2:1-2:13");
    syntax_has(BODY("await f + 1"), "left: await 2:1-2:8");
    syntax_has(BODY("try await f else 0"), "value: await is_try 2:1-2:12");
}
END_TEST

START_TEST(a_record_literal_may_stand_in_a_condition)
{
    syntax_has(BODY("if p == P { x: 1 } { 2 }"), "right: record_lit P 2:9-2:19");
    syntax_has(BODY("if p == P { x }"), "then: block 2:11-2:16");
}
END_TEST

START_TEST(future_and_fn_bind_loosest_in_types)
{
    syntax_has("fn f(x: future int?) { }", "annotation: type_future 1:9-1:20");
    syntax_has("fn f(x: (future int)?) { }", "annotation: type_option");
    syntax_has("fn f(x: fn() -> int!) { }", "result: type_result");
}
END_TEST

START_TEST(an_unwritten_span_is_not_part_of_an_item)
{
    syntax_has("\n\n  fn f() { }", "func f 3:3-3:13");
    syntax_has("import io\npub fn f() { }", "func f pub 2:1-2:15");
}
END_TEST

/* -- messages -- */

START_TEST(habits_are_answered)
{
    static const struct {
        const char *text, *wanted;
    } habits[] = {
        {BODY("x := 3"), "t.dfl:2:3: error[E0010]: `:=`"},
        {"extern fn f()\n", "t.dfl:1:8: error[E0010]: an `extern` names its header"},
        {"extern \"a.h\" { fn f() }\n", "t.dfl:1:14: error[E0010]: each function of C has"},
        {"extern \"a.h\" fn f() -> int { 1 }\n",
         "t.dfl:1:28: error[E0010]: a function of C has its body in C"},
        {"extern \"a.h\" fn f() { 1 }\n",
         "t.dfl:1:21: error[E0010]: a function of C has its body in C"},
        {BODY("x++"), "t.dfl:2:2: error[E0010]: there is no `++`: write `x += 1`"},
        {BODY("if a and b { }"), "t.dfl:2:6: error[E0010]: there is no `and`: write `&&`"},
        {BODY("not x"), "t.dfl:2:1: error[E0010]: there is no `not`: write `!x`"},
        {BODY("let x = 1;"), "t.dfl:2:10: error[E0010]: `;` has no use"},
        {BODY("if x = 3 { }"), "t.dfl:2:6: error[E0010]: `=` assigns"},
        {BODY("if (x) y"), "t.dfl:2:8: error[E0010]: braces are missing"},
        {BODY("if x { } elif y { }"), "t.dfl:2:10: error[E0010]: there is no `elif`"},
        {BODY("for (i = 0; i < 3; i++) { }"), "t.dfl:2:5: error[E0010]: a loop runs over values"},
        {BODY("let y = c ? 1 : 2"), "t.dfl:2:11: error[E0010]: there is no `? :`"},
        {BODY("let y = a ?"
              "? 2"),
         "error[E0010]: there is no `?"
         "?`"},
        {BODY("let y = lambda x: x"), "t.dfl:2:9: error[E0010]: there is no `lambda`"},
        {BODY("let y = fn(x) => x"), "t.dfl:2:9: error[E0010]: there is no `fn` without a name"},
        {BODY("xs.map(x => x)"), "t.dfl:2:10: error[E0010]: a lambda is written `|x| x + 1`"},
        {BODY("return 1, 2"), "t.dfl:2:9: error[E0010]: a function returns one value"},
        {BODY("print x"), "t.dfl:2:1: error[E0010]: a call needs parentheses"},
        {BODY("go f()"), "t.dfl:2:1: error[E0010]: there is no `go`: write `spawn f(x)`"},
        {BODY("throw e"), "t.dfl:2:1: error[E0010]: there is no `throw`: write `fail"},
        {BODY("f.await"), "t.dfl:2:3: error[E0010]: `await` stands before its future"},
        {BODY("try { x }"), "t.dfl:2:1: error[E0010]: there are no exceptions"},
        {BODY("let mut x = 1"), "t.dfl:2:5: error[E0010]: there is no `mut`"},
        {BODY("int x = 1"), "t.dfl:2:1: error[E0010]: the type follows the name"},
        {BODY("x: int = 1"), "t.dfl:2:2: error[E0010]: a name is declared with `let` or `var`"},
        {BODY("a < b < c"), "t.dfl:2:7: error[E0010]: comparisons do not chain"},
        {BODY("x === y"), "t.dfl:2:3: error[E0010]: there is no `===`"},
        {BODY("x &&= y"), "t.dfl:2:3: error[E0010]: there is no `&&=`"},
        {BODY("'a'"), "t.dfl:2:1: error[E0010]: a string stands in double quotes"},
        {BODY("f\"a\""), "t.dfl:2:1: error[E0010]: every string interpolates"},
        {BODY("# a"), "t.dfl:2:1: error[E0010]: a comment starts with `//`"},
        {"/* a */", "t.dfl:1:1: error[E0010]: there is no `/* */`"},
        {BODY("m[:, 1]"), "t.dfl:2:3: error[E0010]: all of an axis is `..`"},
        {BODY("xs[1:3]"), "t.dfl:2:5: error[E0010]: a part is written `xs[lo..hi]`"},
        {BODY("[1 2]"), "t.dfl:2:4: error[E0010]: a comma is missing"},
        {BODY("f(a = 1)"), "t.dfl:2:5: error[E0010]: an argument is named with a colon"},
        {BODY("spawn { x }"), "t.dfl:2:7: error[E0010]: `spawn` takes a call by name"},
        {"def f(): 1", "t.dfl:1:1: error[E0010]: there is no `def`"},
        {"async fn f() { }", "t.dfl:1:1: error[E0010]: there is no `async`: write `task`"},
        {"const x = 1", "t.dfl:1:1: error[E0010]: there is no `const`"},
        {"class A { }", "t.dfl:1:1: error[E0010]: there are no classes"},
        {"fn f(x: int) int { x }", "t.dfl:1:14: error[E0010]: the result's type follows an arrow"},
        {"fn f(x) { }", "t.dfl:1:7: error[E0010]: a colon and a type follow the name"},
        {"fn f(x: map<str, int>) { }", "t.dfl:1:9: error[E0010]: types take no `<...>`"},
        {"import a from \"b\"", "t.dfl:1:10: error[E0010]: the module comes first"},
        {"import \"a\"", "t.dfl:1:8: error[E0010]: a module is named without quotes"},
        {"from a import b", "t.dfl:1:1: error[E0010]: there is no `from ... import`"},
        {"x = 3", "t.dfl:1:1: error[E0010]: statements stand in functions"},
        {BODY("  fn g() { }"), "t.dfl:2:3: error[E0010]: declarations stand at module level"},
        {BODY("fn g() { }"), "t.dfl:1:8: error[E0008]"},
        {BODY("yield 1"), "t.dfl:2:1: error[E0014]"},
    };
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        syntax_fails(habits[i].text, 1, habits[i].wanted);
}
END_TEST

START_TEST(each_error_of_the_grammar_is_told)
{
    syntax_fails(BODY("let x ="), 1, "t.dfl:2:7: error[E0001]: an expression is missing");
    syntax_fails(BODY("f() = 1"), 1, "t.dfl:2:1: error[E0015]");
    syntax_fails(BODY("let (x,) = y"), 1, "error[E0016]");
    syntax_fails(BODY("for x in xs reduce f { x }"), 1, "t.dfl:2:13: error[E0017]");
    syntax_fails("fn f(x: set[int]) { }", 1, "t.dfl:1:9: error[E0019]");
    syntax_fails("fn f(x: [int, 9]) { }", 1, "t.dfl:1:15: error[E0019]");
    syntax_fails("@a import b", 1, "t.dfl:1:1: error[E0020]");
    syntax_fails("pub import b", 1, "t.dfl:1:1: error[E0020]");
}
END_TEST

/* -- limits -- */

/* `open`, `repeat` many times, then `close`. */
static void fails_deep(const char *open, const char *repeat, const char *close)
{
    enum { TIMES = 100000 };
    size_t len = strlen(repeat), at = strlen(open);
    char *text = calloc(1, at + len * TIMES + strlen(close) + 1);
    strcpy(text, open);
    for (int i = 0; i < TIMES; i++, at += len)
        memcpy(text + at, repeat, len);
    strcpy(text + at, close);
    struct syntax *s = syntax_open(text, strlen(text));
    ck_assert_msg(strstr(s->messages, "error[E0011]") != NULL, "%s: %.500s", repeat, s->messages);
    syntax_close(s);
    free(text);
}

START_TEST(what_is_nested_too_deeply_is_an_error)
{
    static const char *const repeats[] = {"(", "{", "[", "\"{", "- ", "await ", "if a { b } else "};
    for (size_t i = 0; i < sizeof repeats / sizeof *repeats; i++)
        fails_deep("fn f() { ", repeats[i], "x }");
    fails_deep("fn f() { x", ".a", " }");
    fails_deep("fn f() { x", " + 1", " }");
    fails_deep("fn f(x: ", "[", "int) { }");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {trees_are_as_in_their_files,
                            independent_mistakes_are_one_message_each,
                            operators_bind_as_the_language_says,
                            await_takes_a_postfix_and_question_takes_the_await,
                            a_record_literal_may_stand_in_a_condition,
                            future_and_fn_bind_loosest_in_types,
                            an_unwritten_span_is_not_part_of_an_item,
                            habits_are_answered,
                            each_error_of_the_grammar_is_told,
                            what_is_nested_too_deeply_is_an_error,
                            NULL};
    return runner_run("parse", tests);
}
