/* test_transport.c - packets between processes: two ends in this process, and a second process that
 * is this program again. */
#include "transport_end.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "clock.h"
#include "nnglib.h"

extern char **environ;

/* ---- two ends ---- */

START_TEST(the_library_is_of_the_version_whose_headers_were_used)
{
    ck_assert_pstr_eq(nnglib_open(), NULL);
    int major = 0, minor = 0;
    ck_assert_int_eq(sscanf(nng.version(), "%d.%d", &major, &minor), 2);
    ck_assert_int_eq(major, NNG_MAJOR_VERSION);
    ck_assert_int_ge(minor, NNG_MINOR_VERSION);
}
END_TEST

static uint32_t filled(uint8_t *packet, uint32_t number)
{
    uint32_t len = 4 + number * 7919 % 3000;
    memset(packet, (int)number, len);
    memcpy(packet, &number, sizeof number);
    return len;
}

static void *send_many(void *arg)
{
    struct end *e = arg;
    uint8_t packet[4096];
    for (uint32_t i = 0; i < 10000; i++)
        end_send(e, e == &a ? proc_b : proc_a, packet, filled(packet, i));
    return NULL;
}

static void expect_many_both_ways(const char *url_a, const char *url_b)
{
    open_pair(url_a, url_b);
    pthread_t sender;
    ck_assert_int_eq(pthread_create(&sender, NULL, send_many, &b), 0);
    send_many(&a);
    pthread_join(sender, NULL);
    ck_assert(wait_for(&a, &a.packets, 10000, LONG));
    ck_assert(wait_for(&b, &b.packets, 10000, LONG));
    ck_assert(!is_garbled(&a) && !is_garbled(&b));
    ck_assert_uint_eq(a.from, proc_b);
    ck_assert_uint_eq(b.from, proc_a);
    uint8_t packet[4096];
    ck_assert_uint_eq(b.len, filled(packet, 9999));
    ck_assert_uint_eq(a.lost + b.lost + a.refused + b.refused, 0);
    close_pair();
}

START_TEST(ten_thousand_packets_go_both_ways_in_order)
{
    expect_many_both_ways(fresh_url(), fresh_url());
}
END_TEST

START_TEST(over_tcp_too_at_the_port_that_the_system_chose)
{
    expect_many_both_ways("tcp://127.0.0.1:0", "tcp://127.0.0.1:0");
    end_open(&a, 1, "tcp://127.0.0.1:0");
    int port;
    ck_assert_int_eq(sscanf(transport_url(a.transport), "tcp://127.0.0.1:%d", &port), 1);
    ck_assert_int_gt(port, 0);
    transport_close(a.transport);
}
END_TEST

