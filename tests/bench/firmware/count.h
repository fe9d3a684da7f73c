/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
/*
 * Counting executed instructions, deterministically, under QEMU.
 *
 * Arm: with -icount shift=10 one instruction is 1024 ns of virtual time, and
 * TIMER0 of the mps2 boards ticks at 25 MHz, so instructions = ticks * 40 / 1024.
 * RISC-V: with -icount shift=0 the minstret register counts.
 * Host: nanoseconds.
 *
 * COUNT_REPEAT is how often a measurement repeats its subject: once where the
 * count is exact, as often as the caller asks where it is a noisy clock.
 *
 * COUNT_OPEN and COUNT_CLOSE bracket a measurement for the tracing plugin
 * (trace.c): moves of a register to itself that no compiler emits.
 */
#ifndef COUNT_H
#define COUNT_H

#include <stdint.h>

#if defined(__arm__)
#define COUNT_REPEAT 1u
#define COUNT_OPEN  __asm__ volatile (".inst.n 0x46c9" ::: "memory")
#define COUNT_CLOSE __asm__ volatile (".inst.n 0x46d2" ::: "memory")
#define TIMER0 ((volatile uint32_t *)0x40000000u)

static inline void count_init(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    TIMER0[0] = 0;              /* CTRL: stop */
    TIMER0[2] = 0xffffffffu;    /* RELOAD */
    TIMER0[1] = 0xffffffffu;    /* VALUE, counts down */
    TIMER0[0] = 1;              /* CTRL: run */
}

static inline uint32_t count_now(void)
{
    return TIMER0[1];
}

static inline uint32_t count_between(uint32_t from, uint32_t to)
{
    return (uint32_t)(((uint64_t)(from - to) * 40 + 512) / 1024);
}

#elif defined(__riscv)
#define COUNT_REPEAT 1u
#define COUNT_OPEN
#define COUNT_CLOSE

static inline void count_init(int argc, char **argv)
{
    (void)argc;
    (void)argv;
}

static inline uint32_t count_now(void)
{
    uint32_t v;
    /* csrr v, minstret, spelled so that -march needs no zicsr */
    __asm__ volatile (".insn i 0x73, 2, %0, x0, -1278" : "=r" (v));
    return v;
}

static inline uint32_t count_between(uint32_t from, uint32_t to)
{
    return to - from;
}

#else
#include <stdlib.h>
#include <time.h>
static unsigned long count_repeat = 1;
#define COUNT_REPEAT count_repeat
#define COUNT_OPEN
#define COUNT_CLOSE

static inline void count_init(int argc, char **argv)
{
    if (argc > 1) {
        count_repeat = strtoul(argv[1], NULL, 10);
    }
}

static inline uint64_t count_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t count_between(uint64_t from, uint64_t to)
{
    return to - from;
}
#endif

#endif
