/* property.c - values from a tape, type by type, and the search for a simpler tape. */
#include "property.h"

#include "array.h"
#include "error.h"
#include "format.h"
#include "grid.h"
#include "map.h"
#include "value.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum {
    DEPTH_MOST = 4,    /* of arrays, maps and enums inside each other */
    TRIES_MOST = 1000, /* runs that shrinking may take */
};

/* ---- the tape ------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* A number up to `most`. */
static uint64_t draw(struct tape *t, uint64_t most)
{
    if (t->random) {
        uint64_t n = next_random(&t->random);
        n = most == UINT64_MAX ? n : n % (most + 1);
        vec_push(t->arena, &t->words, n);
        t->at++;
        return n;
    }
    if (t->at >= t->words.count)
        return 0;
    uint64_t *word = &t->words.at[t->at++];
    if (*word > most)
        *word = most;
    return *word;
}

/* Puts a word where none is drawn, for what a simpler value reads there. */
static void wish(struct tape *t, uint64_t word)
{
    if (t->random)
        vec_push(t->arena, &t->words, word);
    t->at++;
}

/* Whether there is one more of `size` or so. */
static bool more(struct tape *t, int size)
{
    return draw(t, (uint64_t)size + 1) != 0;
}

/* ---- numbers -------------------------------------------------------------------------------- */

/* Small numbers are more likely, and simpler. */
static uint64_t magnitude(struct tape *t, uint64_t most)
{
    static const uint64_t ends[] = {10, 100, 1000, 1000000, UINT64_MAX};
    uint64_t end = ends[draw(t, 4)];
    return draw(t, end < most ? end : most);
}

static int64_t signed_number(struct tape *t, int bits)
{
    uint64_t most = UINT64_MAX >> (65 - bits);
    uint64_t n = magnitude(t, most);
    return draw(t, 1) ? -(int64_t)n - (n == most) : (int64_t)n;
}

/* An odd one has the words of a large number of the same sign before it, to shrink to. */
static double float_number(struct tape *t)
{
    static const double odd[] = {0.0, 5e-324, 0.1, 1e308, INFINITY, NAN};
    uint64_t way = draw(t, 9);
    if (way == 9) {
        wish(t, 4);
        wish(t, INT32_MAX);
        bool negative = draw(t, 1);
        double x = odd[draw(t, sizeof odd / sizeof *odd - 1)];
        return negative ? -x : x;
    }
    double whole = (double)signed_number(t, way < 6 ? 32 : 64);
    return way < 3 ? whole : whole / (double)(1 + magnitude(t, 1000));
}

/* ---- text ----------------------------------------------------------------------------------- */

static void put_character(struct tape *t, struct buffer *b)
{
    static const char *const odd[] = {" ", "\n", "\t", "\"", "\\", "{", "é", "ß", "€", "😀", "\r"};
    uint64_t way = draw(t, 5);
    if (way < 3)
        buffer_char(b, (char)('a' + draw(t, 25)));
    else if (way < 5)
        buffer_char(b, (char)(' ' + draw(t, '~' - ' ')));
    else
        buffer_string(b, odd[draw(t, sizeof odd / sizeof *odd - 1)]);
}

static void make_text(struct tape *t, bool is_bytes, int size, struct dfl_view *out)
{
    struct buffer b = {0};
    while (more(t, size)) {
        if (is_bytes)
            buffer_char(&b, (char)draw(t, 255));
        else
            put_character(t, &b);
    }
    dfl_buffer_end(&b, out);
}

/* ---- values of parts ------------------------------------------------------------------------ */

struct making {
    struct tape *tape;
    int size, depth;
};

static void make_value(struct making *, const struct dfl_type *, void *out);

static void make_array(struct making *m, const struct dfl_type *elem, struct dfl_view *out)
{
    void *value = arena_alloc(m->tape->arena, elem->size + 1, 16);
    dfl_array_new(elem, out, 0);
    while (m->depth < DEPTH_MOST && more(m->tape, m->size)) {
        m->depth++;
        make_value(m, elem, value);
        m->depth--;
        dfl_array_push(elem, out, value);
    }
}

static void make_grid(struct making *m, const struct dfl_type *type, struct dfl_grid *out)
{
    int most = type->rank > 3 ? 2 : 5;
    for (int i = 0; i < type->rank; i++)
        out->dims[i] = (int64_t)draw(m->tape, (uint64_t)(m->size < most ? m->size : most));
    struct dfl_error *e = grid_new(type, out);
    assert(!e);
    (void)e;
    m->depth++;
    for (int64_t i = 0, n = grid_count(type, out); i < n; i++)
        make_value(m, type->elem, (char *)out->ptr + i * (int64_t)type->elem->size);
    m->depth--;
}

