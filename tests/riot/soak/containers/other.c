/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

static volatile uint32_t count;

int64_t other(void)
{
    return ++count;
}
