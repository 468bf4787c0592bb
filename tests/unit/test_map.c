/* test_map.c - maps against a plain model, and their promises one by one. */
#include "runner.h"

#include "map.h"

static const struct dfl_type str_int = {
    .kind = DFL_MAP, .refs = 1, .align = 8, .size = 8, .key = &value_str, .elem = &value_int};
static const struct dfl_type int_str = {
    .kind = DFL_MAP, .refs = 1, .align = 8, .size = 8, .key = &value_int, .elem = &value_str};

static void set_int(struct dfl_map **map, const char *key, int64_t value)
{
    int32_t fresh;
    struct dfl_view k = runner_owned(key);
    *(int64_t *)dfl_map_slot(&str_int, map, &k, &fresh) = value;
    dfl_drop(&value_str, &k);
}

static int64_t get_int(struct dfl_map *const *map, const char *key)
{
    struct dfl_view k = runner_str(key);
    int64_t *value = dfl_map_find(&str_int, map, &k);
    return value ? *value : -1;
}

static void remove_key(struct dfl_map **map, const char *key)
{
    struct dfl_view k = runner_str(key);
    map_remove(&str_int, map, &k, NULL);
}

/* The keys in order, each followed by a blank. */
static struct dfl_view keys_of(struct dfl_map *const *map)
{
    char text[256] = "";
    for (int64_t at = 0; (at = dfl_map_next(map, at)) >= 0; at++) {
        const struct dfl_view *key = dfl_map_key(&str_int, map, at);
        strncat(text, key->ptr, (size_t)key->len);
        strcat(text, " ");
    }
    return runner_owned(text);
}

