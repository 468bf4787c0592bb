/* test_channel.c - rows over a network that loses, doubles, delays and reorders packets. DFL_SEED
 * repeats a run. */
#include "runner.h"

#include <stdio.h>
#include <time.h>

#include "channel.h"

#define US INT64_C(1000)
#define MS INT64_C(1000000)

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static bool chance(uint32_t percent)
{
    return next_random() % 100 < percent;
}

static void seed(void)
{
    const char *given = getenv("DFL_SEED");
    random_state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2 + 1;
    printf("test_channel: DFL_SEED=%llu\n", (unsigned long long)random_state);
    fflush(stdout);
}

/* ---- two ends and a network ---- */

struct flight {
    int64_t at;
    int to;
    size_t len;
    uint8_t *data;
};

struct end {
    struct channel channel;
    uint32_t to_send, sent, received; /* rows, which carry their number */
    uint32_t echo;                    /* rows that are added for each that comes */
};

struct net {
    struct end ends[2];
    int64_t now;
    struct flight *flights;
    size_t count, room;
    uint32_t drop, twice, late; /* percent */
};

static struct net *net_new(uint32_t window)
{
    struct net *n = calloc(1, sizeof *n);
    n->now = 1;
    for (int i = 0; i < 2; i++)
        channel_init(&n->ends[i].channel, window, SIZE_MAX);
    return n;
}

static void net_free(struct net *n)
{
    for (int i = 0; i < 2; i++)
        channel_fini(&n->ends[i].channel);
    for (size_t i = 0; i < n->count; i++)
        free(n->flights[i].data);
    free(n->flights);
    free(n);
}

static void fly(struct net *n, int to, struct channel_packet p)
{
    if (n->count == n->room)
        n->flights = realloc(n->flights, (n->room = n->room * 2 + 8) * sizeof *n->flights);
    struct flight *f = &n->flights[n->count++];
    int64_t trip = 20 * US;
    if (chance(n->late))
        trip += (int64_t)(next_random() % (uint64_t)(30 * MS));
    *f = (struct flight){n->now + trip, to, p.len, malloc(p.len)};
    memcpy(f->data, p.data, p.len);
}

static void pump(struct net *n, int from)
{
    struct channel_packet p;
    while (channel_next(&n->ends[from].channel, n->now, &p))
        if (!chance(n->drop)) {
            fly(n, !from, p);
            if (chance(n->twice))
                fly(n, !from, p);
        }
    if (channel_due(&n->ends[from].channel) <= n->now)
        ck_abort_msg("due, and yet it gave nothing");
}

/* A row of a length of its own that says which it is. */
static size_t row_len(uint32_t number)
{
    return number % 997 == 996 ? 70000 + number % 1000 : 4 + number % 150;
}

static void add_row(struct end *e)
{
    size_t len = row_len(e->sent);
    uint8_t *place = channel_begin(&e->channel, len + e->sent % 3);
    memset(place, (int)e->sent & 0xff, len);
    memcpy(place, &e->sent, sizeof e->sent);
    channel_end(&e->channel, len);
    e->sent++;
}

static bool on_row(void *user, const uint8_t *row, size_t len)
{
    struct end *e = user;
    uint32_t number;
    if (len < sizeof number)
        ck_abort_msg("a row of %zu bytes", len);
    memcpy(&number, row, sizeof number);
    if (number != e->received || len != row_len(number))
        ck_abort_msg("row %u of %zu bytes came as number %u", number, len, e->received);
    for (size_t i = sizeof number; i < len; i++)
        if (row[i] != (number & 0xff))
            ck_abort_msg("row %u has byte %u at %zu", number, row[i], i);
    e->received++;
    for (uint32_t i = 0; i < e->echo && e->sent < e->to_send; i++)
        add_row(e);
    return true;
}

