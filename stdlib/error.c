/* error.c - the fields of an error, as e.message and so on read them. */
#include "std.h"

static const struct dfl_error *error_of(const void *place)
{
    return *(struct dfl_error *const *)place;
}

static struct dfl_view static_text(const char *text)
{
    return value_static(text, (int64_t)strlen(text));
}

STD(error, message, void *out, const void *error)
{
    const struct dfl_error *e = error_of(error);
    *(struct dfl_view *)out = value_part(&e->message, 0, e->message.len);
    return NULL;
}

STD(error, kind, void *out, const void *error)
{
    *(struct dfl_view *)out = static_text(dfl_fail_name(error_of(error)->kind));
    return NULL;
}

/* Copied: the text belongs to the program, which an error may outlive in an interpreter. */
STD(error, file, void *out, const void *error)
{
    const char *file = error_of(error)->site.file;
    *(struct dfl_view *)out = file ? value_text(file, (int64_t)strlen(file)) : static_text("");
    return NULL;
}

STD(error, line, void *out, const void *error)
{
    *(int64_t *)out = error_of(error)->site.line;
    return NULL;
}

STD(error, cause, void *out, const void *error)
{
    struct {
        uint8_t some;
        struct dfl_error *value;
    } *result = out;
    struct dfl_error *cause = error_of(error)->cause;
    result->some = cause != NULL;
    result->value = cause;
    if (cause)
        dfl_error_retain(cause);
    return NULL;
}

STD(error, chain, void *out, const void *error)
{
    struct dfl_view *result = out;
    *result = error_of(error)->chain;
    block_retain(result->block);
    return NULL;
}
