/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* One image, an entry point for each of two hooks. */
SEC("hook/first")
int64_t on_first(void)
{
    return 1;
}

SEC("hook/second")
int64_t on_second(void)
{
    return 2;
}
