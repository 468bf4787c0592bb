/* decode.c - any bytes, read as a value of a random type that the first of them picks: an error, or
 * a value that gives these bytes when it is written; and nothing is left of either. */
#include "../unit/random_value.h"
#include "encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool good)
{
    if (!good)
        abort();
}

static void read_value(const struct dfl_type *type, const uint8_t *bytes, size_t len)
{
    struct decoder d = {.at = bytes, .end = bytes + len, .shared = len & 1};
    struct encoder again = {0};
    void *value = malloc(type->size + 1);
    d.pool = task_pool_here();
    if (decode_value(&d, type, value)) {
        check(encode_value(&again, type, value));
        check(again.len == (size_t)(d.at - bytes));
        check(again.len == 0 || memcmp(again.bytes, bytes, again.len) == 0);
        dfl_drop(type, value);
    }
    decoder_fini(&d);
    encoder_fini(&again);
    free(value);
    check(dfl_block_live() == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct random_program p;
    if (len == 0)
        return 0;
    const struct dfl_type *type = random_open(&p, data[0], false);
    encode_init(&p.program);
    read_value(type, data + 1, len - 1);
    random_close_program(&p);
    return 0;
}
