/* test_decode.c - bytes that are no value, or that were one. */
#include "encode_types.h"

#include <sys/resource.h>

#include "random_value.h"

/* ---- bytes that are no value ---- */

START_TEST(each_mistake_is_named)
{
    open_types();
    REFUSED(T_INT, "1234567", short);
    REFUSED(T_INT, "123456789", long);
    REFUSED(T_GAP, "\2........", tag);
    REFUSED(T_STR, "\4\xff\xff", utf8);
    REFUSED(T_STR, "\6ab", length);
    REFUSED(T_STR, "\x80", short);
    REFUSED(T_STR, "\x84\0ab", number);
    REFUSED(T_STR, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", number);
    REFUSED(T_STR, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\1", length);
    REFUSED(T_STR, "\5", refused);
    REFUSED(T_INTS, "\6........", length);
    REFUSED(T_UNITS, "\x80\x80\x80\x80\x80\x80\x80\1", length);
    REFUSED(T_UNITS, "\2\1", tag);
    REFUSED(T_BOOLS, "\6\1\0\2", tag);
    REFUSED(T_OPTION, "\2........", tag);
    REFUSED(T_WHOLE, "\2", tag);
    REFUSED(T_LIST, "\2", tag);
    REFUSED(T_SHAPE, "\3", tag);
    REFUSED(T_MAP, "\2\2a\0\2a\0", twice);
    REFUSED(T_MAP, "\3\2a\0", length);
    REFUSED(T_ERROR, "\x63\0\0\0\0\0\0\0", tag);
    REFUSED(T_ERROR, "\1\0\0\0\0\0\0\2", tag);
    REFUSED(T_ERROR, "\1\0\0\0\0\0\x41\0", length);
    REFUSED(T_ERROR, "\1\0\3a\0\0\0\0\0\0", utf8);
    REFUSED(T_FUTURE, "\3", tag);
    REFUSED(T_FUTURE, "\2", refused);
    REFUSED(T_FUTURE, "\1\x05\0........", row);
    REFUSED(T_FUTURE, "\1\1\0........", row);
    REFUSED(T_FUTURE, "\1\0\4........", tag);
    REFUSED(T_FUTURE, "\1\0\1........", tag);
    REFUSED(T_TEXTS, "\1\3\3\0", tag);
    REFUSED(T_GRID, "\1\2\6", length);
    REFUSED(T_GRID, "\1\2\2........", length);
    REFUSED(T_GRID, "\x80\x80\x80\x80\x80\1\x80\x80\x80\x80\x80\1\0", length);
    REFUSED(T_GRID, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0", length);
    expect_nothing_left();
}
END_TEST

START_TEST(keys_that_hold_much_are_compared_when_they_are_whole)
{
    open_types();
    /* two keys of arrays in each other, with an empty map each; the rest of the second key, then of
     * the first, was put off */
    uint8_t bytes[64] = {2};
    size_t len = 1;
    for (int key = 0; key < 2; key++, len += ENCODE_DEPTH)
        memset(bytes + len, 2, ENCODE_DEPTH - 1);
    memcpy(bytes + len, "\2\2\0\2\2", 6);
    ck_assert_int_eq(refusal(&rows[T_MAPS], bytes, len + 6), ENCODE_twice);
    memcpy(bytes + len, "\2\0\2\2", 5);
    ck_assert_int_eq(refusal(&rows[T_MAPS], bytes, len + 5), ENCODE_ok);
    expect_nothing_left();
}
END_TEST

static long memory_peak(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

START_TEST(lengths_cannot_claim_the_same_bytes_over_and_over)
{
    open_types();
    size_t len = 16000;
    uint8_t *bytes = calloc(len, 1);
    for (size_t at = 0; at + 2 < len; at += 2) { /* each an array of half of what follows */
        size_t n = (len - at - 2) / 2;
        bytes[at] = (uint8_t)(n << 1 | 0x80);
        bytes[at + 1] = (uint8_t)(n >> 6);
        if (n < 64)
            break;
    }
    long before = memory_peak();
    ck_assert_int_eq(refusal(&rows[T_NESTED], bytes, len), ENCODE_length);
    ck_assert_int_lt(memory_peak() - before, 16 << 10);
    free(bytes);
    expect_nothing_left();
}
END_TEST

/* ---- at random ---- */

/* All cuts, and bytes changed: an error or a value, and nothing is left of it. */
static void mangle(struct random_program *p, const struct dfl_type *type, const struct encoder *e)
{
    uint8_t *copy = malloc(e->len + 1);
    void *got = malloc(type->size + 1);
    for (size_t turn = 0; turn < e->len + 64; turn++) {
        size_t len = turn < e->len ? turn : e->len;
        if (e->len)
            memcpy(copy, e->bytes, e->len);
        for (size_t i = 0; turn >= e->len && e->len && i < 1 + random_below(p, 4); i++)
            copy[random_below(p, e->len)] ^= (uint8_t)(1u << random_below(p, 8));
        struct decoder d = decoder_of(copy, len);
        d.shared = random_below(p, 2);
        bool good = decode_value(&d, type, got);
        ck_assert(!good || turn >= e->len);
        if (good)
            dfl_drop(type, got);
        decoder_fini(&d);
    }
    free(copy);
    free(got);
}

static void random_round(uint64_t seed)
{
    struct random_program p;
    const struct dfl_type *type = random_open(&p, seed, seed % 3 == 0);
    encode_init(&p.program);
    char *value = malloc(type->size + 1), *got = malloc(type->size + 1);
    for (int i = 0; i < 4; i++) {
        p.budget = i == 0 ? 0 : 60;
        random_bytes(&p, value, type->size);
        random_value(&p, type, value);
        struct encoder e = encoded(type, value);
        struct decoder d = decoder_of(e.bytes, e.len);
        ck_assert_msg(decode_value(&d, type, got) && decode_end(&d), "seed %llu: %s",
                      (unsigned long long)seed, encode_error_text(d.error));
        if (!encode_has_future(type))
            ck_assert_msg(dfl_equal(type, value, got), "seed %llu", (unsigned long long)seed);
        struct encoder again = encoded(type, got);
        ck_assert_uint_eq(again.len, e.len);
        ck_assert(e.len == 0 || memcmp(again.bytes, e.bytes, e.len) == 0);
        if (e.len < 2000)
            mangle(&p, type, &e);
        dfl_drop(type, value);
        dfl_drop(type, got);
        decoder_fini(&d);
        encoder_fini(&e);
        encoder_fini(&again);
        ck_assert_msg(dfl_block_live() == 0, "seed %llu", (unsigned long long)seed);
    }
    free(value);
    free(got);
    random_close_program(&p);
}

START_TEST(values_of_random_types_come_back_and_their_ruins_do_no_harm)
{
    for (uint64_t seed = 1; seed <= 400; seed++)
        random_round(seed);
    expect_nothing_left();
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        each_mistake_is_named,
        keys_that_hold_much_are_compared_when_they_are_whole,
        lengths_cannot_claim_the_same_bytes_over_and_over,
        values_of_random_types_come_back_and_their_ruins_do_no_harm,
        NULL,
    };
    return runner_run("decode", tests);
}
