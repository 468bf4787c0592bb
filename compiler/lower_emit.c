/* lower_emit.c - instructions appended to the block under way, concrete types, and blocks. */
#include "lower_core.h"

#include <assert.h>

const struct type *lower_type(const struct frame *f, const struct type *t)
{
    return f->instance ? type_subst(f->lower->types, t, f->instance->generics) : t;
}

const struct type *lower_simple(const struct frame *f, enum type_kind kind)
{
    return f->lower->types->simple[kind];
}

bool lower_has_refs(const struct type *t)
{
    switch (t->kind) {
    case TYPE_str:
    case TYPE_bytes:
    case TYPE_error:
    case TYPE_array:
    case TYPE_grid:
    case TYPE_map:
    case TYPE_result:
    case TYPE_future:
        return true;
    case TYPE_enum: /* what it holds, if anything, is dropped by its layout */
        return t->args.count > 0;
    case TYPE_option:
    case TYPE_tuple:
    case TYPE_record:
        for (uint32_t i = 0; i < t->args.count; i++)
            if (lower_has_refs(t->args.at[i]))
                return true;
        return false;
    default:
        return false;
    }
}

struct ir_value *emit(struct frame *f, enum ir_op op, const struct type *type, struct span span,
                      struct ir_value *const *args, uint32_t count)
{
    f->calls += op == IR_call || op == IR_extern;
    return ir_add(f->lower->module, f->block, op, type, args, count, span);
}

struct ir_value *emit0(struct frame *f, enum ir_op op, const struct type *type, struct span span)
{
    return emit(f, op, type, span, NULL, 0);
}

struct ir_value *emit1(struct frame *f, enum ir_op op, const struct type *type, struct span span,
                       struct ir_value *a)
{
    return emit(f, op, type, span, &a, 1);
}

struct ir_value *emit2(struct frame *f, enum ir_op op, const struct type *type, struct span span,
                       struct ir_value *a, struct ir_value *b)
{
    return emit(f, op, type, span, (struct ir_value *[]){a, b}, 2);
}

struct ir_value *emit_place(struct frame *f, enum ir_op op, const struct type *type,
                            struct span span, struct ir_value *const *args, uint32_t count)
{
    struct ir_block *fail = ir_op_fails(op) ? cleanup_fail(f) : NULL;
    struct ir_value *place = emit(f, op, type, span, args, count);
    place->place = true;
    place->fail = fail;
    return place;
}

struct ir_value *emit_int(struct frame *f, const struct type *type, int64_t i, struct span span)
{
    struct ir_value *v = emit0(f, IR_const_int, type, span);
    v->imm.i = i;
    return v;
}

struct ir_value *emit_unit(struct frame *f, struct span span)
{
    return emit0(f, IR_const_unit, lower_simple(f, TYPE_unit), span);
}

struct ir_block *emit_block(struct frame *f)
{
    return ir_block_new(f->lower->module, f->ir);
}

void emit_start(struct frame *f, struct ir_block *block)
{
    f->block = block;
}

void emit_br(struct frame *f, struct ir_block *to, struct ir_value *const *args, uint32_t count,
             struct span span)
{
    ir_target(f->lower->module, emit0(f, IR_br, NULL, span), 0, to, args, count);
}

void emit_br_if(struct frame *f, struct ir_value *cond, struct ir_block *yes, struct ir_block *no,
                struct span span)
{
    struct ir_value *end = emit1(f, IR_br_if, NULL, span, cond);
    ir_target(f->lower->module, end, 0, yes, NULL, 0);
    ir_target(f->lower->module, end, 1, no, NULL, 0);
}

void emit_dead(struct frame *f)
{
    emit_start(f, emit_block(f));
}

void emit_debug(struct frame *f, struct ir_value *v, const char *name, struct span span)
{
    emit1(f, IR_debug, NULL, span, v)->imm.name = name;
}
