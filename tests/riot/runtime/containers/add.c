/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

SEC("hook/all")
int64_t add(uint32_t *number)
{
    return ++*number;
}
