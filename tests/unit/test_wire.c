/* test_wire.c - rows written and read; cut, longer, of no known kind. */
#include "runner.h"

#include "any_row.h"

/* What was read, written again. */
static void write_again(struct buffer *out, const struct msg *m)
{
    switch (m->kind) {
#define MSG(name, number, fields)                                                                  \
    case MSG_##name:                                                                               \
        wire_##name(out, &m->name);                                                                \
        break;
#include "wire.def"
#undef MSG
    }
}

START_TEST(each_row_comes_back)
{
    struct any_row any = {.state = 1};
    struct buffer row = {0}, again = {0};
    struct msg m;
    for (int round = 0; round < 2000; round++)
        for (int i = 0; i < ANY_KINDS; i++) {
            buffer_clear(&row);
            buffer_clear(&again);
            any_row(&any, any_kinds[i], &row);
            ck_assert_msg(wire_read(buffer_bytes(&row), &m), "%s", wire_name(any_kinds[i]));
            ck_assert_int_eq(m.kind, any_kinds[i]);
            write_again(&again, &m);
            ck_assert_uint_eq(again.len, row.len);
            ck_assert_mem_eq(again.at, row.at, row.len);
        }
    buffer_free(&row);
    buffer_free(&again);
}
END_TEST

/* In a place of its own, so that tools see what is read beyond it. */
static bool read_exact(const uint8_t *at, size_t len)
{
    struct msg m;
    uint8_t *copy = malloc(len ? len : 1);
    if (len)
        memcpy(copy, at, len);
    bool good = wire_read((struct bytes){copy, len}, &m);
    free(copy);
    return good;
}

START_TEST(a_row_that_is_cut_or_longer_is_none)
{
    struct any_row any = {.state = 2};
    struct buffer row = {0};
    for (int round = 0; round < 20; round++)
        for (int i = 0; i < ANY_KINDS; i++) {
            buffer_clear(&row);
            any_row(&any, any_kinds[i], &row);
            for (size_t len = 0; len < row.len; len++)
                ck_assert_msg(!read_exact(row.at, len), "%s cut to %zu", wire_name(any_kinds[i]),
                              len);
            buffer_u8(&row, 0);
            ck_assert_msg(!read_exact(row.at, row.len), "%s and a byte", wire_name(any_kinds[i]));
        }
    buffer_free(&row);
}
END_TEST

START_TEST(a_length_beyond_the_row_is_refused)
{
    static const uint32_t lens[] = {1, 3, 0x7fffffff, 0xffffffff, 0xfffffff0};
    struct buffer row = {0};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        buffer_clear(&row);
        buffer_u8(&row, MSG_report);
        buffer_u32(&row, lens[i]);
        ck_assert(!read_exact(row.at, row.len));
    }
    buffer_free(&row);
}
END_TEST

static bool is_kind(uint32_t number)
{
    for (int i = 0; i < ANY_KINDS; i++)
        if (any_kinds[i] == number)
            return true;
    return false;
}

START_TEST(unknown_kinds_are_refused)
{
    for (uint32_t number = 0; number < 256; number++) {
        uint8_t row[64] = {(uint8_t)number};
        if (is_kind(number))
            continue;
        for (size_t len = 1; len <= sizeof row; len++)
            ck_assert(!read_exact(row, len));
        ck_assert_str_eq(wire_name(number), "unknown");
    }
}
END_TEST

START_TEST(random_bytes_do_no_harm)
{
    struct any_row any = {.state = 3};
    uint32_t good = 0;
    for (int round = 0; round < 200000; round++) {
        struct bytes b = any_bytes(&any);
        good += read_exact(b.at, b.len);
    }
    ck_assert_uint_lt(good, 2000); /* heartbeat and the like are short */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {each_row_comes_back,
                                  a_row_that_is_cut_or_longer_is_none,
                                  a_length_beyond_the_row_is_refused,
                                  unknown_kinds_are_refused,
                                  random_bytes_do_no_harm,
                                  NULL};
    return runner_run("wire", tests);
}
