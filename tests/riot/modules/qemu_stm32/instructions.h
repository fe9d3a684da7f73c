/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

/**
 * @file
 * @brief   How many instructions have been executed
 *
 * QEMU with -icount has each take the same time, which a loop of known length
 * tells, and its TIM2 counts nanoseconds, in 32 bits.
 */

#include <stdint.h>

#include "cpu.h"
#include "periph_cpu.h"

static uint32_t instructions_1000;   /* ns that so many take */

/** @brief  A moment */
static inline uint32_t instructions_now(void)
{
    return TIM2->CNT;
}

/** @brief  Of so many nanoseconds, which instructions_now() tells */
static inline uint32_t instructions_in(uint32_t ns)
{
    return (uint32_t)((uint64_t)ns * 1000 / instructions_1000);
}

static inline void instructions_init(void)
{
    periph_clk_en(APB1, RCC_APB1ENR_TIM2EN);
    TIM2->PSC = 0;
    TIM2->ARR = UINT32_MAX;
    TIM2->EGR = TIM_EGR_UG;
    TIM2->CR1 = TIM_CR1_CEN;
    uint32_t begun = instructions_now();
    uint32_t n = 500000;
    __asm__ volatile ("1: subs %0, #1\n bne 1b\n" : "+r" (n));
    instructions_1000 = (instructions_now() - begun) / 1000; /* of a million */
}
