/* ir.c - building DIR, and what ir.def says of each operation. */
#include "ir.h"

#include <assert.h>

enum { NONE = 0, FAILS = 1, ENDS = 2, EFFECT = 4 };

static const struct {
    const char *name;
    uint8_t flags;
} rows[IR_OPS] = {
#define IR(name, result, flags) [IR_##name] = {#name, flags},
#include "ir.def"
#undef IR
    [IR_param] = {"param", 0},
};

const char *ir_op_name(enum ir_op op)
{
    assert(op < IR_OPS);
    return rows[op].name;
}

bool ir_op_fails(enum ir_op op)
{
    return rows[op].flags & FAILS;
}

bool ir_op_ends(enum ir_op op)
{
    return rows[op].flags & ENDS;
}

const char *ir_intrinsic(const struct ir_value *x)
{
    static const struct {
        const char *symbol, *intrinsic; /* of a float to a float */
    } list[] = {
        {"dfl_std_math_sqrt", "llvm.sqrt"}, {"dfl_std_math_floor", "llvm.floor"},
        {"dfl_std_math_ceil", "llvm.ceil"}, {"dfl_std_math_trunc", "llvm.trunc"},
        {"dfl_std_math_abs", "llvm.fabs"},
    };
    if (x->op != IR_extern || x->arg_count != 1 || x->type->kind != TYPE_float ||
        x->args[0]->type->kind != TYPE_float)
        return NULL;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        if (!strcmp(list[i].symbol, x->imm.ext.symbol))
            return list[i].intrinsic;
    return NULL;
}

struct ir_func *ir_func_new(struct ir_module *m, const char *name, const struct type *result)
{
    struct ir_func *f = arena_new(m->arena, struct ir_func);
    f->name = f->label = name;
    f->result = result;
    f->index = m->funcs.count;
    vec_push(m->arena, &m->funcs, f);
    return f;
}

static struct ir_value *value_new(struct ir_module *m, struct ir_func *f, enum ir_op op,
                                  const struct type *type)
{
    struct ir_value *v = arena_new(m->arena, struct ir_value);
    v->op = op;
    v->type = type;
    v->id = f->value_count++;
    return v;
}

struct ir_value *ir_func_param(struct ir_module *m, struct ir_func *f, const struct type *type,
                               const char *name, bool place)
{
    struct ir_value *v = value_new(m, f, IR_param, type);
    v->imm.name = name;
    v->place = place;
    vec_push(m->arena, &f->params, v);
    return v;
}

struct ir_block *ir_block_new(struct ir_module *m, struct ir_func *f)
{
    struct ir_block *b = arena_new(m->arena, struct ir_block);
    b->id = f->blocks.count;
    b->func = f;
    vec_push(m->arena, &f->blocks, b);
    return b;
}

struct ir_value *ir_block_param(struct ir_module *m, struct ir_block *b, const struct type *type)
{
    struct ir_value *v = value_new(m, b->func, IR_param, type);
    v->block = b;
    vec_push(m->arena, &b->params, v);
    return v;
}

static struct ir_value **copy_values(struct ir_module *m, struct ir_value *const *from,
                                     uint32_t count)
{
    struct ir_value **to = arena_array(m->arena, struct ir_value *, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        assert(from[i]);
        to[i] = from[i];
    }
    return to;
}

struct ir_value *ir_add(struct ir_module *m, struct ir_block *b, enum ir_op op,
                        const struct type *type, struct ir_value *const *args, uint32_t count,
                        struct span span)
{
    assert(op < IR_param);
    struct ir_value *v = value_new(m, b->func, op, type);
    v->span = span;
    v->args = copy_values(m, args, count);
    v->arg_count = count;
    v->block = b;
    vec_push(m->arena, &b->body, v);
    return v;
}

void ir_target(struct ir_module *m, struct ir_value *end, uint32_t which, struct ir_block *to,
               struct ir_value *const *args, uint32_t count)
{
    assert(ir_op_ends(end->op) && which < 2);
    end->targets[which] = to;
    end->target_args[which] = copy_values(m, args, count);
    end->target_counts[which] = count;
}
