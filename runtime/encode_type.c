/* encode_type.c - what is known of types before any value of them is written: read encode.h first.
 */
#include "encode.h"

#include <assert.h>
#include <stdlib.h>

#include "compare.h"
#include "value.h"

enum { OWN_TYPES = DFL_ERROR + 1 };

static struct encode_facts own_facts[OWN_TYPES];
static struct encode_facts *program_facts;

const char *encode_error_text(enum encode_error error)
{
    static const char *const texts[] = {
#define ERROR(name, text) text,
#include "encode.def"
#undef ERROR
    };
    return texts[error];
}

static struct encode_facts *facts_of(const struct dfl_type *type)
{
    if (type->id & VALUE_OWN_ID)
        return &own_facts[type->id & ~VALUE_OWN_ID];
    return &program_facts[type->id];
}

const struct encode_facts *encode_facts(const struct dfl_type *type)
{
    return facts_of(type);
}

/* ---- from the type and what lies in its values: as deep as types are ---- */

static bool is_raw(const struct dfl_type *type)
{
    if (type->kind == DFL_TUPLE || type->kind == DFL_RECORD) {
        uint64_t at = 0;
        for (uint64_t i = 0; i < type->field_count; i++) {
            const struct dfl_field *f = &type->fields[i];
            if (f->offset != at || !is_raw(f->type))
                return false;
            at += f->type->size;
        }
        return at == type->size;
    }
    return type->kind <= DFL_F32 && type->kind != DFL_BOOL;
}

static uint64_t least_bytes(const struct dfl_type *type)
{
    uint64_t least = 0;
    if (is_raw(type))
        return type->size;
    if (type->kind != DFL_TUPLE && type->kind != DFL_RECORD)
        return type->rank + UINT64_C(1);
    for (uint64_t i = 0; i < type->field_count; i++)
        least += least_bytes(type->fields[i].type);
    return least;
}

static bool does_nest(const struct dfl_type *type)
{
    switch (type->kind) {
    case DFL_ARRAY:
        return !is_raw(type->elem);
    case DFL_ENUM:
        return type->field_count == 0;
    default:
        return type->kind == DFL_MAP || type->kind == DFL_FUTURE;
    }
}

/* ---- from all types that a value may reach ---- */

static bool part_has_future(const struct dfl_type *part)
{
    return part && facts_of(part)->future;
}

static bool fields_have_future(const struct dfl_field *fields, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (part_has_future(fields[i].type))
            return true;
    return false;
}

static bool may_hold_future(const struct dfl_type *type)
{
    if (type->kind == DFL_FUTURE || part_has_future(type->elem) || part_has_future(type->key) ||
        fields_have_future(type->fields, type->field_count))
        return true;
    for (uint64_t i = 0; i < type->variant_count; i++)
        if (fields_have_future(type->variants[i].fields, type->variants[i].field_count))
            return true;
    return false;
}

/* Types may reach themselves, so this goes on until nothing changes. */
static void find_futures(const struct dfl_program *program)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (uint64_t i = 0; i < program->type_count; i++) {
            bool *future = &program_facts[i].future;
            if (!*future && may_hold_future(program->types[i]))
                *future = changed = true;
        }
    }
}

static void fill(const struct dfl_type *type)
{
    *facts_of(type) = (struct encode_facts){
        .least = least_bytes(type), .raw = is_raw(type), .nests = does_nest(type)};
}

void encode_init(const struct dfl_program *program)
{
    free(program_facts);
    program_facts = calloc(program->type_count + 1, sizeof *program_facts);
    if (!program_facts)
        block_exhausted(program->type_count * sizeof *program_facts);
    for (uint32_t i = 0; i < OWN_TYPES; i++)
        if (value_type(VALUE_OWN_ID | i))
            fill(value_type(VALUE_OWN_ID | i));
    for (uint64_t i = 0; i < program->type_count; i++)
        fill(program->types[i]);
    find_futures(program);
}

void encode_fini(void)
{
    free(program_facts);
    program_facts = NULL;
}

/* ---- the program's hash ---- */

static uint64_t mix_text(uint64_t h, const char *text)
{
    return compare_hash_mix(h, text ? compare_hash_bytes(text, (int64_t)strlen(text)) : 1);
}

static uint64_t mix_type(uint64_t h, const struct dfl_type *type)
{
    return compare_hash_mix(h, type ? type->id + UINT64_C(2) : 1);
}

static uint64_t mix_fields(uint64_t h, const struct dfl_field *fields, uint64_t count)
{
    h = compare_hash_mix(h, count);
    for (uint64_t i = 0; i < count; i++) {
        h = mix_text(h, fields[i].name);
        h = mix_type(h, fields[i].type);
        h = compare_hash_mix(h, fields[i].offset);
    }
    return h;
}

/* Parts by their rows: each row has its own turn. */
static uint64_t mix_row(uint64_t h, const struct dfl_type *type)
{
    h = mix_text(h, type->name);
    h = compare_hash_mix(h, type->kind | (uint64_t)type->refs << 8 | (uint64_t)type->align << 16 |
                                (uint64_t)type->rank << 24 | (uint64_t)type->id << 32);
    h = compare_hash_mix(h, type->size);
    h = mix_type(mix_type(h, type->elem), type->key);
    h = mix_fields(h, type->fields, type->field_count);
    h = compare_hash_mix(h, type->variant_count);
    for (uint64_t i = 0; i < type->variant_count; i++) {
        const struct dfl_variant *v = &type->variants[i];
        h = mix_type(mix_text(h, v->name), v->box);
        h = mix_fields(h, v->fields, v->field_count);
    }
    return h;
}

static uint64_t mix_fn(uint64_t h, const struct dfl_fn *fn)
{
    h = mix_text(mix_text(mix_text(h, fn->name), fn->site.file), fn->site.function);
    h = compare_hash_mix(h, (uint64_t)fn->site.line << 32 | fn->site.column);
    h = mix_type(mix_type(h, fn->args), fn->result);
    return compare_hash_mix(h, fn->flags);
}

uint64_t encode_program_hash(const struct dfl_program *program)
{
    uint64_t h = mix_text(compare_hash_mix(program->type_count, program->fn_count), program->name);
    for (uint64_t i = 0; i < program->type_count; i++)
        h = mix_row(h, program->types[i]);
    for (uint64_t i = 0; i < program->fn_count; i++)
        h = mix_fn(h, &program->fns[i]);
    return compare_hash_mix(h, program->main_fn);
}
