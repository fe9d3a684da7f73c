/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/*
 * QEMU 7.2 does not model the ready bits of the STM32 clock tree, for which
 * RIOT waits at start, nor the place where the CPU's id is. A firmware with this
 * module runs under QEMU only.
 */

#include <string.h>

#include "periph/cpuid.h"

void __wrap_stmclk_init_sysclk(void);
void __wrap_cpuid_get(void *id);

void __wrap_stmclk_init_sysclk(void)
{
}

void __wrap_cpuid_get(void *id)
{
    memset(id, 1, CPUID_LEN);
}
