/* test_diag.c - how messages look, and which are kept. */
#include "runner.h"

#include "syntax.h"

static struct arena arena;
static struct diags diags;

static struct span span(const char *text, uint32_t start, uint32_t end)
{
    return (struct span){source_make(&arena, "t.dfl", text, (uint32_t)strlen(text)), start, end};
}

static void begin(void)
{
    diags = (struct diags){.arena = &arena};
}

/* Prints what was collected and compares. */
static void ends_as(const char *wanted)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    diag_print(&diags, out);
    fclose(out);
    ck_assert_str_eq(text, wanted);
    free(text);
    arena_free(&arena);
}

START_TEST(a_message_shows_line_caret_note_and_hint)
{
    begin();
    struct span at = span("let a = b\nlet c", 8, 9);
    struct diag *d = diag_error(&diags, DIAG_syntax, at, "no %s", "b");
    diag_note(&diags, d, (struct span){at.source, 14, 15}, "see here");
    diag_hint(&diags, d, "try a");
    ends_as("t.dfl:1:9: error[E0001]: no b\n 1 | let a = b\n   |         ^\n"
            "note: t.dfl:2:5: see here\n 2 | let c\n   |     ^\nhint: try a\n");
}
END_TEST

START_TEST(a_tab_is_as_wide_in_the_line_as_above_the_caret)
{
    begin();
    diag_warning(&diags, DIAG_syntax, span("\tab", 2, 3), "b");
    ends_as("t.dfl:1:3: warning[E0001]: b\n 1 |     ab\n   |      ^\n");
}
END_TEST

START_TEST(a_span_of_several_lines_shows_the_first)
{
    begin();
    diag_error(&diags, DIAG_syntax, span("ab\ncd", 1, 5), "x");
    ends_as("t.dfl:1:2: error[E0001]: x\n 1 | ab\n   |  ^\n");
}
END_TEST

START_TEST(a_long_line_is_cut_around_the_caret)
{
    begin();
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = 0;
    text[500] = 'y';
    diag_error(&diags, DIAG_syntax, span(text, 500, 501), "y");
    char *out_text;
    size_t len;
    FILE *out = open_memstream(&out_text, &len);
    diag_print(&diags, out);
    fclose(out);
    char *line = strchr(out_text, '\n') + 1, *caret = strchr(line, '\n') + 1;
    ck_assert_int_le(caret - line, 121);
    ck_assert_int_eq(line[strcspn(caret, "^")], 'y');
    free(out_text);
    arena_free(&arena);
}
END_TEST

START_TEST(messages_come_in_order_of_place)
{
    begin();
    struct span later = span("ab", 1, 2);
    struct span first = {later.source, 0, 1};
    diag_error(&diags, DIAG_syntax, later, "later");
    diag_error(&diags, DIAG_syntax, first, "first");
    ends_as("t.dfl:1:1: error[E0001]: first\n 1 | ab\n   | ^\n"
            "t.dfl:1:2: error[E0001]: later\n 1 | ab\n   |  ^\n");
}
END_TEST

START_TEST(one_place_has_one_error)
{
    begin();
    struct span at = span("a", 0, 1);
    diag_error(&diags, DIAG_syntax, at, "first");
    diag_hint(&diags, diag_error(&diags, DIAG_syntax, at, "second"), "lost");
    ck_assert_uint_eq(diags.errors, 1);
    ends_as("t.dfl:1:1: error[E0001]: first\n 1 | a\n   | ^\n");
}
END_TEST

START_TEST(a_message_without_a_place_names_the_compiler)
{
    begin();
    diag_error(&diags, DIAG_read, (struct span){0}, "nothing there");
    ends_as("dfl: error[E0012]: nothing there\n");
}
END_TEST

START_TEST(control_characters_do_not_reach_the_terminal)
{
    begin();
    diag_error(&diags, DIAG_syntax, span("\033[1mé", 0, 1), "x");
    ends_as("t.dfl:1:1: error[E0001]: x\n 1 | ?[1mé\n   | ^\n");
}
END_TEST

START_TEST(the_nearest_name_is_found_and_a_far_one_is_not)
{
    struct nearest nearest = {0};
    nearest_offer(&nearest, "totl", "count");
    ck_assert_ptr_null(nearest.best);
    nearest_offer(&nearest, "totl", "tall");
    nearest_offer(&nearest, "totl", "total");
    ck_assert_str_eq(nearest.best, "total");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {a_message_shows_line_caret_note_and_hint,
                            a_tab_is_as_wide_in_the_line_as_above_the_caret,
                            a_span_of_several_lines_shows_the_first,
                            a_long_line_is_cut_around_the_caret,
                            messages_come_in_order_of_place,
                            one_place_has_one_error,
                            a_message_without_a_place_names_the_compiler,
                            control_characters_do_not_reach_the_terminal,
                            the_nearest_name_is_found_and_a_far_one_is_not,
                            NULL};
    return runner_run("diag", tests);
}
