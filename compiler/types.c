/* types.c - types as shared objects: a hash table gives each combination of parts its one object,
 * so that equality is pointer equality. The text of a type is made with it. */
#include "names.h"

#include <assert.h>
#include <string.h>

static const char *const simple_names[] = {
    [TYPE_bad] = "?",   [TYPE_never] = "never", [TYPE_unit] = "()",           [TYPE_bool] = "bool",
    [TYPE_int] = "int", [TYPE_float] = "float", [TYPE_duration] = "duration", [TYPE_i8] = "i8",
    [TYPE_i16] = "i16", [TYPE_i32] = "i32",     [TYPE_i64] = "i64",           [TYPE_u8] = "u8",
    [TYPE_u16] = "u16", [TYPE_u32] = "u32",     [TYPE_u64] = "u64",           [TYPE_f32] = "f32",
    [TYPE_str] = "str", [TYPE_bytes] = "bytes", [TYPE_error] = "error",
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static bool is_named(enum type_kind kind)
{
    return kind == TYPE_record || kind == TYPE_enum || kind == TYPE_var;
}

/* A named type is its symbol: what its fields are is learnt later. */
static uint64_t type_hash(const struct type *t)
{
    uint64_t hash = mix(t->kind, (uintptr_t)t->symbol);
    if (is_named(t->kind))
        return hash;
    hash = mix(mix(hash, t->rank), (uintptr_t)t->result);
    for (uint32_t i = 0; i < t->args.count; i++)
        hash = mix(hash, (uintptr_t)t->args.at[i]);
    return hash;
}

static bool type_same(const struct type *a, const struct type *b)
{
    if (a->kind != b->kind || a->symbol != b->symbol)
        return false;
    if (is_named(a->kind))
        return true;
    return a->rank == b->rank && a->result == b->result && a->args.count == b->args.count &&
           (!a->args.count || !memcmp(a->args.at, b->args.at, a->args.count * sizeof(*a->args.at)));
}

static struct type **slot_of(struct type **slots, uint32_t room, const struct type *t)
{
    uint32_t at = (uint32_t)type_hash(t) & (room - 1);
    while (slots[at] && !type_same(slots[at], t))
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static void table_grow(struct type_table *table)
{
    uint32_t room = table->room ? table->room * 2 : 256;
    struct type **slots = arena_array(table->arena, struct type *, room);
    for (uint32_t i = 0; i < table->all.count; i++)
        *slot_of(slots, room, table->all.at[i]) = table->all.at[i];
    table->slots = slots;
    table->room = room;
}

/* Which of the two texts of a type. */
enum which { TEXT, KEY };

static const char *text_plain(enum which which, const struct type *t)
{
    return which == TEXT ? t->text : t->key;
}

/* `future` and `fn` bind loosest: they need parentheses before ? and !. */
static const char *text_tight(struct arena *arena, enum which which, const struct type *t)
{
    const char *text = text_plain(which, t);
    if (t->kind == TYPE_future || t->kind == TYPE_fn)
        return arena_format(arena, "(%s)", text);
    return text;
}

static const char *text_list(struct arena *arena, enum which which, const struct types *types)
{
    const char *text = "";
    for (uint32_t i = 0; i < types->count; i++)
        text = arena_format(arena, "%s%s%s", text, i ? ", " : "", text_plain(which, types->at[i]));
    return text;
}

static const char *text_of(struct arena *arena, enum which which, const struct type *t,
                           const char *name)
{
    const struct type *first = t->args.count ? t->args.at[0] : NULL;
    switch (t->kind) {
    case TYPE_array:
        return arena_format(arena, "[%s]", text_plain(which, first));
    case TYPE_grid:
        return arena_format(arena, "[%s, %u]", text_plain(which, first), t->rank);
    case TYPE_map:
        return arena_format(arena, "map[%s, %s]", text_plain(which, first),
                            text_plain(which, t->args.at[1]));
    case TYPE_tuple:
        return arena_format(arena, "(%s)", text_list(arena, which, &t->args));
    case TYPE_option:
        return arena_format(arena, "%s?", text_tight(arena, which, first));
    case TYPE_result:
        return arena_format(arena, "%s!", text_tight(arena, which, first));
    case TYPE_future:
        return arena_format(arena, "future %s", text_plain(which, first));
    case TYPE_fn:
        return arena_format(arena, "fn(%s) -> %s", text_list(arena, which, &t->args),
                            text_plain(which, t->result));
    case TYPE_record:
    case TYPE_enum:
    case TYPE_var:
        if (which == KEY && t->symbol->module)
            return arena_format(arena, "%s.%s", t->symbol->module->name, name);
        return name;
    default:
        return simple_names[t->kind];
    }
}

static bool parts_open(const struct type *t)
{
    if (t->kind == TYPE_var || (t->result && t->result->open))
        return true;
    for (uint32_t i = 0; i < t->args.count; i++)
        if (t->args.at[i]->open)
            return true;
    return false;
}

static uint32_t parts_count(const struct type *t)
{
    uint32_t count = 1 + (t->result ? t->result->parts : 0);
    for (uint32_t i = 0; i < t->args.count && count <= TYPE_PARTS; i++)
        count += t->args.at[i]->parts;
    return count <= TYPE_PARTS ? count : TYPE_PARTS + 1;
}

static struct type *type_add(struct type_table *table, const struct type *parts, const char *name)
{
    struct type *t = arena_new(table->arena, struct type);
    *t = *parts;
    if (parts->args.count) {
        t->args.at = arena_array(table->arena, const struct type *, parts->args.count);
        memcpy(t->args.at, parts->args.at, parts->args.count * sizeof(*t->args.at));
    }
    t->open = parts_open(t);
    t->parts = is_named(t->kind) ? 1 : parts_count(t);
    bool told = t->parts <= TYPE_PARTS;
    t->text = told ? text_of(table->arena, TEXT, t, name) : "...";
    t->key = told ? text_of(table->arena, KEY, t, name) : "...";
    vec_push(table->arena, &table->all, t);
    return t;
}

const struct type *type_make(struct type_table *table, enum type_kind kind,
                             const struct type *const *args, uint32_t count, uint32_t rank,
                             const struct type *result, const struct symbol *symbol)
{
    struct type parts = {
        .kind = kind,
        .rank = rank,
        .args = {(const struct type **)args, count},
        .result = result,
        .symbol = symbol,
    };
    if (table->all.count * 2 >= table->room)
        table_grow(table);
    struct type **slot = slot_of(table->slots, table->room, &parts);
    if (!*slot)
        *slot = type_add(table, &parts, symbol ? symbol->name : NULL);
    return *slot;
}

void types_init(struct type_table *table, struct arena *arena)
{
    *table = (struct type_table){.arena = arena};
    for (enum type_kind kind = TYPE_bad; kind <= TYPE_error; kind++)
        table->simple[kind] = type_make(table, kind, NULL, 0, 0, NULL, NULL);
}

const struct type *type_array(struct type_table *table, const struct type *elem)
{
    return type_make(table, TYPE_array, &elem, 1, 0, NULL, NULL);
}

const struct type *type_grid(struct type_table *table, const struct type *elem, uint32_t rank)
{
    if (rank == 1)
        return type_array(table, elem);
    return type_make(table, TYPE_grid, &elem, 1, rank, NULL, NULL);
}

const struct type *type_option(struct type_table *table, const struct type *elem)
{
    return type_make(table, TYPE_option, &elem, 1, 0, NULL, NULL);
}

const struct type *type_result(struct type_table *table, const struct type *elem)
{
    return type_make(table, TYPE_result, &elem, 1, 0, NULL, NULL);
}

const struct type *type_future(struct type_table *table, const struct type *elem)
{
    if (elem->kind == TYPE_future)
        return elem;
    return type_make(table, TYPE_future, &elem, 1, 0, NULL, NULL);
}

void type_set_fields(struct type *t, struct arena *arena, const struct type *const *fields,
                     uint32_t count)
{
    assert((t->kind == TYPE_record || t->kind == TYPE_enum) && !t->args.at);
    t->args.at = arena_array(arena, const struct type *, count + 1);
    if (count)
        memcpy(t->args.at, fields, count * sizeof(*fields));
    t->args.count = count;
}

uint32_t type_variant_count(const struct type *t)
{
    assert(t->kind == TYPE_enum);
    return t->symbol->node->enum_.variants.count;
}

struct variant type_variant(const struct type *t, uint32_t index)
{
    assert(index < type_variant_count(t));
    const struct nodes *all = &t->symbol->node->enum_.variants;
    struct variant v = {0};
    for (uint32_t i = 0; i <= index; i++) { /* a syntax error may stand among them */
        v.first += v.count;
        v.name = all->at[i]->kind == NODE_variant ? all->at[i]->variant_.name : "";
        v.count = all->at[i]->kind == NODE_variant ? all->at[i]->variant_.types.count : 0;
    }
    return v;
}

const struct type *type_subst(struct type_table *table, const struct type *t,
                              struct types arguments)
{
    if (!t->open)
        return t;
    if (t->kind == TYPE_var) {
        uint32_t index = t->symbol->index;
        return index < arguments.count && arguments.at[index] ? arguments.at[index] : t;
    }
    const struct type **args = arena_array(table->arena, const struct type *, t->args.count + 1);
    for (uint32_t i = 0; i < t->args.count; i++)
        args[i] = type_subst(table, t->args.at[i], arguments);
    if (t->kind == TYPE_future)
        return type_future(table, args[0]);
    const struct type *result = t->result ? type_subst(table, t->result, arguments) : NULL;
    return type_make(table, t->kind, args, t->args.count, t->rank, result, t->symbol);
}

/* Records and enums are looked at once: they may hold themselves. */
struct holders {
    struct arena *arena;
    VEC(const struct type *) seen;
};

static bool seen_before(struct holders *h, const struct type *t)
{
    for (uint32_t i = 0; i < h->seen.count; i++)
        if (h->seen.at[i] == t)
            return true;
    if (t->kind == TYPE_record || t->kind == TYPE_enum)
        vec_push(h->arena, &h->seen, t);
    return false;
}

static bool holds_future(struct holders *h, const struct type *t)
{
    if (t->kind == TYPE_future)
        return true;
    bool holds = false, known = seen_before(h, t);
    for (uint32_t i = 0; !known && !holds && i < t->args.count; i++)
        holds = holds_future(h, t->args.at[i]);
    return holds;
}

bool type_may_hold_future(struct arena *arena, const struct type *t)
{
    struct holders h = {.arena = arena};
    return holds_future(&h, t);
}

bool type_is_int(const struct type *t)
{
    return t->kind == TYPE_int || (t->kind >= TYPE_i8 && t->kind <= TYPE_u64);
}

bool type_is_small(const struct type *t)
{
    return type_is_int(t) && t->kind != TYPE_int && t->kind != TYPE_u64;
}

bool type_is_number(const struct type *t)
{
    return type_is_int(t) || t->kind == TYPE_float || t->kind == TYPE_f32;
}
