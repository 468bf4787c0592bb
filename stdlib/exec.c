/* exec.c - io.exec: arguments as C wants them, and what came of a program as a value. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "command_thread.h"
#include "stream.h"
#include "std.h"

struct exit_result {
    struct dfl_error *err;
    struct {
        int64_t status;
        struct dfl_view output, error;
    } value;
};

/* ---- arguments ---- */

static void words_free(char **words)
{
    for (char **at = words; *at; at++)
        free(*at);
    free(words);
}

static void *alloc(size_t bytes)
{
    void *at = calloc(1, bytes);
    if (!at)
        block_exhausted(bytes);
    return at;
}

static char **words_copy(const struct dfl_view *args)
{
    const struct dfl_view *from = args->ptr;
    char **words = alloc(((size_t)args->len + 1) * sizeof *words);
    for (int64_t i = 0; i < args->len; i++) {
        words[i] = alloc((size_t)from[i].len + 1);
        if (from[i].len)
            memcpy(words[i], from[i].ptr, (size_t)from[i].len);
    }
    return words;
}

/* NULL, or why nothing is started with these. */
static struct dfl_error *words_error(const struct dfl_view *args)
{
    const struct dfl_view *words = args->ptr;
    if (args->len == 0 || words[0].len == 0)
        return error_new(DFL_FAIL_io, "cannot run: no program is named");
    for (int64_t i = 0; i < args->len; i++)
        if (words[i].len && memchr(words[i].ptr, 0, (size_t)words[i].len))
            return error_new(DFL_FAIL_io, "cannot run: argument %lld holds a zero byte",
                             (long long)i);
    return NULL;
}

/* ---- what went wrong ---- */

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* What errno's text does not tell. NULL: it tells all. */
static const char *explain(char **words, int code)
{
    bool is_path = strchr(words[0], '/');
    if (code == ENOENT && !words[1] && strchr(words[0], ' '))
        return "no such program; each argument is an element of its own, as in [\"ls\", \"-l\"]";
    if (code == ENOENT && !is_path)
        return "no such program in $PATH";
    if (code == ENOENT && access(words[0], F_OK) == 0)
        return "what is to interpret it, by its first line, is not there";
    if (code == EACCES && is_path && is_folder(words[0]))
        return "is a folder";
    if (code == ENOEXEC)
        return "is no program; a script begins with a line like #!/bin/sh";
    return NULL;
}

static struct dfl_error *start_error(char **words, int code)
{
    struct dfl_view name = value_static(words[0], (int64_t)strlen(words[0]));
    const char *why = explain(words, code);
    if (why)
        return error_new(DFL_FAIL_io, "cannot run %s: %s", words[0], why);
    return error_from_errno(code, "cannot run", &name);
}

static struct dfl_error *late_error(const char *name, int64_t ns)
{
    struct buffer b = {0};
    struct dfl_view text;
    buffer_string(&b, name);
    buffer_string(&b, " timed out after ");
    format_value(&b, &value_duration, &ns, true);
    dfl_buffer_end(&b, &text);
    struct dfl_error *e =
        error_new(DFL_FAIL_timeout, "%.*s", (int)text.len, (const char *)text.ptr);
    dfl_drop(&value_str, &text);
    return e;
}

/* ---- running ---- */

/* A time that nobody lives to see is none. */
static const int64_t forever = INT64_C(1000000) * 3600 * 1000000000;

static void give(struct command *c, struct exit_result *result)
{
    result->value.status = c->status;
    dfl_buffer_end(&c->output, &result->value.output);
    dfl_buffer_end(&c->error, &result->value.error);
}

/* Runs it; fills in the result unless it gives a failure. */
static struct dfl_error *run(struct dfl_fiber *fiber, struct command *c, int64_t timeout,
                             struct exit_result *result)
{
    struct dfl_error *failure = dfl_command(fiber, c);
    if (!failure && c->outcome == COMMAND_ENDED) {
        give(c, result);
        return NULL;
    }
    buffer_discard(&c->output);
    buffer_discard(&c->error);
    if (!failure)
        result->err = c->outcome == COMMAND_LATE ? late_error(c->words[0], timeout)
                                                 : start_error(c->words, c->code);
    return failure;
}

STD(io, exec, void *out, const void *args, const void *input, const void *timeout)
{
    static const struct dfl_view output_name = {NULL, "standard output", 15};
    struct exit_result *result = out;
    const struct dfl_view *bytes = input;
    int64_t ns = *(const int64_t *)timeout;
    result->err = words_error(args);
    if (result->err)
        return NULL;
    int code = stream_flush(fiber);
    if (code) {
        result->err = error_from_errno(code, "cannot write", &output_name);
        return NULL;
    }
    struct command c = {
        .words = words_copy(args),
        .input = bytes->ptr,
        .input_len = bytes->len,
        .timeout = ns < forever ? ns : INT64_MAX,
    };
    struct dfl_error *failure = run(fiber, &c, ns, result);
    words_free(c.words);
    return failure;
}
