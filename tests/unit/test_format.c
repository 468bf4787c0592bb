/* test_format.c - values as text; the vectors come from Python. */
#include "runner.h"

#include <math.h>
#include <stdio.h>

#include "format.h"

static void check_text(struct dfl_view got, const char *wanted, const char *about)
{
    if (got.len != (int64_t)strlen(wanted) || memcmp(got.ptr, wanted, (size_t)got.len) != 0)
        ck_abort_msg("%s: got '%.*s', wanted '%s'", about, (int)got.len, (char *)got.ptr, wanted);
    dfl_drop(&value_str, &got);
}

static struct dfl_view formatted(const struct dfl_type *type, const void *value,
                                 const struct dfl_spec *spec)
{
    struct buffer b;
    struct dfl_view out;
    dfl_buffer_begin(&b);
    dfl_buffer_value(&b, type, value, spec);
    dfl_buffer_end(&b, &out);
    return out;
}

struct vector {
    const struct dfl_type *type;
    int64_t i;
    double f;
    const char *s;
    struct dfl_spec spec;
    const char *text;
};

#define SPEC(fill_, align_, sign_, type_, alt, zero_, comma_, width_, prec)                        \
    {.fill = fill_,                                                                                \
     .align = align_,                                                                              \
     .sign = sign_,                                                                                \
     .type = type_,                                                                                \
     .alternate = alt,                                                                             \
     .zero = zero_,                                                                                \
     .comma = comma_,                                                                              \
     .width = width_,                                                                              \
     .precision = prec}
#define INT(v, a, b, c, d, e, f, g, h, p, text)                                                    \
    {&value_int, v, 0, "", SPEC(a, b, c, d, e, f, g, h, p), text},
#define FLOAT(v, a, b, c, d, e, f, g, h, p, text)                                                  \
    {&value_float, 0, v, "", SPEC(a, b, c, d, e, f, g, h, p), text},
#define STR(v, a, b, c, d, e, f, g, h, p, text)                                                    \
    {&value_str, 0, 0, v, SPEC(a, b, c, d, e, f, g, h, p), text},
#define REPR(bits, text)
static const struct vector vectors[] = {
#include "format_vectors.def"
};
#undef INT
#undef FLOAT
#undef STR
#undef REPR
#define INT(...)
#define FLOAT(...)
#define STR(...)
#define REPR(bits, text) {bits, text},
static const struct {
    uint64_t bits;
    const char *text;
} shortest[] = {
#include "format_vectors.def"
};

START_TEST(a_specification_means_what_it_means_in_python)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        struct dfl_view s = runner_str(v->s);
        const void *value = v->type == &value_int     ? (const void *)&v->i
                            : v->type == &value_float ? (const void *)&v->f
                                                      : (const void *)&s;
        char about[64];
        snprintf(about, sizeof about, "vector %zu", i);
        check_text(formatted(v->type, value, &v->spec), v->text, about);
    }
}
END_TEST

START_TEST(a_float_prints_as_the_shortest_text_that_reads_back)
{
    for (size_t i = 0; i < sizeof shortest / sizeof *shortest; i++)
        check_text(formatted(&value_float, &shortest[i].bits, NULL), shortest[i].text, "repr");
    double special[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1e21};
    const char *text[] = {"0.0", "-0.0", "inf", "-inf", "nan", "1e+21"};
    for (int i = 0; i < 6; i++)
        check_text(formatted(&value_float, &special[i], NULL), text[i], "special");
}
END_TEST

START_TEST(an_f32_prints_as_its_own_shortest_text)
{
    static const struct dfl_type f32 = {.kind = DFL_F32, .size = 4, .align = 4, .name = "f32"};
    float values[] = {0.1f, 1.0f, 16777216.0f, 3.4028235e38f, 1e-45f, -2.5f};
    const char *text[] = {"0.1", "1.0", "16777216.0", "3.4028235e+38", "1e-45", "-2.5"};
    for (int i = 0; i < 6; i++)
        check_text(formatted(&f32, &values[i], NULL), text[i], "f32");
}
END_TEST

