/* abi.c - asserts, while compiling, that the runtime's layouts are what generated code believes. */
#include "worker.h"

#define OFFSET(name, struct_name, field, bytes)                                                    \
    _Static_assert(offsetof(struct struct_name, field) == (bytes), #struct_name "." #field);
#include "offsets.def"
#undef OFFSET

_Static_assert(sizeof(struct dfl_task) == 64, "a record is one cache line");
_Static_assert(sizeof(struct dfl_view) == 24, "a view is three words");
_Static_assert(sizeof(struct dfl_block) == 16, "a block's header keeps its payload aligned");
_Static_assert(sizeof(struct deque_slot) == 8, "generated code steps `bot` by 8");
_Static_assert(sizeof(void *) == 8 && sizeof(uintptr_t) == 8, "words are 64 bits");
_Static_assert(DFL_VALUE == 0, "a zeroed record succeeded with zero");
