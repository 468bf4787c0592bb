/* test_transport.c - messages between processes. */
#include "runner.h"

#include <stdio.h>

#include "nnglib.h"

START_TEST(the_library_is_of_the_version_whose_headers_were_used)
{
    ck_assert_pstr_eq(nnglib_open(), NULL);
    int major = 0, minor = 0;
    ck_assert_int_eq(sscanf(nng.version(), "%d.%d", &major, &minor), 2);
    ck_assert_int_eq(major, NNG_MAJOR_VERSION);
    ck_assert_int_ge(minor, NNG_MINOR_VERSION);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_library_is_of_the_version_whose_headers_were_used,
        NULL,
    };
    return runner_run("transport", tests);
}
