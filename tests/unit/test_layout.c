/* Layouts: the same offsets as C gives, one descriptor a type, records that lead back to
 * themselves. */
#include "runner.h"

#include "layout.h"
#include "names.h"

static struct arena arena;
static struct type_table table;
static struct layouts layouts;

static void begin(void)
{
    types_init(&table, &arena);
    layouts_init(&layouts, &arena, &table);
}

static const struct type *simple(enum type_kind kind)
{
    return table.simple[kind];
}

static const struct type *of(enum type_kind kind, const struct type *a, const struct type *b)
{
    const struct type *parts[] = {a, b};
    return type_make(&table, kind, parts, b ? 2 : 1, 0, NULL, NULL);
}

static const struct dfl_type *lay_out(const struct type *t)
{
    return layout_type(&layouts, t);
}

static struct node *field_node(const char *name)
{
    struct node *n = ast_new(&arena, NODE_field, (struct span){0});
    n->field_.name = name;
    return n;
}

/* A record type of two fields; the second is given later. */
static struct type *record(struct symbol *symbol)
{
    struct node *node = ast_new(&arena, NODE_record, (struct span){0});
    vec_push(&arena, &node->record_.fields, field_node("flag"));
    vec_push(&arena, &node->record_.fields, field_node("rest"));
    *symbol = (struct symbol){.kind = SYM_RECORD, .name = "R", .node = node};
    return (struct type *)type_make(&table, TYPE_record, NULL, 0, 0, NULL, symbol);
}

START_TEST(sizes_and_alignments_are_those_of_c)
{
    begin();
    ck_assert_uint_eq(lay_out(simple(TYPE_unit))->size, 0);
    ck_assert_uint_eq(lay_out(simple(TYPE_bool))->size, 1);
    ck_assert_uint_eq(lay_out(simple(TYPE_i16))->align, 2);
    ck_assert_uint_eq(lay_out(simple(TYPE_f32))->size, sizeof(float));
    ck_assert_uint_eq(lay_out(simple(TYPE_str))->size, sizeof(struct dfl_view));
    ck_assert_uint_eq(lay_out(of(TYPE_map, simple(TYPE_str), simple(TYPE_int)))->size, 8);
}
END_TEST

START_TEST(a_tuple_is_padded_as_the_c_struct)
{
    struct like {
        uint8_t a;
        double b;
    };
    struct outer {
        struct like a;
        int16_t b;
    };
    begin();
    const struct type *inner = of(TYPE_tuple, simple(TYPE_bool), simple(TYPE_float));
    const struct dfl_type *t = lay_out(of(TYPE_tuple, inner, simple(TYPE_i16)));
    ck_assert_uint_eq(t->size, sizeof(struct outer));
    ck_assert_uint_eq(t->align, _Alignof(struct outer));
    ck_assert_uint_eq(t->fields[1].offset, offsetof(struct outer, b));
    ck_assert_uint_eq(t->fields[0].type->fields[1].offset, offsetof(struct like, b));
    ck_assert_uint_eq(t->refs, 0);
    ck_assert_ptr_eq(t->fields[0].name, NULL);
}
END_TEST

START_TEST(options_and_results_have_their_value_behind_the_tag)
{
    begin();
    const struct dfl_type *small = lay_out(of(TYPE_option, simple(TYPE_u8), NULL));
    ck_assert_uint_eq(small->size, 2);
    ck_assert_uint_eq(layout_payload(small), 1);
    ck_assert_uint_eq(small->refs, 0);
    const struct dfl_type *text = lay_out(of(TYPE_option, simple(TYPE_str), NULL));
    ck_assert_uint_eq(layout_payload(text), 8);
    ck_assert_uint_eq(text->refs, 1);
    const struct dfl_type *nothing = lay_out(of(TYPE_result, simple(TYPE_unit), NULL));
    ck_assert_uint_eq(nothing->size, 8);
    const struct dfl_type *byte = lay_out(of(TYPE_result, simple(TYPE_u8), NULL));
    ck_assert_uint_eq(byte->size, 16);
    ck_assert_uint_eq(layout_payload(byte), 8);
    ck_assert_uint_eq(byte->refs, 1); /* the error */
}
END_TEST

START_TEST(a_record_may_hold_an_array_of_itself)
{
    begin();
    struct symbol symbol;
    struct type *r = record(&symbol);
    const struct type *parts[] = {simple(TYPE_bool), type_array(&table, r)};
    type_set_fields(r, &arena, parts, 2);
    const struct dfl_type *t = lay_out(r);
    ck_assert_uint_eq(t->size, 32);
    ck_assert_uint_eq(t->refs, 1);
    ck_assert_str_eq(t->fields[1].name, "rest");
    ck_assert_ptr_eq(t->fields[1].type->elem, t);
}
END_TEST

