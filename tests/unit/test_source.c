/* test_source.c - files to text; lines and columns in it. */
#include "runner.h"

#include <unistd.h>

#include "syntax.h"

static struct position at(const char *text, uint32_t offset)
{
    struct arena arena = {0};
    struct source *source = source_make(&arena, "t", text, (uint32_t)strlen(text));
    struct position position = source_position(source, offset);
    arena_free(&arena);
    return position;
}

/* Reads a file of these bytes; the messages, to be freed. */
static char *read_file(const char *bytes, size_t len, bool is_read)
{
    char path[] = "/tmp/dfl-source-XXXXXX", *text;
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    ck_assert_int_eq(source_read(&arena, path, &diags) != NULL, is_read);
    unlink(path);
    size_t text_len;
    FILE *out = open_memstream(&text, &text_len);
    diag_print(&diags, out);
    fclose(out);
    arena_free(&arena);
    return text;
}

START_TEST(columns_count_code_points)
{
    struct position position = at("a\n\xc3\xa9\xf0\x9f\x98\x80x", 8);
    ck_assert_uint_eq(position.line, 2);
    ck_assert_uint_eq(position.column, 3);
}
END_TEST

START_TEST(the_end_of_a_file_is_a_position)
{
    ck_assert_uint_eq(at("", 0).line, 1);
    ck_assert_uint_eq(at("a\n", 2).line, 2);
    ck_assert_uint_eq(at("a\nbc", 4).column, 3);
}
END_TEST

START_TEST(a_byte_order_mark_is_no_text)
{
    struct arena arena = {0};
    struct source *source = source_make(&arena, "t",
                                        "\xef\xbb\xbf"
                                        "fn",
                                        5);
    ck_assert_str_eq(source->text, "fn");
    arena_free(&arena);
}
END_TEST

START_TEST(a_bad_byte_is_told_with_its_value_and_place)
{
    char *text = read_file("ab\n  \xff", 6, false);
    ck_assert_ptr_nonnull(strstr(text, ":2:3: error[E0013]"));
    ck_assert_ptr_nonnull(strstr(text, "0xff"));
    free(text);
}
END_TEST

START_TEST(overlong_forms_and_surrogates_are_not_utf8)
{
    static const char *const bad[] = {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80", "\xe2\x82"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        free(read_file(bad[i], strlen(bad[i]), false));
    free(read_file("\xf4\x8f\xbf\xbf", 4, true));
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    ck_assert_ptr_null(source_read(&arena, "/nowhere/at/all", &diags));
    ck_assert_ptr_null(source_read(&arena, "/tmp", &diags));
    ck_assert_uint_eq(diags.errors, 2);
    arena_free(&arena);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {columns_count_code_points,
                            the_end_of_a_file_is_a_position,
                            a_byte_order_mark_is_no_text,
                            a_bad_byte_is_told_with_its_value_and_place,
                            overlong_forms_and_surrogates_are_not_utf8,
                            what_cannot_be_read_is_an_error,
                            NULL};
    return runner_run("source", tests);
}
