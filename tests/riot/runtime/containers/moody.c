/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Faults when told to, and counts in its own memory. */
static uint32_t calls;

int64_t moody(uint32_t *fault)
{
    calls++;
    if (*fault) {
        return *(volatile uint8_t *)8;
    }
    return calls;
}