static void add_variant(struct node *list, const char *name, uint32_t parts)
{
    struct node *n = ast_new(&arena, NODE_variant, (struct span){0});
    n->variant_.name = name;
    n->variant_.types.count = parts;
    vec_push(&arena, &list->enum_.variants, n);
}

/* An enum of A, B(_, _) and C(_); what these hold is given later. */
static struct type *an_enum(struct symbol *symbol)
{
    struct node *node = ast_new(&arena, NODE_enum, (struct span){0});
    add_variant(node, "A", 0);
    add_variant(node, "B", 2);
    add_variant(node, "C", 1);
    *symbol = (struct symbol){.kind = SYM_ENUM, .name = "E", .node = node};
    return (struct type *)type_make(&table, TYPE_enum, NULL, 0, 0, NULL, symbol);
}

START_TEST(variants_share_places_of_one_type)
{
    struct like {
        uint32_t tag;
        uint8_t flag;
        int64_t number;
    };
    begin();
    struct symbol symbol;
    struct type *e = an_enum(&symbol);
    const struct type *parts[] = {simple(TYPE_bool), simple(TYPE_int), simple(TYPE_int)};
    type_set_fields(e, &arena, parts, 3);
    const struct dfl_type *t = lay_out(e);
    ck_assert_uint_eq(t->size, sizeof(struct like));
    ck_assert_uint_eq(t->refs, 0);
    ck_assert_uint_eq(t->field_count, 3);
    ck_assert_uint_eq(t->variant_count, 3);
    ck_assert_str_eq(t->variants[1].name, "B");
    ck_assert_uint_eq(t->variants[1].fields[0].offset, offsetof(struct like, flag));
    ck_assert_uint_eq(t->variants[2].fields[0].offset, offsetof(struct like, number));
    ck_assert_ptr_eq(t->variants[2].box, NULL);
}
END_TEST

START_TEST(an_enum_that_holds_itself_or_is_large_is_boxed)
{
    begin();
    struct symbol symbols[2];
    struct type *e = an_enum(&symbols[0]), *large = an_enum(&symbols[1]);
    const struct type *maybe = of(TYPE_option, e, NULL);
    const struct type *parts[] = {simple(TYPE_bool), maybe, simple(TYPE_int)};
    type_set_fields(e, &arena, parts, 3);
    const struct dfl_type *t = lay_out(e);
    ck_assert_uint_eq(t->size, 16);
    ck_assert_uint_eq(t->refs, 1);
    ck_assert_uint_eq(t->field_count, 0);
    ck_assert_ptr_eq(t->variants[0].box, NULL);
    ck_assert_uint_eq(t->variants[1].box->size, 32);
    ck_assert_ptr_eq(t->variants[1].box->fields[1].type->elem, t);
    const struct type *text = simple(TYPE_str), *two = of(TYPE_tuple, text, text);
    const struct type *many[] = {two, text, text};
    type_set_fields(large, &arena, many, 3);
    ck_assert_uint_eq(lay_out(large)->field_count, 0);
    ck_assert_uint_eq(lay_out(large)->variants[1].box->size, 72);
}
END_TEST

START_TEST(each_type_has_one_descriptor_and_ids_are_dense)
{
    begin();
    ck_assert_uint_eq(lay_out(simple(TYPE_u8))->id, LAYOUT_U8);
    const struct type *deep = simple(TYPE_int);
    for (int i = 0; i < 200; i++)
        deep = i % 2 ? of(TYPE_future, deep, NULL) : of(TYPE_map, simple(TYPE_str), deep);
    const struct dfl_type *t = lay_out(deep);
    ck_assert_ptr_eq(lay_out(deep), t);
    ck_assert_str_eq(t->name, deep->text);
    for (uint32_t i = 0; i < layouts.all.count; i++) {
        ck_assert_uint_eq(layouts.all.at[i]->id, i);
        bool holds = layouts.all.at[i]->kind == DFL_MAP || layouts.all.at[i]->kind == DFL_FUTURE;
        ck_assert(!holds || layouts.all.at[i]->elem);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        sizes_and_alignments_are_those_of_c,
        a_tuple_is_padded_as_the_c_struct,
        options_and_results_have_their_value_behind_the_tag,
        a_record_may_hold_an_array_of_itself,
        variants_share_places_of_one_type,
        an_enum_that_holds_itself_or_is_large_is_boxed,
        each_type_has_one_descriptor_and_ids_are_dense,
        NULL,
    };
    return runner_run("layout", tests);
}
