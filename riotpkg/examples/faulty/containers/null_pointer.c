/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Follows a null pointer: segment 0 is never mapped. */
uint64_t null_pointer(void)
{
    return *(volatile uint32_t *)0;
}