START_TEST(over_files_too_which_are_gone_at_the_end)
{
    char folder[] = "/tmp/dfl-test-XXXXXX", path[2][64], url[2][80];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/%d", folder, i);
        snprintf(url[i], sizeof url[i], "ipc://%s", path[i]);
    }
    expect_many_both_ways(url[0], url[1]);
    ck_assert_int_ne(access(path[0], F_OK), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(the_longest_packet_arrives)
{
    open_pair(fresh_url(), fresh_url());
    uint8_t *packet = calloc(1, TRANSPORT_PACKET_MOST);
    end_send(&a, proc_b, packet, TRANSPORT_PACKET_MOST);
    ck_assert(wait_for(&b, &b.packets, 1, LONG));
    ck_assert_uint_eq(b.len, TRANSPORT_PACKET_MOST);
    ck_assert(!is_garbled(&b));
    free(packet);
    close_pair();
}
END_TEST

START_TEST(long_packets_and_short_ones_mix)
{
    open_pair(fresh_url(), fresh_url());
    size_t most = 5 << 20, len = most;
    uint8_t *packet = calloc(1, most);
    for (uint32_t i = 0; i < 3000; i++) {
        len = i % 700 < 3 ? most - i : 4 + i % 50;
        memcpy(packet, &i, sizeof i);
        end_send(&a, proc_b, packet, len);
    }
    ck_assert(wait_for(&b, &b.packets, 3000, LONG));
    ck_assert_uint_eq(b.len, len);
    ck_assert(!is_garbled(&b));
    free(packet);
    close_pair();
}
END_TEST

START_TEST(a_peer_may_be_dialled_before_it_listens)
{
    const char *late = fresh_url();
    proc_a = id_proc(1, 0);
    proc_b = id_proc(2, 0);
    end_open(&a, proc_a, fresh_url());
    end_dial(&a, proc_b, late);
    ck_assert(!transport_writable(a.transport, proc_b));
    ck_assert(!transport_send(a.transport, proc_b, "0123", 4));
    ck_assert(!transport_send(a.transport, id_proc(7, 7), "0123", 4)); /* never heard of */
    usleep(20000);
    end_open(&b, proc_b, late);
    end_dial(&b, proc_a, transport_url(a.transport));
    expect_talk();
    close_pair();
}
END_TEST

START_TEST(an_address_that_is_taken_or_none_is_an_error)
{
    end_open(&a, 1, fresh_url());
    end_init(&b, 2);
    char why[TRANSPORT_WHY], long_url[400] = "abstract://";
    struct transport_config c = config_for(&b, 2, transport_url(a.transport));
    ck_assert(!transport_open(&c, &b.transport, why));
    ck_assert_ptr_null(b.transport);
    ck_assert_ptr_nonnull(strstr(why, "cannot listen at abstract://dfl-test-"));
    ck_assert_ptr_nonnull(strstr(why, "Address in use"));
    memset(long_url + 11, 'x', 300);
    const char *wrong[] = {"nowhere", "tcp://127.0.0.1:99999", "ipc:///no/such/folder/x", long_url};
    for (int i = 0; i < 4; i++) {
        *why = '\0';
        c.url = wrong[i];
        ck_assert(!transport_open(&c, &b.transport, why));
        ck_assert_msg(*why, "no message about %s", wrong[i]);
    }
    ck_assert(!transport_peer_open(a.transport, 2, "nowhere", why));
    ck_assert_ptr_nonnull(strstr(why, "cannot connect to nowhere"));
    ck_assert(transport_peer_open(a.transport, 2, fresh_url(), why)); /* so it was not opened */
    transport_close(a.transport);
    transport_close(NULL);
}
END_TEST

/* ---- ends of connections ---- */

START_TEST(a_peer_that_closes_is_lost_and_one_that_comes_back_is_greeted_again)
{
    open_pair(fresh_url(), fresh_url());
    expect_talk();
    for (int i = 0; i < 20; i++) {
        char url[80];
        snprintf(url, sizeof url, "%s", transport_url(b.transport));
        uint32_t lost = read_now(&a, &a.lost);
        transport_close(b.transport);
        ck_assert(wait_for(&a, &a.lost, lost + 1, LONG));
        ck_assert_uint_eq(read_now(&a, &a.last_lost), proc_b);
        end_open(&b, proc_b, url);
        end_dial(&b, proc_a, transport_url(a.transport));
        uint32_t at_a = 0, seen = read_now(&a, &a.packets);
        end_send(&b, proc_a, &seen, sizeof seen);
        ck_assert(wait_for(&a, &a.packets, seen + 1, LONG));
        while (read_now(&b, &b.packets) == 0) { /* what meets the old connection is lost */
            end_send(&a, proc_b, &at_a, sizeof at_a);
            wait_for(&b, &b.packets, 1, 10);
        }
        ck_assert_uint_eq(b.from, proc_a);
        ck_assert_uint_eq(a.refused + b.refused, 0);
    }
    close_pair();
}
END_TEST

START_TEST(a_peer_that_was_closed_stays_closed)
{
    open_pair(fresh_url(), fresh_url());
    expect_talk();
    transport_peer_close(a.transport, proc_b);
    ck_assert(!transport_writable(a.transport, proc_b));
    ck_assert(!transport_send(a.transport, proc_b, "0123", 4));
    ck_assert(wait_for(&b, &b.lost, 2, LONG)); /* both connections, and any that it tries */
    char why[TRANSPORT_WHY];
    ck_assert(!transport_peer_open(a.transport, proc_b, transport_url(b.transport), why));
    ck_assert_ptr_nonnull(strstr(why, "worker 1 of node 2"));
    uint32_t seen = read_now(&a, &a.packets);
    for (int i = 0; i < 20; i++) {
        transport_send(b.transport, proc_a, "0123", 4);
        usleep(5000);
    }
    ck_assert_uint_eq(read_now(&a, &a.packets), seen);
    ck_assert_uint_eq(read_now(&a, &a.lost), 0);
    ck_assert_uint_eq(read_now(&a, &a.refused), 0);
    transport_peer_close(a.transport, proc_b);
    transport_peer_close(a.transport, id_proc(9, 9)); /* never heard of: refused from now on */
    close_pair();
}
END_TEST

enum { CALLERS = 8 };

/* A TCP address at which calls neither succeed nor fail: as many wait there as may. */
struct silent {
    int listener, callers[CALLERS];
    char url[40];
};

static void silent_open(struct silent *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(s->listener, 0), 0);
    ck_assert_int_eq(getsockname(s->listener, (struct sockaddr *)&at, &len), 0);
    snprintf(s->url, sizeof s->url, "tcp://127.0.0.1:%u", ntohs(at.sin_port));
    for (int i = 0; i < CALLERS; i++) {
        s->callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(s->callers[i], (struct sockaddr *)&at, sizeof at);
    }
}

