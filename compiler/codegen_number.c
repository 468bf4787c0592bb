/* codegen_number.c - arithmetic, shifts, conversions, comparisons. An operation with a fail block
 * is checked; one without was proved right or may wrap. */
#include "codegen_core.h"

static bool is_unsigned(const struct type *t)
{
    return (t->kind >= TYPE_u8 && t->kind <= TYPE_u64) || t->kind == TYPE_bool;
}

static bool is_float(const struct type *t)
{
    return t->kind == TYPE_float || t->kind == TYPE_f32;
}

static bool is_scalar(const struct type *t)
{
    return type_is_number(t) || t->kind == TYPE_bool || t->kind == TYPE_duration;
}

static uint32_t bits_of(struct cg *cg, const struct type *t)
{
    return cg_layout(cg, t)->size * 8;
}

/* As the runtime shows it in messages. */
static LLVMValueRef widen(struct cg *cg, const struct type *t, LLVMValueRef value)
{
    return LLVMBuildIntCast2(cg->at, value, cg->i64, !is_unsigned(t), "");
}

/* ---- arithmetic ----------------------------------------------------------------------------- */

static const char *operator_text(enum ir_op op)
{
    switch (op) {
    case IR_add:
        return "+";
    case IR_mul:
        return "*";
    case IR_div:
        return "/";
    case IR_rem:
        return "%";
    default:
        return "-";
    }
}

/* An operand that a message shows by its kind, and not as an int. */
static bool is_shown_by_kind(const struct ir_value *x)
{
    return x->type->kind == TYPE_u64 || x->type->kind == TYPE_duration;
}

static LLVMValueRef kind_of(struct cg *cg, const struct ir_value *x)
{
    return LLVMConstInt(cg->i32, cg_layout(cg, x->type)->kind, false);
}

static LLVMValueRef overflow(struct cg *cg, const struct ir_value *x, LLVMValueRef a,
                             LLVMValueRef b)
{
    const struct type *t = x->type;
    LLVMValueRef site = cg_site(cg, x);
    if (x->op == IR_neg)
        return CG_ABI(cg, dfl_fail_negate, site, kind_of(cg, x->args[0]), widen(cg, t, b));
    LLVMValueRef name = cg_name(cg, operator_text(x->op));
    if (!is_shown_by_kind(x->args[0]) && !is_shown_by_kind(x->args[1]))
        return CG_ABI(cg, dfl_fail_overflow, site, name, widen(cg, t, a), widen(cg, t, b));
    return CG_ABI(cg, dfl_fail_overflow_of, site, name, kind_of(cg, x->args[0]), widen(cg, t, a),
                  kind_of(cg, x->args[1]), widen(cg, t, b));
}

/* The failure overflow with its operands, if `rare` holds. */
static void fail_overflow(struct cg *cg, const struct ir_value *x, LLVMValueRef rare,
                          LLVMValueRef a, LLVMValueRef b)
{
    if (cg_never(rare))
        return;
    LLVMBasicBlockRef next = cg_cold(cg, rare);
    cg_fail(cg, x, overflow(cg, x, a, b), next);
}

static LLVMValueRef wrapping(struct cg *cg, enum ir_op op, LLVMValueRef a, LLVMValueRef b)
{
    switch (op) {
    case IR_add:
        return LLVMBuildAdd(cg->at, a, b, "");
    case IR_mul:
        return LLVMBuildMul(cg->at, a, b, "");
    default:
        return LLVMBuildSub(cg->at, a, b, "");
    }
}

