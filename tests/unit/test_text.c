/* test_text.c - UTF-8, and the modules text, map and array as programs call them. */
#include "runner.h"

#include <math.h>

#include "../../stdlib/std.h"

#define CALL(name, ...) struct dfl_error *dfl_std_##name(struct dfl_fiber *, __VA_ARGS__);
#define STR_FUNCTIONS(X)                                                                           \
    X(text_lower)                                                                                  \
    X(text_upper)                                                                                  \
    X(text_trim)                                                                                   \
    X(text_trim_end)                                                                               \
    X(text_trim_start)                                                                             \
    X(text_lines)                                                                                  \
    X(text_chars) X(text_text) X(text_parse_int) X(text_parse_float) X(text_ascii_lower)
#define ONE(name) CALL(name, void *out, const void *s)
STR_FUNCTIONS(ONE)
CALL(text_split, void *out, const void *s, const void *by)
CALL(text_trim_chars, void *out, const void *s, const void *set)
CALL(text_replace, void *out, const void *s, const void *old, const void *new)
CALL(text_repeat, void *out, const void *s, const void *n)
CALL(text_pad_left, void *out, const void *s, const void *n)
CALL(text_pad_right, void *out, const void *s, const void *n)
CALL(text_find, void *out, const void *s, const void *part)
CALL(text_starts_with, void *out, const void *s, const void *part)
CALL(text_ends_with, void *out, const void *s, const void *part)
CALL(array_join, void *out, const void *parts, const void *by)
CALL(array_sort, const struct dfl_type *, void *out, const void *xs)
CALL(array_reverse, const struct dfl_type *, void *out, const void *xs)
CALL(array_sum, const struct dfl_type *, void *out, const void *xs)

/* The str that fn gives for `text`. */
static struct dfl_view with(struct dfl_error *(*fn)(struct dfl_fiber *, void *, const void *),
                            const char *text)
{
    struct dfl_view out, s = runner_owned(text);
    ck_assert_ptr_null(fn(NULL, &out, &s));
    dfl_drop(&value_str, &s);
    return out;
}

/* A [str] as it prints; ends it. */
static struct dfl_view shown(struct dfl_view strs)
{
    struct buffer b = {0};
    struct dfl_view out;
    format_value(&b, &value_strs, &strs, false);
    dfl_buffer_end(&b, &out);
    dfl_drop(&value_strs, &strs);
    return out;
}

static struct dfl_view split(const char *text, const char *by)
{
    struct dfl_view out, s = runner_owned(text), separator = runner_str(by);
    ck_assert_ptr_null(dfl_std_text_split(NULL, &out, &s, &separator));
    dfl_drop(&value_str, &s);
    return shown(out);
}

START_TEST(case_changes_by_unicode)
{
    runner_expect(with(dfl_std_text_lower, "ABC xyz 1"), "abc xyz 1");
    runner_expect(with(dfl_std_text_lower, "ÄÖÜ ΑΣ ЖЯ Ǆ Ａ"), "äöü ασ жя ǆ ａ");
    runner_expect(with(dfl_std_text_upper, "äöü ας жя ß ǆ"), "ÄÖÜ ΑΣ ЖЯ ß Ǆ");
    runner_expect(with(dfl_std_text_upper, ""), "");
    runner_expect(with(dfl_std_text_ascii_lower, "ABÄ"), "abÄ");
}
END_TEST

START_TEST(splitting_takes_runs_of_white_space_or_every_separator)
{
    runner_expect(split("  a  b\t\nc\xc2\xa0"
                        "d ",
                        ""),
                  "[\"a\", \"b\", \"c\", \"d\"]");
    runner_expect(split("a,,b,", ","), "[\"a\", \"\", \"b\", \"\"]");
    runner_expect(split("", ""), "[]");
    runner_expect(split("", ","), "[\"\"]");
    runner_expect(split("a::b", "::"), "[\"a\", \"b\"]");
}
END_TEST

START_TEST(lines_end_at_either_newline)
{
    runner_expect(shown(with(dfl_std_text_lines, "a\r\nb\n\nc")), "[\"a\", \"b\", \"\", \"c\"]");
    runner_expect(shown(with(dfl_std_text_lines, "a\n")), "[\"a\"]");
    runner_expect(shown(with(dfl_std_text_lines, "")), "[]");
    runner_expect(shown(with(dfl_std_text_chars, "aë🙂")), "[\"a\", \"ë\", \"🙂\"]");
}
END_TEST

START_TEST(trimming_knows_wide_spaces_and_given_characters)
{
    struct dfl_view out, s = runner_str(".,a.b;ë"), set = runner_str(".,;ë");
    runner_expect(with(dfl_std_text_trim, "\xe3\x80\x80 a b \n"), "a b");
    runner_expect(with(dfl_std_text_trim, " \t "), "");
    runner_expect(with(dfl_std_text_trim_end, " a "), " a");
    runner_expect(with(dfl_std_text_trim_start, " a "), "a ");
    dfl_std_text_trim_chars(NULL, &out, &s, &set);
    runner_expect(out, "a.b");
}
END_TEST

