/* Types: one object a type, their texts, and what takes the place of type variables. */
#include "runner.h"

#include "names.h"

static struct arena arena;
static struct type_table table;

static const struct type *simple(enum type_kind kind)
{
    return table.simple[kind];
}

static const struct type *tuple(const struct type *a, const struct type *b)
{
    const struct type *parts[] = {a, b};
    return type_make(&table, TYPE_tuple, parts, 2, 0, NULL, NULL);
}

static const struct type *variable(struct symbol *symbol, const char *name, uint32_t index)
{
    *symbol = (struct symbol){.kind = SYM_TYPE_VAR, .name = name, .index = index};
    return type_make(&table, TYPE_var, NULL, 0, 0, NULL, symbol);
}

static void begin(void)
{
    types_init(&table, &arena);
}

START_TEST(the_same_parts_give_the_same_type)
{
    begin();
    const struct type *a = type_array(&table, tuple(simple(TYPE_int), simple(TYPE_str)));
    for (int i = 0; i < 1000; i++) { /* grow the table in between */
        a = type_array(&table, a);
        ck_assert_ptr_ne(a, a->args.at[0]);
        ck_assert_ptr_eq(type_array(&table, a->args.at[0]), a);
    }
    ck_assert_ptr_eq(type_array(&table, tuple(simple(TYPE_int), simple(TYPE_str))),
                     type_array(&table, tuple(simple(TYPE_int), simple(TYPE_str))));
    arena_free(&arena);
}
END_TEST

START_TEST(a_type_reads_as_it_is_written)
{
    begin();
    const struct type *future = type_future(&table, simple(TYPE_int));
    ck_assert_str_eq(type_option(&table, future)->text, "(future int)?");
    ck_assert_str_eq(type_array(&table, future)->text, "[future int]");
    const struct type *parts[] = {simple(TYPE_str), type_result(&table, simple(TYPE_unit))};
    ck_assert_str_eq(type_make(&table, TYPE_map, parts, 2, 0, NULL, NULL)->text, "map[str, ()!]");
    ck_assert_str_eq(type_make(&table, TYPE_fn, parts, 2, 0, simple(TYPE_bool), NULL)->text,
                     "fn(str, ()!) -> bool");
    arena_free(&arena);
}
END_TEST

START_TEST(a_future_of_a_future_is_that_future)
{
    begin();
    const struct type *future = type_future(&table, simple(TYPE_int));
    ck_assert_ptr_eq(type_future(&table, future), future);
    arena_free(&arena);
}
END_TEST

START_TEST(substitution_replaces_each_variable_and_keeps_closed_types)
{
    begin();
    struct symbol symbols[2];
    const struct type *a = variable(&symbols[0], "A", 0), *b = variable(&symbols[1], "B", 1);
    const struct type *open = type_array(&table, tuple(b, type_option(&table, a)));
    const struct type *at[] = {simple(TYPE_int), NULL};
    ck_assert(open->open);
    ck_assert_str_eq(type_subst(&table, open, (struct types){at, 2})->text, "[(B, int?)]");
    at[1] = simple(TYPE_str);
    const struct type *closed = type_subst(&table, open, (struct types){at, 2});
    ck_assert_str_eq(closed->text, "[(str, int?)]");
    ck_assert(!closed->open);
    ck_assert_ptr_eq(type_subst(&table, closed, (struct types){at, 2}), closed);
    arena_free(&arena);
}
END_TEST

START_TEST(a_record_is_known_before_its_fields)
{
    begin();
    struct symbol symbol = {.kind = SYM_RECORD, .name = "Tree"};
    const struct type *tree = type_make(&table, TYPE_record, NULL, 0, 0, NULL, &symbol);
    const struct type *fields[] = {type_array(&table, tree)};
    type_set_fields((struct type *)tree, &arena, fields, 1);
    ck_assert_ptr_eq(type_make(&table, TYPE_record, NULL, 0, 0, NULL, &symbol), tree);
    ck_assert_str_eq(tree->args.at[0]->text, "[Tree]");
    arena_free(&arena);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_same_parts_give_the_same_type,
        a_type_reads_as_it_is_written,
        a_future_of_a_future_is_that_future,
        substitution_replaces_each_variable_and_keeps_closed_types,
        a_record_is_known_before_its_fields,
        NULL,
    };
    return runner_run("types", tests);
}
