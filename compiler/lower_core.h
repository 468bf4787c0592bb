/* lower_core.h - what the files of lowering share: instances, the function under way, and how a
 * value is held.
 *
 * An expression gives a `struct val`. It is *owned*: whoever asked for it drops it or moves it on,
 * and until then must keep it on the cleanup stack while anything that can fail is emitted. Or it
 * is *lent* by the variable `root`, or by something that outlives the expression (root NULL).
 * Types without references are neither: copying and dropping them emits nothing.
 *
 * Code that is never reached is emitted like any other, into blocks that nothing leads to;
 * lower.c removes them in the end. */
#ifndef LOWER_CORE_H
#define LOWER_CORE_H

#include "lower.h"

/* What a parameter of function type stands for in an instance: a function known by name, or a
 * lambda together with the instance that it is written in. One object for the same. */
struct callable {
    struct symbol *func;
    struct types generics;
    struct instance *outer; /* of a lambda */
    struct callable *next;
};

/* A function for one choice of type arguments and of functions passed down: one ir_func. */
struct instance {
    struct symbol *symbol;
    struct types generics;
    struct instance *outer;      /* of a lambda */
    struct callable **callables; /* by parameter; NULL where it is a value */
    struct ir_func *ir;
    struct ir_func
        *settled;          /* gives the value of the future that `ir` gives; NULL: not yet needed */
    struct instance *next; /* of the same symbol */
};

struct lower {
    struct program *program;
    struct ir_module *module;
    struct type_table *types;
    struct arena *arena;
    struct name_map instances; /* symbol -> its first instance */
    struct name_map names;     /* of ir_funcs, as they are taken */
    struct name_map callables; /* symbol -> the first of it */
    VEC(struct instance *) work;
    bool failed; /* told to the user */
};

/* A value that is dropped if what follows fails or leaves. */
struct cleanup {
    struct ir_value *value;
    bool live;
    struct ir_block *fail; /* drops this and all below, then raises; NULL: not yet needed */
};

enum { NO_ENTRY = -1 };

enum bind_kind { BIND_NONE, BIND_VALUE, BIND_PLACE, BIND_CALLABLE };

/* What a local stands for. */
struct binding {
    enum bind_kind kind;
    struct ir_value *value; /* or place */
    int32_t entry;          /* on the cleanup stack if the function owns it, else NO_ENTRY */
    uint32_t uses_left;     /* occurrences not yet lowered */
    bool captured;          /* by a lambda: never moved */
    uint32_t pins;          /* values lent by it that are still needed */
    uint32_t loop_depth, cond_depth;
    struct callable *callable;
    struct ir_value **values; /* what the callable has captured */
};

struct loop {
    struct loop *outer;
    struct ir_block *next, *exit;
    uint32_t mark; /* of the cleanup stack around the body */
};

/* A function under way. */
struct frame {
    struct lower *lower;
    struct instance *instance;
    struct ir_func *ir;
    struct ir_block *block;   /* where instructions go */
    struct binding *locals;   /* by index */
    struct binding *captured; /* by place in func->captures */
    VEC(struct cleanup) cleanups;
    struct ir_block *raise;
    struct loop *loop;
    uint32_t loop_depth, cond_depth;
    uint32_t calls; /* emitted so far */
    bool wrap;
};

struct val {
    struct ir_value *v;
    bool owned;
    const struct symbol *root;
};

/* A value that waits for others to be evaluated. */
struct operand {
    struct val val;
    int32_t entry;
};

struct operands {
    struct operand *at;
    uint32_t count, room;
};

/* -- lower.c -- */
/* The one instance of this choice; put on the work list if it is new. Too many of one function are
 * reported at `span`. */
struct instance *lower_instance(struct lower *, struct symbol *, struct types generics,
                                struct instance *outer, struct callable **, struct span);
/* What a spawn of it runs: of a function that gives a future, one that waits for that. */
struct ir_func *lower_spawned(struct lower *, struct instance *);

/* -- lower_emit.c: instructions, types and blocks -- */
const struct type *lower_type(const struct frame *, const struct type *);
const struct type *lower_simple(const struct frame *, enum type_kind);
bool lower_has_refs(const struct type *);
struct ir_value *emit(struct frame *, enum ir_op, const struct type *, struct span,
                      struct ir_value *const *args, uint32_t count);