static struct dfl_view replaced(const char *text, const char *old, const char *new)
{
    struct dfl_view out, s = runner_str(text), from = runner_str(old), to = runner_str(new);
    ck_assert_ptr_null(dfl_std_text_replace(NULL, &out, &s, &from, &to));
    return out;
}

START_TEST(replacing_goes_from_left_to_right)
{
    runner_expect(replaced("aaa", "aa", "b"), "ba");
    runner_expect(replaced("(a)(b)", "(", " ( "), " ( a) ( b)");
    runner_expect(replaced("abc", "", "x"), "abc");
    runner_expect(replaced("", "a", "x"), "");
}
END_TEST

START_TEST(padding_counts_characters)
{
    struct dfl_view out, s = runner_str("ë");
    int64_t width = 3, three = 3, none = -1;
    dfl_std_text_pad_left(NULL, &out, &s, &width);
    runner_expect(out, "  ë");
    dfl_std_text_pad_right(NULL, &out, &s, &width);
    runner_expect(out, "ë  ");
    dfl_std_text_pad_right(NULL, &out, &s, &none);
    runner_expect(out, "ë");
    dfl_std_text_repeat(NULL, &out, &s, &three);
    runner_expect(out, "ëëë");
    dfl_std_text_repeat(NULL, &out, &s, &none);
    runner_expect(out, "");
}
END_TEST

START_TEST(searching_gives_byte_offsets)
{
    struct dfl_view s = runner_str("aëb"), b = runner_str("b"), none = runner_str("x"),
                    empty = runner_str("");
    struct std_int_option at;
    uint8_t yes;
    dfl_std_text_find(NULL, &at, &s, &b);
    ck_assert(at.some && at.value == 3);
    dfl_std_text_find(NULL, &at, &s, &none);
    ck_assert(!at.some);
    dfl_std_text_find(NULL, &at, &s, &empty);
    ck_assert(at.some && at.value == 0);
    dfl_std_text_ends_with(NULL, &yes, &s, &b);
    ck_assert(yes);
    dfl_std_text_starts_with(NULL, &yes, &b, &s);
    ck_assert(!yes);
}
END_TEST

static int64_t int_of(const char *text, bool *good)
{
    struct std_int_result r;
    struct dfl_view s = runner_str(text);
    ck_assert_ptr_null(dfl_std_text_parse_int(NULL, &r, &s));
    *good = !r.err;
    if (r.err)
        dfl_error_release(r.err);
    return r.value;
}

START_TEST(integers_are_read_strictly)
{
    bool good;
    const char *bad[] = {"",
                         "-",
                         "+",
                         "1x",
                         " 1",
                         "1 ",
                         "0x10",
                         "1_0",
                         "9223372036854775808",
                         "-9223372036854775809",
                         "99999999999999999999999"};
    ck_assert_int_eq(int_of("-12", &good), -12);
    ck_assert(good);
    ck_assert_int_eq(int_of("+7", &good), 7);
    ck_assert(good);
    ck_assert(int_of("9223372036854775807", &good) == INT64_MAX && good);
    ck_assert(int_of("-9223372036854775808", &good) == INT64_MIN && good);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int_of(bad[i], &good);
        ck_assert_msg(!good, "%s", bad[i]);
    }
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(floats_are_read_strictly)
{
    const char *good[] = {"1", "-1.5", ".5", "5.", "1e3", "1E-3", "inf", "-inf", "+0"};
    const char *bad[] = {"", ".", "e1", "1e", "0x1p3", "infinity", "1.5f", " 1", "nan(1)", "--1"};
    struct std_float_result r;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct dfl_view s = runner_str(good[i]);
        dfl_std_text_parse_float(NULL, &r, &s);
        ck_assert_ptr_null(r.err);
        ck_assert_double_eq(r.value, strtod(good[i], NULL));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dfl_view s = runner_str(bad[i]);
        dfl_std_text_parse_float(NULL, &r, &s);
        ck_assert_ptr_nonnull(r.err);
        dfl_error_release(r.err);
    }
}
END_TEST

START_TEST(only_utf8_becomes_text)
{
    const char *bad[] = {"\x80", "a\xc3",        "\xc0\x80",     "\xed\xa0\x80", "\xf4\x90\x80\x80",
                         "\xff", "\xe0\x80\x80", "12345678\xc3("};
    int64_t at[] = {0, 1, 0, 0, 0, 0, 0, 8};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(text_invalid(bad[i], (int64_t)strlen(bad[i])), at[i]);
    ck_assert_int_eq(text_invalid("aë日🙂\x7f", 11), -1);
    struct std_view_result r;
    struct dfl_view s = runner_str("ok\xff");
    dfl_std_text_text(NULL, &r, &s);
    ck_assert_uint_eq(r.err->kind, DFL_FAIL_utf8);
    dfl_error_release(r.err);
}
END_TEST