/* The earliest thing to happen: a packet that arrives, or an end whose time has come. */
static bool step(struct net *n)
{
    size_t first = SIZE_MAX;
    int64_t at = CHANNEL_NEVER;
    for (size_t i = 0; i < n->count; i++)
        if (n->flights[i].at < at)
            at = n->flights[first = i].at;
    for (int i = 0; i < 2; i++)
        if (channel_due(&n->ends[i].channel) < at) {
            at = channel_due(&n->ends[i].channel);
            first = SIZE_MAX;
        }
    if (at == CHANNEL_NEVER)
        return false;
    n->now = at > n->now ? at : n->now;
    if (first == SIZE_MAX) {
        pump(n, 0);
        pump(n, 1);
        return true;
    }
    struct flight f = n->flights[first];
    n->count--; /* those that left first also arrive first, if their trips are equal */
    memmove(n->flights + first, n->flights + first + 1, (n->count - first) * sizeof f);
    struct end *e = &n->ends[f.to];
    if (!channel_on_packet(&e->channel, n->now, f.data, f.len, on_row, e))
        ck_abort_msg("a packet was refused");
    free(f.data);
    pump(n, f.to);
    return true;
}

/* Until nothing is under way and both ends have sent all they have. */
static void run(struct net *n, uint32_t burst)
{
    bool more;
    do {
        more = false;
        for (int i = 0; i < 2; i++) {
            struct end *e = &n->ends[i];
            for (uint64_t k = next_random() % (burst + 1);
                 k > 0 && e->sent < e->to_send && !e->echo; k--)
                add_row(e);
            more |= !e->echo && e->sent < e->to_send;
            pump(n, i);
        }
    } while (step(n) || more);
}

static void expect_all_arrived(struct net *n)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(n->ends[i].sent, n->ends[i].to_send);
        ck_assert_uint_eq(n->ends[i].received, n->ends[!i].to_send);
        ck_assert(channel_idle(&n->ends[i].channel));
        ck_assert_uint_eq(channel_backlog(&n->ends[i].channel), 0);
    }
}

START_TEST(rows_arrive_once_and_in_order_whatever_the_network_does)
{
    seed();
    for (int world = 0; world < 300; world++) {
        struct net *n = net_new(1 + next_random() % 8);
        n->drop = next_random() % 30;
        n->twice = next_random() % 30;
        n->late = next_random() % 30;
        n->ends[0].to_send = 2000;
        n->ends[1].to_send = next_random() % 2000;
        n->ends[1].echo = next_random() % 2;
        n->ends[1].to_send = n->ends[1].echo ? 2000 : n->ends[1].to_send;
        run(n, 1 + next_random() % 200);
        expect_all_arrived(n);
        net_free(n);
    }
}
END_TEST

START_TEST(over_a_good_network_nothing_is_sent_twice)
{
    random_state = 1;
    struct net *n = net_new(CHANNEL_WINDOW);
    n->ends[0].to_send = n->ends[1].to_send = 100000;
    run(n, 500);
    expect_all_arrived(n);
    for (int i = 0; i < 2; i++) {
        const struct channel_stats *s = &n->ends[i].channel.stats,
                                   *other = &n->ends[!i].channel.stats;
        ck_assert_uint_eq(s->resent + s->duplicates + s->gaps, 0);
        ck_assert_uint_eq(s->rows, 100000);
        ck_assert_uint_eq(s->got_rows, 100000);
        ck_assert_uint_eq(s->got_packets, other->packets + other->acks);
        ck_assert_uint_eq(s->got_bytes, other->bytes);
        ck_assert_uint_le(n->ends[i].channel.spares, CHANNEL_WINDOW + 1);
    }
    net_free(n);
}
END_TEST

/* ---- one end, step by step ---- */

static bool ignore(void *user, const uint8_t *row, size_t len)
{
    (void)row, (void)len;
    if (user)
        ++*(int *)user;
    return true;
}

static void give(struct channel *to, int64_t now, struct channel_packet p)
{
    ck_assert(channel_on_packet(to, now, p.data, p.len, ignore, NULL));
}

static struct channel_packet take(struct channel *c, int64_t now)
{
    struct channel_packet p;
    ck_assert(channel_next(c, now, &p));
    return p;
}

static void take_none(struct channel *c, int64_t now)
{
    struct channel_packet p;
    ck_assert(!channel_next(c, now, &p));
}

static struct channel a, b;

static void open_both(uint32_t window)
{
    channel_init(&a, window, 1 << 20);
    channel_init(&b, window, 1 << 20);
}

static void close_both(void)
{
    channel_fini(&a);
    channel_fini(&b);
}

