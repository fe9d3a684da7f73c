/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

static const volatile uint32_t table[4] = { 1, 2, 3, 4 };

/* Writes to its own constants. */
uint64_t write_constant(void)
{
    ((volatile uint32_t *)table)[2] = 0;
    return table[2];
}
