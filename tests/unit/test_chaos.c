/* test_chaos.c - what --chaos takes, what it says to the rest, and its dice. */
#include "runner.h"

#include "chaos.h"
#include "id.h"

static struct chaos chaos;
static char why[CHAOS_WHY];

static void good(const char *spec)
{
    if (!chaos_parse(spec, &chaos, why))
        ck_abort_msg("%s", why);
}

static void bad(const char *spec, const char *text)
{
    ck_assert_msg(!chaos_parse(spec, &chaos, why), "'%s' was taken", spec);
    ck_assert_str_eq(why, text);
}

START_TEST(every_fault_is_read)
{
    good("kill:node=2:tasks=50,kill:worker=3:ms=300,drop:1%,dup:0.5%,delay:5ms,seed:7");
    ck_assert_uint_eq(chaos.kill_count, 2);
    const struct chaos_kill *k = chaos.kills;
    ck_assert(k->victim == CHAOS_VICTIM_node && k->node == 2);
    ck_assert(k->moment == CHAOS_MOMENT_tasks && k->count == 50);
    k++;
    ck_assert(k->victim == CHAOS_VICTIM_worker && k->node == 3);
    ck_assert(k->moment == CHAOS_MOMENT_ms && k->count == 300);
    ck_assert_int_eq(chaos.value[CHAOS_drop], 100);
    ck_assert_int_eq(chaos.value[CHAOS_dup], 50);
    ck_assert_int_eq(chaos.value[CHAOS_delay], 5000);
    ck_assert_int_eq(chaos.value[CHAOS_seed], 7);
    good("");
    ck_assert_uint_eq(chaos.kill_count, 0);
    good("drop:0%");
    good("drop:50%");
    good("drop:0.07%,delay:250us");
    ck_assert_int_eq(chaos.value[CHAOS_drop], 7);
    ck_assert_int_eq(chaos.value[CHAOS_delay], 250);
    good("delay:1s,seed:1000000000");
    ck_assert_int_eq(chaos.value[CHAOS_delay], 1000000);
}
END_TEST

START_TEST(what_is_wrong_is_named_with_what_is_allowed)
{
    bad("frob:1", "'frob:1': there is no 'frob', but kill, drop, dup, delay and seed");
    bad("drop", "'drop': drop takes a share from 0% to 50%, as in drop:1%");
    bad("drop:1", "'drop:1': drop takes a share from 0% to 50%, as in drop:1%");
    bad("drop:51%", "'drop:51%': drop takes a share from 0% to 50%, as in drop:1%");
    bad("seed:7,drop:1%%", "'drop:1%%': drop takes a share from 0% to 50%, as in drop:1%");
    bad("dup:-1%", "'dup:-1%': dup takes a share from 0% to 50%, as in dup:1%");
    bad("dup:1.234%", "'dup:1.234%': dup takes a share from 0% to 50%, as in dup:1%");
    bad("dup:.%", "'dup:.%': dup takes a share from 0% to 50%, as in dup:1%");
    bad("delay:5", "'delay:5': delay takes a time up to 1s, as in delay:5ms");
    bad("delay:1001ms", "'delay:1001ms': delay takes a time up to 1s, as in delay:5ms");
    bad("seed:x", "'seed:x': seed takes a number up to 1000000000, as in seed:7");
    bad("seed:99999999999999999999",
        "'seed:99999999999999999999': seed takes a number up to 1000000000, as in seed:7");
    bad("drop:1%,drop:2%", "drop is given twice");
    bad("kill", "'kill': kill takes a victim and a moment, as in kill:node=2:tasks=50 or "
                "kill:worker=3:ms=300");
    bad("kill:node=2", "'kill:node=2': kill takes a victim and a moment, as in "
                       "kill:node=2:tasks=50 or kill:worker=3:ms=300");
    bad("kill:head=2:ms=1", "'kill:head=2:ms=1': there is no 'head', but node and worker");
    bad("kill:node=2:s=1", "'kill:node=2:s=1': there is no 's', but tasks and ms");
    bad("kill:node=1:ms=1", "'kill:node=1:ms=1': node takes the number of a node from 2 on: node 1 "
                            "runs main, and the run ends with it");
    bad("kill:node=2:tasks=0", "'kill:node=2:tasks=0': tasks takes how many tasks it has started, "
                               "from 1 to 1000000000");
    bad("kill:worker=3:ms=300:x=1", "'kill:worker=3:ms=300:x=1': ms takes how many milliseconds it "
                                    "has lived, up to 86400000");
    bad(",", "'': there is no '', but kill, drop, dup, delay and seed");
    bad("seed:7,", "'': there is no '', but kill, drop, dup, delay and seed");
    bad("an endless word that is cut where it would flood the message:1",
        "'an endless word that is cut where it wou': there is no 'an endless word that is cut "
        "where "
        "it wou', but kill, drop, dup, delay and seed");
    char many[65 * 20] = "";
    for (int i = 0; i < CHAOS_KILLS + 1; i++)
        strcat(many, i ? ",kill:node=2:ms=1" : "kill:node=2:ms=1");
    bad(many, "there are more than 64 kills");
}
END_TEST

