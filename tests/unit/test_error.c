/* test_error.c - what failures say, and to whom. */
#include "runner.h"

#include <stdio.h>

#include "error.h"

static const struct dfl_site site = {.file = "prog.dfl", .line = 9, .column = 5};

/* Message of an error, which ends. */
static struct dfl_view message(struct dfl_error *e)
{
    struct dfl_view text = value_part(&e->message, 0, e->message.len);
    ck_assert_uint_eq(e->site.line, 9);
    dfl_error_release(e);
    return text;
}

START_TEST(failures_name_what_was_wrong)
{
    struct dfl_view key = runner_str("k\n");
    int64_t n = 300;
    runner_expect(message(dfl_fail_bounds(&site, 7, 3)), "index 7 out of bounds for length 3");
    runner_expect(message(dfl_fail_slice(&site, 2, 9, 3)), "slice 2..9 out of bounds for length 3");
    runner_expect(message(dfl_fail_divide(&site)), "division by zero");
    runner_expect(message(dfl_fail_overflow(&site, "+", INT64_MAX, 1)),
                  "integer overflow: 9223372036854775807 + 1");
    runner_expect(message(dfl_fail_shift(&site, 64)), "shift count out of range: 64");
    runner_expect(message(dfl_fail_key(&site, &value_str, &key)), "no such key: \"k\\n\"");
    runner_expect(message(dfl_fail_narrow(&site, &value_int, &n, &value_u8)),
                  "300 does not fit u8");
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

/* What dfl_error_report() writes; the error ends. */
static struct dfl_view reported(struct dfl_error *e)
{
    char *text;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    dfl_error_report(to, e);
    fclose(to);
    dfl_error_release(e);
    struct dfl_view out = value_text(text, (int64_t)len);
    free(text);
    return out;
}

START_TEST(a_report_has_message_place_chain_and_causes)
{
    struct dfl_error *e = dfl_error_at(error_new(DFL_FAIL_fail, "%s", ""), &site);
    e = error_link(e, "at, spawned at prog.dfl:13");
    struct dfl_view message = value_text("no x", 4);
    struct dfl_error *read = error_link(error_new(DFL_FAIL_io, "cannot read x"), "load");
    e->cause = dfl_fail_from(&(struct dfl_site){.file = "lib.dfl", .line = 2, .column = 3},
                             &message, read);
    dfl_block_release(message.block);
    dfl_error_release(read);
    runner_expect(reported(e), "error: failed\n  at prog.dfl:9:5\n"
                               "  in task at, spawned at prog.dfl:13\n"
                               "caused by: no x\n  at lib.dfl:2:3\n"
                               "caused by: cannot read x\n  in task load\n");
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_place_is_filled_in_once)
{
    struct dfl_site other = {.file = "other.dfl", .line = 1};
    struct dfl_error *e = dfl_error_at(error_new(DFL_FAIL_fail, "x"), &site);
    e = dfl_error_at(e, &other);
    ck_assert_str_eq(e->site.file, "prog.dfl");
    dfl_error_release(e);
}
END_TEST

START_TEST(a_held_error_is_copied_before_it_gets_a_link)
{
    struct dfl_error *e = error_new(DFL_FAIL_fail, "x");
    dfl_error_retain(e);
    struct dfl_error *longer = error_link(e, "a");
    ck_assert_ptr_ne(longer, e);
    ck_assert_int_eq(e->chain.len, 0);
    ck_assert_int_eq(longer->chain.len, 1);
    dfl_error_release(e);
    dfl_error_release(longer);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_chain_ends_at_64_links)
{
    struct dfl_error *e = error_new(DFL_FAIL_fail, "x");
    for (int i = 0; i < 100; i++)
        e = error_link(e, "f, spawned at p.dfl:1");
    ck_assert_int_eq(e->chain.len, 64);
    dfl_error_release(e);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(kinds_have_names)
{
    ck_assert_str_eq(dfl_fail_name(DFL_FAIL_overflow), "overflow");
    ck_assert_str_eq(dfl_fail_text(DFL_FAIL_timeout), "timed out");
    ck_assert(dfl_fail_repeatable(DFL_FAIL_key));
    ck_assert(!dfl_fail_repeatable(DFL_FAIL_lost));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        failures_name_what_was_wrong,
        a_report_has_message_place_chain_and_causes,
        a_place_is_filled_in_once,
        a_held_error_is_copied_before_it_gets_a_link,
        a_chain_ends_at_64_links,
        kinds_have_names,
        NULL,
    };
    return runner_run("error", tests);
}