static void silent_close(const struct silent *s)
{
    for (int i = 0; i < CALLERS; i++)
        close(s->callers[i]);
    close(s->listener);
}

/* More of them at once than nng has threads for callbacks. */
START_TEST(who_dials_many_can_be_closed_at_any_time)
{
    struct silent silent;
    silent_open(&silent);
    for (int i = 0; i < 40; i++) {
        end_open(&a, id_proc(1, 0), "tcp://127.0.0.1:0");
        for (uint32_t k = 0; k < 100; k++)
            end_dial(&a, id_proc(2 + k, 0), k % 2 ? silent.url : "tcp://127.0.0.1:1");
        usleep((unsigned)i * 100);
        transport_close(a.transport);
    }
    silent_close(&silent);
}
END_TEST

static void set_echo(struct end *e, bool echo)
{
    pthread_mutex_lock(&e->lock);
    e->echo = echo;
    pthread_mutex_unlock(&e->lock);
}

static void *send_until_closed(void *arg)
{
    struct end *e = arg;
    static uint8_t packet[60000];
    while (read_now(e, &e->lost) == 0)
        transport_send(e->transport, proc_b, packet, sizeof packet);
    return NULL;
}

START_TEST(either_side_may_close_while_packets_are_under_way)
{
    for (int i = 0; i < 30; i++) {
        open_pair(fresh_url(), fresh_url());
        expect_talk();
        set_echo(&a, i % 2);
        set_echo(&b, i % 2);
        pthread_t sender;
        ck_assert_int_eq(pthread_create(&sender, NULL, send_until_closed, &a), 0);
        usleep(2000);
        if (i % 3 == 0)
            transport_peer_close(b.transport, proc_a);
        else
            transport_close(b.transport);
        pthread_join(sender, NULL);
        if (i % 3 == 0)
            transport_close(b.transport);
        transport_close(a.transport);
    }
}
END_TEST

/* ---- with channels ---- */

enum { ROWS = 20000 };

/* An end whose packets are a channel's. */
struct row_end {
    struct end end; /* its lock guards the channel too */
    uint32_t peer;
    struct channel channel;
    uint32_t sent, received;
};

/* The lock is held. */
static void pump_rows(struct row_end *r)
{
    struct transport *t = r->end.transport;
    struct channel_packet p;
    while (t && transport_writable(t, r->peer) && channel_next(&r->channel, clock_now(), &p))
        transport_send(t, r->peer, p.data, p.len);
}

static bool on_row(void *user, const uint8_t *row, size_t len)
{
    struct row_end *r = user;
    uint32_t number;
    memcpy(&number, row, sizeof number);
    r->end.garbled |= len != sizeof number || number != r->received;
    r->received++;
    return true;
}

static void on_row_packet(void *user, uint32_t from, const void *data, size_t len)
{
    struct row_end *r = user;
    (void)from;
    pthread_mutex_lock(&r->end.lock);
    r->end.garbled |= !channel_on_packet(&r->channel, clock_now(), data, len, on_row, r);
    pump_rows(r);
    pthread_mutex_unlock(&r->end.lock);
}