struct ir_value *emit0(struct frame *, enum ir_op, const struct type *, struct span);
struct ir_value *emit1(struct frame *, enum ir_op, const struct type *, struct span,
                       struct ir_value *);
struct ir_value *emit2(struct frame *, enum ir_op, const struct type *, struct span,
                       struct ir_value *, struct ir_value *);
struct ir_value *emit_place(struct frame *, enum ir_op, const struct type *, struct span,
                            struct ir_value *const *args, uint32_t count);
struct ir_value *emit_int(struct frame *, const struct type *, int64_t, struct span);
struct ir_value *emit_unit(struct frame *, struct span);
struct ir_block *emit_block(struct frame *);
/* Goes on in another block. */
void emit_start(struct frame *, struct ir_block *);
void emit_br(struct frame *, struct ir_block *, struct ir_value *const *args, uint32_t count,
             struct span);
void emit_br_if(struct frame *, struct ir_value *cond, struct ir_block *yes, struct ir_block *no,
                struct span);
/* After an instruction that ends the block: code that follows is never reached. */
void emit_dead(struct frame *);
void emit_debug(struct frame *, struct ir_value *, const char *name, struct span);

/* -- lower_cleanup.c: who drops what, and when -- */
/* Registers an owned value (or place) to be dropped; NO_ENTRY if its type has no references. */
int32_t cleanup_push(struct frame *, struct ir_value *);
/* It was moved, or dropped by hand. */
void cleanup_kill(struct frame *, int32_t entry);
/* Drops a single entry now. */
void cleanup_drop(struct frame *, int32_t entry, struct span);
/* Drops what is above `mark`, newest first, and forgets it. */
void cleanup_pop(struct frame *, uint32_t mark, struct span);
/* The same on a path that leaves: nothing is forgotten. */
void cleanup_leave(struct frame *, uint32_t mark, struct span);
/* Where an operation goes that fails here. */
struct ir_block *cleanup_fail(struct frame *);
/* `exit`, or a block that drops what is above `mark` and goes there. */
struct ir_block *cleanup_exit(struct frame *, uint32_t mark, struct ir_block *exit, struct span);
void lower_drop(struct frame *, struct ir_value *, struct span);
struct ir_value *lower_copy(struct frame *, struct ir_value *, struct span);
/* The value, owned: copied if it is lent. */
struct ir_value *val_own(struct frame *, struct val, struct span);
/* Ends an unused value. */
void val_discard(struct frame *, struct val, struct span);
struct val val_owned(struct ir_value *);
struct val val_lent(struct ir_value *, const struct symbol *root);
/* Keeps the value alive while others are evaluated; `later` is what could change its root. */
void operand_add(struct frame *, struct operands *, struct val, struct node *const *later,
                 uint32_t count, struct span);
/* Adds an expression's value that will be moved. */
void operand_add_owned(struct frame *, struct operands *, struct node *);
struct ir_value **operand_values(struct frame *, const struct operands *);
/* They were moved into an instruction. */
void operand_moved(struct frame *, struct operands *);
/* They were only lent: drops owned ones. */
void operand_release(struct frame *, struct operands *, struct span);
/* A part `lent` of `whole`: lent like it, or copied out of an owned one that is dropped. */
struct val val_part(struct frame *, struct val whole, int32_t entry, struct ir_value *lent,
                    struct span);

/* -- lower_local.c: variables -- */
struct binding *local_binding(struct frame *, const struct symbol *);
/* Counts the occurrences of all locals in the body of the frame's function. */
void local_count_uses(struct frame *, struct node *body);
struct val local_read(struct frame *, const struct symbol *, struct span);
/* Moves a local out at its last use; NULL if it must be copied. Counts as a read if it moves. */
struct ir_value *local_move(struct frame *, const struct symbol *, struct span);
/* Owned local, by its name, if the function is left now; else NULL. */
struct ir_value *local_move_out(struct frame *, const struct symbol *, int32_t *entry, struct span);
void local_bind_lent(struct frame *, const struct symbol *, struct ir_value *, struct span);
/* Binds the names of a pattern that cannot fail to parts of a value, moved. */
void local_destructure(struct frame *, struct node *pattern, struct ir_value *value);
/* True if evaluating `node` may change the variable. */
bool local_may_write(struct node *, const struct symbol *);
bool local_is_function(const struct symbol *);