/* add, sub, mul; neg as 0 - b. */
static void checked(struct cg *cg, const struct ir_value *x, LLVMValueRef a, LLVMValueRef b)
{
    if (!x->fail || x->imm.wrap) {
        cg_set(cg, x, wrapping(cg, x->op, a, b));
        return;
    }
    bool without_sign = is_unsigned(x->type);
    const char *name =
        x->op == IR_add   ? without_sign ? "llvm.uadd.with.overflow" : "llvm.sadd.with.overflow"
        : x->op == IR_mul ? without_sign ? "llvm.umul.with.overflow" : "llvm.smul.with.overflow"
        : without_sign    ? "llvm.usub.with.overflow"
                          : "llvm.ssub.with.overflow";
    LLVMValueRef pair = cg_intrinsic(cg, name, LLVMTypeOf(a), (LLVMValueRef[]){a, b}, 2);
    LLVMValueRef sum = cg_get(cg, pair, 0);
    fail_overflow(cg, x, cg_get(cg, pair, 1), a, b);
    cg_set(cg, x, sum);
}

static void fail_divide(struct cg *cg, const struct ir_value *x, LLVMValueRef divisor)
{
    LLVMValueRef rare = cg_is_null(cg, divisor);
    if (cg_never(rare))
        return;
    LLVMBasicBlockRef next = cg_cold(cg, rare);
    cg_fail(cg, x, CG_ABI(cg, dfl_fail_divide, cg_site(cg, x)), next);
}

/* The least value divided by -1 traps on this machine: the quotient overflows (or wraps), the
 * remainder is 0. So -1 takes the way of a subtraction. */
static void divide_signed(struct cg *cg, const struct ir_value *x, LLVMValueRef a, LLVMValueRef b)
{
    LLVMTypeRef type = LLVMTypeOf(a);
    LLVMValueRef minus = cg_compare(cg, LLVMIntEQ, b, LLVMConstAllOnes(type));
    if (cg_never(minus)) {
        cg_set(cg, x,
               x->op == IR_rem ? LLVMBuildSRem(cg->at, a, b, "") : LLVMBuildSDiv(cg->at, a, b, ""));
        return;
    }
    LLVMValueRef one = LLVMConstInt(type, 1, false);
    LLVMValueRef safe = LLVMBuildSelect(cg->at, minus, one, b, "");
    if (x->op == IR_rem) {
        cg_set(cg, x, LLVMBuildSRem(cg->at, a, safe, ""));
        return;
    }
    if (x->fail && !x->imm.wrap) {
        LLVMValueRef least = LLVMConstInt(type, 1ull << (bits_of(cg, x->type) - 1), false);
        LLVMValueRef is_least = cg_compare(cg, LLVMIntEQ, a, least);
        fail_overflow(cg, x, LLVMBuildAnd(cg->at, minus, is_least, ""), a, b);
    }
    LLVMValueRef quotient = LLVMBuildSDiv(cg->at, a, safe, "");
    cg_set(cg, x, LLVMBuildSelect(cg->at, minus, LLVMBuildNeg(cg->at, a, ""), quotient, ""));
}

static void divide(struct cg *cg, const struct ir_value *x, LLVMValueRef a, LLVMValueRef b)
{
    if (x->fail)
        fail_divide(cg, x, b);
    if (!is_unsigned(x->type))
        divide_signed(cg, x, a, b);
    else if (x->op == IR_div)
        cg_set(cg, x, LLVMBuildUDiv(cg->at, a, b, ""));
    else
        cg_set(cg, x, LLVMBuildURem(cg->at, a, b, ""));
}

static LLVMValueRef float_op(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef a = cg_arg(cg, x, 0);
    if (x->op == IR_neg)
        return LLVMBuildFNeg(cg->at, a, "");
    LLVMValueRef b = cg_arg(cg, x, 1);
    switch (x->op) {
    case IR_add:
        return LLVMBuildFAdd(cg->at, a, b, "");
    case IR_sub:
        return LLVMBuildFSub(cg->at, a, b, "");
    case IR_mul:
        return LLVMBuildFMul(cg->at, a, b, "");
    case IR_div:
        return LLVMBuildFDiv(cg->at, a, b, "");
    default:
        return LLVMBuildFRem(cg->at, a, b, "");
    }
}