START_TEST(a_lone_row_leaves_at_once_and_packets_fill_while_the_window_is_full)
{
    open_both(2);
    channel_append(&a, "one", 3);
    ck_assert_int_eq(channel_due(&a), 0);
    struct channel_packet p = take(&a, 10);
    ck_assert_uint_eq(p.len, CHANNEL_HEADER + CHANNEL_ROW_HEADER + 3);
    channel_append(&a, "two", 3);
    take(&a, 11);
    for (int i = 0; i < 3000; i++)
        channel_append(&a, "more", 4);
    take_none(&a, 12);
    give(&b, 20, p);
    take_none(&b, 21);
    channel_append(&b, "answer", 6); /* and the acknowledgement with it */
    give(&a, 30, take(&b, 22));
    ck_assert_uint_eq(take(&a, 31).len, CHANNEL_HEADER + CHANNEL_BATCH_ROWS * 8);
    take_none(&a, 32);
    close_both();
}
END_TEST

START_TEST(a_long_row_goes_alone)
{
    open_both(8);
    static uint8_t row[CHANNEL_ROW_MOST];
    size_t wanted[] = {3, CHANNEL_BATCH - CHANNEL_ROW_HEADER + 1, 3 + CHANNEL_ROW_HEADER + 3};
    channel_append(&a, row, 3);
    channel_append(&a, row, wanted[1]);
    channel_append(&a, row, 3);
    channel_append(&a, row, 3);
    for (int i = 0; i < 3; i++) {
        struct channel_packet p = take(&a, 1);
        ck_assert_uint_eq(p.len, CHANNEL_HEADER + CHANNEL_ROW_HEADER + wanted[i]);
        give(&b, 2, p);
    }
    close_both();
    channel_init(&a, 1, SIZE_MAX);
    channel_append(&a, row, CHANNEL_ROW_MOST);
    ck_assert_uint_eq(take(&a, 1).len, CHANNEL_PACKET_MOST);
    channel_fini(&a);
}
END_TEST

START_TEST(room_that_a_row_did_not_use_is_given_to_the_next)
{
    open_both(2);
    memcpy(channel_begin(&a, 60000), "short", 5);
    channel_end(&a, 5);
    ck_assert_ptr_nonnull(channel_begin(&a, 60000));
    memcpy(channel_begin(&a, CHANNEL_BATCH * 8), "too", 3); /* one that is begun anew */
    channel_end(&a, 3);
    ck_assert_ptr_nonnull(channel_begin(&a, CHANNEL_BATCH * 4)); /* and one that is given up */
    channel_append(&a, "next", 4);
    int rows = 0;
    for (int i = 0; i < 2; i++) {
        struct channel_packet p = take(&a, 1);
        ck_assert(channel_on_packet(&b, 1, p.data, p.len, ignore, &rows));
    }
    ck_assert_int_eq(rows, 3);
    take_none(&a, 1);
    close_both();
}
END_TEST

START_TEST(a_place_much_longer_than_its_row_makes_no_packet_too_long)
{
    open_both(CHANNEL_WINDOW_MOST);
    memcpy(channel_begin(&a, CHANNEL_BATCH * 8), "short", 5);
    channel_end(&a, 5);
    static uint8_t row[1000];
    for (int i = 0; i < 200; i++)
        channel_append(&a, row, sizeof row);
    struct channel_packet p;
    int rows = 0;
    while (channel_next(&a, 1, &p))
        ck_assert(channel_on_packet(&b, 1, p.data, p.len, ignore, &rows));
    ck_assert_int_eq(rows, 201);
    close_both();
}
END_TEST

START_TEST(an_acknowledgement_goes_alone_after_a_while_and_at_once_when_the_window_is_full)
{
    open_both(2);
    channel_append(&a, "x", 1);
    give(&b, 100, take(&a, 0));
    take_none(&b, 101);
    int64_t due = channel_due(&b);
    ck_assert(due > 100 && due <= 100 + 2 * MS);
    take_none(&b, due - 1);
    struct channel_packet p = take(&b, due);
    ck_assert_uint_eq(p.len, CHANNEL_HEADER);
    ck_assert(!channel_idle(&a));
    give(&a, due, p);
    ck_assert(channel_idle(&a) && channel_idle(&b));
    ck_assert_int_eq(channel_due(&a), CHANNEL_NEVER);
    ck_assert_int_eq(channel_due(&b), CHANNEL_NEVER);
    for (int i = 0; i < 2; i++) {
        channel_append(&a, "x", 1);
        give(&b, due, take(&a, due));
    }
    give(&a, due, take(&b, due));
    ck_assert(channel_idle(&a));
    close_both();
}
END_TEST