static void make_map(struct making *m, const struct dfl_type *type, struct dfl_map **out)
{
    void *key = arena_alloc(m->tape->arena, type->key->size + 1, 16);
    *out = NULL;
    while (m->depth < DEPTH_MOST && more(m->tape, m->size)) {
        int32_t fresh;
        m->depth++;
        make_value(m, type->key, key);
        void *value = dfl_map_slot(type, out, key, &fresh);
        if (!fresh)
            dfl_drop(type->elem, value);
        make_value(m, type->elem, value);
        m->depth--;
        dfl_drop(type->key, key);
    }
}

static void make_fields(struct making *m, const struct dfl_field *fields, uint64_t count, char *out)
{
    for (uint64_t i = 0; i < count; i++)
        make_value(m, fields[i].type, out + fields[i].offset);
}

/* How many enums have to stand inside each other, at least, in a value of the type. */
static int height(const struct dfl_type *type, int limit);

static int fields_height(const struct dfl_field *fields, uint64_t count, int limit)
{
    int most = 0;
    for (uint64_t i = 0; i < count; i++) {
        int h = height(fields[i].type, limit);
        most = h > most ? h : most;
    }
    return most;
}

static int height(const struct dfl_type *type, int limit)
{
    if (type->kind == DFL_TUPLE || type->kind == DFL_RECORD)
        return fields_height(type->fields, type->field_count, limit);
    if (type->kind != DFL_ENUM || limit == 0)
        return type->kind == DFL_ENUM ? 1000 : 0;
    int least = 1000;
    for (uint64_t i = 0; i < type->variant_count; i++) {
        const struct dfl_variant *v = &type->variants[i];
        int h = 1 + fields_height(v->fields, v->field_count, limit - 1);
        least = h < least ? h : least;
    }
    return least;
}

/* Deep inside only variants that lead out. */
static uint64_t pick_variant(struct making *m, const struct dfl_type *type)
{
    if (m->depth < DEPTH_MOST)
        return draw(m->tape, type->variant_count - 1);
    uint64_t best = 0;
    int least = 1000000;
    for (uint64_t i = 0; i < type->variant_count; i++) {
        int h = fields_height(type->variants[i].fields, type->variants[i].field_count, 6);
        if (h < least) {
            least = h;
            best = i;
        }
    }
    return best;
}

static void make_variant(struct making *m, const struct dfl_type *type, char *out)
{
    uint64_t tag = pick_variant(m, type);
    const struct dfl_variant *v = &type->variants[tag];
    memset(out, 0, type->size);
    *(uint32_t *)(void *)out = (uint32_t)tag;
    m->depth++;
    if (v->box) {
        struct dfl_block *block = dfl_block_new(v->box, (int64_t)v->box->size);
        memset(block_data(block), 0, v->box->size);
        make_fields(m, v->fields, v->field_count, block_data(block));
        block->size = v->box->size;
        memcpy(out + VALUE_BOX, &block, sizeof block);
    } else {
        make_fields(m, v->fields, v->field_count, out);
    }
    m->depth--;
}

static void make_wrapped(struct making *m, const struct dfl_type *type, char *out)
{
    bool there = draw(m->tape, 3) != 0;
    memset(out, 0, type->size);
    if (type->kind == DFL_OPTION)
        *out = there;
    else if (!there)
        *(struct dfl_error **)(void *)out = error_new(DFL_FAIL_fail, "made by the test");
    if (there)
        make_value(m, type->elem, out + value_inner(type));
}

