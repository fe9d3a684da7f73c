/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Does not end. */
uint64_t endless(volatile uint32_t *ctx)
{
    for (;;) {
        *ctx += 1;
    }
}
