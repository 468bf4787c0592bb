/* hello.c - little-endian; the first 44 bytes stay as they are in all versions, so that two builds
 * can tell each other apart:
 *
 *     "dfl node" · secret 32 · u32 version · u32 from · u32 to · u64 program */
#include "hello.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "id.h"

static const uint8_t magic[8] = "dfl node";

enum { AT_SECRET = 8, AT_VERSION = 40, AT_FROM = 44, AT_TO = 48, AT_PROGRAM = 52 };

void hello_write(const struct hello *h, uint8_t out[HELLO_BYTES])
{
    memcpy(out, magic, sizeof magic);
    memcpy(out + AT_SECRET, h->secret, HELLO_SECRET);
    bytes_put_u32(out + AT_VERSION, h->version);
    bytes_put_u32(out + AT_FROM, h->from);
    bytes_put_u32(out + AT_TO, h->to);
    bytes_put_u64(out + AT_PROGRAM, h->program);
}

/* Takes as long whatever differs, so that nobody learns a secret byte by byte. */
static bool same_secret(const uint8_t *a, const uint8_t *b)
{
    volatile uint8_t differs = 0;
    for (int i = 0; i < HELLO_SECRET; i++)
        differs |= a[i] ^ b[i];
    return differs == 0;
}

bool hello_check(const struct hello *own, const void *data, size_t len, uint32_t *from,
                 char why[HELLO_WHY])
{
    const uint8_t *at = data;
    char name[ID_NAME], self[ID_NAME];
    if (len < AT_FROM || memcmp(at, magic, sizeof magic) != 0) {
        snprintf(why, HELLO_WHY, "refused a connection that is not dfl's");
        return false;
    }
    if (!same_secret(at + AT_SECRET, own->secret)) {
        snprintf(why, HELLO_WHY, "refused a process that does not know the secret of this run");
        return false;
    }
    uint32_t version = bytes_get_u32(at + AT_VERSION);
    if (version != own->version) {
        snprintf(why, HELLO_WHY,
                 "refused a process that speaks version %" PRIu32
                 " of the protocol; this one speaks version %" PRIu32,
                 version, own->version);
        return false;
    }
    if (len != HELLO_BYTES || bytes_get_u32(at + AT_FROM) == 0) {
        snprintf(why, HELLO_WHY, "refused a process whose first message is damaged");
        return false;
    }
    *from = bytes_get_u32(at + AT_FROM);
    id_name(*from, name);
    uint64_t program = bytes_get_u64(at + AT_PROGRAM);
    if (program != own->program) {
        snprintf(why, HELLO_WHY,
                 "refused %s, which runs another program: %016" PRIx64 ", not %016" PRIx64, name,
                 program, own->program);
        return false;
    }
    if (bytes_get_u32(at + AT_TO) != own->from) {
        snprintf(why, HELLO_WHY, "refused %s, which looks for %s", name,
                 id_name(bytes_get_u32(at + AT_TO), self));
        return false;
    }
    return true;
}