START_TEST(a_slice_is_inside_and_at_boundaries)
{
    struct dfl_view s = runner_owned("aë"), out;
    struct dfl_site site = {.file = "f.dfl", .line = 3};
    ck_assert_ptr_null(dfl_str_slice(&s, 1, 3, &out, &site));
    runner_expect(out, "ë");
    struct dfl_error *e = dfl_str_slice(&s, 0, 2, &out, &site);
    ck_assert_uint_eq(e->kind, DFL_FAIL_utf8);
    ck_assert_uint_eq(e->site.line, 3);
    dfl_error_release(e);
    int64_t bad[][2] = {{-1, 1}, {2, 1}, {0, 4}, {INT64_MIN, INT64_MAX}};
    for (int i = 0; i < 4; i++) {
        e = dfl_str_slice(&s, bad[i][0], bad[i][1], &out, &site);
        ck_assert_uint_eq(e->kind, DFL_FAIL_bounds);
        dfl_error_release(e);
    }
    dfl_drop(&value_str, &s);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(every_code_point_survives_encoding)
{
    char text[4];
    for (uint32_t c = 0; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        int width = text_encode(text, c);
        ck_assert_int_eq(width, text_width((unsigned char)text[0]));
        ck_assert_uint_eq(text_decode(text), c);
        ck_assert_int_eq(text_invalid(text, width), -1);
    }
}
END_TEST

START_TEST(sorting_is_stable_and_leaves_the_original)
{
    enum { COUNT = 1000 };
    static const struct dfl_field fields[] = {{"key", &value_int, 0}};
    /* Only the first of the two words counts in comparisons. */
    static const struct dfl_type pair = {.kind = DFL_RECORD,
                                         .size = 16,
                                         .align = 8,
                                         .name = "P",
                                         .fields = fields,
                                         .field_count = 1};
    static int64_t data[COUNT][2];
    for (int64_t i = 0; i < COUNT; i++) {
        data[i][0] = i * 7919 % 13;
        data[i][1] = i;
    }
    struct dfl_view xs = {NULL, data, COUNT}, out;
    dfl_std_array_sort(NULL, &pair, &out, &xs);
    const int64_t(*sorted)[2] = out.ptr;
    for (int i = 1; i < COUNT; i++)
        ck_assert(sorted[i - 1][0] < sorted[i][0] ||
                  (sorted[i - 1][0] == sorted[i][0] && sorted[i - 1][1] < sorted[i][1]));
    ck_assert_int_eq(data[1][0], 7919 % 13);
    free(out.block);
}
END_TEST

START_TEST(sums_fold_from_the_left_and_fail_on_overflow)
{
    int64_t ints[] = {INT64_MAX, 1, -5}, sum;
    double floats[] = {1e16, 1, -1e16}, total;
    struct dfl_view xs = {NULL, ints, 3}, ys = {NULL, floats, 3};
    struct dfl_error *e = dfl_std_array_sum(NULL, &value_int, &sum, &xs);
    ck_assert_uint_eq(e->kind, DFL_FAIL_overflow);
    dfl_error_release(e);
    xs.len = 1;
    ck_assert_ptr_null(dfl_std_array_sum(NULL, &value_int, &sum, &xs));
    ck_assert(sum == INT64_MAX);
    ck_assert_ptr_null(dfl_std_array_sum(NULL, &value_float, &total, &ys));
    ck_assert_double_eq(total, 0.0);
}
END_TEST

START_TEST(joining_undoes_splitting)
{
    struct dfl_view parts, s = runner_owned("a,,b"), comma = runner_str(","), out, back;
    dfl_std_text_split(NULL, &parts, &s, &comma);
    dfl_std_array_join(NULL, &out, &parts, &comma);
    runner_expect(out, "a,,b");
    dfl_std_array_reverse(NULL, &value_str, &back, &parts);
    runner_expect(shown(back), "[\"b\", \"\", \"a\"]");
    dfl_drop(&value_strs, &parts);
    dfl_drop(&value_str, &s);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        case_changes_by_unicode,
        splitting_takes_runs_of_white_space_or_every_separator,
        lines_end_at_either_newline,
        trimming_knows_wide_spaces_and_given_characters,
        replacing_goes_from_left_to_right,
        padding_counts_characters,
        searching_gives_byte_offsets,
        integers_are_read_strictly,
        floats_are_read_strictly,
        only_utf8_becomes_text,
        a_slice_is_inside_and_at_boundaries,
        every_code_point_survives_encoding,
        sorting_is_stable_and_leaves_the_original,
        sums_fold_from_the_left_and_fail_on_overflow,
        joining_undoes_splitting,
        NULL,
    };
    return runner_run("text", tests);
}