static void row_end_listen(struct row_end *r, const char *url)
{
    char why[TRANSPORT_WHY];
    struct transport *t;
    struct transport_config c = config_for(&r->end, r->end.self, url);
    c.on_packet = on_row_packet;
    if (!transport_open(&c, &t, why))
        ck_abort_msg("%s", why);
    pthread_mutex_lock(&r->end.lock);
    r->end.transport = t;
    pthread_mutex_unlock(&r->end.lock);
}

static void row_end_stop(struct row_end *r)
{
    pthread_mutex_lock(&r->end.lock);
    struct transport *t = r->end.transport;
    r->end.transport = NULL;
    pthread_mutex_unlock(&r->end.lock);
    transport_close(t);
}

/* Adds rows and does what is due. True: all have arrived here, and there. */
static bool row_end_step(struct row_end *r, uint32_t rows)
{
    pthread_mutex_lock(&r->end.lock);
    for (; rows > 0 && r->sent < ROWS; rows--, r->sent++)
        channel_append(&r->channel, &r->sent, sizeof r->sent);
    pump_rows(r);
    bool done = r->sent == ROWS && r->received == ROWS && channel_idle(&r->channel);
    pthread_mutex_unlock(&r->end.lock);
    return done;
}

START_TEST(rows_arrive_once_and_in_order_though_connections_come_and_go)
{
    static struct row_end ends[2];
    char url[2][80];
    for (int i = 0; i < 2; i++) {
        snprintf(url[i], sizeof url[i], "%s", fresh_url());
        end_init(&ends[i].end, id_proc((uint32_t)i + 1, 0));
        ends[i].peer = id_proc(2 - (uint32_t)i, 0);
        channel_init(&ends[i].channel, CHANNEL_WINDOW, SIZE_MAX);
        row_end_listen(&ends[i], url[i]);
    }
    for (int i = 0; i < 2; i++)
        end_dial(&ends[i].end, ends[i].peer, url[!i]);
    bool done = false;
    for (int step = 0; !done && step < 100000; step++) {
        done = row_end_step(&ends[0], 37);
        done = row_end_step(&ends[1], 41) && done;
        if (step < 1000 && step % 100 == 99) {
            int which = step / 100 % 2;
            row_end_stop(&ends[which]);
            row_end_listen(&ends[which], url[which]);
            end_dial(&ends[which].end, ends[which].peer, url[!which]);
        }
        usleep(200);
    }
    ck_assert(done);
    for (int i = 0; i < 2; i++) {
        row_end_stop(&ends[i]);
        ck_assert(!is_garbled(&ends[i].end));
        channel_fini(&ends[i].channel);
    }
}
END_TEST

/* ---- a second process ---- */

/* This program as a peer: dials `url`, and answers. */
static int be_peer(char **argv)
{
    static struct end e;
    uint32_t self = (uint32_t)atoi(argv[2]), other = (uint32_t)atoi(argv[4]);
    bool foreign = strcmp(argv[6], "foreign") == 0;
    char why[TRANSPORT_WHY];
    /* The library first: where the root folder is for root alone another could not open it. */
    if (foreign && (nnglib_open() || setegid(65534) != 0 || seteuid(65534) != 0))
        return 1;
    end_init(&e, self);
    e.echo = strcmp(argv[6], "echo") == 0;
    e.answer_at = strcmp(argv[6], "answer") == 0 ? 10000 : 0;
    struct transport_config c = config_for(&e, self, argv[3]);
    if (!transport_open(&c, &e.transport, why) ||
        !transport_peer_open(e.transport, other, argv[5], why)) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    if (foreign)
        wait_for(&e, &e.writable, 1, 300);
    else
        wait_for(&e, &e.lost, 1, LONG);
    transport_close(e.transport);
    if (foreign)
        _exit(0); /* a user who changed may not be looked into for leaks */
    return 0;
}

static pid_t spawn_peer(const char *url, const char *kind)
{
    char self[16], other[16];
    snprintf(self, sizeof self, "%u", proc_b);
    snprintf(other, sizeof other, "%u", proc_a);
    char *argv[] = {"peer",       "peer", self,
                    (char *)url,  other,  (char *)transport_url(a.transport),
                    (char *)kind, NULL};
    pid_t pid;
    ck_assert_int_eq(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ), 0);
    return pid;
}