void cg_do_arith(struct cg *cg, const struct ir_value *x)
{
    if (is_float(x->type)) {
        LLVMValueRef r = float_op(cg, x);
        if (cg->func->fastmath && LLVMIsAInstruction(r))
            LLVMSetFastMathFlags(r, LLVMFastMathAll);
        cg_set(cg, x, r);
        return;
    }
    LLVMValueRef a = cg_arg(cg, x, 0);
    if (x->op == IR_neg)
        checked(cg, x, LLVMConstNull(LLVMTypeOf(a)), a);
    else if (x->op == IR_div || x->op == IR_rem)
        divide(cg, x, a, cg_arg(cg, x, 1));
    else
        checked(cg, x, a, cg_arg(cg, x, 1));
}

void cg_do_bits(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef a = cg_arg(cg, x, 0);
    if (x->op == IR_not)
        cg_set(cg, x, LLVMBuildXor(cg->at, a, LLVMConstInt(cg->i8, 1, false), ""));
    else if (x->op == IR_inv)
        cg_set(cg, x, LLVMBuildNot(cg->at, a, ""));
    else if (x->op == IR_and)
        cg_set(cg, x, LLVMBuildAnd(cg->at, a, cg_arg(cg, x, 1), ""));
    else if (x->op == IR_or)
        cg_set(cg, x, LLVMBuildOr(cg->at, a, cg_arg(cg, x, 1), ""));
    else
        cg_set(cg, x, LLVMBuildXor(cg->at, a, cg_arg(cg, x, 1), ""));
}

static void fail_shift(struct cg *cg, const struct ir_value *x, LLVMValueRef rare,
                       LLVMValueRef count)
{
    if (cg_never(rare))
        return;
    LLVMBasicBlockRef next = cg_cold(cg, rare);
    cg_fail(cg, x, CG_ABI(cg, dfl_fail_shift, cg_site(cg, x), count), next);
}

void cg_do_shift(struct cg *cg, const struct ir_value *x)
{
    LLVMValueRef a = cg_arg(cg, x, 0), count = widen(cg, x->args[1]->type, cg_arg(cg, x, 1));
    uint32_t bits = bits_of(cg, x->type);
    if (x->fail) {
        fail_shift(cg, x, cg_compare(cg, LLVMIntUGE, count, cg_int(cg, bits)), count);
    } else {
        count = LLVMBuildAnd(cg->at, count, cg_int(cg, bits - 1), "");
    }
    count = LLVMBuildIntCast2(cg->at, count, LLVMTypeOf(a), false, "");
    if (x->op == IR_shl)
        cg_set(cg, x, LLVMBuildShl(cg->at, a, count, ""));
    else if (is_unsigned(x->type))
        cg_set(cg, x, LLVMBuildLShr(cg->at, a, count, ""));
    else
        cg_set(cg, x, LLVMBuildAShr(cg->at, a, count, ""));
}

/* ---- conversions ---------------------------------------------------------------------------- */

static void fail_narrow(struct cg *cg, const struct ir_value *x, LLVMValueRef rare)
{
    LLVMBasicBlockRef next = cg_cold(cg, rare);
    LLVMValueRef value = cg_spill(cg, cg_arg(cg, x, 0));
    LLVMValueRef error =
        CG_ABI(cg, dfl_fail_narrow, cg_site(cg, x), cg_descriptor(cg, x->args[0]->type), value,
               cg_descriptor(cg, x->type));
    cg_fail(cg, x, error, next);
}

