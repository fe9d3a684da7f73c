/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Some honest work. */
int64_t serve(void)
{
    volatile uint32_t sum = 0;

    for (uint32_t i = 0; i < 1000; i++) {
        sum += i;
    }
    return sum;
}
