/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* The context is one number of the application's memory. */
uint64_t increment(uint32_t *counter)
{
    *counter = *counter + 1;
    return *counter;
}
