/* The ten most frequent words of the files named, on one thread with a hash table: the mark for
 * examples/wordcount.dfl, with the same output. */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
    char *word;
    uint32_t len, hash;
    long count;
};

static struct entry *table;
static size_t room = 1 << 16, used;

static struct entry *find(const char *word, uint32_t len, uint32_t hash)
{
    size_t at = hash & (room - 1);
    while (table[at].word &&
           !(table[at].hash == hash && table[at].len == len && !memcmp(table[at].word, word, len)))
        at = (at + 1) & (room - 1);
    return &table[at];
}

static void grow(void)
{
    struct entry *old = table;
    size_t old_room = room;
    room *= 2;
    table = calloc(room, sizeof *table);
    for (size_t i = 0; i < old_room; i++)
        if (old[i].word)
            *find(old[i].word, old[i].len, old[i].hash) = old[i];
    free(old);
}

static void count(const char *word, uint32_t len, uint32_t hash)
{
    struct entry *e = find(word, len, hash);
    if (!e->word) {
        *e = (struct entry){strndup(word, len), len, hash, 0};
        if (++used * 2 > room) {
            grow();
            e = find(word, len, hash);
        }
    }
    e->count++;
}

static void count_text(char *text, size_t len)
{
    size_t start = 0;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i <= len; i++) {
        unsigned c = i < len ? (unsigned char)text[i] | 0x20 : 0;
        if (c - 'a' < 26) {
            text[i] = (char)c;
            hash = (hash ^ c) * 16777619u;
            continue;
        }
        if (i > start)
            count(text + start, (uint32_t)(i - start), hash);
        start = i + 1;
        hash = 2166136261u;
    }
}

static int by_count(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->word && y->word ? strcmp(x->word, y->word) : 0;
}

int main(int argc, char **argv)
{
    table = calloc(room, sizeof *table);
    for (int i = 1; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);
        struct stat st;
        if (fd < 0 || fstat(fd, &st) < 0) {
            perror(argv[i]);
            return 1;
        }
        char *text = malloc((size_t)st.st_size + 1);
        size_t len = 0;
        for (ssize_t n; (n = read(fd, text + len, (size_t)st.st_size - len)) > 0;)
            len += (size_t)n;
        count_text(text, len);
        free(text);
        close(fd);
    }
    qsort(table, room, sizeof *table, by_count);
    for (int i = 0; i < 10 && table[i].word; i++)
        printf("%ld %s\n", table[i].count, table[i].word);
}
