/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

static uint32_t calls;

/* Leaves the value to the next one, and counts. */
SEC("hook/value")
int64_t zero(void)
{
    return -(int64_t)++calls;
}