/* It fits if it comes back as it was, with the same sign. */
static void int_to_int(struct cg *cg, const struct ir_value *x, LLVMValueRef a)
{
    const struct type *from = x->args[0]->type, *to = x->type;
    LLVMTypeRef type = LLVMTypeOf(a);
    LLVMValueRef made = LLVMBuildIntCast2(cg->at, a, cg_type(cg, to), !is_unsigned(from), "");
    uint32_t a_bits = bits_of(cg, from), bits = bits_of(cg, to);
    bool widens = bits > a_bits ? is_unsigned(from) || !is_unsigned(to)
                                : bits == a_bits && is_unsigned(from) == is_unsigned(to);
    if (x->fail && !widens) {
        LLVMValueRef back = LLVMBuildIntCast2(cg->at, made, type, !is_unsigned(to), "");
        LLVMValueRef rare = cg_compare(cg, LLVMIntNE, back, a);
        if (is_unsigned(from) != is_unsigned(to)) { /* one of them cannot be negative */
            LLVMValueRef signed_one = is_unsigned(from) ? made : a;
            LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(signed_one));
            LLVMValueRef negative = cg_compare(cg, LLVMIntSLT, signed_one, zero);
            rare = LLVMBuildOr(cg->at, rare, negative, "");
        }
        fail_narrow(cg, x, rare);
    }
    cg_set(cg, x, made);
}

static double power_of_two(uint32_t n)
{
    double r = 1;
    while (n--)
        r *= 2;
    return r;
}

/* Truncates; what is not inside the open interval of doubles that truncate to a value fails. */
static void float_to_int(struct cg *cg, const struct ir_value *x, LLVMValueRef a)
{
    const struct type *to = x->type;
    uint32_t bits = bits_of(cg, to);
    bool positive = is_unsigned(to);
    LLVMValueRef wide = LLVMBuildFPCast(cg->at, a, cg->f64, "");
    if (x->fail) {
        double low = positive ? -1 : -power_of_two(bits - 1) - (bits < 64);
        double high = power_of_two(positive ? bits : bits - 1);
        bool whole = !positive && bits == 64; /* the double below the least value is far below */
        LLVMValueRef above = LLVMBuildFCmp(cg->at, whole ? LLVMRealOGE : LLVMRealOGT, wide,
                                           LLVMConstReal(cg->f64, low), "");
        LLVMValueRef below =
            LLVMBuildFCmp(cg->at, LLVMRealOLT, wide, LLVMConstReal(cg->f64, high), "");
        LLVMValueRef fits = LLVMBuildAnd(cg->at, above, below, "");
        fail_narrow(cg, x, LLVMBuildNot(cg->at, fits, ""));
    }
    LLVMTypeRef type = cg_type(cg, to);
    cg_set(cg, x,
           positive ? LLVMBuildFPToUI(cg->at, wide, type, "")
                    : LLVMBuildFPToSI(cg->at, wide, type, ""));
}

void cg_do_cast(struct cg *cg, const struct ir_value *x)
{
    const struct type *from = x->args[0]->type, *to = x->type;
    LLVMValueRef a = cg_arg(cg, x, 0);
    if (is_float(from) && is_float(to))
        cg_set(cg, x, LLVMBuildFPCast(cg->at, a, cg_type(cg, to), ""));
    else if (is_float(from))
        float_to_int(cg, x, a);
    else if (!is_float(to))
        int_to_int(cg, x, a);
    else if (is_unsigned(from))
        cg_set(cg, x, LLVMBuildUIToFP(cg->at, a, cg_type(cg, to), ""));
    else
        cg_set(cg, x, LLVMBuildSIToFP(cg->at, a, cg_type(cg, to), ""));
}

/* ---- comparison ----------------------------------------------------------------------------- */

static LLVMIntPredicate int_predicate(enum ir_op op, bool without_sign)
{
    switch (op) {
    case IR_eq:
        return LLVMIntEQ;
    case IR_ne:
        return LLVMIntNE;
    case IR_lt:
        return without_sign ? LLVMIntULT : LLVMIntSLT;
    case IR_le:
        return without_sign ? LLVMIntULE : LLVMIntSLE;
    case IR_gt:
        return without_sign ? LLVMIntUGT : LLVMIntSGT;
    default:
        return without_sign ? LLVMIntUGE : LLVMIntSGE;
    }
}