START_TEST(no_text_does_harm)
{
    const char alphabet[] = "kilnodewrtasmupyx:=,%.0129";
    uint64_t dice = 1;
    for (int i = 0; i < 200000; i++) {
        char text[400];
        struct chaos none = {0};
        int len = i % 100 == 0 ? 399 : i % 40;
        for (int k = 0; k < len; k++) {
            chaos_fate(&none, &dice);
            text[k] = alphabet[(dice >> 40) % (sizeof alphabet - 1)];
        }
        text[len] = '\0';
        *why = '\0';
        if (!chaos_parse(text, &chaos, why))
            ck_assert_msg(*why, "no reason for '%s'", text);
    }
}
END_TEST

START_TEST(each_process_finds_how_it_dies)
{
    good("kill:worker=3:ms=1,kill:node=2:tasks=5,kill:worker=3:ms=2,kill:node=2:tasks=9");
    ck_assert_ptr_eq(chaos_kill_of(&chaos, id_proc(2, 0)), &chaos.kills[1]);
    ck_assert_ptr_null(chaos_kill_of(&chaos, id_proc(2, 1)));
    ck_assert_ptr_null(chaos_kill_of(&chaos, id_proc(3, 0)));
    ck_assert_ptr_eq(chaos_kill_of(&chaos, id_proc(3, 1)), &chaos.kills[0]);
    ck_assert_ptr_eq(chaos_kill_of(&chaos, id_proc(3, 2)), &chaos.kills[2]);
    ck_assert_ptr_null(chaos_kill_of(&chaos, id_proc(3, 3)));
}
END_TEST

START_TEST(fates_come_as_often_as_asked_and_again_for_a_seed)
{
    good("drop:10%,dup:20%,delay:5ms,seed:7");
    uint64_t dice = chaos_dice(&chaos, 1), again = dice, other = chaos_dice(&chaos, 2);
    int lost = 0, doubled = 0, differ = 0;
    int64_t sum = 0, count = 0;
    for (int i = 0; i < 100000; i++) {
        struct chaos_fate f = chaos_fate(&chaos, &dice), g = chaos_fate(&chaos, &again),
                          h = chaos_fate(&chaos, &other);
        ck_assert_mem_eq(&f, &g, sizeof f);
        differ += memcmp(&f, &h, sizeof f) != 0;
        lost += f.copies == 0;
        doubled += f.copies == 2;
        for (uint32_t k = 0; k < f.copies; k++, count++) {
            if (f.delay_ns[k] < 0 || f.delay_ns[k] > 5000000)
                ck_abort_msg("a delay of %lld ns", (long long)f.delay_ns[k]);
            sum += f.delay_ns[k];
        }
    }
    ck_assert_int_gt(lost, 9500);
    ck_assert_int_lt(lost, 10500);
    ck_assert_int_gt(doubled, 17300);
    ck_assert_int_lt(doubled, 18700);
    ck_assert_int_gt(sum / count, 2400000);
    ck_assert_int_lt(sum / count, 2600000);
    ck_assert_int_gt(differ, 90000);
    good("");
    for (int i = 0; i < 1000; i++) {
        struct chaos_fate f = chaos_fate(&chaos, &dice);
        ck_assert(f.copies == 1 && f.delay_ns[0] == 0);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_fault_is_read,
        what_is_wrong_is_named_with_what_is_allowed,
        no_text_does_harm,
        each_process_finds_how_it_dies,
        fates_come_as_often_as_asked_and_again_for_a_seed,
        NULL,
    };
    return runner_run("chaos", tests);
}