static pid_t open_with_process(const char *kind, char url[80])
{
    proc_a = id_proc(1, 0);
    proc_b = id_proc(2, 0);
    snprintf(url, 80, "%s", fresh_url());
    end_open(&a, proc_a, fresh_url());
    pid_t pid = spawn_peer(url, kind);
    end_dial(&a, proc_b, url);
    return pid;
}

START_TEST(another_process_gets_ten_thousand_packets_and_answers)
{
    char url[80];
    pid_t pid = open_with_process("answer", url);
    uint8_t packet[4096];
    for (uint32_t i = 0; i < 10000; i++)
        end_send(&a, proc_b, packet, filled(packet, i));
    ck_assert(wait_for(&a, &a.packets, 1, LONG));
    ck_assert(!is_garbled(&a));
    transport_close(a.transport);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_process_that_is_killed_is_lost_and_its_successor_found)
{
    char url[80];
    pid_t pid = open_with_process("echo", url);
    for (int i = 0; i < 5; i++) {
        uint32_t number = read_now(&a, &a.packets), lost = read_now(&a, &a.lost);
        do { /* what met the connection of the dead is lost */
            end_send(&a, proc_b, &number, sizeof number);
        } while (!wait_for(&a, &a.packets, number + 1, 100));
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert(wait_for(&a, &a.lost, lost + 1, LONG));
        ck_assert_uint_eq(read_now(&a, &a.last_lost), proc_b);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        if (i < 4)
            pid = spawn_peer(url, "echo");
    }
    transport_close(a.transport);
}
END_TEST

START_TEST(a_process_that_is_stopped_holds_up_its_sender_and_nobody_else)
{
    char url[80];
    pid_t pid = open_with_process("quiet", url);
    static uint8_t packet[60000];
    end_send(&a, proc_b, packet, 4);
    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    int sent = 0;
    for (int idle = 0; idle < 10;) {
        bool good = transport_send(a.transport, proc_b, packet, sizeof packet);
        sent += good;
        idle = good ? 0 : idle + 1;
        if (!good)
            usleep(5000);
    }
    ck_assert_int_lt(sent, 200);
    ck_assert(!transport_writable(a.transport, proc_b));
    uint32_t seen = read_now(&a, &a.writable);
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert(wait_for(&a, &a.writable, seen + 1, LONG));
    ck_assert_uint_eq(read_now(&a, &a.lost), 0);
    transport_close(a.transport);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(a_process_of_another_user_is_not_even_heard)
{
    if (geteuid() != 0)
        return; /* only root can become another */
    char url[80];
    proc_a = id_proc(1, 0);
    proc_b = id_proc(2, 0);
    snprintf(url, sizeof url, "%s", fresh_url());
    end_open(&a, proc_a, fresh_url());
    pid_t pid = spawn_peer(url, "foreign"); /* as root: another may not get at this program */
    end_dial(&a, proc_b, url);              /* nor talked to */
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(a.packets + a.refused + a.lost + a.writable, 0);
    transport_close(a.transport);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[1], "peer") == 0)
        return be_peer(argv);
    const TTest *const tests[] = {
        the_library_is_of_the_version_whose_headers_were_used,
        ten_thousand_packets_go_both_ways_in_order,
        over_tcp_too_at_the_port_that_the_system_chose,
        over_files_too_which_are_gone_at_the_end,
        the_longest_packet_arrives,
        long_packets_and_short_ones_mix,
        a_peer_may_be_dialled_before_it_listens,
        an_address_that_is_taken_or_none_is_an_error,
        a_peer_that_closes_is_lost_and_one_that_comes_back_is_greeted_again,
        a_peer_that_was_closed_stays_closed,
        who_dials_many_can_be_closed_at_any_time,
        either_side_may_close_while_packets_are_under_way,
        rows_arrive_once_and_in_order_though_connections_come_and_go,
        another_process_gets_ten_thousand_packets_and_answers,
        a_process_that_is_killed_is_lost_and_its_successor_found,
        a_process_that_is_stopped_holds_up_its_sender_and_nobody_else,
        a_process_of_another_user_is_not_even_heard,
        NULL,
    };
    return runner_run("transport", tests);
}
