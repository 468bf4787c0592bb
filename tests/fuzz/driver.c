/* driver.c - a target without libFuzzer: DRIVER SEED COUNT FILE... calls it with each file, then
 * with COUNT changed copies: parts deleted, doubled, moved, put in from another file or from a list
 * of words, bytes changed. The same seed makes the same copies. `--one FILE` calls it once, for a
 * debugger. A copy that crashes or takes too long is left in ./failed. */
#include "target.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { LONGEST = 1 << 16, SECONDS = 20 };

struct text {
    uint8_t *at;
    size_t len;
};

static struct text now; /* what the target works on */

static void keep_failed(int signal)
{
    FILE *out = fopen("failed", "wb");
    if (out) {
        fwrite(now.at, 1, now.len, out);
        fclose(out);
    }
    fprintf(stderr, "signal %d; the input is in ./failed\n", signal);
    _exit(1);
}

static struct text file_read(const char *path)
{
    struct text t = {calloc(1, LONGEST), 0};
    FILE *in = fopen(path, "rb");
    if (!in) {
        perror(path);
        exit(2);
    }
    t.len = fread(t.at, 1, LONGEST, in);
    fclose(in);
    return t;
}

static uint64_t state;

/* A number below n, of xorshift. */
static size_t below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return n ? (size_t)(state % n) : 0;
}

static void put(struct text *t, size_t at, const void *bytes, size_t len)
{
    if (t->len + len > LONGEST)
        return;
    memmove(t->at + at + len, t->at + at, t->len - at);
    memcpy(t->at + at, bytes, len);
    t->len += len;
}

static void cut(struct text *t, size_t at, size_t len)
{
    memmove(t->at + at, t->at + at + len, t->len - at - len);
    t->len -= len;
}

static const char *const words[] = {
#define WORD(text) text,
#include "words.def"
#undef WORD
};

static void change(struct text *t, const struct text *other)
{
    size_t at = below(t->len + 1), len = below(t->len - at < 40 ? t->len - at + 1 : 40);
    const char *word = words[below(sizeof words / sizeof *words)];
    uint8_t byte = (uint8_t)below(256);
    switch (below(7)) {
    case 0:
        cut(t, at, len);
        break;
    case 1: {
        uint8_t copy[40];
        memcpy(copy, t->at + at, len);
        put(t, below(t->len + 1), copy, len);
        break;
    }
    case 2: {
        size_t from = below(other->len);
        size_t most = other->len - from;
        put(t, at, other->at + from, most < 60 ? most : 60);
        break;
    }
    case 3:
        if (at < t->len)
            t->at[at] = byte;
        break;
    case 4: {
        char many[200];
        size_t one = strlen(word), count = sizeof many / (one + 1);
        for (size_t i = 0; i < count; i++)
            memcpy(many + i * one, word, one);
        put(t, at, many, count * one);
        break;
    }
    default:
        put(t, at, word, strlen(word));
    }
}

static void call(void)
{
    struct itimerval time = {.it_value.tv_sec = SECONDS}; /* of this process, not of the clock */
    setitimer(ITIMER_PROF, &time, NULL);
    LLVMFuzzerTestOneInput(now.at, now.len);
}

int main(int argc, char **argv)
{
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGPROF};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], keep_failed);
    if (argc == 3 && !strcmp(argv[1], "--one")) {
        now = file_read(argv[2]);
        call();
        return 0;
    }
    if (argc < 4) {
        fprintf(stderr, "usage: %s SEED COUNT FILE... | --one FILE\n", argv[0]);
        return 2;
    }
    size_t count = strtoull(argv[2], NULL, 10), file_count = (size_t)argc - 3;
    struct text *files = calloc(file_count, sizeof *files);
    state = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15 + 1;
    now.at = calloc(1, LONGEST);
    for (size_t i = 0; i < file_count; i++) {
        files[i] = file_read(argv[3 + i]);
        memcpy(now.at, files[i].at, now.len = files[i].len);
        call();
    }
    for (size_t i = 0; i < count; i++) {
        const struct text *from = &files[below(file_count)];
        memcpy(now.at, from->at, now.len = from->len);
        for (size_t k = below(4) + 1; k; k--)
            change(&now, &files[below(file_count)]);
        call();
    }
    for (size_t i = 0; i < file_count; i++)
        free(files[i].at);
    free(files);
    free(now.at);
    printf("%zu files, %zu changed copies\n", file_count, count);
    return 0;
}