START_TEST(order_is_that_of_first_insertion)
{
    struct dfl_map *map = NULL;
    set_int(&map, "zeta", 1);
    set_int(&map, "alpha", 2);
    set_int(&map, "mid", 3);
    set_int(&map, "zeta", 10);
    runner_expect(keys_of(&map), "zeta alpha mid ");
    remove_key(&map, "alpha");
    runner_expect(keys_of(&map), "zeta mid ");
    set_int(&map, "alpha", 4);
    runner_expect(keys_of(&map), "zeta mid alpha ");
    ck_assert_int_eq(get_int(&map, "zeta"), 10);
    ck_assert_int_eq(dfl_map_len(&map), 3);
    dfl_drop(&str_int, &map);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_change_is_not_seen_by_other_holders)
{
    struct dfl_map *map = NULL, *other;
    set_int(&map, "a", 1);
    remove_key(&map, "none");
    set_int(&map, "b", 2);
    remove_key(&map, "b");
    other = map;
    dfl_copy(&str_int, &other);
    set_int(&map, "a", 5);
    remove_key(&map, "a");
    ck_assert_int_eq(get_int(&other, "a"), 1);
    ck_assert_int_eq(get_int(&map, "a"), -1);
    dfl_drop(&str_int, &map);
    dfl_drop(&str_int, &other);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(equality_and_hash_ignore_order)
{
    struct dfl_map *a = NULL, *b = NULL, *none = NULL;
    set_int(&a, "x", 1);
    set_int(&a, "y", 2);
    set_int(&b, "y", 2);
    ck_assert(!dfl_equal(&str_int, &a, &b));
    ck_assert_int_lt(dfl_compare(&str_int, &a, &b), 0);
    set_int(&b, "x", 1);
    ck_assert(dfl_equal(&str_int, &a, &b));
    ck_assert_int_eq(dfl_compare(&str_int, &a, &b), 0);
    ck_assert_uint_eq(dfl_hash(&str_int, &a), dfl_hash(&str_int, &b));
    remove_key(&b, "x");
    remove_key(&b, "y");
    ck_assert(dfl_equal(&str_int, &none, &b));
    ck_assert_uint_eq(dfl_hash(&str_int, &none), dfl_hash(&str_int, &b));
    dfl_drop(&str_int, &a);
    dfl_drop(&str_int, &b);
}
END_TEST

START_TEST(a_small_key_does_not_hold_a_large_text)
{
    struct dfl_view text;
    struct dfl_map *map = NULL;
    int32_t fresh;
    char *large = calloc(1, 100000);
    text = value_text(large, 100000);
    free(large);
    struct dfl_view word = value_part(&text, 5, 4);
    *(int64_t *)dfl_map_slot(&str_int, &map, &word, &fresh) = 1;
    ck_assert_int_eq(fresh, 1);
    ck_assert_int_eq(atomic_load(&text.block->count), 2);
    dfl_drop(&value_str, &word);
    dfl_drop(&value_str, &text);
    ck_assert_int_eq(dfl_block_live(), 2);
    dfl_drop(&str_int, &map);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(sharing_reaches_keys_and_values)
{
    struct dfl_map *map = NULL;
    int32_t fresh;
    int64_t key = 7;
    struct dfl_view *value = dfl_map_slot(&int_str, &map, &key, &fresh);
    *value = runner_owned("seven");
    dfl_share(&int_str, &map);
    ck_assert_int_eq(atomic_load(&map->count), -1);
    ck_assert_int_eq(atomic_load(&value->block->count), -1);
    dfl_drop(&int_str, &map);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

enum { KEYS = 500 };

/* A model that is too simple to be wrong: `order` holds the keys, oldest first. */
struct model {
    int64_t order[KEYS], value[KEYS];
    int count;
};

static int model_find(const struct model *m, int64_t key)
{
    for (int i = 0; i < m->count; i++)
        if (m->order[i] == key)
            return i;
    return -1;
}

static void model_set(struct model *m, int64_t key, int64_t value)
{
    int i = model_find(m, key);
    if (i < 0)
        m->order[i = m->count++] = key;
    m->value[i] = value;
}

static void model_remove(struct model *m, int64_t key)
{
    int i = model_find(m, key);
    if (i < 0)
        return;
    memmove(m->order + i, m->order + i + 1, sizeof *m->order * (size_t)(m->count - i - 1));
    memmove(m->value + i, m->value + i + 1, sizeof *m->value * (size_t)(m->count - i - 1));
    m->count--;
}

static void model_compare(const struct model *m, const struct dfl_type *type,
                          struct dfl_map *const *map)
{
    int i = 0;
    ck_assert_int_eq(dfl_map_len(map), m->count);
    for (int64_t at = 0; (at = dfl_map_next(map, at)) >= 0; at++, i++) {
        ck_assert_int_eq(*(int64_t *)dfl_map_key(type, map, at), m->order[i]);
        ck_assert_int_eq(*(int64_t *)dfl_map_value(type, map, at), m->value[i]);
        ck_assert_ptr_eq(dfl_map_find(type, map, &m->order[i]), dfl_map_value(type, map, at));
    }
    ck_assert_int_eq(i, m->count);
}

START_TEST(any_history_agrees_with_a_plain_list)
{
    static const struct dfl_type int_int = {
        .kind = DFL_MAP, .refs = 1, .align = 8, .size = 8, .key = &value_int, .elem = &value_int};
    const char *given = getenv("SEED");
    unsigned seed = given ? (unsigned)atoi(given) : 1;
    struct dfl_map *map = NULL, *kept = NULL;
    struct model m = {.count = 0}, kept_model = {.count = 0};
    for (int step = 0; step < 40000; step++) {
        int32_t fresh;
        int64_t key = rand_r(&seed) % KEYS;
        if (step / 5000 % 2 ? rand_r(&seed) % 4 : rand_r(&seed) % 4 == 0) {
            model_remove(&m, key);
            map_remove(&int_int, &map, &key, NULL);
        } else {
            model_set(&m, key, step);
            *(int64_t *)dfl_map_slot(&int_int, &map, &key, &fresh) = step;
        }
        if (step % 1000 == 500) {
            model_compare(&kept_model, &int_int, &kept);
            dfl_drop(&int_int, &kept);
            kept = map;
            kept_model = m;
            dfl_copy(&int_int, &kept);
        }
        if (step % 97 == 0)
            model_compare(&m, &int_int, &map);
    }
    dfl_drop(&int_int, &map);
    dfl_drop(&int_int, &kept);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

START_TEST(a_map_used_as_a_queue_stays_small_and_fast)
{
    struct dfl_map *map = NULL;
    int32_t fresh;
    for (int64_t i = 0; i < 300000; i++) {
        *(struct dfl_view *)dfl_map_slot(&int_str, &map, &i, &fresh) = runner_str("x");
        int64_t at = dfl_map_next(&map, 0);
        int64_t oldest = *(int64_t *)dfl_map_key(&int_str, &map, at);
        if (i >= 10)
            map_remove(&int_str, &map, &oldest, NULL);
    }
    ck_assert_int_eq(dfl_map_len(&map), 10);
    ck_assert_int_lt(map->room, 64);
    dfl_drop(&int_str, &map);
}
END_TEST

START_TEST(removing_hands_the_value_over)
{
    struct dfl_map *map = NULL;
    int32_t fresh;
    int64_t key = 1;
    struct dfl_view out;
    *(struct dfl_view *)dfl_map_slot(&int_str, &map, &key, &fresh) = runner_owned("one");
    ck_assert(map_remove(&int_str, &map, &key, &out));
    ck_assert(!map_remove(&int_str, &map, &key, &out));
    runner_expect(out, "one");
    dfl_drop(&int_str, &map);
    ck_assert_int_eq(dfl_block_live(), 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        order_is_that_of_first_insertion,
        a_change_is_not_seen_by_other_holders,
        equality_and_hash_ignore_order,
        a_small_key_does_not_hold_a_large_text,
        sharing_reaches_keys_and_values,
        any_history_agrees_with_a_plain_list,
        a_map_used_as_a_queue_stays_small_and_fast,
        removing_hands_the_value_over,
        NULL,
    };
    return runner_run("map", tests);
}
