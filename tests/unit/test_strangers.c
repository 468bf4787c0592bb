/* test_strangers.c - connections to a transport that are not of its run: they change nothing. */
#include "transport_end.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A connection to `a` without nng. */
static int stranger(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *name = transport_url(a.transport) + strlen("abstract://");
    memcpy(to.sun_path + 1, name, strlen(name));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, len), 0);
    return fd;
}

static void say_bytes(int fd, const void *data, size_t len)
{
    ck_assert_int_eq(send(fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void say(int fd, const void *data, uint32_t len)
{
    uint8_t frame[256];
    memcpy(frame, &len, 4);
    memcpy(frame + 4, data, len);
    say_bytes(fd, frame, 4 + len);
}

/* Whether the other side closes. */
static bool is_hung_up(int fd)
{
    struct timeval limit = {.tv_sec = LONG / 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    char bytes[256];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
        ;
    return n == 0 || errno == ECONNRESET;
}

static struct hello good_hello(void)
{
    struct hello h = {
        .version = HELLO_VERSION, .from = id_proc(3, 1), .to = proc_a, .program = 0x1234};
    memcpy(h.secret, "0123456789abcdef0123456789abcde", HELLO_SECRET);
    return h;
}

/* A stranger says `first`, which is refused with that text, and what it says then is not heard. */
static void expect_refusal(const void *first, size_t len, const char *text)
{
    uint32_t refused = read_now(&a, &a.refused), packets = read_now(&a, &a.packets);
    uint8_t both[256] = {0};
    memcpy(both, &len, 4);
    memcpy(both + 4, first, len);
    both[4 + len] = 4; /* a packet of 4 bytes */
    int fd = stranger();
    say_bytes(fd, both, 4 + len + 8);
    ck_assert(wait_for(&a, &a.refused, refused + 1, LONG));
    ck_assert(is_hung_up(fd));
    ck_assert_str_eq(a.refusal, text);
    ck_assert_uint_eq(read_now(&a, &a.packets), packets);
    close(fd);
}

static void expect_hello_refusal(struct hello h, const char *text)
{
    uint8_t bytes[HELLO_BYTES];
    hello_write(&h, bytes);
    expect_refusal(bytes, sizeof bytes, text);
}

START_TEST(who_does_not_belong_is_refused_with_the_reason)
{
    open_pair(fresh_url(), fresh_url());
    expect_talk();
    expect_refusal("hello", 5, "refused a connection that is not dfl's");
    struct hello h = good_hello();
    h.secret[31] ^= 1;
    expect_hello_refusal(h, "refused a process that does not know the secret of this run");
    h = good_hello();
    h.version = 7;
    expect_hello_refusal(h, "refused a process that speaks version 7 of the protocol; this one "
                            "speaks version 1");
    h = good_hello();
    h.program = 0xfedcba9876543210;
    expect_hello_refusal(h, "refused worker 1 of node 3, which runs another program: "
                            "fedcba9876543210, not 0000000000001234");
    h = good_hello();
    h.to = proc_b;
    expect_hello_refusal(h, "refused worker 1 of node 3, which looks for worker 1 of node 2");
    expect_talk();
    ck_assert_uint_eq(read_now(&a, &a.lost), 0);
    close_pair();
}
END_TEST

START_TEST(a_good_hello_is_all_that_is_needed)
{
    proc_a = id_proc(1, 0);
    end_open(&a, proc_a, fresh_url());
    int fd = stranger();
    struct hello h = good_hello();
    uint8_t bytes[HELLO_BYTES];
    hello_write(&h, bytes);
    say(fd, bytes, sizeof bytes);
    say(fd, "\0\0\0\0", 4);
    ck_assert(wait_for(&a, &a.packets, 1, LONG));
    ck_assert_uint_eq(a.from, id_proc(3, 1));
    uint8_t pieces[] = {4, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0};
    for (size_t i = 0; i < sizeof pieces; i++) { /* a byte at a time */
        say_bytes(fd, pieces + i, 1);
        usleep(1000);
    }
    ck_assert(wait_for(&a, &a.packets, 3, LONG));
    ck_assert(!is_garbled(&a));
    close(fd);
    ck_assert(wait_for(&a, &a.lost, 1, LONG));
    ck_assert_uint_eq(a.last_lost, id_proc(3, 1));
    transport_close(a.transport);
}
END_TEST

START_TEST(a_packet_longer_than_any_ends_its_connection)
{
    proc_a = id_proc(1, 0);
    end_open(&a, proc_a, fresh_url());
    for (int i = 0; i < 2; i++) {
        int fd = stranger();
        struct hello h = good_hello();
        uint8_t bytes[HELLO_BYTES];
        hello_write(&h, bytes);
        say(fd, bytes, sizeof bytes);
        uint32_t len = i == 0 ? TRANSPORT_PACKET_MOST + 1 : UINT32_MAX;
        say_bytes(fd, &len, sizeof len);
        ck_assert(is_hung_up(fd));
        close(fd);
    }
    ck_assert(wait_for(&a, &a.lost, 2, LONG));
    ck_assert_uint_eq(read_now(&a, &a.packets), 0);
    transport_close(a.transport);
}
END_TEST

START_TEST(refusals_are_reported_once_each_and_not_without_end)
{
    proc_a = id_proc(1, 0);
    end_open(&a, proc_a, fresh_url());
    for (uint32_t i = 0; i < 100; i++) {
        struct hello h = good_hello();
        h.version = i < 50 ? 2 : i;
        uint8_t bytes[HELLO_BYTES];
        hello_write(&h, bytes);
        int fd = stranger();
        say(fd, bytes, sizeof bytes);
        ck_assert(is_hung_up(fd));
        close(fd);
        if (i == 49)
            ck_assert_uint_eq(read_now(&a, &a.refused), 1);
    }
    ck_assert_uint_eq(read_now(&a, &a.refused), TRANSPORT_REFUSALS);
    transport_close(a.transport);
}
END_TEST

START_TEST(strangers_that_say_nothing_give_way_to_others)
{
    enum { MANY = 3 * TRANSPORT_STRANGERS };
    int silent[MANY];
    open_pair(fresh_url(), fresh_url());
    expect_talk();
    for (int i = 0; i < MANY; i++)
        silent[i] = stranger();
    for (int i = 0; i < MANY - TRANSPORT_STRANGERS; i++)
        ck_assert(is_hung_up(silent[i]));
    int fd = stranger();
    struct hello h = good_hello();
    uint8_t bytes[HELLO_BYTES];
    hello_write(&h, bytes);
    say(fd, bytes, sizeof bytes);
    uint32_t seen = read_now(&a, &a.packets);
    say(fd, &seen, sizeof seen);
    ck_assert(wait_for(&a, &a.packets, seen + 1, LONG));
    expect_talk();
    for (int i = 0; i < MANY; i++)
        close(silent[i]);
    close(fd);
    close_pair();
}
END_TEST

START_TEST(bytes_from_strangers_change_nothing)
{
    open_pair(fresh_url(), fresh_url());
    expect_talk();
    uint8_t noise[4096];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * 7919 >> 3 | 0x80);
    uint8_t hello[4 + HELLO_BYTES] = {HELLO_BYTES};
    struct hello h = good_hello();
    hello_write(&h, hello + 4);

    int fd = stranger();
    send(fd, noise, sizeof noise, MSG_NOSIGNAL);
    ck_assert(is_hung_up(fd));
    close(fd);
    fd = stranger(); /* speaks as nng's own protocols do */
    say_bytes(fd, (uint8_t[]){0, 'S', 'P', 0, 0, 0x50, 0, 0}, 8);
    ck_assert(is_hung_up(fd));
    close(fd);
    for (size_t cut = 0; cut < sizeof hello; cut++) { /* goes away in the middle of its hello */
        fd = stranger();
        say_bytes(fd, hello, cut);
        close(fd);
    }
    for (uint8_t len = 0; len < HELLO_BYTES; len++) { /* one that is whole, and too short */
        fd = stranger();
        say(fd, hello + 4, len);
        ck_assert(is_hung_up(fd));
        close(fd);
    }
    expect_talk();
    ck_assert_uint_eq(read_now(&a, &a.lost), 0);
    close_pair();
}
END_TEST

/* ---- hello ---- */

START_TEST(a_hello_with_any_byte_changed_or_missing_is_refused)
{
    proc_a = id_proc(1, 0);
    struct hello h = good_hello(), own = h;
    own.from = proc_a;
    uint8_t bytes[HELLO_BYTES];
    hello_write(&h, bytes);
    char why[HELLO_WHY];
    uint32_t from = 0;
    ck_assert(hello_check(&own, bytes, sizeof bytes, &from, why));
    ck_assert_uint_eq(from, h.from);
    for (size_t cut = 0; cut < sizeof bytes; cut++) {
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, bytes, cut);
        ck_assert(!hello_check(&own, exact, cut, &from, why));
        free(exact);
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 0x10;
        bool is_from = i >= 44 && i < 48;
        ck_assert_int_eq(hello_check(&own, bytes, sizeof bytes, &from, why), is_from);
        bytes[i] ^= 0x10;
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        who_does_not_belong_is_refused_with_the_reason,
        a_good_hello_is_all_that_is_needed,
        a_packet_longer_than_any_ends_its_connection,
        refusals_are_reported_once_each_and_not_without_end,
        strangers_that_say_nothing_give_way_to_others,
        bytes_from_strangers_change_nothing,
        a_hello_with_any_byte_changed_or_missing_is_refused,
        NULL,
    };
    return runner_run("strangers", tests);
}