static void make_value(struct making *m, const struct dfl_type *type, void *out)
{
    struct tape *t = m->tape;
    switch ((enum dfl_kind)type->kind) {
    case DFL_UNIT:
        return;
    case DFL_BOOL:
        *(uint8_t *)out = (uint8_t)draw(t, 1);
        return;
    case DFL_INT:
    case DFL_I64:
    case DFL_DURATION:
        *(int64_t *)out = signed_number(t, 64);
        return;
    case DFL_I8:
        *(int8_t *)out = (int8_t)signed_number(t, 8);
        return;
    case DFL_I16:
        *(int16_t *)out = (int16_t)signed_number(t, 16);
        return;
    case DFL_I32:
        *(int32_t *)out = (int32_t)signed_number(t, 32);
        return;
    case DFL_U8:
        *(uint8_t *)out = (uint8_t)magnitude(t, UINT8_MAX);
        return;
    case DFL_U16:
        *(uint16_t *)out = (uint16_t)magnitude(t, UINT16_MAX);
        return;
    case DFL_U32:
        *(uint32_t *)out = (uint32_t)magnitude(t, UINT32_MAX);
        return;
    case DFL_U64:
        *(uint64_t *)out = magnitude(t, UINT64_MAX);
        return;
    case DFL_FLOAT:
        *(double *)out = float_number(t);
        return;
    case DFL_F32:
        *(float *)out = (float)float_number(t);
        return;
    case DFL_STR:
    case DFL_BYTES:
        make_text(t, type->kind == DFL_BYTES, m->size, out);
        return;
    case DFL_ARRAY:
        make_array(m, type->elem, out);
        return;
    case DFL_GRID:
        make_grid(m, type, out);
        return;
    case DFL_MAP:
        make_map(m, type, out);
        return;
    case DFL_TUPLE:
    case DFL_RECORD:
        make_fields(m, type->fields, type->field_count, out);
        return;
    case DFL_ENUM:
        make_variant(m, type, out);
        return;
    case DFL_OPTION:
    case DFL_RESULT:
        make_wrapped(m, type, out);
        return;
    case DFL_ERROR:
        *(struct dfl_error **)out = error_new(DFL_FAIL_fail, "made by the test");
        return;
    case DFL_FUTURE:
        break;
    }
    assert(!"a type of data");
}

void property_make(struct tape *tape, const struct dfl_type *type, int size, void *out)
{
    struct making m = {.tape = tape, .size = size};
    make_value(&m, type, out);
}

/* ---- shrinking ------------------------------------------------------------------------------ */

struct shrinking {
    struct tape *best;
    bool (*fails)(void *, struct tape *);
    void *context;
    int tries;
    bool better;
};

/* Takes `words` for the best tape if the property does not hold for them either. What was not read
 * is left out. */
static bool attempt(struct shrinking *s, const uint64_t *words, uint32_t count)
{
    struct tape trial = {.arena = s->best->arena};
    if (s->tries >= TRIES_MOST)
        return false;
    s->tries++;
    for (uint32_t i = 0; i < count; i++)
        vec_push(trial.arena, &trial.words, words[i]);
    if (!s->fails(s->context, &trial))
        return false;
    trial.words.count = trial.at < trial.words.count ? trial.at : trial.words.count;
    trial.at = 0;
    *s->best = trial;
    s->better = true;
    return true;
}

/* Leaves out `span` words from `at` on. */
static bool leave_out(struct shrinking *s, uint32_t at, uint32_t span)
{
    const struct tape *t = s->best;
    uint64_t *words = arena_array(t->arena, uint64_t, t->words.count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->words.count; i++)
        if (i < at || i >= at + span)
            words[count++] = t->words.at[i];
    return attempt(s, words, count);
}

static bool put_word(struct shrinking *s, uint32_t at, uint64_t word)
{
    const struct tape *t = s->best;
    uint64_t *words = arena_array(t->arena, uint64_t, t->words.count + 1);
    memcpy(words, t->words.at, t->words.count * sizeof *words);
    words[at] = word;
    return attempt(s, words, t->words.count);
}

/* The least word that still fails, by halving; then one step at a time, as long as that helps. */
static void lower_word(struct shrinking *s, uint32_t at)
{
    if (at >= s->best->words.count || s->best->words.at[at] == 0 || put_word(s, at, 0))
        return;
    uint64_t holds = 0;
    while (at < s->best->words.count && s->best->words.at[at] - holds > 1) {
        uint64_t word = s->best->words.at[at], middle = holds + (word - holds) / 2;
        if (!put_word(s, at, middle))
            holds = middle;
        else if (at < s->best->words.count && s->best->words.at[at] > middle)
            return;
        if (s->tries >= TRIES_MOST)
            return;
    }
}

static void leave_out_all(struct shrinking *s, uint32_t from, uint32_t to)
{
    for (uint32_t span = from; span >= to; span /= 2)
        for (uint32_t at = s->best->words.count; at-- > 0;)
            if (at + span <= s->best->words.count)
                leave_out(s, at, span);
}

void property_shrink(struct tape *tape, bool (*fails)(void *, struct tape *), void *context)
{
    struct shrinking s = {.best = tape, .fails = fails, .context = context, .better = true};
    tape->random = 0;
    while (s.better && s.tries < TRIES_MOST) {
        s.better = false;
        leave_out_all(&s, 16, 8);
        for (uint32_t at = 0; at < tape->words.count; at++) /* while what it stands for is there */
            if (tape->words.at[at])
                put_word(&s, at, 0);
        leave_out_all(&s, 4, 1);
        for (uint32_t at = 0; at < tape->words.count; at++)
            lower_word(&s, at);
    }
}