START_TEST(what_is_not_acknowledged_is_sent_again_ever_more_rarely)
{
    open_both(2);
    channel_append(&a, "x", 1);
    take(&a, 0);
    channel_append(&a, "y", 1);
    take(&a, 0);
    int64_t last = 0, between = 0;
    for (int i = 0; i < 12; i++) {
        int64_t due = channel_due(&a);
        ck_assert_int_ge(due - last, between);
        ck_assert_int_lt(due - last, 501 * MS);
        take_none(&a, due - 1);
        take(&a, due);
        take(&a, due);
        take_none(&a, due);
        between = due - last;
        last = due;
    }
    ck_assert_int_ge(between, 500 * MS);
    ck_assert_uint_eq(a.stats.resent, 24);
    ck_assert_uint_eq(a.stats.packets, 2);
    close_both();
}
END_TEST

START_TEST(the_time_out_follows_measured_trips_within_bounds)
{
    open_both(1);
    int64_t now = 0, trips[] = {20 * US, 40 * MS, 600 * MS}, low[] = {20 * MS, 40 * MS, 500 * MS};
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 100; i++) {
            channel_append(&a, "x", 1);
            give(&b, now, take(&a, now));
            struct channel_packet ack = take(&b, now);
            give(&a, now += trips[k], ack);
        }
        channel_append(&a, "x", 1);
        give(&b, now, take(&a, now));
        int64_t timeout = channel_due(&a) - now;
        ck_assert_int_ge(timeout, low[k]);
        ck_assert_int_le(timeout, 2 * low[k]);
        give(&a, now, take(&b, now));
    }
    close_both();
}
END_TEST

START_TEST(what_takes_long_to_get_through_is_not_sent_again_meanwhile)
{
    channel_init(&a, 2, SIZE_MAX);
    channel_init(&b, 1, SIZE_MAX);
    enum { LEN = 8 << 20 };
    for (int i = 0; i < 3; i++) {
        memset(channel_begin(&a, LEN), 0, LEN);
        channel_end(&a, LEN);
    }
    int64_t each = LEN * INT64_C(10), now = 0; /* at 100 MB a second */
    give(&b, now, take(&a, now));
    take(&a, now);
    ck_assert_int_ge(channel_due(&a), now + 2 * each);
    now += each;
    give(&a, now, take(&b, now));
    ck_assert_int_eq(channel_due(&a), 0);
    take(&a, now);
    ck_assert_int_ge(channel_due(&a), now + 2 * each);
    close_both();
}
END_TEST

START_TEST(a_late_acknowledgement_ends_the_repetition)
{
    open_both(2);
    channel_append(&a, "x", 1);
    channel_append(&a, "x", 1);
    give(&b, 1, take(&a, 0));
    struct channel_packet ack = take(&b, 2 * MS);
    channel_append(&a, "y", 1);
    take(&a, 2 * MS);
    int64_t due = channel_due(&a);
    struct channel_packet p = take(&a, due); /* x, again */
    give(&b, due, p);
    give(&a, due, ack);
    p = take(&a, due); /* y, again */
    ck_assert_uint_eq(a.stats.resent, 2);
    give(&b, due, p);
    give(&a, due, take(&b, due));
    ck_assert(channel_idle(&a));
    ck_assert_uint_eq(b.stats.duplicates, 1);
    close_both();
}
END_TEST

START_TEST(a_late_acknowledgement_also_ends_what_is_not_yet_repeated)
{
    open_both(2);
    for (int i = 0; i < 2; i++) {
        channel_append(&a, "x", 1);
        give(&b, 1, take(&a, 0));
    }
    struct channel_packet ack = take(&b, 1);
    take(&a, channel_due(&a)); /* the first, again; there was no room for the second */
    give(&a, 1000 * MS, ack);
    ck_assert(channel_idle(&a));
    take_none(&a, 1000 * MS);
    channel_append(&a, "y", 1);
    give(&b, 1000 * MS, take(&a, 1000 * MS));
    ck_assert_uint_eq(b.stats.got_rows, 3);
    close_both();
}
END_TEST

