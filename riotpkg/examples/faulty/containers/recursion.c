/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Calls itself more often than its call depth allows. */
__attribute__((noinline)) static uint64_t sum(volatile uint32_t *ctx, uint32_t n)
{
    *ctx = n;
    return (n == 0) ? 0 : sum(ctx, n - 1) + *ctx;
}

uint64_t recursion(volatile uint32_t *ctx)
{
    return sum(ctx, 1000);
}
