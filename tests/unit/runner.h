/* runner.h - what each test program shares: its main(), and text values. */
#ifndef RUNNER_H
#define RUNNER_H

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

/* Runs tests, a NULL-ended list, as one suite; the status for main() to return. Each of `deadly`
 * must end by SIGABRT: an assertion fails. */
static inline int runner_run_deadly(const char *name, const TTest *const *tests,
                                    const TTest *const *deadly)
{
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create(name);
    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 120);
    for (; *tests; tests++)
        tcase_add_test(tc, *tests);
    for (; *deadly; deadly++)
        tcase_add_test_raise_signal(tc, *deadly, SIGABRT);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

static inline int runner_run(const char *name, const TTest *const *tests)
{
    static const TTest *const none[] = {NULL};
    return runner_run_deadly(name, tests, none);
}

static inline struct dfl_view runner_str(const char *text)
{
    return value_static(text, (int64_t)strlen(text));
}

static inline struct dfl_view runner_owned(const char *text)
{
    return value_text(text, (int64_t)strlen(text));
}

/* Ends `got` and fails the test if it was not `wanted`. */
static inline void runner_expect(struct dfl_view got, const char *wanted)
{
    if (got.len != (int64_t)strlen(wanted) || memcmp(got.ptr, wanted, (size_t)got.len) != 0)
        ck_abort_msg("got '%.*s', wanted '%s'", (int)got.len, (char *)got.ptr, wanted);
    dfl_drop(&value_str, &got);
}

#endif