START_TEST(an_old_acknowledgement_changes_nothing)
{
    open_both(1);
    uint8_t old[CHANNEL_HEADER];
    for (int i = 0; i < 3; i++) {
        channel_append(&a, "x", 1);
        give(&b, 1, take(&a, 1));
        struct channel_packet ack = take(&b, 1);
        if (i == 0)
            memcpy(old, ack.data, sizeof old);
        give(&a, 2, ack);
    }
    give(&a, 3, (struct channel_packet){old, sizeof old});
    ck_assert(channel_idle(&a));
    ck_assert_int_eq(channel_due(&a), CHANNEL_NEVER);
    channel_append(&a, "x", 1);
    take(&a, 4);
    close_both();
}
END_TEST

START_TEST(packets_that_were_sent_twice_say_nothing_about_trips)
{
    open_both(1);
    channel_append(&a, "x", 1);
    take(&a, 0);
    int64_t first = channel_due(&a);
    give(&b, first, take(&a, first));
    int64_t between = channel_due(&a) - first;
    ck_assert_int_gt(between, first);
    give(&a, first + 1, take(&b, first)); /* of the first or the second? */
    channel_append(&a, "y", 1);
    take(&a, first + 1);
    ck_assert_int_ge(channel_due(&a) - (first + 1), between);
    close_both();
}
END_TEST

START_TEST(a_full_backlog_refuses_rows_until_some_have_arrived)
{
    channel_init(&a, 1, 1000);
    channel_init(&b, 1, 1000);
    int rows = 0;
    while (channel_append(&a, "0123456789", 10))
        rows++;
    ck_assert_int_eq(rows, 1000 / 14);
    ck_assert_uint_eq(channel_backlog(&a), 14 * (size_t)rows);
    ck_assert_ptr_null(channel_begin(&a, 10));
    give(&b, 0, take(&a, 0));
    give(&a, 0, take(&b, 0));
    ck_assert_uint_eq(channel_backlog(&a), 0);
    ck_assert(channel_append(&a, "0123456789", 10));
    close_both();
}
END_TEST

/* ---- what a peer may send that is no packet ---- */

/* A good packet of three rows, with an acknowledgement, in `out`. */
static size_t good_packet(uint8_t *out)
{
    open_both(2);
    channel_append(&b, "first", 5);
    give(&a, 0, take(&b, 0));
    channel_append(&a, "one", 3);
    channel_append(&a, "", 0);
    channel_append(&a, "three", 5);
    struct channel_packet p = take(&a, 0);
    memcpy(out, p.data, p.len);
    return p.len;
}

static void expect_untouched(struct channel *before, int rows)
{
    ck_assert_mem_eq(before, &b, sizeof b);
    ck_assert_int_eq(rows, 0);
}

START_TEST(packets_cut_at_any_length_are_refused_and_change_nothing)
{
    uint8_t packet[256];
    size_t len = good_packet(packet);
    struct channel before = b;
    int rows = 0;
    for (size_t cut = 0; cut < len; cut++) {
        size_t row_ends = cut == CHANNEL_HEADER + 7 || cut == CHANNEL_HEADER + 11;
        if (row_ends)
            continue; /* fewer rows, but a packet */
        uint8_t *exact = malloc(cut ? cut : 1);
        memcpy(exact, packet, cut);
        ck_assert(!channel_on_packet(&b, 1, exact, cut, ignore, &rows));
        free(exact);
        expect_untouched(&before, rows);
    }
    ck_assert(!channel_on_packet(&b, 1, packet, len + 1, ignore, &rows));
    expect_untouched(&before, rows);
    ck_assert(channel_on_packet(&b, 1, packet, len, ignore, &rows));
    ck_assert_int_eq(rows, 3);
    close_both();
}
END_TEST

static void refuse(const uint8_t *packet, size_t len, size_t at, uint64_t value, size_t bytes)
{
    uint8_t changed[256];
    memcpy(changed, packet, len);
    for (size_t i = 0; i < bytes; i++)
        changed[at + i] = (uint8_t)(value >> 8 * i);
    struct channel before = b;
    int rows = 0;
    ck_assert(!channel_on_packet(&b, 1, changed, len, ignore, &rows));
    expect_untouched(&before, rows);
}

