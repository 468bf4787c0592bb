/* bytes.c - a target of bytes that are no text, without libFuzzer: BYTES SEED COUNT calls it with
 * COUNT random inputs, the same for the same seed; further arguments are not looked at. `--one
 * FILE` calls it once, for a debugger. An input that crashes or takes too long is left in ./failed.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { LONGEST = 1 << 13, SECONDS = 20 };

static uint8_t input[LONGEST];
static size_t input_len;
static uint64_t state;

static void keep_failed(int signal)
{
    FILE *out = fopen("failed", "wb");
    if (out) {
        fwrite(input, 1, input_len, out);
        fclose(out);
    }
    fprintf(stderr, "signal %d; the input is in ./failed\n", signal);
    _exit(1);
}

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Of all lengths, and mostly small numbers, which mean something more often. */
static void make_input(void)
{
    input_len = next() % (next() % 2 ? LONGEST : 64);
    for (size_t i = 0; i < input_len; i++)
        input[i] = (uint8_t)(next() % 4 ? next() % 16 : next());
}

static void call(void)
{
    alarm(SECONDS);
    LLVMFuzzerTestOneInput(input, input_len);
}

static void read_one(const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in) {
        perror(path);
        exit(2);
    }
    input_len = fread(input, 1, sizeof input, in);
    fclose(in);
}

int main(int argc, char **argv)
{
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], keep_failed);
    if (argc == 3 && !strcmp(argv[1], "--one")) {
        read_one(argv[2]);
        call();
        return 0;
    }
    if (argc < 3) {
        fprintf(stderr, "usage: %s SEED COUNT | --one FILE\n", argv[0]);
        return 2;
    }
    state = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15 + 1;
    size_t count = strtoull(argv[2], NULL, 10);
    for (size_t i = 0; i < count; i++) {
        make_input();
        call();
    }
    printf("%zu inputs\n", count);
    return 0;
}
