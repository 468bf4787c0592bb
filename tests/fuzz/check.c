/* check.c - all stages up to DIR: any bytes give errors, or a program that lowers to well-formed
 * DIR. */
#include "lower.h"
#include "target.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct target t;
    target_open(&t, bytes, len);
    names_load(&t.program, t.path);
    check_types(&t.program);
    check_effects(&t.program);
    check_versions(&t.program);
    check_matches(&t.program);
    check_constants(&t.program);
    if (t.diags.errors == 0)
        check_uses(&t.program);
    if (t.diags.errors == 0 && t.program.main) {
        const struct ir_module *m = lower_program(&t.program);
        if (m && !ir_verify(m, stderr))
            target_wrong("DIR is malformed");
        if (!m && !t.diags.errors)
            target_wrong("no DIR and no error");
    }
    target_close(&t);
    return 0;
}
