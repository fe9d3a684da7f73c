/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Writes one element past the context. */
uint64_t overrun(volatile uint32_t *ctx, uint32_t len)
{
    for (uint32_t i = 0; i <= len / sizeof(*ctx); i++) {
        ctx[i] = i;
    }
    return 0;
}
