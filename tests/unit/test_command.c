/* test_command.c - programs of others: sessions, one program, many of them. */
#include "runner.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "clock.h"
#include "command.h"
#include "commands.h"
#include "keeper.h"
#include "session.h"

static struct command shell(char *words[4], char *script)
{
    words[0] = "sh";
    words[1] = "-c";
    words[2] = script;
    words[3] = NULL;
    return (struct command){.words = words, .timeout = INT64_MAX};
}

/* Waits for one that was started, as commands_wait() does. */
static void see_out(struct command *c)
{
    struct pollfd fds[COMMAND_FDS];
    while (!command_step(c, clock_now())) {
        command_fds(c, fds);
        poll(fds, COMMAND_FDS, 5);
    }
}

static void expect_text(struct buffer *b, const char *wanted)
{
    ck_assert_int_eq(b->len, (int64_t)strlen(wanted));
    ck_assert(memcmp(buffer_text(b), wanted, (size_t)b->len) == 0);
    buffer_discard(b);
}

START_TEST(a_command_is_given_input_and_heard_out)
{
    char *words[4];
    struct command c = shell(words, "cat; echo wrong >&2; exit 3");
    c.input = "given";
    c.input_len = 5;
    ck_assert(command_start(&c, clock_now()));
    see_out(&c);
    ck_assert_int_eq(c.outcome, COMMAND_ENDED);
    ck_assert_int_eq(c.status, 3);
    expect_text(&c.output, "given");
    expect_text(&c.error, "wrong\n");
    keeper_close();
}
END_TEST

START_TEST(what_cannot_be_started_says_why)
{
    char *words[] = {"/no/such/program", NULL};
    struct command c = {.words = words, .timeout = INT64_MAX};
    ck_assert(!command_start(&c, clock_now()));
    ck_assert_int_eq(c.code, ENOENT);
    keeper_close();
}
END_TEST

/* Its leader dies at once when it is asked, the other does not. */
START_TEST(the_end_of_a_command_is_that_of_its_session)
{
    char *words[4];
    struct stat output;
    struct command c = shell(words, "(trap '' TERM; echo; while :; do sleep 0.01; done) & wait");
    ck_assert(command_start(&c, clock_now()));
    while (c.output.len == 0) {
        struct pollfd fds[COMMAND_FDS];
        command_fds(&c, fds);
        poll(fds, COMMAND_FDS, 5);
        ck_assert(!command_step(&c, clock_now()));
    }
    ck_assert_uint_ge(session_signal(c.pid, 0), 2);
    ck_assert_int_eq(fstat(c.from_output, &output), 0);
    ck_assert_int_eq(session_of_output(output.st_ino), c.pid);
    c.unwanted = true;
    see_out(&c);
    ck_assert_int_eq(c.outcome, COMMAND_LEFT);
    ck_assert_uint_eq(session_signal(c.pid, 0), 0);
    ck_assert_int_eq(session_of_output(output.st_ino), 0);
    buffer_discard(&c.output);
    buffer_discard(&c.error);
    keeper_close();
}
END_TEST

START_TEST(a_command_that_is_late_is_ended)
{
    char *words[4];
    struct command c = shell(words, "sleep 60");
    c.timeout = 10000000;
    ck_assert(command_start(&c, clock_now()));
    see_out(&c);
    ck_assert_int_eq(c.outcome, COMMAND_LATE);
    buffer_discard(&c.output);
    buffer_discard(&c.error);
    keeper_close();
}
END_TEST

static uint32_t over;

static void on_over(struct command *c)
{
    c->is_over = true;
    over++;
    buffer_discard(&c->output);
    buffer_discard(&c->error);
}

/* There is room for few, so the last have not begun. */
START_TEST(commands_take_turns_and_leave_the_queue_unstarted)
{
    enum { COUNT = 12 };
    struct rlimit files = {40, 40};
    struct command list[COUNT];
    char *words[COUNT][4];
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    for (int i = 0; i < COUNT; i++) {
        list[i] = shell(words[i], i < COUNT - 1 ? "sleep 0.02" : "sleep 60");
        commands_add(&list[i]);
    }
    ck_assert_int_eq(list[COUNT - 1].pid, 0);
    list[COUNT - 1].unwanted = true;
    commands_wait(-1, 0, on_over);
    ck_assert(list[COUNT - 1].is_over);
    ck_assert(commands_live());
    while (commands_live())
        commands_wait(-1, -1, on_over);
    ck_assert_uint_eq(over, COUNT);
    for (int i = 0; i < COUNT - 1; i++)
        ck_assert_int_eq(list[i].outcome, COMMAND_ENDED);
    keeper_close();
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_command_is_given_input_and_heard_out,
        what_cannot_be_started_says_why,
        the_end_of_a_command_is_that_of_its_session,
        a_command_that_is_late_is_ended,
        commands_take_turns_and_leave_the_queue_unstarted,
        NULL,
    };
    keeper_main();
    return runner_run("command", tests);
}