/* -- lower_stmt.c -- */
void lower_stmt(struct frame *, struct node *);
struct val lower_block(struct frame *, struct node *);
/* Leaves the function with a value, moved. */
void lower_leave(struct frame *, struct ir_value *, struct span);
struct ir_value *lower_unit_result(struct frame *, struct span);
/* Code after these is never reached; they still give a value. */
struct val lower_return(struct frame *, struct node *);
struct val lower_fail(struct frame *, struct node *);
struct val lower_jump(struct frame *, struct node *); /* break, continue */

/* -- lower_loop.c -- */
void lower_for(struct frame *, struct node *);
void lower_while(struct frame *, struct node *);
struct val lower_comp(struct frame *, struct node *);
/* A place that an array or map is built in, on the cleanup stack; and the value out of it. */
struct ir_value *loop_builder(struct frame *, struct ir_value *initial, int32_t *entry,
                              struct span);
struct val loop_built(struct frame *, struct ir_value *place, int32_t entry, struct span);

/* -- lower_expr.c -- */
struct val lower_expr(struct frame *, struct node *);
/* Its value, owned and not on the cleanup stack. */
struct ir_value *lower_owned(struct frame *, struct node *);
/* An arithmetic, comparing or joining operator on two values at hand. */
struct val lower_operate(struct frame *, enum op, const struct type *, struct ir_value *left,
                         struct ir_value *right, struct span);
/* .len, .message ... of an object. */
struct val lower_property(struct frame *, struct node *, struct node *object, enum builtin);
/* object[index] for an array or bytes; unchecked: known to be inside. */
struct ir_value *lower_elem(struct frame *, const struct type *array, struct ir_value *object,
                            struct ir_value *index, bool unchecked, struct span);

/* -- lower_choice.c: if, match, is, else, ? -- */
/* Evaluates a condition; goes on where it is true, with names bound by `is`. Where it is false what
 * is above `mark` is dropped and `no` comes next. `within`: where the names are visible. */
void lower_branch(struct frame *, struct node *cond, struct ir_block *no, uint32_t mark,
                  struct node *within);
/* Tests a lent value; goes on where it matches, with names bound; else like lower_branch(). `no`
 * NULL: it is known to match, and only taken apart. */
void lower_pattern(struct frame *, struct node *pattern, struct ir_value *, struct ir_block *no,
                   uint32_t mark);
/* Keeps a subject alive whose parts are bound by patterns within `within`. */
struct ir_value *lower_subject(struct frame *, struct node *, struct node *within);
struct val lower_if(struct frame *, struct node *);
struct val lower_match(struct frame *, struct node *);
struct val lower_condition(struct frame *, struct node *);
struct val lower_else(struct frame *, struct node *);
struct val lower_question(struct frame *, struct node *);

/* A value that several paths give. */
struct merge {
    struct ir_block *block;
    const struct type *type; /* NULL: no value */
};
struct merge merge_new(struct frame *, const struct type *);
/* The value of one way, an expression; then drops what is above `mark`. */
void merge_branch(struct frame *, struct merge *, struct node *value, uint32_t mark);
void merge_give(struct frame *, struct merge *, struct ir_value *, struct span);
struct val merge_done(struct frame *, struct merge *, struct span);

/* -- lower_place.c -- */
/* A place, its index operands evaluated but not yet walked. */
struct path {
    struct node *node;
    struct operands keys;
};
void place_indices(struct frame *, struct path *, struct node *target, struct node *const *later,
                   uint32_t count);
/* Address of the place. */
struct ir_value *place_walk(struct frame *, struct path *);
void lower_assign(struct frame *, struct node *);

/* -- lower_call.c, lower_task.c -- */
struct val lower_call(struct frame *, struct node *);
/* Types of what a callable has captured, in order. */
struct types call_captured(struct lower *, const struct callable *);
struct callable *call_bound(struct instance *, const struct symbol *parameter);
const char *call_extern_symbol(struct lower *, const struct symbol *);
struct val lower_spawn(struct frame *, struct node *);
struct val lower_await(struct frame *, struct node *);
struct val lower_delegate(struct frame *, struct node *);
/* The value of a future that ends here. */
struct ir_value *lower_settle(struct frame *, struct ir_value *future, struct span);
void lower_cancel(struct frame *, struct node *);

/* -- lower_select.c -- */
struct val lower_select(struct frame *, struct node *);

#endif