START_TEST(a_duration_prints_in_its_largest_unit)
{
    int64_t ns[] = {0, 100000000, 1500000000, 90000000000, 2500, 7, -1000000, INT64_MIN};
    const char *text[] = {"0s",    "100ms", "1.5s", "90s",
                          "2.5us", "7ns",   "-1ms", "-9223372036.854775808s"};
    for (int i = 0; i < 8; i++)
        check_text(formatted(&value_duration, &ns[i], NULL), text[i], "duration");
}
END_TEST

START_TEST(strings_are_raw_alone_and_quoted_inside)
{
    struct dfl_view items[] = {runner_str("a\n\"b\"\\"), runner_str("\x01Zo\xc3\xab")};
    struct dfl_view array = {NULL, items, 2};
    check_text(formatted(&value_str, &items[0], NULL), "a\n\"b\"\\", "alone");
    check_text(formatted(&value_strs, &array, NULL), "[\"a\\n\\\"b\\\"\\\\\", \"\\x01Zo\xc3\xab\"]",
               "inside");
    struct dfl_view bytes = value_static("a\xff\0", 3);
    check_text(formatted(&value_bytes, &bytes, NULL), "b\"a\\xff\\0\"", "bytes");
}
END_TEST

START_TEST(tuples_records_options_and_results_show_their_parts)
{
    static const struct dfl_field fields[] = {{"x", &value_int, 0}, {"y", &value_bool, 8}};
    static const struct dfl_field unnamed[] = {{NULL, &value_int, 0}, {NULL, &value_bool, 8}};
    static const struct dfl_type record = {
        .kind = DFL_RECORD, .size = 16, .name = "P", .fields = fields, .field_count = 2};
    static const struct dfl_type tuple = {
        .kind = DFL_TUPLE, .size = 16, .fields = unnamed, .field_count = 2};
    static const struct dfl_type option = {.kind = DFL_OPTION, .size = 16, .elem = &value_int};
    static const struct dfl_type result = {.kind = DFL_RESULT, .size = 16, .elem = &value_int};
    struct {
        int64_t x;
        uint8_t y;
    } pair = {3, 1}, none = {0, 7};
    struct {
        uint8_t some;
        int64_t value;
    } some = {1, 5};
    check_text(formatted(&record, &pair, NULL), "P { x: 3, y: true }", "record");
    check_text(formatted(&tuple, &pair, NULL), "(3, true)", "tuple");
    check_text(formatted(&option, &some, NULL), "some(5)", "some");
    check_text(formatted(&option, &none, NULL), "none", "none");
    struct dfl_view message = runner_str("no");
    struct dfl_error *e = dfl_fail_message(NULL, &message);
    struct {
        struct dfl_error *err;
        int64_t value;
    } bad = {e, 0}, good = {NULL, 1};
    check_text(formatted(&result, &bad, NULL), "err(\"no\")", "err");
    check_text(formatted(&result, &good, NULL), "ok(1)", "ok");
    check_text(formatted(&value_error, &e, NULL), "no", "error");
    dfl_error_release(e);
    check_text(formatted(&value_unit, &good, NULL), "()", "unit");
}
END_TEST

START_TEST(long_texts_grow_the_buffer)
{
    struct buffer b;
    struct dfl_view out;
    dfl_buffer_begin(&b);
    for (int i = 0; i < 100000; i++)
        dfl_buffer_text(&b, "0123456789", 10);
    dfl_buffer_end(&b, &out);
    ck_assert_int_eq(out.len, 1000000);
    dfl_drop(&value_str, &out);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_specification_means_what_it_means_in_python,
        a_float_prints_as_the_shortest_text_that_reads_back,
        an_f32_prints_as_its_own_shortest_text,
        a_duration_prints_in_its_largest_unit,
        strings_are_raw_alone_and_quoted_inside,
        tuples_records_options_and_results_show_their_parts,
        long_texts_grow_the_buffer,
        NULL,
    };
    return runner_run("format", tests);
}
