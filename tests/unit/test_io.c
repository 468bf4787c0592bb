/* test_io.c - files, folders, standard streams, as programs use them. */
#include "runner.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../stdlib/std.h"
#include "stream.h"

#define CALL(name, ...)                                                                            \
    struct dfl_error *dfl_std_##name(struct dfl_fiber *, void *out, __VA_ARGS__);
CALL(io_read, const void *path)
CALL(io_write, const void *path, const void *data)
CALL(io_append, const void *path, const void *data)
CALL(io_remove, const void *path)
CALL(io_make_dir, const void *path)
CALL(io_exists, const void *path)
CALL(io_is_dir, const void *path)
CALL(io_list, const void *path)
CALL(io_env, const void *path)
CALL(prelude_print, const void *line)
struct dfl_error *dfl_std_io_stdin(struct dfl_fiber *, void *out);
struct dfl_error *dfl_std_io_read_line(struct dfl_fiber *, void *out);

static char folder[64];

static void enter_folder(void)
{
    strcpy(folder, "/tmp/dfl-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    ck_assert_int_eq(rmdir(folder), 0);
}

/* Ends an error and gives its message. */
static struct dfl_view message(struct dfl_error *e)
{
    ck_assert_ptr_nonnull(e);
    struct dfl_view text = value_part(&e->message, 0, e->message.len);
    dfl_error_release(e);
    return text;
}

static struct dfl_view file_text(const char *path)
{
    struct std_view_result r;
    struct dfl_view p = runner_str(path);
    ck_assert_ptr_null(dfl_std_io_read(NULL, &r, &p));
    return r.err ? message(r.err) : r.value;
}

static struct dfl_error *write_file(const char *path, const char *text)
{
    struct std_unit_result r;
    struct dfl_view p = runner_str(path), data = runner_str(text);
    ck_assert_ptr_null(dfl_std_io_write(NULL, &r, &p, &data));
    return r.err;
}

START_TEST(what_was_written_is_read)
{
    struct std_unit_result r;
    struct dfl_view path = runner_str("f"), more = runner_str("more");
    uint8_t yes;
    enter_folder();
    ck_assert_ptr_null(write_file("f", "text"));
    runner_expect(file_text("f"), "text");
    dfl_std_io_append(NULL, &r, &path, &more);
    ck_assert_ptr_null(r.err);
    runner_expect(file_text("f"), "textmore");
    ck_assert_ptr_null(write_file("f", ""));
    runner_expect(file_text("f"), "");
    dfl_std_io_exists(NULL, &yes, &path);
    ck_assert(yes);
    dfl_std_io_remove(NULL, &r, &path);
    ck_assert_ptr_null(r.err);
    dfl_std_io_exists(NULL, &yes, &path);
    ck_assert(!yes);
    leave_folder();
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(errors_name_the_file_and_the_reason)
{
    struct std_unit_result r;
    struct dfl_view none = runner_str("none"), zero = value_static("a\0b", 3);
    enter_folder();
    runner_expect(file_text("none"), "cannot read none: No such file or directory");
    runner_expect(file_text("."), "cannot read .: is a folder");
    runner_expect(message(write_file("no/file", "")),
                  "cannot write no/file: No such file or directory");
    runner_expect(message(write_file("/dev/full", "x")),
                  "cannot write /dev/full: No space left on device");
    dfl_std_io_remove(NULL, &r, &none);
    runner_expect(message(r.err), "cannot remove none: No such file or directory");
    dfl_std_io_remove(NULL, &r, &zero);
    runner_expect(message(r.err), "cannot remove: the path holds a zero byte");
    leave_folder();
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(files_without_a_size_are_read_to_the_end)
{
    struct dfl_view text = file_text("/proc/self/status");
    ck_assert_int_gt(text.len, 100);
    dfl_drop(&value_str, &text);
    struct dfl_view maps = file_text("/proc/self/maps");
    ck_assert_int_gt(maps.len, 100);
    dfl_drop(&value_str, &maps);
}
END_TEST

START_TEST(folders_are_listed_in_order)
{
    struct std_view_result r;
    struct std_unit_result done;
    struct dfl_view here = runner_str("."), sub = runner_str("sub"), text;
    struct buffer b = {0};
    uint8_t yes;
    enter_folder();
    ck_assert_ptr_null(write_file("b", ""));
    ck_assert_ptr_null(write_file("a", ""));
    dfl_std_io_make_dir(NULL, &done, &sub);
    dfl_std_io_list(NULL, &r, &here);
    ck_assert_ptr_null(r.err);
    format_value(&b, &value_strs, &r.value, false);
    dfl_buffer_end(&b, &text);
    runner_expect(text, "[\"a\", \"b\", \"sub\"]");
    dfl_drop(&value_strs, &r.value);
    dfl_std_io_is_dir(NULL, &yes, &sub);
    ck_assert(yes);
    unlink("a");
    unlink("b");
    dfl_std_io_list(NULL, &r, &sub);
    ck_assert_int_eq(r.value.len, 0);
    rmdir("sub");
    dfl_std_io_list(NULL, &r, &sub);
    runner_expect(message(r.err), "cannot list sub: No such file or directory");
    leave_folder();
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

/* Makes standard input hold `text`. */
static void feed(const char *text)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(stream_write(ends[1], text, (int64_t)strlen(text)), 0);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
}

START_TEST(lines_are_read_one_by_one_and_the_rest_at_once)
{
    struct {
        struct dfl_error *err;
        struct std_view_option line;
    } r;
    struct std_view_result rest;
    feed("first\r\n\nthird\nfourth\nfifth");
    ck_assert_ptr_null(dfl_std_io_read_line(NULL, &r));
    runner_expect(r.line.value, "first");
    dfl_std_io_read_line(NULL, &r);
    ck_assert(r.line.some);
    runner_expect(r.line.value, "");
    dfl_std_io_read_line(NULL, &r);
    runner_expect(r.line.value, "third");
    dfl_std_io_stdin(NULL, &rest);
    runner_expect(rest.value, "fourth\nfifth");
    dfl_std_io_read_line(NULL, &r);
    ck_assert(!r.err && !r.line.some);
    dfl_std_io_stdin(NULL, &rest);
    runner_expect(rest.value, "");
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(input_that_is_not_text_is_an_error)
{
    struct std_view_result r;
    feed("ab\xff");
    dfl_std_io_stdin(NULL, &r);
    runner_expect(message(r.err), "standard input is not UTF-8 at byte 2");
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

/* Prints `count` lines in a child whose standard output is `fd`; its wait status. */
static int print_to(int fd, int count)
{
    pid_t child = fork();
    if (child == 0) {
        struct dfl_view line = runner_str("a line of text");
        char unit;
        dup2(fd, STDOUT_FILENO);
        for (int i = 0; i < count; i++)
            if (dfl_std_prelude_print(NULL, &unit, &line))
                _exit(3);
        dfl_output_flush();
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    return status;
}

START_TEST(printing_to_a_full_device_fails)
{
    int fd = open("/dev/full", O_WRONLY);
    ck_assert_int_eq(WEXITSTATUS(print_to(fd, 10)), 1);
    ck_assert_int_eq(WEXITSTATUS(print_to(fd, 10000)), 3);
    close(fd);
}
END_TEST

START_TEST(printing_to_nobody_ends_as_by_sigpipe)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    ck_assert_int_eq(WTERMSIG(print_to(ends[1], 1)), SIGPIPE);
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(WTERMSIG(print_to(ends[1], 1)), SIGPIPE);
    close(ends[1]);
}
END_TEST

START_TEST(lines_come_out_whole_and_in_order)
{
    enter_folder();
    int fd = open("out", O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(print_to(fd, 10000), 0);
    close(fd);
    struct dfl_view text = file_text("out");
    ck_assert_int_eq(text.len, 150000);
    for (int64_t at = 0; at < text.len; at += 15)
        ck_assert_int_eq(memcmp((char *)text.ptr + at, "a line of text\n", 15), 0);
    dfl_drop(&value_str, &text);
    unlink("out");
    leave_folder();
}
END_TEST

START_TEST(the_environment_gives_text_or_none)
{
    struct std_view_option r;
    struct dfl_view name = runner_str("DFL_TEST_VALUE"), other = runner_str("DFL_TEST_NONE");
    setenv("DFL_TEST_VALUE", "x", 1);
    dfl_std_io_env(NULL, &r, &name);
    runner_expect(r.value, "x");
    dfl_std_io_env(NULL, &r, &other);
    ck_assert(!r.some);
    setenv("DFL_TEST_VALUE", "\xff", 1);
    dfl_std_io_env(NULL, &r, &name);
    ck_assert(!r.some);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        what_was_written_is_read,
        errors_name_the_file_and_the_reason,
        files_without_a_size_are_read_to_the_end,
        folders_are_listed_in_order,
        lines_are_read_one_by_one_and_the_rest_at_once,
        input_that_is_not_text_is_an_error,
        printing_to_a_full_device_fails,
        printing_to_nobody_ends_as_by_sigpipe,
        lines_come_out_whole_and_in_order,
        the_environment_gives_text_or_none,
        NULL,
    };
    return runner_run("io", tests);
}
