/* switch_x86_64.c - changing stacks on x86-64, System V calls. */
#include "switch.h"

#ifdef __x86_64__

/* It ends in a jump, not `ret`: returning to an address that no call pushed here misses the
 * processor's return predictor and takes three times as long. */
__asm__(".text\n"
        ".globl switch_stacks\n"
        ".hidden switch_stacks\n"
        ".type switch_stacks, @function\n"
        "switch_stacks:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    popq %rcx\n"
        "    jmpq *%rcx\n"
        ".size switch_stacks, . - switch_stacks\n");

/* First instructions of a prepared context: rbx holds the fiber, r12 the function. The zero return
 * address and frame pointer end a debugger's walk. */
__asm__(".text\n"
        ".type switch_begin, @function\n"
        "switch_begin:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined rip\n"
        "    movq %rbx, %rdi\n"
        "    callq *%r12\n"
        "    ud2\n"
        "    .cfi_endproc\n"
        ".size switch_begin, . - switch_begin\n");

__asm__(".text\n"
        ".globl switch_call\n"
        ".hidden switch_call\n"
        ".type switch_call, @function\n"
        "switch_call:\n"
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset rbp, -16\n"
        "    movq %rsp, %rbp\n"
        "    .cfi_def_cfa_register rbp\n"
        "    movq %rdi, %rsp\n"
        "    movq %rsi, %rax\n"
        "    movq %rdx, %rdi\n"
        "    movq %rcx, %rsi\n"
        "    callq *%rax\n"
        "    movq %rbp, %rsp\n"
        "    popq %rbp\n"
        "    .cfi_def_cfa rsp, 8\n"
        "    retq\n"
        "    .cfi_endproc\n"
        ".size switch_call, . - switch_call\n");

extern void switch_begin(void) __attribute__((visibility("hidden")));

void *switch_prepare(void *top, void (*start)(struct dfl_fiber *), struct dfl_fiber *fiber)
{
    void **sp = top;
    *--sp = (void *)switch_begin;
    *--sp = 0;             /* rbp */
    *--sp = fiber;         /* rbx */
    *--sp = (void *)start; /* r12 */
    *--sp = 0;             /* r13 */
    *--sp = 0;             /* r14 */
    *--sp = 0;             /* r15 */
    return sp;
}

#endif
