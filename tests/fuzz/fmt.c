/* fmt.c - the formatter: the same tree and comments (it looks itself, and gives up if not), and
 * what it wrote it leaves as it is. */
#include "fmt.h"
#include "target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct target t;
    target_open(&t, bytes, len);
    struct source *source = source_read(&t.arena, t.path, &t.diags);
    const struct source *once = source ? fmt_source(&t.arena, &t.names, source, &t.diags) : NULL;
    if (source && !once && !t.diags.errors)
        target_wrong("the formatter gave up");
    const struct source *twice = once ? fmt_source(&t.arena, &t.names, once, &t.diags) : NULL;
    if (once && (!twice || twice->len != once->len || memcmp(twice->text, once->text, once->len)))
        target_wrong("formatted twice is not formatted once");
    target_close(&t);
    return 0;
}
