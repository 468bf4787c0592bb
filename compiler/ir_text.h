/* ir_text.h - what the printer and the reader of DIR's text share: where an operation's immediate
 * stands, and which names need no quotes. */
#ifndef IR_TEXT_H
#define IR_TEXT_H

#include "ir.h"

/* How the immediate of an operation is written. */
enum shape {
    SHAPE_NONE,
    SHAPE_INT,     /* const_int 2 */
    SHAPE_FLOAT,   /* const_float 0.5 */
    SHAPE_TEXT,    /* const_str "a" */
    SHAPE_INDEX,   /* get %1 [2] */
    SHAPE_FORM,    /* part %1, %2 [at, all] */
    SHAPE_FLAG,    /* add %1, %2 [wrap] */
    SHAPE_BUILTIN, /* error_get %1 [kind] */
    SHAPE_NAME,    /* debug %1 ["n"] */
    SHAPE_CALL,    /* call @f(%1), spawn @f(%1) [edges 0x1] */
    SHAPE_EXTERN,  /* extern "symbol" [int, str](%1) */
    SHAPE_FORMAT,  /* format %1 ["a", ">8" "b"]: text, then spec of each operand and text behind */
};

extern const struct ir_shape {
    uint8_t shape;        /* enum shape */
    const char *flags[2]; /* of SHAPE_FLAG: the words for 1 and 2 */
} ir_shapes[IR_OPS];

enum {
#define BUILTIN(name, text) +1
    IR_BUILTINS = 1
#include "builtin.def"
#undef BUILTIN
};
extern const char *const ir_builtins[IR_BUILTINS];

/* How an axis is indexed, by GRID_AT and so on. */
extern const char *const ir_forms[3];

/* Of words and numbers: letters, digits, _ . $ */
bool ir_plain_char(char);
/* A name that reads back without quotes. */
bool ir_plain_name(const char *);

#endif