START_TEST(numbers_that_cannot_be_are_refused)
{
    uint8_t packet[256];
    size_t len = good_packet(packet);
    refuse(packet, len, 0, 0, 8);                       /* an acknowledgement with rows */
    refuse(packet, len, 0, CHANNEL_WINDOW_MOST + 1, 8); /* beyond any window */
    refuse(packet, len, 0, UINT64_MAX, 8);
    refuse(packet, len, 8, 2, 8); /* of what was never sent */
    refuse(packet, len, 8, UINT64_MAX, 8);
    refuse(packet, len, CHANNEL_HEADER, 4, 4);
    refuse(packet, len, CHANNEL_HEADER, UINT32_MAX, 4);
    close_both();
}
END_TEST

START_TEST(more_rows_or_bytes_than_a_sender_packs_are_refused)
{
    open_both(2);
    size_t most = CHANNEL_HEADER + 2 * CHANNEL_BATCH;
    uint8_t *packet = calloc(1, most);
    packet[0] = 1;
    size_t len = CHANNEL_HEADER + 4 * (CHANNEL_BATCH_ROWS + 1); /* empty rows */
    ck_assert(!channel_on_packet(&b, 1, packet, len, ignore, NULL));
    ck_assert(channel_on_packet(&b, 1, packet, len - 4, ignore, NULL));
    packet[0] = 2;
    packet[CHANNEL_HEADER + 2] = CHANNEL_BATCH >> 16; /* one of 64 KiB and one that is empty */
    len = CHANNEL_HEADER + 2 * CHANNEL_ROW_HEADER + CHANNEL_BATCH;
    ck_assert(!channel_on_packet(&b, 1, packet, len, ignore, NULL));
    ck_assert(channel_on_packet(&b, 1, packet, len - 4, ignore, NULL));
    free(packet);
    close_both();
}
END_TEST

START_TEST(random_and_damaged_bytes_do_no_harm)
{
    seed();
    uint8_t packet[256], bytes[256];
    size_t len = good_packet(packet);
    for (int i = 0; i < 300000; i++) {
        size_t n = next_random() % sizeof bytes;
        if (i % 2 == 0) {
            for (size_t k = 0; k < n; k++)
                bytes[k] = (uint8_t)(chance(50) ? 0 : next_random());
        } else {
            memcpy(bytes, packet, n = len);
            for (uint64_t k = 1 + next_random() % 4; k > 0; k--)
                bytes[next_random() % len] ^= (uint8_t)(1 << next_random() % 8);
        }
        uint8_t *exact = malloc(n ? n : 1);
        memcpy(exact, bytes, n);
        channel_on_packet(&b, i, exact, n, ignore, NULL);
        free(exact);
        struct channel_packet p;
        while (channel_next(&b, i, &p))
            ;
    }
    close_both();
}
END_TEST

static bool refuse_second(void *user, const uint8_t *row, size_t len)
{
    (void)row, (void)len;
    return ++*(int *)user < 2;
}

START_TEST(a_row_that_makes_no_sense_stops_its_packet)
{
    uint8_t packet[256];
    size_t len = good_packet(packet);
    int rows = 0;
    ck_assert(!channel_on_packet(&b, 1, packet, len, refuse_second, &rows));
    ck_assert_int_eq(rows, 2);
    close_both();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        rows_arrive_once_and_in_order_whatever_the_network_does,
        over_a_good_network_nothing_is_sent_twice,
        a_lone_row_leaves_at_once_and_packets_fill_while_the_window_is_full,
        a_long_row_goes_alone,
        room_that_a_row_did_not_use_is_given_to_the_next,
        a_place_much_longer_than_its_row_makes_no_packet_too_long,
        an_acknowledgement_goes_alone_after_a_while_and_at_once_when_the_window_is_full,
        what_is_not_acknowledged_is_sent_again_ever_more_rarely,
        the_time_out_follows_measured_trips_within_bounds,
        what_takes_long_to_get_through_is_not_sent_again_meanwhile,
        a_late_acknowledgement_ends_the_repetition,
        a_late_acknowledgement_also_ends_what_is_not_yet_repeated,
        an_old_acknowledgement_changes_nothing,
        packets_that_were_sent_twice_say_nothing_about_trips,
        a_full_backlog_refuses_rows_until_some_have_arrived,
        packets_cut_at_any_length_are_refused_and_change_nothing,
        numbers_that_cannot_be_are_refused,
        more_rows_or_bytes_than_a_sender_packs_are_refused,
        random_and_damaged_bytes_do_no_harm,
        a_row_that_makes_no_sense_stops_its_packet,
        NULL,
    };
    return runner_run("channel", tests);
}
