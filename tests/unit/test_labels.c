/* test_labels.c - what --label takes, and who has which. */
#include "runner.h"

#include "labels.h"

static struct labels labels;
static char why[LABELS_WHY];

static void good(const char *text, uint32_t count)
{
    if (!labels_parse(text, 3, &labels, why))
        ck_abort_msg("%s", why);
    ck_assert_uint_eq(labels.count, count);
}

static void bad(const char *text, uint32_t nodes, const char *wanted)
{
    ck_assert_msg(!labels_parse(text, nodes, &labels, why), "'%s' was taken", text);
    ck_assert_str_eq(why, wanted);
    ck_assert_uint_eq(labels.count, 0);
}

START_TEST(nodes_have_the_labels_that_they_are_given)
{
    good("", 0);
    ck_assert(!labels_know(&labels, "gpu"));
    good("2=gpu,3=gpu,3=a-B_c.9,", 3);
    ck_assert(labels_has(&labels, 2, "gpu") && labels_has(&labels, 3, "gpu"));
    ck_assert(!labels_has(&labels, 1, "gpu") && !labels_has(&labels, 2, "a-B_c.9"));
    ck_assert(labels_has(&labels, 3, "a-B_c.9"));
    ck_assert(labels_know(&labels, "a-B_c.9"));
    ck_assert(!labels_know(&labels, "gp") && !labels_know(&labels, "gpus"));
    ck_assert(!labels_know(&labels, ""));
    labels_free(&labels);
    good("1=0,1=0123456789012345678901234567890123456789012345678901234567890123", 2);
    labels_free(&labels);
}
END_TEST

START_TEST(what_is_wrong_is_named_with_what_is_allowed)
{
#define FORM(word) "'" word "' is not a node and its label, like 2=gpu"
#define NAME(word) "'" word "': a label is letters, digits, '_', '-' and '.', at most 64"
    bad("gpu", 3, FORM("gpu"));
    bad("gpu=2", 3, FORM("gpu=2"));
    bad("2", 3, FORM("2"));
    bad("2:gpu", 3, FORM("2:gpu"));
    bad("2 =gpu", 3, FORM("2 =gpu"));
    bad("-1=gpu", 3, FORM("-1=gpu"));
    bad(",1=gpu", 3, FORM(""));
    bad("1=gpu,2,3=gpu", 3, FORM("2"));
    bad("2=", 3, NAME("2="));
    bad("2=a b", 3, NAME("2=a b"));
    bad("2=a=b", 3, NAME("2=a=b"));
    bad("1=01234567890123456789012345678901234567890123456789012345678901234", 3,
        NAME("1=01234567890123456789012345678901234567890123456789012345678901234"));
    bad("0=gpu", 3, "'0=gpu': there is no such node in a run on 3 nodes");
    bad("1=gpu,4=gpu", 3, "'4=gpu': there is no such node in a run on 3 nodes");
    bad("99999999999999999999=a", 3,
        "'99999999999999999999=a': there is no such node in a run on 3 nodes");
    bad("4294967297=a", 3, "'4294967297=a': there is no such node in a run on 3 nodes");
    bad("2=gpu", 1, "'2=gpu': there is no such node in a run on 1; --nodes asks for more");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nodes_have_the_labels_that_they_are_given,
        what_is_wrong_is_named_with_what_is_allowed,
        NULL,
    };
    return runner_run("labels", tests);
}
