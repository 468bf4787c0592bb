/* test_lexer.c - tokens: numbers, strings, newlines, brackets. */
#include "runner.h"

#include "syntax.h"

#define BODY(text) "fn f() {\n" text "\n}"

START_TEST(numbers_have_their_values)
{
    syntax_has(BODY("0xff"), "int 255 ");
    syntax_has(BODY("0b101"), "int 5 ");
    syntax_has(BODY("0o17"), "int 15 ");
    syntax_has(BODY("1_000"), "int 1000 ");
    syntax_has(BODY("18446744073709551615"), "int 18446744073709551615 ");
    syntax_has(BODY("1.5e3"), "float 1500 ");
    syntax_has(BODY("2e0"), "float 2 ");
    syntax_has(BODY("64mb"), "int 67108864 ");
    syntax_has(BODY("100ms"), "duration ns=100000000 ");
    syntax_has(BODY("1.5s"), "duration ns=1500000000 ");
}
END_TEST

START_TEST(bad_numbers_are_errors)
{
    syntax_fails(BODY("18446744073709551616"), 1, "t.dfl:2:1: error[E0007]");
    syntax_fails(BODY("1e999"), 1, "error[E0007]");
    syntax_fails(BODY("12abc"), 1, "error[E0007]");
    syntax_fails(BODY("1_"), 1, "error[E0007]");
    syntax_fails(BODY("007"), 1, "0o17");
    syntax_fails(BODY("99999999999h"), 1, "error[E0007]");
}
END_TEST

START_TEST(dots_between_numbers_are_told_apart)
{
    syntax_has(BODY("x.0.1"), "tuple_dot index=1 ");
    syntax_has(BODY("for i in 0..9 { }"), "range ");
    syntax_has(BODY("1.len"), "dot len ");
}
END_TEST

START_TEST(strings_have_escapes)
{
    syntax_has(BODY("\"a\\n\\t\\\"\\\\\\{\\}\\x41\\u{e9}\""),
               "str \"a\\x0a\\x09\\\"\\\\{}A\xc3\xa9\"");
    syntax_has(BODY("b\"\\xff{\""), "bytes \"\xff{\"");
    syntax_fails(BODY("\"\\q\""), 1, "t.dfl:2:2: error[E0005]");
    syntax_fails(BODY("\"\\xff\""), 1, "\\u{ff}");
    syntax_fails(BODY("\"\\u{d800}\""), 1, "error[E0005]");
}
END_TEST

START_TEST(holes_nest)
{
    syntax_has(BODY("\"a{ \"b{c}\" }d\""), "parts: str \"d\"");
    syntax_has(BODY("\"{[\"k\": 1]}\""), "value: map");
    syntax_has(BODY("\"{if a { 1 } else { 2 }}\""), "value: if");
    syntax_has(BODY("\"{x:>08.3f}\""), "hole \">08.3f\"");
    syntax_has(BODY("\"\"\"\na \"b\" {c}\n\"\"\""), "str \"a \\\"b\\\" \"");
}
END_TEST

START_TEST(open_strings_are_one_error_each)
{
    syntax_fails(BODY("print(\"a"), 1, "t.dfl:2:7: error[E0003]");
    syntax_fails(BODY("print(\"a {b"), 1, "t.dfl:2:7: error[E0003]");
    syntax_fails(BODY("print(\"a {b\")"), 1, "t.dfl:2:10: error[E0004]");
    syntax_fails(BODY("print(\"a {n\" + \"c\")"), 1, "t.dfl:2:10: error[E0004]");
    syntax_fails("fn f() { \"\"\"a", 1, "t.dfl:1:10: error[E0003]");
    syntax_fails(BODY("\"a\tb\""), 1, "\\t");
}
END_TEST

START_TEST(lines_go_on_where_they_cannot_end)
{
    syntax_has(BODY("x =\n  1 +\n  2"), "assign 2:1-4:4");
    syntax_has(BODY("x\n  .f()\n  .g()"), "call 2:1-4:7");
    syntax_has(BODY("if a { 1 }\nelse { 2 }"), "if 2:1-3:11");
    syntax_has(BODY("f(\n  1\n  ,\n  2\n)"), "call 2:1-6:2");
    syntax_has(BODY("f(|x| {\n  a\n  b\n})"), "lambda 2:3-5:2");
}
END_TEST

START_TEST(every_end_of_a_file_and_line_is_accepted)
{
    free(syntax_tree(""));
    free(syntax_tree("\n\n"));
    free(syntax_tree("// no newline"));
    syntax_has("fn f() {\r\n  1\r\n}\r\n", "int 1 2:3-2:4");
}
END_TEST

START_TEST(brackets_are_reported_where_they_open)
{
    syntax_fails("fn f() {\n  g(1\n}", 1, "t.dfl:2:4: error[E0008]");
    syntax_fails("fn f() {\n  if a {\n  1\n}\nfn g() { }", 1, "t.dfl:1:8: error[E0008]");
    syntax_fails("fn f() {", 1, "t.dfl:1:8: error[E0008]");
    syntax_fails("fn f() { }\n}", 1, "t.dfl:2:1: error[E0009]");
    syntax_fails("fn f() { [1) }", 1, "t.dfl:1:12: error[E0009]");
}
END_TEST

START_TEST(words_are_keywords_only_where_no_name_can_stand)
{
    syntax_has(BODY("spawn step(step)"), "callee: name step ");
    syntax_has(BODY("for step in 0..n step 2 { }"), "step: int 2");
    syntax_has(BODY("x.match"), "dot match ");
    syntax_has(BODY("io.read(io)"), "object: name io ");
}
END_TEST

START_TEST(documentation_stays_with_its_item)
{
    syntax_has("//! all\n\n/// one\n/// two\n@a\nfn f() { }", "doc: \"one\\x0atwo\"");
    syntax_has("//! all\nfn f() { }", "module doc: all");
    struct syntax *s = syntax_open("// a\nfn f() { } // b\n", 21);
    ck_assert_uint_eq(s->module->module_.comments->count, 2);
    syntax_close(s);
}
END_TEST

START_TEST(a_string_that_ends_takes_all_brackets_of_its_hole_along)
{
    struct syntax *s = syntax_open("\"{{{\"\n\"\0\"}}}", 12);
    ck_assert_uint_ge(s->errors, 1);
    syntax_close(s);
}
END_TEST
START_TEST(bytes_without_a_place_are_errors)
{
    struct syntax *s = syntax_open("fn f() { \0 \x01 $ }", 16);
    ck_assert_uint_eq(s->errors, 3);
    syntax_close(s);
    syntax_fails("fn f\xc3\xa9() { }", 1, "ASCII");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {numbers_have_their_values,
                            bad_numbers_are_errors,
                            dots_between_numbers_are_told_apart,
                            strings_have_escapes,
                            holes_nest,
                            open_strings_are_one_error_each,
                            lines_go_on_where_they_cannot_end,
                            every_end_of_a_file_and_line_is_accepted,
                            brackets_are_reported_where_they_open,
                            words_are_keywords_only_where_no_name_can_stand,
                            documentation_stays_with_its_item,
                            a_string_that_ends_takes_all_brackets_of_its_hole_along,
                            bytes_without_a_place_are_errors,
                            NULL};
    return runner_run("lexer", tests);
}
