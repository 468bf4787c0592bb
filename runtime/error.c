/* error.c - failures: making them, and telling the user. */
#include "error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "format.h"
#include "value.h"

enum { CHAIN_LIMIT = 64 };

/* ---- kinds ---- */

static const struct {
    const char *name, *text;
    bool repeatable;
} kinds[] = {
#define FAIL(name, text, repeatable) {#name, text, repeatable},
#include "fail.def"
#undef FAIL
};

const char *dfl_fail_name(uint32_t kind)
{
    assert(kind < ERROR_KINDS);
    return kinds[kind].name;
}

const char *dfl_fail_text(uint32_t kind)
{
    assert(kind < ERROR_KINDS);
    return kinds[kind].text;
}

bool dfl_fail_repeatable(uint32_t kind)
{
    assert(kind < ERROR_KINDS);
    return kinds[kind].repeatable;
}

/* ---- making ---- */

/* Takes over `message`. */
static struct dfl_error *error_with(enum dfl_fail kind, struct dfl_view message)
{
    struct dfl_error *e = block_alloc(sizeof *e);
    *e = (struct dfl_error){
        .kind = kind, .message = message, .chain = value_static(value_nothing, 0)};
    atomic_init(&e->count, 1);
    return e;
}

struct dfl_error *error_new(enum dfl_fail kind, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len >= (int)sizeof text)
        len = (int)sizeof text - 1;
    return error_with(kind, value_text(text, len));
}

struct dfl_error *error_from_errno(int code, const char *doing, const struct dfl_view *what)
{
    struct buffer b = {0};
    struct dfl_view message;
    buffer_string(&b, doing);
    buffer_char(&b, ' ');
    buffer_put(&b, what->ptr, what->len);
    buffer_string(&b, ": ");
    buffer_string(&b, strerror(code));
    dfl_buffer_end(&b, &message);
    return error_with(DFL_FAIL_io, message);
}

struct dfl_error *error_late(int64_t ns)
{
    struct buffer b = {0};
    struct dfl_view message;
    buffer_string(&b, "timed out after ");
    format_value(&b, &value_duration, &ns, true);
    dfl_buffer_end(&b, &message);
    return error_with(DFL_FAIL_timeout, message);
}

/* The same error, private: a copy if others hold it. */
static struct dfl_error *error_own(struct dfl_error *e)
{
    if (count_unique(&e->count))
        return e;
    struct dfl_error *own = error_with((enum dfl_fail)e->kind, e->message);
    block_retain(e->message.block);
    block_retain(e->chain.block);
    own->chain = e->chain;
    own->site = e->site;
    own->cause = e->cause;
    if (own->cause)
        dfl_error_retain(own->cause);
    dfl_error_release(e);
    return own;
}

struct dfl_error *error_link(struct dfl_error *e, const char *link)
{
    if (e->chain.len >= CHAIN_LIMIT)
        return e;
    e = error_own(e);
    struct dfl_view text = value_text(link, (int64_t)strlen(link));
    dfl_array_push(&value_str, &e->chain, &text);
    return e;
}

struct dfl_error *dfl_error_at(struct dfl_error *e, const struct dfl_site *site)
{
    if (!site || !site->file || e->site.file)
        return e;
    e = error_own(e);
    e->site = *site;
    return e;
}

void dfl_error_retain(struct dfl_error *e)
{
    count_retain(&e->count);
}

void dfl_error_release(struct dfl_error *e)
{
    if (count_release(&e->count))
        value_end_error(e);
}

/* ---- the failures of the language ---- */

struct dfl_error *dfl_fail_overflow(const struct dfl_site *site, const char *op, int64_t a,
                                    int64_t b)
{
    return dfl_fail_overflow_of(site, op, DFL_INT, a, DFL_INT, b);
}

static void buffer_operand(struct buffer *b, int32_t kind, int64_t value)
{
    char digits[NUMBER_TEXT];
    if (kind == DFL_DURATION)
        format_value(b, &value_duration, &value, true);
    else if (kind == DFL_U64)
        buffer_put(b, digits, number_uint(digits, (uint64_t)value));
    else
        buffer_int(b, value);
}

struct dfl_error *dfl_fail_overflow_of(const struct dfl_site *site, const char *op, int32_t left,
                                       int64_t a, int32_t right, int64_t b)
{
    struct buffer text = {0};
    struct dfl_view message;
    buffer_string(&text, "integer overflow: ");
    buffer_operand(&text, left, a);
    buffer_char(&text, ' ');
    buffer_string(&text, op);
    buffer_char(&text, ' ');
    buffer_operand(&text, right, b);
    dfl_buffer_end(&text, &message);
    return dfl_error_at(error_with(DFL_FAIL_overflow, message), site);
}

struct dfl_error *dfl_fail_negate(const struct dfl_site *site, int32_t kind, int64_t a)
{
    bool is_negative = kind != DFL_U64 && a < 0;
    struct buffer text = {0};
    struct dfl_view message;
    buffer_string(&text, is_negative ? "integer overflow: -(" : "integer overflow: -");
    buffer_operand(&text, kind, a);
    buffer_string(&text, is_negative ? ")" : "");
    dfl_buffer_end(&text, &message);
    return dfl_error_at(error_with(DFL_FAIL_overflow, message), site);
}