static LLVMRealPredicate real_predicate(enum ir_op op)
{
    switch (op) {
    case IR_eq:
        return LLVMRealOEQ;
    case IR_ne:
        return LLVMRealUNE;
    case IR_lt:
        return LLVMRealOLT;
    case IR_le:
        return LLVMRealOLE;
    case IR_gt:
        return LLVMRealOGT;
    default:
        return LLVMRealOGE;
    }
}

static LLVMValueRef same_bytes(struct cg *cg, LLVMValueRef a, LLVMValueRef b, LLVMValueRef len)
{
    LLVMTypeRef params[] = {cg->ptr, cg->ptr, cg->i64};
    LLVMTypeRef type = LLVMFunctionType(cg->i32, params, 3, false);
    LLVMValueRef fn = LLVMGetNamedFunction(cg->llvm, "bcmp");
    if (!fn)
        fn = LLVMAddFunction(cg->llvm, "bcmp", type);
    LLVMValueRef args[] = {a, b, len};
    LLVMValueRef r = cg_call(cg, (struct cg_callee){fn, type}, args, 3);
    return cg_is_null(cg, r);
}

/* Strings of different lengths differ: the bytes are looked at only if the lengths agree. */
static LLVMValueRef equal_text(struct cg *cg, LLVMValueRef a, LLVMValueRef b)
{
    LLVMValueRef len = cg_get(cg, a, 2);
    LLVMValueRef agree = cg_compare(cg, LLVMIntEQ, len, cg_get(cg, b, 2));
    LLVMBasicBlockRef from = LLVMGetInsertBlock(cg->at);
    LLVMBasicBlockRef bytes = cg_block(cg, "bytes"), next = cg_block(cg, "on");
    LLVMBuildCondBr(cg->at, agree, bytes, next);
    cg_go_on(cg, bytes);
    LLVMValueRef same = same_bytes(cg, cg_get(cg, a, 1), cg_get(cg, b, 1), len);
    LLVMBuildBr(cg->at, next);
    cg_go_on(cg, next);
    LLVMValueRef phi = LLVMBuildPhi(cg->at, cg->i1, "");
    LLVMAddIncoming(phi, (LLVMValueRef[]){agree, same}, (LLVMBasicBlockRef[]){from, bytes}, 2);
    return phi;
}

static LLVMValueRef compare_deep(struct cg *cg, const struct ir_value *x)
{
    const struct type *t = x->args[0]->type;
    bool equality = x->op == IR_eq || x->op == IR_ne;
    LLVMValueRef a = cg_arg(cg, x, 0), b = cg_arg(cg, x, 1), r;
    if (equality && (t->kind == TYPE_str || t->kind == TYPE_bytes)) {
        r = equal_text(cg, a, b);
        return x->op == IR_eq ? r : LLVMBuildNot(cg->at, r, "");
    }
    LLVMValueRef at = cg_spill(cg, a), bt = cg_spill(cg, b);
    if (equality) {
        r = CG_ABI(cg, dfl_equal, cg_descriptor(cg, t), at, bt);
        return x->op == IR_eq ? r : LLVMBuildNot(cg->at, r, "");
    }
    r = CG_ABI(cg, dfl_compare, cg_descriptor(cg, t), at, bt);
    return cg_compare(cg, int_predicate(x->op, false), r, LLVMConstNull(cg->i32));
}

void cg_do_compare(struct cg *cg, const struct ir_value *x)
{
    const struct type *t = x->args[0]->type;
    LLVMValueRef r;
    if (!is_scalar(t))
        r = compare_deep(cg, x);
    else if (is_float(t))
        r = LLVMBuildFCmp(cg->at, real_predicate(x->op), cg_arg(cg, x, 0), cg_arg(cg, x, 1), "");
    else
        r = cg_compare(cg, int_predicate(x->op, is_unsigned(t)), cg_arg(cg, x, 0),
                       cg_arg(cg, x, 1));
    cg_set(cg, x, cg_bool(cg, r));
}
