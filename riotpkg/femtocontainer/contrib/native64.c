/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Preemption and sleep on native64, as RIOT 2026.07 should have them
 *
 * The linker puts these functions in place of RIOT's (--wrap).
 *
 * - _native_sig_leave_tramp (cpu/native/native.S) is where a thread goes on that
 *   a signal interrupted, and where it is switched away from. RIOT's saves the
 *   general registers only, and on the red zone: the 128 bytes below the stack
 *   pointer that leaf functions use (System V ABI, 3.2.2). Vector registers,
 *   which every memcpy() uses, are then those of another thread, and signatures
 *   and digests of preempted threads come out wrong.
 * - pm_set_lowest() of RIOT sleeps for ever when the last signal comes just
 *   before it calls pause().
 *
 * @}
 */

#include <cpuid.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "native_internal.h"

void __wrap_pm_set_lowest(void);

void __wrap_pm_set_lowest(void)
{
    sigset_t all, old;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    _native_pending_syscalls_up();  /* handlers only take note */
    if (_native_pending_signals == 0) {
        sigsuspend(&old);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    _native_syscall_leave();        /* does what was noted */
}

/* Bytes that XSAVE needs for the registers that this CPU and kernel have; 0: it is
 * too old for XSAVE, take FXSAVE, which needs 512. */
uint32_t femto_native64_xsave;

__attribute__((constructor))
static void _measure(void)
{
    uint32_t a, b, c, d;

    if (__get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE)
        && __get_cpuid_count(0xd, 0, &a, &b, &c, &d)) {
        femto_native64_xsave = b;
    }
}

__asm__(
    ".text\n"
    ".globl __wrap__native_sig_leave_tramp\n"
    "__wrap__native_sig_leave_tramp:\n"
    "   leaq    -128(%rsp), %rsp\n"             /* the red zone; keeps the flags */
    "   pushq   _native_user_fptr(%rip)\n"
    "   pushfq\n"
    "   pushq   %rax\n"
    "   pushq   %rcx\n"
    "   pushq   %rdx\n"
    "   pushq   %rbx\n"
    "   pushq   %rbp\n"
    "   pushq   %rsi\n"
    "   pushq   %rdi\n"
    "   pushq   %r8\n"
    "   pushq   %r9\n"
    "   pushq   %r10\n"
    "   pushq   %r11\n"
    "   pushq   %r12\n"
    "   pushq   %r13\n"
    "   pushq   %r14\n"
    "   pushq   %r15\n"
    "   movq    %rsp, %rbp\n"
    "   movl    femto_native64_xsave(%rip), %ebx\n"
    "   movl    $512, %ecx\n"
    "   cmpl    %ecx, %ebx\n"
    "   cmoval  %ebx, %ecx\n"
    "   subq    %rcx, %rsp\n"
    "   andq    $-64, %rsp\n"
    "   testl   %ebx, %ebx\n"
    "   jz      1f\n"
    "   xorl    %eax, %eax\n"                   /* XSAVE leaves parts of its header as they are, */
    "   leaq    512(%rsp), %rdi\n"              /* and XRSTOR wants them to be 0 */
    "   movl    $8, %ecx\n"
    "   cld\n"
    "   rep stosq\n"
    "   movl    $-1, %eax\n"
    "   movl    $-1, %edx\n"
    "   xsave64 (%rsp)\n"
    "   jmp     2f\n"
    "1: fxsave64 (%rsp)\n"
    "2: movq    _native_isr_context(%rip), %rsi\n"
    "   movq    _native_current_context(%rip), %rdi\n"
    "   call    swapcontext\n"
    "   call    irq_enable\n"
    "   movl    $0, _native_in_isr(%rip)\n"
    "   testl   %ebx, %ebx\n"                   /* rbx and rbp are the callee's to keep */
    "   jz      3f\n"
    "   movl    $-1, %eax\n"
    "   movl    $-1, %edx\n"
    "   xrstor64 (%rsp)\n"
    "   jmp     4f\n"
    "3: fxrstor64 (%rsp)\n"
    "4: movq    %rbp, %rsp\n"
    "   popq    %r15\n"
    "   popq    %r14\n"
    "   popq    %r13\n"
    "   popq    %r12\n"
    "   popq    %r11\n"
    "   popq    %r10\n"
    "   popq    %r9\n"
    "   popq    %r8\n"
    "   popq    %rdi\n"
    "   popq    %rsi\n"
    "   popq    %rbp\n"
    "   popq    %rbx\n"
    "   popq    %rdx\n"
    "   popq    %rcx\n"
    "   popq    %rax\n"
    "   popfq\n"
    "   ret     $128\n"
);