struct dfl_error *dfl_fail_divide(const struct dfl_site *site)
{
    return dfl_error_at(error_new(DFL_FAIL_divide, "division by zero"), site);
}

struct dfl_error *dfl_fail_shift(const struct dfl_site *site, int64_t count)
{
    struct dfl_error *e =
        error_new(DFL_FAIL_shift, "shift count out of range: %lld", (long long)count);
    return dfl_error_at(e, site);
}

struct dfl_error *dfl_fail_bounds(const struct dfl_site *site, int64_t index, int64_t len)
{
    struct dfl_error *e = error_new(DFL_FAIL_bounds, "index %lld out of bounds for length %lld",
                                    (long long)index, (long long)len);
    return dfl_error_at(e, site);
}

struct dfl_error *dfl_fail_slice(const struct dfl_site *site, int64_t lo, int64_t hi, int64_t len)
{
    struct dfl_error *e =
        error_new(DFL_FAIL_bounds, "slice %lld..%lld out of bounds for length %lld", (long long)lo,
                  (long long)hi, (long long)len);
    return dfl_error_at(e, site);
}

struct dfl_error *dfl_fail_axis(const struct dfl_site *site, int64_t axis, int64_t index,
                                int64_t len)
{
    struct dfl_error *e =
        error_new(DFL_FAIL_bounds, "index %lld out of bounds for length %lld of axis %lld",
                  (long long)index, (long long)len, (long long)axis);
    return dfl_error_at(e, site);
}

struct dfl_error *dfl_fail_part(const struct dfl_site *site, int64_t axis, int64_t lo, int64_t hi,
                                int64_t len)
{
    struct dfl_error *e =
        error_new(DFL_FAIL_bounds, "slice %lld..%lld out of bounds for length %lld of axis %lld",
                  (long long)lo, (long long)hi, (long long)len, (long long)axis);
    return dfl_error_at(e, site);
}

struct dfl_error *dfl_fail_count(const struct dfl_site *site, int64_t count, int64_t room)
{
    struct dfl_error *e = error_new(DFL_FAIL_bounds, "%lld elements for a slice of %lld",
                                    (long long)count, (long long)room);
    return dfl_error_at(e, site);
}

struct dfl_error *dfl_fail_key(const struct dfl_site *site, const struct dfl_type *key,
                               const void *value)
{
    struct buffer b = {0};
    struct dfl_view message;
    buffer_string(&b, "no such key: ");
    format_value(&b, key, value, true);
    dfl_buffer_end(&b, &message);
    return dfl_error_at(error_with(DFL_FAIL_key, message), site);
}

struct dfl_error *dfl_fail_narrow(const struct dfl_site *site, const struct dfl_type *from,
                                  const void *value, const struct dfl_type *to)
{
    struct buffer b = {0};
    struct dfl_view message;
    format_value(&b, from, value, true);
    buffer_string(&b, " does not fit ");
    buffer_string(&b, to->name);
    dfl_buffer_end(&b, &message);
    return dfl_error_at(error_with(DFL_FAIL_narrow, message), site);
}

struct dfl_error *dfl_fail_message(const struct dfl_site *site, const struct dfl_view *message)
{
    block_retain(message->block);
    return dfl_error_at(error_with(DFL_FAIL_fail, *message), site);
}

struct dfl_error *dfl_fail_from(const struct dfl_site *site, const struct dfl_view *message,
                                struct dfl_error *cause)
{
    struct dfl_error *e = dfl_fail_message(site, message);
    dfl_error_retain(cause);
    e->cause = cause;
    return e;
}

/* ---- telling ---- */

static void report_chain(struct buffer *b, const struct dfl_error *e)
{
    for (int64_t i = 0; i < e->chain.len; i++) {
        const struct dfl_view *link = array_at(&value_str, &e->chain, i);
        buffer_string(b, "  in task ");
        buffer_put(b, link->ptr, link->len);
        buffer_char(b, '\n');
    }
}

static void report_one(struct buffer *b, const char *label, const struct dfl_error *e)
{
    buffer_string(b, label);
    if (e->message.len > 0)
        buffer_put(b, e->message.ptr, e->message.len);
    else
        buffer_string(b, dfl_fail_text(e->kind));
    buffer_char(b, '\n');
    if (e->site.file) {
        char place[32];
        snprintf(place, sizeof place, ":%u:%u\n", e->site.line, e->site.column);
        buffer_string(b, "  at ");
        buffer_string(b, e->site.file);
        buffer_string(b, place);
    }
    report_chain(b, e);
}

/* In one piece: other threads may be telling of other failures. */
void dfl_error_report(FILE *to, const struct dfl_error *e)
{
    struct buffer b = {0};
    report_one(&b, "error: ", e);
    for (e = e->cause; e; e = e->cause)
        report_one(&b, "caused by: ", e);
    fwrite(buffer_text(&b), 1, (size_t)b.len, to);
    buffer_discard(&b);
}
